//! Functions of functions, variables by name. What runs in parallel on a server runs in turn here.
use std::sync::Arc;

use super::{args, vector};
use crate::error::{Class, Error, Result};
use crate::script::{self, Function, Native, Session};
use crate::value::{Value, Vector};

pub const FUNCTIONS: &[Native] = &[
    Native::new("funcByName", &["name"], 1, func_by_name),
    Native::new("defined", &["names", "type"], 1, defined),
    Native::new("undef", &["obj", "objType"], 1, undef),
    Native::new("call", &["func", "args..."], 1, call),
    Native::new("each", &["func", "args..."], 2, each),
    Native::new("loop", &["func", "args..."], 2, each),
    Native::new("peach", &["func", "args..."], 2, each),
    Native::new("ploop", &["func", "args..."], 2, each),
    Native::new("eqObj", &["obj1", "obj2", "precision"], 2, eq_obj),
    Native::new("print", &["X..."], 0, print),
    Native::new("assert", &["args..."], 1, assert),
    Native::new("share", &["table", "sharedName"], 2, share),
];

fn func_by_name(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let name = args::text("funcByName", &args, 0, "name")?;
    let found = session.function(name).map(Value::Function);
    found.ok_or_else(|| Error::runtime(format!("Can't recognize function name {name}")))
}

fn defined(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let names = args::texts("defined", &args, 0, "names")?;
    let flags = Vector::bools(names.iter().map(|name| session.defines(name)));
    Ok(if let Value::Scalar(_) = args[0] { Value::Scalar(flags.into()) } else { Value::Vector(flags.into()) })
}

/// Clients send this for names of every kind and at any time (wire-protocol §4), so an unknown
/// name is no error.
fn undef(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let shared = args::given(&args, 1).and_then(Value::as_i64) == Some(1);
    for name in args::texts("undef", &args, 0, "obj")? {
        if shared {
            session.node.shared.write().remove(&name);
            continue;
        }
        if name == "all" {
            session.clear();
        }
        session.undefine(&name);
    }
    Ok(Value::Void)
}

fn function(name: &str, args: &[Value]) -> Result<Arc<Function>> {
    match &args[0] {
        Value::Function(function) => Ok(function.clone()),
        _ => Err(args::bad(name, "func", "must be a function")),
    }
}

fn call(session: &mut Session, mut args: Vec<Value>) -> Result<Value> {
    let function = function("call", &args)?;
    session.apply(&function, args.split_off(1))
}

/// Calls the function with the items of the arguments in turn; scalars are given each time.
fn each(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let function = function("each", &args)?;
    let iterated = |value: &Value| !matches!(value, Value::Scalar(_) | Value::Void | Value::Dict(_));
    let counts: Result<Vec<usize>> =
        args[1..].iter().filter(|value| iterated(value)).map(script::items).collect();
    let counts = counts?;
    let rows = counts.first().copied().unwrap_or(1);
    if counts.iter().any(|count| *count != rows) {
        return Err(args::bad("each", "args", "must have the same length"));
    }
    let mut outcomes = Vec::with_capacity(rows);
    for row in 0..rows {
        let given: Result<Vec<Value>> = args[1..]
            .iter()
            .map(|value| if iterated(value) { script::item(value, row) } else { Ok(value.clone()) })
            .collect();
        outcomes.push(session.apply(&function, given?)?);
    }
    script::vector(outcomes)
}

fn eq_obj(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    Ok(Value::bool(vector::equal(&args[0], &args[1])))
}

fn print(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    for value in &args {
        (session.out)(&value.to_string());
    }
    Ok(Value::Void)
}

/// `assert(condition)` or `assert(name, condition)`; a vector must hold throughout.
fn assert(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let condition = &args[args.len() - 1];
    let cells = condition.cells().ok_or_else(|| args::bad("assert", "expr", "must be a BOOL"))?;
    if (0..cells.len()).all(|row| cells.integer(row) == Some(1)) {
        return Ok(Value::Void);
    }
    let name = if args.len() > 1 { args[0].to_string() } else { String::new() };
    Err(Error {
        class: Class::Runtime,
        function: "assert".into(),
        text: format!("Testing case {name} failed"),
    })
}

fn share(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let name = args::text("share", &args, 1, "sharedName")?;
    session.node.shared.write().insert(name.to_owned(), args[0].clone());
    Ok(Value::Void)
}
