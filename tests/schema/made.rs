//! A sync makes what is missing before it sends rows, and nothing else.
use clustersync::cluster::ddl;
use clustersync::data::Datum;
use clustersync::model::TableName;

use crate::common::{Node, remote};
use crate::{ddl_of, line};

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
    assert_eq!(planned(&mut source, target.port, CREATES), Ok(4), "a database, a table, two partitions");
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

#[test]
fn an_offline_sync_makes_what_is_missing_too() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    fill(&mut source);
    let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    source
        .run(&format!("clusterSync::setRoots([\"{}\", \"{}\"]); 0", a.path().display(), b.path().display()))
        .expect("roots");
    let mut call = |more: &str, value: &str| {
        source.run(&format!(
            "clusterSync::syncOffline({}, \"dfs://s\", , , dict([\"backupDir\", \"restoreDir\", \"createIfMissing\"{more}], (\"{}\", \"{}\", true{value})))",
            remote(target.port),
            a.path().display(),
            b.path().display()
        ))
    };
    let message = call(", \"dryRun\"", ", true").expect_err("nothing to plan with").to_string();
    assert!(message.contains("the database dfs://s and the table dfs://s/t would be made on"), "{message}");
    call("", "").expect("a sync");
    assert_eq!(target.number(SYNC), 10);
    assert_eq!(ddl_of(&mut target, "dfs://s"), ddl_of(&mut source, "dfs://s"));
}

#[test]
fn a_run_that_died_before_it_made_anything_is_resumed_as_it_was_meant() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    fill(&mut source);
    target
        .run(
            "db = database(directory=\"dfs://s\", partitionType=RANGE, partitionScheme=0 5 10, engine=\"TSDB\");
             createPartitionedTable(dbHandle=db, table=table(1:0, [\"k\"], [\"INT\"]), tableName=\"t\",
               partitionColumns=\"k\", sortColumns=`k); 0",
        )
        .expect("a table that lacks a column");
    source.die_at("planned", 0);
    let options = "dict([\"createIfMissing\", \"drift\"], (true, \"addColumns\"))";
    source.run(&sync(target.port, options)).expect_err("the node died");
    assert_eq!(target.number("size(schema(loadTable(\"dfs://s\", \"t\")).colDefs)"), 1);
    source.revive("A");
    source.run("loadPlugin(\"clusterSync\")").expect("it loads");
    source.table(&format!(
        "clusterSync::resumeRun((exec runId from clusterSync::getRuns())[0], {})",
        remote(target.port)
    ));
    assert_eq!(
        (target.number(SYNC), target.number("exec sum(v) from loadTable(\"dfs://s\", \"t\")")),
        (10, 45)
    );
}
