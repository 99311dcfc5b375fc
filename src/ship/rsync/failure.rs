//! What went wrong with rsync or ssh, in words.
use super::super::command::Ended;
use super::ssh::Ssh;
use crate::error::{Error, Kind};

/// What an exit code and the complaint mean (manual of rsync, "exit values").
pub(super) fn explain(ssh: &Ssh, ended: &Ended) -> Error {
    let complaint = ended.complaint.as_str();
    let says = |text: &str| complaint.contains(text);
    let (host, port, login) = (&ssh.host, ssh.port, ssh.login());
    let (kind, what, advice) = match ended.status.code() {
        _ if says("Host key verification failed") || says("HOST IDENTIFICATION HAS CHANGED") => (
            Kind::Login,
            format!("ssh does not know the key of {host} port {port}, or it has changed"),
            "check it and add it to the file of known hosts, or set hostKeys=\"acceptNew\" for a new host",
        ),
        _ if says("Permission denied (") => (
            Kind::Login,
            format!("ssh to {login} is refused"),
            "give the option `sshKey` a key that this user's authorized_keys has there",
        ),
        _ if says("No space left on device") || says("Disk quota exceeded") => (
            Kind::State,
            format!("there is no room left on the disk of {host} or of this node"),
            "make room, then repeat the call",
        ),
        _ if says("command not found") || says("rsync: not found") => (
            Kind::NotFound,
            format!("rsync is not installed on {host}"),
            "install it there, or choose shipper=\"directory\"",
        ),
        _ if says("Failed to exec") => (
            Kind::NotFound,
            "ssh is not installed on this node".to_owned(),
            "install it, or choose shipper=\"directory\"",
        ),
        _ if says("Permission denied") || says("Read-only file system") => (
            Kind::State,
            format!("rsync may not read or write one of the directories, here or as {login}"),
            "let the user that ssh logs in as write there",
        ),
        // rsync may end before it has heard how ssh ended.
        code if code == Some(255) || says("ssh: connect to host") || says("Could not resolve host") => (
            Kind::Network,
            format!("ssh cannot reach {host} port {port}"),
            "check that sshd runs there and that no firewall is between",
        ),
        Some(1 | 2) => (
            Kind::State,
            format!("the rsync of this node and that of {host} do not fit each other"),
            "install rsync 3.0 or newer on both",
        ),
        Some(12 | 30 | 35 | 10) => {
            (Kind::Network, format!("the line to {host} broke"), "repeat the call, it goes on from there")
        }
        Some(23 | 24 | 3) => (
            Kind::State,
            format!("rsync could not ship some files to or from {host}"),
            "look at what rsync says, and whether somebody changes the directory",
        ),
        _ => (Kind::State, format!("rsync ended with {}", ended.status), "repeat the call"),
    };
    // The cause comes first; what follows it is how the other end noticed.
    let said =
        complaint.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("Warning:"));
    let said = said.map(|line| format!(" ({line})")).unwrap_or_default();
    Error::new(kind, format!("{what}{said}")).advise(advice)
}
