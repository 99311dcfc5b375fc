//! A target is made like its source: every kind of database and table goes there and back, and a sync
//! makes what is missing before it sends rows.
mod common;

use clustersync::cluster::ddl;
use clustersync::data::{Datum, Type};
use clustersync::model::{
    ColumnDef, ColumnDesign, DatabaseDesign, LevelDesign, Split, TableDesign, TableName,
};
use clustersync::wire::Remote;
use common::{Node, remote};
use fastrand::Rng;

const CONFIGURABLE: &[&str] = &["--enable-chunk-granularity-config"];

fn texts(values: impl IntoIterator<Item = String>) -> Vec<String> {
    values.into_iter().collect()
}

/// A level of any kind, and the type of a column that it splits.
fn level(random: &mut Rng) -> LevelDesign {
    let quoted = |prefix: &str, count: usize| {
        texts((0..count).map(|i| format!("\"{prefix}{i} x\"").replace(' ', "_")))
    };
    let count = random.usize(3..9);
    let (ty, split) = match random.u8(0..12) {
        0 => (Type::Int, Split::Run("0".into(), count.to_string())),
        1 => (Type::Int, Split::Value(texts(["-1", "0", "1", "7"].map(String::from)))),
        2 => (Type::Date, Split::Run("2023.12.30".into(), format!("2024.01.{count:02}"))),
        3 => (Type::Date, Split::Value(texts((1..count).map(|i| format!("2024.02.{:02}", 3 * i))))),
        4 => (Type::Month, Split::Run("2023.11M".into(), "2024.02M".into())),
        5 => ([Type::String, Type::Symbol][random.usize(0..2)], Split::Value(quoted("sym", count))),
        6 => (Type::Second, Split::Value(texts((1..count).map(|i| format!("09:30:{:02}", 7 * i))))),
        7 => (Type::Int, Split::Range(texts((0..count).map(|i| (10 * i).to_string())))),
        8 => (Type::Date, Split::Range(texts((1..count).map(|i| format!("2024.{i:02}.01"))))),
        9 => (Type::Symbol, Split::List(vec![quoted("a", 2), quoted("b", 1), quoted("c", count)])),
        10 => (Type::Int, Split::List(vec![texts(["1".into(), "3".into()]), texts(["2".into()])])),
        _ => {
            let types =
                [Type::Int, Type::Long, Type::Symbol, Type::String, Type::Uuid, Type::Int128, Type::Date];
            (types[random.usize(0..types.len())], Split::Hash(random.usize(1..30)))
        }
    };
    LevelDesign { ty, split }
}

fn database(random: &mut Rng, number: usize) -> DatabaseDesign {
    let choose = |random: &mut Rng, names: [&str; 2]| names[random.usize(0..2)].to_owned();
    DatabaseDesign {
        path: format!("dfs://db{number}"),
        levels: (0..random.usize(1..4)).map(|_| level(random)).collect(),
        engine: choose(random, ["OLAP", "TSDB"]),
        atomic: choose(random, ["TRANS", "CHUNK"]),
        granularity: choose(random, ["TABLE", "DATABASE"]),
        has_sites: false,
    }
}

fn column(random: &mut Rng, name: impl Into<String>, ty: Type) -> ColumnDesign {
    let methods = ["lz4", "delta", "zstd", "chimp"];
    let compression = methods[random.usize(0..methods.len())].into();
    let comment = if random.bool() { String::new() } else { "a \"note\", 注释\nand more".into() };
    ColumnDesign { def: ColumnDef { name: name.into(), ty }, compression, comment }
}

/// A table of all types that the engine has, partitioned by the levels of its database or by none.
fn table(random: &mut Rng, database: &DatabaseDesign, number: usize) -> TableDesign {
    let is_sorted = database.engine == "TSDB";
    let is_dimension = random.u8(0..4) == 0;
    let mut columns = vec![column(random, "s", Type::Symbol), column(random, "ts", Type::Timestamp)];
    let mut partitioned_by = Vec::new();
    for (at, level) in database.levels.iter().enumerate() {
        let name = format!("两 level{at}");
        // The scheme's type may be coarser than the column's (dolphindb-semantics §3.1).
        let is_finer = level.ty == Type::Date && matches!(level.split, Split::Range(_) | Split::Run(..));
        columns.push(column(random, &name, if is_finer { Type::Timestamp } else { level.ty }));
        partitioned_by.push(name);
    }
    let decimals = [Type::Decimal32(3), Type::Decimal64(11), Type::Decimal128(30)];
    for (at, ty) in Type::ALL
        .iter()
        .copied()
        .chain(decimals)
        .enumerate()
        .filter(|_| random.u8(0..3) == 0)
        .collect::<Vec<_>>()
    {
        columns.push(column(random, format!("c{at}"), ty));
        if let Some(array) = ty.array().filter(|_| is_sorted) {
            columns.push(column(random, format!("a{at}"), array));
        }
    }
    let keep = if is_sorted { ["ALL", "FIRST", "LAST"][random.usize(0..3)] } else { "ALL" };
    let maps = is_sorted && !is_dimension && random.bool();
    TableDesign {
        name: TableName::new(&database.path, format!("t{number}")),
        engine: database.engine.clone(),
        columns,
        partitioned_by: if is_dimension { Vec::new() } else { partitioned_by },
        sort_columns: if is_sorted { texts(["s".into(), "ts".into()]) } else { Vec::new() },
        keep_duplicates: keep.into(),
        sort_key_mapping: if maps { vec!["hashBucket{, 31}".into()] } else { Vec::new() },
        soft_delete: keep == "LAST" && random.bool(),
        primary_key: Vec::new(),
        encryption: "plaintext".into(),
        comment: if random.bool() { String::new() } else { "what it \\ is".into() },
        beyond: Vec::new(),
    }
}

fn line(node: &Node) -> Remote {
    Remote::connect(&node.endpoint()).expect("a connection")
}

fn ddl_of(node: &mut Node, db: &str) -> String {
    match node.run(&format!("clusterSync::getDDL(\"{db}\")")) {
        Ok(Datum::Scalar(column)) => {
            String::from_utf8_lossy(column.texts().next().expect("a text")).into_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn databases_and_tables_of_every_kind_go_there_and_back() {
    let mut nodes = ["A", "B"].map(|alias| Node::start_with(alias, "3.00.3", CONFIGURABLE));
    nodes.iter_mut().for_each(|node| drop(node.run("loadPlugin(\"clusterSync\")").expect("it loads")));
    let [source, target] = &mut nodes;
    let (mut a, mut b) = (line(source), line(target));
    for seed in 0..40 {
        let random = &mut Rng::with_seed(seed);
        let design = database(random, seed as usize);
        let tables: Vec<TableDesign> = (0..2).map(|at| table(random, &design, at)).collect();
        let calls = [ddl::create_database(&design)].into_iter();
        let calls = calls.chain(
            tables
                .iter()
                .flat_map(|table| [ddl::create_table(table)].into_iter().chain(ddl::comments(table))),
        );
        calls.for_each(|call| {
            drop(
                source
                    .run(&call.asked())
                    .unwrap_or_else(|error| panic!("seed {seed}: {error}: {}", call.pretty())),
            )
        });
        assert_eq!(ddl::database(&mut a, &design.path).expect("a database"), design, "seed {seed}");
        for table in &tables {
            assert_eq!(ddl::table(&mut a, &table.name).expect("a table"), *table, "seed {seed}");
        }
        // The script for people does the same.
        let script = ddl_of(source, &design.path);
        target.run(&format!("{script}\n0")).unwrap_or_else(|error| panic!("seed {seed}: {error}: {script}"));
        assert_eq!(ddl_of(target, &design.path), script, "seed {seed}");
        target.run(&format!("dropDatabase(\"{}\"); 0", design.path)).expect("it is dropped");
        let made = source.table(&format!(
            "clusterSync::syncOnline({}, \"{}\", , , dict([\"createIfMissing\"], [true]))",
            remote(target.port),
            design.path
        ));
        assert_eq!(made.rows, 2, "seed {seed}");
        assert_eq!(ddl::database(&mut b, &design.path).expect("a database"), design, "seed {seed}");
        assert_eq!(ddl_of(target, &design.path), script, "seed {seed}");
    }
}

/// The text of the plan that a call prints, and its table.
fn planned(source: &mut Node, port: u16, options: &str) -> Result<usize, String> {
    let call = format!("clusterSync::planSync({}, \"dfs://s\", , , {options})", remote(port));
    source
        .run(&call)
        .map(|plan| if let Datum::Table(plan) = plan { plan.rows } else { 0 })
        .map_err(|error| error.to_string())
}

const CREATES: &str = "dict([\"createIfMissing\"], [true])";
const SYNC: &str = "exec count(*) from loadTable(\"dfs://s\", \"t\")";

fn sync(port: u16, options: &str) -> String {
    format!("clusterSync::syncOnline({}, \"dfs://s\", , , {options})", remote(port))
}

/// Ten rows in a table that is sorted and commented.
fn fill(source: &mut Node) {
    source
        .run(
            "db = database(directory=\"dfs://s\", partitionType=RANGE, partitionScheme=0 5 10, engine=\"TSDB\", atomic=\"CHUNK\");
             t = createPartitionedTable(dbHandle=db, table=table(1:0, `k`v, [\"INT\", \"LONG\"]), tableName=\"t\",
               partitionColumns=\"k\", sortColumns=`k`v, keepDuplicates=LAST, softDelete=true);
             setColumnComment(t, dict([\"v\"], [\"the value\"])); setTableComment(t, \"a table\");
             tableInsert(t, table(0..9 as k, long(0..9) as v)); 0",
        )
        .expect("the source is made");
}

#[test]
fn a_plan_makes_nothing_and_the_sync_makes_what_it_says() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    fill(&mut source);
    let message = planned(&mut source, target.port, "").unwrap_err();
    assert!(
        message.contains("there is no database dfs://s")
            && message.contains("use the option `createIfMissing`"),
        "{message}"
    );
    assert_eq!(planned(&mut source, target.port, CREATES), Ok(2));
    assert_eq!(target.number("existsDatabase(\"dfs://s\")"), 0, "a plan makes nothing");
    source.table(&sync(target.port, CREATES));
    assert_eq!(target.number(SYNC), 10);
    assert_eq!(ddl_of(&mut target, "dfs://s"), ddl_of(&mut source, "dfs://s"));
    // What a creation that broke off left is completed, and nothing else is touched.
    target
        .run("setColumnComment(loadTable(\"dfs://s\", \"t\"), dict([\"v\", \"k\"], [\"\", \"kept\"])); 0")
        .expect("no comment");
    source.table(&sync(target.port, CREATES));
    let script = ddl_of(&mut target, "dfs://s");
    assert!(script.contains("dict([\"k\",\"v\"], [\"kept\",\"the value\"])"), "{script}");
}

#[test]
fn a_database_that_exists_keeps_what_it_is_and_must_fit() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    fill(&mut source);
    for (made, expected) in [
        (
            "database(directory=\"dfs://s\", partitionType=VALUE, partitionScheme=0..9, engine=\"TSDB\")",
            "partitioning level 0 is RANGE of `k` (INT) at the source and VALUE of `k` (INT) at the target",
        ),
        (
            "database(directory=\"dfs://s\", partitionType=RANGE, partitionScheme=0 6 10, engine=\"TSDB\")",
            "the boundaries of RANGE of `k` (INT) differ at source and target",
        ),
        (
            "database(\"dfs://s\", RANGE, 0 5 10)",
            "dfs://s exists at the target with the engine OLAP, and the source's has TSDB",
        ),
        (
            "database(directory=\"dfs://s\", partitionType=COMPO, engine=\"TSDB\", partitionScheme=[database(\"\", VALUE, 0..9), database(\"\", VALUE, 0..9)])",
            "database dfs://s on 127.0.0.1",
        ),
        (
            "database(directory=\"dfs://s\", partitionType=RANGE, partitionScheme=0 5, engine=\"TSDB\")",
            "the target lacks the last 1 ranges of `k`",
        ),
    ] {
        target.run(&format!("{made}; 0")).expect("a database");
        let message = source.error(&sync(target.port, CREATES));
        assert!(message.contains(expected), "{message}");
        assert_eq!(target.number("existsTable(\"dfs://s\", \"t\")"), 0, "{expected}");
        target.run("dropDatabase(\"dfs://s\"); 0").expect("it is dropped");
    }
    // More ranges, another atomicity: the plan says what stays.
    target
        .run("database(directory=\"dfs://s\", partitionType=RANGE, partitionScheme=0 5, engine=\"TSDB\"); 0")
        .expect("a database");
    source.table(&sync(target.port, "dict([\"createIfMissing\", \"createPartitions\"], [true, true])"));
    assert_eq!(target.number(SYNC), 10);
    let script = ddl_of(&mut target, "dfs://s");
    assert!(!script.contains("CHUNK") && script.contains("softDelete=true"), "{script}");
}

#[test]
fn runs_that_make_the_same_at_once_do_no_harm() {
    let mut sources = [Node::with_plugin("A"), Node::with_plugin("C")];
    let mut target = Node::with_plugin("B");
    sources.iter_mut().for_each(fill);
    let before = ddl_of(&mut sources[0], "dfs://s");
    let port = target.port;
    // Without a lease, and without rows, nothing but the making can collide.
    sources
        .iter_mut()
        .for_each(|source| drop(source.run("truncate(\"dfs://s\", \"t\"); 0").expect("no rows")));
    for _ in 0..5 {
        std::thread::scope(|scope| {
            for source in &mut sources {
                scope.spawn(move || {
                    source.table(&sync(port, "dict([\"createIfMissing\", \"lease\"], [true, false])"))
                });
            }
        });
        assert_eq!(ddl_of(&mut target, "dfs://s"), before);
        target.run("dropDatabase(\"dfs://s\"); 0").expect("it is dropped");
    }
}

#[test]
fn another_release_gets_what_it_has() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start_with("B", "2.00.10", &[]));
    fill(&mut source);
    let message =
        planned(&mut source, target.port, "dict([\"createIfMissing\", \"column\"], [true, \"no\"])")
            .unwrap_err();
    assert!(message.contains("`no`"), "{message}");
    source.table(&sync(target.port, CREATES));
    assert_eq!(target.number(SYNC), 10);
    let mut there = line(&target);
    let made = ddl::table(&mut there, &TableName::new("dfs://s", "t")).expect("a table");
    assert!(!made.soft_delete && made.comment.is_empty() && made.keep_duplicates == "LAST");
    let mut old = Node::start_with("D", "1.30.23", &[]);
    let message = source.error(&sync(old.port, CREATES));
    assert!(
        message.contains("dfs://s/t is of the engine TSDB, which 1.30.23 cannot be told to build"),
        "{message}"
    );
    assert_eq!(old.number("existsDatabase(\"dfs://s\")"), 0);
    // The other way, from the oldest to the newest.
    old.run("loadPlugin(\"clusterSync\")").expect("it loads");
    old.run(
        "db = database(\"dfs://s\", COMPO, [database(\"\", HASH, [SYMBOL, 3]), database(\"\", VALUE, 2024.01.01..2024.01.03)]);
         t = createPartitionedTable(db, table(1:0, `s`d, [\"SYMBOL\", \"DATE\"]), \"t\", `s`d, dict([\"d\"], [\"delta\"]));
         setColumnComment(t, dict([\"s\"], [\"symbol\"])); tableInsert(t, table(`a`b as s, 2024.01.01 2024.01.03 as d)); 0",
    )
    .expect("the source is made");
    let newest = Node::start_with("E", "3.00.4", &[]);
    old.table(&sync(newest.port, CREATES));
    let (mut one, mut other) = (line(&old), line(&newest));
    assert_eq!(
        ddl::database(&mut one, "dfs://s").expect("one"),
        ddl::database(&mut other, "dfs://s").expect("the other")
    );
    let name = TableName::new("dfs://s", "t");
    assert_eq!(ddl::table(&mut one, &name).expect("one"), ddl::table(&mut other, &name).expect("the other"));
}

#[test]
fn lists_are_partitions_like_others_but_for_their_paths() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    source
        .run(
            "db = database(\"dfs://s\", COMPO, [database(\"\", LIST, [`a`b, [`c], `d`e`f]), database(\"\", VALUE, 1..2)]);
             t = createPartitionedTable(db, table(1:0, `s`k`v, [\"STRING\", \"INT\", \"LONG\"]), \"t\", `s`k);
             tableInsert(t, table(take(`a`b`c`d`e`f, 60) as s, 1 + (0..59) % 2 as k, long(0..59) as v)); 0",
        )
        .expect("the source is made");
    let made = source.table(&sync(target.port, CREATES));
    assert_eq!(made.column("copied").expect("copied").integers().next(), Some(Some(5)));
    assert_eq!((target.number(SYNC), source.table(&sync(target.port, CREATES)).rows), (60, 1));
    target.run("delete from loadTable(\"dfs://s\", \"t\") where v = 7; 0").expect("a row is gone");
    let message = source.error(&sync(target.port, "dict([\"mode\"], [\"replace\"])"));
    assert!(message.contains("`List[0]` may name another partition when it stands in a path"), "{message}");
    let other = "database(\"dfs://s\", COMPO, [database(\"\", LIST, [`a`c, [`b], `d`e`f]), database(\"\", VALUE, 1..2)]); 0";
    target.run("dropDatabase(\"dfs://s\"); 0").and_then(|_| target.run(other)).expect("another database");
    let message = source.error(&sync(target.port, CREATES));
    assert!(message.contains("the lists of LIST of `s` (STRING) differ at source and target"), "{message}");
}
