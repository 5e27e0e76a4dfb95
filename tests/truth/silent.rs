//! Every change that the kernel makes without a word is told nevertheless, and soon.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::fold::{fold, of_kind};
use super::judge::{differences, folded, kernel};
use crate::common::namespace::{Namespace, Stream};

/// How long it is quiet before the kernel's list is read, and how long noise puts that off.
const DEBOUNCE: Duration = Duration::from_millis(200);
const MAX_DEBOUNCE: Duration = Duration::from_secs(1);
/// For a busy machine.
const MARGIN: Duration = Duration::from_millis(1500);

struct Row {
    what: &'static str,
    /// The stream is started behind this, and waits for quiet.
    before: &'static str,
    change: &'static str,
    /// The correcting line: kind, op, and the text that its object holds.
    told: (&'static str, &'static str, &'static str),
}

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
for n in 0 1; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip address add 10.0.0.1/24 dev v0; ip address add 10.0.1.1/24 dev v1";

const ROWS: &[Row] = &[
    Row {
        what: "a link goes down: its IPv4 route",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2",
        change: "ip link set v0 down",
        told: ("route", "delete", "10.9.0.0/24"),
    },
    Row {
        what: "a link is deleted: its IPv4 route",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2",
        change: "ip link del v0",
        told: ("route", "delete", "10.9.0.0/24"),
    },
    Row {
        what: "the address of a router's subnet is deleted: the route through it",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2",
        change: "ip address del 10.0.0.1/24 dev v0",
        told: ("route", "delete", "10.9.0.0/24"),
    },
    Row {
        what: "a nexthop is deleted: the IPv4 route on it",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip route add 10.9.0.0/24 nhid 1",
        change: "ip nexthop del id 1",
        told: ("route", "delete", "10.9.0.0/24"),
    },
    Row {
        what: "a nexthop is replaced: the IPv4 route on it",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip route add 10.9.0.0/24 nhid 1",
        change: "ip nexthop replace id 1 via 10.0.1.2 dev v1",
        told: ("route", "change", "10.0.1.2"),
    },
    Row {
        what: "a nexthop of a group is deleted: the IPv4 route on the group",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip nexthop add id 2 via 10.0.1.2 dev v1
                 ip nexthop add id 3 group 1/2; ip route add 10.9.0.0/24 nhid 3",
        change: "ip nexthop del id 1",
        told: ("route", "change", "10.9.0.0/24"),
    },
    Row {
        what: "a link goes down: the nexthop on it",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0",
        change: "ip link set v0 down",
        told: ("nexthop", "delete", "10.0.0.2"),
    },
    Row {
        what: "one leg of an IPv4 multipath route goes down: the leg",
        before: "ip route add 10.9.0.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2",
        change: "ip link set v0 down",
        told: ("route", "change", "10.9.0.0/24"),
    },
    Row {
        what: "a leg loses its carrier: the leg",
        before: "ip route add 10.9.0.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2",
        change: "ip link set w0 down",
        told: ("route", "change", "linkdown"),
    },
    Row {
        what: "a device leaves a bridge while down: the entries of its filter",
        before: "ip link add br0 type bridge; ip link set br0 up; ip link set v1 master br0",
        change: "ip link set v1 nomaster",
        told: ("fdb", "delete", "\"v1\""),
    },
    Row {
        what: "a fast flap: neighbours that were made without a word",
        before: "ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev v0 nud permanent",
        change: "ip -batch - <<'END'
link set v0 down
link set v0 up
link set v0 down
END",
        told: ("neigh", "*", "v0"),
    },
];

/// Whatever its origin: some kernels tell a little more than others.
fn is_told(line: &Value, (kind, op, text): (&str, &str, &str)) -> bool {
    line["kind"] == kind && (op == "*" || line["op"] == op) && line[kind].to_string().contains(text)
}

fn start(before: &str) -> Option<(Namespace, Stream)> {
    let ns = Namespace::new()?;
    ns.run(SETUP);
    ns.run(before);
    std::thread::sleep(Duration::from_millis(500));
    let mut stream = ns.stream(&["--snapshot", "--audit", "0"]);
    stream.wait("meta", "sync");
    std::thread::sleep(DEBOUNCE + MARGIN);
    Some((ns, stream))
}

#[test]
fn each_silent_change_is_told_after_some_quiet() {
    println!(
        "{:>6}  what happens: what is wrong after it → the line",
        "ms"
    );
    for row in ROWS {
        let Some((ns, mut stream)) = start(row.before) else {
            return;
        };
        ns.run(row.change);
        let changed = Instant::now();
        // Of a flap there need not be anything to tell: what counts is the fold.
        if row.told.1 != "*" {
            let line = stream.wait_for(row.what, |line| is_told(line, row.told));
            let took = changed.elapsed();
            println!(
                "{:>6}  {} → {} {} {} {}",
                took.as_millis(),
                row.what,
                line["origin"].as_str().unwrap(),
                line["kind"].as_str().unwrap(),
                line["op"].as_str().unwrap(),
                row.told.2
            );
            assert!(took <= DEBOUNCE + MARGIN, "{}: {took:?}", row.what);
        }
        std::thread::sleep(2 * DEBOUNCE + MARGIN);
        let kernel = kernel(&ns);
        let (lines, _) = stream.interrupt();
        let found = differences(&kernel, &folded(&fold(&lines)));
        assert!(found.is_empty(), "{}: {found:#?}", row.what);
    }
}

#[test]
fn noise_puts_it_off_for_a_second_at_most() {
    let Some((ns, mut stream)) = start("ip route add 10.9.0.0/24 via 10.0.0.2") else {
        return;
    };
    // Each address that goes casts doubt on the routes anew.
    let mut noise = ns
        .command("bash")
        .args(["-c", "while :; do ip address add 10.0.7.1/32 dev v1; ip address del 10.0.7.1/32 dev v1; sleep 0.02; done"])
        .spawn()
        .unwrap();
    stream.wait_for("the noise", |line| line["address"]["local"] == "10.0.7.1");
    ns.run("ip link set v0 down");
    let changed = Instant::now();
    stream.wait_for("the route", |line| {
        is_told(line, ("route", "delete", "10.9.0.0/24"))
    });
    let took = changed.elapsed();
    println!("{:>6}  under noise: {:?}", took.as_millis(), "route delete");
    noise.kill().unwrap();
    noise.wait().unwrap();
    assert!(took <= MAX_DEBOUNCE + MAX_DEBOUNCE + MARGIN, "{took:?}");
}

/// No event, and nothing that would cast doubt: the audit finds it.
#[test]
fn the_audit_finds_what_changed_on_a_device_that_is_down() {
    let Some(ns) = Namespace::new() else { return };
    ns.run("ip link add v0 type veth peer name w0");
    let mut stream = ns.stream(&["--snapshot", "--audit", "1s"]);
    stream.wait("meta", "sync");
    ns.run("ip link set v0 alias one; ip link set v0 group 7; ip link property add dev v0 altname other");
    stream.wait_for("the altname", |line| {
        line["link"]["altnames"].to_string().contains("other")
    });
    std::thread::sleep(MAX_DEBOUNCE + MARGIN);
    let (lines, _) = stream.interrupt();
    let objects = fold(&lines);
    let link = of_kind(&objects, "link").find(|link| link["ifname"] == "v0");
    let link = link.unwrap();
    assert_eq!(
        (&link["ifalias"], &link["group"]),
        (&"one".into(), &"7".into()),
        "{link}"
    );
}

/// What is not told, or not remembered, still casts doubt on what is.
#[test]
fn doubt_does_not_depend_on_the_kinds_that_are_asked_for() {
    for options in [
        &["-k", "route"][..],
        &["--no-track", "address,nexthop,neigh"],
    ] {
        let Some(ns) = Namespace::new() else { return };
        ns.run(SETUP);
        ns.run(
            "ip route add 10.9.0.0/24 via 10.0.0.2
             ip nexthop add id 1 via 10.0.1.2 dev v1; ip route add 10.9.1.0/24 nhid 1",
        );
        let mut args = vec!["--snapshot", "--audit", "0"];
        args.extend(options);
        let mut stream = ns.stream(&args);
        stream.wait("meta", "sync");
        std::thread::sleep(DEBOUNCE + MARGIN);
        ns.run("ip nexthop del id 1");
        stream.wait_for("the nexthop's route", |line| {
            is_told(line, ("route", "delete", "10.9.1.0/24"))
        });
        std::thread::sleep(DEBOUNCE + MARGIN);
        ns.run("ip address del 10.0.0.1/24 dev v0");
        stream.wait_for("the subnet's route", |line| {
            is_told(line, ("route", "delete", "10.9.0.0/24"))
        });
        if options[0] == "--no-track" {
            let settings = &stream.seen[0]["meta"]["settings"];
            assert_eq!(settings["no_track"][0], "address", "{settings}");
        }
    }
}
