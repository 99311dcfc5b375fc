//! The table at the target that says who may write where: making, reading, adding, removing.
use crate::cluster::{Cluster, read, sql, sql::Rows};
use crate::data::{Batch, Column, Type};
use crate::error::{Error, Kind, Result};
use crate::model::TableName;

/// The database and the table, made by the first who needs them.
const DB: &str = "dfs://clusterSync";
const TABLE: &str = "leases";
const COLUMNS: [&str; 7] = ["dbPath", "tableName", "runId", "holder", "since", "expires", "beat"];

/// One row: a right, or the claim to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// The table that may be written to.
    pub(super) table: TableName,
    /// The run that may.
    pub(super) run: String,
    /// Whose run it is, for people.
    pub(super) holder: String,
    /// When it was claimed, in milliseconds of the target's clock.
    pub(super) since: i64,
    /// When it ends, unless a later row says otherwise.
    pub(super) expires: i64,
    /// Which sign of life of the run it is.
    pub(super) beat: i64,
}

/// The table that says who may write where.
pub fn name() -> TableName {
    TableName::new(DB, TABLE)
}

/// Makes the ledger if there is none.
pub(super) fn prepare(target: &mut (impl Cluster + ?Sized)) -> Result<()> {
    if exists(target)? {
        return Ok(());
    }
    // Opening a database that exists with the scheme that it has is allowed (dolphindb-semantics
    // §3.1). `createTable` is the name that old releases know. A handle cannot travel, so its type's
    // name is asked for.
    let db = format!("database({}, VALUE, 1..2)", sql::text(DB));
    let types = ["STRING", "STRING", "STRING", "STRING", "TIMESTAMP", "TIMESTAMP", "LONG"];
    let structure = format!("table(1:0, [{}], [{}])", quoted(&COLUMNS), quoted(&types));
    let made = target.query(&format!("typestr({db})")).and_then(|_| {
        let opened = format!("database({})", sql::text(DB));
        target.query(&format!("typestr(createTable({opened}, {structure}, {}))", sql::text(TABLE)))
    });
    match made {
        Ok(_) => Ok(()),
        // Somebody else was quicker.
        Err(_) if exists(target)? => Ok(()),
        Err(error) => {
            let doing = format!("the table {} of leases cannot be made on {}", name(), target.label());
            Err(Error::new(error.kind(), format!("{doing}: {}", error.message())).advise(format!(
                "let an administrator of that cluster run `createTable(database({}, VALUE, 1..2), {structure}, \
                 {})` and grant the user reading and writing there, or give the option `lease` as 0 and let \
                 only one node sync into a table",
                sql::text(DB),
                sql::text(TABLE)
            )))
        }
    }
}

/// Whether the ledger is there.
///
/// # Errors
/// When the target cannot be asked.
pub fn exists(target: &mut (impl Cluster + ?Sized)) -> Result<bool> {
    let answer = target.query(&format!("existsTable({}, {})", sql::text(DB), sql::text(TABLE)))?;
    answer.as_i64().map(|there| there != 0).ok_or_else(|| strange(target, "existsTable"))
}

/// Milliseconds since 1970 by the target's clock.
pub(super) fn clock(target: &mut (impl Cluster + ?Sized)) -> Result<i64> {
    let answer = target.query("now()")?;
    answer.as_i64().ok_or_else(|| strange(target, "now()"))
}

/// Every row.
pub(super) fn claims(target: &mut (impl Cluster + ?Sized)) -> Result<Vec<Claim>> {
    let (name, columns) = (name(), COLUMNS.map(str::to_owned));
    let rows = read(target, Rows::of(&name), &columns)?;
    let at = |index: usize| &rows.columns[index].1;
    let texts = |index: usize| {
        let column = at(index);
        column.ty.is_text().then(|| column.texts().map(|text| String::from_utf8_lossy(text).into_owned()))
    };
    let numbers = |index: usize| at(index).integers().map(|number| number.unwrap_or(i64::MIN));
    let ((Some(dbs), Some(tables)), (Some(runs), Some(holders))) =
        ((texts(0), texts(1)), (texts(2), texts(3)))
    else {
        return Err(strange(target, "its table of leases"));
    };
    let tables = dbs.zip(tables).map(|(db, table)| TableName { db, table });
    let times = numbers(4).zip(numbers(5)).zip(numbers(6));
    let rows = tables.zip(runs.zip(holders)).zip(times);
    Ok(rows
        .map(|((table, (run, holder)), ((since, expires), beat))| Claim {
            table,
            run,
            holder,
            since,
            expires,
            beat,
        })
        .collect())
}

/// Adds `claims` as one transaction.
pub(super) fn add(target: &mut (impl Cluster + ?Sized), claims: &[Claim]) -> Result<()> {
    let texts = |text: fn(&Claim) -> &str| Column::text(Type::String, claims.iter().map(text));
    let numbers = |ty, number: fn(&Claim) -> i64| {
        let cells: Vec<u8> = claims.iter().flat_map(|claim| number(claim).to_le_bytes()).collect();
        Column::fixed(ty, cells)
    };
    let columns = [
        texts(|claim| &claim.table.db),
        texts(|claim| &claim.table.table),
        texts(|claim| &claim.run),
        texts(|claim| &claim.holder),
        numbers(Type::Timestamp, |claim| claim.since),
        numbers(Type::Timestamp, |claim| claim.expires),
        numbers(Type::Long, |claim| claim.beat),
    ];
    let columns = COLUMNS.iter().map(|name| (*name).to_owned()).zip(columns).collect();
    match target.append(&name(), &Batch { rows: claims.len(), columns })? {
        stored if stored == claims.len() as u64 => Ok(()),
        stored => Err(Error::new(
            Kind::Mismatch,
            format!("{} stored {stored} of {} leases", target.label(), claims.len()),
        )
        .advise("look into that server's log")),
    }
}

/// Removes the rows of `runs`; with `before`, only those of earlier beats.
pub(super) fn remove(target: &mut (impl Cluster + ?Sized), runs: &[&str], before: Option<i64>) -> Result<()> {
    let earlier = before.map(|beat| format!(", beat < {beat}")).unwrap_or_default();
    let from = sql::load_table(&name());
    target.query(&format!("delete from {from} where runId in [{}]{earlier}", quoted(runs))).map(drop)
}

fn quoted(texts: &[&str]) -> String {
    texts.iter().map(|text| sql::text(text)).collect::<Vec<_>>().join(",")
}

fn strange(target: &(impl Cluster + ?Sized), question: &str) -> Error {
    Error::new(Kind::Protocol, format!("{} gave no usable answer to {question}", target.label()))
        .advise("report this with the server's release")
}
