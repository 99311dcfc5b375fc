//! Conversions between types, and questions about them.
use super::args;
use crate::error::{Error, Result};
use crate::script::{Native, Session, operators};
use crate::value::{Data, Type, Value, Vector};

const ONE: &[&str] = &["X"];

/// A built-in that casts its argument.
macro_rules! casts {
    ($($name:literal => $ty:ident),* $(,)?) => {
        [$(Native::new($name, ONE, 1, |_, args| to_type(&args[0], Type::$ty))),*]
    };
}

pub const CASTS: &[Native] = &casts! {
    "bool" => Bool, "char" => Char, "short" => Short, "int" => Int, "long" => Long, "float" => Float,
    "double" => Double, "string" => String, "symbol" => Symbol, "date" => Date, "month" => Month,
    "time" => Time, "minute" => Minute, "second" => Second, "datetime" => Datetime,
    "timestamp" => Timestamp, "nanotime" => Nanotime, "nanotimestamp" => Nanotimestamp,
    "datehour" => Datehour, "uuid" => Uuid, "ipaddr" => Ipaddr, "int128" => Int128, "blob" => Blob,
};

pub const FUNCTIONS: &[Native] = &[
    Native::new("cast", &["X", "dataTypeName"], 2, cast),
    Native::new("decimal32", &["X", "scale"], 2, |_, args| decimal(&args, Type::Decimal32(0))),
    Native::new("decimal64", &["X", "scale"], 2, |_, args| decimal(&args, Type::Decimal64(0))),
    Native::new("decimal128", &["X", "scale"], 2, |_, args| decimal(&args, Type::Decimal128(0))),
    Native::new("complex", &["X", "Y"], 2, |_, args| pairs("complex", &args, Type::Complex)),
    Native::new("point", &["X", "Y"], 2, |_, args| pairs("point", &args, Type::Point)),
    Native::new("typestr", ONE, 1, |_, args| Ok(Value::string(&type_name(&args[0])))),
    Native::new("type", ONE, 1, |_, args| Ok(Value::int(type_id(&args[0])))),
    Native::new("form", ONE, 1, |_, args| Ok(Value::int(form(&args[0])))),
    Native::new("isScalar", ONE, 1, |_, args| Ok(Value::bool(form(&args[0]) == 0))),
    Native::new("isVector", ONE, 1, |_, args| Ok(Value::bool(form(&args[0]) == 1))),
    Native::new("isPair", ONE, 1, |_, args| Ok(Value::bool(form(&args[0]) == 2))),
    Native::new("isDictionary", ONE, 1, |_, args| Ok(Value::bool(form(&args[0]) == 5))),
    Native::new("isTable", ONE, 1, |_, args| Ok(Value::bool(form(&args[0]) == 6))),
];

fn decimal(args: &[Value], ty: Type) -> Result<Value> {
    let scale = args::integer("decimal", args, 1, "scale")?;
    let scaled = u8::try_from(scale).ok().and_then(|scale| ty.scaled(scale));
    // The number is documented (dolphindb-semantics §11.1), the sentence is not.
    let wrong = || Error::runtime(format!("{} has no scale {scale}. RefId: S05010", ty.name()));
    to_type(&args[0], scaled.ok_or_else(wrong)?)
}

/// COMPLEX or POINT cells from their two parts.
fn pairs(function: &str, args: &[Value], ty: Type) -> Result<Value> {
    let part = |index: usize| super::vector::cells(function, args, index, "X")?.cast(Type::Double);
    let (first, second) = (part(0)?, part(1)?);
    if first.len() != second.len() {
        return Err(args::bad(function, "Y", "must be as long as X"));
    }
    let of = |part: &Vector, row| part.double(row).unwrap_or(f64::MIN);
    let cells = (0..first.len()).map(|row| [of(&first, row), of(&second, row)]).collect();
    operators::rewrap(&args[0], |_| Ok(Vector::new(ty, Data::F64x2(cells))))
}

fn to_type(value: &Value, ty: Type) -> Result<Value> {
    match value {
        Value::Tuple(items) if ty.element().is_some() => {
            Vector::from_rows(items, ty).map(|rows| Value::Vector(rows.into()))
        }
        Value::Void => Ok(Value::Scalar(Vector::nulls(ty, 1).into())),
        Value::Tuple(items) => {
            let cast: Result<Vec<_>> = items.iter().map(|item| to_type(item, ty)).collect();
            let cast = cast?;
            if cast.iter().all(|item| matches!(item, Value::Scalar(_))) {
                return crate::script::vector(cast);
            }
            Ok(Value::tuple(cast))
        }
        Value::Code(_) | Value::Function(_) if ty == Type::String => Ok(Value::string(&value.to_string())),
        _ => operators::rewrap(value, |cells| cells.cast(ty)),
    }
}

/// A type given by its constant or its name.
pub fn type_of(value: &Value) -> Option<Type> {
    match value.as_str() {
        Some(name) => Type::from_name(name),
        None => value.as_i64().and_then(Type::from_constant),
    }
}

fn cast(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let ty = type_of(&args[1]).ok_or_else(|| args::bad("cast", "dataTypeName", "is no data type"))?;
    if !ty.is_storable() {
        return Err(Error::runtime(format!("Can't convert to {}.", ty.name())));
    }
    to_type(&args[0], ty)
}

/// Forms by number (dolphindb-semantics §11.1).
fn form(value: &Value) -> i32 {
    match value {
        Value::Vector(_) | Value::Tuple(_) => 1,
        Value::Pair(_) => 2,
        Value::Dict(_) => 5,
        Value::Table(_) | Value::Dfs(_) => 6,
        _ => 0,
    }
}

fn type_id(value: &Value) -> i32 {
    match value {
        Value::Scalar(cells) | Value::Vector(cells) | Value::Pair(cells) => i32::from(cells.ty.id()),
        Value::Tuple(_) | Value::Dict(_) => i32::from(Type::Any.id()),
        Value::Function(_) => 20,
        Value::Database(_) => 21,
        Value::Code(_) => 22,
        Value::Handle(handle) => i32::from(handle.data_type()),
        Value::Void | Value::Table(_) | Value::Dfs(_) => 0,
    }
}

fn type_name(value: &Value) -> String {
    match value {
        Value::Void => "VOID".into(),
        Value::Scalar(cells) => cells.ty.name().into(),
        Value::Vector(cells) => format!("FAST {} VECTOR", cells.ty.name()),
        Value::Pair(cells) => format!("{} PAIR", cells.ty.name()),
        Value::Tuple(_) => "ANY VECTOR".into(),
        Value::Dict(dict) => format!("{}->ANY DICTIONARY", dict.keys.ty.name()),
        Value::Table(_) => "IN-MEMORY TABLE".into(),
        Value::Dfs(table) if table.levels().is_empty() => "DFS TABLE".into(),
        Value::Dfs(_) => "SEGMENTED DFS TABLE".into(),
        Value::Database(_) => "DATABASE HANDLE".into(),
        Value::Function(_) => "FUNCTION DEF".into(),
        Value::Code(_) => "CODE".into(),
        Value::Handle(handle) if handle.data_type() == 23 => "DATASOURCE".into(),
        Value::Handle(_) => "HANDLE".into(),
    }
}
