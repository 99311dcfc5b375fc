//! What backups and restores have been doing since the node started (dolphindb-semantics §1.2).
use std::sync::Arc;

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::value::Type;

/// One table of a backup or a restore.
#[derive(Clone, Debug)]
pub struct Progress {
    pub user: String,
    /// `BACKUP_BY_SQL`, `RESTORE_BY_COPY_FILE` and so on.
    pub kind: &'static str,
    pub url: String,
    pub table: String,
    /// Milliseconds since 1970.
    pub started: i64,
    pub ended: Option<i64>,
    /// Partitions.
    pub total: usize,
    pub done: usize,
}

impl Progress {
    /// When it ended, or will have ended if it goes on as before.
    pub fn expected_end(&self, now: i64) -> Option<i64> {
        let left = |done: i64| (now - self.started) * self.total as i64 / done;
        self.ended.or_else(|| (self.done > 0).then(|| self.started + left(self.done as i64)))
    }
}

/// All of them, oldest first.
pub struct Backups {
    clock: Arc<Clock>,
    all: Mutex<Vec<Arc<Mutex<Progress>>>>,
}

/// One that runs; it has ended when this is dropped.
pub struct Running {
    clock: Arc<Clock>,
    progress: Arc<Mutex<Progress>>,
}

impl Backups {
    pub fn new(clock: Arc<Clock>) -> Backups {
        Backups { clock, all: Mutex::default() }
    }

    pub fn start(&self, user: &str, kind: &'static str, (url, table): (&str, &str), total: usize) -> Running {
        let progress = Arc::new(Mutex::new(Progress {
            user: user.to_owned(),
            kind,
            url: url.to_owned(),
            table: table.to_owned(),
            started: self.clock.now(Type::Timestamp),
            ended: None,
            total,
            done: 0,
        }));
        self.all.lock().push(progress.clone());
        Running { clock: self.clock.clone(), progress }
    }

    pub fn all(&self) -> Vec<Progress> {
        self.all.lock().iter().map(|progress| progress.lock().clone()).collect()
    }
}

impl Running {
    pub fn done_one(&self) {
        self.progress.lock().done += 1;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.progress.lock().ended = Some(self.clock.now(Type::Timestamp));
    }
}
