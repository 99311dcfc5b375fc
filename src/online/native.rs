//! A fingerprint that the target's own plugin takes, so that no rows travel.
use crate::cluster::{Cluster, sql, sql::Rows};
use crate::data::{Batch, Datum, Fingerprint};
use crate::error::{Kind, Result};

/// Whether the target's plugin could name exactly the rows of `there`: whole partitions, their
/// slices, or what a filter takes of them. What a window cuts is read back.
pub fn can_ask(there: Rows) -> bool {
    there.unit.is_some() && there.window.is_none()
}

/// The fingerprint of `there`, which [`can_ask`] allows, as the target's plugin takes it; `None` when
/// it has none, of another version, or refuses.
///
/// # Errors
/// What ends a connection.
pub fn native(target: &mut dyn Cluster, there: Rows, columns: &[String]) -> Result<Option<Fingerprint>> {
    let (db, table) = (sql::text(&there.table.db), sql::text(&there.table.table));
    let filter = sql::text(there.filter.unwrap_or_default());
    let columns: Vec<String> = columns.iter().map(|column| sql::text(there.name(column))).collect();
    // Of a dimension table there is one partition, which no condition names.
    let place = Some(there.place()).filter(|place| !place.is_empty()).unwrap_or_else(|| "/".to_owned());
    let place = sql::text(&place);
    let columns = columns.join(", ");
    let script = format!("clusterSync::fingerprint({db}, {table}, {filter}, [{columns}], {place})");
    match target.query(&script) {
        Ok(Datum::Table(answer)) => Ok(print_of(&answer)),
        Ok(_) => Ok(None),
        Err(error) => match error.kind() {
            Kind::Network | Kind::Silent | Kind::Protocol | Kind::Cancelled => Err(error),
            // Whatever else is wrong, reading back meets it again and says it.
            _ => Ok(None),
        },
    }
}

/// The one fingerprint in `answer`, if its version is ours.
fn print_of(answer: &Batch) -> Option<Fingerprint> {
    let number = |name: &str| {
        let mut cells = answer.column(name)?.integers();
        cells.next().flatten().and_then(|cell| u64::try_from(cell).ok())
    };
    let sum = answer.column("fingerprint").filter(|column| column.ty.is_text())?;
    let sum = sum.texts().next().and_then(|text| std::str::from_utf8(text).ok())?;
    let is_ours = answer.rows == 1 && number("version")? == Fingerprint::VERSION;
    let print = Fingerprint { rows: number("rows")?, sum: u128::from_str_radix(sum, 16).ok()? };
    is_ours.then_some(print)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Type};

    fn answer(version: u64, sums: &[&str]) -> Batch {
        let longs = |value: u64| Column::fixed(Type::Long, value.to_le_bytes().repeat(sums.len()));
        let columns = vec![
            ("rows".into(), longs(3)),
            ("fingerprint".into(), Column::text(Type::String, sums)),
            ("version".into(), longs(version)),
        ];
        Batch { rows: sums.len(), columns }
    }

    #[test]
    fn only_one_fingerprint_of_our_version_counts() {
        let ours = Fingerprint::VERSION;
        assert_eq!(print_of(&answer(ours, &["0f"])), Some(Fingerprint { rows: 3, sum: 15 }));
        for other in
            [answer(ours - 1, &["0f"]), answer(ours, &["0f", "0f"]), answer(ours, &[]), answer(ours, &["x"])]
        {
            assert_eq!(print_of(&other), None, "{other:?}");
        }
        let mut old = answer(ours, &["0f"]);
        old.columns.pop();
        assert_eq!(print_of(&old), None, "one that says no version");
    }
}
