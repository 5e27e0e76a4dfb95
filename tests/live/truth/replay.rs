//! The replay of a file of rtmon, which no dump corrects: what is told of an object stays true through
//! changes that the kernel makes without an event, or the line says that it is uncertain.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::Value;

use super::churn::{Shell, number, script};
use super::churn_commands::Profile;
use super::fold::{Objects, fold};
use super::judge::{folded, kernel};
use crate::common::{PATIENCE, lines, nlstream};
use crate::namespace::Namespace;
use crate::rtmon::Rtmon;
use crate::trial::{Need, trial};

const NEEDS: &[Need] = &[
    Need::Namespace,
    Need::LinkType("veth"),
    Need::LinkType("bridge"),
    Need::Program("rtmon"),
];
const NEEDS_OF_STACKED: &[Need] = &[
    Need::Namespace,
    Need::LinkType("veth"),
    Need::LinkType("bridge"),
    Need::Program("rtmon"),
    Need::GuestLinkType("dummy"),
    Need::GuestLinkType("bond"),
    Need::GuestLinkType("vrf table 9"),
];

pub(super) fn trials() -> Vec<Trial> {
    let case = |case: &'static Case| trial(module_path!(), case.name, NEEDS, None, || case.run());
    let mut trials: Vec<_> = CASES.iter().map(case).collect();
    for (name, profile, needs) in [
        ("replay_stays_true", Profile::Common, NEEDS),
        (
            "replay_stays_true_with_stacked_devices",
            Profile::Stacked,
            NEEDS_OF_STACKED,
        ),
    ] {
        let run = move || {
            for seed in 1..=number("NLSTREAM_CHURN_SEEDS", 3) {
                churn(profile, seed);
            }
        };
        trials.push(trial(module_path!(), name, needs, None, run));
    }
    trials
}

/// A change that takes other objects with it, without an event for these.
struct Case {
    name: &'static str,
    before: &'static str,
    changes: &'static str,
    /// Kind, op and a part of the object of the line that reports it. `None` if it needs none.
    line: Option<(&'static str, &'static str, &'static str)>,
}

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
for n in 0 1; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip address add 10.0.0.1/24 dev v0; ip address add 10.0.1.1/24 dev v1";

const CASES: &[Case] = &[
    Case {
        name: "ipv4_routes_of_a_deleted_device",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2; ip route add blackhole 10.8.0.0/24",
        changes: "ip link del v0",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
    Case {
        name: "ipv4_routes_of_a_device_that_goes_down",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2; ip route add 10.9.1.0/24 via 10.0.1.2",
        changes: "ip link set v0 down",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
    Case {
        name: "routes_of_a_device_that_goes_down_and_up_are_those_since",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2; ip route add 10.9.1.0/24 via 10.0.1.2",
        changes: "ip link set v0 down; ip link set v0 up; ip route add 10.9.0.0/24 via 10.0.0.3",
        line: Some(("route", "delete", "10.0.0.2")),
    },
    Case {
        name: "legs_of_a_device_that_goes_down",
        before: "ip route add 10.9.0.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2
            ip -6 route add 2001:db8:9::/64 nexthop via fe80::9 dev v0 nexthop via fe80::9 dev v1",
        changes: "ip link set v0 down",
        line: Some(("route", "change", "\"dead\",\"linkdown\"")),
    },
    Case {
        name: "legs_of_a_device_that_comes_back",
        before: "ip route add 10.9.0.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2",
        changes: "ip link set v0 down; ip link set v0 up",
        line: Some(("route", "change", "\"dead\",\"linkdown\"")),
    },
    Case {
        name: "multipath_route_that_loses_every_leg",
        before: "ip route add 10.9.0.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2",
        changes: "ip link set v0 down; ip link set v1 down",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
    Case {
        name: "multipath_route_of_a_deleted_device",
        before: "ip route add 10.9.0.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2",
        changes: "ip link del v0",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
    Case {
        name: "routes_of_a_device_without_carrier",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2; ip -6 route add 2001:db8:9::/64 dev v0",
        changes: "ip link set w0 down",
        line: Some(("route", "change", "linkdown")),
    },
    Case {
        name: "routes_of_a_device_with_carrier_again",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2",
        changes: "ip link set w0 down; sleep 1; ip link set w0 up",
        line: Some(("route", "change", "linkdown")),
    },
    Case {
        name: "ipv4_routes_without_the_last_address",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2",
        changes: "ip address del 10.0.0.1/24 dev v0",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
    Case {
        name: "ipv4_routes_with_a_deleted_source",
        before: "ip address add 10.0.0.7/32 dev v1; ip route add 10.9.0.0/24 via 10.0.0.2 src 10.0.0.7",
        changes: "ip address del 10.0.0.7/32 dev v1",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
    Case {
        name: "routes_with_the_address_of_two_devices_as_source",
        before: "ip address add 10.0.0.7/32 dev v1; ip address add 10.0.0.7/32 dev v0
            ip route add 10.9.0.0/24 via 10.0.0.2 src 10.0.0.7",
        changes: "ip address del 10.0.0.7/32 dev v1",
        line: None,
    },
    Case {
        name: "nexthops_of_a_device_that_goes_down",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip route add 10.9.0.0/24 nhid 1",
        changes: "ip link set v0 down",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
    Case {
        name: "nexthops_of_a_device_without_carrier",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip route add 10.9.0.0/24 nhid 1",
        changes: "ip link set w0 down",
        line: Some(("nexthop", "delete", "10.0.0.2")),
    },
    Case {
        name: "groups_without_a_deleted_nexthop",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip nexthop add id 2 via 10.0.1.2 dev v1
            ip nexthop add id 3 group 1/2; ip route add 10.9.0.0/24 nhid 3",
        changes: "ip link del v0",
        line: Some(("nexthop", "change", "\"id\":3")),
    },
    Case {
        name: "group_whose_every_nexthop_is_gone",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip nexthop add id 3 group 1
            ip route add 10.9.0.0/24 nhid 3",
        changes: "ip link set v0 down",
        line: Some(("nexthop", "delete", "\"id\":3")),
    },
    Case {
        name: "ipv4_routes_of_a_deleted_nexthop",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip route add 10.9.0.0/24 nhid 1",
        changes: "ip nexthop del id 1",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
    Case {
        name: "rules_of_a_deleted_device",
        before: "ip rule add iif v0 table 7 priority 70; ip rule add oif w1 table 7 priority 71",
        changes: "ip link del v0",
        line: Some(("rule", "change", "iif_detached")),
    },
    Case {
        name: "rules_of_devices_that_swap_names",
        before: "ip link del v1; ip rule add iif v0 table 7 priority 70; ip rule add oif t0 table 7 priority 71",
        changes: "ip link set v0 down; ip link set v0 name t0",
        line: Some(("rule", "change", "iif_detached")),
    },
    Case {
        name: "rules_of_a_device_that_is_added",
        before: "ip rule add iif t0 table 7 priority 70",
        changes: "ip link add t0 type veth peer name t1",
        line: Some(("rule", "change", "\"t0\"")),
    },
    Case {
        name: "forwarding_entries_of_a_port_that_leaves_its_bridge",
        before: "ip link add br0 type bridge; ip link set br0 up; ip link set v0 master br0
            bridge fdb add 02:00:00:00:00:07 dev v0 master static
            bridge mdb add dev br0 port v0 grp 239.1.1.1 permanent",
        changes: "ip link set v0 nomaster",
        line: Some(("fdb", "delete", "02:00:00:00:00:07")),
    },
    Case {
        name: "entries_of_a_deleted_bridge",
        before: "ip link add br0 type bridge; ip link set br0 up; ip link set v0 master br0
            bridge fdb add 02:00:00:00:00:07 dev v0 master static
            ip address add 10.5.0.1/24 dev br0
            ip neigh add 10.5.0.7 lladdr 02:00:00:00:00:07 dev br0 nud permanent",
        changes: "ip link del br0",
        line: Some(("fdb", "delete", "02:00:00:00:00:07")),
    },
    Case {
        name: "device_of_the_same_index",
        before: "ip link add t0 index 77 type veth peer name t1; ip address add 10.5.0.1/24 dev t0
            ip link set t0 up; ip link set t1 up; ip route add 10.9.0.0/24 via 10.5.0.2",
        changes: "ip link del t0; ip link add u0 index 77 type veth peer name u1
            ip address add 10.5.0.1/24 dev u0; ip link set u0 up; ip link set u1 up",
        line: Some(("route", "delete", "10.9.0.0/24")),
    },
];

impl Case {
    fn run(&self) {
        let ns = Namespace::new();
        let rtmon = Rtmon::start(&ns, self.name);
        ns.run(SETUP);
        ns.run(self.before);
        ns.run(self.changes);
        let replayed = assert_true(&ns, &rtmon);
        if let Some((kind, op, text)) = self.line {
            let is_it = |line: &Value| {
                line["kind"] == kind && line["op"] == op && line[kind].to_string().contains(text)
            };
            assert!(replayed.iter().any(is_it), "{kind} {op} {text}");
        }
    }
}

fn churn(profile: Profile, seed: u64) {
    let ns = Namespace::new();
    let rtmon = Rtmon::start(&ns, &format!("{profile:?}-{seed}"));
    let mut shell = Shell::new(&ns);
    shell.run(&format!("set -e\n{}\nset +e", profile.setup()));
    shell.run(&script(profile, seed, 12));
    assert_true(&ns, &rtmon);
}

/// Waits until nothing that the replay tells is untrue. Returns its lines.
fn assert_true(ns: &Namespace, rtmon: &Rtmon) -> Vec<Value> {
    let end = Instant::now() + PATIENCE;
    loop {
        let output = nlstream(&["replay", rtmon.path.to_str().unwrap()]);
        let replayed = lines(&output.stdout);
        let found = untrue(&kernel(ns), &replayed);
        if output.status.success() && found.is_empty() {
            return replayed;
        }
        if Instant::now() >= end {
            let path = std::env::temp_dir().join("nlstream-replay.ndjson");
            std::fs::write(&path, &output.stdout).unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            panic!("{error}{found:#?}; the lines are in {}", path.display());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The kinds of which rtmon has every event. Links, and what devices add by themselves, change
/// without one; bridge VLANs are in no group of rtmon.
const KINDS: &[&str] = &["address", "route", "rule", "neigh", "nexthop", "mdb", "fdb"];

/// What the lines tell of objects that the kernel has not, or not like this; and the objects of the
/// kernel of which they told once, and tell no more. Without what an uncertain line told last.
fn untrue(kernel: &[String], lines: &[Value]) -> Vec<String> {
    let told = |wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        let lines = lines.iter().enumerate();
        let lines = lines.filter(|(_, line)| {
            KINDS.iter().any(|kind| line["kind"] == **kind)
                && line["op"] != "notify"
                && wanted(line)
        });
        let objects: Objects = lines
            .map(|(at, line)| {
                let kind = line["kind"].as_str().unwrap();
                ((kind.to_owned(), at.to_string()), line[kind].clone())
            })
            .collect();
        folded(&objects).into_iter().collect()
    };
    let doubtful = told(&|line| line["uncertain"] == true);
    let once = told(&|line| line["op"] != "delete");
    let objects = fold(lines);
    let objects: Objects = objects
        .into_iter()
        .filter(|((kind, _), _)| KINDS.contains(&kind.as_str()))
        .collect();
    let now: BTreeSet<String> = folded(&objects).into_iter().collect();
    let kernel: BTreeSet<String> = kernel.iter().cloned().collect();
    let ghosts = now.difference(&kernel).filter(|it| !doubtful.contains(*it));
    let lost = kernel.intersection(&once).filter(|it| !now.contains(*it));
    let lost = lost.filter(|it| !doubtful.contains(*it));
    ghosts
        .map(|it| format!("untrue: {it}"))
        .chain(lost.map(|it| format!("forgotten: {it}")))
        .collect()
}
