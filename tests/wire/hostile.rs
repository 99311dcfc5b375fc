//! A peer that sends anything at all costs neither the process nor its memory.
use clustersync::data::Datum;
use clustersync::error::{Error, Kind};
use clustersync::wire::codec::{Reader, Request, decode, read_reply};
use proptest::prelude::*;

use crate::fixture::exchanges;

const REPLIES: &[&str] = &[
    "py_get_msg",
    "py_get_vector_SYMBOLBASE",
    "py_get_vector_ANY",
    "py_get_dict_ordered",
    "py_get_scalar_FUNCTIONDEF",
    "py_appender_dfs",
    "py_table_t_default",
];

fn reply(bytes: &[u8]) -> Result<Option<Datum>, Error> {
    let mut reader = Reader::new(bytes);
    match read_reply(&mut reader, &mut |_| {})?.outcome {
        Ok(true) => decode(&mut reader).map(Some),
        _ => Ok(None),
    }
}

fn object(bytes: &[u8]) -> Error {
    decode(&mut Reader::new(bytes)).unwrap_err()
}

/// The most virtual memory that this process ever had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[test]
fn a_reply_cut_anywhere_is_an_error() {
    for name in REPLIES {
        let server = &exchanges(name)[0].server;
        for cut in 0..server.len() {
            assert!(reply(&server[..cut]).is_err(), "{name} at {cut}");
        }
    }
}

#[test]
fn a_reply_with_any_byte_changed_is_survived() {
    for name in REPLIES {
        let server = &exchanges(name)[0].server;
        for at in 0..server.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, server[at] ^ 0x10] {
                let mut changed = server.clone();
                changed[at] = value;
                let _survived = reply(&changed);
            }
        }
    }
}

#[test]
fn announced_sizes_take_no_memory() {
    const MOST: [u8; 4] = i32::MAX.to_le_bytes();
    let one = [1, 0, 0, 0];
    let of = |parts: &[&[u8]]| parts.concat();
    let before = peak();
    let cases = [
        of(&[&[19, 1], &MOST, &one]),
        of(&[&[18, 1], &MOST, &one]),
        of(&[&[25, 1], &MOST, &one]),
        of(&[&[145, 1], &MOST, &one, &one, &MOST]),
        of(&[&[145, 1], &MOST, &one, &one, &one, &[0]]),
        of(&[&[0, 6], &MOST, &MOST, &[0]]),
        of(&[&[0, 6], &MOST, &one, &[0, b'a', 0, 19, 1], &MOST, &one]),
        of(&[&[25, 5, 18, 1], &MOST, &one]),
    ];
    for bytes in cases {
        assert_eq!(object(&bytes).kind(), Kind::Network, "{bytes:?}");
    }
    assert!(peak() - before < 4 << 30, "took {} MiB", (peak() - before) >> 20);
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let negative = [&[4, 1][..], &(-1i32).to_le_bytes(), &[1, 0, 0, 0]].concat();
    assert_eq!(object(&negative).kind(), Kind::Protocol);
    let uneven: &[u8] = &[0, 6, 2, 0, 0, 0, 1, 0, 0, 0, 0, b'a', 0, 1, 1, 3, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1];
    assert_eq!(object(uneven).message(), "column `a`: the length differs from the 2 rows of its table");
    let scalar_column: &[u8] = &[0, 6, 1, 0, 0, 0, 1, 0, 0, 0, 0, b'a', 0, 1, 0, 1];
    assert_eq!(object(scalar_column).message(), "column `a`: a BOOL scalar cannot be transferred yet");
    let keys: &[u8] = &[25, 5, 18, 1, 1, 0, 0, 0, 1, 0, 0, 0, b'k', 0, 25, 1, 0, 0, 0, 0, 1, 0, 0, 0];
    assert_eq!(object(keys).message(), "a dictionary has 1 keys and 0 values");
}

#[test]
fn nesting_has_an_end() {
    let item = [25, 1, 1, 0, 0, 0, 1, 0, 0, 0];
    assert!(object(&item.repeat(1_000_000)).message().contains("nested deeper"));
    assert!(object(&[4, 4].repeat(1_000_000)).message().contains("nested deeper"));
    assert!(object(&[25, 5].repeat(1_000_000)).message().contains("nested deeper"));
    let siblings = [&[25, 1, 100, 0, 0, 0, 1, 0, 0, 0][..], &[0; 300]].concat();
    assert!(decode(&mut Reader::new(&siblings[..])).is_ok());
}

proptest! {
    #[test]
    fn garbage_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _survived = (decode(&mut Reader::new(&bytes[..])), reply(&bytes));
        let _survived = Request::decode(&mut Reader::new(&bytes[..]));
    }

    #[test]
    fn likely_garbage_is_survived(
        form in 0..8u8, ty in any::<u8>(), bytes in proptest::collection::vec(0..4u8, 0..400),
    ) {
        let _survived = decode(&mut Reader::new(&[&[ty, form], &bytes[..]].concat()[..]));
    }
}
