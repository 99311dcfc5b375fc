//! The parts of a page below its head.
use super::chart::{axis, lanes, throughput};
use super::facts::{Facts, Piece, reasons};
use super::text::{bytes, count, escape, span};
use crate::journal::{Run, State, TableRun};

/// Reasons, odd and slow partitions that are shown at most, and lines of the list of all.
const REASONS: usize = 8;
const ODD: usize = 20;
const SLOW: usize = 10;
const LISTED: usize = 1000;

/// Why the run did not end well, and what to do.
pub(super) fn failure(facts: &Facts, status: &str) -> String {
    let id = escape(&facts.run.begun.run);
    let ended = facts.run.ended.as_ref().and_then(|ended| ended.failure.as_deref());
    let (what, advice) = match (ended, status) {
        (Some(failure), _) => failure.rsplit_once("; ").unwrap_or((failure, "")),
        (None, "INTERRUPTED") => ("The run was killed, or its node went down.", ""),
        _ => return String::new(),
    };
    let advice = match advice {
        "" => String::new(),
        advice => format!("<p><b>What to do:</b> {}</p>", escape(advice)),
    };
    if status == "SKIPPED" {
        return format!("<section><h2>Nothing was done</h2><p>{}</p></section>", escape(what));
    }
    format!(
        "<section class=\"bad\"><h2>Not everything is verified</h2><p>{}</p>{advice}\
         <p>What was verified stays and is not sent again: <code>clusterSync::resumeRun(\"{id}\")</code></p></section>",
        escape(what)
    )
}

/// What was planned for each table, why, and what became of it.
pub(super) fn tables(run: &Run) -> String {
    run.tables.iter().map(table).collect()
}

fn table(table: &TableRun) -> String {
    let all = table.units.len();
    let tally = |pick: fn(&State) -> bool| table.units.iter().filter(|unit| pick(&unit.state)).count();
    let parts = [
        ("--accent", "verified", tally(|state| *state == State::Verified)),
        ("--plan", "left alone", tally(|state| *state == State::Skipped)),
        ("--grid", "not begun", tally(|state| *state == State::Waiting)),
        ("--warn", "doubtful", tally(|state| matches!(state, State::Sending(_) | State::Doubtful(_)))),
        ("--bad", "failed", tally(|state| matches!(state, State::Failed(_)))),
    ];
    let (mut bar, mut said) = (String::new(), Vec::new());
    for (color, name, number) in parts.iter().filter(|(.., number)| *number > 0) {
        let share = 100.0 * *number as f64 / all as f64;
        bar += &format!("<i style=\"width:{share:.2}%;background:var({color})\"></i>");
        said.push(format!("{} {name}", count(*number as u64)));
    }
    let identity = &table.plan.identity;
    let window = identity.window.as_ref().map_or(String::new(), |window| {
        let end = |end: &Option<String>| end.clone().unwrap_or_else(|| "…".into());
        format!(", {} in [{}, {})", window.column, end(&window.from), end(&window.to))
    });
    format!(
        "<section><h2>{}</h2><p>{} partitions{}{}</p><div class=\"bar\">{bar}</div>{}</section>",
        escape(&format!("{}/{}", identity.db, identity.table)),
        count(all as u64),
        escape(&window),
        if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) },
        plan(table)
    )
}

fn plan(table: &TableRun) -> String {
    let reasons = reasons(table);
    if reasons.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for reason in reasons.iter().take(REASONS) {
        let (action, why) = (escape(reason.action), escape(reason.reason));
        let (partitions, held) = (count(reason.partitions), count(reason.rows));
        rows += &format!(
            "<tr><td>{action}</td><td>{why}</td><td class=\"n\">{partitions}</td><td class=\"n\">{held}</td></tr>"
        );
    }
    if let Some(more) = reasons.len().checked_sub(REASONS).filter(|more| *more > 0) {
        rows += &format!("<tr><td></td><td>and {more} more reasons</td><td></td><td></td></tr>");
    }
    format!(
        "<table><tr><th>Plan</th><th>because</th><th class=\"n\">partitions</th><th class=\"n\">rows</th></tr>{rows}</table>"
    )
}

/// Lanes and throughput over time.
pub(super) fn time(facts: &Facts) -> String {
    if facts.pieces.iter().all(|piece| piece.span().is_none()) {
        return String::new();
    }
    let axis = axis(facts);
    let key = |class: &str, name: &str| {
        format!(
            "<span><svg viewBox=\"0 0 1 1\"><rect class=\"{class}\" width=\"1\" height=\"1\"/></svg>{name}</span>"
        )
    };
    let known = [
        ("v", "verified"),
        ("r", "verified after retries"),
        ("f", "failed"),
        ("d", "unfinished"),
        ("p", "planning, last check"),
    ];
    let legend: String = known.into_iter().map(|(class, name)| key(class, name)).collect();
    let flow = throughput(facts).map_or(String::new(), |(picture, top)| {
        format!(
            "<section><h2>Throughput</h2><p>What was verified, spread over the time it took.</p>\
             <div class=\"flow\"><em>{top}</em>{picture}</div>{axis}</section>"
        )
    });
    format!(
        "<section><h2>Partitions over time</h2><p>Each bar is one partition: read, sent, stored, read back and compared.</p>\
         {}{axis}<div class=\"legend\">{legend}</div></section>{flow}",
        lanes(facts)
    )
}

/// What failed, differed, or was tried more than once.
pub(super) fn oddities(facts: &Facts) -> String {
    let mut odd: Vec<&Piece> = facts.pieces.iter().filter(|piece| piece.is_odd()).collect();
    odd.sort_by_key(|piece| piece.unit.state == State::Verified);
    if odd.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for piece in odd.iter().take(ODD) {
        let (name, note) = (piece.name(), escape(&piece.unit.note));
        let (state, tries) = (state(piece), piece.unit.tries);
        let note = if note.is_empty() { note } else { format!("<p>{note}</p>") };
        rows += &format!("<tr><td>{name}{note}</td><td>{state}</td><td class=\"n\">{tries}</td></tr>");
    }
    format!(
        "<section><h2>Retries and differences</h2><p>{} of {} partitions did not go by themselves.{}</p><table><tr>\
         <th>partition</th><th>state</th><th class=\"n\">tries</th></tr>{rows}</table></section>",
        count(odd.len() as u64),
        count(facts.pieces.len() as u64),
        cut(odd.len(), ODD)
    )
}

fn state(piece: &Piece) -> String {
    let class = match piece.unit.state {
        State::Verified => "good",
        State::Skipped | State::Waiting => "calm",
        State::Sending(_) => "warn",
        State::Doubtful(_) | State::Failed(_) => "bad",
    };
    format!("<span class=\"state {class}\">{}</span>", piece.unit.state.name().to_lowercase())
}

fn cut(all: usize, shown: usize) -> String {
    if all > shown { format!(" The first {} are shown.", count(shown as u64)) } else { String::new() }
}

/// The partitions that took longest.
pub(super) fn slowest(facts: &Facts) -> String {
    let slowest = facts.slowest(SLOW);
    let Some(most) = slowest.first().map(Piece::took) else { return String::new() };
    let rows: String = slowest.iter().map(|piece| {
        let part = 100.0 * piece.took() as f64 / most as f64;
        format!(
            "<tr><td>{}<i class=\"meter\" style=\"width:{part:.0}%\"></i></td><td class=\"n wide\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n wide\">{}</td><td class=\"n\">{}</td></tr>",
            piece.name(),
            piece.unit.effort.map_or("".into(), |effort| format!("lane {}", effort.lane + 1)),
            count(piece.unit.sent),
            if piece.bytes() > 0 { bytes(piece.bytes() as f64) } else { String::new() },
            span(piece.took()),
        )
    }).collect();
    format!(
        "<section><h2>Slowest partitions</h2><p>From the moment a lane took one up to its last comparison.</p><table><tr>\
         <th>partition</th><th class=\"n wide\">lane</th><th class=\"n\">rows</th><th class=\"n wide\">size</th>\
         <th class=\"n\">time</th></tr>{rows}</table></section>"
    )
}

/// Every partition, as far as they fit.
pub(super) fn partitions(facts: &Facts) -> String {
    let mut rows = String::new();
    for piece in facts.pieces.iter().take(LISTED) {
        let (name, reason) = (piece.name(), escape(&piece.plan.reason));
        let took = if piece.span().is_some() { span(piece.took()) } else { String::new() };
        let (held, state) = (count(piece.plan.rows), state(piece));
        rows += &format!(
            "<tr><td>{name}</td><td>{state}</td><td class=\"wide\">{reason}</td><td class=\"n\">{held}</td><td class=\"n\">{took}</td></tr>"
        );
    }
    format!(
        "<section><details><summary>All {} partitions</summary><p>{}</p><table><tr><th>partition</th><th>state</th>\
         <th class=\"wide\">plan</th><th class=\"n\">rows</th><th class=\"n\">time</th></tr>{rows}</table></details></section>",
        count(facts.pieces.len() as u64),
        match facts.pieces.len() > LISTED {
            true => format!("The first {}; getRunPartitions has all of them.", count(LISTED as u64)),
            false => String::new(),
        }
    )
}
