//! The options of `nlstream top`.

use std::path::PathBuf;

use clap::{ArgAction, Args, FromArgMatches as _};

use super::args::{ConfinementArgs, LineArgs, WhenArg, colour};
use super::timeline::{SpanArgs, shown};
use super::{report, values};
use crate::run::LineOptions;
use crate::run::top::TopQuery;

#[derive(Debug, Args)]
pub(super) struct TopArgs {
    /// Files with lines, oldest first, the last of which is followed; `-` for standard input; without one the
    /// events of this machine
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    lines: LineArgs,
    /// Without FILE: watch this network namespace, as the option of a run
    #[arg(long, value_name = "NAME|PATH|PID", value_delimiter = ',', value_parser = values::namespace)]
    #[arg(conflicts_with_all = ["files", "all_netns"])]
    netns: Vec<String>,
    /// Without FILE: watch all network namespaces
    #[arg(long, action = ArgAction::SetTrue, conflicts_with = "files")]
    all_netns: bool,
    /// Colours; auto: unless NO_COLOR is set
    #[arg(long, alias = "colour", value_name = "WHEN", default_value = "auto")]
    color: WhenArg,
    #[command(flatten)]
    confinement: ConfinementArgs,
}

impl TopArgs {
    pub(super) fn query(self) -> TopQuery {
        TopQuery {
            files: self.files,
            since: self.span.since,
            until: self.span.until,
            selection: self.lines.words().join(" "),
            lines: shown(self.lines),
            read_selection,
            netns: self.netns,
            all_netns: self.all_netns,
            is_confined: self.confinement.is_on(),
            colour: self.color.is_on(colour),
        }
    }
}

/// Reads the options that select lines, as on the command line; quotes are those of a shell.
fn read_selection(text: &str) -> Result<LineOptions, String> {
    let command = LineArgs::augment_args(clap::Command::new("filter").no_binary_name(true));
    let command = command.disable_help_flag(true);
    let matches = command.try_get_matches_from(words(text)?);
    let matches = matches.map_err(|error| report::message(&error))?;
    let lines = LineArgs::from_arg_matches(&matches).map_err(|error| report::message(&error))?;
    Ok(shown(lines))
}

/// The words of a text, of which quotes may hold spaces.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match quote {
        Some(quote) => Err(format!("a closing {quote} is missing")),
        None => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_as_on_the_command_line() {
        let kinds = |text: &str| {
            let lines = read_selection(text)?;
            Ok::<_, String>((lines.kinds.map_or(0, |it| it.len()), lines.filters))
        };
        assert_eq!(kinds("").unwrap().0, 0);
        let (number, filters) = kinds("-k link,route --dev 'eth0' --op \"add\"").unwrap();
        assert_eq!(number, 2);
        assert_eq!(
            (&filters["dev"][..], &filters["op"][..]),
            (&["eth0".to_owned()][..], &["add".to_owned()][..])
        );
        for fault in ["--nothing", "-k nothing", "stray", "--dev 'eth0"] {
            assert!(kinds(fault).is_err(), "{fault}");
        }
        assert_eq!(words(" a  'b c'd \"\" ").unwrap(), ["a", "b cd", ""]);
    }
}
