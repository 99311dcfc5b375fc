//! Backups as scripts take them and put them back.
use std::path::Path;

use crate::node::{Node, Site};
use crate::script::Session;
use crate::value::Value;

/// Three days of two rows each in `dfs://db`, `t`.
const ROWS: &str = "
    db = database('dfs://db', VALUE, 2024.01.01..2024.01.05)
    createPartitionedTable(db, table(1:0, `d`x, [DATE, INT]), `t, `d)
    t = loadTable('dfs://db', `t)
    t.append!(table(take(2024.01.01..2024.01.03, 6) as d, 1..6 as x))";

fn session(home: &Path) -> Session {
    let site = Site { host: "127.0.0.1".into(), port: 0, alias: "A".into() };
    let mut session = Session::new(Node::open(home, &site, "3.00.3").unwrap());
    session.user = "admin".into();
    session.set("dir", Value::string(&home.join("backups").to_string_lossy()));
    session.run(ROWS).unwrap();
    session
}

fn number(session: &mut Session, source: &str) -> i64 {
    let value = session.run(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    value.as_i64().unwrap_or_else(|| panic!("{source} gave {value}"))
}

fn fails(session: &mut Session, source: &str) -> String {
    session.run(source).err().unwrap_or_else(|| panic!("{source} must fail")).text
}

#[test]
fn a_second_sql_backup_writes_only_what_has_changed() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    assert_eq!(number(session, "backup(dir, <select * from t>)"), 3);
    assert_eq!(number(session, "backup(dir, <select * from t>)"), 0);
    assert_eq!(
        number(
            session,
            "t.append!(table(2024.01.02 2024.01.04 as d, 7 8 as x)); backup(dir, <select * from t>)"
        ),
        2
    );
    assert_eq!(number(session, "backup(dir, <select * from t>, true)"), 4);
    assert_eq!(number(session, "exec sum(rows) from getBackupList(dir, 'dfs://db', `t)"), 8);
    assert_eq!(number(session, "getBackupMeta(dir, 'dfs://db', '/20240102', `t)[`rows]"), 3);
    assert_eq!(number(session, "exec sum(x) from loadBackup(dir, 'dfs://db', '/20240102', `t)"), 14);
}

#[test]
fn an_sql_restore_appends_so_twice_doubles() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    session.run("backup(dir, <select * from t where x > 3>); truncate('dfs://db', `t)").unwrap();
    let restore = "size(restore(dir, 'dfs://db', `t, '%', true, loadTable('dfs://db', `t)))";
    assert_eq!(number(session, restore), 3);
    assert_eq!(number(session, "exec count(*) from t"), 3);
    assert_eq!(number(session, restore), 3);
    assert_eq!(number(session, "exec count(*) from t"), 6);
    assert_eq!(number(session, "size(restore(dir, 'dfs://db', `t, '%20240102', true))"), 1);
    assert!(fails(session, "restore(dir, 'dfs://db', `t, '%', true, , false, true)").contains("snapshot"));
    assert!(fails(session, "restore(dir, 'dfs://other', `t, '%')").contains("no backup"));
}

#[test]
fn selected_columns_fit_only_a_table_of_that_structure() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    session.run("backup(dir, <select d from t>)").unwrap();
    assert!(fails(session, "restore(dir, 'dfs://db', `t, '%', true)").contains("S01015"));
    let narrow = "narrow = createPartitionedTable(db, table(1:0, [`d], [DATE]), `narrow, `d)
                  restore(dir, 'dfs://db', `t, '%', true, narrow); exec count(*) from narrow";
    assert_eq!(number(session, narrow), 6);
}

#[test]
fn a_copy_restores_idempotently_and_into_new_tables() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    assert_eq!(number(session, "backupTable(dir, 'dfs://db', `t)"), 3);
    session.run("t.append!(table(2024.01.01 2024.01.05 as d, 0 0 as x))").unwrap();
    session.run("restoreTable(dir, 'dfs://db', `t); restoreTable(dir, 'dfs://db', `t)").unwrap();
    assert_eq!(number(session, "exec count(*) from t"), 7, "the fifth day is not in the backup and stays");
    session.run("restore(dir, 'dfs://db', `t, '%', true, snapshot=true)").unwrap();
    assert_eq!(number(session, "exec count(*) from t"), 6, "a mirror removes it");
    session.run("restoreTable(dir, 'dfs://db', `t, 'dfs://new', `u)").unwrap();
    assert_eq!(number(session, "exec sum(x) from loadTable('dfs://new', `u)"), 21);
    assert_eq!(number(session, "int(migrate(dir, 'dfs://db', `t, 'dfs://new', `v).success[0])"), 1);
    assert_eq!(number(session, "int(migrate(dir, 'dfs://db', `t, 'dfs://new', `v).success[0])"), 0);
}

#[test]
fn the_two_modes_share_no_directory_s01022() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    session.run("backup(dir, <select * from t>)").unwrap();
    assert!(fails(session, "backupTable(dir, 'dfs://db', `t)").contains("S01022"));
    assert!(fails(session, "restoreTable(dir, 'dfs://db', `t)").contains("SQL backup"));
    session.user = "guest".into();
    assert!(fails(session, "backup(dir, <select * from t>)").contains("<NotAuthenticated>"));
}

#[test]
fn a_damaged_backup_is_named_and_not_repaired_without_force() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    session.run("backup(dir, <select * from t>)").unwrap();
    let id = session.run("getBackupList(dir, 'dfs://db', `t).chunkID[0]").unwrap();
    let file = home.path().join("backups/db/t").join(id.as_str().unwrap());
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let damaged = "size(checkBackup(dir, 'dfs://db'))";
    assert_eq!(number(session, damaged), 1);
    assert_eq!(number(session, "backup(dir, <select * from t>)"), 0);
    assert_eq!(number(session, damaged), 1);
    session.run("backup(dir, <select * from t>, true)").unwrap();
    assert_eq!(number(session, damaged), 0);
}

/// dolphindb-semantics §1.5, §1.6, §1.9: partitions by path or by key, which must exist; what is
/// gone is forgotten by backups of whole tables only.
#[test]
fn chosen_partitions_are_copied() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    let backup = |partition: &str| format!("backup(dir, 'dfs://db', tableName=`t, partition={partition})");
    assert_eq!(number(session, &backup("'/20240102'")), 1);
    assert_eq!(number(session, &backup("['/20240101', '/20240102']")), 1);
    assert_eq!(number(session, &backup("2024.01.03")), 1);
    for missing in ["'/20240105'", "['/20240101', '/2024']", "2024.01.05"] {
        assert!(fails(session, &backup(missing)).contains("S01020"), "{missing}");
    }
    session.run("dropPartition(db, 2024.01.01, `t)").unwrap();
    assert_eq!(number(session, &backup("2024.01.02")), 0);
    assert_eq!(number(session, "size(getBackupList(dir, 'dfs://db', `t))"), 3);
    session.run("backupTable(dir, 'dfs://db', `t)").unwrap();
    assert_eq!(number(session, "size(getBackupList(dir, 'dfs://db', `t))"), 2);
}

/// dolphindb-semantics §1.2: one row per table, kept until the node stops.
#[test]
fn the_status_of_backups_is_kept_per_table() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    session.run("backup(dir, <select * from t>); restore(dir, 'dfs://db', `t, '%2024010_', true)").unwrap();
    session.run("other = dir + '/copy'; backupTable(other, 'dfs://db', `t)").unwrap();
    session.run("restoreTable(other, 'dfs://db', `t, 'dfs://new')").unwrap();
    let kinds = session.run("exec type from getBackupStatus()").unwrap().to_string();
    let expected = r#"["BACKUP_BY_SQL","RESTORE_BY_SQL","BACKUP_BY_COPY_FILE","RESTORE_BY_COPY_FILE"]"#;
    assert_eq!(kinds, expected);
    assert_eq!(
        session.run("exec completedPartitions from getBackupStatus()").unwrap().to_string(),
        "[3,0,3,3]"
    );
    assert_eq!(number(session, "sum(exec completed from getBackupStatus(`admin))"), 4);
    session.run("createUser(`carol, 'Pa55word')").unwrap();
    session.user = "carol".into();
    assert_eq!(number(session, "size(getBackupStatus())"), 0);
}

/// A copy that waits at its first file, until somebody reads from there.
#[test]
fn a_copy_keeps_writers_out_and_lets_readers_in() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    session.run("backupTable(dir, 'dfs://db', `t); t.append!(table([2024.01.01] as d, [7] as x))").unwrap();
    let chunk = session.run("exec first(chunkID) from getBackupList(dir, 'dfs://db', `t)").unwrap();
    let pipe = home.path().join("backups/db/t").join(chunk.as_str().unwrap()).join("volume.new");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut other = Session::new(session.node.clone());
    other.user = "admin".into();
    other.set("dir", session.get("dir").unwrap());
    let started = number(session, "size(getBackupStatus())");
    let copying = std::thread::spawn(move || other.run("backupTable(dir, 'dfs://db', `t)").map(drop));
    while number(session, "size(getBackupStatus())") == started {
        std::thread::yield_now();
    }
    for day in ["2024.01.01", "2024.01.05"] {
        let write = format!("t.append!(table([{day}] as d, [8] as x))");
        assert!(fails(session, &write).contains("S00002"), "{day}");
    }
    assert_eq!(number(session, "exec count(*) from t"), 7);
    // Nobody can seek in a pipe, so the copy fails, and the table is free again.
    drop(std::fs::File::open(&pipe).unwrap());
    copying.join().unwrap().unwrap_err();
    session.run("t.append!(table([2024.01.05] as d, [8] as x))").unwrap();
}

/// The engine and the scheme must be the same; of VALUE levels the elements must be there.
#[test]
fn a_backup_fits_only_tables_of_its_engine_and_scheme() {
    let home = tempfile::tempdir().unwrap();
    let session = &mut session(home.path());
    session.run("backupTable(dir, 'dfs://db', `t); backup(dir + '2', <select * from t>)").unwrap();
    for (scheme, copied, by_sql) in [
        ("VALUE, 2024.01.01..2024.01.09", true, true),
        ("VALUE, 2024.01.01..2024.01.03", false, true),
        ("RANGE, 2024.01.01 2024.02.01", false, false),
        ("VALUE, 2024.01.01..2024.01.09, , 'TSDB'", false, false),
    ] {
        let sort = if scheme.contains("TSDB") { ", sortColumns=`x" } else { "" };
        let table = format!(
            "if (existsDatabase('dfs://o')) dropDatabase('dfs://o')
             o = createPartitionedTable(database('dfs://o', {scheme}), table(1:0, `d`x, [DATE, INT]), `t, `d{sort})"
        );
        session.run(&table).unwrap();
        let copy = session.run("restore(dir, 'dfs://db', `t, '%', true, o)");
        assert_eq!(copy.is_ok(), copied, "{scheme}");
        let sql = session.run("restore(dir + '2', 'dfs://db', `t, '%', true, o)");
        assert_eq!(sql.is_ok(), by_sql, "{scheme}");
    }
}
