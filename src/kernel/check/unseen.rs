//! The numbers that no check can see, and why.
use crate::kernel::row::Row;

/// Offsets whose error shows as a counter that counts nothing or a value that does not come back.
const PROBED: &[&str] = &["Constant.flag", "Counter.object", "Counter.count", "Heap.session"];

/// Offsets whose error would go unnoticed here.
const UNSEEN: &[(&str, &str)] = &[
    (
        "Counter.size",
        "room behind what the server reads is never looked at, so only too little could show, later",
    ),
    ("Counter.foreign", "the word is null for every object of the server's own, wherever it is"),
    ("Session.flag", "a word without the cancel bit looks the same everywhere until a user cancels"),
];

/// Slots that a symbol can contradict and a round trip cannot, where the server hides the symbol.
const SYMBOL_ONLY: &[(&str, &str)] = &[
    ("Constant.destroy", "a function that frees nothing looks like one that does"),
    ("Constant.setNullFlag", "what it sets is a hint that only the server reads"),
    ("Constant.getDataSegment", "a vector of a few cells is never in segments"),
    ("Constant.getSegmentSize", "a vector of a few cells is never in segments"),
];

// Two more facts are in code, not in rows, and are as invisible: the fields of the exceptions that
// we throw (`shim/exceptions.h`), which the server reads only when it catches one, and that a
// session's cancel bit is 4.

/// Whether every offset of `row` is either checked or listed with the reason why not, and every
/// listed name is one of the row's.
pub(super) fn accounts_for(row: &Row) -> Result<(), String> {
    let unseen = || UNSEEN.iter().map(|(name, _)| *name);
    let offsets: Vec<&str> = row.offset_names().collect();
    let known = |name: &&str| PROBED.contains(name) || unseen().any(|own| own == *name);
    if let Some(name) = offsets.iter().find(|name| !known(name)) {
        return Err(format!("nothing says how the offset {name} is checked"));
    }
    let slots: Vec<String> = row.slots.iter().map(|slot| format!("{}.{}", slot.class, slot.method)).collect();
    let mut listed = SYMBOL_ONLY.iter().map(|(name, _)| *name);
    match listed.find(|name| !slots.iter().any(|slot| slot == name)) {
        Some(name) => Err(format!("the row has no slot {name}")),
        None => Ok(()),
    }
}
