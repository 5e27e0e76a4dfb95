//! Layouts of Open vSwitch.

use super::{Layout, PLAIN, Rest, device, field};

pub(super) const DATAPATH: Layout = Layout {
    subject: |it| it.text("dev").or_else(|| it.text("ifindex")),
    identity: &["dev", "ifindex"],
    items: &[
        field("features", &["user_features"]),
        field("masks_cache_size", &["masks_cache_size"]),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const VPORT: Layout = Layout {
    subject: |it| it.text("name"),
    identity: &["name", "dev", "ifindex"],
    items: &[
        device("datapath", &["dp", "dp_ifindex"]),
        field("port", &["port_no"]).always(),
        field("type", &["type"]),
        field("dst_port", &["dst_port"]),
    ],
    rest: Rest::Changed,
    ..PLAIN
};
