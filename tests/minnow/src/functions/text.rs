//! Texts: cutting, joining, testing.
use super::args;
use crate::error::Result;
use crate::script::{Native, Session, operators};
use crate::value::{Type, Value, Vector};

pub const FUNCTIONS: &[Native] = &[
    Native::new("concat", &["X", "Y"], 1, concat),
    Native::new("split", &["str", "delimiter"], 1, split),
    Native::new("upper", &["X"], 1, |_, args| map_text(&args, |text| text.to_uppercase())),
    Native::new("lower", &["X"], 1, |_, args| map_text(&args, |text| text.to_lowercase())),
    Native::new("strlen", &["X"], 1, strlen),
    Native::new("startsWith", &["X", "Y"], 2, starts_with),
    Native::new("endsWith", &["X", "Y"], 2, ends_with),
    Native::new("strReplace", &["str", "pattern", "replacement"], 3, replace),
];

/// Texts made one, with a separator between them.
fn concat(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let texts = super::vector::cells("concat", &args, 0, "X")?.cast(Type::String)?;
    let separator = args::optional_text("concat", &args, 1, "Y")?.unwrap_or_default();
    let texts: Vec<&str> = (0..texts.len()).filter_map(|row| texts.text(row)).collect();
    Ok(Value::string(&texts.join(separator)))
}

fn split(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let text = args::text("split", &args, 0, "str")?;
    let delimiter = args::optional_text("split", &args, 1, "delimiter")?.unwrap_or(",");
    Ok(Value::Vector(Vector::strings(Type::String, text.split(delimiter)).into()))
}

fn map_text(args: &[Value], map: fn(&str) -> String) -> Result<Value> {
    operators::rewrap(&args[0], |cells| {
        let texts = cells.cast(Type::String)?;
        let mapped: Vec<String> = (0..texts.len()).map(|row| map(texts.text(row).unwrap_or(""))).collect();
        Ok(Vector::strings(Type::String, mapped.iter().map(String::as_str)))
    })
}

fn strlen(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    operators::rewrap(&args[0], |cells| {
        let texts = cells.cast(Type::String)?;
        let lengths = (0..texts.len()).map(|row| texts.text(row).map(|text| text.len() as i64));
        Ok(Vector::integers(Type::Int, lengths))
    })
}

fn starts_with(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let prefix = args::text("startsWith", &args, 1, "Y")?;
    text_test(&args, |text| text.starts_with(prefix))
}

fn ends_with(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let suffix = args::text("endsWith", &args, 1, "Y")?;
    text_test(&args, |text| text.ends_with(suffix))
}

fn text_test(args: &[Value], test: impl Fn(&str) -> bool) -> Result<Value> {
    operators::rewrap(&args[0], |cells| {
        let texts = cells.cast(Type::String)?;
        Ok(Vector::bools((0..texts.len()).map(|row| texts.text(row).is_some_and(&test))))
    })
}

fn replace(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let text = args::text("strReplace", &args, 0, "str")?;
    let pattern = args::text("strReplace", &args, 1, "pattern")?;
    Ok(Value::string(&text.replace(pattern, args::text("strReplace", &args, 2, "replacement")?)))
}
