//! Which names an expression uses.
use super::ast::{Arg, Expr, Query};

/// Tells `found` every name in `expr`, functions' names included, bodies of functions excluded:
/// those see nothing of what surrounds them.
pub fn names(expr: &Expr, found: &mut dyn FnMut(&str)) {
    match expr {
        Expr::Constant(_) | Expr::Lambda(_) => {}
        Expr::Name(name) => found(name),
        Expr::Vector(items) | Expr::Tuple(items) => items.iter().for_each(|item| names(item, found)),
        Expr::Pair(a, b) | Expr::Range(a, b) | Expr::Binary(_, a, b) | Expr::Between(a, b) => {
            names(a, found);
            names(b, found);
        }
        Expr::Negate(operand) | Expr::Not(operand) => names(operand, found),
        Expr::Call { function, args } | Expr::Partial { function, args } => {
            names(function, found);
            in_args(args, found);
        }
        Expr::Method { object, args, .. } => {
            names(object, found);
            in_args(args, found);
        }
        Expr::Member { object, .. } => names(object, found),
        Expr::Index { object, index } => {
            names(object, found);
            index.iter().for_each(|item| names(item, found));
        }
        Expr::Code(inner, _) => names(inner, found),
        Expr::Query(query) => in_query(query, found),
    }
}

fn in_args(args: &[Arg], found: &mut dyn FnMut(&str)) {
    args.iter().filter_map(|arg| arg.value.as_ref()).for_each(|value| names(value, found));
}

fn in_query(query: &Query, found: &mut dyn FnMut(&str)) {
    names(&query.from, found);
    in_clauses(query, found);
}

/// The names in a query's clauses, those of its table expression left out.
pub fn in_clauses(query: &Query, found: &mut dyn FnMut(&str)) {
    query.items.iter().chain(&query.group_by).for_each(|item| names(&item.expr, found));
    query.conditions.iter().chain(&query.having).chain(&query.limit).for_each(|expr| names(expr, found));
    query.order_by.iter().for_each(|(key, _)| names(key, found));
}
