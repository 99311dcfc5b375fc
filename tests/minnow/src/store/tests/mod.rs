//! The store as its users see it: what comes back, what is dropped, what survives a crash.
mod crash;
mod round_trip;
mod traps;

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::value::{Data, Table, Type};

const URL: &str = "dfs://a/b";

fn ints(cells: impl IntoIterator<Item = i32>) -> Vector {
    Vector::new(Type::Int, Data::I32(cells.into_iter().collect()))
}

fn texts<'a>(cells: impl IntoIterator<Item = &'a str>) -> Vector {
    Vector::strings(Type::String, cells)
}

fn rows(columns: impl IntoIterator<Item = Vector>) -> Table {
    let columns: Vec<Arc<Vector>> = columns.into_iter().map(Arc::new).collect();
    Table { names: (0..columns.len()).map(|i| format!("any{i}")).collect(), columns }
}

fn value(elements: Vector) -> Level {
    Level::new(Scheme::Value(elements)).unwrap()
}

fn hash(ty: Type, buckets: u32) -> Level {
    Level::new(Scheme::Hash { ty, buckets }).unwrap()
}

fn range(boundaries: impl IntoIterator<Item = i32>) -> Level {
    Level::new(Scheme::Range(ints(boundaries))).unwrap()
}

/// A table `t` whose first columns are the partition columns.
fn create(store: &Store, levels: Vec<Level>, columns: &[(&str, Type)]) -> Arc<PartitionedTable> {
    let partition_columns = (0..levels.len()).collect();
    let nested = columns.iter().any(|(_, ty)| ty.element().is_some());
    let engine = if nested { "TSDB" } else { "OLAP" };
    let [engine, atomic, granularity, owner] = [engine, "TRANS", "TABLE", "admin"].map(str::to_owned);
    let (url, id) = (URL.into(), Identity::default());
    let database = Database { url, levels, engine, atomic, granularity, owner: owner.clone(), id };
    store.create_database(database).unwrap();
    let columns: Vec<(String, Type)> = columns.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
    let compression = vec!["lz4".to_owned(); columns.len()];
    let name = "t".into();
    let shape = TableShape { name, columns, partition_columns, owner, compression, ..TableShape::default() };
    store.create_table(URL, shape).unwrap()
}

fn everything(table: &PartitionedTable) -> Table {
    let wanted: Vec<usize> = (0..table.columns().len()).collect();
    table.scan(&wanted, &Selection::all()).unwrap()
}

fn reopened(root: &Path) -> Arc<PartitionedTable> {
    Store::open(root).unwrap().table(URL, "t").unwrap()
}

/// The INT cells of a column in ascending order.
fn sorted(table: &Table, column: usize) -> Vec<i64> {
    let column = &table.columns[column];
    let mut cells: Vec<i64> = (0..column.len()).filter_map(|row| column.integer(row)).collect();
    cells.sort_unstable();
    cells
}
