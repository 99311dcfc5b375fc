//! Where ssh logs in, and how it is called.
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};

/// Where ssh logs in, and how it proves who is who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssh {
    /// The user there; the server's own user when there is none.
    pub user: Option<String>,
    /// The machine.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The file of the private key; ssh's own choice when there is none.
    pub key: Option<PathBuf>,
    /// The file of known host keys; ssh's own choice when there is none.
    pub known_hosts: Option<PathBuf>,
    /// Whether a host that was never seen is believed, and remembered. One whose key has changed
    /// never is.
    pub accepts_new: bool,
}

impl Ssh {
    /// From `[user@]host[:port]`.
    ///
    /// # Errors
    /// `Argument` when that is not what `text` is.
    pub fn parse(text: &str) -> Result<Ssh> {
        let wrong = || {
            Error::new(Kind::Argument, format!("`{text}` is not of the form user@host:port"))
                .advise("give the option `ssh` as \"user@host\" or \"user@host:port\"")
        };
        let (user, rest) = match text.split_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, text),
        };
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?),
            None => (rest, 22),
        };
        // A name that begins with a dash would be taken for an option.
        let plain = |word: &str| {
            !word.is_empty()
                && !word.starts_with('-')
                && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        if !plain(host) || !user.is_none_or(plain) {
            return Err(wrong());
        }
        let (user, host) = (user.map(str::to_owned), host.to_owned());
        Ok(Ssh { user, host, port, key: None, known_hosts: None, accepts_new: false })
    }

    pub(super) fn login(&self) -> String {
        self.user.as_ref().map_or(self.host.clone(), |user| format!("{user}@{}", self.host))
    }

    /// The remote shell of rsync, which splits it at blanks and knows quotes but no other magic.
    pub(super) fn command(&self) -> Result<String> {
        let checking = if self.accepts_new { "accept-new" } else { "yes" };
        let mut words = vec![
            "ssh".to_owned(),
            "-p".to_owned(),
            self.port.to_string(),
            "-oBatchMode=yes".to_owned(),
            "-oConnectTimeout=10".to_owned(),
            "-oServerAliveInterval=15".to_owned(),
            format!("-oStrictHostKeyChecking={checking}"),
        ];
        if let Some(key) = &self.key {
            words.extend(["-oIdentitiesOnly=yes".to_owned(), "-i".to_owned(), word("sshKey", key)?]);
        }
        if let Some(file) = &self.known_hosts {
            words.push(format!("-oUserKnownHostsFile={}", word("knownHosts", file)?));
        }
        Ok(words.join(" "))
    }
}

fn word(option: &str, path: &Path) -> Result<String> {
    let text = path.to_string_lossy();
    match text.contains([' ', '\'', '"', '\\', '\t', '\n']) {
        false => Ok(text.into_owned()),
        true => {
            let what = format!("the file `{text}` of the option `{option}` has blanks or quotes in its name");
            Err(Error::new(Kind::Argument, what).advise("give one without"))
        }
    }
}
