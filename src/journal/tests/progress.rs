//! Progress by a simulated clock: runs of which everything is known, seen while they go on.
use super::super::record::{Happened, Record};
use super::super::replay::take;
use super::*;

/// A run that is simulated: what each unit has, and how long it takes a lane, in milliseconds.
struct Simulated {
    rows: Vec<u64>,
    lanes: usize,
    /// How long a unit with so many rows takes when it begins at that time.
    time: fn(rows: u64, at: i64) -> i64,
    /// Lanes have nothing to do between these times.
    pause: (i64, i64),
}

const STEADY: fn(u64, i64) -> i64 = |rows, _| 20 + rows as i64 / 100;

impl Simulated {
    fn new(rows: impl IntoIterator<Item = u64>, lanes: usize) -> Self {
        Simulated { rows: rows.into_iter().collect(), lanes, time: STEADY, pause: (0, 0) }
    }

    /// Events of all units in the order of time, and when the last one happened.
    fn events(&self) -> (Vec<Happened>, i64) {
        let mut free = vec![1_000i64; self.lanes];
        let mut events = Vec::new();
        for (unit, rows) in self.rows.iter().enumerate() {
            let lane = (0..self.lanes).min_by_key(|lane| free[*lane]).expect("a lane");
            let (from, until) = self.pause;
            let began = if (from..until).contains(&free[lane]) { until } else { free[lane] };
            free[lane] = began + (self.time)(*rows, began);
            let effort = Effort { lane: lane as u32, began, tried: 1, bytes: 8 * rows };
            let sent = Fingerprint { rows: *rows, sum: 1 };
            let intent = Intent { before: mark(0), gone: mark(0), sent };
            let happened = |at, event, effort| Happened { at, effort, ..Happened::now((0, unit), event) };
            events.push(happened(began, Event::Intended(intent), Some(effort)));
            events.push(happened(free[lane], Event::Verified, None));
        }
        events.sort_by_key(|event| event.at);
        (events, *free.iter().max().expect("a lane"))
    }

    /// The run as its journal tells it at `now`.
    fn at(&self, now: i64) -> Run {
        let mut run = Run { begun: begun("r"), tables: Vec::new(), ended: None };
        let mut plan = plan(self.rows.len());
        plan.units.iter_mut().zip(&self.rows).for_each(|(unit, rows)| unit.rows = *rows);
        take(&mut run, Record::Table(plan)).unwrap();
        let (events, _) = self.events();
        for event in events.into_iter().filter(|event| event.at <= now) {
            take(&mut run, Record::Unit(event)).unwrap();
        }
        run
    }

    /// The largest error of the time that was said to be left, from a tenth of the run to nine
    /// tenths, as a part of what was really left.
    fn worst(&self, from: f64) -> f64 {
        let (_, end) = self.events();
        let moments = (0..40).map(|step| 1_000.0 + (end - 1_000) as f64 * f64::from(step) / 40.0);
        let moments = moments.map(|moment| moment as i64).filter(|now| {
            let part = (now - 1_000) as f64 / (end - 1_000) as f64;
            (from..0.9).contains(&part)
        });
        let error = |now: i64| {
            let progress = Progress::of(&self.at(now), now);
            assert!(progress.share < 1.0 && progress.phase == Phase::Copying, "{progress:?}");
            let real = (end - now) as f64 / 1000.0;
            (progress.eta.unwrap_or(f64::MAX) - real).abs() / real
        };
        moments.map(error).fold(0.0, f64::max)
    }
}

/// Numbers that look random and are always the same.
fn noise(count: usize, most: u64) -> Vec<u64> {
    let mut seed = 88_172_645_463_325_252u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    (0..count).map(|_| next() % most).collect()
}

#[test]
#[cfg_attr(miri, ignore = "Miri takes minutes for so many units")]
fn a_steady_run_knows_its_end_after_a_tenth() {
    for (lanes, units) in [(1, 20), (1, 400), (4, 100), (4, 1_000), (16, 2_000)] {
        let worst = Simulated::new(vec![50_000; units], lanes).worst(0.1);
        assert!(worst < 0.2, "{lanes} lanes, {units} units: {worst}");
    }
    let worst = Simulated::new(noise(1_000, 100_000), 4).worst(0.1);
    assert!(worst < 0.2, "units of any size: {worst}");
}

#[test]
#[cfg_attr(miri, ignore = "Miri takes minutes for so many units")]
fn large_partitions_that_come_last_are_seen_coming() {
    let small = vec![200; 300];
    let run = Simulated::new(noise(200, 1_000).into_iter().chain(small).chain(vec![400_000; 60]), 4);
    let (_, end) = run.events();
    let now = 1_000 + (end - 1_000) / 10;
    let progress = Progress::of(&run.at(now), now);
    let (said, real) = (progress.eta.unwrap(), (end - now) as f64 / 1000.0);
    assert!((said - real).abs() / real < 0.5, "{said} s said, {real} s left");
}

#[test]
#[cfg_attr(miri, ignore = "Miri takes minutes for so many units")]
fn a_run_that_becomes_slower_is_followed() {
    let slower = |rows: u64, at: i64| if at < 11_000 { STEADY(rows, at) } else { 3 * STEADY(rows, at) };
    let run = Simulated { time: slower, ..Simulated::new(vec![10_000; 800], 4) };
    let (_, end) = run.events();
    let worst = run.worst(25_000.0 / end as f64);
    assert!(worst < 0.35, "{worst}");
}

#[test]
#[cfg_attr(miri, ignore = "Miri takes minutes for so many units")]
fn a_pause_is_no_work() {
    let run = Simulated { pause: (6_000, 3_606_000), ..Simulated::new(vec![10_000; 800], 4) };
    let (_, end) = run.events();
    let now = 3_610_000;
    let (said, real) = (Progress::of(&run.at(now), now).eta.unwrap(), (end - now) as f64 / 1000.0);
    assert!((said - real).abs() / real < 0.2, "{said} s said, {real} s left");
    let paused = 3_000_000;
    let said = Progress::of(&run.at(paused), paused).eta.unwrap();
    assert!((said - real).abs() < 10.0, "{said} s said in the pause");
}

#[test]
fn nothing_is_said_before_the_first_partition_and_nothing_is_whole_before_the_end() {
    let run = Simulated::new(vec![1_000; 8], 4);
    let none = Run { begun: begun("r"), tables: Vec::new(), ended: None };
    assert_eq!(Progress::of(&none, 5).phase, Phase::Planning);
    let first = Progress::of(&run.at(1_000), 1_005);
    assert_eq!((first.phase, first.eta, first.share, first.rate), (Phase::Copying, None, 0.0, None));
    let (_, end) = run.events();
    let mut all = run.at(end);
    let last = Progress::of(&all, end + 1);
    assert_eq!((last.phase, last.share), (Phase::Verifying, 0.99));
    assert_eq!((last.rows, last.bytes, last.verified), (8_000, 64_000, 8));
    let ended = |at, failure: Option<&str>| {
        Some(Ended { at, failure: failure.map(str::to_owned), is_skipped: false, sum: None })
    };
    take(&mut all, Record::Ended(ended(end + 10, None).unwrap())).unwrap();
    let done = Progress::of(&all, end + 99);
    assert_eq!((done.phase, done.share, done.eta), (Phase::Done, 1.0, Some(0.0)));
    let failed = Run { ended: ended(end, Some("x")), ..run.at(1_050) };
    let failed = Progress::of(&failed, end);
    assert_eq!((failed.phase, failed.eta), (Phase::Stopped, None));
    assert!(failed.share < 1.0);
}

#[test]
fn a_line_says_all_of_it() {
    let run = Simulated::new(vec![1_000_000; 40], 4);
    let (_, end) = run.events();
    let now = 1_000 + (end - 1_000) / 2;
    let line = Progress::of(&run.at(now), now).to_string();
    assert_eq!(line, "copying, 20 of 40 partitions, 20000000 rows, 160.0 MB, 3.2 MB/s, 50 %, 51 s left");
    assert_eq!(left(Some(199.2)), "3 min 20 s left");
    assert_eq!(left(Some(7_500.0)), "2 h 05 min left");
}

#[test]
fn journals_of_before_tell_no_effort_and_are_read() {
    let old = br#"{"Unit":{"table":0,"unit":0,"at":5,"event":{"Intended":{"before":"0:0","gone":"0:0","sent":"3:a"}}}}"#;
    let mut run = Run { begun: begun("r"), tables: Vec::new(), ended: None };
    take(&mut run, Record::Table(plan(1))).unwrap();
    take(&mut run, serde_json::from_slice(old).unwrap()).unwrap();
    let unit = &run.tables[0].units[0];
    assert_eq!((unit.began, unit.tries, unit.sent, unit.effort), (Some(5), 1, 3, None));
    let newer = br#"{"Unit":{"table":0,"unit":0,"at":9,"event":"Verified","effort":null,"mood":"good"}}"#;
    take(&mut run, serde_json::from_slice(newer).unwrap()).unwrap();
    assert_eq!(Progress::of(&run, 10).verified, 1);
}
