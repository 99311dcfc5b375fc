//! What stands in the columns of a table that a function returned.
use clustersync::data::Batch;

/// Every text of the column `name`.
pub fn texts(rows: &Batch, name: &str) -> Vec<String> {
    let column = rows.column(name).unwrap_or_else(|| panic!("no column {name}"));
    column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// The first row's text.
pub fn text(rows: &Batch, name: &str) -> String {
    texts(rows, name).into_iter().next().expect("a row")
}

/// The last row's text.
pub fn last_text(rows: &Batch, name: &str) -> String {
    texts(rows, name).pop().expect("a row")
}

/// The first row's number.
pub fn number(rows: &Batch, name: &str) -> i64 {
    let column = rows.column(name).unwrap_or_else(|| panic!("no column {name}"));
    column.integers().next().flatten().expect("a number")
}
