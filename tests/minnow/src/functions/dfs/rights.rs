//! Who may do what: the rights that the manual's table of functions names, and the server's sentences
//! as far as its manual and its clients' own tests quote them. The others are ours `[U]`.
use crate::error::{Class, Error, Result};
use crate::node::{GUEST, Object, Right};
use crate::script::Session;
use crate::store::{Database, PartitionedTable};

/// The tag is documented for both, for guests and for users without the right.
pub fn refused(session: &Session, what: &str) -> Error {
    let tag = if session.user == GUEST { "NotAuthenticated" } else { "NoPrivilege" };
    let text = format!("<{tag}>Not granted to {what}");
    Error { class: Class::NoPrivilege, function: String::new(), text }
}

fn check(session: &Session, allowed: bool, what: impl FnOnce() -> String) -> Result<()> {
    if allowed { Ok(()) } else { Err(refused(session, &what())) }
}

fn may(session: &Session, right: Right, object: &Object) -> bool {
    session.node.may(&session.user, right, object)
}

fn may_in(session: &Session, right: Right, database: &Database) -> bool {
    may(session, right, &Object::Database(database.url.clone()))
}

fn of(table: &PartitionedTable) -> Object {
    Object::Table(table.database().url.clone(), table.name().to_owned())
}

/// DB_MANAGE, or DB_OWNER of what one has made.
fn manages(session: &Session, database: &Database) -> bool {
    may_in(session, Right::Manage, database) || owns(session, database)
}

fn owns(session: &Session, database: &Database) -> bool {
    database.owner == session.user && may_in(session, Right::Own, database)
}

/// Whether the table is one's own and one still has a right to make such.
fn made(session: &Session, table: &PartitionedTable) -> bool {
    let still = [Right::CreateTables, Right::Own, Right::Manage];
    table.shape().owner == session.user
        && still.into_iter().any(|right| may_in(session, right, table.database()))
}

/// To load a table or to query it. That whoever made a table may read it is inferred `[I]`.
pub fn read(session: &Session, table: &PartitionedTable) -> Result<()> {
    let allowed = may(session, Right::Read, &of(table)) || table.shape().owner == session.user;
    check(session, allowed, || format!("read table {}", of(table)))
}

/// To append, upsert, update or delete.
pub fn write(session: &Session, right: Right, table: &PartitionedTable) -> Result<()> {
    let allowed = may(session, right, &of(table)) || made(session, table);
    check(session, allowed, || format!("write data to table {}", of(table)))?;
    refuse_replicated(session, table.database())?;
    session.node.cluster.require_leader(&session.node)
}

/// What cluster replication fills takes nothing from others (dolphindb-semantics §9.1). Which chunk a
/// server names is not known.
fn refuse_replicated(session: &Session, database: &Database) -> Result<()> {
    if !session.node.switches.replicated.contains(&database.url) {
        return Ok(());
    }
    Err(Error::runtime(format!(
        "The chunk {} is being replicated in the slave cluster for cluster replication. Please stop cluster \
         replication first. RefId:S01023",
        database.url.trim_start_matches("dfs:/")
    )))
}

pub fn create_database(session: &Session, url: &str) -> Result<()> {
    let allowed = may(session, Right::Own, &Object::Database(url.to_owned()));
    check(session, allowed, || "create or delete databases".into())?;
    session.node.cluster.require_leader(&session.node)
}

pub fn drop_database(session: &Session, database: &Database) -> Result<()> {
    check(session, manages(session, database), || "create or delete databases".into())?;
    session.node.cluster.require_leader(&session.node)
}

/// To make tables, or to change what the tables of others look like.
pub fn create_table(session: &Session, database: &Database) -> Result<()> {
    let allowed = manages(session, database) || may_in(session, Right::CreateTables, database);
    check(session, allowed, || format!("create tables in database {}", database.url))?;
    session.node.cluster.require_leader(&session.node)
}

/// A table of somebody else must be readable, too.
pub fn alter(session: &Session, table: &PartitionedTable) -> Result<()> {
    create_table(session, table.database())?;
    read(session, table)
}

pub fn drop_table(session: &Session, database: &Database) -> Result<()> {
    let allowed = manages(session, database) || may_in(session, Right::DropTables, database);
    check(session, allowed, || format!("delete tables from database {}", database.url))?;
    session.node.cluster.require_leader(&session.node)
}

/// To change a partition scheme or how a database writes.
pub fn change(session: &Session, database: &Database) -> Result<()> {
    check(session, manages(session, database), || format!("manage database {}", database.url))?;
    session.node.cluster.require_leader(&session.node)
}

/// TABLE_DELETE counts only where it is granted for everything.
pub fn drop_partitions(session: &Session, database: &Database) -> Result<()> {
    let allowed = manages(session, database) || may_in(session, Right::Delete, database);
    check(session, allowed, || format!("delete partitions of database {}", database.url))?;
    refuse_replicated(session, database)?;
    session.node.cluster.require_leader(&session.node)
}

/// Whether getClusterDFSDatabases shows the database.
pub fn sees(session: &Session, database: &Database) -> bool {
    const ANY: [Right; 7] = [
        Right::Manage,
        Right::Read,
        Right::Insert,
        Right::Update,
        Right::Delete,
        Right::CreateTables,
        Right::DropTables,
    ];
    session.node.is_admin(&session.user)
        || owns(session, database)
        || ANY.into_iter().any(|right| may_in(session, right, database))
}

/// Whether getDFSDatabases shows it: others than administrators see what they manage or have made.
pub fn lists(session: &Session, database: &Database) -> bool {
    session.node.is_admin(&session.user)
        || database.owner == session.user
        || may_in(session, Right::Manage, database)
}

/// Whether lists of tables show the table.
pub fn sees_table(session: &Session, table: &PartitionedTable) -> bool {
    const ANY: [Right; 5] = [Right::Manage, Right::Read, Right::Insert, Right::Update, Right::Delete];
    session.node.is_admin(&session.user)
        || owns(session, table.database())
        || table.shape().owner == session.user
        || ANY.into_iter().any(|right| may(session, right, &of(table)))
}
