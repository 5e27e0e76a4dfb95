//! Layouts of wireless devices.

use super::{DEV, FLAGS, Layout, PLAIN, Rest, field, text};
use crate::text::node::{Fields, Node};

pub(super) const WIPHY: Layout = Layout {
    subject: |it| Some(format!("phy#{}", it.text("wiphy")?)),
    identity: &["wiphy"],
    items: &[field("name", &["name"]).always()],
    ..PLAIN
};

pub(super) const INTERFACE: Layout = Layout {
    // Some have no device: those for P2P and NAN.
    subject: |it| match it.text("dev") {
        Some(_) => None,
        None => Some(format!("wdev {}", it.text("wdev")?)),
    },
    identity: &["wdev"],
    items: &[
        DEV,
        field("wiphy", &["wiphy"]),
        field("type", &["iftype"]),
        field("addr", &["addr"]),
        field("ssid", &["ssid"]),
        field("freq", &["freq"]),
        field("width", &["width"]),
    ],
    ..PLAIN
};

pub(super) const STATION: Layout = Layout {
    subject: |it| it.text("mac"),
    identity: &["mac"],
    items: &[
        DEV,
        FLAGS,
        field("signal", &["signal"]),
        text("tx", &["tx_rate"], |it| rate(it, "tx_rate")),
        text("rx", &["rx_rate"], |it| rate(it, "rx_rate")),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const REGDOM: Layout = Layout {
    subject: |it| it.text("country"),
    identity: &["country"],
    items: &[
        field("wiphy", &["wiphy"]).always(),
        field("dfs", &["dfs_region"]).unless("unset"),
        text("rules", &["rules"], rules),
    ],
    ..PLAIN
};

pub(super) const EVENT: Layout = Layout {
    subject: |it| it.text("event"),
    identity: &["event"],
    items: &[
        DEV,
        field("wiphy", &["wiphy"]),
        field("mac", &["mac"]),
        field("ssid", &["ssid"]),
        field("status", &["status"]),
        field("reason", &["reason"]),
    ],
    ..PLAIN
};

/// `54.0Mbit/s`
fn rate(it: &Fields, name: &str) -> Option<String> {
    let tenths = it.object(name)?.field("bitrate")?.number()?;
    Some(format!("{}.{}Mbit/s", tenths / 10, tenths % 10))
}

/// The ranges, MHz: `2400-2483,5150-5250`.
fn rules(it: &Fields) -> Option<String> {
    let rules = it.list("rules").iter().filter_map(|rule| {
        let Node::Object(rule) = rule else {
            return None;
        };
        let megahertz = |name| Some(rule.field(name)?.number()? / 1000);
        Some(format!("{}-{}", megahertz("start")?, megahertz("end")?))
    });
    let rules: Vec<_> = rules.collect();
    (!rules.is_empty()).then(|| rules.join(","))
}
