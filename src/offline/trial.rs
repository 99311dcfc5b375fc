//! A tiny shipment before the first backup: whatever is wrong with the way shows before anything is
//! changed.
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use crate::cluster::{Cluster, sql};
use crate::error::{Error, Kind, Result};
use crate::ship::{Shipper, Side, Watch};

/// The piece that is shipped.
const PIECE: &str = "clusterSync=trial";

/// Ships a file from the folder `near` to `dir` as the server `far` calls it, and asks that server
/// whether it sees it: shipper and server may be on two machines, or see two directories of one name.
///
/// # Errors
/// Why shipping fails, or `Refused` when the server does not see what was shipped.
pub fn trial(far: &mut dyn Cluster, near: &Path, dir: &str, shipper: &dyn Shipper) -> Result<()> {
    let token = format!("{:016x}", RandomState::new().hash_one(dir));
    let (piece, watch) = (near.join(PIECE), Watch::default());
    let unwritable = |error: std::io::Error| {
        Error::new(Kind::State, format!("the directory {} cannot be written ({error})", near.display()))
            .advise("let the user that runs the server write there, or give another one")
            .caused_by(error)
    };
    fs::create_dir_all(&piece).and_then(|()| fs::write(piece.join(&token), b"trial")).map_err(unwritable)?;
    let pieces = [PIECE.to_owned()];
    let seen = shipper
        .ship(&pieces, &watch)
        .and_then(|_| far.query(&format!("exists({})", sql::text(&format!("{dir}/{PIECE}/{token}")))));
    let removed = fs::remove_dir_all(&piece).map_err(unwritable);
    let is_seen = seen?.as_i64() == Some(1);
    removed?;
    shipper.remove(&pieces, Side::Target, &watch)?;
    match is_seen {
        true => Ok(()),
        false => {
            let what = format!("{} does not see the directory {dir} that pieces are shipped to", far.label());
            Err(Error::new(Kind::Refused, what)
                .advise("give a directory of the machine of that very node, which runs the restore"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ship::Folder;
    use crate::testing::{FakeNode, FakeTable, flights, flights_schema};

    #[test]
    fn a_directory_that_only_the_shipper_sees_is_refused_and_nothing_is_left() {
        let [near, there, elsewhere] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let mut far = FakeNode::with(&flights(), FakeTable::new(flights_schema(1)));
        let shipper = Folder::new(near.path(), there.path(), 1);
        trial(&mut far, near.path(), there.path().to_str().unwrap(), &shipper).unwrap();
        let error = trial(&mut far, near.path(), elsewhere.path().to_str().unwrap(), &shipper).unwrap_err();
        assert_eq!(error.kind(), Kind::Refused);
        assert!(error.message().starts_with("fake:8848 does not see the directory"), "{error}");
        for dir in [near, there, elsewhere] {
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }
}
