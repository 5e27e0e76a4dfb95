//! The options of the filters, made from their declarations.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Id};

use crate::filter::{FILTERS, FilterOption, Values};
use crate::netlink::genl;
use crate::netlink::nfnetlink::{is_event, with_subsystems};

/// The filters on events, by option. An option with an empty value has an empty list: it removes a
/// filter of the configuration file or of a recording.
#[derive(Clone, Debug, Default)]
pub(super) struct FilterArgs(pub Values);

/// The filters on objects.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectFilterArgs(pub Values);

const HEADING: &str = "Filter options (an event has to pass all of them)";

fn id(option: &FilterOption) -> String {
    option.name.replace('-', "_")
}

fn arg(option: &'static FilterOption) -> Arg {
    let long_help = match (option.is_list(), option.more) {
        (true, "") => format!("{}\n\n{LISTS}", option.help),
        (true, more) => format!("{}\n\n{more} {LISTS}", option.help),
        (false, "") => option.help.to_owned(),
        (false, more) => format!("{}\n\n{more}", option.help),
    };
    let arg = Arg::new(id(option))
        .long(option.name)
        .help(option.help)
        .long_help(long_help)
        .help_heading(HEADING)
        .value_parser(move |text: &str| match text {
            "" => Ok(String::new()),
            // What it is an event of is known when the whole list is.
            text if option.name == "family" && is_event(text) => Ok(text.to_owned()),
            text => option.check(text, of_kernel).map(|()| text.to_owned()),
        });
    match option.value_name {
        Some(name) if option.is_list() => arg
            .value_name(name)
            .value_delimiter(',')
            .action(ArgAction::Append),
        Some(name) => arg.value_name(name),
        None => arg
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
    }
}

/// The generic netlink families that the kernel has; none if it does not tell.
fn of_kernel() -> Vec<String> {
    let answers = genl::families().unwrap_or_default();
    let families = answers
        .iter()
        .flat_map(|answer| genl::announcements(answer));
    families.map(|family| family.name).collect()
}

/// What the help says about every filter with a list of values.
const LISTS: &str = "A comma-separated list; one of the values has to match. `!` before a value means \
                     that it must not match.";

/// # Errors
/// If an event is named without a family before it.
fn values(
    matches: &ArgMatches,
    options: impl Iterator<Item = &'static FilterOption>,
) -> Result<Values, clap::Error> {
    let mut all = Values::new();
    for option in options {
        let Some(values) = matches.get_many::<String>(&id(option)) else {
            continue;
        };
        let values: Vec<_> = values.filter(|text| !text.is_empty()).cloned().collect();
        let values = match option.name {
            "family" => with_subsystems(values),
            _ => values,
        };
        for text in values.iter().filter(|text| is_event(text)) {
            option.check(text, of_kernel).map_err(|fault| {
                let name = option.name;
                let reason = format!("invalid value '{text}' for '--{name}': {fault}\n");
                clap::Error::raw(ErrorKind::ValueValidation, reason)
            })?;
        }
        all.insert(option.name.to_owned(), values);
    }
    Ok(all)
}

/// Implements what clap needs of a group of options.
macro_rules! group {
    ($type:ident, $options:expr) => {
        impl FromArgMatches for $type {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                values(matches, $options).map($type)
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0.extend(values(matches, $options)?);
                Ok(())
            }
        }

        impl Args for $type {
            fn group_id() -> Option<Id> {
                Some(Id::from(stringify!($type)))
            }

            fn augment_args(command: Command) -> Command {
                $options.fold(command, |command, option| command.arg(arg(option)))
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }
    };
}

group!(FilterArgs, FILTERS.iter());
group!(
    ObjectFilterArgs,
    FILTERS.iter().filter(|option| option.is_of_objects())
);
