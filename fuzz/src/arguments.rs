//! Any function with any arguments, on a node that answers nothing: it may refuse, never panic.
#![no_main]

use clustersync::cluster::{Cluster, Host, flaw};
use clustersync::data::{Batch, Column, Datum, Type};
use clustersync::error::{Error, Kind, Result};
use clustersync::model::TableName;
use clustersync::plugin::FUNCTIONS;
use libfuzzer_sys::fuzz_target;

/// What functions look for, so that inputs need not be lucky.
const WORDS: &[&str] = &[
    "host", "port", "userId", "password", "mode", "auto", "append", "replace", "verifyOnly", "dryRun", "retries",
    "lanes", "memoryBudget", "timeout", "column", "from", "to", "lookBack", "incremental", "dfs://db1", "t", "B",
    "price > 0", "",
];

/// How deep containers may hold others.
const DEEPEST: usize = 3;

struct Silent;

impl Cluster for Silent {
    fn label(&self) -> &str {
        "this node"
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        Err(Error::new(Kind::Server, format!("no answer to {script}")))
    }

    fn append(&mut self, _: &TableName, _: &Batch) -> Result<u64> {
        Err(Error::new(Kind::Server, "nothing is stored"))
    }
}

impl Host for Silent {
    fn print(&mut self, _: &str) {}

    fn is_cancelled(&mut self) -> bool {
        false
    }

    fn node(&mut self) -> &mut dyn Cluster {
        self
    }
}

/// The input as a source of choices, zero when it is used up.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let size = self.byte() % (most + 1);
        (0..size).map(|_| self.byte() as u8).collect()
    }

    fn text(&mut self) -> String {
        match WORDS.get(self.byte() % (WORDS.len() + 4)) {
            Some(word) => (*word).to_owned(),
            None => String::from_utf8_lossy(&self.bytes(40)).replace('\0', " "),
        }
    }

    fn column(&mut self, rows: usize) -> Column {
        let ty = Type::ALL[self.byte() % Type::ALL.len()];
        match ty.width() {
            Some(width) => Column::fixed(ty, (0..rows * width).map(|_| self.byte() as u8).collect::<Vec<u8>>()),
            None => Column::text(ty, (0..rows).map(|_| self.text()).collect::<Vec<_>>()),
        }
    }

    fn datum(&mut self, depth: usize) -> Datum {
        match self.byte() % if depth == 0 { 5 } else { 8 } {
            0 => Datum::Void,
            1 => Datum::text(&self.text()),
            2 => Datum::Scalar(self.column(1)),
            3 => {
                let rows = self.byte() % 6;
                Datum::Vector(self.column(rows))
            }
            4 => Datum::Opaque(self.text()),
            5 => Datum::Tuple((0..self.byte() % 5).map(|_| self.datum(depth - 1)).collect()),
            6 => Datum::Dict((0..self.byte() % 6).map(|_| self.member(depth)).collect()),
            _ => {
                let rows = self.byte() % 4;
                let columns = (0..self.byte() % 4).map(|_| (self.text(), self.column(rows))).collect();
                Datum::Table(Batch { rows, columns })
            }
        }
    }

    /// A member of a dictionary. Whatever is called leads to a port of this machine where nobody is.
    fn member(&mut self, depth: usize) -> (String, Datum) {
        let (name, item) = (self.text(), self.datum(depth - 1));
        match name.trim().to_ascii_lowercase().as_str() {
            "host" => (name, Datum::text("127.0.0.1")),
            "port" => (name, Datum::Scalar(Column::fixed(Type::Int, 1_i32.to_le_bytes().to_vec()))),
            _ => (name, item),
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices(input);
    let function = &FUNCTIONS[choices.byte() % FUNCTIONS.len()];
    let count = function.min + choices.byte() % (function.max - function.min + 1);
    let args: Vec<Datum> = (0..count).map(|_| choices.datum(DEEPEST)).collect();
    if let Err(error) = (function.run)(&mut Silent, &args) {
        assert!(!error.message().is_empty(), "{error:?}");
    }
    // Whatever it says, a filter with a comment or a second statement is not let through.
    let filter = String::from_utf8_lossy(choices.0);
    assert!(flaw(&filter).is_some() || !filter.contains(';') || filter.contains(['"', '\'']), "{filter}");
});
