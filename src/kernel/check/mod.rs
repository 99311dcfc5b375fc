//! Whether this server is one that we know. Nothing else of the server is used before.
//!
//! The first call of any function goes through these steps, and their outcome is remembered:
//! 1. the server's version, of which three parts must equal those of a row;
//! 2. every exported name of the row (the names tell the string class and the kind of holder);
//! 3. `slots`: the counter of a reference that the server gives, and the function behind each slot
//!    of real objects, by its symbol;
//! 4. `probe`: a round trip of values through real objects and a built-in function, which also
//!    covers slots whose symbols the server does not show.
//!
//! `unseen` lists what no step can see. A contradiction refuses every call with one sentence and
//! leaves the server alone; what the third step created is leaked then, because giving it back
//! would use the numbers in doubt.
mod probe;
mod slots;
mod unseen;

use std::ffi::c_void;
use std::sync::{Once, OnceLock};

use parking_lot::Mutex;

use super::row::{self, ROWS, Row};
use super::session::Session;
use super::symbols;
use super::sys::{cs_bind, cs_row};
use crate::error::{Error, Kind, Result};

/// The names that servers export their version under: with and without a namespace, and in either
/// layout of `std::string`, of which the newer one is part of the name.
const VERSION_SYMBOLS: &[&str] =
    &["_ZN3ddb4Util3VERE", "_ZN4Util3VERE", "_ZN3ddb4Util3VERB5cxx11E", "_ZN4Util3VERB5cxx11E"];

/// The server's row, once its version and its exports agree with one.
struct Server {
    version: String,
    row: Row,
    contract: cs_row,
}

// SAFETY: the addresses in the contract are functions of the server, which any thread may know.
unsafe impl Send for Server {}
// SAFETY: as for `Send`; it never changes.
unsafe impl Sync for Server {}

/// Why a server is refused.
#[derive(Clone)]
struct Refusal {
    version: Option<String>,
    check: String,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        let known = row::releases().join(", ");
        let message = match refusal.version {
            Some(version) => format!(
                "clusterSync does not run in this server: it is version {version}, and this build supports {known}; \
                 the check that failed: {}",
                refusal.check
            ),
            None => format!("clusterSync found no DolphinDB server around it; this build supports {known}"),
        };
        Error::new(Kind::Abi, message).advise("load the build of clusterSync that names this version")
    }
}

/// Steps 1 and 2; binds the row.
pub(super) fn known_server() -> Result<()> {
    server().map(drop)
}

fn server() -> Result<&'static Server> {
    static SERVER: OnceLock<std::result::Result<Server, Refusal>> = OnceLock::new();
    static BIND: Once = Once::new();
    let found = SERVER.get_or_init(identify).as_ref().map_err(|refusal| Error::from(refusal.clone()))?;
    // SAFETY: the contract is static, and nobody reads the binding before this is through.
    BIND.call_once(|| unsafe { cs_bind(&found.contract) });
    Ok(found)
}

fn identify() -> std::result::Result<Server, Refusal> {
    let shown = |symbol: &&'static str| Some((*symbol, symbols::static_text(symbol)?));
    let (symbol, version) =
        VERSION_SYMBOLS.iter().find_map(shown).ok_or(Refusal { version: None, check: String::new() })?;
    let refuse = |check: String| Refusal { version: Some(version.clone()), check };
    let row = row_for(&release_of(&version), symbol).map_err(refuse)?;
    unseen::accounts_for(&row).map_err(refuse)?;
    let contract = row.resolve(symbols::address).map_err(refuse)?;
    Ok(Server { version: version.clone(), row, contract })
}

/// The row of a release whose server shows its version as `symbol`.
fn row_for(release: &str, symbol: &str) -> std::result::Result<Row, String> {
    let mut of_release = ROWS.iter().filter(|(own, _)| *own == release).peekable();
    if of_release.peek().is_none() {
        return Err("the version".to_string());
    }
    for (_, text) in of_release {
        let row = Row::parse(text)?;
        if row.version_symbol() == Some(symbol) {
            return Ok(row);
        }
    }
    Err(match symbol.contains("cxx11") {
        true => "the edition (this one has the newer std::string, whose layout is not known of this release)",
        false => "the name of the version",
    }
    .to_string())
}

/// The first three parts; servers may add a fourth and a date.
fn release_of(version: &str) -> String {
    let number = version.split(' ').next().unwrap_or_default();
    number.split('.').take(3).collect::<Vec<_>>().join(".")
}

/// The session of a call, in a server that has passed every check.
///
/// # Safety
/// `heap` is null or what the server passed to the call that runs on this thread for `'call`.
pub(super) unsafe fn admitted_session<'call>(heap: *mut c_void) -> Result<Session<'call>> {
    let server = server()?;
    // SAFETY: the row is bound; the caller vouches for the heap.
    let session = unsafe { Session::of(heap) };
    let session = session.ok_or_else(|| {
        Error::new(Kind::Argument, "clusterSync was called without a session").advise("call it from a script")
    })?;
    admit(server, &session)?;
    Ok(session)
}

/// Steps 3 and 4, once for the process.
fn admit(server: &Server, session: &Session) -> Result<()> {
    static ADMITTED: Mutex<Option<std::result::Result<(), Refusal>>> = Mutex::new(None);
    let mut admitted = ADMITTED.lock();
    if let Some(outcome) = &*admitted {
        return Ok(outcome.clone()?);
    }
    let agreed = slots::verify(&server.row, session).and_then(|()| probe::round_trip(session));
    // A cancel makes built-ins fail, which says nothing about the server.
    if agreed.is_err() && session.is_cancelled() {
        return Err(Error::new(Kind::Cancelled, "cancelled by the user"));
    }
    let outcome = agreed.map_err(|check| Refusal { version: Some(server.version.clone()), check });
    Ok(admitted.insert(outcome).clone()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_three_parts_of_a_version_count() {
        for version in ["3.00.3", "3.00.3.1", "3.00.3 2025.05.16", "3.00.3.0.1"] {
            assert_eq!(release_of(version), "3.00.3");
        }
        for version in ["3.00.30", "3.0.3", "13.00.3", "3.00", ""] {
            assert_ne!(release_of(version), "3.00.3");
        }
    }

    #[test]
    fn an_edition_without_a_row_is_told_from_a_wrong_name() {
        let refused = |release, symbol| row_for(release, symbol).map(drop).unwrap_err();
        assert!(row_for("2.00.12", "_ZN4Util3VERB5cxx11E").is_ok());
        assert!(refused("2.00.13", "_ZN4Util3VERB5cxx11E").contains("the newer std::string"));
        assert_eq!(refused("2.00.13", "_ZN3ddb4Util3VERE"), "the name of the version");
        assert_eq!(refused("2.00.17", "_ZN4Util3VERE"), "the version");
    }

    #[test]
    fn a_refusal_says_what_was_found_what_is_supported_and_which_check_failed() {
        let error: Error = Refusal { version: Some("3.00.9".into()), check: "the version".into() }.into();
        let text = error.to_string();
        for part in
            ["3.00.9", "supports 1.30.23, 2.00.9", "3.00.3, 3.00.4;", "failed: the version", "load the build"]
        {
            assert!(text.contains(part), "{text}");
        }
    }
}
