//! Folded lines against the lists of `ip` and `bridge`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fold::{Objects, fold, of_kind};
use crate::common::PATIENCE;
use crate::namespace::{Namespace, Stream};

/// Returns the objects of the kernel as sorted sentences, in the form that [`folded`] has too.
pub(super) fn kernel(ns: &Namespace) -> Vec<String> {
    let mut all = Vec::new();
    for link in ns.json("ip -j link") {
        all.push(sentence("link", &link, LINK));
    }
    for link in ns.json("ip -j address") {
        for address in link["addr_info"].as_array().unwrap() {
            let text = sentence("address", address, ADDRESS);
            all.push(format!("{text} {}", link["ifname"]));
        }
    }
    for family in ["inet", "inet6"] {
        for route in ns.json(&format!("ip -f {family} -d -j route show table all")) {
            all.push(route_sentence(family, &route));
        }
        for rule in ns.json(&format!("ip -f {family} -d -j rule")) {
            all.push(format!("{family} {}", sentence("rule", &rule, RULE)));
        }
    }
    for command in ["ip -j neigh show nud all", "ip -j neigh show proxy"] {
        for neigh in ns.json(command) {
            all.extend(neigh_sentence(&neigh));
        }
    }
    for nexthop in ns.json("ip -d -j nexthop") {
        all.push(nexthop_sentence(&nexthop));
    }
    for entry in ns.json("bridge -j mdb") {
        for group in entry["mdb"].as_array().into_iter().flatten() {
            all.extend(mdb_sentence(group));
        }
    }
    for route in ns.json("ip -j mroute show table all") {
        all.push(sentence("mroute", &route, MROUTE));
    }
    for entry in ns.json("bridge -j fdb") {
        let dev = entry["ifname"].clone();
        all.push(format!("{} {dev}", sentence("fdb", &entry, FDB)));
    }
    all.sort();
    all
}

/// Returns the folded objects as sorted sentences.
pub(super) fn folded(objects: &Objects) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(of_kind(objects, "link").map(|link| sentence("link", link, LINK)));
    for address in of_kind(objects, "address") {
        let text = sentence("address", address, ADDRESS);
        all.push(format!("{text} {}", address["dev"]));
    }
    for route in of_kind(objects, "route") {
        all.push(route_sentence(route["family"].as_str().unwrap(), route));
    }
    for rule in of_kind(objects, "rule") {
        let family = rule["family"].as_str().unwrap();
        if !["inet", "inet6"].contains(&family) {
            continue;
        }
        all.push(format!("{family} {}", sentence("rule", rule, RULE)));
    }
    all.extend(of_kind(objects, "neigh").filter_map(neigh_sentence));
    all.extend(of_kind(objects, "nexthop").map(nexthop_sentence));
    all.extend(of_kind(objects, "mdb").filter_map(mdb_sentence));
    all.extend(of_kind(objects, "mroute").map(|it| sentence("mroute", it, MROUTE)));
    for entry in of_kind(objects, "fdb") {
        let dev = entry["dev"].clone();
        all.push(format!("{} {dev}", sentence("fdb", entry, FDB)));
    }
    all.sort();
    all
}

/// Waits until the fold of the lines so far equals the objects of the kernel. Returns how the two
/// still differ after a minute.
pub(super) fn await_exact(ns: &Namespace, stream: &mut Stream) -> Vec<String> {
    let end = Instant::now() + PATIENCE;
    loop {
        let kernel = kernel(ns);
        let found = differences(&kernel, &folded(&fold(stream.so_far())));
        if found.is_empty() || Instant::now() >= end {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The same, and fails if they still differ.
#[track_caller]
pub(super) fn assert_exact(ns: &Namespace, stream: &mut Stream) {
    let mut found = await_exact(ns, stream);
    let count = found.len();
    found.truncate(30);
    assert!(found.is_empty(), "{count} objects differ: {found:#?}");
}

/// Returns the sentences that are on one side only.
pub(super) fn differences(kernel: &[String], folded: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    for sentence in kernel {
        *counts.entry(sentence).or_default() += 1;
    }
    for sentence in folded {
        *counts.entry(sentence).or_default() -= 1;
    }
    let mut found = Vec::new();
    for (sentence, count) in counts {
        let side = if count > 0 {
            "missing in the lines"
        } else {
            "only in the lines"
        };
        found.extend((0..count.abs()).map(|_| format!("{side}: {sentence}")));
    }
    found
}

const LINK: &[&str] = &[
    "ifindex",
    "ifname",
    "flags",
    "mtu",
    "qdisc",
    "operstate",
    "master",
    "group",
    "txqlen",
    "ifalias",
    "address",
];
const ADDRESS: &[&str] = &[
    "family",
    "local",
    "address",
    "prefixlen",
    "scope",
    "label",
    "metric",
];
const RULE: &[&str] = &[
    "priority", "src", "srclen", "table", "fwmark", "action", "protocol",
];
const FDB: &[&str] = &[
    "mac", "master", "vlan", "dst", "vni", "src_vni", "port", "nhid",
];

const MROUTE: &[&str] = &["src", "dst", "iif", "table", "state"];

/// `ip` omits a weight of 1, and prints the flags `blackhole` and `fdb` as keys without a value.
fn nexthop_sentence(nexthop: &Value) -> String {
    let mut nexthops: Vec<String> = Vec::new();
    for nexthop in nexthop["group"].as_array().into_iter().flatten() {
        nexthops.push(format!(
            "{}×{}",
            nexthop["id"],
            nexthop["weight"].as_u64().unwrap_or(1)
        ));
    }
    let flags = nexthop["flags"].as_array().into_iter().flatten();
    let mut flags: Vec<_> = flags.filter_map(Value::as_str).collect();
    for flag in ["blackhole", "fdb"] {
        if nexthop.get(flag).is_some() {
            flags.push(flag);
        }
    }
    flags.sort_unstable();
    let text = sentence("nexthop", nexthop, &["id", "gateway", "dev", "scope"]);
    format!("{text} {nexthops:?} {flags:?}")
}

/// Only permanent groups: timers of the kernel add and remove the others.
fn mdb_sentence(group: &Value) -> Option<String> {
    (group["state"] == "permanent")
        .then(|| sentence("mdb", group, &["dev", "port", "grp", "src", "vid", "state"]))
}

fn sentence(kind: &str, object: &Value, fields: &[&str]) -> String {
    let mut text = kind.to_owned();
    for field in fields {
        if let Some(value) = object.get(field) {
            text += &format!(" {field}={}", ordered(value));
        }
    }
    text
}

/// Sorts lists of flags, whose order has no meaning.
fn ordered(value: &Value) -> Value {
    match value.as_array() {
        Some(list) => {
            let mut list = list.clone();
            // `ip` adds this flag itself when the lower device is down.
            list.retain(|flag| flag != "M-DOWN");
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        None => value.clone(),
    }
}

fn route_sentence(family: &str, route: &Value) -> String {
    let full = if family == "inet" { 32 } else { 128 };
    let dst = match route["dst"].as_str().unwrap() {
        "default" if family == "inet" => "0.0.0.0/0".to_owned(),
        "default" => "::/0".to_owned(),
        dst if dst.contains('/') => dst.to_owned(),
        dst => format!("{dst}/{full}"),
    };
    let or = |field: &str, usual: &str| route[field].as_str().unwrap_or(usual).to_owned();
    let (table, kind) = (or("table", "main"), or("type", "unicast"));
    let mut nexthops: Vec<String> = route["nexthops"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|nexthop| sentence("nexthop", nexthop, &["gateway", "dev", "weight", "flags"]))
        .collect();
    nexthops.sort();
    // `ip` prints a metric of 0 of IPv6 only, and no flags as an empty list.
    let metric = route["metric"].as_u64().unwrap_or(0);
    let fields = &["gateway", "dev", "prefsrc", "protocol", "flags", "nhid"];
    let text = sentence("route", route, fields);
    format!("{family} {kind} {dst} table={table} metric={metric} {text} {nexthops:?}")
}

/// Only lasting entries: the kernel resolves and forgets the others by timers.
fn neigh_sentence(neigh: &Value) -> Option<String> {
    let lasting = ["PERMANENT", "NOARP"];
    // A report of IGMP or MLD, sent after a random delay, makes a neighbour of the multicast group
    // without an event. Only the audit finds it.
    let dst = neigh["dst"].as_str().unwrap();
    if dst.starts_with("ff02:") || dst.starts_with("224.") {
        return None;
    }
    let states: Vec<_> = neigh["state"].as_array().into_iter().flatten().collect();
    let lasts = states
        .iter()
        .any(|state| lasting.contains(&state.as_str().unwrap()));
    let proxy = neigh.get("proxy").is_some();
    (lasts || proxy).then(|| {
        format!(
            "{} {proxy}",
            sentence("neigh", neigh, &["dst", "dev", "lladdr"])
        )
    })
}
