//! Changes that the kernel makes without an event are inferred soon.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::Value;

use super::fold::{fold, of_kind};
use super::judge::assert_exact;
use crate::common::wait_until;
use crate::namespace::{Namespace, Stream};
use crate::trial::{Need, trial};

/// Longer than the debounce of a resync, 200 ms: after so long without a line none is pending.
const QUIET: Duration = Duration::from_millis(600);

const NEEDS: &[Need] = &[
    Need::Namespace,
    Need::LinkType("veth"),
    Need::LinkType("bridge"),
];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials: Vec<_> = CASES
        .iter()
        .map(|case| trial(module_path!(), case.name, NEEDS, None, || case.run()))
        .collect();
    trials.extend(others::trials());
    trials
}

/// A change without an event, and the line that reports it.
struct Case {
    name: &'static str,
    /// Runs before the stream is started.
    before: &'static str,
    change: &'static str,
    /// The kind and op of the line, and a part of its object. The op `*` expects no line: only the
    /// fold is compared.
    line: (&'static str, &'static str, &'static str),
}

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
for n in 0 1; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip address add 10.0.0.1/24 dev v0; ip address add 10.0.1.1/24 dev v1";

const CASES: &[Case] = &[
    Case {
        name: "ipv4_route_of_a_link_set_down",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2",
        change: "ip link set v0 down",
        line: ("route", "delete", "10.9.0.0/24"),
    },
    Case {
        name: "ipv4_route_of_a_deleted_link",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2",
        change: "ip link del v0",
        line: ("route", "delete", "10.9.0.0/24"),
    },
    Case {
        name: "route_via_the_subnet_of_a_deleted_address",
        before: "ip route add 10.9.0.0/24 via 10.0.0.2",
        change: "ip address del 10.0.0.1/24 dev v0",
        line: ("route", "delete", "10.9.0.0/24"),
    },
    Case {
        name: "ipv4_route_of_a_deleted_nexthop",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip route add 10.9.0.0/24 nhid 1",
        change: "ip nexthop del id 1",
        line: ("route", "delete", "10.9.0.0/24"),
    },
    Case {
        name: "ipv4_route_of_a_replaced_nexthop",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip route add 10.9.0.0/24 nhid 1",
        change: "ip nexthop replace id 1 via 10.0.1.2 dev v1",
        line: ("route", "change", "10.0.1.2"),
    },
    Case {
        name: "ipv4_route_of_a_group_that_loses_a_nexthop",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0; ip nexthop add id 2 via 10.0.1.2 dev v1
                 ip nexthop add id 3 group 1/2; ip route add 10.9.0.0/24 nhid 3",
        change: "ip nexthop del id 1",
        line: ("route", "change", "10.9.0.0/24"),
    },
    Case {
        name: "nexthop_of_a_link_set_down",
        before: "ip nexthop add id 1 via 10.0.0.2 dev v0",
        change: "ip link set v0 down",
        line: ("nexthop", "delete", "10.0.0.2"),
    },
    Case {
        name: "leg_of_an_ipv4_multipath_route_of_a_link_set_down",
        before: "ip route add 10.9.0.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2",
        change: "ip link set v0 down",
        line: ("route", "change", "10.9.0.0/24"),
    },
    Case {
        name: "leg_of_a_link_that_loses_its_carrier",
        before: "ip route add 10.9.0.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2",
        change: "ip link set w0 down",
        line: ("route", "change", "linkdown"),
    },
    Case {
        name: "fdb_entries_of_a_port_that_leaves_the_bridge",
        before: "ip link add br0 type bridge; ip link set br0 up; ip link set v1 master br0",
        change: "ip link set v1 nomaster",
        line: ("fdb", "delete", "\"v1\""),
    },
    Case {
        name: "neighbour_tables_of_a_deleted_link",
        before: "",
        change: "ip link del v0",
        line: ("neightbl", "delete", "\"v0\""),
    },
    Case {
        name: "neighbour_tables_of_a_new_link",
        before: "",
        change: "ip link add x0 type veth peer name y0",
        line: ("neightbl", "add", "\"x0\""),
    },
    Case {
        name: "neighbours_of_a_flapping_link",
        before: "ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev v0 nud permanent",
        change: "ip -batch - <<'END'
link set v0 down
link set v0 up
link set v0 down
END",
        line: ("neigh", "*", "v0"),
    },
];

impl Case {
    fn run(&self) {
        let (ns, mut stream) = start(self.before);
        ns.run(self.change);
        let changed = Instant::now();
        if self.line.1 != "*" {
            let line = stream.wait_for(self.name, |line| matches(line, self.line));
            println!(
                "{:>6} ms  {}: {} {} {}",
                changed.elapsed().as_millis(),
                self.name,
                line["origin"].as_str().unwrap(),
                self.line.0,
                self.line.1
            );
        }
        assert_exact(&ns, &mut stream);
        stream.interrupt();
    }
}

/// The origin is not compared: some kernels send events for more changes than others.
fn matches(line: &Value, (kind, op, part): (&str, &str, &str)) -> bool {
    line["kind"] == kind && line["op"] == op && line[kind].to_string().contains(part)
}

/// Starts a stream without an audit, and waits until it is exact and nothing is pending.
fn start(before: &str) -> (Namespace, Stream) {
    let ns = Namespace::new();
    ns.run(SETUP);
    ns.run(before);
    let mut stream = ns.synced(&["--audit", "0"]);
    assert_exact(&ns, &mut stream);
    stream.wait_for_quiet(QUIET);
    (ns, stream)
}

mod others {
    use super::*;

    crate::trial::trials! {
        noise_does_not_delay_a_correction_for_ever(Namespace, LinkType("veth")),
        audit_finds_changes_of_a_device_that_is_down(Namespace, LinkType("veth")),
        corrections_do_not_depend_on_the_selected_kinds(Namespace, LinkType("veth")),
        filters_of_the_ports_of_a_bond_follow_the_active_one(Namespace, LinkType("veth"), LinkType("bridge"), GuestLinkType("bond")),
        forwarding_entry_that_loses_a_remote_beside_its_nexthop(Namespace, LinkType("veth"), LinkType("vxlan id 9 dstport 4789")),
    }

    /// The kernel announces the deletion of a remote as that of the entry.
    fn forwarding_entry_that_loses_a_remote_beside_its_nexthop() {
        let (ns, mut stream) = start(
            "ip link add vx0 type vxlan id 9 dstport 4789 local 127.0.0.1 nolearning; ip link set vx0 up
             ip nexthop add id 31 via 172.16.0.1 fdb; ip nexthop add id 41 group 31 fdb
             bridge fdb add 01:00:5e:00:00:01 dev vx0 nhid 41 self
             for n in 1 2; do bridge fdb append 01:00:5e:00:00:01 dev vx0 dst 10.0.0.$n self; done",
        );
        ns.run("bridge fdb del 01:00:5e:00:00:01 dev vx0 dst 10.0.0.1 self");
        stream.wait_for("the deletion", |line| {
            matches(line, ("fdb", "delete", "\"nhid\":41"))
        });
        stream.wait_for("the entry", |line| {
            matches(line, ("fdb", "add", "\"nhid\":41"))
        });
        assert_exact(&ns, &mut stream);
        ns.run("bridge fdb del 01:00:5e:00:00:01 dev vx0 self");
        assert_exact(&ns, &mut stream);
        stream.interrupt();
    }

    /// The addresses in the filter of the active port move to that of the next one.
    fn filters_of_the_ports_of_a_bond_follow_the_active_one() {
        let (ns, mut stream) = start(
            "ip link add bond0 type bond mode active-backup miimon 50
             for n in 0 1; do ip link set v$n down; ip link set v$n master bond0; done; ip link set bond0 up",
        );
        for port in ["v1", "v0", "v1"] {
            ns.run(&format!("ip link set bond0 type bond active_slave {port}"));
            assert_exact(&ns, &mut stream);
        }
        stream.interrupt();
    }

    fn noise_does_not_delay_a_correction_for_ever() {
        let (ns, mut stream) = start("ip route add 10.9.0.0/24 via 10.0.0.2");
        // Each deleted address makes the routes stale again.
        let mut noise = ns
            .command("bash")
            .args([
                "-c",
                "while :; do ip address add 10.0.7.1/32 dev v1; ip address del 10.0.7.1/32 dev v1; sleep 0.02; done",
            ])
            .spawn()
            .unwrap();
        stream.wait_for("the noise", |line| line["address"]["local"] == "10.0.7.1");
        ns.run("ip link set v0 down");
        // The noise goes on until the line is here.
        stream.wait_for("the route", |line| {
            matches(line, ("route", "delete", "10.9.0.0/24"))
        });
        assert!(noise.try_wait().unwrap().is_none(), "the noise ended");
        noise.kill().unwrap();
        noise.wait().unwrap();
        stream.interrupt();
    }

    /// These changes have no event, and none that makes the link stale.
    fn audit_finds_changes_of_a_device_that_is_down() {
        let ns = Namespace::new();
        ns.run("ip link add v0 type veth peer name w0");
        let mut stream = ns.synced(&["--audit", "1s"]);
        ns.run("ip link set v0 alias one; ip link set v0 group 7; ip link property add dev v0 altname other");
        wait_until("the alias, the group and the altname", || {
            let objects = fold(stream.so_far());
            of_kind(&objects, "link").any(|link| {
                link["ifname"] == "v0"
                    && link["ifalias"] == "one"
                    && link["group"] == "7"
                    && link["altnames"].to_string().contains("other")
            })
        });
        stream.interrupt();
    }

    /// An event of a kind that is not selected, or not tracked, still makes other objects stale.
    fn corrections_do_not_depend_on_the_selected_kinds() {
        for options in [
            &["-k", "route"][..],
            &["--no-track", "address,nexthop,neigh"],
        ] {
            let ns = Namespace::new();
            ns.run(SETUP);
            ns.run(
                "ip route add 10.9.0.0/24 via 10.0.0.2
                 ip nexthop add id 1 via 10.0.1.2 dev v1; ip route add 10.9.1.0/24 nhid 1",
            );
            let mut args = vec!["--audit", "0"];
            args.extend(options);
            let mut stream = ns.synced(&args);
            stream.wait_for_quiet(QUIET);
            ns.run("ip nexthop del id 1");
            stream.wait_for("the route of the nexthop", |line| {
                matches(line, ("route", "delete", "10.9.1.0/24"))
            });
            stream.wait_for_quiet(QUIET);
            ns.run("ip address del 10.0.0.1/24 dev v0");
            stream.wait_for("the route through the subnet", |line| {
                matches(line, ("route", "delete", "10.9.0.0/24"))
            });
            if options[0] == "--no-track" {
                let settings = &stream.seen[0]["meta"]["settings"];
                assert_eq!(settings["no_track"][0], "address", "{settings}");
            }
            stream.interrupt();
        }
    }
}
