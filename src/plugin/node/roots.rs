//! `setRoots` and `getRoots`: the directories of this node below which files may be written or read
//! for a user.
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::cluster::Host;
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::peers;
use crate::plugin::call::arguments::{argument, usage};
use crate::plugin::call::caller;
use crate::plugin::call::table::{table, texts};

/// The parameters of each function as the manual writes them.
pub(in crate::plugin) const SET: &str = "clusterSync::setRoots(directories)";
pub(in crate::plugin) const GET: &str = "clusterSync::getRoots()";

/// The file of this node's state that lists them, one per line.
const FILE: &str = "roots";

/// Allows these directories and no others.
pub(in crate::plugin) fn set_roots(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    caller::administrator(host)?;
    let given: Vec<String> = match argument(args, 0) {
        Datum::Scalar(column) | Datum::Vector(column) if column.ty.is_text() => {
            column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
        }
        _ => return Err(usage("directories must be a string or a vector of strings", SET)),
    };
    for root in &given {
        let path = plain(root)?;
        if path.parent().is_none() {
            return Err(Error::new(Kind::Argument, "the directory / would allow everything")
                .advise("name the directories that backups are kept in"));
        }
        if !path.is_dir() {
            return Err(Error::new(Kind::NotFound, format!("there is no directory {root} on this node"))
                .advise("make it first"));
        }
    }
    let folder = peers::folder(&caller::home(host)?);
    let text: String = given.iter().map(|root| format!("{root}\n")).collect();
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join("roots.draft"), text))
        .and_then(|()| fs::rename(folder.join("roots.draft"), folder.join(FILE)));
    written.map_err(|error| unusable(&folder, error))?;
    Ok(table([("directory", texts(&given, |root| root))]))
}

/// The directories that are allowed.
pub(in crate::plugin) fn get_roots(host: &mut dyn Host, _: &[Datum]) -> Result<Datum> {
    caller::user(host)?;
    let roots = roots(host)?;
    Ok(table([("directory", texts(&roots, |root| root))]))
}

/// `directory` if it is below one that is allowed, wherever links in it lead.
///
/// # Errors
/// `Argument` for what is no plain absolute path, `Refused` for one outside.
pub(in crate::plugin) fn permitted(host: &mut dyn Host, directory: &str) -> Result<PathBuf> {
    let path = plain(directory)?;
    let real = resolved(&path);
    let roots = roots(host)?;
    if roots.iter().any(|root| real.starts_with(resolved(Path::new(root)))) {
        return Ok(path);
    }
    let what = format!("the directory {directory} is not below one that this node allows");
    Err(Error::new(Kind::Refused, what)
        .advise(format!("let an administrator add one with {SET}, see clusterSync::getRoots()")))
}

pub(in crate::plugin) fn roots(host: &mut dyn Host) -> Result<Vec<String>> {
    let file = peers::folder(&caller::home(host)?).join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unusable(&file, error)),
    }
}

/// An absolute path without `..` and control characters.
pub(in crate::plugin) fn plain(directory: &str) -> Result<PathBuf> {
    let path = PathBuf::from(directory);
    let climbs = path.components().any(|part| matches!(part, Component::ParentDir));
    match path.is_absolute() && !climbs && !directory.chars().any(char::is_control) {
        true => Ok(path),
        false => {
            Err(Error::new(Kind::Argument, format!("`{directory}` is not an absolute path without `..`"))
                .advise("give the whole path, as the server's backup takes it"))
        }
    }
}

/// The path without links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let mut missing = Vec::new();
    let mut exists = path;
    loop {
        if let Ok(real) = fs::canonicalize(exists) {
            return missing.iter().rev().fold(real, |real, part| real.join(part));
        }
        match (exists.parent(), exists.file_name()) {
            (Some(parent), Some(name)) => {
                missing.push(name);
                exists = parent;
            }
            _ => return path.to_owned(),
        }
    }
}

fn unusable(path: &Path, error: std::io::Error) -> Error {
    Error::new(Kind::State, format!("{} cannot be used ({error})", path.display()))
        .advise("check the node's home directory and its disk")
        .caused_by(error)
}
