//! (known objects, event) → (operation, changed fields, stale kinds, number of stored objects).

mod link;
mod object;
mod route;

use super::messages::*;
use super::{apply, names, state, summary};
use crate::event::{Kind, Op};
use crate::netlink::rtm::RTM_GETNEIGH;
use crate::state::store::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};

/// The kinds that are stale after a device was added.
const NEW_DEVICE: &str = "fdb maddress neightbl ethtool netdev_queue netdev_napi";
/// After a change of a device's flags or operational state.
const DEVICE: &str = "route neigh fdb nexthop netconf maddress acaddress qdisc ethtool \
                      netdev_queue netdev_napi";
/// After a change of a device's master.
const MASTER: &str = "route neigh fdb mdb vlan vni";
/// After a device was deleted.
const OLD_DEVICE: &str = "route neigh fdb mroute nexthop netconf mdb vlan vni maddress acaddress neightbl qdisc ethtool \
     netdev_queue netdev_napi nft_chain nft_flowtable";
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
