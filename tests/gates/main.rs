//! Gates that need tools of their own: Valgrind, other compilers, another machine's emulator. What
//! a machine lacks is skipped with a message; `scripts/test` installs what Debian has.
mod aarch64;
#[path = "../common/mod.rs"]
mod common;
mod compilers;
#[path = "../abi/server.rs"]
#[allow(dead_code, reason = "these gates use a part of it")]
mod server;
mod valgrind;

use std::process::Command;

/// Whether `program` can be had; says so when it cannot.
fn have(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: there is no {program}");
    }
    found
}
