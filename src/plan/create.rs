//! A database, a table, comments that the target lacks: how they are made like the source's, and what
//! the target is going to look like then.
use super::partitions::TOGETHER;
use super::{Addition, Counterpart, Finding};
use crate::cluster::ddl::{self, Call, Fitted};
use crate::cluster::{Cluster, keys, levels_of, release};
use crate::data::Column;
use crate::error::{Error, Kind, Result};
use crate::model::{DatabaseDesign, Scheme, Split, Storage, TableDesign, TableName, TableSchema};

/// What is made at the target before partitions and rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Creation {
    /// The database, unless it is there.
    pub database: Option<DatabaseDesign>,
    /// The table, unless it is there.
    pub table: Option<TableDesign>,
    /// Columns that are added to the table.
    pub addition: Option<Addition>,
    /// The calls that set comments.
    pub comments: Vec<Call>,
    /// What is made, and what is not, as sentences.
    pub(super) notes: Vec<String>,
}

/// A table as it is going to be, and what forbids it.
pub(super) struct Foreseen {
    pub(super) schema: TableSchema,
    pub(super) creation: Creation,
    pub(super) findings: Vec<Finding>,
}

/// How the counterpart of `table` is going to be, where it does not exist and is to be like the source's,
/// of which `seen` is synced.
pub(super) fn foresee(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    (here, seen, counterpart): (&TableName, &TableSchema, &Counterpart),
) -> Result<Foreseen> {
    let (release, table) = (release(target)?, &counterpart.table);
    let design = counterpart.like(ddl::table(source, here)?, seen);
    let wanted = Fitted::table(&design, release)?;
    let mut creation = Creation { comments: ddl::comments(&wanted.design), ..Creation::default() };
    let own = DatabaseDesign { path: table.db.clone(), ..ddl::database(source, &here.db)? };
    let mut foreseen = match found(ddl::database(target, &table.db))? {
        Some(other) => within(target, table, seen, &own, &other)?,
        None => {
            let Fitted { mut design, mut notes } = Fitted::database(&own, release)?;
            creation.notes.push(format!("the database {} is made at the target first", table.db));
            creation.notes.append(&mut notes);
            let schema = shortened(seen, &mut design)?;
            creation.database = Some(design);
            Foreseen { schema, creation: Creation::default(), findings: Vec::new() }
        }
    };
    creation.notes.push(format!("the table {table} is made at the target first"));
    creation.notes.extend(wanted.notes);
    creation.notes.append(&mut foreseen.creation.notes);
    creation.table = Some(wanted.design);
    Ok(Foreseen { creation, ..foreseen })
}

/// A script takes so many values and no more, so that a database with a longer list is made with the
/// first of them; what it lacks then is added as other partitions are.
fn shortened(seen: &TableSchema, design: &mut DatabaseDesign) -> Result<TableSchema> {
    let mut schema = seen.clone();
    if schema.levels.len() != design.levels.len() {
        return Ok(schema);
    }
    for (level, built) in schema.levels.iter_mut().zip(&mut design.levels) {
        if let (Scheme::Value(values), Split::Value(all)) = (&level.scheme, &mut built.split)
            && all.len() > TOGETHER
        {
            let first = Column::of(values.ty, values.each().take(TOGETHER));
            level.scheme = Scheme::Value(first);
            *all = keys(level)?.into_iter().map(|key| key.literal).collect();
        }
    }
    Ok(schema)
}

/// Nothing where there is nothing.
pub(super) fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        answer => answer.map(Some),
    }
}

/// A table in a database that exists, which keeps the partitioning and the engine that it has.
fn within(
    target: &mut dyn Cluster,
    table: &TableName,
    ours: &TableSchema,
    own: &DatabaseDesign,
    other: &DatabaseDesign,
) -> Result<Foreseen> {
    let (db, mut findings) = (&table.db, Vec::new());
    let mut notes = Vec::new();
    if own.engine != other.engine {
        let (here, there) = (&own.engine, &other.engine);
        let what = format!("{db} exists at the target with the engine {there}, and the source's has {here}");
        findings.push(Finding::new(what, "sync into a database of another name, or make the table by hand"));
    }
    for (name, here, there) in
        [("atomic", &own.atomic, &other.atomic), ("chunkGranularity", &own.granularity, &other.granularity)]
    {
        if here != there {
            notes.push(format!("{db} exists at the target with {name} {there}, not {here}, and keeps it"));
        }
    }
    let columns: Vec<String> = ours.levels.iter().map(|level| level.column.clone()).collect();
    let levels = match columns.is_empty() {
        true => Vec::new(),
        false => levels_of(target, other, &columns)?,
    };
    let storage = Storage { granularity: Some(other.granularity.clone()), ..ours.storage.clone() };
    let schema = TableSchema { levels, storage, ..ours.clone() };
    Ok(Foreseen { schema, creation: Creation { notes, ..Creation::default() }, findings })
}

/// The comments that the counterpart of `here` lacks, as a creation that broke off leaves it.
pub(super) fn uncommented(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    (here, seen, counterpart): (&TableName, &TableSchema, &Counterpart),
) -> Result<Creation> {
    let table = &counterpart.table;
    let ours = counterpart.like(ddl::table(source, here)?, seen);
    let theirs = ddl::table(target, table)?;
    let mut lacking = Fitted::table(&ours, release(target)?)?.design;
    if !theirs.comment.is_empty() {
        lacking.comment = String::new();
    }
    for column in &mut lacking.columns {
        let other = theirs.columns.iter().find(|other| other.def.name == column.def.name);
        if other.is_none_or(|other| !other.comment.is_empty()) {
            column.comment = String::new();
        }
    }
    let comments = ddl::comments(&lacking);
    let note = format!("comments that {table} lacks are set at the target first");
    let notes = if comments.is_empty() { Vec::new() } else { vec![note] };
    Ok(Creation { comments, notes, ..Creation::default() })
}

impl Creation {
    /// Whether nothing is to be made.
    pub fn is_empty(&self) -> bool {
        let is_there = self.database.is_none() && self.table.is_none();
        is_there && self.addition.is_none() && self.comments.is_empty()
    }

    /// What the target lacks and is going to have, in words.
    pub fn lacking(&self) -> Vec<String> {
        let mut all = Vec::new();
        all.extend(self.database.as_ref().map(|design| format!("the database {}", design.path)));
        all.extend(self.table.as_ref().map(|design| format!("the table {}", design.name)));
        all.extend(self.addition.as_ref().map(Addition::shown));
        if self.table.is_none() && !self.comments.is_empty() {
            all.push("comments that the source has".into());
        }
        all
    }

    /// Makes the database if it is still missing at `target`, and makes sure that it is as it was to be:
    /// another run may make the same meanwhile. Says whether it made it.
    ///
    /// # Errors
    /// What the target answers; `Schema` when something else is there.
    pub fn make_database(&self, target: &mut dyn Cluster) -> Result<Option<String>> {
        let Some(design) = &self.database else { return Ok(None) };
        let name = format!("the database {}", design.path);
        let look = |target: &mut dyn Cluster| ddl::database(target, &design.path);
        let call = ddl::create_database(design);
        Ok(make_one(target, &name, &call, &look, &|other| design.unlike(other))?.then_some(name))
    }

    /// As [`Creation::make_database`], the table and its columns.
    ///
    /// # Errors
    /// As [`Creation::make_database`].
    pub fn make_table(&self, target: &mut dyn Cluster) -> Result<Vec<String>> {
        let mut made = Vec::new();
        if let Some(design) = &self.table {
            let name = format!("the table {}", design.name);
            let look = |target: &mut dyn Cluster| ddl::table(target, &design.name);
            if make_one(target, &name, &ddl::create_table(design), &look, &|other| design.unlike(other))? {
                made.push(name);
            }
        }
        if let Some(addition) = &self.addition {
            made.extend(addition.make(target)?);
        }
        Ok(made)
    }

    /// Sets the comments.
    ///
    /// # Errors
    /// What the target answers.
    pub fn comment(&self, target: &mut dyn Cluster) -> Result<()> {
        self.comments.iter().try_for_each(|call| target.query(&call.asked()).map(drop))
    }
}

/// Whether it was made by this call.
fn make_one<T>(
    target: &mut dyn Cluster,
    name: &str,
    call: &Call,
    look: &dyn Fn(&mut dyn Cluster) -> Result<T>,
    unlike: &dyn Fn(&T) -> Option<String>,
) -> Result<bool> {
    let before = found(look(target))?;
    let made = if before.is_none() { target.query(&call.asked()).map(drop) } else { Ok(()) };
    let is_made = before.is_none() && made.is_ok();
    // Somebody else may have been quicker.
    let there = match (before, found(look(target))?) {
        (Some(there), _) | (None, Some(there)) => there,
        (None, None) => {
            let error =
                made.err().unwrap_or_else(|| Error::new(Kind::Mismatch, "it is not there afterwards"));
            let what = format!("{name} cannot be made on {}: {}", target.label(), error.message());
            let advice =
                "let an administrator of that cluster run what clusterSync::getDDL gives for it here";
            return Err(Error::new(error.kind(), what).advise(advice));
        }
    };
    match unlike(&there) {
        None => Ok(is_made),
        Some(what) => Err(Error::new(
            Kind::Schema,
            format!("{name} on {} is not as it was to be made: {what} differ", target.label()),
        )
        .advise("compare both with clusterSync::getDDL; look who else makes it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::tags::server_error;
    use crate::data::{Batch, Datum, Type};
    use crate::model::LevelDesign;
    use crate::plan::partitions::lacking;
    use crate::testing::flights_schema;

    /// A target whose database appears as it is made, and that refuses to make it.
    struct Target {
        is_there: bool,
        /// What it has instead of three buckets.
        buckets: i32,
    }

    fn int(value: i32) -> Datum {
        Datum::Scalar(Column::fixed(Type::Int, value.to_le_bytes()))
    }

    impl Cluster for Target {
        fn label(&self) -> &str {
            "B"
        }

        fn query(&mut self, script: &str) -> Result<Datum> {
            match script.split('(').next() {
                Some("existsDatabase") => Ok(int(self.is_there.into())),
                Some("schema") => Ok(Datum::Dict(
                    [("partitionType", 5), ("partitionColumnType", 4), ("partitionSchema", self.buckets)]
                        .map(|(key, value)| (key.to_owned(), int(value)))
                        .into(),
                )),
                _ => {
                    self.is_there = self.buckets > 0;
                    let text = "<NoPrivilege>Not granted to create database";
                    Err(server_error(text, format!("B answered: {text}")))
                }
            }
        }

        fn append(&mut self, _: &TableName, _: &Batch) -> Result<u64> {
            unreachable!("making appends nothing")
        }
    }

    fn database(buckets: usize) -> DatabaseDesign {
        DatabaseDesign {
            path: "dfs://db".into(),
            levels: vec![LevelDesign { ty: Type::Int, split: Split::Hash(buckets) }],
            engine: "OLAP".into(),
            atomic: "TRANS".into(),
            granularity: "TABLE".into(),
            has_sites: false,
        }
    }

    fn made(buckets: i32) -> Result<Option<String>> {
        let creation = Creation { database: Some(database(3)), ..Creation::default() };
        creation.make_database(&mut Target { is_there: false, buckets })
    }

    #[test]
    fn a_long_list_of_values_begins_with_as_many_as_one_script_takes() {
        let days: Vec<u8> = (0..2_500_i32).rev().flat_map(i32::to_le_bytes).collect();
        let seen = flights_schema(1);
        let mut seen = TableSchema { levels: seen.levels[..1].to_vec(), ..seen };
        seen.levels[0].scheme = Scheme::Value(Column::fixed(Type::Date, days));
        let values = keys(&seen.levels[0]).unwrap().into_iter().map(|key| key.literal).collect();
        let mut design = database(0);
        design.levels = vec![LevelDesign { ty: Type::Date, split: Split::Value(values) }];
        let short = shortened(&seen, &mut design).unwrap();
        let first: Vec<_> = keys(&short.levels[0]).unwrap().into_iter().map(|key| key.literal).collect();
        assert_eq!((first.len(), first[0].as_str()), (TOGETHER, "1976.11.04"));
        assert_eq!(design.levels[0].split, Split::Value(first));
        assert!(ddl::create_database(&design).asked().len() < 1 << 16);
        assert_eq!(lacking(&seen, &short).unwrap().len(), 1, "the others are made as what is lacking");
    }

    #[test]
    fn who_may_not_make_it_is_told_who_can() {
        let error = made(0).unwrap_err();
        assert_eq!(error.kind(), Kind::Login);
        assert_eq!(
            error.to_string(),
            "the database dfs://db cannot be made on B: B answered: <NoPrivilege>Not granted to create database; let an \
             administrator of that cluster run what clusterSync::getDDL gives for it here"
        );
    }

    #[test]
    fn what_somebody_else_made_meanwhile_must_be_the_same() {
        assert_eq!(made(3).unwrap(), None, "made, and not by us");
        let error = made(4).unwrap_err();
        assert_eq!(error.kind(), Kind::Schema);
        let what = "the database dfs://db on B is not as it was to be made: the partitionings differ";
        assert_eq!(error.message(), what);
    }
}
