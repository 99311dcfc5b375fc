//! The options of the functions that back up, ship and restore.
use std::path::PathBuf;
use std::time::Duration;

use crate::data::Datum;
use crate::error::Result;
use crate::model::Mode;
use crate::offline;
use crate::plugin::call::options::Options;
use crate::plugin::call::values::{flag, one_of, text, wrong};
use crate::plugin::clusters::names::members;
use crate::plugin::node::roots;
use crate::ship::{Side, Ssh};

/// The options of `syncOnline` that mean the same here.
const SHARED: &[&str] = &[
    "mode",
    "column",
    "from",
    "to",
    "dryRun",
    "createIfMissing",
    "background",
    "lanes",
    "timeout",
    "retries",
    "lease",
    "wait",
    "rateLimit",
    "incremental",
    "lookBack",
    "mirror",
    "maxDelete",
    "notify",
    "events",
    "metricsFile",
];
/// What only these functions know.
const OWN: &[&str] = &[
    "backupDir",
    "restoreDir",
    "direction",
    "shipper",
    "ssh",
    "sshKey",
    "knownHosts",
    "hostKeys",
    "keep",
    "consistent",
    "diskBudget",
];

/// What ships pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Auto,
    Directory,
    Rsync,
    Stream,
}

/// What a user can choose about one call.
#[derive(Clone, Debug)]
pub(in super::super) struct Offline {
    /// What is shared with `syncOnline`.
    pub(super) online: Options,
    /// Where the source's server puts pieces.
    pub(super) backup_dir: Option<String>,
    /// Where the target's server finds them.
    pub(super) restore_dir: Option<String>,
    /// Which side this node is.
    pub(super) near: Side,
    /// What is asked to ship.
    pub(super) choice: Choice,
    /// Where rsync logs in.
    pub(super) ssh: Option<Ssh>,
    /// Whether pieces stay.
    pub(super) keep: bool,
    /// Whether the table is taken at one moment; nothing for the plan to choose.
    pub(super) consistent: Option<bool>,
    disk: u64,
    /// The other node of a shipment alone, if there is one.
    pub(super) remote: Datum,
}

impl Offline {
    /// Megabytes of pieces that may lie on each side's disk at once.
    pub(in super::super) fn default_disk_budget() -> u64 {
        10 << 10
    }

    /// The options that these functions know.
    pub(super) fn known() -> Vec<&'static str> {
        OWN.iter().chain(SHARED).copied().collect()
    }

    /// From the argument, which may be left out.
    pub(in super::super) fn parse(argument: &Datum) -> Result<Self> {
        Offline::read(argument, &Offline::known())
    }

    /// The options that shipping alone knows.
    pub(super) fn known_to_ship() -> Vec<&'static str> {
        [Offline::known(), vec!["remote"]].concat()
    }

    /// As [`Offline::parse`], for shipping alone.
    pub(super) fn parse_to_ship(argument: &Datum) -> Result<Self> {
        Offline::read(argument, &Offline::known_to_ship())
    }

    fn read(argument: &Datum, known: &[&str]) -> Result<Self> {
        let mut given = Offline {
            online: Options::default(),
            backup_dir: None,
            restore_dir: None,
            near: Side::Source,
            choice: Choice::Auto,
            ssh: None,
            keep: false,
            consistent: None,
            disk: Offline::default_disk_budget() << 20,
            remote: Datum::Void,
        };
        if matches!(argument, Datum::Void) {
            return Ok(given);
        }
        let (mut shared, mut login) = (Vec::new(), Login::default());
        for (name, value) in members("options", argument, known)? {
            match name {
                "backupDir" => given.backup_dir = Some(directory(name, value)?),
                "restoreDir" => given.restore_dir = Some(directory(name, value)?),
                "direction" => {
                    given.near = one_of(name, value, &[("push", Side::Source), ("pull", Side::Target)])?
                }
                "shipper" => {
                    let known = [
                        ("auto", Choice::Auto),
                        ("directory", Choice::Directory),
                        ("rsync", Choice::Rsync),
                        ("stream", Choice::Stream),
                    ];
                    given.choice = one_of(name, value, &known)?;
                }
                "ssh" => login.ssh = Some(Ssh::parse(text(name, value)?)?),
                "sshKey" => login.key = Some(roots::plain(text(name, value)?)?),
                "knownHosts" => login.known_hosts = Some(roots::plain(text(name, value)?)?),
                "hostKeys" => {
                    login.accepts_new = one_of(name, value, &[("known", false), ("acceptNew", true)])?
                }
                "remote" => given.remote = value.clone(),
                "keep" => given.keep = flag(name, value)?,
                "consistent" => given.consistent = Some(flag(name, value)?),
                "diskBudget" => given.disk = megabytes(name, value)? << 20,
                _ => shared.push((name.to_owned(), value.clone())),
            }
        }
        given.online = Options::parse(&Datum::Dict(shared))?;
        let known = [Mode::Auto, Mode::Append, Mode::Replace];
        if !known.contains(&given.online.mode) {
            let how =
                "must be one of auto, append, replace here, since a restore adds rows and knows no keys";
            return Err(wrong("mode", how));
        }
        given.ssh = login.complete()?;
        given.require_way()?;
        Ok(given)
    }

    fn require_way(&self) -> Result<()> {
        match (self.choice, &self.ssh) {
            (Choice::Rsync, None) => {
                Err(wrong("ssh", "must be given for shipper=\"rsync\", as \"user@host\""))
            }
            (Choice::Directory | Choice::Stream, Some(_)) => {
                Err(wrong("ssh", "is of use with shipper=\"rsync\" only"))
            }
            _ => Ok(()),
        }
    }

    /// Where pieces are made, which must have been given.
    pub(super) fn backup_dir(&self) -> Result<&str> {
        self.backup_dir.as_deref().ok_or_else(|| wrong("backupDir", "must be given"))
    }

    /// Where pieces arrive, which must have been given.
    pub(super) fn restore_dir(&self) -> Result<&str> {
        self.restore_dir.as_deref().ok_or_else(|| wrong("restoreDir", "must be given"))
    }

    /// What a run may use.
    pub(super) fn limits(&self) -> offline::Limits {
        let limits = self.online.limits;
        offline::Limits {
            lanes: limits.lanes,
            disk: self.disk,
            retries: limits.retries.count,
            first: Duration::from_secs(1),
            keep: self.keep,
        }
    }
}

/// What was said about ssh.
#[derive(Default)]
struct Login {
    ssh: Option<Ssh>,
    key: Option<PathBuf>,
    known_hosts: Option<PathBuf>,
    accepts_new: bool,
}

impl Login {
    fn complete(self) -> Result<Option<Ssh>> {
        let Login { ssh, key, known_hosts, accepts_new } = self;
        match ssh {
            Some(ssh) => Ok(Some(Ssh { key, known_hosts, accepts_new, ..ssh })),
            None if key.is_some() || known_hosts.is_some() || accepts_new => {
                Err(wrong("ssh", "must be given with sshKey, knownHosts and hostKeys"))
            }
            None => Ok(None),
        }
    }
}

fn directory(name: &str, value: &Datum) -> Result<String> {
    let text = text(name, value)?;
    roots::plain(text)?;
    // The same directory has one name only, and its pieces one path each.
    Ok(text.trim_end_matches('/').to_owned())
}

fn megabytes(name: &str, value: &Datum) -> Result<u64> {
    let number = value.as_count().filter(|number| (1..=1 << 30).contains(number));
    number.ok_or_else(|| wrong(name, "must be a whole number of megabytes from 1 on"))
}
