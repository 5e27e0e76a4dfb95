//! `nlstream state` on files, and the files of a run: compressed ones, those of other programs, and
//! those that a run must not destroy.

use std::fs;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::common::{Folder, NLSTREAM, lines, nlstream, root};

fn capture() -> PathBuf {
    root().join("fixtures/link-veth/capture.pcapng")
}

/// The lines of a run that begins with a snapshot.
fn snapshot_lines() -> Vec<u8> {
    let output = nlstream(&["replay", "--snapshot", capture().to_str().unwrap()]);
    assert!(output.status.success());
    assert!(
        lines(&output.stdout)
            .iter()
            .any(|line| line["op"] == "sync")
    );
    output.stdout
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 1).unwrap()
}

/// Runs the program with a file as its standard input.
fn with_stdin(args: &[&str], file: &Path) -> Output {
    let mut command = Command::new(NLSTREAM);
    command.args(args).stdin(fs::File::open(file).unwrap());
    command.output().unwrap()
}

fn refused(output: &Output) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty());
    stderr
}

#[test]
fn compressed_files_are_read_like_plain_ones() {
    let folder = Folder::new("compressed");
    let text = snapshot_lines();
    let plain = folder.write("plain", &text);
    let expected = nlstream(&["state", &plain]).stdout;
    assert!(lines(&expected).len() > 3);
    // The names do not matter.
    for (name, content) in [("a", zstd(&text)), ("b", gzip(&text))] {
        let file = folder.write(name, &content);
        assert_eq!(nlstream(&["state", &file]).stdout, expected);
        let from_stdin = with_stdin(&["state", "-"], Path::new(&file));
        assert_eq!(from_stdin.stdout, expected);
        let cut = folder.write("cut", &content[..content.len() / 2]);
        assert!(refused(&nlstream(&["state", &cut])).contains("cannot read the lines"));
    }
    // One run in several files, of which some are compressed already.
    let text = String::from_utf8(text).unwrap();
    let all: Vec<_> = text.split_inclusive('\n').collect();
    let part = |from: usize, to: usize| all[from..to].concat().into_bytes();
    let third = all.len() / 3;
    let files = [
        folder.write("1", &zstd(&part(0, third))),
        folder.write("2", &gzip(&part(third, 2 * third))),
        folder.write("3", &part(2 * third, all.len())),
    ];
    let [one, two, three] = files.each_ref().map(String::as_str);
    assert_eq!(nlstream(&["state", one, two, three]).stdout, expected);
    let text = refused(&nlstream(&["state", two, one, three]));
    assert!(text.contains("oldest first"), "{text}");

    let content = fs::read(capture()).unwrap();
    let replay = |file: &str| nlstream(&["replay", "--run", "00000000", file]).stdout;
    let expected = replay(capture().to_str().unwrap());
    for (name, content) in [("c", zstd(&content)), ("d", gzip(&content))] {
        let file = folder.write(name, &content);
        assert_eq!(replay(&file), expected);
        let from_stdin = with_stdin(&["replay", "--run", "00000000", "-"], Path::new(&file));
        assert_eq!(from_stdin.stdout, expected);
    }
}

#[test]
fn files_without_lines_are_named_with_the_remedy() {
    let folder = Folder::new("foreign");
    let content = fs::read(capture()).unwrap();
    let newer = snapshot_lines();
    let newer = String::from_utf8(newer)
        .unwrap()
        .replace("{\"v\":1,", "{\"v\":2,");
    for (content, name) in [
        (&content[..], "nlstream replay"),
        (&zstd(&content), "nlstream replay"),
        (newer.as_bytes(), "version 2 of the schema"),
        (b"", "the input is empty"),
        (b"not json\n", "line 1 is not"),
        (b"{\"hello\":\"world\"}\n", "line 1 has no `v`"),
        (b"[{\"ifindex\":1}]\n", "jq -c '.[]'"),
        (b"BZh91AY&SY", "bzcat"),
        (b"[12:00:00.000] link add d0\n", "in the format `text`"),
    ] {
        let file = folder.write("file", content);
        for output in [
            nlstream(&["state", &file]),
            nlstream(&["state", "--at", "now", &file]),
            with_stdin(&["state", "-"], Path::new(&file)),
        ] {
            let text = refused(&output);
            assert!(text.contains(name), "{name}: {text}");
            assert!(!text.contains("9999"), "a sentinel: {text}");
        }
    }
    assert!(refused(&nlstream(&["state", folder.0.to_str().unwrap()])).contains("Is a directory"));
}

#[test]
fn a_partial_result_is_marked() {
    let folder = Folder::new("partial");
    let text = String::from_utf8(snapshot_lines()).unwrap();
    let sync = text
        .lines()
        .find(|line| line.contains("\"op\":\"sync\""))
        .unwrap();
    let other = sync.replace(
        "\"meta\":{",
        "\"meta\":{\"incomplete\":[\"link\",\"route\"],",
    );
    let file = folder.write("incomplete", text.replace(sync, &other).as_bytes());
    let error = refused(&nlstream(&["state", &file]));
    assert!(
        error.contains("link, route") && error.contains("--partial"),
        "{error}"
    );
    let output = nlstream(&["state", "-k", "neigh,address", &file]);
    assert!(output.status.success());
    let output = nlstream(&["state", "--partial", &file]);
    assert!(output.status.success());
    let objects = lines(&output.stdout);
    assert!(objects.iter().any(|line| line["kind"] == "link"));
    for line in objects {
        let marked = line["kind"] == "link" || line["kind"] == "route";
        assert_eq!(line["incomplete"] == true, marked, "{line}");
    }
    let output = nlstream(&[
        "state",
        "--partial",
        "--format",
        "text",
        "-k",
        "link",
        &file,
    ]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.lines()
            .all(|line| line.ends_with("(may be incomplete)")),
        "{text}"
    );
}

#[test]
fn times_before_and_after_the_lines_are_refused_with_the_remedy() {
    let folder = Folder::new("times");
    let file = folder.write("net.ndjson", &snapshot_lines());
    let at = |time: &str| refused(&nlstream(&["state", "--at", time, &file]));
    assert!(at("2001-01-01").contains("lines begin after the requested time"));
    for time in ["now", "-1s", "2200-01-01T00:00:00Z"] {
        let text = at(time);
        assert!(
            text.contains("--heartbeat") && text.contains("--partial"),
            "{text}"
        );
    }
    let output = nlstream(&["state", "--at", "soon", &file]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    for form in ["-5m", "yesterday 12:00", "now"] {
        assert!(text.contains(form), "{text}");
    }
}

#[test]
fn a_file_that_is_read_or_written_twice_is_refused_and_keeps_its_content() {
    let folder = Folder::new("twice");
    let content = fs::read(capture()).unwrap();
    let input = folder.write("in.pcapng", &content);
    let link = folder.path("link");
    std::os::unix::fs::symlink("in.pcapng", &link).unwrap();
    let hard = folder.path("hard");
    fs::hard_link(&input, &hard).unwrap();
    let new = folder.path("new");
    let dangling = folder.path("dangling");
    std::os::unix::fs::symlink("new", &dangling).unwrap();
    let config = folder.write("config.toml", b"count = 1\n");
    let other = folder.write("other.pcapng", &content);
    for args in [
        &["replay", "-o", &input, &input][..],
        &["replay", "--record", &input, &input],
        &["replay", "--record", &input, "--force", &input],
        &["replay", "-o", &link, &input],
        &["replay", "-o", &input, &hard],
        &["replay", "-o", &input, &other, &input],
        &["replay", "-o", &new, "--record", &new, &input],
        &["replay", "-o", &new, "--record", &dangling, &input],
        &["--for", "1ms", "-o", &new, "--record", &new],
        &["--for", "1ms", "-o", &new, "--metrics", &dangling],
        &["--for", "1ms", "--record", &new, "--metrics", &new],
        &["--for", "1ms", "--config", &config, "-o", &config],
        &["--for", "1ms", "--config", &config, "--metrics", &config],
    ] {
        let text = refused(&nlstream(args));
        assert!(text.contains("are the same file"), "{args:?}: {text}");
    }
    // The standard output is a file as well.
    let text_of_lines = snapshot_lines();
    let lines_file = folder.write("net.ndjson", &text_of_lines);
    for args in [
        &["state", &lines_file][..],
        &["--for", "1ms", "--record", &lines_file],
    ] {
        let stdout = fs::OpenOptions::new()
            .append(true)
            .open(&lines_file)
            .unwrap();
        let mut command = Command::new(NLSTREAM);
        let output = command.args(args).stdout(stdout).output().unwrap();
        assert!(refused(&output).contains("are the same file"));
    }
    assert!(fs::read(&lines_file).unwrap() == text_of_lines);
    for file in [&input, &other] {
        assert!(fs::read(file).unwrap() == content);
    }
    assert!(!Path::new(&new).exists());
    assert_eq!(fs::read(&config).unwrap(), b"count = 1\n");
    // One recording has one run.
    let text = refused(&nlstream(&["replay", "--record", &new, &input, &other]));
    assert!(text.contains("one file at a time"), "{text}");
}

#[test]
fn a_recording_replaces_content_only_with_force() {
    let folder = Folder::new("force");
    let input = capture();
    let input = input.to_str().unwrap();
    let notes = folder.write("notes.txt", b"my precious notes\n");
    let text = refused(&nlstream(&["replay", "--record", &notes, input]));
    assert!(
        text.contains("not empty") && text.contains("--force"),
        "{text}"
    );
    assert_eq!(fs::read(&notes).unwrap(), b"my precious notes\n");
    let output = nlstream(&["replay", "--record", &notes, "--force", input]);
    assert!(output.status.success());
    assert!(!lines(&nlstream(&["replay", &notes]).stdout).is_empty());
}

#[test]
fn a_dash_is_the_standard_output_and_no_file() {
    let folder = Folder::new("dash");
    let run = |args: &[&str]| {
        let mut command = Command::new(NLSTREAM);
        command.args(args).arg(capture());
        command.current_dir(&folder.0).stdin(Stdio::null());
        command.output().unwrap()
    };
    let output = run(&["replay", "-o", "-"]);
    assert!(lines(&output.stdout).len() > 3);
    let output = run(&["replay", "--record", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("./-"));
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
}

#[test]
fn a_closed_standard_output_is_an_error_where_it_is_used() {
    let folder = Folder::new("closed");
    let shell = |arguments: &str| {
        let script = format!("{NLSTREAM} {arguments} >&-");
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(&folder.0);
        command.output().unwrap()
    };
    let input = capture();
    let input = input.display();
    for arguments in [
        "schema".to_owned(),
        format!("replay {input}"),
        "--for 10ms".to_owned(),
    ] {
        let text = refused(&shell(&arguments));
        assert!(text.contains("standard output is closed"), "{text}");
    }
    assert!(shell(&format!("replay -o x {input}")).status.success());
    // Open for reading only.
    let mut command = Command::new(NLSTREAM);
    let stdout: OwnedFd = fs::File::open("/dev/null").unwrap().into();
    let output = command.arg("schema").stdout(stdout).output().unwrap();
    refused(&output);
    // /dev/null is a place to write to, also if it is open for reading and writing.
    let null = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null");
    let mut command = Command::new(NLSTREAM);
    let status = command.arg("schema").stdout(null.unwrap()).status();
    assert!(status.unwrap().success());
}

#[test]
fn colour_is_an_option_with_both_spellings() {
    let input = capture();
    let replay = |args: &[&str]| {
        let args = [
            &["replay", "--format", "text"],
            args,
            &[input.to_str().unwrap()],
        ]
        .concat();
        let output = nlstream(&args);
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap().contains('\x1b')
    };
    assert!(replay(&["--color", "always"]) && replay(&["--colour", "always"]));
    assert!(!replay(&["--color", "never"]) && !replay(&["--color=auto"]) && !replay(&[]));
    let output = nlstream(&["--colour"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("auto, always, never"), "{text}");
}
