//! What runs have amounted to on this node, as text that monitoring systems read (OpenMetrics 1.0).
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::journal::Run;

/// What every such text begins with, by which a file of ours is known again.
pub const FIRST: &str = "# HELP clustersync_";

/// Sums over every run that was counted, per target and table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    tables: Vec<Totals>,
}

/// Sums of one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Totals {
    target: String,
    db: String,
    table: String,
    runs: u64,
    failures: u64,
    rows: u64,
    bytes: u64,
    seconds: f64,
    /// Of the last run.
    last_seconds: f64,
    /// Milliseconds since 1970.
    last_success: Option<i64>,
    /// Seconds by which the target is behind, where a table is followed.
    lag: Option<f64>,
}

impl Metrics {
    /// Counts `run`, which has ended; one that left the work to another is none.
    pub fn count(&mut self, run: &Run) {
        let ended = run.ended.as_ref();
        if ended.is_some_and(|ended| ended.is_skipped) {
            return;
        }
        let success = ended.filter(|ended| ended.failure.is_none()).map(|ended| ended.at);
        let mut add = |db: &str, table: &str, facts: &Facts| {
            let totals = self.of(&run.begun.target, db, table);
            let seconds = facts.took() as f64 / 1000.0;
            totals.runs += 1;
            totals.failures += u64::from(success.is_none());
            totals.rows += facts.rows;
            totals.bytes += facts.bytes;
            totals.seconds += seconds;
            totals.last_seconds = seconds;
            totals.last_success = success.or(totals.last_success);
        };
        if run.tables.is_empty() {
            add(&run.begun.db, run.begun.table.as_deref().unwrap_or_default(), &Facts::of(run, None));
        }
        for table in &run.tables {
            let alone = Run { tables: vec![table.clone()], ..run.clone() };
            add(&table.plan.identity.db, &table.plan.identity.table, &Facts::of(&alone, None));
        }
    }

    /// Counts a call that failed before a run of it began.
    pub fn fail(&mut self, target: &str, db: &str, table: &str) {
        let totals = self.of(target, db, table);
        totals.runs += 1;
        totals.failures += 1;
    }

    /// Notes by how many seconds a table that is followed is behind.
    pub fn lag(&mut self, target: &str, db: &str, table: &str, seconds: f64) {
        self.of(target, db, table).lag = Some(seconds);
    }

    fn of(&mut self, target: &str, db: &str, table: &str) -> &mut Totals {
        let target = super::plain_name(target);
        let is_it =
            |own: &Totals| (own.target.as_str(), own.db.as_str(), own.table.as_str()) == (target, db, table);
        let at = self.tables.iter().position(is_it).unwrap_or_else(|| {
            let (target, db, table) = (target.to_owned(), db.to_owned(), table.to_owned());
            self.tables.push(Totals { target, db, table, ..Totals::default() });
            self.tables.len() - 1
        });
        &mut self.tables[at]
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        type Value = fn(&Totals) -> Option<f64>;
        let counters: [(&str, &str, &str, Value); 5] = [
            ("runs", "", "Runs that ended.", |own| Some(own.runs as f64)),
            ("failures", "", "Runs that did not verify everything.", |own| Some(own.failures as f64)),
            ("rows", "", "Rows sent and verified.", |own| Some(own.rows as f64)),
            ("sent_bytes", "bytes", "Bytes of the cells of these rows.", |own| Some(own.bytes as f64)),
            ("busy_seconds", "seconds", "How long runs took.", |own| Some(own.seconds)),
        ];
        let gauges: [(&str, &str, &str, Value); 3] = [
            ("last_run_seconds", "seconds", "How long the last run took.", |own| Some(own.last_seconds)),
            (
                "last_success_timestamp_seconds",
                "seconds",
                "When a run last verified everything, since 1970.",
                |own| own.last_success.map(|at| at as f64 / 1000.0),
            ),
            ("lag_seconds", "seconds", "By how much a followed table is behind.", |own| own.lag),
        ];
        let mut text = String::new();
        for (name, unit, help, value) in counters {
            text += &self.family(name, ("counter", "_total"), unit, help, value);
        }
        for (name, unit, help, value) in gauges {
            text += &self.family(name, ("gauge", ""), unit, help, value);
        }
        text + "# EOF\n"
    }

    fn family(
        &self,
        name: &str,
        (kind, suffix): (&str, &str),
        unit: &str,
        help: &str,
        value: fn(&Totals) -> Option<f64>,
    ) -> String {
        let mut text = format!("# HELP clustersync_{name} {help}\n# TYPE clustersync_{name} {kind}\n");
        if !unit.is_empty() {
            text += &format!("# UNIT clustersync_{name} {unit}\n");
        }
        for own in &self.tables {
            if let Some(value) = value(own) {
                let [target, db, table] = [&own.target, &own.db, &own.table].map(|label| escape(label));
                let labels = format!("target=\"{target}\",db=\"{db}\",table=\"{table}\"");
                text += &format!("clustersync_{name}{suffix}{{{labels}}} {value}\n");
            }
        }
        text
    }
}

/// A label's value: backslash, quotation mark and line feed are written with a backslash.
fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
