//! One page about one run: everything it says comes from the journal, and nothing from anywhere else.
//!
//! The page is a single file without scripts, fonts or pictures of others, so that it can be mailed
//! and read in ten years; a policy inside of it forbids it to load anything. All names in it are
//! foreign text and escaped.
mod chart;
mod facts;
mod metrics;
mod sections;
#[cfg(test)]
mod tests;
mod text;

use facts::Facts;
pub use metrics::{FIRST, Metrics};
use text::{bytes, count, escape, short, span, time};

use crate::journal::{Begun, Progress, Run, left};

/// What every page begins with, by which one is known again.
pub const BEGINNING: &str = "<!doctype html>\n<!-- a report of clusterSync -->\n";

const STYLE: &str = include_str!("style.css");
/// What a browser may load for the page: nothing, beside the style within it.
const POLICY: &str = include_str!("policy.txt");
const MARK: &str = "<svg viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"var(--accent)\" stroke-width=\"2\" \
    stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\">\
    <ellipse cx=\"6\" cy=\"6\" rx=\"4\" ry=\"2\"/><path d=\"M2 6v9c0 1.1 1.8 2 4 2s4-.9 4-2V6\"/>\
    <ellipse cx=\"18\" cy=\"9\" rx=\"4\" ry=\"2\"/><path d=\"M14 9v9c0 1.1 1.8 2 4 2s4-.9 4-2V9\"/></svg>";

/// The page about `run`, which has this status as tables show it; `now` is the time, in milliseconds
/// since 1970, if it goes on.
pub fn page(run: &Run, status: &str, now: Option<i64>) -> String {
    let facts = Facts::of(run, now);
    let Begun { run: id, target, db, table, .. } = &run.begun;
    let what = table.as_ref().map_or(db.clone(), |table| format!("{db}/{table}"));
    let (what, target, id) = (escape(&what), escape(plain_name(target)), escape(id));
    let (class, word) = badge(status, facts.is_counted);
    let body = [
        format!(
            "<header>{MARK}<b>ClusterSync</b><span>report of a run</span><span class=\"id\">{id}</span></header>\
             <h1>{what}<i> → </i>{target}<span class=\"pill {class}\">{word}</span></h1>"
        ),
        format!("<p class=\"sub\">{}</p>", asked(&facts)),
        tiles(&facts, now),
        sections::failure(&facts, status),
        sections::tables(run),
        sections::time(&facts),
        sections::oddities(&facts),
        sections::slowest(&facts),
        sections::partitions(&facts),
    ];
    format!(
        "{BEGINNING}<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <title>{what} · {word}</title><style>{STYLE}</style></head>\
         <body><main>{}<footer>Written by ClusterSync from the run's journal. Times are UTC.</footer></main></body></html>\n",
        body.concat()
    )
}

/// The target's name, where messages say that it is a cluster.
fn plain_name(target: &str) -> &str {
    target.strip_prefix("cluster `").and_then(|name| name.strip_suffix('`')).unwrap_or(target)
}

fn badge(status: &str, is_counted: bool) -> (&'static str, &'static str) {
    match status {
        "OK" if is_counted => ("warn", "counted"),
        "OK" => ("good", "verified"),
        "FAILED" => ("bad", "failed"),
        "RUNNING" => ("", "running"),
        "PAUSED" => ("warn", "paused"),
        "QUEUED" => ("", "queued"),
        "SKIPPED" => ("warn", "skipped"),
        _ => ("warn", "interrupted"),
    }
}

/// Who asked for what, and when.
fn asked(facts: &Facts) -> String {
    let Begun { user, mode, filter, column, at, .. } = &facts.run.begun;
    let mut text = format!("{} · by {} · mode {}", time(*at), escape(user), escape(mode));
    if let Some(filter) = filter {
        text += &format!(" · where {}", escape(filter));
    }
    if let Some(column) = column {
        text += &format!(" · a window of {}", escape(column));
    }
    text
}

fn tiles(facts: &Facts, now: Option<i64>) -> String {
    let seconds = facts.took() as f64 / 1000.0;
    let (rows, amount) = (facts.rows as f64, facts.bytes as f64);
    let speed = match facts.bytes {
        0 => (format!("{} rows/s", short(rows / seconds)), "on average".to_owned()),
        _ => (format!("{}/s", bytes(amount / seconds)), format!("{} rows/s", short(rows / seconds))),
    };
    let all = facts.pieces.len() as u64;
    let size = match (facts.rows, facts.bytes) {
        (0, _) => "nothing was sent".to_owned(),
        (_, 0) => "size not noted".to_owned(),
        _ => bytes(amount),
    };
    let end = match now {
        Some(now) => left(Progress::of(facts.run, now).eta),
        None => format!("until {}", &time(facts.to)[11..19]),
    };
    let alone = match facts.left_alone {
        0 => format!("of {} looked at", count(all)),
        alone => format!("{} needed nothing", count(alone)),
    };
    let retries = match facts.retries {
        0 => "every first try held".to_owned(),
        _ => "named below".to_owned(),
    };
    let tile = |(name, value, more): (&str, String, String)| {
        let long = if value.len() > 11 { " class=\"long\"" } else { "" };
        format!("<div class=\"tile\"><span>{name}</span><b{long}>{value}</b><small>{more}</small></div>")
    };
    let tiles = [
        (if facts.is_counted { "Rows counted" } else { "Rows verified" }, count(facts.rows), size),
        (
            if facts.is_counted { "Partitions counted" } else { "Partitions verified" },
            count(facts.verified),
            alone,
        ),
        ("Time", span(facts.took()), end),
        ("Throughput", speed.0, speed.1),
        ("Retries", count(facts.retries), retries),
    ];
    format!("<div class=\"tiles\">{}</div>", tiles.map(tile).concat())
}
