//! The changes that the kernel makes without a word, by what comes before them.

use crate::event::kind_set::KindSet;
use crate::event::link::Link;
use crate::event::{Change, Kind, Op, Payload};

/// IPv4 routes, and nexthops, go with their device, and their legs with its carrier. Multicast
/// groups that the kernel joins on it, and their neighbours, come. A device that comes up gets the
/// default queueing discipline, and one that goes takes its own along.
const WITH_A_DEVICE: KindSet = KindSet::of(&[
    Kind::Route,
    Kind::Nexthop,
    Kind::Neigh,
    Kind::Fdb,
    Kind::Netconf,
    Kind::Maddress,
    Kind::Acaddress,
    Kind::Qdisc,
]);
/// The kernel joins multicast groups on a new device while it is down.
const WITH_A_NEW_DEVICE: KindSet = KindSet::of(&[Kind::Fdb, Kind::Maddress]);
/// A device that joins or leaves a bridge or VRF takes entries along.
const WITH_A_MASTER: KindSet = KindSet::of(&[
    Kind::Route,
    Kind::Neigh,
    Kind::Fdb,
    Kind::Mdb,
    Kind::Vlan,
    Kind::Vni,
]);
/// IPv4 routes go with their nexthop, and groups lose their members.
const WITH_A_NEXTHOP: KindSet = KindSet::of(&[Kind::Route, Kind::Nexthop, Kind::NexthopBucket]);
/// An address comes with multicast groups: entries of the device's own filter, and neighbours.
const WITH_AN_ADDRESS: KindSet = KindSet::of(&[Kind::Neigh, Kind::Fdb]);
/// IPv4 routes go with the subnet of their router.
const WITHOUT_AN_ADDRESS: KindSet = KindSet::of(&[Kind::Route, Kind::Fdb]);

/// A queueing discipline takes those below it along, or brings some; in the place of a root that
/// goes comes the default one.
const WITH_A_QDISC: KindSet = KindSet::of(&[Kind::Qdisc]);

/// The kinds of which objects may have changed without a word when this was told.
pub fn stale_kinds(op: Op, payload: &Payload, change: Option<&Change>) -> KindSet {
    match payload {
        Payload::Link(_) if op == Op::Delete => WITH_A_DEVICE.or(WITH_A_MASTER),
        Payload::Link(_) if op == Op::Add => WITH_A_NEW_DEVICE,
        Payload::Link(link) => match change.map(Change::old) {
            Some(Payload::Link(old)) => stale_kinds_of_link(link, old),
            _ => KindSet::EMPTY,
        },
        Payload::Qdisc(_) => WITH_A_QDISC,
        // With its leaf.
        Payload::Class(_) if op == Op::Delete => WITH_A_QDISC,
        Payload::Nexthop(_) if matches!(op, Op::Change | Op::Delete) => WITH_A_NEXTHOP,
        Payload::Address(address) => match (op, change.map(Change::old)) {
            (Op::Delete, _) => WITHOUT_AN_ADDRESS,
            // The groups of an IPv6 address are joined while it is tentative.
            (_, Some(Payload::Address(old))) if old.flags == address.flags => KindSet::EMPTY,
            _ => WITH_AN_ADDRESS,
        },
        _ => KindSet::EMPTY,
    }
}

fn stale_kinds_of_link(link: &Link, old: &Link) -> KindSet {
    let mut kinds = KindSet::EMPTY;
    if link.flags != old.flags || link.operstate != old.operstate {
        kinds = kinds.or(WITH_A_DEVICE);
    }
    if link.qdisc != old.qdisc || link.num_tx_queues != old.num_tx_queues {
        kinds = kinds.or(WITH_A_QDISC);
    }
    if link.master_index != old.master_index {
        kinds = kinds.or(WITH_A_MASTER);
    }
    kinds
}
