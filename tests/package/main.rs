//! What people get: archives that any build repeats byte for byte, their installation into a
//! server's directory, the check of a kernel's file against the rows, and the questions that only
//! a real server can answer.
mod archive;
mod check;
#[path = "../common/mod.rs"]
mod common;
mod install;
mod real_server;
mod workshop;
