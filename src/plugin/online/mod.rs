//! `syncOnline` and what compares: from the call to the engine, at one target or several.
pub(super) mod afar;
pub(super) mod errands;
pub(super) mod exclusive;
pub(super) mod make;
pub(super) mod plans;
pub(super) mod rename;
pub(super) mod rows;
pub(super) mod site;
pub(super) mod sync;
pub(super) mod targets;
pub(super) mod verify;
pub(super) mod watermark;
pub(super) mod window;
