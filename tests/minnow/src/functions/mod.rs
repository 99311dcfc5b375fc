//! The built-in functions, one file per family.
