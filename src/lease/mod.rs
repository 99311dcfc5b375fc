//! The right to write to a table, kept at the target itself, where every node that syncs into it
//! looks: a journal excludes nobody but its own node.
//!
//! The right is a row in a dimension table of the target, the *ledger*: who, for which table, until
//! when by the target's own clock. The server has no compare-and-set, so taking the right is two
//! acts of which each is atomic, and a rule.
//!
//! 1. *Look.* If somebody else's row has not run out, the table is taken: refuse.
//! 2. *Claim.* Append a row of one's own; then look again. Whoever is alone has the right. Whoever
//!    is not removes the row, waits for a random time and begins again.
//!
//! Of two that claim at the same moment at most one finds itself alone: commits to one chunk come one
//! after the other (dolphindb-semantics §4.2), and a look that begins after a commit sees it, so the
//! later of the two sees the earlier. Both may see each other, which costs a wait. Nothing is built
//! on the lock of the chunk, which servers can be told to lift
//! (`enableConcurrentDimensionalTableWrite`); where it strikes, the act is done again.
//!
//! *Keeping.* A holder appends a later row a third of the way through, and believes in it only if
//! the target's clock, asked after the append, has not passed the row before. Then the right was
//! never interrupted: whoever looked meanwhile has seen a row that was good. A holder that comes too
//! late has lost it, even when nobody has taken it. It may take it again (`Ask::outlived`) while its last
//! row stands: whoever takes a right removes, before it writes, what ran out.
//!
//! *Clocks.* Rows are dated and judged by the target, whose nodes may differ by up to [`Terms::grace`].
//! Our own clock only measures how long ago we asked, and stops the writing a quarter early.
//!
//! *The dead.* A run that is known to be dead, because its journal lies on our own node and nobody
//! holds it, is no obstacle. All others are waited for: length and grace.
//!
//! # What it cannot exclude
//! The server takes no condition with a write. An append that was permitted, and then is held up on
//! the way for more than half the length of the lease after its sender died or froze, is stored
//! although somebody else has the right by then. It does not pass unseen: the new holder looks at
//! every partition before it sends and reads it back after, so that it refuses, or fails and names
//! the partition. Writers that do not ask for the lease are not held off at all.
mod held;
mod ledger;
mod take;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use held::Lease;
pub use ledger::{exists as is_prepared, name as ledger};
pub use take::{Ask, take};

/// How long a right lasts.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// From one sign of life to the next, at most.
    pub length: Duration,
}

impl Terms {
    /// How much longer others wait, for the difference between clocks of the target's nodes.
    pub fn grace(&self) -> Duration {
        self.length / 4
    }
}
