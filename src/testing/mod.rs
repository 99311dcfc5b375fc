//! Stand-ins for both sides of a sync: nodes in memory that answer the texts that `cluster`
//! builds, and that can be told to misbehave.
mod chunks;
mod host;
mod node;
mod pick;
mod plugin;
mod table;

pub(crate) use host::FakeHost;
pub(crate) use node::{FakeNode, Fault};
pub(crate) use plugin::told;
pub(crate) use table::{FakeTable, Row};

use crate::data::{Column, Type};
use crate::model::{ColumnDef, Level, Scheme, TableName, TableSchema};

/// The table that most tests copy.
pub(crate) fn flights() -> TableName {
    TableName::new("dfs://flights", "flights")
}

/// A column's definition.
pub(crate) fn def(name: &str, ty: Type) -> ColumnDef {
    ColumnDef { name: name.into(), ty }
}

/// A column of INT, DATE or another four-byte type.
pub(crate) fn ints(ty: Type, values: impl IntoIterator<Item = i32>) -> Column {
    Column::fixed(ty, values.into_iter().flat_map(i32::to_le_bytes).collect::<Vec<u8>>())
}

/// Partitioned by `days` dates from 2013-01-01 and a hash of the carrier.
pub(crate) fn flights_schema(days: i32) -> TableSchema {
    let dates = Scheme::Value(ints(Type::Date, 15_706..15_706 + days));
    TableSchema {
        columns: vec![
            def("date", Type::Date),
            def("carrier", Type::Symbol),
            def("delay", Type::Int),
            def("distance", Type::Double),
        ],
        levels: vec![
            Level { column: "date".into(), ty: Type::Date, scheme: dates },
            Level { column: "carrier".into(), ty: Type::Symbol, scheme: Scheme::Hash(2) },
        ],
        ..TableSchema::default()
    }
}

/// A row of the flights table; the carrier's first letter decides its bucket (`A` is 1).
pub(crate) fn flight(day: i32, carrier: &str, delay: i32, distance: f64) -> Row {
    vec![
        (15_706 + day).to_le_bytes().to_vec(),
        carrier.as_bytes().to_vec(),
        delay.to_le_bytes().to_vec(),
        distance.to_le_bytes().to_vec(),
    ]
}

/// Three flights of carrier `A` and one of `B` on each of `days` days.
pub(crate) fn flights_table(days: i32) -> FakeTable {
    let mut table = FakeTable::new(flights_schema(days));
    for day in 0..days {
        for (carrier, delay) in [("A", 50 + day), ("A", i32::MIN), ("A", 100), ("B", 3)] {
            table.rows.push(flight(day, carrier, delay, f64::from(delay) + 0.5));
        }
    }
    table
}
