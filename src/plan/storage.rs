//! What the target's engine would do to rows that the source keeps.
use super::Finding;
use crate::data::Type;
use crate::model::TableSchema;

/// Engines that merge rows with the same key: the source must have merged them in the same way
/// (dolphindb-semantics §3.3, §4.3). The key of a PKEY table is not told, so only another PKEY
/// table is taken to have the same.
pub(super) fn merging(source: &TableSchema, target: &TableSchema) -> Option<Finding> {
    let (ours, theirs) = (&source.storage, &target.storage);
    let is_keyed = |engine: &Option<String>| engine.as_deref().is_some_and(|engine| engine == "PKEY");
    if is_keyed(&theirs.engine) && !is_keyed(&ours.engine) {
        let what = "the target keeps one row per primary key, and the source keeps all rows";
        return Some(Finding::new(what, "create the target table with the engine of the source"));
    }
    let keeps = theirs.keep_duplicates.as_deref().filter(|keep| *keep != "ALL")?;
    if ours.keep_duplicates == theirs.keep_duplicates && ours.sort_columns == theirs.sort_columns {
        return None;
    }
    let what = format!(
        "the target keeps only the {keeps} of rows with the same `{}`, and the source does not",
        theirs.sort_columns.join("`, `")
    );
    Some(Finding::new(what, "create the target table with keepDuplicates and sortColumns of the source"))
}

/// How many bytes the target's columns keep of each text and BLOB. A longer STRING or BLOB is cut without
/// an error, a longer SYMBOL is refused (dolphindb-semantics §4.4).
pub(super) fn limits(target: &TableSchema) -> impl Iterator<Item = (&str, usize)> {
    target.columns.iter().filter_map(|column| {
        let most = match column.ty {
            Type::String => 65_535,
            Type::Symbol => 255,
            Type::Blob => (64 << 20) - 1,
            _ => return None,
        };
        Some((column.name.as_str(), most))
    })
}

/// What may fail later, and is known now.
pub(super) fn notes(source: &TableSchema, target: &TableSchema) -> Vec<String> {
    let mut notes = Vec::new();
    let is_symbol = |name: &str| target.column(name).is_some_and(|column| column.ty == Type::Symbol);
    let texts = source.columns.iter().filter(|column| column.ty == Type::String && is_symbol(&column.name));
    let names: Vec<String> = texts.map(|column| format!("`{}`", column.name)).collect();
    if !names.is_empty() {
        // dolphindb-semantics §4.4.
        let limits = "which takes texts of up to 255 bytes and 2097152 different ones per partition";
        notes.push(format!("{} is SYMBOL at the target, {limits}", names.join(", ")));
    }
    if target.storage.granularity.as_deref() == Some("DATABASE") {
        notes.push(
            "tables of the target's database share chunks, so that writers of others may be in the way"
                .into(),
        );
    }
    notes
}
