//! The library on another machine: compiled with Debian's cross toolchain and called under an
//! emulator. No server of that machine has been seen; only that nothing of ours depends on x86-64.
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::have;

const TARGET: &str = "aarch64-unknown-linux-gnu";

/// The names that the descriptor gives to a server, in the order of the plugin's functions.
fn functions() -> Vec<&'static str> {
    clustersync::plugin::FUNCTIONS.iter().map(|function| function.symbol).collect()
}

/// Everything that a command printed, once it has ended well.
fn said(command: &mut Command) -> String {
    let output = command.output().expect("the command runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}{errors}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("text")
}

/// The library for the other machine; none without Rust's own library for it.
fn library() -> Option<PathBuf> {
    let folder = said(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    if !Path::new(folder.trim()).exists() {
        eprintln!("skipped: rustup target add {TARGET}");
        return None;
    }
    let test = std::env::current_exe().expect("the path of this test");
    let products = test.ancestors().nth(3).expect("tests lie in a profile's deps");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--lib", "--package", "clustersync", "--target", TARGET]);
    build.arg("--target-dir").arg(products);
    said(build.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc"));
    Some(products.join(TARGET).join("debug/libclustersync.so"))
}

#[test]
fn every_forwarder_reaches_the_plugin_and_comes_back_on_aarch64() {
    if !have("aarch64-linux-gnu-g++") || !have("qemu-aarch64") {
        return;
    }
    let Some(library) = library() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let knock = folder.path().join("knock");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gates/knock.cpp");
    said(
        Command::new("aarch64-linux-gnu-g++").args(["-std=c++11", "-ldl"]).arg(source).arg("-o").arg(&knock),
    );
    let mut emulated = Command::new("qemu-aarch64");
    emulated.args(["-L", "/usr/aarch64-linux-gnu"]).arg(knock).arg(&library).args(functions());
    assert_eq!(said(&mut emulated), format!("{} functions refuse\n", functions().len()));

    // Which of them it was does not show in a refusal: each forwarder names its own number.
    let code = said(Command::new("aarch64-linux-gnu-objdump").arg("--disassemble").arg(&library));
    for (number, name) in functions().iter().enumerate() {
        let body = code.split(&format!("<{name}>:\n")).nth(1).unwrap_or_else(|| panic!("{name} is there"));
        let body: Vec<&str> = body.lines().take(4).collect();
        let first = body[0].split('\t').skip(2).collect::<Vec<_>>().join(" ");
        assert!(first.trim_end().starts_with(&format!("mov w2, #0x{number:x}")), "{name}: {body:#?}");
        assert!(body[3].contains("\tb\t"), "{name} jumps: {body:#?}");
    }
}
