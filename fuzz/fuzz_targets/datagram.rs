//! From a datagram to its lines. The first byte selects the settings: bit 0 the text format, bit 1
//! details and the other optional parts, bit 2 a row of a dump instead of an event, bits 4 and 5 the netlink
//! family: rtnetlink, the controller of generic netlink, ethtool, netdev. The datagram is fed twice, so that it
//! also meets the state that it made.
#![no_main]

#[path = "../../tests/common/oracle.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod oracle;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use nlstream::encode::Format;
use nlstream::event::meta::Part;
use nlstream::event::scope::Scope;
use nlstream::event::values::Time;
use nlstream::event::{Kind, Origin};
use nlstream::input::{Channel, ControlRecord, FamilyId, Header, Input, InputData, MAX_SLICE};
use nlstream::pipeline::{Config, Pipeline};
use nlstream::text::TextStyle;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, datagram)) = data.split_first() else {
        return;
    };
    let json = choice & 1 == 0;
    let format = match json {
        true => Format::Json,
        false => Format::Text(TextStyle {
            colour: choice & 8 != 0,
            ..TextStyle::new(jiff::tz::TimeZone::UTC)
        }),
    };
    let mut header = Header::default();
    header.start.settings.snapshot = true;
    if choice & 2 != 0 {
        header.start.settings.with = vec![Part::Details, Part::Raw, Part::Message, Part::Host];
    }
    let config = Config::new(format, "00000000".to_owned(), &header);
    let mut all = Vec::new();
    let mut pipeline = Pipeline::new(config, &mut all).unwrap();
    pipeline.index_devices();
    let mut feed = |data| {
        let time = Time::default();
        pipeline.feed(&[Input { time, data }], &mut all).unwrap();
    };
    let family = [
        FamilyId::ROUTE,
        FamilyId::NLCTRL,
        FamilyId::ETHTOOL,
        FamilyId::NETDEV,
        FamilyId::DEVLINK,
        FamilyId::MPTCP_PM,
        FamilyId::NL80211,
        FamilyId::L2TP,
        FamilyId::TEAM,
        FamilyId::OVS_DATAPATH,
        FamilyId::OVS_VPORT,
        FamilyId::THERMAL,
        FamilyId::DPLL,
    ][usize::from(choice >> 4) % 13];
    let events_of = Channel {
        family,
        ..Channel::ROUTE_EVENTS
    };
    let dumps_of = Channel {
        family,
        ..Channel::ROUTE_DUMPS
    };
    if choice & 4 == 0 {
        for _ in 0..2 {
            feed(InputData::Datagram(events_of, datagram));
        }
        // The lines that wait for the name of a device.
        feed(control(ControlRecord::Slice(MAX_SLICE)));
    } else {
        for origin in [Origin::Snapshot, Origin::Resync] {
            for kind in [
                Kind::Link,
                Kind::ALL[usize::from(choice >> 3) % Kind::ALL.len()],
            ] {
                feed(control(ControlRecord::BeginReconcile(
                    kind,
                    origin,
                    Scope::Kind,
                )));
                feed(InputData::Datagram(dumps_of, datagram));
                feed(control(ControlRecord::EndReconcile(true)));
            }
            let end = match origin {
                Origin::Snapshot => ControlRecord::Sync,
                _ => ControlRecord::Resync,
            };
            feed(control(end));
        }
    }
    if choice & 4 == 0 && json {
        let lines = all.iter().filter(|byte| **byte == b'\n').count();
        // The first line is `start`.
        assert!(lines > 2 * events(datagram));
    }
    match json {
        true => ORACLE.with_borrow_mut(|oracle| {
            if let Err(fault) = oracle.check(&all) {
                panic!("{fault}");
            }
        }),
        // Colours are the writer's own.
        false => {
            let text = std::str::from_utf8(&all).expect("lines are UTF-8");
            assert!(text.ends_with('\n'));
            let is_control =
                |c: char| c.is_control() && c != '\n' && (c != '\x1b' || choice & 8 == 0);
            assert!(!text.chars().any(is_control), "{text}");
        }
    }
});

thread_local! {
    static ORACLE: RefCell<oracle::LineOracle> = RefCell::new(oracle::LineOracle::new());
}

fn control(record: ControlRecord) -> InputData<'static> {
    InputData::Control(Channel::ROUTE_DUMPS, record.into())
}

/// How many lines the datagram must give at least: one for each message that is no control
/// message, complete or not, and one for what is no message. Counted without the project's own reader.
fn events(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while !bytes.is_empty() {
        let length = bytes
            .first_chunk()
            .map_or(0, |b| u32::from_ne_bytes(*b) as usize);
        let is_control = |bytes: &[u8]| u16::from_ne_bytes([bytes[4], bytes[5]]) < 16;
        if length < 16 || length > bytes.len() {
            let is_cut_control = length > bytes.len() && bytes.len() >= 16 && is_control(bytes);
            return count + usize::from(!is_cut_control);
        }
        count += usize::from(!is_control(bytes));
        bytes = &bytes[length.next_multiple_of(4).min(bytes.len())..];
    }
    count
}
