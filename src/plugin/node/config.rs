//! `setConfig` and `getConfig`: what a node's calls use where they do not say otherwise.
use crate::cluster::Host;
use crate::config::{Config, Entry, Value};
use crate::data::{Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::journal::Keep;
use crate::model::nearest;
use crate::peers;
use crate::plugin::call::arguments::{argument, usage};
use crate::plugin::call::caller;
use crate::plugin::call::options::Options;
use crate::plugin::call::table::{table, texts};
use crate::plugin::call::values::number;
use crate::plugin::offline::Offline;

/// The parameters of each function as the manual writes them.
pub(in crate::plugin) const SET: &str = "clusterSync::setConfig(options)";
pub(in crate::plugin) const GET: &str = "clusterSync::getConfig()";

/// Where a value comes from, as shown.
const FROM_FILE: &str = "config.toml";
const BUILT_IN: &str = "built in";
/// The most runs and days that can be kept.
const MOST_RUNS: usize = 1_000_000;
const MOST_DAYS: usize = 36_500;

/// An option that a node can set for all its calls.
struct Setting {
    name: &'static str,
    unit: &'static str,
    built_in: fn() -> String,
}

const SETTINGS: &[Setting] = &[
    Setting { name: "lanes", unit: "connections", built_in: || Options::default().limits.lanes.to_string() },
    Setting {
        name: "memoryBudget",
        unit: "MB",
        built_in: || (Options::default().limits.memory >> 20).to_string(),
    },
    Setting { name: "rateLimit", unit: "MB/s", built_in: || "0".to_owned() },
    Setting {
        name: "retries",
        unit: "tries",
        built_in: || Options::default().limits.retries.count.to_string(),
    },
    Setting { name: "timeout", unit: "s", built_in: || Options::default().timeout.as_secs().to_string() },
    Setting { name: "compress", unit: "", built_in: || Options::default().compress.name().to_owned() },
    Setting { name: "lease", unit: "s", built_in: || Options::default().lease.as_secs().to_string() },
    Setting { name: "wait", unit: "s", built_in: || Options::default().wait.as_secs().to_string() },
    Setting { name: "diskBudget", unit: "MB", built_in: || Offline::default_disk_budget().to_string() },
    Setting { name: "notify", unit: "", built_in: String::new },
    Setting { name: "events", unit: "", built_in: || "false".to_owned() },
    Setting { name: "metricsFile", unit: "", built_in: String::new },
    Setting { name: "keepRuns", unit: "runs", built_in: || Keep::default().runs.to_string() },
    Setting { name: "keepDays", unit: "days", built_in: || "0".to_owned() },
];

/// Sets options in the file, those that are NULL back to what is built in; shows all of them.
pub(in crate::plugin) fn set_config(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    caller::administrator(host)?;
    let Datum::Dict(items) = argument(args, 0) else {
        return Err(usage("options must be a dictionary", SET));
    };
    let wrong: Vec<String> = items.iter().filter_map(|(name, value)| flaw(name, value)).collect();
    if !wrong.is_empty() {
        return Err(
            Error::new(Kind::Argument, wrong.join(", and ")).advise("nothing was changed, correct all of it")
        );
    }
    let changes: Vec<_> = items.iter().map(|(name, given)| (name.clone(), value(given))).collect();
    config(host)?.change(&changes)?;
    get_config(host, &[])
}

/// Every option: what it is, what it would be, and why.
pub(in crate::plugin) fn get_config(host: &mut dyn Host, _: &[Datum]) -> Result<Datum> {
    caller::user(host)?;
    let set = load(host)?;
    let of_file = |setting: &Setting| set.iter().find(|entry| entry.name == setting.name);
    let shown =
        |setting: &Setting| of_file(setting).map_or_else(setting.built_in, |entry| text(&entry.value));
    let source = |setting: &Setting| if of_file(setting).is_some() { FROM_FILE } else { BUILT_IN };
    Ok(table([
        ("name", texts(SETTINGS, |setting| setting.name)),
        ("value", texts(SETTINGS, shown)),
        ("unit", texts(SETTINGS, |setting| setting.unit)),
        ("default", texts(SETTINGS, |setting| (setting.built_in)())),
        ("source", texts(SETTINGS, source)),
    ]))
}

/// As [`completed`], of a function with the arguments and options of `syncOnline`.
pub(in crate::plugin) fn online(host: &mut dyn Host, args: &[Datum]) -> Result<Vec<Datum>> {
    completed(host, args, 4, &Options::known())
}

/// `args` with the options, at `index`, that the call leaves to the node; only those in `known`.
pub(in crate::plugin) fn completed(
    host: &mut dyn Host,
    args: &[Datum],
    index: usize,
    known: &[&str],
) -> Result<Vec<Datum>> {
    // Guests are refused before anything is read for them.
    caller::user(host)?;
    let set: Vec<Entry> =
        load(host)?.into_iter().filter(|entry| known.contains(&entry.name.as_str())).collect();
    let mut args = args.to_vec();
    let given = match argument(&args, index) {
        Datum::Void => Vec::new(),
        Datum::Dict(items) => items.clone(),
        // Whoever reads it refuses it.
        _ => return Ok(args),
    };
    if set.is_empty() || args.is_empty() {
        return Ok(args);
    }
    let left = set.iter().filter(|entry| given.iter().all(|(name, _)| *name != entry.name));
    let left: Vec<_> = left.map(|entry| (entry.name.clone(), datum(&entry.value))).collect();
    args.resize(args.len().max(index + 1), Datum::Void);
    args[index] = Datum::Dict(given.into_iter().chain(left).collect());
    Ok(args)
}

/// How many runs are kept, and how long.
pub(in crate::plugin) fn keep(host: &mut dyn Host) -> Result<Keep> {
    let mut keep = Keep::default();
    for Entry { name, value, .. } in load(host)? {
        match (name.as_str(), value) {
            ("keepRuns", Value::Whole(runs)) => keep.runs = runs as usize,
            ("keepDays", Value::Whole(days)) => keep.days = Some(days as u32).filter(|days| *days > 0),
            _ => {}
        }
    }
    Ok(keep)
}

/// What the file sets, all of it sound.
///
/// # Errors
/// `State` with everything that is wrong in the file, by line.
pub(in crate::plugin) fn load(host: &mut dyn Host) -> Result<Vec<Entry>> {
    let config = config(host)?;
    let entries = config.entries()?;
    let wrong = entries.iter().filter_map(|entry| {
        let flaw = match &entry.value {
            Value::Other(kind) => Some(format!("the option `{}` cannot be {kind}", entry.name)),
            value => flaw(&entry.name, &datum(value)),
        };
        flaw.map(|flaw| format!("line {}: {flaw}", entry.line))
    });
    let wrong: Vec<String> = wrong.collect();
    match wrong.is_empty() {
        true => Ok(entries),
        false => Err(Error::new(
            Kind::State,
            format!("{} is wrong in {}", config.file().display(), wrong.join(", and in ")),
        )
        .advise("correct the file, or move it away")),
    }
}

fn config(host: &mut dyn Host) -> Result<Config> {
    Ok(Config::within(&peers::folder(&caller::home(host)?)))
}

/// What is wrong with a value for the option `name`, by the rules of the calls that take it.
fn flaw(name: &str, value: &Datum) -> Option<String> {
    let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    if !names.contains(&name) {
        return Some(format!(
            "there is no option `{name}` of a node, the nearest is `{}`",
            nearest(name, names.iter().copied()).unwrap_or_default()
        ));
    }
    if matches!(value, Datum::Void) {
        return None;
    }
    let alone = Datum::Dict(vec![(name.to_owned(), value.clone())]);
    let checked = match name {
        "keepRuns" => number(name, value, 1, MOST_RUNS).map(drop),
        "keepDays" => number(name, value, 0, MOST_DAYS).map(drop),
        "diskBudget" => Offline::parse(&alone).map(drop),
        _ => Options::parse(&alone).map(drop),
    };
    checked.err().map(|error| error.message().to_owned())
}

/// What the file holds for a value that was found sound; nothing for NULL.
fn value(given: &Datum) -> Option<Value> {
    let number = || match given {
        Datum::Scalar(column) if column.ty == Type::Bool => given.as_i64().map(|flag| Value::Flag(flag == 1)),
        _ => given.as_i64().map(Value::Whole),
    };
    given.as_str().map(|text| Value::Text(text.to_owned())).or_else(number)
}

fn datum(value: &Value) -> Datum {
    match value {
        Value::Whole(number) => Datum::Scalar(Column::fixed(Type::Long, number.to_le_bytes())),
        Value::Flag(flag) => Datum::Scalar(Column::fixed(Type::Bool, [u8::from(*flag)])),
        Value::Text(text) => Datum::text(text),
        Value::Other(_) => Datum::Void,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Whole(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Text(text) => text.clone(),
        Value::Other(kind) => (*kind).to_owned(),
    }
}
