//! The share of attributes that are not decoded, over all fixtures and per kind.
//!
//! `cargo test --test suite unparsed -- --nocapture` prints it. Entries of `unparsed` count at any
//! depth, attributes at the top level of a message only: so the true share is smaller.

use std::collections::BTreeMap;

use nlstream::event::Kind;
use nlstream::netlink::attr::Attrs;
use nlstream::netlink::frame::Messages;
use nlstream::netlink::protocols::protocol;

use crate::common;

#[derive(Default)]
struct Count {
    lines: usize,
    attributes: usize,
    unparsed: usize,
}

fn unhex(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs
        .map(|two| digit(two[0]) << 4 | digit(two[1]))
        .collect()
}

/// Returns the number of attributes at the top level of a message.
fn attributes(kind: &str, message: &[u8]) -> usize {
    let kind = Kind::ALL.iter().find(|it| it.name() == kind).unwrap();
    let protocol = protocol(kind.netlink_family().unwrap());
    let message = Messages::new(message).next().unwrap().unwrap();
    let number = protocol.message_type(&message);
    let fixed = protocol.header_length(number);
    let fixed = fixed.expect("a message type that is known");
    Attrs::new(message.body.get(fixed..).unwrap_or_default()).count()
}

#[test]
fn nearly_every_attribute_is_decoded() {
    let mut kinds = BTreeMap::<String, Count>::new();
    for folder in common::fixtures() {
        // Fixtures of messages without a decoder.
        let name = folder.file_name().unwrap().to_string_lossy();
        if name.starts_with("unknown-") {
            continue;
        }
        let capture = folder.join("capture.pcapng");
        let capture = capture.to_str().unwrap();
        let output = common::nlstream(&["replay", "--with", "details,raw", capture]);
        assert!(output.status.success(), "{capture}");
        for line in common::lines(&output.stdout) {
            let kind = line["kind"].as_str().unwrap();
            assert_ne!(kind, "unknown", "{name}: {line}");
            // The messages of families without kinds have names for few attributes, records of audit are text.
            if kind == "generic" || kind == "netfilter_cfg" {
                continue;
            }
            let Some(raw) = line["raw"].as_str() else {
                continue;
            };
            let count = kinds.entry(kind.to_owned()).or_default();
            count.lines += 1;
            count.attributes += attributes(kind, &unhex(raw));
            count.unparsed += line["unparsed"].as_array().map_or(0, Vec::len);
        }
    }
    let mut all = Count::default();
    println!("kind            lines  attributes  unparsed");
    for (kind, count) in &kinds {
        let Count {
            lines,
            attributes,
            unparsed,
        } = count;
        println!("{kind:14} {lines:6} {attributes:11} {unparsed:9}");
        all.lines += lines;
        all.attributes += attributes;
        all.unparsed += unparsed;
    }
    println!(
        "all            {:6} {:11} {:9}",
        all.lines, all.attributes, all.unparsed
    );
    assert!(
        kinds.len() >= 15,
        "only {} kinds are in the fixtures",
        kinds.len()
    );
    assert!(
        all.unparsed * 100 < all.attributes,
        "{} of {} attributes are not decoded",
        all.unparsed,
        all.attributes
    );
}
