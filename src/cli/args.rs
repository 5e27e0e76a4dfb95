//! Arguments shared by several commands, and their conversion to the configuration of each module.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::builder::{PathBufValueParser, PossibleValue, TypedValueParser};
use clap::{ArgAction, Args, ValueEnum};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use log::LevelFilter;

use super::filters::FilterArgs;
use super::values::{count, duration, file_size, max_line, meta_op, period};
use crate::encode::Format;
use crate::event::meta::Part;
use crate::event::{Kind, Op};
use crate::file::FolderPolicy;
use crate::logging;
use crate::run::replay::Replay;
use crate::run::{Checkpoints, LineOptions, Outputs};
use crate::sink::{self, Fsync, Rotation};
use crate::text::{TextStyle, Times};

/// Number of columns of a terminal from which on lines of the text format are aligned.
const WIDE: u16 = 100;

#[derive(Debug, Args)]
pub(super) struct Stream {
    /// Output only these kinds and `meta`, as a comma-separated list
    #[arg(
        short,
        long = "kind",
        value_name = "LIST",
        value_delimiter = ',',
        ignore_case = true,
        hide_possible_values = true
    )]
    #[arg(help = kinds_help())]
    pub kinds: Option<Vec<KindArg>>,
    #[command(flatten)]
    pub filters: FilterArgs,
    /// Append lines to FILE; `-` is the standard output, the default
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// First output all existing objects as `op:"present"`, followed by a `meta` line with
    /// `op:"sync"`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false, action = ArgAction::Set)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub snapshot: bool,
    /// Also record the raw netlink messages to a pcapng file, for `nlstream replay` and Wireshark
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub record: Option<PathBuf>,
    /// Replace the file of --record if it exists and is not empty
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false, action = ArgAction::Set)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub force: bool,
    /// As root, also write to folders in which other users can replace files
    ///
    /// Without it such a folder is refused if nlstream runs as root or with CAP_DAC_OVERRIDE: one that
    /// others may write to and that has no sticky bit, or that belongs to another user. Links, hard
    /// links and files of other users in it are refused in either case.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false, action = ArgAction::Set)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub insecure_dir: bool,
    /// Stop after N event lines
    #[arg(long, value_name = "N", value_parser = count)]
    pub count: Option<u64>,
    /// Stop after this time: 500ms, 10s, 5m, 1h …
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<SignedDuration>,
    /// Optional parts to include in each line, as a comma-separated list
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub with: Option<Vec<PartArg>>,
    /// Truncate lines longer than SIZE, for readers with a line limit: 64K; at least 4K
    ///
    /// Removes `raw` first, then entries at the end of the longest lists. The line remains valid
    /// JSON and has `truncated:true`. Has no effect on the text format.
    #[arg(long, value_name = "SIZE", value_parser = max_line)]
    pub max_line: Option<u64>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub format: FormatArg,
    #[command(flatten)]
    pub text: TextArgs,
    /// Write a text line that repeats the one before it as a count; auto: on a terminal
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub fold: WhenArg,
}

/// Options of the text format. `WHEN` is `auto`, `always` or `never`.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct TextArgs {
    /// Time of text lines [default: time, of `state` date]
    #[arg(long, value_name = "FORMAT")]
    pub time_format: Option<TimesArg>,
    /// Colour of the text format; auto: on a terminal, unless NO_COLOR is set, or if CLICOLOR_FORCE is
    #[arg(long, alias = "colour", value_name = "WHEN", default_value = "auto")]
    pub color: WhenArg,
    /// Align kinds, operations and objects of the text format; auto: on a terminal of 100 columns or more
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub columns: WhenArg,
}

/// Returns true unless the terminal of the standard output is too narrow for columns: there their space would
/// be at the cost of a second row for most lines.
fn is_wide() -> bool {
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(size) => size.ws_col == 0 || size.ws_col >= WIDE,
        Err(_) => true,
    }
}

/// Parses the path of a file that is not a standard stream.
pub(super) fn file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path == Path::new("-") {
        true => Err("the standard output has the lines; name a file (`./-` for one of this name)"),
        false => Ok(path),
    })
}

fn kinds_help() -> String {
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    format!(
        "Output only these kinds and meta, as a comma-separated list; genl_family, \
         ethtool, netdev, devlink, wiphy… only if named here or by --family, generic by --family [kinds: {}]",
        names.join(", ")
    )
}

/// A kind as a command line value.
#[derive(Clone, Copy, Debug)]
pub(super) struct KindArg(pub Kind);

impl ValueEnum for KindArg {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: [KindArg; Kind::ALL.len()] = {
            let mut all = [KindArg(Kind::Meta); Kind::ALL.len()];
            let mut i = 0;
            while i < all.len() {
                all[i] = KindArg(Kind::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

/// A kind whose objects are tracked only on request.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrackArg(pub Kind);

impl ValueEnum for TrackArg {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<TrackArg>> = LazyLock::new(|| {
            let kinds = Kind::ALL.iter().copied();
            kinds
                .filter(|kind| kind.is_on_request())
                .map(TrackArg)
                .collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PartArg {
    /// Counters, devconf and other details in the payload
    Details,
    /// The complete netlink message in hexadecimal, as `raw`, in the first line of each message
    Raw,
    /// A human-readable description of the event, as `message`
    Message,
    /// The host name of the monitored machine, as `host`
    Host,
    /// The process that caused the event, as `by`; requires CAP_BPF and CAP_PERFMON
    By,
    /// What identifies the object, as one text: `id`
    Id,
    /// Keys of IPsec and other secrets, also in `raw` and in the recording; otherwise they are zero there
    Secrets,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FormatArg {
    /// One JSON object per line
    Json,
    /// One human-readable event per line, in local time
    Text,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TimesArg {
    /// Local time, and a line with the date at midnight
    Time,
    /// Local date and time
    Date,
    /// ISO 8601: 2026-11-24T21:26:54.897+01:00
    Iso,
    /// Seconds since the first line; of `state`, before its time
    Relative,
    /// No time
    None,
}

impl TimesArg {
    fn times(self) -> Times {
        match self {
            TimesArg::Time => Times::Time,
            TimesArg::Date => Times::Date,
            TimesArg::Iso => Times::Iso,
            TimesArg::Relative => Times::Relative,
            TimesArg::None => Times::None,
        }
    }
}

/// When something is done for the eyes of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum WhenArg {
    Auto,
    Always,
    Never,
}

impl WhenArg {
    /// `auto`: the lines are for a person.
    pub(super) fn is_on(self, auto: impl FnOnce() -> bool) -> bool {
        match self {
            WhenArg::Auto => auto(),
            WhenArg::Always => true,
            WhenArg::Never => false,
        }
    }
}

impl TextArgs {
    /// The format with the style of its lines. `stdout`: they go to the standard output. `times`: the
    /// default.
    pub(super) fn format(
        &self,
        format: FormatArg,
        stdout: bool,
        times: Times,
        fold: WhenArg,
    ) -> Format {
        match format {
            FormatArg::Json => Format::Json,
            FormatArg::Text => Format::Text(self.style(stdout, times, fold)),
        }
    }

    fn style(&self, stdout: bool, times: Times, fold: WhenArg) -> TextStyle {
        let is_terminal = || stdout && std::io::stdout().is_terminal();
        TextStyle {
            times: self.time_format.map_or(times, TimesArg::times),
            colour: self.color.is_on(|| stdout && colour()),
            columns: self.columns.is_on(|| is_terminal() && is_wide()),
            fold: fold.is_on(is_terminal),
            ..TextStyle::new(TimeZone::system())
        }
    }
}

/// Options for the output file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output file options (--output)")]
pub(super) struct FileArgs {
    /// Rotate the file when it reaches this size: 100M
    ///
    /// The old file is renamed by appending a timestamp. A new file is also opened when another
    /// program renames or deletes the file; SIGHUP makes nlstream look at once.
    #[arg(long, value_name = "SIZE", value_parser = file_size)]
    pub rotate_size: Option<u64>,
    /// Rotate the file when it reaches this age: 1d
    #[arg(long, value_name = "DURATION", value_parser = period)]
    pub rotate_every: Option<SignedDuration>,
    /// Number of rotated files to keep; 0 keeps all
    #[arg(long, value_name = "N", default_value = "7")]
    pub rotate_keep: usize,
    /// Compress rotated files, except the newest, which a log shipper may still be reading
    #[arg(long, value_name = "METHOD")]
    pub rotate_compress: Option<CompressArg>,
    /// When to flush written lines to disk
    #[arg(long, value_name = "WHEN", default_value = "interval")]
    pub fsync: FsyncArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum CompressArg {
    Zstd,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FsyncArg {
    /// Never; leave it to the operating system
    Never,
    /// Within one second after writing, and at the end
    Interval,
    /// After every write; reading events waits for the disk
    Always,
}

impl FileArgs {
    pub(super) fn config(&self) -> sink::Config {
        sink::Config {
            rotation: Rotation {
                size: self.rotate_size,
                every: self.rotate_every.map(SignedDuration::unsigned_abs),
                keep: self.rotate_keep,
                compress: self.rotate_compress.is_some(),
            },
            fsync: match self.fsync {
                FsyncArg::Never => Fsync::Never,
                FsyncArg::Interval => Fsync::Interval,
                FsyncArg::Always => Fsync::Always,
            },
            patient: true,
        }
    }
}

impl Stream {
    pub(super) fn kinds(&self) -> Option<Vec<Kind>> {
        let kinds = self.kinds.as_ref()?;
        Some(kinds.iter().map(|kind| kind.0).collect())
    }

    pub(super) fn with(&self) -> Option<Vec<Part>> {
        let part = |part: &PartArg| match part {
            PartArg::Details => Part::Details,
            PartArg::Raw => Part::Raw,
            PartArg::Message => Part::Message,
            PartArg::Host => Part::Host,
            PartArg::By => Part::By,
            PartArg::Id => Part::Id,
            PartArg::Secrets => Part::Secrets,
        };
        Some(self.with.as_ref()?.iter().map(part).collect())
    }

    /// The file for the lines; `None` for the standard output.
    pub(super) fn output(&self) -> Option<&PathBuf> {
        self.output.as_ref().filter(|path| *path != Path::new("-"))
    }

    /// The folders that are accepted for files.
    pub(super) fn folders(&self) -> FolderPolicy {
        match self.insecure_dir {
            true => FolderPolicy::Any,
            false => FolderPolicy::Secure,
        }
    }

    pub(super) fn outputs(&self) -> Outputs {
        let output = self.output();
        Outputs {
            format: self
                .text
                .format(self.format, output.is_none(), Times::default(), self.fold),
            output: output.cloned(),
            record: self.record.clone(),
            force: self.force,
            folders: self.folders(),
            queue: usize::MAX,
            checkpoints: Checkpoints::Off,
            shares_process: false,
            file: sink::Config::default(),
        }
    }

    pub(super) fn replay(&self, run: Option<String>) -> Replay {
        Replay {
            outputs: self.outputs(),
            kinds: self.kinds(),
            filters: self.filters.0.clone(),
            with: self.with(),
            snapshot: self.snapshot,
            count: self.count,
            max_line: self.max_line,
            duration: self.duration,
            run,
        }
    }
}

/// The options that select lines, for `exec` and `log`.
#[derive(Debug, Args)]
pub(super) struct LineArgs {
    /// Only these kinds, as a comma-separated list
    #[arg(
        short,
        long = "kind",
        value_name = "LIST",
        value_delimiter = ',',
        ignore_case = true,
        hide_possible_values = true
    )]
    pub kinds: Option<Vec<KindArg>>,
    /// Also `meta` lines of these ops, as a comma-separated list: gap, resync, clock, stop …
    ///
    /// Not limited by --kind and the filters. `--kind meta` selects all of them.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = meta_op)]
    pub meta: Option<Vec<Op>>,
    #[command(flatten)]
    pub filters: FilterArgs,
}

impl LineArgs {
    /// Returns true if `--no-meta` is on.
    pub(super) fn leaves_out_meta(&self) -> bool {
        let values = self.filters.0.get("no-meta");
        values.is_some_and(|values| values.iter().any(|value| value == "true"))
    }

    /// The kinds and filters as words of a command line.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(kinds) = &self.kinds {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.0.name()).collect();
            words.push(format!("--kind {}", kinds.join(",")));
        }
        let filters = self.filters.0.iter();
        words.extend(filters.map(|(name, values)| format!("--{name} {}", values.join(","))));
        words
    }

    pub(super) fn options(self) -> LineOptions {
        let kinds = self
            .kinds
            .map(|kinds| kinds.iter().map(|kind| kind.0).collect());
        LineOptions {
            kinds,
            filters: self.filters.0,
            meta: self.meta.unwrap_or_default(),
        }
    }
}

/// The option of the confinement.
#[derive(Debug, Args)]
pub(super) struct ConfinementArgs {
    /// Refuse system calls and writes that the task does not need
    ///
    /// nlstream ends with exit status 4 if it makes a system call that is refused, and logs which. Turn
    /// it off to run nlstream under a debugger or profiler that makes further calls in the process.
    #[arg(long, value_name = "WHEN", default_value = "on")]
    confinement: SwitchArg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SwitchArg {
    On,
    Off,
}

impl ConfinementArgs {
    pub(super) fn is_on(&self) -> bool {
        self.confinement == SwitchArg::On
    }
}

/// Options for log messages on standard error.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logging options")]
pub(super) struct LogArgs {
    /// Log level for messages on standard error
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: LevelArg,
    /// Format of log messages
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormatArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LevelArg {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormatArg {
    /// `nlstream: warning: …`
    Text,
    /// One JSON object per line
    Json,
}

impl LogArgs {
    pub(super) fn config(&self) -> logging::Config {
        logging::Config {
            level: match self.log_level {
                LevelArg::Error => LevelFilter::Error,
                LevelArg::Warn => LevelFilter::Warn,
                LevelArg::Info => LevelFilter::Info,
                LevelArg::Debug => LevelFilter::Debug,
            },
            json: matches!(self.log_format, LogFormatArg::Json),
        }
    }
}

/// Returns true if the standard output is to have colours: a terminal that has them, unless NO_COLOR is
/// set (no-color.org), or whatever it is if CLICOLOR_FORCE is (bixense.com/clicolors).
pub(super) fn colour() -> bool {
    if anstyle_query::no_color() {
        return false;
    }
    let terminal = std::io::stdout().is_terminal() && anstyle_query::term_supports_color();
    anstyle_query::clicolor_force() || (terminal && anstyle_query::clicolor() != Some(false))
}
