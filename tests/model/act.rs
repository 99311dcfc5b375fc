//! One call, repeated until it has succeeded or must not, while things go wrong.
use std::fmt;

use super::chaos::Chaos;
use super::pick::Pick;
use super::rows::{self, Bag};
use super::tally;
use super::verdict::{Case, Mode, Parts, differences};
use super::world::World;

/// Tries during which something may go wrong; the one after them is calm.
const ROUGH: usize = 3;

/// A call of `syncOnline`.
pub struct Act {
    mode: Mode,
    /// Whether what the source does not have is removed.
    mirror: bool,
    pick: Pick,
    lanes: u8,
    /// Whether partitions may be too large for the budget, so that they go in slices.
    is_sliced: bool,
}

/// What is left to do after a call.
enum Next {
    /// Nothing: it succeeded.
    Done,
    /// Nothing: it had to fail, and always will.
    Stuck,
    /// The same again, after this error.
    Repeat(String),
}

impl Act {
    /// Any call. A filter cannot name what is replaced or removed, and the rows of an upsert are those
    /// of whole keys.
    pub fn random(world: &mut World) -> Act {
        let modes = [Mode::Auto, Mode::Auto, Mode::Append, Mode::Replace, Mode::Upsert];
        let mode = modes[world.random.usize(0..modes.len())];
        let mirror = matches!(mode, Mode::Auto | Mode::Replace) && world.random.u8(0..3) == 0;
        let pick = match world.random.u8(0..6) {
            0 if mode != Mode::Upsert => Pick::window(world),
            1 if mode != Mode::Replace && !mirror => Pick::filter(world),
            _ => Pick::All,
        };
        // Keys that are not unique are refused by slices, which the model of an upsert knows nothing of.
        let is_sliced = mode != Mode::Upsert && world.budgets.bool();
        Act { mode, mirror, pick, lanes: world.random.u8(1..4), is_sliced }
    }

    /// Plays it; says whether the table can take another one.
    pub fn play(&self, world: &mut World) -> bool {
        let source = world.source();
        let (source, _) = self.split(world, source);
        let (begun, others) = self.held(world);
        let mut lied = false;
        for tried in 0..=ROUGH {
            let rare = (self.mode == Mode::Replace).then_some("cleared");
            let chaos = if tried == ROUGH { Chaos::Calm } else { Chaos::random(&mut world.random, rare) };
            let chaos = chaos.within_reach(world.direction);
            lied |= chaos.lies();
            let (before, _) = self.held(world);
            let outcome = self.call(world, &chaos, tried > 0);
            let (after, untouched) = self.held(world);
            assert_eq!(untouched, others, "seed {}: rows that the call is not about", world.seed);
            let keys: Vec<usize> = (0..=world.payload()).collect();
            let (mode, mirror, is_sliced) = (self.mode, self.mirror, self.is_sliced);
            let (source, begun, before) = (&source, &begun, &before);
            let case = Case { mode, mirror, is_sliced, keys: &keys, source, begun, before, lied };
            match self.judge(world, &case, outcome, &after) {
                Next::Done => return true,
                // An append that cannot be finished stays so: another one would have to finish it.
                Next::Stuck => return self.mode != Mode::Append,
                Next::Repeat(_) if tried < ROUGH => {}
                Next::Repeat(error) => panic!("seed {}: a calm call failed: {error}", world.seed),
            }
        }
        unreachable!("the calm call decides")
    }

    fn judge(&self, world: &mut World, case: &Case, outcome: Result<(), String>, after: &Parts) -> Next {
        let (seed, mode) = (world.seed, self.mode.name());
        let expected = case.success();
        if let Err(error) = outcome {
            if let Some(flaw) = case.flaw(after) {
                panic!("seed {seed}, mode {mode}: {flaw}, after: {error}");
            }
            world.tally.count(format!("failed {self}"));
            let is_stuck =
                expected.is_none() || self.mode == Mode::Append && case.lied || case.may_be_refused();
            return if is_stuck { Next::Stuck } else { Next::Repeat(error) };
        }
        let expected =
            expected.unwrap_or_else(|| panic!("seed {seed}, mode {mode}: success over strangers' rows"));
        assert_eq!(*after, expected, "seed {seed}, mode {mode}: a success that is none");
        world.tally.count(format!("succeeded {self}"));
        self.count_slices(world);
        let options = [self.pick.options(world), world.way()].concat();
        let (table, filter, options) = (world.name(), self.pick.condition(world), dict(&options));
        let verify = format!("clusterSync::verify(\"B\", {table}, {filter}, {options})");
        let found = world.pair.source.table(&verify).rows;
        assert_eq!(found, differences(case.source, after), "seed {seed}, mode {mode}: what verify finds");
        Next::Done
    }

    /// Makes the call while `chaos` reigns. A call whose node died has succeeded if its run says so.
    fn call(&self, world: &mut World, chaos: &Chaos, is_repeated: bool) -> Result<(), String> {
        let earlier = self.last_run(world).map(|(run, _)| run);
        let script = self.script(world, chaos, is_repeated);
        chaos.begin(world.pair, world.direction);
        let outcome = world.pair.source.run(&script).map(drop).map_err(|error| error.to_string());
        let has_died = chaos.end(world.pair);
        match chaos {
            Chaos::Death(place, _) if has_died => world.tally.count(format!("killed at {place}")),
            Chaos::Fault(name, ..) => world.tally.count(format!("fault {name}")),
            _ => {}
        }
        let is_ok = |(run, status): (String, String)| status == "OK" && Some(run) != earlier;
        if has_died && self.last_run(world).is_some_and(is_ok) {
            return Ok(());
        }
        outcome
    }

    /// Notes whether the last run went in slices.
    fn count_slices(&self, world: &mut World) {
        let Some((run, _)) = self.last_run(world).filter(|_| self.is_sliced) else { return };
        let script = format!("clusterSync::getRunPartitions(\"{run}\")");
        let units = world.pair.source.table(&script);
        let partition = units.column("partition").expect("getRunPartitions has partitions");
        if partition.texts().any(|path| path.windows(7).any(|text| text == b" where ")) {
            world.tally.count(tally::SLICED);
        }
    }

    fn script(&self, world: &mut World, chaos: &Chaos, is_repeated: bool) -> String {
        let retries = u8::from(world.random.u8(0..10) == 0);
        let numbers =
            [("retries", retries.into()), ("lanes", self.lanes.into()), ("timeout", chaos.timeout())];
        let mut options: Vec<_> = numbers.map(|(name, value)| (name, value.to_string())).into();
        if self.is_sliced {
            // Megabytes, in bytes of some rows.
            options.push(("memoryBudget", format!("{:.6}", f64::from(world.budgets.u32(30..250)) / 1e6)));
        }
        let unfinished = self.last_run(world).filter(|(_, status)| is_repeated && status != "OK");
        if let Some((run, _)) = unfinished.filter(|_| world.random.u8(0..3) == 0) {
            return format!("clusterSync::resumeRun(\"{run}\", , {})", dict(&options));
        }
        options.push(("mode", format!("\"{}\"", self.mode.name())));
        options.extend(self.pick.options(world));
        options.extend(world.way());
        if self.mirror {
            options.extend([("mirror", "true".to_owned()), ("maxDelete", "100".to_owned())]);
        }
        if self.mode == Mode::Upsert {
            options.push(("keyColumns", format!("\"{}\"", world.columns[world.payload()].0)));
        }
        let (table, filter) = (world.name(), self.pick.condition(world));
        format!("clusterSync::syncOnline(\"B\", {table}, {filter}, {})", dict(&options))
    }

    /// The last run of this table and mode, and its status.
    fn last_run(&self, world: &mut World) -> Option<(String, String)> {
        let runs = world.pair.source.table("clusterSync::getRuns()");
        let texts = |name: &str| {
            let column = runs.column(name).unwrap_or_else(|| panic!("getRuns has no {name}"));
            column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>()
        };
        let (names, states, dbs, modes) = (texts("runId"), texts("status"), texts("dbPath"), texts("mode"));
        let ours = |at: &usize| dbs[*at] == world.db() && modes[*at] == self.mode.name();
        let last = (0..runs.rows).rev().find(ours)?;
        Some((names[last].clone(), states[last].clone()))
    }

    /// What the target holds of the rows that the call is about, and of others.
    fn held(&self, world: &mut World) -> (Parts, Bag) {
        let held = world.target();
        self.split(world, held)
    }

    fn split(&self, world: &World, rows: Bag) -> (Parts, Bag) {
        let (ours, others): (Bag, Bag) = rows.into_iter().partition(|(row, _)| self.pick.takes(row));
        let mut parts = Parts::new();
        for (row, times) in ours {
            let part = parts.entry(world.partition(&row)).or_default();
            *part = rows::sum(part, &Bag::from([(row, times)]));
        }
        (parts, others)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mirrored = if self.mirror { " mirrored" } else { "" };
        write!(f, "{}{mirrored}", self.mode.name())
    }
}

/// The dictionary of these options, nothing for none.
fn dict(options: &[(&str, String)]) -> String {
    let names: Vec<String> = options.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let values: Vec<&str> = options.iter().map(|(_, value)| value.as_str()).collect();
    match options {
        [] => String::new(),
        _ => format!("dict([{}], ({}))", names.join(","), values.join(",")),
    }
}
