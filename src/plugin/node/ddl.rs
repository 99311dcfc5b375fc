//! `getDDL`: the script that builds a database or a table of this cluster.
use crate::cluster::{Host, ddl, release, tables};
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::model::TableName;
use crate::plugin::call::arguments::{optional_text, usage};
use crate::plugin::call::request::database;

/// The parameters as the manual writes them.
pub(in crate::plugin) const GET: &str = "clusterSync::getDDL(dbPath, [tableName])";

/// A text that is longer does not travel to a client (dolphindb-semantics §6).
const LONGEST: usize = 65_535;

/// Runs one call of `clusterSync::getDDL`.
pub(in crate::plugin) fn get_ddl(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    if !(1..=2).contains(&args.len()) {
        return Err(usage(format!("getDDL takes 1 or 2 arguments, not {}", args.len()), GET));
    }
    let db = database(args, 0, GET)?;
    let release = release(host)?;
    let table = |host: &mut dyn Host, name: &str| ddl::table(host, &TableName::new(&db, name));
    let script = match optional_text(args, 1, "tableName", GET)? {
        Some(name) => {
            let one = table(host, name);
            ddl::script(host, release, None, vec![one])?
        }
        None => {
            let whole = ddl::database(host, &db)?;
            let names = tables(host, &db)?;
            let all = names.iter().map(|name| table(host, name)).collect();
            ddl::script(host, release, Some(&whole), all)?
        }
    };
    match script.len() {
        0..=LONGEST => Ok(Datum::text(&script)),
        long => Err(Error::new(
            Kind::Argument,
            format!("the script of {db} has {long} bytes, and a text may have {LONGEST}"),
        )
        .advise("ask for one table at a time; the option `createIfMissing` has no such limit")),
    }
}
