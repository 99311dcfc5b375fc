//! Looks for the password of the stories' nodes in everything that a node wrote, however it is spelt.
use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Base64Unpadded, Encoding};

use super::PASSWORD;

/// What no node writes, and what is too large to be read again and again.
const LEFT_OUT: &[&str] = &["plugins"];

/// The password as itself, in hexadecimal of either case, and in base64 at each of the three places
/// of a longer text where it can begin.
pub fn spellings() -> Vec<String> {
    let hex: String = PASSWORD.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![PASSWORD.to_owned(), hex.to_uppercase(), hex];
    all.extend((0..3).map(|before| {
        let text = [&vec![0u8; before][..], PASSWORD.as_bytes()].concat();
        let encoded = Base64Unpadded::encode_string(&text);
        // The first and the last letters depend on what stands beside the password as well.
        let first = if before == 0 { 0 } else { before + 1 };
        encoded[first..encoded.len() - 1].to_owned()
    }));
    all.push(Base64::encode_string(PASSWORD.as_bytes()));
    all
}

/// Every file below `folder` that holds the password in any spelling.
pub fn leaks(folder: &Path) -> Vec<PathBuf> {
    let spellings = spellings();
    let mut found = Vec::new();
    visit(folder, &mut |path| {
        let Ok(bytes) = fs::read(path) else { return };
        let text = String::from_utf8_lossy(&bytes);
        if spellings.iter().any(|spelling| text.contains(spelling.as_str())) {
            found.push(path.to_owned());
        }
    });
    found
}

fn visit(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !LEFT_OUT.iter().any(|own| name == *own) => visit(&path, look),
            Ok(kind) if kind.is_file() => look(&path),
            _ => {}
        }
    }
}
