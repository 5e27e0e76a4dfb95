use serde_json::{Value, json};

use super::*;
use crate::kind::attributes::declares;
use crate::kind::spec::Decoded;
use crate::names::Names;
use crate::netlink::build::{attr, message, nested};
use crate::netlink::frame::Messages;
use crate::netlink::genl::thermal::*;

fn u32_attr(kind: u16, value: u32) -> Vec<u8> {
    attr(kind, &value.to_ne_bytes())
}

/// The objects that a kind finds in a message with that number, and the number that it has here.
fn decoded<T: KindSpec>(command: u16, seq: u32, attrs: &[Vec<u8>]) -> (u16, Vec<Decoded>) {
    let body = [&[command as u8, 1, 0, 0][..], &attrs.concat()].concat();
    let bytes = message(30, &body);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let message = Message { seq, ..message };
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, false);
    let mut found = Vec::new();
    let mut each = |decoded, unparsed: Vec<_>| {
        assert!(unparsed.is_empty(), "{unparsed:?}");
        found.push(decoded);
    };
    let number = number(&message);
    assert!(T::MESSAGES.contains(&number), "{number}");
    let mut emit = Emit::new(MessageAction::New, &mut each);
    T::decode(&mut context, &message, &mut emit);
    (number, found)
}

fn payloads<T: KindSpec>(command: u16, seq: u32, attrs: &[Vec<u8>]) -> Vec<Value> {
    let (_, found) = decoded::<T>(command, seq, attrs);
    let values = found
        .into_iter()
        .map(|it| serde_json::to_value(it.payload).unwrap());
    values.collect()
}

/// Numbers 1 and 2 are those of events and of requests.
#[test]
fn answers_are_told_from_events() {
    let list = nested(
        1,
        &[
            u32_attr(2, 0),
            attr(10, b"acpitz\0"),
            u32_attr(2, 3),
            attr(10, b"x86_pkg_temp\0"),
        ]
        .concat(),
    );
    let (number, zones) = decoded::<ThermalZone>(1, 7, std::slice::from_ref(&list));
    assert_eq!(number, ANSWER + THERMAL_GENL_CMD_TZ_GET_ID);
    assert!(zones.iter().all(|it| it.action == MessageAction::Partial));
    assert_eq!(
        payloads::<ThermalZone>(1, 7, &[list]),
        [
            json!({"id": 0, "name": "acpitz"}),
            json!({"id": 3, "name": "x86_pkg_temp"})
        ]
    );
    let created = [u32_attr(2, 3), attr(10, b"x86_pkg_temp\0")];
    let (number, zones) = decoded::<ThermalZone>(1, 0, &created);
    assert_eq!(number, THERMAL_GENL_EVENT_TZ_CREATE);
    assert_eq!(zones[0].action, MessageAction::New);
    let (number, zones) = decoded::<ThermalZone>(2, 0, &[u32_attr(2, 3)]);
    assert_eq!(number, THERMAL_GENL_EVENT_TZ_DELETE);
    assert_eq!(zones[0].action, MessageAction::Delete);
    // Of the governor, an answer and an event.
    for (command, kind) in [(4, 13), (13, 19)] {
        let attrs = [u32_attr(2, 3), attr(kind, b"bang_bang\0")];
        assert_eq!(
            payloads::<ThermalZone>(command, 0, &attrs),
            [json!({"id": 3, "governor": "bang_bang"})]
        );
    }
    // A temperature is that of an answer, a sample, or a crossed trip.
    for (command, is_answer) in [(3, true), (0, false), (5, false), (6, false)] {
        let body = [
            &[command, 1, 0, 0][..],
            &u32_attr(2, 0),
            &u32_attr(3, 40_000),
        ]
        .concat();
        let bytes = message(30, &body);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let number = crate::netlink::genl::thermal::number(&message);
        assert_eq!(number >= ANSWER, is_answer, "{command}");
    }
}

#[test]
fn the_sequence_number_tells_whose_trips_are_listed() {
    let trip = |id, kind, temp: i32| {
        [
            u32_attr(5, id),
            u32_attr(6, kind),
            attr(7, &temp.to_ne_bytes()),
            u32_attr(8, 2000),
        ]
        .concat()
    };
    let list = nested(4, &[trip(0, 3, 105_000), trip(1, 0, -274_000)].concat());
    assert_eq!(
        payloads::<ThermalTrip>(2, 0xf000_0007, std::slice::from_ref(&list)),
        [
            json!({"zone": 7, "id": 0, "type": "critical", "temp": 105_000, "hyst": 2000}),
            json!({"zone": 7, "id": 1, "type": "active", "temp": -274_000, "hyst": 2000}),
        ]
    );
    // An answer to another program.
    let (_, trips) = decoded::<ThermalTrip>(2, 1_790_000_000, &[list]);
    assert!(trips.is_empty());
    let changed = [vec![u32_attr(2, 7)], vec![trip(1, 1, 60_000)]].concat();
    assert_eq!(
        payloads::<ThermalTrip>(7, 0, &changed),
        [json!({"zone": 7, "id": 1, "type": "passive", "temp": 60_000, "hyst": 2000})]
    );
    let (_, trips) = decoded::<ThermalTrip>(9, 0, &[u32_attr(2, 7), u32_attr(5, 1)]);
    assert_eq!(trips[0].action, MessageAction::Delete);
}

#[test]
fn cooling_devices_are_listed_and_their_states_announced() {
    let list = nested(14, &[u32_attr(15, 1), attr(18, b"Fan\0")].concat());
    assert_eq!(
        payloads::<ThermalCoolingDevice>(6, 2, &[list]),
        [json!({"id": 1, "name": "Fan"})]
    );
    let (_, devices) = decoded::<ThermalCoolingDevice>(12, 0, &[u32_attr(15, 1), u32_attr(16, 2)]);
    assert_eq!(devices[0].action, MessageAction::Partial);
    let (_, devices) = decoded::<ThermalCoolingDevice>(11, 0, &[u32_attr(15, 1)]);
    assert_eq!(devices[0].action, MessageAction::Delete);
}

#[test]
fn events_have_temperatures_and_capabilities() {
    assert_eq!(
        payloads::<ThermalEvent>(
            18,
            0,
            &[u32_attr(2, 0), u32_attr(27, 49_000), u32_attr(3, 51_000)]
        ),
        [json!({"event": "threshold_up", "zone": 0, "temp": 51_000, "prev_temp": 49_000})]
    );
    assert_eq!(
        payloads::<ThermalEvent>(
            15,
            0,
            &[u32_attr(2, 0), u32_attr(25, 50_000), u32_attr(26, 3)]
        ),
        [
            json!({"event": "threshold_add", "zone": 0, "threshold": 50_000, "direction": ["up", "down"]})
        ]
    );
    let cpu = |number, performance| {
        [
            u32_attr(21, number),
            u32_attr(22, performance),
            u32_attr(23, 512),
        ]
        .concat()
    };
    let cpus = nested(20, &[cpu(0, 1023), cpu(1, 0)].concat());
    assert_eq!(
        payloads::<ThermalEvent>(14, 0, &[cpus])[0]["cpus"][1],
        json!({"cpu": 1, "performance": 0, "efficiency": 512})
    );
}

/// The attributes up to `THERMAL_GENL_ATTR_MAX` (Linux 7.2), but for the nests and what the kernel does not send.
#[test]
fn every_attribute_is_declared() {
    const OF_LISTS: &[u16] = &[
        THERMAL_GENL_ATTR_TZ,
        THERMAL_GENL_ATTR_TZ_TRIP,
        THERMAL_GENL_ATTR_CDEV,
        // Mode, weight, and governors: the kernel has no code that sends them; thresholds are not read.
        9,
        11,
        12,
        24,
    ];
    let kinds = [
        <ThermalZone as KindSpec>::ATTRS,
        <ThermalTrip as KindSpec>::ATTRS,
        <ThermalCoolingDevice as KindSpec>::ATTRS,
        <ThermalEvent as KindSpec>::ATTRS,
    ];
    let is_declared = |number: u16| {
        let of_processor = 21..=23;
        of_processor.contains(&number) || kinds.iter().any(|it| declares(it, number))
    };
    let missing: Vec<_> = (1..=27)
        .filter(|number| !OF_LISTS.contains(number) && !is_declared(*number))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
