//! Tables that are called otherwise at the target, and columns that stay behind.
use super::*;
use crate::model::{TableName, TableSchema};

const FAR: [&str; 5] = ["late", "note", "carrier", "day", "far"];

fn far() -> TableName {
    TableName::new("dfs://far", "flown")
}

/// The flights under other names and in another order, with a column that the source does not have.
fn empty_there(days: i32) -> FakeTable {
    let mut schema = flights_table(days).schema;
    let there = [("date", "day"), ("delay", "late"), ("distance", "far"), ("carrier", "carrier")];
    let name = |name: &mut String| *name = there.iter().find(|(own, _)| own == name).unwrap().1.to_owned();
    schema.columns.iter_mut().for_each(|column| name(&mut column.name));
    schema.levels.iter_mut().for_each(|level| name(&mut level.column));
    schema.columns.push(def("note", Type::String));
    let columns = FAR.iter().map(|name| schema.column(name).unwrap().clone()).collect();
    FakeTable::new(TableSchema { columns, ..schema })
}

fn renamed(columns: &[&str], more: Vec<(&str, Datum)>) -> Datum {
    let names = [("date", "day"), ("delay", "late"), ("distance", "far")];
    let names = names.into_iter().filter(|(own, _)| columns.contains(own));
    let names = dict(names.map(|(own, other)| (own, text(other))).collect());
    let rename = dict(vec![("dbPath", text("dfs://far")), ("tableName", text("flown")), ("columns", names)]);
    let columns = Datum::Vector(Column::text(Type::String, columns));
    dict([vec![("rename", rename), ("columns", columns)], more].concat())
}

const ALL: [&str; 4] = ["date", "carrier", "delay", "distance"];

fn pair() -> (FakeHost, FakeNode) {
    (FakeHost::new(FakeNode::with(&flights(), flights_table(3))), FakeNode::with(&far(), empty_there(3)))
}

/// As [`pair`], without the column that only the target has.
fn plain_pair() -> (FakeHost, FakeNode) {
    let (host, target) = pair();
    let mut there = empty_there(3);
    there.schema.columns.retain(|column| column.name != "note");
    target.lock().tables.insert(("dfs://far".into(), "flown".into()), there);
    (host, target)
}

/// Lets `change` loose on the source's rows.
fn at_the_source(host: &FakeHost, change: impl FnOnce(&mut Vec<Row>)) {
    change(&mut host.node.lock().tables.values_mut().next().unwrap().rows);
}

fn arrived(target: &FakeNode) -> Vec<Row> {
    target.sorted_rows(&far(), &["day", "carrier", "late", "far"])
}

#[test]
fn rows_arrive_under_other_names_and_only_once() {
    let (mut host, target) = pair();
    let result = table_of(synced_with(&mut host, &target, Some("flights"), renamed(&ALL, vec![])));
    assert_eq!(numbers(&result, "rows"), [12]);
    assert_eq!(arrived(&target), host.node.sorted_rows(&flights(), &ALL));
    assert!(target.sorted_rows(&far(), &["note"]).iter().all(|row| row[0].is_empty()));
    assert!(host.printed.iter().any(|line| line.contains("`note` get no values")), "{:?}", host.printed);
    assert!(target.lock().log.iter().all(|line| !line.contains("dfs://flights")), "asked by a wrong name");
    let again = table_of(synced_with(&mut host, &target, Some("flights"), renamed(&ALL, vec![])));
    assert_eq!((numbers(&again, "copied"), numbers(&again, "skipped")), (vec![0], vec![6]));
}

#[test]
fn a_subset_is_compared_as_a_subset_and_adds_once() {
    let (mut host, target) = pair();
    let options = || renamed(&["date", "carrier", "delay"], vec![("mode", text("append"))]);
    let target = target.failing(2, Fault::DieAfter);
    synced_with(&mut host, &target, Some("flights"), with(options(), "retries", int(0))).unwrap_err();
    target.lock().faults.clear();
    synced_with(&mut host, &target, Some("flights"), options()).unwrap();
    let short = ["day", "carrier", "late"];
    assert_eq!(target.sorted_rows(&far(), &short), host.node.sorted_rows(&flights(), &ALL[..3]));
    let nulls = target.sorted_rows(&far(), &["far"]);
    assert!(nulls.iter().all(|row| row[0] == Type::Double.null()), "what stays behind is NULL");
}

fn with(options: Datum, name: &str, value: Datum) -> Datum {
    let Datum::Dict(mut items) = options else { panic!("no options") };
    items.push((name.into(), value));
    Datum::Dict(items)
}

#[test]
fn filters_and_windows_speak_the_names_of_the_source() {
    let (mut host, target) = pair();
    let options = || renamed(&ALL, vec![]);
    let window = vec![("column", text("date")), ("mode", text("replace"))];
    host.now = 15_708 * 86_400_000;
    synced_where(&mut host, &target, Some("flights"), "delay = 100", options()).unwrap();
    assert_eq!(arrived(&target).len(), 3);
    let error = synced_with(&mut host, &target, Some("flights"), renamed(&ALL, window)).unwrap_err();
    assert!(error.message().contains("the mode `replace` would empty the target's `note`"), "{error}");
    assert_eq!(arrived(&target).len(), 3);
}

#[test]
fn replace_and_mirror_touch_what_is_called_so_there() {
    let (mut host, target) = plain_pair();
    let bystander = flights_table(3);
    target.lock().tables.insert(("dfs://flights".into(), "flights".into()), bystander.clone());
    let mirror = || vec![("mode", text("replace")), ("mirror", int(1)), ("maxDelete", int(100))];
    synced_with(&mut host, &target, Some("flights"), renamed(&ALL, mirror())).unwrap();
    at_the_source(&host, |rows| rows.retain(|row| row[1] == b"A" && row[2] != [100, 0, 0, 0]));
    let result = table_of(synced_with(&mut host, &target, Some("flights"), renamed(&ALL, mirror())));
    assert_eq!((numbers(&result, "copied"), numbers(&result, "removed")), (vec![3], vec![3]));
    assert_eq!(arrived(&target), host.node.sorted_rows(&flights(), &ALL));
    assert_eq!(target.lock().tables[&("dfs://flights".into(), "flights".into())].rows, bystander.rows);
}

#[test]
fn keys_of_an_upsert_are_found_there() {
    let (mut host, target) = plain_pair();
    at_the_source(&host, |rows| rows.dedup_by_key(|row| (row[0].clone(), row[1].clone())));
    let options = || renamed(&ALL, vec![("mode", text("upsert")), ("keyColumns", text("carrier"))]);
    synced_with(&mut host, &target, Some("flights"), options()).unwrap();
    at_the_source(&host, |rows| rows.iter_mut().for_each(|row| row[2][0] ^= 7));
    synced_with(&mut host, &target, Some("flights"), options()).unwrap();
    assert_eq!(arrived(&target), host.node.sorted_rows(&flights(), &ALL));
}

#[test]
fn what_cannot_be_called_so_is_named() {
    let rename = |pairs: Vec<(&str, Datum)>| dict(vec![("rename", dict(vec![("columns", dict(pairs))]))]);
    let some = |names: &[&str]| dict(vec![("columns", Datum::Vector(Column::text(Type::String, names)))]);
    for (expected, filter, options) in [
        ("there is no column `dely`, the nearest is `delay`", "", rename(vec![("dely", text("x"))])),
        (
            "there is no column `distanc`, the nearest is `distance`",
            "",
            some(&["date", "carrier", "distanc"]),
        ),
        (
            "the columns `delay` and `distance` would both be `x` at the target",
            "",
            rename(vec![("delay", text("x")), ("distance", text("x"))]),
        ),
        (
            "the columns `delay` and `distance` would both be `delay`",
            "",
            rename(vec![("distance", text("delay"))]),
        ),
        ("`columns` lacks `carrier`, which partitions the table", "", some(&["date", "delay"])),
        ("`columns` lacks `delay`, which is in the filter", "delay = 3", some(&["date", "carrier"])),
        ("the option `columns` names `date` twice", "", some(&["date", "date"])),
        (
            "`columns` in `rename` must be a dictionary",
            "",
            dict(vec![("rename", dict(vec![("columns", text("a"))]))]),
        ),
        (
            "has no member `tabelName`, the nearest is `tableName`",
            "",
            dict(vec![("rename", dict(vec![("tabelName", text("a"))]))]),
        ),
        (
            "`dbPath` in `rename` is not the path",
            "",
            dict(vec![("rename", dict(vec![("dbPath", text("/a"))]))]),
        ),
    ] {
        let (mut host, target) = two_tables();
        let error = synced_where(&mut host, &target, Some("flights"), filter, options).unwrap_err();
        assert!(error.message().contains(expected), "{error}");
        assert_eq!(target.appends(), 0);
    }
    let (mut host, target) = two_tables();
    let error = synced_with(&mut host, &target, None, some(&["date"])).unwrap_err();
    assert!(error.message().contains("needs `tableName`"), "{error}");
    let upsert = with(with(some(&["date", "carrier"]), "mode", text("upsert")), "keyColumns", text("delay"));
    let error = synced_with(&mut host, &target, Some("flights"), upsert).unwrap_err();
    assert!(error.message().contains("`columns` lacks `delay`, which is in `keyColumns`"), "{error}");
}
