//! Layouts of traffic control.

use super::{DEV, Item, Layout, PLAIN, Rest, Source, field, switch, text, texts};
use crate::text::node::{Fields, Node};
use crate::text::words::{self, Style};

pub(super) const TC: Layout = Layout {
    rest: Rest::Changed,
    style: Style::Tc,
    ..PLAIN
};

/// Where a queueing discipline, class, filter or chain is.
pub(super) const BLOCK: Item = field("block", &["block"]).always();
const ROOT: Item = switch("root", &["root"]).always();
const PARENT: Item = text("parent", &["parent"], |it| {
    match it.text("parent")?.as_str() {
        // Ingress and egress of clsact.
        "ffff:fff2" | "ffff:fff3" => None,
        parent => Some(parent.to_owned()),
    }
})
.always();
const HOOK: Item = text("", &[], |it| match it.text("parent")?.as_str() {
    "ffff:fff2" => Some("ingress".to_owned()),
    "ffff:fff3" => Some("egress".to_owned()),
    _ => None,
})
.bare()
.always();
const OPTIONS: Item = Item::new(
    "",
    &["options"],
    Source::Splice(|it| it.object("options").cloned()),
);
const WARNING: Item = field("warning", &["warning"]);

pub(super) const QDISC: Layout = Layout {
    subject: |it| {
        Some([it.text("kind")?, it.text("handle")?].join(" ")).or_else(|| it.text("handle"))
    },
    identity: &["handle"],
    items: &[
        field("kind", &["kind"]).if_changed(),
        DEV,
        ROOT,
        HOOK,
        PARENT,
        field("ingress_block", &["ingress_block"]),
        field("egress_block", &["egress_block"]),
        switch("offloaded", &["offloaded"]),
        field("stab", &["stab"]),
        OPTIONS,
        WARNING,
    ],
    ..TC
};

pub(super) const CLASS: Layout = Layout {
    items: &[
        DEV,
        ROOT,
        HOOK,
        PARENT,
        field("leaf", &["leaf"]),
        OPTIONS,
        WARNING,
    ],
    identity: &["handle", "kind"],
    subject: QDISC.subject,
    ..TC
};

pub(super) const FILTER: Layout = Layout {
    subject: |it| it.text("kind"),
    identity: &["kind"],
    items: &[
        field("handle", &["handle"]).always(),
        BLOCK,
        DEV,
        ROOT,
        HOOK,
        PARENT,
        field("protocol", &["protocol"]).always(),
        field("pref", &["pref"]).always(),
        field("chain", &["chain"]).always(),
        OPTIONS,
        Item::new(
            "action",
            &["actions"],
            Source::Each(|it| {
                let action = |action: &Node| match action {
                    Node::Object(it) => Some(action_text(it)),
                    _ => None,
                };
                it.list("actions").iter().filter_map(action).collect()
            }),
        ),
        WARNING,
    ],
    ..TC
};

pub(super) const CHAIN: Layout = Layout {
    subject: |it| it.text("chain"),
    identity: &["chain"],
    items: &[
        BLOCK,
        DEV,
        ROOT,
        HOOK,
        PARENT,
        field("template", &["kind"]),
        OPTIONS,
    ],
    ..TC
};

pub(super) const ACTION: Layout = Layout {
    subject: |it| it.text("kind"),
    identity: &["kind"],
    items: &[
        field("all", &["flushed"]),
        field("index", &["index"]).always(),
        OPTIONS,
        field("cookie", &["cookie"]),
        field("flags", &["flags"]).unless("none"),
        WARNING,
    ],
    ..TC
};

/// `gact index 1 control_action drop`
fn action_text(it: &Fields) -> String {
    let mut parts = Vec::new();
    parts.extend(it.text("kind"));
    parts.extend(it.text("index").map(|index| format!("index {index}")));
    let options = it
        .object("options")
        .map(|options| words::fields(Style::Tc, options));
    parts.extend(
        options
            .map(|options| options.trim_start().to_owned())
            .filter(|it| !it.is_empty()),
    );
    parts.extend(it.text("cookie").map(|cookie| format!("cookie {cookie}")));
    let flags = texts(it, "flags");
    if !flags.is_empty() {
        parts.push(format!("flags {}", flags.join(",")));
    }
    parts.join(" ")
}
