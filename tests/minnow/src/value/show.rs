//! Whole values as text, as `print` and messages show them. Long ones are cut: a server cuts
//! them too, at limits of its own `[U]`.
use std::fmt;

use super::{Dict, Table, Value, Vector, text};
use crate::script::Function;

/// Cells and rows shown at most.
const MOST: usize = 60;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Void => Ok(()),
            Value::Scalar(cell) => f.write_str(&text::cell(cell, 0)),
            Value::Vector(cells) => list(f, "[", "]", cells.len(), |row| quoted(cells, row)),
            Value::Pair(cells) => write!(f, "{}:{}", quoted(cells, 0), quoted(cells, 1)),
            Value::Tuple(items) => list(f, "(", ")", items.len(), |row| item(&items[row])),
            Value::Dict(dict) => lines(f, dict),
            Value::Table(table) => grid(f, table),
            Value::Dfs(table) => write!(f, "{}/{}", table.database().url, table.name()),
            Value::Database(database) => f.write_str(&database.url),
            Value::Function(function) => f.write_str(match &**function {
                Function::Partial { .. } => "partial function",
                _ => function.name(),
            }),
            Value::Code(code) => write!(f, "< {} >", code.text),
            Value::Handle(handle) => handle.fmt(f),
        }
    }
}

fn quoted(cells: &Vector, row: usize) -> String {
    let spelled = text::cell(cells, row);
    if cells.ty.is_text() { format!("\"{spelled}\"") } else { spelled }
}

fn item(value: &Value) -> String {
    match value {
        Value::Scalar(cells) => quoted(cells, 0),
        _ => value.to_string(),
    }
}

fn list(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    close: &str,
    len: usize,
    show: impl Fn(usize) -> String,
) -> fmt::Result {
    let shown: Vec<String> = (0..len.min(MOST)).map(show).collect();
    let more = if len > MOST { "..." } else { "" };
    write!(f, "{open}{}{more}{close}", shown.join(","))
}

fn lines(f: &mut fmt::Formatter<'_>, dict: &Dict) -> fmt::Result {
    let lines: Vec<String> = dict
        .values
        .iter()
        .enumerate()
        .map(|(row, value)| format!("{}->{}", text::cell(&dict.keys, row), item(value)))
        .collect();
    f.write_str(&lines.join("\n"))
}

/// Columns under their names, as wide as their longest cell.
fn grid(f: &mut fmt::Formatter<'_>, table: &Table) -> fmt::Result {
    let shown = table.rows().min(MOST);
    let mut lines = vec![String::new(); shown + 2];
    for (name, column) in table.names.iter().zip(&table.columns) {
        let cells: Vec<String> = (0..shown).map(|row| text::cell(column, row)).collect();
        let width = cells.iter().chain([name]).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let rule = "-".repeat(width);
        for (line, cell) in lines.iter_mut().zip([name, &rule].into_iter().chain(&cells)) {
            line.push_str(&format!("{cell:width$} "));
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    f.write_str(&lines.join("\n"))?;
    if table.rows() > shown { write!(f, "\n...") } else { Ok(()) }
}
