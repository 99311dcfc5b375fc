//! Up to where a table is verified.
use serde::{Deserialize, Serialize};

use super::Memory;
use crate::data::Type;
use crate::error::Result;
use crate::model::{Bound, Window};

const KIND: &str = "watermark";
const VERSION: u32 = 1;

/// Which rows of which table at which target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// What messages call the target.
    pub target: String,
    /// The database.
    pub db: String,
    /// The table.
    pub table: String,
    /// The window's column.
    pub column: String,
    /// The condition that rows must pass besides.
    pub filter: Option<String>,
}

/// A value of the window's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The server's number of its type.
    #[serde(rename = "type")]
    ty: i32,
    /// The cell.
    pub value: i64,
}

impl Mark {
    /// That of a window's end.
    pub fn of(bound: &Bound) -> Self {
        Mark { ty: bound.ty.id(), value: bound.value }
    }

    /// Its type, if this version knows it.
    pub fn ty(&self) -> Option<Type> {
        Type::from_id(self.ty)
    }
}

/// A window that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Its first value, if there is a limit.
    pub from: Option<Mark>,
    /// The first value after its last one.
    pub to: Mark,
    /// The mode of the run, as users write it.
    pub mode: String,
}

/// How far a table has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watermark {
    /// Everything before it is verified, but for rows that came later than their run.
    pub up_to: Option<Mark>,
    /// The window that was begun and not finished.
    pub pending: Option<Pending>,
}

impl Memory {
    /// How far the table of `key` has come.
    ///
    /// # Errors
    /// `State` when the file cannot be read or relied on.
    pub fn watermark(&self, key: &Key) -> Result<Watermark> {
        self.read(key, KIND, VERSION).map(Option::unwrap_or_default)
    }

    /// Notes that `window` is begun in the mode called `mode`. A window without an end reaches no
    /// watermark.
    ///
    /// # Errors
    /// As [`Memory::watermark`], and when the file cannot be written.
    pub fn begin(&self, key: &Key, window: &Window, mode: &str) -> Result<()> {
        let Some((from, to)) = ends(window) else { return Ok(()) };
        let known = self.watermark(key)?;
        let pending = Some(Pending { from, to, mode: mode.to_owned() });
        self.write(key, KIND, VERSION, Watermark { pending, ..known })
    }

    /// Notes that `window` is verified. It moves the watermark only if it was begun by one.
    ///
    /// # Errors
    /// As [`Memory::begin`].
    pub fn finish(&self, key: &Key, window: &Window) -> Result<()> {
        let known = self.watermark(key)?;
        let Some((from, to)) = ends(window) else { return Ok(()) };
        match &known.pending {
            Some(pending) if (pending.from, pending.to) == (from, to) => {
                let before = known.up_to.filter(|mark| mark.ty == to.ty && mark.value > to.value);
                let up_to = Some(before.unwrap_or(to));
                self.write(key, KIND, VERSION, Watermark { up_to, pending: None })
            }
            _ => Ok(()),
        }
    }
}

fn ends(window: &Window) -> Option<(Option<Mark>, Mark)> {
    Some((window.from.as_ref().map(Mark::of), Mark::of(window.to.as_ref()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn key(table: &str) -> Key {
        let (target, db, column) = ("cluster `B`".into(), "dfs://db".into(), "ts".into());
        Key { target, db, table: table.into(), column, filter: None }
    }

    fn window(from: Option<i64>, to: Option<i64>) -> Window {
        let bound = |value| Bound { ty: Type::Timestamp, value, literal: String::new() };
        Window { column: "ts".into(), from: from.map(bound), to: to.map(bound) }
    }

    fn reached(memory: &Memory, table: &str) -> Option<i64> {
        memory.watermark(&key(table)).unwrap().up_to.map(|mark| mark.value)
    }

    #[test]
    fn a_watermark_moves_when_what_was_begun_is_finished_and_never_back() {
        let home = tempfile::tempdir().unwrap();
        let memory = Memory::within(home.path());
        assert_eq!(memory.watermark(&key("t")).unwrap(), Watermark::default());
        memory.finish(&key("t"), &window(None, Some(5))).unwrap();
        assert_eq!(reached(&memory, "t"), None, "nobody had begun it");
        memory.begin(&key("t"), &window(None, Some(5)), "auto").unwrap();
        assert_eq!(reached(&memory, "t"), None);
        memory.finish(&key("t"), &window(None, Some(4))).unwrap();
        assert_eq!(reached(&memory, "t"), None, "it is another window");
        memory.finish(&key("t"), &window(None, Some(5))).unwrap();
        assert_eq!((reached(&memory, "t"), reached(&memory, "u")), (Some(5), None));
        memory.begin(&key("t"), &window(Some(1), Some(3)), "auto").unwrap();
        memory.finish(&key("t"), &window(Some(1), Some(3))).unwrap();
        assert_eq!(reached(&memory, "t"), Some(5));
        memory.begin(&key("t"), &window(Some(3), None), "auto").unwrap();
        assert_eq!(memory.watermark(&key("t")).unwrap().pending, None);
    }

    #[test]
    fn a_file_that_cannot_be_relied_on_is_named() {
        let home = tempfile::tempdir().unwrap();
        let memory = Memory::within(home.path());
        memory.begin(&key("t"), &window(None, Some(5)), "auto").unwrap();
        let file = std::fs::read_dir(home.path().join("memory")).unwrap().next().unwrap().unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        for (bad, why) in [
            (text.replace("\"version\":1", "\"version\":9"), "it has the version 9, not 1"),
            (text.replace("\"t\"", "\"u\""), "it is about something else"),
            (text[..text.len() / 2].to_owned(), "EOF"),
        ] {
            std::fs::write(&file, bad).unwrap();
            let error = memory.watermark(&key("t")).unwrap_err();
            assert_eq!(error.kind(), Kind::State);
            assert!(error.message().contains(why) && error.message().contains(".watermark"), "{error}");
        }
    }
}
