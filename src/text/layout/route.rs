//! Layouts of routes, rules and next hops.

use super::{
    DEV, FLAGS, Item, Layout, PLAIN, Rest, Source, device, field, range, switch, text, texts,
    with_suffix,
};
use crate::text::node::{Fields, Node};
use crate::text::words::{self, Style};

pub(super) const ROUTE: Layout = Layout {
    subject: |it| {
        let dst = it.text("dst")?;
        let dst = match &*dst {
            "0.0.0.0/0" | "::/0" => "default".to_owned(),
            _ => host_prefix(dst, it),
        };
        Some(match it.text("type").as_deref() {
            None | Some("unicast") => dst,
            Some(kind) => format!("{kind} {dst}"),
        })
    },
    identity: &["dst", "family", "instance"],
    items: &[
        field("type", &["type"]).if_changed(),
        text("from", &["src"], |it| it.text("src")).always(),
        field("tos", &["tos"]).always(),
        text("encap", &["encap"], encap),
        field("as to", &["newdst"]),
        field("nhid", &["nhid"]),
        field("via", &["gateway"]),
        text("via", &["via"], via),
        DEV,
        field("table", &["table"]).unless("main").always(),
        field("proto", &["protocol"]).unless("boot"),
        field("scope", &["scope"]).unless("global"),
        field("src", &["prefsrc"]),
        field("metric", &["metric"]).unless("0").always(),
        FLAGS,
        field("mark", &["mark"]),
        field("uid", &["uid"]),
        text("realms", &["flow"], realms),
        Item::new("", &["metrics"], Source::Splice(metrics)),
        text("expires", &["expires"], |it| {
            Some(format!("{}sec", it.text("expires")?))
        }),
        text("error", &["error"], |it| {
            Some(format!("-{}", it.text("error")?))
        }),
        device("iif", &["iif", "iif_index"]),
        field("pref", &["pref"]).unless("medium"),
        field("ttl-propagate", &["ttl_propagate"]),
        field("reason", &["del_reason"]),
        Item::new("nexthop", &["nexthops"], Source::Each(nexthops)),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const RULE: Layout = Layout {
    subject: |it| it.text("priority").map(|priority| format!("{priority}:")),
    identity: &[
        "priority",
        "family",
        "srclen",
        "dstlen",
        "fwmask",
        "dscp_mask",
        "sport_mask",
        "dport_mask",
        "flowlabel_mask",
        "sport_end",
        "dport_end",
        "uid_end",
        "flow_from",
        "table_id",
    ],
    items: &[
        field("", &["family"]).bare().unless("inet").always(),
        text("", &[], |it| {
            it.has_flag("flags", "not").then(|| "not".to_owned())
        })
        .bare()
        .always(),
        text("from", &["src"], |it| with_suffix(it, "src", "srclen")).always(),
        text("to", &["dst"], |it| with_suffix(it, "dst", "dstlen")).always(),
        field("tos", &["tos"]).always(),
        text("dscp", &["dscp"], |it| with_suffix(it, "dscp", "dscp_mask")).always(),
        text("fwmark", &["fwmark"], |it| {
            with_suffix(it, "fwmark", "fwmask")
        })
        .always(),
        text("iif", &["iif"], |it| detached(it, "iif", "iif_detached")).always(),
        text("oif", &["oif"], |it| detached(it, "oif", "oif_detached")).always(),
        text("uidrange", &["uid_start"], |it| {
            range(it, "uid_start", "uid_end")
        })
        .always(),
        field("ipproto", &["ipproto"]).always(),
        text("sport", &["sport", "sport_start"], |it| {
            with_suffix(it, "sport", "sport_mask").or_else(|| range(it, "sport_start", "sport_end"))
        })
        .always(),
        text("dport", &["dport", "dport_start"], |it| {
            with_suffix(it, "dport", "dport_mask").or_else(|| range(it, "dport_start", "dport_end"))
        })
        .always(),
        field("tun_id", &["tun_id"]).always(),
        text("flowlabel", &["flowlabel"], |it| {
            with_suffix(it, "flowlabel", "flowlabel_mask")
        })
        .always(),
        text("lookup", &["table"], |it| {
            match it.has_flag("flags", "l3mdev") {
                true => Some("[l3mdev-table]".to_owned()),
                false => it.text("table"),
            }
        })
        .always(),
        field("suppress_prefixlength", &["suppress_prefixlen"]).always(),
        field("suppress_ifgroup", &["suppress_ifgroup"]).always(),
        text("realms", &["flow_to"], |it| {
            match (it.text("flow_from"), it.text("flow_to")) {
                (Some(from), Some(to)) => Some(format!("{from}/{to}")),
                (from, to) => to.or(from),
            }
        })
        .always(),
        field("goto", &["goto"]).always(),
        text("", &["action"], |it| {
            it.text("action").filter(|_| it.field("goto").is_none())
        })
        .bare()
        .always(),
        text("", &[], |it| {
            it.has_flag("state", "unresolved")
                .then(|| "[unresolved]".to_owned())
        })
        .bare()
        .always(),
        Item::new("", &["flags"], Source::Flags(&["not", "l3mdev"])).always(),
        text("proto", &["protocol"], |it| {
            let protocol = it.text("protocol")?;
            (!["unspec", "kernel"].contains(&&*protocol)).then_some(protocol)
        })
        .always(),
        // What was detached or unresolved is shown above.
        Item::new(
            "",
            &["state"],
            Source::Flags(&["iif_detached", "oif_detached", "unresolved"]),
        ),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const NEXTHOP: Layout = Layout {
    subject: |it| it.text("id").map(|id| format!("id {id}")),
    identity: &["id", "family"],
    items: &[
        text("group", &["group"], |it| {
            let member = |member: &Node| match member {
                Node::Object(it) => match it.text("weight")?.as_str() {
                    "1" => it.text("id"),
                    weight => Some(format!("{},{weight}", it.text("id")?)),
                },
                _ => None,
            };
            let members: Vec<_> = it.list("group").iter().filter_map(member).collect();
            (!members.is_empty()).then(|| members.join("/"))
        }),
        field("type", &["type"]).unless("mpath"),
        Item::new(
            "",
            &["resilient_args"],
            Source::Splice(|it| it.object("resilient_args").cloned()),
        ),
        field("via", &["gateway"]),
        DEV,
        text("encap", &["encap"], encap),
        switch("blackhole", &["blackhole"]),
        field("scope", &["scope"]).unless("global"),
        field("proto", &["protocol"]).unless("unspec"),
        FLAGS,
        switch("fdb", &["fdb"]),
    ],
    ..PLAIN
};

pub(super) const NEXTHOP_BUCKET: Layout = Layout {
    subject: |it| it.text("id").map(|id| format!("id {id}")),
    identity: &["id"],
    items: &[
        field("index", &["index"]).always(),
        field("nhid", &["nhid"]).always(),
        FLAGS,
    ],
    ..PLAIN
};

pub(super) const MROUTE: Layout = Layout {
    subject: source_and_group,
    identity: &["src", "dst", "family"],
    items: &[
        field("table", &["table"]).unless("default").always(),
        device("iif", &["iif", "iif_index"]),
        text("oifs", &["multipath"], |it| {
            let oif = |hop: &Node| match hop {
                Node::Object(it) => it.device("oif", "oif_index"),
                _ => None,
            };
            let oifs: Vec<_> = it.list("multipath").iter().filter_map(oif).collect();
            (!oifs.is_empty()).then(|| oifs.join(","))
        }),
        field("state", &["state"]),
        field("proto", &["protocol"]),
        FLAGS,
    ],
    ..PLAIN
};

pub(super) const CACHEREPORT: Layout = Layout {
    subject: source_and_group,
    identity: &["src", "dst", "family", "packet"],
    items: &[
        field("type", &["type"]).bare(),
        field("table", &["table"]).unless("default"),
    ],
    ..PLAIN
};

/// A prefix of one address without its length, as `ip` prints it.
fn host_prefix(dst: String, it: &Fields) -> String {
    let full = match it.text("family").as_deref() {
        Some("inet") => "/32",
        Some("inet6") => "/128",
        _ => return dst,
    };
    dst.strip_suffix(full).map(str::to_owned).unwrap_or(dst)
}

/// `eth0 [detached]`
fn detached(it: &Fields, name: &str, flag: &str) -> Option<String> {
    let device = it.text(name)?;
    Some(match it.has_flag("state", flag) {
        true => format!("{device} [detached]"),
        false => device,
    })
}

/// `(192.0.2.2,239.1.1.1)`, as `ip mroute` prints it.
fn source_and_group(it: &Fields) -> Option<String> {
    let any = |name| it.text(name).unwrap_or_else(|| "*".to_owned());
    Some(format!("({},{})", any("src"), any("dst")))
}

/// `inet6 fe80::2`
fn via(it: &Fields) -> Option<String> {
    let via = it.object("via")?;
    Some(format!("{} {}", via.text("family")?, via.text("host")?))
}

/// `3/7`, from and to.
fn realms(it: &Fields) -> Option<String> {
    let flow = it.object("flow")?;
    range(flow, "from", "to").map(|realms| realms.replace('-', "/"))
}

/// The metrics of a route; a locked one as `lock 1400`.
fn metrics(it: &Fields) -> Option<Fields> {
    let metrics = it.object("metrics")?;
    let values = metrics.0.iter().filter(|(name, _)| name != "lock");
    let values = values.map(|(name, value)| {
        let text = words::value(Style::Ip, name, value);
        let lock = if metrics.has_flag("lock", name) {
            "lock "
        } else {
            ""
        };
        let name = if name == "congestion" {
            "congctl"
        } else {
            name
        };
        (name.to_owned(), Node::Text(format!("{lock}{text}")))
    });
    Some(Fields(values.collect()))
}

/// `mpls 100/200`, `seg6 mode encap segs fd00::1`
fn encap(it: &Fields) -> Option<String> {
    let encap = it.object("encap")?;
    let Some(kind) = encap.text("type") else {
        return Some("unknown".to_owned());
    };
    let mut text = kind.clone();
    for (name, value) in &encap.0 {
        match (&**name, &*kind) {
            ("type" | "counters" | "oif_index", _) => {}
            // Labels alone, without a name.
            ("dst", "mpls") => text += &format!(" {}", encap.text("dst").unwrap_or_default()),
            ("flags", _) => {
                for flag in texts(encap, "flags") {
                    text += &format!(" {flag}");
                }
            }
            (name, _) => text += &words::field(Style::Ip, name, value),
        }
    }
    Some(text)
}

/// The next hops of a multipath route.
fn nexthops(it: &Fields) -> Vec<String> {
    let hop = |hop: &Node| {
        let Node::Object(hop) = hop else {
            return None;
        };
        let mut parts = Vec::new();
        let mut add = |word: &str, value: Option<String>| {
            parts.extend(value.map(|value| format!("{word} {value}")));
        };
        add("encap", encap(hop));
        add("as to", hop.text("newdst"));
        add("via", hop.text("gateway"));
        add("via", via(hop));
        add("dev", hop.device("dev", "ifindex"));
        add("weight", hop.text("weight"));
        add("realms", realms(hop));
        parts.extend(texts(hop, "flags"));
        Some(parts.join(" "))
    };
    it.list("nexthops").iter().filter_map(hop).collect()
}
