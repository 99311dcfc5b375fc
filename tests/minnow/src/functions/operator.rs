//! The operators as functions, and numbers' functions.
use super::args;
use crate::error::Result;
use crate::script::ast::Operator;
use crate::script::{Native, Session, operators};
use crate::value::{Data, Type, Value, Vector};

const TWO: &[&str] = &["X", "Y"];

pub const FUNCTIONS: &[Native] = &[
    Native::new("add", TWO, 2, |_, args| operators::binary(Operator::Add, &args[0], &args[1])),
    Native::new("sub", TWO, 2, |_, args| operators::binary(Operator::Sub, &args[0], &args[1])),
    Native::new("mul", TWO, 2, |_, args| operators::binary(Operator::Mul, &args[0], &args[1])),
    Native::new("div", TWO, 2, |_, args| operators::binary(Operator::Div, &args[0], &args[1])),
    Native::new("ratio", TWO, 2, |_, args| operators::binary(Operator::Ratio, &args[0], &args[1])),
    Native::new("mod", TWO, 2, |_, args| operators::binary(Operator::Mod, &args[0], &args[1])),
    Native::new("eq", TWO, 2, |_, args| operators::binary(Operator::Eq, &args[0], &args[1])),
    Native::new("ne", TWO, 2, |_, args| operators::binary(Operator::Ne, &args[0], &args[1])),
    Native::new("lt", TWO, 2, |_, args| operators::binary(Operator::Lt, &args[0], &args[1])),
    Native::new("le", TWO, 2, |_, args| operators::binary(Operator::Le, &args[0], &args[1])),
    Native::new("gt", TWO, 2, |_, args| operators::binary(Operator::Gt, &args[0], &args[1])),
    Native::new("ge", TWO, 2, |_, args| operators::binary(Operator::Ge, &args[0], &args[1])),
    Native::new("and", TWO, 2, |_, args| operators::binary(Operator::And, &args[0], &args[1])),
    Native::new("or", TWO, 2, |_, args| operators::binary(Operator::Or, &args[0], &args[1])),
    Native::new("in", TWO, 2, |_, args| operators::binary(Operator::In, &args[0], &args[1])),
    Native::new("like", TWO, 2, |_, args| operators::binary(Operator::Like, &args[0], &args[1])),
    Native::new("between", TWO, 2, |_, args| operators::between(&args[0], &args[1])),
    Native::new("not", &["X"], 1, |_, args| operators::not(&args[0])),
    Native::new("neg", &["X"], 1, |_, args| operators::negate(&args[0])),
    Native::new("abs", &["X"], 1, abs),
    Native::new("sqrt", &["X"], 1, |_, args| number(&args, f64::sqrt)),
    Native::new("exp", &["X"], 1, |_, args| number(&args, f64::exp)),
    Native::new("log", &["X"], 1, |_, args| number(&args, f64::ln)),
    Native::new("floor", &["X"], 1, |_, args| number(&args, f64::floor)),
    Native::new("ceil", &["X"], 1, |_, args| number(&args, f64::ceil)),
    Native::new("iif", &["cond", "trueResult", "falseResult"], 3, iif),
    Native::new("nullFill", TWO, 2, null_fill),
    Native::new("isNull", &["X"], 1, |_, args| nulls(&args, true)),
    Native::new("isValid", &["X"], 1, |_, args| nulls(&args, false)),
];

fn abs(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let negative = operators::binary(Operator::Lt, &args[0], &Value::int(0))?;
    choose(&negative, &operators::negate(&args[0])?, &args[0])
}

/// A DOUBLE function; what has no result is NULL.
fn number(args: &[Value], function: fn(f64) -> f64) -> Result<Value> {
    operators::rewrap(&args[0], |cells| {
        let cells = cells.cast(Type::Double)?;
        let map = |row| cells.double(row).map(function).filter(|outcome| outcome.is_finite());
        Ok(Vector::doubles((0..cells.len()).map(map)))
    })
}

fn iif(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    choose(&args[0], &args[1], &args[2])
}

/// Per cell of the condition, the cell of one or the other.
fn choose(condition: &Value, yes: &Value, no: &Value) -> Result<Value> {
    let wrong = || args::bad("iif", "cond", "and both results must be scalars or vectors");
    let null = std::sync::Arc::new(Vector::nulls(Type::Void, 1));
    let cells = |value: &Value| match value {
        Value::Void => Some(null.clone()),
        _ => value.cells().cloned(),
    };
    let (yes, no) = (cells(yes).ok_or_else(wrong)?, cells(no).ok_or_else(wrong)?);
    operators::rewrap(condition, |flags| {
        let rows = flags.len();
        if [&yes, &no].iter().any(|side| side.len() != 1 && side.len() != rows) {
            return Err(wrong());
        }
        let ty = wider(yes.ty, no.ty);
        let mut both = yes.cast(ty)?;
        both.append(&no)?;
        let held = operators::mask(&Value::Vector(flags.clone().into()), rows)?;
        let place = |side: &Vector, row: usize| if side.len() == 1 { 0 } else { row };
        let pick = |row: usize| {
            if held[row] { place(&yes, row) } else { yes.len() + place(&no, row) }
        };
        Ok(both.gather(&(0..rows).map(|row| pick(row) as u32).collect::<Vec<_>>()))
    })
}

fn wider(a: Type, b: Type) -> Type {
    let number = |ty: Type| ty.is_integral() || ty.is_floating();
    match (a, b) {
        (Type::Void, other) => other,
        (a, b) if number(a) && number(b) && b.id() > a.id() => b,
        _ => a,
    }
}

fn null_fill(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let fill = args[1].cells().cloned().ok_or_else(|| args::bad("nullFill", "Y", "must be a scalar"))?;
    operators::rewrap(&args[0], |cells| {
        let mut both = cells.clone();
        both.append(&fill)?;
        let pick = |row: usize| if cells.is_null(row) { cells.len() } else { row };
        Ok(both.gather(&(0..cells.len()).map(|row| pick(row) as u32).collect::<Vec<_>>()))
    })
}

fn nulls(args: &[Value], wanted: bool) -> Result<Value> {
    if let Value::Void = args[0] {
        return Ok(Value::bool(wanted));
    }
    operators::rewrap(&args[0], |cells| {
        let flags = (0..cells.len()).map(|row| i8::from(cells.is_null(row) == wanted)).collect();
        Ok(Vector::new(Type::Bool, Data::I8(flags)))
    })
}
