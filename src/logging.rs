//! Log messages, written to standard error; standard output is reserved for event lines. Messages
//! contain text of captures, arguments and files: control and invisible characters are escaped, so
//! each message is one line.

use std::fmt::Display;
use std::io::{Cursor, Write as _};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use log::{Level, LevelFilter, Log, Metadata, Record};
use serde::Serialize;

use crate::escape::Escaped;
use crate::event::values::Time;
use crate::json;

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
}

static STDERR: OnceLock<Stderr> = OnceLock::new();

/// Installs the logger.
pub fn begin(config: Config) {
    let stderr = STDERR.get_or_init(|| Stderr {
        json: AtomicBool::new(config.json),
        journal: is_journal(),
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

/// Logs the error that ends the program, even before [`begin`] was called.
pub fn error(text: &dyn Display) {
    let plain = Stderr {
        json: AtomicBool::new(false),
        journal: false,
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
    let _ = rustix::io::write(rustix::stdio::stderr(), &line.get_ref()[..length]);
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
    fn write(&self, level: Level, text: &dyn Display) {
        let (name, number) = match level {
            Level::Error => ("error", 3),
            Level::Warn => ("warning", 4),
            Level::Info => ("note", 6),
            Level::Debug | Level::Trace => ("debug", 7),
        };
        let line = match (self.json.load(Ordering::Relaxed), self.journal) {
            (true, _) => json_line(level, text),
            (false, true) => format!("<{number}>{}\n", Escaped(text)).into_bytes(),
            (false, false) => format!("nlstream: {name}: {}\n", Escaped(text)).into_bytes(),
        };
        // A failure to write to standard error cannot be reported anywhere.
        let _ = std::io::stderr().write_all(&line);
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

    fn flush(&self) {}
}
