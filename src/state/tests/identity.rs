//! What the kernel replaces in place is one object, and what it keeps apart is two:
//! (known objects, event) → (operation, changed fields, stale kinds, number of stored objects).

use super::events::{check, row};
use super::messages::*;
use super::{State, apply};
use crate::event::Kind;
use crate::event::kind_set::KindSet;
use crate::names::Names;
use crate::state::store::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};

const UNICAST: [u8; 6] = [2, 0xaa, 0, 0, 0, 1];
const ZEROS: [u8; 6] = [0; 6];
const MULTICAST: [u8; 6] = [1, 0, 0x5e, 0, 0, 1];

fn vxlan() -> Msg {
    link_of_type(2, "vx0", "vxlan")
}

/// `vxlan_fdb_replace` and `vxlan_snoop` change the remote of an entry in place, unless its address
/// is all-zeros or multicast: then `vxlan_fdb_append` adds a remote.
#[test]
fn forwarding_entries_of_a_vxlan_device() {
    let to = |mac, address| fdb(2, mac).remote(address);
    let (one, two) = ("192.0.2.1", "192.0.2.2");
    let port = |number: u16| to(UNICAST, one).attr(NDA_PORT, &number.to_be_bytes());
    let by_nexthop = |id| fdb(2, UNICAST).attr_u32(NDA_NH_ID, id);
    let of_vni = |vni| to(UNICAST, one).attr_u32(NDA_SRC_VNI, vni);
    let moved = |name, known, event, expected| row(name, [vxlan(), known], event, expected, "", 1);
    let apart = |name, known, event| row(name, [vxlan(), known], event, "add", "", 2);
    check(vec![
        moved("remote", to(UNICAST, one), to(UNICAST, two), "change dst"),
        moved("port", port(1), port(2), "change port"),
        moved("first port", to(UNICAST, one), port(1), "change port"),
        moved(
            "vni",
            to(UNICAST, one),
            to(UNICAST, one).attr_u32(NDA_VNI, 7),
            "change vni",
        ),
        moved("nexthop", by_nexthop(1), by_nexthop(2), "change nhid"),
        moved(
            "nexthop instead of a remote",
            to(UNICAST, one),
            by_nexthop(1),
            "change dst nhid",
        ),
        moved("same remote", to(ZEROS, one), to(ZEROS, one), "change"),
        apart("source vni", of_vni(7), of_vni(8)),
        apart("another address", to(UNICAST, one), to(ZEROS, one)),
        apart("two remotes of zeros", to(ZEROS, one), to(ZEROS, two)),
        apart(
            "two remotes of a multicast address",
            to(MULTICAST, one),
            to(MULTICAST, two),
        ),
        apart(
            "remote with another port",
            to(ZEROS, one),
            to(ZEROS, one).attr(NDA_PORT, &[0, 9]),
        ),
        apart(
            "another device",
            to(UNICAST, one),
            fdb(3, UNICAST).remote(one),
        ),
        row(
            "one remote of two deleted",
            [vxlan(), to(ZEROS, one), to(ZEROS, two)],
            to(ZEROS, one).delete(),
            "delete",
            "",
            1,
        ),
        row(
            "deleted after it moved",
            [vxlan(), to(UNICAST, one), to(UNICAST, two)],
            to(UNICAST, two).delete(),
            "delete",
            "",
            0,
        ),
    ]);
}

/// Kernels before 6.13 announce each request twice: the vxlan driver or the bridge, then
/// `rtnl_fdb_notify`, which knows the address only.
#[test]
fn forwarding_entries_that_are_announced_twice() {
    let remote = |mac| fdb(2, mac).remote("192.0.2.1");
    let bridge = || link_of_type(2, "br0", "bridge");
    let of_bridge = || fdb(2, UNICAST).header(10, &[0]).attr_u32(NDA_MASTER, 2);
    check(vec![
        row(
            "of a vxlan device",
            [vxlan(), remote(UNICAST)],
            fdb(2, UNICAST),
            "notify",
            "",
            1,
        ),
        row(
            "of a vxlan device, without an entry",
            [vxlan()],
            fdb(2, UNICAST),
            "notify",
            "",
            0,
        ),
        row(
            "deleted, the other remote remains",
            [vxlan(), remote(ZEROS)],
            fdb(2, ZEROS).delete(),
            "notify",
            "",
            1,
        ),
        row(
            "of a bridge",
            [bridge(), of_bridge()],
            fdb(2, UNICAST),
            "notify",
            "",
            1,
        ),
        row(
            "announced once: a device's filter",
            [link_of_type(2, "d0", "dummy")],
            fdb(2, UNICAST),
            "add",
            "",
            1,
        ),
        row(
            "the type of the device is not known",
            [],
            fdb(2, UNICAST),
            "add (uncertain)",
            "fdb",
            1,
        ),
    ]);
}

/// A bridge has one entry per address and VLAN, whatever its port.
#[test]
fn forwarding_entries_of_a_bridge() {
    let at = |port| {
        let entry = fdb(port, UNICAST).header(10, &[0]);
        entry.attr_u32(NDA_MASTER, 9)
    };
    let ports = || {
        [
            link(2, "p0"),
            link(3, "p1"),
            link_of_type(9, "br0", "bridge"),
        ]
    };
    let known = |entry| ports().into_iter().chain([entry]).collect::<Vec<_>>();
    check(vec![
        row(
            "another port",
            known(at(2)),
            at(3),
            "change ifindex dev",
            "",
            1,
        ),
        row(
            "another VLAN",
            known(at(2)),
            at(2).attr(5, &7_u16.to_ne_bytes()),
            "add",
            "",
            2,
        ),
        row(
            "the port's own entry",
            known(at(2)),
            fdb(2, UNICAST),
            "add",
            "",
            2,
        ),
    ]);
}

/// `ipv6_get_ifaddr` finds an address by itself, `find_matching_ifa` by both ends and the length of
/// the prefix.
#[test]
fn addresses_with_another_end() {
    const NEW_ADDRESS: &str = "neigh fdb";
    let eth0 = || link(2, "eth0");
    let v6 = |peer| address(2, "2001:db8::2", 128).peer(peer);
    let v4 = |peer| address(2, "192.0.2.2", 32).peer(peer);
    check(vec![
        row(
            "IPv6, another peer",
            [eth0(), v6("2001:db8::1")],
            v6("2001:db8::9"),
            "change address",
            "",
            1,
        ),
        row(
            "IPv6, first peer",
            [eth0(), address(2, "2001:db8::2", 128)],
            v6("2001:db8::9"),
            "change address",
            "",
            1,
        ),
        row(
            "IPv6, deleted with another peer",
            [eth0(), v6("2001:db8::1")],
            v6("2001:db8::9").delete(),
            "delete",
            "route fdb",
            0,
        ),
        row(
            "IPv4, another peer",
            [eth0(), v4("192.0.2.1")],
            v4("192.0.2.9"),
            "add",
            NEW_ADDRESS,
            2,
        ),
        row(
            "IPv4, the same peer",
            [eth0(), v4("192.0.2.1")],
            v4("192.0.2.1"),
            "change",
            "",
            1,
        ),
    ]);
}

const CREATE: u16 = NLM_F_CREATE | NLM_F_EXCL;
const APPEND: u16 = NLM_F_CREATE | NLM_F_APPEND;

fn up(ifindex: u32, name: &str) -> Msg {
    link(ifindex, name).header(8, &1_u32.to_ne_bytes())
}

fn devices() -> Vec<Msg> {
    vec![up(2, "v0"), up(3, "w0")]
}

/// `fib6_add_rt2node` replaces the first route with the metric that can be joined with others, or
/// that cannot, like the new one; else the first one.
#[test]
fn ipv6_routes_replaced_across_devices() {
    let dst = || route("fd00::25fb", 128);
    let dev = |ifindex| dst().dev(ifindex);
    let via = |gateway| dev(2).via(gateway);
    let known = |known: &[Msg]| {
        devices()
            .into_iter()
            .chain(known.to_vec())
            .collect::<Vec<_>>()
    };
    let replaced = |name, before: Msg, after: Msg, expected, stale| {
        let before = before.flags(CREATE);
        row(
            name,
            known(&[before]),
            after.flags(NLM_F_REPLACE),
            expected,
            stale,
            1,
        )
    };
    let both = [(2, "fe80::1"), (3, "fe80::2")];
    check(vec![
        // `nexthop dev A nexthop dev B` makes two routes and one notification.
        replaced(
            "another device",
            dev(2),
            dev(3),
            "change ifindex dev",
            "route",
        ),
        replaced(
            "nexthop object",
            dev(2),
            dst().attr_u32(RTA_NH_ID, 7),
            "change ifindex dev nhid",
            "",
        ),
        replaced(
            "another nexthop object",
            dst().attr_u32(RTA_NH_ID, 6),
            dst().attr_u32(RTA_NH_ID, 7),
            "change nhid",
            "",
        ),
        replaced("gateway", dev(2), via("fe80::1"), "change gateway", ""),
        replaced(
            "multipath",
            via("fe80::1"),
            dst().nexthops(&both),
            "change gateway ifindex dev nexthops",
            "",
        ),
        replaced(
            "no multipath any more",
            dst().nexthops(&both),
            dev(2),
            "change ifindex dev nexthops",
            "route",
        ),
        row(
            "and back",
            known(&[dev(2).flags(CREATE), dev(3).flags(NLM_F_REPLACE)]),
            dev(2).flags(NLM_F_REPLACE),
            "change ifindex dev",
            "route",
            1,
        ),
        row(
            "the first of two",
            known(&[dev(2).flags(CREATE), via("fe80::1").flags(APPEND)]),
            dev(3).flags(NLM_F_REPLACE),
            "change ifindex dev",
            "route",
            2,
        ),
        row(
            "the one with a gateway",
            known(&[dev(2).flags(CREATE), via("fe80::1").flags(APPEND)]),
            via("fe80::9").flags(NLM_F_REPLACE),
            "change gateway",
            "",
            2,
        ),
        // nexthop_replace announces every route through the object.
        row(
            "its nexthop object was changed",
            known(&[
                dev(2).flags(CREATE),
                dst().attr_u32(RTA_NH_ID, 7).dev(2).flags(APPEND),
            ]),
            dst().attr_u32(RTA_NH_ID, 7).dev(3).flags(NLM_F_REPLACE),
            "change ifindex dev",
            "",
            2,
        ),
        row(
            "deleted after it was replaced",
            known(&[dev(2).flags(CREATE), dev(3).flags(NLM_F_REPLACE)]),
            dev(3).delete(),
            "delete",
            "",
            0,
        ),
        row(
            "deleted, of another device",
            known(&[dev(2).flags(CREATE)]),
            dev(3).delete(),
            "delete",
            "",
            1,
        ),
        row(
            "two devices",
            known(&[dev(2).flags(CREATE)]),
            dev(3).flags(NLM_F_CREATE),
            "add",
            "route",
            2,
        ),
    ]);
}

/// The deleted sibling is the one with the device and gateway of the message, whatever its number.
#[test]
fn ipv4_siblings_by_content() {
    let dst = || route("10.1.0.0", 24);
    let of_v0 = || dst().dev(2).attr(RTA_PREFSRC, &[10, 1, 0, 1]);
    let of_w0 = || dst().dev(3).attr(RTA_PREFSRC, &[10, 1, 0, 2]);
    let other_source = || dst().dev(3).attr(RTA_PREFSRC, &[10, 1, 0, 3]);
    let both = || {
        let mut known = devices();
        known.extend([of_v0().flags(CREATE), of_w0().flags(APPEND)]);
        known
    };
    let three = || {
        let mut known = both();
        known.push(other_source().flags(APPEND));
        known
    };
    let down = || {
        let mut known = both();
        known.push(link(2, "v0"));
        known
    };
    let replacement = || dst().dev(3).via("10.1.0.9").flags(NLM_F_REPLACE);
    check(vec![
        row("the first", both(), of_v0().delete(), "delete", "", 1),
        row("the second", both(), of_w0().delete(), "delete", "", 1),
        row(
            "of a device without a sibling",
            both(),
            dst().dev(4).delete(),
            "delete",
            "",
            2,
        ),
        row(
            "one of two with the same device",
            three(),
            other_source().delete(),
            "delete",
            "",
            2,
        ),
        row(
            "one of two with the same device, neither of which is the same",
            three(),
            dst().dev(3).delete(),
            "delete (uncertain)",
            "route",
            3,
        ),
        row(
            "first one replaced",
            both(),
            replacement(),
            "change gateway ifindex dev prefsrc",
            "",
            2,
        ),
        // The kernel deletes the routes of a device that goes down without a notification.
        row(
            "replaced, the first one of a device that is down",
            down(),
            replacement(),
            "change gateway ifindex dev prefsrc (uncertain)",
            "route",
            2,
        ),
        row(
            "created though two are stored",
            both(),
            of_w0().flags(CREATE),
            "change (uncertain)",
            "route",
            2,
        ),
    ]);
}

/// Events alone, as in a file of rtmon: what is not stored may come before what is.
#[test]
fn replacement_without_a_dump() {
    let dst = || route("fd00::25fb", 128);
    let dev = |ifindex| dst().dev(ifindex);
    let replace = |known: &[Msg]| {
        let tracked = KindSet::of(Kind::ALL);
        let mut state = State::new(Names::builtin(), tracked);
        for msg in known {
            apply(&mut state, msg);
        }
        let event = apply(&mut state, &dev(3).flags(NLM_F_REPLACE));
        (event.op.name(), event.uncertain, state.count(Kind::Route))
    };
    assert_eq!(replace(&[]), ("present", false, 1));
    assert_eq!(replace(&[dev(2).flags(CREATE)]), ("change", false, 1));
    // Another route of the same metric exists.
    assert_eq!(replace(&[dev(2).flags(NLM_F_CREATE)]), ("change", true, 1));
    // A replacement takes the first place.
    assert_eq!(
        replace(&[dev(2).flags(NLM_F_REPLACE)]),
        ("change", false, 1)
    );
    assert_eq!(
        replace(&[dev(2).flags(CREATE), dev(4).flags(NLM_F_CREATE)]),
        ("change", false, 2)
    );
    let via = || dev(2).via("fe80::1");
    assert_eq!(replace(&[via().flags(NLM_F_CREATE)]), ("change", true, 1));
}
