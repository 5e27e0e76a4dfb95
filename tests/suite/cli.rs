//! The command line: error messages, help and output options.

use crate::common;
use crate::common::{lines, nlstream, root};

fn stderr(args: &[&str], status: i32) -> String {
    let output = nlstream(args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{args:?} wrote to stdout");
    stderr
}

/// Writes a temporary file, and returns its path.
fn temporary(name: &str, content: &[u8]) -> String {
    let path = std::env::temp_dir().join(format!("nlstream-cli-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn capture(name: &str) -> String {
    let path = root().join("fixtures").join(name).join("capture.pcapng");
    path.to_str().unwrap().to_owned()
}

#[test]
fn errors_of_wrong_values_name_the_valid_ones() {
    let text = stderr(&["-k", "links"], 2);
    for kind in nlstream::event::Kind::ALL {
        assert!(text.contains(kind.name()), "{text}");
    }
    assert!(stderr(&["--with", "colour"], 2).contains("details, raw, message, host, by"));
    assert!(stderr(&["--format", "xml"], 2).contains("json, text"));
    assert!(stderr(&["--snapshto"], 2).contains("--snapshot"));
    assert!(stderr(&["replay"], 2).contains("<FILE>"));
    assert!(stderr(&["--for", "5"], 2).contains("500ms"));
    assert!(stderr(&["--count", "0"], 2).contains("1.."));
    assert!(stderr(&["--rcvbuf", "1"], 2).contains("32M"));
}

/// What newcomers type, and what they meant.
#[test]
fn commands_and_options_that_do_not_exist_name_what_does_the_same() {
    for (args, remedy) in [
        (&["link"][..], "nlstream -k link"),
        (&["run", "--help"], "without a command"),
        (&["monitor"], "without a command"),
        (&["snapshot"], "--snapshot --exit"),
        (&["diff", "a", "b"], "nlstream state --diff"),
        (&["--at", "now"], "--at is an option of `nlstream state`"),
        (&["--since", "-5m"], "`nlstream log`, `nlstream report`"),
        (
            &["state", "--snapshot", "x"],
            "`nlstream` without a command, `nlstream replay`",
        ),
        (&["-j"], "JSON is the default"),
        (&["-4"], "--family inet"),
        (&["-i", "eth0"], "--dev NAME"),
    ] {
        let text = stderr(args, 2);
        assert!(
            text.contains("tip: ") && text.contains(remedy),
            "{args:?}: {text}"
        );
        // A similar name would be another thing.
        assert!(!text.contains("similar"), "{args:?}: {text}");
    }
    // A name that is only misspelt keeps its suggestion.
    assert!(stderr(&["stat"], 2).contains("'state'"));
    assert!(nlstream(&["schema", "LINK"]).status.success());
}

#[test]
fn help_names_options_commands_and_exit_status() {
    let output = nlstream(&["--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for word in [
        "--kind",
        "--output",
        "--snapshot",
        "--record",
        "--count",
        "--for",
        "--with",
        "--format",
        "replay",
        "schema",
        "Examples:",
        "Exit status",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn schema_command_prints_the_file() {
    let file = std::fs::read(root().join("schema/v1.json")).unwrap();
    assert!(nlstream(&["schema"]).stdout == file);
}

#[test]
fn schema_of_kinds_has_their_lines_and_what_these_refer_to() {
    let whole: serde_json::Value = serde_json::from_slice(&nlstream(&["schema"]).stdout).unwrap();
    let schema = nlstream(&["schema", "nsid", "meta"]).stdout;
    assert!(schema.len() < 100_000);
    let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    let (defs, all) = (&schema["$defs"], &whole["$defs"]);
    let lines: Vec<_> = schema["oneOf"].as_array().unwrap().iter().collect();
    assert!(
        lines.iter().any(|it| it["$ref"] == "#/$defs/line_nsid"),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|it| it["$ref"] == "#/$defs/line_meta_gap"),
        "{lines:?}"
    );
    assert!(defs["line_link"].is_null() && defs["link"].is_null());
    for (name, def) in defs.as_object().unwrap() {
        assert_eq!(*def, all[name]);
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let examples = nlstream::schema::EXAMPLES.lines();
    let (mut valid, mut invalid) = (0, 0);
    for line in examples {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_wanted = line["kind"] == "nsid" || line["kind"] == "meta";
        assert_eq!(validator.is_valid(&line), is_wanted, "{line}");
        *(if is_wanted { &mut valid } else { &mut invalid }) += 1;
    }
    assert!(valid > 10 && invalid > 10);
    assert!(stderr(&["schema", "links"], 2).contains("link"));
}

#[test]
fn pages_and_completions_are_in_the_program() {
    let text = |args: &[&str]| {
        let output = nlstream(args);
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let page = text(&["man"]);
    for part in [
        ".TH nlstream",
        "\"EXIT STATUS\"",
        ".SH FILES",
        ".SH SIGNALS",
        "night.pcapng",
        "rotate\\-size",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // The usage, and the version at the foot of each page.
    assert!(page.contains("\\fBnlstream [OPTIONS]\\fR"), "{page}");
    let page = text(&["man", "state"]);
    let usage = "\\fBnlstream state [OPTIONS] <FILE>...\\fR";
    assert!(page.contains(usage), "{page}");
    let version = concat!("\"nlstream ", env!("CARGO_PKG_VERSION"), "\"");
    assert!(
        page.contains(&format!(".TH nlstream-state 1  {version}")),
        "{page}"
    );
    assert!(stderr(&["man", "nonsense"], 2).contains("replay, state, log"));
    for (shell, part) in [
        ("bash", "complete -F _nlstream"),
        ("zsh", "#compdef nlstream"),
        ("fish", "complete -c nlstream"),
    ] {
        assert!(text(&["completions", shell]).contains(part), "{shell}");
    }
    assert!(stderr(&["completions", "cmd"], 2).contains("bash"));
}

/// What bash proposes for the last of these words.
fn completed(words: &[&str]) -> Vec<String> {
    let script = "compopt() { :; }; source /dev/stdin; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1))
        _nlstream \"$1\" \"${COMP_WORDS[-1]}\" \"${COMP_WORDS[-2]}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = std::process::Command::new("bash");
    bash.args(["-c", script, "bash"]).args(words);
    bash.stdin(std::process::Stdio::piped());
    bash.stdout(std::process::Stdio::piped());
    let mut bash = bash.spawn().unwrap();
    let mut input = bash.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, &nlstream(&["completions", "bash"]).stdout).unwrap();
    drop(input);
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success(), "{words:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_the_last_value_of_a_list_and_files_only_where_they_are_named() {
    for option in ["-k", "--kind"] {
        assert_eq!(completed(&["nlstream", option, "qd"]), ["qdisc"]);
        assert_eq!(completed(&["nlstream", option, "link,qd"]), ["link,qdisc"]);
        assert_eq!(
            completed(&["nlstream", option, "link,route,addr"]),
            ["link,route,address", "link,route,addrlabel"]
        );
    }
    let of_state = ["nlstream", "state", "-k", "route,qd"];
    assert_eq!(completed(&of_state), ["route,qdisc"]);
    assert_eq!(completed(&["nlstream", "--format", "te"]), ["text"]);
    // /etc exists: a time is no file, an output is.
    assert_eq!(completed(&["nlstream", "state", "--at", "/et"]), ["/et"]);
    assert_eq!(completed(&["nlstream", "--output", "/et"]), ["/etc"]);
    assert_eq!(completed(&["nlstream", "--for", "/et"]), ["/et"]);
}

#[test]
fn error_of_an_output_that_cannot_be_opened() {
    let capture = capture("link-mtu");
    let text = stderr(&["replay", "-o", "/nowhere/x.ndjson", &capture], 1);
    assert!(
        text.contains("/nowhere/x.ndjson") && text.contains("create its directory"),
        "{text}"
    );
    let text = stderr(&["replay", "--record", "/nowhere/x.pcapng", &capture], 1);
    assert!(text.contains("/nowhere/x.pcapng"), "{text}");
}

#[test]
fn full_disk_is_an_error() {
    let text = stderr(&["replay", "-o", "/dev/full", &capture("link-mtu")], 1);
    assert!(
        text.contains("/dev/full") && text.contains("No space"),
        "{text}"
    );
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = std::process::Command::new(common::NLSTREAM);
    let output = command
        .args(["replay", &capture("link-mtu")])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn truncated_capture_gives_its_events_and_one_error_with_the_offset() {
    let capture_bytes = std::fs::read(capture("link-mtu")).unwrap();
    let file = temporary("cut.pcapng", &capture_bytes[..capture_bytes.len() - 100]);
    let output = nlstream(&["replay", &file]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.contains("cut.pcapng") && text.contains("truncated at byte"),
        "{text}"
    );
    assert!(lines(&output.stdout).len() > 3);
    let file = temporary("text.pcapng", b"hello, world, this is no capture");
    assert!(stderr(&["replay", &file], 1).contains("not a capture"));
    assert!(stderr(&["replay", "/nowhere/x"], 1).contains("No such file"));
}

#[test]
fn recording_cut_between_blocks_gives_a_warning() {
    let capture_bytes = std::fs::read(capture("link-mtu")).unwrap();
    let last =
        capture_bytes.len() - u32::from_ne_bytes(*capture_bytes.last_chunk().unwrap()) as usize;
    let file = temporary("border.pcapng", &capture_bytes[..last]);
    let output = nlstream(&["replay", &file]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("warning") && text.contains("no `stop` record"),
        "{text}"
    );
}

#[test]
fn only_the_named_kinds_of_generic_netlink_are_written() {
    let file = capture("genl-family");
    let kinds = |kind| {
        let output = nlstream(&["replay", "-k", kind, &file]);
        assert!(output.status.success());
        let lines = lines(&output.stdout);
        let about = lines.iter().filter(|line| line["kind"] != "meta");
        about
            .map(|line| line["kind"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds("genl_family"), vec!["genl_family"; 17]);
    assert!(kinds("unknown").is_empty());
}

#[test]
fn options_of_a_replay() {
    let capture = capture("link-veth");
    let all = lines(&nlstream(&["replay", &capture]).stdout);
    let only = lines(
        &nlstream(&[
            "replay",
            "-k",
            "link",
            "--with",
            "raw,message,host",
            &capture,
        ])
        .stdout,
    );
    assert!(
        all.iter()
            .any(|line| line["kind"] != "link" && line["kind"] != "meta")
    );
    assert!(
        only.iter()
            .all(|line| line["kind"] == "link" || line["kind"] == "meta")
    );
    assert_eq!(only[1]["host"], "fixture");
    assert!(
        only[1]["message"]
            .as_str()
            .unwrap()
            .starts_with("link add v")
    );
    assert!(only[1]["raw"].as_str().unwrap().len() > 200);
    let few = lines(&nlstream(&["replay", "--count", "3", &capture]).stdout);
    assert_eq!(few.len(), 5);
    assert_eq!(few[4]["meta"]["reason"], "count");
    let short = lines(&nlstream(&["replay", "--for", "1ms", &capture]).stdout);
    assert_eq!(short.last().unwrap()["meta"]["reason"], "time");
    // Standard input and a file: each is a run of its own.
    let stdin = std::fs::File::open(&capture).unwrap();
    let mut command = std::process::Command::new(common::NLSTREAM);
    let output = command
        .args(["replay", "-", &capture])
        .stdin(stdin)
        .output()
        .unwrap();
    assert_eq!(lines(&output.stdout).len(), 2 * all.len());
}

#[test]
fn text_format_has_a_date_and_one_plain_line_per_event() {
    let capture = capture("link-name-bytes");
    let output = nlstream(&["replay", "--format", "text", &capture]);
    let text = String::from_utf8(output.stdout).unwrap();
    let (date, events) = text.split_once('\n').unwrap();
    assert!(date.starts_with("-- 20") && date.ends_with(" --"), "{date}");
    assert_eq!(
        events.lines().count(),
        lines(&nlstream(&["replay", &capture]).stdout).len()
    );
    let stamp = |line: &str| line.starts_with('[') && line.as_bytes()[13] == b']';
    assert!(events.lines().all(stamp), "{text}");
    // Without a terminal there is no colour, and names contain no escape sequences.
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn version() {
    let output = nlstream(&["--version"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        concat!("nlstream ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn output_file_is_appended_to() {
    let file = temporary("append.ndjson", b"");
    let capture = capture("link-mtu");
    for _ in 0..2 {
        assert!(
            nlstream(&["replay", "-o", &file, &capture])
                .stdout
                .is_empty()
        );
    }
    let text = std::fs::read(&file).unwrap();
    assert_eq!(
        lines(&text)
            .iter()
            .filter(|line| line["op"] == "start")
            .count(),
        2
    );
}
