//! The command line: arguments → what each room is asked for.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::encode::Format;
use crate::event::Kind;
use crate::event::meta::{Part, Settings};
use crate::run::Outputs;
use crate::run::live::Live;
use crate::run::replay::Replay;
use crate::run::state::Ask;
use crate::sink::{self, Fsync, Rotation};

/// Streams what the Linux kernel says about its network as one JSON object per line.
///
/// Without a command it streams live events to the standard output until it is interrupted. It
/// needs no privilege.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  nlstream                                     every event of this machine's network
  nlstream -k link,address --format text       links and addresses, for people
  nlstream --snapshot --for 1s                 what exists now
  nlstream | jq -c 'select(.op == \"delete\")'   what is deleted
  nlstream --record night.pcapng -o night.ndjson
  nlstream replay night.pcapng                 the same lines again
  nlstream state -k route --at 2026-11-24T03:12 night.ndjson

Every line is described by the schema that `nlstream schema` prints.
Exit status: 0 the end was asked for, 1 something failed, 2 the command line is wrong.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    stream: Stream,
    /// Size of the kernel's buffer for events that are not read yet
    ///
    /// With K, M or G for powers of 1024. Without CAP_NET_ADMIN the system's limit
    /// net.core.rmem_max binds.
    #[arg(long, value_name = "SIZE", default_value = "32M", value_parser = size)]
    rcvbuf: u32,
    /// Most lines that wait for a slow reader, as a size; beyond it whole lines are dropped
    ///
    /// A `meta` line with `op:"gap"` counts them; how the objects are that they were about is
    /// told as soon as the reader is back.
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = size)]
    queue: u32,
    /// Read everything again this often, and correct what the kernel changed without a word; 0
    /// for never
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration_or_never)]
    audit: Never,
    /// Tell counters this often, as a `meta` line with `op:"heartbeat"`; SIGUSR1 asks for one
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    heartbeat: Option<SignedDuration>,
    /// Do not remember the objects of these kinds, separated by commas
    ///
    /// That saves memory. Of these kinds there is no `changed`, no snapshot and no correction.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        hide_possible_values = true
    )]
    no_track: Vec<KindArg>,
    #[command(flatten)]
    file: FileArgs,
}

/// How the file of the lines is kept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the file (--output)")]
struct FileArgs {
    /// Begin a new file when it is that large: 100M
    ///
    /// The old one is renamed: its name ends with the moment. After SIGHUP, and when someone else
    /// renamed or deleted the file, a new one is begun too.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    rotate_size: Option<u32>,
    /// Begin a new file when it is that old: 1d
    #[arg(long, value_name = "DURATION", value_parser = period)]
    rotate_every: Option<SignedDuration>,
    /// How many old files are kept; 0 for all
    #[arg(long, value_name = "N", default_value = "7")]
    rotate_keep: usize,
    /// Compress old files, but for the newest one: a shipper may still read that
    #[arg(long, value_name = "METHOD")]
    rotate_compress: Option<CompressArg>,
    /// When what was written is brought to the disk
    #[arg(long, value_name = "WHEN", default_value = "interval")]
    fsync: FsyncArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CompressArg {
    Zstd,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FsyncArg {
    /// When the system sees fit
    Never,
    /// A second after it was written, and at the end
    Interval,
    /// At once; the kernel's events wait for the disk
    Always,
}

impl FileArgs {
    fn config(&self) -> sink::Config {
        sink::Config {
            rotation: Rotation {
                size: self.rotate_size.map(u64::from),
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

/// A duration, or never.
#[derive(Clone, Copy, Debug)]
struct Never(Option<SignedDuration>);

impl Live {
    fn of(cli: &Cli) -> Self {
        Live {
            outputs: Outputs {
                queue: cli.queue as usize,
                file: cli.file.config(),
                ..cli.stream.outputs()
            },
            settings: Settings {
                kinds: cli.stream.kinds(),
                with: cli.stream.with().unwrap_or_default(),
                snapshot: cli.stream.snapshot,
                count: cli.stream.count,
                no_track: cli.no_track.iter().map(|kind| kind.0).collect(),
            },
            duration: cli.stream.duration.map(SignedDuration::unsigned_abs),
            rcvbuf: cli.rcvbuf,
            audit: cli.audit.0.map(SignedDuration::unsigned_abs),
            heartbeat: cli.heartbeat.map(SignedDuration::unsigned_abs),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Stream recorded events: pcapng, pcap (linktype NETLINK) or rtmon files
    ///
    /// What is not given is as it was recorded: a recording of nlstream replays to the same
    /// lines, but for the id of the run.
    Replay {
        /// The files, `-` for the standard input; each is a run of its own
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        stream: Stream,
        /// The id of the run, 8 hexadecimal digits, instead of a random one
        #[arg(long, value_name = "ID", value_parser = run_id)]
        run: Option<String>,
    },
    /// Print the objects that stood at a moment, from lines that were written with --snapshot
    ///
    /// It refuses where the lines do not tell: before a snapshot is complete, in a gap that is
    /// not made good yet, after their end.
    State {
        /// The files with the lines, oldest first, `-` for the standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The moment: 2026-11-24T03:12:00Z, or without a zone in local time; the end without one
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Option<Timestamp>,
        /// Only objects of these kinds, separated by commas
        #[arg(
            short,
            long = "kind",
            value_name = "LIST",
            value_delimiter = ',',
            hide_possible_values = true
        )]
        kinds: Option<Vec<KindArg>>,
        /// Print what is known even where that is not all
        #[arg(long)]
        partial: bool,
    },
    /// Print the JSON schema of the lines
    Schema,
}

#[derive(Debug, Args)]
struct Stream {
    /// Only lines of these kinds (and `meta`), separated by commas
    #[arg(
        short,
        long = "kind",
        value_name = "LIST",
        value_delimiter = ',',
        hide_possible_values = true
    )]
    #[arg(help = kinds_help())]
    kinds: Option<Vec<KindArg>>,
    /// Append the lines to this file instead of the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Begin with the objects that exist, as `op:"present"`, up to a `meta` line with `op:"sync"`
    #[arg(long)]
    snapshot: bool,
    /// Also record the raw messages as pcapng, for `nlstream replay` and Wireshark
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Stop after N lines of events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Stop after this time: 500ms, 10s, 5m, 1h …
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    duration: Option<SignedDuration>,
    /// Optional parts of a line, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    with: Option<Vec<PartArg>>,
    /// What the lines look like
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: FormatArg,
}

fn kinds_help() -> String {
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    format!(
        "Only lines of these kinds (and meta), separated by commas [kinds: {}]",
        names.join(", ")
    )
}

/// A kind on the command line.
#[derive(Clone, Copy, Debug)]
struct KindArg(Kind);

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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PartArg {
    /// Counters, devconf and the like, in the payload
    Details,
    /// The whole netlink message in hexadecimal, as `raw`
    Raw,
    /// The event as one readable sentence, as `message`
    Message,
    /// The name of the machine that was watched, as `host`
    Host,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    /// One JSON object per line
    Json,
    /// One sentence per line, in local time
    Text,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Task {
    Live(Live),
    Replay(Replay, Vec<PathBuf>),
    State(Ask),
    Schema,
}

/// Reads the command line. Ends the program where it is wrong, or asks for help.
pub fn task() -> Task {
    let cli = Cli::parse();
    match cli.command {
        None => Task::Live(Live::of(&cli)),
        Some(Command::Replay { files, stream, run }) => Task::Replay(stream.replay(run), files),
        Some(Command::State {
            files,
            at,
            kinds,
            partial,
        }) => Task::State(Ask {
            files,
            at,
            kinds: kinds.map(|kinds| kinds.iter().map(|kind| kind.0).collect()),
            partial,
        }),
        Some(Command::Schema) => Task::Schema,
    }
}

impl Stream {
    fn kinds(&self) -> Option<Vec<Kind>> {
        let kinds = self.kinds.as_ref()?;
        Some(kinds.iter().map(|kind| kind.0).collect())
    }

    fn with(&self) -> Option<Vec<Part>> {
        let part = |part: &PartArg| match part {
            PartArg::Details => Part::Details,
            PartArg::Raw => Part::Raw,
            PartArg::Message => Part::Message,
            PartArg::Host => Part::Host,
        };
        Some(self.with.as_ref()?.iter().map(part).collect())
    }

    fn outputs(&self) -> Outputs {
        Outputs {
            format: match self.format {
                FormatArg::Json => Format::Json,
                FormatArg::Text => Format::Text {
                    zone: TimeZone::system(),
                    colour: self.output.is_none() && colour(),
                },
            },
            output: self.output.clone(),
            record: self.record.clone(),
            queue: usize::MAX,
            file: sink::Config::default(),
        }
    }

    fn replay(&self, run: Option<String>) -> Replay {
        Replay {
            outputs: self.outputs(),
            kinds: self.kinds(),
            with: self.with(),
            snapshot: self.snapshot,
            count: self.count,
            duration: self.duration,
            run,
        }
    }
}

/// Colour is for terminals, and not where NO_COLOR is set (no-color.org) or the terminal has none.
fn colour() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| "a number with a unit: 500ms, 10s, 5m, 1h".to_owned())?;
    if duration <= SignedDuration::ZERO || Duration::try_from(duration).is_err() {
        return Err("it must be longer than nothing".to_owned());
    }
    Ok(duration)
}

/// A duration that may be days or weeks long.
fn period(text: &str) -> Result<SignedDuration, String> {
    let hours = match text.char_indices().last() {
        Some((at, 'd')) => Some((&text[..at], 24)),
        Some((at, 'w')) => Some((&text[..at], 7 * 24)),
        _ => None,
    };
    match hours.and_then(|(digits, hours)| Some((digits.parse::<u16>().ok()?, hours))) {
        Some((number, hours)) if number > 0 => {
            Ok(SignedDuration::from_hours(i64::from(number) * hours))
        }
        _ => duration(text).map_err(|_| "a number with a unit: 15m, 1h, 1d, 2w".to_owned()),
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let local = |text: &str| -> Result<Timestamp, jiff::Error> {
        let time: DateTime = text.parse()?;
        TimeZone::system().to_timestamp(time)
    };
    let moment = text.parse().or_else(|_| local(text));
    moment.map_err(|_| "a time: 2026-11-24T03:12:00Z, or 2026-11-24T03:12 in local time".to_owned())
}

fn duration_or_never(text: &str) -> Result<Never, String> {
    match text {
        "0" => Ok(Never(None)),
        text => duration(text).map(|duration| Never(Some(duration))),
    }
}

fn size(text: &str) -> Result<u32, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'K' | 'k')) => (&text[..at], 1 << 10),
        Some((at, 'M' | 'm')) => (&text[..at], 1 << 20),
        Some((at, 'G' | 'g')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    let number: Option<u32> = digits.parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(unit));
    // The kernel counts in an int, and doubles what it is asked for.
    match bytes {
        Some(bytes) if (2048..=1 << 30).contains(&bytes) => Ok(bytes),
        _ => Err("a size from 2K to 1G: 212992, 512K, 32M".to_owned()),
    }
}

fn run_id(text: &str) -> Result<String, String> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match text.len() == 8 && text.bytes().all(digit) {
        true => Ok(text.to_owned()),
        false => Err("8 digits out of 0-9 and a-f".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_and_durations() {
        assert_eq!(size("32M"), Ok(32 << 20));
        assert_eq!(size("212992"), Ok(212_992));
        assert!(size("0").is_err() && size("9G").is_err() && size("M").is_err());
        assert_eq!(duration("1s"), Ok(SignedDuration::from_secs(1)));
        assert_eq!(duration("500ms"), Ok(SignedDuration::from_millis(500)));
        assert_eq!(period("1d"), Ok(SignedDuration::from_hours(24)));
        assert_eq!(period("2w"), Ok(SignedDuration::from_hours(336)));
        assert_eq!(period("15m"), Ok(SignedDuration::from_mins(15)));
        assert!(period("0d").is_err() && period("d").is_err() && period("1y").is_err());
        assert!(duration("-1s").is_err() && duration("5").is_err() && duration("0s").is_err());
    }
}
