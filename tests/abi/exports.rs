//! What the library shows to the dynamic linker, and what it asks of it.
use std::process::Command;

use crate::server::library;

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).arg(library()).output().expect(program);
    assert!(output.status.success(), "{program}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_library_exports_the_names_of_the_descriptor_and_nothing_else() {
    let symbols = output("nm", &["-D", "--defined-only"]);
    let mut exported: Vec<_> = symbols.lines().filter_map(|line| line.split(' ').next_back()).collect();
    let descriptor = include_str!("../../plugin-descriptor/PluginClusterSync.txt");
    let mut named: Vec<_> = descriptor.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    exported.sort_unstable();
    named.sort_unstable();
    assert_eq!(exported, named);
}

#[test]
fn the_library_runs_with_the_oldest_libstdcxx_of_a_server() {
    let needed = output("readelf", &["-V"]);
    let levels = needed.split("GLIBCXX_").skip(1);
    for level in levels {
        let digits: String = level.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let parts: Vec<u32> = digits.split('.').map(|part| part.parse().expect("a number")).collect();
        assert!(parts <= vec![3, 4, 19], "GLIBCXX_{digits}");
    }
}

#[test]
fn the_library_stays_loaded_and_resolves_inside_first() {
    let dynamic = output("readelf", &["-d"]);
    for flag in ["SYMBOLIC", "NODELETE", "NOW"] {
        assert!(dynamic.contains(flag), "{flag}");
    }
}
