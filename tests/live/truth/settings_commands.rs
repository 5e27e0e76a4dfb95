//! The random commands of the churn: settings of bridges, their ports and IPv6; router advertisements;
//! multicast routes.

use super::churn_commands::common;
use super::random::Random;

/// The router is in a namespace of its own, at the other end of v4.
pub(super) const SETUP: &str = "
for n in default all; do echo 0 > /proc/sys/net/ipv6/conf/$n/accept_dad; done
echo 64 > /proc/sys/net/ipv6/conf/default/accept_ra_rt_info_max_plen
coproc AGENT { exec python3 $AGENT_PY; }
read -ru ${AGENT[0]} router
ip link add br0 type bridge; ip link add br1 type bridge
for n in 0 1 2 3; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip link set v0 master br0; ip link set v1 master br1
ip link set br0 up; ip link set br1 up
ip link add v4 type veth peer name r0 netns $router
ip link set v4 up; ip address add 198.51.100.1/24 dev v4
echo 2 > /proc/sys/net/ipv6/conf/v4/use_tempaddr
for f in 4 6; do echo vif $f 0 v0; echo vif $f 1 v4; done >&${AGENT[1]}
printf 'router\\nsync\\n' >&${AGENT[1]}; read -ru ${AGENT[0]}";

pub(super) fn command(program: &str, random: &mut Random) -> String {
    match (program, random.below(4)) {
        ("agent", 0 | 1) => advertisement(random),
        ("agent", _) => multicast_route(random),
        ("bridge", _) => bridge(random),
        ("bash", _) => system_control(random),
        (_, 0) => common(random),
        _ => setting(random),
    }
}

/// Returns a router advertisement, for the agent.
fn advertisement(random: &mut Random) -> String {
    let source = random.pick(&["fe80::1", "fe80::2"]);
    let (a, b) = (random.below(4), random.below(4));
    let lifetime = random.pick(&["0", "3", "1800", "1800"]);
    let preference = random.pick(&["0", "1", "3"]);
    let hoplimit = random.pick(&["0", "60", "61"]);
    let mtu = random.pick(&["0", "1280", "1400", "1500"]);
    let flags = random.pick(&["0", "0x40", "0x80", "0xc0"]);
    let mut text = format!(
        "ra {source} lifetime={lifetime} preference={preference} hoplimit={hoplimit} mtu={mtu} flags={flags}"
    );
    let valid = random.pick(&["0", "3", "100", "8000", "4294967295"]);
    let preferred = random.pick(&["0", "2", "50", "7000"]);
    let uses = random.pick(&["0xc0", "0xc0", "0x80", "0x40"]);
    match random.below(4) {
        0 => {}
        1 => {
            text += &format!(
                " route=2001:db8:7{b}::/48,{preference},{}",
                random.pick(&["0", "5", "600", "4294967295"])
            );
        }
        _ => text += &format!(" prefix=2001:db8:{a}::/64,{uses},{valid},{preferred}"),
    }
    text
}

/// Returns a command about multicast routes, for the agent.
fn multicast_route(random: &mut Random) -> String {
    let device = random.pick(&["v0", "v1", "v2", "v4", "w0", "br0", "x0", "x1", "-"]);
    let (number, other) = (random.below(4), random.below(4));
    let (family, source, group) = match random.below(2) {
        0 => (4, "10.0.0.", "239.1.1."),
        _ => (6, "2001:db8::", "ff0e::"),
    };
    let (a, b) = (1 + random.below(3), 1 + random.below(4));
    let outputs = random.pick(&["0", "1,2", "1", "0,1,3", "2,3", "-", "-"]);
    match random.below(12) {
        0..3 => format!("vif {family} {number} {device}"),
        3 => format!("flush {family}"),
        4 => format!("packet {family} {group}{b}"),
        _ => format!("mfc {family} {source}{a} {group}{b} {other} {outputs}"),
    }
}

/// Returns a random command for `ip -batch` that changes settings, or moves devices.
fn setting(random: &mut Random) -> String {
    let port = random.pick(&["v0", "v1", "v2", "v3"]);
    let bridge = random.pick(&["br0", "br0", "br1"]);
    let (a, b) = (random.below(4), random.below(6));
    match random.below(12) {
        0..2 => format!(
            "link set {port} {}",
            random.pick(&["master br0", "master br1", "nomaster"])
        ),
        2 => format!("link set {port} {}", random.pick(&["up", "down", "up"])),
        3 => format!("link set {bridge} {}", random.pick(&["up", "down", "up"])),
        4 => format!("link set {bridge} address 02:00:00:00:0b:0{b}"),
        5 => format!("link set {port} address 02:00:00:00:0{a}:0{b}"),
        6 => format!(
            "link set v4 mtu {}",
            random.pick(&["1500", "1300", "1280", "1200"])
        ),
        7..10 => format!("link set {bridge} type bridge {}", bridge_setting(random)),
        _ => format!("link set {port} type bridge_slave {}", port_setting(random)),
    }
}

fn bridge_setting(random: &mut Random) -> String {
    let (n, on) = (random.below(6), random.below(2));
    match random.below(16) {
        0 => format!("stp_state {on}"),
        1 => format!("priority {}", 4096 * n),
        2 => format!("ageing_time {}", 1000 * (n + 1)),
        3 => format!("forward_delay {}", 200 + n),
        4 => format!("hello_time {}", 100 + 10 * n),
        5 => format!("max_age {}", 600 + n),
        6 => format!("mcast_snooping {on}"),
        7 => format!("mcast_querier {on}"),
        8 => format!("mcast_router {}", random.below(3)),
        9 => format!("group_fwd_mask {}", 8 * n),
        10 => format!("mcast_last_member_count {}", n + 1),
        11 => format!("mcast_query_interval {}", 10_000 + n),
        12 => format!("nf_call_iptables {on}"),
        13 => format!("mcast_igmp_version {}", 2 + on),
        14 => format!("mcast_hash_max {}", 512 << on),
        _ => format!("mcast_stats_enabled {on}"),
    }
}

fn port_setting(random: &mut Random) -> String {
    let (n, on) = (random.below(6), random.pick(&["on", "off"]));
    match random.below(12) {
        0 => format!("cost {}", 1 + n),
        1 => format!("priority {}", 8 * n),
        2 => format!("state {}", random.below(5)),
        3 => format!("mcast_router {}", random.below(3)),
        4 => format!("group_fwd_mask {}", 8 * n),
        5 => "fdb_flush".to_owned(),
        _ => format!(
            "{} {on}",
            random.pick(&[
                "isolated",
                "guard",
                "hairpin",
                "fastleave",
                "learning",
                "flood",
                "mcast_flood",
                "neigh_suppress",
                "root_block",
                "bcast_flood",
            ])
        ),
    }
}

/// Returns a random command for `bridge -batch`.
fn bridge(random: &mut Random) -> String {
    let port = random.pick(&["v0", "v1", "v2", "v3"]);
    let bridge = random.pick(&["br0", "br1"]);
    let (b, on) = (random.below(4), random.pick(&["on", "off"]));
    let how = random.pick(&["add", "replace", "del"]);
    match random.below(8) {
        0..2 => format!("mdb {how} dev {bridge} port {port} grp 239.9.9.{b} permanent"),
        2 => format!("mdb {how} dev {bridge} port {port} grp ff0e::9{b} permanent"),
        3 => format!("mdb {how} dev {bridge} port {bridge} grp 239.9.9.{b} permanent"),
        4 => format!("fdb {how} 02:bb:00:00:00:0{b} dev {port} master static"),
        5 => format!("link set dev {port} cost {}", b + 1),
        6 => format!("link set dev {port} isolated {on} neigh_suppress {on}"),
        _ => format!("link set dev {port} learning {on} flood {on}"),
    }
}

/// Returns a random command for `bash`: settings of IPv4 and IPv6 below /proc/sys.
fn system_control(random: &mut Random) -> String {
    let device = random.pick(&["v4", "v4", "v0", "w0", "w1", "br0", "all"]);
    let on = random.below(2);
    match random.below(8) {
        0..2 => format!("echo {on} > /proc/sys/net/ipv6/conf/{device}/forwarding"),
        2 => format!("echo {on} > /proc/sys/net/ipv4/conf/{device}/forwarding"),
        3 => format!("echo {on} > /proc/sys/net/ipv6/conf/v4/accept_ra"),
        4 => format!("echo {on} > /proc/sys/net/ipv6/conf/v4/disable_ipv6"),
        5 => format!("echo {} > /proc/sys/net/ipv6/conf/v4/mtu", 1280 + 20 * on),
        6 => "echo 0 > /proc/sys/net/ipv6/conf/v4/disable_ipv6".to_owned(),
        _ => format!("echo {on} > /proc/sys/net/ipv6/conf/v4/addr_gen_mode"),
    }
}
