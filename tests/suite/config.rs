//! Options from a configuration file and from environment variables.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::common;
use crate::common::NLSTREAM;

/// A temporary file.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("nlstream-{name}-{}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(NLSTREAM);
    command.args(args).envs(variables.iter().copied());
    command.output().unwrap()
}

/// Returns the key, value and source of each option in `--print-config`.
fn printed(args: &[&str], variables: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let output = run(&[args, &["--print-config"]].concat(), variables);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| {
        let (rest, source) = line.rsplit_once("  # ").unwrap();
        let (key, value) = rest.split_once(" =").unwrap();
        let words = [key.trim_start_matches("# "), value.trim(), source];
        let [key, value, source] = words.map(str::to_owned);
        (key, value, source)
    });
    lines.collect()
}

/// Returns stderr of a run that must fail with status 2.
fn refused(args: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(args, variables);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

const FILE: &str = r#"
output = "/var/log/net.ndjson"
rotate-size = "10M"
rcvbuf = 1048576
kind = ["link", "route"]
with = "host,details"
snapshot = true
count = 5
"#;

#[test]
fn flag_precedes_variable_precedes_file() {
    let file = File::new("precedence", FILE);
    let args = ["--config", file.path(), "--count", "9", "--snapshot=false"];
    let variables = [
        ("NLSTREAM_RCVBUF", "2M"),
        ("NLSTREAM_COUNT", "7"),
        ("NLSTREAM_OUTPUT", ""),
    ];
    let all = printed(&args, &variables);
    for (key, value, source) in [
        ("count", "\"9\"", "command line, --count"),
        ("snapshot", "false", "command line, --snapshot"),
        ("rcvbuf", "\"2M\"", "NLSTREAM_RCVBUF"),
        ("output", "\"/var/log/net.ndjson\"", file.path()),
        ("kind", "[\"link\", \"route\"]", file.path()),
        ("with", "[\"host\", \"details\"]", file.path()),
        ("rotate-size", "\"10M\"", file.path()),
        ("rotate-keep", "\"7\"", "default"),
        ("heartbeat", "", "not set"),
    ] {
        let found = all.iter().find(|of| of.0 == key).unwrap();
        assert_eq!(
            (found.1.as_str(), found.2.as_str()),
            (value, source),
            "{key}"
        );
    }
}

#[test]
fn printed_config_is_an_equal_config_file() {
    let file = File::new("printed", FILE);
    let output = run(&["--config", file.path(), "--print-config"], &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let again = File::new("again", &text);
    let strip = |all: Vec<(String, String, String)>| -> Vec<_> {
        all.into_iter()
            .map(|(key, value, _)| (key, value))
            .collect()
    };
    let first = strip(printed(&["--config", file.path()], &[]));
    assert_eq!(first, strip(printed(&["--config", again.path()], &[])));
    // It has every option of the help.
    let help = String::from_utf8(run(&["--help"], &[]).stdout).unwrap();
    let begins = |line: &&str| line.trim_start().starts_with('-');
    let names = help.lines().filter(begins).filter_map(|line| {
        let (_, rest) = line.split_once("--")?;
        rest.split([' ', '[']).next()
    });
    let mut options: Vec<_> = names
        .filter(|name| !["help", "version", "config", "print-config"].contains(name))
        .collect();
    options.sort_unstable();
    options.dedup();
    assert!(options.len() > 15, "{options:?}");
    for option in options {
        assert!(first.iter().any(|(key, _)| key == option), "{option}");
    }
}

#[test]
fn errors_name_the_file_and_the_valid_values() {
    let unknown = File::new("unknown", "rotate_size = \"10M\"\n");
    let text = refused(&["--config", unknown.path()], &[]);
    assert!(
        text.contains(unknown.path()) && text.contains("`rotate_size`"),
        "{text}"
    );
    assert!(text.contains("rotate-size, rotate-every"), "{text}");

    let value = File::new("value", "rotate-size = \"1x\"\n");
    let text = refused(&["--config", value.path()], &[]);
    assert!(
        text.contains(value.path()) && text.contains("100M, 2G"),
        "{text}"
    );

    let kind = File::new("kind", "kind = [\"link\", \"lnik\"]\n");
    let text = refused(&["--config", kind.path()], &[]);
    assert!(
        text.contains(kind.path()) && text.contains("lnik"),
        "{text}"
    );

    let shape = File::new("shape", "[output]\nfile = \"x\"\n");
    let text = refused(&["--config", shape.path()], &[]);
    assert!(text.contains("output: a string"), "{text}");

    let syntax = File::new("syntax", "count = \n");
    let text = refused(&["--config", syntax.path()], &[]);
    assert!(
        text.contains(syntax.path()) && text.contains("line 1"),
        "{text}"
    );

    let text = refused(&["--config", "/nowhere/x.toml"], &[]);
    assert!(text.contains("/nowhere/x.toml"), "{text}");
    let text = refused(&[], &[("NLSTREAM_RCVBUF", "x")]);
    assert!(text.contains("variable NLSTREAM_RCVBUF:"), "{text}");
    assert!(text.contains("--rcvbuf"), "{text}");
}

#[test]
fn errors_name_the_line_of_the_file() {
    let comment = "# The first line.\n\n";
    for wrong in ["rotate-size = \"1x\"", "rotate_size = 1", "count = [true]"] {
        let file = File::new("line", &format!("{comment}{wrong}\n"));
        let text = refused(&["--config", file.path()], &[]);
        assert!(text.contains(&format!("{}, line 3", file.path())), "{text}");
        assert!(!text.contains("Usage"), "{text}");
    }
}

#[test]
fn unknown_variables_are_refused_with_the_valid_ones() {
    for name in ["NLSTREAM_KINDS", "NLSTREAM_ROTATE-SIZE", "NLSTREAM_"] {
        let text = refused(&[], &[(name, "link")]);
        assert!(
            text.contains(name) && text.contains("NLSTREAM_KIND,"),
            "{text}"
        );
    }
    // Those of the tests, which run the program in their environment, and empty ones.
    let variables = [("NLSTREAM_BLESS", "1"), ("NLSTREAM_KINDS", "")];
    let output = run(&["--print-config"], &variables);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn options_without_effect_are_warned_about() {
    let stdout = common::root().join("fixtures/link-mtu/capture.pcapng");
    let capture = stdout.to_str().unwrap();
    let file = File::new("effect", "rotate-size = \"10M\"\n");
    let of_file = ["--config", file.path(), "--print-config"];
    for (args, warning) in [
        (&of_file[..], "--rotate-size has no effect without --output"),
        (
            &["--rotate-keep", "3", "--fsync", "never", "--print-config"],
            "--rotate-keep, --fsync have no effect without --output",
        ),
        (
            &["-o", "x", "--rotate-compress", "zstd", "--print-config"],
            "--rotate-compress has no effect without --rotate-size or --rotate-every",
        ),
        (
            &["--format", "text", "--with", "details", "--print-config"],
            "--with has no effect with --format text",
        ),
        (
            &["replay", "--format", "text", "--max-line", "4K", capture],
            "--max-line has no effect with --format text",
        ),
        (
            &["replay", "--color", "always", capture],
            "--color has no effect with --format json",
        ),
        (
            &["replay", "--force", capture],
            "--force has no effect without --record",
        ),
        (&["--metrics", "m.txt", "--print-config"], "suffix .prom"),
    ] {
        let output = run(args, &[]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{args:?}: {stderr}");
        assert!(
            stderr.contains("warning") && stderr.contains(warning),
            "{args:?}: {stderr}"
        );
    }
    let args = [
        "-o",
        "x",
        "--rotate-size",
        "1M",
        "--rotate-keep",
        "3",
        "--print-config",
    ];
    assert!(run(&args, &[]).stderr.is_empty());
}

#[test]
fn commands_take_no_variables() {
    let variables = [("NLSTREAM_OUTPUT", "/nowhere/x"), ("NLSTREAM_COUNT", "x")];
    // A variable of the stream with a wrong value does not affect other commands.
    let output = run(&["schema"], &variables);
    assert!(
        output.status.success() && !output.stdout.is_empty(),
        "{output:?}"
    );
    let capture = common::root().join("fixtures/link-mtu/capture.pcapng");
    let output = run(&["replay", capture.to_str().unwrap()], &variables);
    assert!(
        output.status.success() && !output.stdout.is_empty(),
        "{output:?}"
    );
}

#[test]
fn log_messages_as_json() {
    let variables = [("NLSTREAM_LOG_FORMAT", "json")];
    let output = run(&["-o", "/nowhere/x.ndjson", "--for", "1s"], &variables);
    assert_eq!(output.status.code(), Some(1));
    let lines = common::lines(&output.stderr);
    let last = lines.last().unwrap();
    assert_eq!(last["level"], "error");
    assert!(
        last["message"]
            .as_str()
            .unwrap()
            .contains("/nowhere/x.ndjson")
    );
    assert!(last["time"].as_str().unwrap().ends_with('Z'));
}
