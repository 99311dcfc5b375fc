//! The built-ins as a script calls them.
use std::path::Path;

use super::*;
use crate::functions::find;
use crate::node::{Node, Site};
use crate::script::Run;
use crate::value::{Data, Dict, Table, Type, Vector};

fn session(home: &Path) -> Session {
    let site = Site { host: "127.0.0.1".into(), port: 0, alias: "A".into() };
    let mut session = Session::new(Node::open(home, &site, "3.00.3").unwrap());
    session.user = "admin".into();
    session
}

fn call(session: &mut Session, name: &str, mut given: Vec<Value>) -> Result<Value> {
    match find(name).unwrap().run {
        Run::Pure(run) => run(session, given),
        Run::InPlace(run) => {
            let mut object = given.remove(0);
            run(session, &mut object, given)
        }
    }
}

fn text(text: &str) -> Value {
    Value::string(text)
}

fn numbers(ty: Type, cells: impl IntoIterator<Item = i64>) -> Value {
    Value::Vector(Arc::new(Vector::integers(ty, cells.into_iter().map(Some))))
}

fn table(columns: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let columns = columns.into_iter().map(|(name, cells)| (name.to_owned(), cells.cells().unwrap().clone()));
    let (names, columns) = columns.unzip();
    Value::Table(Arc::new(Table { names, columns }))
}

/// `dfs://f` with a table `t`, COMPO VALUE(date) x HASH(INT, 3).
fn compo(session: &mut Session) -> Value {
    let days = vec![text(""), Value::int(1), numbers(Type::Date, 15_706..15_710)];
    let days = call(session, "database", days).unwrap();
    let hash = vec![text(""), Value::int(5), numbers(Type::Int, [4, 3])];
    let hash = call(session, "database", hash).unwrap();
    let levels = Value::tuple(vec![days, hash]);
    let handle = call(session, "database", vec![text("dfs://f"), Value::int(4), levels]).unwrap();
    let model = table([("d", numbers(Type::Date, [])), ("k", numbers(Type::Int, []))]);
    let columns = Value::Vector(Arc::new(Vector::strings(Type::String, ["d", "K"])));
    call(session, "createPartitionedTable", vec![handle.clone(), model, text("t"), columns]).unwrap();
    handle
}

fn load(session: &mut Session) -> Value {
    call(session, "loadTable", vec![text("dfs://f"), text("t")]).unwrap()
}

fn insert(session: &mut Session, days: impl IntoIterator<Item = i64>, keys: &[i64]) -> Option<i64> {
    let rows = table([("x", numbers(Type::Date, days)), ("y", numbers(Type::Int, keys.iter().copied()))]);
    let target = load(session);
    call(session, "tableInsert", vec![target, rows]).unwrap().as_i64()
}

fn dict(value: Value) -> Arc<Dict> {
    match value {
        Value::Dict(dict) => dict,
        other => panic!("{other:?} is no dictionary"),
    }
}

#[test]
fn a_compo_database_is_described_by_vectors_and_a_tuple() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    let handle = compo(session);
    let loaded = load(session);
    for object in [handle, loaded] {
        let schema = dict(call(session, "schema", vec![object]).unwrap());
        let ints = |key| schema.get(key).unwrap().cells().unwrap().data.clone();
        assert_eq!(ints("partitionType"), Data::I32(vec![1, 5]));
        assert_eq!(ints("partitionColumnType"), Data::I32(vec![6, 4]));
        let Some(Value::Tuple(levels)) = schema.get("partitionSchema") else { panic!("no tuple") };
        assert_eq!((levels[0].cells().unwrap().len(), levels[1].as_i64()), (4, Some(3)));
    }
}

#[test]
fn single_levels_are_scalars_and_a_dimension_table_has_index_minus_one() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    let scheme = vec![text("dfs://r"), Value::int(2), numbers(Type::Int, [0, 10, 20])];
    let handle = call(session, "database", scheme).unwrap();
    let schema = dict(call(session, "schema", vec![handle.clone()]).unwrap());
    assert_eq!(schema.get("partitionType").unwrap().as_i64(), Some(2));
    assert_eq!(schema.get("partitionTypeName").unwrap().as_str(), Some("RANGE"));
    assert_eq!(schema.get("partitionSchema").unwrap().cells().unwrap().len(), 3);
    let model = table([("s", Value::Vector(Arc::new(Vector::empty(Type::Symbol, 0))))]);
    let made = call(session, "createDimensionTable", vec![handle, model, text("names")]).unwrap();
    let schema = dict(call(session, "schema", vec![made]).unwrap());
    assert_eq!(schema.get("partitionColumnIndex").unwrap().as_i64(), Some(-1));
    let Some(Value::Table(columns)) = schema.get("colDefs") else { panic!("no colDefs") };
    assert_eq!(columns.names, ["name", "typeString", "typeInt", "extra", "comment"]);
    assert_eq!(columns.columns[2].integer(0), Some(17));
}

#[test]
fn partitions_are_dropped_by_path_and_by_value() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    let handle = compo(session);
    assert_eq!(insert(session, [15_706, 15_706, 15_707, 9], &[0, 1, 2, 0]), Some(3));
    let mut drop = |what| call(session, "dropPartition", vec![handle.clone(), what, text("t")]);
    drop(text("/20130101/Key1")).unwrap();
    assert!(drop(text("/20130101/Key1")).unwrap_err().text.contains("S01056"));
    assert!(drop(text("/nothing")).is_err());
    drop(numbers(Type::Date, [15_707])).unwrap();
    let Value::Dfs(table) = load(session) else { panic!("no handle") };
    let left = table.chunks(&crate::store::Selection::all());
    assert_eq!(left, [("/f/20130101/Key0/1".to_owned(), 1)]);
    call(session, "truncate", vec![text("dfs://f"), text("t")]).unwrap();
    assert!(table.chunks(&crate::store::Selection::all()).is_empty());
}

#[test]
fn a_grown_scheme_takes_rows_that_it_dropped_before() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    let handle = compo(session);
    assert_eq!(insert(session, [1], &[1]), Some(0));
    let more = vec![handle.clone(), numbers(Type::Date, [1, 2, 15_706])];
    assert_eq!(call(session, "addValuePartitions", more).unwrap().as_i64(), Some(2));
    assert_eq!(insert(session, [1], &[1]), Some(1));
    assert!(call(session, "addRangePartitions", vec![handle, numbers(Type::Date, [1, 2])]).is_err());
}

#[test]
fn the_guest_and_unknown_names_are_refused_in_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    compo(session);
    let missing = call(session, "loadTable", vec![text("dfs://f"), text("u")]).unwrap_err();
    assert_eq!(missing.text, "The table u does not exist in the database dfs://f.");
    let missing = call(session, "loadTable", vec![text("dfs://g"), text("t")]).unwrap_err();
    assert_eq!(missing.text, "The database dfs://g does not exist.");
    let other = vec![text("dfs://f"), Value::int(2), numbers(Type::Int, [0, 1])];
    assert!(call(session, "database", other).unwrap_err().text.contains("different partition scheme"));
    session.user = "guest".into();
    for (name, given) in [
        ("loadTable", vec![text("dfs://f"), text("t")]),
        ("dropTable", vec![text("dfs://f"), text("t")]),
        ("dropDatabase", vec![text("dfs://f")]),
        ("database", vec![text("dfs://f")]),
        ("truncate", vec![text("dfs://f"), text("t")]),
    ] {
        let refused = call(session, name, given).unwrap_err();
        assert!(refused.text.starts_with("<NotAuthenticated>Not granted to "), "{name}: {refused}");
    }
}
