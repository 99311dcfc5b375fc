//! What other sessions see of a run while it goes on.
mod common;

use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::data::Batch;
use clustersync::wire::Remote;
use common::shown::{number, text};
use common::{Node, days};

const DAYS: i64 = 60;
/// 20 bytes each, sent and read back at a megabyte per second: six seconds.
const ROWS: i64 = 150_000;

fn pair() -> (Node, Node) {
    days::pair("dfs://p", "2024.01.01..2024.02.29", ROWS)
}

fn double(rows: &Batch, name: &str) -> f64 {
    let column = rows.column(name).unwrap_or_else(|| panic!("no column {name}"));
    let cell = column.fixed_cells().next().expect("a row").try_into().expect("a double");
    f64::from_le_bytes(cell)
}

/// A look at a run: when, the seconds that were said to be left, and how much was done.
struct Seen {
    at: Instant,
    eta: f64,
    percent: f64,
}

#[test]
fn a_steady_run_says_when_it_will_end_and_is_never_whole_before() {
    let (mut source, target) = pair();
    let (endpoint, remote) = (source.endpoint(), common::remote(target.port));
    let began = Instant::now();
    let call = std::thread::spawn(move || {
        let options = "dict([\"rateLimit\", \"lanes\"], [1, 2])";
        let script = format!("clusterSync::syncOnline({remote}, \"dfs://p\", \"t\", , {options})");
        let mut session = Remote::connect(&endpoint).expect("a session");
        (session.query(&script), Instant::now())
    });
    let mut seen = Vec::new();
    while !call.is_finished() {
        let runs = source.table("select * from clusterSync::getRuns()");
        if runs.rows == 1 && text(&runs, "status") == "RUNNING" && text(&runs, "phase") == "copying" {
            let look =
                Seen { at: Instant::now(), eta: double(&runs, "eta"), percent: double(&runs, "percent") };
            assert!(look.percent < 100.0 && number(&runs, "verified") <= DAYS);
            assert_eq!(number(&runs, "partitions"), DAYS);
            assert!(number(&runs, "rows") <= number(&runs, "verified") * (ROWS / DAYS + 1));
            seen.push(look);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let (result, ended) = call.join().expect("the call ended");
    result.expect("it synced");

    let tenth = began + (ended - began) / 10;
    let error = |look: &Seen| {
        let real = (ended - look.at).as_secs_f64();
        (look.eta - real).abs() / real
    };
    let mut errors: Vec<f64> = seen
        .iter()
        .filter(|look| look.at > tenth && look.at < ended - (ended - began) / 4)
        .map(error)
        .collect();
    assert!(errors.len() > 10, "only {} looks at a run of {:?}", errors.len(), ended - began);
    errors.sort_by(f64::total_cmp);
    let median = errors[errors.len() / 2];
    println!(
        "{} looks, error of the time left: median {median:.3}, worst {:.3}",
        errors.len(),
        errors.last().unwrap()
    );
    assert!(median < 0.2, "{errors:?}");
    assert!(seen.windows(2).all(|two| two[0].percent <= two[1].percent + 5.0), "it went back");

    let runs = source.table("select * from clusterSync::getRuns()");
    assert_eq!((text(&runs, "phase").as_str(), double(&runs, "percent")), ("done", 100.0));
    assert_eq!((number(&runs, "rows"), number(&runs, "bytes")), (ROWS, 20 * ROWS));
    let rate = double(&runs, "rate");
    assert!((200_000.0..2_000_000.0).contains(&rate), "{rate} bytes per second");
    let tables =
        source.table("select * from clusterSync::getRunTables((exec runId from clusterSync::getRuns())[0])");
    assert_eq!((text(&tables, "phase").as_str(), number(&tables, "sent")), ("done", ROWS));
}
