//! What tests make go wrong at the next writes to distributed tables. A node does so only when it
//! was started with `--faults`.
use parking_lot::Mutex;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends before the write happens.
    CutBeforeCommit,
    /// The write happens, and the connection ends before the reply.
    CutAfterCommit,
    /// The write happens, and the connection ends within the reply.
    CutMidFrame,
    /// The write waits for so many milliseconds.
    Delay(u64),
    /// The write waits until its client has left.
    Stall,
    /// The write fails with this text.
    Error(String),
    /// So many rows less are stored than the count says.
    DropRows(usize),
    /// The process dies before the write happens.
    KillBeforeCommit,
    /// The process dies when the write has happened.
    KillAfterCommit,
}

impl Fault {
    /// The fault that a script names; `detail` is a number or a text, as the fault needs.
    pub fn named(name: &str, detail: &str) -> Option<Fault> {
        Some(match name {
            "cutBeforeCommit" => Fault::CutBeforeCommit,
            "cutAfterCommit" => Fault::CutAfterCommit,
            "cutMidFrame" => Fault::CutMidFrame,
            "delay" => Fault::Delay(detail.parse().ok()?),
            "stall" => Fault::Stall,
            "error" => Fault::Error(detail.to_owned()),
            "dropRows" => Fault::DropRows(detail.parse().ok()?),
            "killBeforeCommit" => Fault::KillBeforeCommit,
            "killAfterCommit" => Fault::KillAfterCommit,
            _ => return None,
        })
    }
}

/// A fault that waits for its writes.
struct Armed {
    fault: Fault,
    /// Writes that it lets pass first.
    skip: usize,
    /// Writes that it strikes.
    times: usize,
}

/// The faults of a node, in the order in which they were set.
#[derive(Default)]
pub struct Faults {
    armed: Mutex<Vec<Armed>>,
}

impl Faults {
    pub fn set(&self, fault: Fault, times: usize, skip: usize) {
        self.armed.lock().push(Armed { fault, skip, times });
    }

    pub fn clear(&self) {
        self.armed.lock().clear();
    }

    pub fn count(&self) -> usize {
        self.armed.lock().len()
    }

    /// What strikes this write, if anything does.
    pub fn strike(&self) -> Option<Fault> {
        let mut armed = self.armed.lock();
        let first = armed.first_mut()?;
        if first.skip > 0 {
            first.skip -= 1;
            return None;
        }
        first.times -= 1;
        let (fault, spent) = (first.fault.clone(), first.times == 0);
        if spent {
            armed.remove(0);
        }
        Some(fault)
    }
}
