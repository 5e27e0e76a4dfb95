//! From a path to an entry of an open folder.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat, readlinkat};
use rustix::io::Errno;

use super::FolderPolicy;
use super::folder::{Attributes, Existing, Folder};
use super::link::MAX_SYMLINKS;

/// How often a file is looked for that appears and disappears at the same time.
const ATTEMPTS: u32 = 10;

/// An entry of a folder, which exists or may be created: where a path leads to. Symbolic links are
/// followed, so it is no link itself.
#[derive(Clone, Debug)]
pub struct Place {
    folder: Arc<Folder>,
    name: OsString,
    /// A link on procfs.
    is_magic: bool,
}

impl Place {
    /// Follows the path.
    ///
    /// # Errors
    /// If a folder does not exist or is not permitted by `policy`, if the path is that of a directory, or
    /// if another user may have planted a symbolic link on the way.
    pub fn resolve(path: &Path, policy: FolderPolicy) -> io::Result<Self> {
        if path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(Errno::ISDIR.into());
        }
        let mut at = begin(path, policy)?;
        let mut rest = reversed(path);
        let mut links = 0;
        while let Some(name) = rest.pop() {
            let is_last = rest.is_empty();
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = match openat(at.fd(), &name, flags, Mode::empty()) {
                Err(Errno::NOENT) if is_last => return Ok(Place::of(at, name, false)),
                fd => fd?,
            };
            let stat = fstat(&fd)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Symlink if at.is_procfs() => {
                    if is_last {
                        return Ok(Place::of(at, name, true));
                    }
                    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                    let fd = openat(at.fd(), &name, flags, Mode::empty())?;
                    at = at.descend(fd, &name, policy)?;
                }
                FileType::Symlink => {
                    at.check_link(&name, &stat)?;
                    links += 1;
                    if links > MAX_SYMLINKS {
                        return Err(Errno::LOOP.into());
                    }
                    let target = readlinkat(&fd, "", Vec::new())?.into_bytes();
                    let target = PathBuf::from(OsString::from_vec(target));
                    if target.is_absolute() {
                        at = begin(&target, policy)?;
                    }
                    rest.extend(reversed(&target));
                }
                FileType::Directory if is_last => return Err(Errno::ISDIR.into()),
                FileType::Directory => at = at.descend(fd, &name, policy)?,
                _ if is_last => return Ok(Place::of(at, name, false)),
                _ => return Err(Errno::NOTDIR.into()),
            }
        }
        Err(Errno::ISDIR.into())
    }

    fn of(folder: Folder, name: OsString, is_magic: bool) -> Self {
        let folder = Arc::new(folder);
        Place {
            folder,
            name,
            is_magic,
        }
    }

    /// Returns true if the entry is a link on procfs (`/dev/stdout`): it cannot be renamed.
    pub fn is_magic(&self) -> bool {
        self.is_magic
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Returns the name of the entry.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// Returns the name with `suffix` appended.
    pub fn name_with(&self, suffix: &str) -> OsString {
        let mut name = self.name.clone();
        name.push(suffix);
        name
    }

    /// Returns the path of the entry, for messages.
    pub fn path(&self) -> PathBuf {
        self.folder.path_of(&self.name)
    }

    /// Opens the entry; `None` if it does not exist. See [`Folder::open`].
    ///
    /// # Errors
    /// If it cannot be opened, or others may have planted it.
    pub fn open(&self, flags: OFlags) -> io::Result<Option<Existing>> {
        match self.is_magic {
            true => self.folder.open_magic(&self.name, flags),
            false => self.folder.open(&self.name, flags),
        }
    }

    /// Creates the entry. See [`Folder::create`].
    ///
    /// # Errors
    /// If it exists, or cannot be created.
    pub fn create(&self, attributes: Option<&Attributes>) -> io::Result<File> {
        self.folder.create(&self.name, attributes)
    }

    /// Opens the entry, or creates it with these attributes. Returns the file, and whether it existed.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`create`](Self::create).
    pub fn open_or_create(
        &self,
        flags: OFlags,
        attributes: Option<&Attributes>,
    ) -> io::Result<Existing> {
        for _ in 0..ATTEMPTS {
            if let Some(existing) = self.open(flags)? {
                return Ok(existing);
            }
            match self.create(attributes) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                file => return Existing::created(file?),
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }
}

/// Opens the folder that a path begins in.
fn begin(path: &Path, policy: FolderPolicy) -> io::Result<Folder> {
    let start = if path.is_absolute() { "/" } else { "." };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = openat(CWD, start, flags, Mode::empty())?;
    let shown = if path.is_absolute() { "/" } else { "" };
    Folder::new(fd, PathBuf::from(shown), policy)
}

/// Returns the components after the beginning, the last one first.
fn reversed(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    names.collect()
}
