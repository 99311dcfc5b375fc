//! The `minnow` command.
fn main() {}
