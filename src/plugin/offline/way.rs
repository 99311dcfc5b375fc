//! Which shipper carries the pieces of a call, and why it is that.
use std::path::Path;
use std::sync::Arc;

use super::far::Far;
use super::options::{Choice, Offline};
use crate::cluster::Host;
use crate::engine::Connect;
use crate::error::{Error, Kind, Result};
use crate::limiter::Limiter;
use crate::offline::trial;
use crate::plugin::node::roots;
use crate::ship::{End, Folder, Rsync, Shipper, Side, Stream, folders};

/// The way that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Directory,
    Rsync,
    Stream,
}

/// The way that the pieces of one call take.
pub(super) struct Way<'a> {
    given: &'a Offline,
    connect: Connect<'a>,
    /// How messages name the other side.
    other: &'a str,
    limiter: &'a Arc<Limiter>,
    carrier: Carrier,
    why: &'static str,
}

/// The directories of a table's pieces, as each side's server calls them.
#[derive(Clone, Debug)]
pub(super) struct Dirs {
    pub(super) source: String,
    pub(super) target: String,
}

impl Dirs {
    /// This node's, and the other one's.
    pub(super) fn sorted(&self, near: Side) -> (&str, &str) {
        match near {
            Side::Source => (&self.source, &self.target),
            Side::Target => (&self.target, &self.source),
        }
    }
}

impl<'a> Way<'a> {
    /// As asked, or, where that is left open, the first of these that can be: rsync, which is asked
    /// for by `ssh`; copying, if the other server sees what this node writes for it; a stream.
    pub(super) fn choose(
        host: &mut dyn Host,
        given: &'a Offline,
        (other, connect, limiter): (&'a str, Connect<'a>, &'a Arc<Limiter>),
        dirs: &Dirs,
    ) -> Result<Way<'a>> {
        let way = |carrier, why| Way { given, connect, other, limiter, carrier, why };
        let (_, there) = dirs.sorted(given.near);
        let chosen = match given.choice {
            Choice::Directory => {
                roots::permitted(host, there)?;
                way(Carrier::Directory, "as asked")
            }
            Choice::Rsync => way(Carrier::Rsync, "as asked"),
            Choice::Stream => way(Carrier::Stream, "as asked"),
            Choice::Auto if given.ssh.is_some() => way(Carrier::Rsync, "rsync, since `ssh` is given"),
            Choice::Auto => return way(Carrier::Directory, "").whichever_works(host, dirs),
        };
        chosen.try_out(dirs)?;
        Ok(chosen)
    }

    fn whichever_works(self, host: &mut dyn Host, dirs: &Dirs) -> Result<Way<'a>> {
        let copying = "copying, since both servers see both directories";
        let seen = match roots::permitted(host, dirs.sorted(self.given.near).1) {
            Ok(_) => self.try_out(dirs),
            Err(error) => Err(error),
        };
        let Err(unseen) = seen else { return Ok(Way { why: copying, ..self }) };
        if unseen.kind() != Kind::Refused {
            return Err(unseen);
        }
        let streaming =
            "a stream, since no `ssh` is given and only the other node's plugin sees its directory";
        let way = Way { carrier: Carrier::Stream, why: streaming, ..self };
        let (_, there) = dirs.sorted(way.given.near);
        match Far::new((way.connect)()?, there).probe() {
            Ok(()) => way.try_out(dirs).map(|()| way),
            Err(error) if matches!(error.kind(), Kind::Network | Kind::Silent) => Err(error),
            // What the other node says is of no use to whoever did not ask for a stream.
            Err(error) => Err(unseen.context(format!("no stream either ({})", error.message()))),
        }
    }

    /// Makes sure that a piece would arrive where the other server looks for it.
    pub(super) fn try_out(&self, dirs: &Dirs) -> Result<()> {
        let (here, there) = dirs.sorted(self.given.near);
        // Whichever way pieces go, a file that is sent from here shows whether both mean one place.
        self.with(here, there, Side::Source, |shipper| {
            trial(&mut *(self.connect)()?, Path::new(here), there, shipper)
        })
    }

    /// What it is and why, for the user.
    pub(super) fn describe(&self, dirs: &Dirs) -> Result<String> {
        let (here, there) = dirs.sorted(self.given.near);
        self.with(here, there, self.given.near, |shipper| {
            Ok(format!("{} ({})", shipper.describe(), self.why))
        })
    }

    /// Calls `work` with what ships between `dirs`.
    pub(super) fn ship<T>(&self, dirs: &Dirs, work: impl FnOnce(&dyn Shipper) -> Result<T>) -> Result<T> {
        let (here, there) = dirs.sorted(self.given.near);
        self.with(here, there, self.given.near, work)
    }

    /// The folders of the source's directory.
    pub(super) fn folders(&self, dirs: &Dirs) -> Result<Vec<String>> {
        match (self.given.near, self.carrier) {
            (Side::Source, _) | (_, Carrier::Directory) => folders(Path::new(&dirs.source)),
            (Side::Target, Carrier::Stream) => Far::new((self.connect)()?, &dirs.source).folders(),
            (Side::Target, Carrier::Rsync) => {
                Err(Error::new(Kind::Argument, "rsync cannot be asked what folders the other machine has")
                    .advise("call shipTo on the node that has backupDir"))
            }
        }
    }

    fn with<T>(
        &self,
        here: &str,
        there: &str,
        near: Side,
        work: impl FnOnce(&dyn Shipper) -> Result<T>,
    ) -> Result<T> {
        let lanes = self.given.online.limits.lanes;
        let folder = |from, to| Folder::new(from, to, lanes).limited(self.limiter.clone());
        match self.carrier {
            Carrier::Directory if near == Side::Source => work(&folder(here, there)),
            Carrier::Directory => work(&folder(there, here)),
            Carrier::Rsync => {
                let ssh = self.given.ssh.clone().ok_or_else(|| {
                    Error::new(Kind::Bug, "rsync was chosen without `ssh`").advise("report this")
                })?;
                work(&Rsync::new(ssh, here, there, near).limited(self.limiter.clone()))
            }
            Carrier::Stream => {
                let dial = || Ok(Box::new(Far::new((self.connect)()?, there)) as Box<dyn End + Send>);
                let place = format!("{there} of {}", self.other);
                work(&Stream::new(here, place, near, &dial, lanes))
            }
        }
    }
}
