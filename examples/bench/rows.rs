//! Rows to measure with, the same in every run: eight columns as in a table of trades.
use clustersync::data::{Batch, Column, Type};

const SYMBOLS: [&str; 8] = ["IBM", "AAPL", "GOOGL", "MSFT", "600519.SH", "000001.SZ", "C", "BRK.A"];

/// Eight columns of numbers and times, 45 bytes a row.
pub fn numbers(rows: usize) -> Batch {
    let mut random = Random(1);
    batch(
        rows,
        [
            ("time", random.column(Type::Timestamp, rows)),
            ("id", random.column(Type::Long, rows)),
            ("price", random.column(Type::Double, rows)),
            ("amount", random.column(Type::Double, rows)),
            ("date", random.column(Type::Date, rows)),
            ("volume", random.column(Type::Int, rows)),
            ("trades", random.column(Type::Int, rows)),
            ("side", random.column(Type::Char, rows)),
        ],
    )
}

/// The same with the id as text.
pub fn trades(rows: usize) -> Batch {
    let mut random = Random(2);
    let symbols = (0..rows).map(|_| SYMBOLS[random.next() as usize % SYMBOLS.len()]);
    let symbols = Column::text(Type::Symbol, symbols);
    let mut trades = numbers(rows);
    trades.columns[1] = ("symbol".into(), symbols);
    trades
}

fn batch<const N: usize>(rows: usize, columns: [(&str, Column); N]) -> Batch {
    Batch { rows, columns: columns.map(|(name, column)| (name.to_owned(), column)).into() }
}

/// Numbers without a pattern that a processor could learn.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn column(&mut self, ty: Type, rows: usize) -> Column {
        let bytes = rows * ty.width().expect("a fixed-width type");
        Column::fixed(ty, (0..bytes).map(|_| self.next() as u8).collect::<Vec<u8>>())
    }
}
