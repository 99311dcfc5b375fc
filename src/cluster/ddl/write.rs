//! Designs as calls. What is usual is left out, so that every release understands what is left
//! (dolphindb-semantics §3.1, §3.3).
use super::super::sql;
use super::function::defined;
use crate::data::Type;
use crate::model::{DatabaseDesign, LevelDesign, Split, TableDesign};

/// One call, and the definitions that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    before: Vec<String>,
    function: &'static str,
    arguments: Vec<String>,
}

impl Call {
    fn new(function: &'static str) -> Self {
        Call { before: Vec::new(), function, arguments: Vec::new() }
    }

    /// With one more argument.
    fn with(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With one more argument by its name, if there is a `value` for it.
    fn named(self, name: &str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.with(format!("{name}={value}")),
            None => self,
        }
    }

    /// For people: an argument a line.
    pub fn pretty(&self) -> String {
        self.definitions() + &self.written(",\n    ")
    }

    /// For a server, asked over a line: a handle cannot travel, so its type's name is asked for.
    pub fn asked(&self) -> String {
        let call = self.written(", ");
        let call = if self.gives_handle() { format!("typestr({call})") } else { call };
        self.definitions() + &call
    }

    fn gives_handle(&self) -> bool {
        self.function.starts_with("create") || self.function == "database"
    }

    fn definitions(&self) -> String {
        self.before.iter().map(|definition| format!("{definition}\n")).collect()
    }

    fn written(&self, between: &str) -> String {
        format!("{}({})", self.function, self.arguments.join(between))
    }
}

/// The call that makes a database.
pub fn create_database(design: &DatabaseDesign) -> Call {
    let call = Call::new("database").named("directory", Some(sql::text(&design.path)));
    let call = match &design.levels[..] {
        [only] => {
            let [kind, scheme] = scheme(only);
            call.named("partitionType", Some(kind)).named("partitionScheme", Some(scheme))
        }
        all => {
            let level = |level: &LevelDesign| format!("database(\"\", {})", scheme(level).join(", "));
            let levels: Vec<String> = all.iter().map(level).collect();
            let levels = format!("[{}]", levels.join(",\n        "));
            call.named("partitionType", Some("COMPO".into())).named("partitionScheme", Some(levels))
        }
    };
    let unless = |value: &str, usual: &str| (value != usual).then(|| sql::text(value));
    call.named("engine", unless(&design.engine, "OLAP"))
        .named("atomic", unless(&design.atomic, "TRANS"))
        .named("chunkGranularity", unless(&design.granularity, "TABLE"))
}

/// Kind and scheme of one level.
fn scheme(level: &LevelDesign) -> [String; 2] {
    let typed = |values: &[String]| match level.ty {
        Type::Symbol => format!("symbol([{}])", values.join(",")),
        _ => format!("[{}]", values.join(",")),
    };
    match &level.split {
        Split::Value(values) => ["VALUE".into(), typed(values)],
        Split::Run(first, last) => ["VALUE".into(), format!("{first}..{last}")],
        Split::Range(bounds) => ["RANGE".into(), typed(bounds)],
        Split::List(lists) => {
            let lists: Vec<String> = lists.iter().map(|list| typed(list)).collect();
            ["LIST".into(), format!("[{}]", lists.join(", "))]
        }
        Split::Hash(buckets) => ["HASH".into(), format!("[{}, {buckets}]", level.ty.name())],
    }
}

/// The call that makes a table in its database.
pub fn create_table(design: &TableDesign) -> Call {
    let names = design.columns.iter().map(|column| &column.def.name);
    let types: Vec<String> = design.columns.iter().map(|column| column.def.ty.name().into_owned()).collect();
    let structure = format!("table(1:0, {}, {})", list(names), list(&types));
    // `createTable` is the name of `createDimensionTable` that old releases know.
    let is_dimension = design.partitioned_by.is_empty();
    let mut call = Call::new(if is_dimension { "createTable" } else { "createPartitionedTable" })
        .named("dbHandle", Some(format!("database({})", sql::text(&design.name.db))))
        .named("table", Some(structure))
        .named("tableName", Some(sql::text(&design.name.table)))
        .named("partitionColumns", (!is_dimension).then(|| list(&design.partitioned_by)))
        .named("compressMethods", compression(design))
        .named("sortColumns", some_list(&design.sort_columns))
        .named("primaryKey", some_list(&design.primary_key))
        .named("keepDuplicates", (design.keep_duplicates != "ALL").then(|| design.keep_duplicates.clone()))
        .named("sortKeyMappingFunction", mapping(&design.sort_key_mapping))
        .named("softDelete", design.soft_delete.then(|| "true".into()));
    call.before =
        design.sort_key_mapping.iter().filter(|source| defined(source).is_some()).cloned().collect();
    call.before.dedup();
    call
}

/// The calls that set the comments of a table and its columns.
pub fn comments(design: &TableDesign) -> Vec<Call> {
    let table = sql::load_table(&design.name);
    let commented = || design.columns.iter().filter(|column| !column.comment.is_empty());
    let mut calls = Vec::new();
    if !design.comment.is_empty() {
        calls.push(Call::new("setTableComment").with(&table).with(sql::text(&design.comment)));
    }
    if commented().next().is_some() {
        let names = list(commented().map(|column| &column.def.name));
        let texts = list(commented().map(|column| &column.comment));
        calls.push(Call::new("setColumnComment").with(&table).with(format!("dict({names}, {texts})")));
    }
    calls
}

fn compression(design: &TableDesign) -> Option<String> {
    let unusual: Vec<_> = design.columns.iter().filter(|column| column.compression != "lz4").collect();
    let names = list(unusual.iter().map(|column| &column.def.name));
    let methods = list(unusual.iter().map(|column| &column.compression));
    (!unusual.is_empty()).then(|| format!("dict({names}, {methods})"))
}

/// One function per column of the sort key, nothing where there is none.
fn mapping(sources: &[String]) -> Option<String> {
    let function = |source: &String| defined(source).unwrap_or(source).to_owned();
    let functions: Vec<String> = sources.iter().map(function).collect();
    functions.iter().any(|function| !function.is_empty()).then(|| format!("[{}]", functions.join(", ")))
}

fn some_list(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| list(texts))
}

fn list<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| sql::text(text)).collect();
    format!("[{}]", texts.join(","))
}
