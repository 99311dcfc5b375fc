//! The script texts that ask a cluster for something. Both sides get the same text for the same
//! question.
use crate::model::{Bound, Naming, Slice, TableName, Unit, Window};

/// Words that a query cannot use as a bare column name.
const RESERVED: &[&str] = &[
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cgroup",
    "context",
    "csort",
    "def",
    "delete",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "exec",
    "exists",
    "false",
    "for",
    "from",
    "full",
    "go",
    "group",
    "having",
    "if",
    "in",
    "inner",
    "insert",
    "into",
    "is",
    "join",
    "left",
    "like",
    "limit",
    "mapr",
    "not",
    "null",
    "on",
    "or",
    "order",
    "partition",
    "pivot",
    "return",
    "select",
    "set",
    "sort",
    "then",
    "top",
    "true",
    "try",
    "unpivot",
    "update",
    "use",
    "values",
    "when",
    "where",
    "while",
    "with",
];

/// `value` as a string literal.
pub fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('"');
    for character in value.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

/// A column's name as a query writes it: bare, or `_"name"` where it is no plain identifier.
pub fn column(name: &str) -> String {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain = starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match plain && !RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        true => name.to_owned(),
        false => format!("_{}", text(name)),
    }
}

/// The expression for a handle of `table`.
pub fn load_table(table: &TableName) -> String {
    format!("loadTable({},{})", text(&table.db), text(&table.table))
}

/// An end of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The least one.
    Least,
    /// The greatest one.
    Greatest,
}

/// Some rows of a table: all of them, or those of one partition, of a window, or that pass a filter.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The table.
    pub table: &'a TableName,
    /// The partition, if not the whole table.
    pub unit: Option<&'a Unit>,
    /// The window that rows must be in besides.
    pub window: Option<&'a Window>,
    /// A condition in the server's language that rows must pass besides.
    pub filter: Option<&'a str>,
    /// What this side calls the columns that partition, window and questions name; the filter is in its
    /// own names.
    pub naming: Option<&'a Naming>,
    /// Conditions that rows must meet besides, as [`Rows::place`] of another cluster wrote them.
    pub placed: Option<&'a str>,
}

impl<'a> Rows<'a> {
    /// All rows of `table`.
    pub fn of(table: &'a TableName) -> Self {
        Rows { table, unit: None, window: None, filter: None, naming: None, placed: None }
    }

    /// Only the rows of one partition.
    pub fn within(self, unit: &'a Unit) -> Self {
        Rows { unit: Some(unit), ..self }
    }

    /// Only the rows in `window`, if there is one.
    pub fn inside(self, window: Option<&'a Window>) -> Self {
        Rows { window, ..self }
    }

    /// Only the rows that pass `filter`, if there is one.
    pub fn passing(self, filter: Option<&'a str>) -> Self {
        Rows { filter, ..self }
    }

    /// Where columns are called as `naming` says.
    pub fn called(self, naming: &'a Naming) -> Self {
        Rows { naming: Some(naming), ..self }
    }

    /// Only the rows that meet conditions as [`Rows::place`] writes them.
    pub fn placed(self, place: &'a str) -> Self {
        Rows { placed: Some(place), ..self }
    }

    /// Where they are, as conditions of a query: everything but the filter.
    pub fn place(&self) -> String {
        self.passing(None).conditions().trim_start_matches(" where ").to_owned()
    }

    /// What this side calls the column `name`.
    pub fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.naming.map_or(name, |naming| naming.there(name))
    }

    /// The query for how many rows there are, a scalar.
    pub fn count(&self) -> String {
        format!("exec count(*) from {}{}", load_table(self.table), self.conditions())
    }

    /// The query for these columns of the rows, a table.
    pub fn select(&self, columns: &[String]) -> String {
        self.selection("select", columns)
    }

    /// As [`Rows::select`], for so many rows at most.
    pub fn some(&self, most: usize, columns: &[String]) -> String {
        self.selection(&format!("select top {most}"), columns)
    }

    fn selection(&self, verb: &str, columns: &[String]) -> String {
        let names: Vec<String> = columns.iter().map(|name| column(self.name(name))).collect();
        format!("{verb} {} from {}{}", names.join(","), load_table(self.table), self.conditions())
    }

    /// The query for the least value of a column in the rows, or the greatest, a scalar.
    pub fn extreme(&self, function: Extreme, name: &str) -> String {
        let function = if function == Extreme::Least { "min" } else { "max" };
        let name = column(self.name(name));
        format!("exec {function}({name}) from {}{}", load_table(self.table), self.conditions())
    }

    /// The statement that deletes them.
    pub fn delete(&self) -> String {
        format!("delete from {}{}", load_table(self.table), self.conditions())
    }

    /// The `where` clause. The filter stands in parentheses so that an `or` in it stays in it.
    fn conditions(&self) -> String {
        let keys = self.unit.iter().flat_map(|unit| &unit.keys);
        let partitions =
            keys.map(|key| format!("partition({}, {})", column(self.name(&key.column)), key.literal));
        let slice = self.unit.iter().flat_map(|unit| &unit.slice).flat_map(|slice| self.part(slice));
        let window = self.window.into_iter().flat_map(|window| self.bounds(window));
        let filter = self.filter.map(|filter| format!("({filter})"));
        let placed = self.placed.map(str::to_owned).into_iter();
        let all: Vec<String> = placed.chain(partitions).chain(slice).chain(window).chain(filter).collect();
        match all.is_empty() {
            true => String::new(),
            false => format!(" where {}", all.join(", ")),
        }
    }

    /// The conditions of a window, each of which a server prunes by.
    fn bounds(&self, window: &'a Window) -> Vec<String> {
        let literal = |bound: &'a Option<Bound>| bound.as_ref().map(|bound| bound.literal.as_str());
        self.between(&window.column, literal(&window.from), literal(&window.to))
    }

    /// The conditions of a slice.
    fn part(&self, slice: &Slice) -> Vec<String> {
        match (&slice.from, &slice.to) {
            (None, None) => vec![format!("isNull({})", column(self.name(&slice.column)))],
            (from, to) => self.between(&slice.column, from.as_deref(), to.as_deref()),
        }
    }

    /// NULL counts as smaller than every value (manual of `nullAsMinValueForComparison`), so that it would
    /// pass where there is no lower end.
    fn between(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Vec<String> {
        let name = column(self.name(name));
        let valid = from.is_none().then(|| format!("isValid({name})"));
        let from = from.map(|from| format!("{name} >= {from}"));
        let to = to.map(|to| format!("{name} < {to}"));
        from.into_iter().chain(to).chain(valid).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Type;
    use crate::model::{Bound, PartitionKey};

    fn key(column: &str, literal: &str) -> PartitionKey {
        PartitionKey { column: column.into(), literal: literal.into(), label: String::new() }
    }

    #[test]
    fn text_cannot_end_its_literal() {
        assert_eq!(text("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
    }

    #[test]
    fn odd_column_names_are_quoted() {
        assert_eq!(column("time_hour"), "time_hour");
        assert_eq!(column("1st"), "_\"1st\"");
        assert_eq!(column("two words"), "_\"two words\"");
        assert_eq!(column("Order"), "_\"Order\"");
        assert_eq!(column(""), "_\"\"");
    }

    #[test]
    fn queries_name_partitions_then_the_filter() {
        let table = TableName::new("dfs://db", "t");
        let unit = Unit { keys: vec![key("date", "2013.01.01"), key("carrier", "0")], ..Unit::default() };
        let rows = Rows::of(&table).within(&unit).passing(Some("a > 1 or b"));
        assert_eq!(
            rows.select(&["c1".into(), "c 2".into()]),
            "select c1,_\"c 2\" from loadTable(\"dfs://db\",\"t\") \
             where partition(date, 2013.01.01), partition(carrier, 0), (a > 1 or b)"
        );
        assert_eq!(Rows::of(&table).count(), "exec count(*) from loadTable(\"dfs://db\",\"t\")");
        let place = rows.place();
        assert_eq!(place, "partition(date, 2013.01.01), partition(carrier, 0)");
        assert_eq!(Rows::of(&table).placed(&place).passing(Some("a > 1 or b")).count(), rows.count());
        assert_eq!(Rows::of(&table).place(), "");
    }

    #[test]
    fn a_window_stands_as_conditions_of_its_own_and_never_lets_null_in() {
        let table = TableName::new("dfs://db", "t");
        let bound = |literal: &str| Some(Bound { ty: Type::Int, value: 0, literal: literal.into() });
        let count = |from, to| {
            let window = Window { column: "a b".into(), from, to };
            Rows::of(&table).inside(Some(&window)).passing(Some("x")).count()
        };
        let both = count(bound("1"), bound("5"));
        assert!(both.ends_with("where _\"a b\" >= 1, _\"a b\" < 5, (x)"), "{both}");
        let open = count(None, bound("5"));
        assert!(open.ends_with("where _\"a b\" < 5, isValid(_\"a b\"), (x)"), "{open}");
    }

    #[test]
    fn a_slice_stands_behind_its_partition_and_rows_without_a_value_are_one_of_their_own() {
        let table = TableName::new("dfs://db", "t");
        let count = |from: Option<&str>, to: Option<&str>| {
            let slice = Slice { column: "a".into(), from: from.map(Into::into), to: to.map(Into::into) };
            let unit = Unit { keys: vec![key("k", "1")], slice: Some(slice), ..Unit::default() };
            Rows::of(&table)
                .within(&unit)
                .passing(Some("x"))
                .count()
                .split_once(" where ")
                .unwrap()
                .1
                .to_owned()
        };
        assert_eq!(count(Some("1"), Some("5")), "partition(k, 1), a >= 1, a < 5, (x)");
        assert_eq!(count(Some("1"), None), "partition(k, 1), a >= 1, (x)");
        assert_eq!(count(None, Some("5")), "partition(k, 1), a < 5, isValid(a), (x)");
        assert_eq!(count(None, None), "partition(k, 1), isNull(a), (x)");
    }
}
