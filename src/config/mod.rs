//! Options of a node: a TOML file beside its other state, read anew by every call that needs it and
//! changed as a whole, with the comments that people wrote into it.
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use toml_edit::{Document, DocumentMut, Item};

use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::lock::Lock;

/// The file's name in a node's state folder.
const FILE: &str = "config.toml";
/// What a new file begins with.
const HEADER: &str = "# Options of clusterSync on this node; clusterSync::getConfig() shows all of them.\n";

/// The file, which may not be there.
pub struct Config {
    folder: PathBuf,
}

/// A value, as far as options have such.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Whole(i64),
    /// `true` or `false`.
    Flag(bool),
    /// A text.
    Text(String),
    /// What TOML calls it, such as a float or an array: no option has such a value.
    Other(&'static str),
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The option.
    pub name: String,
    /// What it is set to.
    pub value: Value,
    /// The line, counted from 1.
    pub line: usize,
}

impl Config {
    /// That of a node's state folder; nothing is read or made yet.
    pub fn within(state: &Path) -> Self {
        Config { folder: state.to_owned() }
    }

    /// Where it is.
    pub fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// What is set, in the order of the file.
    ///
    /// # Errors
    /// `State` when the file cannot be read or is no TOML, with the line.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let Some(text) = self.text()? else { return Ok(Vec::new()) };
        let document = Document::parse(text.as_str()).map_err(|error| self.broken(&text, &error))?;
        let line = |offset: usize| text[..offset].matches('\n').count() + 1;
        let table = document.as_table();
        let entry = |(name, item): (&str, &Item)| {
            let span = table.key(name).and_then(|key| key.span()).or_else(|| item.span());
            Entry { name: name.to_owned(), value: value(item), line: span.map_or(1, |span| line(span.start)) }
        };
        Ok(table.iter().map(entry).collect())
    }

    /// Sets options, or with `None` takes them out, all at once. Nobody else changes the file meanwhile.
    ///
    /// # Errors
    /// As [`Config::entries`], and when the file cannot be written.
    pub fn change(&self, changes: &[(String, Option<Value>)]) -> Result<()> {
        let unusable = |error| self.unusable(&error);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(unusable)?;
        let _turn = Lock::take(&self.folder).map_err(unusable)?;
        let text = self.text()?;
        let header = if text.is_some() { "" } else { HEADER };
        let text = text.unwrap_or_default();
        let mut document = text.parse::<DocumentMut>().map_err(|error| self.broken(&text, &error))?;
        for (name, value) in changes {
            match value {
                None => drop(document.remove(name)),
                Some(Value::Whole(number)) => document[name] = toml_edit::value(*number),
                Some(Value::Flag(flag)) => document[name] = toml_edit::value(*flag),
                Some(Value::Text(text)) => document[name] = toml_edit::value(text),
                Some(Value::Other(kind)) => {
                    return Err(Error::new(Kind::Bug, format!("an option cannot be {kind}")));
                }
            }
        }
        disk::replace(&self.file(), format!("{header}{document}").as_bytes()).map_err(unusable)
    }

    fn text(&self) -> Result<Option<String>> {
        match fs::read_to_string(self.file()) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unusable(&error)),
        }
    }

    fn broken(&self, text: &str, error: &toml_edit::TomlError) -> Error {
        let offset = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1;
        let what = error.message().trim().replace('\n', ", ");
        Error::new(
            Kind::State,
            format!("{} cannot be understood at line {line}: {what}", self.file().display()),
        )
        .advise("correct that line, or move the file away")
    }

    fn unusable(&self, error: &std::io::Error) -> Error {
        Error::new(Kind::State, format!("{} cannot be used ({error})", self.file().display()))
            .advise("check the node's home directory and its disk")
    }
}

fn value(item: &Item) -> Value {
    match (item.as_integer(), item.as_bool(), item.as_str()) {
        (Some(number), ..) => Value::Whole(number),
        (_, Some(flag), _) => Value::Flag(flag),
        (_, _, Some(text)) => Value::Text(text.to_owned()),
        _ => Value::Other(item.type_name()),
    }
}
