//! Packets that the snapshot length of a capture cut.

use super::foreign::{self, Packet};
use super::*;

/// An RTM_NEWLINK: header, ifinfomsg, and two attributes of 8 bytes.
fn link() -> Vec<u8> {
    let attributes = [8, 0, 3, 0, b'v', b'0', 0, 0, 8, 0, 4, 0, 220, 5, 0, 0];
    message(16, 0, 0, 0, &[&[0; 16][..], &attributes].concat())
}

/// The inputs of one packet of which `length` bytes were captured, and the reader. In both formats.
fn cut(packet_type: u16, protocol: u16, messages: &[u8], length: usize) -> (Vec<Owned>, Reader) {
    let mut bytes = cooked(packet_type, protocol, messages);
    let original = bytes.len();
    bytes.truncate(length);
    let packets: Vec<Packet> = vec![(5, 0, bytes, original)];
    let (inputs, reader) = read(&foreign::pcap(false, false, &packets));
    let (others, _) = read(&foreign::pcapng(true, &packets));
    assert_eq!(inputs, others);
    (inputs, reader)
}

fn gap(lost: Option<u64>) -> Owned {
    let gap = Gap {
        family: None,
        kinds: None,
        cause: GapCause::Truncated,
        errno: None,
        lost,
        from: Some(at(5, 0)),
        to: Some(at(5, 0)),
        by: None,
    };
    Owned::ControlRecord(at(5, 0), ControlRecord::Gap(gap))
}

fn events(bytes: &[u8]) -> Owned {
    Owned::Datagram(at(5, 0), Channel::ROUTE_EVENTS, bytes.to_vec())
}

#[test]
fn every_cut_of_an_event_gives_what_is_there_and_a_gap() {
    let message = link();
    for length in 16..16 + message.len() {
        let (inputs, reader) = cut(4, 0, &message, length);
        // The length of the message is in its header: nothing follows it.
        let lost = (length >= 32).then_some(1);
        assert_eq!(
            inputs,
            [events(&message[..length - 16]), gap(lost)],
            "{length}"
        );
        assert_eq!(
            (reader.truncated(), reader.skipped()),
            (1, Skipped::default())
        );
    }
    let (inputs, reader) = cut(4, 0, &message, 16 + message.len());
    assert_eq!((inputs, reader.truncated()), (vec![events(&message)], 0));
}

#[test]
fn a_packet_cut_before_the_messages_is_a_gap() {
    for length in 0..16 {
        let (inputs, reader) = cut(4, 0, &link(), length);
        assert_eq!(inputs, [events(&[]), gap(None)], "{length}");
        assert_eq!(reader.truncated(), 1);
    }
}

#[test]
fn of_messages_behind_the_cut_the_number_is_unknown() {
    let two = [link(), link()].concat();
    let whole = link().len();
    for (length, lost) in [(whole - 1, None), (whole, None), (whole + 20, Some(1))] {
        let (inputs, _) = cut(4, 0, &two, 16 + length);
        assert_eq!(inputs, [events(&two[..length]), gap(lost)]);
    }
}

#[test]
fn a_dump_entry_that_is_cut_is_lost_too() {
    let entry = message(16, 2, 1, 900, &[0; 40]);
    let (inputs, reader) = cut(4, 0, &entry, 60);
    assert!(matches!(
        &inputs[0],
        Owned::Datagram(_, Channel::ROUTE_DUMPS, _)
    ));
    assert_eq!((inputs.len(), reader.truncated()), (2, 1));
}

#[test]
fn cuts_that_lose_no_event_are_no_gap() {
    // Padding, and the copy of the request in an acknowledgement.
    let mut padded = message(24, 0, 0, 0, &[0; 13]);
    padded.extend([0; 3]);
    let (inputs, reader) = cut(4, 0, &padded, 16 + 29);
    assert_eq!((inputs.len(), reader.truncated()), (1, 0));
    let ack = message(2, 0, 7, 900, &[0; 60]);
    let (inputs, reader) = cut(4, 0, &ack, 16 + 24);
    assert_eq!((inputs.len(), reader.truncated()), (1, 0));
    // A request, by its flags and by its packet type, and a message of another family.
    let request = message(24, 0x605, 7, 0, &[0; 60]);
    for (packet_type, protocol, length) in [(4, 0, 40), (7, 0, 18), (7, 0, 8), (4, 6, 40)] {
        let (inputs, reader) = cut(packet_type, protocol, &request, length);
        assert_eq!((inputs.len(), reader.truncated()), (0, 0));
        assert_eq!(reader.skipped().total(), 1);
    }
}
