//! Layouts of devices, and of what belongs to a device.

use super::{
    DEV, FLAGS, Item, Layout, PLAIN, Rest, Source, device, field, range, switch, text, texts,
};
use crate::event::ethtool;
use crate::text::node::Node;
use crate::text::words::{self, Style};

pub(super) const LINK: Layout = Layout {
    subject: |it| it.device("ifname", "ifindex"),
    identity: &["ifname_hex", "ifalias_hex", "altnames_hex", "event"],
    items: &[
        field("name", &["ifname"]).if_changed(),
        field("index", &["ifindex"]),
        text("type", &[], |it| it.object("linkinfo")?.text("info_kind")),
        Item::new("link", &["link", "link_index"], Source::Device),
        field("link-netnsid", &["link_netnsid"]),
        text("", &[], |it| {
            Some(format!("<{}>", texts(it, "flags").join(",")))
        })
        .bare(),
        FLAGS.if_changed(),
        field("mtu", &["mtu"]),
        field("qdisc", &["qdisc"]),
        Item::new("master", &["master", "master_index"], Source::Device),
        field("state", &["operstate"]),
        field("mode", &["linkmode"]).unless("DEFAULT"),
        field("group", &["group"]).unless("default"),
        field("qlen", &["txqlen"]).if_changed(),
        text("", &[], |it| {
            let address = it.text("address").map(|address| format!(" {address}"));
            Some(format!(
                "link/{}{}",
                it.text("link_type")?,
                address.unwrap_or_default()
            ))
        })
        .bare(),
        field("address", &["address"]).if_changed(),
        field("brd", &["broadcast"]).if_changed(),
        field("minmtu", &["min_mtu"]).if_changed(),
        field("maxmtu", &["max_mtu"]).if_changed(),
        field("addrgenmode", &["inet6_addr_gen_mode"]).if_changed(),
        field("token", &["inet6_token"]).if_changed(),
        field("numvf", &["num_vf"]).if_changed(),
        field("protodown", &["proto_down"]).if_changed(),
        Item::new(
            "altname",
            &["altnames"],
            Source::Each(|it| texts(it, "altnames")),
        ),
        field("alias", &["ifalias"]),
        field("netns", &["new_netnsid"]),
        field("moved from netns", &["moved_from"]),
        // Why the kernel sent the message, even if nothing differs.
        Item::new("event", &[], Source::Text(|it| it.text("event"))).always(),
    ],
    deleted: Some(&[Item::new(
        "moved to netns",
        &[],
        Source::Text(|it| it.text("moved_to").or_else(|| it.text("new_netnsid"))),
    )]),
    rest: Rest::Changed,
    style: Style::Ip,
};

pub(super) const ADDRESS: Layout = Layout {
    subject: |it| {
        let length = it.text("prefixlen")?;
        match (it.text("local"), it.text("address")) {
            // The prefix length belongs to the address of the peer.
            (Some(local), Some(_)) => Some(local),
            (Some(one), None) | (None, Some(one)) => Some(format!("{one}/{length}")),
            (None, None) => it.text("family"),
        }
    },
    identity: &["family", "local", "prefixlen", "instance", "label_hex"],
    items: &[
        text("peer", &["address"], |it| {
            it.text("local")?;
            Some(format!("{}/{}", it.text("address")?, it.text("prefixlen")?))
        })
        .always(),
        DEV,
        field("brd", &["broadcast"]),
        field("any", &["anycast"]),
        field("scope", &["scope"]),
        FLAGS,
        text("label", &["label"], |it| {
            it.text("label")
                .filter(|label| it.text("dev").as_ref() != Some(label))
        }),
        field("metric", &["metric"]),
        field("proto", &["protocol"]),
        field("valid_lft", &["valid_life_time"]).unless("forever"),
        field("preferred_lft", &["preferred_life_time"]).unless("forever"),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const NEIGH: Layout = Layout {
    subject: |it| it.text("dst"),
    identity: &["family", "dst"],
    items: &[
        DEV,
        field("lladdr", &["lladdr"]).always(),
        FLAGS,
        text("", &["proxy"], |it| {
            let shown = it.field("proxy") == Some(&Node::Bool(true));
            (shown && !it.has_flag("flags", "proxy")).then(|| "proxy".to_owned())
        })
        .bare()
        .always(),
        text("state", &["state"], |it| {
            let states = texts(it, "state");
            (!states.is_empty()).then(|| states.join(","))
        })
        .bare()
        .always(),
        field("proto", &["protocol"]),
        field("vni", &["vni"]),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const FDB: Layout = Layout {
    subject: |it| it.text("mac"),
    identity: &["mac", "instance"],
    items: &[
        DEV,
        field("dst", &["dst"]).always(),
        field("vlan", &["vlan"]).always(),
        field("port", &["port"]),
        field("vni", &["vni"]),
        field("src_vni", &["src_vni"]).always(),
        Item::new("via", &["via", "via_index"], Source::Device),
        field("link-netnsid", &["link_netnsid"]),
        field("nhid", &["nhid"]),
        device("master", &["master", "master_index"]),
        // The device is said above.
        Item::new("", &["flags"], Source::Flags(&["master"])),
        field("state", &["state"]).bare().always(),
        switch("activity_notify", &["activity_notify"]),
        switch("inactive", &["inactive"]),
        field("proto", &["protocol"]),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const PREFIX: Layout = Layout {
    subject: |it| it.text("prefix"),
    identity: &["prefix", "family", "type"],
    items: &[
        DEV,
        FLAGS,
        field("valid_lft", &["valid_life_time"]),
        field("preferred_lft", &["preferred_life_time"]),
    ],
    ..PLAIN
};

pub(super) const NETCONF: Layout = Layout {
    subject: |it| it.text("family"),
    identity: &["family"],
    items: &[DEV, field("", &["interface"]).bare().always()],
    ..PLAIN
};

pub(super) const MDB: Layout = Layout {
    subject: |it| {
        it.text("grp")
            .or_else(|| it.field("router").map(|_| "router".to_owned()))
    },
    identity: &["grp"],
    items: &[
        DEV,
        device("port", &["port", "port_index"]),
        field("src", &["src"]).always(),
        field("vid", &["vid"]).always(),
        field("router", &["router"]).bare(),
        field("state", &["state"]).bare(),
        FLAGS,
        field("filter_mode", &["filter_mode"]),
        field("proto", &["protocol"]),
        field("dst", &["dst"]).always(),
        field("dst_port", &["dst_port"]).always(),
        field("vni", &["vni"]).always(),
        field("src_vni", &["src_vni"]).always(),
        device("via", &["via", "via_index"]),
    ],
    ..PLAIN
};

pub(super) const VLAN: Layout = Layout {
    subject: |it| range(it, "vlan", "vlan_end"),
    identity: &["vlan", "vlan_end"],
    items: &[
        DEV,
        switch("global", &["global"]).always(),
        FLAGS,
        field("state", &["state"]),
    ],
    ..PLAIN
};

pub(super) const VNI: Layout = Layout {
    subject: |it| range(it, "vni", "vni_end"),
    identity: &["vni", "vni_end"],
    items: &[DEV],
    ..PLAIN
};

/// Multicast and anycast addresses of a device.
pub(super) const MADDRESS: Layout = Layout {
    subject: |it| it.text("address"),
    identity: &["address", "family", "prefixlen"],
    items: &[DEV, field("scope", &["scope"]).unless("global"), FLAGS],
    ..PLAIN
};

pub(super) const ADDRLABEL: Layout = Layout {
    subject: |it| it.text("prefix"),
    identity: &["prefix", "family"],
    items: &[DEV],
    ..PLAIN
};

pub(super) const NEIGHTBL: Layout = Layout {
    subject: |it| it.text("name"),
    identity: &["name", "family"],
    items: &[DEV],
    ..PLAIN
};

pub(super) const NSID: Layout = Layout {
    subject: |it| it.text("nsid"),
    identity: &["nsid"],
    ..PLAIN
};

pub(super) const NDUSEROPT: Layout = Layout {
    subject: |it| it.text("src").map(|src| format!("from {src}")),
    // A router advertisement, as nearly all of them are.
    identity: &["src", "family", "icmp_type", "icmp_code"],
    items: &[
        DEV,
        Item::new(
            "option",
            &["options"],
            Source::Each(|it| {
                let option = |option: &Node| match option {
                    Node::Object(it) => {
                        let rest = it.0.iter().filter(|(name, _)| name != "type");
                        let rest: String = rest
                            .map(|(name, value)| words::field(Style::Ip, name, value))
                            .collect();
                        Some(format!("{}{rest}", it.text("type").unwrap_or_default()))
                    }
                    _ => None,
                };
                it.list("options").iter().filter_map(option).collect()
            }),
        ),
    ],
    ..PLAIN
};

pub(super) const STATS: Layout = Layout {
    items: &[DEV],
    ..PLAIN
};

pub(super) const GENL_FAMILY: Layout = Layout {
    subject: |it| it.text("name"),
    identity: &["name"],
    items: &[
        field("id", &["id"]).always(),
        field("version", &["version"]),
        text("ops", &["ops"], |it| match it.list("ops").len() {
            0 => None,
            number => Some(number.to_string()),
        }),
        text("groups", &["mcast_groups"], |it| {
            let name = |group: &Node| match group {
                Node::Object(it) => it.text("name"),
                _ => None,
            };
            let names: Vec<_> = it.list("mcast_groups").iter().filter_map(name).collect();
            (!names.is_empty()).then(|| names.join(","))
        }),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const ETHTOOL: Layout = Layout {
    subject: |it| it.device("dev", "ifindex"),
    identity: &["dev", "ifindex"],
    items: &[
        field("", &["setting"]).bare().always(),
        field("index", &["index"]).always(),
        field("", &["qualifier"]).bare().always(),
        Item::new(
            "",
            ethtool::NAMES,
            Source::Splice(|it| it.object(&it.text("setting")?).cloned()),
        ),
    ],
    deleted: Some(&[
        field("", &["setting"]).bare(),
        field("index", &["index"]),
        field("", &["qualifier"]).bare(),
    ]),
    ..PLAIN
};

pub(super) const UNKNOWN: Layout = Layout {
    subject: |it| it.text("type"),
    identity: &["type", "family", "header"],
    items: &[
        text("attributes", &["attributes"], |it| {
            match it.list("attributes").len() {
                0 => None,
                number => Some(number.to_string()),
            }
        }),
        text("bytes", &["data"], |it| {
            Some((it.text("data")?.len() / 2).to_string())
        }),
    ],
    ..PLAIN
};
