//! Calls on other nodes: connections, and the functions of a cluster.
use std::sync::Arc;

use super::args;
use crate::error::{Error, Result};
use crate::node::Node;
use crate::script::{Function, Native, Session};
use crate::value::{Table, Type, Value, Vector};
use crate::wire::{Address, Peer};

const REMOTE: &[&str] = &["conn", "script", "args..."];

pub const FUNCTIONS: &[Native] = &[
    Native::new("xdb", &["host", "port", "userId", "password", "enableSSL"], 1, xdb),
    Native::new("remoteRun", REMOTE, 2, |session, args| checked(session, "remoteRun", &args)),
    // Only the transfer differs: tables of more than 1024 rows are compressed, here they are not.
    Native::new("remoteRunWithCompression", REMOTE, 2, |session, args| {
        checked(session, "remoteRunWithCompression", &args)
    }),
    Native::new("remoteRunCompatible", REMOTE, 2, |session, args| run(session, "remoteRunCompatible", &args)),
    Native::new("close", &["conn"], 1, close),
    Native::new("rpc", &["nodeAlias", "func", "args..."], 2, rpc),
    Native::new("pnodeRun", &["func", "nodes", "addNodeAlias"], 1, pnode_run),
    Native::new("getControllerAlias", &[], 0, |session, _| Ok(Value::string(&session.node.alias))),
    Native::new("getDataNodes", &[], 0, data_nodes),
];

/// `xdb(host, port, ..)`, or `xdb(alias, ..)` for a node of this cluster.
fn xdb(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let host = args::text("xdb", &args, 0, "host")?;
    let by_alias = args::given(&args, 1).is_none_or(|value| value.as_str().is_some());
    let rest = if by_alias { 1 } else { 2 };
    let (host, port) = match by_alias {
        true => {
            let node = member(session, "xdb", host)?;
            (node.host.clone(), node.port)
        }
        false => (host.to_owned(), port(&args)?),
    };
    if args::optional_bool("xdb", &args, rest + 2, "enableSSL", false)? {
        return Err(Error::runtime("minnow has no TLS, so enableSSL must be false."));
    }
    let user = args::optional_text("xdb", &args, rest, "userId")?;
    let login = match user {
        Some(user) => Some((user, args::text("xdb", &args, rest + 1, "password")?)),
        None => None,
    };
    let peer = Peer::connect(&Address { host: &host, port, login }, &session.cancelled)?;
    Ok(Value::Handle(Arc::new(peer)))
}

fn port(args: &[Value]) -> Result<u16> {
    let port = args::integer("xdb", args, 1, "port")?;
    u16::try_from(port).map_err(|_| args::bad("xdb", "port", "must be between 0 and 65535"))
}

fn peer<'a>(function: &str, args: &'a [Value]) -> Result<&'a Peer> {
    args[0].resource().ok_or_else(|| args::bad(function, "conn", "must be a connection that xdb made"))
}

/// A server refuses peers of a lower major version (dolphindb-semantics §6); the rest of the
/// sentence is ours.
fn checked(session: &mut Session, function: &str, args: &[Value]) -> Result<Value> {
    let major = |release: &str| release.split('.').next().and_then(|number| number.parse::<u32>().ok());
    let theirs = &peer(function, args)?.release;
    if major(theirs) < major(&session.node.release) {
        let own = &session.node.release;
        let text = format!("Incompatible server versions: {own} can't call {theirs}. RefId: S00014");
        return Err(Error::runtime(text));
    }
    run(session, function, args)
}

/// A quoted name, or a script, is for the peer to understand; a function is shipped
/// (dolphindb-semantics §6).
fn run(session: &mut Session, function: &str, args: &[Value]) -> Result<Value> {
    let peer = peer(function, args)?;
    match (&args[1], &args[2..]) {
        (Value::Function(shipped), args) => peer.shipment(&session.ship(shipped, args)?),
        (text, []) if text.as_str().is_some() => peer.script(args::text(function, args, 1, "script")?),
        (_, rest) => peer.function(args::text(function, args, 1, "script")?, rest),
    }
}

fn close(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    peer("close", &args)?.close();
    Ok(Value::Void)
}

fn function<'a>(name: &str, args: &'a [Value], index: usize) -> Result<&'a Arc<Function>> {
    match &args[index] {
        Value::Function(function) => Ok(function),
        _ => Err(args::bad(name, "func", "must be a function")),
    }
}

fn no_such_node(function: &str, alias: &str) -> Error {
    Error::argument(function, format!("The node [{alias}] is not in this cluster."))
}

fn member(session: &Session, function: &str, alias: &str) -> Result<Arc<Node>> {
    session.node.cluster.member(alias).ok_or_else(|| no_such_node(function, alias))
}

/// The caller's session on another node of the cluster.
fn session_on(session: &Session, node: Arc<Node>) -> Session {
    let mut other = session.fork();
    other.node = node;
    other
}

fn rpc(session: &mut Session, mut args: Vec<Value>) -> Result<Value> {
    let node = member(session, "rpc", args::text("rpc", &args, 0, "nodeAlias")?)?;
    let function = function("rpc", &args, 1)?.clone();
    session_on(session, node).apply(&function, args.split_off(2))
}

/// On the named data nodes or all; the tables become one, with the node's name as a column.
fn pnode_run(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let nodes = match args::given(&args, 1) {
        None => session.node.cluster.members(),
        Some(_) => {
            let aliases = args::texts("pnodeRun", &args, 1, "nodes")?;
            aliases.iter().map(|alias| member(session, "pnodeRun", alias)).collect::<Result<_>>()?
        }
    };
    let adds_node = args::optional_bool("pnodeRun", &args, 2, "addNodeAlias", true)?;
    let function = function("pnodeRun", &args, 0)?;
    let mut whole: Option<Table> = None;
    for node in nodes {
        let alias = node.alias.clone();
        let mut table = match session_on(session, node).apply(function, Vec::new())? {
            Value::Table(table) => Table::clone(&table),
            Value::Scalar(cell) => Table { names: vec!["value".into()], columns: vec![cell] },
            other => return Ok(other),
        };
        if adds_node {
            let aliases = std::iter::repeat_n(alias.as_str(), table.rows());
            table.names.push("node".into());
            table.columns.push(Arc::new(Vector::strings(Type::String, aliases)));
        }
        match &mut whole {
            None => whole = Some(table),
            Some(whole) => super::table::append_rows(whole, &table).map(drop)?,
        }
    }
    Ok(whole.map_or(Value::Void, |table| Value::Table(table.into())))
}

fn data_nodes(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    let nodes = session.node.cluster.members();
    Ok(Value::Vector(Vector::strings(Type::String, nodes.iter().map(|node| node.alias.as_str())).into()))
}
