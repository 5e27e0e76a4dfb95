//! A recording that cannot be continued: the output continues, and the recording ends with a
//! complete block.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::Value;

use super::disk::{fill, free};
use super::service::{
    Chain, Service, add, address, assert_reported, chain, lines, text, with_disk,
};
use crate::common::difference::assert_same_lines;
use crate::common::{NLSTREAM, has_optional};
use crate::namespace::Namespace;

crate::trial::trials! {
    full_disk_ends_the_recording_but_not_the_lines(Mounts),
    file_size_limit_ends_the_recording_but_not_the_lines(Mounts, Program("prlimit")),
    recording_on_the_full_disk_of_the_lines_ends(Mounts),
    recording_whose_reader_takes_nothing_ends_but_not_the_lines(Mounts),
    recording_whose_reader_is_late_is_complete(Mounts),
    recording_to_a_fifo_needs_a_reader_at_the_start(Mounts),
    recording_whose_reader_goes_away_ends_but_not_the_lines(Mounts),
}

const FILE: &str = "net.ndjson";
const RECORD: &str = "/mnt/small/run.pcapng";

/// Checks a run whose recording ended early.
fn assert_ended(ns: &Namespace, live: &[Value], status: Option<i32>, stderr: &str, message: &str) {
    assert_eq!(status, Some(1), "{stderr}");
    let count = stderr.matches("cannot write the recording /mnt/").count();
    assert_eq!(count, 1, "one message: {stderr}");
    assert!(stderr.contains(message), "{stderr}");
    assert!(stderr.contains("error: recording /mnt/"), "{stderr}");
    let Chain {
        starts, dropped, ..
    } = chain(live);
    assert_eq!(dropped, 0);
    let stop = live.last().unwrap();
    assert_eq!(stop["op"], "stop");
    let since = stop["meta"]["unrecorded_since"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(stderr.contains(&since), "{stderr}");

    // The recording replays to the lines before that time, and has no incomplete block.
    let file = ns.path(RECORD);
    let mut command = Command::new(NLSTREAM);
    command.args(["replay", "--run", live[0]["run"].as_str().unwrap()]);
    let output = command.arg(&file).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("has no `stop` record"), "{stderr}");
    let mut replayed = lines(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(replayed.pop().unwrap()["op"], "stop");
    let mut live = live.to_vec();
    if starts > 1 {
        // A replay does not rotate: it has neither the `start` nor the `rotate` of the files.
        for lines in [&mut live, &mut replayed] {
            lines.retain(|line| line["op"] != "start" && line["op"] != "rotate");
            for line in lines {
                line["seq"].take();
            }
        }
    }
    let before = |line: &&Value| line["time"].as_str() < Some(since.as_str());
    let before = live.iter().take_while(before).count();
    assert!(replayed.len() >= before, "{} of {before}", replayed.len());
    assert!(before > 20 && replayed.len() + 100 < live.len(), "{before}");
    assert_same_lines(&live[..replayed.len()], &replayed);
    if has_optional("tshark") {
        let output = Command::new("tshark")
            .arg("-r")
            .arg(&file)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && !stderr.contains("cut short"),
            "{stderr}"
        );
    }
}

fn full_disk_ends_the_recording_but_not_the_lines() {
    let ns = with_disk("8M");
    ns.run("mkdir /mnt/small; mount -t tmpfs -o size=128K small /mnt/small");
    let args = ["-k", "address", "--record", RECORD];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 1000);
    service.wait(&format!("\"{}\"", address(1000)));
    // The recording is not continued when space is free again: it would have a hole.
    ns.run("mount -o remount,size=1M /mnt/small");
    add(&ns, 1001, 10);
    service.wait(&address(1010));
    service.signal("USR1");
    service.wait(r#""op":"heartbeat""#);
    let (status, stderr) = service.stop();
    let live = lines(&text(&ns, "/mnt/net.ndjson"));
    assert_reported(&live, 1, 1010);
    assert_ended(&ns, &live, status, &stderr, "No space left");
    let heartbeat = live.iter().find(|line| line["op"] == "heartbeat").unwrap();
    let stop = live.last().unwrap();
    let since = |line: &Value| line["meta"]["unrecorded_since"].clone();
    assert_eq!(since(heartbeat), since(stop));
}

fn file_size_limit_ends_the_recording_but_not_the_lines() {
    let ns = with_disk("8M");
    let by = ["prlimit", "--fsize=100000"];
    // The limit applies to each file: the output continues in a new one.
    let args = [
        "-k",
        "address",
        "--rotate-size",
        "1G",
        "--record",
        RECORD,
        "--checkpoint",
        "off",
    ];
    ns.run("mkdir /mnt/small");
    let service = Service::start_with(&ns, &by, FILE, &args);
    add(&ns, 1, 1000);
    service.wait(&format!("\"{}\"", address(1000)));
    let (status, stderr) = service.stop();
    let live = lines(&ns.run("cat /mnt/net.ndjson.2* /mnt/net.ndjson"));
    assert_reported(&live, 1, 1000);
    assert_ended(&ns, &live, status, &stderr, "File too large");
}

fn recording_on_the_full_disk_of_the_lines_ends() {
    let ns = with_disk("1M");
    ns.run("mkdir /mnt/small");
    let args = ["-k", "address", "--record", RECORD];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 100);
    service.wait(&format!("\"{}\"", address(100)));
    fill(&ns);
    add(&ns, 101, 400);
    service.wait_for_message("cannot write the recording");
    free(&ns, &service, 500);
    let (status, stderr) = service.stop();
    let live = lines(&text(&ns, "/mnt/net.ndjson"));
    assert_reported(&live, 1, 500);
    assert_ended(&ns, &live, status, &stderr, "No space left");
}

const FIFO: &str = "/mnt/fifo";

/// Makes a FIFO, and opens its reading end, from which nothing is read.
fn fifo(ns: &Namespace) -> File {
    ns.run("mkfifo /mnt/fifo; mkdir /mnt/small");
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let reader = rustix::fs::open(ns.path(FIFO), flags, Mode::empty()).unwrap();
    fcntl_setfl(&reader, fcntl_getfl(&reader).unwrap() - OFlags::NONBLOCK).unwrap();
    reader.into()
}

/// Reads the FIFO to its end, into the file of the recording.
fn read(ns: &Namespace, mut fifo: File) -> std::thread::JoinHandle<()> {
    let file = ns.path(RECORD);
    std::thread::spawn(move || {
        let mut recorded = Vec::new();
        fifo.read_to_end(&mut recorded).unwrap();
        File::create(file).unwrap().write_all(&recorded).unwrap();
    })
}

fn recording_whose_reader_takes_nothing_ends_but_not_the_lines() {
    for goes_on in [true, false] {
        let ns = with_disk("8M");
        let reader = fifo(&ns);
        let args = ["-k", "address", "--queue", "64K", "--record", FIFO];
        let service = Service::start(&ns, FILE, &args);
        // More than the pipe and the queue hold.
        add(&ns, 1, 3000);
        service.wait(&format!("\"{}\"", address(3000)));
        service.wait_for_message("the reader takes no more data");
        let mut reader = Some(reader);
        let recording = goes_on.then(|| read(&ns, reader.take().unwrap()));
        service.signal("USR1");
        service.wait(r#""op":"heartbeat""#);
        let begun = Instant::now();
        let (status, stderr) = service.stop();
        // Within five seconds (docs/operating.md); a busy machine takes longer.
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(status, Some(1), "{stderr}");
        let live = lines(&text(&ns, "/mnt/net.ndjson"));
        assert_reported(&live, 1, 3000);
        if let Some(recording) = recording {
            recording.join().unwrap();
            let message = "the reader takes no more data";
            assert_ended(&ns, &live, status, &stderr, message);
        }
    }
}

fn recording_whose_reader_is_late_is_complete() {
    let ns = with_disk("8M");
    let reader = fifo(&ns);
    let args = ["-k", "address", "--record", FIFO];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 3000);
    service.wait(&format!("\"{}\"", address(3000)));
    let recording = read(&ns, reader);
    service.end();
    recording.join().unwrap();
    let live = lines(&text(&ns, "/mnt/net.ndjson"));
    let mut command = Command::new(NLSTREAM);
    command.args(["replay", "--run", live[0]["run"].as_str().unwrap()]);
    let output = command.arg(ns.path(RECORD)).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let replayed = lines(std::str::from_utf8(&output.stdout).unwrap());
    assert_same_lines(&live, &replayed);
}

fn recording_to_a_fifo_needs_a_reader_at_the_start() {
    let ns = with_disk("8M");
    ns.run("mkfifo /mnt/fifo");
    let mut command = ns.command(NLSTREAM);
    command.args(["--exit", "--snapshot", "--record", FIFO]);
    let output = command.stdout(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("start the reader first"), "{stderr}");
}

fn recording_whose_reader_goes_away_ends_but_not_the_lines() {
    let ns = with_disk("8M");
    let reader = fifo(&ns);
    let args = ["-k", "address", "--record", FIFO];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 10);
    service.wait(&address(10));
    drop(reader);
    add(&ns, 11, 10);
    service.wait(&address(20));
    service.wait_for_message("cannot write the recording");
    let (status, stderr) = service.stop();
    assert_eq!(status, Some(1), "{stderr}");
    assert!(stderr.contains("Broken pipe"), "{stderr}");
    assert_reported(&lines(&text(&ns, "/mnt/net.ndjson")), 1, 20);
}
