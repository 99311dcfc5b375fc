//! A program run without a shell: its words are words, whatever is in them.
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};

use super::Watch;
use crate::error::{Error, Kind, Result};

/// How often a running program is asked whether it should go on.
const TICK: Duration = Duration::from_millis(100);
/// How much of what a program complains about is kept.
const COMPLAINT: usize = 4096;

/// How a program ended.
pub(super) struct Ended {
    /// Its status.
    pub(super) status: ExitStatus,
    /// What it wrote to its output, line by line.
    pub(super) lines: Vec<String>,
    /// What it complained about.
    pub(super) complaint: String,
}

/// Runs `command` to its end, or until `watch` says stop; `see` is shown every line of its output.
pub(super) fn run(mut command: Command, watch: &Watch, mut see: impl FnMut(&str) -> bool) -> Result<Ended> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Programs translate what they complain about; only the plain words are known here.
    command.env("LC_ALL", "C");
    let child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::new(Kind::NotFound, format!("{program} is not installed on this node"))
            .advise("install it, or choose shipper=\"directory\" with a directory that both sides see"),
        _ => Error::new(Kind::State, format!("{program} cannot be started ({error})"))
            .advise("look at this machine's limits"),
    })?;
    let mut child = Running(child);
    let output = child.0.stdout.take().expect("its output is piped");
    let complaint = child.0.stderr.take().expect("its complaints are piped");
    let complaint = reader(move || tail(complaint));
    let (said, lines) = unbounded();
    let output = reader(move || {
        // Progress ends in carriage returns, everything else in line breaks.
        for chunk in BufReader::new(output).split(b'\n').map_while(std::result::Result::ok) {
            for line in String::from_utf8_lossy(&chunk).split('\r') {
                let _ = said.send(line.trim_end().to_owned());
            }
        }
    });
    let lines = follow(&lines, watch, &mut see)?;
    let status = child.0.wait().map_err(|error| {
        Error::new(Kind::State, format!("how {program} ended cannot be learnt ({error})"))
            .advise("repeat the call")
    })?;
    let _ = output.join();
    let complaint = complaint.join().unwrap_or_default();
    Ok(Ended { status, lines, complaint })
}

/// Collects lines that `see` does not take until the program closes its output.
fn follow(said: &Receiver<String>, watch: &Watch, see: &mut dyn FnMut(&str) -> bool) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        watch.go_on()?;
        match said.recv_timeout(TICK) {
            Ok(line) if line.is_empty() || see(&line) => {}
            Ok(line) => lines.push(line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(lines),
        }
    }
}

fn reader<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::spawn(read)
}

/// The end of what `from` gives.
fn tail(mut from: impl Read) -> String {
    let (mut kept, mut block) = (Vec::new(), [0; COMPLAINT]);
    while let Ok(read @ 1..) = from.read(&mut block) {
        kept.extend_from_slice(&block[..read]);
        let surplus = kept.len().saturating_sub(COMPLAINT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// A process that does not outlive whoever waits for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
