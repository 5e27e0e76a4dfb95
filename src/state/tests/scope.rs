//! Reconciliation of the objects of some devices, and the objects that an event makes stale.

use super::messages::*;
use super::{apply, decoded, state, summary};
use crate::event::scope::Scope;
use crate::event::{Kind, Origin, Payload};
use crate::kind::spec::Propagation;
use crate::state::{Effect, ReconcileResult, State};

/// Reconciles the objects of these devices with a complete dump of these entries. Returns the
/// changes and the result.
fn dump(
    state: &mut State,
    kind: Kind,
    devices: &[u32],
    entries: &[Msg],
) -> (String, ReconcileResult) {
    let scope = Scope::Devices(devices.iter().copied().collect());
    state.begin_reconcile(kind, Origin::Inferred, scope);
    let mut changes = Vec::new();
    for entry in entries {
        let decoded = decoded(state, entry);
        changes.extend(state.apply_dump_entry(decoded, &entry.message()));
    }
    let (result, last) = state.finish_reconcile(true);
    changes.extend(last);
    assert_eq!(result.changed, !changes.is_empty());
    let result = ReconcileResult {
        changed: false,
        ..result
    };
    let summaries = changes.iter().map(|change| {
        let Payload::Link(link) = &change.payload else {
            return summary(change.op, change.change.as_ref());
        };
        format!(
            "{} {}",
            link.ifindex,
            summary(change.op, change.change.as_ref())
        )
    });
    (summaries.collect::<Vec<_>>().join("; "), result)
}

fn clean(missing: usize) -> ReconcileResult {
    ReconcileResult {
        clean: true,
        missing,
        ..ReconcileResult::default()
    }
}

#[test]
fn an_object_outside_the_scope_is_neither_missing_nor_changed() {
    let mut state = state();
    for ifindex in [2, 3] {
        apply(&mut state, &link(ifindex, "eth"));
        apply(&mut state, &neigh(ifindex, "192.0.2.9", [2, 0, 0, 0, 0, 9]));
    }
    // A kernel that ignores the restriction lists the other device too, and there it differs.
    let entries = [link(2, "eth").attr_u32(IFLA_MTU, 1400), link(3, "other")];
    let result = dump(&mut state, Kind::Link, &[2], &entries);
    assert_eq!(result, ("2 change mtu".to_owned(), clean(0)));
    assert_eq!(dump(&mut state, Kind::Neigh, &[2], &[]).1, clean(1));
    let deleted = dump(&mut state, Kind::Neigh, &[2], &[]);
    assert_eq!(deleted, ("delete".to_owned(), clean(0)));
    assert_eq!(state.count(Kind::Neigh), 1);
    // An unknown object of another device is no addition either.
    let other = dump(
        &mut state,
        Kind::Neigh,
        &[2],
        &[neigh(3, "192.0.2.10", [2, 0, 0, 0, 0, 9])],
    );
    assert_eq!(other, (String::new(), clean(0)));
    assert_eq!(state.count(Kind::Neigh), 1);
}

#[test]
fn an_event_outside_the_scope_leaves_the_dump_clean_and_the_object_unmarked() {
    let mut state = state();
    apply(&mut state, &neigh(2, "192.0.2.9", [2, 0, 0, 0, 0, 9]));
    for (ifindex, is_clean) in [(3, true), (2, false)] {
        state.begin_reconcile(Kind::Neigh, Origin::Inferred, Scope::Devices([2].into()));
        apply(&mut state, &neigh(ifindex, "192.0.2.9", [2, 0, 0, 0, 0, 9]));
        let (result, _) = state.finish_reconcile(true);
        assert_eq!(result.clean, is_clean, "{ifindex}");
    }
    // The neighbour on device 3 is missing in the next dump of it at once.
    assert_eq!(dump(&mut state, Kind::Neigh, &[3], &[]).1, clean(1));
}

#[test]
fn a_multipath_route_that_lost_a_next_hop_is_not_deleted_but_its_other_devices_are_read() {
    let mut state = state();
    let both = route("10.0.0.0", 8).nexthops(&[(2, "192.0.2.1"), (3, "192.0.2.2")]);
    apply(&mut state, &both);
    apply(&mut state, &route("10.1.0.0", 16).dev(2));
    for missing in [1, 0] {
        let (changes, result) = dump(&mut state, Kind::Route, &[2], &[]);
        assert_eq!(changes, ["delete", ""][missing]);
        let undecided = [2, 3].into();
        assert_eq!(
            result,
            ReconcileResult {
                undecided,
                ..clean(missing)
            }
        );
    }
    let remaining = route("10.0.0.0", 8).via("192.0.2.2").dev(3);
    let (changes, result) = dump(&mut state, Kind::Route, &[2, 3], &[remaining]);
    assert!(changes.starts_with("change "), "{changes}");
    assert_eq!(result, clean(0));
    assert_eq!(state.count(Kind::Route), 1);
}

/// The kinds whose objects on some devices are stale, with the effect and the devices.
fn stale(state: &mut State, only: Kind) -> Vec<(Effect, Scope)> {
    let mut found = Vec::new();
    state.take_stale().for_each(&mut |kind, scope, effect| {
        if kind == only {
            found.push((effect, scope));
        }
    });
    found
}

#[test]
fn an_event_of_a_device_concerns_objects_of_that_device() {
    let devices = |effect, ifindex: u32| (effect, Scope::Devices([ifindex].into()));
    let mut state = state();
    apply(&mut state, &link(2, "eth0").attr_u32(IFLA_MTU, 1500));
    assert_eq!(
        stale(&mut state, Kind::Link),
        [devices(Effect::Verified, 2)]
    );
    apply(&mut state, &link(2, "eth0").attr_u32(IFLA_MTU, 1400));
    assert_eq!(
        stale(&mut state, Kind::Route),
        [devices(Effect::Verified, 2)]
    );
    // Devices around it before the event.
    apply(&mut state, &link(2, "eth0").attr_u32(IFLA_MASTER, 7));
    state.take_stale();
    apply(&mut state, &link(2, "eth0").attr_u32(IFLA_MASTER, 8));
    let masters = [devices(Effect::OnDevice, 2), devices(Effect::OnDevice, 7)];
    assert_eq!(stale(&mut state, Kind::Fdb), masters);
    apply(
        &mut state,
        &link(2, "eth0").attr_u32(IFLA_MASTER, 8).delete(),
    );
    let masters = [devices(Effect::OnDevice, 2), devices(Effect::OnDevice, 8)];
    assert_eq!(stale(&mut state, Kind::Fdb), masters);
    // A deleted address may be the source of routes through other devices.
    apply(&mut state, &address(2, "192.0.2.1", 24).delete());
    assert_eq!(
        stale(&mut state, Kind::Route),
        [devices(Effect::Anywhere, 2)]
    );
    // A group of nexthops has no device.
    apply(&mut state, &nexthop(1, 0).delete());
    assert_eq!(
        stale(&mut state, Kind::Route),
        [(Effect::Anywhere, Scope::Kind)]
    );
    // An ordinary route implies nothing.
    apply(&mut state, &route("10.0.0.0", 8).dev(2));
    assert!(state.take_stale().is_empty());
}

#[test]
fn another_active_port_of_a_bond_makes_the_filters_of_its_ports_stale() {
    const IFLA_LINKINFO: u16 = 18;
    const IFLA_INFO_KIND: u16 = 1;
    const IFLA_INFO_DATA: u16 = 2;
    const IFLA_BOND_ACTIVE_SLAVE: u16 = 2;
    const IFLA_BOND_MIIMON: u16 = 3;
    let bond = |active: u32, miimon: u32| {
        let mut data = Msg::new(0, &[]).attr_u32(IFLA_BOND_MIIMON, miimon);
        if active != 0 {
            data = data.attr_u32(IFLA_BOND_ACTIVE_SLAVE, active);
        }
        let info = Msg::new(0, &[]).attr(IFLA_INFO_KIND, b"bond");
        let info = info.attr(IFLA_INFO_DATA, &data.body);
        link(4, "bond0").attr(IFLA_LINKINFO, &info.body)
    };
    let mut state = state();
    apply(&mut state, &bond(0, 100));
    state.take_stale();
    for (active, miimon, is_stale) in [
        (2, 100, true),
        (2, 50, false),
        (3, 50, true),
        (3, 50, false),
        (0, 50, true),
    ] {
        apply(&mut state, &bond(active, miimon));
        let of_bond = (Effect::OnDevice, Scope::Devices([4].into()));
        let expected: Vec<_> = is_stale.then_some(of_bond).into_iter().collect();
        assert_eq!(stale(&mut state, Kind::Fdb), expected, "{active} {miimon}");
    }
}

#[test]
fn devices_around_a_device_are_its_lower_devices_its_master_and_its_ports() {
    const IFLA_LINK: u16 = 5;
    let mut state = state();
    let bond = link(4, "bond0").attr(18, &[9, 0, 1, 0, b'b', b'o', b'n', b'd', 0, 0, 0, 0]);
    let messages = [
        link(2, "eth0").attr_u32(IFLA_MASTER, 4),
        link(3, "eth1").attr_u32(IFLA_MASTER, 4),
        bond,
        link(5, "vlan5").attr_u32(IFLA_LINK, 4),
        link(6, "other"),
    ];
    for message in &messages {
        apply(&mut state, message);
    }
    let around = |ifindex: u32, propagation| {
        let devices = state
            .stores
            .links
            .around(&[ifindex].into(), propagation)
            .devices;
        devices
            .iter()
            .map(|device| device.ifindex)
            .collect::<Vec<_>>()
    };
    assert_eq!(around(5, Propagation::None), [5]);
    assert_eq!(around(5, Propagation::Down), [2, 3, 4, 5]);
    assert_eq!(around(2, Propagation::Down), [2]);
    assert_eq!(around(2, Propagation::Neighbourhood), [2, 3, 4]);
    assert_eq!(around(6, Propagation::Neighbourhood), [6]);
    // A deleted device.
    assert_eq!(around(9, Propagation::Neighbourhood), [9]);
}
