//! Layouts of xfrm.

use super::{Item, Layout, PLAIN, field, text};
use crate::text::node::{Fields, Node};

pub(super) const STATE: Layout = Layout {
    subject: |it| Some([it.text("proto")?, peers(it)?, it.text("spi")?].join(" ")),
    identity: &["family", "proto", "src", "dst", "spi"],
    items: &[
        field("mode", &["mode"]),
        field("reqid", &["reqid"]).unless("0"),
        EXPIRED,
    ],
    ..PLAIN
};

pub(super) const POLICY: Layout = Layout {
    subject: |it| {
        let dir = it.text("dir")?;
        let selector = it.object("selector").and_then(selector);
        Some(match selector {
            Some(selector) => format!("{dir} {selector}"),
            None => dir,
        })
    },
    identity: &["family", "dir", "selector"],
    items: &[
        field("index", &["index"]).always(),
        field("action", &["action"]).unless("allow"),
        field("priority", &["priority"]).unless("0"),
        field("ptype", &["ptype"]).unless("main"),
        field("share", &["share"]).unless("any"),
        Item::new("tmpl", &["tmpl"], super::Source::Each(templates)),
        EXPIRED,
    ],
    ..PLAIN
};

pub(super) const EVENT: Layout = Layout {
    subject: |it| {
        let mut words = vec![it.text("event")?];
        words.extend(it.text("proto"));
        words.extend(peers(it));
        words.extend(it.text("spi"));
        Some(words.join(" "))
    },
    identity: &["event", "family", "proto", "src", "dst", "spi"],
    items: &[text("selector", &["selector"], |it| {
        it.object("selector").and_then(selector)
    })],
    ..PLAIN
};

const EXPIRED: Item = field("expired", &["expired"]);

/// `192.0.2.1 > 198.51.100.1`
fn peers(it: &Fields) -> Option<String> {
    Some(format!("{} > {}", it.text("src")?, it.text("dst")?))
}

/// `10.1.0.0/24 > 10.2.0.0/24 proto tcp dport 80`
fn selector(it: &Fields) -> Option<String> {
    let mut words: Vec<_> = peers(it).into_iter().collect();
    for name in [
        "proto",
        "sport",
        "sport_mask",
        "dport",
        "dport_mask",
        "icmp_type",
        "icmp_code",
        "gre_key",
        "dev",
        "user",
    ] {
        if let Some(value) = it.text(name) {
            words.push(format!("{name} {value}"));
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// `esp tunnel 192.0.2.1 > 198.51.100.1 reqid 7`
fn templates(it: &Fields) -> Vec<String> {
    let one = |node: &Node| {
        let Node::Object(it) = node else {
            return None;
        };
        let mut words = vec![it.text("proto")?, it.text("mode")?];
        words.extend(peers(it));
        for name in ["spi", "reqid"] {
            let value = it.text(name).filter(|value| value != "0");
            words.extend(value.map(|value| format!("{name} {value}")));
        }
        if it.text("optional").is_some() {
            words.push("optional".to_owned());
        }
        Some(words.join(" "))
    };
    it.list("tmpl").iter().filter_map(one).collect()
}
