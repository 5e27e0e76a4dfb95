//! Counts of changes by kind and device.

use super::*;
use crate::event::meta::{Gap, GapCause};

const NEWLINK: u8 = 16;
const DELLINK: u8 = 17;
const LOWER_UP: u32 = 1 << 16;

/// RTM_NEWLINK or RTM_DELLINK of a device, as an event.
fn link(run: &mut Run, kind: u8, ifindex: u32, name: &str, flags: u32) {
    let mut message = vec![
        0, 0, 0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
    ];
    message.extend(ifindex.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 4]);
    let mut padded = name.as_bytes().to_vec();
    padded.resize(12, 0);
    message.extend([16, 0, 3, 0]);
    message.extend(padded);
    // IFLA_TXQLEN: without it the message is not a complete one.
    message.extend([8, 0, 13, 0, 232, 3, 0, 0]);
    message[0] = message.len() as u8;
    run.feed(Input {
        time: Time::default(),
        data: InputData::Datagram(channel(NetnsId::OWN, Role::Events), &message),
    });
}

fn counted() -> Run {
    let mut run = Run::new();
    run.pipeline.count_network();
    run.control(NetnsId::OWN, ControlRecord::Sync);
    run
}

fn totals(run: &Run) -> &NetworkTotals {
    run.pipeline.network().unwrap().0
}

#[test]
fn a_device_that_loses_and_regains_its_carrier_is_counted() {
    let mut run = counted();
    link(&mut run, NEWLINK, 2, "eth0", LOWER_UP);
    for _ in 0..3 {
        link(&mut run, NEWLINK, 2, "eth0", 0);
        link(&mut run, NEWLINK, 2, "eth0", LOWER_UP);
    }
    // The same again: no transition.
    link(&mut run, NEWLINK, 2, "eth0", LOWER_UP);
    link(&mut run, DELLINK, 2, "eth0", LOWER_UP);
    let devices = totals(&run).devices();
    let [((_, name), counts)] = &*devices else {
        panic!("{devices:?}");
    };
    assert_eq!(name.as_bytes(), b"eth0");
    assert_eq!((counts.ups, counts.downs), (4, 4));
    let kinds: Vec<_> = totals(&run).kinds().collect();
    let (kind, changes) = kinds[0];
    assert_eq!((kind, changes.added, changes.deleted), (Kind::Link, 1, 1));
}

#[test]
fn objects_that_a_snapshot_lists_are_no_changes() {
    let mut run = Run::new();
    run.pipeline.count_network();
    run.address(NetnsId::OWN, Role::Dumps, NEW, 1);
    run.control(NetnsId::OWN, ControlRecord::Sync);
    assert_eq!(totals(&run).kinds().count(), 0);
    run.address(NetnsId::OWN, Role::Events, NEW, 2);
    assert_eq!(totals(&run).kinds().count(), 1);
}

#[test]
fn any_number_of_devices_has_a_limited_number_of_counts() {
    let mut run = counted();
    for number in 0..1100 {
        link(&mut run, NEWLINK, number + 2, &format!("v{number}"), 0);
    }
    assert_eq!(totals(&run).devices().len(), 1000);
    assert_eq!(totals(&run).other.changes, 100);
    // The places of deleted devices are given to others.
    for number in 0..600 {
        link(&mut run, DELLINK, number + 2, &format!("v{number}"), 0);
    }
    link(&mut run, NEWLINK, 5000, "eth0", LOWER_UP);
    let devices = totals(&run).devices();
    assert_eq!(devices.len(), 401);
    assert!(
        devices
            .iter()
            .any(|((_, name), it)| name.as_bytes() == b"eth0" && it.ups == 1)
    );
}

#[test]
fn gaps_are_counted_by_cause() {
    let mut run = counted();
    let gap = Gap {
        cause: GapCause::Overflow,
        family: None,
        kinds: None,
        errno: None,
        lost: Some(3),
        from: None,
        to: None,
        by: None,
    };
    run.control(NetnsId::OWN, ControlRecord::Gap(gap));
    let gaps: Vec<_> = totals(&run)
        .gaps()
        .filter(|(_, number)| *number > 0)
        .collect();
    assert_eq!(gaps, [("overflow", 1)]);
}
