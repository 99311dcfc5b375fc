//! Every short sequence of events.
use super::*;

fn events() -> [Event; 10] {
    [
        Event::Intended(intent()),
        Event::Verified,
        Event::Rejected,
        Event::Broken,
        Event::Differed,
        Event::Looked(Found::Absent),
        Event::Looked(Found::Present),
        Event::Looked(Found::Other),
        Event::Failed,
        Event::Restarted,
    ]
}

/// Calls `check` with every legal sequence of up to `length` events and the states it went through.
fn every_sequence(length: usize, check: &mut dyn FnMut(&[Event], &[State])) {
    fn grow(
        events: &mut Vec<Event>,
        states: &mut Vec<State>,
        length: usize,
        check: &mut dyn FnMut(&[Event], &[State]),
    ) {
        check(events, states);
        if events.len() == length {
            return;
        }
        for event in self::events() {
            if let Ok(state) = states.last().unwrap().next(event) {
                events.push(event);
                states.push(state);
                grow(events, states, length, check);
                events.pop();
                states.pop();
            }
        }
    }
    grow(&mut Vec::new(), &mut vec![State::Waiting], length, check);
}

#[test]
fn after_an_intent_a_unit_waits_again_only_when_somebody_knows_that_nothing_was_stored() {
    every_sequence(6, &mut |events, states| {
        let Some(at) = events.iter().rposition(|event| matches!(event, Event::Intended(_))) else { return };
        let known =
            events[at..].iter().any(|event| matches!(event, Event::Rejected | Event::Looked(Found::Absent)));
        if *states.last().unwrap() == State::Waiting {
            assert!(known, "{events:?}");
        }
    });
}

#[test]
fn a_unit_is_done_only_after_it_was_seen_at_the_target() {
    every_sequence(6, &mut |events, states| {
        let seen =
            events.iter().any(|event| matches!(event, Event::Verified | Event::Looked(Found::Present)));
        assert_eq!(*states.last().unwrap() == State::Verified, seen, "{events:?}");
    });
}

#[test]
fn nothing_is_sent_while_it_is_doubtful_and_nothing_undoes_done() {
    let held = Event::Intended(intent());
    for state in [
        State::Doubtful(intent()),
        State::Sending(intent()),
        State::Verified,
        State::Failed(None),
        State::Failed(Some(intent())),
        State::Skipped,
    ] {
        assert!(state.next(held).is_err(), "{state:?}");
    }
    for event in events() {
        assert!(matches!(State::Verified.next(event), Err(_) | Ok(State::Verified)), "{event:?}");
    }
}

#[test]
fn a_restart_follows_everything_and_changes_nothing_twice() {
    every_sequence(5, &mut |events, states| {
        let once = states.last().unwrap().next(Event::Restarted).unwrap();
        assert_eq!(once.next(Event::Restarted), Ok(once), "{events:?}");
        let rest = matches!(once, State::Waiting | State::Doubtful(_) | State::Verified);
        assert!(rest, "{events:?} leaves {once:?}");
    });
    assert_eq!(State::Skipped.next(Event::Restarted), Ok(State::Waiting));
}

#[test]
fn what_the_target_holds_tells_how_far_an_intent_came() {
    let append = intent();
    let replace = Intent { gone: append.before, ..append };
    let nothing = Fingerprint::default();
    let both = mark(2) + mark(3);
    for (intent, held, expected) in [
        (append, mark(2), Found::Absent),
        (append, both, Found::Present),
        (append, mark(3), Found::Other),
        (append, nothing, Found::Other),
        (replace, mark(2), Found::Absent),
        (replace, nothing, Found::Absent),
        (replace, mark(3), Found::Present),
        (replace, both, Found::Other),
        (append, Fingerprint { sum: 1, ..both }, Found::Other),
    ] {
        assert_eq!(intent.examine(held), expected, "{intent:?} {held}");
    }
}
