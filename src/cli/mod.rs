//! The command line: arguments → what each room is asked for.

mod args;
mod config;
mod values;

use std::path::PathBuf;

use clap::{ArgAction, FromArgMatches as _, Parser, Subcommand};
use jiff::{SignedDuration, Timestamp};

use crate::event::meta::Settings;
use crate::logging;
use crate::run::Outputs;
use crate::run::live::Live;
use crate::run::metrics;
use crate::run::replay::Replay;
use crate::run::state::StateQuery;
use args::{FileArgs, FormatArg, KindArg, LogArgs, Stream};
use values::{Never, duration, duration_or_never, moment, run_id, size};

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
Every option of the stream can stand in /etc/nlstream.toml (`rotate-size = \"100M\"`) and in a
variable (NLSTREAM_ROTATE_SIZE=100M); an option on the command line wins, then the variable.
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
    #[command(flatten)]
    log: LogArgs,
    /// Write counters to this file for the textfile collector of Prometheus' node_exporter, every
    /// 15 s; its name must end with .prom there
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Read options from this file instead of /etc/nlstream.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the options as such a file, with where each value comes from, and end
    #[arg(long, action = ArgAction::SetTrue)]
    print_config: bool,
}

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
                max_line: cli.stream.max_line,
                no_track: cli.no_track.iter().map(|kind| kind.0).collect(),
            },
            duration: cli.stream.duration.map(SignedDuration::unsigned_abs),
            rcvbuf: cli.rcvbuf,
            audit: cli.audit.0.map(SignedDuration::unsigned_abs),
            metrics: cli.metrics.clone().map(metrics::Config::new),
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
        /// What the lines look like
        #[arg(long, value_name = "FORMAT", default_value = "json")]
        format: FormatArg,
        /// Print what is known even where that is not all
        #[arg(long)]
        partial: bool,
    },
    /// Print the JSON schema of the lines
    Schema,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Task {
    Live(Box<Live>),
    Replay(Box<Replay>, Vec<PathBuf>),
    State(StateQuery),
    /// To be printed.
    Text(String),
}

/// The command line, for its man page and completions.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Reads the command line, the variables and the file of options. Ends the program where they are
/// wrong, or ask for help.
pub fn task() -> (logging::Config, Task) {
    let (matches, found) = config::read();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let log = cli.log.config();
    let task = match cli.command {
        None if cli.print_config => Task::Text(config::print(&matches, &found)),
        None => Task::Live(Box::new(Live::of(&cli))),
        Some(Command::Replay { files, stream, run }) => {
            Task::Replay(Box::new(stream.replay(run)), files)
        }
        Some(Command::State {
            files,
            at,
            kinds,
            format,
            partial,
        }) => Task::State(StateQuery {
            files,
            at,
            kinds: kinds.map(|kinds| kinds.iter().map(|kind| kind.0).collect()),
            format: format.format(args::colour()),
            partial,
        }),
        Some(Command::Schema) => Task::Text(crate::schema::text()),
    };
    (log, task)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
