//! The contract with the shim, as `build.rs` reads it from `include/clustersync.h`.
#![allow(non_camel_case_types, missing_docs, dead_code, clippy::all, clippy::undocumented_unsafe_blocks)]

include!(concat!(env!("OUT_DIR"), "/contract.rs"));
