//! Log messages, written to standard error; standard output is reserved for event lines. Messages
//! contain text of captures, arguments and files: control and invisible characters are escaped, so
//! each message is one line.
//!
//! A run that serves the kernel, signals and commands must not wait for the reader of standard error:
//! after [`never_wait`] messages that the reader does not take wait in memory, up to 64 KiB, and further
//! ones are counted and dropped.

use std::fmt::Display;
use std::io::{Cursor, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use log::{Level, LevelFilter, Log, Metadata, Record};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use crate::escape::Escaped;
use crate::event::values::Time;
use crate::json;
use crate::sink::Nonblocking;

/// Size of the messages that wait for the reader of standard error, bytes.
const LIMIT: usize = 64 << 10;

/// How long the end of the program waits for that reader.
const PATIENCE: Duration = Duration::from_millis(500);

/// Log configuration.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    pub level: LevelFilter,
    pub json: bool,
}

struct Stderr {
    json: AtomicBool,
    /// Standard error is connected to the systemd journal, which parses the level from a `<N>`
    /// prefix (sd-daemon(3)).
    journal: bool,
    /// Of a run that does not wait for the reader.
    queue: Mutex<Option<Queue>>,
    /// Messages wait in the queue, or were dropped.
    waits: AtomicBool,
}

/// The messages that wait for the reader of standard error.
struct Queue {
    output: Nonblocking,
    /// Number of messages that were dropped since the last one that was not.
    dropped: u64,
}

static STDERR: OnceLock<Stderr> = OnceLock::new();

/// Installs the logger.
pub fn begin(config: Config) {
    let stderr = STDERR.get_or_init(|| Stderr {
        json: AtomicBool::new(config.json),
        journal: is_journal(),
        queue: Mutex::new(None),
        waits: AtomicBool::new(false),
    });
    if log::set_logger(stderr).is_ok() {
        log::set_max_level(config.level);
    }
}

/// Changes the configuration of the installed logger.
pub fn set(config: Config) {
    if let Some(stderr) = STDERR.get() {
        stderr.json.store(config.json, Ordering::Relaxed);
        log::set_max_level(config.level);
    }
}

/// From now on no message waits for the reader of standard error.
pub fn never_wait() {
    let Some(stderr) = STDERR.get() else {
        return;
    };
    // Without a standard error there is nothing to wait for.
    *stderr.queue() = Nonblocking::stderr()
        .ok()
        .map(|output| Queue { output, dropped: 0 });
}

/// Writes the messages that wait, at the end of the program, for as long as the reader takes some.
pub fn finish() {
    if let Some(stderr) = STDERR.get() {
        stderr.flush_queue();
        if let Some(queue) = &mut *stderr.queue() {
            let _ = queue.output.finish(Some(PATIENCE));
        }
    }
}

/// Logs the error that ends the program, even before [`begin`] was called.
pub fn error(text: &dyn Display) {
    let plain = Stderr {
        json: AtomicBool::new(false),
        journal: false,
        queue: Mutex::new(None),
        waits: AtomicBool::new(false),
    };
    STDERR.get().unwrap_or(&plain).write(Level::Error, text);
}

/// Logs the error that ends the program, in a signal handler: allocates nothing and takes no lock. The
/// text needs no escaping.
pub fn error_of_handler(text: &str) {
    let stderr = STDERR.get();
    let (json, journal) = stderr.map_or((false, false), |it| {
        (it.json.load(Ordering::Relaxed), it.journal)
    });
    let mut line = Cursor::new([0; 512]);
    let _ = if json {
        let time = Time(Timestamp::now());
        writeln!(
            line,
            r#"{{"time":"{time}","level":"error","message":"{text}"}}"#
        )
    } else if journal {
        writeln!(line, "<3>{text}")
    } else {
        writeln!(line, "nlstream: error: {text}")
    };
    let length = line.position() as usize;
    let stderr = rustix::stdio::stderr();
    // The program ends all the same if nobody reads its standard error.
    let mut fds = [PollFd::from_borrowed_fd(stderr, PollFlags::OUT)];
    let patience = Timespec::try_from(PATIENCE).ok();
    if poll(&mut fds, patience.as_ref()) != Ok(0) {
        let _ = rustix::io::write(stderr, &line.get_ref()[..length]);
    }
}

/// Returns true if standard error is the journal socket: `JOURNAL_STREAM` contains its device and
/// inode (systemd.exec(5)).
fn is_journal() -> bool {
    let Some(journal) = std::env::var_os("JOURNAL_STREAM") else {
        return false;
    };
    rustix::fs::fstat(std::io::stderr())
        .is_ok_and(|stat| journal.to_str() == Some(&format!("{}:{}", stat.st_dev, stat.st_ino)))
}

impl Stderr {
    fn queue(&self) -> MutexGuard<'_, Option<Queue>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, level: Level, text: &dyn Display) {
        let line = self.line(level, text);
        match &mut *self.queue() {
            Some(queue) => self.enqueue(queue, &line),
            // A failure to write to standard error cannot be reported anywhere.
            None => drop(std::io::stderr().write_all(&line)),
        }
    }

    /// Writes a message, as far as that is possible without waiting; the others wait in the queue, or are
    /// counted.
    fn enqueue(&self, queue: &mut Queue, line: &[u8]) {
        self.advance(queue);
        if queue.dropped > 0 || queue.output.pending() + line.len() > LIMIT {
            queue.dropped = queue.dropped.saturating_add(1);
        } else {
            let _ = queue.output.write(line);
        }
        let waits = queue.dropped > 0 || queue.output.pending() > 0;
        self.waits.store(waits, Ordering::Relaxed);
    }

    /// Writes the messages that wait, as far as that is possible without waiting, and after them how many
    /// were dropped.
    fn advance(&self, queue: &mut Queue) {
        let _ = queue.output.flush();
        if queue.dropped > 0 && queue.output.pending() == 0 {
            let number = std::mem::take(&mut queue.dropped);
            let text = format!(
                "{number} log messages are missing here: nobody read the standard error, and more than {LIMIT} bytes waited"
            );
            let _ = queue.output.write(&self.line(Level::Warn, &text));
        }
        let waits = queue.dropped > 0 || queue.output.pending() > 0;
        self.waits.store(waits, Ordering::Relaxed);
    }

    fn flush_queue(&self) {
        if self.waits.load(Ordering::Relaxed)
            && let Some(queue) = &mut *self.queue()
        {
            self.advance(queue);
        }
    }

    /// The line of a message.
    fn line(&self, level: Level, text: &dyn Display) -> Vec<u8> {
        let (name, number) = match level {
            Level::Error => ("error", 3),
            Level::Warn => ("warning", 4),
            Level::Info => ("note", 6),
            Level::Debug | Level::Trace => ("debug", 7),
        };
        match (self.json.load(Ordering::Relaxed), self.journal) {
            (true, _) => json_line(level, text),
            (false, true) => format!("<{number}>{}\n", Escaped(text)).into_bytes(),
            (false, false) => format!("nlstream: {name}: {}\n", Escaped(text)).into_bytes(),
        }
    }
}

fn json_line(level: Level, text: &dyn Display) -> Vec<u8> {
    #[derive(Serialize)]
    struct Line<'a> {
        time: Time,
        level: &'a str,
        message: &'a str,
    }
    let line = Line {
        time: Time(Timestamp::now()),
        level: &level.as_str().to_lowercase(),
        message: &text.to_string(),
    };
    let mut bytes = Vec::new();
    // Fails only for a map whose keys are not strings.
    let _ = json::append(&mut bytes, |json| line.serialize(json));
    bytes.push(b'\n');
    bytes
}

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("nlstream")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.write(record.level(), record.args());
        }
    }

    /// Writes the messages that wait, as far as that is possible without waiting.
    fn flush(&self) {
        self.flush_queue();
    }
}
