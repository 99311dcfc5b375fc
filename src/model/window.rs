//! A half-open range of the values of one column.
use std::fmt;

use crate::data::Type;

/// One end of a window, in the type of the window's column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The type of the column.
    pub ty: Type,
    /// The cell, as the server stores it.
    pub value: i64,
    /// The cell as a script literal.
    pub literal: String,
}

/// The rows whose `column` is not before `from` and before `to`. A row without a value is in no window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The column.
    pub column: String,
    /// The first value; no limit without one.
    pub from: Option<Bound>,
    /// The first value after the last one; no limit without one.
    pub to: Option<Bound>,
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |bound: &Option<Bound>| bound.as_ref().map_or("..".into(), |bound| bound.literal.clone());
        write!(f, "{} in [{}, {})", self.column, end(&self.from), end(&self.to))
    }
}
