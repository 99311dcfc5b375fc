//! ClusterSync: a plugin that runs inside a DolphinDB server and keeps databases in two clusters
//! the same.
//!
//! Both sides of a sync are a [`cluster::Cluster`]: [`kernel::Local`] is the server that loaded the
//! plugin, [`wire::Remote`] is any server reached over its API protocol. [`plan`] compares two of
//! them, [`engine`] runs the plan through [`online`], and [`plugin`] is what a script calls.
//! [`journal`] remembers what runs did, [`memory`] what tables had reached, [`peers`] remote clusters
//! by name, [`lease`] who may write to a table.
//!
//! `unsafe` and C++ live in [`kernel`] only; every other module forbids it.
//!
//! What is said about DolphinDB cites its source as `dolphindb-semantics §4.1` or `wire-protocol §6`:
//! sections of the notes on what the vendor's manuals, clients and libraries say.
#![deny(missing_docs)]

#[forbid(unsafe_code)]
pub mod bundle;
#[forbid(unsafe_code)]
pub mod cluster;
#[forbid(unsafe_code)]
pub mod config;
#[forbid(unsafe_code)]
pub mod data;
#[forbid(unsafe_code)]
pub mod disk;
#[forbid(unsafe_code)]
pub mod engine;
#[forbid(unsafe_code)]
pub mod error;
#[forbid(unsafe_code)]
pub mod failpoint;
#[forbid(unsafe_code)]
pub mod journal;
pub mod kernel;
#[forbid(unsafe_code)]
pub mod lease;
#[forbid(unsafe_code)]
pub mod limiter;
#[forbid(unsafe_code)]
pub mod lock;
#[forbid(unsafe_code)]
pub mod memory;
#[forbid(unsafe_code)]
pub mod model;
#[forbid(unsafe_code)]
pub mod offline;
#[forbid(unsafe_code)]
pub mod online;
#[forbid(unsafe_code)]
pub mod owner;
#[forbid(unsafe_code)]
pub mod peers;
#[forbid(unsafe_code)]
pub mod plan;
#[forbid(unsafe_code)]
pub mod plugin;
#[forbid(unsafe_code)]
pub mod report;
#[forbid(unsafe_code)]
pub mod ship;
#[forbid(unsafe_code)]
pub mod wire;

#[cfg(test)]
mod testing;
