//! What a script calls: arguments in, a table out. One file per family of functions.
mod arguments;
mod names;
mod options;
mod remote;
mod sync;
#[cfg(test)]
mod tests;

use crate::cluster::Host;
use crate::data::Datum;
use crate::error::Result;

/// A function that the server's scripts can call.
pub struct Function {
    /// The exported symbol that the descriptor names.
    pub symbol: &'static str,
    /// The name after `clusterSync::`.
    pub name: &'static str,
    /// The fewest arguments it takes.
    pub min: usize,
    /// The most arguments it takes.
    pub max: usize,
    /// Its parameters as the manual writes them.
    pub syntax: &'static str,
    /// What it does; `args` may be shorter than `max`, and omitted ones are [`Datum::Void`].
    pub run: fn(&mut dyn Host, &[Datum]) -> Result<Datum>,
}

/// Every function of the plugin.
pub const FUNCTIONS: &[Function] = &[Function {
    symbol: "clusterSyncSyncOnline",
    name: "syncOnline",
    min: 2,
    max: 5,
    syntax: sync::SYNTAX,
    run: sync::sync_online,
}];
