//! Which partitions of a level a condition on its column can touch.
use super::{Level, OUTSIDE, Scheme, refines};
use crate::store::Comparison;
use crate::value::{Type, Vector, calendar};

/// What a cell covers on its axis: from its start until before the next cell's.
type Span = (i128, i128);

impl Level {
    /// The partitions that may hold a row whose key (of the type `column`) compares so with the
    /// constants; `None` when that cannot be told.
    pub fn touched(&self, column: Type, how: Comparison, constants: &Vector) -> Option<Vec<u32>> {
        if how == Comparison::In && self.tells_apart(column, constants.ty) {
            let mut numbers = self.assign(constants).ok()?;
            numbers.retain(|number| (*number as usize) < self.count() && *number != OUTSIDE);
            return Some(numbers);
        }
        let spans = spans(constants)?;
        let comparable = kind(self.ty()).is_some() && kind(self.ty()) == kind(constants.ty);
        if !comparable || matches!(self.scheme, Scheme::Hash { .. }) {
            return None;
        }
        let coarse = constants.ty.is_temporal() && !refines(constants.ty, column);
        let meets = |own: Span| spans.iter().any(|constant| may_hold(own, how, *constant, coarse));
        Some((0..self.count() as u32).filter(|number| self.span(*number).is_none_or(meets)).collect())
    }

    /// Whether equal keys are in the partition of the constant.
    fn tells_apart(&self, column: Type, constant: Type) -> bool {
        let scheme = self.ty();
        let same_family =
            scheme.is_text() && constant.is_text() || scheme.is_integral() && constant.is_integral();
        match self.scheme {
            Scheme::Hash { .. } => same_family || constant == column && column == scheme,
            _ => same_family || refines(constant, scheme),
        }
    }

    fn span(&self, number: u32) -> Option<Span> {
        let row = number as usize;
        match &self.scheme {
            Scheme::Value(elements) => span_of(elements, row),
            Scheme::Range(bounds) => Some((span_of(bounds, row)?.0, span_of(bounds, row + 1)?.0)),
            Scheme::Hash { .. } | Scheme::List(_) => None,
        }
    }
}

/// Only numbers of one kind compare: integers, moments, times of day.
fn kind(ty: Type) -> Option<(bool, bool)> {
    (ty.is_temporal() || ty.is_integral()).then(|| (ty.is_temporal(), calendar::is_clock(ty)))
}

fn spans(constants: &Vector) -> Option<Vec<Span>> {
    (0..constants.len()).map(|row| span_of(constants, row)).collect()
}

fn span_of(cells: &Vector, row: usize) -> Option<Span> {
    let cell = cells.integer(row)?;
    Some((start(cells.ty, cell), start(cells.ty, cell + 1)))
}

fn start(ty: Type, cell: i64) -> i128 {
    let cell_of_days = |days: i64| i128::from(days) * i128::from(calendar::NANOS_PER_DAY);
    match calendar::tick(ty) {
        Some(tick) => i128::from(cell) * i128::from(tick),
        None if ty == Type::Month => {
            cell_of_days(calendar::days(cell.div_euclid(12), cell.rem_euclid(12) + 1, 1))
        }
        None => i128::from(cell),
    }
}

/// A constant coarser than the column may count from its start or as a whole: then it is taken at
/// whichever end reads more.
fn may_hold(own: Span, how: Comparison, constant: Span, coarse: bool) -> bool {
    match how {
        Comparison::In => own.0 < constant.1 && own.1 > constant.0,
        Comparison::Less if !coarse => own.0 < constant.0,
        Comparison::Less | Comparison::LessOrEqual => own.0 < constant.1,
        Comparison::Greater if !coarse => own.1 > constant.1,
        Comparison::Greater | Comparison::GreaterOrEqual => own.1 > constant.0,
    }
}
