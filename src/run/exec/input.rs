//! The thread that reads the lines and selects the events.

use std::io::{BufReader, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use log::warn;
use mio::Waker;

use super::super::line_filter::LineFilter;
use super::event::Event;
use super::follow::{Begin, Follower};
use super::position::Position;
use crate::decompress;
use crate::error::Error;
use crate::lines::{self, Ending, Line, LineFault, LinesError, Order, Place};

/// Interval in which the loop is told which lines were no events.
const PASSED_INTERVAL: Duration = Duration::from_secs(1);

/// What the thread tells the loop.
#[derive(Debug)]
pub(super) enum Message {
    /// An event, and the line before it.
    Event {
        event: Box<Event>,
        before: Option<Position>,
    },
    /// A line that is no event.
    Passed(Position),
    /// The end of the standard input.
    End,
    /// The lines cannot be read.
    Failed(Error),
}

/// Why the thread ends before the end of the lines.
enum Stop {
    /// The loop has ended.
    Closed,
    Lines(LinesError),
}

impl<E: Into<LinesError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Lines(error.into())
    }
}

/// Lines that were read before the program started.
struct Skip {
    until: Position,
    /// A line of its run was read.
    has_begun: bool,
}

/// The lines.
pub(super) struct Input {
    path: PathBuf,
    filter: LineFilter,
    sender: SyncSender<Message>,
    waker: Arc<Waker>,
    order: Order,
    skip: Option<Skip>,
    /// The line before.
    before: Option<Position>,
    /// A line that is no event, and that the loop was not told of.
    passed: Option<Position>,
    passed_at: Instant,
    /// Number of the line, from 1.
    number: u64,
}

impl Input {
    /// `from`: the line after which the lines begin.
    pub(super) fn new(
        path: &Path,
        filter: LineFilter,
        from: Option<Position>,
        sender: SyncSender<Message>,
        waker: Arc<Waker>,
    ) -> Self {
        Input {
            path: path.to_owned(),
            filter,
            sender,
            waker,
            order: Order::default(),
            before: from.clone(),
            skip: from.map(|until| Skip {
                until,
                has_begun: false,
            }),
            passed: None,
            passed_at: Instant::now(),
            number: 0,
        }
    }

    /// Starts the thread. It ends with the program.
    ///
    /// # Errors
    /// If there can be no thread.
    pub(super) fn start(self) -> Result<(), Error> {
        let thread = std::thread::Builder::new().name("lines".to_owned());
        let started = thread.spawn(move || self.run());
        started.map(|_| ()).map_err(Error::Loop)
    }

    fn run(mut self) {
        let result = match self.path == Path::new("-") {
            true => self.read(BufReader::new(stdin())),
            false if self.path.metadata().is_ok_and(|data| !data.is_file()) => {
                match std::fs::File::open(&self.path) {
                    Ok(file) => self.read(BufReader::new(file)),
                    Err(error) => Err(error.into()),
                }
            }
            false => self.follow(),
        };
        let last = match result {
            Ok(()) => Message::End,
            Err(Stop::Closed) => return,
            Err(Stop::Lines(source)) => Message::Failed(Error::Lines {
                path: self.path.clone(),
                source,
            }),
        };
        let _ = self.tell_passed().and_then(|()| self.send(last));
    }

    fn send(&self, message: Message) -> Result<(), Stop> {
        self.sender.send(message).map_err(|_| Stop::Closed)?;
        // The loop also looks when a command ends.
        let _ = self.waker.wake();
        Ok(())
    }

    fn tell_passed(&mut self) -> Result<(), Stop> {
        self.passed_at = Instant::now();
        match self.passed.take() {
            Some(position) => self.send(Message::Passed(position)),
            None => Ok(()),
        }
    }

    /// Reads a stream to its end.
    fn read(&mut self, input: impl std::io::Read) -> Result<(), Stop> {
        let mut input = BufReader::new(decompress::reader(input)?);
        if let Some(name) = lines::foreign(std::io::BufRead::fill_buf(&mut input)?) {
            return Err(Stop::Lines(LinesError::Foreign(name)));
        }
        let mut text = Vec::new();
        loop {
            if !input.buffer().contains(&b'\n') {
                self.tell_passed()?;
            }
            match lines::next(&mut input, &mut text)? {
                Ending::Nothing => return Ok(()),
                Ending::Torn if Line::parse(&text).is_err() => return Ok(()),
                Ending::TooLong => return Err(Stop::Lines(LinesError::TooLong(self.number + 1))),
                Ending::Newline | Ending::Torn => self.take(&text)?,
            }
        }
    }

    /// Follows a file, without an end.
    fn follow(&mut self) -> Result<(), Stop> {
        let begin = match &self.before {
            Some(position) => Begin::After(position),
            None => Begin::End,
        };
        let mut follower = Follower::new(&self.path, begin)?;
        if self.before.is_none()
            && let Some(last) = follower.last()
        {
            self.before = Some(last.clone());
            self.passed = Some(last);
        }
        let mut text = Vec::new();
        loop {
            match follower.next(&mut text)? {
                Some(Ending::TooLong) => {
                    return Err(Stop::Lines(LinesError::TooLong(self.number + 1)));
                }
                Some(_) => self.take(&text)?,
                None => {
                    self.tell_passed()?;
                    follower.wait();
                }
            }
        }
    }

    fn take(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.number += 1;
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        let is_first = self.number == 1;
        match Line::parse(text).and_then(|line| self.examine(&line)) {
            Ok(Some(message)) => {
                self.passed = None;
                self.send(message)
            }
            Ok(None) if self.passed_at.elapsed() > PASSED_INTERVAL => self.tell_passed(),
            Ok(None) => Ok(()),
            // What begins with anything else is not a stream of lines.
            Err(fault) if is_first || matches!(fault, LineFault::Version(_)) => {
                Err(Stop::Lines(LinesError::Line(self.number, fault)))
            }
            Err(fault) => {
                warn!("skipped: line {} {fault}", self.number);
                Ok(())
            }
        }
    }

    /// Returns the event of a line, if it is one that was not read before.
    fn examine(&mut self, line: &Line<'_>) -> Result<Option<Message>, LineFault> {
        if self.order.place(line, false)? == Place::Repeated || self.is_skipped(line) {
            return Ok(None);
        }
        let run = match &self.before {
            Some(before) if *before.run == *line.run => before.run.clone(),
            _ => Arc::from(&*line.run),
        };
        let position = Position {
            run,
            seq: line.seq,
            time: line.time,
        };
        let before = self.before.replace(position.clone());
        if self.filter.selects(line)? {
            let event = Box::new(Event::new(line, position)?);
            return Ok(Some(Message::Event { event, before }));
        }
        self.passed = Some(position);
        Ok(None)
    }

    /// Returns true if the line was read before the program started.
    fn is_skipped(&mut self, line: &Line<'_>) -> bool {
        let Some(skip) = &mut self.skip else {
            return false;
        };
        if *skip.until.run == *line.run {
            skip.has_begun = true;
            if line.seq <= skip.until.seq {
                return true;
            }
        } else if !skip.has_begun && self.path != Path::new("-") && line.time <= skip.until.time {
            return true;
        }
        self.skip = None;
        false
    }
}
