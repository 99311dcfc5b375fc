//! Code as values, and code made of values (dolphindb-semantics §5.2).
use std::sync::Arc;

use super::args;
use crate::error::Result;
use crate::script::ast::{Expr, Query, Shape};
use crate::script::{self, Composer, Native, Session};
use crate::value::Value;

pub const FUNCTIONS: &[Native] = &[
    Native::new("eval", &["expr"], 1, eval),
    Native::new("parseExpr", &["X"], 1, parse_expr),
    // Manual of `runScript`: executes a script here, for a user who is logged in.
    Native::new("runScript", &["script"], 1, |session, args| {
        let source = args::text("runScript", &args, 0, "script")?.to_owned();
        session.run(&source).map(|_| Value::Void)
    }),
    Native::new("sql", SQL, 2, sql),
    Native::new("sqlCol", &["colName", "func", "alias"], 1, sql_col),
    Native::new("sqlColAlias", &["colDef", "colName"], 1, sql_col_alias),
    Native::new("expr", &["args..."], 1, expr),
    Native::new("binaryExpr", &["X", "Y", "optr"], 3, |_, args| {
        let mut composer = Composer::default();
        let [left, right, operator] = [0, 1, 2].map(|index: usize| composer.part(&args[index]));
        composer.finish(script::infix(left, &operator, right)?)
    }),
    Native::new("makeCall", &["F", "args..."], 1, |_, args| {
        let mut composer = Composer::default();
        let function = composer.part(&args[0]);
        let args = args[1..].iter().map(|arg| composer.part(arg)).collect();
        composer.finish(script::compose_call(function, args))
    }),
    Native::new("makeUnifiedCall", &["func", "args"], 2, |_, args| {
        let mut composer = Composer::default();
        let (function, args) = (composer.part(&args[0]), composer.parts(&args[1]));
        composer.finish(script::compose_call(function, args))
    }),
];

const SQL: &[&str] = &[
    "select",
    "from",
    "where",
    "groupBy",
    "groupFlag",
    "csort",
    "ascSort",
    "having",
    "orderBy",
    "ascOrder",
    "limit",
    "hint",
    "exec",
    "map",
    "cgroupBy",
];

fn eval(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    match &args[0] {
        Value::Code(code) => session.eval_code(code),
        other => Ok(other.clone()),
    }
}

fn parse_expr(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    Ok(Value::Code(Arc::new(script::parse(args::text("parseExpr", &args, 0, "X")?)?)))
}

/// A query put together. Hints, maps and cumulative groups are not part of minnow.
fn sql(_: &mut Session, given: Vec<Value>) -> Result<Value> {
    for (index, name) in [(11, "hint"), (13, "map"), (14, "cgroupBy")] {
        if args::given(&given, index).is_some_and(|value| value.as_i64() != Some(0)) {
            return Err(args::bad("sql", name, "is not part of this stand-in"));
        }
    }
    let mut composer = Composer::default();
    let void = Value::Void;
    let at = |index: usize| given.get(index).unwrap_or(&void);
    let all = |items: &[script::ast::Item]| matches!(items, [one] if matches!(&one.expr, Expr::Name(name) if name == "*"));
    let mut items = composer.items(at(0));
    if all(&items) {
        items.clear();
    }
    let groups = composer.items(at(3));
    // 1: group by; 0: context by (dolphindb-semantics §5.2).
    let is_context = args::given(&given, 4).is_some_and(|flag| flag.as_i64() == Some(0));
    let (group_by, context_by) = if is_context { (Vec::new(), groups) } else { (groups, Vec::new()) };
    let shape =
        if args::optional_bool("sql", &given, 12, "exec", false)? { Shape::Exec } else { Shape::Select };
    let query = Query {
        shape,
        distinct: false,
        items,
        from: composer.part(at(1)),
        conditions: composer.parts(at(2)),
        group_by,
        context_by,
        context_sort: sort_keys(composer.parts(at(5)), at(6)),
        having: composer.parts(at(7)).pop(),
        order_by: sort_keys(composer.parts(at(8)), at(9)),
        limit: composer.parts(at(10)).pop(),
    };
    composer.finish(Expr::Query(query.into()))
}

/// Keys with whether each ascends: one flag for all, one each, or none.
fn sort_keys(keys: Vec<Expr>, flags: &Value) -> Vec<(Expr, bool)> {
    let flag = |row: usize| {
        let cells = flags.cells()?;
        cells.integer(if cells.len() == 1 { 0 } else { row })
    };
    keys.into_iter().enumerate().map(|(row, key)| (key, flag(row) != Some(0))).collect()
}

/// A column, or what a function makes of it; of several names a tuple.
fn sql_col(_: &mut Session, given: Vec<Value>) -> Result<Value> {
    let names = args::texts("sqlCol", &given, 0, "colName")?;
    let aliases = match args::given(&given, 2) {
        Some(_) => args::texts("sqlCol", &given, 2, "alias")?,
        None => Vec::new(),
    };
    if !aliases.is_empty() && aliases.len() != names.len() {
        return Err(args::bad("sqlCol", "alias", "must name every column"));
    }
    let mut columns = Vec::new();
    for (row, name) in names.into_iter().enumerate() {
        let mut composer = Composer::default();
        let mut column = Expr::Name(name);
        if let Some(function) = args::given(&given, 1) {
            column = script::compose_call(composer.part(function), vec![column]);
        }
        if let Some(alias) = aliases.get(row) {
            column = Expr::Named(Box::new(column), alias.clone());
        }
        columns.push(composer.finish(column)?);
    }
    match given[0] {
        Value::Scalar(_) => Ok(columns.remove(0)),
        _ => Ok(Value::tuple(columns)),
    }
}

fn sql_col_alias(_: &mut Session, given: Vec<Value>) -> Result<Value> {
    let mut composer = Composer::default();
    let column = composer.part(&given[0]);
    match args::optional_text("sqlColAlias", &given, 1, "colName")? {
        Some(name) => composer.finish(Expr::Named(Box::new(column), name.to_owned())),
        None => composer.finish(column),
    }
}

/// `expr(a, op, b, ..)` from left to right, or `expr(f, x)`.
fn expr(_: &mut Session, given: Vec<Value>) -> Result<Value> {
    let mut composer = Composer::default();
    let mut parts = given.iter().map(|value| composer.part(value)).collect::<Vec<_>>().into_iter();
    let mut tree = parts.next().ok_or_else(|| args::bad("expr", "args", "is missing"))?;
    while let Some(second) = parts.next() {
        tree = match parts.next() {
            Some(third) => script::infix(tree, &second, third)?,
            None => script::compose_call(tree, vec![second]),
        };
    }
    composer.finish(tree)
}
