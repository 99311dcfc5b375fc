//! The `options` dictionary of a sync.
use std::time::Duration;

use super::names::members;
use crate::data::Datum;
use crate::engine::Limits;
use crate::error::{Error, Kind, Result};

const KNOWN: &[&str] = &["lanes", "memoryBudget", "timeout"];
const MEGABYTE: usize = 1 << 20;

/// What a user can choose about one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// What the run may use.
    pub(super) limits: Limits,
    /// How long the remote may be silent.
    pub(super) timeout: Duration,
}

impl Options {
    /// From the argument, which may be left out.
    pub(super) fn parse(argument: &Datum) -> Result<Self> {
        let limits = Limits { lanes: 4, memory: 256 * MEGABYTE };
        let mut options = Options { limits, timeout: Duration::from_secs(300) };
        if matches!(argument, Datum::Void) {
            return Ok(options);
        }
        for (name, value) in members("options", argument, KNOWN)? {
            match name {
                "lanes" => options.limits.lanes = number(name, value, 1, 16)?,
                "memoryBudget" => options.limits.memory = number(name, value, 1, 1 << 20)? * MEGABYTE,
                _ => options.timeout = Duration::from_secs(number(name, value, 1, 86_400)? as u64),
            }
        }
        Ok(options)
    }
}

fn number(name: &str, value: &Datum, least: usize, most: usize) -> Result<usize> {
    let whole = value.as_i64().and_then(|value| usize::try_from(value).ok());
    whole.filter(|value| (least..=most).contains(value)).ok_or_else(|| {
        let unit = match name {
            "memoryBudget" => " of megabytes",
            "timeout" => " of seconds",
            _ => "",
        };
        Error::new(
            Kind::Argument,
            format!("the option `{name}` must be a whole number{unit} from {least} to {most}"),
        )
        .advise("correct it, or leave it out")
    })
}
