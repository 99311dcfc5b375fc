//! Values on the wire (wire-protocol §6): every object starts with a type byte and a form byte.
mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::read_object;
pub use encode::write_object;

/// The form byte.
mod form {
    pub const SCALAR: u8 = 0;
    pub const VECTOR: u8 = 1;
    pub const PAIR: u8 = 2;
    pub const DICTIONARY: u8 = 5;
    pub const TABLE: u8 = 6;
}

/// The type byte of a SYMBOL vector that carries its base: 128 + SYMBOL.
const SYMBOL_WITH_BASE: u8 = 145;

/// Type bytes of what minnow has no type for.
const FUNCTION: u8 = 20;
const HANDLE: u8 = 21;
const CODE: u8 = 22;
const SOURCE: u8 = 23;

/// Rows of an array vector in one block at most.
const BLOCK_ROWS: usize = 65_535;

/// Cells converted at a time: no buffer grows because of a length that a peer only claims.
const BLOCK: usize = 8192;
