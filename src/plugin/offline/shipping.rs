//! `shipTo`: the second step of a sync alone.
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

use super::options::{Choice, Offline};
use super::way::{Dirs, Way};
use crate::cluster::{Cluster, Host};
use crate::data::{Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::plugin::call::arguments::{argument, text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::table::{longs, table, texts};
use crate::plugin::clusters::remote;
use crate::plugin::node::{config, roots};
use crate::plugin::online::site::open;
use crate::ship::{Folder, Rsync, Shipped, Shipper, Side, Watch, folders};
use crate::wire::Control;

/// The parameters as the manual writes them.
pub(in super::super) const SHIP: &str = "clusterSync::shipTo(backupDir, restoreDir, [options])";

/// How often the user is asked whether to go on.
const TICK: Duration = Duration::from_millis(100);

/// Ships every folder of one directory into another and compares them, byte by byte.
pub(in super::super) fn ship_to(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let dir = |index, name| Ok::<_, Error>(text(args, index, name, SHIP)?.trim_end_matches('/').to_owned());
    let dirs = Dirs { source: dir(0, "backupDir")?, target: dir(1, "restoreDir")? };
    let args = &config::completed(host, args, 2, &Offline::known_to_ship())?;
    let given = Offline::parse_to_ship(argument(args, 2))?;
    caller::administrator(host)?;
    let (here, there) = dirs.sorted(given.near);
    roots::plain(there)?;
    roots::permitted(host, here)?;
    let control = Arc::<Control>::default();
    control.limiter.set(given.online.rate.by_clock_of(host)?);
    control.listen(host.ear());
    let shipped = match &given.remote {
        Datum::Void => seen_from_here(host, &given, &dirs, &control),
        _ => to_a_node(host, &given, &dirs, &control),
    }?;
    let row = [()];
    Ok(table([
        ("backupDir", texts(&row, |()| &dirs.source)),
        ("restoreDir", texts(&row, |()| &dirs.target)),
        ("files", longs(&row, |()| shipped.files)),
        ("bytes", longs(&row, |()| shipped.bytes)),
        ("sent", longs(&row, |()| shipped.sent)),
        ("verified", Column::fixed(Type::Bool, vec![1u8])),
    ]))
}

/// Ships without another node: between two directories of this machine, or over ssh.
fn seen_from_here(
    host: &mut dyn Host,
    given: &Offline,
    dirs: &Dirs,
    control: &Arc<Control>,
) -> Result<Shipped> {
    let (here, there) = dirs.sorted(given.near);
    let limiter = control.limiter.clone();
    let shipper: Box<dyn Shipper> = match &given.ssh {
        _ if given.choice == Choice::Stream => {
            return Err(usage("a stream needs the option `remote`, the node that it goes to", SHIP));
        }
        None => {
            roots::permitted(host, there)?;
            Box::new(Folder::new(&dirs.source, &dirs.target, given.online.limits.lanes).limited(limiter))
        }
        Some(_) if given.near == Side::Target => {
            return Err(usage(
                "shipTo over ssh sends from this node: call it on the node that has backupDir",
                SHIP,
            ));
        }
        Some(ssh) => Box::new(Rsync::new(ssh.clone(), here, there, Side::Source).limited(limiter)),
    };
    let names = folders(Path::new(&dirs.source))?;
    host.print(&format!("{} folders are {}", names.len(), shipper.describe()));
    carry(host, &*shipper, &names, control)
}

/// Ships to or from a node, whose server must see what arrives.
fn to_a_node(host: &mut dyn Host, given: &Offline, dirs: &Dirs, control: &Arc<Control>) -> Result<Shipped> {
    if given.near == Side::Source {
        // A trial would make the directory.
        folders(Path::new(&dirs.source))?;
    }
    let patience = given.online.timeout;
    let sites = remote::resolve(host, &given.remote, patience)?.held(given.online.compress, control);
    let connect = || open(&sites) as Result<Box<dyn Cluster + Send>>;
    let way = Way::choose(host, given, (&sites.label, &connect, &control.limiter), dirs)?;
    let names = way.folders(dirs)?;
    host.print(&format!("{} folders are {}", names.len(), way.describe(dirs)?));
    way.ship(dirs, |shipper| carry(host, shipper, &names, control))
}

/// Ships and compares on a thread of its own, so that this one hears the user.
fn carry(host: &mut dyn Host, shipper: &dyn Shipper, names: &[String], control: &Control) -> Result<Shipped> {
    let watch = Watch::default();
    let work = || {
        let shipped = shipper.ship(names, &watch)?;
        match shipper.compare(names, &watch)? {
            None => Ok(shipped),
            Some(difference) => Err(Error::new(Kind::Mismatch, format!("after shipping, {difference}"))
                .advise("look whether somebody changes the directories, then repeat the call")),
        }
    };
    let (alive, ended) = bounded::<()>(0);
    thread::scope(|scope| {
        let worker = scope.spawn(move || {
            let _alive = alive;
            work()
        });
        while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if host.is_cancelled() {
                watch.stop();
                control.cancel();
            }
        }
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
