//! Text files as tables.
use std::fs;

use super::{args, cast, dfs, table};
use crate::error::{Error, Result};
use crate::script::{Native, Session};
use crate::value::{Type, Value, Vector};

pub const FUNCTIONS: &[Native] = &[Native::new(
    "loadText",
    &["filename", "delimiter", "schema", "skipRows", "arrayDelimiter", "containHeader", "arrayMarker"],
    1,
    load_text,
)];

/// `loadText(filename, [delimiter=','], [schema], ..)` of a file with a header. How a server guesses
/// types is not documented closely enough, so `schema`, a table with the columns `name` and `type`,
/// must say them; by names that the header has the columns are found. The refusals' sentences are
/// ours `[U]`.
fn load_text(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    const NAME: &str = "loadText";
    dfs::require_login(session, "read a file")?;
    let path = &session.node.own_path(args::text(NAME, &given, 0, "filename")?);
    let delimiter = args::optional_text(NAME, &given, 1, "delimiter")?.unwrap_or(",");
    if delimiter.chars().count() != 1 {
        return Err(args::bad(NAME, "delimiter", "must be one character"));
    }
    for (index, name) in [(3, "skipRows"), (4, "arrayDelimiter"), (6, "arrayMarker")] {
        if args::given(&given, index).is_some() {
            return Err(args::bad(NAME, name, "is not known to minnow"));
        }
    }
    if !args::optional_bool(NAME, &given, 5, "containHeader", true)? {
        return Err(args::bad(NAME, "containHeader", "must be true: minnow reads files with a header only"));
    }
    let wanted = schema(&given)?;
    let text = fs::read_to_string(path).map_err(|error| Error::runtime(format!("{path}: {error}")))?;
    let mut lines = text.lines().map(|line| fields(line, delimiter));
    let header = lines.next().ok_or_else(|| Error::runtime(format!("{path} has no header.")))??;
    let rows = lines.collect::<Result<Vec<_>>>()?;
    if let Some(row) = rows.iter().position(|row| row.len() != header.len()) {
        let (line, count) = (row + 2, rows[row].len());
        let text = format!("{path}: line {line} has {count} fields, the header has {}.", header.len());
        return Err(Error::runtime(text));
    }
    let column = |(name, ty): &(String, Type)| {
        let place = header.iter().position(|own| own == name);
        let place = place.ok_or_else(|| Error::runtime(format!("{path} has no column {name}.")))?;
        let texts = Vector::strings(Type::String, rows.iter().map(|row| row[place].as_str()));
        texts.cast(*ty).map(|cells| Value::Vector(cells.into()))
    };
    let columns = wanted.iter().map(column).collect::<Result<Vec<_>>>()?;
    table::from_columns(wanted.into_iter().map(|(name, _)| name).collect(), columns)
}

/// The columns that the argument `schema` names, with their types.
fn schema(given: &[Value]) -> Result<Vec<(String, Type)>> {
    let wrong = || args::bad("loadText", "schema", "must be a table with the columns name and type");
    let Some(Value::Table(schema)) = args::given(given, 2) else {
        return Err(args::bad("loadText", "schema", "must be given: minnow guesses no types"));
    };
    let column = |name| schema.position(name).map(|at| &schema.columns[at]).ok_or_else(wrong);
    let (names, types) = (column("name")?, column("type")?);
    let one = |row: usize| {
        let ty = cast::type_of(&Value::Scalar(types.cell(row).into()));
        Some((names.text(row)?.to_owned(), ty.filter(|ty| ty.is_storable() && ty.element().is_none())?))
    };
    (0..schema.rows()).map(|row| one(row).ok_or_else(wrong)).collect()
}

/// The fields of a line; one in double quotes may hold the delimiter, and two quotes for one.
fn fields(line: &str, delimiter: &str) -> Result<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let (field, _) = rest.split_once(delimiter).unwrap_or((rest, ""));
                (field.to_owned(), &rest[field.len()..])
            }
        };
        fields.push(field);
        match after.strip_prefix(delimiter) {
            Some(more) => rest = more,
            None if after.is_empty() => return Ok(fields),
            None => return Err(Error::runtime(format!("Text follows a closing quote: {line}"))),
        }
    }
}

/// What stands before the closing quote, and what comes after it.
fn unquoted(text: &str) -> Result<(String, &str)> {
    let (mut field, mut rest) = (String::new(), text);
    loop {
        let (part, after) =
            rest.split_once('"').ok_or_else(|| Error::runtime("A quoted field must end on its line."))?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::node::{Node, Site};
    use crate::script::Session;

    #[test]
    fn a_file_with_a_header_is_read_by_its_schema() {
        let home = tempfile::tempdir().unwrap();
        let site = Site { host: "127.0.0.1".into(), port: 0, alias: "local".into() };
        let mut session = Session::new(Node::open(home.path(), &site, "3.00.3").unwrap());
        let file = home.path().join("t.csv");
        std::fs::write(&file, "k,when,s\n1,2013.01.01,\"a,\"\"b\"\"\"\n,2013.01.02,\n").unwrap();
        let load = |more: &str| format!("loadText('{}'{more})", file.display());
        let types = ", schema=table(`k`s`when as name, `INT`STRING`DATE as type)";
        assert!(session.run(&load(types)).unwrap_err().text.starts_with("<NotAuthenticated>"));
        session.user = "admin".into();
        session.run(&format!("t = {}", load(types))).unwrap();
        for (script, shown) in [
            ("t.columnNames()", "[\"k\",\"s\",\"when\"]"),
            ("exec s from t", "[\"a,\"b\"\",\"\"]"),
            ("exec sum(k) from t where when = 2013.01.01", "1"),
            ("exec count(*) from t where isNull(k)", "1"),
        ] {
            assert_eq!(session.run(script).unwrap().to_string(), shown, "{script}");
        }
        for (wrong, why) in [
            ("", "schema"),
            (", schema=table(`no as name, `INT as type)", "no column"),
            (", schema=table(`k as name, `NONE as type)", "schema"),
            (", containHeader=false", "containHeader"),
            (", skipRows=1", "skipRows"),
        ] {
            let text = session.run(&load(wrong)).unwrap_err().text;
            assert!(text.contains(why), "{wrong}: {text}");
        }
        for broken in ["a,b\n1\n", "a\n\"x\n", "a\n\"x\"y\n", ""] {
            std::fs::write(&file, broken).unwrap();
            assert!(
                session.run(&load(", schema=table([`a] as name, [`STRING] as type)")).is_err(),
                "{broken}"
            );
        }
    }
}
