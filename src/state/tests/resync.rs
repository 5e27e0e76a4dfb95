//! (known objects, dumps) → (changes, stale kinds, result of the last dump).

use super::messages::*;
use super::{apply, decoded, names, state, summary};
use crate::event::scope::Scope;
use crate::event::{Kind, Origin};
use crate::state::store::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL};
use crate::state::{ReconcileResult, State};

/// Something that arrives while a dump is read.
#[derive(Clone)]
enum Step {
    Entry(Msg),
    Event(Msg),
    /// The dump ends before the kernel sent all of it.
    Truncated,
}
use Step::{Entry, Event, Truncated};

struct Row {
    name: &'static str,
    kind: Kind,
    known: Vec<Msg>,
    dumps: Vec<Vec<Step>>,
    /// The changes of the last dump, each with a semicolon after it.
    expected: &'static str,
    stale: &'static str,
    /// Whether the last dump was clean, and how many objects it missed.
    result: (bool, usize),
}

/// Reads a dump; returns its changes and its result.
fn dump(state: &mut State, kind: Kind, origin: Origin, steps: &[Step]) -> (String, (bool, usize)) {
    let mut changes = Vec::new();
    let mut is_whole = true;
    state.begin_reconcile(kind, origin, Scope::Kind);
    for step in steps {
        match step {
            Entry(msg) => {
                let decoded = decoded(state, msg);
                changes.extend(state.apply_dump_entry(decoded, &msg.message()));
            }
            Event(msg) => {
                apply(state, msg);
                state.take_stale();
            }
            Truncated => is_whole = false,
        }
    }
    let (ReconcileResult { clean, missing, .. }, last) = state.finish_reconcile(is_whole);
    changes.extend(last);
    let changes: Vec<_> = changes
        .iter()
        .map(|change| summary(change.op, change.change.as_ref()) + ";")
        .collect();
    (changes.join(" "), (clean, missing))
}

#[test]
fn resyncs() {
    let eth0 = || link(2, "eth0");
    let eth1 = || link(3, "eth1");
    let own = || address(2, "192.0.2.1", 24);
    let other = || address(2, "192.0.2.2", 24);
    let dst = || route("10.0.0.0", 8);
    let via = |address| dst().dev(2).via(address);
    let (one, two) = ("192.0.2.1", "192.0.2.2");
    let siblings = || {
        vec![
            eth0(),
            via(one).flags(NLM_F_CREATE | NLM_F_EXCL),
            via(two).flags(NLM_F_CREATE | NLM_F_APPEND),
        ]
    };
    let row = |name, kind, known, dumps, expected, stale, result| Row {
        name,
        kind,
        known,
        dumps,
        expected,
        stale,
        result,
    };
    let rows = vec![
        row(
            "nothing differs",
            Kind::Address,
            vec![eth0(), own()],
            vec![vec![Entry(own())]],
            "",
            "",
            (true, 0),
        ),
        row(
            "missed add",
            Kind::Address,
            vec![eth0()],
            vec![vec![Entry(own())]],
            "add;",
            "neigh fdb",
            (true, 0),
        ),
        row(
            "missed change",
            Kind::Address,
            vec![eth0(), own()],
            vec![vec![Entry(own().header(2, &[0x20]))]],
            "change flags;",
            "neigh fdb",
            (true, 0),
        ),
        row(
            "missing once",
            Kind::Address,
            vec![eth0(), own(), other()],
            vec![vec![Entry(own())]],
            "",
            "",
            (true, 1),
        ),
        row(
            "missing twice",
            Kind::Address,
            vec![eth0(), own(), other()],
            vec![vec![Entry(own())], vec![Entry(own())]],
            "delete;",
            "route fdb",
            (true, 0),
        ),
        row(
            "missing, back again, missing",
            Kind::Address,
            vec![eth0(), own(), other()],
            vec![
                vec![Entry(own())],
                vec![Entry(own()), Entry(other())],
                vec![Entry(own())],
            ],
            "",
            "",
            (true, 1),
        ),
        row(
            "missing in a truncated dump",
            Kind::Address,
            vec![eth0(), own(), other()],
            vec![vec![Entry(own())], vec![Entry(own()), Truncated]],
            "",
            "",
            (false, 1),
        ),
        row(
            "missing in a dump with an event",
            Kind::Address,
            vec![eth0(), own(), other()],
            vec![vec![Entry(own())], vec![Event(own())]],
            "",
            "",
            (false, 1),
        ),
        row(
            "entry is older than an event",
            Kind::Address,
            vec![eth0(), own()],
            vec![vec![Event(own().delete()), Entry(own())]],
            "",
            "",
            (false, 0),
        ),
        row(
            "event of another kind",
            Kind::Address,
            vec![eth0(), own()],
            vec![vec![Event(eth1()), Entry(own())]],
            "",
            "",
            (true, 0),
        ),
        row(
            "entry of another kind",
            Kind::Address,
            vec![eth0(), own()],
            vec![vec![Entry(own()), Entry(eth1())]],
            "",
            "",
            (true, 0),
        ),
        row(
            "rename is reported before",
            Kind::Address,
            vec![eth0(), own(), link(2, "lan")],
            vec![vec![Entry(own())]],
            "",
            "",
            (true, 0),
        ),
        row(
            "first name of the device",
            Kind::Address,
            vec![own(), eth0()],
            vec![vec![Entry(own())]],
            "",
            "",
            (true, 0),
        ),
        row(
            "links, nothing differs",
            Kind::Link,
            vec![eth0(), eth1()],
            vec![vec![Entry(eth0()), Entry(eth1())]],
            "",
            "",
            (true, 0),
        ),
        row(
            "links, missed add",
            Kind::Link,
            vec![eth0()],
            vec![vec![Entry(eth0()), Entry(eth1())]],
            "add;",
            "fdb maddress neightbl ethtool netdev_queue netdev_napi",
            (true, 0),
        ),
        row(
            "links, name of a master that is dumped later",
            Kind::Link,
            vec![eth0()],
            vec![vec![Entry(eth0().attr_u32(IFLA_MASTER, 3)), Entry(eth1())]],
            "change master master_index; add;",
            "route neigh fdb mdb vlan vni maddress neightbl ethtool netdev_queue netdev_napi",
            (true, 0),
        ),
        row(
            "links, missing twice",
            Kind::Link,
            vec![eth0(), eth1()],
            vec![vec![Entry(eth0())], vec![Entry(eth0())]],
            "delete;",
            "route neigh fdb mroute nexthop netconf mdb vlan vni maddress acaddress neightbl qdisc ethtool \
             netdev_queue netdev_napi nft_chain nft_flowtable",
            (true, 0),
        ),
        row(
            "routes, nothing differs",
            Kind::Route,
            siblings(),
            vec![vec![Entry(via(one)), Entry(via(two))]],
            "",
            "",
            (true, 0),
        ),
        row(
            "routes, age is no change",
            Kind::Route,
            vec![eth0(), dst().dev(2).attr(RTA_CACHEINFO, &expires(9))],
            vec![vec![Entry(dst().dev(2).attr(RTA_CACHEINFO, &expires(8)))]],
            "",
            "",
            (true, 0),
        ),
        row(
            "routes, one that does not expire any more",
            Kind::Route,
            vec![eth0(), dst().dev(2).attr(RTA_CACHEINFO, &expires(9))],
            vec![vec![Entry(dst().dev(2))]],
            "change expires;",
            "",
            (true, 0),
        ),
        row(
            "routes, one that expires now",
            Kind::Route,
            vec![eth0(), dst().dev(2)],
            vec![vec![Entry(dst().dev(2).attr(RTA_CACHEINFO, &expires(9)))]],
            "change expires;",
            "",
            (true, 0),
        ),
        row(
            "routes, missed change",
            Kind::Route,
            vec![eth0(), via(one)],
            vec![vec![Entry(via(two))]],
            "change gateway;",
            "",
            (true, 0),
        ),
        row(
            "routes, missed sibling",
            Kind::Route,
            vec![eth0(), via(one)],
            vec![vec![Entry(via(one)), Entry(via(two))]],
            "add;",
            "",
            (true, 0),
        ),
        row(
            "routes, sibling missing twice",
            Kind::Route,
            siblings(),
            vec![vec![Entry(via(two))], vec![Entry(via(two))]],
            "delete;",
            "",
            (true, 0),
        ),
        row(
            "routes, sibling of an event",
            Kind::Route,
            vec![eth0(), via(one)],
            vec![vec![
                Event(via(two).flags(NLM_F_CREATE | NLM_F_APPEND)),
                Entry(via(one)),
                Entry(via(two)),
            ]],
            "",
            "",
            (false, 0),
        ),
        row(
            "routes, first name of the device",
            Kind::Route,
            vec![dst().dev(2), eth0()],
            vec![vec![Entry(dst().dev(2))]],
            "",
            "",
            (true, 0),
        ),
        row(
            "routes, rename is reported before",
            Kind::Route,
            vec![eth0(), dst().dev(2), link(2, "lan")],
            vec![vec![Entry(dst().dev(2))]],
            "",
            "",
            (true, 0),
        ),
    ];
    let mut faults = Vec::new();
    for row in rows {
        let mut state = state();
        for known in &row.known {
            apply(&mut state, known);
        }
        let mut last = Default::default();
        for steps in &row.dumps {
            state.take_stale();
            last = dump(&mut state, row.kind, Origin::Resync, steps);
        }
        let result = (last.0, names(state.take_stale()), last.1);
        let expected = (row.expected.to_owned(), row.stale.to_owned(), row.result);
        if result != expected {
            faults.push(format!(
                "{}:\n  got      {result:?}\n  expected {expected:?}",
                row.name
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Objects of the initial snapshot are present, not new, and reveal no missed change.
#[test]
fn snapshot() {
    let mut state = State::new(
        crate::names::Names::builtin(),
        crate::event::kind_set::KindSet::of(Kind::ALL),
    );
    let steps = [Entry(link(2, "eth0")), Entry(link(3, "eth1"))];
    let links = dump(&mut state, Kind::Link, Origin::Snapshot, &steps);
    assert_eq!(links, ("present; present;".to_owned(), (true, 0)));
    let steps = [Entry(address(2, "192.0.2.1", 24))];
    let addresses = dump(&mut state, Kind::Address, Origin::Snapshot, &steps);
    assert_eq!(addresses, ("present;".to_owned(), (true, 0)));
    assert!(state.take_stale().is_empty());
    // Both kinds are complete now, the others are not.
    assert_eq!(apply(&mut state, &link(4, "eth2")).op.name(), "add");
    assert_eq!(apply(&mut state, &rule(100, 254)).op.name(), "present");
}
