//! Who reads what, in every order.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::data::{Column, Type};
use crate::error::{Error, Kind};

const ROW: usize = 8;

/// One in which nobody waits.
fn room(budget: usize) -> Arc<Room> {
    Room::new(budget, Duration::ZERO)
}

fn rows(count: usize) -> Batch {
    let column = Column::fixed(Type::Long, vec![7u8; count * ROW]);
    Batch { rows: count, columns: vec![("x".to_owned(), column)] }
}

fn queries(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("select {number}")).collect()
}

/// Reads `query` at `seat`, and says whether that took a read.
fn is_read(seat: &Seat, query: &str) -> bool {
    let mut is_read = false;
    let got = seat.read(query, || {
        is_read = true;
        Ok(rows(1))
    });
    assert_eq!(got.unwrap().rows, 1);
    is_read
}

fn held(room: &Room) -> usize {
    let shelf = room.shelf.lock();
    let all = shelf.wishes.values().filter_map(|wish| wish.rows.as_ref());
    assert_eq!(
        (shelf.held, shelf.kept.len()),
        (all.clone().map(|(_, rows)| rows.byte_len()).sum(), all.count())
    );
    shelf.held
}

#[test]
fn one_reads_for_all_who_asked_and_nothing_stays() {
    let room = room(100);
    let seats = [room.seat(), room.seat(), room.seat()];
    seats.iter().for_each(|seat| seat.announce(queries(2)));
    assert!(is_read(&seats[1], "select 1"));
    assert_eq!((seats[0].at_hand(), seats[1].at_hand(), held(&room)), (Some(1), None, ROW));
    assert!(!is_read(&seats[0], "select 1") && !is_read(&seats[2], "select 1"));
    assert_eq!((seats[0].at_hand(), held(&room)), (None, 0));
    assert!(is_read(&seats[1], "select 1"), "it is not wanted any more");
    assert_eq!(held(&room), 0);
}

#[test]
fn nobody_gets_rows_that_are_older_than_its_wish() {
    let room = room(100);
    let (early, late) = (room.seat(), room.seat());
    let third = room.seat();
    early.announce(queries(1));
    third.announce(queries(1));
    let during = early.read("select 0", || {
        late.announce(queries(1));
        Ok(rows(1))
    });
    assert!(during.is_ok() && late.at_hand().is_none());
    assert!(is_read(&late, "select 0") && !is_read(&third, "select 0"));
    assert_eq!(held(&room), 0);
}

#[test]
fn who_lags_reads_again_what_the_room_could_not_keep() {
    let room = room(2 * ROW);
    let (quick, slow) = (room.seat(), room.seat());
    [&quick, &slow].iter().for_each(|seat| seat.announce(queries(4)));
    assert!(queries(4).iter().all(|query| is_read(&quick, query)));
    assert_eq!((held(&room), slow.at_hand()), (2 * ROW, Some(2)));
    let read: Vec<bool> = queries(4).iter().map(|query| is_read(&slow, query)).collect();
    assert_eq!(read, [true, true, false, false]);
    assert_eq!(held(&room), 0);
    [&quick, &slow].iter().for_each(|seat| seat.announce(queries(1)));
    quick.read("select 0", || Ok(rows(3))).map(drop).unwrap();
    assert_eq!((held(&room), slow.at_hand()), (0, None), "more than it keeps");
}

#[test]
fn what_only_those_who_left_had_wanted_is_dropped() {
    let room = room(100);
    let (stays, goes) = (room.seat(), room.seat());
    [&stays, &goes].iter().for_each(|seat| seat.announce(queries(3)));
    assert!(is_read(&stays, "select 0") && is_read(&goes, "select 1"));
    drop(goes);
    assert_eq!((held(&room), stays.at_hand()), (ROW, Some(1)));
    assert!(is_read(&stays, "select 2") && !is_read(&stays, "select 1"));
    assert_eq!((held(&room), room.shelf.lock().wishes.len()), (0, 0));
}

#[test]
fn a_read_that_fails_is_the_failure_of_who_made_it() {
    let room = room(100);
    let (one, other) = (room.seat(), room.seat());
    [&one, &other].iter().for_each(|seat| seat.announce(queries(1)));
    let failed = one.read("select 0", || Err(Error::new(Kind::Network, "the line broke")));
    assert!(failed.is_err() && is_read(&other, "select 0"));
}

#[test]
fn two_or_more_at_once_read_each_query_once() {
    for count in [2, 3, 5] {
        let (room, reads) = (Room::new(usize::MAX, Duration::from_secs(60)), AtomicUsize::new(0));
        let seats: Vec<_> = (0..count).map(|_| room.seat()).collect();
        thread::scope(|scope| {
            for seat in &seats {
                scope.spawn(|| {
                    seat.announce(queries(50));
                    for query in queries(50) {
                        let read = || {
                            reads.fetch_add(1, Ordering::Relaxed);
                            // The others come meanwhile.
                            (0..20).for_each(|_| thread::yield_now());
                            Ok(rows(1))
                        };
                        assert_eq!(seat.read(&query, read).unwrap().rows, 1);
                    }
                });
            }
        });
        assert_eq!((reads.into_inner(), held(&room)), (50, 0), "{count}");
    }
}

#[test]
fn who_comes_early_waits_for_the_others() {
    let room = Room::new(100, Duration::from_secs(3600));
    let (one, other, gone) = (room.seat(), room.seat(), room.seat());
    thread::scope(|scope| {
        let waiting = [&one, &other].map(|seat| scope.spawn(|| seat.announce(queries(2))));
        drop(gone);
        waiting.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert!(is_read(&one, "select 0") && !is_read(&other, "select 0"));
    one.announce([]);
    room.shelf.lock().expect_no_longer(2);
    one.announce(queries(1));
}

#[test]
fn nobody_is_waited_for_in_vain_twice() {
    let room = room(100);
    let (quick, slow) = (room.seat(), room.seat());
    let is_late = || room.shelf.lock().readers[&slow.number].is_late;
    quick.announce([]);
    assert!(!is_late(), "there was nothing to read");
    quick.announce(queries(2));
    assert!(is_late());
    slow.announce(["something else".to_owned()]);
    assert!(is_late(), "it is elsewhere");
    slow.announce(queries(1));
    assert!(!is_late(), "it is here");
    assert_eq!(room.shelf.lock().readers[&slow.number].pass, 2);
}

#[test]
fn a_reader_to_whom_the_source_is_silent_holds_nobody_up_for_ever() {
    let mut room = room(100);
    Arc::get_mut(&mut room).expect("nobody sits yet").reading = Duration::from_millis(10);
    let seats = [room.seat(), room.seat()];
    seats.iter().for_each(|seat| seat.announce(queries(1)));
    let got = seats[0].read("select 0", || {
        assert!(is_read(&seats[1], "select 0"), "while the first one still waits");
        Ok(rows(1))
    });
    assert_eq!((got.unwrap().rows, held(&room)), (1, 0));
}
