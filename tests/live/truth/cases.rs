//! Cases of the kinds of faults that other tools have in the field, each judged twice: by the lists of `ip`
//! and `bridge`, and by a fresh snapshot of the same kernel, with which every folded object is equal.

use libtest_mimic::Trial;
use serde_json::Value;

use super::fold::{Objects, fold};
use super::judge::{assert_exact, differences, is_of_a_group};
use crate::common::wait_until;
use crate::namespace::{Namespace, Stream};
use crate::trial::{Need, trial};

use Need::{LinkType, Program};

struct Case {
    name: &'static str,
    needs: &'static [Need],
    /// Runs before the stream is started.
    setup: &'static str,
    changes: &'static str,
    /// The audits find it; otherwise they are off.
    audited: bool,
}

const VETH: &[Need] = &[Need::Mounts, LinkType("veth")];
const BRIDGE: &[Need] = &[Need::Mounts, LinkType("veth"), LinkType("bridge")];
const VXLAN: &[Need] = &[
    Need::Mounts,
    LinkType("veth"),
    LinkType("vxlan id 9 dstport 4789"),
];
const PYTHON: &[Need] = &[Need::Mounts, LinkType("veth"), Program("python3")];
const MACVLAN: &[Need] = &[
    Need::Mounts,
    LinkType("veth"),
    LinkType("bridge"),
    LinkType("vxlan id 9 dstport 4789"),
];

/// Two pairs of devices that are up.
const SETUP: &str = "
mount -t sysfs sys /sys; mount -t tmpfs tmpfs /mnt; mount -t tmpfs tmpfs /run; mkdir /run/netns
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
for n in 0 1; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip address add 10.0.0.1/24 dev v0; ip address add 10.1.0.1/24 dev v1; ip address add 2001:db8::1/64 dev v0 nodad
";

const BR: &str = "ip link add br0 type bridge; ip link set v0 master br0; ip link set v1 master br0; ip link set br0 up";

const fn replaced(
    name: &'static str,
    needs: &'static [Need],
    setup: &'static str,
    changes: &'static str,
) -> Case {
    Case {
        name,
        needs,
        setup,
        changes,
        audited: false,
    }
}

const fn silent(
    name: &'static str,
    needs: &'static [Need],
    setup: &'static str,
    changes: &'static str,
) -> Case {
    Case {
        audited: true,
        ..replaced(name, needs, setup, changes)
    }
}

/// The kernel replaces an object in place.
const REPLACED: &[Case] = &[
    replaced(
        "ipv4_route_among_appended_ones",
        VETH,
        "",
        "ip route add 10.9.0.0/16 dev v0; ip route append 10.9.0.0/16 dev v1; ip route append 10.9.0.0/16 dev w0
        ip route replace 10.9.0.0/16 via 10.0.0.7; ip route change 10.9.0.0/16 via 10.0.0.8 mtu 1300
        ip route prepend 10.9.0.0/16 via 10.1.0.7; ip route replace 10.9.0.0/16 dev w1; ip route del 10.9.0.0/16 dev w0
        ip route add 10.9.0.0/16 dev v0 metric 7; ip route replace 10.9.0.0/16 dev v1 metric 7
        ip route add 10.9.0.0/16 dev v0 tos 4; ip route replace blackhole 10.9.0.0/16 tos 4",
    ),
    replaced(
        "ipv6_multipath_route_becomes_single_and_back",
        VETH,
        "ip address add 2001:db8:1::1/64 dev v1 nodad",
        "ip -6 route add 2001:db8:5::/48 nexthop via 2001:db8::7 dev v0 nexthop via 2001:db8:1::7 dev v1
        ip -6 route replace 2001:db8:5::/48 via 2001:db8::8 dev v0
        ip -6 route append 2001:db8:5::/48 via 2001:db8:1::8 dev v1; ip -6 route append 2001:db8:5::/48 via 2001:db8::9 dev v0
        ip -6 route del 2001:db8:5::/48 via 2001:db8::8 dev v0
        ip -6 route replace 2001:db8:5::/48 dev w1; ip -6 route add 2001:db8:5::/48 dev w0 metric 9
        ip -6 route replace unreachable 2001:db8:5::/48 metric 9
        ip -6 route change 2001:db8:5::/48 nexthop via 2001:db8::7 dev v0 nexthop via 2001:db8::6 dev v0",
    ),
    replaced(
        "nexthop_moves_and_its_group_changes",
        VETH,
        "",
        "ip nexthop add id 1 via 10.0.0.2 dev v0; ip nexthop add id 2 via 10.1.0.2 dev v1; ip nexthop add id 3 blackhole
        ip nexthop add id 9 group 1/2; ip route add 10.7.0.0/16 nhid 9; ip route add 10.8.0.0/16 nhid 1
        ip nexthop replace id 1 via 10.1.0.3 dev v1; ip nexthop replace id 9 group 1,3/2,200; ip nexthop replace id 9 group 2
        ip nexthop replace id 2 dev w0; ip route replace 10.8.0.0/16 nhid 9; ip nexthop del id 1",
    ),
    replaced(
        "secondary_address_is_promoted",
        VETH,
        "echo 1 > /proc/sys/net/ipv4/conf/v0/promote_secondaries",
        "for n in 1 2 3; do ip address add 10.3.0.$n/24 dev v0; done; ip address del 10.3.0.1/24 dev v0
        ip address change 10.3.0.2/24 dev v0 label v0:x valid_lft 500 preferred_lft 400
        ip address add 10.3.0.9 peer 10.3.1.0/24 dev v0; ip address replace 10.3.0.9 peer 10.3.1.0/24 dev v0 scope link
        ip address change 2001:db8::1/64 dev v0 home mngtmpaddr; ip address replace 2001:db8::1/64 dev v0 preferred_lft 0",
    ),
    replaced(
        "device_with_the_index_of_a_deleted_one",
        BRIDGE,
        "",
        "ip link add a1 index 77 type veth peer name b1 index 78; ip address add 10.4.0.1/24 dev a1; ip link set a1 up
        ip link set b1 up; ip route add 10.40.0.0/16 dev a1; ip neigh add 10.4.0.2 lladdr 02:00:00:00:00:02 dev a1
        ip link del a1; ip link add b1 index 77 type bridge; ip link add a1 index 78 type veth peer name c1 index 79
        ip link set a1 master b1; ip link set b1 up; ip link property add dev v0 altname moves
        ip link property del dev v0 altname moves; ip link property add dev b1 altname moves",
    ),
    replaced(
        "bridge_entry_of_a_moving_address",
        BRIDGE,
        BR,
        "m=02:00:00:00:00:77; bridge fdb add $m dev v0 master static; bridge fdb replace $m dev v1 master static
        bridge fdb replace $m dev v1 master permanent; bridge fdb append 02:00:00:00:00:78 dev v0 self
        bridge fdb replace $m dev v0 master extern_learn; bridge fdb add $m dev br0 self local
        bridge mdb add dev br0 port v0 grp 239.1.1.1 temp; bridge mdb replace dev br0 port v0 grp 239.1.1.1 permanent
        bridge mdb add dev br0 port v1 grp 239.1.1.1 src 10.0.0.9 permanent; bridge mdb del dev br0 port v0 grp 239.1.1.1
        bridge mdb replace dev br0 port v1 grp 239.1.1.2 permanent filter_mode include source_list 10.0.0.7,10.0.0.8
        bridge mdb replace dev br0 port v1 grp 239.1.1.2 permanent filter_mode exclude source_list 10.0.0.8",
    ),
];

/// The kernel or a driver changes something without an event.
const SILENT: &[Case] = &[
    silent(
        "peer_that_moves_to_another_namespace",
        VETH,
        "ip netns add other",
        "ip link set w0 netns other; ip -n other link set w0 name elsewhere; ip link set w1 netns other
        ip -n other link set w1 netns 1 2> /dev/null || ip -n other link del w1",
    ),
    silent(
        "link_layer_groups_of_a_device",
        VETH,
        "",
        "ip maddress add 33:33:00:00:00:99 dev v0; ip maddress add 01:00:5e:00:00:99 dev w1; ip maddress add 33:33:00:00:00:98 dev v0
        ip maddress del 33:33:00:00:00:98 dev v0",
    ),
    silent(
        "groups_that_a_process_has_joined",
        PYTHON,
        "",
        "python3 -c '
import socket, struct, time
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.setsockopt(0, 35, socket.inet_aton(\"239.7.7.7\") + socket.inet_aton(\"10.0.0.1\") + struct.pack(\"i\", 0))
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.setsockopt(41, 20, socket.inet_pton(socket.AF_INET6, \"ff05::77\") + struct.pack(\"i\", socket.if_nametoindex(\"w0\")))
print(1, flush=True)
time.sleep(100)' > /mnt/joined & while ! grep -q 1 /mnt/joined; do sleep 0.01; done",
    ),
    silent(
        "settings_by_sysfs",
        BRIDGE,
        "ip link add br0 type bridge; ip link set v0 master br0; ip link set v0 down; ip link set w1 down",
        "echo 3300 > /sys/class/net/br0/bridge/ageing_time; echo 1 > /sys/class/net/br0/bridge/stp_state
        echo 77 > /sys/class/net/v0/brport/path_cost; echo 1 > /sys/class/net/v0/brport/isolated
        echo one > /sys/class/net/w1/ifalias; echo 5 > /sys/class/net/w1/group 2> /dev/null || ip link set w1 group 5
        echo 700 > /sys/class/net/w1/tx_queue_len",
    ),
    silent(
        "settings_of_a_macvlan_that_is_down",
        MACVLAN,
        "ip link add m0 link v0 type macvlan mode private",
        "ip link set m0 type macvlan mode vepa; ip link set m0 address 02:00:00:00:00:aa; ip link set m0 group 4
        ip link set m0 alias down; ip link set m0 gso_max_segs 100; ip link property add dev m0 altname other",
    ),
    silent(
        "address_of_a_device_and_its_entries",
        BRIDGE,
        BR,
        "ip link set v1 address 02:00:00:00:00:bb; ip link set br0 address 02:00:00:00:00:cc; ip link set w0 address 02:00:00:00:00:dd
        ip link set v0 nomaster; ip link set v0 master br0; ip link set br0 type bridge mcast_snooping 0
        ip link set br0 type bridge mcast_snooping 1 mcast_querier 1; ip link set v1 mtu 1300; ip link set w0 promisc on
        ip link set w0 allmulticast on; ip link set v1 arp off",
    ),
    silent(
        "settings_of_neighbour_tables_by_sysctl",
        VETH,
        "",
        "echo 47 > /proc/sys/net/ipv4/neigh/v0/proxy_qlen; echo 33 > /proc/sys/net/ipv6/neigh/w0/gc_stale_time
        echo 7 > /proc/sys/net/ipv4/neigh/default/ucast_solicit; echo 1300 > /proc/sys/net/ipv6/conf/v1/mtu
        ip neigh add proxy 10.0.0.9 dev v0; ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0; ip neigh del 10.0.0.9 dev v0",
    ),
];

/// A name is repeated and not kept true.
const NAMES: &[Case] = &[
    replaced(
        "name_of_a_bridge_with_ports_and_entries",
        BRIDGE,
        "ip link add br0 type bridge; ip link set v0 master br0; ip link set v1 master br0; ip link set br0 up
            bridge fdb add 02:00:00:00:00:77 dev v0 master static; bridge mdb add dev br0 port v0 grp 239.1.1.1 permanent",
        "ip link set br0 name switch; ip link set v0 name port; ip link add br0 type bridge; ip link set w0 master br0
        ip link set switch name spare; ip link set br0 name switch",
    ),
    replaced(
        "name_of_the_device_below",
        MACVLAN,
        "ip link add m0 link v0 type macvlan; ip link add x0 type vxlan id 8 dstport 4789 dev v0 group 239.8.8.8; ip link set x0 up",
        "ip link set v0 name below; ip link set m0 name v0; ip link set below name m0; ip link set w0 name peer",
    ),
    replaced(
        "names_in_rules_that_other_devices_take",
        VETH,
        "ip rule add iif v0 table 7; ip rule add oif w1 table 8; ip -6 rule add iif later table 9",
        "ip link set v0 name later; ip link add v0 type veth peer name z0; ip link del v0; ip link set w1 name gone
        ip link set gone name w1",
    ),
    replaced(
        "names_in_routes_of_several_devices",
        VETH,
        "ip nexthop add id 1 via 10.0.0.2 dev v0; ip nexthop add id 2 via 10.1.0.2 dev v1; ip nexthop add id 3 group 1/2
        ip route add 10.9.0.0/16 nhid 3; ip route add 10.8.0.0/16 nexthop via 10.0.0.3 dev v0 nexthop via 10.1.0.3 dev v1
        ip -6 route add 2001:db8:9::/48 nexthop via 2001:db8::9 dev v0 nexthop via fe80::9 dev v1",
        "ip link set v0 name one; ip link set v1 name two; ip link set one name v1; ip link set two name v0
        ip route add 10.7.0.0/16 nexthop via 10.0.0.4 dev v1 nexthop via 10.1.0.4 dev v0; ip link set w0 name w9",
    ),
    replaced(
        "device_that_comes_back_under_another_name",
        VETH,
        "ip netns add other; ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0; ip route add 10.9.0.0/16 dev v0",
        "ip link set v0 netns other; ip link add v0 type veth peer name q0; ip link set v0 up; ip address add 10.0.0.1/24 dev v0
        ip -n other link set v0 name back; ip netns exec other ip link set back netns $PPID 2> /dev/null || ip -n other link del back
        ip link set q0 name w5; ip link del v0; ip link add q0 type veth peer name v0; ip link set q0 up",
    ),
];

/// What was sent once is no state.
const ONCE: &[Case] = &[
    replaced(
        "changes_of_features",
        MACVLAN,
        BR,
        "for n in 1 2; do ip link add m0 link w0 type macvlan; ip link set m0 up; ip link set w0 gso_max_size 32000; ip link del m0
        ip link set v1 nomaster; ip link set v1 master br0; ip link set w0 gso_max_size 65536; done",
    ),
    silent(
        "event_of_a_device_that_joins_and_leaves",
        BRIDGE,
        BR,
        "ip link set v0 nomaster; ip link set v0 master br0; ip link set v1 nomaster; ip link set w1 master br0
        ip link del w0; ip link set br0 mtu 1400",
    ),
    replaced(
        "events_of_names_and_addresses",
        BRIDGE,
        BR,
        "ip link set v0 name other; ip link set other name v0; ip link set br0 address 02:00:00:00:00:cc; ip link set v1 txqueuelen 33
        ip link set v1 down; ip link set v1 up; ip link set v1 carrier off; ip link set v1 carrier on",
    ),
    silent(
        "flags_of_a_request_about_a_neighbour",
        VETH,
        "",
        "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0; ip neigh replace 10.0.0.9 use dev v0; ip neigh add 10.0.0.8 dev v0 managed
        ip neigh change 10.0.0.9 lladdr 02:00:00:00:00:0a dev v0 nud permanent; ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev v0 extern_learn
        ip neigh replace 10.0.0.7 lladdr 02:00:00:00:00:17 dev v0 router nud noarp",
    ),
    replaced(
        "flags_of_a_request_about_a_forwarding_entry",
        VXLAN,
        "ip link add x0 type vxlan id 8 dstport 4789 local 127.0.0.1; ip link set x0 up",
        "m=02:00:00:00:00:77; bridge fdb add $m dev x0 dst 10.0.0.7 use; bridge fdb replace $m dev x0 dst 10.0.0.8
        bridge fdb append 00:00:00:00:00:00 dev x0 dst 10.0.0.9; bridge fdb append 00:00:00:00:00:00 dev x0 dst 10.0.0.10 port 8472
        bridge fdb del 00:00:00:00:00:00 dev x0 dst 10.0.0.9; bridge fdb replace $m dev x0 dst 10.0.0.8 extern_learn",
    ),
];

pub(super) fn trials() -> Vec<Trial> {
    let groups = [
        ("replaced", REPLACED),
        ("silent", SILENT),
        ("names", NAMES),
        ("once", ONCE),
    ];
    let cases = groups.into_iter().flat_map(|(group, cases)| {
        let named = move |case| (format!("{group}::"), case);
        cases.iter().map(named)
    });
    cases
        .map(|(group, case): (_, &'static Case)| {
            let name = format!("{group}{}", case.name);
            trial(module_path!(), &name, case.needs, None, || case.run())
        })
        .collect()
}

impl Case {
    fn run(&self) {
        let ns = Namespace::with_mounts();
        ns.run(&format!("{SETUP}{}", self.setup));
        let audit: &[&str] = if self.audited { &[] } else { &["--audit", "0"] };
        let mut stream = ns.synced(audit);
        // Not every kernel and every iproute2 has every command.
        ns.run(&format!(
            "set +e; {{ {}\n}} 2> /dev/null; true",
            self.changes
        ));
        assert_exact(&ns, &mut stream);
        assert_equals_a_snapshot(&ns, &mut stream);
        stream.interrupt();
    }
}

/// Waits until every folded object is equal to that of a fresh snapshot.
fn assert_equals_a_snapshot(ns: &Namespace, stream: &mut Stream) {
    let mut last = Vec::new();
    let mut differing = || {
        let fresh = comparable(&fold(&ns.synced(&[]).interrupt().0));
        differences(&fresh, &comparable(&fold(stream.so_far())))
    };
    let equal = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wait_until("a fold that equals a fresh snapshot", || {
            last = differing();
            last.is_empty()
        });
    }));
    assert!(equal.is_ok(), "a fresh snapshot, and the fold: {last:#?}");
}

/// The objects as text, without what changes with time alone, what the schema says is no state, the
/// numbers of sibling routes, which depend on the order in which they were seen, and the neighbours that
/// a report of a multicast group makes after a random delay.
fn comparable(objects: &Objects) -> Vec<String> {
    let schema = nlstream::schema::schema();
    let mut comparable = Vec::new();
    for ((kind, _), object) in objects {
        if kind == "neigh" && is_of_a_group(object) {
            continue;
        }
        let mut object = object.clone();
        if let Some(fields) = object.as_object_mut() {
            let transient = &schema["$defs"][format!("line_{kind}")]["x-transient"];
            let transient = transient.as_array().into_iter().flatten();
            let transient = transient.filter_map(Value::as_str);
            let timed = [
                "reachable",
                "expires",
                "valid_life_time",
                "preferred_life_time",
            ];
            for name in transient.chain(timed) {
                fields.remove(name);
            }
            if kind == "route" {
                fields.remove("instance");
            }
        }
        comparable.push(format!("{kind} {object}"));
    }
    comparable.sort();
    comparable
}
