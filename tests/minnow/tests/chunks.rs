//! Partitions and their chunks: lists, who shares a chunk, what a transaction covers, what metadata
//! tell.
mod common;

use common::Local;
use minnow::node::{Node, Switches};
use minnow::store::Selection;

fn with_table(database: &str, columns: &str, by: &str) -> Local {
    let mut a = Local::new(None);
    let switches = Switches { enable_chunk_granularity_config: true, ..Switches::default() };
    a.session.node =
        Node::open_with(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3", switches).unwrap();
    a.run(&format!(
        "db = database('dfs://db', {database})
         t = createPartitionedTable(db, table(1:0, {columns}), `t, `{by})"
    ));
    a
}

/// dolphindb-semantics §3.1, §5.3: a LIST partition holds the elements of a list, is named by its
/// index, and cannot grow.
#[test]
fn lists_hold_their_elements_and_cannot_grow() {
    let mut a = with_table("LIST, [`a`b, `c, `d`e]", "`k`x, [SYMBOL, INT]", "k");
    assert_eq!(a.number("t.tableInsert(table(`a`b`c`z as k, 1 2 3 4 as x))"), 3, "z is in no list");
    assert_eq!(a.run("exec x from t where partition(k, 0)").to_string(), "[1,2]");
    assert_eq!(a.run("exec x from t where k in `b`c").to_string(), "[2,3]");
    assert_eq!(a.run("schema(db).partitionTypeName").as_str(), Some("LIST"));
    assert_eq!(a.number("schema(t).partitionType"), 3);
    assert_eq!(a.run("schema(t).partitionSchema[1]").to_string(), "[\"c\"]");
    assert_eq!(a.number("size(sqlDS(<select * from t>))"), 2);
    a.run("dropPartition(db, `b, `t)");
    assert_eq!(a.run("exec x from t").to_string(), "[3]");
    assert!(a.fails("addValuePartitions(db, `z)").contains("level"));
    assert!(a.fails("database('', LIST, [`a`b, `b`c])").contains("distinct"));
    a.session.node = Node::open(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3").unwrap();
    assert_eq!(a.run("exec x from loadTable('dfs://db', `t) where k = `c").to_string(), "[3]");
}

/// dolphindb-semantics §1.6, §4.1: every form in which partitions are named.
#[test]
fn partitions_are_dropped_by_paths_and_by_values() {
    let compo = "COMPO, [database('', RANGE, 0 10 20 30), database('', HASH, [INT, 3])]";
    let mut a = with_table(compo, "`r`h, [INT, INT]", "r`h");
    let fill = "truncate('dfs://db', `t); t.append!(table(take(0 10 20, 9) as r, 0 0 0 1 1 1 2 2 2 as h))";
    for (what, left) in [
        ("'/0_10'", 6),
        ("'/0_10/Key1'", 8),
        ("['/0_10/Key1', '/20_30/Key0']", 7),
        ("5", 6),
        ("5 25", 3),
        ("[5, [1, 2]]", 7),
    ] {
        a.run(fill);
        a.run(&format!("dropPartition(db, {what}, `t)"));
        assert_eq!(a.number("exec count(*) from t"), left, "{what}");
    }
    assert!(a.fails("dropPartition(db, '/0_11', `t)").contains("S01056"));
    assert!(a.fails("dropPartition(db, '/0_10')").contains("tableName"));
}

/// dolphindb-semantics §3.1: growth returns what is new; a range goes on where the last one ended.
#[test]
fn ranges_grow_at_their_end_only() {
    let mut a = with_table("RANGE, 0 10", "`k`x, [INT, INT]", "k");
    assert_eq!(a.number("addRangePartitions(db, 10 20 30)"), 2);
    for wrong in ["20 40", "30 40 35", "30"] {
        let outcome = a.session.run(&format!("addRangePartitions(db, {wrong})"));
        assert!(outcome.map_or(true, |new| new.as_i64() == Some(0)), "{wrong}");
    }
    let insert = "loadTable('dfs://db', `t).tableInsert(table([29] as k, [1] as x))";
    assert_eq!(a.number(insert), 1);
    assert_eq!(a.number("size(schema(database('dfs://db')).partitionSchema)"), 4);
}

const TWO: &str = "
    u = createPartitionedTable(db, table(1:0, `k`x, [INT, INT]), `u, `k)
    t.append!(table(1 2 as k, 1 2 as x)); u.append!(table([1] as k, [3] as x))";

/// dolphindb-semantics §2.2, §4.2: with chunkGranularity DATABASE the tables of a partition are one
/// chunk, so its version moves with any of them, two writers collide, and a drop without a table
/// takes all.
#[test]
fn tables_share_chunks_where_the_granularity_is_the_database() {
    let mut a = with_table("VALUE, 1 2, , 'OLAP', 'TRANS', 'DATABASE'", "`k`x, [INT, INT]", "k");
    a.run(TWO);
    let list = "exec file from getClusterChunksStatus() where size = 0";
    assert_eq!(a.run(list).to_string(), "[\"/db/1\",\"/db/2\"]");
    assert_eq!(a.number("exec first(version) from getClusterChunksStatus() where file = '/db/1'"), 2);
    assert_eq!(a.number("exec count(*) from getTabletsMeta() where dfsPath = '/db/1'"), 2);
    assert_eq!(a.run("schema(db).chunkGranularity").as_str(), Some("DATABASE"));
    let table = a.session.node.store.table("dfs://db", "t").unwrap();
    table
        .locked(|| {
            let refused = a.fails("u.append!(table([1] as k, [4] as x))");
            assert!(refused.starts_with("<ChunkInTransaction>") && refused.contains("'/db/1'"), "{refused}");
            Ok(())
        })
        .unwrap();
    let dir = a.home().join("backup").display().to_string();
    assert!(a.fails(&format!("backupTable('{dir}', 'dfs://db', `t)")).contains("S01021"));
    assert_eq!(a.number(&format!("backup('{dir}', <select * from t>)")), 2);
    a.run("dropPartition(db, '/1')");
    assert_eq!(a.number("exec count(*) from u"), 0);
    assert_eq!(a.number("exec count(*) from t"), 1);
    let restored = a.run(&format!("restore('{dir}', 'dfs://db', `t, '%1', true)"));
    assert_eq!(restored.to_string(), "[\"dfs://db/1\"]");
    assert_eq!(a.number("exec count(*) from t"), 2);
}

/// dolphindb-semantics §4.2: with chunkGranularity TABLE, the default, they do not.
#[test]
fn tables_have_their_own_chunks_by_default() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run(TWO);
    let list = "exec file from getClusterChunksStatus() where size = 0";
    assert_eq!(a.run(list).to_string(), "[\"/db/1/1\",\"/db/2/1\",\"/db/1/2\"]");
    let table = a.session.node.store.table("dfs://db", "t").unwrap();
    table.locked(|| a.session.run("u.append!(table([1] as k, [4] as x))")).unwrap();
    a.session.node = Node::open(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3").unwrap();
    assert!(
        a.fails("database('dfs://x', VALUE, 1 2, , 'OLAP', 'TRANS', 'TABLE')")
            .contains("enableChunkGranularityConfig")
    );
}

/// dolphindb-semantics §3.1, §4.2: TRANS is all or nothing; with CHUNK what is not locked stays
/// written, and the call fails after its tries.
#[test]
fn chunk_transactions_leave_half_of_a_write() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table([1] as k, [1] as x))");
    let write = "t.append!(table(1 2 as k, 2 3 as x))";
    let table = a.session.node.store.table("dfs://db", "t").unwrap();
    for (atomic, rows) in [("TRANS", 1), ("CHUNK", 2)] {
        a.run(&format!("setAtomicLevel(db, '{atomic}')"));
        // Another writer, who is at work on the one chunk that is there.
        table
            .rewrite(&Selection::all(), &mut |_| {
                assert!(a.fails(write).contains("S00002"), "{atomic}");
                assert_eq!(a.number("exec count(*) from t"), rows, "{atomic}");
                Ok(None)
            })
            .unwrap();
    }
    assert_eq!(a.run("schema(database('dfs://db')).atomic").as_str(), Some("CHUNK"));
    assert_eq!(a.number("exec count(*) from t where k = 2"), 1);
}

/// dolphindb-semantics §2: cids grow through the cluster, versions with each commit of a chunk, and
/// a partition that was dropped comes back as another chunk.
#[test]
fn a_dropped_partition_comes_back_as_another_chunk() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run(TWO);
    let of = |what: &str| format!("exec first({what}) from getChunksMeta('/db/1/1')");
    let (id, version) = (a.run(&of("chunkId")).to_string(), a.number(&of("version")));
    a.run("update t set x = 5 where k = 1");
    assert_eq!((a.run(&of("chunkId")).to_string(), a.number(&of("version"))), (id.clone(), version + 1));
    a.run("dropPartition(db, '/1', `t); t.append!(table([1] as k, [1] as x))");
    assert_ne!(a.run(&of("chunkId")).to_string(), id);
    assert_eq!(a.number(&of("version")), 1);
    let cids = a.run("exec createCids from getTabletsMeta() order by createCids").to_string();
    assert_eq!(cids, "[\"[1]\",\"[2]\",\"[5]\"]");
}

/// dolphindb-semantics §4.1: an update rewrites the partitions where a row matches, and no other; a
/// row cannot leave its partition.
#[test]
fn an_update_rewrites_the_partitions_of_its_rows() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table(1 1 2 as k, 1 2 3 as x)); update t set x = x * 10 where x > 1 and k = 1");
    assert_eq!(a.run("exec x from t").to_string(), "[1,20,3]");
    assert_eq!(a.run("exec version from getChunksMeta() where type = 1").to_string(), "[2,1]");
    a.run("update t set x = 0 where x > 100");
    assert_eq!(a.run("exec version from getChunksMeta() where type = 1").to_string(), "[2,1]");
    assert!(a.fails("update t set k = 2 where x = 1").contains("partition"));
    assert_eq!(a.run("exec x from t").to_string(), "[1,20,3]");
}

/// dolphindb-semantics §1.4, §2: databases and tables have file chunks, of type 0, among the
/// others.
#[test]
fn metadata_lists_have_file_chunks_too() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table([1] as k, [1] as x))");
    let files = "exec file from getClusterChunksStatus() where size > 0";
    assert_eq!(a.run(files).to_string(), "[\"/db/domain\",\"/db/t.tbl\"]");
    assert_eq!(a.run("exec type from getChunksMeta()").to_string(), "[1,0,0]");
    assert_eq!(a.number("size(getTabletsMeta())"), 1);
}

/// dolphindb-semantics §2.1.
#[test]
fn tables_are_listed_in_every_way() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run(TWO);
    assert_eq!(a.run("getTables(db)").to_string(), "[\"t\",\"u\"]");
    assert_eq!(a.run("exec physicalIndex from listTables('dfs://db')").to_string(), "[\"1\",\"2\"]");
    assert_eq!(a.run("getDFSTablesByDatabase('dfs://db')").to_string(), "[\"dfs://db/t\",\"dfs://db/u\"]");
    assert_eq!(a.run("getClusterDFSTables()").to_string(), "[\"dfs://db/t\",\"dfs://db/u\"]");
    a.session.user = "guest".into();
    assert_eq!(a.number("size(getClusterDFSTables()) + size(getDFSDatabases())"), 0);
}

/// The manual's dropPartition: with deleteSchema a VALUE partition of the first level leaves the scheme.
#[test]
fn a_partition_is_dropped_from_the_scheme_too() {
    let compo = "COMPO, [database('', VALUE, 2024.01.01..2024.01.04), database('', RANGE, 0 10 20)]";
    let mut a = with_table(compo, "`d`k, [DATE, INT]", "d`k");
    let fill = "t.tableInsert(table(take(2024.01.01..2024.01.04, 8) as d, take(1 11, 8) as k))";
    assert_eq!(a.number(fill), 8);
    a.run("dropPartition(db, 2024.01.02, `t, deleteSchema=true)");
    assert_eq!(
        a.run("schema(database('dfs://db')).partitionSchema[0]").to_string(),
        "[2024.01.04,2024.01.03,2024.01.01]"
    );
    assert_eq!(a.run("sort(distinct(exec d from t))").to_string(), "[2024.01.01,2024.01.03,2024.01.04]");
    assert_eq!(a.number(fill), 6, "the old handle's rows of that day vanish");
    assert_eq!(a.number("size(getTabletsMeta('/db/20240102%'))"), 0);
    assert!(a.fails("dropPartition(db, '/20240102', `t)").contains("S01056"));
    assert!(a.fails("dropPartition(db, 2024.01.02, `t, deleteSchema=true)").contains("S01056"));
    for (what, why) in [("'/20240103/0_10'", "first level"), ("[2024.01.03, 5]", "first level")] {
        assert!(a.fails(&format!("dropPartition(db, {what}, `t, deleteSchema=true)")).contains(why));
    }
    a.run("addValuePartitions(db, 2024.01.02)");
    a.reopen();
    a.run("db = database('dfs://db'); t = loadTable(db, `t)");
    assert_eq!(a.number(fill), 8, "the day is back");
    assert_eq!(a.number("exec count(*) from t where d = 2024.01.02"), 2);
    assert_eq!(a.number("exec count(*) from t where partition(d, 2024.01.02)"), 2);
    assert_eq!(a.number("exec count(*) from t where d >= 2024.01.03"), 12);
    let again =
        "database('dfs://db', COMPO, [database('', VALUE, 2024.01.01 2024.01.03 2024.01.04 2024.01.02),
                 database('', RANGE, 0 10 20)])";
    a.run(again);
    a.run("createPartitionedTable(db, table(1:0, `d`k, [DATE, INT]), `u, `d`k)");
    assert!(a.fails("dropPartition(db, 2024.01.01, `t, deleteSchema=true)").contains("one table"));
    let mut a = with_table("VALUE, [1]", "`k`x, [INT, INT]", "k");
    assert!(a.fails("dropPartition(db, 1, `t, deleteSchema=true)").contains("at least one"));
    let mut a = with_table("HASH, [INT, 2]", "`k`x, [INT, INT]", "k");
    assert!(a.fails("dropPartition(db, 1, `t, deleteSchema=true)").contains("VALUE"));
}
