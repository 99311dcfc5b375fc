//! Pages as text.
use super::*;
use crate::data::Fingerprint;
use crate::journal::{
    Bounds, Effort, Ended, Identity, Intent, Method, State, TablePlan, TableRun, UnitPlan, UnitRun,
};

const START: i64 = 1_795_364_103_000;

fn begun() -> Begun {
    let begun = format!(
        "{{\"run\": \"20261122-161503-9f3a1c\", \"sequence\": 1, \"at\": {START}, \"user\": \"admin\", \"remote\": \"B\",
        \"target\": \"cluster `B`\", \"db\": \"dfs://db\", \"table\": \"t\", \"mode\": \"auto\"}}"
    );
    serde_json::from_str(&begun).unwrap()
}

/// A run over `units`, each of which took a lane 100 ms.
fn run(names: impl IntoIterator<Item = String>) -> Run {
    let names: Vec<String> = names.into_iter().collect();
    let identity = Identity {
        db: "dfs://db".into(),
        table: "t".into(),
        target: "cluster `B`".into(),
        columns: vec!["k".into()],
        filter: None,
        window: None,
        mode: "auto".into(),
    };
    let plan = |name: &String| UnitPlan {
        partition: name.clone(),
        slice: None,
        action: "Copy".into(),
        reason: "empty".into(),
        rows: 1_000,
        held: 0,
        state: State::Waiting,
    };
    let unit = |number: usize| {
        let began = START + 500 + 100 * (number as i64 / 4);
        let effort = Effort { lane: number as u32 % 4, began, tried: 1, bytes: 20_000 };
        UnitRun {
            state: State::Verified,
            at: Some(began + 100),
            note: String::new(),
            began: Some(began),
            tries: 1,
            sent: 1_000,
            effort: Some(effort),
            method: None,
        }
    };
    let end = START + 600 + 100 * (names.len() as i64 / 4);
    let plan = TablePlan { identity, units: names.iter().map(plan).collect() };
    let table = TableRun { plan, units: (0..names.len()).map(unit).collect() };
    Run {
        begun: begun(),
        tables: vec![table],
        ended: Some(Ended { at: end, failure: None, is_skipped: false, sum: None }),
    }
}

fn days(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("/2024{number:04}/Key{number}"))
}

#[test]
fn a_page_says_what_was_done() {
    let page = page(&run(days(8)), "OK", None);
    for expected in [
        "dfs://db/t<i> → </i>B<span",
        "<span class=\"pill good\">verified</span>",
        "2026-11-22 16:15:03 UTC · by admin · mode auto",
        "<b>8,000</b><small>160 kB</small>",
        "<b>8</b><small>of 8 looked at</small>",
        "<td>Copy</td><td>empty</td><td class=\"n\">8</td><td class=\"n\">8,000</td>",
        "8 partitions: 8 verified",
        "lane 4",
        "<title>/20240000/Key0: 1,000 rows, 0.10 s</title>",
        "All 8 partitions",
        "Slowest partitions",
    ] {
        assert!(page.contains(expected), "no {expected}");
    }
    assert!(page.starts_with(BEGINNING) && !page.contains("Not everything") && !page.contains("Retries and"));
}

#[test]
fn what_was_only_counted_is_not_called_verified() {
    let mut run = run(days(8));
    run.tables[0].units.iter_mut().for_each(|unit| unit.method = Some(Method::Count));
    let page = page(&run, "OK", None);
    assert!(page.contains("<span class=\"pill warn\">counted</span>") && page.contains("Rows counted"));
    assert!(!page.contains("pill good") && !page.contains("Rows verified"));
}

#[test]
fn foreign_text_is_only_text() {
    let evil = "/<script>alert(1)</script>\"'&\u{202e}\u{7}";
    let mut run = run([evil.to_owned()]);
    run.tables[0].plan.identity.table = evil.into();
    run.tables[0].plan.identity.window =
        Some(Bounds { column: evil.into(), from: Some(evil.into()), to: None });
    run.tables[0].plan.units[0].reason = evil.into();
    run.tables[0].plan.units[0].action = evil.into();
    run.tables[0].units[0].note = evil.into();
    run.begun = Begun {
        run: evil.into(),
        user: evil.into(),
        target: evil.into(),
        db: evil.into(),
        table: Some(evil.into()),
        filter: Some(evil.into()),
        column: Some(evil.into()),
        mode: evil.into(),
        ..run.begun
    };
    run.ended =
        Some(Ended { at: START, failure: Some(format!("{evil}; {evil}")), is_skipped: false, sum: None });
    let page = page(&run, "FAILED", None);
    assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{7}'));
    assert!(!page.contains("script>\""), "a quotation mark is left");
    assert_eq!(
        page.matches("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u{202e}\\u{7}").count(),
        24
    );
}

#[test]
fn a_failed_run_says_why_and_what_to_do() {
    let mut failed = run(days(4));
    let sent = Fingerprint { rows: 1_000, sum: 1 };
    let intent = Intent { before: Fingerprint::default(), gone: Fingerprint::default(), sent };
    failed.tables[0].units[1] = UnitRun {
        state: State::Failed(Some(intent)),
        note: "it stored 999 rows".into(),
        ..failed.tables[0].units[1].clone()
    };
    failed.tables[0].units[2].tries = 3;
    let failure = Some("stopped after 3 of 4 partitions; look at the target".into());
    failed.ended = Some(Ended { at: START + 900, failure, is_skipped: false, sum: None });
    let page = page(&failed, "FAILED", None);
    for expected in [
        "stopped after 3 of 4 partitions</p>",
        "<b>What to do:</b> look at the target",
        "<code>clusterSync::resumeRun(\"20261122-161503-9f3a1c\")</code>",
        "<td>/20240001/Key1<p>it stored 999 rows</p></td><td><span class=\"state bad\">failed</span></td><td class=\"n\">1</td>",
        "2 of 4 partitions did not go by themselves",
        "rect class=\"f\"",
        "rect class=\"r\"",
        "3 verified, 1 failed",
    ] {
        assert!(page.contains(expected), "no {expected}");
    }
}

#[test]
fn a_run_without_anything_and_one_of_fifty_thousand_partitions_have_pages() {
    let empty = Run { tables: Vec::new(), ended: None, ..run(days(0)) };
    assert!(page(&empty, "RUNNING", Some(START + 5)).contains("running"));
    assert!(page(&run(days(0)), "OK", None).contains("All 0 partitions"));
    for count in [5_000, 50_000] {
        let page = page(&run(days(count)), "OK", None);
        assert!(page.len() < 2_000_000, "{} bytes for {count} partitions", page.len());
        assert!(page.contains("the first 1,000") || page.contains("The first 1,000"));
    }
}

#[test]
fn journals_without_lanes_and_clocks_that_go_back_have_pages() {
    let mut old = run(days(30));
    for (number, unit) in old.tables[0].units.iter_mut().enumerate() {
        unit.effort = None;
        unit.at = unit.began.map(|began| began - number as i64);
    }
    old.ended = Some(Ended { at: START - 5_000, failure: None, is_skipped: false, sum: None });
    let page = page(&old, "OK", None);
    assert!(page.contains("work 1") && !page.contains("NaN") && !page.contains("inf"), "{page}");
}

#[test]
fn numbers_read_well() {
    assert_eq!([count(0), count(999), count(1_234_567)], ["0", "999", "1,234,567"]);
    assert_eq!(
        [bytes(0.0), bytes(999.0), bytes(1_234.0), bytes(12_345_678.0)],
        ["0 B", "999 B", "1.23 kB", "12.3 MB"]
    );
    assert_eq!(
        [0, 500, 90_000, 120_000, 5_400_000].map(text::moment),
        ["0", "0.5 s", "1 min 30 s", "2 min", "1 h 30 min"]
    );
    assert_eq!([short(42.0), short(336_776.0)], ["42", "337 k"]);
    assert_eq!(
        [span(420), span(59_940), span(200_000), span(7_500_000)],
        ["0.42 s", "59.9 s", "3 min 20 s", "2 h 05 min"]
    );
}

#[test]
fn metrics_add_up_and_foreign_names_stay_labels() {
    let mut metrics = Metrics::default();
    metrics.count(&run(days(8)));
    let mut failed = run(days(4));
    failed.ended = Some(Ended { at: START + 2_000, failure: Some("x".into()), is_skipped: false, sum: None });
    metrics.count(&failed);
    metrics.fail("B", "dfs://db", "t\"}\n# EOF\\");
    metrics.lag("cluster `B`", "dfs://db", "t", 1.5);
    let text = metrics.text();
    let t = "{target=\"B\",db=\"dfs://db\",table=\"t\"}";
    let odd = "{target=\"B\",db=\"dfs://db\",table=\"t\\\"}\\n# EOF\\\\\"}";
    for expected in [
        format!("clustersync_runs_total{t} 2\n"),
        format!("clustersync_failures_total{t} 1\n"),
        format!("clustersync_rows_total{t} 12000\n"),
        format!("clustersync_sent_bytes_total{t} 240000\n"),
        format!("clustersync_last_run_seconds{t} 2\n"),
        format!("clustersync_last_success_timestamp_seconds{t} 1795364103.8\n"),
        format!("clustersync_lag_seconds{t} 1.5\n"),
        format!("clustersync_failures_total{odd} 1\n"),
    ] {
        assert!(text.contains(&expected), "no {expected} in {text}");
    }
    assert!(text.starts_with(FIRST) && text.ends_with("# EOF\n") && text.matches("\n# EOF\n").count() == 1);
    let kept: Metrics = serde_json::from_slice(&serde_json::to_vec(&metrics).unwrap()).unwrap();
    assert_eq!(kept, metrics);
}
