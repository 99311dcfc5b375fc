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
    /// The last number or time of the first row is stored as another one.
    Corrupt,
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
            "error" if detail.is_empty() => Fault::Error("A fault has struck.".to_owned()),
            "error" => Fault::Error(detail.to_owned()),
            "dropRows" => Fault::DropRows(detail.parse().ok()?),
            "corrupt" => Fault::Corrupt,
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
    chance: Mutex<Option<Chance>>,
}

/// Faults that strike by a seed.
struct Chance {
    state: u64,
    per_mille: u64,
    faults: Vec<Fault>,
}

impl Chance {
    /// splitmix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn strike(&mut self) -> Option<Fault> {
        if self.next() % 1000 >= self.per_mille {
            return None;
        }
        let which = self.next() % self.faults.len() as u64;
        Some(self.faults[which as usize].clone())
    }
}

impl Faults {
    pub fn set(&self, fault: Fault, times: usize, skip: usize) {
        self.armed.lock().push(Armed { fault, skip, times });
    }

    /// From now on so many of a thousand writes are struck by one of `faults`; the same seed
    /// strikes the same writes in the same way.
    pub fn seed(&self, seed: u64, faults: Vec<Fault>, per_mille: u64) {
        *self.chance.lock() = Some(Chance { state: seed, per_mille, faults });
    }

    pub fn clear(&self) {
        self.armed.lock().clear();
        *self.chance.lock() = None;
    }

    pub fn count(&self) -> usize {
        self.armed.lock().len()
    }

    /// What strikes this write, if anything does.
    pub fn strike(&self) -> Option<Fault> {
        let mut armed = self.armed.lock();
        let Some(first) = armed.first_mut() else {
            return self.chance.lock().as_mut().and_then(Chance::strike);
        };
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
