//! Recordings are read as they were written.

use super::*;

#[test]
fn everything_comes_back() {
    let (inputs, header) = (inputs(), header());
    let (back, reader) = read(&record(&header, &inputs));
    assert_eq!(back, inputs);
    assert_eq!(reader.header(), Some(&header));
    assert_eq!((reader.skipped().total(), reader.truncated()), (0, 0));
}

#[test]
fn a_slow_pipe_gives_the_same() {
    let inputs = inputs();
    let bytes = record(&header(), &inputs);
    let mut reader = Reader::new(Drip(Cursor::new(bytes)), "x").unwrap();
    let (back, fault) = drain(&mut reader);
    assert_eq!(back, inputs);
    assert!(fault.is_none());
}

/// A live recording is read through a pipe: an input must come out before the next one is there.
#[test]
fn a_block_is_read_as_soon_as_it_is_there() {
    let inputs = inputs();
    let bytes = record(&header(), &inputs);
    let end = borders(&bytes)[4];
    struct Live(Cursor<Vec<u8>>);
    impl Read for Live {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => panic!("read on, where it would have waited"),
                n => Ok(n),
            }
        }
    }
    let mut reader = Reader::new(Live(Cursor::new(bytes[..end].to_vec())), "x").unwrap();
    let first = reader.next().unwrap().unwrap();
    assert_eq!(Owned::from(first), inputs[0]);
}

#[test]
fn a_header_longer_than_an_option_is_split() {
    let mut header = header();
    // A boundary between comments falls within a character.
    header.names = tables(0..20_000);
    let bytes = record(&header, &inputs());
    assert!(borders(&bytes)[1] > 3 * 65_536);
    let (back, reader) = read(&bytes);
    assert_eq!(reader.header(), Some(&header));
    assert_eq!(back, inputs());
}

#[test]
fn a_datagram_larger_than_the_first_buffer_is_read() {
    let big = Owned::Datagram(at(5, 0), Channel::ROUTE_DUMPS, vec![0; 1 << 20]);
    let inputs: Vec<_> = inputs().into_iter().chain([big.clone(), big]).collect();
    let (back, _) = read(&record(&header(), &inputs));
    assert!(back == inputs);
}

/// More than the buffer holds, so that it is refilled with parts of blocks left over.
#[test]
fn many_datagrams_of_odd_lengths_are_read() {
    let datagram = |n: usize| {
        Owned::Datagram(
            at(n as i64, 0),
            Channel::ROUTE_EVENTS,
            vec![n as u8; n % 997],
        )
    };
    let inputs: Vec<_> = (0..5_000).map(datagram).collect();
    let (back, _) = read(&record(&header(), &inputs));
    assert!(back == inputs);
}

#[test]
fn a_time_before_the_epoch_is_the_epoch() {
    let inputs =
        [at(-1, 0), at(-1, -5), at(0, -5)].map(|t| Owned::ControlRecord(t, ControlRecord::Sync));
    let (back, _) = read(&record(&header(), &inputs));
    assert_eq!(
        back,
        vec![Owned::ControlRecord(at(0, 0), ControlRecord::Sync); 3]
    );
}

/// `isb_ifdrop` counts from the beginning; lines that were lost are no packets.
#[test]
fn lost_messages_add_up_for_other_tools() {
    let gap = |cause, lost| {
        let gap = Gap {
            family: None,
            kinds: None,
            cause,
            errno: None,
            lost,
            from: None,
            to: None,
            by: None,
        };
        Owned::ControlRecord(at(1, 0), ControlRecord::Gap(gap))
    };
    let gaps = [
        gap(GapCause::Overflow, Some(7)),
        gap(GapCause::Output, Some(100)),
        gap(GapCause::Error, None),
        gap(GapCause::Truncated, Some(2)),
    ];
    let bytes = record(&header(), &gaps);
    let drops: Vec<_> = borders(&bytes)[3..]
        .windows(2)
        .map(|b| {
            let (_, block) = match cfg!(target_endian = "big") {
                true => pcap_parser::parse_interfacestatisticsblock_be(&bytes[b[0]..b[1]]),
                false => pcap_parser::parse_interfacestatisticsblock_le(&bytes[b[0]..b[1]]),
            }
            .unwrap();
            let drop = block.options.iter().find(|o| o.code.0 == 5);
            drop.map(|o| u64::from_ne_bytes(o.as_bytes().unwrap().try_into().unwrap()))
        })
        .collect();
    assert_eq!(drops, [Some(7), None, None, Some(9)]);
}

#[test]
fn concatenated_recordings_are_reported() {
    let (header, inputs) = (header(), inputs());
    let one = record(&header, &inputs);
    let (back, fault) = drain(&mut reader(&[one.clone(), one.clone()].concat()).unwrap());
    assert_eq!(back, inputs);
    let offset = one.len() as u64;
    assert!(matches!(fault, Some(Fault::SecondHeader { offset: o }) if o == offset));
}

/// A comment that was added in Wireshark follows the comment of nlstream.
#[test]
fn a_second_comment_does_not_hide_the_header() {
    let bytes = record(&header(), &[]);
    // The section header without its last option and length, then a comment.
    let end = borders(&bytes)[1];
    let mut changed = bytes[..end - 8].to_vec();
    changed.extend(1u16.to_ne_bytes());
    changed.extend(4u16.to_ne_bytes());
    changed.extend(b"mine");
    changed.extend([0; 4]);
    let length = changed.len() as u32 + 4;
    changed.extend(length.to_ne_bytes());
    changed[4..8].copy_from_slice(&length.to_ne_bytes());
    changed.extend(&bytes[end..]);
    assert_eq!(read(&changed).1.header(), Some(&header()));
}

/// The interface of a further channel is described before its first packet.
#[test]
fn datagrams_and_control_records_of_further_namespaces_are_read_back() {
    let channel = |netns, channel| Channel {
        netns: NetnsId(netns),
        ..channel
    };
    let bytes = message(24, 0, 0, 0, &[2; 40]);
    let mut inputs = Vec::new();
    for netns in [0, 2, 1, 2] {
        let events = channel(netns, Channel::ROUTE_EVENTS);
        inputs.push(Input {
            time: at(1, 0),
            data: InputData::Datagram(events, &bytes),
        });
        let dumps = channel(netns, Channel::ROUTE_DUMPS);
        let record = ControlRecord::EndReconcile(true);
        inputs.push(Input::control_of(dumps, at(1, 1), record));
    }
    let mut recording = Vec::new();
    let mut writer = Writer::new(&mut recording, &header()).unwrap();
    for input in &inputs {
        writer.write(input).unwrap();
    }
    let mut reader = reader(&recording).unwrap();
    for input in inputs {
        assert_eq!(reader.next().unwrap(), Some(input));
    }
    assert_eq!(reader.next().unwrap(), None);
    assert_eq!(reader.skipped().total(), 0);
}

/// Of each netlink protocol, whether it has kinds of its own or not.
#[test]
fn datagrams_of_every_protocol_are_read() {
    let other = Channel {
        family: FamilyId::of_protocol(6).unwrap(),
        ..Channel::ROUTE_EVENTS
    };
    let bytes = message(24, 0, 0, 0, &[2; 40]);
    let inputs = [other, Channel::ROUTE_EVENTS].map(|channel| Input {
        time: at(1, 0),
        data: InputData::Datagram(channel, &bytes),
    });
    let mut recording = Vec::new();
    let mut writer = Writer::new(&mut recording, &header()).unwrap();
    for input in &inputs {
        writer.write(input).unwrap();
    }
    let mut reader = reader(&recording).unwrap();
    for input in &inputs {
        assert_eq!(reader.next().unwrap().as_ref(), Some(input));
    }
    assert_eq!(reader.next().unwrap(), None);
    assert_eq!(reader.skipped().total(), 0);
}

/// Texts and settings that a command line would not accept, and one of each that it would.
#[test]
fn settings_of_a_recording_are_judged_like_those_of_the_command_line() {
    use crate::event::meta::{Part, RefusedGroup};
    type Change = fn(&mut Header);
    let rows: [(&str, Change); 13] = [
        ("", |_| {}),
        ("", |it| it.start.settings.max_line = Some(4096)),
        ("max_line: ", |it| it.start.settings.max_line = Some(4095)),
        ("max_line: ", |it| it.start.settings.max_line = Some(0)),
        ("", |it| it.start.settings.count = Some(1)),
        ("count: ", |it| it.start.settings.count = Some(0)),
        ("with: ", |it| {
            it.start.settings.with = vec![Part::Details; 100]
        }),
        ("kinds: ", |it| {
            it.start.settings.kinds = Some(vec![crate::event::Kind::Link; 100]);
        }),
        ("no_track: ", |it| {
            it.start.settings.no_track = vec![crate::event::Kind::Link; 100];
        }),
        ("host: ", |it| it.start.host = Some("h".repeat(256))),
        ("groups: ", |it| {
            it.start.groups = Some(vec![String::new(); 1000])
        }),
        ("error: ", |it| {
            it.start.refused_groups = Some(vec![RefusedGroup {
                group: String::new(),
                errno: 1,
                error: "e".repeat(256),
            }]);
        }),
        ("a name in realms: ", |it| {
            let names = format!(r#"{{"realms":{{"1":"{}"}}}}"#, "n".repeat(512));
            it.names = serde_json::from_str(&names).unwrap();
        }),
    ];
    for (expected, change) in rows {
        let mut header = Header::default();
        change(&mut header);
        let mut recording = Vec::new();
        Writer::new(&mut recording, &header).unwrap();
        let opened = Reader::new(Cursor::new(recording), "recording");
        match opened {
            Ok(_) => assert_eq!(expected, ""),
            Err(error) => {
                let text = error.to_string();
                assert!(!expected.is_empty() && text.contains(expected), "{text}");
                assert!(text.contains("expected"), "{text}");
            }
        }
    }
}
