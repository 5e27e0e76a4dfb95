//! What takes a while: a full table against a stopped reader of the kernel, and a reader of the
//! lines that sleeps for a minute.
//!
//! `cargo test --release --test truth heavy -- --ignored --nocapture`

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fold::fold;
use super::judge::{differences, folded, kernel};
use crate::common::NLSTREAM;
use crate::common::namespace::Namespace;

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
ip link add v0 type veth peer name w0; ip link set v0 up; ip link set w0 up
ip address add 10.0.0.1/24 dev v0";

/// Long enough for whatever is doubtful to be looked at.
const REST: Duration = Duration::from_secs(6);

fn assert_exact(kernel: &[String], lines: &[Value]) {
    let found = differences(kernel, &folded(&fold(lines)));
    let few: Vec<_> = found.iter().take(20).collect();
    assert!(found.is_empty(), "{} differ: {few:#?}", found.len());
}

fn gaps<'a>(lines: &'a [Value], cause: &'a str) -> impl Iterator<Item = &'a Value> {
    let gaps = lines.iter().filter(|line| line["op"] == "gap");
    gaps.map(|line| &line["meta"])
        .filter(move |gap| gap["cause"] == cause)
}

#[test]
#[ignore = "200,000 routes"]
fn lines_and_losses_are_what_was_sent() {
    const ROUTES: u64 = 200_000;
    let Some(ns) = Namespace::new() else { return };
    ns.run(SETUP);
    // The kernel doubles it: 212,992 bytes are its default (net.core.rmem_default).
    let mut stream = ns.stream(&["--rcvbuf", "106496", "--snapshot", "--audit", "0"]);
    stream.patience = Duration::from_secs(200);
    stream.wait("meta", "sync");
    std::thread::sleep(REST);
    stream.signal("STOP");
    ns.run(&format!(
        "for ((i = 0; i < {ROUTES}; i++)); do
            echo route add 20.$((i >> 16)).$(((i >> 8) & 255)).$((i & 255)) via 10.0.0.2
         done | ip -batch -"
    ));
    stream.signal("CONT");
    stream.wait_for("resync", |line| line["op"] == "resync");
    std::thread::sleep(REST);
    let kernel = kernel(&ns);
    let (lines, _) = stream.interrupt();
    let dst = |line: &Value| {
        line["route"]["dst"]
            .as_str()
            .is_some_and(|d| d.starts_with("20."))
    };
    let from = |origin: &str| {
        let lines = lines.iter().filter(|line| line["origin"] == origin);
        lines.filter(|line| dst(line)).count() as u64
    };
    let lost: u64 = gaps(&lines, "overflow")
        .map(|gap| gap["lost"].as_u64().unwrap())
        .sum();
    println!(
        "sent {ROUTES}, told {}, lost {lost} in {} gaps, told by the resync {}; receive buffer {}",
        from("kernel"),
        gaps(&lines, "overflow").count(),
        from("resync"),
        lines[0]["meta"]["rcvbuf"]
    );
    assert!(lost > 0);
    assert_eq!(from("kernel") + lost, ROUTES);
    assert_exact(&kernel, &lines);
}

fn status(pid: u32, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

#[test]
#[ignore = "a minute"]
fn a_reader_that_sleeps_costs_bounded_memory_and_one_gap() {
    const QUEUE: u64 = 8 << 20;
    let Some(ns) = Namespace::new() else { return };
    ns.run(SETUP);
    let mut child = ns
        .command(NLSTREAM)
        .args(["--snapshot", "--queue", "8M", "--audit", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen: Vec<Value> = Vec::new();
    while seen.last().is_none_or(|line| line["op"] != "sync") {
        seen.push(serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap());
    }
    let before = status(child.id(), "VmRSS");
    // 1,000 events a second; nobody reads.
    let begun = Instant::now();
    for second in 0..60 {
        let (verb, net) = (["add", "del"][second % 2], second / 2);
        let verb = if second >= 50 { "add" } else { verb };
        let net = if second >= 50 { second } else { net };
        ns.run(&format!(
            "for ((i = 0; i < 1000; i++)); do
                echo route {verb} 20.{net}.$((i >> 8)).$((i & 255)) via 10.0.0.2
             done | ip -batch -"
        ));
        let next = begun + Duration::from_secs(second as u64 + 1);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let most = status(child.id(), "VmHWM");
    let took = begun.elapsed();
    let pid = child.id().to_string();
    let reader = std::thread::spawn(move || {
        for line in lines {
            seen.push(serde_json::from_str(&line.unwrap()).unwrap());
        }
        seen
    });
    std::thread::sleep(REST);
    let kernel = kernel(&ns);
    let killed = Command::new("kill").args(["-INT", &pid]).status();
    assert!(killed.unwrap().success() && child.wait().unwrap().success());
    let lines = reader.join().unwrap();
    let output: Vec<_> = gaps(&lines, "output").collect();
    println!(
        "stalled {took:.0?}, 60,000 events: resident {} MiB before, {} MiB at most, queue {} MiB, \
         {} gap, {} lines lost, {} other gaps",
        before >> 20,
        most >> 20,
        QUEUE >> 20,
        output.len(),
        output[0]["lost"],
        gaps(&lines, "overflow").count()
    );
    assert_eq!(output.len(), 1);
    // The queue's memory is taken in doublings.
    assert!(most <= before + 3 * QUEUE, "{most} B");
    assert_exact(&kernel, &lines);
}
