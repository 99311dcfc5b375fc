//! Generated databases and tables of every kind.
use crate::common::{Node, remote};
use crate::{ddl_of, line};
use clustersync::cluster::ddl;
use clustersync::data::Type;
use clustersync::model::{
    ColumnDef, ColumnDesign, DatabaseDesign, LevelDesign, Split, TableDesign, TableName,
};
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
