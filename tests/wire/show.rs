//! Values as short text, so that expectations can be read.
use clustersync::data::{Batch, Column, Datum, Type};

/// `INT 7`, `[INT 1 NULL]`, `(INT 1, VOID)`, `{a: INT 1}`, `table(a [INT 1], b [STRING "x"])`.
pub fn show(datum: &Datum) -> String {
    match datum {
        Datum::Void => "VOID".into(),
        Datum::Scalar(column) => column_text(column),
        Datum::Vector(column) => format!("[{}]", column_text(column)),
        Datum::Tuple(items) => format!("({})", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Datum::Dict(items) => {
            let items: Vec<_> = items.iter().map(|(key, item)| format!("{key}: {}", show(item))).collect();
            format!("{{{}}}", items.join(", "))
        }
        Datum::Table(batch) => table_text(batch),
        Datum::Opaque(what) => format!("<{what}>"),
    }
}

fn unscaled(cell: &[u8]) -> String {
    let mut bytes = if cell[cell.len() - 1] < 0x80 { [0; 16] } else { [0xff; 16] };
    bytes[..cell.len()].copy_from_slice(cell);
    i128::from_le_bytes(bytes).to_string()
}

fn table_text(batch: &Batch) -> String {
    let column = |(name, column): &(String, Column)| {
        assert_eq!(column.rows, batch.rows);
        format!("{name} [{}]", column_text(column))
    };
    format!("table({})", batch.columns.iter().map(column).collect::<Vec<_>>().join(", "))
}

fn column_text(column: &Column) -> String {
    let mut words = vec![column.ty.name().to_string()];
    match column.ty {
        Type::Symbol | Type::String => {
            words.extend(column.texts().map(|text| format!("{:?}", String::from_utf8_lossy(text))));
        }
        Type::Float => words.extend(column.fixed_cells().map(|cell| {
            let value = f32::from_le_bytes(cell.try_into().unwrap());
            if value == -f32::MAX { "NULL".into() } else { format!("{value}") }
        })),
        Type::Double => words.extend(column.fixed_cells().map(|cell| {
            let value = f64::from_le_bytes(cell.try_into().unwrap());
            if value == -f64::MAX { "NULL".into() } else { format!("{value}") }
        })),
        Type::Complex | Type::Point => words.extend(column.fixed_cells().map(|cell| {
            let parts = cell.as_chunks().0.iter().map(|part| f64::from_le_bytes(*part).to_string());
            if cell == column.ty.null() { "NULL".into() } else { parts.collect::<Vec<_>>().join("/") }
        })),
        Type::Decimal32(_) | Type::Decimal64(_) | Type::Decimal128(_) => words.extend(
            column.each().map(|cell| if *cell == column.ty.null() { "NULL".into() } else { unscaled(&cell) }),
        ),
        Type::Blob => words.extend(column.blobs().map(|cell| cell.escape_ascii().to_string())),
        Type::Array(element) => words.extend(column.each().map(|cell| {
            let cell = column_text(&Column::fixed(element.ty(), cell.into_owned()));
            format!("[{}]", cell.split_once(' ').map_or("", |(_, values)| values))
        })),
        Type::Uuid | Type::Ipaddr | Type::Int128 => words.extend(
            column.fixed_cells().map(|cell| cell.iter().rev().map(|byte| format!("{byte:02x}")).collect()),
        ),
        _ => words
            .extend(column.integers().map(|value| value.map_or("NULL".into(), |value| value.to_string()))),
    }
    assert_eq!(words.len(), column.rows + 1);
    words.join(" ")
}
