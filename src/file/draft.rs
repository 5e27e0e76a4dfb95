//! A file that is written under another name, and renamed when it is complete.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;

use rustix::fs::{OFlags, fstat};

use super::folder::{Attributes, Folder};

/// A file that is being written. It is removed unless it is [published](Draft::publish).
#[derive(Debug)]
pub struct Draft<'a> {
    folder: &'a Folder,
    name: OsString,
    file: File,
    is_published: bool,
}

impl<'a> Draft<'a> {
    /// Creates a draft of this name, locked for this process. What an earlier process left under the
    /// name is removed.
    ///
    /// # Errors
    /// If it cannot be created, another process is writing it, or the existing file is not of this
    /// program.
    pub fn create(
        folder: &'a Folder,
        name: OsString,
        attributes: Option<&Attributes>,
    ) -> io::Result<Self> {
        let file = match folder.create(&name, attributes) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                remove_stale(folder, &name)?;
                folder.create(&name, attributes)?
            }
            file => file?,
        };
        let draft = Draft {
            folder,
            name,
            file,
            is_published: false,
        };
        lock(&draft.file)?;
        Ok(draft)
    }

    /// Returns the file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Renames the file. Without `replace` an existing entry is left as it is. Returns the file, which
    /// is still locked.
    ///
    /// # Errors
    /// If it cannot be renamed, or another process has replaced it. It is removed then.
    pub fn publish(mut self, to: &OsStr, replace: bool) -> io::Result<File> {
        let file = self.file.try_clone()?;
        let (own, named) = (fstat(&file)?, self.folder.examine(&self.name)?);
        if named.is_none_or(|named| !super::folder::is_same(&named, &own)) {
            self.is_published = true;
            return Err(io::Error::other(
                "the file was replaced while it was written",
            ));
        }
        self.folder.rename(&self.name, to, replace)?;
        self.is_published = true;
        Ok(file)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_published
            && let Ok(stat) = fstat(&self.file)
        {
            let _ = self.folder.remove(&self.name, &stat);
        }
    }
}

/// Removes the draft of a process that has ended.
///
/// # Errors
/// If another process is writing it, or it is not of this program.
pub fn remove_stale(folder: &Folder, name: &OsStr) -> io::Result<()> {
    let Some(stat) = folder.examine(name)? else {
        return Ok(());
    };
    folder.check_own(name, &stat)?;
    // A file that this user may not read is not locked by a process of this user either.
    if let Ok(Some(existing)) = folder.open(name, OFlags::RDONLY) {
        lock(&existing.file)?;
    }
    folder.remove(name, &stat)
}

/// # Errors
/// If another process has locked the file.
fn lock(file: &File) -> io::Result<()> {
    match super::lock(file) {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another process is writing it",
        )),
    }
}
