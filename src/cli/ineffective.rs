//! Options that have no effect together with the others.

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::args::{FormatArg, Stream, WhenArg};
use super::config::Found;
use super::{Cli, Command};
use crate::event::Kind;
use crate::event::meta::Settings;
use crate::family::Subscribed;

/// Options of the output file.
const OF_FILE: [&str; 5] = [
    "rotate-size",
    "rotate-every",
    "rotate-keep",
    "rotate-compress",
    "fsync",
];
/// Options of rotation that need another one, which says when to rotate.
const OF_ROTATION: [&str; 2] = ["rotate-keep", "rotate-compress"];

/// Returns a warning for each option that was set and has no effect.
pub(super) fn warnings(cli: &Cli, matches: &ArgMatches, found: &Found) -> Vec<String> {
    let mut warnings = Vec::new();
    match &cli.command {
        None => {
            let is_set = |option: &&str| is_set(matches, found, option);
            let mut warn = |options: &[&str], reason: &str| {
                let set: Vec<_> = options.iter().copied().filter(is_set).collect();
                warn(&set, reason, &mut warnings);
            };
            let rotates = cli.file.rotate_size.is_some() || cli.file.rotate_every.is_some();
            match cli.stream.output() {
                None => warn(&OF_FILE, "without --output"),
                Some(_) if !rotates => {
                    warn(&OF_ROTATION, "without --rotate-size or --rotate-every");
                }
                Some(_) => {}
            }
            if !receives(&cli.stream, Kind::Conntrack) {
                warn(
                    &["conntrack-sample"],
                    "without --family conntrack or --kind conntrack",
                );
            }
            if !cli.track.iter().any(|kind| receives(&cli.stream, kind.0)) {
                warn(&["track"], "without --family or --kind with the same name");
            }
            let metrics = cli.metrics.as_ref();
            of_stream(&cli.stream, metrics.is_some(), &is_set, &mut warnings);
            if let Some(path) = metrics
                && path.extension().is_none_or(|suffix| suffix != "prom")
            {
                let path = path.display();
                warnings.push(format!(
                    "--metrics {path}: node_exporter reads only files with the suffix .prom"
                ));
            }
        }
        Some(Command::Replay { stream, .. }) => {
            let Some(("replay", matches)) = matches.subcommand() else {
                return warnings;
            };
            let none = Found::default();
            let is_set = |option: &&str| is_set(matches, &none, option);
            of_stream(stream, false, &is_set, &mut warnings);
        }
        Some(_) => {}
    }
    warnings
}

/// Returns true if the run receives events of the kind.
fn receives(stream: &Stream, kind: Kind) -> bool {
    let settings = Settings {
        kinds: stream.kinds(),
        filters: stream.filters.0.clone(),
        ..Settings::default()
    };
    let families = Subscribed::new(&settings);
    let mut families = families.iter();
    families.any(|family| Some(family.id()) == kind.netlink_family())
}

/// `writes`: the run also writes a file that no option of `stream` names.
fn of_stream(
    stream: &Stream,
    writes: bool,
    is_set: &dyn Fn(&&str) -> bool,
    warnings: &mut Vec<String>,
) {
    let set = |options: &[&'static str]| -> Vec<_> {
        options
            .iter()
            .copied()
            .filter(|option| is_set(option))
            .collect()
    };
    match stream.format {
        FormatArg::Text => warn(&set(&["with", "max-line"]), "with --format text", warnings),
        FormatArg::Json => {
            let options = [
                ("color", stream.text.color == WhenArg::Always),
                ("columns", stream.text.columns == WhenArg::Always),
                ("fold", stream.fold == WhenArg::Always),
                ("time-format", stream.text.time_format.is_some()),
            ];
            let options: Vec<_> = options.iter().filter(|(_, asks)| *asks).collect();
            let options: Vec<_> = options.iter().map(|(option, _)| *option).collect();
            warn(&options, "with --format json", warnings);
        }
    }
    if stream.force && stream.record.is_none() {
        warn(&["force"], "without --record", warnings);
    }
    let writes = writes || stream.record.is_some() || stream.output().is_some();
    if stream.insecure_dir && !writes {
        warn(
            &["insecure-dir"],
            "without a file that is written",
            warnings,
        );
    }
}

fn warn(options: &[&str], reason: &str, warnings: &mut Vec<String>) {
    if !options.is_empty() {
        let options: Vec<_> = options.iter().map(|option| format!("--{option}")).collect();
        let has = if options.len() == 1 { "has" } else { "have" };
        warnings.push(format!("{} {has} no effect {reason}", options.join(", ")));
    }
}

/// Returns true if the option has another source than its default.
fn is_set(matches: &ArgMatches, found: &Found, option: &str) -> bool {
    let id = option.replace('-', "_");
    let source = matches
        .try_contains_id(&id)
        .ok()
        .and_then(|_| matches.value_source(&id));
    let is_given = matches!(
        source,
        Some(ValueSource::CommandLine | ValueSource::EnvVariable)
    );
    is_given || (source.is_some() && found.sets(option))
}
