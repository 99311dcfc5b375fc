//! Journals that are torn, damaged, crashed and replayed.
mod bytes;
mod crash;
mod folder;
mod progress;
mod transitions;

use super::*;
use crate::data::Fingerprint;

fn mark(rows: u64) -> Fingerprint {
    Fingerprint { rows, sum: (u128::from(rows) << 100) + 7 * u128::from(rows) }
}

/// Three rows appended to two.
fn intent() -> Intent {
    Intent { before: mark(2), gone: Fingerprint::default(), sent: mark(3) }
}

fn begun(run: &str) -> Begun {
    Begun {
        run: run.into(),
        user: "admin".into(),
        remote: Some("B".into()),
        target: "cluster `B`".into(),
        db: "dfs://db".into(),
        table: Some("t".into()),
        filter: Some("price > \"1\"\n".into()),
        mode: "append".into(),
        ..Begun::default()
    }
}

fn plan(units: usize) -> TablePlan {
    let unit = |number| UnitPlan {
        partition: format!("/Key{number}"),
        slice: None,
        action: "Copy".into(),
        reason: "empty".into(),
        rows: 3,
        held: 2,
        state: State::Waiting,
    };
    let identity = Identity {
        db: "dfs://db".into(),
        table: "t".into(),
        target: "cluster `B`".into(),
        columns: vec!["k".into(), "中文".into()],
        filter: None,
        window: None,
        mode: "append".into(),
    };
    TablePlan { identity, units: (0..units).map(unit).collect() }
}
