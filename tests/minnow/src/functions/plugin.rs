//! Built-ins that load and list plugins.
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::args;
use crate::error::{Class, Error, Result};
use crate::facade;
use crate::node::GUEST;
use crate::script::{Native, Session};
use crate::value::{Data, Table, Type, Value, Vector};

pub const FUNCTIONS: &[Native] = &[
    Native::new("loadPlugin", &["filePath"], 1, load_plugin),
    Native::new("getLoadedPlugins", &[], 0, loaded_plugins),
];

/// Any user may load plugins, a guest may not (dolphindb-semantics §8.2). Old manuals show the
/// names of the functions as its result.
fn load_plugin(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    if session.user == GUEST {
        let text = "Guests can't load plugins. Please log in.".to_owned();
        return Err(Error { class: Class::NoPrivilege, function: "loadPlugin".into(), text });
    }
    let path = args::text("loadPlugin", &args, 0, "filePath")?;
    let names = facade::load_plugin(session, path)?;
    Ok(Value::Vector(Arc::new(Vector::strings(Type::String, names.iter().map(String::as_str)))))
}

/// Times are in UTC, as the stand-in has no time zone.
fn loaded_plugins(session: &mut Session, _args: Vec<Value>) -> Result<Value> {
    let plugins = session.node.plugins.read();
    let texts = |field: fn(&facade::Plugin) -> &str| Vector::strings(Type::String, plugins.iter().map(field));
    let times = plugins.iter().map(|plugin| {
        plugin.time.duration_since(UNIX_EPOCH).map_or(i64::MIN, |since| since.as_millis() as i64)
    });
    Ok(Value::Table(Arc::new(Table::of([
        ("plugin", texts(|plugin| &plugin.module)),
        ("version", texts(|plugin| &plugin.version)),
        ("user", texts(|plugin| &plugin.user)),
        ("time", Vector::new(Type::Timestamp, Data::I64(times.collect()))),
    ]))))
}
