//! Long trials: 200,000 routes while the program is stopped, and a minute without a reader of the
//! lines.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fold::fold;
use super::judge::{differences, folded, kernel};
use crate::common::NLSTREAM;
use crate::namespace::Namespace;

crate::trial::trials! {
    lines_and_losses_add_up_to_200000_routes(Namespace, LinkType("veth")) long "takes half a minute",
    stopped_reader_costs_bounded_memory_and_one_gap(Namespace, LinkType("veth")) long "takes a minute",
}

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
ip link add v0 type veth peer name w0; ip link set v0 up; ip link set w0 up
ip address add 10.0.0.1/24 dev v0";

/// Longer than a resync of stale objects takes.
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

fn lines_and_losses_add_up_to_200000_routes() {
    const ROUTES: u64 = 200_000;
    let ns = Namespace::new();
    ns.run(SETUP);
    // The kernel doubles this value to its default, 212,992 bytes (net.core.rmem_default).
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
        "{ROUTES} routes, {} reported, {lost} lost in {} gaps, {} reported by the resync; receive buffer {}",
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

fn stopped_reader_costs_bounded_memory_and_one_gap() {
    const QUEUE: u64 = 8 << 20;
    let ns = Namespace::new();
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
    // 1,000 events a second while the lines are not read.
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
    // The memory of the queue grows by doubling.
    assert!(most <= before + 3 * QUEUE, "{most} B");
    assert_exact(&kernel, &lines);
}
