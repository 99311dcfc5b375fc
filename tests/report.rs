//! The page about a run: written by a node, and rendered as people will see it.
mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use clustersync::data::Fingerprint;
use clustersync::journal::{
    Effort, Ended, Identity, Intent, Run, State, TablePlan, TableRun, UnitPlan, UnitRun,
};
use clustersync::report::page;
use common::{CREATE, Node};

const START: i64 = 1_795_364_103_000;
const EVIL: &str = "/<script>alert(document.title)</script>\"'><img src=http://127.0.0.1:9/x.png>";

/// Numbers that look random and are always the same.
struct Noise(u64);

impl Noise {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// A run over so many partitions by four lanes, of which every tenth needed nothing and some were
/// tried again.
fn run(partitions: usize) -> Run {
    let mut noise = Noise(88_172_645_463_325_252);
    let mut free = [START + 1_400; 4];
    let (mut plans, mut units) = (Vec::new(), Vec::new());
    for number in 0..partitions {
        let rows = 40_000 + noise.below(400_000);
        let is_skipped = number % 10 == 9;
        plans.push(UnitPlan {
            partition: format!("/2024{:02}{:02}/Key{}", 1 + number / 28 % 12, 1 + number % 28, number % 50),
            slice: None,
            action: if is_skipped { "Skip" } else { "Copy" }.into(),
            reason: if is_skipped { "equal" } else { "empty" }.into(),
            rows,
            held: if is_skipped { rows } else { 0 },
            state: if is_skipped { State::Skipped } else { State::Waiting },
        });
        let lane = (0..4).min_by_key(|lane| free[*lane]).expect("a lane");
        let (began, tries) = (free[lane], if noise.below(40) == 0 { 2 } else { 1 });
        let took = (30 + rows / 900 + noise.below(80)) as i64 * i64::from(tries);
        if is_skipped {
            units.push(untried(State::Skipped));
            continue;
        }
        free[lane] = began + took + noise.below(20) as i64;
        units.push(UnitRun {
            state: State::Verified,
            at: Some(began + took),
            began: Some(began),
            tries,
            sent: rows,
            note: if tries > 1 {
                "10.0.0.2:8848: <ChunkInTransaction>The chunk is in use; it was tried again".into()
            } else {
                String::new()
            },
            effort: Some(Effort { lane: lane as u32, began, tried: tries, bytes: 46 * rows }),
            method: None,
        });
    }
    let identity = Identity {
        db: "dfs://market".into(),
        table: "snapshot".into(),
        target: "cluster `shanghai`".into(),
        columns: vec!["k".into()],
        filter: None,
        window: None,
        mode: "auto".into(),
    };
    let end = free.iter().max().expect("a lane") + 350;
    let begun = format!(
        "{{\"run\": \"20261122-161503-9f3a1c\", \"sequence\": 1, \"at\": {START}, \"user\": \"quant\", \"remote\": \"shanghai\",
        \"target\": \"cluster `shanghai`\", \"db\": \"dfs://market\", \"mode\": \"auto\"}}"
    );
    let begun = serde_json::from_str(&begun).expect("how a run begins");
    let tables = vec![TableRun { plan: TablePlan { identity, units: plans }, units }];
    Run { begun, tables, ended: Some(Ended { at: end, failure: None, is_skipped: false, sum: None }) }
}

/// A unit at which nothing was done.
fn untried(state: State) -> UnitRun {
    UnitRun {
        state,
        at: None,
        note: String::new(),
        began: None,
        tries: 0,
        sent: 0,
        effort: None,
        method: None,
    }
}

/// A run that failed, with names that are code.
fn failed() -> Run {
    let mut run = run(120);
    let sent = Fingerprint { rows: 9, sum: 1 };
    let intent = Intent { before: Fingerprint::default(), gone: Fingerprint::default(), sent };
    let table = &mut run.tables[0];
    for (number, unit) in table.units.iter_mut().enumerate().skip(90) {
        *unit = untried(State::Waiting);
        table.plan.units[number].partition = EVIL.into();
    }
    let broken = &mut table.units[80];
    *broken = UnitRun {
        state: State::Failed(Some(intent)),
        note: format!("the target stored 411,020 rows of the 411,021 that were sent to {EVIL}"),
        ..broken.clone()
    };
    table.plan.identity.table = EVIL.into();
    run.begun.filter = Some(format!("sym = \"{EVIL}\""));
    let failure = format!(
        "run 20261122-161503-9f3a1c: stopped after 81 of 108 partitions of dfs://market/{EVIL}: partition /20240325/Key30 at the target: it stored 411020 rows of 411021; compare with clusterSync::verifyRows"
    );
    run.ended = run.ended.map(|ended| Ended { failure: Some(failure), ..ended });
    run
}

fn rendered(folder: &Path, pages: &[(&str, String)]) -> std::process::Output {
    let files: Vec<PathBuf> = pages.iter().map(|(name, _)| folder.join(name)).collect();
    for (file, (_, text)) in files.iter().zip(pages) {
        std::fs::write(file, text).expect("a page");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/lib/render.py");
    Command::new("python3").arg(script).arg(folder).args(files).output().expect("python3 runs")
}

#[test]
fn pages_are_whole_on_every_screen_and_ask_for_nothing() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&folder).expect("a folder");
    let large = page(&run(5_000), "OK", None);
    assert!(large.len() < 2_000_000, "{} bytes", large.len());
    let going = Run { ended: None, ..failed() };
    let pages = [
        ("done.html", page(&run(180), "OK", None)),
        ("large.html", large),
        ("failed.html", page(&failed(), "FAILED", None)),
        ("running.html", page(&going, "RUNNING", Some(START + 9_000))),
        ("empty.html", page(&run(0), "OK", None)),
    ];
    let output = rendered(&folder, &pages);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    println!("{said}screenshots in {}", folder.display());
}

#[test]
fn a_page_that_asks_speaks_or_is_too_wide_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "x ".repeat(100);
    let pages = [
        ("asks.html", format!("<p>{text}<img src=\"http://127.0.0.1:9/x.png\">")),
        ("speaks.html", format!("<p>{text}<script>console.log(1)</script>")),
        (
            "wide.html",
            format!(
                "<meta name=viewport content=\"width=device-width\"><p>{text}<pre>{}</pre>",
                "x".repeat(3_000)
            ),
        ),
        (
            "cut.html",
            format!("<p>{text}<div style=\"overflow:hidden\"><pre>{}</pre></div>", "x".repeat(3_000)),
        ),
    ];
    let output = rendered(folder.path(), &pages);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    for expected in [
        "asks.html on a light phone: it asks for http://127.0.0.1:9/x.png",
        "speaks.html on a dark desktop: the console says",
        "wide.html on a light desktop: it is ",
        "cut.html on a light desktop: these are cut off: DIV.",
    ] {
        assert!(said.contains(expected), "no {expected} in {said}");
    }
}

#[test]
fn a_node_writes_the_page_where_it_may_and_nowhere_else() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    source.run(CREATE).expect("a table");
    target.run(CREATE).expect("a table");
    source.number(
        "tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1,2,2,3] as k, [1.0,2.0,3.0,4.0] as v))",
    );
    source.table(&format!("clusterSync::syncOnline({}, \"dfs://db1\", \"t\")", common::remote(target.port)));
    let folder = source.home.path().join("pages");
    std::fs::create_dir(&folder).expect("a folder");
    let file = folder.join("run.html");
    let run = "(exec runId from clusterSync::getRuns())[0]";
    let report = |path: &Path| format!("clusterSync::report({run}, \"{}\")", path.display());
    let message = source.error(&report(&file));
    assert!(message.contains("is not below one that this node allows"), "{message}");
    source.table(&format!("clusterSync::setRoots(\"{}\")", folder.display()));
    assert_eq!(source.table(&report(&file)).rows, 1);
    let text = std::fs::read_to_string(&file).expect("the page");
    for expected in
        ["dfs://db1/t", "pill good\">verified", "<b>3</b>", "<b>4</b>", "lane 1", "<td>empty</td>"]
    {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
    assert!(!text.contains(common::PASSWORD));
    assert_eq!(source.table(&report(&file)).rows, 1, "a report gives way to a newer one");

    std::fs::write(folder.join("diary.html"), "dear diary").expect("a file");
    let message = source.error(&report(&folder.join("diary.html")));
    assert!(message.contains("is there and no report"), "{message}");
    let message = source.error(&report(&folder.join("run.txt")));
    assert!(message.contains("path must end in .html"), "{message}");
    let message = source.error(&report(&folder.join("../run.html")));
    assert!(message.contains("without `..`"), "{message}");
    let message = source.error(&report(&folder.join("none/run.html")));
    assert!(message.contains("cannot be written"), "{message}");
    std::os::unix::fs::symlink("/", folder.join("out")).expect("a link");
    let message = source.error(&report(&folder.join("out/tmp/run.html")));
    assert!(message.contains("is not below one that this node allows"), "{message}");
}
