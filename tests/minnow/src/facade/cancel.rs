//! Keeps the cancel bit of sessions in plugin calls in step with the sessions. A plugin reads a
//! word of memory and no function of ours, so somebody has to write that word meanwhile.
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// The bit of the flag word that `Session::isCancelled` tests (plugin-abi diff §4).
const CANCELLED: i32 = 4;
const STEP: Duration = Duration::from_millis(5);

struct Watched {
    cancelled: Arc<AtomicBool>,
    flag: usize,
}

#[derive(Default)]
struct Watch {
    list: Mutex<Vec<Watched>>,
    begun: Condvar,
}

static WATCH: LazyLock<Arc<Watch>> = LazyLock::new(|| {
    let watch = Arc::new(Watch::default());
    let own = watch.clone();
    std::thread::spawn(move || own.run());
    watch
});

impl Watch {
    fn run(&self) {
        loop {
            let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
            while list.is_empty() {
                list = self.begun.wait(list).unwrap_or_else(PoisonError::into_inner);
            }
            list.iter().filter(|watched| watched.cancelled.load(Ordering::Relaxed)).for_each(mark);
            drop(list);
            std::thread::sleep(STEP);
        }
    }
}

fn mark(watched: &Watched) {
    // SAFETY: the word lives until `end`, which takes it off the list under the list's lock.
    unsafe { AtomicI32::from_ptr(watched.flag as *mut i32) }.fetch_or(CANCELLED, Ordering::Relaxed);
}

/// From now on `flag` shows whether `cancelled` is set, until [`end`].
pub fn begin(cancelled: Arc<AtomicBool>, flag: usize) {
    let watched = Watched { cancelled, flag };
    if watched.cancelled.load(Ordering::Relaxed) {
        mark(&watched);
    }
    WATCH.list.lock().unwrap_or_else(PoisonError::into_inner).push(watched);
    WATCH.begun.notify_one();
}

/// Nobody writes to `flag` after this.
pub fn end(flag: usize) {
    WATCH.list.lock().unwrap_or_else(PoisonError::into_inner).retain(|watched| watched.flag != flag);
}
