//! Runs scripts on a minnow that has the plugin in its plugin directory.
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// Where cargo puts this build's programs and libraries.
static TARGET: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("the path of this test");
    let target = test.ancestors().nth(2).expect("tests lie in deps").to_path_buf();
    // Tests of one package do not build the programs of another, nor place the library.
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "-p", "clustersync", "-p", "minnow"]);
    if target.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().expect("cargo runs").success(), "the plugin and minnow build");
    target
});

/// The plugin's library.
pub fn library() -> PathBuf {
    TARGET.join("libclustersync.so")
}

/// minnow, to be given arguments.
pub fn minnow() -> Command {
    Command::new(TARGET.join("minnow"))
}

/// Runs `script` with further arguments for minnow, in a server of `release` that has the plugin
/// with a descriptor of that release, whose path is `{PLUGIN}` in the script.
pub fn run(release: &str, script: &str, arguments: &[&str]) -> Output {
    let home = Home::new(release);
    home.command(release, script).args(arguments).output().expect("minnow runs")
}

/// A server's home directory with the plugin in it.
pub struct Home(tempfile::TempDir);

impl Home {
    /// The plugin's descriptor is one of `release`.
    pub fn new(release: &str) -> Home {
        let home = Home(tempfile::tempdir().expect("a directory for the server"));
        fs::create_dir_all(home.plugin()).expect("the plugin directory");
        symlink(library(), home.plugin().join("libPluginClusterSync.so")).expect("the library");
        home.describe("PluginClusterSync.txt", &descriptor(release));
        home
    }

    pub fn plugin(&self) -> PathBuf {
        self.0.path().join("plugins/clusterSync")
    }

    /// Writes a descriptor beside the library.
    pub fn describe(&self, name: &str, text: &str) {
        fs::write(self.plugin().join(name), text).expect("the descriptor");
    }

    /// minnow, to run `script`, in which `{PLUGIN}` is the descriptor and `{FOLDER}` where it lies.
    pub fn command(&self, release: &str, script: &str) -> Command {
        let folder = self.plugin();
        let script = script.replace("{PLUGIN}", &folder.join("PluginClusterSync.txt").display().to_string());
        let file = self.0.path().join("test.dos");
        fs::write(&file, script.replace("{FOLDER}", &folder.display().to_string())).expect("the script");
        let mut command = minnow();
        command.arg("run").arg(&file).arg("--home").arg(self.0.path()).args(["--release", release]);
        command
    }
}

/// The text of the descriptor for a server of `release`.
pub fn descriptor(release: &str) -> String {
    include_str!("../../plugin-descriptor/PluginClusterSync.txt").replace("{VERSION}", release)
}

/// What a run printed, once it is clear that the server survived.
pub fn printed(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the server ended with {}: {text}{errors}", output.status);
    text
}

/// One of our rows, as reviewers see it.
pub struct Row {
    /// The name of its file: the release, and the edition unless it is the default one.
    pub name: String,
    pub release: String,
    pub text: String,
}

impl Row {
    /// minnow's arguments for the edition.
    pub fn edition(&self) -> &'static [&'static str] {
        if self.name == self.release { &[] } else { &["--newer-strings"] }
    }
}

/// Every row that there is.
pub fn rows() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/abi");
    let files = folder.read_dir().expect("the rows").map(|entry| entry.expect("a row").path());
    let row = |file: PathBuf| {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let release = name.split('-').next().expect("a release").to_owned();
        Row { name, release, text: fs::read_to_string(&file).expect("a row") }
    };
    let rows: Vec<_> = files.map(row).collect();
    assert!(rows.len() >= 19, "the rows are where they were");
    rows
}
