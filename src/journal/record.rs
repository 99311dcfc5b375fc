//! The records of a run, as `FORMAT.md` describes them.
use serde::{Deserialize, Serialize};

use super::state::{Event, State};
use super::writer::now;
use crate::model::{Bound, Slice, Unit, Window};

/// One record of a run's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Record {
    /// The first: who asked for what.
    Begun(Begun),
    /// What is planned for one table; tables are numbered in the order of these.
    Table(TablePlan),
    /// Something happened to a unit.
    Unit(Happened),
    /// The last: how the run ended.
    Ended(Ended),
}

/// The mode of a call that follows tables: it does nothing itself, its runs do.
pub const FOLLOW: &str = "follow";

/// Who asked for what, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The run's name.
    pub run: String,
    /// Larger than that of every earlier run of this node, whatever the clock does; the folder of
    /// runs gives it.
    pub sequence: u64,
    /// Milliseconds since 1970, UTC; the folder of runs gives it, too.
    pub at: i64,
    /// Who called.
    pub user: String,
    /// The remote's name, if it was given by name.
    pub remote: Option<String>,
    /// What messages call the target.
    pub target: String,
    /// Where rows travel to, as users write it.
    #[serde(default)]
    pub direction: Direction,
    /// The source's name, if it is another cluster than this one and was given by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The database.
    pub db: String,
    /// The table, or all of them.
    pub table: Option<String>,
    /// The condition that rows must pass.
    pub filter: Option<String>,
    /// The column of the window, if there is one; its ends are planned per table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The columns that are synced, if not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// What the target calls otherwise.
    #[serde(default, skip_serializing_if = "Rename::is_empty")]
    pub rename: Rename,
    /// What may be made at the target.
    #[serde(default, skip_serializing_if = "Makes::is_nothing")]
    pub makes: Makes,
    /// The mode, as users write it.
    pub mode: String,
    /// The columns that identify a row, for an upsert.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The percentage of partitions that may be removed because the source does not have them;
    /// nothing is removed without it.
    #[serde(default)]
    pub max_delete: Option<u32>,
}

/// Where rows travel to, as seen from the node that orchestrates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// From this cluster to another one.
    #[default]
    Push,
    /// From another cluster to this one.
    Pull,
    /// From one other cluster to another one.
    Between,
}

/// What may be made at the target where it lacks it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Makes {
    /// Whether partitions may.
    pub partitions: bool,
    /// Whether the database and tables may.
    pub missing: bool,
    /// What becomes of columns that only one side has, as users write it; nothing is the usual.
    pub drift: Option<String>,
}

impl Makes {
    /// Whether nothing was said of it.
    pub fn is_nothing(&self) -> bool {
        *self == Makes::default()
    }
}

/// What the target calls otherwise than the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    /// The database there.
    pub db: Option<String>,
    /// The table there.
    pub table: Option<String>,
    /// Columns at the source, and what they are called there.
    pub columns: Vec<(String, String)>,
}

impl Rename {
    /// Whether everything is called alike.
    pub fn is_empty(&self) -> bool {
        *self == Rename::default()
    }
}

/// What makes two plans for a table the same plan: only then does what one run left count for
/// another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The database.
    pub db: String,
    /// The table.
    pub table: String,
    /// What messages call the target, and all that is called otherwise there.
    pub target: String,
    /// The columns, in the order in which they are sent.
    pub columns: Vec<String>,
    /// The condition that rows must pass.
    pub filter: Option<String>,
    /// The window that rows must be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Bounds>,
    /// The mode, as users write it.
    pub mode: String,
}

/// A window, its ends as script literals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The column.
    pub column: String,
    /// The first value, if there is a limit.
    pub from: Option<String>,
    /// The first value after the last one, if there is a limit.
    pub to: Option<String>,
}

impl Bounds {
    /// Those of `window`.
    pub fn of(window: &Window) -> Self {
        let literal = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.literal.clone());
        Bounds { column: window.column.clone(), from: literal(&window.from), to: literal(&window.to) }
    }
}

/// What is planned for one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePlan {
    /// Which plan it is.
    pub identity: Identity,
    /// Every unit; they are numbered in this order.
    pub units: Vec<UnitPlan>,
}

/// What is planned for one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitPlan {
    /// Its path, such as `/20130101/Key3`, and which slice of the partition it is if it is one.
    pub partition: String,
    /// The same of a slice, for whoever has to make it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<Part>,
    /// The action, as tables show it.
    pub action: String,
    /// Why.
    pub reason: String,
    /// Rows at the source.
    pub rows: u64,
    /// Rows at the target.
    pub held: u64,
    /// Where it begins: what earlier runs left, after a look at the target.
    pub state: State,
}

/// A slice of a partition; without either end the rows that have no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The partition's path.
    pub of: String,
    /// The column.
    pub column: String,
    /// The first value as a script literal, if there is a limit.
    pub from: Option<String>,
    /// The first value after the last one, if there is a limit.
    pub to: Option<String>,
}

impl Part {
    /// That of `unit`, which is `slice`.
    pub fn of(unit: &Unit, slice: &Slice) -> Self {
        let Slice { column, from, to } = slice.clone();
        Part { of: unit.path(), column, from, to }
    }

    /// As a unit has it.
    pub fn slice(&self) -> Slice {
        let Part { column, from, to, .. } = self.clone();
        Slice { column, from, to }
    }
}

/// An event of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Happened {
    /// The table's number.
    pub(super) table: usize,
    /// The unit's number within its table.
    pub(super) unit: usize,
    /// Milliseconds since 1970, UTC.
    pub(super) at: i64,
    /// What happened.
    pub(super) event: Event,
    /// The reason, where there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) note: String,
    /// Who is at it and how much it is, where something is announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) effort: Option<Effort>,
    /// How it is known, where the target was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<Method>,
}

impl Happened {
    /// Just now, to a unit of a table, with nothing more to say.
    pub(super) fn now((table, unit): (usize, usize), event: Event) -> Self {
        Happened { table, unit, at: now(), event, note: String::new(), effort: None, method: None }
    }
}

/// How it is known what a target holds. For people only: no run decides anything by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// The target's own plugin took the fingerprint there.
    Native,
    /// The rows were read back and their fingerprint was taken here.
    ReadBack,
    /// The target counted them, which says nothing about their values.
    Count,
}

impl Method {
    /// As tables show it.
    pub fn name(self) -> &'static str {
        match self {
            Method::Native => "native",
            Method::ReadBack => "readBack",
            Method::Count => "count",
        }
    }
}

/// Who works on a unit, since when, for which time, and how much it is. For people only: no run
/// decides anything by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// The lane's number, from 0.
    pub lane: u32,
    /// When the lane took the unit up, in milliseconds since 1970, UTC.
    pub began: i64,
    /// Which try it is, from 1.
    pub tried: u32,
    /// Bytes of the cells that are sent.
    pub bytes: u64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    /// Why it failed; nothing when every unit is verified.
    pub failure: Option<String>,
    /// Whether it left the work to another run that was at it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_skipped: bool,
    /// What its units amount to, so that nobody has to read them for that. For people only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Sum>,
}

/// What the units of a run that is over amount to, as `Progress` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Units to be sent or removed.
    pub units: u64,
    /// How many of them are verified.
    pub verified: u64,
    /// Rows of those.
    pub rows: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Bytes per second, on average.
    pub rate: Option<u64>,
    /// How much was done, in millionths.
    pub share: u32,
}

/// A fingerprint as text: the count, a colon, the sum in hexadecimal.
pub(super) mod mark {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::data::Fingerprint;

    pub(in super::super) fn serialize<S: Serializer>(
        mark: &Fingerprint,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:{:x}", mark.rows, mark.sum))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Fingerprint, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.split_once(':').and_then(|(rows, sum)| {
            Some(Fingerprint { rows: rows.parse().ok()?, sum: u128::from_str_radix(sum, 16).ok()? })
        });
        parsed.ok_or_else(|| D::Error::custom(format!("`{text}` is no fingerprint")))
    }
}
