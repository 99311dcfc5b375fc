//! What people get: archives that any build repeats byte for byte, their installation into a
//! server's directory, and the check of a kernel's file against the rows.
mod archive;
mod check;
mod install;
mod workshop;
