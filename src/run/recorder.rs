//! Records a run. After a write error the recording ends with its last complete block, and the run
//! continues without it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::Outputs;
use crate::capture::Writer;
use crate::error::Error;
use crate::event::values::Time;
use crate::file::{self, Attributes, Draft, Place};
use crate::input::{Header, Input};
use crate::sink::write_some;

/// Size of the buffered blocks at which they are written, bytes.
const BATCH: usize = 64 * 1024;

/// Writes the inputs of a run to a file, in large pieces.
pub(super) struct Recorder {
    path: PathBuf,
    file: File,
    /// Contains the buffered blocks.
    writer: Writer<Vec<u8>>,
    /// The end of each input in the buffer, and its time.
    buffered: Vec<(usize, Time)>,
    /// Size of the file, bytes.
    size: u64,
    failed: Option<Failed>,
}

/// The error that ended the recording.
struct Failed {
    error: io::Error,
    /// Time of the first input that is not in the recording.
    since: Time,
}

impl Recorder {
    /// Begins a recording, in a new or empty file. With `force` of the outputs a file that has content is
    /// replaced.
    ///
    /// # Errors
    /// If the file cannot be created or written, is being written by another run, or has content.
    pub(super) fn create(path: &Path, outputs: &Outputs, header: &Header) -> Result<Self, Error> {
        let create = || {
            let mut writer = Writer::new(Vec::new(), header)?;
            let file = create(path, writer.get_mut(), outputs)?;
            let size = writer.get_mut().len() as u64;
            writer.get_mut().clear();
            Ok(Recorder {
                path: path.to_owned(),
                file,
                writer,
                buffered: Vec::new(),
                size,
                failed: None,
            })
        };
        create().map_err(|source| Error::Record {
            path: path.to_owned(),
            source,
        })
    }

    /// Records an input.
    pub(super) fn write(&mut self, input: &Input<'_>) {
        if self.failed.is_some() {
            return;
        }
        if let Err(error) = self.writer.write(input) {
            self.flush();
            if self.failed.is_none() {
                self.fail(error, input.time);
            }
            return;
        }
        let end = self.writer.get_mut().len();
        self.buffered.push((end, input.time));
        if end >= BATCH {
            self.flush();
        }
    }

    /// Writes the buffered blocks to the file.
    pub(super) fn flush(&mut self) {
        if self.failed.is_none() && !self.buffered.is_empty() {
            let (written, result) = write_some(&mut self.file, self.writer.get_mut());
            self.size += written as u64;
            if let Err(error) = result {
                self.end(error, written);
            }
        }
        self.writer.get_mut().clear();
        self.buffered.clear();
    }

    /// Ends the recording after an error: only `written` bytes of the buffer are in the file.
    fn end(&mut self, error: io::Error, written: usize) {
        let complete = self.buffered.partition_point(|(end, _)| *end <= written);
        let end = complete
            .checked_sub(1)
            .map_or(0, |last| self.buffered[last].0);
        self.truncate((written - end) as u64);
        if let Some((_, since)) = self.buffered.get(complete) {
            self.fail(error, *since);
        }
    }

    /// Removes the last `incomplete` bytes from the file: a part of an input.
    fn truncate(&mut self, incomplete: u64) {
        if incomplete == 0 {
            return;
        }
        self.size -= incomplete;
        if let Err(error) = self.file.set_len(self.size) {
            let path = self.path.display();
            log::error!(
                "cannot remove the incomplete block at the end of the recording {path}: {error}"
            );
        }
    }

    fn fail(&mut self, error: io::Error, since: Time) {
        let path = self.path.display();
        log::error!(
            "cannot write the recording {path}: {error}; it ends before {since}, the output continues; free space and restart to record again"
        );
        self.failed = Some(Failed { error, since });
    }

    /// Time of the first input that is not in the recording; `None` if all are.
    pub(super) fn unrecorded_since(&self) -> Option<Time> {
        self.failed.as_ref().map(|failed| failed.since)
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// If it is not complete.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.flush();
        match self.failed.take() {
            None => Ok(()),
            Some(Failed { error, since }) => Err(Error::Unrecorded {
                path: std::mem::take(&mut self.path),
                since,
                source: error,
            }),
        }
    }
}

impl Drop for Recorder {
    /// Writes the buffered blocks of a run that ends with an error.
    fn drop(&mut self) {
        self.flush();
    }
}

/// Writes the beginning of a recording to a file that is locked for this run.
fn create(path: &Path, begin: &[u8], outputs: &Outputs) -> io::Result<File> {
    let place = Place::resolve(path, outputs.folders)?;
    let flags = OFlags::WRONLY | OFlags::APPEND;
    let existing = place.open_or_create(flags, None).map_err(no_reader)?;
    let attributes = existing.attributes();
    let mut file = existing.file;
    if existing.is_regular {
        lock(&file)?;
        if file.metadata()?.len() > 0 {
            return match outputs.force {
                true => replace(&place, &attributes, begin),
                false => Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    "the file exists and is not empty",
                )),
            };
        }
    }
    file.write_all(begin)?;
    Ok(file)
}

/// The error of a FIFO that no program has opened for reading.
fn no_reader(error: io::Error) -> io::Error {
    match error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) {
        true => io::Error::other("no program reads from it; start the reader first"),
        false => error,
    }
}

/// Writes the beginning of a recording to a new file, which replaces the one at `place`: at no time
/// is there neither.
fn replace(place: &Place, attributes: &Attributes, begin: &[u8]) -> io::Result<File> {
    let folder = place.folder();
    let draft = Draft::create(folder, place.name_with(".part"), Some(attributes))?;
    draft.file().write_all(begin)?;
    draft.publish(place.name(), true)
}

/// Locks the file for this run.
fn lock(file: &File) -> io::Result<()> {
    match file::lock(file) {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another nlstream records to it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_recording_never_overwrites_content_unless_forced() {
        let folder = std::env::temp_dir().join(format!("nlstream-recorder-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("run.pcapng");
        let header = Header::default();
        let create_at = |path: &Path, force| {
            let outputs = Outputs {
                force,
                ..Outputs::default()
            };
            Recorder::create(path, &outputs, &header)
        };
        let create = |force| create_at(&path, force);
        let first = create(false).unwrap();
        // The first run still records, with and without --force.
        for force in [false, true] {
            let error = create(force).err().unwrap().to_string();
            assert!(error.contains("another nlstream records"), "{error}");
        }
        drop(first);
        let error = create(false).err().unwrap().to_string();
        assert!(error.contains("--force"), "{error}");
        fs::write(&path, "my precious notes").unwrap();
        assert!(create(false).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"my precious notes");
        // The old file lives on for those who have it open, also through a link.
        fs::hard_link(&path, folder.join("notes")).unwrap();
        std::os::unix::fs::symlink("run.pcapng", folder.join("link")).unwrap();
        drop(create_at(&folder.join("link"), true).unwrap());
        assert_eq!(
            fs::read(folder.join("notes")).unwrap(),
            b"my precious notes"
        );
        assert!(
            fs::read(&path)
                .unwrap()
                .starts_with(&[0x0a, 0x0d, 0x0d, 0x0a])
        );
        let link = fs::symlink_metadata(folder.join("link")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
        // A new or empty file, and a device, need no --force.
        fs::write(&path, "").unwrap();
        drop(create(false).unwrap());
        drop(create_at(Path::new("/dev/null"), false).unwrap());
        fs::remove_dir_all(&folder).unwrap();
    }
}
