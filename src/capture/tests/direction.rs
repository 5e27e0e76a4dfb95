//! Which packets of another program's capture are notifications, and what the others are counted as.

use super::foreign::{Packet, pcap};
use super::*;

/// `PACKET_OUTGOING`: the packet type that tcpdump records, whatever the direction.
const OUTGOING: u16 = 4;
const NLM_F_REQUEST: u16 = 1;
const PORTID: u32 = 900;

/// The packets of a capture, a second apart, and which of them are to be read.
#[derive(Default)]
struct Capture {
    packets: Vec<Packet>,
    read: Vec<usize>,
}

impl Capture {
    fn packet(&mut self, packet_type: u16, protocol: u16, messages: &[u8]) -> &mut Self {
        let bytes = cooked(packet_type, protocol, messages);
        let length = bytes.len();
        let seconds = self.packets.len() as u32;
        self.packets.push((seconds, 0, bytes, length));
        self
    }

    fn kept(&mut self, messages: &[u8]) -> &mut Self {
        self.read.push(self.packets.len());
        self.packet(OUTGOING, 0, messages)
    }

    fn skipped(&mut self, messages: &[u8]) -> &mut Self {
        self.packet(OUTGOING, 0, messages)
    }

    /// Reads the capture, and fails unless the packets to be read are. Returns the reader.
    #[track_caller]
    fn check(&self) -> Reader {
        let (inputs, reader) = read(&pcap(false, false, &self.packets));
        let seconds = |input: &Owned| match input {
            Owned::Datagram(time, ..) => Some(time.0.as_second() as usize),
            Owned::ControlRecord(_, record) => {
                assert_eq!(*record, ControlRecord::InDoubt);
                None
            }
        };
        let got: Vec<_> = inputs.iter().filter_map(seconds).collect();
        assert_eq!(got, self.read);
        reader
    }
}

/// A request, or the notification that repeats its flags.
fn with_flags(kind: u16, seq: u32, portid: u32) -> Vec<u8> {
    message(kind, NLM_F_REQUEST | 0x604, seq, portid, &[0; 20])
}

fn requests(number: u64) -> Skipped {
    Skipped {
        requests: number,
        ..Skipped::default()
    }
}

/// The types whose notifications repeat the flags of the request (nexthop_notify, tfilter_notify,
/// tc_chain_notify, tcf_add_notify), and a type that this version does not know.
const REPEATED: [u16; 9] = [104, 105, 44, 45, 48, 49, 100, 101, 200];

#[test]
fn a_notification_that_repeats_a_request_without_a_port_id_is_read() {
    for kind in REPEATED {
        let mut capture = Capture::default();
        capture
            .skipped(&with_flags(kind, 7, 0))
            .kept(&with_flags(kind, 7, PORTID))
            .kept(&message(2, 0, 7, PORTID, &[0; 20]));
        let reader = capture.check();
        assert_eq!((reader.skipped(), reader.in_doubt()), (requests(1), 0));
    }
}

#[test]
fn the_answer_to_a_request_for_one_object_is_read() {
    // RTM_GETNEXTHOP, RTM_GETTFILTER, RTM_GETCHAIN
    for get in [106, 46, 102] {
        for portid in [0, PORTID] {
            let mut capture = Capture::default();
            capture
                .skipped(&message(get, NLM_F_REQUEST, 7, portid, &[0; 20]))
                .kept(&with_flags(get - 2, 7, PORTID));
            let reader = capture.check();
            assert_eq!((reader.skipped(), reader.in_doubt()), (requests(1), 0));
        }
    }
}

/// libnl sets the port id in its requests. Once another request has shown that, the first of two
/// such messages is the request.
#[test]
fn of_a_program_that_sets_its_port_id_the_first_message_is_the_request() {
    for kind in REPEATED {
        let mut capture = Capture::default();
        capture
            .skipped(&message(18, NLM_F_REQUEST, 6, PORTID, &[0; 16]))
            .skipped(&with_flags(kind, 7, PORTID))
            .kept(&with_flags(kind, 7, PORTID));
        let reader = capture.check();
        assert_eq!((reader.skipped(), reader.in_doubt()), (requests(2), 0));
    }
}

/// An acknowledgement contains the header of the request.
#[test]
fn an_acknowledgement_shows_that_a_program_sets_its_port_id() {
    let request = message(104, NLM_F_REQUEST | 4, 5, PORTID, &[]);
    let mut capture = Capture::default();
    capture
        .kept(&message(
            2,
            0x100,
            5,
            PORTID,
            &[&[0; 4], &request[..]].concat(),
        ))
        .skipped(&with_flags(104, 7, PORTID));
    assert_eq!(capture.check().in_doubt(), 0);
}

/// The capture began after the request, or has no requests at all.
#[test]
fn a_message_in_doubt_is_read_and_counted() {
    for kind in REPEATED {
        let mut capture = Capture::default();
        capture.kept(&with_flags(kind, 7, PORTID));
        let reader = capture.check();
        assert_eq!((reader.skipped(), reader.in_doubt()), (requests(0), 1));
        let (inputs, _) = read(&pcap(false, false, &capture.packets));
        let record = Owned::ControlRecord(at(0, 0), ControlRecord::InDoubt);
        assert_eq!((&inputs[0], inputs.len()), (&record, 2));
    }
}

#[test]
fn requests_are_skipped() {
    let mut capture = Capture::default();
    for portid in [0, PORTID] {
        capture
            // Addresses, routes: their notifications have other flags.
            .skipped(&message(20, NLM_F_REQUEST | 0x604, 1, portid, &[0; 8]))
            .skipped(&message(24, NLM_F_REQUEST | 0x604, 2, portid, &[0; 12]))
            // A dump, an object, a setting.
            .skipped(&message(30, NLM_F_REQUEST | 0x300, 3, portid, &[0; 12]))
            .skipped(&message(26, NLM_F_REQUEST, 4, portid, &[0; 12]))
            .skipped(&message(19, NLM_F_REQUEST | 4, 5, portid, &[0; 16]));
    }
    // Three requests in one packet, and one by its packet type, whatever its flags are.
    let three = [1, 2, 3].map(|seq| message(24, NLM_F_REQUEST | 0x604, seq, 0, &[0; 12]));
    capture
        .skipped(&three.concat())
        .packet(7, 0, &message(16, 0, 0, 0, &[0; 16]));
    assert_eq!(capture.check().skipped(), requests(14));
}

#[test]
fn what_only_the_kernel_sends_is_read() {
    let mut capture = Capture::default();
    capture
        // neigh_app_ns, and two requests that resemble it.
        .kept(&message(30, NLM_F_REQUEST, 0, 0, &[0; 12]))
        .skipped(&message(30, NLM_F_REQUEST, 5, 0, &[0; 12]))
        .skipped(&message(30, NLM_F_REQUEST | 0x300, 0, 0, &[0; 12]))
        // RTM_NEWNETCONF and RTM_NEWNEXTHOPBUCKET
        .kept(&message(80, NLM_F_REQUEST, 0, 0, &[0; 4]))
        .kept(&message(116, NLM_F_REQUEST, 7, PORTID, &[0; 8]))
        .kept(&message(24, 0x600, 5, PORTID, &[0; 12]));
    // By the packet type, although it looks like a request.
    capture.read.push(capture.packets.len());
    capture.packet(6, 0, &message(24, NLM_F_REQUEST, 5, 0, &[0; 12]));
    assert_eq!(capture.check().skipped(), requests(2));
}

#[test]
fn what_cannot_be_read_is_counted_by_reason() {
    let mut capture = Capture::default();
    let two = [message(16, 0, 1, 1, &[0; 4]), message(16, 0, 2, 1, &[0; 4])].concat();
    capture
        // Netlink has 32 protocols.
        .packet(OUTGOING, 32, &two)
        .packet(OUTGOING, 0xffff, &message(29, 0, 1, 1, &[0; 4]))
        .kept(&message(16, 0, 0, 0, &[0; 16]));
    // Not ARPHRD_NETLINK, and no header at all.
    capture.packets.push((9, 0, vec![0; 32], 32));
    capture.packets.push((9, 0, vec![], 0));
    let expected = Skipped {
        other_family: 3,
        not_netlink: 2,
        ..Skipped::default()
    };
    assert_eq!(capture.check().skipped(), expected);
}

/// The number of inputs from three copies of a message, the second `micros` after the first.
fn copies(kind: u16, micros: u32) -> (usize, u64) {
    let bytes = cooked(OUTGOING, 0, &message(kind, 0, 0, 0, &[0; 20]));
    let length = bytes.len();
    let packets: Vec<Packet> = [0, micros, micros + 1]
        .map(|at| (1, at, bytes.clone(), length))
        .into();
    let (inputs, reader) = read(&pcap(false, false, &packets));
    (inputs.len(), reader.skipped().duplicates)
}

#[test]
fn copies_of_an_event_for_several_receivers_are_one_event() {
    assert_eq!(copies(24, 3), (1, 2));
    // Later it is another event, although its content is the same.
    assert_eq!(copies(24, 2_000), (2, 1));
    // Requests to resolve a neighbour and reports about packets describe no state.
    assert_eq!(copies(30, 3), (3, 0));
    assert_eq!(copies(96, 3), (3, 0));
}

#[test]
fn an_event_between_two_equal_ones_makes_them_two() {
    let packet = |micros, kind| {
        let bytes = cooked(OUTGOING, 0, &message(kind, 0, 0, 0, &[0; 20]));
        let length = bytes.len();
        (1, micros, bytes, length)
    };
    let packets = [packet(0, 24), packet(1, 25), packet(2, 24)];
    let (inputs, reader) = read(&pcap(false, false, &packets));
    assert_eq!((inputs.len(), reader.skipped()), (3, Skipped::default()));
}
