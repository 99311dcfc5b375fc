//! The server's C++ interface for plugins.
//!
//! A small C++ library (`cpp/`) plays the server's `libDolphinDB.so`: opened globally, it exports
//! the names that a plugin of the release asks for. Its objects are plain memory whose first word
//! points to a table of functions; [`abi`] fills the tables from the release's rows, so a slot is
//! where the release has it, and a slot without a function names itself when called. Values stay
//! in Rust: [`lent`] is what an object knows about its value, [`host`] what C++ may ask.
//! [`release`] finds the library and the tables of each release, [`load`] loads plugins by the
//! server's rules, [`call`] calls their functions.
mod abi;
mod bridge;
mod call;
mod cancel;
mod cells;
mod descriptor;
mod host;
mod lent;
mod library;
mod load;
mod release;

#[cfg(test)]
mod tests;

use std::ffi::{CStr, c_char, c_void};
use std::path::Path;
use std::sync::OnceLock;

use crate::error::{Error, Result};

pub use abi::Slot;
pub use load::{Plugin, load_plugin};

use bridge::{Places, Remote, Text};
use library::Library;
use release::Release;

/// What tests may bend, for the whole process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Slots to swap with their neighbours, each named as [`Slot::name`], and members to move, each
    /// named as in the layout's table.
    pub falsify: Vec<String>,
    /// Vectors with more rows than this are shown in segments.
    pub big_array: usize,
    /// Shows the edition of the release that has the newer `std::string`.
    pub newer_strings: bool,
    /// Shows no memory of vectors, as repeating, sub and compressed ones do not: their cells come in
    /// blocks.
    pub hide_cells: bool,
    /// Calls plugins without a heap.
    pub no_heap: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            falsify: Vec::new(),
            big_array: 1 << 20,
            newer_strings: false,
            hide_cells: false,
            no_heap: false,
        }
    }
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();
static FACADE: OnceLock<Result<Facade>> = OnceLock::new();

/// Sets what tests bend; too late once a plugin has been loaded.
pub fn configure(settings: Settings) -> Result<()> {
    settings.falsify.iter().try_for_each(|name| abi::check_name(name))?;
    SETTINGS.set(settings).map_err(|_| Error::runtime("The facade is already in use."))
}

fn settings() -> &'static Settings {
    SETTINGS.get_or_init(Settings::default)
}

/// The library as loaded into this process; there can be one, as in a server.
pub struct Facade {
    release: String,
    interface: Release,
    remote: Remote,
    methods: abi::Methods,
    tables: Vec<abi::Table>,
}

// SAFETY: the addresses are of functions and of tables that nobody changes any more.
unsafe impl Send for Facade {}
// SAFETY: as above.
unsafe impl Sync for Facade {}

/// The facade of this process, started below `home` if nobody has yet.
pub fn facade(home: &Path, release: &str) -> Result<&'static Facade> {
    let facade = FACADE.get_or_init(|| Facade::start(home, release)).as_ref().map_err(Clone::clone)?;
    if facade.release != release {
        let text = format!("This process already shows release {} to plugins.", facade.release);
        return Err(Error::runtime(text));
    }
    Ok(facade)
}

/// Objects that plugins have not released; none in a process without plugins.
pub fn live_objects() -> i64 {
    FACADE.get().and_then(|facade| facade.as_ref().ok()).map_or(0, Facade::live_objects)
}

impl Facade {
    fn start(home: &Path, release: &str) -> Result<Facade> {
        let interface = Release::find(release, settings().newer_strings)?;
        let remote = open(home, interface, &version(release))?;
        let mut methods = abi::Methods::new();
        // SAFETY: `emit` gets the map it casts to.
        unsafe { (remote.methods)(emit, (&raw mut methods).cast()) };
        // SAFETY: the numbers are below the C++ side's limits, which a test checks.
        let mut tables =
            abi::tables(interface, &methods, |class, slot| unsafe { (remote.missing)(class, slot) });
        for name in &settings().falsify {
            abi::falsify(&mut tables, name);
        }
        for table in &tables {
            // SAFETY: the tables live as long as the process, in `FACADE`.
            unsafe { (remote.install)(table.class as i32, table.class.kind(), table.functions.as_ptr()) };
        }
        Ok(Facade { release: release.to_owned(), interface, remote, methods, tables })
    }

    /// Every slot of the release.
    pub fn slots(&self) -> Vec<Slot> {
        abi::slots(self.interface, &self.methods)
    }

    /// Objects of the C++ side that have not been released. Equal before and after a call, if
    /// the plugin keeps nothing.
    pub fn live_objects(&self) -> i64 {
        // SAFETY: reads one counter.
        unsafe { (self.remote.live_objects)() }
    }
}

/// What `Util::VER` holds. Beyond three parts its content is not documented.
fn version(release: &str) -> String {
    if release.split('.').count() == 3 { format!("{release}.0") } else { release.to_owned() }
}

/// Writes the library into `home`, opens it for everything loaded later, and starts it.
fn open(home: &Path, release: Release, version: &str) -> Result<Remote> {
    let path = home.join("libDolphinDB.so");
    // Renamed into place: another process may run the file that is there.
    let fresh = home.join(format!("libDolphinDB.so.{}", std::process::id()));
    std::fs::write(&fresh, release.library())?;
    std::fs::rename(&fresh, &path)?;
    let library = Library::open(&path, true).map_err(Error::runtime)?;
    let start = library.symbol("minnow_start").ok_or_else(|| Error::runtime("The facade has no start."))?;
    type Start = unsafe extern "C" fn(*const *const (), *const Places, Text, *mut Remote);
    // SAFETY: the symbol is this function of `cpp/util.cpp`.
    let start: Start = unsafe { std::mem::transmute(start.as_ptr()) };
    let host: &'static _ = Box::leak(Box::new(host::functions()));
    let mut remote = std::mem::MaybeUninit::uninit();
    // SAFETY: the functions live for ever, and `start` fills the whole struct.
    unsafe {
        start(
            host.as_ptr(),
            &release.places(&settings().falsify),
            Text::of(version.as_bytes()),
            remote.as_mut_ptr(),
        );
        Ok(remote.assume_init())
    }
}

unsafe extern "C" fn emit(
    methods: *mut c_void,
    class: *const c_char,
    method: *const c_char,
    function: *mut c_void,
) {
    // SAFETY: the map of `start`, and two literals of `cpp/methods.cpp`.
    let (methods, class, method) =
        unsafe { (&mut *methods.cast::<abi::Methods>(), CStr::from_ptr(class), CStr::from_ptr(method)) };
    let key = (class.to_string_lossy().into_owned(), method.to_string_lossy().into_owned());
    methods.insert(key, function);
}

/// What a slot without a function says when it is called.
fn describe_missing(class: usize, slot: usize) -> String {
    let named = FACADE.get().and_then(|facade| facade.as_ref().ok()).and_then(|facade| {
        let table = facade.tables.get(class)?;
        let (_, method) = table.methods.get(slot)?;
        let namespace = facade.interface.namespace();
        Some(format!("{namespace}{:?}::{method} (slot {slot}) is not part of this stand-in.", table.class))
    });
    named.unwrap_or_else(|| format!("Slot {slot} of table {class} does not exist."))
}
