//! A folder that is open, and its entries.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use log::warn;
use rustix::fs::{
    AtFlags, Dir, FileType, Gid, Mode, OFlags, RenameFlags, Stat, Uid, fchmod, fchown, fcntl_getfl,
    fcntl_setfl, fstat, fstatfs, fstatvfs, fsync, openat, renameat, renameat_with, statat,
    unlinkat,
};
use rustix::io::Errno;

use super::user::{Exposure, User};
use super::{FolderPolicy, Refusal};

/// Permissions of files, without set-user-id, set-group-id and sticky.
const PERMISSIONS: u32 = 0o777;
/// Mode of a new file, before the umask.
const NEW: u32 = 0o666;
/// Who may use a file whose owner is not set yet: the user of this process.
const OWNER_ONLY: u32 = 0o600;

/// Mode and owner of a file, which its successor takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    mode: u32,
    uid: u32,
    gid: u32,
}

impl Attributes {
    /// Mode and owner of an open file.
    ///
    /// # Errors
    /// Those of fstat(2).
    pub fn of(file: &File) -> io::Result<Self> {
        Ok(Self::from(&fstat(file)?))
    }
}

impl From<&Stat> for Attributes {
    fn from(stat: &Stat) -> Self {
        Attributes {
            mode: stat.st_mode & PERMISSIONS,
            uid: stat.st_uid,
            gid: stat.st_gid,
        }
    }
}

/// An entry that was opened, and what it was found to be.
#[derive(Debug)]
pub struct Existing {
    /// The open file.
    pub file: File,
    /// It is a regular file, not a device or a pipe.
    pub is_regular: bool,
    stat: Stat,
}

impl Existing {
    /// A file that was just created.
    pub(super) fn created(file: File) -> io::Result<Self> {
        let stat = fstat(&file)?;
        Ok(Existing {
            file,
            is_regular: true,
            stat,
        })
    }

    /// Returns mode and owner.
    pub fn attributes(&self) -> Attributes {
        Attributes::from(&self.stat)
    }
}

/// An open folder. Its entries are found by it, and not by a path that others may redirect.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    /// The path for messages.
    path: PathBuf,
    exposure: Exposure,
}

impl Folder {
    /// Takes an open folder.
    ///
    /// # Errors
    /// If this process is privileged, others control the entries, and `policy` does not permit that.
    pub(super) fn new(fd: OwnedFd, path: PathBuf, policy: FolderPolicy) -> io::Result<Self> {
        let (stat, user) = (fstat(&fd)?, User::current());
        let exposure = user.exposure(stat.st_uid, stat.st_gid, stat.st_mode);
        if exposure == Exposure::Open && user.privileged && policy == FolderPolicy::Secure {
            let (owner, group, mode) = (stat.st_uid, stat.st_gid, stat.st_mode & 0o7777);
            let here = PathBuf::from(".");
            return Err(Refusal::InsecureFolder {
                folder: Some(path)
                    .filter(|path| *path != Path::new(""))
                    .unwrap_or(here),
                reason: format!("uid {owner}, gid {group}, mode {mode:04o}"),
            }
            .into());
        }
        Ok(Folder { fd, path, exposure })
    }

    /// Opens an entry of this folder, itself a folder.
    pub(super) fn descend(
        &self,
        fd: OwnedFd,
        name: &OsStr,
        policy: FolderPolicy,
    ) -> io::Result<Self> {
        Folder::new(fd, self.path_of(name), policy)
    }

    pub(super) fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Returns the path of an entry, for messages.
    pub fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Returns true if the folder is on procfs, whose links are not paths.
    pub(super) fn is_procfs(&self) -> bool {
        fstatfs(&self.fd).is_ok_and(|it| it.f_type == rustix::fs::PROC_SUPER_MAGIC)
    }

    /// Returns true if entries may have been planted by others, so that their owners are checked. For an
    /// unprivileged process that is the case in shared folders such as /tmp; elsewhere the kernel's
    /// permissions decide.
    fn is_strict(&self) -> bool {
        match User::current().privileged {
            true => self.exposure != Exposure::Closed,
            false => self.exposure == Exposure::Sticky,
        }
    }

    /// # Errors
    /// If another user may have planted the symbolic link. The kernel has the same rule for sticky
    /// folders (fs.protected_symlinks).
    pub(super) fn check_link(&self, name: &OsStr, link: &Stat) -> io::Result<()> {
        let user = User::current();
        let owner = link.st_uid;
        let by_owner_of_folder = || fstat(&self.fd).is_ok_and(|it| it.st_uid == owner);
        if !self.is_strict() || user.trusts(owner) || (!user.privileged && by_owner_of_folder()) {
            return Ok(());
        }
        let link = self.path_of(name);
        Err(Refusal::ForeignLink { link, owner }.into())
    }

    /// # Errors
    /// If another user may have planted the entry.
    fn check_entry(&self, name: &OsStr, stat: &Stat) -> io::Result<()> {
        let file = self.path_of(name);
        if !self.is_strict() {
            return Ok(());
        }
        if !User::current().trusts(stat.st_uid) {
            let owner = stat.st_uid;
            return Err(Refusal::ForeignFile { file, owner }.into());
        }
        #[allow(
            clippy::useless_conversion,
            reason = "the type depends on the architecture"
        )]
        let links = u64::from(stat.st_nlink);
        if is_regular(stat) && links > 1 {
            return Err(Refusal::HardLinks { file, links }.into());
        }
        Ok(())
    }

    /// Returns true if this program may replace or remove the entry without being told to: it is a
    /// regular file, and in a folder that is not closed a file of this user with one name.
    pub fn is_own(&self, stat: &Stat) -> bool {
        let own = || stat.st_uid == User::current().id && stat.st_nlink == 1;
        is_regular(stat) && (self.exposure == Exposure::Closed || own())
    }

    /// Returns the status of an entry, symbolic links not followed; `None` if there is none.
    ///
    /// # Errors
    /// Those of fstatat(2).
    pub fn examine(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens an existing entry that is no folder; `None` if there is none. Neither does that wait for the
    /// other end of a FIFO, nor does it follow a symbolic link.
    ///
    /// # Errors
    /// If it cannot be opened, or others may have planted it.
    pub fn open(&self, name: &OsStr, flags: OFlags) -> io::Result<Option<Existing>> {
        self.open_with(name, flags | OFlags::NOFOLLOW)
    }

    /// The same for a link on procfs (`/dev/stdout`), which only the kernel can follow.
    pub(super) fn open_magic(&self, name: &OsStr, flags: OFlags) -> io::Result<Option<Existing>> {
        self.open_with(name, flags)
    }

    fn open_with(&self, name: &OsStr, flags: OFlags) -> io::Result<Option<Existing>> {
        let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = match openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => {
                let file = self.path_of(name);
                return Err(Refusal::BecameLink { file }.into());
            }
            Err(error) => return Err(error.into()),
        };
        let stat = fstat(&fd)?;
        let is_regular = is_regular(&stat);
        if flags.contains(OFlags::NOFOLLOW) {
            self.check_entry(name, &stat)?;
        }
        // How a pipe or a terminal is written is not decided here.
        fcntl_setfl(&fd, fcntl_getfl(&fd)? - OFlags::NONBLOCK)?;
        Ok(Some(Existing {
            file: File::from(fd),
            is_regular,
            stat,
        }))
    }

    /// Opens an entry for reading, which must be a regular file that [is own](Self::is_own).
    ///
    /// # Errors
    /// If it is not, or cannot be opened.
    pub fn open_own(&self, name: &OsStr) -> io::Result<File> {
        let existing = self.open(name, OFlags::RDONLY)?;
        let Existing { file, stat, .. } = existing.ok_or(io::ErrorKind::NotFound)?;
        self.check_own(name, &stat)?;
        Ok(file)
    }

    /// # Errors
    /// If the entry [is not own](Self::is_own): why.
    pub fn check_own(&self, name: &OsStr, stat: &Stat) -> io::Result<()> {
        if self.is_own(stat) {
            return Ok(());
        }
        let file = self.path_of(name);
        let owner = stat.st_uid;
        Err(match type_name(stat) {
            Some(found) => Refusal::NotRegular { file, found },
            None if owner != User::current().id => Refusal::ForeignFile { file, owner },
            None => Refusal::HardLinks {
                file,
                #[allow(
                    clippy::useless_conversion,
                    reason = "the type depends on the architecture"
                )]
                links: u64::from(stat.st_nlink),
            },
        }
        .into())
    }

    /// Creates a file that does not exist yet, open for reading and appending. `attributes`: those of the
    /// file that it succeeds; by default those of any new file. Nobody else can use it before it has
    /// them. If the owner cannot be set that is logged, and the group has no permission.
    ///
    /// # Errors
    /// If it exists, or cannot be created.
    pub fn create(&self, name: &OsStr, attributes: Option<&Attributes>) -> io::Result<File> {
        let flags = OFlags::CREATE
            | OFlags::EXCL
            | OFlags::NOFOLLOW
            | OFlags::RDWR
            | OFlags::APPEND
            | OFlags::NOCTTY
            | OFlags::CLOEXEC;
        let mode = match attributes {
            None => NEW,
            Some(it) if it.uid == User::current().id => it.mode,
            Some(it) => it.mode & OWNER_ONLY,
        };
        let fd = openat(&self.fd, name, flags, Mode::from_raw_mode(mode))?;
        if let Some(wanted) = attributes {
            set(&fd, wanted, &self.path_of(name));
        }
        Ok(File::from(fd))
    }

    /// Renames an entry. Without `replace` an existing entry is left as it is.
    ///
    /// # Errors
    /// `AlreadyExists` in the latter case, and those of renameat2(2).
    pub fn rename(&self, from: &OsStr, to: &OsStr, replace: bool) -> io::Result<()> {
        if replace {
            return Ok(renameat(&self.fd, from, &self.fd, to)?);
        }
        match renameat_with(&self.fd, from, &self.fd, to, RenameFlags::NOREPLACE) {
            // The file system cannot do it at once.
            Err(Errno::INVAL | Errno::NOSYS) => match self.examine(to)? {
                Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
                None => Ok(renameat(&self.fd, from, &self.fd, to)?),
            },
            result => Ok(result?),
        }
    }

    /// Removes an entry, if it still is the file with this status.
    ///
    /// # Errors
    /// If it is not, or cannot be removed.
    pub fn remove(&self, name: &OsStr, expected: &Stat) -> io::Result<()> {
        match self.examine(name)? {
            Some(found) if is_same(&found, expected) => {
                Ok(unlinkat(&self.fd, name, AtFlags::empty())?)
            }
            _ => Err(io::Error::other("it was replaced meanwhile")),
        }
    }

    /// Returns the names of all entries.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = openat(&self.fd, ".", flags, Mode::empty())?;
        let mut names = Vec::new();
        for entry in Dir::new(fd)? {
            names.push(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned());
        }
        Ok(names)
    }

    /// Brings renamed and removed entries to the disk.
    ///
    /// # Errors
    /// Those of fsync(2).
    pub fn sync(&self) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = openat(&self.fd, ".", flags, Mode::empty())?;
        match fsync(&fd) {
            // The file system cannot do it.
            Err(Errno::INVAL) => Ok(()),
            result => Ok(result?),
        }
    }

    /// # Errors
    /// If the file system does not permit names of `name` with `suffix` appended.
    pub fn check_length(&self, name: &OsStr, suffix: &str) -> io::Result<()> {
        let max = fstatvfs(&self.fd).map_or(255, |it| it.f_namemax);
        match (name.len() + suffix.len()) as u64 > max {
            true => Err(Refusal::LongName {
                suffix: suffix.to_owned(),
                max,
            }
            .into()),
            false => Ok(()),
        }
    }
}

/// Gives a new file mode and owner of another one. The group is set first, then the mode, and the
/// owner last: only the owner may set the mode.
fn set(fd: &OwnedFd, wanted: &Attributes, path: &Path) {
    let path = path.display();
    let Ok(stat) = fstat(fd) else { return };
    let mut mode = wanted.mode;
    if stat.st_gid != wanted.gid
        && let Err(error) = fchown(fd, None, Some(Gid::from_raw(wanted.gid)))
    {
        let gid = wanted.gid;
        warn!("cannot give {path} to the group {gid} as before: {error}; the group cannot use it");
        mode &= !0o070;
    }
    if stat.st_mode & PERMISSIONS != mode
        && let Err(error) = fchmod(fd, Mode::from_raw_mode(mode))
    {
        warn!("cannot give {path} the mode {mode:04o} as before: {error}");
    }
    if stat.st_uid != wanted.uid
        && let Err(error) = fchown(fd, Some(Uid::from_raw(wanted.uid)), None)
    {
        let uid = wanted.uid;
        warn!("cannot give {path} to the user {uid} as before: {error}");
    }
}

/// Returns true for a regular file.
pub(super) fn is_regular(stat: &Stat) -> bool {
    type_name(stat).is_none()
}

/// Returns what the file is, if not a regular file.
pub(super) fn type_name(stat: &Stat) -> Option<&'static str> {
    Some(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => return None,
        FileType::Directory => "a directory",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        _ => "a device",
    })
}

/// Returns true if both are the same file.
pub fn is_same(a: &Stat, b: &Stat) -> bool {
    (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
}
