//! Builds the library that plugins take for the server: C++ on one side, embedded into minnow
//! as bytes on the other, because a server's symbols must be visible to what it loads.
use std::path::{Path, PathBuf};
use std::process::Command;

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
    let status = Command::new(compiler.path())
        // The default edition of the server: C++11 with the old std::string (plugin-abi §7).
        .args(["-std=c++11", "-D_GLIBCXX_USE_CXX11_ABI=0", "-Wall", "-Wextra", "-Werror"])
        .args(["-O1", "-g", "-fPIC", "-fvisibility=hidden", "-shared"])
        // A plugin that asks for the server's library by name finds this one.
        .args(["-Wl,-soname,libDolphinDB.so", "-Wl,-z,defs"])
        .arg("-o")
        .arg(out.join("libDolphinDB.so"))
        .args(&files)
        .status()
        .expect("a C++ compiler");
    assert!(status.success(), "the C++ side of minnow does not compile");
}
