//! The arguments of a new table that its engine understands (dolphindb-semantics §3.3).
use super::args;
use crate::error::Result;
use crate::script::spell_function;
use crate::store::{Database, KeepDuplicates, TableShape};
use crate::value::{Table, Type, Value};

/// Where the options stand among the arguments.
pub struct OptionPlaces {
    /// compressMethods; then come sortColumns, or primaryKey in its place, and keepDuplicates.
    pub compression: usize,
    pub mapping: Option<usize>,
    pub soft_delete: usize,
    pub latest_key_cache: Option<usize>,
    pub encrypt_mode: usize,
    /// primaryKey by its name.
    pub primary_key: usize,
}

/// What would be shown by schema() and not done.
fn refuse_absent(function: &str, given: &[Value], encryption: usize, cache: Option<usize>) -> Result<()> {
    let mode = args::optional_text(function, given, encryption, "encryptMode")?;
    if mode.is_some_and(|mode| !mode.eq_ignore_ascii_case("plaintext")) {
        return Err(args::bad(function, "encryptMode", "must be plaintext here: minnow encrypts nothing"));
    }
    match cache {
        Some(at) if args::optional_bool(function, given, at, "latestKeyCache", false)? => {
            Err(args::bad(function, "latestKeyCache", "needs the IOTDB engine"))
        }
        _ => Ok(()),
    }
}

/// Fills in what the engine of the table takes.
pub fn read(
    function: &str,
    given: &[Value],
    places: &OptionPlaces,
    database: &Database,
    model: &Table,
    shape: &mut TableShape,
) -> Result<()> {
    let at = places.compression + 1;
    let bad = |name: &str, what: &str| args::bad(function, name, what);
    let columns = |at: usize, name: &str| -> Result<Vec<String>> {
        let names = args::texts(function, given, at, name)?;
        match names.iter().find(|name| model.position(name).is_none()) {
            Some(unknown) => Err(bad(name, &format!("names [{unknown}], which is no column of the table"))),
            None => Ok(names),
        }
    };
    refuse_absent(function, given, places.encrypt_mode, places.latest_key_cache)?;
    match database.engine.as_str() {
        "TSDB" => {
            shape.sort_columns = columns(at, "sortColumns")?;
            check_sort_columns(&shape.sort_columns, model).map_err(|why| bad("sortColumns", why))?;
            shape.keep = keep(args::given(given, at + 1))
                .ok_or_else(|| bad("keepDuplicates", "must be ALL, FIRST or LAST"))?;
            shape.soft_delete =
                args::optional_bool(function, given, places.soft_delete, "softDelete", false)?;
            if shape.soft_delete && shape.keep != KeepDuplicates::Last {
                return Err(bad("softDelete", "needs keepDuplicates=LAST"));
            }
            let mapping = places.mapping.and_then(|at| args::given(given, at));
            shape.sort_key_mapping = mapping.map(sources).unwrap_or_default();
        }
        "PKEY" => {
            let place =
                if args::given(given, places.primary_key).is_some() { places.primary_key } else { at };
            shape.primary_key = columns(place, "primaryKey")?;
            let in_key = |position: &usize| {
                shape.primary_key.iter().any(|name| model.position(name) == Some(*position))
            };
            if !shape.partition_columns.iter().all(in_key) {
                return Err(bad("primaryKey", "must contain all partition columns"));
            }
        }
        _ if args::given(given, at).is_some() => {
            return Err(bad("sortColumns", "belongs to the TSDB engine"));
        }
        _ => (),
    }
    Ok(())
}

/// ALL, FIRST and LAST are constants with the numbers 0, 1 and 2 (wording of refusals `[U]`).
fn keep(given: Option<&Value>) -> Option<KeepDuplicates> {
    let Some(value) = given else { return Some(KeepDuplicates::All) };
    let number = match value.as_str() {
        Some(text) => KeepDuplicates::NAMES.iter().position(|name| *name == text)?,
        None => usize::try_from(value.as_i64()?).ok()?,
    };
    KeepDuplicates::numbered(number)
}

fn check_sort_columns(names: &[String], model: &Table) -> std::result::Result<(), &'static str> {
    let types: Vec<Type> =
        names.iter().filter_map(|name| model.position(name)).map(|at| model.columns[at].ty).collect();
    let Some((last, keys)) = types.split_last() else { return Err("must name at least one column") };
    let sorts = |ty: &Type| {
        ty.is_integral() || ty.is_temporal() || ty.is_decimal() || matches!(ty, Type::String | Type::Symbol)
    };
    if !types.iter().all(sorts) {
        return Err("must be integral, temporal, DECIMAL or string columns");
    }
    if !keys.is_empty() && !last.is_temporal() && !last.is_integral() {
        return Err("must end with a temporal or integral column");
    }
    let clocks = [Type::Time, Type::Timestamp, Type::Nanotime, Type::Nanotimestamp];
    if keys.iter().any(|ty| clocks.contains(ty)) {
        return Err("must not have TIME, TIMESTAMP, NANOTIME or NANOTIMESTAMP before the last column");
    }
    Ok(())
}

/// schema() gives the functions back as text, the empty one where a key has none.
fn sources(functions: &Value) -> Vec<String> {
    let source = |function: &Value| match function {
        Value::Void => String::new(),
        Value::Function(function) => spell_function(function),
        other => other.to_string(),
    };
    match functions {
        Value::Tuple(items) => items.iter().map(source).collect(),
        one => vec![source(one)],
    }
}
