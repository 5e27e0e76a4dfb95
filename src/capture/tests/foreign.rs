//! Captures of other tools in the older formats, and the inputs that they yield.

use super::*;

/// A packet: time in seconds and units, bytes, original length.
pub(super) type Packet = (u32, u32, Vec<u8>, usize);

fn packet(seconds: u32, packet_type: u16, protocol: u16, messages: &[u8]) -> Packet {
    let bytes = cooked(packet_type, protocol, messages);
    let length = bytes.len();
    (seconds, 123_456, bytes, length)
}

/// An event, a part of a dump, and a packet of a protocol that netlink does not have.
pub(super) fn packets() -> Vec<Packet> {
    vec![
        packet(1, 4, 0, &message(24, 0x400, 5, 900, &[0; 12])),
        packet(2, 4, 0, &message(16, 2, 1, 900, &[0; 16])),
        packet(3, 4, 40, &message(16, 0, 1, 900, &[0; 4])),
    ]
}

/// Four bytes in one byte order.
fn u32_bytes(big: bool, number: u32) -> [u8; 4] {
    if big {
        number.to_be_bytes()
    } else {
        number.to_le_bytes()
    }
}

pub(super) fn pcap(big: bool, nano: bool, packets: &[Packet]) -> Vec<u8> {
    let half = |v: u16| {
        if big {
            v.to_be_bytes()
        } else {
            v.to_le_bytes()
        }
    };
    let magic = if nano { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    let mut bytes = u32_bytes(big, magic).to_vec();
    bytes.extend(half(2));
    bytes.extend(half(4));
    // With the bits of a four-byte frame check sequence, which are not part of the link type.
    for value in [0, 0, 262_144, 0x4400_00fd] {
        bytes.extend(u32_bytes(big, value));
    }
    for (seconds, units, data, original) in packets {
        for value in [*seconds, *units, data.len() as u32, *original as u32] {
            bytes.extend(u32_bytes(big, value));
        }
        bytes.extend(data);
    }
    bytes
}

/// One section, one interface with microseconds.
pub(super) fn pcapng(big: bool, packets: &[Packet]) -> Vec<u8> {
    let mut file = super::pcapng::Builder::new(big);
    file.interface(253, &[]);
    for (seconds, micros, data, original) in packets {
        let stamp = u64::from(*seconds) * 1_000_000 + u64::from(*micros);
        file.packet(0, stamp, data, *original);
    }
    file.bytes
}

fn stamp(seconds: u32, micros: u32) -> Vec<u8> {
    message(
        15,
        0,
        0,
        0,
        &[seconds.to_ne_bytes(), micros.to_ne_bytes()].concat(),
    )
}

pub(super) fn rtmon() -> Vec<u8> {
    let mut bytes = stamp(7, 8);
    bytes.extend(message(16, 2, 1, 2, &[1; 20]));
    bytes.extend(message(16, 2, 1, 2, &[2; 16]));
    bytes.extend(stamp(9, 999_999));
    // Padded to a multiple of four.
    bytes.extend(message(24, 0, 0, 0, &[3; 13]));
    bytes.extend([0; 3]);
    bytes
}

#[test]
fn pcap_of_both_byte_orders_and_precisions() {
    for (big, nano) in [(false, false), (false, true), (true, false), (true, true)] {
        let (inputs, reader) = read(&pcap(big, nano, &packets()));
        let nanos = if nano { 123_456 } else { 123_456_000 };
        let expected = [
            Owned::Datagram(
                at(1, nanos),
                Channel::ROUTE_EVENTS,
                packets()[0].2[16..].to_vec(),
            ),
            Owned::Datagram(
                at(2, nanos),
                Channel::ROUTE_DUMPS,
                packets()[1].2[16..].to_vec(),
            ),
        ];
        assert_eq!(inputs, expected);
        let skipped = Skipped {
            other_family: 1,
            ..Skipped::default()
        };
        assert_eq!((reader.skipped(), reader.truncated()), (skipped, 0));
        assert_eq!(reader.header(), None);
    }
}

#[test]
fn pcap_of_another_link_type_is_refused() {
    let mut bytes = pcap(false, false, &packets());
    bytes[20..24].copy_from_slice(&1u32.to_le_bytes());
    let error = reader(&bytes).err().unwrap();
    let text = "x: its packets are of link type 1 (Ethernet), not of 253 (netlink): \
                capture on an nlmon device";
    assert_eq!(error.to_string(), text);
}

#[test]
fn pcap_cut_anywhere_gives_what_was_whole() {
    let bytes = pcap(true, false, &packets()[..2]);
    let borders = [24, 24 + 16 + 44, bytes.len()];
    for cut in 24..=bytes.len() {
        let (inputs, fault) = drain(&mut reader(&bytes[..cut]).unwrap());
        let whole = borders.iter().filter(|b| **b <= cut).count() - 1;
        assert_eq!(inputs.len(), whole);
        match fault {
            None => assert!(borders.contains(&cut)),
            Some(Fault::Truncated { offset, .. }) => assert_eq!(offset, borders[whole] as u64),
            Some(other) => panic!("{other}"),
        }
    }
}

/// The microseconds of a broken writer are carried, not refused.
#[test]
fn a_second_field_of_more_than_a_second_is_carried() {
    let mut packets = packets();
    packets[0].1 = 2_500_000;
    let (inputs, _) = read(&pcap(false, false, &packets[..1]));
    assert_eq!(inputs[0].input().time, at(3, 500_000_000));
}

#[test]
fn messages_of_the_other_byte_order_are_refused() {
    let mut other = message(24, 0, 0, 0, &[0; 12]);
    other[..4].reverse();
    let packets = [packets()[0].clone(), packet(9, 4, 0, &other)];
    for big in [false, true] {
        let (inputs, fault) = drain(&mut reader(&pcap(big, false, &packets)).unwrap());
        assert_eq!(inputs.len(), 1);
        assert!(
            matches!(fault, Some(Fault::ByteOrder { offset: 84 })),
            "{fault:?}"
        );
    }
}

#[test]
fn rtmon_gives_each_message_the_last_stamp() {
    let (inputs, reader) = read(&rtmon());
    let dump = |n, length| {
        Owned::Datagram(
            at(7, 8_000),
            Channel::ROUTE_DUMPS,
            message(16, 2, 1, 2, &vec![n; length]),
        )
    };
    let expected = [
        dump(1, 20),
        dump(2, 16),
        Owned::Datagram(
            at(9, 999_999_000),
            Channel::ROUTE_EVENTS,
            message(24, 0, 0, 0, &[3; 13]),
        ),
    ];
    assert_eq!(inputs, expected);
    assert_eq!(reader.header(), None);
}

#[test]
fn rtmon_cut_anywhere_gives_what_was_whole() {
    let bytes = rtmon();
    let borders = [24, 60, 92, 116, 148];
    assert_eq!(bytes.len(), 148);
    for cut in 16..=bytes.len() {
        let (inputs, fault) = drain(&mut reader(&bytes[..cut]).unwrap());
        let expected = [60, 92, 148].iter().filter(|b| **b <= cut).count();
        assert_eq!(inputs.len(), expected, "cut at {cut}");
        let clean = borders.contains(&cut);
        assert_eq!(clean, fault.is_none(), "cut at {cut}");
        assert!(clean || matches!(fault, Some(Fault::Truncated { .. })));
    }
}

#[test]
fn rtmon_of_the_other_byte_order_is_refused() {
    let mut bytes = rtmon();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    let fault = reader(&bytes).err().unwrap().fault;
    assert!(matches!(fault, Fault::ByteOrder { offset: 0 }));
}

#[test]
fn a_message_without_a_stamp_before_it_is_no_rtmon_file() {
    let fault = reader(&rtmon()[24..]).err().unwrap().fault;
    assert!(matches!(fault, Fault::NotACapture));
}
