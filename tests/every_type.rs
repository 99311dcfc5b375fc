//! Every type that a column can have, synced between tables of both engines: NULL, extremes, empty
//! arrays, no rows, and more array-vector rows than one block of the protocol holds.
mod common;

use std::process::Command;

use clustersync::data::{Batch, Column, Type};
use clustersync::model::TableName;
use common::{Node, PASSWORD, remote};

/// Every type; decimals have some digits behind the point.
fn plain_types() -> Vec<Type> {
    Type::ALL.iter().map(|ty| ty.with_scale(4).expect("every decimal has four")).collect()
}

/// Arrays of every type that arrays can have (dolphindb-semantics §11.1).
fn array_types() -> Vec<Type> {
    let is_element =
        |ty: &Type| ty.is_integral() || matches!(ty, Type::Float | Type::Double) || ty.scale().is_some();
    plain_types().into_iter().filter(is_element).filter_map(Type::array).collect()
}

/// The cells that columns of `ty` repeat, NULL among them.
fn cells(ty: Type) -> Vec<Vec<u8>> {
    let numbers = |values: &[i128], width: usize| -> Vec<Vec<u8>> {
        values.iter().map(|value| value.to_le_bytes()[..width].to_vec()).collect()
    };
    let doubles = [0.0, -0.0, 1.5, f64::MAX, f64::MIN_POSITIVE, f64::EPSILON].map(f64::to_le_bytes);
    let mut cells = match ty {
        Type::Bool => numbers(&[0, 1], 1),
        Type::Float => {
            [0.0, -0.0, 1.5, f32::MAX, f32::EPSILON].map(|cell: f32| cell.to_le_bytes().to_vec()).into()
        }
        Type::Double => doubles.map(Vec::from).into(),
        Type::Complex | Type::Point => doubles.windows(2).map(<[_]>::concat).collect(),
        Type::Symbol => vec![b"AAPL".to_vec(), "\u{4e2d}\u{6587}".into(), vec![b'x'; 255]],
        Type::String => vec![b"a b".to_vec(), b"8 bytes.".to_vec(), "\u{e9}".into(), vec![b'y'; 5_000]],
        Type::Blob => vec![b"\0".to_vec(), (0..=255).collect(), vec![7; 100_000]],
        Type::Array(element) => {
            let values = self::cells(element.ty());
            let all = values.concat();
            vec![all.clone(), values[0].clone(), all.repeat(300 / values.len() + 1)]
        }
        // Times of the day and dates that every client can show.
        Type::Date => numbers(&[0, 19_723, -1, 40_000], 4),
        Type::Month => numbers(&[24_288, 23_640], 4),
        Type::Time => numbers(&[0, 86_399_999, 34_200_001], 4),
        Type::Minute => numbers(&[0, 1_439], 4),
        Type::Second => numbers(&[0, 86_399], 4),
        Type::Nanotime => numbers(&[0, 86_399_999_999_999], 8),
        Type::Datehour => numbers(&[0, 473_000], 4),
        Type::Timestamp => numbers(&[0, 1_704_067_200_123, -1], 8),
        _ => {
            let width = ty.width().expect("numbers have a width");
            let most = i128::MAX >> (128 - 8 * width);
            numbers(&[0, 1, -1, most, -most], width)
        }
    };
    cells.push(ty.null());
    cells
}

/// Columns `part` and `seq`, and one of each type; no two neighbouring columns repeat in step.
fn rows(types: &[Type], count: usize, parts: i32) -> Batch {
    let key = Column::of(Type::Int, (0..count).map(|row| (row as i32 % parts + 1).to_le_bytes()));
    let seq = Column::of(Type::Long, (0..count).map(|row| (row as i64).to_le_bytes()));
    let mut columns = vec![("part".to_owned(), key), ("seq".to_owned(), seq)];
    for (number, ty) in types.iter().enumerate() {
        let cells = cells(*ty);
        let of_rows = (0..count).map(|row| &cells[(row + row / 7 + number) % cells.len()]);
        columns.push((format!("c{number}"), Column::of(*ty, of_rows)));
    }
    Batch { rows: count, columns }
}

fn create(node: &mut Node, engine: &str, batch: &Batch) -> TableName {
    let names: String = batch.columns.iter().map(|(name, _)| format!("`{name}")).collect();
    let types: Vec<_> = batch.columns.iter().map(|(_, column)| format!("\"{}\"", column.ty.name())).collect();
    let sorted = if engine == "TSDB" { ", , `part`seq" } else { "" };
    node.run(&format!(
        "db = database(\"dfs://{engine}\", VALUE, 1..3, , \"{engine}\");
         createPartitionedTable(db, table(1:0, {names}, [{}]), \"t\", `part{sorted}); 0",
        types.join(", ")
    ))
    .expect("the table is created");
    TableName::new(format!("dfs://{engine}"), "t")
}

/// Each row of the table as its cells' bytes, in the order of `seq`.
fn stored(node: &mut Node, table: &TableName) -> Vec<Vec<Vec<u8>>> {
    let script = format!("select * from loadTable(\"{}\", \"t\") order by seq", table.db);
    let batch = node.table(&script);
    let mut rows = vec![Vec::new(); batch.rows];
    for (_, column) in &batch.columns {
        assert_eq!(column.rows, batch.rows);
        rows.iter_mut().zip(column.each()).for_each(|(row, cell)| row.push(cell.into_owned()));
    }
    rows
}

/// Fills a table of `engine` with `batch` in one cluster, syncs it, and compares every cell.
fn arrives_equal(engine: &str, batch: &Batch) -> (Node, Node) {
    arrives_equal_from(Node::with_plugin("A"), engine, batch)
}

fn arrives_equal_from(mut source: Node, engine: &str, batch: &Batch) -> (Node, Node) {
    let mut target = Node::start("B");
    let table = create(&mut source, engine, batch);
    create(&mut target, engine, batch);
    if batch.rows > 0 {
        assert_eq!(source.append(&table, batch).expect("rows are stored"), batch.rows as u64);
    }
    let call = format!("clusterSync::syncOnline({}, \"{}\", \"t\")", remote(target.port), table.db);
    let result = source.table(&call);
    let number = |name: &str| result.column(name).expect(name).integers().next().flatten();
    assert_eq!((number("rows"), number("verified")), (Some(batch.rows as i64), Some(1)), "{engine}");
    let (left, right) = (stored(&mut source, &table), stored(&mut target, &table));
    assert_eq!(left.len(), batch.rows);
    for (seq, (left, right)) in left.iter().zip(&right).enumerate() {
        for (number, (left, right)) in left.iter().zip(right).enumerate() {
            let (name, column) = &batch.columns[number];
            assert!(left == right, "{engine}: row {seq} of {name} {}", column.ty.name());
        }
    }
    assert_eq!(left.len(), right.len());
    (source, target)
}

#[test]
fn every_type_arrives_equal_in_olap_tables() {
    arrives_equal("OLAP", &rows(&plain_types(), 700, 3));
}

#[test]
fn every_type_and_arrays_of_each_arrive_equal_in_tsdb_tables() {
    let types = [plain_types(), array_types()].concat();
    let (mut source, mut target) = arrives_equal("TSDB", &rows(&types, 300, 3));
    // What the source holds is what was put in, but for what servers make of empty arrays (§4.4).
    let table = TableName::new("dfs://TSDB", "t");
    let expected = rows(&types, 300, 3);
    for (number, ty) in types.iter().enumerate() {
        let null = if let Type::Array(element) = ty { element.ty().null() } else { Vec::new() };
        let given = expected.columns[number + 2].1.each().map(|cell| match cell.is_empty() {
            true => null.clone(),
            false => cell.into_owned(),
        });
        let held = stored(&mut target, &table).into_iter().map(|mut row| row.swap_remove(number + 2));
        assert!(held.eq(given), "c{number} {}", ty.name());
    }
    shows_equal(&mut source, &mut target, &types);
}

/// What is pulled is made into vectors of this server, each type in its own way.
#[test]
fn every_type_and_arrays_of_each_are_pulled_back_equal() {
    let types = [plain_types(), array_types()].concat();
    let (mut here, mut far) = arrives_equal("TSDB", &rows(&types, 300, 3));
    here.run("truncate(\"dfs://TSDB\", \"t\"); 0").expect("it is empty here");
    let pull = format!(
        "clusterSync::syncOnline({}, \"dfs://TSDB\", \"t\", , dict([\"direction\"], [\"pull\"]))",
        remote(far.port)
    );
    assert_eq!(here.number(&format!("exec sum(rows) from {pull}")), 300);
    let table = TableName::new("dfs://TSDB", "t");
    assert!(stored(&mut here, &table) == stored(&mut far, &table));
}

#[test]
fn tables_without_rows_arrive_equal() {
    let types = [plain_types(), array_types()].concat();
    arrives_equal("OLAP", &rows(&plain_types(), 0, 3));
    arrives_equal("TSDB", &rows(&types, 0, 3));
}

#[test]
fn more_rows_of_arrays_than_a_block_holds_arrive_equal() {
    let arrays = |ty: Type| ty.array().expect("it has arrays");
    let types = [arrays(Type::Int), arrays(Type::Decimal64(4)), arrays(Type::Bool)];
    let mut batch = rows(&types, 70_000, 1);
    for (number, ty) in types.iter().enumerate() {
        let width = cells(*ty)[1].len();
        let lengths = (0..70_000_usize).map(|row| row % 4 + number);
        let bytes = lengths.enumerate().map(|(row, length)| vec![(row % 125) as u8 & 1; length * width]);
        batch.columns[number + 2].1 = Column::of(*ty, bytes);
    }
    arrives_equal("TSDB", &batch);
}

/// A server of another release, with the plugin; the first releases do not find it by its name.
fn server(release: &str, arguments: &[&str]) -> Node {
    let mut node = Node::start_with("A", release, arguments);
    let file = node.home.path().join("plugins/clusterSync/PluginClusterSync.txt");
    node.run(&format!("loadPlugin(\"{}\")", file.display())).expect(release);
    node
}

/// The interfaces of releases differ in what these types need most: slots, holders, strings.
#[test]
fn every_type_arrives_equal_from_other_releases() {
    let types = [plain_types(), array_types()].concat();
    for (release, arguments) in [("2.00.10", &[][..]), ("3.00.3", &["--newer-strings"]), ("3.00.4", &[])] {
        arrives_equal_from(server(release, arguments), "TSDB", &rows(&types, 60, 3));
    }
}

#[test]
fn a_type_that_the_release_does_not_show_is_refused_by_name_and_the_others_arrive() {
    let wide = |ty: &Type| matches!(ty, Type::Decimal128(_)) || Some(*ty) == Type::Decimal128(4).array();
    let types = [plain_types(), array_types()].concat();
    let others: Vec<Type> = types.iter().filter(|ty| !wide(ty)).copied().collect();
    arrives_equal_from(server("2.00.9", &[]), "TSDB", &rows(&others, 60, 3));
    let (mut source, mut target) = (server("2.00.9", &[]), Node::start("B"));
    let batch = rows(&[Type::Decimal128(4)], 60, 3);
    let table = create(&mut source, "TSDB", &batch);
    create(&mut target, "TSDB", &batch);
    source.append(&table, &batch).expect("rows are stored");
    let error =
        source.error(&format!("clusterSync::syncOnline({}, \"dfs://TSDB\", \"t\")", remote(target.port)));
    for part in ["`c0`", "DECIMAL128", "this release of the server"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(stored(&mut target, &table).len(), 0);
}

/// A column whose type differs only in what would change its values is refused by name.
#[test]
fn a_scale_that_differs_is_refused() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    create(&mut source, "OLAP", &rows(&[Type::Decimal64(4)], 0, 3));
    create(&mut target, "OLAP", &rows(&[Type::Decimal64(2)], 0, 3));
    let error =
        source.error(&format!("clusterSync::syncOnline({}, \"dfs://OLAP\", \"t\")", remote(target.port)));
    for part in ["`c0`", "DECIMAL64(4)", "DECIMAL64(2)"] {
        assert!(error.contains(part), "{error}");
    }
}

/// The vendor's Python client sees the same in both. It cannot show COMPLEX and POINT
/// (wire-protocol §6).
fn shows_equal(source: &mut Node, target: &mut Node, types: &[Type]) {
    const SCRIPT: &str = "
import sys
import dolphindb

def shown(port):
    session = dolphindb.Session()
    session.connect('127.0.0.1', int(port), 'admin', sys.argv[4])
    names = sys.argv[3].split(',')
    columns = {}
    for name in names:
        rows = session.run(f'select {name} from loadTable(\"dfs://TSDB\", \"t\") order by seq')
        columns[name] = [repr(list(cell) if hasattr(cell, '__len__') and not isinstance(cell, (str, bytes)) else cell)
                         for cell in rows[name]]
    return columns

left, right = shown(sys.argv[1]), shown(sys.argv[2])
assert left == right
print(sum(len(cells) for cells in left.values()), 'cells', len(left), 'columns')
";
    let hidden = |ty: &Type| matches!(ty, Type::Complex | Type::Point);
    let names: Vec<String> = types
        .iter()
        .enumerate()
        .filter(|(_, ty)| !hidden(ty))
        .map(|(number, _)| format!("c{number}"))
        .collect();
    let python = std::env::var("MINNOW_PYTHON").unwrap_or_else(|_| "python3".into());
    let imported = Command::new(&python).args(["-c", "import dolphindb"]).output();
    if !imported.is_ok_and(|output| output.status.success()) {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{python} lacks the dolphindb module");
        return println!("skipped: {python} lacks the dolphindb module; see MINNOW_PYTHON");
    }
    let output = Command::new(python)
        .args(["-c", SCRIPT, &source.port.to_string(), &target.port.to_string(), &names.join(","), PASSWORD])
        .output()
        .expect("Python runs");
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{wrong}");
    assert_eq!(said.trim(), format!("{} cells {} columns", 300 * names.len(), names.len()));
}
