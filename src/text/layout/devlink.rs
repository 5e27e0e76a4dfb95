//! Layouts of devlink: objects are named as devlink(8) names them, `pci/0000:03:00.0/1`.

use super::{Layout, PLAIN, device, field, text};
use crate::text::node::{Fields, Node};

/// The fields of the subject. `port` is what the text would call the index.
const HANDLE: &[&str] = &["bus_name", "dev_name", "port_index", "port"];

const OF_DEVICE: Layout = Layout {
    subject: handle,
    identity: HANDLE,
    ..PLAIN
};

pub(super) const DEVICE: Layout = Layout {
    items: &[
        text("reloads", &["reload_stats"], |it| {
            reloads(it, "reload_stats")
        }),
        text("remote-reloads", &["remote_reload_stats"], |it| {
            reloads(it, "remote_reload_stats")
        }),
    ],
    ..OF_DEVICE
};

pub(super) const INFO: Layout = Layout {
    items: &[
        field("driver", &["driver"]),
        text("fixed", &["fixed"], |it| versions(it, "fixed")),
        text("running", &["running"], |it| versions(it, "running")),
        text("stored", &["stored"], |it| versions(it, "stored")),
    ],
    ..OF_DEVICE
};

pub(super) const NAMED: Layout = Layout {
    items: &[field("", &["name"]).bare().always()],
    ..OF_DEVICE
};

pub(super) const PORT: Layout = Layout {
    items: &[
        field("type", &["type"]),
        device("netdev", &["netdev", "netdev_ifindex"]),
        field("flavour", &["flavour"]),
        field("port", &["port"]),
    ],
    ..OF_DEVICE
};

pub(super) const HEALTH: Layout = Layout {
    items: &[
        field("reporter", &["reporter"]).always(),
        field("state", &["state"]),
    ],
    ..OF_DEVICE
};

pub(super) const TRAP_POLICER: Layout = Layout {
    items: &[field("policer", &["policer"]).always()],
    ..OF_DEVICE
};

pub(super) const RATE: Layout = Layout {
    subject: |it| {
        let handle = handle(it)?;
        Some(match it.text("node") {
            Some(node) => format!("{handle}/{node}"),
            None => handle,
        })
    },
    identity: &["bus_name", "dev_name", "port_index", "port", "node"],
    ..PLAIN
};

pub(super) const LINECARD: Layout = Layout {
    items: &[field("lc", &["linecard"]).always()],
    ..OF_DEVICE
};

pub(super) const FLASH: Layout = Layout {
    items: &[
        field("", &["event"]).bare(),
        field("component", &["component"]),
        field("", &["status_msg"]).bare(),
    ],
    ..OF_DEVICE
};

/// The device, or its port: `netdevsim/netdevsim1/0`.
fn handle(it: &Fields) -> Option<String> {
    let device = format!("{}/{}", it.text("bus_name")?, it.text("dev_name")?);
    Some(match it.text("port_index") {
        Some(port) => format!("{device}/{port}"),
        None => device,
    })
}

/// The reloads that there were: `driver_reinit 2,fw_activate/no_reset 1`.
fn reloads(it: &Fields, list: &str) -> Option<String> {
    let mut words = Vec::new();
    for action in objects(it, list) {
        for count in objects(action, "stats") {
            let name = action.text("action")?;
            match (count.text("limit")?.as_str(), count.text("count")?.as_str()) {
                (_, "0") => {}
                ("unspecified", number) => words.push(format!("{name} {number}")),
                (limit, number) => words.push(format!("{name}/{limit} {number}")),
            }
        }
    }
    (!words.is_empty()).then(|| words.join(","))
}

/// `fw.mgmt 10.20.30,fw.app 1.2`
fn versions(it: &Fields, list: &str) -> Option<String> {
    let versions = objects(it, list);
    let versions =
        versions.filter_map(|it| Some(format!("{} {}", it.text("name")?, it.text("version")?)));
    let versions: Vec<_> = versions.collect();
    (!versions.is_empty()).then(|| versions.join(","))
}

fn objects<'a>(it: &'a Fields, list: &str) -> impl Iterator<Item = &'a Fields> {
    it.list(list).iter().filter_map(|node| match node {
        Node::Object(it) => Some(it),
        _ => None,
    })
}
