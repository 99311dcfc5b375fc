//! `loadPlugin`: the server's rules, in the server's order (plugin-abi §3).
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::ReentrantMutex;

use super::call::Entry;
use super::descriptor::{self, Descriptor, Kind};
use super::library::Library;
use super::{Facade, facade, version};
use crate::error::{Error, Result};
use crate::node::Node;
use crate::script::{Function, PluginFunction, Session};
use crate::value::Value;

/// A loaded plugin, as getLoadedPlugins lists it.
#[derive(Clone, Debug)]
pub struct Plugin {
    pub module: String,
    pub version: String,
    pub user: String,
    pub time: SystemTime,
}

/// Functions of fixed form that a server takes from a plugin if they are there.
const OPTIONAL: [(&str, usize, usize, Kind); 3] = [
    ("version", 0, 0, Kind::System),
    ("setLogLevel", 1, 1, Kind::Command),
    ("getLogLevel", 0, 0, Kind::System),
];

/// One load at a time, so that a module cannot be taken twice; a plugin's own `initialize` may
/// load another.
static LOADING: ReentrantMutex<()> = ReentrantMutex::new(());

/// Loads the plugin whose descriptor is `path`, or is found under that bare name; returns the
/// names of its functions.
pub fn load_plugin(session: &mut Session, path: &str) -> Result<Vec<String>> {
    let _one = LOADING.lock();
    let node = session.node.clone();
    let file = find(&node, path);
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Error::runtime(format!("Failed to open plugin file [{}]: {error}", file.display()))
    })?;
    let descriptor = descriptor::parse(&text, &file.display().to_string(), &version(&node.release))?;
    if node.plugins.read().iter().any(|plugin| plugin.module == descriptor.module) {
        return Err(Error::runtime(format!("The module [{}] is already in use.", descriptor.module)));
    }
    let facade = facade(&node.home, &node.release)?;
    let library = open(&file, &descriptor)?;
    let loading = Loading { facade, library: &library, descriptor: &descriptor };
    let functions = match loading.run(session) {
        Ok(functions) => functions,
        Err(error) => {
            library.close();
            return Err(error);
        }
    };
    let names = functions.iter().map(|(name, _)| name.clone()).collect();
    register(&node, &descriptor, functions, &session.user);
    Ok(names)
}

/// A bare name is looked up below the plugin directory, whose file names differ in case from
/// the plugin's name (dolphindb-semantics §8.2); the first releases do not (plugin-abi §3.1).
fn find(node: &Node, path: &str) -> PathBuf {
    if matches!(&*node.release, "2.00.9" | "2.00.10") {
        return PathBuf::from(path);
    }
    if path.contains('/') || path.ends_with(".txt") {
        return PathBuf::from(path);
    }
    let directory = node.home.join("plugins").join(path);
    let wanted = format!("Plugin{path}.txt");
    let matching = std::fs::read_dir(&directory)
        .into_iter()
        .flatten()
        .flatten()
        .find(|entry| entry.file_name().to_str().is_some_and(|name| name.eq_ignore_ascii_case(&wanted)));
    matching.map_or_else(|| directory.join(&wanted), |entry| entry.path())
}

fn open(file: &Path, descriptor: &Descriptor) -> Result<Library> {
    let path = file.parent().unwrap_or(Path::new("")).join(&descriptor.library);
    let refuse = |reason: String| {
        Error::runtime(format!("Couldn't load the dynamic library [{}]: {reason}", path.display()))
    };
    // With a relative name the linker would search its own directories.
    let path = path.canonicalize().map_err(|error| refuse(error.to_string()))?;
    Library::open(&path, false).map_err(refuse)
}

/// What happens between opening the library and registering its functions; a failure closes it.
struct Loading<'a> {
    facade: &'static Facade,
    library: &'a Library,
    descriptor: &'a Descriptor,
}

impl Loading<'_> {
    fn run(&self, session: &mut Session) -> Result<Vec<(String, Function)>> {
        self.check_licence(session)?;
        let mut functions = Vec::new();
        for entry in &self.descriptor.entries {
            let address = self.library.symbol(&entry.symbol).ok_or_else(|| {
                Error::runtime(format!("The plugin's library has no function [{}].", entry.symbol))
            })?;
            functions.push(self.function(&entry.name, address, entry.kind, entry.min, entry.max));
        }
        for (name, min, max, kind) in OPTIONAL {
            if let Some(address) = self.library.symbol(name) {
                functions.push(self.function(name, address, kind, min, max));
            }
        }
        if let Some(address) = self.library.symbol("initialize") {
            let args = vec![Value::string(&self.descriptor.module), Value::long(self.library.number())];
            self.entry(address, Kind::System).call(session, args).map_err(|error| self.failed(&error))?;
        }
        Ok(functions)
    }

    fn check_licence(&self, session: &mut Session) -> Result<()> {
        if let Some(address) = self.library.symbol("pluginInfo") {
            let info = self.entry(address, Kind::System).call(session, Vec::new());
            let Value::Dict(info) = info.map_err(|error| self.failed(&error))? else {
                return Err(self.failed(&Error::runtime("pluginInfo must return a dictionary")));
            };
            for key in ["isFree", "pluginName", "isFreeForCommercial"] {
                if info.get(key).is_none() {
                    return Err(self.failed(&Error::runtime(format!("pluginInfo lacks {key}"))));
                }
            }
        }
        if let Some(address) = self.library.symbol("isCommercialPlugin")
            && self.facade.is_commercial(address.as_ptr() as usize).map_err(|error| self.failed(&error))?
        {
            return Err(self.failed(&Error::runtime("it needs a licence")));
        }
        Ok(())
    }

    fn failed(&self, error: &Error) -> Error {
        Error::runtime(format!("Failed to load plugin [{}]: {error}", self.descriptor.module))
    }

    fn entry(&self, address: NonNull<std::ffi::c_void>, kind: Kind) -> Entry {
        Entry { facade: self.facade, address: address.as_ptr() as usize, kind }
    }

    fn function(
        &self,
        name: &str,
        address: NonNull<std::ffi::c_void>,
        kind: Kind,
        min: usize,
        max: usize,
    ) -> (String, Function) {
        let full = format!("{}::{name}", self.descriptor.module);
        let run = Arc::new(self.entry(address, kind));
        (name.to_owned(), Function::Plugin { name: full, min, max, run })
    }
}

fn register(node: &Node, descriptor: &Descriptor, functions: Vec<(String, Function)>, user: &str) {
    let mut known = node.plugin_functions.write();
    for (_, function) in functions {
        known.insert(function.name().to_owned(), Arc::new(function));
    }
    node.plugins.write().push(Plugin {
        module: descriptor.module.clone(),
        version: descriptor.version.clone(),
        user: user.to_owned(),
        time: SystemTime::now(),
    });
}
