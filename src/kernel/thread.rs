//! Which threads may call the server, and what happens to references dropped on others.
//!
//! Only a thread that the server called in on may touch server objects (their memory may be read
//! anywhere). A reference that another thread drops waits here until the server calls in again or
//! the running call ends.
use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

use parking_lot::Mutex;

use super::answer;
use super::session::{self, Session};
use super::sys::{cs_failure, cs_release, cs_value};

thread_local! {
    /// How many calls from the server this thread is in; a function may call a built-in that calls
    /// the plugin again.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The session of the innermost of them.
    static SESSION: Cell<*mut c_void> = const { Cell::new(ptr::null_mut()) };
}

static RETURNED: Mutex<Vec<Returned>> = Mutex::new(Vec::new());

struct Returned(cs_value);

// SAFETY: a queued reference is a word that nobody looks through until a server thread takes it.
unsafe impl Send for Returned {}

/// Held while the server's call runs on this thread.
pub(super) struct Visit {
    /// The session of the call around it.
    outer: *mut c_void,
    on_server_thread: PhantomData<*mut ()>,
}

impl Visit {
    /// Marks this thread as the server's.
    ///
    /// # Safety
    /// The server called in on this thread, its interface is bound, and the call lasts longer than
    /// the visit.
    pub unsafe fn begin() -> Visit {
        DEPTH.set(DEPTH.get() + 1);
        release_returned();
        Visit { outer: SESSION.get(), on_server_thread: PhantomData }
    }

    /// The call's session, which is asked whether the user has cancelled until the visit ends.
    pub fn serve(&self, session: &Session) {
        SESSION.set(session.object());
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        release_returned();
        SESSION.set(self.outer);
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Whether the user of the call that runs on this thread has cancelled; no where none does.
pub(super) fn is_cancelled() -> bool {
    let session = SESSION.get();
    // SAFETY: it is the session of a visit on this thread that has not ended, so the call lasts.
    !session.is_null() && unsafe { session::is_cancelled(session) }
}

/// Gives a reference back, now or when a server thread comes by.
pub(super) fn give_back(value: cs_value) {
    if value.word.is_null() {
        return;
    }
    if DEPTH.get() > 0 { release(value) } else { RETURNED.lock().push(Returned(value)) }
}

/// Gives back what other threads dropped; on a server thread.
pub(super) fn release_returned() {
    let returned = std::mem::take(&mut *RETURNED.lock());
    returned.into_iter().for_each(|Returned(value)| release(value));
}

fn release(value: cs_value) {
    let mut failure = cs_failure::default();
    // SAFETY: the reference is ours, and this is a server thread.
    if !unsafe { cs_release(value, &mut failure) } {
        // A destructor that throws has no one to answer to, and the reference is gone either way.
        answer::take(failure.origin);
        answer::take(failure.message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_dropped_outside_a_call_waits() {
        // The word is never looked through: this thread is in no call, and it is taken out again.
        let word = 8 as *mut libc::c_void;
        give_back(cs_value { word });
        let mut queue = RETURNED.lock();
        let at = queue.iter().position(|Returned(value)| value.word == word);
        queue.remove(at.expect("the reference waits in the queue"));
    }
}
