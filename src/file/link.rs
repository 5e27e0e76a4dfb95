//! The file that a path names, without a check of the folders on the way: for questions about files. What is
//! opened for writing is found by [`Place`](super::Place).

use std::fs;
use std::path::{Path, PathBuf};

/// As many symbolic links as the kernel follows (path_resolution(7)).
pub(super) const MAX_SYMLINKS: u32 = 40;

/// Returns the folder that contains the file or link of this path.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Returns the path of the file to which a symbolic link leads, whether it exists or not, and the path
/// itself if it is no link.
pub fn target_of(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_SYMLINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => break,
        }
    }
    path
}
