//! `scripts/install` into directories with a stand-in for the server's library.
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tempfile::TempDir;

use crate::workshop::{PACKAGES, compile, on_minnow, said, script, server_source};

const DESCRIPTOR: &str = "plugins/clusterSync/PluginClusterSync.txt";
const LIBRARY: &str = "plugins/clusterSync/libPluginClusterSync.so";

/// A server's directory whose library has the exports of 3.00.3 and says it is `version`.
fn server(version: &str, own_strings: bool) -> TempDir {
    let home = tempfile::tempdir().expect("a directory");
    compile(&server_source("3.00.3", version), &home.path().join("libDolphinDB.so"), own_strings);
    home
}

/// What `scripts/install` says about a server, once it has ended with `code`.
fn install(home: &Path, code: i32, arguments: &[&str]) -> String {
    said(script("install").arg(home).arg("--packages").arg(&*PACKAGES).args(arguments), code)
}

/// Refuses with a sentence that has `part`, and touches nothing.
fn refuses(home: &TempDir, part: &str, arguments: &[&str]) {
    let text = install(home.path(), 1, arguments);
    assert!(text.starts_with("Nothing installed. ") && text.contains(part), "{text}");
    assert!(!home.path().join("plugins").exists());
}

#[test]
fn the_pair_for_the_server_s_own_version_is_put_in_place_and_loads() {
    let home = server("\"3.00.3.1\"", false);
    install(home.path(), 0, &[]);
    let descriptor = fs::read_to_string(home.path().join(DESCRIPTOR)).expect("the descriptor");
    assert!(descriptor.starts_with("clusterSync,libPluginClusterSync.so,3.00.3\n"), "{descriptor}");
    let printed = on_minnow(home.path(), "3.00.3", "print(loadPlugin(\"clusterSync\").size() > 0)");
    assert_eq!(printed.trim(), "1");
}

#[test]
fn installing_again_changes_nothing_and_over_an_older_one_everything_at_once() {
    let home = server("\"3.00.3\"", false);
    install(home.path(), 0, &[]);
    let library = home.path().join(LIBRARY);
    let first = fs::metadata(&library).unwrap().ino();
    assert!(install(home.path(), 0, &[]).contains("was already installed"));
    assert_eq!(fs::metadata(&library).unwrap().ino(), first);

    fs::write(&library, "older").unwrap();
    fs::write(home.path().join("plugins/clusterSync/licences/gone"), "").unwrap();
    let mut held = fs::File::open(&library).unwrap();
    assert!(install(home.path(), 0, &[]).contains("is installed"));
    assert!(fs::metadata(&library).unwrap().len() > 100_000);
    assert!(!home.path().join("plugins/clusterSync/licences/gone").exists());
    // A server that has the old file open still sees it whole.
    let mut old = String::new();
    held.read_to_string(&mut old).unwrap();
    assert_eq!(old, "older");
    assert_eq!(fs::read_dir(home.path().join("plugins")).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn files_of_somebody_else_are_not_replaced() {
    let home = server("\"3.00.3\"", false);
    install(home.path(), 0, &[]);
    let notes = home.path().join("plugins/clusterSync/notes.txt");
    fs::write(&notes, "mine").unwrap();
    let text = install(home.path(), 1, &[]);
    assert!(text.contains("notes.txt is not ours"), "{text}");
    assert_eq!(fs::read_to_string(notes).unwrap(), "mine");
}

#[test]
fn a_server_that_is_not_known_is_refused() {
    refuses(&server("\"3.00.9.1\"", false), "The server is release 3.00.9", &[]);
    refuses(
        &server("\"3.00.3\"", false),
        "The library says it is 3.00.3, not 3.00.2",
        &["--version", "3.00.2"],
    );
}

#[test]
fn a_library_without_its_version_s_text_needs_to_be_told() {
    let hidden = "std::string(1, '3') + std::to_string(sizeof(int))";
    refuses(&server(hidden, false), "does not tell its version", &[]);
    let home = server(hidden, false);
    install(home.path(), 0, &["--version", "3.00.3.1 2025.05.16"]);
    assert!(home.path().join(LIBRARY).exists());
}

#[test]
fn another_string_class_or_a_missing_export_is_refused() {
    // Release 3.00.3's names with the newer strings are not those that this library exports.
    refuses(&server("\"3.00.3\"", true), "3.00.3", &["--version", "3.00.3"]);
    let home = tempfile::tempdir().unwrap();
    let source = server_source("3.00.3", "\"3.00.3\"").replace("11createTable", "11createStable");
    compile(&source, &home.path().join("libDolphinDB.so"), false);
    refuses(&home, "does not export _ZN3ddb4Util11createTable", &[]);
}

#[test]
fn what_is_no_server_is_refused() {
    let home = tempfile::tempdir().unwrap();
    refuses(&home, "cannot be read", &[]);
    let library = home.path().join("libDolphinDB.so");
    fs::write(&library, "text").unwrap();
    refuses(&home, "is no 64-bit ELF file", &[]);
    compile("int nothing;", &library, false);
    refuses(&home, "exports no Util::VER", &[]);
    let whole = fs::read(&library).unwrap();
    fs::write(&library, &whole[..whole.len() / 2]).unwrap();
    refuses(&home, "is damaged", &[]);
}
