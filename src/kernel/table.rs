//! Tables in the server's memory.
use super::answer::{self, ask};
use super::cell;
use super::column::Column;
use super::sys::*;
use super::value::Value;
use crate::data::Batch;
use crate::error::{Error, Kind, Result};

/// A table whose columns are in memory.
pub(super) struct Table(pub Value);

impl Table {
    /// Every column as it lies in the server.
    pub fn read(&self) -> Result<Batch> {
        let rows = self.rows()?;
        let columns = (0..self.columns()?).map(|index| {
            let name = self.name(index)?;
            let column = self.column(index, &name, rows)?.read()?;
            Ok((name, column))
        });
        Ok(Batch { rows, columns: columns.collect::<Result<_>>()? })
    }

    pub fn rows(&self) -> Result<usize> {
        // SAFETY: the table is live and on its thread, as having the value proves.
        ask(0, |failure, out| unsafe { cs_rows(self.0.raw(), failure, out) }).map(|rows| rows.max(0) as usize)
    }

    pub fn columns(&self) -> Result<i32> {
        // SAFETY: as in `rows`.
        ask(0, |failure, out| unsafe { cs_columns(self.0.raw(), failure, out) })
    }

    fn name(&self, index: i32) -> Result<String> {
        // SAFETY: as in `rows`.
        ask(cs_text::default(), |failure, out| unsafe { cs_column_name(self.0.raw(), index, failure, out) })
            .map(answer::take)
    }

    fn column(&self, index: i32, name: &str, rows: usize) -> Result<Column> {
        // SAFETY: as in `rows`.
        let value =
            ask(cs_value::default(), |failure, out| unsafe { cs_column(self.0.raw(), index, failure, out) })?;
        let value = Value::adopt(value);
        let ty = value.ty()?.ok_or_else(|| unsupported(name, value.type_id()))?;
        cell::require(ty).map_err(|error| error.context(format!("column `{name}`")))?;
        Ok(Column::new(value, ty, rows))
    }
}

fn unsupported(name: &str, id: i32) -> Error {
    Error::new(Kind::Schema, format!("column `{name}` has the type number {id}, which cannot be synced"))
        .advise("leave the table out of the sync")
}
