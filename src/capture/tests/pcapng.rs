//! Captures of other tools in pcapng.

use super::*;

/// Builds a pcapng file of either byte order.
pub(super) struct Builder {
    big: bool,
    pub bytes: Vec<u8>,
}

impl Builder {
    pub(super) fn new(big: bool) -> Self {
        let mut builder = Builder {
            big,
            bytes: Vec::new(),
        };
        builder.section(big, &[]);
        builder
    }

    fn word(&self, word: u32) -> [u8; 4] {
        if self.big {
            word.to_be_bytes()
        } else {
            word.to_le_bytes()
        }
    }

    fn half(&self, half: u16) -> [u8; 2] {
        if self.big {
            half.to_be_bytes()
        } else {
            half.to_le_bytes()
        }
    }

    fn words(&self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| self.word(*w)).collect()
    }

    fn block(&mut self, kind: u32, mut body: Vec<u8>) {
        body.resize(body.len().next_multiple_of(4), 0);
        let length = body.len() as u32 + 12;
        self.bytes.extend(self.words(&[kind, length]));
        self.bytes.extend(body);
        self.bytes.extend(self.word(length));
    }

    fn options(&self, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(self.half(*code));
            bytes.extend(self.half(value.len() as u16));
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    fn section(&mut self, big: bool, options: &[(u16, &[u8])]) {
        self.big = big;
        let mut body = self.word(0x1a2b_3c4d).to_vec();
        body.extend(self.half(1));
        body.extend(self.half(0));
        body.extend([0xff; 8]);
        body.extend(self.options(options));
        self.block(0x0a0d_0d0a, body);
    }

    pub(super) fn interface(&mut self, link: u16, options: &[(u16, &[u8])]) {
        let mut body = [self.half(link), self.half(0)].concat();
        body.extend(self.word(40));
        body.extend(self.options(options));
        self.block(1, body);
    }

    pub(super) fn packet(&mut self, interface: u32, stamp: u64, data: &[u8], original: usize) {
        let (high, low) = ((stamp >> 32) as u32, stamp as u32);
        let mut body = self.words(&[interface, high, low, data.len() as u32, original as u32]);
        body.extend(data);
        // epb_flags, as tools write it.
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(self.options(&[(2, &[0; 4])]));
        self.block(6, body);
    }
}

fn datagram(n: u8) -> Vec<u8> {
    message(24, 0, 0, 0, &[n; 4])
}

fn packet(n: u8) -> Vec<u8> {
    cooked(4, 0, &datagram(n))
}

fn event(time: Time, n: u8) -> Owned {
    Owned::Datagram(time, Channel::ROUTE_EVENTS, datagram(n))
}

#[test]
fn times_are_read_in_every_resolution() {
    for big in [false, true] {
        let offset = if big {
            100i64.to_be_bytes()
        } else {
            100i64.to_le_bytes()
        };
        let past = if big {
            (-5i64).to_be_bytes()
        } else {
            (-5i64).to_le_bytes()
        };
        let mut file = Builder::new(big);
        file.interface(253, &[]);
        file.interface(253, &[(9, &[9])]);
        file.interface(253, &[(9, &[0])]);
        file.interface(253, &[(9, &[0x80 | 10])]);
        file.interface(253, &[(9, &[3]), (14, &offset)]);
        file.interface(253, &[(9, &[0x80 | 63])]);
        file.interface(253, &[(14, &past)]);
        file.interface(253, &[(9, &[38])]);
        for (n, (interface, stamp)) in (1..).zip([
            (0, 1_000_001),
            (1, 1_000_000_001),
            (2, 7),
            (3, 1024 + 512),
            (4, 1_001),
            (5, 3 << 62),
            (6, 1_000_000),
            (7, u64::MAX),
        ]) {
            file.packet(interface, stamp, &packet(n), 36);
        }
        let (inputs, _) = read(&file.bytes);
        let times: Vec<_> = inputs.iter().map(|i| i.input().time).collect();
        let expected = [
            at(1, 1_000),
            at(1, 1),
            at(7, 0),
            at(1, 500_000_000),
            at(101, 1_000_000),
            at(1, 500_000_000),
            at(-4, 0),
            at(0, 0),
        ];
        assert_eq!(times, expected);
    }
}

#[test]
fn a_time_that_cannot_be_is_a_fault() {
    let mut file = Builder::new(false);
    file.interface(253, &[(9, &[0])]);
    file.packet(0, u64::MAX, &packet(1), 36);
    let (_, fault) = drain(&mut reader(&file.bytes).unwrap());
    assert!(matches!(fault, Some(Fault::Malformed { .. })), "{fault:?}");
    let mut file = Builder::new(false);
    file.interface(253, &[(9, &[39])]);
    let (_, fault) = drain(&mut reader(&file.bytes).unwrap());
    assert!(
        matches!(fault, Some(Fault::Malformed { offset: 28, .. })),
        "{fault:?}"
    );
}

#[test]
fn sections_of_both_byte_orders_have_interfaces_of_their_own() {
    let mut file = Builder::new(false);
    file.interface(253, &[(9, &[0])]);
    file.packet(0, 1, &packet(1), 36);
    file.section(true, &[(4, b"mergecap")]);
    file.interface(1, &[]);
    file.interface(253, &[]);
    file.packet(0, 0, &packet(2), 36);
    file.packet(1, 2_000_000, &packet(3), 36);
    let (inputs, reader) = read(&file.bytes);
    assert_eq!(inputs, [event(at(1, 0), 1), event(at(2, 0), 3)]);
    assert_eq!(reader.skipped().total(), 1);
}

#[test]
fn a_packet_of_an_interface_that_was_not_described_is_a_fault() {
    let mut file = Builder::new(false);
    file.interface(253, &[]);
    file.packet(0, 1_000_000, &packet(1), 36);
    let offset = file.bytes.len() as u64;
    file.packet(1, 1_000_000, &packet(1), 36);
    let (inputs, fault) = drain(&mut reader(&file.bytes).unwrap());
    assert_eq!(inputs, [event(at(1, 0), 1)]);
    let what = format!("{}", fault.unwrap());
    let expected = format!(
        "malformed at byte {offset} (interface 1 without a description): the events before it were read"
    );
    assert_eq!(what, expected);
}

#[test]
fn simple_and_obsolete_packet_blocks_are_read() {
    for big in [false, true] {
        let mut file = Builder::new(big);
        file.interface(253, &[]);
        // Interface and drop counter are 16 bits each.
        let mut body = [file.half(0), file.half(9)].concat();
        body.extend(file.words(&[0, 3_000_000, 36, 36]));
        body.extend(packet(1));
        file.block(2, body);
        let mut body = file.word(36).to_vec();
        body.extend(packet(2));
        file.block(3, body);
        // The snapshot length is 40.
        let long = cooked(4, 0, &message(24, 0, 0, 0, &[5; 40]));
        let mut body = file.word(long.len() as u32).to_vec();
        body.extend(&long[..40]);
        file.block(3, body);
        // An unknown block.
        file.block(0x0bad, vec![1; 8]);
        let (inputs, reader) = read(&file.bytes);
        assert_eq!(inputs[..2], [event(at(3, 0), 1), event(at(3, 0), 2)]);
        assert_eq!(
            inputs[2],
            Owned::Datagram(at(3, 0), Channel::ROUTE_EVENTS, long[16..40].to_vec())
        );
        // After the datagram that is cut, a gap.
        assert_eq!((inputs.len(), reader.truncated()), (4, 1));
    }
}

#[test]
fn a_file_without_netlink_is_refused_by_its_link_type() {
    let mut file = Builder::new(false);
    file.interface(113, &[]);
    file.interface(1, &[]);
    file.packet(0, 1, &[0; 40], 40);
    let mut reader = reader(&file.bytes).unwrap();
    let (inputs, fault) = drain(&mut reader);
    assert!(inputs.is_empty());
    assert!(
        matches!(fault, Some(Fault::LinkType { found: 113 })),
        "{fault:?}"
    );
    assert_eq!(reader.skipped().total(), 1);
}

/// The loss that dumpcap reports, in both ways, is a gap; that of a device which is not netlink is none.
#[test]
fn losses_of_another_tool_are_gaps() {
    for big in [false, true] {
        let mut file = Builder::new(big);
        file.interface(253, &[]);
        file.interface(1, &[]);
        let word = |number: u64| match big {
            true => number.to_be_bytes(),
            false => number.to_le_bytes(),
        };
        let statistics = |file: &mut Builder, interface, stamp, options: &[(u16, u64)]| {
            let values: Vec<_> = options
                .iter()
                .map(|(code, it)| (*code, word(*it)))
                .collect();
            let options: Vec<_> = values.iter().map(|(code, it)| (*code, &it[..])).collect();
            let mut body = file.words(&[interface, 0, stamp]);
            body.extend(file.options(&options));
            file.block(5, body);
        };
        file.packet(0, 1_000_000, &packet(1), 36);
        // isb_ifrecv is no loss; the counts are from the beginning.
        statistics(&mut file, 0, 2_000_000, &[(4, 9), (5, 3), (7, 2)]);
        statistics(&mut file, 0, 2_500_000, &[(5, 3), (7, 2)]);
        statistics(&mut file, 1, 2_500_000, &[(5, 7)]);
        statistics(&mut file, 7, 2_500_000, &[(5, 7)]);
        statistics(&mut file, 0, 3_000_000, &[(5, 4), (7, 2)]);
        let data = packet(2);
        let mut body = file.words(&[0, 0, 4_000_000, data.len() as u32, data.len() as u32]);
        body.extend(&data);
        body.extend(file.options(&[(1, b"a comment"), (4, &word(6)), (0, b"")]));
        file.block(6, body);
        let gap = |lost, from, to| {
            let gap = Gap {
                family: None,
                kinds: None,
                cause: GapCause::Overflow,
                errno: None,
                lost: Some(lost),
                from,
                to: Some(to),
                by: None,
            };
            Owned::ControlRecord(to, ControlRecord::Gap(gap))
        };
        let expected = [
            event(at(1, 0), 1),
            gap(5, None, at(2, 0)),
            gap(1, None, at(3, 0)),
            gap(6, Some(at(1, 0)), at(4, 0)),
            event(at(4, 0), 2),
        ];
        assert_eq!(read(&file.bytes).0, expected);
    }
}

/// Statistics of other tools have comments too.
#[test]
fn marks_are_read_only_from_recordings_of_ours() {
    let mut file = Builder::new(false);
    file.interface(253, &[]);
    let mut body = file.words(&[0, 0, 0]);
    body.extend(file.options(&[(1, b"\"sync\"")]));
    file.block(5, body);
    assert_eq!(read(&file.bytes).0, []);
}

/// A header that a newer version wrote must not be taken for a capture without a header.
#[test]
fn a_header_that_cannot_be_read_is_a_fault() {
    let mut file = Builder {
        big: false,
        bytes: Vec::new(),
    };
    file.section(false, &[(1, b"{\"time\":0}"), (4, b"nlstream 9.0")]);
    let error = reader(&file.bytes).err().unwrap().to_string();
    assert!(
        error.starts_with("x: malformed at byte 0 (the recording's header: "),
        "{error}"
    );
}
