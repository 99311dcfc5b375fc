//! Designs as scripts, and servers' answers as designs.
use super::*;
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind};
use crate::model::{ColumnDef, ColumnDesign, LevelDesign, Split, TableName};

/// A server that gives these answers to questions that begin so.
struct Answers(Vec<(&'static str, Datum)>);

impl Cluster for Answers {
    fn label(&self) -> &str {
        "A"
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        let answer = self.0.iter().find(|(start, _)| script.starts_with(start));
        answer.map(|(_, answer)| answer.clone()).ok_or_else(|| Error::new(Kind::Server, script))
    }

    fn append(&mut self, _: &TableName, _: &Batch) -> Result<u64> {
        unreachable!("describing writes nothing")
    }
}

fn ints(ty: Type, values: &[i32]) -> Column {
    Column::fixed(ty, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

fn int(value: i32) -> Datum {
    Datum::Scalar(ints(Type::Int, &[value]))
}

fn int_vector(values: &[i32]) -> Datum {
    Datum::Vector(ints(Type::Int, values))
}

fn texts(values: &[&str]) -> Column {
    Column::text(Type::String, values)
}

fn dict(members: Vec<(&str, Datum)>) -> Datum {
    Datum::Dict(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn told(members: Vec<(&str, Datum)>) -> Result<DatabaseDesign> {
    let answers = vec![
        ("existsDatabase", int(1)),
        ("getTables", Datum::Vector(texts(&[]))),
        ("schema(database", dict(members)),
    ];
    database(&mut Answers(answers), "dfs://db")
}

/// As the manual's sample of a composite database prints it.
#[test]
fn a_composite_database_is_read_and_written() {
    let lists = Datum::Tuple(vec![Datum::Vector(texts(&["B", "A"])), Datum::Scalar(texts(&["C"]))]);
    let design = told(vec![
        ("partitionType", int_vector(&[5, 1, 3])),
        ("partitionColumnType", int_vector(&[17, 6, 17])),
        (
            "partitionSchema",
            Datum::Tuple(vec![int(20), Datum::Vector(ints(Type::Date, &[15_708, 15_706, 15_707])), lists]),
        ),
        ("engineType", Datum::text("TSDB")),
        ("atomic", Datum::text("CHUNK")),
        ("chunkGranularity", Datum::text("TABLE")),
        ("partitionSites", Datum::Void),
    ]);
    assert_eq!(
        create_database(&design.unwrap()).pretty(),
        "database(directory=\"dfs://db\",\n    partitionType=COMPO,\n    partitionScheme=[database(\"\", HASH, \
         [SYMBOL, 20]),\n        database(\"\", VALUE, 2013.01.01..2013.01.03),\n        database(\"\", LIST, \
         [symbol([\"B\",\"A\"]), symbol([\"C\"])])],\n    engine=\"TSDB\",\n    atomic=\"CHUNK\")"
    );
}

#[test]
fn one_level_is_written_by_its_kind() {
    let schemes = [
        (1, Datum::Vector(ints(Type::Date, &[3, 1])), "VALUE, [1970.01.02,1970.01.04]"),
        (1, Datum::Vector(ints(Type::Int, &[2, 0, 1])), "VALUE, 0..2"),
        (1, Datum::Vector(ints(Type::Int, &[1, -1, 0])), "VALUE, [-1,0,1]"),
        (1, Datum::Vector(ints(Type::Minute, &[1, 2, 3])), "VALUE, [00:01m,00:02m,00:03m]"),
        (1, Datum::Vector(ints(Type::Month, &[23_988, 23_987, 23_989])), "VALUE, 1998.12M..1999.02M"),
        (1, Datum::Vector(texts(&["b", "a\"\\"])), "VALUE, [\"a\\\"\\\\\",\"b\"]"),
        (2, Datum::Vector(ints(Type::Int, &[0, 50, 100])), "RANGE, [0,50,100]"),
        (2, Datum::Vector(texts(&["A", "N", "ZZ"])), "RANGE, [\"A\",\"N\",\"ZZ\"]"),
    ];
    for (kind, scheme, expected) in schemes {
        let design = told(vec![("partitionType", int(kind)), ("partitionSchema", scheme)]).unwrap();
        let [kind, scheme] = expected.split_once(", ").map(<[&str; 2]>::from).unwrap();
        let call =
            format!("database(directory=\"dfs://db\", partitionType={kind}, partitionScheme={scheme})");
        assert_eq!(create_database(&design).asked(), format!("typestr({call})"));
    }
}

/// Old servers tell the type of a HASH level with tables only.
#[test]
fn a_hash_level_takes_its_type_from_a_table() {
    let database_alone = vec![("partitionType", int(5)), ("partitionSchema", int(10))];
    let error = told(database_alone.clone()).unwrap_err();
    assert!(error.message().contains("a HASH level whose type the server tells with tables only"), "{error}");
    let table = dict(vec![
        ("partitionColumnIndex", int(0)),
        ("partitionColumnName", Datum::text("k")),
        ("partitionColumnType", int(19)),
    ]);
    let mut answers = Answers(vec![
        ("exists", int(1)),
        ("getTables", Datum::Vector(texts(&["t"]))),
        ("schema(database", dict(database_alone)),
        ("schema(loadTable", table),
    ]);
    let design = database(&mut answers, "dfs://db").unwrap();
    assert!(create_database(&design).pretty().contains("partitionScheme=[UUID, 10]"));
    assert_eq!((design.engine.as_str(), design.atomic.as_str()), ("OLAP", "TRANS"));
}

/// Every answer that a 3.00 server gives about a table of the engine TSDB.
fn trades() -> Datum {
    let defs = [
        ("name", texts(&["day", "sym", "id", "price"])),
        ("typeString", texts(&["DATE", "SYMBOL", "LONG", "DECIMAL64"])),
        ("typeInt", ints(Type::Int, &[6, 17, 5, 38])),
        ("extra", ints(Type::Int, &[i32::MIN, i32::MIN, i32::MIN, 4])),
        ("comment", texts(&["", "the \"ticker\"", "", "in\ncents"])),
        ("sensitive", Column::fixed(Type::Bool, [0u8, 0, 1, 0])),
    ];
    let methods = [
        ("name", texts(&["day", "sym", "id", "price"])),
        ("compressMethods", texts(&["delta", "lz4", "delta", "chimp"])),
    ];
    let batch = |columns: Vec<(&str, Column)>| {
        Datum::Table(Batch {
            rows: 4,
            columns: columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect(),
        })
    };
    dict(vec![
        ("engineType", Datum::text("TSDB")),
        ("keepDuplicates", Datum::text("LAST")),
        ("sortColumns", Datum::Vector(texts(&["sym", "id", "day"]))),
        (
            "sortKeyMappingFunction",
            Datum::Vector(texts(&["def f(x){\n  return hashBucket(x, 10)\n}", "hashBucket{, 50}"])),
        ),
        ("softDelete", Datum::Scalar(Column::fixed(Type::Bool, [1u8]))),
        ("tableComment", Datum::text("all trades")),
        ("encryptMode", Datum::text("plaintext")),
        ("latestKeyCache", Datum::Scalar(Column::fixed(Type::Bool, [0u8]))),
        ("colDefs", batch(defs.to_vec())),
        ("compressMethods", batch(methods.to_vec())),
        ("partitionColumnIndex", int_vector(&[0, 2])),
        ("partitionColumnName", Datum::Vector(texts(&["day", "id"]))),
        ("partitionFunction", Datum::Vector(texts(&["asis", "bucket{, 6}"]))),
    ])
}

fn described(answer: Datum) -> Result<TableDesign> {
    table(&mut Answers(vec![("exists", int(1)), ("schema(", answer)]), &TableName::new("dfs://db", "t"))
}

#[test]
fn a_table_is_written_with_all_that_is_told() {
    let design = described(trades()).unwrap();
    let written = script(&Answers(Vec::new()), Release(3, 0, 3), None, vec![Ok(design)]).unwrap();
    let (head, rest) = written.split_once("\n\n").unwrap();
    assert!(head.starts_with("// As A tells, release 3.00.3; users and their rights"), "{head}");
    assert_eq!(
        rest,
        r#"// dfs://db/t is built without the mark of `id` as sensitive.
def f(x){
  return hashBucket(x, 10)
}
createPartitionedTable(dbHandle=database("dfs://db"),
    table=table(1:0, ["day","sym","id","price"], ["DATE","SYMBOL","LONG","DECIMAL64(4)"]),
    tableName="t",
    partitionColumns=["day","bucket(id, 6)"],
    compressMethods=dict(["day","id","price"], ["delta","delta","chimp"]),
    sortColumns=["sym","id","day"],
    keepDuplicates=LAST,
    sortKeyMappingFunction=[f, hashBucket{, 50}],
    softDelete=true)
setTableComment(loadTable("dfs://db","t"),
    "all trades")
setColumnComment(loadTable("dfs://db","t"),
    dict(["sym","price"], ["the \"ticker\"","in\ncents"]))
"#
    );
}

#[test]
fn a_release_gets_what_it_has_and_says_what_it_lacks() {
    let mut design = described(trades()).unwrap();
    let error = Fitted::table(&design, Release(2, 0, 16)).unwrap_err();
    assert_eq!(error.message(), "dfs://db/t cannot be built: 2.00.16 cannot partition by `bucket(id, 6)`");
    design.partitioned_by.pop();
    let notes = |release| Fitted::table(&design, release).unwrap().notes.join("; ");
    assert_eq!(notes(Release(3, 0, 1)), "dfs://db/t is built without the mark of `id` as sensitive");
    let old = Fitted::table(&design, Release(2, 0, 10)).unwrap();
    assert_eq!(
        old.notes[1..].join("; "),
        "dfs://db/t is built without softDelete, which 2.00.10 does not have; dfs://db/t is built without its \
         comment, which 2.00.10 does not keep; dfs://db/t is built without the compression chimp of `price`, \
         which 2.00.10 does not have"
    );
    let call = create_table(&old.design).asked();
    assert!(
        !call.contains("softDelete") && !call.contains("chimp") && call.contains("keepDuplicates=LAST"),
        "{call}"
    );
    assert!(
        call.starts_with("def f(x){\n  return hashBucket(x, 10)\n}\ntypestr(createPartitionedTable("),
        "{call}"
    );
    let error = Fitted::table(&design, Release(1, 30, 23)).unwrap_err();
    assert!(error.message().contains("engine TSDB, which 1.30.23 cannot"), "{error}");
    design.engine = "OLAP".into();
    let error = Fitted::table(&design, Release(1, 30, 23)).unwrap_err();
    assert!(
        error.message().ends_with("column `price` of type DECIMAL64(4), which 1.30.23 does not have"),
        "{error}"
    );
}

#[test]
fn what_would_hold_other_rows_is_not_built() {
    let plain = TableDesign {
        name: TableName::new("dfs://db", "t"),
        engine: "PKEY".into(),
        columns: vec![ColumnDesign {
            def: ColumnDef { name: "k".into(), ty: Type::Int },
            compression: "lz4".into(),
            comment: String::new(),
        }],
        partitioned_by: Vec::new(),
        sort_columns: Vec::new(),
        keep_duplicates: "ALL".into(),
        sort_key_mapping: Vec::new(),
        soft_delete: false,
        primary_key: Vec::new(),
        encryption: "plaintext".into(),
        comment: String::new(),
        beyond: Vec::new(),
    };
    let refused =
        |design: &TableDesign| Fitted::table(design, Release(3, 0, 4)).unwrap_err().message().to_owned();
    assert_eq!(refused(&plain), "dfs://db/t cannot be built: its server does not tell the primary key");
    let keyed = TableDesign { primary_key: vec!["k".into()], ..plain.clone() };
    let call = create_table(&Fitted::table(&keyed, Release(3, 0, 4)).unwrap().design).asked();
    assert!(
        call.contains("createTable(dbHandle") && call.ends_with("tableName=\"t\", primaryKey=[\"k\"]))"),
        "{call}"
    );
    let sealed = TableDesign { encryption: "aes_128_ctr".into(), ..keyed.clone() };
    assert!(refused(&sealed).contains("encrypted by aes_128_ctr"));
    let other = TableDesign { engine: "IOTDB".into(), ..keyed };
    assert!(refused(&other).contains("of the engine IOTDB, which 3.00.4 cannot be told to build"));
    let written = script(&Answers(Vec::new()), Release(3, 0, 4), None, vec![Ok(other)]).unwrap();
    assert!(written.ends_with("build; build it by hand, or leave it out.\n"), "{written}");
}

#[test]
fn what_cannot_be_repeated_is_named() {
    let error = told(vec![("partitionType", int(0)), ("partitionSchema", int(8))]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the partitioning of database dfs://db on A: no script can repeat a level of the partition type 0; \
         build it at the target by hand"
    );
    let level = LevelDesign { ty: Type::Int, split: Split::Hash(2) };
    let design = DatabaseDesign {
        path: "dfs://db".into(),
        levels: vec![level],
        engine: "OLAP".into(),
        atomic: "TRANS".into(),
        granularity: "DATABASE".into(),
        has_sites: true,
    };
    let written = script(&Answers(Vec::new()), Release(1, 30, 23), Some(&design), Vec::new()).unwrap();
    assert!(
        written.contains("\n// dfs://db was given places for its partitions, which are left out.\n"),
        "{written}"
    );
    assert!(
        written.contains("\n// the chunkGranularity of dfs://db needs a server with enable"),
        "{written}"
    );
    assert!(written.ends_with("chunkGranularity=\"DATABASE\")\n"), "{written}");
}
