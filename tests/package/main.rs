//! What people get: archives that any build repeats byte for byte,
//! and the check of a kernel's file against the rows.
mod archive;
mod check;
mod workshop;
