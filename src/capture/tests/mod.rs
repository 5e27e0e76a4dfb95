//! Tests of recordings and captures. Messages are built by hand; their content does not matter here.

mod cut;
mod damage;
mod direction;
mod foreign;
mod pcapng;
mod round_trip;
mod tools;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::ops::Range;

use jiff::Timestamp;

use super::{Error, Fault, Reader, Writer};
use crate::channel::{Channel, FamilyId, NetnsId};
use crate::event::meta::{Gap, GapCause, Skipped, Start, Stop, StopReason};
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input, InputData};
use crate::names::Recorded;

/// An input that owns its bytes.
#[derive(Clone, Debug, PartialEq)]
enum Owned {
    Datagram(Time, Channel, Vec<u8>),
    ControlRecord(Time, ControlRecord),
}

impl Owned {
    fn input(&self) -> Input<'_> {
        match self {
            Owned::Datagram(time, channel, bytes) => Input {
                time: *time,
                data: InputData::Datagram(*channel, bytes),
            },
            Owned::ControlRecord(time, record) => Input::control(*time, record.clone()),
        }
    }
}

impl From<Input<'_>> for Owned {
    fn from(input: Input<'_>) -> Self {
        match input.data {
            InputData::Datagram(channel, bytes) => {
                Owned::Datagram(input.time, channel, bytes.to_vec())
            }
            InputData::Control(_, record) => Owned::ControlRecord(input.time, *record),
        }
    }
}

fn at(seconds: i64, nanos: i32) -> Time {
    Time(Timestamp::new(seconds, nanos).unwrap())
}

/// A netlink message in the byte order of this machine.
fn message(kind: u16, flags: u16, seq: u32, portid: u32, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    message.extend((16 + body.len() as u32).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(seq.to_ne_bytes());
    message.extend(portid.to_ne_bytes());
    message.extend(body);
    message
}

/// The cooked header and messages.
fn cooked(packet_type: u16, protocol: u16, messages: &[u8]) -> Vec<u8> {
    let mut packet = packet_type.to_be_bytes().to_vec();
    packet.extend([0x03, 0x38]);
    packet.extend([0; 10]);
    packet.extend(protocol.to_be_bytes());
    packet.extend(messages);
    packet
}

fn header() -> Header {
    Header {
        time: at(1_764_000_000, 1),
        start: Start {
            tool: "nlstream".into(),
            version: "0.1.0".into(),
            host: Some("höst".into()),
            groups: Some(vec!["LINK".into(), "99".into()]),
            ..Start::default()
        },
        names: tables(100..101),
        redacted: true,
    }
}

/// Names of routing tables, with characters of two bytes.
fn tables(numbers: Range<u32>) -> Recorded {
    let names: BTreeMap<_, _> = numbers.map(|n| (n, format!("täblë{n}"))).collect();
    serde_json::from_value(serde_json::json!({ "tables": names })).unwrap()
}

/// One input of each type.
fn inputs() -> Vec<Owned> {
    let gap = |cause, lost| Gap {
        family: None,
        kinds: None,
        cause,
        errno: Some(105),
        lost,
        from: Some(at(1_764_000_001, 5)),
        to: None,
        by: None,
    };
    let stop = Stop {
        reason: StopReason::Signal,
        events: 1,
        datagrams: 2,
        lost: 3,
        dropped: 4,
        refused: 5,
        skipped: Skipped {
            acks: 2,
            ..Skipped::default()
        },
        control: 6,
        where_failures: 0,
        unrecorded_since: Some(at(1_764_000_001, 4)),
    };
    vec![
        Owned::Datagram(
            at(1_764_000_001, 0),
            Channel::ROUTE_DUMPS,
            message(16, 2, 1, 2, &[1; 21]),
        ),
        Owned::ControlRecord(at(1_764_000_001, 5), ControlRecord::Sync),
        Owned::Datagram(
            at(1_764_000_002, 999_999_999),
            Channel::ROUTE_EVENTS,
            message(24, 0, 0, 0, &[2; 40]),
        ),
        Owned::ControlRecord(
            at(1_764_000_003, 0),
            ControlRecord::Gap(gap(GapCause::Overflow, Some(7))),
        ),
        Owned::ControlRecord(
            at(1_764_000_003, 1),
            ControlRecord::Gap(gap(GapCause::Error, None)),
        ),
        // Recorded unchanged, even if it resembles a request or is no netlink message.
        Owned::Datagram(
            at(1_764_000_004, 0),
            Channel::ROUTE_EVENTS,
            message(18, 1, 1, 0, &[]),
        ),
        Owned::Datagram(at(1_764_000_004, 1), Channel::ROUTE_EVENTS, vec![]),
        Owned::Datagram(at(1_764_000_004, 2), Channel::ROUTE_DUMPS, vec![3; 3]),
        Owned::ControlRecord(at(1_764_000_005, 0), ControlRecord::Stop(stop)),
    ]
}

fn record(header: &Header, inputs: &[Owned]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, header).unwrap();
    for input in inputs {
        writer.write(&input.input()).unwrap();
    }
    writer.flush().unwrap();
    bytes
}

/// The end of each block of a recording of this machine.
fn borders(recording: &[u8]) -> Vec<usize> {
    let mut borders = vec![0];
    let mut end = 0;
    while let Some(length) = recording.get(end + 4..end + 8) {
        end += u32::from_ne_bytes(length.try_into().unwrap()) as usize;
        borders.push(end);
    }
    borders
}

fn reader(bytes: &[u8]) -> Result<Reader, Error> {
    Reader::new(Cursor::new(bytes.to_vec()), "x")
}

/// All inputs up to the end or the fault, after which the reader must yield nothing.
fn drain(reader: &mut Reader) -> (Vec<Owned>, Option<Fault>) {
    let mut inputs = Vec::new();
    let fault = loop {
        match reader.next() {
            Ok(Some(input)) => inputs.push(input.into()),
            Ok(None) => break None,
            Err(error) => break Some(error.fault),
        }
        assert!(inputs.len() < 10_000, "endless");
    };
    assert!(matches!(reader.next(), Ok(None)));
    (inputs, fault)
}

/// A capture that must be readable to its end.
fn read(bytes: &[u8]) -> (Vec<Owned>, Reader) {
    let mut reader = reader(bytes).unwrap();
    let (inputs, fault) = drain(&mut reader);
    assert!(fault.is_none(), "{fault:?}");
    (inputs, reader)
}

/// Yields one byte per read, like a slow pipe.
struct Drip<R>(R);

impl<R: Read> Read for Drip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match buffer.first_mut() {
            Some(first) => self.0.read(std::slice::from_mut(first)),
            None => Ok(0),
        }
    }
}
