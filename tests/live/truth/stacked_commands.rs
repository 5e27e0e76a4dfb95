//! The random commands of the churn: bonds, VRFs, VLANs, and devices that move between them and
//! bridges. Only some kernels have them.

use super::churn_commands::common;
use super::random::Random;

pub(super) const SETUP: &str = "
for n in default all; do echo 0 > /proc/sys/net/ipv6/conf/$n/accept_dad; done
ip link add br0 type bridge vlan_filtering 1; ip link set br0 up
for n in 0 1 2 3; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
for n in 0 1 2 3; do ip link add d$n type dummy; ip link set d$n up; done
ip link add vrf1 type vrf table 101; ip link add vrf2 type vrf table 102
ip link set vrf1 up; ip link set vrf2 up
ip link add bond0 type bond mode active-backup miimon 50; ip link set bond0 up
ip link add bond1 type bond mode balance-rr; ip link set bond1 up
for n in 0 1; do ip link add link v0 name v0.$n type vlan id 1$n; ip link set v0.$n up; done
ip link add link bond0 name bond0.5 type vlan id 5; ip link set bond0.5 up";

pub(super) fn command(program: &str, random: &mut Random) -> String {
    match (program, random.below(4)) {
        ("bridge", _) => bridge(random),
        (_, 0) => common(random),
        _ => setting(random),
    }
}

/// Returns a random command for `ip -batch` that changes settings, or moves devices.
fn setting(random: &mut Random) -> String {
    let dummy = random.pick(&["d0", "d1", "d2", "d3"]);
    let bond = random.pick(&["bond0", "bond0", "bond1"]);
    let vlan = random.pick(&["v0.0", "v0.1", "bond0.5", "v1.0", "d0.0"]);
    let any = random.pick(&[
        "v0", "v1", "v2", "v3", "d0", "d1", "d2", "bond0", "bond1", "v0.0", "v0.1", "bond0.5",
    ]);
    let (a, b) = (random.below(4), random.below(6));
    match random.below(24) {
        // A port of a bond is down when it joins.
        0..4 => format!("link set {dummy} down\nlink set {dummy} master {bond}"),
        4 => format!("link set {dummy} nomaster"),
        5 => format!("link set {dummy} {}", random.pick(&["up", "down", "up"])),
        6..10 => format!(
            "link set {any} {}",
            random.pick(&["master vrf1", "master vrf2", "nomaster", "master br0"])
        ),
        10..13 => format!("link set {bond} type bond {}", bond_setting(random)),
        13 => format!("link set {bond} {}", random.pick(&["up", "down", "up"])),
        14 => format!(
            "link set {} {}",
            random.pick(&["vrf1", "vrf2", "v0", "w0"]),
            random.pick(&["up", "down", "up"])
        ),
        15 => match random.below(3) {
            0 => format!("link del {vlan}"),
            _ => {
                let lower = vlan.split('.').next().unwrap();
                format!("link add link {lower} name {vlan} type vlan id 1{b}\nlink set {vlan} up")
            }
        },
        16 => format!(
            "link set {vlan} type vlan {}",
            random.pick(&[
                "reorder_hdr off",
                "reorder_hdr on",
                "loose_binding on",
                "gvrp on",
                "egress 1:2",
            ])
        ),
        17 => format!("link set {any} mtu {}", 1400 + b),
        18 => format!("link set {any} address 02:00:00:00:0{a}:0{b}"),
        19 => format!("address add 10.{a}.{b}.1/24 dev {any}"),
        20 => format!("address add 2001:db8:{a}::{b}/64 dev {any} nodad"),
        21 => format!("route add 10.2.{b}.0/24 vrf vrf1 via 10.{a}.{b}.2"),
        22 => match random.below(3) {
            0 => "link del vrf2".to_owned(),
            _ => "link add vrf2 type vrf table 102\nlink set vrf2 up".to_owned(),
        },
        _ => format!(
            "link set br0 type bridge {}",
            random.pick(&[
                "vlan_filtering 0",
                "vlan_filtering 1",
                "vlan_default_pvid 7",
                "vlan_default_pvid 1",
                "vlan_protocol 802.1ad",
                "vlan_protocol 802.1q",
                "vlan_stats_enabled 1",
            ])
        ),
    }
}

fn bond_setting(random: &mut Random) -> String {
    let (n, on) = (random.below(5), random.below(2));
    let port = random.pick(&["d0", "d1", "d2", "d3"]);
    match random.below(12) {
        0 => format!("miimon {}", 50 * (n + 1)),
        1 => format!("updelay {}", 100 * n),
        2 => format!("downdelay {}", 100 * n),
        3..5 => format!("active_slave {port}"),
        5 => format!("primary {port}"),
        6 => format!(
            "primary_reselect {}",
            random.pick(&["always", "better", "failure"])
        ),
        7 => format!("num_grat_arp {}", n + 1),
        8 => format!(
            "xmit_hash_policy {}",
            random.pick(&["layer2", "layer2+3", "layer3+4"])
        ),
        9 => format!("resend_igmp {n}"),
        10 => format!("all_slaves_active {on}"),
        _ => format!("min_links {on}"),
    }
}

/// Returns a random command for `bridge -batch`.
fn bridge(random: &mut Random) -> String {
    let port = random.pick(&["v0", "v1", "v2", "d2"]);
    let (a, b) = (random.below(3), random.below(6));
    let how = random.pick(&["add", "add", "del"]);
    match random.below(8) {
        0..3 => format!(
            "vlan {how} vid 1{b} dev {port}{}",
            random.pick(&["", " pvid", " untagged", " pvid untagged"])
        ),
        3 => format!("vlan {how} vid 2{a}-2{} dev {port}", a + b),
        4 => format!("vlan {how} vid 1{b} dev br0 self"),
        5 => format!("fdb {how} 02:bb:00:00:00:0{b} dev {port} master static vlan 1{a}"),
        6 => format!("mdb {how} dev br0 port {port} grp 239.9.9.{b} permanent vid 1{a}"),
        _ => format!(
            "link set dev {port} {} {}",
            random.pick(&["isolated", "learning", "flood", "neigh_suppress"]),
            random.pick(&["on", "off"])
        ),
    }
}
