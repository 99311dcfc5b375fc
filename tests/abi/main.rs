//! The plugin as a server meets it: a library, a descriptor, and calls through the real binary
//! interface, in a minnow that may claim another release or contradict its own.
mod admission;
mod arguments;
mod crash_list;
mod descriptor;
mod exports;
mod loading;
mod refusal;
mod server;
