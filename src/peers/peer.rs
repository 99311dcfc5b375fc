//! A remote cluster under a name, and the sites where it is reached.
use std::fmt;

use super::hex;
use crate::error::{Error, Kind, Result};
use crate::model::Secret;

/// One server of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// A host name or an IP address, without brackets.
    pub host: String,
    /// The server's port.
    pub port: u16,
}

impl Site {
    /// The sites in `text`: `host:port` or `[address]:port`, separated by commas.
    ///
    /// # Errors
    /// `Argument`, with the number of the wrong one. What was written is not repeated: whoever
    /// confuses the order of arguments may have written a password.
    pub fn list(text: &str) -> Result<Vec<Site>> {
        let parts: Vec<&str> = text.split(',').collect();
        let wrong = |number: usize| {
            let message = format!("site {number} of {} is not written as host:port", parts.len());
            Error::new(Kind::Argument, message).advise("write sites like 10.0.0.2:8848,10.0.0.3:8848")
        };
        let sites = parts.iter().enumerate();
        sites.map(|(index, part)| Site::parse(part.trim()).ok_or_else(|| wrong(index + 1))).collect()
    }

    fn parse(text: &str) -> Option<Site> {
        let (host, port) = text.rsplit_once(':')?;
        let (host, in_address) = match host.strip_prefix('[') {
            Some(rest) => (rest.strip_suffix(']')?, ":%"),
            None => (host, ""),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c) || in_address.contains(c);
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port > 0)?;
        (!host.is_empty() && host.chars().all(fits)).then(|| Site { host: host.to_owned(), port })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// How safe the line to a cluster has to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// Whether it is encrypted by TLS.
    pub tls: bool,
    /// The certificates of those who may sign for it, as PEM text; empty for those whom the machine
    /// believes.
    pub authorities: String,
    /// Whether the password may travel readably without TLS.
    pub plain_login: bool,
}

impl Security {
    /// As a field of the file.
    pub(super) fn encode(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.tls.then(|| "tls".to_owned()));
        words.extend(self.plain_login.then(|| "plainLogin".to_owned()));
        words.extend(
            (!self.authorities.is_empty())
                .then(|| format!("ca={}", hex::encode(self.authorities.as_bytes()))),
        );
        words.join(",")
    }

    /// What [`Security::encode`] wrote.
    pub(super) fn decode(field: &str) -> Option<Security> {
        let mut security = Security::default();
        for word in field.split(',').filter(|word| !word.is_empty()) {
            match (word, word.strip_prefix("ca=")) {
                ("tls", _) => security.tls = true,
                ("plainLogin", _) => security.plain_login = true,
                (_, Some(digits)) => {
                    security.authorities = String::from_utf8(hex::decode(digits.as_bytes())?).ok()?;
                }
                _ => return None,
            }
        }
        Some(security)
    }
}

/// A remote cluster that a node knows by name; its password is kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// What scripts call it: 1 to 64 letters, digits, `_`, `-` and `.`.
    pub name: String,
    /// Where it is reached, tried in this order.
    pub sites: Vec<Site>,
    /// The user to log in as.
    pub user: String,
    /// How safe the line has to be.
    pub security: Security,
    /// Who set it.
    pub created_by: String,
    /// When it was set, in milliseconds since 1970 by the node's own clock and time zone.
    pub updated: i64,
}

impl Peer {
    /// The sites as [`Site::list`] reads them.
    pub fn sites_text(&self) -> String {
        let sites: Vec<String> = self.sites.iter().map(Site::to_string).collect();
        sites.join(",")
    }

    /// Whether the files and the login can hold it; no message repeats the user or the password.
    pub(super) fn check(&self, password: &Secret) -> Result<()> {
        let wrong = |what: &str, advice: &str| Err(Error::new(Kind::Argument, what).advise(advice));
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if !(1..=64).contains(&self.name.len()) || !self.name.chars().all(fits) {
            return wrong(
                "a cluster's name has 1 to 64 letters, digits, `_`, `-` and `.`",
                "choose such a name",
            );
        }
        if self.sites.is_empty() {
            return wrong("a cluster has at least one site", "write sites like 10.0.0.2:8848,10.0.0.3:8848");
        }
        let odd = |text: &str| text.chars().any(char::is_control);
        if self.user.is_empty() || odd(&self.user) || odd(&self.created_by) {
            return wrong("a user name is not empty and has no control characters", "check userId");
        }
        // The server allows no control characters in passwords, and a login is one line.
        if password.reveal().is_empty() || odd(password.reveal()) {
            return wrong("a password is not empty and has no control characters", "check password");
        }
        Ok(())
    }
}
