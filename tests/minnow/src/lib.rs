//! minnow: a small stand-in for one DolphinDB node, honest about what a real one does.
//!
//! It shares no code with the plugin that it tests, so that a mistake in one cannot hide behind
//! the same mistake in the other. Its parts, in the order in which to read them: [`value`] what
//! scripts compute with; [`store`] partitioned tables on disk; [`script`] lexer, parser and
//! evaluator; [`functions`] the built-ins; [`facade`] the server's C++ interface for plugins;
//! [`wire`] the API protocol; [`node`] one running server; [`clock`] what time it is there.
//!
//! What a server does is cited as `dolphindb-semantics §4.1`, `wire-protocol §6` or `plugin-abi §3`:
//! sections of the notes on what the vendor's manuals, clients and headers say. `[U]` marks what no
//! source says, most often the wording of a sentence.
#![allow(rustdoc::private_intra_doc_links, reason = "these pages are for those who read the code")]

pub mod clock;
pub mod error;
pub mod facade;
pub mod functions;
pub mod node;
pub mod script;
pub mod store;
pub mod value;
pub mod wire;
