//! Expressions as text, for metacode that no script wrote.
use super::ast::{Arg, Expr, Item, Operator, Query, Shape};
use super::{Bound, Function};
use crate::value::{Type, Value, text};

/// The text of a constant, `None` if none would be read as the same value.
pub fn constant(value: &Value) -> Option<String> {
    let cell = match value {
        Value::Void => return Some("NULL".into()),
        Value::Scalar(cell) if !cell.is_null(0) => cell,
        _ => return None,
    };
    let spelled = text::cell(cell, 0);
    Some(match cell.ty {
        Type::Bool => (if cell.integer(0) == Some(0) { "false" } else { "true" }).into(),
        Type::Long => format!("{spelled}l"),
        Type::Double => {
            cell.double(0).filter(|number| number.is_finite() && *number >= 0.0).map(|n| format!("{n:?}"))?
        }
        Type::Int if cell.integer(0) >= Some(0) => spelled,
        Type::String => {
            format!("\"{}\"", spelled.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
        }
        Type::Date
        | Type::Month
        | Type::Time
        | Type::Minute
        | Type::Second
        | Type::Datetime
        | Type::Timestamp
        | Type::Nanotime
        | Type::Nanotimestamp
        | Type::Duration => spelled,
        _ => return None,
    })
}

pub fn expr(tree: &Expr) -> String {
    match tree {
        Expr::Constant(Value::Function(function)) => function_name(function),
        Expr::Constant(value) => constant(value).unwrap_or_else(|| value.to_string()),
        Expr::Name(name) => name.clone(),
        Expr::Vector(items) => format!("[{}]", list(items)),
        Expr::Tuple(items) => format!("({})", list(items)),
        Expr::Pair(a, b) => format!("{}:{}", side(a), side(b)),
        Expr::Range(a, b) => format!("{}..{}", side(a), side(b)),
        Expr::Negate(operand) => format!("-{}", side(operand)),
        Expr::Not(operand) => format!("!{}", side(operand)),
        Expr::Binary(operator, a, b) => format!("{} {} {}", side(a), mark(*operator), side(b)),
        Expr::Between(a, b) => format!("{} between {}", side(a), side(b)),
        Expr::Call { function, args } => format!("{}({})", expr(function), arguments(args)),
        Expr::Partial { function, args } => format!("{}{{{}}}", expr(function), arguments(args)),
        Expr::Method { object, name, args } => format!("{}.{name}({})", side(object), arguments(args)),
        Expr::Member { object, name } => format!("{}.{name}", side(object)),
        Expr::Index { object, index } => format!("{}[{}]", side(object), list(index)),
        Expr::Lambda(definition) => format!("(def {})", definition.source),
        Expr::Code(_, text) => format!("<{text}>"),
        Expr::Named(inner, name) => format!("{} as {name}", expr(inner)),
        Expr::Query(query) => select(query),
    }
}

/// A function as schema() shows it (dolphindb-semantics §3.4): a definition as its source, a partial
/// application as it is written, everything else by its name.
pub fn function(function: &Function) -> String {
    let place = |bound: &Bound| match bound {
        Bound::Open => String::new(),
        Bound::Value(value) => constant(value).unwrap_or_else(|| value.to_string()),
        Bound::Variable(name) => name.clone(),
    };
    match function {
        Function::Udf(definition) => format!("def {}{}", definition.name, definition.source),
        Function::Partial { function, bound } => {
            let places: Vec<String> = bound.iter().map(place).collect();
            format!("{}{{{}}}", function.name(), places.join(", "))
        }
        named => named.name().to_owned(),
    }
}

fn function_name(function: &Function) -> String {
    function.name().to_owned()
}

/// An operand, in brackets if it is made of others.
fn side(tree: &Expr) -> String {
    match tree {
        Expr::Binary(..) | Expr::Between(..) | Expr::Negate(_) | Expr::Not(_) | Expr::Query(_) => {
            format!("({})", expr(tree))
        }
        _ => expr(tree),
    }
}

fn list(items: &[Expr]) -> String {
    items.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn arguments(args: &[Arg]) -> String {
    let spell = |arg: &Arg| {
        let value = arg.value.as_ref().map(expr).unwrap_or_default();
        arg.name.as_ref().map_or(value.clone(), |name| format!("{name}={value}"))
    };
    args.iter().map(spell).collect::<Vec<_>>().join(", ")
}

fn mark(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::Sub => "-",
        Operator::Mul => "*",
        Operator::Div => "/",
        Operator::Ratio => "\\",
        Operator::Mod => "%",
        Operator::Eq => "==",
        Operator::Ne => "!=",
        Operator::Lt => "<",
        Operator::Le => "<=",
        Operator::Gt => ">",
        Operator::Ge => ">=",
        Operator::And => "and",
        Operator::Or => "or",
        Operator::In => "in",
        Operator::Like => "like",
    }
}

fn select(query: &Query) -> String {
    let mut text = String::from(if query.shape == Shape::Select { "select " } else { "exec " });
    if query.distinct {
        text.push_str("distinct ");
    }
    text.push_str(&if query.items.is_empty() { "*".into() } else { items(&query.items) });
    text.push_str(&format!(" from {}", side(&query.from)));
    let conditions: Vec<String> = query.conditions.iter().map(side).collect();
    let keys = |keys: &[(Expr, bool)]| {
        let spell =
            |(key, ascends): &(Expr, bool)| format!("{}{}", side(key), if *ascends { "" } else { " desc" });
        keys.iter().map(spell).collect::<Vec<_>>().join(", ")
    };
    for (word, clause) in [
        ("where", conditions.join(", ")),
        ("group by", items(&query.group_by)),
        ("context by", items(&query.context_by)),
        ("csort", keys(&query.context_sort)),
        ("having", query.having.as_ref().map(side).unwrap_or_default()),
        ("order by", keys(&query.order_by)),
        ("limit", query.limit.as_ref().map(expr).unwrap_or_default()),
    ] {
        if !clause.is_empty() {
            text.push_str(&format!(" {word} {clause}"));
        }
    }
    text
}

fn items(items: &[Item]) -> String {
    let spell = |item: &Item| match &item.alias {
        Some(alias) => format!("{} as {alias}", side(&item.expr)),
        None => side(&item.expr),
    };
    items.iter().map(spell).collect::<Vec<_>>().join(", ")
}
