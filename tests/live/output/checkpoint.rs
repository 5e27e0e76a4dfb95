//! Checkpoints: every file that is kept says alone what exists.

use std::collections::BTreeSet;

use serde_json::Value;

use super::disk::fill;
use super::service::{
    Service, add, address, assert_reported, chain, lines, lines_of, retained, text, with_disk,
};
use crate::common::{NLSTREAM, wait_until};
use crate::namespace::Namespace;
use crate::truth::fold::{Objects, fold, of_kind};

crate::trial::trials! {
    each_rotated_file_alone_has_the_state(Mounts, LinkType("veth")),
    renamed_file_with_and_without_sighup(Mounts),
    truncated_file_begins_with_start_also_if_lines_come_at_once(Mounts),
    file_begun_while_lines_are_dropped_is_in_order(Mounts),
    file_renamed_while_lines_are_dropped_is_in_order(Mounts),
    sigusr2_requests_one_on_stdout(Namespace, LinkType("veth")),
    interval_on_stdout(Namespace),
    run_without_snapshot_begins_with_one(Mounts),
    text_files_and_off_have_none(Mounts),
    rotate_size_below_the_state_is_warned_about_and_does_not_loop(Mounts),
    file_size_limit_below_the_state_does_not_loop(Mounts, Program("prlimit")),
    recording_with_checkpoints_replays_to_the_same_lines(Mounts),
}

const FILE: &str = "net.ndjson";

/// The fold of a file from its newest complete checkpoint on; `None` without one.
fn alone(lines: &[Value]) -> Option<Objects> {
    let sync = lines
        .iter()
        .rfind(|line| line["meta"]["checkpoint"].is_u64());
    let seq = &sync?["meta"]["checkpoint"];
    let begin = lines.iter().position(|line| line["seq"] == *seq).unwrap();
    assert_eq!(lines[begin]["op"], "checkpoint");
    Some(fold(&lines[begin..]))
}

/// Fails unless the file alone has the addresses, links and IPv4 routes of the kernel.
#[track_caller]
fn assert_state(ns: &Namespace, lines: &[Value]) {
    let objects = alone(lines).expect("a complete checkpoint");
    let values = |kind: &str, value: &dyn Fn(&Value) -> String| -> BTreeSet<String> {
        of_kind(&objects, kind).map(value).collect()
    };
    let links = ns.json("ip -j address show");
    let from_ip: BTreeSet<String> = links
        .iter()
        .flat_map(|link| link["addr_info"].as_array().unwrap())
        .map(|it| format!("{} {}", it["local"], it["prefixlen"]))
        .collect();
    let folded = values("address", &|it| {
        format!("{} {}", it["local"], it["prefixlen"])
    });
    assert_eq!(folded, from_ip);
    let from_ip: BTreeSet<_> = links.iter().map(|it| it["ifname"].to_string()).collect();
    assert_eq!(values("link", &|it| it["ifname"].to_string()), from_ip);
    let from_ip = ns.json("ip -4 -j route show table all").len();
    let routes = of_kind(&objects, "route").filter(|route| route["family"] == "inet");
    assert_eq!(routes.count(), from_ip);
}

/// Waits until the file has a complete checkpoint.
#[track_caller]
fn wait_for_checkpoint(service: &Service<'_>) {
    service.wait(",\"checkpoint\":");
}

fn each_rotated_file_alone_has_the_state() {
    let ns = with_disk("64M");
    let args = ["--rotate-size", "300K", "--rotate-keep", "3"];
    let service = Service::start(&ns, FILE, &args);
    let files = || {
        let names = ns.run("cd /mnt; ls net.ndjson.2* 2>/dev/null || true");
        let names: Vec<String> = names.lines().map(str::to_owned).collect();
        names
    };
    for round in 0..15 {
        add(&ns, 1 + 20 * round, 20);
        ns.run(
            "for i in 1 2 3 4 5 6 7 8 9; do ip link add d$i type veth peer name p$i; ip link set d$i up; done
                for i in 1 2 3 4 5 6 7 8; do ip link del d$i; done; ip link del d9",
        );
    }
    add(&ns, 401, 1);
    // It may be in the last file that was rotated.
    wait_until("the last address", || {
        let last = format!("\"{}\"", address(401));
        retained(&ns).contains(&last)
    });
    wait_for_checkpoint(&service);
    service.end();
    let names = files();
    assert_eq!(names.len(), 3, "{names:?}");
    let mut all: Vec<Vec<Value>> = Vec::new();
    for name in names.iter().map(String::as_str).chain([FILE]) {
        let lines = lines(&text(&ns, &format!("/mnt/{name}")));
        assert_eq!(lines[0]["op"], "start");
        let complete = alone(&lines).unwrap_or_else(|| panic!("no checkpoint in {name}"));
        if let Some(before) = all.last() {
            let both = [before.as_slice(), &lines].concat();
            let begin = both.iter().position(|line| line["op"] == "checkpoint");
            assert_eq!(complete, fold(&both[begin.unwrap()..]), "{name}");
        }
        all.push(lines);
    }
    // The files before these are deleted: their last line is unknown.
    let mut seqs = all
        .concat()
        .into_iter()
        .map(|line| line["seq"].as_u64().unwrap());
    let mut last = seqs.next().unwrap();
    assert!(seqs.all(|seq| std::mem::replace(&mut last, seq) + 1 == seq));
    assert_state(&ns, all.last().unwrap());
}

fn renamed_file_with_and_without_sighup() {
    let ns = with_disk("8M");
    let service = Service::start(&ns, FILE, &[]);
    for (number, signal) in [(1, true), (2, false), (3, true)] {
        ns.run(&format!("mv /mnt/net.ndjson /mnt/old{number}"));
        if signal {
            service.signal("HUP");
        }
        add(&ns, number * 100, 50);
        wait_for_checkpoint(&service);
        ns.run("ip address del 127.0.0.1/8 dev lo; ip address add 127.0.0.1/8 dev lo");
    }
    add(&ns, 500, 1);
    service.wait(&address(500));
    service.end();
    for name in ["old1", "old2", "old3"] {
        let lines = lines(&text(&ns, &format!("/mnt/{name}")));
        assert_eq!(lines[0]["op"], "start");
        // The first file has the snapshot.
        assert_eq!(alone(&lines).is_some(), name != "old1", "{name}");
    }
    assert_state(&ns, &lines(&text(&ns, "/mnt/net.ndjson")));
}

fn truncated_file_begins_with_start_also_if_lines_come_at_once() {
    let ns = with_disk("8M");
    let service = Service::start(&ns, FILE, &[]);
    for number in 0..20 {
        // The line comes before the next check of the path.
        ns.run(&format!(
            "ip address add {0}/32 dev lo; cp /mnt/net.ndjson /mnt/copy{number}
             : >/mnt/net.ndjson; ip address add {1}/32 dev lo",
            address(1 + 2 * number),
            address(2 + 2 * number)
        ));
        service.wait(&address(2 + 2 * number));
        wait_for_checkpoint(&service);
        let first = lines(&text(&ns, "/mnt/net.ndjson"));
        assert_eq!(first[0]["op"], "start", "{}", first[0]);
    }
    service.end();
    assert_state(&ns, &lines(&text(&ns, "/mnt/net.ndjson")));
}

/// Fills the disk and the queue, and makes room by that command: the file that begins then has
/// `start`, the lines that waited, and the `gap` of the dropped ones. Tries again if the lines are in the deleted file.
fn begun_while_dropping(make_room: &str) {
    let begins = (0..5).any(|_| begins_while_dropping(make_room));
    assert!(begins, "no file begins with the lines that waited");
}

/// Returns false if the program had looked at the path just before the command, and its lines are in the deleted
/// file.
fn begins_while_dropping(make_room: &str) -> bool {
    let ns = with_disk("4M");
    // On another disk.
    ns.run("mkdir /mnt/metrics; mount -t tmpfs -o size=64K metrics /mnt/metrics");
    let metrics = "/mnt/metrics/m.prom";
    let args = ["-k", "address", "--queue", "64K", "--metrics", metrics];
    let service = Service::start(&ns, FILE, &args);
    fill(&ns);
    add(&ns, 1, 1500);
    service.wait_for_message("No space left");
    ns.run("ip address del 10.0.0.7/32 dev lo");
    // More than the queue can hold.
    service.wait_for_lines(&ns.path(metrics), "address", 1501);
    let before = service.open();
    ns.run(make_room);
    // If no line waits for the new file, it begins with the next one.
    add(&ns, 2000, 1);
    wait_for_checkpoint(&service);
    service.end();
    let before = lines_of(before);
    let after = lines(&text(&ns, "/mnt/net.ndjson"));
    assert_eq!(after[0]["op"], "start");
    let is_gap = |line: &Value| line["op"] == "gap";
    let gap = after.iter().position(is_gap);
    assert!(
        gap.is_none_or(|gap| gap > 20),
        "the lines that waited come first: {gap:?}"
    );
    let chain = chain(&[before, after.clone()].concat());
    assert!(chain.dropped > 500 && chain.starts == 2, "{chain:?}");
    let objects = alone(&after).unwrap();
    let folded = of_kind(&objects, "address").count();
    let from_ip = ns.json("ip -j address show dev lo");
    assert_eq!(folded, from_ip[0]["addr_info"].as_array().unwrap().len());
    gap.is_some()
}

fn file_begun_while_lines_are_dropped_is_in_order() {
    begun_while_dropping("rm /mnt/net.ndjson /mnt/ballast");
}

fn file_renamed_while_lines_are_dropped_is_in_order() {
    begun_while_dropping(
        "mount -t tmpfs other /media; mv /mnt/net.ndjson /media/old; rm /mnt/ballast",
    );
}

fn sigusr2_requests_one_on_stdout() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&["-k", "link,address,route"]);
    ns.run("ip link add d0 type veth peer name p0; ip link set d0 up; ip address add 192.0.2.1/24 dev d0");
    for number in 0..3 {
        ns.run(&format!("ip address add 192.0.2.1{number}/24 dev d0"));
        stream.signal("USR2");
        let begin = stream.wait("meta", "checkpoint");
        assert_eq!(begin["meta"]["reason"], "signal");
        let sync = stream.wait("meta", "sync");
        assert_eq!(sync["meta"]["checkpoint"], begin["seq"]);
    }
    ns.run("ip address add 192.0.2.99/24 dev d0");
    stream.wait_for("the last address", |line| {
        line["address"]["local"] == "192.0.2.99"
    });
    let (lines, _) = stream.interrupt();
    assert_state(&ns, &lines);
    let repeated = lines.iter().filter(|line| line["origin"] == "checkpoint");
    let kinds: BTreeSet<_> = repeated
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, BTreeSet::from(["address", "link", "route"]));
}

fn interval_on_stdout() {
    let ns = Namespace::new();
    let mut stream = ns.stream(&["--checkpoint", "100ms"]);
    for reason in ["start", "time", "time"] {
        let begin = stream.wait("meta", "checkpoint");
        assert_eq!(begin["meta"]["reason"], reason);
        assert_eq!(
            stream.wait("meta", "sync")["meta"]["checkpoint"],
            begin["seq"]
        );
    }
    let (lines, _) = stream.interrupt();
    assert_state(&ns, &lines);
}

/// Runs the program inside for a while, without a snapshot. Returns the file, in which there need not be
/// anything on a busy machine.
fn run_for(ns: &Namespace, args: &[&str]) -> String {
    let mut command = ns.command(NLSTREAM);
    command
        .args(["-o", "/mnt/net.ndjson", "--for", "500ms"])
        .args(args);
    assert!(command.status().unwrap().success());
    text(ns, "/mnt/net.ndjson")
}

fn run_without_snapshot_begins_with_one() {
    let ns = with_disk("8M");
    add(&ns, 1, 20);
    let service = Service::spawn_without_snapshot(&ns, "/mnt/net.ndjson");
    wait_for_checkpoint(&service);
    service.end();
    let lines = lines(&text(&ns, "/mnt/net.ndjson"));
    assert_state(&ns, &lines);
    let begin = lines
        .iter()
        .find(|line| line["op"] == "checkpoint")
        .unwrap();
    assert_eq!(begin["meta"]["reason"], "start");
    let present = lines.iter().filter(|line| line["op"] == "present").count();
    assert_eq!(begin["meta"]["objects"], present);
}

fn text_files_and_off_have_none() {
    let ns = with_disk("8M");
    assert!(!run_for(&ns, &["--format", "text"]).contains("checkpoint"));
    ns.run("rm /mnt/net.ndjson");
    assert!(!run_for(&ns, &["--checkpoint", "off"]).contains("checkpoint"));
}

fn rotate_size_below_the_state_is_warned_about_and_does_not_loop() {
    let ns = with_disk("32M");
    add(&ns, 1, 500);
    let args = [
        "--rotate-size",
        "20K",
        "--rotate-keep",
        "0",
        "-k",
        "address",
    ];
    let service = Service::start(&ns, FILE, &args);
    wait_for_checkpoint(&service);
    service.wait_for_message("--rotate-size");
    // Ten lines are far from 20 KiB, whatever the checkpoint takes.
    let files = ns.run("ls /mnt").lines().count();
    add(&ns, 601, 10);
    service.wait(&address(610));
    assert_eq!(ns.run("ls /mnt").lines().count(), files);
    let stderr = service.end();
    assert_eq!(stderr.matches("--rotate-size").count(), 2, "once: {stderr}");
    assert_eq!(
        alone(&lines(&text(&ns, "/mnt/net.ndjson"))).unwrap().len(),
        512
    );
}

fn file_size_limit_below_the_state_does_not_loop() {
    let ns = with_disk("32M");
    add(&ns, 1, 300);
    let by = ["prlimit", "--fsize=30000"];
    let args = ["-k", "address", "--rotate-size", "1G", "--rotate-keep", "0"];
    let service = Service::spawn(&ns, &by, "/mnt/net.ndjson", &args);
    service.wait_for_message("the files end before the checkpoint");
    add(&ns, 301, 100);
    let last = format!("\"{}\"", address(400));
    wait_until("the last address", || retained(&ns).contains(&last));
    let stderr = service.end();
    assert_eq!(
        stderr.matches("the files end before").count(),
        1,
        "{stderr}"
    );
    let lines = lines(&retained(&ns));
    let begun = lines
        .iter()
        .filter(|line| line["op"] == "checkpoint")
        .count();
    assert!((1..=2).contains(&begun), "{begun}");
    assert_reported(&lines, 301, 100);
}

fn recording_with_checkpoints_replays_to_the_same_lines() {
    let ns = with_disk("32M");
    let args = [
        "--record",
        "/mnt/run.pcapng",
        "--rotate-size",
        "100K",
        "--rotate-keep",
        "0",
    ];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 300);
    wait_until("a request that no other checkpoint serves", || {
        service.signal("USR2");
        retained(&ns).contains("\"reason\":\"signal\"")
    });
    wait_for_checkpoint(&service);
    service.end();
    let written = retained(&ns);
    let run = lines(&written)[0]["run"].as_str().unwrap().to_owned();
    let output = ns
        .command(NLSTREAM)
        .args(["replay", "--run", &run, "/mnt/run.pcapng"])
        .output();
    assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), written);
}
