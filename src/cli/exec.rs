//! The options of `nlstream exec`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use super::args::{LineArgs, LogArgs, file};
use super::values::{duration, on_failure, rate};
use crate::run::exec::{Exec, OnFailure};

#[derive(Debug, Args)]
pub(super) struct ExecArgs {
    /// File with lines, which is followed across rotation; `-` for standard input
    ///
    /// A file is followed from its end, or from the position of --position. The standard input is read to its end.
    #[arg(value_name = "FILE", default_value = "-")]
    input: PathBuf,
    #[command(flatten)]
    lines: LineArgs,
    /// Run the command when no further event of the object came for this time, for the last one
    ///
    /// An object is identified by its key (and network namespace). If events keep coming, the command runs after ten times this
    /// time. The time at which the lines are read counts. NLSTREAM_EVENTS is the number of events that became one.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    debounce: Option<SignedDuration>,
    /// Start at most N commands in any such time: 1/10s, 60/1m; events wait meanwhile
    #[arg(long, value_name = "N/DURATION", value_parser = rate)]
    rate: Option<(u32, std::time::Duration)>,
    /// Number of commands that run at the same time; those of one object never do
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// End a command that runs longer, with its process group: SIGTERM, and SIGKILL 5 s later
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<SignedDuration>,
    /// Keep in FILE what was done, and continue there at the next start
    ///
    /// After a restart no event is skipped, and none is done twice, except those whose command ran when
    /// nlstream was killed.
    #[arg(long, value_name = "FILE", value_parser = file())]
    position: Option<PathBuf>,
    /// When a command ends with another status than 0: continue, stop, or retry=N
    ///
    /// The command is run again after 1 s, 2 s, 4 s and so on, at most 60 s; then the next event follows. With stop nlstream ends with
    /// status 1, and the event counts as not done.
    #[arg(long, value_name = "WHAT", default_value = "continue", value_parser = on_failure)]
    on_failure: OnFailure,
    #[command(flatten)]
    pub log: LogArgs,
    /// Command and arguments, run without a shell
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl ExecArgs {
    pub(super) fn exec(self) -> Exec {
        Exec {
            file: self.input,
            lines: self.lines.options(),
            command: self.command,
            debounce: self.debounce.map(SignedDuration::unsigned_abs),
            rate: self.rate,
            jobs: self.jobs.into(),
            timeout: self.timeout.map(SignedDuration::unsigned_abs),
            position: self.position,
            on_failure: self.on_failure,
        }
    }
}
