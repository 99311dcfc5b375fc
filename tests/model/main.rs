//! Random syncs against a simple model: tables of every shape, rows of strangers at the target, a
//! source that changes, and deaths, cuts, locks and lies at every place. After each call the target
//! must hold what the model says, and no call may have said success when it does not.
//!
//! `CLUSTERSYNC_SEEDS=1000..11000` runs other seeds than the usual ones, `CLUSTERSYNC_SEEDS=17` one of
//! them again.
mod act;
mod chaos;
#[path = "../common/mod.rs"]
mod common;
mod pick;
mod rows;
mod tally;
mod verdict;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use clustersync::failpoint;
use tally::Tally;
use world::{Pair, World};

const VARIABLE: &str = "CLUSTERSYNC_SEEDS";
const USUAL: Range<u64> = 0..300;
/// Runs pile up in a node's journals, and every call reads them.
const SEEDS_PER_PAIR: u64 = 20;

#[test]
fn the_target_is_what_the_model_says_whatever_happens() {
    let seeds = wanted();
    let (next, failed) = (AtomicU64::new(seeds.start), AtomicU64::new(u64::MAX));
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let tally = thread::scope(|scope| {
        let work = || work(&seeds, &next, &failed);
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).fold(Tally::default(), Tally::with)
    });
    println!("{tally}");
    let failed = failed.into_inner();
    assert!(failed == u64::MAX, "repeat it with: {VARIABLE}={failed} cargo test --test model");
    if seeds == USUAL {
        let missed: Vec<_> = failpoint::PLACES.iter().filter(|place| !tally.has_killed_at(place)).collect();
        assert!(missed.is_empty(), "nothing died at {missed:?}");
        assert!(tally.has_sliced(), "nothing went in slices");
    }
}

fn wanted() -> Range<u64> {
    let Ok(text) = std::env::var(VARIABLE) else { return USUAL };
    let number =
        |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("{VARIABLE}={text} is no number"));
    match text.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => number(&text)..number(&text) + 1,
    }
}

/// Plays seeds until none is left or one has failed.
fn work(seeds: &Range<u64>, next: &AtomicU64, failed: &AtomicU64) -> Tally {
    let mut tally = Tally::default();
    let mut pair = None;
    loop {
        let seed = next.fetch_add(1, Ordering::SeqCst);
        if seed >= seeds.end || failed.load(Ordering::SeqCst) != u64::MAX {
            return tally;
        }
        if tally.seeds % SEEDS_PER_PAIR == 0 {
            pair = None;
        }
        let pair = pair.get_or_insert_with(Pair::start);
        tally.seeds += 1;
        let play = AssertUnwindSafe(|| World::new(seed, pair, &mut tally).play());
        if catch_unwind(play).is_err() {
            eprintln!("seed {seed} failed");
            failed.fetch_min(seed, Ordering::SeqCst);
            return tally;
        }
    }
}
