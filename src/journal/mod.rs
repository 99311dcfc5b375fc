//! What runs did, kept so that it survives them: one file per run, beside the other state of a
//! node. `FORMAT.md` describes the bytes, the order of writing and what a restart reads from them.
//!
//! [`State`] is what a unit's events amount to, by one pure function. [`Journal`] writes the run
//! that goes on, [`replay()`] reads any run, [`Runs`] finds them.
mod append;
mod cost;
mod durable;
mod folder;
mod frame;
mod orders;
mod outline;
mod progress;
mod queue;
mod record;
mod replay;
mod retention;
mod state;
mod storage;
mod writer;

#[cfg(test)]
mod tests;

pub use cost::Cost;
pub use folder::{Entry, Left, Past, Runs};
pub use frame::Damage;
pub use orders::Order;
pub use outline::{Examined, Outline};
pub use progress::{Phase, Progress, left};
pub use queue::Queued;
pub use record::{
    Begun, Bounds, Direction, Effort, Ended, FOLLOW, Identity, Makes, Method, Part, Rename, Sum, TablePlan,
    UnitPlan,
};
pub use replay::{Run, TableRun, UnitRun, replay};
pub use retention::Keep;
pub use state::{Event, Found, Illegal, Intent, State};
pub use storage::Storage;
pub use writer::{Announced, Journal, now};
