//! A partitioned table in memory that drops rows as a server does.
use crate::cluster::keys;
use crate::data::{Batch, Column, Datum, Type};
use crate::model::{Level, Scheme, TableSchema};

/// The cells of a row, text without its NUL byte.
pub(crate) type Row = Vec<Vec<u8>>;

/// A table's structure and rows.
#[derive(Clone)]
pub(crate) struct FakeTable {
    pub(crate) schema: TableSchema,
    pub(crate) rows: Vec<Row>,
}

impl FakeTable {
    pub(crate) fn new(schema: TableSchema) -> Self {
        FakeTable { schema, rows: Vec::new() }
    }

    /// The same table with its columns in the order of `names`, without rows.
    pub(crate) fn empty_in_order(&self, names: &[&str]) -> Self {
        let columns = names.iter().map(|name| self.schema.column(name).unwrap().clone()).collect();
        FakeTable::new(TableSchema { columns, ..self.schema.clone() })
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.schema.columns.iter().position(|column| column.name == name)
    }

    /// The partition keys of `row`, `None` when it belongs to no partition.
    pub(crate) fn keys_of(&self, row: &Row) -> Option<Vec<String>> {
        self.schema.levels.iter().map(|level| self.key_of(level, row)).collect()
    }

    fn key_of(&self, level: &Level, row: &Row) -> Option<String> {
        let cell = &row[self.position(&level.column)?];
        match &level.scheme {
            Scheme::Value(listed) => {
                let one = Level { scheme: Scheme::Value(column(listed.ty, &[cell])), ..level.clone() };
                let key = keys(&one).ok()?.pop()?.literal;
                keys(level).ok()?.into_iter().map(|key| key.literal).find(|listed| *listed == key)
            }
            Scheme::Range(bounds) => {
                let value = column(level.ty, &[cell]).integers().next()??;
                let bounds: Vec<i64> = bounds.integers().flatten().collect();
                bounds.windows(2).position(|pair| (pair[0]..pair[1]).contains(&value)).map(|i| i.to_string())
            }
            Scheme::List(lists) => {
                let holds = |list: &Column| list.each().any(|own| *own == **cell);
                lists.iter().position(holds).map(|i| i.to_string())
            }
            Scheme::Hash(buckets) => {
                let sum: usize = cell.iter().map(|byte| usize::from(*byte)).sum();
                (!cell.is_empty()).then(|| (sum % buckets).to_string())
            }
        }
    }

    /// Takes in rows by position and returns how many belong to a partition.
    pub(crate) fn append(&mut self, rows: Vec<Row>) -> u64 {
        let before = self.rows.len();
        for row in rows {
            if self.keys_of(&row).is_some() {
                self.rows.push(row);
            }
        }
        (self.rows.len() - before) as u64
    }

    /// Puts rows in the place of those with the same keys and partition, or adds them.
    pub(crate) fn upsert(&mut self, rows: Vec<Row>, keys: &[String]) -> u64 {
        let parted = self.schema.levels.iter().map(|level| &level.column);
        let at: Vec<usize> =
            keys.iter().chain(parted).map(|key| self.position(key).expect("a column")).collect();
        for row in rows {
            let key = |own: &Row| at.iter().map(|at| own[*at].clone()).collect::<Row>();
            match self.rows.iter_mut().find(|own| key(own) == key(&row)) {
                Some(own) => *own = row,
                None => drop(self.append(vec![row])),
            }
        }
        0
    }

    /// What `schema(loadTable(..))` answers.
    pub(crate) fn describe(&self) -> Datum {
        let TableSchema { columns, levels, .. } = &self.schema;
        let ints = |values: Vec<i32>| super::ints(Type::Int, values);
        let defs = [
            ("name", Column::text(Type::String, columns.iter().map(|def| &def.name))),
            ("typeString", Column::text(Type::String, columns.iter().map(|def| def.ty.name()))),
            ("typeInt", ints(columns.iter().map(|def| def.ty.id()).collect())),
        ];
        let defs = defs.map(|(name, column)| (name.to_owned(), column)).into();
        let index = |level: &Level| self.position(&level.column).map_or(-1, |at| at as i32);
        let kind = |level: &Level| match level.scheme {
            Scheme::Value(_) => 1,
            Scheme::Range(_) => 2,
            Scheme::List(_) => 3,
            Scheme::Hash(_) => 5,
        };
        let scheme = |level: &Level| match &level.scheme {
            Scheme::Value(column) | Scheme::Range(column) => Datum::Vector(column.clone()),
            Scheme::List(lists) => Datum::Tuple(lists.iter().cloned().map(Datum::Vector).collect()),
            Scheme::Hash(buckets) => Datum::Scalar(ints(vec![*buckets as i32])),
        };
        let one_or_all = |values: Vec<i32>| match values.len() {
            0 => Datum::Scalar(ints(vec![-1])),
            1 => Datum::Scalar(ints(values)),
            _ => Datum::Vector(ints(values)),
        };
        let names = Column::text(Type::String, levels.iter().map(|level| &level.column));
        let mut schemes: Vec<Datum> = levels.iter().map(scheme).collect();
        let members = [
            ("colDefs", Datum::Table(Batch { rows: columns.len(), columns: defs })),
            ("partitionColumnIndex", one_or_all(levels.iter().map(index).collect())),
            ("partitionColumnName", Datum::Vector(names)),
            ("partitionType", one_or_all(levels.iter().map(kind).collect())),
            ("partitionColumnType", one_or_all(levels.iter().map(|level| level.ty.id()).collect())),
            ("partitionSchema", if schemes.len() == 1 { schemes.remove(0) } else { Datum::Tuple(schemes) }),
        ];
        Datum::Dict(members.map(|(name, value)| (name.to_owned(), value)).into())
    }
}

/// A column of these cells.
pub(crate) fn column(ty: Type, cells: &[&Vec<u8>]) -> Column {
    Column::of(ty, cells)
}

/// The rows of `batch`.
pub(crate) fn rows(batch: &Batch) -> Vec<Row> {
    let mut rows = vec![Row::new(); batch.rows];
    for (_, column) in &batch.columns {
        rows.iter_mut().zip(column.each()).for_each(|(row, cell)| row.push(cell.into_owned()));
    }
    rows
}
