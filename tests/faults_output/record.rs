//! A recording that cannot be written any more: the lines go on, and what was recorded is whole.

use std::process::Command;

use serde_json::Value;

use crate::common::namespace::Namespace;
use crate::common::{NLSTREAM, cannot_run, has};
use crate::disk::{fill, free};
use crate::service::{Chain, Service, add, address, assert_told, chain, lines, text, with_disk};

const FILE: &str = "net.ndjson";
const RECORD: &str = "/mnt/small/run.pcapng";

/// What is expected of a run whose recording ended early.
fn assert_ended(ns: &Namespace, live: &[Value], status: Option<i32>, stderr: &str, says: &str) {
    assert_eq!(status, Some(1), "{stderr}");
    let told = stderr.matches("cannot record to /mnt/").count();
    assert_eq!(told, 1, "it is said once: {stderr}");
    assert!(stderr.contains(says), "{stderr}");
    assert!(stderr.contains("the recording /mnt/"), "{stderr}");
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

    // The recording holds what the lines before that moment say, and nothing half.
    let file = ns.path(RECORD);
    let mut command = Command::new(NLSTREAM);
    command.args(["replay", "--run", live[0]["run"].as_str().unwrap()]);
    let output = command.arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("ends without the end of its run"), "{said}");
    let mut replayed = lines(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(replayed.pop().unwrap()["op"], "stop");
    let mut live = live.to_vec();
    if starts > 1 {
        // A replay writes no files: what waited for a new one was told before its start.
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
    for (replayed, live) in replayed.iter().zip(&live) {
        assert_eq!(replayed, live);
    }
    if has("tshark") {
        let output = Command::new("tshark")
            .arg("-r")
            .arg(&file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && !said.contains("cut short"),
            "{said}"
        );
    } else {
        cannot_run("there is no tshark(1) to open the recording");
    }
}

#[test]
fn a_disk_that_is_full_ends_the_recording_and_not_the_lines() {
    let Some(ns) = with_disk("8M") else { return };
    ns.run("mkdir /mnt/small; mount -t tmpfs -o size=128K small /mnt/small");
    let args = ["-k", "address", "--record", RECORD];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 1000);
    service.wait(&format!("\"{}\"", address(1000)));
    // It is not tried again: what comes later would stand behind a hole.
    ns.run("mount -o remount,size=1M /mnt/small");
    add(&ns, 1001, 10);
    service.wait(&address(1010));
    service.signal("USR1");
    service.wait(r#""op":"heartbeat""#);
    let (status, stderr, _) = service.stop();
    let live = lines(&text(&ns, "/mnt/net.ndjson"));
    assert_told(&live, 1, 1010);
    assert_ended(&ns, &live, status, &stderr, "No space left");
    let heartbeat_due = live.iter().find(|line| line["op"] == "heartbeat").unwrap();
    let stop = live.last().unwrap();
    let since = |line: &Value| line["meta"]["unrecorded_since"].clone();
    assert_eq!(since(heartbeat_due), since(stop));
}

#[test]
fn a_limit_of_the_size_ends_the_recording_and_not_the_lines() {
    let Some(ns) = with_disk("8M") else { return };
    let by = ["prlimit", "--fsize=100000"];
    // The limit is that of every file: the lines go on in a new one.
    let args = ["-k", "address", "--rotate-size", "1G", "--record", RECORD];
    ns.run("mkdir /mnt/small");
    let service = Service::start_with(&ns, &by, FILE, &args);
    add(&ns, 1, 1000);
    service.wait(&format!("\"{}\"", address(1000)));
    let (status, stderr, _) = service.stop();
    let live = lines(&ns.run("cat /mnt/net.ndjson.2* /mnt/net.ndjson"));
    assert_told(&live, 1, 1000);
    assert_ended(&ns, &live, status, &stderr, "File too large");
}

#[test]
fn on_the_disk_of_the_lines_only_the_lines_wait() {
    let Some(ns) = with_disk("1M") else { return };
    ns.run("mkdir /mnt/small");
    let args = ["-k", "address", "--record", RECORD];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 100);
    service.wait(&format!("\"{}\"", address(100)));
    fill(&ns);
    add(&ns, 101, 400);
    free(&ns, &service, 500);
    let (status, stderr, _) = service.stop();
    let live = lines(&text(&ns, "/mnt/net.ndjson"));
    assert_told(&live, 1, 500);
    assert_ended(&ns, &live, status, &stderr, "No space left");
}
