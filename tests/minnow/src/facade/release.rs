//! What differs between the server's releases, read from the tables in `abi/`.
use std::ffi::c_int;

use super::bridge::Places;
use crate::error::{Error, Result};

/// Virtual functions by declaring class: a method, as C++ writes it without namespaces and with
/// `INDEX` as `int`, and its slot in each release. A class's slots continue those of its base.
const CLASSES: &[(&str, &str)] = &[
    ("Constant", include_str!("../../abi/Constant.tsv")),
    ("Vector", include_str!("../../abi/Vector.tsv")),
    ("Table", include_str!("../../abi/Table.tsv")),
    ("BasicTable", include_str!("../../abi/BasicTable.tsv")),
    ("Dictionary", include_str!("../../abi/Dictionary.tsv")),
    ("FunctionDef", include_str!("../../abi/FunctionDef.tsv")),
    ("Session", include_str!("../../abi/Session.tsv")),
    ("RefCountHelper", include_str!("../../abi/RefCountHelper.tsv")),
];

/// Where members lie and which library plays the server, by release and edition.
const LAYOUT: &str = include_str!("../../abi/layout.tsv");

/// What is shown of a release that no table knows, and the library of an edition that none does.
const FALLBACK: &str = "3.00.3";

/// How far a member is moved when a test asks for it: to where nothing else is.
const FALSIFIED: c_int = 64;

macro_rules! libraries {
    ($($name:literal),*) => {
        &[$(($name, include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".so")))),*]
    };
}

/// The C++ side, embedded.
const LIBRARIES: &[(&str, &[u8])] =
    libraries!["ab-early", "ab", "ab-abi1", "cd", "cd-abi1", "e", "e-abi1", "f"];

/// One release in one edition.
#[derive(Clone, Copy)]
pub struct Release {
    /// The columns of the tables: of the classes', which no edition changes, and of the layout's.
    slots: &'static str,
    layout: &'static str,
    library: &'static (&'static str, &'static [u8]),
}

impl Release {
    /// The tables for `release`; those of another one if nothing is known of it. Where nobody
    /// knows the layout of the edition with newer strings, its names are all that is right.
    pub fn find(release: &str, newer_strings: bool) -> Result<Release> {
        let known = |name: &str| columns(LAYOUT).find(|column| *column == name);
        let slots = known(release).or(known(FALLBACK)).expect("the fallback is known");
        let default = Release { slots, layout: slots, library: library_of(slots) };
        if !newer_strings {
            return Ok(default);
        }
        let wanted = format!("{}-abi1", default.library.0);
        let library = LIBRARIES.iter().find(|(name, _)| *name == wanted);
        let library = library.ok_or_else(|| {
            Error::runtime(format!("The edition of {slots} with newer strings is not part of minnow."))
        })?;
        Ok(Release { layout: known(&format!("{slots}-abi1")).unwrap_or(slots), library, ..default })
    }

    /// Every release, with its default edition.
    #[cfg(test)]
    pub fn all() -> impl Iterator<Item = Release> {
        let releases = columns(LAYOUT).filter(|column| !column.contains('-'));
        releases.map(|release| Release::find(release, false).expect("a default edition"))
    }

    /// The layout's column.
    #[cfg(test)]
    pub fn layout(self) -> &'static str {
        self.layout
    }

    /// The declaring classes.
    pub fn classes() -> impl Iterator<Item = &'static str> {
        CLASSES.iter().map(|(class, _)| *class)
    }

    /// The slots that a class declares, in order, with their methods.
    pub fn rows(self, class: &str) -> Vec<(usize, &'static str)> {
        let text = CLASSES.iter().find(|(name, _)| *name == class).map_or("", |(_, text)| text);
        let mut rows: Vec<_> = cells(text, self.slots)
            .filter(|(_, slot)| !slot.is_empty())
            .map(|(method, slot)| (slot.parse().expect("a slot is a number"), method))
            .collect();
        rows.sort_unstable();
        rows
    }

    /// The bytes of the library that exports this release's names.
    pub fn library(self) -> &'static [u8] {
        self.library.1
    }

    /// How the server writes the namespace of its classes.
    pub fn namespace(self) -> &'static str {
        if matches!(self.library.0, "e" | "e-abi1" | "f") { "ddb::" } else { "" }
    }

    /// Where the members lie that plugins read in place, those of `falsified` behind all others.
    pub fn places(self, falsified: &[String]) -> Places {
        let at = |member: &str| -> c_int {
            let offset = layout_cell(self.layout, member).parse().unwrap_or(-1);
            if falsified.iter().any(|name| name == member) { offset + FALSIFIED } else { offset }
        };
        Places {
            flag: at("Constant.flag"),
            vector_name: at("Vector.name"),
            table_owner: at("Table.owner"),
            function_name: at("FunctionDef.name"),
            function_module: at("FunctionDef.module"),
            function_syntax: at("FunctionDef.syntax"),
            remote_ip: at("Session.remoteIP"),
            remote_alias: at("Session.remoteSiteAlias"),
            catalog: at("Session.currentCatalog"),
            session_flag: at("Session.flag"),
            counter_size: at("Counter.size") + if falsified.is_empty() { 0 } else { FALSIFIED },
            counter_object: at("Counter.object"),
            counter_foreign: at("Counter.foreign"),
            counter_count: at("Counter.count"),
            object_count: at("Object.count"),
            heap_session: at("Heap.session"),
        }
    }
}

fn library_of(column: &str) -> &'static (&'static str, &'static [u8]) {
    let name = layout_cell(column, "library");
    LIBRARIES.iter().find(|(own, _)| *own == name).expect("every library is embedded")
}

fn layout_cell(column: &str, member: &str) -> &'static str {
    cells(LAYOUT, column).find(|(own, _)| *own == member).map_or("", |(_, cell)| cell)
}

/// Whether some release has the slot or the member `name`.
pub fn is_known(name: &str) -> bool {
    let firsts = |text: &'static str| text.lines().skip(1).filter_map(|line| line.split('\t').next());
    let declares = |class, text| firsts(text).any(|method| format!("{class}.{method}") == name);
    CLASSES.iter().any(|(class, text)| declares(class, text)) || firsts(LAYOUT).any(|member| member == name)
}

fn columns(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().next().unwrap_or_default().split('\t').skip(1)
}

/// The first and one other cell of each line of a table.
fn cells(text: &'static str, column: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let index = columns(text).position(|own| own == column).expect("every table has every release") + 1;
    text.lines().skip(1).map(move |line| {
        let fields: Vec<_> = line.split('\t').collect();
        (fields[0], fields.get(index).copied().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_has_a_library_and_members_at_known_places() {
        for column in columns(LAYOUT) {
            let (release, edition) = column.split_once('-').unwrap_or((column, ""));
            let found = Release::find(release, !edition.is_empty()).unwrap();
            assert_eq!((found.layout, found.library.0), (column, layout_cell(column, "library")));
            assert!(!found.library().is_empty(), "{column}");
            assert!([8, 12, 16].contains(&found.places(&[]).flag), "{column}");
            assert!(found.rows("Constant").len() > 190, "{column}");
        }
        assert_eq!(Release::find("3.00.9", false).unwrap().layout, FALLBACK);
        let unknown = Release::find("2.00.13", true).unwrap();
        assert_eq!((unknown.layout, unknown.library.0), ("2.00.13", "ab-abi1"));
        assert!(Release::find("3.00.4", true).is_err());
    }
}
