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

/// Quotes as they come: times and numbers that go up, prices that wander, few names.
pub fn quotes(rows: usize) -> Batch {
    let mut random = Random(3);
    let (mut time, mut price) = (1_700_000_000_000i64, 10_000i64);
    let (mut times, mut ids, mut prices, mut volumes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in 0..rows as i64 {
        time += (random.next() % 20) as i64;
        price += (random.next() % 5) as i64 - 2;
        times.extend(time.to_le_bytes());
        ids.extend((5_000_000 + row).to_le_bytes());
        prices.extend((price as f64 / 100.0).to_le_bytes());
        volumes.extend(((random.next() % 50) as i32 * 100).to_le_bytes());
    }
    let names = (0..rows).map(|_| SYMBOLS[random.next() as usize % SYMBOLS.len()]);
    let names = Column::text(Type::String, names);
    batch(
        rows,
        [
            ("time", Column::fixed(Type::Timestamp, times)),
            ("id", Column::fixed(Type::Long, ids)),
            ("price", Column::fixed(Type::Double, prices)),
            ("volume", Column::fixed(Type::Int, volumes)),
            ("noise", random.column(Type::Double, rows)),
            ("name", names),
        ],
    )
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
