//! Text that others wrote reaches no output as it is: it could control a terminal, hide text, or
//! imitate further lines. Every way by which such text gets into a message, a log or a line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use nlstream::capture::Reader;
use nlstream::encode::Format;
use nlstream::event::meta::Part;
use nlstream::input::{Channel, Header, Input, InputData};
use nlstream::pipeline::{Config, Pipeline};

use crate::common::{NLSTREAM, root};

/// A title sequence, CSI in both forms, a bidirectional override, and a line that looks like one of
/// the program.
const HOSTILE: &str =
    "\x1b]0;owned\x07\x1b[31m\u{9b}31m\u{202e}txt\u{2066}\u{200b}\nnlstream: error: forged";

/// A name of a file with all of [`HOSTILE`], and bytes that are not UTF-8.
fn hostile_path(name: &str) -> PathBuf {
    let name = [HOSTILE.as_bytes(), b"\x9b31m\xff", name.as_bytes()].concat();
    std::env::temp_dir().join(OsStr::from_bytes(&name))
}

/// Returns what is wrong with a text that is printed: characters that control a terminal or are not
/// visible. Only a newline may end or divide lines.
#[track_caller]
fn assert_harmless(text: &[u8], from: &str) {
    let text = std::str::from_utf8(text).unwrap_or_else(|e| panic!("{from}: {e}"));
    for c in text.chars() {
        let is_hostile = (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!is_hostile, "{from}: {c:?} in {text:?}");
    }
    for line in text.lines() {
        assert!(
            !line.starts_with("nlstream: error: forged"),
            "{from}: {text}"
        );
        assert!(!line.starts_with("<3>"), "{from}: {text}");
    }
}

fn run(arguments: &[&OsStr], environment: &[(&str, &OsStr)]) -> Output {
    let mut command = Command::new(NLSTREAM);
    command.args(arguments).stdin(Stdio::null());
    command.envs(environment.iter().copied());
    command.output().unwrap()
}

#[track_caller]
fn assert_message_is_harmless(from: &str, arguments: &[&OsStr], environment: &[(&str, &OsStr)]) {
    let output = run(arguments, environment);
    assert!(!output.status.success(), "{from}: {output:?}");
    assert!(!output.stderr.is_empty(), "{from}");
    assert_harmless(&output.stderr, from);
    assert_harmless(&output.stdout, from);
    let text = String::from_utf8(output.stderr).unwrap();
    // clap leaves out escape sequences of values itself.
    let is_shown = text.contains(r"\x1b") || text.contains(r"\u{9b}");
    assert!(is_shown, "{from} does not show the text: {text}");
}

#[test]
fn arguments_variables_and_values_in_messages_are_escaped() {
    let hostile = OsStr::new(HOSTILE);
    let option = format!("--{HOSTILE}");
    let assigned = format!("--format={HOSTILE}");
    let boolean = format!("--exit={HOSTILE}");
    for (from, arguments) in [
        ("an unknown option", vec![OsStr::new(&option)]),
        ("an unknown command", vec![hostile]),
        ("a value of a set", vec![OsStr::new(&assigned)]),
        ("a boolean", vec![OsStr::new(&boolean)]),
        ("an element of a list", vec![OsStr::new("-k"), hostile]),
        ("a size", vec![OsStr::new("--rcvbuf"), hostile]),
        ("a number", vec![OsStr::new("--count"), hostile]),
        ("a duration", vec![OsStr::new("--audit"), hostile]),
        (
            "a time",
            vec!["state", "--at"]
                .into_iter()
                .map(OsStr::new)
                .chain([hostile])
                .collect(),
        ),
        (
            "a superfluous argument",
            vec![OsStr::new("schema"), hostile],
        ),
        (
            "an option of a command",
            vec![OsStr::new("replay"), OsStr::new(&option)],
        ),
    ] {
        assert_message_is_harmless(from, &arguments, &[]);
    }
    assert_message_is_harmless(
        "the value of a variable",
        &[],
        &[("NLSTREAM_FORMAT", hostile)],
    );
    assert_message_is_harmless("a size in a variable", &[], &[("NLSTREAM_RCVBUF", hostile)]);
    let name = format!("NLSTREAM_{HOSTILE}");
    assert_message_is_harmless("a variable's name", &[], &[(&name, OsStr::new("1"))]);
}

#[test]
fn names_and_contents_of_files_in_messages_are_escaped() {
    let path = hostile_path("missing");
    let path = path.as_os_str();
    let json = [OsStr::new("--log-format"), OsStr::new("json")];
    for (from, arguments) in [
        ("a capture", vec![OsStr::new("replay"), path]),
        ("a file of lines", vec![OsStr::new("state"), path]),
        ("a configuration file", vec![OsStr::new("--config"), path]),
    ] {
        assert_message_is_harmless(from, &arguments, &[]);
    }
    let capture = root().join("fixtures/link-mtu/capture.pcapng");
    let folder = hostile_path("no-folder").join("file");
    for option in ["-o", "--record"] {
        let arguments = [
            OsStr::new("replay"),
            capture.as_os_str(),
            OsStr::new(option),
            folder.as_os_str(),
        ];
        assert_message_is_harmless(option, &arguments, &[]);
    }
    let output = run(
        &[
            &json[..],
            &[
                OsStr::new("--metrics"),
                folder.as_os_str(),
                OsStr::new("-o"),
                folder.as_os_str(),
            ],
        ]
        .concat(),
        &[],
    );
    assert_harmless(&output.stderr, "a log in JSON");
    // The content of a configuration file.
    let file = hostile_path(&format!("-{}.toml", std::process::id()));
    let escaped: String = HOSTILE
        .chars()
        .map(|c| format!("\\U{:08x}", u32::from(c)))
        .collect();
    for (from, content) in [
        ("an unknown key", format!("\"{escaped}\" = 1\n")),
        ("a value", format!("format = \"{escaped}\"\n")),
        ("a list", format!("kind = [\"{escaped}\"]\n")),
        ("no TOML", format!("format = {HOSTILE}\n")),
    ] {
        std::fs::write(&file, content).unwrap();
        assert_message_is_harmless(from, &[OsStr::new("--config"), file.as_os_str()], &[]);
    }
    // A valid one, printed.
    std::fs::write(
        &file,
        format!("output = \"/tmp/{escaped}\"\nrecord = \"/tmp/{escaped}.pcapng\"\n"),
    )
    .unwrap();
    let output = run(
        &[
            OsStr::new("--config"),
            file.as_os_str(),
            OsStr::new("--print-config"),
        ],
        &[],
    );
    assert!(output.status.success(), "{output:?}");
    assert_harmless(&output.stdout, "--print-config");
    std::fs::write(&file, &output.stdout).unwrap();
    let again = run(
        &[
            OsStr::new("--config"),
            file.as_os_str(),
            OsStr::new("--print-config"),
        ],
        &[],
    );
    let values = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.lines()
            .filter(|line| line.starts_with("output") || line.starts_with("record"))
            .map(|line| line.rsplit_once("  # ").unwrap().0.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(values(&again.stdout), values(&output.stdout));
    assert_eq!(values(&output.stdout).len(), 2);
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn members_of_hostile_lines_in_messages_and_in_the_result_are_escaped() {
    let file = hostile_path(&format!("-{}.ndjson", std::process::id()));
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    let line = |run: &str, kind: &str, more: &str| {
        format!(
            r#"{{"v":1,"run":{run},"seq":0,"time":"2026-11-24T04:08:44.602899396Z","kind":{kind},"op":"start"{more}}}"#
        )
    };
    let member = format!(r#","meta":{{"settings":{quoted}}}"#);
    let version =
        line("\"00000000\"", "\"meta\"", "").replace("\"v\":1", &format!("\"v\":{quoted}"));
    for (from, lines) in [
        ("a version", version),
        ("a member", line("\"00000000\"", "\"meta\"", &member)),
        (
            "a member twice",
            line(
                "\"00000000\"",
                "\"meta\"",
                &format!(r#",{quoted}:1,{quoted}:2"#),
            ),
        ),
        ("a run", {
            let second = line("\"00000001\"", "\"meta\"", "").replace(":44.", ":45.");
            let first = line(&quoted, "\"meta\"", r#","meta":{}"#);
            let meta = r#","meta":{}}"#;
            let second = second.trim_end_matches('}').to_owned() + meta;
            format!("{first}\n{second}\n{first}\n")
                .replace("\"seq\":0", "\"seq\":5")
                .replacen("\"seq\":5", "\"seq\":0", 2)
        }),
    ] {
        std::fs::write(&file, lines + "\n").unwrap();
        assert_message_is_harmless(from, &[OsStr::new("state"), file.as_os_str()], &[]);
    }
    // Lines of another program, with the characters as they are.
    let raw = "\u{9b}31m\u{202e}txt\u{200b}\x7f";
    let line = format!(
        r#"{{"v":1,"run":"00000000","seq":0,"time":"2026-11-24T04:08:44.602899396Z","kind":"link","op":"present","origin":"snapshot","ifindex":7,"ifname":"{raw}","link":{{"family":"unspec","ifindex":7,"ifname":"{raw}"}}}}"#
    );
    std::fs::write(&file, line + "\n").unwrap();
    for format in ["json", "text"] {
        let arguments = ["state", "--partial", "--format", format].map(OsStr::new);
        let output = run(&[&arguments[..], &[file.as_os_str()]].concat(), &[]);
        assert!(
            output.status.success() && !output.stdout.is_empty(),
            "{output:?}"
        );
        assert_harmless(&output.stdout, format);
        if format == "json" {
            let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(object["ifname"], raw);
        }
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn text_of_a_hostile_recording_in_messages_is_escaped() {
    let recording = std::fs::read(root().join("fixtures/link-mtu/capture.pcapng")).unwrap();
    // A name of the same length in the header and in a record: the blocks keep their lengths.
    let hostile = b"\\u001b[3m\\u009b\\n";
    let file = hostile_path(&format!("-{}.pcapng", std::process::id()));
    let mut tried = 0;
    for name in [
        &b"\"snapshot\":"[..],
        b"\"settings\":",
        b"\"version\":",
        b"\"names\":",
        b"\"look\":",
        b"\"sync\"",
    ] {
        let Some(at) = recording.windows(name.len()).position(|it| it == name) else {
            continue;
        };
        let mut damaged = recording.clone();
        let end = (at + 1 + hostile.len()).min(damaged.len());
        damaged[at + 1..end].copy_from_slice(&hostile[..end - at - 1]);
        std::fs::write(&file, damaged).unwrap();
        let output = run(&[OsStr::new("replay"), file.as_os_str()], &[]);
        assert_harmless(&output.stderr, &String::from_utf8_lossy(name));
        assert_harmless(&output.stdout, &String::from_utf8_lossy(name));
        tried += 1;
    }
    assert!(tried >= 3, "{tried}");
    std::fs::remove_file(&file).unwrap();
}

/// Names of devices and texts of the kernel, in every format and with every optional part.
#[test]
fn text_in_messages_of_the_kernel_is_escaped_in_every_format() {
    let names: [&[u8]; 4] = [
        b"\x1b[31mroot",
        "\u{9b}31m".as_bytes(),
        "\u{202e}a\u{2066}".as_bytes(),
        b"a\nb\x7f",
    ];
    let attribute = |kind: u16, value: &[u8]| {
        let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let capture = root().join("fixtures/link-mtu/capture.pcapng");
    let reader = Reader::new(std::fs::File::open(capture).unwrap(), "capture").unwrap();
    let mut header: Header = reader.header().cloned().unwrap();
    header.start.settings.with = vec![Part::Details, Part::Raw, Part::Message, Part::Host];
    header.start.host = Some(HOSTILE.to_owned());
    header.start.kernel = Some(HOSTILE.to_owned());
    header.start.groups = Some(vec![HOSTILE.to_owned()]);
    for format in [
        Format::Json,
        Format::Text {
            zone: jiff::tz::TimeZone::UTC,
            colour: false,
        },
    ] {
        // With a limit that every line exceeds, too.
        for limit in [None, Some(700)] {
            header.start.settings.max_line = limit;
            let mut lines = Vec::new();
            let config = Config::new(format.clone(), "00000000".to_owned(), &header);
            let mut pipeline = Pipeline::new(config, &mut lines).unwrap();
            for name in names {
                let name = [name, b"\0"].concat();
                let kind = [attribute(1, &name)].concat();
                // IFLA_IFNAME, IFLA_QDISC, IFLA_IFALIAS, IFLA_LINKINFO with a kind, and names.
                let attributes = [
                    attribute(3, &name),
                    attribute(6, &name),
                    attribute(20, &name),
                    attribute(18, &kind),
                    attribute(38, &name),
                    attribute(52, &attribute(53, &name)),
                    attribute(56, &name),
                ]
                .concat();
                let mut message = (32 + attributes.len() as u32).to_ne_bytes().to_vec();
                message.extend(16_u16.to_ne_bytes());
                message.resize(20, 0);
                message.extend(7_u32.to_ne_bytes());
                message.resize(32, 0);
                message.extend(&attributes);
                let data = InputData::Datagram(Channel::ROUTE_EVENTS, &message);
                let input = Input {
                    time: header.time,
                    data,
                };
                pipeline.feed(&[input], &mut lines).unwrap();
            }
            assert!(lines.iter().filter(|byte| **byte == b'\n').count() == 5);
            assert_harmless(&lines, &format!("{format:?}"));
            if let (Format::Json, None) = (&format, limit) {
                let text = String::from_utf8(lines).unwrap();
                let line: serde_json::Value =
                    serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
                assert_eq!(line["host"], HOSTILE);
                assert_eq!(line["ifname"].as_str().unwrap().as_bytes(), names[0]);
            }
        }
    }
}
