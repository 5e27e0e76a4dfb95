//! Damaged captures and messages: the replay never panics, and the undamaged parts of a message are
//! decoded.
//!
//! `NLSTREAM_TEST_DAMAGE=all` damages every position, which takes some minutes; otherwise an eighth of them is.

mod attributes;

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use nlstream::capture::Reader;
use nlstream::encode::Format;
use nlstream::event::values::Time;
use nlstream::input::{Channel, ControlRecord, Header, Input, InputData};
use nlstream::pipeline::{Config, Pipeline};

use crate::common;
use crate::common::message::{attr, message};

/// Replays a capture in memory. Returns the lines, and whether it was read to its end.
fn replay(capture: &[u8]) -> (Vec<u8>, bool) {
    let mut lines = Vec::new();
    let Ok(mut reader) = Reader::new(std::io::Cursor::new(capture.to_vec()), "damaged") else {
        return (lines, false);
    };
    let header = reader.header().cloned().unwrap_or_default();
    let config = Config::new(Format::Json, "00000000".to_owned(), &header);
    let mut pipeline = Pipeline::new(config, &mut lines).unwrap();
    loop {
        match reader.next() {
            Ok(Some(input)) => {
                pipeline.feed(&[input], &mut lines).unwrap();
            }
            Ok(None) => return (lines, true),
            Err(_) => return (lines, false),
        }
    }
}

/// Reads a capture. Returns how many inputs there were, and whether it was read to its end.
fn read(capture: &[u8]) -> (usize, bool) {
    let Ok(mut reader) = Reader::new(std::io::Cursor::new(capture.to_vec()), "damaged") else {
        return (0, false);
    };
    for inputs in 0.. {
        match reader.next() {
            Ok(Some(_)) => {}
            Ok(None) => return (inputs, true),
            Err(_) => return (inputs, false),
        }
    }
    unreachable!("a capture has an end")
}

/// Returns the name and capture of every fixture.
pub(crate) fn captures() -> Vec<(String, Vec<u8>)> {
    let read = |folder: std::path::PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(folder.join("capture.pcapng")).unwrap())
    };
    common::fixtures().into_iter().map(read).collect()
}

/// Runs `test` for each of `items` on all cores.
pub(crate) fn each<T: Sync>(items: &[T], test: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    test(item);
                }
            });
        }
    });
}

/// Returns the offsets of the blocks of a pcapng file, and its length.
fn blocks(capture: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    while let Some(length) = capture
        .get(starts[starts.len() - 1] + 4..)
        .and_then(|b| b.first_chunk())
    {
        starts.push(starts[starts.len() - 1] + u32::from_ne_bytes(*length) as usize);
    }
    starts
}

#[test]
fn every_prefix_of_a_capture_replays_its_complete_blocks() {
    // One block of each type and length is cut at every byte, or at an eighth of them: the reader does not parse the
    // rest of a block before the block is complete.
    let seen = Mutex::new(HashSet::new());
    each(&captures(), |(name, capture)| {
        let (all_lines, complete) = replay(capture);
        assert!(complete, "{name}");
        let borders = blocks(capture);
        assert_eq!(borders.last(), Some(&capture.len()), "{name}");
        // Section headers and interfaces are not inputs. A channel that is not rtnetlink's has an
        // interface that is described before its first datagram.
        const SECTION_HEADER: u32 = 0x0a0d_0d0a;
        const INTERFACE: u32 = 1;
        let is_input = |begin: &&usize| {
            let kind = capture[**begin..].first_chunk().unwrap();
            !matches!(u32::from_ne_bytes(*kind), SECTION_HEADER | INTERFACE)
        };
        let inputs_of = |blocks: usize| borders[..blocks].iter().filter(is_input).count();
        let mut before = 0;
        for (number, &begin) in borders[..borders.len() - 1].iter().enumerate() {
            // Between blocks: the blocks so far, and no error. An empty file is not a capture.
            let (inputs, complete) = read(&capture[..begin]);
            assert_eq!(complete, begin > 0, "{name} at {begin}");
            assert_eq!(inputs, inputs_of(number), "{name} at {begin}");
            // The lines, between some of the blocks.
            if number % 16 == 1 {
                let (lines, _) = replay(&capture[..begin]);
                assert!(
                    all_lines.starts_with(&lines) && lines.len() >= before,
                    "{name} at {begin}"
                );
                before = lines.len();
            }
        }
        // Within a block: the inputs before it, and an error. The blocks between the header and this
        // block are left out, so that the time does not grow with the square of the length.
        let head = borders.get(3).copied().unwrap_or(capture.len());
        for (number, block) in borders.windows(2).enumerate() {
            let bytes = &capture[block[0]..block[1]];
            let mut short = match number {
                0..3 => capture[..block[0]].to_vec(),
                _ => capture[..head].to_vec(),
            };
            let every = seen
                .lock()
                .unwrap()
                .insert((bytes[..4].to_vec(), bytes.len()));
            let mut cuts = positions(number, 0, bytes.len() - 1, 1).peekable();
            for (at, &byte) in bytes[..bytes.len() - 1].iter().enumerate() {
                short.push(byte);
                if cuts.next_if_eq(&at).is_some() && every {
                    let (inputs, complete) = read(&short);
                    assert!(!complete, "{name} at {}", block[0] + at);
                    assert_eq!(inputs, 0, "{name} at {}", block[0] + at);
                }
            }
            // The same, once, with all blocks before it.
            let cut = (block[0] + block[1]) / 2;
            let (inputs, complete) = read(&capture[..cut]);
            assert!(!complete, "{name} at {cut}");
            assert_eq!(inputs, inputs_of(number), "{name} at {cut}");
        }
    });
}

/// Returns the header and the datagrams of every capture.
fn datagrams() -> Vec<(Header, Vec<Vec<u8>>)> {
    let mut all = Vec::new();
    for (_, capture) in captures() {
        let mut reader = Reader::new(std::io::Cursor::new(capture), "capture").unwrap();
        let header = reader.header().cloned().unwrap();
        let mut datagrams = Vec::new();
        while let Some(input) = reader.next().unwrap() {
            if let InputData::Datagram(Channel::ROUTE_EVENTS, bytes) = input.data {
                datagrams.push(bytes.to_vec());
            }
        }
        all.push((header, datagrams));
    }
    all
}

/// Returns the types and lengths of the attributes of a datagram: datagrams of the same layout take
/// the same path through the decoders.
fn layout(datagram: &[u8]) -> Vec<u8> {
    use nlstream::netlink::{attr::Attrs, frame::Messages, rtm::rtm};
    let mut layout = Vec::new();
    for message in Messages::new(datagram).flatten() {
        layout.extend(message.kind.to_ne_bytes());
        layout.extend(message.body.first());
        let (_, _, fixed) = rtm(message.kind).unwrap_or_default();
        for attr in Attrs::new(message.body.get(fixed..).unwrap_or_default()).flatten() {
            layout.extend(attr.kind.to_ne_bytes());
            layout.extend((attr.value.len() as u16).to_ne_bytes());
        }
    }
    layout
}

/// A datagram, and its number among those of its layout.
pub(crate) type Sample = (usize, Vec<u8>);

/// Returns at most `most` datagrams of each layout.
pub(crate) fn samples(most: usize) -> Vec<(Header, Vec<Sample>)> {
    let mut seen = std::collections::HashMap::<_, usize>::new();
    let mut some = Vec::new();
    for (header, datagrams) in datagrams() {
        let mut kept = Vec::new();
        for datagram in datagrams {
            let number = seen.entry(layout(&datagram)).or_default();
            if *number < most {
                kept.push((*number, datagram));
            }
            *number += 1;
        }
        some.push((header, kept));
    }
    some
}

/// Returns the positions below `length` at which the `number`th sample is damaged: each `step`th one from `first`, or an
/// eighth of these.
fn positions(
    number: usize,
    first: usize,
    length: usize,
    step: usize,
) -> impl Iterator<Item = usize> {
    let all = std::env::var_os("NLSTREAM_TEST_DAMAGE").is_some_and(|value| value == "all");
    let every = if all { 1 } else { 8 };
    (first..length)
        .step_by(step)
        .skip(number % every)
        .step_by(every)
}

/// Returns a pipeline with every kind and every optional part.
fn pipeline(header: &Header) -> Pipeline {
    use nlstream::event::meta::Part;
    let mut header = header.clone();
    header.start.settings.kinds = None;
    header.start.settings.filters.clear();
    header.start.settings.with = vec![
        Part::Details,
        Part::Raw,
        Part::Message,
        Part::Host,
        Part::By,
    ];
    let config = Config::new(Format::Json, "00000000".to_owned(), &header);
    Pipeline::new(config, &mut Vec::new()).unwrap()
}

fn feed(pipeline: &mut Pipeline, bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    let input = Input {
        time: Time::default(),
        data: InputData::Datagram(Channel::ROUTE_EVENTS, bytes),
    };
    // Writes the lines that wait for the name of a device.
    let slice = Input::control(Time::default(), ControlRecord::Slice(0));
    pipeline.feed(&[input, slice], &mut lines).unwrap();
    lines
}

#[test]
fn message_with_a_flipped_byte_gives_complete_lines() {
    const STEP: usize = 7;
    let all = samples(STEP);
    let count: usize = all.iter().map(|(_, datagrams)| datagrams.len()).sum();
    assert!(count > 500, "only {count} datagrams");
    each(&all, |(header, datagrams)| {
        let mut pipeline = pipeline(header);
        for (index, (number, datagram)) in datagrams.iter().enumerate() {
            let mut damaged = datagram.clone();
            // Over the messages of a layout every position is damaged.
            for at in positions(index, number % STEP, datagram.len(), STEP) {
                for flip in [0xff, 1 << (at % 8)] {
                    damaged[at] ^= flip;
                    let lines = feed(&mut pipeline, &damaged);
                    damaged[at] ^= flip;
                    for line in lines.split_inclusive(|byte| *byte == b'\n') {
                        assert_eq!(line.last(), Some(&b'\n'));
                        let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(line);
                        assert!(parsed.is_ok(), "{}", String::from_utf8_lossy(line));
                    }
                }
            }
        }
    });
}

#[test]
fn truncated_message_gives_a_line() {
    each(&samples(1), |(header, datagrams)| {
        let mut pipeline = pipeline(header);
        for (index, (_, datagram)) in datagrams.iter().enumerate() {
            for length in positions(index, 1, datagram.len(), 1) {
                // Truncated by the capture: the length in the header is larger than the datagram.
                assert!(!feed(&mut pipeline, &datagram[..length]).is_empty());
                // Truncated with a corrected length, as a process can send it.
                if length >= 16 {
                    let mut short = datagram[..length].to_vec();
                    short[..4].copy_from_slice(&(length as u32).to_ne_bytes());
                    assert!(!feed(&mut pipeline, &short).is_empty());
                }
            }
        }
    });
}

#[test]
fn message_with_a_wrong_length_is_kept_completely() {
    for (header, datagrams) in samples(1) {
        let mut pipeline = pipeline(&header);
        for (_, datagram) in datagrams {
            for length in [0, 1, 15, datagram.len() as u32 + 1, u32::MAX] {
                let mut lying = datagram.clone();
                lying[..4].copy_from_slice(&length.to_ne_bytes());
                let lines = String::from_utf8(feed(&mut pipeline, &lying)).unwrap();
                let hex: String = lying.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(lines.lines().count(), 1, "{lines}");
                assert!(lines.contains(&hex), "{length}: {lines}");
            }
        }
    }
}

#[test]
fn attributes_nested_12000_deep_give_one_line() {
    let mut pipeline = pipeline(&Header::default());
    // Each type of attribute that contains attributes, 12,000 levels deep: 48 kB.
    for (message_type, header, kinds) in [
        (
            24,
            &[2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0][..],
            vec![8, 9, 22],
        ),
        (16, &[0; 16][..], vec![18, 22, 26, 43, 52, 12]),
        (
            16,
            &[7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            vec![12, 26],
        ),
        (28, &[7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], vec![14]),
    ] {
        for kind in kinds {
            let mut nest = Vec::new();
            for level in 0..12_000 {
                // RTA_MULTIPATH has a header before its attributes.
                let inner = match kind {
                    9 => {
                        let [low, high] = (8 + nest.len() as u16).to_ne_bytes();
                        [&[low, high, 0, 0, 1, 0, 0, 0][..], &nest].concat()
                    }
                    _ => nest,
                };
                nest = attr(kind, &inner);
                if nest.len() > 60_000 || level == 11_999 {
                    break;
                }
            }
            let lines = feed(
                &mut pipeline,
                &message(message_type, 0, &[header, &nest].concat()),
            );
            assert_eq!(
                lines.iter().filter(|byte| **byte == b'\n').count(),
                1,
                "{kind}"
            );
        }
    }
}
