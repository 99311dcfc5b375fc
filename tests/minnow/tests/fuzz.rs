//! Random input for what reads a stranger's bytes: the codec, the parser, the server's door. The
//! same few thousand cases always; `MINNOW_FUZZ_SECONDS=600 cargo test -p minnow --test fuzz --
//! --ignored` goes on with others for so long.
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use common::Running;
use minnow::wire::{read_object, write_object};

/// More memory than this no input may make a process take, in KiB.
const MOST_KIB: u64 = 1 << 19;

/// splitmix64: a case is its number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % below.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }
}

/// Objects that vendor clients accepted: what the server's side of each fixture says after `OK`.
fn objects() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let hex: String = text.lines().filter_map(|line| line.strip_prefix('S')).map(str::trim).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = hex.as_bytes().chunks(2).map(byte).collect();
        if let Some(start) = bytes.windows(3).position(|window| window == b"OK\n") {
            all.push(bytes[start + 3..].to_vec());
        }
    }
    assert!(all.len() > 30);
    all
}

/// Numbers that are a length or a count in no honest message.
const ODD: [[u8; 4]; 6] =
    [[0xff, 0xff, 0xff, 0x7f], [0xff; 4], [0, 0, 0, 0x80], [0, 0, 1, 0], [0; 4], [0xff, 0xff, 0, 0]];

/// One to four changes: a byte, a number, a cut, a piece twice, a piece of another one.
fn broken(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = dice.pick(seeds).clone();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len() + 1);
        match dice.roll(6) {
            0 if at < bytes.len() => bytes[at] = dice.roll(256) as u8,
            1 if at + 4 <= bytes.len() => bytes[at..at + 4].copy_from_slice(dice.pick::<[u8; 4]>(&ODD)),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, dice.roll(256) as u8),
            4 => {
                let end = at + dice.roll(bytes.len() - at + 1);
                bytes.extend_from_within(at..end);
            }
            _ => {
                let other = dice.pick(seeds);
                let from = dice.roll(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
    bytes
}

/// What can be read can be written, and what was written can be read.
fn try_object(bytes: &[u8]) {
    let Ok(value) = read_object(&mut &*bytes) else { return };
    let mut written = Vec::new();
    write_object(&mut written, &value).unwrap();
    read_object(&mut &*written).unwrap_or_else(|error| panic!("written, but not to be read: {error}"));
}

const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    ",",
    ";",
    ":",
    "::",
    "..",
    ".",
    "->",
    "=",
    "==",
    "!",
    "!=",
    "&&",
    "||",
    "+",
    "-",
    "*",
    "/",
    "\\",
    "%",
    "$",
    "`",
    "`a",
    "\"",
    "'",
    "\"text\"",
    "_\"quoted\"",
    "//",
    "/*",
    "*/",
    "\n",
    " ",
    "1",
    "2.5",
    "1e",
    "0x",
    "00i",
    "7d",
    "3M",
    "09:30m",
    "2013.01.01",
    "2013.01.01T09:30:00.001",
    "2013.13.77",
    "99999999999999999999",
    "def",
    "mutable",
    "if",
    "else",
    "for",
    "in",
    "while",
    "do",
    "try",
    "catch",
    "throw",
    "return",
    "break",
    "go",
    "use",
    "share",
    "as",
    "undef",
    "all",
    "select",
    "exec",
    "top",
    "distinct",
    "from",
    "where",
    "group",
    "context",
    "by",
    "csort",
    "having",
    "order",
    "desc",
    "limit",
    "insert",
    "into",
    "values",
    "update",
    "set",
    "delete",
    "and",
    "or",
    "not",
    "like",
    "between",
    "x",
    "t",
    "f",
    "append!",
    "INT",
    "INT[]",
    "DECIMAL64(4)",
    "NULL",
    "true",
    "é",
    "\u{0}",
    "\u{fffd}",
    "中",
];

/// Pieces of the language in any order.
fn soup(dice: &mut Dice) -> String {
    (0..dice.roll(60)).map(|_| *dice.pick(PIECES)).flat_map(|piece| [piece, " "]).collect()
}

/// A script as users write it, with some characters gone, doubled or replaced by a piece.
fn misspelled(dice: &mut Dice) -> String {
    const SCRIPTS: [&str; 3] = [
        "def f(a, mutable b=10) { for (i in 1..3) { try { b += f{i, } } catch (e) { throw e[1] } }; return a }",
        "t = table(1 2 as id, `a`b as s); update t set id = id * 2 where s like \"a%\"; insert into t (id) values (3)",
        "select top 2 s as x, sum(id) from t where id between 1:2, d > 2013.01.01 group by s having count(*) > 1 order by s desc limit 3",
    ];
    let mut letters: Vec<char> = dice.pick(&SCRIPTS).chars().collect();
    for _ in 0..=dice.roll(5) {
        let at = dice.roll(letters.len());
        match dice.roll(3) {
            0 => drop(letters.remove(at)),
            1 => letters.insert(at, letters[at]),
            _ => drop(letters.splice(at..=at, dice.pick(PIECES).chars())),
        }
    }
    letters.into_iter().collect()
}

/// The parser answers with a tree or an error; a block of statements is read as a function's body.
fn try_script(text: &str) {
    let _ = minnow::script::parse(text);
    let _ = minnow::script::parse(&format!("(def () {{ {text}\n }})"));
}

/// One case: both readers; the panic of either is told with the case.
fn case(number: u64, seeds: &[Vec<u8>]) {
    let mut dice = Dice(number);
    let bytes = broken(&mut dice, seeds);
    let texts = [soup(&mut dice), misspelled(&mut dice)];
    let work = || {
        try_object(&bytes);
        texts.iter().for_each(|text| try_script(text));
    };
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        panic!("case {number} panics: {bytes:02x?} {texts:?}");
    }
}

/// The most memory that a process has had, in KiB.
fn peak(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn no_bytes_and_no_text_make_a_reader_panic_or_take_all_memory() {
    let seeds = objects();
    (0..5_000).for_each(|number| case(number, &seeds));
    assert!(peak("self") < MOST_KIB, "{} KiB", peak("self"));
}

/// What a node answers to bytes, if it answers; it must do so or hang up.
fn knock(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // It may hang up before it has heard everything.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => answer,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => answer,
        Err(error) => panic!("neither answered nor hung up on: {error}; {bytes:02x?}"),
    }
}

/// A whole request around an object, then broken.
fn request(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let body = *dice.pick(&[
        "variable\nx\n1\n1",
        "function\ntypestr\n1\n1",
        "function\nsize{}\n1\n1\n",
        "script\n1+1",
        "connect\n",
    ]);
    let flags = *dice.pick(&["", " / 32_1_4_64__0", " / 0_1_4_64__8192", " / 36_1_4_2"]);
    let length = if dice.roll(20) == 0 { dice.roll(1 << 31) } else { body.len() };
    let head = format!("API2 {} {length}{flags}\n{body}", dice.roll(3)).into_bytes();
    let whole = [head, broken(dice, seeds)].concat();
    if dice.roll(3) == 0 { broken(dice, &[whole]) } else { whole }
}

fn is_served(port: u16) -> bool {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"API2 0 8\nconnect\n").unwrap();
    let mut lines = BufReader::new(stream).lines();
    lines.nth(1).is_some_and(|line| line.is_ok_and(|line| line == "OK"))
}

fn knock_often(node: &mut Running, numbers: impl Iterator<Item = u64>) {
    let seeds = objects();
    for number in numbers {
        let answer = knock(node.port, &request(&mut Dice(number), &seeds));
        let said = String::from_utf8_lossy(&answer);
        assert!(!said.contains("panicked"), "request {number}: {said}");
        assert!(node.process.try_wait().unwrap().is_none(), "request {number} ends the node");
    }
    assert!(is_served(node.port));
    let peak = peak(&node.process.id().to_string());
    assert!(peak < MOST_KIB, "{peak} KiB");
}

#[test]
fn no_request_kills_a_node() {
    knock_often(&mut Running::start(), 0..1_000);
}

/// How many files this process may have open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(1 << 20)
}

/// Half-open clients take their places and no more; whoever comes when they are gone is served.
fn knock_half(count: usize) {
    let node = Running::start();
    let most = open_files() - 100;
    let mut open = std::collections::VecDeque::new();
    for number in 0..count {
        let mut stream = TcpStream::connect(("127.0.0.1", node.port)).unwrap();
        // A node that is full hangs up at once.
        let _ = stream.write_all(&b"API2 0 100\nscript\n1"[..number % 19]);
        open.push_back(stream);
        if open.len() > most {
            open.pop_front();
        }
    }
    drop(open);
    // Their places come free as the node hears of their end.
    let end = Instant::now() + Duration::from_secs(60);
    while !is_served(node.port) {
        assert!(Instant::now() < end, "nobody is served any more");
    }
    assert!(peak(&node.process.id().to_string()) < MOST_KIB);
}

#[test]
fn half_open_connections_leave_a_node_alive() {
    knock_half(1_000);
}

#[test]
#[ignore = "a soak: MINNOW_FUZZ_SECONDS, by default ten minutes"]
fn soak() {
    let seconds = std::env::var("MINNOW_FUZZ_SECONDS").map_or(600, |text| text.parse().unwrap());
    knock_half(10_000);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (seeds, mut node) = (objects(), Running::start());
    let mut number = 1_000_000;
    while Instant::now() < end {
        (number..number + 2_000).for_each(|number| case(number, &seeds));
        knock_often(&mut node, number..number + 100);
        number += 2_000;
    }
    println!("{} cases, {} KiB", number - 1_000_000, peak("self"));
}
