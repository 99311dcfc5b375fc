//! What goes wrong during a call: at the node that syncs, at the node that is synced to, or nothing.
use clustersync::failpoint;
use fastrand::Rng;

use super::world::{Direction, Pair};

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub enum Chaos {
    /// Nothing.
    Calm,
    /// The syncing node dies when it has come by a place so many times.
    Death(&'static str, u64),
    /// The other node's writes go wrong: the fault, its detail, how many are struck, how many pass first.
    Fault(&'static str, String, u64, u64),
}

const FAULTS: &[(&str, &str)] = &[
    ("cutBeforeCommit", ""),
    ("cutAfterCommit", ""),
    ("cutMidFrame", ""),
    ("error", "<ChunkInTransaction>The chunk is locked. RefId: S00002"),
    ("error", "The disk is on fire"),
    ("dropRows", "1"),
    ("dropRows", "1000"),
    ("killBeforeCommit", ""),
    ("killAfterCommit", ""),
];

impl Chaos {
    /// One of all that can go wrong, often a death at the place `rare` that few calls come by. A stall
    /// takes a second, so there are not many.
    pub fn random(random: &mut Rng, rare: Option<&'static str>) -> Chaos {
        match random.u8(0..20) {
            0..6 if rare.is_some() => Chaos::Death(rare.unwrap_or_default(), 0),
            0..3 => Chaos::Calm,
            3..12 => {
                Chaos::Death(failpoint::PLACES[random.usize(0..failpoint::PLACES.len())], random.u64(0..3))
            }
            12 if random.u8(0..8) == 0 => Chaos::Fault("stall", String::new(), 1, 0),
            _ => {
                let (name, detail) = FAULTS[random.usize(0..FAULTS.len())];
                Chaos::Fault(name, detail.to_owned(), random.u64(1..4), random.u64(0..4))
            }
        }
    }

    /// The same, or nothing where it cannot go wrong: what is written here crosses no line.
    pub fn within_reach(self, direction: Direction) -> Chaos {
        match self {
            Chaos::Fault(name, ..)
                if direction == Direction::Pull && (name.starts_with("cut") || name == "stall") =>
            {
                Chaos::Calm
            }
            chaos => chaos,
        }
    }

    /// Whether rows that were sent may be missing at the target afterwards, with a count that hides it.
    pub fn lies(&self) -> bool {
        matches!(self, Chaos::Fault("dropRows", ..))
    }

    /// How long the syncing node should wait for an answer, in seconds.
    pub fn timeout(&self) -> u64 {
        if matches!(self, Chaos::Fault("stall", ..)) { 1 } else { 30 }
    }

    /// Arms it.
    pub fn begin(&self, pair: &mut Pair, direction: Direction) {
        match self {
            Chaos::Calm => {}
            Chaos::Death(place, skip) => pair.source.die_at(place, *skip),
            Chaos::Fault(name, detail, times, skip) => {
                let detail = match detail.as_str() {
                    "" => String::new(),
                    detail => format!("\"{detail}\""),
                };
                let script = format!("minnow::setFault(\"{name}\", {times}, {detail}, {skip})");
                pair.goal(direction).run(&script).expect("a fault is set");
            }
        }
    }

    /// Takes it back and starts again what died; says whether the syncing node did.
    pub fn end(&self, pair: &mut Pair) -> bool {
        let mut has_died = matches!(self, Chaos::Death(..)) && !pair.source.spare();
        if has_died {
            pair.revive_source();
        }
        // What writes here may have been told to die while it writes.
        if !has_died && pair.source.run("minnow::clearFaults()").is_err() {
            pair.revive_source();
            has_died = true;
        }
        if pair.target.run("minnow::clearFaults()").is_err() {
            pair.revive_target();
        }
        has_died
    }
}
