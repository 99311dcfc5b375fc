//! What a script calls: arguments in, a table out. One file per family of functions.
mod call;
mod clusters;
mod follow;
mod functions;
mod node;
mod offline;
mod online;
mod runs;
mod setup;
#[cfg(test)]
mod tests;

pub use functions::{FUNCTIONS, Function};
