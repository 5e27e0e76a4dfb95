//! What was done, for the next start: the line before the first event that is not done, and the last
//! event that is done of each object with later ones.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::error::Error;
use crate::event::values::Time;
use crate::file::{Draft, FolderPolicy, Place, lock_within};

/// Name that is appended while the file is written.
const PART: &str = ".part";
/// Maximum number of objects with events that are done, after one that is not.
const MAX_DONE: usize = 4096;
/// Maximum size of the file, bytes: more than that of the largest that is written.
const MAX_SIZE: u64 = 4 << 20;
/// How long the lock of the file is waited for. The process of a command has the files of the process that starts it until
/// it executes the command, also if that process was killed meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line: its run and its number, and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::run) struct Position {
    pub run: Arc<str>,
    pub seq: u64,
    pub time: Time,
}

impl Position {
    /// Returns true if this line was written before the other one, or is it.
    fn is_until(&self, other: &Position) -> bool {
        match self.run == other.run {
            true => self.seq <= other.seq,
            false => self.time < other.time,
        }
    }
}

/// The content of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Saved {
    /// The last line before the first event that is not done.
    #[serde(flatten)]
    pub at: Position,
    /// The last event after it that is done, of each object that has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    done: Vec<Done>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Done {
    /// The key of the object, hexadecimal: a JSON number has too few digits in many programs.
    object: String,
    #[serde(flatten)]
    at: Position,
}

/// The events that are done, and those that are not.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The events that wait or run, by number, with the line before each.
    open: BTreeMap<u64, Option<Position>>,
    /// Their numbers, by position.
    numbers: HashMap<(Arc<str>, u64), u64>,
    next: u64,
    /// The last line that was read.
    last: Option<Position>,
    /// The last event that is done, by object.
    done: HashMap<u64, Position>,
}

impl Progress {
    pub(super) fn new(saved: Option<Saved>) -> Self {
        let Some(saved) = saved else {
            return Progress::default();
        };
        let done = saved.done.into_iter().filter_map(|done| {
            let key = u64::from_str_radix(&done.object, 16).ok()?;
            Some((key, done.at))
        });
        Progress {
            last: Some(saved.at),
            done: done.collect(),
            ..Progress::default()
        }
    }

    /// Returns false while too many events are done after one that is not.
    pub(super) fn has_room(&self) -> bool {
        self.done.len() < MAX_DONE
    }

    /// Returns true if the event was done before the program started.
    pub(super) fn is_done(&self, event: &Event) -> bool {
        let done = self.done.get(&event.key);
        done.is_some_and(|it| it.run == event.position.run && event.position.seq <= it.seq)
    }

    /// An event that is done was read again.
    pub(super) fn skip(&mut self, event: &Event) {
        self.pass(event.position.clone());
    }

    /// An event was read, after the line `before`.
    pub(super) fn begin(&mut self, event: &Event, before: Option<Position>) {
        let before = before.or_else(|| self.last.clone());
        self.open.insert(self.next, before);
        let Position { run, seq, .. } = &event.position;
        self.numbers.insert((run.clone(), *seq), self.next);
        self.next += 1;
        self.last = Some(event.position.clone());
    }

    /// A line was read that is no event.
    pub(super) fn pass(&mut self, position: Position) {
        self.last = Some(position);
        self.forget();
    }

    /// A later event of the same object takes the place of this one.
    pub(super) fn supersede(&mut self, event: &Event) {
        self.close(event);
    }

    /// An event is done.
    pub(super) fn end(&mut self, event: &Event) {
        self.close(event);
        self.done.insert(event.key, event.position.clone());
        self.forget();
    }

    fn close(&mut self, event: &Event) {
        let Position { run, seq, .. } = &event.position;
        if let Some(number) = self.numbers.remove(&(run.clone(), *seq)) {
            self.open.remove(&number);
        }
    }

    /// Forgets the events until which everything is done.
    fn forget(&mut self) {
        if let Some(until) = self.until().cloned() {
            self.done.retain(|_, done| !done.is_until(&until));
        }
    }

    /// The last line before the first event that is not done.
    fn until(&self) -> Option<&Position> {
        match self.open.first_key_value() {
            Some((_, before)) => before.as_ref(),
            None => self.last.as_ref(),
        }
    }

    /// What the file is to contain; `None` if there is no line before the first event.
    pub(super) fn to_save(&self) -> Option<Saved> {
        let done = self.done.iter().map(|(key, at)| Done {
            object: format!("{key:016x}"),
            at: at.clone(),
        });
        Some(Saved {
            at: self.until()?.clone(),
            done: done.collect(),
        })
    }
}

/// The file of the position.
#[derive(Debug)]
pub(super) struct Positions {
    path: PathBuf,
    /// What it contained at the start.
    pub saved: Option<Saved>,
    /// The file, locked: another process that uses it is refused.
    _locked: Option<File>,
}

impl Positions {
    /// Opens the file, if it exists.
    ///
    /// # Errors
    /// If it cannot be read, has another content, or another process uses it.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let fault = |source| Error::Position {
            path: path.to_owned(),
            source,
        };
        let (saved, locked) = load(path).map_err(fault)?;
        Ok(Positions {
            path: path.to_owned(),
            saved,
            _locked: locked,
        })
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn save(&mut self, saved: &Saved) -> Result<(), Error> {
        let written = write(&self.path, saved);
        self._locked = Some(written.map_err(|source| Error::Position {
            path: self.path.clone(),
            source,
        })?);
        Ok(())
    }
}

fn load(path: &Path) -> io::Result<(Option<Saved>, Option<File>)> {
    let place = Place::resolve(path, FolderPolicy::Secure)?;
    place.folder().check_length(place.name(), PART)?;
    let Some(existing) = place.open(OFlags::RDONLY)? else {
        return Ok((None, None));
    };
    let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    if !existing.is_regular {
        return Err(invalid("it is not a regular file; choose another one"));
    }
    let mut file = existing.file;
    if !lock_within(&file, PATIENCE) {
        let busy = "another nlstream exec uses it; choose another file";
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, busy));
    }
    let mut text = String::new();
    let read = (&mut file).take(MAX_SIZE).read_to_string(&mut text);
    let saved = read.ok().and_then(|_| serde_json::from_str(&text).ok());
    let saved = saved.ok_or_else(|| {
        invalid(
            "its content is not a position of nlstream exec; choose another file, or remove this one to begin anew",
        )
    })?;
    Ok((Some(saved), Some(file)))
}

/// Writes the file under another name, and renames it. Returns it, locked.
fn write(path: &Path, saved: &Saved) -> io::Result<File> {
    let place = Place::resolve(path, FolderPolicy::Secure)?;
    let draft = Draft::create(place.folder(), place.name_with(PART), None)?;
    let mut text = serde_json::to_vec(saved)?;
    text.push(b'\n');
    draft.file().write_all(&text)?;
    draft.publish(place.name(), true)
}
