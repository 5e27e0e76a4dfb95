//! Names of devices in the lines: events that wait for them, and renames.

use jiff::Timestamp;
use serde_json::Value;

use super::{NEW, Run, channel};
use crate::channel::NetnsId;
use crate::event::meta::CheckpointReason;
use crate::event::scope::Scope;
use crate::event::values::Time;
use crate::event::{Kind, Origin};
use crate::input::{ControlRecord, Input, InputData, Role};
use crate::netlink::build::{attr, message};
use crate::netlink::rtm::{RTM_DELLINK, RTM_DELNETCONF, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWNETCONF};

const NETCONFA_IFINDEX: u16 = 1;
const NETCONFA_FORWARDING: u16 = 2;
const IFLA_IFNAME: u16 = 3;
const IFLA_TXQLEN: u16 = 13;

pub(super) fn millis(millis: i64) -> Time {
    Time(Timestamp::from_millisecond(millis).unwrap())
}

fn netconf(ifindex: u32) -> Vec<u8> {
    let mut body = vec![2, 0, 0, 0];
    body.extend(attr(NETCONFA_IFINDEX, &ifindex.to_ne_bytes()));
    body.extend(attr(NETCONFA_FORWARDING, &1_u32.to_ne_bytes()));
    message(RTM_NEWNETCONF, &body)
}

fn netconf_deleted(ifindex: u32) -> Vec<u8> {
    let body = [
        vec![2, 0, 0, 0],
        attr(NETCONFA_IFINDEX, &ifindex.to_ne_bytes()),
    ]
    .concat();
    message(RTM_DELNETCONF, &body)
}

/// A forwarding entry of a port of a bridge.
fn fdb(port: u32, bridge: u32) -> Vec<u8> {
    const NDA_LLADDR: u16 = 2;
    const NDA_MASTER: u16 = 9;
    let mut body = vec![0; 12];
    body[0] = libc::AF_BRIDGE as u8;
    body[4..8].copy_from_slice(&port.to_ne_bytes());
    body.extend(attr(NDA_LLADDR, &[2, 0, 0, 0, 0, 7]));
    body.extend(attr(NDA_MASTER, &bridge.to_ne_bytes()));
    message(RTM_NEWNEIGH, &body)
}

fn link(ifindex: u32, name: &str) -> Vec<u8> {
    link_with_flags(ifindex, name, 0)
}

pub(super) fn link_with_flags(ifindex: u32, name: &str, flags: u32) -> Vec<u8> {
    let mut body = vec![0; 16];
    body[2] = 1; // ARPHRD_ETHER
    body[4..8].copy_from_slice(&ifindex.to_ne_bytes());
    body[8..12].copy_from_slice(&flags.to_ne_bytes());
    body.extend(attr(IFLA_IFNAME, name.as_bytes()));
    // A complete message has it, one about a part of the device has not.
    body.extend(attr(IFLA_TXQLEN, &1000_u32.to_ne_bytes()));
    message(RTM_NEWLINK, &body)
}

impl Run {
    fn synced() -> Self {
        let mut run = Run::new();
        run.control(NetnsId::OWN, ControlRecord::Sync);
        run.take_lines();
        run
    }

    fn event(&mut self, at: i64, message: &[u8]) {
        let data = InputData::Datagram(channel(NetnsId::OWN, Role::Events), message);
        let time = millis(at);
        self.feed(Input { time, data });
    }

    /// The lines since the last call: milliseconds, kind, op, name of the device and of changed
    /// fields.
    fn take(&mut self) -> Vec<String> {
        let lines = std::mem::take(&mut self.lines);
        let lines = lines.split(|byte| *byte == b'\n');
        let summary = |line: &[u8]| {
            let line: Value = serde_json::from_slice(line).unwrap();
            let time: Timestamp = line["time"].as_str().unwrap().parse().unwrap();
            let text = |name: &str| line[name].as_str().unwrap_or("?").to_owned();
            let changed = match &line["changed"] {
                Value::Null => String::new(),
                changed => format!(" {changed}"),
            };
            let (time, kind, op) = (time.as_millisecond(), text("kind"), text("op"));
            format!("{time} {kind} {op} {}{changed}", text("ifname"))
        };
        lines.filter(|it| !it.is_empty()).map(summary).collect()
    }
}

#[test]
fn first_line_of_an_object_of_a_new_device_has_its_name() {
    let mut run = Run::synced();
    run.event(5, &netconf(7));
    run.event(6, &netconf(8));
    assert_eq!(run.take(), Vec::<String>::new());
    run.event(7, &link(7, "eth0"));
    // Not earlier than the line before.
    assert_eq!(run.take(), ["7 link add eth0", "7 netconf add eth0"]);
    // In one datagram.
    run.event(9, &[netconf(7), link(8, "eth1")].concat());
    assert_eq!(
        run.take(),
        [
            "9 netconf change eth0 []",
            "9 link add eth1",
            "9 netconf add eth1"
        ]
    );
}

/// The stored object keeps the name of the deleted device, so the line has it as well.
#[test]
fn waiting_line_has_the_names_of_the_stored_object() {
    let mut run = Run::of_recording();
    run.control(NetnsId::OWN, ControlRecord::Sync);
    run.take_lines();
    let deleted = |ifindex, name| {
        let mut message = link(ifindex, name);
        message[4..6].copy_from_slice(&RTM_DELLINK.to_ne_bytes());
        message
    };
    run.event(5, &link(7, "br0"));
    run.event(6, &fdb(9, 7));
    run.event(7, &deleted(7, "br0"));
    // Another device with its index.
    run.event(8, &link(7, "eth7"));
    run.take();
    run.event(2000, &[]);
    let lines = std::mem::take(&mut run.lines);
    let line: Value = serde_json::from_slice(&lines).unwrap();
    run.control(
        NetnsId::OWN,
        ControlRecord::BeginCheckpoint(CheckpointReason::Signal),
    );
    run.control(NetnsId::OWN, ControlRecord::EndCheckpoint);
    let lines = std::mem::take(&mut run.lines);
    let lines = lines
        .split(|byte| *byte == b'\n')
        .filter(|it| !it.is_empty());
    let mut lines = lines.map(|it| serde_json::from_slice::<Value>(it).unwrap());
    let stored = lines.find(|it| it["kind"] == "fdb").unwrap();
    assert_eq!((&line["fdb"], &line["op"]), (&stored["fdb"], &"add".into()));
    assert_eq!(stored["fdb"]["master"], "br0");
}

/// A forwarding entry moves from a port that does not come to one that comes.
#[test]
fn lines_of_an_object_keep_their_order_while_one_waits() {
    let mut run = Run::of_recording();
    run.control(NetnsId::OWN, ControlRecord::Sync);
    run.event(5, &link(7, "br0"));
    run.take();
    run.event(5, &fdb(9, 7));
    run.event(6, &fdb(8, 7));
    run.event(7, &link(8, "eth8"));
    assert_eq!(run.take(), ["7 link add eth8"]);
    run.event(2000, &[]);
    let expected = ["7 fdb add ?", "7 fdb change eth8 [\"ifindex\"]"];
    assert_eq!(run.take(), expected);
}

#[test]
fn event_whose_device_does_not_come_is_written_without_a_name() {
    type End = fn(&mut Run);
    let ends: [(&str, End); 4] = [
        ("later", |run| run.event(2000, &[])),
        ("deletion", |run| run.event(7, &netconf_deleted(9))),
        ("slice", |run| {
            run.control(NetnsId::OWN, ControlRecord::Slice(1))
        }),
        ("dump entry", |run| {
            let data = InputData::Datagram(channel(NetnsId::OWN, Role::Dumps), &netconf(9));
            let time = millis(7);
            run.feed(Input { time, data });
        }),
    ];
    for (name, end) in ends {
        let mut run = Run::synced();
        run.event(5, &netconf(7));
        run.event(6, &link(1, "lo"));
        // Neither a deletion of another kind nor the begin of a dump ends the wait.
        run.address(NetnsId::OWN, Role::Events, super::DEL, 1);
        let begin = ControlRecord::BeginReconcile(Kind::Address, Origin::Inferred, Scope::Kind);
        run.control(NetnsId::OWN, begin);
        assert_eq!(run.take(), ["6 link add lo", "0 address delete lo"]);
        end(&mut run);
        assert_eq!(run.take()[0], "6 netconf add ?", "{name}");
        run.event(3000, &link(7, "eth0"));
        let lines = run.take();
        let expected = ["3000 link add eth0", "3000 netconf change eth0 [\"dev\"]"];
        assert_eq!(lines[lines.len() - 2..], expected, "{name}");
    }
}

#[test]
fn rename_with_many_objects_is_told_in_slices() {
    const OBJECTS: u32 = 10_000;
    let mut run = Run::synced();
    run.event(1, &link(1, "eth0"));
    for n in 0..OBJECTS {
        let [_, _, high, low] = n.to_be_bytes();
        run.address_of(high, low, NEW);
    }
    run.take();
    run.event(2, &link(1, "lan"));
    let first = run.take();
    assert_eq!(first[0], "2 link change lan [\"ifname\"]");
    assert!(first.len() > 1000 && first.len() < 5000, "{}", first.len());
    // Meanwhile one object changes, one is deleted, and the device is renamed again.
    run.address_of(0, 0, NEW);
    run.address_of(0, 1, super::DEL);
    let between = run.take();
    assert_eq!(
        between,
        ["0 address change lan [\"dev\"]", "0 address delete lan"]
    );
    run.event(3, &link(1, "wan"));
    let mut lines = run.take();
    let mut slices = 0;
    while run.pipeline.is_renaming() {
        run.control(NetnsId::OWN, ControlRecord::Slice(1000));
        lines.extend(run.take());
        slices += 1;
    }
    assert!(slices > 5, "{slices}");
    assert_eq!(lines.len(), OBJECTS as usize, "the link and 9999 addresses");
    assert!(lines.iter().all(|line| line.contains(" wan ")), "{lines:?}");
    run.control(NetnsId::OWN, ControlRecord::Slice(1000));
    assert_eq!(run.take(), Vec::<String>::new());
    assert_eq!(
        run.pipeline
            .namespaces
            .get(NetnsId::OWN)
            .state
            .count(Kind::Address),
        9999
    );
}

/// Without a limit each rename would have a line for each of 4,096 objects.
#[test]
fn lines_of_repeated_renames_are_a_multiple_of_the_inputs() {
    const OBJECTS: u32 = 4000;
    const RENAMES: u32 = 500;
    let mut run = Run::synced();
    run.event(1, &link(1, "eth0"));
    for n in 0..OBJECTS {
        let [_, _, high, low] = n.to_be_bytes();
        run.address_of(high, low, NEW);
    }
    run.take();
    for number in 0..RENAMES {
        run.event(2, &link(1, &format!("e{number}")));
    }
    let lines = run.take().len() as u32;
    let most = super::super::names::FIRST_SLICE + 65 * RENAMES;
    assert!((OBJECTS..most).contains(&lines), "{lines}");
    while run.pipeline.is_renaming() {
        run.control(NetnsId::OWN, ControlRecord::Slice(u32::MAX));
    }
    let last = run.take();
    assert!(last.len() as u32 <= OBJECTS);
    // Nothing has a former name now.
    let begin = ControlRecord::BeginCheckpoint(crate::event::meta::CheckpointReason::Signal);
    run.control(NetnsId::OWN, begin);
    run.control(NetnsId::OWN, ControlRecord::EndCheckpoint);
    let name = format!(" e{}", RENAMES - 1);
    let objects = run.take();
    let named = objects.iter().filter(|line| line.contains(&name));
    assert_eq!(named.count() as u32, OBJECTS + 1);
}

/// An entry of a dump without a beginning is told at the end; the line of an event between two of them is
/// the former value then.
#[test]
fn event_between_two_dump_entries_about_a_link_is_corrected() {
    let mut run = Run::synced();
    let with_mtu = |mtu: u32| {
        let mut body = link(7, "eth7")[16..].to_vec();
        body.extend(attr(4, &mtu.to_ne_bytes()));
        message(RTM_NEWLINK, &body)
    };
    let entry = |run: &mut Run, message: &[u8]| {
        let data = InputData::Datagram(channel(NetnsId::OWN, Role::Dumps), message);
        run.feed(Input {
            time: millis(6),
            data,
        });
    };
    run.event(5, &with_mtu(1500));
    entry(&mut run, &with_mtu(1500));
    run.event(6, &with_mtu(1400));
    entry(&mut run, &with_mtu(1500));
    run.take();
    run.control(NetnsId::OWN, ControlRecord::EndReconcile(false));
    run.control(
        NetnsId::OWN,
        ControlRecord::BeginReconcile(Kind::Address, Origin::Inferred, Scope::Kind),
    );
    assert_eq!(run.take(), [r#"6 link change eth7 ["mtu"]"#]);
}
