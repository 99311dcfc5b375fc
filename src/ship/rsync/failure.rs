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
        // rsync's own complaint about a file ends in the number of the error.
        _ if says("Permission denied (") && !says("Permission denied (13)") => (
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

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, ExitStatus};

    use super::super::super::Watch;
    use super::super::super::command::run;
    use super::*;

    #[test]
    fn every_ending_is_one_sentence_with_what_to_do() {
        let cases = [
            (255, "Host key verification failed.", Kind::Login, "ssh does not know the key of h port 22"),
            (255, "u@h: Permission denied (publickey).", Kind::Login, "ssh to u@h is refused"),
            (255, "ssh: connect to host h port 22: Connection refused", Kind::Network, "ssh cannot reach h"),
            (
                11,
                "rsync: write failed on \"/b/x\": No space left on device (28)",
                Kind::State,
                "no room left",
            ),
            (127, "bash: line 1: rsync: command not found", Kind::NotFound, "rsync is not installed on h"),
            (
                14,
                "rsync: Failed to exec ssh: No such file",
                Kind::NotFound,
                "ssh is not installed on this node",
            ),
            (23, "rsync: mkdir \"/b\" failed: Permission denied (13)", Kind::State, "may not read or write"),
            (11, "rsync: mkstemp failed: Read-only file system (30)", Kind::State, "may not read or write"),
            (2, "protocol version mismatch -- is your shell clean?", Kind::State, "do not fit each other"),
            (12, "rsync: connection unexpectedly closed", Kind::Network, "the line to h broke"),
            (24, "file has vanished: \"/a/x\"", Kind::State, "could not ship some files to or from h"),
            (99, "", Kind::State, "rsync ended with"),
        ];
        let ssh = Ssh::parse("u@h").unwrap();
        for (code, complaint, kind, text) in cases {
            let status = ExitStatus::from_raw(code << 8);
            let ended = Ended { status, lines: Vec::new(), complaint: format!("Warning: x\n{complaint}\n") };
            let error = explain(&ssh, &ended);
            assert_eq!(error.kind(), kind, "{error}");
            let shown = error.to_string();
            assert!(shown.contains(text) && shown.contains("; ") && !shown.contains('\n'), "{shown}");
        }
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let missing = run(Command::new("/nowhere/rsync"), &Watch::default(), |_| false).err().unwrap();
        assert!(missing.to_string().contains("/nowhere/rsync is not installed on this node; install it"));
    }
}
