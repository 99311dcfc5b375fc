//! A plugin that knows only the release's numbers, loaded and called.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::*;
use crate::error::Class;
use crate::node::Node;
use crate::script::{Function, Session};
use crate::value::{Data, Rows, Table, Type, Value, Vector};

const DESCRIPTOR: &str = "\
test,libPluginTest.so,3.00.3.0
testEcho,echo,system,1,1,0
testVersion,version,system,0,0,0
testSum,sum,system,1,1,0
testRows,rows,system,1,1,0
testDecimals,decimals,system,1,1,0
testBuild,build,system,0,0,0
testThrow,fail,system,1,1,0
testCall,call,system,1,9,0
testWait,wait,system,0,0,0
testOperator,minus,operator,2,2,0
testCommand,nothing,command,0,0,0
";

/// The compiled plugin's directory; shared, as a process shows one release.
static PLUGIN: LazyLock<PathBuf> = LazyLock::new(|| {
    configure(Settings { big_array: 64, ..Settings::default() }).unwrap();
    let directory = tempfile::tempdir().unwrap().keep();
    let status = Command::new("c++")
        .args(["-std=c++11", "-D_GLIBCXX_USE_CXX11_ABI=0", "-O1", "-fPIC", "-shared", "-o"])
        .arg(directory.join("libPluginTest.so"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/facade/tests/plugin.cpp"))
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::write(directory.join("PluginTest.txt"), DESCRIPTOR).unwrap();
    directory
});

/// A session of a fresh node; the directory goes away with the first value.
fn session() -> (tempfile::TempDir, Session) {
    let home = tempfile::tempdir().unwrap();
    let node = Node::open(home.path(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3").unwrap();
    let mut session = Session::new(node);
    session.user = "admin".into();
    (home, session)
}

fn loaded() -> (tempfile::TempDir, Session) {
    let descriptor = PLUGIN.join("PluginTest.txt");
    let (home, mut session) = session();
    load(&mut session, &descriptor).unwrap();
    (home, session)
}

/// Held by whoever makes objects, so that each test counts only its own.
static ALONE: Mutex<()> = Mutex::new(());

fn load(session: &mut Session, file: &Path) -> Result<Vec<String>> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    load_plugin(session, file.to_str().unwrap())
}

/// Calls a function of the plugin, which must leave no object behind.
fn call(session: &mut Session, name: &str, args: Vec<Value>) -> Result<Value> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let facade = facade(Path::new(""), "3.00.3").unwrap();
    let before = facade.live_objects();
    let function = session.node.plugin_functions.read()[&format!("test::{name}")].clone();
    let Function::Plugin { run, .. } = &*function else { unreachable!() };
    let result = run.call(session, args);
    assert_eq!(facade.live_objects(), before, "{name} leaves objects");
    result
}

fn ints(cells: Vec<i32>) -> Value {
    Value::Vector(Arc::new(Vector::new(Type::Int, Data::I32(cells))))
}

#[test]
fn values_come_back_as_they_went() {
    let (_home, mut session) = loaded();
    let table = Table {
        names: vec!["a".into()],
        columns: vec![Arc::new(Vector::strings(Type::Symbol, ["x", "", "ü"]))],
    };
    let mut values = vec![
        Value::Void,
        Value::int(7),
        Value::string("ab"),
        ints(vec![1, 2]),
        Value::Table(Arc::new(table)),
    ];
    for ty in Type::ALL.iter().copied().filter(|ty| ty.is_storable()) {
        values
            .extend([Value::Scalar(Vector::nulls(ty, 1).into()), Value::Vector(Vector::nulls(ty, 3).into())]);
        values.extend(ty.array().map(|array| Value::Vector(Vector::nulls(array, 3).into())));
    }
    for value in values {
        let before = format!("{value:?}");
        assert_eq!(format!("{:?}", call(&mut session, "echo", vec![value]).unwrap()), before);
    }
    assert_eq!(call(&mut session, "version", vec![]).unwrap().as_str(), Some("3.00.3.0"));
    let difference = call(&mut session, "minus", vec![Value::int(7), Value::long(9)]).unwrap();
    assert_eq!(difference.as_i64(), Some(-2));
    assert!(matches!(call(&mut session, "nothing", vec![]), Ok(Value::Void)));
}

#[test]
fn vectors_are_read_whole_in_segments_and_in_blocks() {
    let (_home, mut session) = loaded();
    for size in [0, 1, 63, 64, 65, 1000] {
        let sum = call(&mut session, "sum", vec![ints((0..size).collect())]).unwrap();
        assert_eq!(sum.as_i64(), Some((0..i64::from(size)).sum()), "{size}");
    }
}

#[test]
fn array_vectors_are_read_by_their_elements_and_lengths() {
    let (_home, mut session) = loaded();
    for rows in [0, 1, 70_000] {
        let mut made = Rows::empty(Type::Int);
        let row = |row: i32| Vector::new(Type::Int, Data::I32(vec![row; row as usize % 3]));
        (0..rows).for_each(|number| made.push(&row(number)).unwrap());
        let expected: i64 = (0..i64::from(rows)).map(|row| (row % 3).pow(2) * row).sum();
        let given = Value::Vector(Vector::rows(made).unwrap().into());
        assert_eq!(call(&mut session, "rows", vec![given]).unwrap().as_i64(), Some(expected));
    }
}

#[test]
fn decimals_are_read_and_made_with_their_scale() {
    let (_home, mut session) = loaded();
    let given = Vector::decimals(Type::Decimal64(2), [Some(125), None, Some(-7)]).unwrap();
    let back = call(&mut session, "decimals", vec![Value::Vector(given.into())]).unwrap();
    let expected = Vector::decimals(Type::Decimal64(3), [Some(2500), None, Some(-140)]).unwrap();
    assert_eq!(**back.cells().unwrap(), expected);
}

#[test]
fn a_plugin_builds_a_table_in_a_dictionary() {
    let (_home, mut session) = loaded();
    let Value::Dict(dict) = call(&mut session, "build", vec![]).unwrap() else { panic!() };
    let Some(Value::Table(table)) = dict.get("rows") else { panic!() };
    assert_eq!(table.names, ["number", "name"]);
    assert_eq!(table.columns[0].data, Data::I32(vec![1, i32::MIN, 3]));
    assert_eq!(table.columns[1].text(2), Some("three"));
}

#[test]
fn exceptions_become_errors() {
    let (_home, mut session) = loaded();
    for (kind, class, text) in [
        (0, Class::IllegalArgument, "a bad argument"),
        (1, Class::Runtime, "a bad day"),
        (2, Class::Runtime, "no std::exception"),
        (3, Class::Runtime, "without an object"),
        (4, Class::Runtime, "ddb::Int::getScript() const (slot 5) is not part"),
    ] {
        let error = call(&mut session, "fail", vec![Value::int(kind)]).unwrap_err();
        assert_eq!(error.class, class, "{error}");
        assert!(error.text.contains(text), "{error}");
    }
}

#[test]
fn a_plugin_calls_the_server_and_its_errors_pass_through() {
    let (_home, mut session) = loaded();
    let table = call(&mut session, "call", vec![Value::string("getLoadedPlugins")]).unwrap();
    assert!(matches!(table, Value::Table(table) if table.rows() == 1));
    let error = call(&mut session, "call", vec![Value::string("noSuchFunction")]).unwrap_err();
    assert_eq!(error.text, "no function noSuchFunction");
    let args = vec![Value::string("loadPlugin"), Value::string("/nowhere/PluginX.txt")];
    let error = call(&mut session, "call", args).unwrap_err();
    assert!(error.text.contains("Failed to open plugin file [/nowhere/PluginX.txt]"), "{error}");
}

#[test]
fn a_plugin_sees_the_session_being_cancelled() {
    let (_home, mut session) = loaded();
    let cancelled = session.cancelled.clone();
    let waiting = std::thread::spawn(move || call(&mut session, "wait", vec![]).unwrap());
    cancelled.store(true, Ordering::Relaxed);
    assert_eq!(waiting.join().unwrap().as_str(), Some("cancelled"));
}

#[test]
fn a_descriptor_that_does_not_fit_is_refused() {
    let (home, mut session) = session();
    let library = std::fs::read(PLUGIN.join("libPluginTest.so")).unwrap();
    std::fs::write(home.path().join("libPluginTest.so"), library).unwrap();
    let file = home.path().join("PluginTest.txt");
    for (text, part) in [
        ("test,libPluginTest.so,3.00.2\n", "is not same to the server version"),
        ("test, libPluginTest.so,3.00.3\n", "Couldn't load the dynamic library"),
        ("test,libNone.so,3.00.3\n", "Couldn't load the dynamic library"),
        ("test,libPluginTest.so,3.00.3\nnope,nope,system,0,0,0\n", "no function [nope]"),
        ("failing,libPluginTest.so,3.00.3\ntestEcho,echo,system,1,1,0\n", "not today"),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = load(&mut session, &file).unwrap_err();
        assert!(error.text.contains(part), "{error}");
    }
    assert!(session.node.plugin_functions.read().is_empty());
}

#[test]
fn a_bare_name_is_found_once() {
    let (home, mut session) = session();
    let directory = home.path().join("plugins/test");
    std::fs::create_dir_all(&directory).unwrap();
    for name in ["PluginTest.txt", "libPluginTest.so"] {
        std::fs::copy(PLUGIN.join(name), directory.join(name)).unwrap();
    }
    let names = load(&mut session, Path::new("test")).unwrap();
    assert_eq!(names[..2], ["echo", "version"]);
    let error = load(&mut session, Path::new("test")).unwrap_err();
    assert_eq!(error.text, "The module [test] is already in use.");
}

#[test]
fn a_guest_loads_nothing() {
    let (_home, mut session) = session();
    session.user = "guest".into();
    let error = session.run("loadPlugin('test')").unwrap_err();
    assert_eq!(error.class, Class::NoPrivilege);
}

#[test]
fn scripts_call_functions_by_module_and_within_their_argument_counts() {
    let (_home, mut session) = loaded();
    assert_eq!(session.run("test::sum(1..10)").unwrap().as_i64(), Some(55));
    assert!(session.run("test::sum()").is_err());
    assert!(session.run("test::sum(1, 2)").is_err());
}

#[test]
fn implemented_slots_are_those_of_every_release() {
    LazyLock::force(&PLUGIN);
    let (home, _) = session();
    let facade = facade(home.path(), "3.00.3").unwrap();
    for release in Release::all() {
        let slots = abi::slots(release, &facade.methods);
        let known: std::collections::HashSet<&str> =
            slots.iter().map(|slot| slot.name.split_once('.').unwrap().1).collect();
        // No other class has its methods, and not every release has it; decimals and array vectors
        // came with 2.00.
        let early = matches!(release.layout(), "1.30.23" | "2.00.9");
        let later = |method: &str| {
            ["etDecimal", "getVectorType", "flatten", "rowSize"].iter().any(|name| method.contains(name))
        };
        for (class, method) in facade.methods.keys().filter(|(class, _)| class != "RefCountHelper") {
            assert!(
                known.contains(method.as_str()) || early && later(method),
                "{class}::{method} has no slot"
            );
        }
    }
    let slots = facade.slots();
    assert!(
        slots
            .iter()
            .any(|slot| slot.name == "Session.getFunctionDef(const string&) const" && slot.implemented)
    );
    assert!(facade.tables.iter().all(|table| table.functions.len() <= 512));
}

#[test]
fn a_falsified_slot_is_its_neighbours() {
    let release = Release::find("3.00.3", false).unwrap();
    let mut tables =
        abi::tables(release, &abi::Methods::new(), |class, slot| (class * 512 + slot + 1) as *mut c_void);
    let plain: Vec<_> = tables.iter().map(|table| table.functions.clone()).collect();
    abi::falsify(&mut tables, "Constant.getInt() const");
    for (table, before) in tables.iter().zip(&plain).filter(|(table, _)| table.methods[0].0 == "Constant") {
        assert_eq!((table.functions[25], table.functions[26]), (before[26], before[25]));
    }
    assert!(abi::check_name("Constant.getInt() const").is_ok());
    assert!(abi::check_name("Constant.getIntt() const").is_err());
}
