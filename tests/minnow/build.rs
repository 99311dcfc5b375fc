//! Builds the libraries that plugins take for the server: C++ on one side, embedded into minnow
//! as bytes on the other, because a server's symbols must be visible to what it loads.
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// One library for each set of names that servers export, with what `edition.h` explains:
/// namespace, foreign owner, intrusive, dictionary, newer strings.
const LIBRARIES: [(&str, [u32; 5]); 8] = [
    ("ab-early", [0, 0, 0, 5, 0]),
    ("ab", [0, 0, 0, 7, 0]),
    ("ab-abi1", [0, 0, 0, 7, 1]),
    ("cd", [0, 1, 0, 7, 0]),
    ("cd-abi1", [0, 1, 0, 7, 1]),
    ("e", [1, 1, 0, 7, 0]),
    ("e-abi1", [1, 1, 0, 7, 1]),
    ("f", [1, 1, 1, 7, 0]),
];

fn main() {
    let sources = Path::new("src/facade/cpp");
    println!("cargo:rerun-if-changed={}", sources.display());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(sources)
        .expect("the sources are beside this file")
        .map(|entry| entry.expect("a readable directory").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cpp"))
        .collect();
    files.sort();

    let compiler = cc::Build::new().cpp(true).get_compiler();
    let compile = |(name, values): &(&str, [u32; 5])| {
        let mut command = Command::new(compiler.path());
        compile(&mut command, *values).arg("-o").arg(out.join(format!("{name}.so"))).args(&files);
        command.spawn().expect("a C++ compiler")
    };
    // Two at a time: few machines that build this have fewer cores.
    for pair in LIBRARIES.chunks(2) {
        let started: Vec<Child> = pair.iter().map(compile).collect();
        for mut child in started {
            let status = child.wait().expect("a C++ compiler");
            assert!(status.success(), "the C++ side of minnow does not compile");
        }
    }
}

fn compile(command: &mut Command, values: [u32; 5]) -> &mut Command {
    let [namespace, foreign, intrusive, dictionary, strings] = values;
    command
        // As the server is built (plugin-abi §7).
        .args(["-std=c++11", "-Wall", "-Wextra", "-Werror"])
        .args(["-O1", "-fPIC", "-fvisibility=hidden", "-shared"])
        .arg(format!("-D_GLIBCXX_USE_CXX11_ABI={strings}"))
        .arg(format!("-DMINNOW_NAMESPACE={namespace}"))
        .arg(format!("-DMINNOW_FOREIGN={foreign}"))
        .arg(format!("-DMINNOW_INTRUSIVE={intrusive}"))
        .arg(format!("-DMINNOW_DICTIONARY={dictionary}"))
        // A plugin that asks for the server's library by name finds this one.
        .args(["-Wl,-soname,libDolphinDB.so", "-Wl,-z,defs"])
}
