//! (known objects, event) → (operation, changed fields, stale kinds, number of stored objects).

use super::messages::*;
use super::{apply, names, state, summary};
use crate::event::{Kind, Op};
use crate::netlink::rtm::RTM_GETNEIGH;
use crate::state::store::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};

/// The kinds that are stale after a device was added.
const NEW_DEVICE: &str = "fdb maddress";
/// After a change of a device's flags or operational state.
const DEVICE: &str = "route neigh fdb nexthop netconf maddress acaddress qdisc";
/// After a change of a device's master.
const MASTER: &str = "route neigh fdb mdb vlan vni";
/// After a device was deleted.
const OLD_DEVICE: &str =
    "route neigh fdb mroute nexthop netconf mdb vlan vni maddress acaddress qdisc";
/// After an address was added, or its flags changed.
const NEW_ADDRESS: &str = "neigh fdb";
/// After an address was deleted.
const OLD_ADDRESS: &str = "route fdb";
/// After a nexthop was changed or deleted.
const NEXTHOP: &str = "route nexthop nexthop_bucket";

pub(super) struct Row {
    name: &'static str,
    known: Vec<Msg>,
    event: Msg,
    /// The operation, the fields that differ from the stored object, and whether it is uncertain.
    expected: &'static str,
    stale: &'static str,
    /// Number of objects of the event's kind after the event.
    count: usize,
}

pub(super) fn row(
    name: &'static str,
    known: impl Into<Vec<Msg>>,
    event: Msg,
    expected: &'static str,
    stale: &'static str,
    count: usize,
) -> Row {
    Row {
        name,
        known: known.into(),
        event,
        expected,
        stale,
        count,
    }
}

pub(super) fn check(rows: Vec<Row>) {
    let mut faults = Vec::new();
    for row in rows {
        let mut state = state();
        for known in &row.known {
            apply(&mut state, known);
        }
        state.take_stale();
        let event = apply(&mut state, &row.event);
        let uncertain = if event.uncertain { " (uncertain)" } else { "" };
        let result = (
            summary(event.op, event.change.as_ref()) + uncertain,
            names(state.take_stale()),
            state.count(event.payload.kind()),
        );
        let expected = (row.expected.to_owned(), row.stale.to_owned(), row.count);
        if result != expected {
            faults.push(format!(
                "{}:\n  got      {result:?}\n  expected {expected:?}",
                row.name
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

const IFF_UP: u32 = 1;

fn eth0() -> Msg {
    link(2, "eth0")
}

/// The state of a port as its bridge reports it: `IFLA_AF_SPEC` with VLAN 1.
fn bridge_port() -> Msg {
    const IFLA_AF_SPEC: u16 = 26;
    const IFLA_BRIDGE_VLAN_INFO: u16 = 2;
    let vlan = [8, 0, IFLA_BRIDGE_VLAN_INFO as u8, 0, 0, 0, 1, 0];
    partial_link(2, libc::AF_BRIDGE)
        .attr_u32(IFLA_MASTER, 9)
        .attr(IFLA_AF_SPEC, &vlan)
}

#[test]
fn link_events() {
    let up = || eth0().header(8, &IFF_UP.to_ne_bytes());
    let port = || eth0().attr_u32(IFLA_MASTER, 9);
    check(vec![
        row("new", [], eth0(), "add", NEW_DEVICE, 1),
        row("the same again", [eth0()], eth0(), "change", "", 1),
        row(
            "mtu",
            [eth0()],
            eth0().attr_u32(IFLA_MTU, 9000),
            "change mtu",
            "",
            1,
        ),
        row("renamed", [eth0()], link(2, "lan"), "change ifname", "", 1),
        row(
            "another index",
            [eth0()],
            link(3, "eth0"),
            "add",
            NEW_DEVICE,
            2,
        ),
        row("flags", [eth0()], up(), "change flags", DEVICE, 1),
        row(
            "operational state",
            [eth0()],
            eth0().attr(IFLA_OPERSTATE, &[6]),
            "change operstate",
            DEVICE,
            1,
        ),
        row(
            "queueing discipline",
            [eth0()],
            eth0().attr(IFLA_QDISC, b"fq\0"),
            "change qdisc",
            "qdisc",
            1,
        ),
        row(
            "joins a bridge",
            [eth0(), link(9, "br0")],
            port(),
            "change master master_index",
            MASTER,
            2,
        ),
        row(
            "joins a bridge without a name",
            [eth0()],
            port(),
            "change master_index",
            MASTER,
            1,
        ),
        row(
            "deleted",
            [eth0()],
            eth0().delete(),
            "delete",
            OLD_DEVICE,
            0,
        ),
        row(
            "deleted, not stored",
            [],
            eth0().delete(),
            "delete",
            OLD_DEVICE,
            0,
        ),
        row(
            "a bridge's message of a port",
            [port()],
            bridge_port(),
            "change vlans",
            "",
            1,
        ),
        row(
            "omits what only the bridge reports",
            [port(), bridge_port()],
            port(),
            "change",
            "",
            1,
        ),
        row(
            "another bridge, whose VLANs are not known",
            [port(), bridge_port()],
            eth0().attr_u32(IFLA_MASTER, 8),
            "change master_index vlans",
            MASTER,
            1,
        ),
        row(
            "leaves its bridge",
            [port(), bridge_port()],
            bridge_port().delete(),
            "change master_index vlans",
            MASTER,
            1,
        ),
        row("partial, not stored", [], bridge_port(), "present", "", 1),
        row(
            "leaves its bridge, not stored",
            [],
            bridge_port().delete(),
            "present",
            "",
            1,
        ),
        row(
            "omits the number of VFs",
            [eth0().attr_u32(IFLA_NUM_VF, 2)],
            eth0(),
            "change",
            "",
            1,
        ),
        row(
            "wireless event is no state",
            [eth0()],
            eth0().attr(IFLA_WIRELESS, &[1, 2]),
            "change",
            "",
            1,
        ),
        row(
            "after a wireless event",
            [eth0().attr(IFLA_WIRELESS, &[1, 2])],
            eth0(),
            "change",
            "",
            1,
        ),
        row(
            "name of an unresolved address",
            [address(2, "192.0.2.1", 24)],
            eth0(),
            "add",
            NEW_DEVICE,
            1,
        ),
        row(
            "name of an unresolved route",
            [route("10.0.0.0", 8).dev(2)],
            eth0(),
            "add",
            NEW_DEVICE,
            1,
        ),
    ]);
}

#[test]
fn object_events() {
    let own = || address(2, "192.0.2.1", 24);
    let other = || neigh(2, "192.0.2.7", [2, 0, 0, 0, 0, 1]);
    let get = Msg {
        kind: RTM_GETNEIGH,
        ..other()
    };
    check(vec![
        row("address, new", [eth0()], own(), "add", NEW_ADDRESS, 1),
        row(
            "address, the same again",
            [eth0(), own()],
            own(),
            "change",
            "",
            1,
        ),
        row(
            "address, flags",
            [eth0(), own()],
            own().header(2, &[0x20]),
            "change flags",
            NEW_ADDRESS,
            1,
        ),
        row(
            "address, lifetimes",
            [eth0(), own().attr(IFA_CACHEINFO, &lifetimes(10, 20))],
            own().attr(IFA_CACHEINFO, &lifetimes(9, 19)),
            "change valid_life_time preferred_life_time",
            "",
            1,
        ),
        row(
            "address, another prefix length",
            [eth0(), own()],
            address(2, "192.0.2.1", 32),
            "add",
            NEW_ADDRESS,
            2,
        ),
        row(
            "address, another device",
            [eth0(), own()],
            address(3, "192.0.2.1", 24),
            "add",
            NEW_ADDRESS,
            2,
        ),
        row(
            "address, deleted",
            [eth0(), own()],
            own().delete(),
            "delete",
            OLD_ADDRESS,
            0,
        ),
        row(
            "address, after its device was renamed",
            [eth0(), own(), link(2, "lan")],
            own(),
            "change",
            "",
            1,
        ),
        row("neighbour, new", [eth0()], other(), "add", "", 1),
        row(
            "neighbour, state",
            [eth0(), other()],
            other().header(8, &[4]),
            "change state",
            "",
            1,
        ),
        row(
            "neighbour, link-layer address",
            [eth0(), other()],
            neigh(2, "192.0.2.7", [2, 0, 0, 0, 0, 2]),
            "change lladdr",
            "",
            1,
        ),
        row(
            "neighbour, deleted",
            [eth0(), other()],
            other().delete(),
            "delete",
            "",
            0,
        ),
        row(
            "neighbour, deleted, not stored",
            [eth0()],
            other().delete(),
            "delete",
            "",
            0,
        ),
        row(
            "neighbour, request",
            [eth0(), other()],
            get,
            "notify",
            "",
            1,
        ),
        row("rule, new", [], rule(100, 254), "add", "", 1),
        row(
            "rule, another priority",
            [rule(100, 254)],
            rule(101, 254),
            "add",
            "",
            2,
        ),
        row(
            "rule, deleted",
            [rule(100, 254)],
            rule(100, 254).delete(),
            "delete",
            "",
            0,
        ),
        row("nexthop, new", [eth0()], nexthop(1, 2), "add", "", 1),
        row(
            "nexthop, gateway",
            [eth0(), nexthop(1, 2)],
            nexthop(1, 2).attr(NHA_GATEWAY, &[192, 0, 2, 1]),
            "change gateway",
            NEXTHOP,
            1,
        ),
        row(
            "nexthop, deleted",
            [eth0(), nexthop(1, 2)],
            nexthop(1, 2).delete(),
            "delete",
            NEXTHOP,
            0,
        ),
        row("qdisc, new", [eth0()], qdisc(2, "fq"), "add", "qdisc", 1),
        row(
            "qdisc, another in its place",
            [eth0(), qdisc(2, "fq")],
            qdisc(2, "sfq"),
            "change kind",
            "qdisc",
            1,
        ),
        row(
            "qdisc, deleted",
            [eth0(), qdisc(2, "fq")],
            qdisc(2, "fq").delete(),
            "delete",
            "qdisc",
            0,
        ),
        row(
            "class, created",
            [eth0()],
            class(2).flags(NLM_F_CREATE | NLM_F_EXCL),
            "add",
            "",
            0,
        ),
        row(
            "class, replaced",
            [eth0()],
            class(2).flags(NLM_F_CREATE | NLM_F_REPLACE),
            "change",
            "",
            0,
        ),
        row(
            "class, changed",
            [eth0(), class(2)],
            class(2),
            "change",
            "",
            0,
        ),
        row(
            "class, deleted",
            [eth0(), class(2)],
            class(2).delete(),
            "delete",
            "qdisc",
            0,
        ),
    ]);
}

#[test]
fn route_events() {
    let dst = || route("10.0.0.0", 8);
    let plain = || dst().dev(2);
    let via = |address| dst().dev(2).via(address);
    let (one, two, three) = ("192.0.2.1", "192.0.2.2", "192.0.2.3");
    let expiring = |seconds| plain().attr(RTA_CACHEINFO, &expires(seconds));
    let siblings = || {
        [
            eth0().header(8, &IFF_UP.to_ne_bytes()),
            via(one).flags(NLM_F_CREATE | NLM_F_EXCL),
            via(two).flags(NLM_F_CREATE | NLM_F_APPEND),
        ]
    };
    check(vec![
        row("new", [eth0()], plain(), "add", "", 1),
        row(
            "the same again",
            [eth0(), plain()],
            plain(),
            "change",
            "",
            1,
        ),
        row(
            "another destination",
            [eth0(), plain()],
            route("10.0.0.0", 9).dev(2),
            "add",
            "",
            2,
        ),
        row(
            "another metric",
            [eth0(), plain()],
            plain().attr_u32(RTA_PRIORITY, 5),
            "add",
            "",
            2,
        ),
        row(
            "another type of service",
            [eth0(), plain()],
            plain().header(3, &[8]),
            "add",
            "",
            2,
        ),
        row(
            "flags",
            [eth0(), plain()],
            plain().header(8, &[0x10]),
            "change flags",
            "",
            1,
        ),
        row(
            "source address",
            [eth0(), plain()],
            plain().attr(RTA_PREFSRC, &[192, 0, 2, 9]),
            "change prefsrc",
            "",
            1,
        ),
        row(
            "age is no change",
            [eth0(), expiring(100)],
            expiring(99),
            "change",
            "",
            1,
        ),
        row(
            "after its device was renamed",
            [eth0(), plain(), link(2, "lan")],
            plain(),
            "change",
            "",
            1,
        ),
        row(
            "deleted",
            [eth0(), plain()],
            plain().delete(),
            "delete",
            "",
            0,
        ),
        row(
            "deleted, not stored",
            [eth0()],
            plain().delete(),
            "delete",
            "",
            0,
        ),
        row(
            "created though it is stored",
            [eth0(), via(one)],
            via(two).flags(NLM_F_CREATE | NLM_F_EXCL),
            "change gateway",
            "",
            1,
        ),
        row(
            "replaced",
            [eth0(), via(one)],
            via(two).flags(NLM_F_CREATE | NLM_F_REPLACE),
            "change gateway",
            "",
            1,
        ),
        row(
            "appended",
            [eth0(), via(one)],
            via(two).flags(NLM_F_CREATE | NLM_F_APPEND),
            "add",
            "",
            2,
        ),
        row(
            "prepended",
            [eth0(), via(one)],
            via(two).flags(NLM_F_CREATE),
            "add",
            "",
            2,
        ),
        row(
            "appended again",
            siblings(),
            via(two).flags(NLM_F_CREATE | NLM_F_APPEND),
            "change",
            "",
            2,
        ),
        row(
            "sibling, flags",
            siblings(),
            via(two).header(8, &[0x10]),
            "change flags",
            "",
            2,
        ),
        row(
            "sibling, deleted",
            siblings(),
            via(two).delete(),
            "delete",
            "",
            1,
        ),
        row(
            "first sibling is replaced",
            siblings(),
            via(three).flags(NLM_F_CREATE | NLM_F_REPLACE),
            "change gateway",
            "",
            2,
        ),
    ]);
}

#[test]
fn ipv6_route_events() {
    let dst = || route("2001:db8::", 32);
    let direct = |ifindex| dst().dev(ifindex);
    let via = |address| dst().dev(2).via(address);
    let announced = || dst().header(5, &[9]);
    let both = [(2, "fe80::1"), (2, "fe80::2")];
    let joined = || dst().nexthops(&both);
    let all = || dst().nexthops(&[both[0], both[1], (2, "fe80::3")]);
    let replace = NLM_F_CREATE | NLM_F_REPLACE;
    check(vec![
        row("new", [eth0()], direct(2), "add", "", 1),
        row(
            "another device",
            [eth0(), link(3, "eth1"), direct(2)],
            direct(3),
            "add",
            "",
            2,
        ),
        row(
            "with a gateway",
            [eth0(), direct(2)],
            via("fe80::1"),
            "add",
            "",
            2,
        ),
        row(
            "joined",
            [eth0(), via("fe80::1")],
            dst().nexthops(&both),
            "change gateway ifindex dev nexthops",
            "",
            1,
        ),
        row(
            "by nexthop object",
            [eth0(), direct(2)],
            dst().attr_u32(RTA_NH_ID, 1),
            "add",
            "",
            2,
        ),
        row(
            "replaced",
            [eth0(), via("fe80::1")],
            via("fe80::2").flags(replace),
            "change gateway",
            "",
            1,
        ),
        row(
            "replaces a route without a gateway",
            [eth0(), direct(2)],
            via("fe80::2").flags(replace),
            "change gateway",
            "",
            1,
        ),
        row(
            "announced routes joined",
            [eth0()],
            announced().nexthops(&both),
            "add",
            "route",
            1,
        ),
        row(
            "announced by two routers",
            [eth0(), announced().dev(2).via("fe80::1")],
            announced().dev(2).via("fe80::2"),
            "add",
            "",
            2,
        ),
        row(
            "deleted",
            [eth0(), direct(2)],
            direct(2).delete(),
            "delete",
            "",
            0,
        ),
        row(
            "multipath, next hop of three deleted",
            [eth0(), all()],
            via("fe80::2").delete(),
            "change nexthops",
            "",
            1,
        ),
        row(
            "multipath, next hop of two deleted",
            [eth0(), joined()],
            via("fe80::2").delete(),
            "change gateway ifindex dev nexthops",
            "",
            1,
        ),
        row(
            "multipath, deleted",
            [eth0(), joined()],
            joined().delete(),
            "delete",
            "",
            0,
        ),
        row(
            "multipath, another route deleted",
            [eth0(), joined()],
            via("fe80::9").delete(),
            "delete",
            "",
            1,
        ),
    ]);
}

/// Until every existing object is stored, an unknown object need not be new.
#[test]
fn unknown_object_is_present_until_the_state_is_complete() {
    let mut state = super::State::new(
        crate::names::Names::builtin(),
        crate::event::kind_set::KindSet::of(Kind::ALL),
    );
    assert_eq!(apply(&mut state, &eth0()).op, Op::Present);
    assert_eq!(apply(&mut state, &eth0()).op, Op::Change);
    state.complete();
    assert_eq!(apply(&mut state, &link(3, "eth1")).op, Op::Add);
}

/// Links are stored even if they are not tracked: the other kinds need their names.
#[test]
fn untracked_object_is_not_stored() {
    let mut state = super::State::new(
        crate::names::Names::builtin(),
        crate::event::kind_set::KindSet::of(&[Kind::Neigh]),
    );
    apply(&mut state, &eth0());
    let event = apply(&mut state, &address(2, "192.0.2.1", 24).flags(NLM_F_CREATE));
    let counts = [Kind::Link, Kind::Address].map(|kind| state.count(kind));
    assert_eq!((event.op, counts), (Op::Add, [1, 0]));
}
