//! How cells of each type travel, and the types that this server does not give back as it took them.
use parking_lot::Mutex;

use super::sys::*;
use crate::data::Type;
use crate::error::{Error, Kind, Result};

/// The types that failed their round trip, by number, and how.
static REFUSED: Mutex<Vec<(i32, String)>> = Mutex::new(Vec::new());

/// How cells of a type travel in blocks.
pub(super) fn cell(ty: Type) -> cs_cell {
    match ty {
        Type::Bool => CS_CELL_BOOL,
        Type::Char => CS_CELL_CHAR,
        Type::Short => CS_CELL_SHORT,
        Type::Long | Type::Timestamp | Type::Nanotime | Type::Nanotimestamp => CS_CELL_LONG,
        Type::Float => CS_CELL_FLOAT,
        Type::Double => CS_CELL_DOUBLE,
        Type::Symbol | Type::String => CS_CELL_TEXT,
        Type::Uuid | Type::Ipaddr | Type::Int128 | Type::Complex | Type::Point => CS_CELL_BYTES16,
        Type::Int | Type::Date | Type::Month | Type::Time | Type::Minute => CS_CELL_INT,
        Type::Second | Type::Datetime | Type::Datehour => CS_CELL_INT,
        Type::Decimal32(_) => CS_CELL_DECIMAL32,
        Type::Decimal64(_) => CS_CELL_DECIMAL64,
        Type::Decimal128(_) => CS_CELL_DECIMAL128,
        Type::Blob => CS_CELL_BLOB,
        Type::Array(_) => CS_CELL_ARRAY,
    }
}

/// Whether the release has the methods for cells of this type.
pub(super) fn is_known(ty: Type) -> bool {
    // SAFETY: there is a value or a session, so the server's interface is bound.
    let known = |ty| unsafe { cs_has_cells(cell(ty)) };
    match ty {
        Type::Array(element) => known(ty) && known(element.ty()),
        _ => known(ty),
    }
}

/// Whether a server that lacks this type, or shows its cells otherwise than we believe, is used for
/// the other types: those that older releases do not have, and those whose cells travel by methods
/// that no source describes for them.
pub(super) fn is_optional(ty: Type) -> bool {
    !is_known(ty) || matches!(ty, Type::Blob | Type::Complex | Type::Point | Type::Array(_))
}

/// From now on no column of this type is read or written.
pub(super) fn refuse(ty: Type, why: String) {
    REFUSED.lock().push((ty.id(), why));
}

/// Fails where this server does not carry cells of the type.
pub(super) fn require(ty: Type) -> Result<()> {
    let why = match REFUSED.lock().iter().find(|(id, _)| *id == ty.id()) {
        _ if !is_known(ty) => "its interface has no methods for them".to_owned(),
        Some((_, why)) => why.clone(),
        None => return Ok(()),
    };
    // The scale cannot be asked for without the methods.
    let name = ty.name().split('(').next().unwrap_or_default().to_owned();
    let message = format!("this release of the server does not hand out columns of type {name} ({why})");
    Err(Error::new(Kind::Schema, message)
        .advise("sync the other columns, or run the sync from the other cluster"))
}
