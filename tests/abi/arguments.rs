//! Arguments and results in every form that a server may give them, and calls without a heap.
use crate::server::{printed, run};

/// Long enough for several blocks, with a text and a NULL; what comes back is what the plugin read.
const FORMS: &str = r#"
loadPlugin("{PLUGIN}")
db = database("dfs://db1", VALUE, 1..3)
createPartitionedTable(db, table(1:0, `k`v`s, [INT, DOUBLE, STRING]), "t", `k)
n = 2500
rows = table(take(1..3, n) as k, take([1.5, double(NULL)], n) as v, take(["a", "", "long enough"], n) as s)
tableInsert(loadTable("dfs://db1", "t"), rows)
found = clusterSync::fingerprint("dfs://db1", "t")
print("rows: " + string(sum(found.rows)))
print("hash: " + concat(string(found.fingerprint), " "))
"#;

/// The lines of the answer that do not depend on how vectors show themselves.
fn answer(release: &str, arguments: &[&str]) -> String {
    let text = printed(&run(release, FORMS, &[&["--no-leftovers"], arguments].concat()));
    assert!(text.contains("rows: 2500"), "{release} {arguments:?}: {text}");
    text
}

/// Vectors in one piece, in segments, and such as compute, cut or unpack their cells.
#[test]
fn every_kind_of_vector_is_read_alike() {
    for release in ["1.30.23", "2.00.16", "3.00.3", "3.00.4"] {
        let plain = answer(release, &[]);
        for other in [&["--big-array", "64"][..], &["--big-array", "1000"], &["--hide-cells"]] {
            assert_eq!(plain, answer(release, other), "{release} {other:?}");
        }
    }
}

/// Built-ins overwrite what is flagged as temporary, as every object of the stand-in is at first:
/// arguments are still whole after the calls that a function makes with them.
#[test]
fn temporary_arguments_survive_the_calls_made_with_them() {
    let script = r#"
        loadPlugin("{PLUGIN}")
        clusterSync::setCluster("B", ["10.0.0.2:8848", "10.0.0.3:8848"], "user" + string(1), "secret")
        known = clusterSync::getClusters()
        print(known.name[0] + " " + known.userId[0] + " " + known.sites[0])
    "#;
    let text = printed(&run("3.00.3", script, &["--no-leftovers"]));
    assert!(text.contains("B user1 10.0.0.2:8848,10.0.0.3:8848"), "{text}");
}

/// Handles, metacode, functions, matrices and tables where a text is expected.
#[test]
fn arguments_of_odd_forms_are_refused_in_words() {
    let script = r#"
        loadPlugin("{PLUGIN}")
        db = database("dfs://db1", VALUE, 1..3)
        t = createPartitionedTable(db, table(1:0, `k`v, [INT, DOUBLE]), "t", `k)
        odd = (db, t, loadTable("dfs://db1", "t"), <select * from t>, sum, 1:2, NULL, [1, "a"], ([1], [2]),
               table(1 2 as a), dict(1 2, 3 4), take(7, 5000), string(take(7, 5000)), 2024.01.01, uuid(""))
        for (value in odd) {
            try { clusterSync::fingerprint(value, "t"); print("taken") } catch(ex) { print("refused") }
            try { clusterSync::syncOnline(value, "dfs://db1"); print("taken") } catch(ex) { print("refused") }
        }
        print("alive: " + string(40 + 2))
    "#;
    for arguments in [&["--no-leftovers"][..], &["--no-leftovers", "--hide-cells"]] {
        let text = printed(&run("3.00.3", script, arguments));
        assert_eq!(text.matches("refused").count(), 30, "{text}");
        assert!(text.contains("alive: 42") && !text.contains("taken"), "{text}");
    }
}

#[test]
fn a_call_without_a_heap_is_refused_in_words() {
    let script = r#"
        loadPlugin("{PLUGIN}")
        for (turn in 1..2) {
            try { clusterSync::getClusters() } catch(ex) { print(ex) }
        }
        print("alive: " + string(40 + 2))
    "#;
    for release in ["1.30.23", "3.00.3", "3.00.4"] {
        let text = printed(&run(release, script, &["--no-heap", "--no-leftovers"]));
        assert_eq!(text.matches("was called without a session").count(), 2, "{release}: {text}");
        assert!(text.contains("alive: 42"), "{release}: {text}");
    }
}
