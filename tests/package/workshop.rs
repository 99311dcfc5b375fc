//! Builds archives and stand-ins for a server's library, and runs the commands of `scripts`.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where cargo puts what it builds, and the part of it that this test belongs to.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    test.ancestors().nth(3).expect("tests lie in a profile's deps").to_path_buf()
}

/// The archives of these sources, one for each release.
pub static PACKAGES: LazyLock<PathBuf> = LazyLock::new(|| {
    let packages = target().join("packages");
    // Archives of an earlier version must not be taken for ours.
    let _ = fs::remove_dir_all(&packages);
    pack(root(), &target(), &packages);
    packages
});

/// Runs the `scripts/package` of `sources` with cargo's products in `target`.
pub fn pack(sources: &Path, target: &Path, packages: &Path) {
    let mut command = Command::new(sources.join("scripts/package"));
    command.arg(packages).env("CARGO_TARGET_DIR", target).env_remove("SOURCE_DATE_EPOCH");
    said(&mut command, 0);
}

/// The archives in a folder, by name.
pub fn archives(packages: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(packages).expect("the archives");
    let mut found: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}

/// The release that an archive is for.
pub fn release(archive: &Path) -> String {
    let name = archive.file_name().expect("a name").to_string_lossy();
    name.split("-server-").nth(1).and_then(|rest| rest.split('-').next()).expect("a release").to_owned()
}

/// Everything that a command printed, once it has ended with `code`.
pub fn said(command: &mut Command, code: i32) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the command runs");
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "{command:?}: {text}");
    text
}

/// One of the commands in `scripts`.
pub fn script(name: &str) -> Command {
    Command::new(root().join("scripts").join(name))
}

/// The text of a release's row.
pub fn row(release: &str) -> String {
    fs::read_to_string(root().join(format!("include/abi/{release}.tsv"))).expect("a row")
}

/// C++ that exports what the row of `release` names, and says that it is `version`.
pub fn server_source(release: &str, version: &str) -> String {
    let row = row(release);
    let fields = row.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let exports = fields.filter(|fields| fields[0] == "export" && fields[1] != "version");
    let functions: String = exports
        .map(|fields| format!("void {0}() __asm__(\"{1}\"); void {0}() {{}}\n", fields[1], fields[2]))
        .collect();
    format!(
        "#include <string>\n\
         namespace ddb {{ struct Util {{ static std::string VER; }}; std::string Util::VER = {version}; }}\n\
         {functions}"
    )
}

/// Compiles C++ into a library at `path`.
pub fn compile(source: &str, path: &Path, own_strings: bool) {
    let file = path.with_extension("cpp");
    fs::write(&file, source).expect("the source");
    let mut command = Command::new("g++");
    command.args(["-std=c++11", "-O2", "-shared", "-fPIC"]);
    command.arg(format!("-D_GLIBCXX_USE_CXX11_ABI={}", u8::from(own_strings)));
    said(command.arg(&file).arg("-o").arg(path), 0);
    fs::remove_file(file).expect("the source goes away");
}

/// Runs a script on a minnow of `release` with the given home and returns what it printed.
pub fn on_minnow(home: &Path, release: &str, script: &str) -> String {
    static MINNOW: LazyLock<PathBuf> = LazyLock::new(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "minnow", "--target-dir"]).arg(target());
        said(&mut build, 0);
        target().join("debug/minnow")
    });
    let folder = tempfile::tempdir().expect("a folder for the script");
    let file = folder.path().join("test.dos");
    fs::write(&file, script).expect("the script");
    let mut command = Command::new(&*MINNOW);
    said(command.arg("run").arg(file).arg("--home").arg(home).args(["--release", release]), 0)
}
