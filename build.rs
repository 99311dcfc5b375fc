//! Compiles the C++ shim and turns the contract in `include/clustersync.h` into Rust declarations.
//! Nothing of the server is needed: its interface is data (`include/abi`).
use std::path::{Path, PathBuf};

const HEADER: &str = "include/clustersync.h";
const SHIM: &str = "src/kernel/shim";

/// Compiler flags, each with its reason.
const FLAGS: &[&str] = &[
    // What every supported server's own compiler understands, so the library that it ships does too.
    "-std=c++11",
    // The string class of the server's standard editions: one pointer, copied on write.
    "-D_GLIBCXX_USE_CXX11_ABI=0",
    // The server exports classes of the same names; ours must never be taken for them, or they for ours.
    "-fvisibility=hidden",
    "-fvisibility-inlines-hidden",
    // The server's exceptions pass through our frames, and ours through the server's.
    "-fexceptions",
    // Server objects are read as plain memory through offsets.
    "-fno-strict-aliasing",
    // The entry hands the server a class, under a name that C could have.
    "-Wno-return-type-c-linkage",
];

/// Linker flags of the plugin, each with its reason.
const LINK_FLAGS: &[&str] = &[
    // A server that fails to load us closes the library; code that is still referenced must stay.
    "-Wl,-z,nodelete",
    // Names inside resolve inside, whatever the server exports.
    "-Wl,-Bsymbolic",
    // A missing symbol shows when loading, not in the middle of a sync.
    "-Wl,-z,now",
    "-Wl,-z,relro",
];

fn main() {
    let mut shim = cc::Build::new();
    shim.cpp(true).include("include").extra_warnings(true).files(sources());
    for flag in FLAGS {
        shim.flag(flag);
    }
    shim.compile("clustersync_shim");
    LINK_FLAGS.iter().for_each(|flag| println!("cargo:rustc-cdylib-link-arg={flag}"));

    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    bindgen::builder()
        .header(HEADER)
        .allowlist_item("(cs|CS)_.*")
        .derive_default(true)
        .prepend_enum_name(false)
        .generate()
        .unwrap_or_else(|error| panic!("{HEADER}: {error}"))
        .write_to_file(out.join("contract.rs"))
        .expect("the contract's declarations are written");

    println!("cargo:rerun-if-changed={HEADER}");
    println!("cargo:rerun-if-changed={SHIM}");
}

fn sources() -> Vec<PathBuf> {
    let entries = Path::new(SHIM).read_dir().expect("the shim's folder");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry of the shim's folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cpp"))
        .collect();
    files.sort();
    files
}
