//! What a script calls: arguments in, a table out. One file per family of functions.
mod arguments;
mod caller;
mod clusters;
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

/// Every function of the plugin, in the order of the exported names.
pub const FUNCTIONS: &[Function] = &[
    Function {
        symbol: "clusterSyncSyncOnline",
        name: "syncOnline",
        min: 2,
        max: 5,
        syntax: sync::SYNTAX,
        run: sync::sync_online,
    },
    Function {
        symbol: "clusterSyncSetCluster",
        name: "setCluster",
        min: 4,
        max: 4,
        syntax: clusters::SET,
        run: clusters::set_cluster,
    },
    Function {
        symbol: "clusterSyncGetClusters",
        name: "getClusters",
        min: 0,
        max: 0,
        syntax: clusters::GET,
        run: clusters::get_clusters,
    },
    Function {
        symbol: "clusterSyncDropCluster",
        name: "dropCluster",
        min: 1,
        max: 1,
        syntax: clusters::DROP,
        run: clusters::drop_cluster,
    },
    Function {
        symbol: "clusterSyncTestCluster",
        name: "testCluster",
        min: 1,
        max: 1,
        syntax: clusters::TEST,
        run: clusters::test_cluster,
    },
];
