//! `getBackupStatus` (dolphindb-semantics §1.2).
use super::{args, require_login};
use crate::error::Result;
use crate::node::Progress;
use crate::script::Session;
use crate::value::{Table, Type, Value, Vector};

/// One row per table of a backup or restore that this node has executed since it started.
/// Administrators see those of all users, others their own.
pub fn status(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let wanted = args::optional_text("getBackupStatus", &given, 0, "userName")?;
    let (user, is_admin) = (&session.user, session.node.is_admin(&session.user));
    let mut all = session.node.backups.all();
    all.retain(|own| (is_admin || own.user == *user) && wanted.is_none_or(|wanted| own.user == wanted));
    let now = session.node.clock.now(Type::Timestamp);
    let texts = |of: fn(&Progress) -> &str| Vector::strings(Type::String, all.iter().map(of));
    let counts =
        |of: fn(&Progress) -> usize| Vector::integers(Type::Int, all.iter().map(|own| Some(of(own) as i64)));
    let percent = |own: &Progress| match own.total {
        0 => 100.0,
        total => 100.0 * own.done as f64 / total as f64,
    };
    let table = Table::of([
        ("userName", texts(|own| &own.user)),
        ("type", texts(|own| own.kind)),
        ("startTime", Vector::integers(Type::Timestamp, all.iter().map(|own| Some(own.started)))),
        ("dbName", texts(|own| &own.url)),
        ("tableName", texts(|own| &own.table)),
        ("totalPartitions", counts(|own| own.total)),
        ("completedPartitions", counts(|own| own.done)),
        ("percentComplete", Vector::doubles(all.iter().map(|own| Some(percent(own))))),
        ("endTime", Vector::integers(Type::Timestamp, all.iter().map(|own| own.expected_end(now)))),
        // 1 when nothing is left to do.
        ("completed", counts(|own| usize::from(own.ended.is_some() && own.done == own.total))),
    ]);
    Ok(Value::Table(table.into()))
}
