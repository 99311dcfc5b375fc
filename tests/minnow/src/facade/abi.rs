//! The function tables of the server's classes, made from the release's rows.
use std::collections::HashMap;
use std::ffi::c_void;

use super::release::{Release, is_known};
use crate::error::{Error, Result};

/// Tables by their number in the C++ side; a class inherits its base's slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Void,
    Bool,
    Char,
    Short,
    Int,
    Long,
    Float,
    Double,
    String,
    Int128,
    Decimal32,
    Decimal64,
    Decimal128,
    FastVector,
    FastArrayVector,
    AnyVector,
    BasicTable,
    DictionaryImp,
    SystemFunction,
    SystemHandle,
    Code,
    SessionImp,
    RefCountHelper,
}

impl Class {
    const ALL: [Class; 23] = [
        Class::Void,
        Class::Bool,
        Class::Char,
        Class::Short,
        Class::Int,
        Class::Long,
        Class::Float,
        Class::Double,
        Class::String,
        Class::Int128,
        Class::Decimal32,
        Class::Decimal64,
        Class::Decimal128,
        Class::FastVector,
        Class::FastArrayVector,
        Class::AnyVector,
        Class::BasicTable,
        Class::DictionaryImp,
        Class::SystemFunction,
        Class::SystemHandle,
        Class::Code,
        Class::SessionImp,
        Class::RefCountHelper,
    ];

    /// The declaring classes whose rows make up the table, first slots first.
    fn bases(self) -> &'static [&'static str] {
        match self {
            Class::FastVector | Class::FastArrayVector | Class::AnyVector => &["Constant", "Vector"],
            Class::BasicTable => &["Constant", "Table", "BasicTable"],
            Class::DictionaryImp => &["Constant", "Dictionary"],
            Class::SystemFunction => &["Constant", "FunctionDef"],
            Class::SessionImp => &["Session"],
            Class::RefCountHelper => &["RefCountHelper"],
            _ => &["Constant"],
        }
    }

    /// Which use the C++ side has for the table: constants, sessions, the one helper.
    pub fn kind(self) -> i32 {
        match self {
            Class::SessionImp => 1,
            Class::RefCountHelper => 2,
            _ => 0,
        }
    }
}

/// The table of one class.
pub struct Table {
    pub class: Class,
    /// Declaring class and method of each slot.
    pub methods: Vec<(&'static str, &'static str)>,
    /// What is called there.
    pub functions: Vec<*mut c_void>,
}

/// Every function that exists, by class and method.
pub type Methods = HashMap<(String, String), *mut c_void>;

/// One line of `minnow slots`.
pub struct Slot {
    /// Declaring class and method, as in `Constant.getInt() const`.
    pub name: String,
    pub number: usize,
    /// Whether some class has it; what it calls otherwise names itself and throws.
    pub implemented: bool,
}

/// All tables; `missing` is asked for what is not among `methods`.
pub fn tables(release: Release, methods: &Methods, missing: impl Fn(i32, i32) -> *mut c_void) -> Vec<Table> {
    Class::ALL
        .iter()
        .map(|class| {
            let named: Vec<_> = named_slots(release, *class);
            let functions = named.iter().enumerate().map(|(slot, (_, method))| {
                let key = (format!("{class:?}"), (*method).to_owned());
                methods.get(&key).copied().unwrap_or_else(|| missing(*class as i32, slot as i32))
            });
            Table { class: *class, functions: functions.collect(), methods: named }
        })
        .collect()
}

fn named_slots(release: Release, class: Class) -> Vec<(&'static str, &'static str)> {
    let mut named = Vec::new();
    for base in class.bases() {
        for (slot, method) in release.rows(base) {
            assert_eq!(slot, named.len(), "the rows of {base} have a gap");
            named.push((*base, method));
        }
    }
    named
}

/// Refuses a name that no slot has.
pub fn check_name(name: &str) -> Result<()> {
    let unknown = || Error::runtime(format!("There is no slot {name}; `minnow slots` lists them."));
    if is_known(name) { Ok(()) } else { Err(unknown()) }
}

/// Swaps a virtual function with its neighbour in every table that has it, so that the server
/// contradicts what a plugin knows of the release. `name` is as [`Slot::name`].
pub fn falsify(tables: &mut [Table], name: &str) {
    for table in tables {
        let slot = table.methods.iter().position(|(base, method)| format!("{base}.{method}") == name);
        if let Some(slot) = slot {
            let neighbour = if slot + 1 < table.functions.len() { slot + 1 } else { slot - 1 };
            table.functions.swap(slot, neighbour);
        }
    }
}

/// Every slot of the release by declaring class.
pub fn slots(release: Release, methods: &Methods) -> Vec<Slot> {
    let has = |base: &str, method: &str| {
        Class::ALL.iter().any(|class| {
            class.bases().contains(&base) && methods.contains_key(&(format!("{class:?}"), method.to_owned()))
        })
    };
    Release::classes()
        .flat_map(|base| release.rows(base).into_iter().map(move |(number, method)| (base, number, method)))
        .map(|(base, number, method)| Slot {
            name: format!("{base}.{method}"),
            number,
            implemented: has(base, method),
        })
        .collect()
}
