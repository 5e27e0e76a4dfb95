//! Layouts of flows.

use super::{Layout, PLAIN, field, text};
use crate::text::node::Fields;

pub(super) const CONNTRACK: Layout = Layout {
    subject: flow,
    identity: &[
        "family",
        "proto",
        "src",
        "dst",
        "sport",
        "dport",
        "icmp_type",
        "icmp_code",
        "icmp_id",
        "srckey",
        "dstkey",
    ],
    items: &[
        field("zone", &["zone"]),
        field("state", &["state"]),
        text("reply", &["reply"], translated),
        field("mark", &["mark"]),
        field("helper", &["helper"]),
        field("packets", &["orig_packets"]),
        field("bytes", &["orig_bytes"]),
        field("reply-packets", &["reply_packets"]),
        field("reply-bytes", &["reply_bytes"]),
    ],
    ..PLAIN
};

pub(super) const EXPECT: Layout = Layout {
    subject: flow,
    identity: &["family", "proto", "src", "dst", "sport", "dport"],
    items: &[
        field("zone", &["zone"]),
        field("helper", &["helper"]),
        field("timeout", &["timeout"]),
        text("master", &["master"], |it| {
            it.object("master").and_then(peers)
        }),
    ],
    ..PLAIN
};

/// `tcp 192.0.2.1:40000 > 198.51.100.1:443`, `icmp 192.0.2.1 > 198.51.100.1 type 8 code 0 id 7`
fn flow(it: &Fields) -> Option<String> {
    let mut words = vec![it.text("proto")?, peers(it)?];
    for (word, name) in [
        ("type", "icmp_type"),
        ("code", "icmp_code"),
        ("id", "icmp_id"),
        ("srckey", "srckey"),
        ("dstkey", "dstkey"),
    ] {
        words.extend(it.text(name).map(|value| format!("{word} {value}")));
    }
    Some(words.join(" "))
}

/// `192.0.2.1:40000 > 198.51.100.1:443`, `[2001:db8::1]:53 > [2001:db8::2]:53`
fn peers(it: &Fields) -> Option<String> {
    let peer = |address: &str, port: &str| {
        let address = it.text(address)?;
        Some(match it.text(port) {
            Some(port) if address.contains(':') => format!("[{address}]:{port}"),
            Some(port) => format!("{address}:{port}"),
            None => address,
        })
    };
    Some(format!(
        "{} > {}",
        peer("src", "sport")?,
        peer("dst", "dport")?
    ))
}

/// The other direction, if it is not that of the flow reversed: an address or a port is translated.
fn translated(it: &Fields) -> Option<String> {
    let reply = it.object("reply")?;
    let pairs = [
        ("src", "dst"),
        ("dst", "src"),
        ("sport", "dport"),
        ("dport", "sport"),
    ];
    let is_reversed = pairs
        .iter()
        .all(|(own, other)| reply.text(own) == it.text(other));
    match is_reversed {
        true => None,
        false => peers(reply),
    }
}
