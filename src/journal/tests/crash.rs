//! A storage that crashes: what was written and what was synced are two images.
use std::io;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, unbounded};
use parking_lot::Mutex;

use super::*;

#[derive(Default)]
struct Images {
    written: Vec<u8>,
    synced: Vec<u8>,
    /// Calls that still work; nothing when all do.
    left: Option<usize>,
}

/// A file in memory whose owner can be taken away at any call.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Images>>);

impl Memory {
    fn dying_after(calls: usize) -> Self {
        let memory = Memory::default();
        memory.0.lock().left = Some(calls);
        memory
    }

    pub(super) fn synced(&self) -> Vec<u8> {
        self.0.lock().synced.clone()
    }

    /// Every prefix of what was written that reaches at least what was synced.
    fn images(&self) -> Vec<Vec<u8>> {
        let images = self.0.lock();
        (images.synced.len()..=images.written.len()).map(|end| images.written[..end].to_vec()).collect()
    }
}

impl Images {
    fn call(&mut self) -> io::Result<()> {
        match &mut self.left {
            Some(0) => Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Storage for Memory {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut images = self.0.lock();
        let outcome = images.call();
        // A disk that fills up takes a part.
        let taken = if outcome.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        images.written.extend_from_slice(taken);
        outcome
    }

    fn sync(&self) -> io::Result<()> {
        let mut images = self.0.lock();
        images.call()?;
        images.synced = images.written.clone();
        Ok(())
    }
}

/// Works through one unit and returns the last event whose note came back.
fn work(memory: &Memory) -> Option<Event> {
    let mut journal = Journal::begin(Box::new(memory.clone()), begun("r")).ok()?;
    journal.plan(plan(1)).ok()?;
    let mut last = None;
    for event in [
        Event::Intended(intent()),
        Event::Broken,
        Event::Looked(Found::Absent),
        Event::Intended(intent()),
        Event::Verified,
    ] {
        if journal.note((0, 0), event, "").is_err() {
            assert!(journal.end(None).is_err(), "nothing follows a record that failed");
            break;
        }
        last = Some(event);
    }
    last
}

#[test]
fn whatever_was_announced_survives_a_crash_at_every_call() {
    let complete = Memory::default();
    assert_eq!(work(&complete), Some(Event::Verified));
    for calls in 0..20 {
        let memory = Memory::dying_after(calls);
        let noted = work(&memory);
        for image in memory.images() {
            let run = replay(&image).unwrap_or_else(|damage| panic!("after {calls} calls: {damage}"));
            let state = run.and_then(|run| Some(run.tables.first()?.units[0].clone()));
            match noted {
                Some(Event::Intended(intent)) => {
                    let left = state.unwrap().left();
                    assert!([State::Doubtful(intent), State::Verified].contains(&left), "{calls}: {left:?}");
                }
                Some(Event::Verified) => assert_eq!(state.unwrap().state, State::Verified),
                _ => {}
            }
        }
    }
}

#[test]
fn what_was_seen_is_durable_with_the_next_announcement_and_leaves_no_gap() {
    let memory = Memory::default();
    let mut journal = Journal::begin(Box::new(memory.clone()), begun("r")).unwrap();
    journal.plan(plan(60)).unwrap();
    let states = |image: &[u8]| {
        let run = replay(image).unwrap().unwrap();
        run.tables[0].units.iter().map(UnitRun::left).collect::<Vec<_>>()
    };
    let mut unsynced = 0;
    for number in 0..60 {
        let effort = Effort { lane: 0, began: 0, tried: 1, bytes: 24 };
        journal.intend((0, number), intent(), effort).unwrap().settle().unwrap();
        for image in memory.images() {
            let states = states(&image);
            assert_eq!(states[..number], vec![State::Verified; number]);
            assert_eq!(states[number], State::Doubtful(intent()));
        }
        journal.saw((0, number), Event::Verified, Method::Native).unwrap();
        let images = memory.images();
        let (first, last) = (images.first().unwrap(), images.last().unwrap());
        assert!(first.len() == last.len() || first.len() / 4096 == last.len() / 4096);
        unsynced += usize::from(first.len() < last.len());
        for image in images {
            assert!([State::Doubtful(intent()), State::Verified].contains(&states(&image)[number]));
        }
    }
    assert!(unsynced > 40, "{unsynced} of 60 wait for the next");
    journal.settle().unwrap();
    assert_eq!(states(&memory.synced()), [State::Verified; 60]);
}

/// A disk that takes its time: every sync says that it has begun, and waits to be let go.
struct Slow(Sender<()>, Receiver<io::Result<()>>);

impl Storage for Slow {
    fn append(&self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.send(()).expect("the test looks");
        self.1.recv().expect("the test lets go")
    }
}

#[test]
fn who_waits_for_a_slow_disk_together_waits_once() {
    let full = || io::Error::new(io::ErrorKind::StorageFull, "no space left on device");
    for fails in [false, true] {
        let (beginning, begun_syncs) = unbounded();
        let (letting_go, let_go) = unbounded();
        // The head, the beginning and the plan are written one after the other.
        (0..3).for_each(|_| letting_go.send(Ok(())).unwrap());
        let disk = Box::new(Slow(beginning, let_go));
        let mut journal = Journal::begin(disk, begun("r")).unwrap();
        journal.plan(plan(3)).unwrap();
        assert_eq!(begun_syncs.try_iter().count(), 3);
        let effort = Effort { lane: 0, began: 0, tried: 1, bytes: 24 };
        let mut announce = |unit| journal.intend((0, unit), intent(), effort).unwrap();
        let first = announce(0);
        std::thread::scope(|scope| {
            let first = scope.spawn(move || first.settle());
            begun_syncs.recv().unwrap();
            // These come too late for the sync under way, and share the next one.
            let others = [announce(1), announce(2)].map(|own| scope.spawn(move || own.settle()));
            letting_go.send(Ok(())).unwrap();
            first.join().unwrap().unwrap();
            begun_syncs.recv().unwrap();
            letting_go.send(if fails { Err(full()) } else { Ok(()) }).unwrap();
            for other in others {
                assert_eq!(other.join().unwrap().is_err(), fails);
            }
        });
        assert_eq!(begun_syncs.try_iter().count(), 0, "one sync for both");
        if fails {
            let error = journal.note((0, 2), Event::Broken, "").unwrap_err();
            assert!(error.message().contains("an earlier record failed"), "{error}");
        }
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_written_after_it() {
    let memory = Memory::dying_after(4);
    let mut journal = Journal::begin(Box::new(memory.clone()), begun("r")).unwrap();
    let error = journal.plan(plan(1)).unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::State);
    assert!(error.message().contains("run r cannot be written: no space left on device"), "{error}");
    memory.0.lock().left = None;
    let size = memory.0.lock().written.len();
    assert!(journal.plan(plan(1)).unwrap_err().message().contains("an earlier record failed"));
    assert_eq!(memory.0.lock().written.len(), size);
    assert!(replay(&memory.0.lock().written).unwrap().unwrap().tables.is_empty());
}

#[test]
fn what_cannot_happen_is_not_noted() {
    let memory = Memory::default();
    let mut journal = Journal::begin(Box::new(memory.clone()), begun("r")).unwrap();
    journal.plan(plan(1)).unwrap();
    let size = memory.synced().len();
    let error = journal.note((0, 0), Event::Verified, "").unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::Bug);
    assert!(error.message().contains("Verified cannot follow Waiting"), "{error}");
    assert_eq!(memory.synced().len(), size);
}
