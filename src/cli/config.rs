//! Options from `NLSTREAM_…` environment variables and a configuration file. Both are passed to
//! clap as defaults, so that every value is validated in one place.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory as _};
use toml::{Table, Value};

use super::Cli;

const DEFAULT: &str = "/etc/nlstream.toml";
/// Arguments that cannot be set in the configuration file.
const NO_OPTIONS: [&str; 4] = ["config", "print-config", "help", "version"];

/// The configuration file.
#[derive(Debug, Default)]
pub(super) struct Found {
    path: PathBuf,
    /// Values by option name.
    values: BTreeMap<String, Vec<String>>,
}

/// Reads command line, environment and configuration file. Exits the process on an invalid value
/// and for `--help`.
pub(super) fn read() -> (ArgMatches, Found) {
    let plain = Cli::command().get_matches();
    if plain.subcommand_name().is_some() {
        return (plain, Found::default());
    }
    let given = with_variables(Cli::command()).get_matches();
    let path = given.get_one::<PathBuf>("config");
    let found = match path {
        Some(path) => load(path, true),
        None => load(Path::new(DEFAULT), false),
    };
    let found = found.unwrap_or_else(|error| fail(&error));
    if found.values.is_empty() {
        return (given, found);
    }
    let command = with_file(with_variables(Cli::command()), &found);
    // Command line and environment were validated above, so an error here is in the file.
    let matches = command.try_get_matches().unwrap_or_else(|error| {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let first = text.split("\n\n").next().unwrap_or(text);
        fail(&format!("{}: {first}", found.path.display()))
    });
    (matches, found)
}

fn fail(text: &str) -> ! {
    Cli::command()
        .error(ErrorKind::ValueValidation, text)
        .exit()
}

/// Returns the configuration key of an argument, if it has one.
fn key(arg: &Arg) -> Option<&str> {
    arg.get_long().filter(|long| !NO_OPTIONS.contains(long))
}

fn keys(command: &Command) -> Vec<&str> {
    command.get_arguments().filter_map(key).collect()
}

fn variable(arg: &Arg) -> Option<String> {
    let long = arg
        .get_long()
        .filter(|long| !NO_OPTIONS[1..].contains(long))?;
    Some(format!(
        "NLSTREAM_{}",
        long.replace('-', "_").to_uppercase()
    ))
}

/// Adds the environment variables that are set as defaults. Subcommands have none: the variables
/// are meant for services.
fn with_variables(command: Command) -> Command {
    command.mut_args(|arg| {
        let set = |name: &String| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match variable(&arg).filter(set) {
            Some(name) => arg.env(name).hide_env(true),
            None => arg,
        }
    })
}

fn with_file(command: Command, found: &Found) -> Command {
    command.mut_args(
        |arg| match key(&arg).and_then(|key| found.values.get(key)) {
            Some(values) => {
                let values = values.clone();
                arg.default_values(values)
            }
            None => arg,
        },
    )
}

fn load(path: &Path, must_exist: bool) -> Result<Found, String> {
    let name = path.display();
    let text = match std::fs::read_to_string(path) {
        Err(error) if !must_exist && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Found::default());
        }
        text => text.map_err(|error| format!("cannot read {name}: {error}"))?,
    };
    let table: Table = toml::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    let command = Cli::command();
    let mut values = BTreeMap::new();
    for (name, value) in &table {
        let arg = command.get_arguments().find(|arg| key(arg) == Some(name));
        let Some(arg) = arg else {
            let keys = keys(&command).join(", ");
            let path = path.display();
            return Err(format!(
                "{path}: unknown option `{name}`; valid options: {keys}"
            ));
        };
        let list = strings(value, arg.get_value_delimiter());
        let list = list.ok_or_else(|| {
            format!(
                "{}: {name}: a string, a number, a boolean or a list of strings is required",
                path.display()
            )
        })?;
        values.insert(name.clone(), list);
    }
    Ok(Found {
        path: path.to_owned(),
        values,
    })
}

/// Converts a TOML value to command line values.
fn strings(value: &Value, delimiter: Option<char>) -> Option<Vec<String>> {
    Some(match (value, delimiter) {
        (Value::String(text), Some(delimiter)) => {
            text.split(delimiter).map(str::to_owned).collect()
        }
        (Value::String(text), None) => vec![text.clone()],
        (Value::Integer(number), _) => vec![number.to_string()],
        (Value::Boolean(value), _) => vec![value.to_string()],
        (Value::Array(list), Some(_)) => list
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<_>>()?,
        _ => return None,
    })
}

/// Formats the effective options as a configuration file, with the source of each value as a
/// comment.
pub(super) fn print(matches: &ArgMatches, found: &Found) -> String {
    let command = Cli::command();
    let mut lines = Vec::new();
    for arg in command.get_arguments() {
        let Some(key) = key(arg) else { continue };
        let id = arg.get_id().as_str();
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => format!("command line, --{key}"),
            Some(ValueSource::EnvVariable) => variable(arg).unwrap_or_default(),
            _ if found.values.contains_key(key) => found.path.display().to_string(),
            _ => "default".to_owned(),
        };
        let raw = matches.get_raw(id).into_iter().flatten();
        let values: Vec<Value> = raw
            .map(|value| match value.to_str() {
                Some("true") => Value::Boolean(true),
                Some("false") => Value::Boolean(false),
                _ => Value::String(value.to_string_lossy().into_owned()),
            })
            .collect();
        let value = match (values.as_slice(), arg.get_value_delimiter()) {
            ([], _) => {
                lines.push((format!("# {key} ="), "not set".to_owned()));
                continue;
            }
            (_, Some(_)) => Value::Array(values),
            ([value, ..], None) => value.clone(),
        };
        lines.push((format!("{key} = {value}"), source));
    }
    let width = lines.iter().map(|(text, _)| text.chars().count()).max();
    let width = width.unwrap_or(0).min(48);
    let mut text = String::new();
    for (line, source) in lines {
        let _ = writeln!(text, "{line:width$}  # {source}");
    }
    text
}
