//! The partitions of a table, as units of work.
use super::literal::{Written, written};
use crate::error::{Error, Result};
use crate::model::{Level, PartitionKey, Scheme, TableSchema, Unit};

/// Every partition that the scheme of `schema` allows, the outermost level slowest; one unit
/// without keys for a dimension table.
///
/// # Errors
/// When a scheme holds a value that no script can write.
pub fn units(schema: &TableSchema) -> Result<Vec<Unit>> {
    let mut units = vec![Unit::default()];
    for level in &schema.levels {
        let keys = keys(level)?;
        let longer = |unit: Unit| keys.iter().map(move |key| extended(&unit, key));
        units = units.into_iter().flat_map(longer).collect();
    }
    Ok(units)
}

/// Those units of `schema` whose path is `path`: one, unless names of partitions have slashes in them.
///
/// # Errors
/// As [`units`].
pub fn units_at(schema: &TableSchema, path: &str) -> Result<Vec<Unit>> {
    let rest = if schema.levels.is_empty() { path.strip_prefix('/') } else { Some(path) };
    let mut found: Vec<(Unit, &str)> = rest.map(|rest| (Unit::default(), rest)).into_iter().collect();
    for level in &schema.levels {
        let keys = keys(level)?;
        let fitting = |(unit, rest): (Unit, _)| {
            let rest = |key: &PartitionKey| str::strip_prefix(rest, '/')?.strip_prefix(&key.label);
            keys.iter().filter_map(|key| Some((extended(&unit, key), rest(key)?))).collect::<Vec<_>>()
        };
        found = found.into_iter().flat_map(fitting).collect();
    }
    Ok(found.into_iter().filter(|(_, rest)| rest.is_empty()).map(|(unit, _)| unit).collect())
}

/// The values of each partition of a LIST level, in ascending order; none of other levels.
///
/// # Errors
/// As [`units`].
pub fn lists(level: &Level) -> Result<Vec<Vec<String>>> {
    let Scheme::List(lists) = &level.scheme else { return Ok(Vec::new()) };
    let sorted = |list| {
        let mut values: Vec<String> = written(list)?.into_iter().map(|written| written.literal).collect();
        values.sort_unstable();
        Ok(values)
    };
    lists.iter().map(sorted).collect()
}

fn extended(unit: &Unit, key: &PartitionKey) -> Unit {
    Unit { keys: unit.keys.iter().chain([key]).cloned().collect(), ..Unit::default() }
}

/// The partitions of one level. How `partition` names them depends on the scheme
/// (dolphindb-semantics §5.3): by value, by the index of the range or list from 0, by the bucket's number.
///
/// # Errors
/// As [`units`].
pub fn keys(level: &Level) -> Result<Vec<PartitionKey>> {
    let key = |literal, label| PartitionKey { column: level.column.clone(), literal, label };
    let values = |column| {
        written(column).map_err(|error: Error| {
            let context = format!("the partitioning by `{}`", level.column);
            error.context(context).advise("leave this table out: sync the others by their names")
        })
    };
    Ok(match &level.scheme {
        Scheme::Value(column) => {
            values(column)?.into_iter().map(|Written { literal, label }| key(literal, label)).collect()
        }
        Scheme::Range(bounds) => values(bounds)?
            .windows(2)
            .enumerate()
            .map(|(i, pair)| key(i.to_string(), format!("{}_{}", pair[0].label, pair[1].label)))
            .collect(),
        // Brackets keep what the server calls it, which is not documented, from being taken for a path.
        Scheme::List(lists) => (0..lists.len()).map(|i| key(i.to_string(), format!("List[{i}]"))).collect(),
        Scheme::Hash(buckets) => (0..*buckets).map(|i| key(i.to_string(), format!("Key{i}"))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Type};

    fn level(column: &str, ty: Type, scheme: Scheme) -> Level {
        Level { column: column.into(), ty, scheme }
    }

    fn ints(ty: Type, values: &[i32]) -> Column {
        Column::fixed(ty, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    }

    #[test]
    fn a_composite_table_has_the_product_of_its_levels() {
        let dates = Scheme::Value(ints(Type::Date, &[15_706, 15_707]));
        let ranges = Scheme::Range(ints(Type::Int, &[0, 50, 100]));
        let levels = vec![
            level("date", Type::Date, dates),
            level("id", Type::Int, ranges),
            level("carrier", Type::Symbol, Scheme::Hash(2)),
        ];
        let units = units(&TableSchema { levels, ..TableSchema::default() }).unwrap();
        let shown: Vec<String> = units.iter().map(Unit::to_string).collect();
        assert_eq!(shown.len(), 8);
        assert_eq!(shown[..3], ["/20130101/0_50/Key0", "/20130101/0_50/Key1", "/20130101/50_100/Key0"]);
        let literals: Vec<&str> = units[7].keys.iter().map(|key| key.literal.as_str()).collect();
        assert_eq!(literals, ["2013.01.02", "1", "1"]);
    }

    #[test]
    fn a_dimension_table_is_one_unit() {
        let units = units(&TableSchema::default()).unwrap();
        assert_eq!(units, [Unit::default()]);
    }

    #[test]
    fn a_unit_is_found_by_its_whole_path() {
        let names = Scheme::Value(Column::text(Type::String, ["a", "a/Key1", "b"]));
        let levels =
            vec![level("name", Type::String, names), level("carrier", Type::Symbol, Scheme::Hash(12))];
        let schema = TableSchema { levels, ..TableSchema::default() };
        for unit in units(&schema).unwrap() {
            let path = unit.to_string();
            assert_eq!(units_at(&schema, &path).unwrap(), [unit], "{path}");
        }
        for path in ["", "/", "/b", "/b/Key", "/b/Key12", "/b/Key1/", "/c/Key1", "b/Key1"] {
            assert_eq!(units_at(&schema, path).unwrap(), [], "{path}");
        }
        assert_eq!(units_at(&TableSchema::default(), "/").unwrap(), [Unit::default()]);
        assert_eq!(units_at(&TableSchema::default(), "/b").unwrap(), []);
    }
}
