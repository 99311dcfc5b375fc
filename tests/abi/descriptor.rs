//! What can be wrong with the two files that a server is given, and who may load them: the server's
//! own sentence, and a server that goes on.
use std::fs;

use crate::server::{Home, descriptor, library, printed};

/// Tries to load, then shows that the server still computes.
const LOAD: &str = r#"
try { loadPlugin("{PLUGIN}"); print("loaded") } catch(ex) { print(ex) }
print("alive: " + string(40 + 2))
"#;

/// What a server of 3.00.3 prints with this descriptor.
fn load(descriptor: &str) -> String {
    let home = Home::new("3.00.3");
    home.describe("PluginClusterSync.txt", descriptor);
    printed(&home.command("3.00.3", LOAD).output().expect("minnow runs"))
}

fn refused(descriptor: &str, part: &str) {
    let text = load(descriptor);
    assert!(text.contains(part) && !text.contains("loaded") && text.contains("alive: 42"), "{text}");
}

#[test]
fn a_descriptor_of_another_version_is_refused_by_the_server() {
    refused(&descriptor("3.00.2"), "is not same to the server version");
    refused(&descriptor("2.00.16"), "is not same to the server version");
}

#[test]
fn a_descriptor_with_two_fields_is_refused_by_a_server_that_wants_three() {
    let text = descriptor("3.00.3").replacen(",3.00.3", "", 1);
    refused(&text, "module name, dynamic library file name and version");
}

/// What is cut off behind the headers is not among these: the dynamic linker maps what is no longer
/// there and dies of it, whatever the library is, which is why files are put in place whole.
#[test]
fn a_damaged_library_is_refused_by_the_linker() {
    let whole = fs::read(library()).expect("the library");
    let mut of_another_machine = whole.clone();
    of_another_machine[18] ^= 0xff;
    let mut without_headers = whole.clone();
    without_headers[64..1024].fill(0);
    for damaged in [b"text", &whole[..32], &whole[..200], &of_another_machine, &without_headers] {
        let home = Home::new("3.00.3");
        let file = home.plugin().join("libPluginClusterSync.so");
        fs::remove_file(&file).expect("the link goes away");
        fs::write(&file, damaged).expect("the damaged library");
        let text = printed(&home.command("3.00.3", LOAD).output().expect("minnow runs"));
        let refused = text.contains("Couldn't load the dynamic library") && !text.contains("loaded");
        assert!(refused && text.contains("alive: 42"), "{text}");
    }
}

#[test]
fn loading_twice_is_refused_and_the_first_goes_on() {
    let home = Home::new("3.00.3");
    let again = format!("{LOAD}\n{LOAD}\nprint(\"clusters: \" + string(size(clusterSync::getClusters())))");
    let text = printed(&home.command("3.00.3", &again).output().expect("minnow runs"));
    assert_eq!(text.matches("loaded").count(), 1, "{text}");
    assert!(text.contains("already in use") && text.contains("clusters: 0"), "{text}");
}

#[test]
fn a_guest_loads_nothing() {
    let home = Home::new("3.00.3");
    let text = printed(&home.command("3.00.3", &format!("logout()\n{LOAD}")).output().expect("minnow runs"));
    assert!(text.contains("Guests can't load plugins") && !text.contains("loaded"), "{text}");
}

/// A server closes a library whose load fails, and takes the same file again.
#[test]
fn a_load_that_fails_leaves_room_for_one_that_succeeds() {
    let home = Home::new("3.00.3");
    home.describe("Wrong.txt", &format!("{}noSuchFunction,nothing,system,0,0,0\n", descriptor("3.00.3")));
    let wrong = r#"try { loadPlugin("{FOLDER}/Wrong.txt") } catch(ex) { print(ex) }"#;
    let script =
        format!("{wrong}\n{wrong}\n{LOAD}\nprint(\"clusters: \" + string(size(clusterSync::getClusters())))");
    let mut command = home.command("3.00.3", &script);
    let text = printed(&command.arg("--no-leftovers").output().expect("minnow runs"));
    assert_eq!(text.matches("has no function [noSuchFunction]").count(), 2, "{text}");
    assert!(text.contains("loaded") && text.contains("clusters: 0"), "{text}");
}
