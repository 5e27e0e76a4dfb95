//! The one way in which this program creates, opens, replaces and removes files that it writes.
//! Other users may be able to write to the same folder, so the content of a folder is never trusted:
//!
//! | what | how |
//! |---|---|
//! | the path | walked component by component: each folder and each symbolic link is checked ([`Place`]) |
//! | a new file | O_EXCL and O_NOFOLLOW, with its mode and owner before it has content ([`Folder::create`]) |
//! | an existing file | O_NOFOLLOW and O_NONBLOCK; its type, owner and links are checked ([`Folder::open`]) |
//! | a file that replaces another | written under another name and renamed when complete ([`Draft`]) |
//!
//! A folder is *closed* if nobody but root and the user of this process can create, rename or delete
//! its entries. In a closed folder existing files may belong to anybody, because root or this user
//! put them there.

mod draft;
mod folder;
mod link;
mod lock;
mod place;
mod user;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

pub use draft::{Draft, remove_stale};
pub use folder::{Attributes, Existing, Folder, is_same};
pub use link::{folder_of, target_of};
pub use lock::{lock, lock_within};
pub use place::Place;

/// Which folders are accepted for files that a privileged process writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FolderPolicy {
    /// Those in which other users cannot replace the files.
    #[default]
    Secure,
    /// All of them (`--insecure-dir`). The files in them are checked nevertheless.
    Any,
}

/// Why a file is not used, although the kernel would permit it. The text says what to do.
#[derive(Debug, Error)]
pub enum Refusal {
    /// A privileged process would write to a folder of which others control the entries.
    #[error(
        "other users can replace files in the folder {} ({reason}); use a folder that only root can write to, or --insecure-dir", folder.display()
    )]
    InsecureFolder {
        /// The folder.
        folder: PathBuf,
        /// Owner and mode.
        reason: String,
    },
    /// Another user made a symbolic link in a folder that is not closed.
    #[error(
        "the symbolic link {} belongs to another user (uid {owner}); remove it, or name the file itself", link.display()
    )]
    ForeignLink {
        /// The link.
        link: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// A file of another user in a folder that is not closed.
    #[error(
        "{} belongs to another user (uid {owner}), in a folder that other users can write to; remove it, or choose another name", file.display()
    )]
    ForeignFile {
        /// The file.
        file: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// The file has further names, in a folder in which others may have made them.
    #[error(
        "{} has {links} hard links, in a folder that other users can write to; remove it, or choose another name", file.display()
    )]
    HardLinks {
        /// The file.
        file: PathBuf,
        /// The number of its names.
        links: u64,
    },
    /// A regular file is needed.
    #[error("{} is {found}, not a regular file; remove it, or choose another name", file.display())]
    NotRegular {
        /// The path.
        file: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// The symbolic link was made while the file was opened.
    #[error("{} became a symbolic link while it was opened; remove it, or choose another name", file.display())]
    BecameLink {
        /// The link.
        file: PathBuf,
    },
    /// The names that the program derives from this one would be too long.
    #[error(
        "the name is too long: with what is appended to it ({suffix}) it has more than {max} bytes; choose a shorter one"
    )]
    LongName {
        /// What is appended.
        suffix: String,
        /// The limit of the file system.
        max: u64,
    },
    /// The content of the file is not what the program would write there.
    #[error("it exists, and its content is not {expected}; choose another file")]
    ForeignContent {
        /// What the program writes there.
        expected: &'static str,
    },
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        io::Error::new(io::ErrorKind::InvalidInput, refusal)
    }
}

/// Notes the user and the rights of this process, on which the rules for folders depend: to be called
/// before it gives up capabilities.
pub fn note_user() {
    user::User::current();
}

/// Returns true if the error is a [`Refusal`], which a retry does not change.
pub fn is_refusal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Refusal>())
}

#[cfg(test)]
mod tests;
