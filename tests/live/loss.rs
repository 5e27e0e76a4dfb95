//! Every lost or dropped line is counted by a gap.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::common::{NLSTREAM, wait_until};
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    gaps_count_every_missing_route(Namespace, LinkType("veth")),
    spoofed_datagrams_are_refused_and_counted(Namespace),
    slow_reader_loses_complete_lines_that_gaps_count(Namespace, LinkType("veth")),
}

fn gaps_count_every_missing_route() {
    let ns = Namespace::new();
    const ROUTES: u64 = 4000;
    ns.run("ip link add veth0 type veth peer name veth1; ip link set veth0 up; ip address add 192.0.2.1/24 dev veth0");
    let mut stream = ns.stream(&["--rcvbuf", "4K", "-k", "route", "--snapshot"]);
    stream.wait("meta", "sync");
    // The routes are added while the program is stopped and cannot read its socket.
    stream.signal("STOP");
    ns.run(&format!(
        "for ((i = 0; i < {ROUTES}; i++)); do echo route add 10.$((i / 250)).$((i % 250)).0/24 via 192.0.2.2; done | ip -batch -"
    ));
    stream.signal("CONT");
    stream.wait("meta", "resync");
    ns.run("ip route add 203.0.113.0/24 via 192.0.2.2");
    stream.wait_for("the last route", |line| {
        line["route"]["dst"] == "203.0.113.0/24"
    });
    let (lines, _) = stream.interrupt();
    let route = |l: &&Value| l["kind"] == "route";
    let from = |origin: &str| {
        lines
            .iter()
            .filter(|l| l["origin"] == origin)
            .filter(route)
            .count()
    };
    let reported = from("kernel") as u64;
    let gaps: Vec<&Value> = lines.iter().filter(|l| l["op"] == "gap").collect();
    let lost: u64 = gaps
        .iter()
        .map(|gap| gap["meta"]["lost"].as_u64().unwrap())
        .sum();
    assert!(!gaps.is_empty(), "a buffer of 4 KiB held {ROUTES} routes");
    assert_eq!(reported + lost, ROUTES + 1, "{gaps:#?}");
    // The resync reports each missing route once.
    assert_eq!(from("resync") as u64, lost);
    assert_eq!(gaps[0]["meta"]["cause"], "overflow");
    assert_eq!(gaps[0]["meta"]["errno"], 105);
    // The stream continues after the gap.
    let last = lines.iter().rev().find(|l| l["kind"] == "route").unwrap();
    assert_eq!(last["route"]["dst"], "203.0.113.0/24");
    assert_eq!(lines.last().unwrap()["meta"]["lost"], lost);
}

/// In the environment of the process that sends the spoofed datagrams.
pub(crate) const ROLE: &str = "NLSTREAM_TEST_SPOOFER";
/// There as well: the port ids to send to instead of the group, separated by commas, and how many
/// datagrams each of them gets.
pub(crate) const PORTS: &str = "NLSTREAM_TEST_SPOOFED_PORTS";
pub(crate) const COUNT: &str = "NLSTREAM_TEST_SPOOFED_COUNT";
const SPOOFED: u64 = 100;

pub(crate) fn is_spoofer() -> bool {
    std::env::var_os(ROLE).is_some()
}

/// Sends an RTM_NEWADDR of 192.0.2.66 to the group IPV4_IFADDR, [`SPOOFED`] times in 1.5 s, or to
/// the [`PORTS`].
pub(crate) fn spoof() {
    use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
    let mut message = vec![32, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend([2, 24, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 192, 0, 2, 66]);
    let socket = Socket::new(NETLINK_ROUTE).unwrap();
    if let Ok(ports) = std::env::var(PORTS) {
        let count: u64 = std::env::var(COUNT).unwrap().parse().unwrap();
        for port in ports.split(',') {
            let address = SocketAddr::new(port.parse().unwrap(), 0);
            for _ in 0..count {
                socket.send_to(&message, &address, 0).unwrap();
            }
        }
        return;
    }
    let group = 1 << (libc::RTNLGRP_IPV4_IFADDR - 1);
    for _ in 0..SPOOFED {
        let address = SocketAddr::new(0, group);
        socket.send_to(&message, &address, 0).unwrap();
        std::thread::sleep(Duration::from_millis(15));
    }
}

fn spoofed_datagrams_are_refused_and_counted() {
    let ns = Namespace::new();
    let stream = ns.stream(&[]);
    let own = std::env::current_exe().unwrap();
    let spoofer = ns
        .command(own.to_str().unwrap())
        .env(ROLE, "1")
        .output()
        .unwrap();
    assert!(spoofer.status.success(), "{spoofer:?}");
    let (lines, _) = stream.interrupt();
    assert!(
        lines.iter().all(|line| line["kind"] != "address"),
        "{lines:#?}"
    );
    assert_eq!(lines.last().unwrap()["meta"]["refused"], SPOOFED);
    // A `refused` line comes once a second at most.
    let refused: Vec<_> = lines
        .iter()
        .filter(|line| line["op"] == "refused")
        .collect();
    let counted: u64 = refused
        .iter()
        .map(|line| line["meta"]["datagrams"].as_u64().unwrap())
        .sum();
    assert!(counted <= SPOOFED && !refused.is_empty(), "{refused:#?}");
    let time = |line: &Value| line["time"].as_str().unwrap().parse::<jiff::Timestamp>();
    for pair in refused.windows(2) {
        let apart = time(pair[1])
            .unwrap()
            .duration_since(time(pair[0]).unwrap());
        assert!(apart.as_millis() >= 1000, "{pair:#?}");
    }
    assert!(lines.iter().all(|line| line["op"] != "gap"));
}

fn slow_reader_loses_complete_lines_that_gaps_count() {
    let ns = Namespace::new();
    ns.run(
        "ip link add veth0 type veth peer name veth1
         for ((i = 0; i < 100; i++)); do printf 'link property add dev veth0 altname n%0120d\n' $i; done | ip -batch -",
    );
    // Nothing is read while lines of some 40 KiB each come: 64 MiB of them may wait.
    let folder = std::env::temp_dir().join(format!("nlstream-slow-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = ns.command(NLSTREAM);
    command.args(["--with", "details,raw,message"]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let field = |name: &str| -> String {
        let text = std::fs::read_to_string(&status).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value.unwrap_or_default().trim().to_owned()
    };
    // KiB
    let resident = || -> u64 {
        let size = field("VmRSS:");
        size.trim_end_matches("kB").trim().parse().unwrap()
    };
    let batch = folder.join("batch");
    let changes = |i| format!("link set veth0 mtu {}\n", 1000 + i % 2);
    std::fs::write(&batch, (0..150).map(changes).collect::<String>()).unwrap();
    let change = || drop(ns.run(&format!("ip -batch {}", batch.display())));
    // Full: the lines of further changes, some 6 MiB, need no more memory. On a loaded machine the
    // program may be late: its events count once it waits for more.
    wait_until("a full queue", || {
        let before = resident();
        change();
        wait_until("the program to wait", || field("State:").starts_with('S'));
        before > 64 << 10 && resident() < before + (1 << 10)
    });
    (0..3).for_each(|_| change());
    let mut stream = Stream::of(child);
    stream.wait_for("the gap", |line| line["meta"]["cause"] == "output");
    ns.run("ip link set veth0 mtu 1400");
    stream.wait_for("the last change", |line| line["link"]["mtu"] == 1400);
    let (lines, _) = stream.interrupt();
    std::fs::remove_dir_all(&folder).unwrap();
    let (mut expected, mut dropped) = (0, 0);
    for line in &lines {
        if line["meta"]["cause"] == "output" {
            let lost = line["meta"]["lost"].as_u64().unwrap();
            expected += lost;
            dropped += lost;
        }
        // Exactly the numbers of the dropped lines are missing.
        assert_eq!(line["seq"], expected, "{line}");
        expected += 1;
    }
    let stop = lines.last().unwrap();
    assert!(dropped > 0, "nothing was dropped: {stop}");
    assert_eq!(stop["meta"]["dropped"], dropped);
}
