//! Arguments in, exit status out.

use std::io::Write as _;
use std::process::ExitCode;

use nlstream::cli::{self, Task};
use nlstream::error::Error;
use nlstream::run::{live, replay, state};
use nlstream::schema;

fn main() -> ExitCode {
    if log::set_logger(&Stderr).is_ok() {
        log::set_max_level(log::LevelFilter::Info);
    }
    match run(cli::task()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say("error", &error);
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<(), Error> {
    match task {
        Task::Live(live) => live::run(&live),
        Task::Replay(replay, files) => files.iter().try_for_each(|file| replay::run(&replay, file)),
        Task::State(ask) => state::run(&ask),
        Task::Schema => match std::io::stdout().write_all(schema::text().as_bytes()) {
            Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::Write {
                name: "the standard output".to_owned(),
                source,
            }),
            _ => Ok(()),
        },
    }
}

/// Warnings go to the standard error, and nothing but lines to the standard output.
struct Stderr;

impl log::Log for Stderr {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("nlstream")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let what = match record.level() {
                log::Level::Error => "error",
                log::Level::Warn => "warning",
                _ => "note",
            };
            say(what, record.args());
        }
    }

    fn flush(&self) {}
}

fn say(what: &str, text: &dyn std::fmt::Display) {
    // Where even that cannot be written there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "nlstream: {what}: {text}");
}
