//! The options of `nlstream log`.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::args::{ConfinementArgs, FormatArg, LineArgs, TextArgs, WhenArg};
use super::values::{Never, duration_or_never, moment};
use crate::event::Op;
use crate::run::LineOptions;
use crate::run::log::LogQuery;
use crate::text::Times;

/// The `meta` lines of a timeline: beginnings, ends, and what is missing.
const META: [Op; 6] = [
    Op::Start,
    Op::Gap,
    Op::Resync,
    Op::Refused,
    Op::Clock,
    Op::Stop,
];

/// Limits of the time.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct SpanArgs {
    /// Begin at this time: 2026-11-24T03:12, 12:00, `yesterday 12:00`, or before now: -5m, -2h30m
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    pub since: Option<Timestamp>,
    /// End at this time
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    pub until: Option<Timestamp>,
}

/// The lines that are shown: by default with the `meta` lines of a timeline.
pub(super) fn shown(args: LineArgs) -> LineOptions {
    let is_default = args.meta.is_none() && !args.leaves_out_meta();
    let mut lines = args.options();
    if is_default {
        lines.meta = META.to_vec();
    }
    lines
}

#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// Files with lines, oldest first, also compressed with zstd or gzip; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    lines: LineArgs,
    /// Show three or more changes of an object as one entry, if no pause between them is longer; 0 for
    /// every line
    ///
    /// The entry has the time and the text of the last change. It ends after ten times this time. Has no
    /// effect on --format json.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration_or_never)]
    burst: Never,
    /// End with counts: events by kind, gaps, and how often each device went down and up
    #[arg(long)]
    summary: bool,
    /// Output format; json: the lines as they are
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: FormatArg,
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    pub confinement: ConfinementArgs,
}

impl LogArgs {
    /// # Errors
    /// If an option requires another one.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self.summary && matches!(self.format, FormatArg::Json) {
            true => Err("--summary is text: it requires --format text"),
            false => Ok(()),
        }
    }

    pub(super) fn query(self) -> LogQuery {
        LogQuery {
            files: self.files,
            since: self.span.since,
            until: self.span.until,
            lines: shown(self.lines),
            format: self
                .text
                .format(self.format, true, Times::Time, WhenArg::Never),
            burst: self.burst.0.map(SignedDuration::unsigned_abs),
            summary: self.summary,
        }
    }
}
