//! Tables that change after they were made: columns, comments, what schema() tells of them, and how wide
//! rows must be.
mod common;

use common::Local;
use minnow::node::Switches;
use minnow::store::{DecimalScale, Trouble};

const TABLE: &str = "db = database('dfs://db', VALUE, 1 2 3)
    t = createPartitionedTable(db, table(1:0, `id`sym`price, [INT, SYMBOL, DOUBLE]), `t, `id)";

/// The manual's addColumn: rows of the old structure are taken until a partition has rows of the new
/// one; other handles see new columns when they are loaded again.
#[test]
fn columns_are_added_and_old_rows_have_nulls_in_them() {
    let mut a = Local::new(None);
    a.run(TABLE);
    a.run("t.append!(table(1 2 as id, `a`b as sym, 1.0 2.0 as price)); other = loadTable('dfs://db', `t)");
    a.run("addColumn(t, `qty`day, [INT, DATE]); t.append!(table([2] as id, [`c] as sym, [3.0] as price))");
    assert_eq!(a.run("exec isNull(qty) from t").to_string(), "[1,1,1]");
    assert_eq!(a.number("size(other.schema().colDefs)"), 3, "this handle was loaded before");
    a.run("t.append!(table([1] as id, [`d] as sym, [4.0] as price, [5] as qty, [2024.01.01] as day))");
    let narrow = "t.append!(table(ID as id, [`e] as sym, [5.0] as price))";
    assert_eq!(
        a.fails(&narrow.replace("ID", "[1]")),
        "The data to append contains fewer columns than the schema."
    );
    a.run(&narrow.replace("ID", "[3]"));
    a.reopen();
    assert_eq!(a.run("exec sum(qty) from loadTable('dfs://db', `t)").to_string(), "5");
    assert_eq!(a.number("exec count(*) from loadTable('dfs://db', `t)"), 5);
    a.run("m = table(1 2 as id); addColumn(m, 'x', DOUBLE)");
    assert_eq!(a.run("m.x").to_string(), "[,]");
    for (columns, why) in [("`qty, INT", "twice"), ("`v, INT[]", "TSDB"), ("`v`w, INT", "one data type")] {
        assert!(a.fails(&format!("addColumn(loadTable('dfs://db', `t), {columns})")).contains(why));
    }
}

/// What an old handle updates keeps the columns that it does not know.
#[test]
fn an_old_handle_changes_rows_without_losing_new_columns() {
    let mut a = Local::new(None);
    a.run(TABLE);
    a.run("old = loadTable('dfs://db', `t); addColumn(t, `qty, INT)");
    a.run("t.append!(table(1 1 as id, `a`b as sym, 1.0 2.0 as price, 7 8 as qty))");
    a.run("update old set price = 9.0 where sym = `a");
    assert_eq!(a.run("exec qty from loadTable('dfs://db', `t)").to_string(), "[7,8]");
    assert_eq!(a.run("exec price from loadTable('dfs://db', `t)").to_string(), "[9,2]");
}

/// The manual's insert_data: a distributed table takes rows without its last columns, a partition none
/// that are narrower than those it has; the partition columns must be there (S01015).
#[test]
fn narrower_rows_are_stored_with_nulls() {
    let mut a = Local::new(None);
    a.run(TABLE);
    assert_eq!(a.number("t.tableInsert(table([1] as id, [`A] as sym))"), 1);
    assert!(a.fails("t.tableInsert(table([1] as id))").contains("fewer columns"));
    assert_eq!(a.number("t.tableInsert(table([1] as id, [`A] as sym, [3.6] as price))"), 1);
    assert_eq!(a.number("t.tableInsert(table([2] as id))"), 1);
    assert_eq!(a.number("exec count(*) from t where isNull(price)"), 2);
    assert!(a.fails("t.tableInsert(table([1] as id, [`A] as s, [3.6] as p, [1] as x))").contains("S01015"));
    a.run(
        "w = createPartitionedTable(db, table(1:0, `sym`id, [SYMBOL, INT]), `w, `id)
         dropPartition(db, 1, `t); t.append!(table([1] as id))",
    );
    assert!(a.fails("w.append!(table([`A] as sym))").contains("S01015"));
}

#[test]
fn comments_are_kept_and_shown() {
    let mut a = Local::new(None);
    a.run(TABLE);
    a.run("setTableComment(t, 'my first'); setColumnComment(t, {id: 'key', Price: 'in cents', low: 'none'})");
    for _ in 0..2 {
        assert_eq!(a.run("schema(loadTable('dfs://db', `t))['tableComment']").as_str(), Some("my first"));
        let comments = "schema(loadTable('dfs://db', `t)).colDefs.comment";
        assert_eq!(a.run(comments).to_string(), "[\"key\",\"\",\"in cents\"]");
        a.run("setColumnComment(loadTable('dfs://db', `t), {sym: ''})");
        a.reopen();
    }
    let long = format!("setTableComment(loadTable('dfs://db', `t), '{}')", "x".repeat(4097));
    assert!(a.fails(&long).contains("4096"));
    let mut old = Local::with("2.00.16", Switches::default());
    old.run(TABLE);
    assert!(old.fails("setTableComment(t, 'x')").contains("setTableComment"), "it came with 3.00.1");
    old.run("setColumnComment(t, {id: 'key'})");
}

/// dolphindb-semantics §3.4: the keys, as far as the release has what they tell.
#[test]
fn schema_has_the_keys_of_engine_and_release() {
    const TABLE_KEYS: &str = "chunkGranularity chunkPath colDefs compressMethods partitionColumnIndex \
                              partitionColumnName partitionColumnType partitionSchema partitionSites \
                              partitionType partitionTypeName tableOwner";
    const TSDB_KEYS: &str = "keepDuplicates softDelete sortColumns sortKeyMappingFunction";
    for (release, engine, more) in [
        ("1.30.23", "OLAP", ""),
        ("2.00.16", "OLAP", "engineType"),
        ("2.00.16", "TSDB", "engineType"),
        ("3.00.1", "PKEY", "engineType tableComment"),
        ("3.00.3", "OLAP", "engineType tableComment encryptMode dbUrl tableName"),
        (
            "3.00.3",
            "TSDB",
            "engineType tableComment encryptMode dbUrl tableName latestKeyCache compressHashSortKey",
        ),
    ] {
        let mut a = Local::with(release, Switches::default());
        let options = match engine {
            "OLAP" => "",
            "TSDB" => ", sortColumns=`id, keepDuplicates=LAST",
            _ => ", primaryKey=`id",
        };
        let tsdb = if engine == "TSDB" { TSDB_KEYS } else { "" };
        a.run(&format!("db = database('dfs://db', VALUE, 1 2, engine='{engine}')"));
        a.run(&format!("t = createPartitionedTable(db, table(1:0, [`id], [INT]), `t, `id{options})"));
        let mut expected: Vec<&str> =
            [TABLE_KEYS, tsdb, more].iter().flat_map(|keys| keys.split_whitespace()).collect();
        expected.sort_unstable();
        let keys = a.run("sort(schema(t).keys())");
        let keys = keys.cells().unwrap();
        let keys: Vec<&str> = (0..keys.len()).filter_map(|row| keys.text(row)).collect();
        assert_eq!(keys, expected, "{release} {engine}");
        let extra = a.number("int(in(`extra, schema(t).colDefs.colNames()))");
        assert_eq!(extra == 1, release != "1.30.23");
    }
    let mut a = Local::new(None);
    a.run(TABLE);
    for (option, why) in [("encryptMode='sm4_128_cbc'", "encrypts nothing"), ("latestKeyCache=true", "IOTDB")]
    {
        let made = format!("createPartitionedTable(db, table(1:0, [`id], [INT]), `u, `id, {option})");
        assert!(a.fails(&made).contains(why));
    }
}

/// dolphindb-semantics §4.4, §12: what becomes of another scale is not documented.
#[test]
fn decimals_of_another_scale_are_rounded_or_cut_or_refused() {
    let append = "db = database('dfs://db', VALUE, 1 2, engine='TSDB')
        model = table(1:0, `id`d`v, [INT, DECIMAL32(2), DECIMAL64(1)[]])
        t = createPartitionedTable(db, model, `t, `id, sortColumns=`id)
        v = array(DECIMAL64(3)[], 0).append!([decimal64([1.25, -1.19], 3)])
        t.append!(table([1] as id, decimal64([-2.675], 3) as d, v as v)); t";
    for (how, expected) in [
        (DecimalScale::Round, Some("-2.68 1.3 -1.2")),
        (DecimalScale::Truncate, Some("-2.67 1.2 -1.1")),
        (DecimalScale::Refuse, None),
    ] {
        let mut a = Local::with("3.00.3", Switches { decimal_scale: how, ..Switches::default() });
        match expected {
            Some(expected) => {
                a.run(append);
                let shown = a.run(
                    "v = (exec v from t)[0]; string((exec d from t)[0]) + ' ' + string(v[0]) + ' ' + string(v[1])",
                );
                assert_eq!(shown.as_str(), Some(expected));
            }
            None => assert!(a.fails(append).contains("S05004")),
        }
    }
}

#[test]
fn a_node_tells_its_configuration() {
    let mut a = Local::with("3.00.3", Switches { enable_shell_function: true, ..Switches::default() });
    assert_eq!(a.run("getConfig(`newValuePartitionPolicy)").as_str(), Some("skip"));
    assert_eq!(a.run("getConfig()[`enableShellFunction]").as_str(), Some("true"));
    assert_eq!(a.number("int(isNull(getConfig(`noSuchParameter)))"), 1);
}

/// Whatever a full disk stops leaves nothing behind, and goes well once there is room.
#[test]
fn a_full_disk_leaves_descriptions_as_they_were() {
    const STATE: &str = "(getClusterDFSDatabases(), getClusterDFSTables(), getScheduledJobs().jobId,
                         schema(loadTable('dfs://db', `u)).colDefs.name,
                         schema(loadTable('dfs://db', `u)).tableComment,
                         schema(database('dfs://db')).partitionSchema)";
    let mut a = Local::new(None);
    a.run(TABLE);
    a.run("createPartitionedTable(db, table(1:0, [`id], [INT]), `u, `id)");
    for change in [
        "database('dfs://more', VALUE, 1 2)",
        "createPartitionedTable(database('dfs://db'), table(1:0, [`id], [INT]), `v, `id)",
        "addColumn(loadTable('dfs://db', `u), `x, INT)",
        "setTableComment(loadTable('dfs://db', `u), 'x')",
        "addValuePartitions(database('dfs://db'), 4)",
        "scheduleJob(`j, '', def () : 1, 22:30m, 2024.01.01, 2034.12.31, 'D')",
    ] {
        let before = a.run(STATE).to_string();
        let mut refused = 0;
        for bytes in (0..).step_by(9) {
            a.session.node.store.disk().fail_after(bytes, Trouble::Full);
            let Err(error) = a.session.run(change) else { break };
            assert!(error.text.contains("No space left"), "{change}: {error}");
            a.reopen();
            assert_eq!(a.run(STATE).to_string(), before, "{change}");
            refused += 1;
        }
        a.reopen();
        assert!(refused > 2, "{change}");
    }
    assert_eq!(a.number("size(getClusterDFSTables())"), 3);
}
