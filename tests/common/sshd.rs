//! A real sshd on loopback, with keys made for the run.
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::unused_port;

/// A running sshd that lets in whoever holds the key of this run; killed when dropped.
pub struct Sshd {
    process: Child,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Sshd {
    /// Starts one and waits until it listens.
    pub fn start() -> Sshd {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        for key in ["host", "user"] {
            let status = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(path.join(key))
                .status()
                .expect("ssh-keygen runs: install openssh-client");
            assert!(status.success());
        }
        std::fs::copy(path.join("user.pub"), path.join("authorized")).expect("the user's key");
        let port = unused_port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host\nAuthorizedKeysFile {0}/authorized\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\nMaxStartups 100\n\
             PermitRootLogin prohibit-password\n",
            path.display()
        );
        std::fs::write(path.join("config"), config).expect("a configuration");
        let host = std::fs::read_to_string(path.join("host.pub")).expect("the host's key");
        std::fs::write(path.join("known"), format!("[127.0.0.1]:{port} {host}")).expect("known hosts");
        // Where sshd of Debian puts its children when it runs as root.
        let _ = std::fs::create_dir_all("/run/sshd");
        let process = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(path.join("config"))
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd starts: install openssh-server");
        let sshd = Sshd { process, port, folder };
        sshd.await_port();
        sshd
    }

    fn await_port(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "sshd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A file of this run: `user` is the key, `known` the list of known hosts.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `user@127.0.0.1:port`.
    pub fn login(&self) -> String {
        let user = Command::new("id").arg("-un").output().expect("id runs").stdout;
        format!("{}@127.0.0.1:{}", String::from_utf8_lossy(&user).trim(), self.port)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes `bytes` to `root/path`, whose folders are made.
pub fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    std::fs::File::create(path).and_then(|mut file| file.write_all(bytes)).expect("the file");
}
