//! Places where a test kills the process, to see what a killed run leaves behind. Only builds with
//! debug assertions have them; in a release nothing is asked and nothing happens.
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs, process};

use parking_lot::Mutex;

/// The environment variable that names the order's file. An order is the name of a place and how
/// often it may be reached before the process dies there, such as `intended 2`.
pub const VARIABLE: &str = "CLUSTERSYNC_KILL_AT";

/// Every place, in the order in which a run comes by.
pub const PLACES: &[&str] =
    &["begun", "planned", "intended", "cleared", "appended", "proven", "unsynced", "finished", "ended"];

/// Further places of a run that makes what the target lacks.
pub const MAKING: &[&str] = &["made"];

/// Further places of a run by backup, shipping and restore.
pub const OFFLINE: &[&str] = &["backedUp", "copying", "shipped", "restored", "removed"];

/// Places of a stream: of whoever sends, of the node that is asked for bytes, then of the node that
/// receives.
pub const STREAM: &[&str] = &["sent", "served", "received", "synced"];

/// Places of a bundle: a chunk of a volume is written; a file is unpacked, an older piece gives way.
pub const BUNDLE: &[&str] = &["packed", "unpacked", "replacing"];

/// Dies here, without any cleaning up, if a test has ordered it.
pub fn reach(place: &str) {
    if cfg!(debug_assertions) {
        static ORDER: OnceLock<Option<PathBuf>> = OnceLock::new();
        let is_known = [PLACES, MAKING, OFFLINE, STREAM, BUNDLE].iter().any(|list| list.contains(&place));
        debug_assert!(is_known, "{place} is on no list");
        if let Some(order) = ORDER.get_or_init(|| env::var_os(VARIABLE).map(PathBuf::from)) {
            obey(order, place);
        }
    }
}

/// The order is carried out once: a process that starts again finds none.
fn obey(file: &Path, place: &str) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock();
    let Ok(order) = fs::read_to_string(file) else { return };
    let Some(left) = order.trim().strip_prefix(place).and_then(|left| left.trim().parse::<u64>().ok()) else {
        return;
    };
    if left > 0 {
        fs::write(file, format!("{place} {}", left - 1)).expect("a test's order can be changed");
        return;
    }
    fs::remove_file(file).expect("a test's order can be taken back");
    process::abort();
}
