//! How changes without a complete event of their own are found: each change is made, and what the
//! lines say is compared with `ip` and `bridge`. docs/verification.md lists these changes.

use libtest_mimic::Trial;
use serde_json::Value;

use super::fold::{Objects, fold, of_kind};
use crate::common::{root, wait_until};
use crate::namespace::{Namespace, Stream};
use crate::trial::{Need, trial};

use Found::{QuickAudit, Verification};
use Need::{LinkType, Program};

/// What shows the change, at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// A read of the objects of the event's device.
    Verification,
    /// Only the read of small kinds every few seconds.
    QuickAudit,
}

/// A value as the kernel's tools show it.
type InKernel = fn(&Namespace) -> Value;
/// The same value in the folded lines; `Null` if there is no such object.
type InLines = fn(&Objects) -> Value;

struct Case {
    name: &'static str,
    /// The change in the words of the documentation.
    what: &'static str,
    needs: &'static [Need],
    /// Runs before the stream is started.
    setup: &'static str,
    change: &'static str,
    kernel: InKernel,
    lines: InLines,
    found: Found,
}

const VETH: &[Need] = &[Need::Namespace, LinkType("veth")];
const BRIDGE: &[Need] = &[Need::Namespace, LinkType("veth"), LinkType("bridge")];
const VXLAN: &[Need] = &[Need::Namespace, LinkType("vxlan id 1 dstport 4789")];
const PYTHON: &[Need] = &[Need::Namespace, LinkType("veth"), Program("python3")];

/// v0 and w0 are up, v1 and w1 are down.
const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
for n in 0 1; do ip link add v$n type veth peer name w$n; done
ip link set v0 up; ip link set w0 up
ip address add 2001:db8::1/64 dev v0 nodad; ip address add 10.0.0.1/24 dev v0";

/// The value at `pointer` in the output of a command with `-j`.
fn shown(ns: &Namespace, command: &str, pointer: &str) -> Value {
    let all = Value::from(ns.json(command));
    all.pointer(pointer).cloned().unwrap_or_default()
}

/// The value at `pointer` in the first object of a kind that contains all these strings.
fn reported(objects: &Objects, kind: &str, parts: &[&str], pointer: &str) -> Value {
    let mut objects = of_kind(objects, kind);
    let found = objects.find(|object| {
        let text = object.to_string();
        parts.iter().all(|part| text.contains(part))
    });
    found
        .and_then(|it| it.pointer(pointer).cloned())
        .unwrap_or_default()
}

/// A field of a link, at the same place in `ip -d -j link` and in the lines.
macro_rules! link {
    ($name:literal, $pointer:literal) => {
        (
            |ns| {
                shown(
                    ns,
                    concat!("ip -d -j link show ", $name, " 2> /dev/null || echo []"),
                    concat!("/0", $pointer),
                )
            },
            |objects| {
                reported(
                    objects,
                    "link",
                    &[concat!("\"ifname\":\"", $name, "\"")],
                    $pointer,
                )
            },
        )
    };
}

/// A row of the table. `$values`: the value in the kernel, and in the lines.
macro_rules! case {
    ($name:ident, $found:ident, $what:literal, $needs:expr, $setup:expr, $change:expr, $values:expr) => {{
        const VALUES: (InKernel, InLines) = $values;
        Case {
            name: stringify!($name),
            what: $what,
            needs: $needs,
            setup: $setup,
            change: $change,
            kernel: VALUES.0,
            lines: VALUES.1,
            found: $found,
        }
    }};
}

const ROUTE_MTU: (InKernel, InLines) = (
    |ns| {
        shown(
            ns,
            "ip -6 -j route show 2001:db8:9::/48",
            "/0/metrics/0/mtu",
        )
    },
    |objects| reported(objects, "route", &["2001:db8:9::/48"], "/metrics/mtu"),
);

/// A process that keeps a socket open for a minute, longer than a trial takes.
macro_rules! held_by_python {
    ($script:literal) => {
        concat!("python3 -c '", $script, "\nprint(1, flush=True)\ntime.sleep(60)' > /mnt/held 2>&1 & while ! grep -q 1 /mnt/held; do sleep 0.01; done")
    };
}

/// v0 accepts the advertisements that w0 sends, although both are devices of one host.
macro_rules! accepts {
    () => {
        "echo 2 > /proc/sys/net/ipv6/conf/v0/accept_ra
        echo 1 > /proc/sys/net/ipv6/conf/v0/accept_ra_from_local
        echo 64 > /proc/sys/net/ipv6/conf/v0/accept_ra_rt_info_max_plen
        while ip -6 address show dev w0 | grep -q tentative; do sleep 0.01; done\n"
    };
}

/// A router advertisement that w0 sends.
macro_rules! advertises {
    ($option:literal) => {
        advertises!($option, 64)
    };
    ($option:literal, $hop_limit:literal) => {
        concat!("python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)
s.setsockopt(41, 18, 255)
mtu = lambda mtu: struct.pack(\"!BBHI\", 5, 1, 0, mtu)
address = lambda text: socket.inet_pton(socket.AF_INET6, text)
prefix = lambda valid: struct.pack(\"!BBBBIII16s\", 3, 4, 64, 0xc0, valid, 200, 0, address(\"2001:db8:7::\"))
route = lambda preference, lifetime: struct.pack(\"!BBBBI16s\", 24, 3, 48, preference << 3, lifetime, address(\"2001:db8:8::\"))
advertisement = struct.pack(\"!BBHBBHII\", 134, 0, 0, ", $hop_limit, ", 0, 1800, 0, 0) + ", $option, "
s.sendto(advertisement, (\"ff02::1\", 0, 0, socket.if_nametoindex(\"w0\")))'\n")
    };
}

const CASES: &[Case] = &[
    case!(
        first_event_of_a_veth, Verification,
        "the peer of a new veth, which the first event of its second end lacks",
        VETH, "", "ip link add v7 type veth peer name w7",
        link!("w7", "/link")
    ),
    case!(
        bridge_below_a_macvlan, Verification,
        "promiscuity of the device below one that needs it",
        &[Need::Namespace, LinkType("bridge")],
        "ip link add br0 type bridge; ip link set br0 up",
        "ip link add m0 link br0 address 00:00:5e:00:02:0f type macvlan mode private; ip link set m0 up",
        link!("br0", "/promiscuity")
    ),
    case!(
        spanning_tree_of_a_port, Verification,
        "values of the spanning tree of the ports, after a setting of their bridge",
        BRIDGE,
        "ip link add br0 type bridge; ip link set v0 master br0; ip link set br0 up",
        "ip link set br0 type bridge priority 4096",
        link!("v0", "/linkinfo/info_slave_data/bridge_id")
    ),
    case!(
        metrics_after_an_mtu_change, Verification,
        "metrics of IPv6 routes, after a change of the device's MTU",
        VETH, "ip -6 route add 2001:db8:9::/48 via 2001:db8::9 mtu 1500",
        "ip link set v0 mtu 1400", ROUTE_MTU
    ),
    case!(
        metrics_after_a_router_advertisement, Verification,
        "metrics of IPv6 routes, after a router advertisement",
        PYTHON,
        concat!(accepts!(), "
        ip -6 route add 2001:db8:9::/48 via 2001:db8::9 mtu 1500"),
        advertises!("mtu(1280)"),
        ROUTE_MTU
    ),
    case!(
        expiry_after_a_router_advertisement, Verification,
        "whether the route to a prefix expires, after a router advertisement of the prefix",
        PYTHON,
        concat!(accepts!(), advertises!("prefix(300)"), "
        until ip -6 route show 2001:db8:7::/64 | grep -q expires; do sleep 0.01; done"),
        advertises!("prefix(0xffffffff)"),
        (
            |ns| present(ns.run("ip -6 route show 2001:db8:7::/64").contains("expires")),
            |objects| present(!reported(objects, "route", &["2001:db8:7::/64"], "/expires").is_null()),
        )
    ),
    case!(
        filter_entry_of_an_address, Verification,
        "entries in the filters of devices for the multicast groups of an address",
        VETH, "", "ip address add 2001:db8::77/64 dev v0 nodad",
        (
            |ns| present(ns.run("bridge fdb show dev v0").contains("33:33:ff:00:00:77")),
            |objects| present(!reported(objects, "fdb", &["33:33:ff:00:00:77", "\"v0\""], "/mac").is_null()),
        )
    ),
    case!(
        groups_of_a_router, Verification,
        "entries in the filter of a device for the groups of routers, after forwarding was switched on",
        VETH, "", "echo 1 > /proc/sys/net/ipv6/conf/v0/forwarding",
        (
            |ns| present(ns.run("bridge fdb show dev v0").contains("33:33:00:00:00:02")),
            |objects| present(!reported(objects, "fdb", &["33:33:00:00:00:02", "\"v0\""], "/mac").is_null()),
        )
    ),
    case!(
        rule_of_a_device, Verification,
        "whether rules are attached to the device that they name, after it was added, renamed or deleted",
        VETH, "ip rule add iif x9 table 77", "ip link add x9 type veth peer name y9",
        (
            |ns| present(ns.run("ip rule show iif x9").contains("detached")),
            |objects| present(reported(objects, "rule", &["x9"], "/state").to_string().contains("iif_detached")),
        )
    ),
    case!(
        multicast_route_of_a_deleted_device, Verification,
        "multicast routes whose device was deleted",
        PYTHON,
        held_by_python!("
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
s.setsockopt(0, 200, 1)
for vif, name in ((0, \"v0\"), (1, \"w0\")):
    s.setsockopt(0, 202, struct.pack(\"=HBBIiI\", vif, 8, 1, 0, socket.if_nametoindex(name), 0))
ttls = bytes([0, 1] + [0] * 30)
s.setsockopt(0, 204, socket.inet_aton(\"10.0.0.5\") + socket.inet_aton(\"239.1.1.1\") + struct.pack(\"=H32s\", 0, ttls) + bytes(18))"),
        "ip link del v0",
        (
            |ns| present(shown(ns, "ip -j mroute show", "/0/iif") == "v0"),
            |objects| present(reported(objects, "mroute", &["239.1.1.1"], "/iif") == "v0"),
        )
    ),
    case!(
        multicast_route_of_a_removed_interface, Verification,
        "devices of multicast routes, after an interface of multicast routing was added or removed",
        PYTHON,
        held_by_python!("
import os, socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
s.setsockopt(0, 200, 1)
def interface(option, vif, name):
    s.setsockopt(0, option, struct.pack(\"=HBBIiI\", vif, 8, 1, 0, socket.if_nametoindex(name), 0))
for vif, name in ((0, \"v0\"), (1, \"v0\"), (2, \"w0\"), (3, \"w0\")):
    interface(202, vif, name)
ttls = bytes([0, 1, 1, 1] + [0] * 28)
s.setsockopt(0, 204, socket.inet_aton(\"10.0.0.5\") + socket.inet_aton(\"239.1.1.1\") + struct.pack(\"=H32s\", 0, ttls) + bytes(18))
print(1, flush=True)
while not os.path.exists(\"/mnt/go\"):
    time.sleep(0.01)
interface(203, 2, \"w0\")"),
        "touch /mnt/go",
        (
            |ns| Value::from(ns.json("ip -j mroute show")[0]["multipath"].as_array().map(Vec::len)),
            |objects| {
                let mut routes = of_kind(objects, "mroute").filter(|it| it["dst"] == "239.1.1.1");
                Value::from(routes.next().and_then(|it| it["multipath"].as_array()).map(Vec::len))
            },
        )
    ),
    case!(
        hop_limit_of_a_router, QuickAudit,
        "the hop limit in a default route, after a router advertisement that changed nothing else",
        PYTHON,
        concat!(accepts!(), advertises!("mtu(1280)"), "
        until ip -6 route show default | grep -q \"hoplimit 64\"; do sleep 0.01; done"),
        advertises!("mtu(1280)", 60),
        (
            |ns| shown(ns, "ip -6 -j route show default", "/0/metrics/0/hoplimit"),
            |objects| reported(objects, "route", &["::/0", "\"ra\""], "/metrics/hoplimit"),
        )
    ),
    case!(
        expiry_of_an_advertised_route, QuickAudit,
        "preference and expiry of a route to a further prefix, after a router advertisement that changed nothing else",
        PYTHON,
        concat!(accepts!(), advertises!("route(0, 300)"), "
        until ip -6 route show 2001:db8:8::/48 | grep -q expires; do sleep 0.01; done"),
        advertises!("route(1, 0xffffffff)"),
        (
            |ns| present(ns.run("ip -6 route show 2001:db8:8::/48").contains("expires")),
            |objects| present(!reported(objects, "route", &["2001:db8:8::/48"], "/expires").is_null()),
        )
    ),
    case!(
        allmulti_of_an_interface, Verification, "`allmulti` of a device that became an interface of multicast routing",
        PYTHON,
        "echo 1 > /proc/sys/net/ipv6/conf/v0/disable_ipv6",
        held_by_python!("
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
s.setsockopt(0, 200, 1)
s.setsockopt(0, 202, struct.pack(\"=HBBIiI\", 0, 8, 1, 0, socket.if_nametoindex(\"v0\"), 0))"),
        link!("v0", "/allmulti")
    ),
    case!(
        alias, QuickAudit, "the alias of a device that is down",
        VETH, "", "ip link set v1 alias one",
        link!("v1", "/ifalias")
    ),
    case!(
        group, QuickAudit, "the group of a device that is down",
        VETH, "", "ip link set v1 group 7",
        link!("v1", "/group")
    ),
    case!(
        alternative_name, QuickAudit, "the alternative names of a device that is down",
        VETH, "", "ip link property add dev v1 altname other",
        link!("v1", "/altnames/0")
    ),
    case!(
        link_mode, QuickAudit, "the mode (`dormant`) of a device that is down",
        VETH, "", "ip link set v1 mode dormant",
        link!("v1", "/linkmode")
    ),
    case!(
        segment_size, QuickAudit, "segment sizes (`gso_max_size` and the like) of a device that is down",
        VETH, "", "ip link set v1 gso_max_size 32000",
        link!("v1", "/gso_max_size")
    ),
    case!(
        address_generation, QuickAudit, "the address generation mode (`addrgenmode`) of a device that is down",
        VETH, "", "ip link set v1 addrgenmode none",
        link!("v1", "/inet6_addr_gen_mode")
    ),
    case!(
        port_settings, QuickAudit,
        "settings of a bridge port that is down (cost, priority, `isolated`, `neigh_suppress` …)",
        BRIDGE, "ip link add br0 type bridge; ip link set v1 master br0",
        "ip link set v1 type bridge_slave cost 44",
        link!("v1", "/linkinfo/info_slave_data/cost")
    ),
    case!(
        bridge_settings, QuickAudit, "settings of a bridge that is down (`stp_state`, ageing time …)",
        &[Need::Namespace, LinkType("bridge")], "ip link add br0 type bridge",
        "ip link set br0 type bridge stp_state 1",
        link!("br0", "/linkinfo/info_data/stp_state")
    ),
    case!(
        ageing_time_after_a_topology_change, QuickAudit,
        "the ageing time of a bridge, which is shorter for as long as the topology of the spanning tree changes",
        BRIDGE,
        "ip link add br0 type bridge stp_state 1 forward_delay 200 max_age 600; ip link set v0 master br0; ip link set br0 up
        until bridge -d link show dev v0 | grep -q forwarding; do sleep 0.05; done",
        ":",
        link!("br0", "/linkinfo/info_data/ageing_time")
    ),
    case!(
        vxlan_settings, QuickAudit, "settings of a vxlan that is down (ageing time …)",
        VXLAN, "ip link add x0 type vxlan id 10 dstport 4789 local 127.0.0.1",
        "ip link set x0 type vxlan ageing 77",
        link!("x0", "/linkinfo/info_data/ageing")
    ),
    case!(
        allmulti, QuickAudit, "`allmulti` of a device that a packet socket set",
        PYTHON, "",
        held_by_python!("
import socket, struct, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.setsockopt(263, 1, struct.pack(\"iHH8s\", socket.if_nametoindex(\"v0\"), 2, 0, b\"\"))"),
        link!("v0", "/allmulti")
    ),
    case!(
        proxy_neighbour, QuickAudit, "proxy neighbours",
        VETH, "", "ip neigh add proxy 10.0.0.78 dev v0",
        (
            |ns| shown(ns, "ip -j neigh show proxy", "/0/dst"),
            |objects| reported(objects, "neigh", &["\"proxy\":true"], "/dst"),
        )
    ),
    case!(
        neighbour_of_a_group, QuickAudit, "neighbours of multicast groups, after the first packet to the group",
        VETH, "ip route add 239.0.0.0/8 dev v0",
        "bash -c 'echo > /dev/udp/239.7.7.7/9'; while ! ip neigh show nud noarp | grep -q 239.7.7.7; do sleep 0.01; done",
        (
            |ns| shown(ns, "ip -j neigh show to 239.7.7.7 nud noarp", "/0/lladdr"),
            |objects| reported(objects, "neigh", &["239.7.7.7"], "/lladdr"),
        )
    ),
    case!(
        neighbour_table, QuickAudit, "settings of neighbour tables",
        VETH, "", "ip ntable change name arp_cache dev w0 queue 10",
        (
            |ns| shown(ns, "ip -j ntable show dev w0 name arp_cache", "/0/queue"),
            |objects| reported(objects, "neightbl", &["arp_cache", "\"w0\""], "/queue"),
        )
    ),
    case!(
        rule_to_continue_with, QuickAudit, "whether the rule to continue with exists (`goto`)",
        &[Need::Namespace], "ip rule add priority 1013 goto 2000", "ip rule add priority 2000 table 77",
        (
            |ns| present(ns.run("ip rule show priority 1013").contains("unresolved")),
            |objects| present(reported(objects, "rule", &["1013"], "/state").to_string().contains("unresolved")),
        )
    ),
    case!(
        address_label, QuickAudit, "labels of IPv6 prefixes",
        &[Need::Namespace], "", "ip addrlabel add prefix 2001:db8::/32 label 99",
        (
            |ns| {
                let labels = ns.json("ip -j addrlabel");
                let mut labels = labels.iter().map(|it| it["label"].clone());
                labels.find(|label| *label == 99).unwrap_or_default()
            },
            |objects| reported(objects, "addrlabel", &["2001:db8::/32"], "/label"),
        )
    ),
];

fn present(present: bool) -> Value {
    Value::from(present)
}

pub(super) fn trials() -> Vec<Trial> {
    let cases = CASES.iter();
    let mut trials: Vec<_> = cases
        .map(|case| trial(module_path!(), case.name, case.needs, None, || case.run()))
        .collect();
    trials.push(trial(
        module_path!(),
        "page",
        &[],
        None,
        page_lists_the_cases,
    ));
    trials
}

/// A change that only the quick audit finds was found without.
struct FoundEarly;

impl Case {
    /// Tries a change that only the quick audit finds again if it was found earlier: on a busy machine a late event
    /// about the device, of what was before, makes it read.
    fn run(&self) {
        let found = (0..4).all(|_| self.try_once().is_err());
        assert!(!found, "found without an audit, each time");
    }

    fn try_once(&self) -> Result<(), FoundEarly> {
        let ns = Namespace::with_mounts();
        ns.run("mount -t tmpfs tmpfs /mnt");
        if self.needs.contains(&LinkType("veth")) {
            ns.run(SETUP);
        }
        ns.run(self.setup);
        let mut blind = ns.synced(&["--audit", "0"]);
        self.wait_until_equal(&ns, &mut blind);
        let mut audited = match self.found {
            QuickAudit => Some(ns.synced(&[])),
            Verification => None,
        };
        let before = (self.kernel)(&ns);
        let from = blind.so_far().len();
        ns.run(self.change);
        wait_until("a change in the kernel", || (self.kernel)(&ns) != before);
        let now = (self.kernel)(&ns);
        if let Some(audited) = &mut audited {
            self.wait_until_equal(&ns, audited);
            let reported = (self.lines)(&fold(blind.so_far()));
            // Other kernels may have an event for it.
            if is_the_documented_kernel() && reported != before {
                return Err(FoundEarly);
            }
        } else {
            self.wait_until_equal(&ns, &mut blind);
            let lines = blind.so_far();
            let shows = |n: &usize| (self.lines)(&fold(&lines[..=*n])) == now;
            let line = (from..lines.len()).find(shows).map(|n| &lines[n]).unwrap();
            if is_the_documented_kernel() {
                assert_eq!(line["origin"], "inferred", "{line}");
            }
        }
        blind.interrupt();
        Ok(())
    }

    /// Waits until the lines have the kernel's value.
    fn wait_until_equal(&self, ns: &Namespace, stream: &mut Stream) {
        wait_until(self.what, || {
            (self.lines)(&fold(stream.so_far())) == (self.kernel)(ns)
        });
    }
}

/// The table of the documentation is about Linux 6.18.
fn is_the_documented_kernel() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    release.starts_with("6.18.")
}

/// The page has one row per case, in order. `NLSTREAM_BLESS=1` writes them.
fn page_lists_the_cases() {
    const BEGIN: &str = "| change | found by |\n|---|---|\n";
    let path = root().join("docs/verification.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 1);
    let mut rows = String::new();
    for case in CASES {
        let found = match case.found {
            Verification => "verification",
            QuickAudit => "quick audit",
        };
        rows += &format!("| {} | {found} |\n", case.what);
    }
    if std::env::var_os("NLSTREAM_BLESS").is_some() {
        std::fs::write(&path, [before, BEGIN, &rows, &rest[end..]].concat()).unwrap();
    } else {
        assert_eq!(&rest[..end], rows, "write them with NLSTREAM_BLESS=1");
    }
}
