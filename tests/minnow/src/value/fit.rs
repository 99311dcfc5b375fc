//! Rows as the columns of a table take them: by position, converted within a category; names are
//! not looked at (dolphindb-semantics §4.4).
use std::sync::Arc;

use super::{Data, Table, Type, Vector};
use crate::error::{Class, Error, Result};

impl Table {
    /// The columns of these rows for a table with `columns`, given by name and type.
    pub fn fitted<'a>(
        &self,
        columns: impl ExactSizeIterator<Item = (&'a str, Type)>,
    ) -> Result<Vec<Arc<Vector>>> {
        if self.columns.len() != columns.len() {
            // As the manual's insert_data quotes it for tables in memory.
            return Err(Error::runtime(
                "The number of columns of the table to insert must be the same as that of the original table.",
            ));
        }
        if let Some(odd) = self.columns.iter().position(|column| column.len() != self.rows()) {
            return Err(Error::runtime(format!("The column [{}] has another length.", self.names[odd])));
        }
        self.columns.iter().zip(columns).map(|(given, (name, ty))| fit(given, name, ty)).collect()
    }
}

fn fit(given: &Arc<Vector>, name: &str, ty: Type) -> Result<Arc<Vector>> {
    if given.ty == ty {
        return Ok(filled(given.clone()));
    }
    if !same_category(given.ty, ty) {
        return Err(unfit(given, name, ty));
    }
    // A number that a decimal does not hold says so itself.
    let converted = given.cast(ty).map_err(|error| match ty.scale() {
        Some(_) => error,
        None => unfit(given, name, ty),
    });
    converted.map(|column| filled(Arc::new(column)))
}

/// An array vector whose empty rows have become `[NULL]`.
fn filled(column: Arc<Vector>) -> Arc<Vector> {
    match &column.data {
        Data::Rows(rows) => match rows.filled() {
            Some(rows) => Arc::new(Vector::new(column.ty, Data::Rows(Box::new(rows)))),
            None => column,
        },
        _ => column,
    }
}

/// What a column says of cells that it does not take.
pub fn unfit(given: &Vector, name: &str, ty: Type) -> Error {
    Error {
        class: Class::IncompatibleType,
        function: String::new(),
        text: format!(
            "The column [{name}] expects type of {}, but the actual type is {}. RefId:S05004",
            ty.name(),
            given.ty.name()
        ),
    }
}

fn same_category(given: Type, column: Type) -> bool {
    if let (Some(given), Some(column)) = (given.element(), column.element()) {
        return given == column || same_category(given, column);
    }
    given == Type::Void
        || column.is_decimal() && (given.is_decimal() || given.is_integral() || given.is_floating())
        || given.is_integral() && (column.is_integral() || column.is_floating())
        || given.is_floating() && column.is_floating()
        || given.is_temporal() && column.is_temporal()
        || given.is_text() && column.is_text()
}
