//! Every message of a capture gives a line or is counted in `stop.skipped`, under one reason.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::PathBuf;
use std::process::Output;

use jiff::Timestamp;
use nlstream::capture::Reader;
use nlstream::encode::Format;
use nlstream::event::Kind;
use nlstream::event::meta::Stop;
use nlstream::event::values::Time;
use nlstream::input::{Channel, ControlRecord, Header, Input, InputData};
use nlstream::pipeline::{Config, Pipeline};
use serde_json::{Value, json};

use crate::common;

/// A message, or bytes that are none, on its channel.
type Datagram = (Channel, Vec<u8>);

/// Splits a datagram into its messages, without the program's own code.
fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, mut messages) = (bytes, Vec::new());
    while !rest.is_empty() {
        let stated = rest.first_chunk::<4>().map(|it| u32::from_ne_bytes(*it));
        let length = match stated {
            Some(length) if (16..=rest.len()).contains(&(length as usize)) => length as usize,
            _ => rest.len(),
        };
        messages.push(rest[..length].to_vec());
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    messages
}

/// The messages of every fixture.
fn fixtures() -> Vec<(String, Vec<Datagram>)> {
    let read = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(folder.join("capture.pcapng")).unwrap();
        let mut reader = Reader::new(Cursor::new(bytes), "capture").unwrap();
        let mut messages = Vec::new();
        while let Some(input) = reader.next().unwrap() {
            if let InputData::Datagram(channel, bytes) = input.data {
                messages.extend(split(bytes).into_iter().map(|it| (channel, it)));
            }
        }
        (name, messages)
    };
    common::fixtures().into_iter().map(read).collect()
}

/// Feeds the messages one by one, as those of another program's capture: without the control
/// records of a dump. Returns the number of messages that gave lines, and `stop.skipped`.
fn account(messages: &[Datagram], kinds: Option<Vec<Kind>>, snapshot: bool) -> (u64, Value) {
    let mut header = Header::default();
    header.start.settings.kinds = kinds;
    header.start.settings.snapshot = snapshot;
    let config = Config::new(Format::Json, "00000000".to_owned(), &header);
    let mut lines = Vec::new();
    let mut pipeline = Pipeline::new(config, &mut lines).unwrap();
    // A message has a sequence number and a time of its own, and its lines have at least one of
    // them, whenever they are written: the line about a device in a dump at the end of the dump, a
    // line that waits for the name of a device with the time of the message that has the name.
    let mut with_lines = BTreeSet::new();
    let mut feed = |input: Input<'_>| {
        lines.clear();
        pipeline.feed(&[input], &mut lines).unwrap();
        let lines = common::lines(&lines);
        for line in &lines {
            if line["kind"] != "meta" && line["origin"] != "inferred" {
                let number = &line["nl"]["seq"];
                let mark = if number.is_null() {
                    &line["time"]
                } else {
                    number
                };
                with_lines.insert(mark.to_string());
            }
        }
        lines.last().map(|line| line["meta"]["skipped"].clone())
    };
    for (number, (channel, bytes)) in (1u32..).zip(messages) {
        let mut bytes = bytes.clone();
        if let Some(seq) = bytes.get_mut(8..12) {
            seq.copy_from_slice(&number.to_ne_bytes());
        }
        feed(Input {
            time: Time(Timestamp::from_microsecond(number.into()).unwrap()),
            data: InputData::Datagram(*channel, &bytes),
        });
    }
    let stop = ControlRecord::Stop(Stop::default());
    let skipped = feed(Input::control(Time::default(), stop)).unwrap();
    (with_lines.len() as u64, skipped)
}

fn total(skipped: &Value) -> u64 {
    let counts = skipped.as_object().into_iter().flat_map(|it| it.values());
    counts.map(|count| count.as_u64().unwrap()).sum()
}

#[track_caller]
fn check(name: &str, messages: &[Datagram]) {
    let some = vec![Kind::Route, Kind::Fdb];
    for (kinds, snapshot) in [(None, false), (None, true), (Some(some), true)] {
        let described = format!("{name}, {kinds:?}, snapshot {snapshot}");
        let (with_lines, skipped) = account(messages, kinds, snapshot);
        let sum = with_lines + total(&skipped);
        assert_eq!(sum, messages.len() as u64, "{described}: {skipped}");
    }
}

#[test]
fn lines_and_reasons_add_up_to_the_messages_of_every_fixture() {
    let mut messages = 0;
    for (name, datagrams) in fixtures() {
        check(&name, &datagrams);
        messages += datagrams.len();
    }
    assert!(messages > 5_000, "only {messages} messages");
}

#[test]
fn lines_and_reasons_add_up_in_a_mutated_corpus() {
    let mut seed = 9u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % below.max(1)
    };
    for (name, mut datagrams) in fixtures() {
        for (_, bytes) in &mut datagrams {
            match random(8) {
                0 => bytes.truncate(random(bytes.len()).max(1)),
                1 => bytes[..2].copy_from_slice(&(random(0x1_0000) as u16).to_ne_bytes()),
                2 if bytes.len() > 5 => bytes[4] = random(130) as u8,
                3 if bytes.len() > 7 => bytes[6..8].fill(random(256) as u8),
                4 => {
                    let at = random(bytes.len());
                    bytes[at] ^= 1 << random(8);
                }
                _ => {}
            }
        }
        // A length that was changed divides the bytes in another way.
        let again = datagrams.iter().flat_map(|(channel, bytes)| {
            let parts = split(bytes).into_iter();
            parts.map(|part| (*channel, part))
        });
        let datagrams: Vec<_> = again.collect();
        check(&format!("{name}, mutated"), &datagrams);
    }
}

/// A control message whose end is missing is counted as one. Bytes with the type of one that are no message, such as
/// zeros behind a message, are a line.
#[test]
fn bytes_that_are_no_control_message_are_not_counted_as_one() {
    let address = message(
        20,
        0,
        0,
        0,
        &[2, 24, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 192, 0, 2, 1],
    );
    let done = message(3, 0, 0, 0, &[0; 4]);
    let lines = |rest: &[u8]| {
        let whole = [&address[..], rest].concat();
        let (with_lines, skipped) = account(&[(Channel::ROUTE_EVENTS, whole)], None, true);
        (with_lines, skipped)
    };
    let unknown = |rest: &[u8]| {
        let (with_lines, skipped) = account(&[(Channel::ROUTE_EVENTS, rest.to_vec())], None, true);
        assert_eq!((with_lines, total(&skipped)), (1, 0), "{rest:?}");
    };
    assert_eq!(lines(&done[..16]), (1, json!({"done": 1})));
    assert_eq!(lines(&[0; 32]).1, Value::Null);
    unknown(&[0; 16]);
    unknown(&[0; 4]);
    for length in [1, 15] {
        let mut short = done.clone();
        short[0] = length;
        unknown(&short);
    }
}

/// A netlink message of that type.
fn message(kind: u16, flags: u16, seq: u32, portid: u32, body: &[u8]) -> Vec<u8> {
    let mut message = (16 + body.len() as u32).to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(seq.to_ne_bytes());
    message.extend(portid.to_ne_bytes());
    message.extend(body);
    message
}

/// A capture of an nlmon device, of which the snapshot length cuts longer packets.
struct Capture {
    bytes: Vec<u8>,
    packets: u32,
    snaplen: usize,
}

impl Capture {
    fn new(snaplen: usize) -> Self {
        let words = |words: [u32; 4]| words.map(u32::to_ne_bytes).concat();
        let mut bytes = 0xa1b2_c3d4_u32.to_ne_bytes().to_vec();
        bytes.extend(words([0x0004_0002, 0, 0, snaplen as u32]));
        bytes.extend(253u32.to_ne_bytes());
        Capture {
            bytes,
            packets: 0,
            snaplen,
        }
    }

    /// Appends a packet a second after the last one.
    fn packet(&mut self, protocol: u8, messages: &[u8]) {
        let mut packet = vec![0, 4, 0x03, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, protocol];
        packet.extend(messages);
        self.raw(&packet);
    }

    fn raw(&mut self, packet: &[u8]) {
        let captured = packet.len().min(self.snaplen);
        for word in [self.packets, 0, captured as u32, packet.len() as u32] {
            self.bytes.extend(word.to_ne_bytes());
        }
        self.bytes.extend(&packet[..captured]);
        self.packets += 1;
    }

    /// Replays the capture. Returns the output, the lines, and what was logged.
    fn replay(&self, name: &str, options: &[&str]) -> (Output, Vec<Value>, String) {
        let file = format!("nlstream-{}-{name}.pcap", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, &self.bytes).unwrap();
        let args = [&["replay"], options, &[path.to_str().unwrap()]].concat();
        let output = common::nlstream(&args);
        std::fs::remove_file(&path).unwrap();
        let lines = common::lines(&output.stdout);
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        (output, lines, log)
    }
}

/// RTM_NEWLINK of `v0`, with 200 bytes of an alias.
fn link() -> Vec<u8> {
    let mut body = vec![0; 16];
    body[4] = 7;
    body.extend([7, 0, 3, 0, b'v', b'0', 0, 0]);
    body.extend([204, 0, 20, 0]);
    body.extend([b'a'; 200]);
    message(16, 0, 0, 0, &body)
}

#[test]
fn every_message_of_a_capture_without_a_line_is_counted_and_told() {
    let mut capture = Capture::new(65_535);
    let request = message(104, 0x605, 7, 0, &[0; 8]);
    let nexthop = message(
        104,
        0x605,
        7,
        900,
        &[&[0; 8][..], &[8, 0, 1, 0, 5, 0, 0, 0]].concat(),
    );
    capture.packet(0, &request);
    // Two programs receive the notification.
    capture.packet(0, &nexthop);
    capture.packets -= 1;
    capture.packet(0, &nexthop);
    capture.packet(
        0,
        &message(2, 0x100, 7, 900, &[&[0; 4], &request[..]].concat()),
    );
    capture.packet(
        0,
        &message(
            2,
            0,
            8,
            900,
            &[&[0xfe, 0xff, 0xff, 0xff], &request[..]].concat(),
        ),
    );
    // A dump: its request, an entry and the end in one packet.
    capture.packet(0, &message(18, 0x301, 9, 0, &[0; 16]));
    let mut entry = link();
    entry[6] = 2;
    capture.packet(0, &[entry, message(3, 2, 9, 900, &[0; 4])].concat());
    capture.packet(0, &message(1, 0, 0, 0, &[]));
    // Not read: a protocol that netlink does not have, and a packet of another link type.
    capture.packet(32, &message(16, 0, 0, 0, &[0; 8]));
    capture.raw(&[0; 40]);
    let (output, lines, log) = capture.replay("reasons", &[]);
    assert!(output.status.success(), "{log}");
    let events: Vec<_> = lines.iter().filter(|line| line["kind"] != "meta").collect();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["nexthop"]["id"], 5);
    let stop = &lines.last().unwrap()["meta"];
    let expected = json!({
        "requests": 2, "acks": 1, "errors": 1, "done": 1, "noop": 1, "dump_entries": 1,
        "duplicates": 1, "other_family": 1, "not_netlink": 1,
    });
    assert_eq!(stop["skipped"], expected);
    assert_eq!(log.lines().count(), 1, "{log}");
    for part in ["1 packets that are not netlink", "1 messages of protocols"] {
        assert!(log.contains(part), "{log}");
    }
}

#[test]
fn plain_requests_and_acknowledgements_are_no_warning() {
    let mut capture = Capture::new(65_535);
    capture.packet(0, &message(20, 0x605, 7, 0, &[0; 8]));
    capture.packet(0, &message(2, 0, 7, 900, &[0; 20]));
    let (_, lines, log) = capture.replay("quiet", &[]);
    assert_eq!(log, "");
    let stop = &lines.last().unwrap()["meta"];
    assert_eq!(stop["skipped"], json!({"requests": 1, "acks": 1}));
}

#[test]
fn a_run_that_skips_nothing_has_no_counts() {
    let mut capture = Capture::new(65_535);
    capture.packet(0, &link());
    let (_, lines, log) = capture.replay("none", &[]);
    assert_eq!(
        (lines.last().unwrap()["meta"].get("skipped"), log.as_str()),
        (None, "")
    );
}

/// As `tcpdump -s 96` writes it: a gap at the position of the loss, the message's type and what is
/// there of it, a warning, and an exit status of its own.
#[test]
fn a_capture_with_a_snapshot_length_is_told_as_a_loss() {
    let mut capture = Capture::new(96);
    // 0.0.0.0/0 in the main table, a unicast route.
    let route = [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
    capture.packet(0, &message(24, 0, 0, 0, &route));
    capture.packet(0, &link());
    capture.packet(0, &message(25, 0, 0, 0, &route));
    let (output, lines, log) = capture.replay("cut", &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        log.contains("the snapshot length cut 1 of its packets"),
        "{log}"
    );
    let ops: Vec<_> = lines
        .iter()
        .map(|line| (line["kind"].as_str().unwrap(), line["op"].as_str().unwrap()))
        .collect();
    let expected = [
        ("meta", "start"),
        ("route", "present"),
        ("unknown", "notify"),
        ("meta", "gap"),
        ("route", "delete"),
        ("meta", "stop"),
    ];
    assert_eq!(ops, expected);
    let unknown = &lines[2];
    assert_eq!(unknown["unknown"]["type"], "RTM_NEWLINK");
    assert_eq!(unknown["nl"]["type"], "RTM_NEWLINK");
    let name = json!([{"attr": 3, "hex": "763000"}]);
    assert_eq!(unknown["unknown"]["attributes"], name);
    let time = &unknown["time"];
    let gap = json!({"cause": "truncated", "lost": 1, "from": time, "to": time});
    assert_eq!(lines[3]["meta"], gap);
    assert_eq!(lines[5]["meta"]["lost"], 1);
}

/// The lines of a recording made of such a capture are the same, and the recording itself is whole.
#[test]
fn a_recording_of_a_cut_capture_replays_to_the_same_lines() {
    let mut capture = Capture::new(96);
    capture.packet(0, &message(104, 0x605, 7, 0, &[0; 8]));
    capture.packet(0, &link());
    capture.packet(6, &message(16, 0, 0, 0, &[0; 8]));
    let file = format!("nlstream-{}-again.pcapng", std::process::id());
    let path = std::env::temp_dir().join(file);
    let _ = std::fs::remove_file(&path);
    let options = ["--run", "00000000", "--record", path.to_str().unwrap()];
    let (output, ..) = capture.replay("first", &options);
    assert_eq!(output.status.code(), Some(3));
    let again = common::nlstream(&["replay", "--run", "00000000", path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    assert!(again.status.success());
    assert_eq!(
        String::from_utf8_lossy(&again.stdout),
        String::from_utf8_lossy(&output.stdout)
    );
}

/// A nexthop's notification of which the request is not in the capture.
#[test]
fn a_notification_that_may_be_a_request_is_uncertain() {
    let mut capture = Capture::new(65_535);
    let body = [&[0; 8][..], &[8, 0, 1, 0, 5, 0, 0, 0]].concat();
    capture.packet(0, &message(104, 0x605, 7, 900, &body));
    capture.packet(0, &message(104, 0x605, 8, 0, &body));
    capture.packet(0, &message(104, 0x605, 8, 900, &body));
    let (output, lines, log) = capture.replay("doubt", &[]);
    assert!(output.status.success());
    let uncertain: Vec<_> = lines.iter().map(|line| &line["uncertain"]).collect();
    assert_eq!(
        uncertain,
        [&Value::Null, &json!(true), &Value::Null, &Value::Null]
    );
    assert!(
        log.contains("1 messages were taken for notifications"),
        "{log}"
    );
}

/// Protocols 0 to 31, a generic netlink family before and after the controller has named it, and text.
#[test]
fn every_netlink_family_of_a_capture_has_a_line() {
    let attr = |kind: u16, value: &[u8]| {
        let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let mut capture = Capture::new(65_535);
    let mut expected = Vec::new();
    // Those of IPsec have kinds of their own.
    for number in (1..32).filter(|number| ![6, 15, 16].contains(number)) {
        capture.packet(number, &message(0x1234, 0, 5, 0, &[1, 2, 3, 4]));
        let name = nlstream::netlink::raw::protocol_name(number.into());
        expected.push(name.map_or_else(|| number.to_string(), str::to_owned));
    }
    let of_family = |seq| message(29, 0, seq, 0, &[&[7, 1, 0, 0][..], &attr(1, &[9])].concat());
    capture.packet(16, &of_family(1));
    let answer = [
        &[1, 2, 0, 0][..],
        &attr(1, &[29, 0]),
        &attr(2, b"psample\0"),
    ]
    .concat();
    capture.packet(16, &message(16, 0, 2, 900, &answer));
    capture.packet(16, &of_family(3));
    capture.packet(15, b"add@/devices/x\0ACTION=add\0");
    // Acknowledgements of generic netlink have no family.
    capture.packet(16, &message(2, 0x100, 4, 900, &[0; 20]));
    expected.extend(["29", "psample", "uevent"].map(str::to_owned));
    let (output, lines, log) = capture.replay("families", &[]);
    assert!(output.status.success(), "{log}");
    assert_eq!(log, "");
    let generic = lines.iter().filter(|line| line["kind"] == "generic");
    let families: Vec<_> = generic
        .map(|line| line["generic"]["family"].as_str().unwrap())
        .collect();
    assert_eq!(families, expected);
    let controller: Vec<_> = lines
        .iter()
        .filter(|it| it["kind"] == "genl_family")
        .collect();
    assert_eq!(controller.len(), 1);
    let stop = &lines.last().unwrap()["meta"];
    assert_eq!(stop["events"], expected.len() + 1);
    assert_eq!(stop["skipped"], json!({"acks": 1}));
}

/// Keys are in none of the forms in which a message is written.
#[test]
fn keys_of_a_capture_are_not_written() {
    let mut capture = Capture::new(65_535);
    let mut algorithm = vec![88, 0, 2, 0];
    algorithm.extend([b'x'; 68]);
    algorithm.extend([0xab; 16]);
    let association = [&[1; 224][..], &algorithm].concat();
    capture.packet(6, &message(16, 0, 1, 0, &association));
    // The same, of which the end is missing.
    let mut short = message(16, 0, 1, 0, &association);
    short.truncate(short.len() - 6);
    capture.packet(6, &short);
    let (_, lines, _) = capture.replay("keys", &["--with", "raw"]);
    let text = lines.iter().map(Value::to_string).collect::<String>();
    assert!(!text.contains("abab"), "{text}");
    assert_eq!(
        lines.iter().filter(|line| line["raw"].is_string()).count(),
        2
    );
    assert!(text.contains("78787878"), "{text}");
}
