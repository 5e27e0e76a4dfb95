//! What the kernel replaces in place is one object in the lines, and what it keeps apart is two: `ip` and
//! `bridge` against `nlstream state` of a live run, and of the replay of an rtmon file of the same changes,
//! which has no dump that could correct a line.

use std::path::Path;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::Value;

use crate::common::{PATIENCE, nlstream, wait_until};
use crate::namespace::Namespace;
use crate::rtmon::{Rtmon, temporary};
use crate::trial::{Need, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let cases = CASES.iter();
    cases
        .map(|case| trial(module_path!(), case.name, case.needs, None, || case.run()))
        .collect()
}

const VETH: &[Need] = &[
    Need::Namespace,
    Need::LinkType("veth"),
    Need::Program("rtmon"),
];
const VXLAN: &[Need] = &[
    Need::Namespace,
    Need::LinkType("veth"),
    Need::LinkType("vxlan id 9 dstport 4789"),
    Need::Program("rtmon"),
];
const BRIDGE: &[Need] = &[
    Need::Namespace,
    Need::LinkType("veth"),
    Need::LinkType("bridge"),
    Need::Program("rtmon"),
];

struct Case {
    name: &'static str,
    needs: &'static [Need],
    kind: &'static str,
    /// Runs before the stream is started.
    before: &'static str,
    changes: &'static str,
    /// Lists the objects that are compared, as JSON.
    show: &'static str,
    /// The objects in the lines that are compared: those with this text.
    of: &'static str,
    /// The fields that are compared.
    fields: &'static [&'static str],
    /// Parts of lines that must be among those of the live run, in order: op and text.
    lines: &'static [(&'static str, &'static str)],
}

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
for n in 0 1; do ip link add e$n type veth peer name x$n; ip link set e$n up; ip link set x$n up; done";

const VX: &str =
    "ip link add vx0 type vxlan id 10 dstport 4789 local 127.0.0.1 nolearning; ip link set vx0 up
    for i in 1 2 3; do ip nexthop add id $i via 172.16.0.$i fdb; done
    ip nexthop add id 102 group 1/2 fdb; ip nexthop add id 103 group 2/3 fdb";

const FDB: &[&str] = &[
    "mac", "dst", "port", "vni", "src_vni", "nhid", "vlan", "master",
];
const ROUTE: &[&str] = &["dev", "gateway", "nhid", "prefsrc", "metric"];

const CASES: &[Case] = &[
    Case {
        name: "vxlan_mac_moves_to_another_remote",
        needs: VXLAN,
        kind: "fdb",
        before: VX,
        changes: "bridge fdb add 02:00:00:00:00:07 dev vx0 dst 10.0.0.2
            bridge fdb replace 02:00:00:00:00:07 dev vx0 dst 10.0.0.3
            bridge fdb replace 02:00:00:00:00:07 dev vx0 dst 10.0.0.3 port 8472
            bridge fdb replace 02:00:00:00:00:07 dev vx0 dst 10.0.0.4 vni 77",
        show: "bridge -j fdb show dev vx0",
        of: "02:00:00:00:00:07",
        fields: FDB,
        lines: &[("add", "10.0.0.2"), ("change", "10.0.0.3"), ("change", "8472")],
    },
    Case {
        name: "vxlan_mac_learned_by_a_control_plane_moves",
        needs: VXLAN,
        kind: "fdb",
        before: VX,
        changes: "bridge fdb add 02:00:00:00:00:07 dev vx0 dst 10.0.0.2 self extern_learn
            bridge fdb replace 02:00:00:00:00:07 dev vx0 dst 10.0.0.3 self extern_learn",
        show: "bridge -j fdb show dev vx0",
        of: "02:00:00:00:00:07",
        fields: FDB,
        lines: &[("add", "10.0.0.2"), ("change", "10.0.0.3")],
    },
    Case {
        name: "vxlan_mac_moves_to_another_nexthop",
        needs: VXLAN,
        kind: "fdb",
        before: VX,
        changes: "bridge fdb add 02:00:00:00:00:07 dev vx0 nhid 102
            bridge fdb replace 02:00:00:00:00:07 dev vx0 nhid 103",
        show: "bridge -j fdb show dev vx0",
        of: "02:00:00:00:00:07",
        fields: FDB,
        lines: &[("add", "102"), ("change", "103")],
    },
    Case {
        name: "vxlan_default_entry_has_several_remotes",
        needs: VXLAN,
        kind: "fdb",
        before: VX,
        changes: "for n in 1 2 3; do bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.$n; done
            bridge fdb append 01:00:5e:00:00:05 dev vx0 dst 10.0.0.1
            bridge fdb append 01:00:5e:00:00:05 dev vx0 dst 10.0.0.1 port 99
            bridge fdb del 00:00:00:00:00:00 dev vx0 dst 10.0.0.2",
        show: "bridge -j fdb show dev vx0",
        of: "\"vx0\"",
        fields: FDB,
        lines: &[("add", "10.0.0.2"), ("delete", "10.0.0.2")],
    },
    Case {
        name: "mac_of_a_vni_is_an_entry_of_its_own",
        needs: VXLAN,
        kind: "fdb",
        before: "ip link add vx0 type vxlan external dstport 4790; ip link set vx0 up",
        changes: "bridge fdb add 02:00:00:00:00:07 dev vx0 dst 10.0.0.2 src_vni 7
            bridge fdb add 02:00:00:00:00:07 dev vx0 dst 10.0.0.2 src_vni 8
            bridge fdb replace 02:00:00:00:00:07 dev vx0 dst 10.0.0.3 src_vni 7",
        show: "bridge -j fdb show dev vx0",
        of: "02:00:00:00:00:07",
        fields: FDB,
        lines: &[("add", "\"src_vni\":8"), ("change", "\"src_vni\":7")],
    },
    Case {
        name: "mac_moves_to_another_port_of_its_bridge",
        needs: BRIDGE,
        kind: "fdb",
        before: "ip link add br0 type bridge; ip link set br0 up
            ip link set e0 master br0; ip link set e1 master br0",
        changes: "bridge fdb add 02:00:00:00:00:07 dev e0 master static
            bridge fdb replace 02:00:00:00:00:07 dev e1 master static
            bridge fdb add 02:00:00:00:00:07 dev e0 self",
        show: "bridge -j fdb show",
        of: "02:00:00:00:00:07",
        fields: FDB,
        lines: &[("add", "\"e0\""), ("change", "\"e1\""), ("add", "\"self\"")],
    },
    Case {
        name: "ipv6_address_gets_another_peer",
        needs: VETH,
        kind: "address",
        before: "ip -6 address add 2001:db8::2 peer 2001:db8::1 dev e0 nodad",
        changes: "ip -6 address change 2001:db8::2 peer 2001:db8::9 dev e0
            ip -6 address add 2001:db8::5/64 dev e0 nodad
            ip -6 address replace 2001:db8::5 peer 2001:db8::6 dev e0",
        show: "ip -6 -j address show dev e0 scope global | jq -c '[.[].addr_info[]|select(.local)]'",
        of: "2001:db8::",
        fields: &["local", "address", "prefixlen"],
        lines: &[("change", "2001:db8::9"), ("add", "2001:db8::5"), ("change", "2001:db8::6")],
    },
    Case {
        name: "ipv4_address_with_another_peer_is_another_address",
        needs: VETH,
        kind: "address",
        before: "true",
        changes: "ip address add 10.3.0.1 peer 10.3.9.1 dev e0; ip address add 10.3.0.1 peer 10.3.9.2 dev e0
            ip address del 10.3.0.1 peer 10.3.9.1 dev e0",
        show: "ip -4 -j address show dev e0 | jq -c '[.[].addr_info[]|select(.local)]'",
        of: "10.3.0.1",
        fields: &["local", "address", "prefixlen"],
        lines: &[("add", "10.3.9.1"), ("add", "10.3.9.2"), ("delete", "10.3.9.1")],
    },
    Case {
        name: "ipv6_route_is_replaced_across_devices",
        needs: VETH,
        kind: "route",
        before: "true",
        changes: "ip -6 route add fd00::25fb/128 dev e0; ip -6 route replace fd00::25fb/128 dev e1
            ip -6 route replace fd00::25fb/128 dev e0; ip -6 route replace fd00::25fb/128 dev e1",
        show: "ip -6 -j route show fd00::25fb",
        of: "fd00::25fb/128",
        fields: ROUTE,
        lines: &[("add", "\"e0\""), ("change", "\"e1\""), ("change", "\"e0\"")],
    },
    Case {
        name: "ipv6_route_is_replaced_by_gateway_nexthop_and_multipath",
        needs: VETH,
        kind: "route",
        before: "ip -6 address add 2001:db8::1/64 dev e0 nodad; ip -6 nexthop add id 5 via 2001:db8::9 dev e0",
        changes: "ip -6 route add fd00::25fb/128 dev e1; ip -6 route replace fd00::25fb/128 via 2001:db8::2
            ip -6 route replace fd00::25fb/128 nexthop via 2001:db8::3 nexthop via 2001:db8::4
            ip -6 route replace fd00::25fb/128 dev e0; ip -6 route replace fd00::25fb/128 nhid 5
            ip -6 nexthop replace id 5 via 2001:db8::8 dev e0",
        show: "ip -6 -j route show fd00::25fb",
        of: "fd00::25fb/128",
        fields: ROUTE,
        lines: &[("add", "\"e1\""), ("change", "2001:db8::2"), ("change", "2001:db8::4"), ("change", "\"nhid\"")],
    },
    Case {
        name: "ipv6_routes_of_two_devices_are_apart",
        needs: VETH,
        kind: "route",
        before: "ip -6 address add 2001:db8::1/64 dev e0 nodad",
        changes: "ip -6 route add fd00::25fb/128 dev e0; ip -6 route append fd00::25fb/128 dev e1
            ip -6 route append fd00::25fb/128 via 2001:db8::2
            ip -6 route append fd00::25fb/128 via 2001:db8::3
            ip -6 route replace fd00::25fb/128 via 2001:db8::4
            ip -6 route del fd00::25fb/128 dev e0; ip -6 route add fd00::25fb/128 dev e1 metric 7
            ip -6 route replace fd00::25fb/128 dev e0 metric 7",
        show: "ip -6 -j route show fd00::25fb",
        of: "fd00::25fb/128",
        fields: ROUTE,
        lines: &[("add", "\"e1\""), ("change", "2001:db8::4"), ("delete", "\"e0\"")],
    },
    Case {
        name: "ipv4_siblings_by_device_and_gateway",
        needs: VETH,
        kind: "route",
        before: "ip address add 10.1.9.1/24 dev e0; ip address add 10.1.8.1/24 dev e1",
        changes: "ip route add 10.4.0.0/24 via 10.1.9.2; ip route append 10.4.0.0/24 via 10.1.8.2
            ip route prepend 10.4.0.0/24 via 10.1.9.3; ip route del 10.4.0.0/24 via 10.1.9.2
            ip route replace 10.4.0.0/24 via 10.1.8.7; ip route append 10.4.0.0/24 via 10.1.8.2 src 10.1.9.1
            ip route del 10.4.0.0/24 via 10.1.8.2 src 10.1.9.1",
        show: "ip -j route show 10.4.0.0/24",
        of: "10.4.0.0/24",
        fields: ROUTE,
        lines: &[("delete", "10.1.9.2"), ("change", "10.1.8.7"), ("delete", "10.1.8.2")],
    },
    Case {
        name: "ipv4_route_of_a_deleted_device_is_the_one_that_goes",
        needs: VETH,
        kind: "route",
        before: "ip address add 10.1.0.1/24 dev e0; ip address add 10.1.0.2/24 dev e1",
        changes: "ip link del e0",
        show: "ip -j route show 10.1.0.0/24",
        of: "10.1.0.0/24",
        fields: ROUTE,
        lines: &[("delete", "\"10.1.0.1\"")],
    },
];

impl Case {
    fn run(&self) {
        let ns = Namespace::new();
        ns.run(SETUP);
        // rtmon starts first: it has the devices by a dump, and what `before` makes by events.
        let rtmon = Rtmon::start(&ns, self.name);
        ns.run(self.before);
        let mut stream = ns.synced(&["--kind", "link", "--kind", self.kind, "--audit", "0"]);
        ns.run(self.changes);
        let wanted = self.kernel(&ns);
        let lines = temporary(&format!("{}.ndjson", self.name));
        let end = Instant::now() + PATIENCE;
        loop {
            let text = stream.so_far().iter().map(|line| format!("{line}\n"));
            std::fs::write(&lines, text.collect::<String>()).unwrap();
            let found = self.state(&lines);
            if found == wanted {
                break;
            }
            let so_far = stream.so_far();
            assert!(
                Instant::now() < end,
                "live:\n{found:#?}\nkernel:\n{wanted:#?}\n{so_far:#?}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        let (live, _) = stream.interrupt();
        self.assert_lines(&live);
        std::fs::remove_file(&lines).unwrap();
        self.check_replay(rtmon, &wanted);
    }

    /// The objects of the kernel: of each the compared fields, sorted.
    fn kernel(&self, ns: &Namespace) -> Vec<String> {
        let objects = ns.json(self.show);
        let objects = objects.iter().filter(|object| {
            self.kind != "fdb" || self.of == "\"vx0\"" || object["mac"] == self.of
        });
        self.sorted(objects)
    }

    /// The objects in a file of lines, by `nlstream state`.
    fn state(&self, lines: &Path) -> Vec<String> {
        let output = nlstream(&[
            "state",
            "--partial",
            "-k",
            self.kind,
            lines.to_str().unwrap(),
        ]);
        let objects = crate::common::lines(&output.stdout);
        let objects = objects.iter().map(|line| &line[self.kind]);
        self.sorted(objects.filter(|object| object.to_string().contains(self.of)))
    }

    fn sorted<'a>(&self, objects: impl Iterator<Item = &'a Value>) -> Vec<String> {
        let fields = |object: &Value| {
            let fields = self.fields.iter();
            let fields = fields.filter_map(|field| Some((*field, object.get(field)?)));
            // `ip` shows the metric of an IPv4 route only if it is not 0, and the device of a
            // neighbour of the nexthop object; a port or vni that is the device's own is absent in both.
            serde_json::to_string(&fields.collect::<Vec<_>>()).unwrap()
        };
        let mut sorted: Vec<_> = objects.map(fields).collect();
        sorted.sort();
        sorted
    }

    /// The expected lines are among those of the run, in order, and none is uncertain.
    fn assert_lines(&self, live: &[Value]) {
        let mut lines = live.iter().filter(|line| line["kind"] == self.kind);
        for (op, text) in self.lines {
            let is_it = |line: &&Value| {
                let object = line[self.kind].to_string();
                line["op"] == *op && object.contains(self.of) && object.contains(text)
            };
            assert!(lines.any(|line| is_it(&line)), "{op} {text}: {live:#?}");
        }
        let uncertain = live.iter().find(|line| line.get("uncertain").is_some());
        assert!(uncertain.is_none(), "{uncertain:#?}");
    }

    fn check_replay(&self, rtmon: Rtmon, wanted: &[String]) {
        let lines = temporary(&format!("{}.replay", self.name));
        let path = lines.to_str().unwrap().to_owned();
        // rtmon writes an event some time after it happened.
        wait_until(
            "the replay of the rtmon file agrees with the kernel",
            || {
                let _ = std::fs::remove_file(&lines);
                let replay = nlstream(&["replay", rtmon.path.to_str().unwrap(), "-o", &path]);
                replay.status.success() && self.state(&lines) == wanted
            },
        );
        let text = std::fs::read(&lines).unwrap();
        for line in crate::common::lines(&text) {
            assert!(
                line["kind"] != self.kind || line.get("uncertain").is_none(),
                "{line}"
            );
        }
        std::fs::remove_file(&lines).unwrap();
    }
}
