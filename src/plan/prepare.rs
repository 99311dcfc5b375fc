//! Makes a draft from the structures of both sides.
use super::axis::{Line, line};
use super::create::{self, Creation, Foreseen};
use super::drift::Drift;
use super::naming::{Choice, unsorted};
use super::partitions::{grows, lacking};
use super::rights::{rights, with_rights};
use super::window::{self, Asked, End, Point, fold};
use super::{Counterpart, Deed, Draft, Finding, compare, some_of, storage};
use crate::cluster::{Cluster, count, describe, flaw, release, sql, sql::Rows};
use crate::data::Type;
use crate::error::{Error, Kind, Result};
use crate::journal::Rename;
use crate::model::{ColumnDef, Level, Scheme, TableName, TableSchema, Unit, Window};

/// Which rows of a table are synced.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those that pass this condition; all without one.
    pub filter: Option<String>,
    /// Those in this window; all without one.
    pub window: Option<Asked>,
    /// Whether partitions that the target lacks are made, rather than named.
    pub makes: bool,
    /// Whether the database and the table are made if the target lacks them.
    pub creates: bool,
    /// What becomes of columns that only one side has.
    pub drift: Drift,
    /// Whether numbers may go into columns of a wider type.
    pub widens: bool,
    /// These columns; all without a choice.
    pub columns: Option<Vec<String>>,
    /// What the target calls otherwise.
    pub rename: Rename,
    /// What becomes of the table at the target, so that its user must be allowed to; making what is
    /// missing comes on top. Nothing where nothing is written.
    pub deeds: Vec<Deed>,
    /// What the run does besides.
    pub besides: Vec<(Deed, TableName)>,
}

/// The draft for syncing the rows of `table` that are `wanted`. Nothing is written.
///
/// # Errors
/// `NotFound` for a missing database or table, `Argument` for a filter that the source cannot
/// evaluate, `Schema` when the tables do not fit, naming everything found at once.
pub fn prepare(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    table: &TableName,
    wanted: &Wanted,
) -> Result<Draft> {
    let filter = wanted.filter.as_deref();
    let ours = describe(source, table)?;
    require_filter(source, table, filter)?;
    let column = wanted.window.as_ref().map(|asked| asked.column.as_str());
    let columns = wanted.columns.as_deref();
    let choice = Choice { columns, rename: &wanted.rename, filter, window: column };
    let (mut counterpart, mut misfits) = choice.counterpart(table, &ours);
    let (seen, name) = (choice.seen(&ours, &counterpart.naming), counterpart.table.clone());
    let (mut theirs, mut creation, more) =
        there(source, target, (table, &seen, &counterpart), wanted.creates).map_err(|error| {
            with_rights(error, target, &deeds(wanted, &name, &Creation::default(), false))
        })?;
    misfits.extend(more);
    let drifted = wanted.drift.settle(&choice, &ours, &counterpart, &theirs);
    misfits.extend(drifted.findings);
    theirs.columns.extend(drifted.addition.iter().flat_map(|addition| addition.columns.clone()));
    creation.addition = drifted.addition;
    let choice = Choice { columns: drifted.columns.as_deref().or(columns), ..choice };
    let seen = choice.seen(&ours, &counterpart.naming);
    counterpart.blanks = choice.blanks(&seen, &mut theirs);
    misfits.extend(unsorted(&theirs, &seen));
    let (seen, widened) = if wanted.widens { widened(seen, &theirs) } else { (seen, Vec::new()) };
    let lacks = lacking(&seen, &theirs)?;
    let (makes, policy) = if wanted.makes { (true, None) } else { grows(target, &name, &lacks, &creation)? };
    misfits.extend(compare(&name, &seen, &theirs, makes)?);
    misfits.extend(policy);
    let mut deeds = deeds(wanted, &name, &creation, makes && !lacks.is_empty());
    deeds.iter_mut().for_each(|(deed, _)| *deed = deed.to_table_of(&theirs));
    let known = rights(target, &deeds);
    misfits.extend(known.findings);
    let asked = wanted.window.as_ref().map(|asked| settled(source, table, asked, &ours)).transpose()?;
    let window = asked.as_ref().map(|asked| fold(asked, &ours)).transpose();
    let window = window.unwrap_or_else(|finding| {
        misfits.push(finding);
        None
    });
    let mut units = window::units(&ours, window.as_ref())?;
    units.iter_mut().for_each(|unit| unit.is_new = creation.table.is_some());
    let makes = match makes && misfits.is_empty() {
        true => made(&name, &seen, &theirs, &mut units, &mut misfits)?,
        false => Vec::new(),
    };
    if !misfits.is_empty() {
        return Err(refusal(table, target, misfits));
    }
    let mut notes = storage::notes(&seen, &theirs);
    notes.extend(age_note(source).into_iter().chain(age_note(target)));
    notes.extend(creation.notes.iter().cloned());
    notes.extend(drifted.notes);
    notes.extend(known.notes);
    notes.extend(blank_note(&counterpart));
    notes.extend(wide_note(&widened));
    let naming = &counterpart.naming;
    let named = |(column, ty): (ColumnDef, Type)| (naming.here(&column.name).to_owned(), ty);
    counterpart.widened = widened.into_iter().map(named).collect();
    let limits = storage::limits(&theirs);
    counterpart.limits = limits.map(|(column, most)| (naming.here(column).to_owned(), most)).collect();
    if let Some(window) = &window {
        notes.extend(window_notes(source, wanted, window, table, &ours)?);
    }
    Ok(Draft {
        table: table.clone(),
        target: target.label().to_owned(),
        destination: target.label().to_owned(),
        columns: theirs
            .columns
            .iter()
            .map(|column| counterpart.naming.here(&column.name).to_owned())
            .collect(),
        filter: wanted.filter.clone(),
        window,
        units,
        creation,
        makes,
        remembered: None,
        marks: Vec::new(),
        notes,
        counterpart,
    })
}

/// What the run does at the target, of which making a database gives every right in it.
fn deeds(wanted: &Wanted, table: &TableName, creation: &Creation, grows: bool) -> Vec<(Deed, TableName)> {
    if wanted.deeds.is_empty() {
        return Vec::new();
    }
    let mut deeds = match (&creation.database, &creation.table) {
        (Some(_), _) => vec![Deed::MakeDatabase],
        (None, Some(_)) => vec![Deed::MakeTables],
        (None, None) => wanted.deeds.clone(),
    };
    if creation.database.is_none() {
        let is_changed = creation.addition.is_some() || !creation.comments.is_empty();
        deeds.extend((is_changed && creation.table.is_none()).then_some(Deed::MakeTables));
        deeds.extend(grows.then_some(Deed::MakePartitions));
    }
    let own = deeds.into_iter().map(|deed| (deed, table.clone()));
    own.chain(wanted.besides.iter().cloned()).collect()
}

/// The target's structure as it is, or as it is going to be once it is made.
fn there(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    (table, seen, counterpart): (&TableName, &TableSchema, &Counterpart),
    creates: bool,
) -> Result<(TableSchema, Creation, Vec<Finding>)> {
    let theirs = describe(target, &counterpart.table);
    if !creates {
        let hint = "use the option `createIfMissing`, or create it at the target first";
        let told = |error: Error| match error.kind() {
            Kind::NotFound => Error::new(Kind::NotFound, error.message()).advise(hint),
            _ => error,
        };
        return Ok((theirs.map_err(told)?, Creation::default(), Vec::new()));
    }
    match create::found(theirs)? {
        Some(theirs) => {
            Ok((theirs, create::uncommented(source, target, (table, seen, counterpart))?, Vec::new()))
        }
        None => {
            let Foreseen { schema, creation, findings } =
                create::foresee(source, target, (table, seen, counterpart))?;
            Ok((schema, creation, findings))
        }
    }
}

/// The calls that make what the target lacks, and which units are new there by them.
fn made(
    table: &TableName,
    ours: &TableSchema,
    theirs: &TableSchema,
    units: &mut [Unit],
    misfits: &mut Vec<Finding>,
) -> Result<Vec<String>> {
    let mut calls = Vec::new();
    for lack in lacking(ours, theirs)? {
        match lack.calls(table) {
            Ok(more) => calls.extend(more),
            Err(finding) => misfits.push(finding),
        }
        units.iter_mut().for_each(|unit| unit.is_new |= lack.holds(unit));
    }
    Ok(calls)
}

/// No clock tells where numbers end now: their largest one does.
fn settled(
    source: &mut dyn Cluster,
    table: &TableName,
    asked: &Asked,
    schema: &TableSchema,
) -> Result<Asked> {
    let column = schema.column(&asked.column).filter(|column| line(column.ty) == Some(Line::Numbers));
    let (Some(column), Some(End::Now(_))) = (column, asked.to) else { return Ok(asked.clone()) };
    let (name, from) = (sql::column(&column.name), sql::load_table(table));
    let last = source.query(&format!("exec max({name}) from {from}"))?.as_i64();
    let to = last.map(|last| End::At(Point { ty: column.ty, value: last.saturating_add(1) }));
    Ok(Asked { to, ..asked.clone() })
}

/// What a window means that its ends do not say.
fn window_notes(
    source: &mut dyn Cluster,
    wanted: &Wanted,
    window: &Window,
    table: &TableName,
    schema: &TableSchema,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let asked = wanted.window.as_ref().and_then(|asked| asked.to);
    if let (Some(End::Now(_)), Some(to)) = (asked, &window.to)
        && line(to.ty) != Some(Line::Numbers)
    {
        notes.push("the window ends now by the clock of this node".into());
    }
    // A NULL reaches no partition of VALUE or RANGE (dolphindb-semantics §3.2).
    let is_free = |level: &Level| level.column != window.column || matches!(level.scheme, Scheme::Hash(_));
    if schema.levels.iter().all(is_free) {
        let null = format!("isNull({})", sql::column(&window.column));
        let condition =
            wanted.filter.as_ref().map_or(null.clone(), |filter| format!("{null} and ({filter})"));
        let without = count(source, Rows::of(table).passing(Some(&condition)))?;
        if without > 0 {
            notes.push(format!("{without} rows have no `{}` and are in no window", window.column));
        }
    }
    Ok(notes)
}

/// The structure with wider types where the target has them, and what changed by that.
fn widened(mut seen: TableSchema, theirs: &TableSchema) -> (TableSchema, Vec<(ColumnDef, Type)>) {
    let mut wide = Vec::new();
    for column in &mut seen.columns {
        let wider = theirs.column(&column.name).map(|other| other.ty).filter(|ty| column.ty.widens_to(*ty));
        if let Some(ty) = wider {
            wide.push((column.clone(), ty));
            column.ty = ty;
        }
    }
    (seen, wide)
}

fn wide_note(widened: &[(ColumnDef, Type)]) -> Option<String> {
    let shown = |(column, ty): &(ColumnDef, Type)| {
        format!("`{}` from {} to {}", column.name, column.ty.name(), ty.name())
    };
    let all: Vec<String> = widened.iter().map(shown).collect();
    (!all.is_empty()).then(|| format!("numbers become wider: {}", some_of(&all)))
}

/// What `side` may do otherwise than this version knows. What it knows of releases is in the types and
/// the calls: what one of them lacks is refused by its name.
fn age_note(side: &mut dyn Cluster) -> Option<String> {
    let release = release(side).ok().filter(|release| !release.is_known())?;
    Some(format!("{} is of release {release}, which this version has not been made for", side.label()))
}

/// What becomes of the target's columns that are not synced.
fn blank_note(counterpart: &Counterpart) -> Option<String> {
    let blank = counterpart.blank();
    (!blank.is_empty()).then(|| format!("{} get no values at the target", some_of(&blank)))
}

/// The table is known to exist, so if it cannot be counted with a filter, the filter is the cause.
fn require_filter(source: &mut dyn Cluster, table: &TableName, filter: Option<&str>) -> Result<()> {
    let blame = |filter: &str, why: &str| {
        Error::new(Kind::Argument, format!("the filter `{filter}` cannot be evaluated on {table}: {why}"))
            .advise("give one condition over the table's columns, as after `where`")
    };
    if let Some((filter, why)) = filter.and_then(|filter| Some((filter, flaw(filter)?))) {
        return Err(blame(filter, &why));
    }
    count(source, Rows::of(table).passing(filter)).map(drop).map_err(|error| match (filter, error.kind()) {
        (Some(filter), Kind::Server | Kind::Protocol | Kind::Argument) => blame(filter, error.message()),
        _ => error,
    })
}

fn refusal(table: &TableName, target: &dyn Cluster, findings: Vec<Finding>) -> Error {
    let whats: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
    let mut fixes: Vec<&str> = findings.iter().map(|finding| finding.fix.as_str()).collect();
    fixes.dedup();
    let target = target.label();
    let message = format!("{table} cannot be synced to {target}: {}", whats.join(", "));
    Error::new(Kind::Schema, message).advise(fixes.join(", "))
}
