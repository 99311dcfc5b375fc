//! `verifyRows`: which rows are not the same on two clusters.
use super::site::{connected, drafts};
use crate::cluster::{Host, describe};
use crate::data::{Batch, Column, Datum, Type};
use crate::engine::{Connect, OddRow, Side, Slicing, Wanted, drill, look};
use crate::error::Result;
use crate::journal::Left;
use crate::model::{ColumnDef, Mode};
use crate::plan::Draft;
use crate::plugin::call::arguments::{argument, text};
use crate::plugin::call::request::Request;
use crate::plugin::node::config;

/// Its parameters as the manual writes them.
pub(in crate::plugin) const VERIFY_ROWS: &str =
    "clusterSync::verifyRows(remote, dbPath, tableName, [filter], [options])";

/// Compares, and shows the first rows that differ.
pub(in crate::plugin) fn verify_rows(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    text(args, 2, "tableName", VERIFY_ROWS)?;
    let args = &config::online(host, args)?;
    let request = Request::parse("verifyRows", VERIFY_ROWS, args)?;
    connected(host, argument(args, 0), &request, |host, site, connect| {
        let (drafts, _) = drafts(host, &request, site, connect)?;
        show(host, &drafts[0], &request, connect)
    })
}

/// One row per row that one side has more often than the other, in the table's own columns.
pub(in crate::plugin) fn show(
    host: &mut dyn Host,
    draft: &Draft,
    request: &Request,
    connect: Connect,
) -> Result<Datum> {
    let (options, table) = (&request.options, &draft.table);
    let columns = describe(host, table)?.columns;
    let slicing = Slicing { mode: Mode::VerifyOnly, keys: &[], left: &Left::default() };
    let (draft, looks) = look(host, draft.clone(), connect, options.limits, slicing)?;
    let draft = &draft;
    // One more than is shown tells whether there are more.
    let wanted = Wanted { keys: &options.keys, most: options.rows + 1 };
    let mut found = drill(host, draft, &looks, wanted, connect, options.limits)?;
    let more = if found.len() > options.rows { ", and there are more" } else { "" };
    found.truncate(options.rows);
    host.print(&format!("{table}: {} rows that differ{more}", found.len()));
    if looks.strangers > 0 {
        let (count, target) = (looks.strangers, &draft.target);
        host.print(&format!("{table}: {target} has {count} rows more in partitions that the source lacks"));
    }
    Ok(report(draft, &columns, &found))
}

fn report(draft: &Draft, columns: &[ColumnDef], found: &[OddRow]) -> Datum {
    // A table cannot have two columns of one name.
    let named = |name: &str| match draft.columns.iter().any(|own| own == name) {
        true => format!("{name}_"),
        false => name.to_owned(),
    };
    let texts = |text: &dyn Fn(&OddRow) -> String| Column::text(Type::String, found.iter().map(text));
    let mut shown = vec![
        (named("partition"), texts(&|row| draft.units[row.unit].to_string())),
        (named("status"), texts(&|row| status(row).to_owned())),
        (named("side"), texts(&|row| side(row).to_owned())),
    ];
    for (at, name) in draft.columns.iter().enumerate() {
        let ty = columns.iter().find(|column| column.name == *name).map_or(Type::String, |column| column.ty);
        // SYMBOL and STRING may be the two sides of one column.
        let ty = if ty.is_text() { Type::String } else { ty };
        shown.push((name.clone(), Column::of(ty, found.iter().map(|row| &row.cells[at]))));
    }
    Datum::Table(Batch { rows: found.len(), columns: shown })
}

fn status(row: &OddRow) -> &'static str {
    match (row.is_paired, row.side) {
        (true, _) => "DIFFERENT",
        (false, Side::Source) => "MISSING",
        (false, Side::Target) => "EXTRA",
    }
}

fn side(row: &OddRow) -> &'static str {
    match row.side {
        Side::Source => "source",
        Side::Target => "target",
    }
}
