//! What may happen to the bytes of a journal.
use proptest::prelude::*;

use super::super::frame::{HEAD, frame, head};
use super::crash::Memory;
use super::*;

/// A whole run: a plan, a unit verified, a unit broken, and an end.
fn whole() -> Vec<u8> {
    let memory = Memory::default();
    let mut journal = Journal::begin(Box::new(memory.clone()), begun("r1")).unwrap();
    assert_eq!(journal.plan(plan(3)).unwrap(), 0);
    journal.note((0, 0), Event::Intended(intent()), "").unwrap();
    journal.note((0, 2), Event::Intended(intent()), "").unwrap();
    journal.note((0, 0), Event::Verified, "").unwrap();
    journal.note((0, 2), Event::Broken, "the line broke").unwrap();
    journal.end(Some("unit 2 is doubtful")).unwrap();
    memory.synced()
}

#[test]
fn a_journal_tells_what_was_noted() {
    let run = replay(&whole()).unwrap().unwrap();
    assert_eq!(run.begun, begun("r1"));
    assert_eq!(run.tables[0].plan, plan(3));
    let states: Vec<State> = run.tables[0].units.iter().map(|unit| unit.state).collect();
    assert_eq!(states, [State::Verified, State::Waiting, State::Doubtful(intent())]);
    assert_eq!(run.tables[0].units[2].note, "the line broke");
    assert_eq!(run.ended.unwrap().failure.unwrap(), "unit 2 is doubtful");
}

#[test]
fn a_torn_end_is_left_out_wherever_it_tore() {
    let bytes = whole();
    let mut seen = 0;
    for length in 0..=bytes.len() {
        let run = replay(&bytes[..length]).unwrap_or_else(|damage| panic!("{length}: {damage}"));
        let noted = run.map_or(0, |run| {
            1 + run.tables.len()
                + run.tables.iter().flat_map(|table| &table.units).filter(|unit| unit.at.is_some()).count()
                + usize::from(run.ended.is_some())
        });
        assert!(noted >= seen, "at {length} less is known than before");
        seen = noted;
        // The file may have grown before its bytes arrived.
        let mut zeros = bytes[..length].to_vec();
        zeros.resize(bytes.len() + 100, 0);
        if length >= HEAD {
            assert_eq!(replay(&zeros), replay(&bytes[..length]), "{length}");
        }
    }
    assert_eq!(seen, 5);
}

#[test]
fn every_flipped_bit_before_the_last_frame_is_refused() {
    let bytes = whole();
    let last = bytes.len() - frame(&last_payload(&bytes)).len();
    for at in 0..last {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let damage = replay(&damaged).expect_err(&format!("byte {at}"));
        if at >= HEAD {
            let Damage::At(offset) = damage else { panic!("{at}: {damage:?}") };
            assert!(offset <= at && damage.to_string().contains(&offset.to_string()));
        }
    }
}

fn last_payload(bytes: &[u8]) -> Vec<u8> {
    let payloads = super::super::frame::payloads(bytes).unwrap();
    payloads.last().unwrap().1.to_vec()
}

#[test]
fn another_version_and_another_file_are_refused() {
    let mut newer = [&b"CSYNCRUN"[..], &3u32.to_le_bytes()].concat();
    newer.extend(crc32c::crc32c(&newer).to_le_bytes());
    assert_eq!(replay(&newer), Err(Damage::Version(3)));
    assert_eq!(replay(b"a diary of somebody else"), Err(Damage::Foreign));
    assert_eq!(replay(b"short"), Err(Damage::Foreign));
    assert_eq!(replay(b""), Ok(None));
}

#[test]
fn records_that_make_no_sense_are_refused_with_their_offset() {
    let begun = serde_json::to_vec(&super::super::record::Record::Begun(begun("r"))).unwrap();
    let second = HEAD + frame(&begun).len();
    let unit = br#"{"Unit":{"table":0,"unit":0,"at":1,"event":"Verified"}}"#;
    for payload in [&begun[..], unit, b"{}", b"no text"] {
        let bytes = [head(), frame(&begun), frame(payload)].concat();
        assert_eq!(replay(&bytes), Err(Damage::Senseless(second)));
    }
    assert_eq!(replay(&[head(), frame(unit)].concat()), Err(Damage::Senseless(HEAD)));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = replay(&bytes);
        let _ = replay(&[head(), bytes].concat());
    }
}
