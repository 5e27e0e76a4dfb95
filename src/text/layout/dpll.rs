//! Layouts of digital phase-locked loops.

use super::{Layout, PLAIN, field, text};
use crate::text::node::{Fields, Node};

pub(super) const DEVICE: Layout = Layout {
    subject: |it| it.text("id"),
    identity: &["id"],
    items: &[
        field("module", &["module_name"]),
        field("type", &["type"]),
        field("mode", &["mode"]),
        field("lock", &["lock_status"]),
        field("error", &["lock_status_error"]).unless("none"),
    ],
    ..PLAIN
};

pub(super) const PIN: Layout = Layout {
    subject: |it| {
        let labels = ["board_label", "panel_label", "package_label"];
        let label = labels.iter().find_map(|name| it.text(name));
        let id = it.text("id")?;
        Some(match label {
            Some(label) => format!("{id} {label}"),
            None => id,
        })
    },
    identity: &["id", "board_label", "panel_label", "package_label"],
    items: &[
        field("module", &["module_name"]),
        field("type", &["type"]),
        field("frequency", &["frequency"]),
        text("parent", &["parent_device"], |it| {
            parents(it, "parent_device")
        }),
        text("parent-pin", &["parent_pin"], |it| {
            parents(it, "parent_pin")
        }),
    ],
    ..PLAIN
};

/// What the pin is to each of its parents: `0/input/connected/active/prio 3,1/input/selectable`.
fn parents(it: &Fields, list: &str) -> Option<String> {
    let parents = it.list(list).iter().filter_map(|parent| {
        let Node::Object(parent) = parent else {
            return None;
        };
        let names = ["id", "direction", "state", "operstate"];
        let mut words: Vec<_> = names.iter().filter_map(|name| parent.text(name)).collect();
        words.extend(parent.text("prio").map(|prio| format!("prio {prio}")));
        Some(words.join("/"))
    });
    let parents: Vec<_> = parents.collect();
    (!parents.is_empty()).then(|| parents.join(","))
}
