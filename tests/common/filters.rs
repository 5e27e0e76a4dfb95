//! What each filter selects, decided on the lines of a run without filters.

use std::net::IpAddr;

use serde_json::Value;

/// The options, and whether they select a line.
pub(crate) type Case = (&'static [&'static str], Judge);

/// Decides on an object: its kind and its payload.
type OfObject = fn(&str, &Value) -> bool;

pub(crate) enum Judge {
    /// The object passes, or its former state does.
    Object(OfObject),
    /// The line passes.
    Line(fn(&Value) -> bool),
    /// Both.
    Both(OfObject, fn(&Value) -> bool),
}

use Judge::{Both, Line, Object};

/// Every filter, accepting and rejecting. The values occur in `EVENTS` of the live trials.
pub(crate) const CASES: &[Case] = &[
    (&["--op", "delete"], Line(|line| line["op"] == "delete")),
    (
        &["--op", "ADD,change"],
        Line(|line| line["op"] == "add" || line["op"] == "change"),
    ),
    (&["--op", "!delete"], Line(|line| line["op"] != "delete")),
    (
        &["--dev", "veth0,v0"],
        Object(|_, it| has_device(it, |name| name == "veth0" || name == "v0")),
    ),
    (
        &["--dev", "veth*,br?"],
        Object(|_, it| has_device(it, |name| is_veth(name) || is_br(name))),
    ),
    (
        &["--dev", "!v*[1-9]"],
        Object(|_, it| {
            let is_rejected = |name: &str| {
                name.starts_with('v') && name.ends_with(|last| ('1'..='9').contains(&last))
            };
            !has_device(it, is_rejected)
        }),
    ),
    (
        &["--dev", "v*", "--dev", "!veth1,!v1"],
        Object(|_, it| {
            has_device(it, |name| name.starts_with('v'))
                && !has_device(it, |name| name == "veth1" || name == "v1")
        }),
    ),
    (
        &["--family", "inet6"],
        Object(|_, it| it["family"] == "inet6"),
    ),
    (
        &["--family", "2"],
        // That of nftables is none of the kernel's address families.
        Object(|kind, it| it["family"] == "inet" && !kind.starts_with("nft_")),
    ),
    (
        &["--family", "!inet,!mpls"],
        Object(|kind, it| {
            kind.starts_with("nft_") || it["family"] != "inet" && it["family"] != "mpls"
        }),
    ),
    (
        &["--prefix", "192.0.2.0/24"],
        Object(|kind, it| has_prefix(kind, it, "192.0.2.0/24", equal)),
    ),
    (
        &["--prefix", "within:192.0.2.0/24"],
        Object(|kind, it| has_prefix(kind, it, "192.0.2.0/24", within)),
    ),
    (
        &["--prefix", "covers:192.0.2.9"],
        Object(|kind, it| has_prefix(kind, it, "192.0.2.9/32", covers)),
    ),
    (
        &["--prefix", "!within:fe80::/10"],
        Object(|kind, it| !has_prefix(kind, it, "fe80::/10", within)),
    ),
    (&["--table", "main"], Object(|_, it| it["table"] == "main")),
    (
        &["--table", "254,77"],
        Object(|_, it| it["table"] == "main" || it["table"] == "77"),
    ),
    (
        &["--table", "!local"],
        Object(|_, it| it["table"] != "local"),
    ),
    (
        &["--protocol", "static,boot"],
        Object(|kind, it| {
            kind != "filter" && (it["protocol"] == "static" || it["protocol"] == "boot")
        }),
    ),
    (
        &["--protocol", "!kernel"],
        Object(|_, it| it["protocol"] != "kernel"),
    ),
    (
        &["--type", "veth"],
        Object(|kind, it| has_type(kind, it, "veth")),
    ),
    (
        &["--type", "unicast,BLACKHOLE"],
        Object(|kind, it| has_type(kind, it, "unicast") || has_type(kind, it, "blackhole")),
    ),
    (
        &["--type", "!ether"],
        Object(|kind, it| !has_type(kind, it, "ether")),
    ),
    (
        &["--state", "UP,FAILED"],
        Object(|_, it| has_state(it, "UP") || has_state(it, "FAILED")),
    ),
    (
        &["--state", "perm*"],
        Object(|_, it| has_state(it, "PERMANENT") || has_state(it, "permanent")),
    ),
    (
        &["--state", "!down,!permanent"],
        Object(|_, it| {
            !["DOWN", "PERMANENT", "permanent"]
                .iter()
                .any(|state| has_state(it, state))
        }),
    ),
    (
        &["--origin", "kernel"],
        Line(|line| line["origin"] == "kernel"),
    ),
    (
        &["--origin", "!kernel,!inferred"],
        Line(|line| line["origin"] != "kernel" && line["origin"] != "inferred"),
    ),
    (
        &["--changed", "mtu,lladdr"],
        Line(|line| has_changed(line, "mtu") || has_changed(line, "lladdr")),
    ),
    (
        &["--changed", "!operstate"],
        Line(|line| !has_changed(line, "operstate")),
    ),
    (
        &["--skip-unchanged"],
        Line(|line| line["changed"].as_array().is_none_or(|it| !it.is_empty())),
    ),
    (&["--skip-unchanged=false"], Line(|_| true)),
    (
        &["--where", r#".op == "delete" or .op == "add""#],
        Line(|line| line["op"] == "delete" || line["op"] == "add"),
    ),
    (
        &["--where", r#".kind == "neigh" and .origin != "snapshot""#],
        Line(|line| line["kind"] == "neigh" && line["origin"] != "snapshot"),
    ),
    (
        &[
            "--where",
            r#".kind == "address" and .address.prefixlen < 64"#,
        ],
        Line(|line| line["kind"] == "address" && line["address"]["prefixlen"].as_u64() < Some(64)),
    ),
    (
        &[
            "--where",
            r#"any(.changed[]?; . == "mtu" or . == "lladdr") | not"#,
        ],
        Line(|line| !has_changed(line, "mtu") && !has_changed(line, "lladdr")),
    ),
    (
        &[
            "--where",
            r#"[.. | strings] | any(test("^192\\.0\\.2\\."))"#,
            "--op",
            "!present",
        ],
        Line(|line| line["op"] != "present" && has_text(line, "192.0.2.")),
    ),
    (
        &["-k", "route,link", "--dev", "v*0", "--op", "!present"],
        Both(
            |kind, it| {
                (kind == "route" || kind == "link")
                    && has_device(it, |name| name.starts_with('v') && name.ends_with('0'))
            },
            |line| line["op"] != "present",
        ),
    ),
    (
        &[
            "--table",
            "main",
            "--prefix",
            "within:192.0.2.0/24,0.0.0.0/0",
        ],
        Object(|kind, it| {
            it["table"] == "main"
                && (has_prefix(kind, it, "192.0.2.0/24", within)
                    || has_prefix(kind, it, "0.0.0.0/0", equal))
        }),
    ),
];

impl Judge {
    /// Returns true if an event's line is selected.
    pub(crate) fn selects(&self, line: &Value) -> bool {
        match self {
            Line(of_line) => of_line(line),
            Object(of_object) => Self::object(*of_object, line),
            Both(of_object, of_line) => of_line(line) && Self::object(*of_object, line),
        }
    }

    /// Returns true if it decides on objects alone.
    pub(crate) fn is_of_objects(&self) -> bool {
        matches!(self, Object(_))
    }

    /// Returns true if the object of a line of `nlstream state` is selected.
    pub(crate) fn selects_state(&self, line: &Value) -> bool {
        match self {
            Object(of_object) | Both(of_object, _) => of_object(kind(line), &line[kind(line)]),
            Line(_) => true,
        }
    }

    fn object(of_object: OfObject, line: &Value) -> bool {
        let payload = &line[kind(line)];
        let mut former = payload.clone();
        for field in line["changed"].as_array().into_iter().flatten() {
            let field = field.as_str().unwrap();
            former[field] = line["old"][field].clone();
        }
        of_object(kind(line), payload)
            || (!line["changed"].is_null() && of_object(kind(line), &former))
    }
}

fn kind(line: &Value) -> &str {
    line["kind"].as_str().unwrap()
}

fn is_veth(name: &str) -> bool {
    name.starts_with("veth")
}

fn is_br(name: &str) -> bool {
    name.starts_with("br") && name.len() == 3
}

/// The members that name devices, also of next hops and ports.
fn has_device(payload: &Value, wanted: impl Fn(&str) -> bool + Copy) -> bool {
    const NAMES: &[&str] = &[
        "dev", "ifname", "link", "master", "port", "via", "iif", "oif", "label",
    ];
    const LISTS: &[&str] = &["nexthops", "multipath", "mcast_router_ports"];
    const OBJECTS: &[&str] = &["selector", "offload", "state", "policy"];
    let is_wanted = |name: &str| payload[name].as_str().is_some_and(wanted);
    let mut lists = LISTS.iter().filter_map(|name| payload[*name].as_array());
    let mut objects = OBJECTS.iter().filter(|name| payload[**name].is_object());
    NAMES.iter().any(|name| is_wanted(name))
        || objects.any(|name| has_device(&payload[*name], wanted))
        || lists.any(|list| list.iter().any(|it| has_device(it, wanted)))
}

/// Returns true if a text in the value begins with `start`.
fn has_text(value: &Value, start: &str) -> bool {
    match value {
        Value::String(text) => text.starts_with(start),
        Value::Array(list) => list.iter().any(|it| has_text(it, start)),
        Value::Object(members) => members.values().any(|it| has_text(it, start)),
        _ => false,
    }
}

fn has_changed(line: &Value, field: &str) -> bool {
    line["changed"]
        .as_array()
        .is_some_and(|list| list.iter().any(|it| it == field))
}

fn has_state(payload: &Value, state: &str) -> bool {
    let states = payload["state"].as_array();
    payload["state"] == state
        || payload["operstate"] == state
        || states.is_some_and(|list| list.iter().any(|it| it == state))
}

fn has_type(kind: &str, payload: &Value, wanted: &str) -> bool {
    match kind {
        "link" => payload["link_type"] == wanted || payload["linkinfo"]["info_kind"] == wanted,
        "rule" => payload["action"] == wanted,
        "qdisc" | "class" | "filter" | "chain" | "action" => payload["kind"] == wanted,
        "unknown" | "prefix" => false,
        _ => payload["type"] == wanted,
    }
}

/// An address as a number, its bits, and the length of its prefix.
type Network = (u128, u32, u32);

fn network(text: &str, length: Option<u64>) -> Option<Network> {
    let (address, own) = match text.split_once('/') {
        Some((address, length)) => (address, length.parse().ok()),
        None => (text, None),
    };
    let (number, bits) = match address.parse().ok()? {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let length = own.or(length.map(|it| it as u32)).unwrap_or(bits);
    Some((number, bits, length))
}

/// Compares the first `length` bits.
fn agree(a: Network, b: Network, length: u32) -> bool {
    let shift = a.1 - length;
    a.1 == b.1 && (shift == 128 || a.0 >> shift == b.0 >> shift)
}

/// An address within its subnet counts as an address.
fn own_length(it: Network) -> u32 {
    let zeros = it.1 - it.2;
    let is_network = zeros == 128 || it.0 & ((1 << zeros) - 1) == 0;
    if is_network { it.2 } else { it.1 }
}

fn equal(it: Network, wanted: Network) -> bool {
    it.1 == wanted.1 && it.2 == wanted.2 && agree(it, wanted, it.2)
}

fn within(it: Network, wanted: Network) -> bool {
    it.1 == wanted.1 && own_length(it) >= wanted.2 && agree(it, wanted, wanted.2)
}

fn covers(it: Network, wanted: Network) -> bool {
    it.1 == wanted.1 && it.2 <= wanted.2 && agree(it, wanted, it.2)
}

fn has_prefix(
    kind: &str,
    payload: &Value,
    wanted: &str,
    relation: fn(Network, Network) -> bool,
) -> bool {
    let members: &[(&str, &str)] = match kind {
        "route" | "neigh" => &[("dst", "")],
        "address" => &[("local", "prefixlen"), ("address", "prefixlen")],
        "rule" => &[("src", "srclen"), ("dst", "dstlen")],
        "mroute" | "cachereport" => &[("src", ""), ("dst", "")],
        "mdb" => &[("grp", ""), ("src", "")],
        "maddress" | "acaddress" => &[("address", "")],
        "addrlabel" | "prefix" => &[("prefix", "")],
        "xfrm_state" | "xfrm_policy" | "xfrm_event" => &[("src", ""), ("dst", "")],
        _ => &[],
    };
    let wanted = network(wanted, None).unwrap();
    // Of IPsec the packets that are protected, too.
    let selector = &payload["selector"];
    let mut members = members.iter().flat_map(|(address, length)| {
        let of = |object: &Value| network(object[*address].as_str()?, object[*length].as_u64());
        [of(payload), of(selector)]
    });
    members.any(|it| it.is_some_and(|it| relation(it, wanted)))
}
