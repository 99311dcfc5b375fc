//! Shipping with rsync over ssh, both started with their arguments one by one.
mod failure;
mod ssh;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::command::{Ended, run};
use super::files::{Entry, contents, failed, require_folders, require_no_link, surface};
use super::{Shipped, Shipper, Side, Watch};
use crate::error::Result;
use crate::limiter::Limiter;
pub use ssh::Ssh;

/// Where rsync keeps a file that came half, so that the next try goes on with it.
const PARTIAL: &str = "--partial-dir=.clusterSync-part";
/// A folder with everything below it, or with the files in it only.
const WHOLE: &str = "--recursive";
const SURFACE: &str = "--dirs";
/// The unit of `--bwlimit`.
const KIB: f64 = 1024.0;
/// Folders in use that hold nothing, each with a name of its own.
static EMPTY: AtomicU64 = AtomicU64::new(0);

/// rsync between a folder here and one on the machine that ssh reaches.
#[derive(Clone, Debug)]
pub struct Rsync {
    ssh: Ssh,
    here: PathBuf,
    there: String,
    /// Which side is this machine.
    near: Side,
    limiter: Arc<Limiter>,
}

impl Rsync {
    /// Between `here` and `there`, a folder of the other machine; this machine is the side `near`.
    pub fn new(ssh: Ssh, here: impl Into<PathBuf>, there: impl Into<String>, near: Side) -> Self {
        Rsync { ssh, here: here.into(), there: there.into(), near, limiter: Arc::default() }
    }

    /// At the rate of `limiter` at the moment when each rsync begins, which keeps to it by itself.
    pub fn limited(self, limiter: Arc<Limiter>) -> Self {
        Rsync { limiter, ..self }
    }

    fn base(&self, depth: &str) -> Result<Command> {
        let mut command = Command::new("rsync");
        // Contents decide, not dates; names are not for the other side's shell; what stalls fails.
        command.args([depth, "--checksum", "-s", "--timeout=300"]);
        command.arg("--rsh").arg(self.ssh.command()?);
        Ok(command)
    }

    fn far(&self) -> String {
        format!("{}:{}", self.ssh.login(), self.there)
    }

    /// The arguments that name both ends: below the dot, paths are the same on both sides.
    fn ends(&self, command: &mut Command, pieces: &[String]) {
        command.args(["--relative", "--delete", "--"]);
        let near = self.here.to_string_lossy().into_owned();
        let (from, to) = match self.near {
            Side::Source => (near, self.far()),
            Side::Target => (self.far(), near),
        };
        command.args(pieces.iter().map(|piece| format!("{from}/./{piece}/")));
        command.arg(format!("{to}/"));
    }

    fn run(&self, command: Command, watch: &Watch, see: impl FnMut(&str) -> bool) -> Result<Ended> {
        let ended = run(command, watch, see)?;
        match ended.status.success() {
            true => Ok(ended),
            false => Err(failure::explain(&self.ssh, &ended)),
        }
    }

    /// Removes `pieces` on the other machine, by shipping nothing over them: what the
    /// filter does not name is protected from deletion.
    fn remove_there(&self, pieces: &[String], watch: &Watch) -> Result<()> {
        let number = EMPTY.fetch_add(1, Ordering::Relaxed);
        let empty = self.here.join(format!(".clusterSync-nothing-{}-{number}", std::process::id()));
        fs::create_dir_all(&empty).map_err(|error| failed("made", &empty, error))?;
        let mut command = self.base(WHOLE)?;
        command.args(["--delete", "--force"]);
        for piece in pieces {
            let piece =
                piece.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?").replace('[', "\\[");
            command.arg(format!("--include=/{piece}/")).arg(format!("--include=/{piece}/**"));
        }
        command
            .args(["--exclude=*", "--"])
            .arg(format!("{}/", empty.display()))
            .arg(format!("{}/", self.far()));
        let outcome = self.run(command, watch, |_| false).map(drop);
        fs::remove_dir(&empty).map_err(|error| failed("removed", &empty, error))?;
        outcome
    }

    /// How many files `listed` finds in `pieces` here.
    fn count(&self, pieces: &[String], listed: fn(&Path) -> Result<Vec<Entry>>) -> Result<u64> {
        let files = |piece: &String| {
            require_no_link(&self.here, piece)?;
            Ok(listed(&self.here.join(piece))?.len() as u64)
        };
        require_folders(pieces)?;
        pieces.iter().map(files).sum()
    }

    /// Ships `pieces`; how many files these are only this side's folders tell.
    fn send(&self, depth: &str, pieces: &[String], watch: &Watch) -> Result<Shipped> {
        require_folders(pieces)?;
        let mut command = self.base(depth)?;
        command.args([PARTIAL, "--stats", "--no-human-readable", "--info=progress2"]);
        if let Some(rate) = self.limiter.rate() {
            command.arg(format!("--bwlimit={}", (rate / KIB).max(1.0) as u64));
        }
        self.ends(&mut command, pieces);
        let mut before = 0;
        let ended = self.run(command, watch, |line| match progress(line) {
            Some(now) => {
                watch.add(now.saturating_sub(before));
                before = before.max(now);
                true
            }
            None => false,
        })?;
        let number = |what: &str| {
            let line = ended.lines.iter().find_map(|line| line.strip_prefix(what));
            let digits = line.and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
            digits.replace(',', "").parse().unwrap_or(0)
        };
        // The number of files counts folders as well; the totals count none.
        let (bytes, sent) = (number("Total file size:"), number("Total transferred file size:"));
        Ok(Shipped { files: 0, bytes, sent })
    }
}

impl Shipper for Rsync {
    fn describe(&self) -> String {
        let (here, far) = (self.here.display(), self.far());
        match self.near {
            Side::Source => format!("sent by rsync from {here} to {far}"),
            Side::Target => format!("fetched by rsync from {far} to {here}"),
        }
    }

    fn ship(&self, pieces: &[String], watch: &Watch) -> Result<Shipped> {
        if self.near == Side::Source {
            // Links are refused, since rsync leaves them out and says nothing.
            self.count(pieces, contents)?;
        }
        let shipped = self.send(WHOLE, pieces, watch)?;
        Ok(Shipped { files: self.count(pieces, contents)?, ..shipped })
    }

    fn ship_files(&self, folder: &str, watch: &Watch) -> Result<Shipped> {
        let own = [folder.to_owned()];
        let shipped = self.send(SURFACE, &own, watch)?;
        Ok(Shipped { files: self.count(&own, surface)?, ..shipped })
    }

    fn compare(&self, pieces: &[String], watch: &Watch) -> Result<Option<String>> {
        require_folders(pieces)?;
        let mut command = self.base(WHOLE)?;
        command.args(["--dry-run", "--itemize-changes", "--out-format=%i %n"]);
        self.ends(&mut command, pieces);
        let ended = self.run(command, watch, |_| false)?;
        // Only files that would move count; folders differ by their dates, which mean nothing.
        let moves = |line: &&String| line.starts_with(['<', '>']) || line.starts_with("*deleting");
        let first = ended.lines.iter().find(moves).and_then(|line| line.split_once(' '));
        Ok(first.map(|(_, name)| format!("{} differs or is on one side only", name.trim())))
    }

    fn remove(&self, pieces: &[String], side: Side, watch: &Watch) -> Result<()> {
        require_folders(pieces)?;
        if side != self.near {
            return self.remove_there(pieces, watch);
        }
        pieces.iter().map(|piece| self.here.join(piece)).try_for_each(|path| {
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(failed("removed", &path, error))
                }
                _ => Ok(()),
            }
        })
    }
}

/// Bytes done, from a line such as `1234 45% 1.2MB/s 0:00:01 (xfr#3, to-chk=0/7)`.
fn progress(line: &str) -> Option<u64> {
    let mut words = line.split_whitespace();
    let bytes = words.next()?.replace(',', "").parse().ok()?;
    words.next()?.ends_with('%').then_some(bytes)
}
