//! Layouts of team devices.

use super::{DEV, Layout, PLAIN, device, field};

pub(super) const PORT: Layout = Layout {
    subject: |it| it.text("port").or_else(|| it.text("port_ifindex")),
    identity: &["port", "port_ifindex"],
    items: &[
        DEV,
        field("linkup", &["linkup"]),
        field("speed", &["speed"]),
        field("duplex", &["duplex"]),
    ],
    ..PLAIN
};

pub(super) const OPTION: Layout = Layout {
    subject: |it| {
        let name = it.text("name")?;
        Some(match it.text("array_index") {
            Some(index) => format!("{name}[{index}]"),
            None => name,
        })
    },
    identity: &["name", "array_index"],
    items: &[
        DEV,
        device("port", &["port", "port_ifindex"]),
        field("value", &["value"]),
    ],
    ..PLAIN
};
