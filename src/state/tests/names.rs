//! (known objects, message about a device) → (objects that are renamed, former and present names).

use std::rc::Rc;

use super::messages::*;
use super::{apply, decoded, event, rename, state, summary};
use crate::event::devlink::DevlinkPort;
use crate::event::kind_set::KindSet;
use crate::event::scope::Scope;
use crate::event::values::IfName;
use crate::event::{Kind, Op, Origin, Payload};
use crate::state::{NameEffect, Renames, State, StateChange};

/// The names of the devices in an object, separated by blanks.
fn devices(payload: &Payload) -> String {
    let mut found = Vec::new();
    payload.clone().for_each_device(&mut |_, name| {
        found.push(name.map_or("?".to_owned(), |name| name.to_string()));
    });
    found.join(" ")
}

/// Kind, operation, changed fields, and the names of devices before and after.
fn renamed(change: &StateChange) -> String {
    let of = change.change.as_ref().unwrap();
    let (kind, fields) = (change.payload.kind().name(), summary(change.op, Some(of)));
    let (old, new) = (devices(of.old()), devices(&change.payload));
    format!("{kind} {fields}: {old} -> {new}")
}

/// Applies a message about a device, and brings the names into every object.
fn apply_and_rename(state: &mut State, msg: &Msg) -> Vec<String> {
    let effect = apply_only(state, msg);
    assert_eq!(effect, NameEffect::Changed);
    let changes: Vec<_> = rename(state).iter().map(renamed).collect();
    assert_eq!(rename(state).len(), 0);
    changes
}

/// Applies a message without renaming.
fn apply_only(state: &mut State, msg: &Msg) -> NameEffect {
    event(state, msg).1
}

fn with(known: &[Msg]) -> State {
    let mut state = state();
    for msg in known {
        apply(&mut state, msg);
    }
    state
}

fn port() -> Msg {
    link(3, "port").attr_u32(IFLA_MASTER, 2)
}

fn objects() -> Vec<Msg> {
    let dst = || route("10.0.0.0", 8);
    vec![
        link(2, "eth0"),
        port(),
        address(2, "192.0.2.1", 24),
        address(3, "192.0.2.2", 24),
        dst().dev(2).via("192.0.2.9"),
        route("10.1.0.0", 16).nexthops(&[(3, "192.0.2.8"), (2, "192.0.2.9")]),
        route("10.2.0.0", 16).dev(3),
        neigh(2, "192.0.2.7", [2, 0, 0, 0, 0, 1]),
        nexthop(5, 2),
    ]
}

#[test]
fn every_object_of_a_renamed_device_is_reported_with_both_names() {
    let mut state = with(&objects());
    let expected = [
        "link change master: eth0 -> lan",
        "address change dev: eth0 -> lan",
        "route change dev: eth0 -> lan",
        "route change nexthops: port eth0 -> port lan",
        "neigh change dev: eth0 -> lan",
        "nexthop change dev: eth0 -> lan",
    ];
    assert_eq!(apply_and_rename(&mut state, &link(2, "lan")), expected);
    let back = apply_and_rename(&mut state, &link(2, "eth0"));
    assert_eq!(back.len(), expected.len());
    assert!(
        back.iter().all(|change| change.ends_with("eth0")),
        "{back:?}"
    );
}

/// Each is an object of a key of the kind. During a rename they have the names of their last lines, and none is copied.
#[test]
fn the_objects_of_a_kind_are_shared_with_the_state() {
    let mut state = with(&objects());
    for kind in Kind::ALL {
        let keys = (0..state.count(*kind)).filter_map(|at| state.key_at(*kind, at));
        let expected: Vec<_> = keys.filter_map(|key| state.object(*kind, key)).collect();
        let found: Vec<_> = state.objects(*kind).collect();
        assert_eq!(found, expected, "{kind:?}");
    }
    assert_eq!(apply_only(&mut state, &link(2, "lan")), NameEffect::Changed);
    state.begin_rename();
    let found = |kind| state.objects(kind).map(|it| devices(&it));
    assert_eq!(found(Kind::Address).collect::<Vec<_>>(), ["eth0", "port"]);
    assert_eq!(found(Kind::Route).count(), 3);
    let links = || {
        state.objects(Kind::Link).filter_map(|it| match it {
            Payload::Link(link) => Some(link),
            _ => None,
        })
    };
    assert_eq!(links().count(), 2);
    assert!(links().zip(links()).all(|(a, b)| Rc::ptr_eq(&a, &b)));
}

#[test]
fn two_devices_swap_their_names() {
    let mut state = with(&objects());
    for (ifindex, name) in [(2, "tmp"), (3, "eth0"), (2, "port")] {
        // The renames are too fast for the slices.
        let rename = link(ifindex, name);
        let rename = if ifindex == 3 {
            rename.attr_u32(IFLA_MASTER, 2)
        } else {
            rename
        };
        assert_eq!(apply_only(&mut state, &rename), NameEffect::Changed);
        state.begin_rename();
    }
    let changes: Vec<_> = rename_all(&mut state);
    assert!(
        changes.contains(&"route change nexthops: port eth0 -> eth0 port".to_owned()),
        "{changes:?}"
    );
    assert!(changes.contains(&"address change dev: eth0 -> port".to_owned()));
    assert!(changes.contains(&"address change dev: port -> eth0".to_owned()));
    for kind in Kind::ALL {
        for at in 0..state.count(*kind) {
            let key = state.key_at(*kind, at).unwrap();
            let named = devices(&state.object(*kind, key).unwrap());
            assert!(
                !named.contains("tmp") && !named.contains('?'),
                "{kind:?}: {named}"
            );
        }
    }
}

/// Renames what the renames in progress have not come to.
fn rename_all(state: &mut State) -> Vec<String> {
    let mut changes = Vec::new();
    for kind in Kind::ALL {
        for at in 0..state.count(*kind) {
            let key = state.key_at(*kind, at).unwrap();
            changes.extend(state.rename(*kind, key).iter().map(renamed));
        }
    }
    state.end_rename();
    changes
}

#[test]
fn an_event_between_the_rename_and_the_slice_has_both_names() {
    let mut state = with(&objects());
    apply_only(&mut state, &link(2, "lan"));
    state.begin_rename();
    let (via, address) = (
        route("10.0.0.0", 8).dev(2).via("192.0.2.10").flags(0x100), // NLM_F_REPLACE
        address(2, "192.0.2.1", 24).header(2, &[0x20]),
    );
    for (msg, expected) in [(via, "change gateway dev"), (address, "change dev flags")] {
        let event = apply(&mut state, &msg);
        let change = event.change.as_ref().unwrap();
        assert_eq!(summary(event.op, Some(change)), expected);
        assert_eq!(
            (devices(change.old()), devices(&event.payload)),
            ("eth0".into(), "lan".into())
        );
    }
    // A deletion carries the last name.
    let event = apply(
        &mut state,
        &neigh(2, "192.0.2.7", [2, 0, 0, 0, 0, 1]).delete(),
    );
    assert_eq!(
        (event.op, devices(&event.payload)),
        (Op::Delete, "lan".into())
    );
    let expected = [
        "link change master: eth0 -> lan",
        "route change nexthops: port eth0 -> port lan",
        "nexthop change dev: eth0 -> lan",
    ];
    assert_eq!(rename_all(&mut state), expected);
}

#[test]
fn a_dump_reveals_a_rename() {
    let mut state = with(&objects());
    state.begin_reconcile(Kind::Link, Origin::Resync, Scope::Kind);
    for msg in [link(2, "lan"), port()] {
        let decoded = decoded(&state, &msg);
        state.apply_dump_entry(decoded, &msg.message());
    }
    let (_, changes) = state.finish_reconcile(true);
    let changes: Vec<_> = changes
        .iter()
        .map(|it| summary(it.op, it.change.as_ref()))
        .collect();
    assert_eq!(changes, ["change ifname", "change master"]);
    assert!(state.has_name_changes());
    let changes: Vec<_> = rename(&mut state).iter().map(renamed).collect();
    assert_eq!(changes.len(), 5, "{changes:?}");
}

#[test]
fn deletion_after_that_of_the_device_has_its_last_name() {
    for msg in objects().into_iter().skip(2) {
        let mut state = with(&objects());
        let before = devices(&apply(&mut state, &msg).payload);
        for device in [link(2, "eth0"), port()] {
            apply(&mut state, &device.delete());
        }
        // Another device has the index of the first.
        apply(&mut state, &link(2, "new"));
        let event = apply(&mut state, &msg.delete());
        assert_eq!((event.op, devices(&event.payload)), (Op::Delete, before));
    }
}

#[test]
fn objects_that_a_dump_lacks_have_the_last_name_of_their_device() {
    for kind in [Kind::Address, Kind::Route, Kind::Neigh, Kind::Nexthop] {
        let mut state = with(&objects());
        for device in [link(2, "eth0"), port()] {
            apply(&mut state, &device.delete());
        }
        apply(&mut state, &link(2, "new"));
        let mut deleted = Vec::new();
        for _ in 0..2 {
            state.begin_reconcile(kind, Origin::Inferred, Scope::Kind);
            deleted = state.finish_reconcile(true).1;
        }
        assert!(!deleted.is_empty());
        for change in &deleted {
            let named = devices(&change.payload);
            assert!(
                !named.contains("new") && !named.contains('?'),
                "{kind:?}: {named}"
            );
        }
    }
}

#[test]
fn deletion_of_an_object_that_is_not_stored_has_the_last_name_of_its_device() {
    let mut state = with(&[link(2, "eth0"), link(2, "eth0").delete()]);
    for msg in [
        address(2, "192.0.2.1", 24),
        route("10.0.0.0", 8).dev(2),
        nexthop(5, 2),
        class(2),
    ] {
        let event = apply(&mut state, &msg.delete());
        assert_eq!(devices(&event.payload), "eth0");
    }
    // Objects of a new device with the index come before it.
    let event = apply(&mut state, &address(2, "192.0.2.1", 24));
    assert_eq!(devices(&event.payload), "?");
    let event = apply(&mut state, &address(2, "192.0.2.1", 24).delete());
    assert_eq!(devices(&event.payload), "?");
}

#[test]
fn what_is_reported_before_its_device_waits_for_the_name() {
    let mut state = state();
    let (mut waiting, effect) = event(&mut state, &netconf(2));
    assert_eq!(effect, NameEffect::Unnamed);
    let key = crate::state::key(&waiting.payload).unwrap();
    assert!(!state.complete_names(key, &mut waiting, false));
    // Other kinds are reported after their device: one that is not known was missed.
    for msg in [address(2, "192.0.2.1", 24), route("10.0.0.0", 8).dev(2)] {
        assert_eq!(apply_only(&mut state, &msg), NameEffect::None);
    }
    assert_eq!(apply_only(&mut state, &port()), NameEffect::Changed);
    assert_eq!(rename(&mut state).len(), 0);
    assert_eq!(
        apply_only(&mut state, &link(2, "eth0")),
        NameEffect::Changed
    );
    assert!(state.complete_names(key, &mut waiting, false));
    assert_eq!(devices(&waiting.payload), "eth0");
    let stored = state.object(Kind::Netconf, key).unwrap();
    assert_eq!(devices(&stored), "eth0");
    let changes: Vec<_> = rename(&mut state).iter().map(renamed).collect();
    assert_eq!(
        changes,
        [
            "link change master: ? -> eth0",
            "address change dev: ? -> eth0",
            "route change dev: ? -> eth0"
        ]
    );
}

#[test]
fn what_was_reported_without_a_name_gets_it_with_the_device() {
    let mut state = state();
    let (waiting, _) = event(&mut state, &netconf(2));
    state.note_unresolved(&waiting.payload);
    let changes = apply_and_rename(&mut state, &link(2, "eth0"));
    assert_eq!(changes, ["netconf change dev: ? -> eth0"]);
    let changes = apply_and_rename(&mut state, &link(3, "eth1"));
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn few_objects_without_a_name_are_renamed_alone_and_many_by_their_kind() {
    for (count, listed) in [(1, true), (16, true), (17, false)] {
        let mut state = state();
        let addresses: Vec<_> = (1..=count)
            .map(|last| address(2, &format!("192.0.2.{last}"), 24))
            .collect();
        for msg in &addresses {
            apply_only(&mut state, msg);
            // A second report of the same object.
            apply_only(&mut state, msg);
        }
        apply_only(&mut state, &link(2, "eth0"));
        let renames = state.begin_rename();
        match listed {
            true => assert_eq!(
                (renames.objects.len(), renames.kinds.is_empty()),
                (count, true)
            ),
            false => assert_eq!(
                renames,
                Renames {
                    kinds: KindSet::of(&[Kind::Address]),
                    objects: Vec::new()
                }
            ),
        }
    }
}

#[test]
fn each_object_gets_the_name_however_many_there_are() {
    for count in [1, 16, 17, 200] {
        let mut state = state();
        for last in 1..=count {
            apply_only(&mut state, &address(2, &format!("192.0.2.{last}"), 24));
        }
        let changes = apply_and_rename(&mut state, &link(2, "eth0"));
        assert_eq!(changes, vec!["address change dev: ? -> eth0"; count]);
    }
}

#[test]
fn a_device_that_only_a_part_of_the_messages_told_of_is_deleted_by_dumps() {
    let mut state = state();
    let event = apply(&mut state, &partial_link(7, libc::AF_BRIDGE));
    assert_eq!((event.op, state.count(Kind::Link)), (Op::Present, 1));
    let mut changes = Vec::new();
    for _ in 0..2 {
        state.begin_reconcile(Kind::Link, Origin::Resync, Scope::Kind);
        changes = state.finish_reconcile(true).1;
    }
    let ops: Vec<_> = changes.iter().map(|change| change.op).collect();
    assert_eq!((ops, state.count(Kind::Link)), (vec![Op::Delete], 0));
}

/// It may be read before the message about the link, which another socket has.
#[test]
fn a_message_keeps_the_name_that_it_has_of_a_device_that_is_not_known() {
    let port = |netdev| DevlinkPort {
        netdev_ifindex: Some(2),
        netdev,
        ..DevlinkPort::default()
    };
    let named = |state: &State, netdev| {
        let mut payload = Payload::from(port(netdev));
        let unresolved = state.stores.name_devices(&mut payload);
        (unresolved, devices(&payload))
    };
    let eth0 = IfName::new(b"eth0");
    assert_eq!(named(&state(), None), (true, "?".to_owned()));
    assert_eq!(named(&state(), eth0), (false, "eth0".to_owned()));
    // That of the link is the same, or newer.
    let known = with(&[link(2, "new")]);
    assert_eq!(named(&known, eth0), (false, "new".to_owned()));
}
