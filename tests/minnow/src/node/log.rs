//! The node's log file: one line per event.
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

pub struct Log {
    file: Mutex<File>,
}

impl Log {
    /// Continues `minnow.log` in `directory`.
    pub fn open(directory: &Path) -> std::io::Result<Log> {
        std::fs::create_dir_all(directory)?;
        let file = OpenOptions::new().create(true).append(true).open(directory.join("minnow.log"))?;
        Ok(Log { file: Mutex::new(file) })
    }

    /// Writes `event` behind the time in seconds since 1970. A full disk must not stop the node,
    /// so a line that cannot be written goes to the standard error instead.
    pub fn write(&self, event: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = format!("{}.{:03} {}\n", now.as_secs(), now.subsec_millis(), event.replace('\n', " "));
        if let Err(error) = self.file.lock().write_all(line.as_bytes()) {
            eprint!("minnow.log: {error}: {line}");
        }
    }
}
