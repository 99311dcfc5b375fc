//! Which names an expression uses.
use super::ast::{Arg, Expr, Query};

/// How a name is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Value,
    Call,
}

/// Tells `found` every name in `expr`, bodies of functions excluded: those see nothing of what
/// surrounds them.
pub fn names(expr: &Expr, found: &mut dyn FnMut(&str, Use)) {
    match expr {
        Expr::Constant(_) | Expr::Lambda(_) => {}
        Expr::Name(name) => found(name, Use::Value),
        Expr::Vector(items) | Expr::Tuple(items) => items.iter().for_each(|item| names(item, found)),
        Expr::Pair(a, b) | Expr::Range(a, b) | Expr::Binary(_, a, b) | Expr::Between(a, b) => {
            names(a, found);
            names(b, found);
        }
        Expr::Negate(operand) | Expr::Not(operand) => names(operand, found),
        Expr::Call { function, args } | Expr::Partial { function, args } => {
            match &**function {
                Expr::Name(name) => found(name, Use::Call),
                other => names(other, found),
            }
            in_args(args, found);
        }
        Expr::Method { object, name, args } => {
            names(object, found);
            found(name, Use::Call);
            in_args(args, found);
        }
        Expr::Named(inner, _) => names(inner, found),
        Expr::Member { object, .. } => names(object, found),
        Expr::Index { object, index } => {
            names(object, found);
            index.iter().for_each(|item| names(item, found));
        }
        Expr::Code(inner, _) => names(inner, found),
        Expr::Query(query) => {
            names(&query.from, found);
            in_clauses(query, found);
        }
    }
}

fn in_args(args: &[Arg], found: &mut dyn FnMut(&str, Use)) {
    args.iter().filter_map(|arg| arg.value.as_ref()).for_each(|value| names(value, found));
}

/// The names in a query's clauses, those of its table expression left out.
pub fn in_clauses(query: &Query, found: &mut dyn FnMut(&str, Use)) {
    query
        .items
        .iter()
        .chain(&query.group_by)
        .chain(&query.context_by)
        .for_each(|item| names(&item.expr, found));
    query.conditions.iter().chain(&query.having).chain(&query.limit).for_each(|expr| names(expr, found));
    query.order_by.iter().chain(&query.context_sort).for_each(|(key, _)| names(key, found));
}
