//! `verify` and `fingerprint`: whether two clusters hold the same, and what one holds.
use super::site::{drafts, held};
use super::sync::sync;
use super::targets::{self, Aim};
use crate::cluster::{Host, describe, read, sql::Rows, units, units_at};
use crate::data::{Datum, Fingerprint};
use crate::engine::{Connect, Slicing, look};
use crate::error::Result;
use crate::journal::{Left, Method};
use crate::model::{Mode, TableName};
use crate::online;
use crate::plan::{Draft, Look};
use crate::plugin::call::arguments::{argument, optional_text, text, usage};
use crate::plugin::call::request::{Request, database};
use crate::plugin::call::table::{longs, table, texts};
use crate::plugin::node::config;
use crate::plugin::runs::background;

/// The parameters of each function as the manual writes them.
pub(in crate::plugin) const VERIFY: &str =
    "clusterSync::verify(remote, dbPath, [tableName], [filter], [options])";
pub(in crate::plugin) const FINGERPRINT: &str =
    "clusterSync::fingerprint(dbPath, tableName, [filter], [columns], [partition])";

/// Compares, and writes only when asked to repair: then partitions that differ are replaced.
pub(in crate::plugin) fn verify(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let (args, runs) = background::announced(args, 4);
    let request = Request::parse("verify", VERIFY, &config::online(host, &args)?)?;
    targets::carry(host, ("verify", &args, 4), &request, &runs, &|host, aim| {
        let Aim { remote, request, control, .. } = aim;
        held(host, remote, request, control, |host, site, connect| {
            if request.options.repair {
                return sync(host, request, site, connect);
            }
            let (drafts, _) = drafts(host, request, site, connect)?;
            compare(host, &drafts, request, connect)
        })
    })
}

/// A partition that is not the same on both sides.
struct Difference<'a> {
    table: &'a TableName,
    partition: String,
    look: Look,
    is_native: bool,
}

impl Difference<'_> {
    fn status(&self) -> &'static str {
        match (self.look.rows, self.look.held) {
            (_, 0) => "MISSING",
            (0, _) => "EXTRA",
            _ => "DIFFERENT",
        }
    }

    fn method(&self) -> &'static str {
        let method = match (self.look.ours, self.is_native) {
            (None, _) => Method::Count,
            (_, true) => Method::Native,
            (_, false) => Method::ReadBack,
        };
        method.name()
    }
}

/// One row per partition that differs; none when both sides hold the same.
pub(in crate::plugin) fn compare(
    host: &mut dyn Host,
    drafts: &[Draft],
    request: &Request,
    connect: Connect,
) -> Result<Datum> {
    let mut differences = Vec::new();
    for draft in drafts {
        let (table, target) = (&draft.table, &draft.target);
        let slicing = Slicing { mode: Mode::VerifyOnly, keys: &[], left: &Left::default() };
        let (draft, looks) = look(host, draft.clone(), connect, request.options.limits, slicing)?;
        let before = differences.len();
        let units = draft.units.iter().zip(&looks.units).enumerate();
        for (number, (unit, look)) in units.filter(|(_, (_, look))| !look.is_equal()) {
            let (partition, is_native) = (unit.to_string(), looks.native.contains(&number));
            differences.push(Difference { table, partition, look: *look, is_native });
        }
        if looks.strangers > 0 {
            let look = Look { held: looks.strangers, ..Look::default() };
            let partition = "partitions that the source does not have".to_owned();
            differences.push(Difference { table, partition, look, is_native: false });
        }
        let found = differences.len() - before;
        host.print(&match found {
            0 => format!("{table} is equal to that of {target}: {} rows, by fingerprint", looks.rows),
            found => format!("{table} differs from that of {target} in {found} partitions"),
        });
    }
    Ok(report(&differences))
}

fn report(found: &[Difference]) -> Datum {
    let sum = |print: Option<Fingerprint>| print.map_or(String::new(), |print| format!("{:032x}", print.sum));
    table([
        ("dbPath", texts(found, |difference| &difference.table.db)),
        ("tableName", texts(found, |difference| &difference.table.table)),
        ("partition", texts(found, |difference| &difference.partition)),
        ("status", texts(found, Difference::status)),
        ("sourceRows", longs(found, |difference| difference.look.rows)),
        ("targetRows", longs(found, |difference| difference.look.held)),
        ("sourceFingerprint", texts(found, |difference| sum(difference.look.ours))),
        ("targetFingerprint", texts(found, |difference| sum(difference.look.theirs))),
        ("method", texts(found, Difference::method)),
    ])
}

/// The fingerprint of every partition of this cluster's table that holds rows. Columns count in the
/// order of their names unless `columns` gives another, so that two clusters can be compared; of one
/// partition alone, empty or not, if `partition` gives its path, or the conditions that make it out.
pub(in crate::plugin) fn fingerprint(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    if !(2..=5).contains(&args.len()) {
        return Err(usage(format!("fingerprint takes 2 to 5 arguments, not {}", args.len()), FINGERPRINT));
    }
    let name = TableName::new(database(args, 0, FINGERPRINT)?, text(args, 1, "tableName", FINGERPRINT)?);
    let filter = optional_text(args, 2, "filter", FINGERPRINT)?;
    let (given, place) =
        (given_columns(argument(args, 3))?, optional_text(args, 4, "partition", FINGERPRINT)?);
    // Another node that copies partition by partition says all that has to be known.
    if let (Some(columns), Some(place)) = (&given, place.filter(|place| !place.starts_with('/'))) {
        let rows = read(host, Rows::of(&name).placed(place).passing(filter), columns)?;
        return Ok(prints(&[(place.to_owned(), online::fingerprint(&rows))]));
    }
    let schema = describe(host, &name)?;
    let columns = given.unwrap_or_else(|| {
        let mut names: Vec<_> = schema.columns.iter().map(|column| column.name.clone()).collect();
        names.sort_unstable();
        names
    });
    let mut found = Vec::new();
    match place {
        Some(path) => {
            let [unit] = &units_at(&schema, path)?[..] else {
                let what = format!("{name} has no or several partitions with the path `{path}`, not one");
                return Err(usage(what, FINGERPRINT));
            };
            let rows = read(host, Rows::of(&name).within(unit).passing(filter), &columns)?;
            found.push((unit.to_string(), online::fingerprint(&rows)));
        }
        None => {
            for unit in units(&schema)? {
                let print = online::look(host, Rows::of(&name).within(&unit).passing(filter), &columns)?;
                found.extend((print.rows > 0).then(|| (unit.to_string(), print)));
            }
        }
    }
    Ok(prints(&found))
}

fn prints(found: &[(String, Fingerprint)]) -> Datum {
    table([
        ("partition", texts(found, |(partition, _)| partition)),
        ("rows", longs(found, |(_, print)| print.rows)),
        ("fingerprint", texts(found, |(_, print)| format!("{:032x}", print.sum))),
        ("version", longs(found, |_| Fingerprint::VERSION)),
    ])
}

fn given_columns(argument: &Datum) -> Result<Option<Vec<String>>> {
    match argument {
        Datum::Void => Ok(None),
        Datum::Scalar(column) | Datum::Vector(column) if column.ty.is_text() => {
            Ok(Some(column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect()))
        }
        _ => Err(usage("columns must be a string or a vector of strings", FINGERPRINT)),
    }
}
