//! A file of lines that is followed across rotation. What was rotated out while nobody looked is found
//! among the files beside it, whose names begin with its name: their order is that of their first lines.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::fs::inotify;

use super::position::Position;
use crate::decompress;
use crate::file::{folder_of, target_of};
use crate::lines::{self, Ending, Line, LinesError};
use crate::sink::is_archive_name;

/// Maximum length of the first line of a file beside the one that is followed, bytes.
const MAX_HEAD: u64 = 1 << 20;
/// Time after which a file is looked at, if the kernel does not tell that it has changed.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Length of a mark, bytes: enough for `run`, `seq` and `time`.
const MARK: usize = 128;
/// Size of a part of a file that is read from its end, bytes.
const PART: u64 = 1 << 20;

/// Where to begin.
pub(in crate::run) enum Begin<'a> {
    /// At the end of the file.
    End,
    /// At the beginning of the file.
    #[cfg(feature = "top")]
    Start,
    /// With the file that contains the line, or the first one after it.
    After(&'a Position),
}

/// A file, and its first line.
#[derive(Debug)]
struct Candidate {
    path: PathBuf,
    head: Position,
    /// Of several files with the same lines the one with the highest rank is read.
    rank: (bool, bool, u64),
}

/// The file that is being read.
struct Source {
    path: PathBuf,
    head: Option<Position>,
    /// Device and inode.
    identity: (u64, u64),
    reader: Reader,
}

enum Reader {
    /// The file, the offset of the line after the last one, and the beginning of the last one.
    Plain(BufReader<File>, u64, Mark),
    Compressed(Box<dyn BufRead>),
}

/// The beginning of the line that was read last, which tells whether the file has begun again.
#[derive(Default)]
struct Mark {
    offset: u64,
    text: Vec<u8>,
}

impl Mark {
    fn is_in(&self, file: &File) -> bool {
        let mut text = vec![0; self.text.len()];
        file.read_exact_at(&mut text, self.offset).is_ok() && text == self.text
    }
}

/// Reads lines of a file, and of those that follow it.
pub(in crate::run) struct Follower {
    path: PathBuf,
    source: Option<Source>,
    /// The file was replaced by another one, and is read to its end for the last time.
    is_closing: bool,
    /// The last line before the beginning at the end.
    last: Option<Position>,
    watch: Watch,
}

impl Follower {
    /// # Errors
    /// If the file cannot be read, or is no file of lines.
    pub(in crate::run) fn new(path: &Path, begin: Begin<'_>) -> Result<Self, LinesError> {
        let mut follower = Follower {
            path: path.to_owned(),
            source: None,
            is_closing: false,
            last: None,
            watch: Watch::new(),
        };
        // Before the first look, so that no change after it is missed.
        follower.watch.follow(path);
        match begin {
            Begin::End => follower.open_end()?,
            // The first line opens it.
            #[cfg(feature = "top")]
            Begin::Start => {}
            Begin::After(position) => follower.open_after(position)?,
        }
        let shown = path.display();
        match &follower.source {
            None => info!("waiting for {shown} to appear"),
            Some(source) => info!("following {shown}, beginning in {}", source.path.display()),
        }
        Ok(follower)
    }

    /// The last line before the beginning at the end of the file.
    pub(super) fn last(&self) -> Option<Position> {
        self.last.clone()
    }

    fn open_end(&mut self) -> Result<(), LinesError> {
        let Some(mut source) = Source::open(&self.path, true)? else {
            return Ok(());
        };
        if let Reader::Plain(reader, offset, _) = &mut source.reader {
            let (end, last) = end_of_lines(reader.get_ref())?;
            self.last = last;
            *offset = end;
            reader.seek(SeekFrom::Start(end))?;
        }
        self.begin(source);
        Ok(())
    }

    fn open_after(&mut self, position: &Position) -> Result<(), LinesError> {
        let list = self.candidates();
        let contains = |it: &Candidate| it.head.run == position.run && it.head.seq <= position.seq;
        let is_before =
            |it: &Candidate| it.head.run != position.run && it.head.time <= position.time;
        let at = list.iter().rposition(contains);
        let at = at.or_else(|| list.iter().rposition(is_before));
        let is_live = |it: &Candidate| it.path == target_of(&self.path);
        if at.is_none() && !list.is_empty() {
            warn!(
                "{} and the files beside it begin after the position (run {}, seq {}): lines in between are missing",
                self.path.display(),
                position.run,
                position.seq
            );
        }
        for found in list.get(at.unwrap_or(0)..).unwrap_or_default() {
            if let Some(source) = Source::open(&found.path, is_live(found))? {
                self.begin(source);
                break;
            }
        }
        Ok(())
    }

    fn begin(&mut self, source: Source) {
        self.watch.follow(&source.path);
        self.source = Some(source);
        self.is_closing = false;
    }

    /// Reads the next line into `text`, without its newline; `None` if there is none now.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(in crate::run) fn next(
        &mut self,
        text: &mut Vec<u8>,
    ) -> Result<Option<Ending>, LinesError> {
        loop {
            let Some(source) = &mut self.source else {
                match Source::open(&self.path, true)? {
                    Some(source) => self.begin(source),
                    None => return Ok(None),
                }
                continue;
            };
            match source.next(text)? {
                Ending::Newline => return Ok(Some(Ending::Newline)),
                Ending::TooLong => return Ok(Some(Ending::TooLong)),
                Ending::Nothing | Ending::Torn => {}
            }
            if source.is_at(&self.path) {
                if source.is_truncated()? {
                    source.restart()?;
                    continue;
                }
                return Ok(None);
            }
            // The writer may have written to the file until the next one had its first line.
            match self.successor()? {
                None => return Ok(None),
                Some(_) if !self.is_closing => self.is_closing = true,
                Some(next) => self.begin(next),
            }
        }
    }

    /// The file after the one that is being read; `None` if it has no line yet.
    fn successor(&self) -> Result<Option<Source>, LinesError> {
        let list = self.candidates();
        let live = target_of(&self.path);
        let head = self.source.as_ref().and_then(|source| source.head.as_ref());
        let next = match head {
            None => list.iter().rfind(|it| it.path == live),
            Some(head) => {
                let is_same = |it: &Candidate| it.head.run == head.run && it.head.seq == head.seq;
                let is_after = |it: &Candidate| match it.head.run == head.run {
                    true => it.head.seq > head.seq,
                    false => it.head.time >= head.time,
                };
                match list.iter().position(is_same) {
                    Some(at) => list.get(at + 1),
                    None => list.iter().find(|it| is_after(it)),
                }
                // The clock may have been set back between two runs.
                .or_else(|| list.iter().find(|it| it.path == live && !is_same(it)))
            }
        };
        let Some(next) = next else {
            return Ok(None);
        };
        // It may have been renamed since.
        let source = Source::open(&next.path, next.path == live)?;
        Ok(source.filter(|source| source.head.as_ref() == Some(&next.head)))
    }

    /// The files with lines, oldest first: the one that is followed and those beside it.
    fn candidates(&self) -> Vec<Candidate> {
        let live = target_of(&self.path);
        let (folder, Some(name)) = (folder_of(&live), live.file_name()) else {
            return Vec::new();
        };
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let found = entries.filter_map(|entry| {
            let (other, data) = (entry.file_name(), entry.metadata().ok()?);
            if !data.is_file() || !is_beside(name, &other) {
                return None;
            }
            // The path as it was given: the one that is followed is compared with it.
            let path = match other == *name {
                true => live.clone(),
                false => folder.join(&other),
            };
            let rank = (other == *name, is_archive_name(name, &other), data.len());
            Some(Candidate {
                head: head_of(&path)?,
                path,
                rank,
            })
        });
        let mut found: Vec<_> = found.collect();
        let mut begins = HashMap::<Arc<str>, _>::new();
        for Candidate { head, .. } in &found {
            let begin = begins.entry(head.run.clone()).or_insert(head.time);
            *begin = head.time.min(*begin);
        }
        found.sort_by(|one, other| {
            let key = |it: &Candidate| {
                (
                    begins.get(&it.head.run).copied(),
                    it.head.run.clone(),
                    it.head.seq,
                )
            };
            key(one).cmp(&key(other)).then(other.rank.cmp(&one.rank))
        });
        found.dedup_by(|one, other| {
            one.head.run == other.head.run && one.head.seq == other.head.seq
        });
        found
    }

    /// Waits until a file may have changed.
    pub(in crate::run) fn wait(&mut self) {
        self.watch.wait();
    }
}

/// Returns true if a file `other` in the folder of the file `name` may have earlier lines of it.
fn is_beside(name: &OsStr, other: &OsStr) -> bool {
    const UNFINISHED: &[u8] = b".part";
    let rest = other.as_bytes().strip_prefix(name.as_bytes());
    rest.is_some_and(|rest| {
        matches!(rest.first(), None | Some(b'.' | b'-')) && !rest.ends_with(UNFINISHED)
    })
}

/// The position of a complete line; `None` if it is no line of nlstream.
fn position(text: &[u8]) -> Option<Position> {
    let line = Line::parse(text).ok()?;
    Some(Position {
        run: Arc::from(&*line.run),
        seq: line.seq,
        time: line.time,
    })
}

/// The first line of a file, which may be compressed.
fn head_of(path: &Path) -> Option<Position> {
    let input = decompress::reader(File::open(path).ok()?).ok()?;
    head(&mut BufReader::new(input.take(MAX_HEAD)))
}

fn head(input: &mut impl BufRead) -> Option<Position> {
    let mut text = Vec::new();
    let ending = lines::next(input, &mut text).ok()?;
    (ending == Ending::Newline)
        .then(|| position(&text))
        .flatten()
}

/// The end of the last complete line of a file, and the line.
fn end_of_lines(file: &File) -> io::Result<(u64, Option<Position>)> {
    let length = file.metadata()?.len();
    let mut size = PART.min(length);
    loop {
        let start = length - size;
        let mut part = vec![0; size as usize];
        file.read_exact_at(&mut part, start)?;
        let ends: Vec<_> = memrchr_two(&part);
        match ends[..] {
            [last, before] => {
                let line = &part[before + 1..last];
                return Ok((start + last as u64 + 1, position(line)));
            }
            [last] if start == 0 => return Ok((last as u64 + 1, position(&part[..last]))),
            [] if start == 0 => return Ok((0, None)),
            _ if size > lines::LONGEST => return Ok((length, None)),
            _ => size = (size * 2).min(length),
        }
    }
}

/// The places of the last two newlines, the last one first.
fn memrchr_two(text: &[u8]) -> Vec<usize> {
    let newlines = text
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, byte)| **byte == b'\n');
    newlines.map(|(at, _)| at).take(2).collect()
}

impl Source {
    /// Opens a file; `None` if it does not exist. `is_live`: lines are appended to it.
    fn open(path: &Path, is_live: bool) -> Result<Option<Self>, LinesError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let data = file.metadata()?;
        let mut first = BufReader::new(file.try_clone()?.take(MAX_HEAD));
        let is_compressed = !is_live && {
            let mut magic = [0; 4];
            let read = file.read_at(&mut magic, 0)?;
            decompress::is_compressed(&magic[..read])
        };
        let (head, reader) = if is_compressed {
            let reader = decompress::reader(file)?;
            (
                head_of(path),
                Reader::Compressed(Box::new(BufReader::new(reader))),
            )
        } else {
            if let Some(name) = lines::foreign(first.fill_buf()?) {
                return Err(LinesError::Foreign(name));
            }
            let head = head(&mut first);
            let mut reader = BufReader::new(file);
            reader.seek(SeekFrom::Start(0))?;
            (head, Reader::Plain(reader, 0, Mark::default()))
        };
        Ok(Some(Source {
            path: path.to_owned(),
            head,
            identity: (data.dev(), data.ino()),
            reader,
        }))
    }

    /// Reads the next line. A line without a newline is read again later.
    fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Ending> {
        match &mut self.reader {
            Reader::Compressed(reader) => lines::next(reader, text),
            Reader::Plain(reader, offset, mark) => {
                let ending = lines::next(reader, text)?;
                match ending {
                    Ending::Newline => {
                        mark.offset = *offset;
                        mark.text.clear();
                        mark.text.extend_from_slice(&text[..text.len().min(MARK)]);
                        *offset += text.len() as u64 + 1;
                        if self.head.is_none() {
                            self.head = position(text);
                        }
                    }
                    Ending::Torn => {
                        reader.seek(SeekFrom::Start(*offset))?;
                    }
                    Ending::TooLong | Ending::Nothing => {}
                }
                Ok(ending)
            }
        }
    }

    /// Returns true if the path leads to this file.
    fn is_at(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|data| (data.dev(), data.ino()) == self.identity)
    }

    /// Returns true if lines that were read are not in the file any more.
    fn is_truncated(&self) -> io::Result<bool> {
        match &self.reader {
            Reader::Plain(reader, offset, mark) => {
                let file = reader.get_ref();
                Ok(file.metadata()?.len() < *offset || !mark.is_in(file))
            }
            Reader::Compressed(_) => Ok(false),
        }
    }

    /// Begins at the beginning of the file again.
    fn restart(&mut self) -> io::Result<()> {
        self.head = None;
        if let Reader::Plain(reader, offset, mark) = &mut self.reader {
            *mark = Mark::default();
            warn!("{} was truncated", self.path.display());
            *offset = 0;
            reader.seek(SeekFrom::Start(0))?;
        }
        Ok(())
    }
}

/// Waits for changes of the file and of its folder.
struct Watch {
    inotify: Option<OwnedFd>,
    file: Option<i32>,
}

impl Watch {
    fn new() -> Self {
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        Watch {
            // Without it (a limit of the user) the file is looked at in intervals.
            inotify: inotify::init(flags).ok(),
            file: None,
        }
    }

    /// Watches this file, and its folder, in place of the former file.
    fn follow(&mut self, path: &Path) {
        let Some(inotify) = &self.inotify else { return };
        if let Some(former) = self.file.take() {
            let _ = inotify::remove_watch(inotify, former);
        }
        let in_folder = inotify::WatchFlags::CREATE | inotify::WatchFlags::MOVED_TO;
        let folder = folder_of(&target_of(path));
        let _ = inotify::add_watch(inotify, &folder, in_folder | inotify::WatchFlags::ONLYDIR);
        self.file = inotify::add_watch(inotify, path, inotify::WatchFlags::MODIFY).ok();
    }

    fn wait(&mut self) {
        let Some(inotify) = &self.inotify else {
            return std::thread::sleep(LOOK_INTERVAL);
        };
        let mut fds = [PollFd::new(inotify, PollFlags::IN)];
        let timeout = Timespec::try_from(LOOK_INTERVAL).ok();
        if poll(&mut fds, timeout.as_ref()).is_ok_and(|ready| ready > 0) {
            // What has changed is found out by a look.
            let mut events = [0; 4096];
            while rustix::io::read(inotify, &mut events).is_ok_and(|read| read > 0) {}
        }
    }
}
