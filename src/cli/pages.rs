//! Man pages and completions, made of the command line.

use clap::builder::PossibleValue;
use clap::{Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::Cli;

/// The completions of a shell.
pub(super) fn completions(shell: Shell) -> String {
    let mut command = with_hints(Cli::command());
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "nlstream", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    match shell {
        Shell::Bash => with_lists(text, &command),
        _ => text,
    }
}

/// Says of the options of a command and its commands which have file names as values: no other is to be completed with them.
fn with_hints(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let names = arg.get_value_names().unwrap_or_default();
        let has_files = names
            .iter()
            .any(|name| name.contains("FILE") || name.contains("PATH"));
        match arg.get_action().takes_values() && !has_files {
            true => arg.value_hint(ValueHint::Other),
            false => arg,
        }
    });
    command.mut_subcommands(with_hints)
}

/// Makes the completions of bash complete the last value of a comma-separated list: those of clap_complete know only the first.
fn with_lists(mut text: String, command: &Command) -> String {
    let values = |names: &str, prefix: &str, word: &str| {
        format!(r#"$(compgen {prefix}-W "{names}" -- "{word}")"#)
    };
    for arg in command.get_arguments() {
        if arg.get_value_delimiter() != Some(',') {
            continue;
        }
        let names = arg.get_possible_values();
        let names = names.iter().filter(|it| !it.is_hide_set());
        let names: Vec<_> = names.map(PossibleValue::get_name).collect();
        if !names.is_empty() {
            let names = names.join(" ");
            text = text.replace(
                &values(&names, "", "${cur}"),
                &values(&names, r#"-P "${cur%"${cur##*,}"}" "#, "${cur##*,}"),
            );
        }
    }
    command.get_subcommands().fold(text, with_lists)
}

/// The completions of the shells for which distributions have a folder, by the names of their files.
pub fn completion_files() -> Vec<(&'static str, String)> {
    vec![
        ("nlstream.bash", completions(Shell::Bash)),
        ("_nlstream", completions(Shell::Zsh)),
        ("nlstream.fish", completions(Shell::Fish)),
    ]
}

/// The names of the man pages, without their section, and their text: that of the program first, then
/// those of its commands.
pub fn man_pages() -> Vec<(String, String)> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let commands = command.get_subcommands();
    let others = commands.filter(|it| !it.is_hide_set()).map(|it| {
        let name = format!("nlstream-{}", it.get_name());
        // The name with which the title and the synopsis begin.
        let it = it.clone().display_name(&name);
        (name, page(it, None))
    });
    let first = ("nlstream".to_owned(), page(command.clone(), Some(&command)));
    std::iter::once(first).chain(others).collect()
}

/// The text of the man page of a command; of the program, if there is no name.
pub(super) fn man(command: Option<&str>) -> Option<String> {
    let name = command.map_or("nlstream".to_owned(), |it| format!("nlstream-{it}"));
    let mut pages = man_pages().into_iter();
    pages.find(|(it, _)| *it == name).map(|(_, text)| text)
}

/// What follows the options on the page of the program: title, and entries.
const SECTIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "EXIT STATUS",
        &[
            ("0", "Success. A reader that closes the pipe is no failure."),
            ("1", "Failure."),
            (
                "2",
                "The command line, a variable or the configuration file is invalid.",
            ),
            (
                "3",
                "A replayed capture has packets that its snapshot length cut.",
            ),
            ("4", "The confinement refused a system call."),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            (
                "NLSTREAM_*",
                "Options: NLSTREAM_ROTATE_SIZE for --rotate-size. The command line takes precedence over variables, and variables over the configuration file.",
            ),
            (
                "NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM",
                "Whether --color=auto colours text.",
            ),
            (
                "TZ",
                "The local time of the text format and of the times in options.",
            ),
            (
                "LISTEN_FDS, LISTEN_PID, NOTIFY_SOCKET, WATCHDOG_USEC",
                "The service manager: see sd_listen_fds(3) and sd_notify(3).",
            ),
        ],
    ),
    (
        "FILES",
        &[
            (
                "/etc/nlstream.toml",
                "Options, unless --config names another file.",
            ),
            (
                "/etc/iproute2/, /usr/share/iproute2/, /usr/lib/iproute2/",
                "Names of routing tables, protocols, scopes and groups, as ip(8) reads them.",
            ),
            (
                "/run/netns/",
                "Names of network namespaces, see ip-netns(8).",
            ),
            (
                "/proc/sys/net/core/rmem_max",
                "Limit of --rcvbuf without CAP_NET_ADMIN.",
            ),
        ],
    ),
    (
        "SIGNALS",
        &[
            (
                "SIGINT, SIGTERM",
                "End the run, with its last lines; a second one ends the program at once, while it waits for their reader.",
            ),
            (
                "SIGHUP",
                "With --output: read the options again, and look whether the file was renamed. Otherwise like SIGTERM.",
            ),
            ("SIGUSR1", "Write a heartbeat, a line with counters."),
            (
                "SIGUSR2",
                "Write a checkpoint, the lines of all existing objects.",
            ),
        ],
    ),
];

/// The page of a command. `program`: it is that of the program.
fn page(command: Command, program: Option<&Command>) -> String {
    let examples = command
        .get_after_help()
        .map(|text| examples(&text.to_string()));
    let man = Man::new(command.clone())
        .manual("nlstream")
        .source(concat!("nlstream ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    // Writing to memory does not fail.
    let _ = man.render_title(&mut page);
    let _ = man.render_name_section(&mut page);
    let _ = synopsis(command).to_writer(&mut page);
    let _ = man.render_description_section(&mut page);
    let _ = man.render_options_section(&mut page);
    if program.is_some() {
        let _ = man.render_subcommands_section(&mut page);
    }
    let mut more = Roff::new();
    let sections = if program.is_some() {
        SECTIONS
    } else {
        &SECTIONS[..1]
    };
    for (title, entries) in sections {
        more.control("SH", [*title]);
        for (term, text) in *entries {
            more.control("TP", []);
            more.text([bold(*term)]);
            more.text([roman(*text)]);
        }
    }
    let examples = examples.unwrap_or_default();
    if !examples.is_empty() {
        more.control("SH", ["EXAMPLES"]);
        for (line, text) in examples {
            more.control("TP", []);
            more.text([bold(line)]);
            more.text([roman(text)]);
        }
    }
    more.control("SH", ["SEE ALSO"]);
    let others: Vec<_> = match program {
        Some(program) => program
            .get_subcommands()
            .filter(|it| !it.is_hide_set())
            .map(|it| format!("nlstream-{}(1)", it.get_name()))
            .collect(),
        None => vec!["nlstream(1)".to_owned()],
    };
    let see = others.join(", ") + ", ip-monitor(8), rtnetlink(7), jq(1)";
    more.text([italic(see)]);
    let _ = more.to_writer(&mut page);
    String::from_utf8_lossy(&page).into_owned()
}

/// The usage of a command, as its help has it: the options have a section of their own, with their values.
fn synopsis(mut command: Command) -> Roff {
    let usage = command.render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for line in usage.trim_start_matches("Usage:").lines() {
        roff.text([bold(line.trim())]);
        roff.control("br", []);
    }
    roff
}

/// The command lines under "Examples:" of a help, each with what it does.
fn examples(help: &str) -> Vec<(String, String)> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let pair = |line: &str| match line.trim().split_once("  ") {
        Some((command, text)) => (command.to_owned(), text.trim().to_owned()),
        None => (line.trim().to_owned(), String::new()),
    };
    lines.map(pair).collect()
}
