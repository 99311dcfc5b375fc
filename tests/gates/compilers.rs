//! The shim by every compiler that plugins are built with, under sanitizers, and on another machine.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::have;

/// As in `build.rs`, and every warning is an error.
const FLAGS: &[&str] = &[
    "-std=c++11",
    "-D_GLIBCXX_USE_CXX11_ABI=0",
    "-fno-strict-aliasing",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-return-type-c-linkage",
    "-O1",
    "-g",
];

/// What a wrong byte, a wrong number or an object left behind ends in.
const SANITIZERS: &[&str] = &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// How often every entry is called in each generation and string layout.
const TURNS: &str = "10000";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shim with a server around it, as a program.
fn compiled(compiler: &str, flags: &[&str], folder: &Path) -> PathBuf {
    let shim = root().join("src/kernel/shim");
    let sources = fs::read_dir(&shim).expect("the shim").map(|entry| entry.expect("a file").path());
    let sources = sources.filter(|file| file.extension().is_some_and(|extension| extension == "cpp"));
    let program = folder.join("shim");
    let mut command = Command::new(compiler);
    command.args(FLAGS).args(flags).arg("-I").arg(root().join("include")).arg("-iquote").arg(&shim);
    command.args(sources).arg(root().join("tests/gates/shim.cpp")).arg("-o").arg(&program);
    let output = command.output().expect("the compiler runs");
    assert!(output.status.success(), "{compiler}: {}", String::from_utf8_lossy(&output.stderr));
    program
}

fn ends_well(output: &Output) {
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {text}{errors}", output.status);
    assert!(text.contains(" 0 objects left"), "{text}");
}

#[test]
fn each_compiler_s_shim_is_clean_under_sanitizers() {
    // Functions of the server are called by the shape of their arguments, not by their C++ types.
    let compilers = [("g++", &[][..]), ("clang++", &["-fno-sanitize=function"])];
    for (compiler, flags) in compilers.into_iter().filter(|(compiler, _)| have(compiler)) {
        let folder = tempfile::tempdir().expect("a folder");
        let program = compiled(compiler, &[SANITIZERS, flags].concat(), folder.path());
        ends_well(&Command::new(program).arg(TURNS).output().expect("it runs"));
    }
}

#[test]
fn the_shim_works_on_aarch64() {
    if !have("aarch64-linux-gnu-g++") || !have("qemu-aarch64") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = compiled("aarch64-linux-gnu-g++", &["-static"], folder.path());
    ends_well(&Command::new("qemu-aarch64").arg(program).arg("1000").output().expect("it runs"));
}
