//! From what a user says about a window to its literals, and to the partitions that it meets.
use super::Finding;
use super::axis::{Line, from, holding, line, start};
use crate::cluster::{keys, literal};
use crate::data::{Column, Type};
use crate::error::Result;
use crate::model::{Bound, Level, PartitionKey, Scheme, TableSchema, Unit, Window};

/// A value of a type: an end of a window before it is told in the column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its type.
    pub ty: Type,
    /// The cell, as the server stores it.
    pub value: i64,
}

/// Where a window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Before this value.
    At(Point),
    /// Before the cell that holds this moment, since that one may still get rows.
    Now(Point),
}

/// How far before a watermark a window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookBack {
    /// Nanoseconds, for columns of time.
    Time(i64),
    /// Steps of one, for numbers.
    Steps(i64),
}

/// A window as asked for, each value evaluated once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The column.
    pub column: String,
    /// The first value.
    pub from: Option<Point>,
    /// Up to where earlier runs verified everything; counts where there is no `from`.
    pub watermark: Option<Point>,
    /// How far before the watermark the window begins.
    pub look_back: LookBack,
    /// The end; without one everything from the first value on.
    pub to: Option<End>,
}

/// The window in the type of its column, which belongs to a table of this structure.
///
/// # Errors
/// Why there is none.
pub fn fold(asked: &Asked, schema: &TableSchema) -> std::result::Result<Window, Finding> {
    let name = &asked.column;
    let column = schema.column(name).ok_or_else(|| {
        Finding::new(format!("there is no column `{name}` for the window"), "name a column of the table")
    })?;
    let fold = Fold { name, ty: column.ty, line: line(column.ty).ok_or_else(|| unordered(name, column.ty))? };
    let first = match (asked.from, asked.watermark) {
        (Some(point), _) => Some(from(fold.ty, fold.place(point)?)),
        (None, Some(mark)) => Some(holding(fold.ty, fold.back(fold.place(mark)?, asked.look_back)?)),
        (None, None) => None,
    };
    let end = match asked.to {
        Some(End::At(point)) => Some(from(fold.ty, fold.place(point)?)),
        Some(End::Now(point)) => Some(holding(fold.ty, fold.place(point)?)),
        None => None,
    };
    let bound = |cell: Option<Option<i64>>| cell.map(|cell| fold.bound(cell)).transpose();
    let window = Window { column: name.clone(), from: bound(first)?, to: bound(end)? };
    match (&window.from, &window.to) {
        (Some(first), Some(end)) if first.value >= end.value => Err(Finding::new(
            format!("the window {window} holds no value"),
            "correct `from` and `to`, or the clock of this node if it went back behind the watermark",
        )),
        _ => Ok(window),
    }
}

fn unordered(name: &str, ty: Type) -> Finding {
    let what = format!("a window cannot be told by `{name}`, which is {}", ty.name());
    Finding::new(what, "name a column of whole numbers, dates or times")
}

/// The column that a window is told in.
struct Fold<'a> {
    name: &'a str,
    ty: Type,
    line: Line,
}

impl Fold<'_> {
    fn place(&self, point: Point) -> std::result::Result<i128, Finding> {
        match line(point.ty) == Some(self.line) {
            true => Ok(start(point.ty, point.value)),
            false => Err(Finding::new(
                format!(
                    "`{}` is {} and cannot be compared with {}",
                    self.name,
                    self.ty.name(),
                    point.ty.name()
                ),
                "give `from` and `to` of the column's own type",
            )),
        }
    }

    fn back(&self, mark: i128, by: LookBack) -> std::result::Result<i128, Finding> {
        match (self.line, by) {
            (_, LookBack::Time(0) | LookBack::Steps(0)) => Ok(mark),
            (Line::Numbers, LookBack::Steps(by)) | (Line::Moments | Line::Clock, LookBack::Time(by)) => {
                Ok(mark - i128::from(by))
            }
            _ => Err(Finding::new(
                format!("`lookBack` does not suit `{}`, which is {}", self.name, self.ty.name()),
                "give a time such as \"2d\" for columns of time, a whole number for numbers",
            )),
        }
    }

    fn bound(&self, cell: Option<i64>) -> std::result::Result<Bound, Finding> {
        let told =
            cell.and_then(|value| Some(Bound { ty: self.ty, value, literal: literal(self.ty, value)? }));
        told.ok_or_else(|| {
            let what = format!("an end of the window is no {} that `{}` can hold", self.ty.name(), self.name);
            Finding::new(what, "correct `from`, `to` or `lookBack`")
        })
    }
}

/// How much of a partition a window takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Nothing,
    Part,
    All,
}

/// The partitions of a table that `window` meets, the outermost level slowest.
///
/// # Errors
/// When a scheme holds a value that no script can write.
pub(super) fn units(schema: &TableSchema, window: Option<&Window>) -> Result<Vec<Unit>> {
    let mut units = vec![Unit { is_cut: window.is_some(), ..Unit::default() }];
    for level in &schema.levels {
        let met: Vec<(PartitionKey, Share)> = keys(level)?
            .into_iter()
            .zip(shares(level, window))
            .filter(|(_, share)| *share != Share::Nothing)
            .collect();
        let longer = |unit: Unit| {
            met.iter().map(move |(key, share)| Unit {
                keys: unit.keys.iter().chain([key]).cloned().collect(),
                is_cut: unit.is_cut && *share != Share::All,
                is_new: false,
                slice: None,
            })
        };
        units = units.into_iter().flat_map(longer).collect();
    }
    Ok(units)
}

/// How much the window takes of each partition of the level, in the level's order. A scheme may be
/// coarser than its column (dolphindb-semantics §3.1).
fn shares(level: &Level, window: Option<&Window>) -> Vec<Share> {
    let part = |count: usize| vec![Share::Part; count];
    let (cells, is_range) = match &level.scheme {
        Scheme::Value(cells) => (cells, false),
        Scheme::Range(cells) => (cells, true),
        Scheme::Hash(buckets) => return part(*buckets),
        Scheme::List(lists) => return part(lists.len()),
    };
    let count = cells.rows - usize::from(is_range);
    let Some(window) = window.filter(|window| tells(level, window)) else { return part(count) };
    let starts: Option<Vec<(i128, i128)>> = ends(cells);
    let Some(starts) = starts.filter(|starts| starts.len() == cells.rows) else { return part(count) };
    let spans: Vec<(i128, i128)> = match is_range {
        true => starts.windows(2).map(|pair| (pair[0].0, pair[1].0)).collect(),
        false => starts,
    };
    spans.into_iter().map(|span| share(span, window)).collect()
}

/// Whether the level's partitions lie on the window's line. Numbers compare across their widths.
fn tells(level: &Level, window: &Window) -> bool {
    let bound = window.from.as_ref().or(window.to.as_ref());
    level.column == window.column
        && bound.is_some_and(|bound| line(bound.ty).is_some() && line(bound.ty) == line(level.ty))
}

/// Where every cell starts and ends.
fn ends(cells: &Column) -> Option<Vec<(i128, i128)>> {
    let span = |cell: i64| (start(cells.ty, cell), start(cells.ty, cell + 1));
    cells.integers().map(|cell| cell.map(span)).collect()
}

fn share((first, end): (i128, i128), window: &Window) -> Share {
    let from = window.from.as_ref().map_or(i128::MIN, |bound| start(bound.ty, bound.value));
    let to = window.to.as_ref().map_or(i128::MAX, |bound| start(bound.ty, bound.value));
    match (first, end) {
        _ if end <= from || first >= to => Share::Nothing,
        _ if from <= first && end <= to => Share::All,
        _ => Share::Part,
    }
}

#[cfg(test)]
mod tests;
