//! Two nodes for a story: starts `minnow` processes, talks to them, and stands in their line.
#![allow(dead_code, reason = "each story uses its own part")]
pub mod days;
pub mod secrets;
pub mod shown;
pub mod sshd;
pub mod tap;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Datum};
use clustersync::error::Result;
use clustersync::failpoint;
use clustersync::model::{Secret, TableName};
use clustersync::wire::{Endpoint, Remote, Terms, Tls};

/// The administrator's password of every node here. Nothing else looks like it, and no node may have
/// written it anywhere when it ends.
pub const PASSWORD: &str = "Zebra~7Crossing-at-Dawn";

/// A running stand-in server; killed when dropped.
pub struct Node {
    process: Child,
    pub port: u16,
    pub home: tempfile::TempDir,
    release: String,
    arguments: Vec<String>,
    /// The file that may hold the password, because the story gave it to the server to keep.
    told: Option<PathBuf>,
    /// The certificate, as PEM text, of a node that speaks TLS.
    pub certificate: Option<String>,
    client: Option<Remote>,
}

impl Node {
    /// A node whose plugin directory holds our plugin, not yet loaded.
    pub fn start(alias: &str) -> Node {
        Node::start_with(alias, "3.00.3", &[])
    }

    /// A node with the plugin loaded.
    pub fn with_plugin(alias: &str) -> Node {
        let mut node = Node::start(alias);
        node.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
        node
    }

    /// A node that claims to be `release`, with further arguments for its command line.
    pub fn start_with(alias: &str, release: &str, arguments: &[&str]) -> Node {
        let home = tempfile::tempdir().expect("a home directory");
        install(&home.path().join("plugins/clusterSync"), release);
        Node::serve(home, alias, release, arguments)
    }

    /// A node that speaks TLS with a certificate for `host`.
    pub fn secure(alias: &str, host: &str) -> Node {
        let home = tempfile::tempdir().expect("a home directory");
        let keys = home.path().join("keys");
        std::fs::create_dir_all(&keys).expect("a folder for keys");
        let made = rcgen::generate_simple_self_signed([host.to_owned()]).expect("a certificate");
        std::fs::write(keys.join("server.crt"), made.cert.pem()).expect("its file");
        std::fs::write(keys.join("server.key"), made.signing_key.serialize_pem()).expect("its key");
        let mut node = Node::serve(home, alias, "3.00.3", &["--enable-https"]);
        node.certificate = Some(made.cert.pem());
        node
    }

    fn serve(home: tempfile::TempDir, alias: &str, release: &str, arguments: &[&str]) -> Node {
        let arguments: Vec<String> = arguments.iter().map(|argument| argument.to_string()).collect();
        let (process, port) = spawn(home.path(), alias, release, &arguments);
        let (release, certificate) = (release.into(), None);
        Node { process, port, home, release, arguments, told: None, certificate, client: None }
    }

    /// The value of `script`, run by the administrator in one lasting session.
    pub fn run(&mut self, script: &str) -> Result<Datum> {
        self.client()?.query(script)
    }

    /// Appends `rows`, whose columns are in the table's order, and returns how many are stored.
    pub fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        self.client()?.append(table, rows)
    }

    fn client(&mut self) -> Result<&mut Remote> {
        if self.client.is_none() {
            self.client = Some(Remote::connect(&self.endpoint())?);
        }
        Ok(self.client.as_mut().expect("connected above"))
    }

    /// The table that `script` returns.
    pub fn table(&mut self, script: &str) -> Batch {
        match self.run(script) {
            Ok(Datum::Table(rows)) => rows,
            other => panic!("{script} gave {other:?}"),
        }
    }

    /// The number that `script` returns.
    pub fn number(&mut self, script: &str) -> i64 {
        let value = self.run(script);
        value.as_ref().ok().and_then(Datum::as_i64).unwrap_or_else(|| panic!("{script} gave {value:?}"))
    }

    /// The error that `script` ends in.
    pub fn error(&mut self, script: &str) -> String {
        match self.run(script) {
            Err(error) => error.to_string(),
            Ok(value) => panic!("{script} gave {value:?} instead of an error"),
        }
    }

    /// Lets calls of this node reach the one on `port`, as the administrator, by `name`.
    pub fn know(&mut self, name: &str, port: u16) {
        let site = format!("127.0.0.1:{port}");
        self.run(&format!("clusterSync::setCluster(\"{name}\", \"{site}\", \"admin\", \"{PASSWORD}\")"))
            .expect("the cluster gets a name");
    }

    /// How to reach this node as the administrator.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            host: "127.0.0.1".into(),
            port: self.port,
            user: "admin".into(),
            password: Secret::new(PASSWORD),
            connect_timeout: Duration::from_secs(5),
            io_timeout: Duration::from_secs(60),
            terms: Terms { tls: self.tls(), ..Terms::default() },
        }
    }

    fn tls(&self) -> Option<Tls> {
        self.certificate.as_deref().map(|text| Tls::new(Some(text)).expect("a certificate"))
    }

    /// The process, for whoever wants to end it.
    pub fn pid(&self) -> i32 {
        self.process.id() as i32
    }

    /// How the process ended, once it has.
    pub fn ended(&mut self) -> ExitStatus {
        self.process.wait().expect("it was started")
    }

    /// Ends the process and starts it again on the same home.
    pub fn restart(mut self, alias: &str) -> Node {
        self.revive(alias);
        self
    }

    /// As [`Node::restart`], where it is.
    pub fn revive(&mut self, alias: &str) {
        self.stop();
        self.client = None;
        (self.process, self.port) = spawn(self.home.path(), alias, &self.release, &self.arguments);
    }

    /// Makes the process die when the plugin has come by `place` (one of `failpoint::PLACES`) so
    /// many times.
    pub fn die_at(&self, place: &str, skip: u64) {
        std::fs::write(self.home.path().join("kill-at"), format!("{place} {skip}")).expect("an order");
    }

    /// Takes that order back, unless it was obeyed; says whether the process lives.
    pub fn spare(&self) -> bool {
        std::fs::remove_file(self.home.path().join("kill-at")).is_ok()
    }

    /// Lets no file of the process grow beyond so many bytes, as on a full disk.
    pub fn limit_files(&self, bytes: u64) {
        let limit = format!("--fsize={bytes}:unlimited");
        let limited = Command::new("prlimit").args(["--pid", &self.pid().to_string(), &limit]).status();
        assert!(limited.expect("prlimit runs").success());
    }

    /// Lets the server's own `file` below its home hold the password, which the story gave it to keep.
    pub fn may_keep(&mut self, file: &str) {
        self.told = Some(self.home.path().join(file));
    }

    fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(home: &Path, alias: &str, release: &str, arguments: &[String]) -> (Child, u16) {
    // A write beyond the limit of `limit_files` fails then, and does not end the process.
    let mut process = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(built("minnow"))
        .args(["serve", "--home"])
        .arg(home)
        .args(["--site", &format!("127.0.0.1:0:{alias}"), "--release", release])
        .args(["--admin-password", PASSWORD])
        .args(arguments)
        .env(failpoint::VARIABLE, home.join("kill-at"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("minnow starts");
    let mut line = String::new();
    let mut output = BufReader::new(process.stdout.take().expect("its output"));
    output.read_line(&mut line).expect("its first line");
    let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
    (process, port.unwrap_or_else(|| panic!("minnow said {line:?}")))
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
        let mut leaks = secrets::leaks(self.home.path());
        leaks.retain(|path| self.told.as_ref() != Some(path));
        // A story that fails anyway has something else to say.
        assert!(leaks.is_empty() || std::thread::panicking(), "the password is in {leaks:?}");
    }
}

/// Makes `dfs://db1` with the empty table `t` of a few partitions.
pub const CREATE: &str = "db = database(\"dfs://db1\", VALUE, 1..3);
    createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"DOUBLE\"]), \"t\", `k); 0";

/// A script's dictionary for `remote`: the administrator of the node on `port`.
pub fn remote(port: u16) -> String {
    remote_as("127.0.0.1", port, "admin", PASSWORD)
}

/// A script's dictionary for `remote`.
pub fn remote_as(host: &str, port: u16, user: &str, password: &str) -> String {
    let names = "[\"host\",\"port\",\"userId\",\"password\"]";
    format!("dict({names}, (\"{host}\", {port}, \"{user}\", \"{password}\"))")
}

/// A script's dictionary of these names and what a script writes for their values.
pub fn dict<N: AsRef<str>, V: AsRef<str>>(members: &[(N, V)]) -> String {
    let names: Vec<String> = members.iter().map(|(name, _)| format!("\"{}\"", name.as_ref())).collect();
    let values: Vec<&str> = members.iter().map(|(_, value)| value.as_ref()).collect();
    format!("dict([{}], ({}))", names.join(", "), values.join(", "))
}

/// A port where nobody listens.
pub fn unused_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Every file below `folder` that holds `text`.
pub fn holders(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(holders(&path, text));
        } else if holds(&std::fs::read(&path).expect("a file"), text) {
            found.push(path);
        }
    }
    found
}

/// Whether `text` stands anywhere in `bytes`.
pub fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Lays the plugin and its descriptor for `release` into `folder`.
fn install(folder: &Path, release: &str) {
    std::fs::create_dir_all(folder).expect("a plugin directory");
    // A link where one can be made: hundreds of nodes are started, and the library is large.
    let (library, own) = (built("libclustersync.so"), folder.join("libPluginClusterSync.so"));
    if std::fs::hard_link(&library, &own).is_err() {
        std::fs::copy(&library, &own).expect("the plugin");
    }
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin-descriptor/PluginClusterSync.txt");
    let descriptor = std::fs::read_to_string(template).expect("the descriptor").replace("{VERSION}", release);
    std::fs::write(folder.join("PluginClusterSync.txt"), descriptor).expect("the descriptor is written");
}

/// A product of `cargo build --workspace`, beside the running test's own folder.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    let path = test.parent().and_then(Path::parent).expect("the target folder").join(name);
    assert!(path.exists(), "{} is missing: run cargo build --workspace first", path.display());
    path
}
