//! What a call of `follow` asks for.
use std::time::Duration;

use super::{OPTIONS, SYNTAX};
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::journal::Direction;
use crate::model::Mode;
use crate::plugin::call::arguments::{argument, usage};
use crate::plugin::call::request::Request;

/// How often tables are looked at, unless the call says so.
const PERIOD: Duration = Duration::from_secs(60);

/// Which tables, how, and how often.
#[derive(Clone)]
pub(in super::super) struct Wish {
    /// Of one table; which, is filled in.
    pub(in super::super) request: Request,
    /// The tables, or whichever there are.
    pub(in super::super) tables: Option<Vec<String>>,
    /// From the beginning of one round to that of the next.
    pub(in super::super) period: Duration,
    /// Whether the caller has said what gives way at the target.
    pub(in super::super) has_mode: bool,
}

impl Wish {
    /// The arguments `remote, dbPath, [tables], [options]`, for the run that was announced for them.
    pub(in super::super) fn parse(args: &[Datum], run: Option<String>) -> Result<Wish> {
        if !(2..=4).contains(&args.len()) {
            return Err(usage(format!("follow takes 2 to 4 arguments, not {}", args.len()), SYNTAX));
        }
        let options = argument(args, OPTIONS);
        let all = [args[0].clone(), args[1].clone(), Datum::Void, Datum::Void, options.clone()];
        let mut request = Request { run, ..Request::parse("follow", SYNTAX, &all)? };
        let (has_mode, chosen) = (options.get("mode").is_some(), &mut request.options);
        refuse(
            chosen.dry_run || chosen.mode == Mode::VerifyOnly,
            "follow writes: use planSync or verify to look",
        )?;
        refuse(chosen.direction != Direction::Push, "follow pushes: call it on a node of the source")?;
        // Without a window the same rows would be added again every round.
        let adds_again = chosen.mode == Mode::Append && chosen.window.is_none();
        refuse(
            adds_again,
            "the mode `append` needs the option `column` here, or rows would be added each round",
        )?;
        chosen.incremental = chosen.mode != Mode::Append;
        chosen.keeps = chosen.mirror.is_none();
        let period = chosen.period.unwrap_or(PERIOD);
        Ok(Wish { request, tables: tables(argument(args, 2))?, period, has_mode })
    }
}

fn refuse(is_wrong: bool, what: &str) -> Result<()> {
    match is_wrong {
        false => Ok(()),
        true => Err(usage(what, SYNTAX)),
    }
}

/// One name or several.
fn tables(given: &Datum) -> Result<Option<Vec<String>>> {
    let names: Vec<String> = match given {
        Datum::Void => return Ok(None),
        Datum::Scalar(column) | Datum::Vector(column) if column.ty.is_text() => {
            column.texts().map(|text| String::from_utf8_lossy(text).trim().to_owned()).collect()
        }
        _ => return Err(usage("tables must be a string or a vector of strings", SYNTAX)),
    };
    match names.iter().any(String::is_empty) {
        true if names.len() == 1 => Ok(None),
        true => Err(Error::new(Kind::Argument, "the name of a table must not be empty")
            .advise(format!("Usage: {SYNTAX}"))),
        false => Ok(Some(names)),
    }
}
