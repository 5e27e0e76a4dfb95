//! Errors of the command line, environment and configuration file. They echo what was given, so
//! control and invisible characters in it are escaped.

use clap::CommandFactory as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use crate::escape::{Escaped, is_visible};
use crate::event::Kind;
use crate::logging;

/// Exit status of an invalid command line or configuration.
const INVALID: i32 = 2;

/// Prints an error, and exits the process.
pub(super) fn fail(text: &str) -> ! {
    logging::error(&text);
    std::process::exit(INVALID)
}

/// Prints an error of clap with its usage, or the help that was requested, and exits the process.
pub(super) fn exit(mut error: clap::Error) -> ! {
    let is_layout = |c: char| is_visible(c) || c == '\n';
    escape_context(&mut error);
    if let Some(remedy) = remedy(&error) {
        // In place of a similar name, which means something else.
        for kind in [
            ContextKind::SuggestedArg,
            ContextKind::SuggestedSubcommand,
            ContextKind::Usage,
        ] {
            error.remove(kind);
        }
        let remedy = ContextValue::StyledStrs(vec![StyledStr::from(remedy)]);
        error.insert(ContextKind::Suggested, remedy);
    }
    let text = error.render().to_string();
    // The text of a value's parser is not part of the context.
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    let has_lines = cause.is_some_and(|cause| cause.contains('\n'));
    if text.chars().all(is_layout) && !has_lines {
        error.exit();
    }
    let lines: Vec<_> = text.lines().map(|line| Escaped(line).to_string()).collect();
    // A failure to write to standard error cannot be reported anywhere.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), (lines.join("\n") + "\n").as_bytes());
    std::process::exit(error.exit_code())
}

/// Words that are taken for commands, and what does the same.
const NO_COMMANDS: [(&[&str], &str); 5] = [
    (
        &[
            "run", "start", "monitor", "watch", "stream", "live", "events",
        ],
        "without a command nlstream prints the changes of this machine",
    ),
    (
        &["snapshot", "show", "list", "dump", "get"],
        "what exists now is `nlstream --snapshot --exit`",
    ),
    (
        &["diff", "compare"],
        "two times are compared by `nlstream state --diff TIME TIME FILE`",
    ),
    (
        &["record", "capture"],
        "a recording is made by `nlstream --record FILE`",
    ),
    (
        &["filter", "query", "grep"],
        "filters are options: `nlstream --help`",
    ),
];

/// Options of similar programs, and what does the same.
const NO_OPTIONS: [(&[&str], &str); 6] = [
    (&["--json", "-j", "--ndjson"], "JSON is the default format"),
    (&["--text", "-t", "--human"], "text is `--format text`"),
    (
        &["-f", "--follow"],
        "events are followed until Ctrl-C; the format is `--format`",
    ),
    (&["-4", "--ipv4"], "IPv4 alone is `--family inet`"),
    (&["-6", "--ipv6"], "IPv6 alone is `--family inet6`"),
    (
        &["-i", "-d", "--interface", "--device"],
        "devices are selected by `--dev NAME`",
    ),
];

/// What was meant by a command or an option that does not exist.
fn remedy(error: &clap::Error) -> Option<String> {
    let name = |kind| match error.get(kind) {
        Some(ContextValue::String(name)) => Some(name.as_str()),
        _ => None,
    };
    let listed = |list: &[(&[&str], &'static str)], name: &str| {
        let found = list.iter().find(|(names, _)| names.contains(&name));
        found.map(|(_, remedy)| (*remedy).to_owned())
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = name(ContextKind::InvalidSubcommand)?;
            let kind = Kind::ALL.iter().find(|kind| kind.name() == name);
            let of_kind =
                || kind.map(|kind| format!("one kind alone is `nlstream -k {}`", kind.name()));
            listed(&NO_COMMANDS, name).or_else(of_kind)
        }
        ErrorKind::UnknownArgument => {
            let name = name(ContextKind::InvalidArg)?;
            listed(&NO_OPTIONS, name).or_else(|| of_commands(name))
        }
        _ => None,
    }
}

/// The commands that have this option, if there are any.
fn of_commands(option: &str) -> Option<String> {
    let option = option.strip_prefix("--")?;
    let command = Cli::command();
    let has = |command: &&clap::Command| {
        let mut options = command.get_arguments().filter_map(clap::Arg::get_long);
        options.any(|it| it == option)
    };
    let of_all = std::iter::once(&command).chain(command.get_subcommands());
    let names: Vec<_> = of_all
        .filter(has)
        .map(|it| match it.get_name() {
            "nlstream" => "`nlstream` without a command".to_owned(),
            name => format!("`nlstream {name}`"),
        })
        .collect();
    (!names.is_empty()).then(|| format!("--{option} is an option of {}", names.join(", ")))
}

/// The first paragraph of an error of clap on one line: without the usage.
pub(super) fn message(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let first = text.split("\n\n").next().unwrap_or(text);
    first.trim_end().replace("\n  ", " ")
}

/// Escapes the arguments and values that the error names.
fn escape_context(error: &mut clap::Error) {
    let needs_escape = |text: &str| !text.chars().all(is_visible);
    let escaped = |text: &String| match needs_escape(text) {
        true => Escaped(text).to_string(),
        false => text.clone(),
    };
    let given = error.context().filter_map(|(kind, value)| {
        let value = match value {
            ContextValue::String(text) if needs_escape(text) => ContextValue::String(escaped(text)),
            ContextValue::Strings(texts) if texts.iter().any(|text| needs_escape(text)) => {
                ContextValue::Strings(texts.iter().map(escaped).collect())
            }
            _ => return None,
        };
        Some((kind, value))
    });
    let given: Vec<_> = given.collect();
    // A suggestion repeats the argument in text that is already formatted.
    if !given.is_empty() {
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in given {
        error.insert(kind, value);
    }
}
