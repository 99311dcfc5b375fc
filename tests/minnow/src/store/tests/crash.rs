//! A process that dies at any point leaves whole commits and nothing else.
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

const ROWS: i32 = 40;

/// One append of `ROWS` rows that say which append they came with, over several chunks.
fn batch(number: i32) -> Table {
    let words = ["", "one", "twelve"];
    rows([
        ints((0..ROWS).map(|i| i % 5)),
        ints(vec![number; ROWS as usize]),
        texts((0..ROWS).map(|i| words[(i % 3) as usize])),
    ])
}

fn table(store: &Store) -> Arc<PartitionedTable> {
    create(store, vec![hash(Type::Int, 5)], &[("k", Type::Int), ("batch", Type::Int), ("s", Type::String)])
}

/// Fails unless every append is there whole or not at all; how many are there.
fn whole_batches(table: &PartitionedTable) -> usize {
    let found = sorted(&everything(table), 1);
    let parts: Vec<&[i64]> = found.chunk_by(|a, b| a == b).collect();
    assert!(parts.iter().all(|part| part.len() == ROWS as usize), "a torn append is visible");
    let in_order = parts.iter().zip(0..).all(|(part, number)| part[0] == number);
    assert!(in_order, "an earlier append is lost");
    parts.len()
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
    let (records, data) = (fs::read(&log).unwrap(), fs::read(log.with_file_name("data")).unwrap());
    for cut in 0..=records.len() {
        fs::write(&log, &records[..cut]).unwrap();
        fs::write(log.with_file_name("data"), &data).unwrap();
        let table = reopened(home.path());
        let expected = ends.iter().filter(|end| **end <= cut as u64).count() - 1;
        assert_eq!(whole_batches(&table), expected, "log cut at {cut}");
        table.append(&batch(expected as i32)).unwrap();
        assert_eq!(whole_batches(&reopened(home.path())), expected + 1, "append after cut at {cut}");
    }
}

#[test]
fn bytes_that_no_commit_names_are_not_rows() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("a%2Fb/t/log");
    let data = log.with_file_name("data");
    let table = table(&Store::open(home.path()).unwrap());
    table.append(&batch(0)).unwrap();
    let (record, committed) = (fs::read(&log).unwrap(), fs::read(&data).unwrap());
    table.append(&batch(1)).unwrap();
    let both = fs::read(&data).unwrap();
    for cut in (committed.len()..both.len()).step_by(7) {
        fs::write(&log, &record).unwrap();
        fs::write(&data, &both[..cut]).unwrap();
        assert_eq!(whole_batches(&reopened(home.path())), 1);
        assert_eq!(fs::read(&data).unwrap(), committed);
    }
    fs::write(&data, &committed[..committed.len() - 1]).unwrap();
    assert!(Store::open(home.path()).is_err(), "committed bytes are missing");
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

/// Not a test of its own: the process that the next one kills.
#[test]
#[ignore = "runs as the child of `a_killed_writer_leaves_whole_appends`"]
fn child_that_appends_until_killed() {
    let Some(home) = std::env::var_os("MINNOW_CRASH_HOME") else { return };
    let table = reopened(Path::new(&home));
    let first = whole_batches(&table) as i32;
    // Bounded, so that it ends even if nobody kills it.
    for number in first..first + 5_000 {
        assert_eq!(table.append(&batch(number)).unwrap(), ROWS as usize);
    }
}

#[test]
fn a_killed_writer_leaves_whole_appends() {
    let home = tempfile::tempdir().unwrap();
    let mut count = whole_batches(&table(&Store::open(home.path()).unwrap()));
    let log = home.path().join("a%2Fb/t/log");
    for round in 0..6u64 {
        let before = fs::metadata(&log).unwrap().len();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["store::tests::crash::child_that_appends_until_killed", "--exact", "--ignored"])
            .env("MINNOW_CRASH_HOME", home.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // The child is at work once the log has grown; then it dies at some other moment each time.
        while fs::metadata(&log).unwrap().len() <= before {
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(137 * round * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = whole_batches(&reopened(home.path()));
        assert!(now > count);
        count = now;
    }
}
