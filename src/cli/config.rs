//! Options from `NLSTREAM_…` environment variables and a configuration file. Both are passed to
//! clap as defaults, so that every value is validated in one place.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory as _};
use toml::de::DeTable;
use toml::{Table, Value};

use super::Cli;
use super::report::{exit, fail, message};
use crate::escape::{Escaped, is_visible};
use crate::run::exec::MARK;
use crate::run::live::Options;

const DEFAULT: &str = "/etc/nlstream.toml";
/// Arguments that cannot be set in the configuration file.
const NO_OPTIONS: [&str; 4] = ["config", "print-config", "help", "version"];

/// Variables of the tests and benchmarks, which run the program in their environment.
const OF_TESTS: [&str; 5] = [
    "NLSTREAM_BENCH",
    "NLSTREAM_BLESS",
    "NLSTREAM_CHURN",
    "NLSTREAM_TEST",
    "NLSTREAM_UAPI",
];

/// The configuration file.
#[derive(Debug, Default)]
pub(super) struct Found {
    path: PathBuf,
    /// Values by option name, with the number of their line.
    values: BTreeMap<String, (usize, Vec<String>)>,
}

impl Found {
    /// The file; `None` if there is none.
    pub(super) fn path(&self) -> Option<&PathBuf> {
        Some(&self.path).filter(|path| **path != Path::new(""))
    }

    /// Returns true if the file sets the option.
    pub(super) fn sets(&self, option: &str) -> bool {
        self.values.contains_key(option)
    }
}

/// The options of a run, of the command line, the environment and the configuration file.
#[derive(Debug)]
pub(super) struct Given {
    /// What was parsed: to declare all options takes longer than to parse some.
    command: Command,
    pub(super) matches: ArgMatches,
    pub(super) found: Found,
}

/// Reads command line, environment and configuration file. Exits the process on an invalid value
/// and for `--help`.
pub(super) fn read() -> Given {
    let given = Given::parse(Cli::command()).unwrap_or_else(|error| exit(error));
    if given.matches.subcommand_name().is_some() {
        return given;
    }
    given.of_live().unwrap_or_else(|error| fail(&error))
}

/// Reads the options of a live run. The command line was validated before.
///
/// # Errors
/// If a variable or the file has an unknown option, or an invalid value.
pub(super) fn read_live() -> Result<Given, String> {
    let given = Given::parse(Cli::command()).map_err(|error| message(&error))?;
    given.of_live()
}

impl Given {
    fn parse(mut command: Command) -> Result<Self, clap::Error> {
        Ok(Given {
            matches: command.try_get_matches_from_mut(std::env::args_os())?,
            command,
            found: Found::default(),
        })
    }

    /// Adds the options of the environment and of the configuration file to those of the command line.
    fn of_live(self) -> Result<Self, String> {
        let variables = variables();
        check_variables(&self.command, &variables)?;
        let given = match variables.is_empty() {
            true => self,
            false => {
                let command = with_variables(Cli::command(), &variables);
                Self::parse(command).map_err(|error| message(&error))?
            }
        };
        let path = given.matches.get_one::<PathBuf>("config");
        let found = match path {
            Some(path) => load(&given.command, path, true),
            None => load(&given.command, Path::new(DEFAULT), false),
        }?;
        if found.values.is_empty() {
            return Ok(Given { found, ..given });
        }
        for (name, (line, values)) in &found.values {
            let is_option = |arg: &Arg| key(arg) == Some(name.as_str());
            let command = with_default(Cli::command(), &is_option, values);
            let parsed = command.try_get_matches_from([env!("CARGO_PKG_NAME")]);
            parsed.map_err(|error| {
                let path = found.path.display();
                format!("{path}, line {line}: {}", message(&error))
            })?;
        }
        let command = with_file(with_variables(Cli::command(), &variables), &found);
        let given = Self::parse(command).map_err(|error| message(&error))?;
        Ok(Given { found, ..given })
    }

    /// The effective options by name; those without a value are absent.
    pub(super) fn options(&self) -> Options {
        let args = self.command.get_arguments();
        let keyed = args.filter_map(|arg| Some((key(arg)?, arg)));
        let value = |arg: &Arg| {
            let values = self.matches.get_raw(arg.get_id().as_str())?;
            let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
            Some(values.join(","))
        };
        let options = keyed.filter_map(|(key, arg)| Some((key.to_owned(), value(arg)?)));
        options.collect()
    }
}

/// The environment variables that are set and are meant to be options.
fn variables() -> Vec<String> {
    if of_event() {
        return Vec::new();
    }
    let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    let names = set.filter_map(|(name, _)| name.into_string().ok());
    let of_tests = |name: &str| OF_TESTS.iter().any(|prefix| name.starts_with(prefix));
    names
        .filter(|name| name.starts_with("NLSTREAM_") && !of_tests(name))
        .collect()
}

/// # Errors
/// If a variable is no option, or its value is invalid.
fn check_variables(command: &Command, variables: &[String]) -> Result<(), String> {
    let known = || command.get_arguments().filter_map(variable);
    for name in variables {
        if !known().any(|known| known == *name) {
            let known = known().collect::<Vec<_>>().join(", ");
            return Err(format!(
                "unknown environment variable {name}; valid variables: {known}"
            ));
        }
        let command = with_variables(Cli::command(), std::slice::from_ref(name));
        let parsed = command.try_get_matches_from([env!("CARGO_PKG_NAME")]);
        parsed.map_err(|error| format!("environment variable {name}: {}", message(&error)))?;
    }
    Ok(())
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

/// Returns true if the variables describe the event of a command that `nlstream exec` runs.
fn of_event() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Makes these environment variables the defaults of their arguments. Subcommands have none: the variables
/// are meant for services.
fn with_variables(command: Command, variables: &[String]) -> Command {
    command.mut_args(
        |arg| match variable(&arg).filter(|name| variables.contains(name)) {
            Some(name) => arg.env(name).hide_env(true),
            None => arg,
        },
    )
}

fn with_file(command: Command, found: &Found) -> Command {
    let values = found.values.iter();
    values.fold(command, |command, (name, (_, values))| {
        with_default(command, &|arg| key(arg) == Some(name.as_str()), values)
    })
}

/// Makes the values the default of the arguments for which `wanted` holds.
fn with_default(command: Command, wanted: &dyn Fn(&Arg) -> bool, values: &[String]) -> Command {
    command.mut_args(|arg| match wanted(&arg) {
        true => arg.default_values(values.to_vec()),
        false => arg,
    })
}

fn load(command: &Command, path: &Path, must_exist: bool) -> Result<Found, String> {
    let name = path.display();
    let text = match std::fs::read_to_string(path) {
        Err(error) if !must_exist && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Found::default());
        }
        text => text.map_err(|error| format!("cannot read {name}: {error}"))?,
    };
    let line_at = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    // Without the excerpt of the file, which takes several lines.
    let invalid = |error: toml::de::Error| {
        let line = error.span().map_or(1, |span| line_at(span.start));
        format!("{name}, line {line}: {}", error.message())
    };
    let table: Table = toml::from_str(&text).map_err(invalid)?;
    // The same once more: a `Table` does not have the places of its keys.
    let places = DeTable::parse(&text).map_err(invalid)?;
    let line_of = |key: &str| {
        let key = places.get_ref().keys().find(|it| it.get_ref() == key);
        line_at(key.map_or(0, |key| key.span().start))
    };
    let mut values = BTreeMap::new();
    for (name, value) in &table {
        let arg = command.get_arguments().find(|arg| key(arg) == Some(name));
        let (file, line) = (path.display(), line_of(name));
        let Some(arg) = arg else {
            let keys = keys(command).join(", ");
            return Err(format!(
                "{file}, line {line}: unknown option `{name}`; valid options: {keys}"
            ));
        };
        let list = strings(value, arg.get_value_delimiter());
        let list = list.ok_or_else(|| {
            format!(
                "{file}, line {line}: {name}: a string, a number, a boolean or a list of strings is required"
            )
        })?;
        values.insert(name.clone(), (line, list));
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
pub(super) fn print(given: &Given) -> String {
    let Given {
        command,
        matches,
        found,
    } = given;
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
        lines.push((format!("{key} = {}", toml_text(&value)), source));
    }
    let width = lines.iter().map(|(text, _)| text.chars().count()).max();
    let width = width.unwrap_or(0).min(48);
    let mut text = String::new();
    for (line, source) in lines {
        let _ = writeln!(text, "{line:width$}  # {}", Escaped(source));
    }
    text
}

/// A value as TOML, on one line, with control and invisible characters as escapes.
fn toml_text(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().all(is_visible) {
        return text;
    }
    let quoted = |text: &str| {
        let escaped = text.chars().fold(String::new(), |mut out, c| {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                c if is_visible(c) => out.push(c),
                c => out += &format!("\\U{:08x}", u32::from(c)),
            }
            out
        });
        format!("\"{escaped}\"")
    };
    match value {
        Value::String(text) => quoted(text),
        Value::Array(list) => {
            let list: Vec<_> = list.iter().map(toml_text).collect();
            format!("[{}]", list.join(", "))
        }
        value => value.to_string(),
    }
}
