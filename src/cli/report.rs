//! Errors of the command line, environment and configuration file. They echo what was given, so
//! control and invisible characters in it are escaped.

use clap::error::{ContextKind, ContextValue};

use crate::escape::{Escaped, is_visible};
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
