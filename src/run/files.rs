//! The files that a run reads and writes are different files: an output that is also another output,
//! or an input, would destroy it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, fstat};

use crate::error::Error;

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
        let mut path = path.to_owned();
        // As many symbolic links as the kernel follows (path_resolution(7)).
        for _ in 0..40 {
            match fs::metadata(&path) {
                Ok(data) if data.file_type().is_char_device() => return None,
                Ok(data) => return Some(Identity::File(data.dev(), data.ino())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => return None,
            }
            let parent = match path.parent() {
                Some(parent) if parent != Path::new("") => parent,
                _ => Path::new("."),
            };
            match fs::read_link(&path) {
                // A link to a file that does not exist yet.
                Ok(target) => path = parent.join(target),
                Err(_) => {
                    let data = fs::metadata(parent).ok()?;
                    let name = path.file_name()?.to_owned();
                    return Some(Identity::Absent(data.dev(), data.ino(), name));
                }
            }
        }
        None
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

/// The files of a run.
#[derive(Default)]
pub(super) struct Files(Vec<(String, Access, Identity)>);

impl Files {
    /// Adds a file; `name` says in messages what it is.
    pub(super) fn path(&mut self, name: &str, access: Access, path: &Path) -> &mut Self {
        if let Some(identity) = Identity::of(path) {
            let name = format!("{name} {}", path.display());
            self.0.push((name, access, identity));
        }
        self
    }

    /// Adds an input; `-` is the standard input.
    pub(super) fn input(&mut self, path: &Path) -> &mut Self {
        if path != Path::new("-") {
            return self.path("the input", Access::Read, path);
        }
        if let Some(identity) = Identity::of_stream(io::stdin()) {
            let name = "the standard input".to_owned();
            self.0.push((name, Access::Read, identity));
        }
        self
    }

    /// Adds the output: a file, or the standard output.
    pub(super) fn output(&mut self, path: Option<&PathBuf>) -> &mut Self {
        if let Some(path) = path {
            return self.path("--output", Access::Write, path);
        }
        if let Some(identity) = Identity::of_stream(io::stdout()) {
            let name = "the standard output".to_owned();
            self.0.push((name, Access::Write, identity));
        }
        self
    }

    /// Adds the file of an option that writes it, if the option is set.
    pub(super) fn option(&mut self, name: &str, path: Option<&Path>) -> &mut Self {
        match path {
            Some(path) => self.path(name, Access::Write, path),
            None => self,
        }
    }

    /// # Errors
    /// If a file that is written is also read, or written for another purpose.
    pub(super) fn check(&self) -> Result<(), Error> {
        for (at, (name, access, identity)) in self.0.iter().enumerate() {
            let conflict = self.0[..at].iter().find(|(_, other, same)| {
                same == identity && (*access == Access::Write || *other == Access::Write)
            });
            if let Some((other, ..)) = conflict {
                return Err(Error::SameFile(other.clone(), name.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
