//! Numbers, times and foreign text as a page shows them.
use crate::cluster::{civil, clock};

/// `text` as part of a page: nothing in it is markup, and nothing turns what follows around.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(' '),
            c if c.is_control() || is_turning(c) => {
                safe += &format!("\\u{{{:x}}}", c as u32);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Whether a character changes the direction of text, so that a name could pose as another.
fn is_turning(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with three digits that count and the unit that fits, such as `1.23 GB`.
pub(super) fn bytes(number: f64) -> String {
    scaled(number, &[" B", " kB", " MB", " GB", " TB", " PB"])
}

/// As [`bytes`], of rows: `1.23 M`.
pub(super) fn short(number: f64) -> String {
    scaled(number, &["", " k", " M", " G", " T"])
}

fn scaled(number: f64, units: &[&str]) -> String {
    let (mut number, mut step) = (number, 0);
    while number >= 999.5 && step + 1 < units.len() {
        number /= 1000.0;
        step += 1;
    }
    let digits = match number {
        _ if step == 0 => 0,
        n if n < 9.995 => 2,
        n if n < 99.95 => 1,
        _ => 0,
    };
    format!("{number:.digits$}{}", units[step])
}

/// `0.42 s`, `3 min 20 s`, `2 h 05 min`.
pub(super) fn span(milliseconds: i64) -> String {
    let seconds = milliseconds as f64 / 1000.0;
    match seconds {
        s if s < 9.995 => format!("{s:.2} s"),
        s if s < 59.95 => format!("{s:.1} s"),
        s if s < 3599.5 => format!("{} min {:02} s", s.round() as u64 / 60, s.round() as u64 % 60),
        s => format!("{} h {:02} min", s as u64 / 3600, s as u64 / 60 % 60),
    }
}

/// A round time on an axis: `0`, `0.5 s`, `2 min`, `1 h 30 min`.
pub(super) fn moment(milliseconds: i64) -> String {
    match (milliseconds / 3_600_000, milliseconds / 60_000 % 60) {
        (0, 0) if milliseconds == 0 => "0".to_owned(),
        (0, 0) => format!("{} s", milliseconds as f64 / 1000.0),
        (0, minutes) if milliseconds % 60_000 == 0 => format!("{minutes} min"),
        (0, minutes) => format!("{minutes} min {} s", milliseconds % 60_000 / 1_000),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

/// `2026-11-22 16:15:03 UTC`.
pub(super) fn time(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1000);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let (hour, minute, second) = clock(seconds.rem_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}
