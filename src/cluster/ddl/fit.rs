//! What a release can build of a design, and what it leaves out.
use super::super::Release;
use crate::data::Type;
use crate::error::{Error, Kind, Result};
use crate::model::{DatabaseDesign, TableDesign};

/// A design that a release can build, and what it leaves out of the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted<T> {
    /// What can be built.
    pub design: T,
    /// What cannot, as sentences without a full stop.
    pub notes: Vec<String>,
}

impl Fitted<DatabaseDesign> {
    /// `design` as `release` can build it.
    ///
    /// # Errors
    /// `Schema` when it can only build something that would hold other rows.
    pub fn database(design: &DatabaseDesign, release: Release) -> Result<Self> {
        require_engine(&design.path, &design.engine, release)?;
        let mut notes = Vec::new();
        if design.has_sites {
            notes.push(format!("{} was given places for its partitions, which are left out", design.path));
        }
        if design.granularity == "DATABASE" {
            // dolphindb-semantics §3.1.
            notes.push(format!(
                "the chunkGranularity of {} needs a server with enableChunkGranularityConfig=true",
                design.path
            ));
        }
        Ok(Fitted { design: DatabaseDesign { has_sites: false, ..design.clone() }, notes })
    }
}

impl Fitted<TableDesign> {
    /// As [`Fitted::database`].
    ///
    /// # Errors
    /// As [`Fitted::database`].
    pub fn table(design: &TableDesign, release: Release) -> Result<Self> {
        require_engine(&design.name, &design.engine, release)?;
        require_types(design, release)?;
        let name = &design.name;
        let mut design = design.clone();
        let mut notes = Vec::new();
        let mut without = |what: &str| notes.push(format!("{name} is built without {what}"));
        design.beyond.drain(..).for_each(|what| without(&what));
        if design.soft_delete && release < SOFT_DELETE {
            design.soft_delete = false;
            without(&format!("softDelete, which {release} does not have"));
        }
        if !design.comment.is_empty() && release < TABLE_COMMENT {
            design.comment = String::new();
            without(&format!("its comment, which {release} does not keep"));
        }
        for column in design.columns.iter_mut().filter(|column| column.compression == "chimp") {
            if release < CHIMP {
                column.compression = "lz4".into();
                without(&format!(
                    "the compression chimp of `{}`, which {release} does not have",
                    column.def.name
                ));
            }
        }
        let refused = |what: String| {
            Err(Error::new(Kind::Schema, format!("{name} cannot be built: {what}"))
                .advise("build it at the target by hand"))
        };
        if design.engine == "PKEY" && design.primary_key.is_empty() {
            return refused("its server does not tell the primary key".into());
        }
        if design.encryption != "plaintext" {
            return refused(format!(
                "it is encrypted by {}, whose key is its server's own",
                design.encryption
            ));
        }
        if let Some(by) =
            design.partitioned_by.iter().find(|by| by.contains('(')).filter(|_| release < FUNCTION)
        {
            return refused(format!("{release} cannot partition by `{by}`"));
        }
        Ok(Fitted { design, notes })
    }
}

/// Since when (dolphindb-semantics §3.1, §3.3; release notes of 3.00.1 for setTableComment).
const TSDB: Release = Release(2, 0, 0);
const PKEY: Release = Release(3, 0, 1);
const SOFT_DELETE: Release = Release(2, 0, 11);
const TABLE_COMMENT: Release = Release(3, 0, 1);
const CHIMP: Release = Release(3, 0, 1);
const FUNCTION: Release = Release(3, 0, 1);
const NEWER_TYPES: Release = Release(2, 0, 0);

fn require_engine(of: &impl std::fmt::Display, engine: &str, release: Release) -> Result<()> {
    let fits = match engine {
        "OLAP" => true,
        "TSDB" => release >= TSDB,
        "PKEY" => release >= PKEY,
        // A column of IOTANY is made by a statement only (dolphindb-semantics §3.3).
        _ => false,
    };
    match fits {
        true => Ok(()),
        false => {
            let what = format!("{of} is of the engine {engine}, which {release} cannot be told to build");
            Err(Error::new(Kind::Schema, what).advise("build it by hand, or leave it out"))
        }
    }
}

/// 1.30 has neither decimals nor arrays (dolphindb-semantics §11.1).
fn require_types(design: &TableDesign, release: Release) -> Result<()> {
    let newer = |ty: Type| ty.scale().is_some() || matches!(ty, Type::Array(_));
    let odd = design.columns.iter().map(|column| &column.def).find(|def| newer(def.ty));
    match odd.filter(|_| release < NEWER_TYPES) {
        None => Ok(()),
        Some(def) => {
            let what = format!(
                "{} has a column `{}` of type {}, which {release} does not have",
                design.name,
                def.name,
                def.ty.name()
            );
            Err(Error::new(Kind::Schema, what).advise("leave this table out, or use a newer server"))
        }
    }
}
