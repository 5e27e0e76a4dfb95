//! The command line: parses arguments into the configuration of each module.

mod args;
mod config;
mod exec;
mod filters;
mod ineffective;
mod pages;
mod report;
mod reporting;
mod timeline;
#[cfg(feature = "top")]
mod top;
mod values;

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgAction, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;
use jiff::{SignedDuration, Timestamp};

use crate::event::meta::{MAX_NAMESPACES, Settings};
use crate::logging;
use crate::run::exec::Exec;
use crate::run::live::Live;
use crate::run::log::LogQuery;
use crate::run::metrics;
use crate::run::replay::Replay;
use crate::run::report::ReportQuery;
use crate::run::state::StateQuery;
use crate::run::{Checkpoints, Outputs};
use crate::text::Times;
use args::{
    ConfinementArgs, FileArgs, FormatArg, KindArg, LogArgs, Stream, TextArgs, TrackArg, WhenArg,
};
use config::Given;
use exec::ExecArgs;
use filters::ObjectFilterArgs;
use reporting::ReportArgs;
use values::{
    Never, checkpoints, conntrack_sample, duration, duration_or_never, moment, namespace, run_id,
    size,
};

/// Print every change of the network configuration as one line of JSON or text
///
/// Without a command, the changes of this machine from now on, until Ctrl-C. No privileges are required.
#[derive(Debug, Parser)]
#[command(version, bin_name = "nlstream", max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  nlstream                                     all changes, as JSON
  nlstream -k link,address --format text       links and addresses, human-readable
  nlstream --snapshot --exit                   what exists now
  nlstream --op delete --dev 'eth*,!eth9'      deletions that concern devices eth…, except eth9
  nlstream --where '.link.mtu > 1500'          what no other filter can express, in jq's language
  nlstream --snapshot -o net.ndjson            to a file, which these commands read:
  nlstream log --since -5m net.ndjson          what happened, as a timeline
  nlstream state -k route --at 03:12 net.ndjson
  nlstream report net.ndjson -o report.html
  nlstream --record night.pcapng               also record the messages, for nlstream replay

The output is described by the JSON schema that `nlstream schema` prints.
Options can also be set in /etc/nlstream.toml (`rotate-size = \"100M\"`) and in environment
variables (NLSTREAM_ROTATE_SIZE=100M). The command line takes precedence over variables, and
variables over the file.
Exit status: 0 success, 1 failure, 2 invalid command line or configuration, 3 a replayed capture
has packets that its snapshot length cut, 4 the confinement refused a system call.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    stream: Stream,
    /// Stop when the snapshot is complete; fails if it lacks objects (requires --snapshot)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false, action = ArgAction::Set)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    exit: bool,
    /// Watch this network namespace in place of that of the program: a name of ip-netns(8), a path or a
    /// process id, also several times or as a comma-separated list
    ///
    /// Lines then have `netns`. Each namespace has sockets of its own; it ends for the run when its name or
    /// path is deleted or its process ends, and its objects get lines with `op:"delete"`. Needs
    /// CAP_SYS_ADMIN.
    #[arg(long, value_name = "NAME|PATH|PID", value_delimiter = ',', value_parser = namespace)]
    netns: Vec<String>,
    /// Watch all network namespaces, those that are made during the run as well
    ///
    /// Lines then have `netns`. The namespaces share one socket, and none is kept alive. Those that no mount
    /// (/run/netns) and no process leads to are not found. Gives each of them a number (nsid) in the
    /// namespace of the program. Needs CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_BROADCAST.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false, action = ArgAction::Set)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    all_netns: bool,
    /// Socket receive buffer size: unread events are held here by the kernel
    ///
    /// Accepts the suffixes K, M and G (powers of 1024). Without CAP_NET_ADMIN the size is limited
    /// by net.core.rmem_max.
    #[arg(long, value_name = "SIZE", default_value = "32M", value_parser = size)]
    rcvbuf: u32,
    /// Receive only the events of some flows: `1/16` of all, or `proto=tcp,zone=3,mark=0x1/0xff`
    ///
    /// Conditions, separated by commas; a flow has to meet all of them. N/M is a share of the flows, with all events of
    /// each. The names are proto, zone and mark; of several values of one name one has to match, and `!` before a value
    /// means that it must not match. The kernel drops the other events before they take space in the receive
    /// buffer, and they are no loss. For --family conntrack.
    #[arg(long, value_name = "LIST", value_parser = conntrack_sample)]
    conntrack_sample: Option<String>,
    /// Maximum size of the queue of lines for a slow reader; lines beyond it are dropped
    ///
    /// A `meta` line with `op:"gap"` reports the number of dropped lines. The current state of
    /// affected objects is re-emitted once the reader catches up.
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = size)]
    queue: u32,
    /// Interval of a full resync, which finds changes the kernel did not announce; 0 to disable
    ///
    /// Kinds that the kernel lists in a few milliseconds are also read every two seconds, in at most a hundredth
    /// of the time (docs/verification.md).
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration_or_never)]
    audit: Never,
    /// Interval of `meta` lines with `op:"heartbeat"`, which contain counters; SIGUSR1 requests one
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    heartbeat: Option<SignedDuration>,
    /// When to write a checkpoint, the lines of all existing objects: an interval, `auto` or `off`
    ///
    /// `nlstream state` can begin at any checkpoint. With `auto` and with an interval every file and
    /// every run without --snapshot begins with one. `auto` writes further ones when the lines since
    /// the last are ten times the objects (1000 at least), and once a day. SIGUSR2 requests one. The
    /// default is `auto` for --output in JSON, otherwise `off`.
    #[arg(long, value_name = "DURATION|auto|off", value_parser = checkpoints)]
    checkpoint: Option<Checkpoints>,
    /// Do not track the objects of these kinds, as a comma-separated list
    ///
    /// Saves memory. Events of these kinds have no `changed`, and there is no snapshot and no
    /// resync.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        ignore_case = true,
        hide_possible_values = true
    )]
    no_track: Vec<KindArg>,
    /// Track the objects of these kinds as well, which otherwise have events only, as a comma-separated list
    ///
    /// For --family conntrack and --family expect: a snapshot, `changed` and `old`, and a resync. Flows that the kernel ends
    /// without a message are found by reading all of them again (--audit).
    #[arg(long, value_name = "LIST", value_delimiter = ',', ignore_case = true)]
    track: Vec<TrackArg>,
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    confinement: ConfinementArgs,
    /// Write counters to FILE every 15 s, for the textfile collector of Prometheus node_exporter,
    /// which requires the suffix .prom
    #[arg(long, value_name = "FILE", value_parser = args::file())]
    metrics: Option<PathBuf>,
    /// Read options from FILE instead of /etc/nlstream.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the effective options in the configuration file format, with the source of each, and
    /// exit
    #[arg(long, action = ArgAction::SetTrue)]
    print_config: bool,
}

impl Live {
    fn of(cli: &Cli, given: &Given) -> Self {
        Live {
            config: given.found.path().cloned(),
            options: given.options(),
            read_options: Some(read_options),
            exit: cli.exit,
            netns: cli.netns.clone(),
            all_netns: cli.all_netns,
            outputs: Outputs {
                queue: cli.queue as usize,
                file: cli.file.config(),
                checkpoints: cli.checkpoints(),
                ..cli.stream.outputs()
            },
            settings: Settings {
                kinds: cli.stream.kinds(),
                with: cli.stream.with().unwrap_or_default(),
                snapshot: cli.stream.snapshot,
                filters: cli.stream.filters.0.clone(),
                count: cli.stream.count,
                max_line: cli.stream.max_line,
                no_track: cli.no_track.iter().map(|kind| kind.0).collect(),
                track: cli.track.iter().map(|kind| kind.0).collect(),
                conntrack_sample: cli.conntrack_sample.clone(),
                curated: Vec::new(),
            },
            duration: cli.stream.duration.map(SignedDuration::unsigned_abs),
            rcvbuf: cli.rcvbuf,
            is_rcvbuf_requested: given.found.sets("rcvbuf")
                || matches!(
                    given.matches.value_source("rcvbuf"),
                    Some(ValueSource::CommandLine | ValueSource::EnvVariable)
                ),
            is_service: true,
            audit: cli.audit.0.map(SignedDuration::unsigned_abs),
            metrics: cli
                .metrics
                .clone()
                .map(|path| metrics::Config::new(path, cli.stream.folders())),
            heartbeat: cli.heartbeat.map(SignedDuration::unsigned_abs),
        }
    }
}

impl Cli {
    /// By default files have checkpoints, since they are kept, and rotated. Sentences cannot be folded.
    fn checkpoints(&self) -> Checkpoints {
        let is_file = self.stream.output().is_some();
        let is_json = matches!(self.stream.format, FormatArg::Json);
        self.checkpoint.unwrap_or(match is_file && is_json {
            true => Checkpoints::Auto,
            false => Checkpoints::Off,
        })
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Replay a recording, or a capture of an nlmon device or of rtmon
    ///
    /// Options that are not given default to the recorded settings, so that a recording of nlstream
    /// replays to the same lines, except for the run id.
    Replay {
        /// Files to replay, `-` for standard input; each file is a separate run
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        stream: Stream,
        /// Run id of 8 to 16 hexadecimal digits, instead of a new one
        #[arg(long, value_name = "ID", value_parser = run_id)]
        run: Option<String>,
        #[command(flatten)]
        confinement: ConfinementArgs,
    },
    /// Print the objects that existed at a given time
    ///
    /// Reads lines with a snapshot or checkpoint: files of --output have one, a pipe needs --snapshot.
    /// Fails if the lines do not determine the state: before the first complete snapshot or
    /// checkpoint, within a gap before its resync, between two runs, for kinds that `sync` or
    /// `resync` names as incomplete, and after the last line, unless a run is writing the last file.
    State {
        /// Files with lines, oldest first, also compressed with zstd or gzip; `-` for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Time: 2026-11-24T03:12:00Z, or local time without a zone; 12:00, `yesterday 12:00`, now,
        /// or a duration before now: -5m, -2h30m [default: the end of the lines]
        #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
        at: Option<Timestamp>,
        /// Compare two times: the objects that were added, deleted, or changed in between, with their former
        /// values
        #[arg(long, value_names = ["TIME", "TIME"], num_args = 2, value_parser = moment)]
        #[arg(allow_hyphen_values = true, conflicts_with = "at")]
        diff: Option<Vec<Timestamp>>,
        /// Output only objects of these kinds, as a comma-separated list
        #[arg(
            short,
            long = "kind",
            value_name = "LIST",
            value_delimiter = ',',
            ignore_case = true,
            hide_possible_values = true
        )]
        kinds: Option<Vec<KindArg>>,
        #[command(flatten)]
        filters: ObjectFilterArgs,
        /// Output format
        #[arg(long, value_name = "FORMAT", default_value = "json")]
        format: FormatArg,
        #[command(flatten)]
        text: TextArgs,
        /// Print the available objects even if the state is incomplete, with `incomplete:true` where
        /// that concerns them
        #[arg(long)]
        partial: bool,
        #[command(flatten)]
        confinement: ConfinementArgs,
    },
    /// Print what happened, as a timeline with bursts and gaps
    ///
    /// Reads the lines of files that --output wrote, and of pipes.
    /// Lines of snapshots and checkpoints are left out, unless --origin names them.
    #[command(after_help = "Examples:
  nlstream log --since -5m --dev eth0 /var/log/net.ndjson
  nlstream log -k link --summary /var/log/net.ndjson.2* /var/log/net.ndjson")]
    Log(Box<timeline::LogArgs>),
    /// Write what happened as one HTML page
    ///
    /// It has a timeline, the events, the state at any moment, flaps, gaps, and who did it. The page is one file that loads nothing from the network, with search and filters. Of more than 250,000
    /// events the counts are complete and the list has the last ones. The state has the objects that pass
    /// --kind and the filters on objects; of other filters only the events are limited.
    #[command(after_help = "Examples:
  nlstream report --since yesterday /var/log/net.ndjson.2* /var/log/net.ndjson -o report.html
  nlstream report -k link,address --dev 'eth*' net.ndjson.zst -o eth.html")]
    Report(Box<ReportArgs>),
    /// Show what happens now, on the terminal
    ///
    /// Rates by kind, device and process, flapping devices, gaps, and the last changes. Without FILE the events of this machine, from a run in a process of its own. Keys are shown below; `/`
    /// edits the filter, in the words of the command line. Rates are those of the last 10 s.
    #[cfg(feature = "top")]
    #[command(after_help = "Examples:
  nlstream top
  nlstream top -k route,neigh /var/log/net.ndjson
  ssh router nlstream | nlstream top -")]
    Top(Box<top::TopArgs>),
    /// Run a command for each event
    ///
    /// The events are those of lines, from a pipe or a file that is followed. The command gets the line on its
    /// standard input, and in its environment NLSTREAM_KIND, _OP, _IFNAME, _IFINDEX, _SEQ, _RUN, _TIME, _ORIGIN,
    /// _CHANGED, _NETNS, _HOST and _EVENTS. Lines of snapshots and checkpoints are no events, unless --origin
    /// names them.
    #[command(after_help = "Examples:
  nlstream -k link | nlstream exec --changed operstate -- logger -t link
  nlstream exec -k route --debounce 1s --position /var/lib/hook/position /var/log/net.ndjson -- ./hook")]
    Exec(Box<ExecArgs>),
    /// Print the JSON schema of the output
    Schema {
        /// Only the lines of these kinds
        #[arg(value_name = "KIND", ignore_case = true, hide_possible_values = true)]
        kinds: Vec<KindArg>,
    },
    /// Print the completions of a shell
    #[command(after_help = "Examples:
  nlstream completions bash > ~/.local/share/bash-completion/completions/nlstream")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a man page
    #[command(after_help = "Examples:
  nlstream man | man -l -
  nlstream man state > ~/.local/share/man/man1/nlstream-state.1")]
    Man {
        /// A command of nlstream [default: nlstream itself]
        #[arg(value_name = "COMMAND")]
        page: Option<String>,
    },
}

/// The task requested on the command line.
#[derive(Debug)]
pub enum Task {
    Live(Box<Live>),
    Replay(Box<Replay>, Vec<PathBuf>),
    State(StateQuery),
    Log(Box<LogQuery>),
    Report(Box<ReportQuery>),
    #[cfg(feature = "top")]
    Top(Box<crate::run::top::TopQuery>),
    Exec(Box<Exec>),
    /// Text to print.
    Text(String),
}

pub use pages::{completion_files, man_pages};

/// Returns the command line definition, for completions.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

impl Cli {
    /// # Errors
    /// If an option requires another one.
    fn check(&self) -> Result<(), &'static str> {
        if self.all_netns && !self.netns.is_empty() {
            return Err(
                "--all-netns watches every network namespace: leave out --netns, or use it alone to watch some",
            );
        }
        if self.netns.len() > MAX_NAMESPACES {
            return Err("--netns: expected at most 1024 network namespaces");
        }
        match self.exit && !self.stream.snapshot {
            true => {
                Err("--exit ends the run when the snapshot is complete: it requires --snapshot")
            }
            false => Ok(()),
        }
    }
}

/// Reads the options of the running program again, after a change of the configuration file. The
/// options of logging take effect.
fn read_options() -> Result<Live, String> {
    let given = config::read_live()?;
    let cli = Cli::from_arg_matches(&given.matches).map_err(|error| report::message(&error))?;
    cli.check()?;
    logging::set(cli.log.config());
    for warning in ineffective::warnings(&cli, &given.matches, &given.found) {
        log::warn!("{warning}");
    }
    Ok(Live::of(&cli, &given))
}

/// What the program was called for.
#[derive(Debug)]
pub struct Invocation {
    pub log: logging::Config,
    /// Options that have no effect.
    pub warnings: Vec<String>,
    /// The process is to be confined to what the task needs.
    pub confined: bool,
    pub task: Task,
}

/// Reads command line, environment and configuration file. Exits the process if they are invalid,
/// and for `--help`.
pub fn invocation() -> Invocation {
    let given = config::read();
    let cli = Cli::from_arg_matches(&given.matches).unwrap_or_else(|error| report::exit(error));
    if let Err(error) = cli.check() {
        report::fail(error);
    }
    let warnings = ineffective::warnings(&cli, &given.matches, &given.found);
    let log = match &cli.command {
        Some(Command::Exec(exec)) => exec.log.config(),
        _ => cli.log.config(),
    };
    let confinement = match &cli.command {
        Some(Command::Replay { confinement, .. } | Command::State { confinement, .. }) => {
            confinement
        }
        Some(Command::Log(log)) => &log.confinement,
        Some(Command::Report(report)) => &report.confinement,
        #[cfg(feature = "top")]
        Some(Command::Top(_)) => &cli.confinement,
        None
        | Some(
            Command::Exec(_)
            | Command::Schema { .. }
            | Command::Completions { .. }
            | Command::Man { .. },
        ) => &cli.confinement,
    };
    let confined = confinement.is_on();
    let task = match cli.command {
        None if cli.print_config => Task::Text(config::print(&given)),
        None => {
            let live = Live::of(&cli, &given);
            if let Err(error) = live.settings.check() {
                report::fail(&error);
            }
            Task::Live(Box::new(live))
        }
        Some(Command::Replay {
            files, stream, run, ..
        }) => Task::Replay(Box::new(stream.replay(run)), files),
        Some(Command::State {
            files,
            at,
            diff,
            kinds,
            filters,
            format,
            text,
            partial,
            ..
        }) => Task::State(StateQuery {
            files,
            at,
            diff: match diff.as_deref() {
                Some(&[one, other]) => Some((one, other)),
                _ => None,
            },
            kinds: kinds.map(|kinds| kinds.iter().map(|kind| kind.0).collect()),
            filters: filters.0,
            format: text.format(format, true, Times::Date, WhenArg::Never),
            partial,
        }),
        Some(Command::Log(log)) => {
            if let Err(error) = log.check() {
                report::fail(error);
            }
            Task::Log(Box::new(log.query()))
        }
        Some(Command::Report(report)) => Task::Report(Box::new(report.query())),
        #[cfg(feature = "top")]
        Some(Command::Top(top)) => Task::Top(Box::new(top.query())),
        Some(Command::Exec(exec)) => Task::Exec(Box::new(exec.exec())),
        Some(Command::Schema { kinds }) => {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.0).collect();
            Task::Text(crate::schema::text_of(&kinds))
        }
        Some(Command::Completions { shell }) => Task::Text(pages::completions(shell)),
        Some(Command::Man { page }) => {
            Task::Text(pages::man(page.as_deref()).unwrap_or_else(|| {
                let commands: Vec<_> = man_pages().into_iter().skip(1).collect();
                let names = commands
                    .iter()
                    .map(|(name, _)| name.trim_start_matches("nlstream-"));
                let names = names.collect::<Vec<_>>().join(", ");
                let page = page.unwrap_or_default();
                report::fail(&format!(
                    "there is no man page of the command {page}; there are those of {names}"
                ))
            }))
        }
    };
    Invocation {
        log,
        warnings,
        confined,
        task,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn command_line_definition_is_valid() {
        Cli::command().debug_assert();
    }
}
