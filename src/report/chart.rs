//! Two pictures of a run: partitions over time by lane, and throughput over time.
use super::facts::{Facts, Piece};
use super::text::{bytes, count, moment, short, span};
use crate::journal::State;
use std::collections::BTreeMap;

/// The width of a picture in its own units; it is stretched to the page's.
const WIDTH: f64 = 1000.0;
/// The columns of the throughput.
const BINS: usize = 120;
/// Lanes with more bars than this are drawn without a name for each.
const NAMED: usize = 400;

/// A bar of a lane.
struct Bar<'a> {
    from: i64,
    to: i64,
    class: &'static str,
    piece: Option<Piece<'a>>,
}

/// Where `time` is on the picture.
fn x(facts: &Facts, time: i64) -> f64 {
    (WIDTH * (time - facts.from) as f64 / facts.took() as f64).clamp(0.0, WIDTH)
}

/// The lanes, one strip each, with what the calling thread did before and after.
pub(super) fn lanes(facts: &Facts) -> String {
    let mut strips = String::new();
    for (name, bars) in rows(facts) {
        strips += &format!(
            "<div class=\"lane\"><span>{name}</span><svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" \
             role=\"img\" aria-label=\"{name}\">{}</svg></div>",
            strip(facts, &bars)
        );
    }
    strips
}

fn rows<'a>(facts: &Facts<'a>) -> Vec<(String, Vec<Bar<'a>>)> {
    let mut lanes: BTreeMap<u32, Vec<Bar>> = BTreeMap::new();
    let mut others: Vec<Vec<Bar>> = Vec::new();
    let mut pieces: Vec<&Piece> = facts.pieces.iter().filter(|piece| piece.span().is_some()).collect();
    pieces.sort_by_key(|piece| piece.unit.began);
    for piece in pieces {
        let Some((from, to)) = piece.span() else { continue };
        let bar = Bar { from, to: end(facts, piece, to), class: class(piece), piece: Some(*piece) };
        match piece.unit.effort {
            Some(effort) => lanes.entry(effort.lane).or_default().push(bar),
            // Nobody has noted who was at it: any strip that is free.
            None => match others.iter_mut().find(|bars| bars.last().is_none_or(|last| last.to <= from)) {
                Some(bars) => bars.push(bar),
                None => others.push(vec![bar]),
            },
        }
    }
    let lanes = lanes.into_iter().map(|(lane, bars)| (format!("lane {}", lane + 1), bars));
    let others = others.into_iter().enumerate().map(|(at, bars)| (format!("work {}", at + 1), bars));
    let work: Vec<(String, Vec<Bar>)> = lanes.chain(others).collect();
    let first = work.iter().flat_map(|(_, bars)| bars).map(|bar| bar.from).min().unwrap_or(facts.to);
    let last = work.iter().flat_map(|(_, bars)| bars).map(|bar| bar.to).max().unwrap_or(facts.to);
    let frame = |from, to| Bar { from, to, class: "p", piece: None };
    let mut frames = vec![frame(facts.from, first)];
    frames.extend(facts.run.ended.is_some().then(|| frame(last, facts.to)));
    std::iter::once(("plan".to_owned(), frames)).chain(work).collect()
}

/// What is under way at the moment lasts until now.
fn end(facts: &Facts, piece: &Piece, to: i64) -> i64 {
    if matches!(piece.unit.state, State::Sending(_)) { facts.to.max(to) } else { to }
}

fn class(piece: &Piece) -> &'static str {
    match piece.unit.state {
        State::Verified if piece.unit.tries > 1 => "r",
        State::Verified => "v",
        State::Sending(_) | State::Waiting => "d",
        _ => "f",
    }
}

fn strip(facts: &Facts, bars: &[Bar]) -> String {
    let mut drawn = String::new();
    if bars.len() > NAMED {
        for class in ["v", "d", "r", "f"] {
            let path = outline(facts, bars.iter().filter(|bar| bar.class == class));
            if !path.is_empty() {
                drawn += &format!("<path class=\"{class}\" d=\"{path}\"/>");
            }
        }
        return drawn;
    }
    for Bar { from, to, class, piece } in bars.iter().filter(|bar| bar.to > bar.from || bar.piece.is_some()) {
        let (left, right) = (x(facts, *from), x(facts, *to));
        // A hair of space, so that neighbours are seen as two.
        let least = if matches!(*class, "f" | "r") { 4.0 } else { 0.8 };
        let width = (right - left - 0.6).max(least);
        let title = piece.map_or_else(|| span(to - from), |piece| title(&piece));
        drawn += &format!(
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"0\" width=\"{width:.1}\" height=\"10\">\
             <title>{title}</title></rect>"
        );
    }
    drawn
}

fn title(piece: &Piece) -> String {
    let (name, rows, took) = (piece.name(), count(piece.unit.sent), span(piece.took()));
    let tries = if piece.unit.tries > 1 { format!(", {} tries", piece.unit.tries) } else { String::new() };
    format!("{name}: {rows} rows, {took}{tries}")
}

/// Bars that touch each other on the picture as one shape.
fn outline<'a, 'b: 'a>(facts: &Facts, bars: impl Iterator<Item = &'a Bar<'b>>) -> String {
    let mut path = String::new();
    let mut open: Option<(f64, f64)> = None;
    let mut draw = |(left, right): (f64, f64)| {
        path += &format!("M{left:.1} 0h{:.1}v10h{:.1}z", right - left, left - right);
    };
    for bar in bars {
        let (left, right) = (x(facts, bar.from), x(facts, bar.to).max(x(facts, bar.from) + 0.8));
        open = match open {
            Some((start, end)) if left <= end + 0.2 => Some((start, end.max(right))),
            Some(done) => {
                draw(done);
                Some((left, right))
            }
            None => Some((left, right)),
        };
    }
    if let Some(last) = open {
        draw(last);
    }
    path
}

/// Bytes per second over time, or rows where bytes are not known, and what the top of the picture is.
pub(super) fn throughput(facts: &Facts) -> Option<(String, String)> {
    let by_bytes = facts.bytes > 0;
    let mut bins = [0.0; BINS];
    for piece in facts.pieces.iter().filter(|piece| piece.is_verified()) {
        let amount = if by_bytes { piece.bytes() } else { piece.unit.sent } as f64;
        if let Some((from, to)) = piece.span() {
            pour(&mut bins, x(facts, from) / WIDTH, x(facts, to) / WIDTH, amount);
        }
    }
    let seconds = facts.took() as f64 / 1000.0 / BINS as f64;
    let most = bins.iter().copied().fold(0.0, f64::max);
    if most == 0.0 {
        return None;
    }
    let mut line = String::new();
    for (at, amount) in bins.iter().enumerate() {
        let (x, y) = (WIDTH * (at as f64 + 0.5) / BINS as f64, 100.0 - 94.0 * amount / most);
        line += &format!("{}{x:.1} {y:.1}", if at == 0 { "M" } else { "L" });
    }
    let (first, last) = (WIDTH * 0.5 / BINS as f64, WIDTH - WIDTH * 0.5 / BINS as f64);
    let picture = format!(
        "<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"throughput over time\">\
         <path class=\"grid\" d=\"{}\"/><path class=\"area\" d=\"{line}L{last:.1} 100L{first:.1} 100z\"/><path class=\"line\" d=\"{line}\"/></svg>",
        grid(facts)
    );
    let top = most / 0.94 / seconds;
    let top = if by_bytes { format!("{}/s", bytes(top)) } else { format!("{} rows/s", short(top)) };
    Some((picture, top))
}

/// Spreads `amount` evenly over the columns between `from` and `to`, parts of the whole width.
fn pour(bins: &mut [f64], from: f64, to: f64, amount: f64) {
    let all = bins.len() as f64;
    let (from, to) = (from * all, (to * all).max(from * all + 1e-6));
    let last = (to.ceil() as usize).min(bins.len());
    let first = (from as usize).min(last.saturating_sub(1));
    for (at, bin) in bins.iter_mut().enumerate().take(last).skip(first) {
        let part = (to.min(at as f64 + 1.0) - from.max(at as f64)).max(0.0);
        *bin += amount * part / (to - from);
    }
}

/// Milliseconds between two times below a picture, of which four or so fit.
fn step(took: i64) -> i64 {
    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    let decades = (0..5).flat_map(|power| [1, 2, 5].map(|digit| digit * 10i64.pow(power)));
    let longer =
        [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR];
    let mut steps = decades.filter(|step| *step < MINUTE).chain(longer);
    steps.find(|step| took / step <= 5).unwrap_or(24 * HOUR * (took / (120 * HOUR) + 1))
}

fn ticks(facts: &Facts) -> impl Iterator<Item = i64> {
    let (took, step) = (facts.took(), step(facts.took()));
    (0..=took / step).map(move |number| number * step)
}

/// The times below a picture.
pub(super) fn axis(facts: &Facts) -> String {
    let tick = |time: i64| {
        let left = 100.0 * time as f64 / facts.took() as f64;
        let side = if left > 94.0 { " class=\"last\"" } else { "" };
        format!("<span{side} style=\"left:{left:.2}%\">{}</span>", moment(time))
    };
    format!("<div class=\"axis\">{}</div>", ticks(facts).map(tick).collect::<String>())
}

/// Lines where the times of the axis are.
fn grid(facts: &Facts) -> String {
    ticks(facts).map(|time| format!("M{:.1} 0v100", x(facts, facts.from + time))).collect()
}
