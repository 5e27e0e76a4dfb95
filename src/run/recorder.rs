//! Records a run. After a write error the recording ends with its last complete block, and the run
//! continues without it. A FIFO, a terminal or another device is written without blocking: what its
//! reader does not take waits, and the recording ends when that exceeds the queue of the lines.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::Outputs;
use crate::capture::Writer;
use crate::channel::{FamilyId, Role};
use crate::error::{Error, Remedy};
use crate::event::meta::Part;
use crate::event::values::Time;
use crate::family::known::GenericFamilies;
use crate::file::{self, Attributes, Draft, Place};
use crate::input::{Header, Input, InputData};
use crate::netlink::secrets::redacted;
use crate::sink::{Nonblocking, write_some};

/// Size of the buffered blocks at which they are written, bytes.
const BATCH: usize = 64 * 1024;

/// How long the end of a run waits for the reader of a recording that takes nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where a recording is written.
enum Output {
    File(File),
    /// A FIFO, a terminal or another device.
    Nonblocking(Nonblocking),
}

/// Writes the inputs of a run to a file, in large pieces.
pub(super) struct Recorder {
    path: PathBuf,
    output: Output,
    /// Maximum size of what waits for the reader of a nonblocking output, bytes; `None`: a flush waits
    /// for the reader.
    limit: Option<usize>,
    /// Contains the buffered blocks.
    writer: Writer<Vec<u8>>,
    /// The inputs that are not written yet: where each ends in the recording, and its time.
    unwritten: VecDeque<(u64, Time)>,
    /// Positions in the recording, bytes: the end of what the output has accepted, of what it has written,
    /// and of the last complete input before that.
    accepted: u64,
    written: u64,
    complete: u64,
    failed: Option<Failed>,
    /// Sets the secrets of datagrams to zero, which those of another program's capture have; `None` if they
    /// are to be kept.
    redactor: Option<Redactor>,
    /// Inputs that may be left out of the recording: those in the buffer.
    held: Option<Held>,
}

/// The names of the generic netlink families in the inputs: some have secrets.
#[derive(Default)]
struct Redactor(GenericFamilies);

impl Redactor {
    /// A copy of a datagram without its secrets; `None` if it has none.
    fn redacted(&mut self, input: &Input<'_>) -> Option<Vec<u8>> {
        let InputData::Datagram(channel, bytes) = input.data else {
            return None;
        };
        if channel.family == FamilyId::ROUTE {
            return None;
        }
        if channel.family == FamilyId::NLCTRL {
            self.0.learn(bytes);
        }
        let name = self.0.get(channel.family).map(|it| &*it.name);
        redacted(channel.family, name, bytes)
    }
}

/// Inputs that are held back.
#[derive(Clone, Copy)]
struct Held {
    /// Length of `unwritten` before them.
    inputs: usize,
    /// Number of interfaces that were described before them.
    interfaces: usize,
}

/// Size of the inputs that are held back at most, bytes.
const MAX_HELD: usize = 16 << 20;

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
        let has_secrets = header.start.settings.with.contains(&Part::Secrets);
        let create = || {
            let mut writer = Writer::new(Vec::new(), header)?;
            let (output, written) = create(path, writer.get_mut(), outputs)?;
            let accepted = writer.get_mut().len() as u64;
            writer.get_mut().clear();
            Ok(Recorder {
                path: path.to_owned(),
                output,
                limit: (outputs.queue != usize::MAX).then_some(outputs.queue),
                writer,
                unwritten: VecDeque::new(),
                accepted,
                written,
                complete: written,
                failed: None,
                redactor: (!has_secrets).then(Redactor::default),
                held: None,
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
        // A later input must not precede those that are held back.
        if input.channel().role != Role::Dumps {
            self.held = None;
        }
        let redacted = self.redactor.as_mut().and_then(|it| it.redacted(input));
        let written = match (&redacted, &input.data) {
            (Some(bytes), InputData::Datagram(channel, _)) => self.writer.write(&Input {
                time: input.time,
                data: InputData::Datagram(*channel, bytes),
            }),
            _ => self.writer.write(input),
        };
        if let Err(error) = written {
            self.held = None;
            self.flush();
            if self.failed.is_none() {
                self.fail(error, input.time);
            }
            return;
        }
        let buffered = self.writer.get_mut().len();
        let end = self.accepted + buffered as u64;
        self.unwritten.push_back((end, input.time));
        if buffered >= MAX_HELD {
            self.held = None;
        }
        if buffered >= BATCH {
            self.flush();
        }
    }

    /// Holds the inputs about dumps back that follow, until [`Recorder::end_hold`] or another input.
    pub(super) fn hold(&mut self) {
        self.flush();
        self.held = Some(Held {
            inputs: self.unwritten.len(),
            interfaces: self.writer.interfaces(),
        });
    }

    /// Leaves the inputs that are held back out of the recording (`leave_out`), or records them.
    pub(super) fn end_hold(&mut self, leave_out: bool) {
        if let Some(held) = self.held.take()
            && leave_out
            && held.interfaces == self.writer.interfaces()
        {
            self.writer.get_mut().clear();
            self.unwritten.truncate(held.inputs);
        }
    }

    /// Writes the buffered blocks to the output, as far as it takes them without waiting.
    pub(super) fn flush(&mut self) {
        if self.held.is_some() {
            return;
        }
        if self.failed.is_some() {
            self.writer.get_mut().clear();
            // What was accepted before ends with a complete block.
            if let Output::Nonblocking(output) = &mut self.output {
                let _ = output.flush();
            }
            return;
        }
        let blocks = self.writer.get_mut();
        let mut is_full = false;
        let result = match &mut self.output {
            Output::File(file) => {
                let (written, result) = write_some(file, blocks);
                self.accepted += blocks.len() as u64;
                self.written += written as u64;
                result
            }
            Output::Nonblocking(output) => {
                let waits = output.pending();
                is_full = waits > 0 && self.limit.is_some_and(|it| waits + blocks.len() > it);
                if is_full {
                    let text = "the reader takes no more data";
                    Err(io::Error::new(io::ErrorKind::TimedOut, text))
                } else {
                    self.accepted += blocks.len() as u64;
                    let result = output.write(blocks);
                    match self.limit {
                        None => result.and_then(|()| output.finish(None)),
                        Some(_) => result,
                    }
                }
            }
        };
        blocks.clear();
        self.note_written();
        if let Err(error) = result {
            let kept = if is_full { self.accepted } else { self.written };
            self.end(error, kept);
        }
    }

    /// Writes what is buffered, and waits for a reader while it takes data.
    pub(super) fn drain(&mut self) {
        self.held = None;
        self.flush();
        let Output::Nonblocking(output) = &mut self.output else {
            return;
        };
        let result = output.finish(Some(PATIENCE));
        self.note_written();
        if let Err(error) = result {
            self.end(error, self.written);
        }
    }

    /// Forgets the inputs that are in the recording by now.
    fn note_written(&mut self) {
        if let Output::Nonblocking(output) = &self.output {
            self.written = output.bytes();
        }
        while let Some((end, _)) = self.unwritten.front()
            && *end <= self.written
        {
            self.complete = *end;
            self.unwritten.pop_front();
        }
    }

    /// Ends the recording after an error: it keeps what is before the position `kept`.
    fn end(&mut self, error: io::Error, kept: u64) {
        self.truncate(self.written - self.complete);
        let lost = self.unwritten.iter().find(|(end, _)| *end > kept);
        if let Some((_, since)) = lost
            && self.failed.is_none()
        {
            self.fail(error, *since);
        }
    }

    /// Removes the last `incomplete` bytes from the file: a part of an input.
    fn truncate(&mut self, incomplete: u64) {
        let Output::File(file) = &self.output else {
            return;
        };
        if incomplete == 0 {
            return;
        }
        self.written -= incomplete;
        if let Err(error) = file.set_len(self.written) {
            let path = self.path.display();
            log::error!(
                "cannot remove the incomplete block at the end of the recording {path}: {error}"
            );
        }
    }

    /// Returns the descriptor to poll for the reader taking more; `None` for a regular file.
    pub(super) fn pollable(&self) -> Option<BorrowedFd<'_>> {
        match &self.output {
            Output::File(_) => None,
            Output::Nonblocking(output) => Some(output.fd()),
        }
    }

    fn fail(&mut self, error: io::Error, since: Time) {
        let path = self.path.display();
        log::error!(
            "cannot write the recording {path}: {error}{}; it ends before {since}, and the output continues without it",
            Remedy(&error)
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
        self.drain();
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
        self.held = None;
        self.flush();
    }
}

/// Writes the beginning of a recording to a file that is locked for this run, or to a FIFO or a device.
/// Returns the output, and how much it has written.
fn create(path: &Path, begin: &[u8], outputs: &Outputs) -> io::Result<(Output, u64)> {
    let place = Place::resolve(path, outputs.folders)?;
    let flags = OFlags::WRONLY | OFlags::APPEND;
    let existing = place.open_or_create(flags, None).map_err(no_reader)?;
    let attributes = existing.attributes();
    let mut file = existing.file;
    if !existing.is_regular {
        let mut output = Nonblocking::of(path, file)?;
        output.write(begin)?;
        let written = output.bytes();
        return Ok((Output::Nonblocking(output), written));
    }
    lock(&file)?;
    if file.metadata()?.len() > 0 {
        if !outputs.force {
            let text = "the file exists and is not empty";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        file = replace(&place, &attributes, begin)?;
    } else {
        file.write_all(begin)?;
    }
    Ok((Output::File(file), begin.len() as u64))
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
    use crate::channel::Channel;
    use crate::input::InputData;

    /// The datagrams in a recording.
    fn recorded(path: &Path) -> Vec<u8> {
        let mut reader = crate::capture::open(path).unwrap();
        let mut found = Vec::new();
        while let Some(input) = reader.next().unwrap() {
            if let InputData::Datagram(_, bytes) = input.data {
                found.push(bytes[0]);
            }
        }
        found
    }

    #[test]
    fn inputs_that_are_held_back_are_left_out_unless_another_input_comes_between() {
        let folder = std::env::temp_dir().join(format!("nlstream-held-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("run.pcapng");
        let outputs = Outputs::default();
        let mut recorder = Recorder::create(&path, &outputs, &Header::default()).unwrap();
        let put = |recorder: &mut Recorder, channel, number: u8| {
            let message = [number, 0, 0, 0];
            let data = InputData::Datagram(channel, &message);
            let time = Time::default();
            recorder.write(&Input { time, data });
        };
        let (events, dumps) = (Channel::ROUTE_EVENTS, Channel::ROUTE_DUMPS);
        put(&mut recorder, events, 1);
        put(&mut recorder, dumps, 2);
        for leave_out in [true, false] {
            recorder.hold();
            put(&mut recorder, dumps, 3);
            recorder.flush();
            recorder.end_hold(leave_out);
        }
        // The event is recorded behind the dump entry that preceded it.
        recorder.hold();
        put(&mut recorder, dumps, 4);
        put(&mut recorder, events, 5);
        put(&mut recorder, dumps, 6);
        recorder.end_hold(true);
        // A run that ends meanwhile.
        recorder.hold();
        put(&mut recorder, dumps, 7);
        recorder.finish().unwrap();
        assert_eq!(recorded(&path), [1, 2, 3, 4, 5, 6, 7]);
        fs::remove_dir_all(&folder).unwrap();
    }

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
