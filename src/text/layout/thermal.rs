//! Layouts of thermal zones.

use super::{Layout, PLAIN, field, text};
use crate::text::node::{Fields, Node};

pub(super) const ZONE: Layout = Layout {
    subject: |it| numbered(it),
    identity: &["id", "name"],
    items: &[field("governor", &["governor"])],
    ..PLAIN
};

pub(super) const TRIP: Layout = Layout {
    subject: |it| Some(format!("{}/{}", it.text("zone")?, it.text("id")?)),
    identity: &["zone", "id"],
    items: &[
        field("", &["type"]).bare().always(),
        text("temp", &["temp"], |it| degrees(it, "temp")),
        text("hyst", &["hyst"], |it| degrees(it, "hyst")),
    ],
    ..PLAIN
};

pub(super) const COOLING_DEVICE: Layout = Layout {
    subject: |it| numbered(it),
    identity: &["id", "name"],
    items: &[field("state", &["state"]), field("max", &["max_state"])],
    ..PLAIN
};

pub(super) const EVENT: Layout = Layout {
    subject: |it| it.text("event"),
    identity: &["event"],
    items: &[
        field("zone", &["zone"]),
        field("trip", &["trip"]),
        text("temp", &["temp"], |it| degrees(it, "temp")),
        text("before", &["prev_temp"], |it| degrees(it, "prev_temp")),
        text("threshold", &["threshold"], |it| degrees(it, "threshold")),
        field("", &["direction"]).bare(),
        text("cpus", &["cpus"], capabilities),
    ],
    ..PLAIN
};

/// Number and name: `0 acpitz`.
fn numbered(it: &Fields) -> Option<String> {
    let id = it.text("id")?;
    Some(match it.text("name") {
        Some(name) => format!("{id} {name}"),
        None => id,
    })
}

/// `60.5°C`; `none` in place of `THERMAL_TEMP_INVALID`.
fn degrees(it: &Fields, name: &str) -> Option<String> {
    let thousandths: i64 = it.text(name)?.parse().ok()?;
    Some(match thousandths {
        -274_000 => "none".to_owned(),
        _ => {
            let sign = if thousandths < 0 { "-" } else { "" };
            let tenths = thousandths.unsigned_abs() / 100;
            format!("{sign}{}.{}°C", tenths / 10, tenths % 10)
        }
    })
}

/// Performance and efficiency of each processor: `0 1023/512,1 0/0`.
fn capabilities(it: &Fields) -> Option<String> {
    let cpus = it.list("cpus").iter().filter_map(|cpu| {
        let Node::Object(cpu) = cpu else {
            return None;
        };
        let [number, performance, efficiency] =
            ["cpu", "performance", "efficiency"].map(|name| cpu.text(name));
        Some(format!("{} {}/{}", number?, performance?, efficiency?))
    });
    let cpus: Vec<_> = cpus.collect();
    (!cpus.is_empty()).then(|| cpus.join(","))
}
