//! A served node for tests: its own process on a free port, killed when dropped.
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub struct Running {
    pub port: u16,
    pub process: Child,
    home: TempDir,
}

impl Running {
    /// Starts a node in a new home and waits until it is ready.
    pub fn start() -> Running {
        let home = TempDir::new().unwrap();
        let (process, port) = serve(home.path());
        Running { port, process, home }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What the node has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home().join("log/minnow.log")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(home: &Path) -> (Child, u16) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_minnow"))
        .args(["serve", "--site", "127.0.0.1:0:local", "--home"])
        .arg(home)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let address = ready.trim_end().strip_prefix("minnow 3.00.3 ready on 127.0.0.1:");
    let port = address.unwrap_or_else(|| panic!("not ready: {ready}")).parse().unwrap();
    (process, port)
}
