//! Time spent working, which other programs on the machine do not lengthen.
use std::fs;
use std::io;
use std::time::Duration;

/// What this thread has used of a processor so far.
pub fn of_thread() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split(' ').next().and_then(|running| running.parse().ok());
    nanoseconds.map(Duration::from_nanos).ok_or_else(|| io::Error::other("schedstat has no time in it"))
}
