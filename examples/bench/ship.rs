//! Ships folders between two directories with the plugin's own shipper, for whoever takes the time.
use std::error::Error;
use std::fs;
use std::path::Path;

use clustersync::ship::{Folder, Shipper, Watch};

/// As many files at a time as a run has lanes by default.
const LANES: usize = 4;

/// Makes every folder below `from` the same below `to`.
pub fn ship(from: &str, to: &str) -> Result<(), Box<dyn Error>> {
    let entries = fs::read_dir(Path::new(from))?;
    let names: Result<Vec<String>, std::io::Error> =
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect();
    Folder::new(from, to, LANES).ship(&names?, &Watch::default())?;
    Ok(())
}
