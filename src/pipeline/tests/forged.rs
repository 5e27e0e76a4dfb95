//! Forged and cut recordings: whatever the inputs are, the fold of the lines is the state, which a
//! checkpoint writes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Run;
use crate::channel::{Channel, NetnsId};
use crate::event::meta::CheckpointReason;
use crate::event::values::Time;
use crate::fold::Fold;
use crate::input::{ControlRecord, Input, InputData, Role};
use crate::netlink::build::{attr, message};
use crate::netlink::rtm::{
    RTM_DELLINK, RTM_DELROUTE, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWNETCONF, RTM_NEWROUTE,
};
use crate::pipeline::{Config, Format, Header, Pipeline};

const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_MASTER: u16 = 10;
const IFLA_TXQLEN: u16 = 13;
const NETCONFA_IFINDEX: u16 = 1;
const NETCONFA_FORWARDING: u16 = 2;
const NDA_LLADDR: u16 = 2;
const NDA_MASTER: u16 = 9;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_MULTIPATH: u16 = 9;

/// The header of a message about a link.
fn ifinfomsg(family: u8, ifindex: u32) -> Vec<u8> {
    let mut body = vec![0; 16];
    (body[0], body[2]) = (family, 1);
    body[4..8].copy_from_slice(&ifindex.to_ne_bytes());
    body
}

fn link(ifindex: u32, name: &str, more: &[u8]) -> Vec<u8> {
    let name = attr(IFLA_IFNAME, name.as_bytes());
    let length = attr(IFLA_TXQLEN, &1000_u32.to_ne_bytes());
    let body = [&ifinfomsg(0, ifindex), &name, &length, more].concat();
    message(RTM_NEWLINK, &body)
}

/// An entry of a bridge's own dump.
fn port(ifindex: u32, mtu: u32) -> Vec<u8> {
    let mtu = attr(IFLA_MTU, &mtu.to_ne_bytes());
    let body = [ifinfomsg(libc::AF_BRIDGE as u8, ifindex), mtu].concat();
    message(RTM_NEWLINK, &body)
}

fn deleted(ifindex: u32, name: &str) -> Vec<u8> {
    let name = attr(IFLA_IFNAME, name.as_bytes());
    message(RTM_DELLINK, &[ifinfomsg(0, ifindex), name].concat())
}

fn netconf(ifindex: u32, forwarding: u32) -> Vec<u8> {
    let attributes = [
        attr(NETCONFA_IFINDEX, &ifindex.to_ne_bytes()),
        attr(NETCONFA_FORWARDING, &forwarding.to_ne_bytes()),
    ];
    message(
        RTM_NEWNETCONF,
        &[vec![2, 0, 0, 0], attributes.concat()].concat(),
    )
}

/// A forwarding entry of a bridge.
fn fdb(ifindex: u32, master: u32) -> Vec<u8> {
    let mut body = vec![0; 12];
    body[0] = libc::AF_BRIDGE as u8;
    body[4..8].copy_from_slice(&ifindex.to_ne_bytes());
    body[8] = 0x80; // NUD_PERMANENT
    body.extend(attr(NDA_LLADDR, &[2, 0, 0, 0, 0, 1]));
    body.extend(attr(NDA_MASTER, &master.to_ne_bytes()));
    message(RTM_NEWNEIGH, &body)
}

/// An IPv6 route to 2001:db8::/32 through devices 1 and 2, or the deletion of the one through device 1.
fn route(kind: u16, more: &[u8]) -> Vec<u8> {
    let header = [10, 32, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
    let dst = attr(
        RTA_DST,
        &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    );
    message(kind, &[&header, &dst[..], more].concat())
}

fn gateway(last: u8) -> Vec<u8> {
    let mut address = [0; 16];
    (address[0], address[15]) = (0xfe, last);
    attr(RTA_GATEWAY, &address)
}

fn multipath() -> Vec<u8> {
    let hop = |device: u8| [&[28, 0, 0, 0, device, 0, 0, 0][..], &gateway(device)].concat();
    attr(RTA_MULTIPATH, &[hop(1), hop(2), hop(3)].concat())
}

enum Step {
    Event(Vec<u8>),
    Entry(Vec<u8>),
    Control(ControlRecord),
}
use Step::{Control, Entry, Event};

fn objects(lines: &[u8]) -> BTreeMap<String, Value> {
    let mut fold = Fold::default();
    fold.read(lines, None).unwrap();
    let lines = fold.objects().map(|object| object.line().to_owned());
    let each = lines.map(|line| {
        let line: Value = serde_json::from_str(&line).unwrap();
        let kind = line["kind"].as_str().unwrap();
        let object = line[kind].clone();
        let of = |name: &str| object[name].to_string();
        let key = [of("ifindex"), of("family"), of("dst")].join(" ");
        (format!("{kind} {key}"), object)
    });
    each.collect()
}

#[test]
fn the_fold_of_forged_recordings_is_the_state() {
    let master = |index: u32| attr(IFLA_MASTER, &index.to_ne_bytes());
    // It claims to be longer than the message.
    let damaged = [0x40, 0, 99, 0, 0, 0, 0, 0];
    let of_first = [gateway(1), attr(RTA_OIF, &1_u32.to_ne_bytes())].concat();
    let rows: [(&str, Vec<Step>); 7] = [
        (
            "entries of a bridge's own dump, without those of the devices",
            vec![
                Entry(link(4, "v0", &[])),
                Entry(netconf(4, 1)),
                Entry(port(4, 1400)),
            ],
        ),
        (
            "the same in a dump without its end",
            vec![Event(link(4, "v0", &[])), Entry(port(4, 1400))],
        ),
        (
            "a deletion in a dump",
            vec![Event(link(4, "v0", &[])), Entry(deleted(4, "other"))],
        ),
        (
            "deletion of a device of which no line has told",
            vec![Event(link(4, "v0", &master(6))), Event(deleted(6, "br0"))],
        ),
        (
            "an event whose device a dump has named meanwhile",
            vec![
                Event(netconf(1, 1)),
                Entry(link(1, "lo", &[])),
                Event(netconf(1, 0)),
            ],
        ),
        (
            "an event that waits in vain for the name of one of two devices",
            vec![
                Event(fdb(4, 2)),
                Event(link(4, "v0", &[])),
                Control(ControlRecord::Slice(0)),
                Event(link(2, "br0", &[])),
            ],
        ),
        (
            "the next hop of a damaged message",
            vec![
                Event(route(RTM_NEWROUTE, &[&multipath()[..], &damaged].concat())),
                Event(route(RTM_DELROUTE, &of_first)),
            ],
        ),
    ];
    for (name, steps) in rows {
        let mut header = Header::default();
        header.start.settings.snapshot = true;
        let config = Config::new(Format::Json, "00000000".to_owned(), &header);
        let mut lines = Vec::new();
        let pipeline = Pipeline::new(config, &mut lines).unwrap();
        let mut run = Run { pipeline, lines };
        run.control(NetnsId::OWN, ControlRecord::Sync);
        for step in &steps {
            let (role, message) = match step {
                Event(message) => (Role::Events, message),
                Entry(message) => (Role::Dumps, message),
                Control(record) => {
                    run.control(NetnsId::OWN, record.clone());
                    continue;
                }
            };
            let channel = Channel {
                role,
                ..Channel::ROUTE_EVENTS
            };
            let data = InputData::Datagram(channel, message);
            let time = Time::default();
            run.feed(Input { time, data });
        }
        run.control(NetnsId::OWN, ControlRecord::EndReconcile(false));
        run.control(NetnsId::OWN, ControlRecord::Slice(1000));
        run.control(NetnsId::OWN, ControlRecord::Stop(Default::default()));
        let folded = objects(&run.lines);
        let begin = ControlRecord::BeginCheckpoint(CheckpointReason::Signal);
        run.control(NetnsId::OWN, begin);
        run.control(NetnsId::OWN, ControlRecord::EndCheckpoint);
        // The fold begins at the last checkpoint.
        let text = String::from_utf8(run.lines).unwrap();
        let at = text.rfind("\"op\":\"checkpoint\"").unwrap();
        let begin = text[..at].rfind('\n').unwrap() + 1;
        assert!(!folded.is_empty(), "{name}");
        assert_eq!(folded, objects(&text.as_bytes()[begin..]), "{name}: {text}");
    }
}
