//! The node: its release and state.
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::args;
use crate::error::{Error, Result};
use crate::script::{Native, Session};
use crate::value::{Dict, Value};

pub const FUNCTIONS: &[Native] = &[
    Native::new("version", &[], 0, version),
    Native::new("sleep", &["milliseconds"], 1, sleep),
    // Void lets every client go on (wire-protocol §4).
    Native::new("getRequiredAPIVersion", &[], 0, |_, _| Ok(Value::Void)),
    Native::new("isNodeInitialized", &[], 0, |_, _| Ok(Value::bool(true))),
    Native::new("getConfig", &["key"], 0, config),
    Native::new("getNodeAlias", &[], 0, |session, _| Ok(Value::string(&session.node.alias))),
    Native::new("getHomeDir", &[], 0, |session, _| Ok(Value::string(&session.node.home.to_string_lossy()))),
    Native::new("shell", &["cmd"], 1, shell),
    Native::new("clearAllCache", &[], 0, |_, _| Ok(Value::Void)),
];

/// The release and a day, as `3.00.2.4 2025.01.21` (wire-protocol §4). The day is made up.
fn version(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    Ok(Value::string(&format!("{} 2025.05.16", session.node.release)))
}

/// Every setting that minnow has, or one as text; NULL for another. Whether a server's dictionary has the
/// settings that nobody set is not documented `[U]`: here it has them, with their defaults.
fn config(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let settings = session.node.settings();
    match args::optional_text("getConfig", &args, 0, "key")? {
        None => Ok(Value::Dict(
            Dict::of_strings(settings.iter().map(|(key, value)| (*key, Value::string(value)))).into(),
        )),
        Some(key) => {
            let found = settings.iter().find(|(own, _)| own.eq_ignore_ascii_case(key));
            Ok(found.map_or(Value::Void, |(_, value)| Value::string(value)))
        }
    }
}

/// Waits, unless the job is cancelled meanwhile.
fn sleep(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let wait = u64::try_from(args::integer("sleep", &args, 0, "milliseconds")?)
        .map_err(|_| args::bad("sleep", "milliseconds", "must not be negative"))?;
    let started = Instant::now();
    let wait = Duration::from_millis(wait);
    while let Some(left) = wait.checked_sub(started.elapsed()).filter(|left| !left.is_zero()) {
        session.check_cancelled()?;
        std::thread::sleep(left.min(Duration::from_millis(10)));
    }
    Ok(Value::Void)
}

/// For administrators of a node that was started so (dolphindb-semantics §1.8); returns the
/// command's exit status.
fn shell(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    if !session.node.switches.enable_shell_function || !session.node.is_admin(&session.user) {
        return Err(Error::runtime("shell needs an administrator and enableShellFunction=true."));
    }
    let command = args::text("shell", &args, 0, "cmd")?;
    let status = Command::new("/bin/sh").args(["-c", command]).stdin(Stdio::null()).status()?;
    Ok(Value::int(status.code().unwrap_or(-1)))
}
