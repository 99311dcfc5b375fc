//! What a node is told once: its options, the directories that may be used, the scripts that build its tables.
pub(super) mod config;
pub(super) mod ddl;
pub(super) mod roots;
