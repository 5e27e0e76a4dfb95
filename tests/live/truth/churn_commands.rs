//! The random commands of the churn.

use super::random::Random;
use super::{settings_commands, stacked_commands};

/// A mix of commands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Profile {
    /// Objects of most kinds are added, changed and deleted.
    Common,
    /// Objects are replaced in place, devices are renamed and swap their names.
    Replacements,
    /// Bridges, their ports and routers change their settings; multicast routes.
    Settings,
    /// Bonds, VRFs and VLANs; devices move between them and bridges.
    Stacked,
}

impl Profile {
    /// The commands that run first.
    pub(super) fn setup(self) -> &'static str {
        match self {
            Profile::Common => SETUP,
            Profile::Replacements => SETUP_REPLACEMENTS,
            Profile::Settings => settings_commands::SETUP,
            Profile::Stacked => stacked_commands::SETUP,
        }
    }

    /// The commands that run last.
    pub(super) fn end(self) -> &'static str {
        match self {
            Profile::Common | Profile::Replacements => "",
            Profile::Settings | Profile::Stacked => END,
        }
    }

    /// Returns the program of the next batch: `ip`, `bridge`, `bash` or `agent` (agent.py).
    pub(super) fn program(self, random: &mut Random) -> &'static str {
        match self {
            Profile::Common => "ip",
            Profile::Replacements => random.pick(&["ip", "ip", "bridge"]),
            Profile::Settings => random.pick(&["ip", "ip", "bridge", "agent", "agent", "bash"]),
            Profile::Stacked => random.pick(&["ip", "ip", "ip", "bridge"]),
        }
    }

    /// Returns a random command for the program.
    pub(super) fn command(self, program: &str, random: &mut Random) -> String {
        match (self, program) {
            (Profile::Common, _) => common(random),
            (Profile::Replacements, "bridge") => bridge(random),
            (Profile::Replacements, _) => match random.below(3) {
                0 => common(random),
                _ => replacement(random),
            },
            (Profile::Settings, program) => settings_commands::command(program, random),
            (Profile::Stacked, program) => stacked_commands::command(program, random),
        }
    }
}

/// The kernel sends no event for settings of a device that is down (docs/verification.md), but one
/// with everything when the device is up.
const END: &str = "
for device in $(ip -o link | cut -d: -f2 | cut -d@ -f1); do ip link set $device up 2>/dev/null || true; done";

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad
ip link add br0 type bridge
for n in 0 1 2 3; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip link set br0 up";

const SETUP_REPLACEMENTS: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad
ip link add br0 type bridge
for n in 0 1 2 3; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip link set br0 up
ip link add vx0 type vxlan id 9 dstport 4789 local 127.0.0.1 nolearning
ip link add vx1 type vxlan dstport 4790 local 127.0.0.1 external
ip link set vx0 up; ip link set vx1 up; ip link set vx0 master br0
for n in 1 2 3; do ip nexthop add id 3$n via 172.16.0.$n fdb; done
ip nexthop add id 41 group 31/32 fdb; ip nexthop add id 42 group 32/33 fdb
ip link add mv0 link v0 type macvlan; ip link set mv0 up";

/// Returns a random command for `ip -batch`. Proxy neighbours, which have no event, are left to the
/// trials of what only the audit finds.
pub(super) fn common(random: &mut Random) -> String {
    let dev = random.pick(&["v0", "v1", "v2", "v3", "w0", "w1"]);
    let other = random.pick(&["v0", "v1", "v2", "v3"]);
    let verb = random.pick(&["add", "add", "del"]);
    let (a, b) = (random.below(4), random.below(12));
    let metric = random.pick(&["", " metric 5", " metric 7"]);
    let table = random.pick(&["", "", " table 100"]);
    let how = random.pick(&["add", "add", "add", "del", "replace", "append", "prepend"]);
    let put = random.pick(&["add", "add", "replace", "replace", "del"]);
    let nhid = 1 + random.below(6);
    match random.below(32) {
        0 => format!("link set {dev} {}", random.pick(&["up", "down", "up"])),
        1 => format!("link set {dev} mtu {}", 1400 + b),
        // Both ends of a pair in one bridge are a loop, in which addresses move without end.
        2 => format!(
            "link set {other} {}",
            random.pick(&["master br0", "nomaster"])
        ),
        3 => match random.below(3) {
            0 => format!("link del x{a}"),
            _ => format!("link add x{a} type veth peer name y{a}"),
        },
        4 => format!("link set x{a} up"),
        5..8 => format!("address {verb} 10.{a}.{b}.1/24 dev {dev}"),
        8 => format!("address {verb} 2001:db8:{a}::{b}/64 dev {dev} nodad"),
        9..12 => format!(
            "route {how} 10.9.{b}.0/24 via 10.{a}.{}.2{metric}{table}",
            random.below(12)
        ),
        12 => format!("route {how} 10.8.{b}.0/24 dev {dev}{metric}"),
        13 => format!("route {how} 10.7.{b}.0/24 nexthop dev {dev} nexthop dev {other} weight 2"),
        14 => format!(
            "route {how} {} 10.6.{b}.0/24{metric}",
            random.pick(&["blackhole", "prohibit"])
        ),
        15..17 => format!("-6 route {how} 2001:db8:f{b}::/64 via 2001:db8:{a}::9{metric}"),
        17 => format!("-6 route {how} 2001:db8:f{b}::/64 dev {dev}{metric}"),
        18 => format!("-6 route {how} 2001:db8:e{b}::/64 nexthop dev {dev} nexthop dev {other}"),
        19 => format!(
            "neigh {} 10.{a}.{b}.7 lladdr 02:00:00:00:00:0{a} dev {dev} nud permanent",
            random.pick(&["add", "replace", "del"])
        ),
        20..22 => format!(
            "rule {verb} from 10.{a}.{b}.0/24 table 100 priority {}",
            100 + b
        ),
        22 => format!(
            "-6 rule {verb} from 2001:db8:{a}::/64 table 100 priority {}",
            100 + b
        ),
        23 => format!("link set {dev} txqueuelen {}", 500 + b),
        24 => format!("nexthop {put} id {nhid} via 10.{a}.{b}.2 dev {dev}"),
        25 => format!(
            "nexthop {put} id {nhid} {}",
            random.pick(&["dev v0", "dev v1", "blackhole"])
        ),
        26 => format!(
            "nexthop {put} id {} group {nhid},3/{}",
            11 + a,
            1 + random.below(6)
        ),
        27 => format!("nexthop {put} id {} via 2001:db8:{a}::9 dev {dev}", 21 + a),
        28 => format!(
            "nexthop del id {}",
            random.pick(&[nhid, nhid, 11 + a, 21 + a])
        ),
        29 => format!(
            "route {how} 10.5.{b}.0/24 nhid {}{metric}",
            random.pick(&[nhid, 11 + a])
        ),
        30 => format!(
            "rule {verb} iif {dev} oif {} table 100 priority {}",
            random.pick(&["v0", "w2", "x1", "t0", "renamed1"]),
            200 + b
        ),
        _ => format!("-6 route {how} 2001:db8:d{b}::/64 nhid {}{metric}", 21 + a),
    }
}

/// Returns a random command for `ip -batch` that replaces an object, or renames devices.
fn replacement(random: &mut Random) -> String {
    let dev = random.pick(&["v0", "v1", "v2", "v3", "w0", "w1", "mv0"]);
    let (a, b) = (random.below(4), random.below(6));
    let metric = random.pick(&["", "", " metric 5"]);
    let how = random.pick(&["add", "replace", "replace", "append", "del"]);
    match random.below(16) {
        // A device of one end of a pair never gets a name of the other end: both in one bridge are a
        // loop, in which addresses move without end.
        0 => {
            // A failing step leaves a device with its former name: the next one moves it on.
            let (one, two) = (random.below(4), random.below(4));
            format!(
                "link set v{one} name swap\nlink set v{two} name v{one}\nlink set swap name v{two}"
            )
        }
        1 => format!(
            "link set {dev} name t{dev}\nlink set t{dev} mtu 140{b}\nlink set t{dev} name {dev}"
        ),
        2 => format!("link set w{a} name renamed{a}"),
        3 => format!("link set renamed{a} name w{a}"),
        4..7 => format!(
            "-6 address {} 2001:db8:5::{b} peer 2001:db8:5::9{a} dev {dev} nodad",
            random.pick(&["add", "change", "replace", "replace", "del"])
        ),
        7 => format!(
            "address {} 10.4.{b}.1 peer 10.4.{b}.2{a} dev {dev}",
            random.pick(&["add", "change", "replace", "del"])
        ),
        8..11 => format!("-6 route {how} 2001:db8:c{b}::/64 dev {dev}{metric}"),
        11 => format!("-6 route {how} 2001:db8:c{b}::/64 nhid {}{metric}", 21 + a),
        12 => format!(
            "nexthop replace id {} via 2001:db8:{a}::9 dev {dev}",
            21 + a
        ),
        13 => format!("route {how} 10.3.{b}.0/24 dev {dev}{metric}"),
        14 => format!(
            "route {how} 10.3.{b}.0/24 dev {dev} tos 0x{:02x}{metric}",
            4 * (1 + random.below(2))
        ),
        _ => format!("-6 route {how} 2001:db8:c{b}::/64 via fe80::{a} dev {dev}{metric}"),
    }
}

/// Returns a random command for `bridge -batch`.
fn bridge(random: &mut Random) -> String {
    let (a, b) = (1 + random.below(3), random.below(4));
    let how = random.pick(&["add", "replace", "replace", "append", "del"]);
    let mac = random.pick(&["02:aa:00:00:00:0", "02:aa:00:00:00:1", "01:00:5e:00:00:0"]);
    match random.below(8) {
        0..3 => format!("fdb {how} {mac}{b} dev vx0 dst 10.0.0.{a} self"),
        3 => format!(
            "fdb {how} {mac}{b} dev vx0 dst 10.0.0.{a} port {} vni 1{a} self",
            4789 + b
        ),
        4 => format!(
            "fdb {how} {mac}{b} dev vx0 nhid 4{} self",
            1 + random.below(2)
        ),
        5 => format!("fdb {how} {mac}{b} dev vx1 dst 10.0.0.{a} src_vni 1{b} vni 1{a} self"),
        6 => format!(
            "fdb {} {mac}{b} dev {} master static",
            random.pick(&["add", "replace", "del"]),
            random.pick(&["v0", "v1", "v2", "vx0"])
        ),
        _ => format!("fdb {how} 00:00:00:00:00:00 dev vx0 dst 10.0.0.{a} self"),
    }
}
