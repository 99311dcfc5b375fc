//! Schemas as servers give them.
use super::*;

struct Answers(Vec<(&'static str, Datum)>);

impl Cluster for Answers {
    fn label(&self) -> &str {
        "this node"
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        let answer = self.0.iter().find(|(start, _)| script.starts_with(start));
        answer.map(|(_, answer)| answer.clone()).ok_or_else(|| Error::new(Kind::Server, script))
    }

    fn append(&mut self, _: &TableName, _: &Batch) -> Result<u64> {
        unreachable!("describing writes nothing")
    }
}

fn bool(value: bool) -> Datum {
    Datum::Scalar(Column::fixed(Type::Bool, [u8::from(value)]))
}

fn int_column(values: &[i32]) -> Column {
    Column::fixed(Type::Int, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

fn int(value: i32) -> Datum {
    Datum::Scalar(int_column(&[value]))
}

fn names(values: &[&str]) -> Column {
    Column::text(Type::String, values)
}

fn described(types: &[i32], partitioning: Vec<(&str, Datum)>) -> Result<TableSchema> {
    let all = ["date", "carrier", "tail"];
    let defs = Batch {
        rows: types.len(),
        columns: vec![
            ("name".into(), names(&all[..types.len()])),
            ("typeString".into(), names(&["DATE", "SYMBOL", "IOTANY"][..types.len()])),
            ("typeInt".into(), int_column(types)),
            ("extra".into(), int_column(&[i32::MIN, 4, i32::MIN][..types.len()])),
        ],
    };
    let mut members = vec![("colDefs".to_owned(), Datum::Table(defs))];
    members.extend(partitioning.into_iter().map(|(key, value)| (key.to_owned(), value)));
    let mut answers = Answers(vec![
        ("exists", bool(true)),
        ("schema(loadTable(\"dfs://db\",\"t\"))", Datum::Dict(members)),
    ]);
    describe(&mut answers, &TableName::new("dfs://db", "t"))
}

#[test]
fn a_missing_database_or_table_is_one_sentence() {
    let table = TableName::new("dfs://db", "t");
    let mut none = Answers(vec![("existsDatabase(\"dfs://db\")", bool(false))]);
    let error = describe(&mut none, &table).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.message(), "there is no database dfs://db on this node");
    let mut empty =
        Answers(vec![("existsDatabase", bool(true)), ("existsTable(\"dfs://db\",\"t\")", bool(false))]);
    let error = describe(&mut empty, &table).unwrap_err();
    assert_eq!(error.message(), "there is no table `t` in database dfs://db on this node");
    assert_eq!(tables(&mut none, "dfs://db").unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn one_level_gives_scalars() {
    let schema = described(
        &[6, 17],
        vec![
            ("partitionColumnIndex", int(0)),
            ("partitionColumnName", Datum::text("date")),
            ("partitionType", int(1)),
            ("partitionColumnType", int(6)),
            ("partitionSchema", Datum::Vector(int_column(&[1, 2]))),
        ],
    )
    .unwrap();
    assert_eq!(schema.columns[1], ColumnDef { name: "carrier".into(), ty: Type::Symbol });
    assert_eq!((schema.levels.len(), schema.levels[0].ty), (1, Type::Date));
    assert!(matches!(&schema.levels[0].scheme, Scheme::Value(values) if values.rows == 2));
}

#[test]
fn several_levels_give_vectors_and_a_tuple() {
    let ranges = Datum::Vector(int_column(&[0, 5, 9]));
    let both = |first, second| Datum::Vector(int_column(&[first, second]));
    let partitioning = |schemes, kinds| {
        vec![
            ("partitionColumnIndex", both(0, 1)),
            ("partitionColumnName", Datum::Vector(names(&["date", "carrier"]))),
            ("partitionType", kinds),
            ("partitionColumnType", both(6, 17)),
            ("partitionSchema", schemes),
        ]
    };
    let mixed = Datum::Tuple(vec![ranges, int(4)]);
    let schema = described(&[6, 17], partitioning(mixed, both(2, 5))).unwrap();
    assert!(matches!(&schema.levels[0].scheme, Scheme::Range(bounds) if bounds.rows == 3));
    assert!(matches!(schema.levels[1].scheme, Scheme::Hash(4)));
    let schema = described(&[6, 17], partitioning(both(20, 4), both(5, 5))).unwrap();
    assert!(matches!(schema.levels[0].scheme, Scheme::Hash(20)));
    let list = |items| Datum::Tuple(vec![Datum::Tuple(items), int(4)]);
    let schema = described(&[6, 17], partitioning(list(vec![int(1), both(2, 3)]), both(3, 5))).unwrap();
    assert!(matches!(&schema.levels[0].scheme, Scheme::List(lists) if lists[1].rows == 2));
    let error = described(&[6, 17], partitioning(list(Vec::new()), both(4, 5))).unwrap_err();
    assert!(error.message().contains("partitioned by `date`"), "{error}");
}

#[test]
fn a_dimension_table_has_no_levels() {
    let schema = described(&[6], vec![("partitionColumnIndex", int(-1))]).unwrap();
    assert!(schema.levels.is_empty());
}

#[test]
fn a_decimal_has_its_scale_or_cannot_be_copied() {
    let types = |ids: &[i32]| {
        let schema = described(ids, vec![("partitionColumnIndex", int(-1))])?;
        Ok(schema.columns.iter().map(|column| column.ty).collect::<Vec<_>>())
    };
    let decimals: Result<_> = types(&[68, 64 + 38]);
    let array = |ty: Type| ty.array().unwrap();
    assert_eq!(decimals.unwrap(), [array(Type::Int), array(Type::Decimal64(4))]);
    let unscaled: Result<_> = types(&[38]);
    assert_eq!(unscaled.unwrap_err().kind(), Kind::Schema);
}

#[test]
fn a_type_that_cannot_be_copied_is_named_with_its_column() {
    let error = described(&[6, 17, 41], vec![("partitionColumnIndex", int(-1))]).unwrap_err();
    assert_eq!(error.kind(), Kind::Schema);
    assert!(error.message().ends_with("this version cannot copy the type of `tail` IOTANY"), "{error}");
    assert!(error.to_string().contains("; leave this table out"), "{error}");
}
