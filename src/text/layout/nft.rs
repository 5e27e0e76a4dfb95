//! Layouts of nftables, in the words of nft(8).

use super::{FLAGS, Item, Layout, PLAIN, Rest, field, text, texts};
use crate::text::node::{Fields, Node};

/// The fields that identify an object, joined by spaces.
fn path(it: &Fields, fields: &[&str]) -> Option<String> {
    let words: Option<Vec<_>> = fields.iter().map(|name| it.text(name)).collect();
    words.map(|words| words.join(" "))
}

const HANDLE: Item = field("handle", &["handle"]);
const COMMENT: Item = field("comment", &["comment"]);
const GENERATION: Item = field("generation", &["generation"]);
const HOOK: Item = field("hook", &["hook"]);
const PRIORITY: Item = field("priority", &["prio"]);
const DEVICES: Item = text("devices", &["devices"], |it| {
    let names = texts(it, "devices");
    (!names.is_empty()).then(|| names.join(","))
});
const EXPRESSIONS: Item = text("", &["expr"], expressions).bare().always();

const NFT: Layout = Layout {
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const TABLE: Layout = Layout {
    subject: |it| path(it, &["family", "name"]),
    identity: &["family", "name"],
    items: &[
        FLAGS,
        field("owner", &["owner"]),
        HANDLE,
        COMMENT,
        GENERATION,
    ],
    ..NFT
};

pub(super) const CHAIN: Layout = Layout {
    subject: |it| path(it, &["family", "table", "name"]),
    identity: &["family", "table", "name"],
    items: &[
        field("type", &["type"]),
        HOOK,
        DEVICES,
        PRIORITY,
        field("policy", &["policy"]),
        HANDLE,
        COMMENT,
        GENERATION,
    ],
    ..NFT
};

pub(super) const RULE: Layout = Layout {
    subject: |it| path(it, &["family", "table", "chain"]),
    identity: &["family", "table", "chain"],
    items: &[
        EXPRESSIONS,
        HANDLE.always(),
        field("position", &["position"]),
        COMMENT,
        GENERATION,
    ],
    ..NFT
};

pub(super) const SET: Layout = Layout {
    subject: |it| path(it, &["family", "table", "name"]),
    identity: &["family", "table", "name"],
    items: &[
        field("type", &["key_type"]),
        text("map", &["data_type", "obj_type"], |it| {
            let data = it.text("data_type").filter(|name| name != "0");
            data.or_else(|| it.text("obj_type"))
        }),
        FLAGS,
        field("size", &["size"]),
        field("timeout", &["timeout"]),
        HANDLE,
        COMMENT,
        GENERATION,
    ],
    ..NFT
};

pub(super) const ELEMENT: Layout = Layout {
    subject: |it| path(it, &["family", "table", "set"]),
    identity: &[
        "family", "table", "set", "key", "text", "key_end", "end_text",
    ],
    items: &[
        text("", &[], |it| {
            let key = it.text("text").or_else(|| it.text("key"))?;
            let end = it.text("end_text").or_else(|| it.text("key_end"));
            Some(match end {
                Some(end) => format!("{key}-{end}"),
                None => key,
            })
        })
        .bare()
        .always(),
        FLAGS,
        text("data", &["data", "data_text"], |it| {
            it.text("data_text").or_else(|| it.text("data"))
        }),
        text("", &["verdict"], |it| {
            let verdict = it.object("verdict")?;
            let words = [verdict.text("code"), verdict.text("target")];
            Some(words.into_iter().flatten().collect::<Vec<_>>().join(" "))
        })
        .bare(),
        field("object", &["object"]),
        field("timeout", &["timeout"]),
        field("expires", &["expires"]),
        text("", &["expr"], expressions).bare(),
        COMMENT,
        GENERATION,
    ],
    ..NFT
};

pub(super) const OBJECT: Layout = Layout {
    subject: |it| path(it, &["type", "family", "table", "name"]),
    identity: &["type", "family", "table", "name"],
    items: &[
        text("", &["data"], |it| it.object("data").map(words)).bare(),
        HANDLE,
        COMMENT,
        GENERATION,
    ],
    ..NFT
};

pub(super) const FLOWTABLE: Layout = Layout {
    subject: |it| path(it, &["family", "table", "name"]),
    identity: &["family", "table", "name"],
    items: &[HOOK, PRIORITY, DEVICES, FLAGS, HANDLE, GENERATION],
    ..NFT
};

pub(super) const GENERATION_END: Layout = Layout {
    subject: |it| it.text("id"),
    identity: &["id"],
    items: &[text("by process", &["pid", "comm"], process)],
    ..NFT
};

pub(super) const NETFILTER_CFG: Layout = Layout {
    subject: |it| Some(format!("{} {}", it.text("family")?, it.text("table")?)),
    identity: &["family", "table"],
    items: &[
        field("", &["operation"]).bare(),
        field("entries", &["entries"]),
        text("by process", &["pid", "comm"], process),
        field("generation", &["generation"]),
    ],
    ..PLAIN
};

fn process(it: &Fields) -> Option<String> {
    let pid = it.text("pid")?;
    Some(match it.text("comm") {
        Some(comm) => format!("{pid} ({comm})"),
        None => pid,
    })
}

/// Expressions, each with its name and the values of its fields. Registers and lengths say nothing to a person.
fn expressions(it: &Fields) -> Option<String> {
    let list = it.list("expr").iter().filter_map(|item| match item {
        Node::Object(fields) => fields.0.first(),
        _ => None,
    });
    let list = list.map(|(name, value)| match value {
        Node::Object(fields) => match words(fields) {
            words if words.is_empty() => name.clone(),
            words => format!("{name} {words}"),
        },
        _ => name.clone(),
    });
    let list: Vec<_> = list.collect();
    (!list.is_empty()).then(|| list.join(" "))
}

fn words(fields: &Fields) -> String {
    let has = |name: &str| fields.field(name).is_some();
    let is_shown = |name: &str| match name {
        "sreg" | "dreg" | "sreg_key" | "sreg_data" | "len" | "csum_type" | "csum_offset"
        | "csum_flags" | "info" => false,
        "data" => !has("text"),
        "mask" => !has("mask_text"),
        "from" => !has("from_text"),
        "to" => !has("to_text"),
        _ => !name.starts_with("reg_"),
    };
    let shown = fields.0.iter().filter(|(name, _)| is_shown(name));
    let words = shown.filter_map(|(name, value)| match (name.as_str(), value) {
        ("op" | "key" | "base" | "text" | "data" | "set" | "target" | "type", value) => {
            value.text()
        }
        ("mask_text", value) => Some(format!("mask {}", value.text()?)),
        ("from_text", value) => Some(format!("from {}", value.text()?)),
        ("to_text", value) => Some(format!("to {}", value.text()?)),
        (_, Node::List(list)) => {
            let texts: Vec<_> = list.iter().filter_map(Node::text).collect();
            (!texts.is_empty()).then(|| texts.join(","))
        }
        (name, value) => Some(format!("{name} {}", value.text()?)),
    });
    words.collect::<Vec<_>>().join(" ")
}
