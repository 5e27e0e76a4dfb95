//! The files that a run reads and writes are different files: an output that is also another output,
//! or an input, would destroy it. Later, when a file is opened again, its lock, its content and the
//! lock of the recording prevent the same.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, fstat};

use super::metrics::PART;
use crate::error::Error;
use crate::file::{folder_of, target_of};
use crate::sink::is_archive_name;

/// What a run uses a file for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Identity of a file, with symbolic links resolved.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// Device and inode.
    File(u64, u64),
    /// A file that does not exist yet: device and inode of its directory, and its name.
    Absent(u64, u64, OsString),
}

impl Identity {
    /// Returns `None` for devices, which several outputs may share, and for paths that cannot be
    /// examined: opening them fails with a better message.
    fn of(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            Ok(data) if data.file_type().is_char_device() => return None,
            Ok(data) => return Some(Identity::File(data.dev(), data.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return None,
        }
        let target = target_of(path);
        let data = fs::metadata(folder_of(&target)).ok()?;
        let name = target.file_name()?.to_owned();
        Some(Identity::Absent(data.dev(), data.ino(), name))
    }

    /// The same for a standard stream; `None` unless it is a regular file or a pipe. A socket or a
    /// terminal may be both input and output.
    fn of_stream(fd: impl std::os::fd::AsFd) -> Option<Self> {
        let stat = fstat(fd).ok()?;
        let file_type = FileType::from_raw_mode(stat.st_mode);
        let is_one_way = matches!(file_type, FileType::RegularFile | FileType::Fifo);
        is_one_way.then_some(Identity::File(stat.st_dev, stat.st_ino))
    }
}

/// Device and inode of a directory, and a name in it.
type Entry = (u64, u64, OsString);

/// Returns the entry that a path leads to, with symbolic links resolved; `identity` is that of the path.
fn entry(path: &Path, identity: Option<&Identity>) -> Option<Entry> {
    if let Some(Identity::Absent(device, inode, name)) = identity {
        return Some((*device, *inode, name.clone()));
    }
    let path = fs::canonicalize(path).ok()?;
    let directory = fs::metadata(path.parent()?).ok()?;
    let name = path.file_name()?.to_owned();
    Some((directory.dev(), directory.ino(), name))
}

/// A file of a run.
struct RunFile {
    /// What it is, for messages.
    name: String,
    access: Access,
    identity: Identity,
    entry: Option<Entry>,
}

/// The files of a run.
#[derive(Default)]
pub(super) struct Files {
    files: Vec<RunFile>,
    /// The output file that is rotated.
    rotated: Option<(String, Entry)>,
}

impl Files {
    /// Adds a file; `name` says in messages what it is.
    pub(super) fn path(&mut self, name: &str, access: Access, path: &Path) -> &mut Self {
        let identity = Identity::of(path);
        let entry = identity.as_ref().and_then(|it| entry(path, Some(it)));
        self.add(
            format!("{name} {}", path.display()),
            access,
            identity,
            entry,
        )
    }

    fn stream(&mut self, name: &str, access: Access, identity: Option<Identity>) -> &mut Self {
        self.add(name.to_owned(), access, identity, None)
    }

    fn add(
        &mut self,
        name: String,
        access: Access,
        identity: Option<Identity>,
        entry: Option<Entry>,
    ) -> &mut Self {
        if let Some(identity) = identity {
            self.files.push(RunFile {
                name,
                access,
                identity,
                entry,
            });
        }
        self
    }

    /// Adds an input; `-` is the standard input.
    pub(super) fn input(&mut self, path: &Path) -> &mut Self {
        if path != Path::new("-") {
            return self.path("the input", Access::Read, path);
        }
        let identity = Identity::of_stream(io::stdin());
        self.stream("the standard input", Access::Read, identity)
    }

    /// Adds the output: a file, or the standard output.
    pub(super) fn output(&mut self, path: Option<&PathBuf>) -> &mut Self {
        if let Some(path) = path {
            return self.path("--output", Access::Write, path);
        }
        let identity = Identity::of_stream(io::stdout());
        self.stream("the standard output", Access::Write, identity)
    }

    /// Notes that the output file is rotated.
    pub(super) fn rotated(&mut self, path: &Path) -> &mut Self {
        let name = format!("--output {}", path.display());
        self.rotated = entry(path, Identity::of(path).as_ref()).map(|entry| (name, entry));
        self
    }

    /// Adds the file of an option that writes it, if the option is set.
    pub(super) fn option(&mut self, name: &str, path: Option<&Path>) -> &mut Self {
        match path {
            Some(path) => self.path(name, Access::Write, path),
            None => self,
        }
    }

    /// The same, of a file that is written under its name with `.part` appended, and then renamed.
    pub(super) fn replaced(&mut self, name: &str, path: Option<&Path>) -> &mut Self {
        let part = path.map(|path| {
            let mut part = path.as_os_str().to_owned();
            part.push(PART);
            PathBuf::from(part)
        });
        let of_part = format!("the temporary file of {name},");
        self.option(name, path).option(&of_part, part.as_deref())
    }

    /// # Errors
    /// If a file that is written is also read, or written for another purpose, or if rotation would take
    /// it for an archived file.
    pub(super) fn check(&self) -> Result<(), Error> {
        for (at, file) in self.files.iter().enumerate() {
            let conflict = self.files[..at].iter().find(|other| {
                other.identity == file.identity
                    && (file.access == Access::Write || other.access == Access::Write)
            });
            if let Some(other) = conflict {
                return Err(Error::SameFile(other.name.clone(), file.name.clone()));
            }
            if let Some((output, (device, inode, name))) = &self.rotated
                && let Some((file_device, file_inode, file_name)) = &file.entry
                && (device, inode) == (file_device, file_inode)
                && is_archive_name(name, file_name)
            {
                return Err(Error::ArchiveName(file.name.clone(), output.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_rotation_or_a_temporary_file_would_destroy_are_found() {
        let folder = std::env::temp_dir().join(format!("nlstream-derived-{}", std::process::id()));
        fs::create_dir_all(folder.join("sub")).unwrap();
        let path = |name: &str| folder.join(name);
        let stamp = "20261124T040844.602Z";
        std::os::unix::fs::symlink("sub/net", path("net")).unwrap();
        let is_refused = |name: &str| {
            let mut files = Files::default();
            files.output(Some(&path("net"))).rotated(&path("net"));
            files.replaced("--metrics", Some(&path("m.prom")));
            files.option("--record", Some(&path(name))).check().is_err()
        };
        for is_there in [false, true] {
            for (name, refused) in [
                (format!("sub/net.{stamp}"), true),
                (format!("sub/net.{stamp}.zst.part"), true),
                // The folder of the link, not of the file.
                (format!("net.{stamp}"), false),
                (format!("sub/other.{stamp}"), false),
                ("m.prom.part".to_owned(), true),
                ("sub/m.prom.part".to_owned(), false),
            ] {
                if is_there {
                    fs::write(path(&name), "").unwrap();
                }
                assert_eq!(is_refused(&name), refused, "{name}");
            }
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn equal_files_are_found_through_links_and_before_they_exist() {
        let folder = std::env::temp_dir().join(format!("nlstream-files-{}", std::process::id()));
        fs::create_dir_all(folder.join("sub")).unwrap();
        let path = |name: &str| folder.join(name);
        fs::write(path("file"), "").unwrap();
        fs::hard_link(path("file"), path("hard")).unwrap();
        std::os::unix::fs::symlink("file", path("soft")).unwrap();
        std::os::unix::fs::symlink("../new", path("sub/dangling")).unwrap();
        let conflict = |one: &str, two: &str, access| {
            let mut files = Files::default();
            files.path("one", Access::Write, &path(one));
            files.path("two", access, &path(two));
            files.check().is_err()
        };
        for (one, two, equal) in [
            ("file", "file", true),
            ("file", "hard", true),
            ("file", "soft", true),
            ("file", "sub/../file", true),
            ("new", "new", true),
            ("new", "sub/dangling", true),
            ("new", "./sub/../new", true),
            ("new", "sub/new", false),
            ("file", "new", false),
            // It cannot be opened for another reason.
            ("absent/new", "absent/new", false),
        ] {
            for access in [Access::Read, Access::Write] {
                assert_eq!(conflict(one, two, access), equal, "{one} {two}");
            }
        }
        let mut files = Files::default();
        files.path("one", Access::Read, &path("file"));
        files.path("two", Access::Read, &path("file"));
        files.option("--record", Some(Path::new("/dev/null")));
        files.option("--output", Some(Path::new("/dev/null")));
        files.check().unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }
}
