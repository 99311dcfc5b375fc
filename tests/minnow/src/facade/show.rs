//! Values as text, for `getString`.
use crate::value::{Data, Value, Vector};

/// The text of a scalar, or a short description of anything larger.
pub fn text(value: &Value) -> String {
    match value {
        Value::Void => String::new(),
        Value::Scalar(cell) => cell_text(cell, 0),
        Value::Vector(cells) => format!("[{}]", joined(cells, ",")),
        Value::Pair(cells) => joined(cells, " : "),
        Value::Tuple(cells) => format!("({})", cells.iter().map(text).collect::<Vec<_>>().join(",")),
        Value::Dict(dict) => (0..dict.values.len())
            .map(|index| format!("{}->{}\n", cell_text(&dict.keys, index), text(&dict.values[index])))
            .collect(),
        Value::Table(table) => format!("table({} rows, {})", table.rows(), table.names.join(",")),
        Value::Dfs(_) => "distributed table".into(),
        Value::Database(_) => "database".into(),
        Value::Function(function) => function.name().to_owned(),
        Value::Code(code) => format!("< {} >", code.text),
    }
}

fn joined(cells: &Vector, separator: &str) -> String {
    (0..cells.len()).map(|index| cell_text(cells, index)).collect::<Vec<_>>().join(separator)
}

fn cell_text(cells: &Vector, index: usize) -> String {
    if cells.is_null(index) {
        return String::new();
    }
    match &cells.data {
        Data::F32(values) => values[index].to_string(),
        Data::F64(values) => values[index].to_string(),
        Data::Text(texts) => String::from_utf8_lossy(texts.get(index)).into_owned(),
        Data::B16(values) => values[index].iter().rev().map(|byte| format!("{byte:02x}")).collect(),
        _ => cells.integer(index).map_or_else(String::new, |number| number.to_string()),
    }
}
