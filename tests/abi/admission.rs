//! Every release that we know is admitted, and gets back every object that it lent or made.
use crate::server::{printed, rows, run};

/// A call that ends well and one that throws.
const CALLS: &str = r#"
loadPlugin("{PLUGIN}")
try { print("clusters: " + string(size(clusterSync::getClusters()))) } catch(ex) { print(ex) }
try { clusterSync::syncOnline(1, "dfs://none") } catch(ex) { print(ex) }
"#;

#[test]
fn every_row_is_admitted_and_no_object_is_left() {
    for row in rows() {
        for big in ["2", "1000"] {
            let arguments = [row.edition(), &["--no-leftovers", "--big-array", big]].concat();
            let text = printed(&run(&row.release, CALLS, &arguments));
            assert!(text.contains("clusters: 0"), "{}: {text}", row.name);
            assert!(text.contains("remote must be a dictionary"), "{}: {text}", row.name);
        }
    }
}

#[test]
fn an_object_that_is_left_is_noticed() {
    // What is refused by the names of its functions is leaked on purpose.
    let arguments = ["--no-leftovers", "--falsify", "Constant.keys() const"];
    let output = run("3.00.3", CALLS, &arguments);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("objects behind"));
}
