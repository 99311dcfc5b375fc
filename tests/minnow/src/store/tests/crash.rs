//! A process that dies at any point, or loses its power, leaves whole commits and nothing else:
//! every append that was acknowledged, and no half of another.
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use super::*;

const ROWS: i32 = 40;
const WRITERS: i32 = 3;

/// One append of `ROWS` rows that say which append they came with, over three chunks of `writer`'s.
fn batch_of(writer: i32, number: i32) -> Table {
    let words = ["", "one", "twelve"];
    rows([
        ints((0..ROWS).map(|i| writer * 3 + i % 3)),
        ints(vec![number; ROWS as usize]),
        texts((0..ROWS).map(|i| words[(i % 3) as usize])),
    ])
}

fn batch(number: i32) -> Table {
    batch_of(0, number)
}

fn table(store: &Store) -> Arc<PartitionedTable> {
    let levels = vec![hash(Type::Int, 3 * WRITERS as u32)];
    create(store, levels, &[("k", Type::Int), ("batch", Type::Int), ("s", Type::String)])
}

/// The appends that are there. Fails unless each is there whole.
fn batches(table: &PartitionedTable) -> BTreeSet<i64> {
    let found = sorted(&everything(table), 1);
    let parts: Vec<&[i64]> = found.chunk_by(|a, b| a == b).collect();
    assert!(parts.iter().all(|part| part.len() == ROWS as usize), "a torn append is visible");
    parts.iter().map(|part| part[0]).collect()
}

/// How many appends are there, which must be the first ones.
fn whole_batches(table: &PartitionedTable) -> usize {
    let found = batches(table);
    assert!(found.iter().zip(0..).all(|(number, place)| *number == place), "an earlier append is lost");
    found.len()
}

#[test]
fn a_log_cut_anywhere_keeps_the_commits_before_the_cut() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("a%2Fb/t/log");
    let table = table(&Store::open(home.path()).unwrap());
    let mut ends = vec![0];
    for number in 0..3 {
        table.append(&batch(number)).unwrap();
        ends.push(fs::metadata(&log).unwrap().len());
    }
    let records = fs::read(&log).unwrap();
    for cut in (0..=records.len()).step_by(3).chain(ends.iter().map(|end| *end as usize)) {
        fs::write(&log, &records[..cut]).unwrap();
        let table = reopened(home.path());
        let expected = ends.iter().filter(|end| **end <= cut as u64).count() - 1;
        assert_eq!(whole_batches(&table), expected, "log cut at {cut}");
        table.append(&batch(expected as i32)).unwrap();
        assert_eq!(whole_batches(&reopened(home.path())), expected + 1, "append after cut at {cut}");
    }
}

/// Pages that were not durable may be lost one by one.
#[test]
fn a_hole_in_the_last_record_takes_that_record_only() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("a%2Fb/t/log");
    let table = table(&Store::open(home.path()).unwrap());
    table.append(&batch(0)).unwrap();
    let first = fs::metadata(&log).unwrap().len() as usize;
    table.append(&batch(1)).unwrap();
    let records = fs::read(&log).unwrap();
    for hole in (first..records.len()).step_by(5) {
        let mut torn = records.clone();
        torn[hole..].iter_mut().take(5).for_each(|byte| *byte = !*byte);
        fs::write(&log, &torn).unwrap();
        assert_eq!(whole_batches(&reopened(home.path())), 1, "hole at {hole}");
        assert_eq!(fs::read(&log).unwrap(), records[..first]);
    }
}

#[test]
fn damage_before_the_end_of_the_log_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("a%2Fb/t/log");
    let table = table(&Store::open(home.path()).unwrap());
    (0..2).for_each(|number| assert_eq!(table.append(&batch(number)).unwrap(), ROWS as usize));
    let mut records = fs::read(&log).unwrap();
    records[20] ^= 1;
    fs::write(&log, &records).unwrap();
    assert!(Store::open(home.path()).unwrap_err().text.contains("damaged"));
}

#[test]
fn half_made_databases_and_tables_are_swept() {
    let home = tempfile::tempdir().unwrap();
    table(&Store::open(home.path()).unwrap());
    fs::create_dir_all(home.path().join(".new/x")).unwrap();
    fs::create_dir_all(home.path().join("a%2Fb/.new")).unwrap();
    fs::create_dir_all(home.path().join("a%2Fb/.old")).unwrap();
    let store = Store::open(home.path()).unwrap();
    assert_eq!((store.databases(), store.tables(URL).unwrap()), (vec![URL.to_owned()], vec!["t".to_owned()]));
    store.drop_table(URL, "t").unwrap();
    assert!(Store::open(home.path()).unwrap().tables(URL).unwrap().is_empty());
}

/// A full disk fails the append that finds it so and leaves nothing of it; when there is room
/// again, the node goes on.
#[test]
fn a_full_disk_fails_appends_and_leaves_nothing_of_them() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let table = table(&store);
    let mut stored = 0;
    for room in (0..2_000).step_by(97) {
        store.disk().fail_after(room, Trouble::Full);
        match table.append(&batch(stored)) {
            Ok(_) => stored += 1,
            Err(error) => assert!(error.text.contains("No space left"), "{error}"),
        }
        store.disk().heal();
        assert_eq!(whole_batches(&table), stored as usize, "room for {room}");
        assert_eq!(whole_batches(&reopened(home.path())), stored as usize, "room for {room}");
        table.append(&batch(stored)).unwrap();
        stored += 1;
    }
    assert!(stored > 21, "some appends have room");
}

/// splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// Concurrent appends go on while the file is copied again and again as a loss of power would
/// leave it: of what was not durable any page may be missing. Each copy must open with every append
/// that was acknowledged before, and no part of another.
#[test]
fn a_loss_of_power_takes_nothing_that_was_acknowledged() {
    const PAGE: usize = 512;
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let table = table(&store);
    let next = AtomicI32::new(0);
    let acknowledged = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (table, next, acknowledged) = (&table, &next, &acknowledged);
            scope.spawn(move || {
                for number in std::iter::repeat_with(|| next.fetch_add(1, Ordering::SeqCst)) {
                    if number >= 600 {
                        break;
                    }
                    table.append(&batch_of(writer, number)).unwrap();
                    acknowledged.lock().unwrap().insert(i64::from(number));
                }
            });
        }
        let mut dice = Dice(1);
        let mut before = BTreeSet::new();
        while before.len() < 600 {
            before.clone_from(&acknowledged.lock().unwrap());
            let (mut image, durable) = table.stored.chunks.image();
            for page in image[durable..].chunks_mut(PAGE) {
                if dice.below(2) == 0 {
                    page.fill(0);
                }
            }
            let other = tempfile::tempdir().unwrap();
            copy_tree(home.path(), other.path());
            fs::write(other.path().join("a%2Fb/t/log"), &image).unwrap();
            let found = batches(&reopened(other.path()));
            assert!(found.is_superset(&before), "of {before:?} only {found:?} are left");
        }
    });
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// Not a test of its own: the process that the next ones kill. It says which appends it was
/// acknowledged, and dies by itself after so many bytes if told so.
#[test]
#[ignore = "runs as the child of the tests that kill writers"]
fn child_that_appends_until_killed() {
    let Some(home) = std::env::var_os("MINNOW_CRASH_HOME") else { return };
    let store = Store::open(Path::new(&home)).unwrap();
    let table = store.table(URL, "t").unwrap();
    let first = batches(&table).last().map_or(0, |last| *last as i32 + 1);
    let bytes = std::env::var("MINNOW_CRASH_AFTER").ok().and_then(|bytes| bytes.parse().ok());
    if let Some(bytes) = bytes {
        store.disk().fail_after(bytes, Trouble::Death);
    }
    let next = AtomicI32::new(first);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (table, next) = (&table, &next);
            scope.spawn(move || {
                // Bounded, so that it ends even if nobody kills it.
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number > first + 5_000 {
                        break;
                    }
                    table.append(&batch_of(writer, number)).unwrap();
                    println!("\nacknowledged {number}");
                }
            });
        }
    });
}

/// Lets a child append until it dies, after `bytes` or by a signal `wait` after its first word;
/// returns what it was acknowledged.
fn killed(home: &Path, bytes: Option<u64>, wait: Duration) -> Vec<i64> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["store::tests::crash::child_that_appends_until_killed", "--exact", "--ignored", "--nocapture"])
        .env("MINNOW_CRASH_HOME", home)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(bytes) = bytes {
        command.env("MINNOW_CRASH_AFTER", bytes.to_string());
    }
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let numbers =
        lines.map_while(|line| line.ok()).filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok());
    let mut numbers = numbers.peekable();
    if bytes.is_none() {
        assert!(numbers.peek().is_some(), "the child ended by itself");
        std::thread::sleep(wait);
        child.kill().unwrap();
    }
    let acknowledged = numbers.collect();
    assert!(!child.wait().unwrap().success(), "the child must die");
    acknowledged
}

/// Kills the writers of one table so many times, half of them at a byte, half by a signal. After
/// each restart every acknowledged append is there, and no part of another.
fn kill_writers(times: u64, seed: u64) {
    let home = tempfile::tempdir().unwrap();
    table(&Store::open(home.path()).unwrap());
    let (mut acknowledged, mut dice) = (BTreeSet::new(), Dice(seed));
    for round in 0..times {
        let bytes = (round % 2 == 0).then(|| dice.below(40_000));
        let wait = Duration::from_micros(dice.below(3_000));
        acknowledged.extend(killed(home.path(), bytes, wait));
        let found = batches(&reopened(home.path()));
        assert!(found.is_superset(&acknowledged), "round {round}: an acknowledged append is lost");
        // Those that were under way may be there, one per writer and life.
        let more = found.len() - acknowledged.len();
        assert!(more as u64 <= (round + 1) * WRITERS as u64, "round {round}: {more} appends too many");
    }
}

#[test]
fn killed_writers_leave_what_was_acknowledged_and_no_half() {
    kill_writers(12, 7);
}

#[test]
#[ignore = "takes a minute or more"]
fn a_thousand_crash_points() {
    (0..40).for_each(|seed| kill_writers(25, seed));
}
