//! What a server is configured to do.
use super::Cluster;
use crate::data::Datum;
use crate::error::Result;

/// What becomes of rows whose VALUE key is in no partition (dolphindb-semantics §3.2).
pub const NEW_VALUES: &str = "newValuePartitionPolicy";

/// A setting of the configuration, if it is set (manual of `getConfig`: one value, several, or NULL).
///
/// # Errors
/// What the server answers.
pub fn setting(side: &mut (impl Cluster + ?Sized), name: &str) -> Result<Option<String>> {
    Ok(match side.query(&format!("getConfig(\"{name}\")"))? {
        Datum::Scalar(column) | Datum::Vector(column) if column.ty.is_text() => {
            let texts: Vec<_> = column.texts().map(String::from_utf8_lossy).collect();
            Some(texts.join(",")).filter(|text| !text.is_empty())
        }
        _ => None,
    })
}
