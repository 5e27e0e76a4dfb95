//! Folded lines against the lists of `ip` and `bridge`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fold::{Objects, fold, of_kind};
use crate::common::PATIENCE;
use crate::namespace::{Namespace, Stream};

/// Returns the objects of the kernel as sorted sentences, in the form that [`folded`] has too.
pub(super) fn kernel(ns: &Namespace) -> Vec<String> {
    let mut all = Vec::new();
    for link in ns.json("ip -d -j link") {
        all.push(link_sentence(&link));
    }
    for link in ns.json("ip -j address") {
        for address in link["addr_info"].as_array().unwrap() {
            let flags = address.as_object().unwrap().iter();
            let flags = flags.filter(|(_, value)| **value == true).map(|it| it.0);
            all.push(address_sentence(
                address,
                flags.map(String::as_str).collect(),
                &link["ifname"],
            ));
        }
    }
    for family in ["inet", "inet6"] {
        for route in ns.json(&format!("ip -f {family} -d -j route show table all")) {
            all.push(route_sentence(family, &route));
        }
        for rule in ns.json(&format!("ip -f {family} -d -j rule")) {
            let detached = ["iif_detached", "oif_detached"].map(|it| rule.get(it).is_some());
            all.push(rule_sentence(family, &rule, detached));
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
    for (family, letter) in [("ipmr", "-4"), ("ip6mr", "-6")] {
        for route in ns.json(&format!("ip {letter} -j mroute show table all")) {
            all.push(mroute_sentence(family, &route));
        }
    }
    for device in ns.json("bridge -j vlan") {
        for vlan in device["vlans"].as_array().into_iter().flatten() {
            let first = vlan["vlan"].as_u64().unwrap();
            for number in first..=vlan["vlanEnd"].as_u64().unwrap_or(first) {
                all.push(vlan_sentence(&device["ifname"], number, &vlan["flags"]));
            }
        }
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
    all.extend(of_kind(objects, "link").map(link_sentence));
    for address in of_kind(objects, "address") {
        let flags = address["flags"].as_array().into_iter().flatten();
        let flags = flags.filter_map(Value::as_str).collect();
        all.push(address_sentence(address, flags, &address["dev"]));
    }
    for route in of_kind(objects, "route") {
        all.push(route_sentence(route["family"].as_str().unwrap(), route));
    }
    for rule in of_kind(objects, "rule") {
        let family = rule["family"].as_str().unwrap();
        if !["inet", "inet6"].contains(&family) {
            continue;
        }
        let state = rule["state"].as_array().unwrap();
        let detached = ["iif_detached", "oif_detached"].map(|it| state.iter().any(|one| one == it));
        all.push(rule_sentence(family, rule, detached));
    }
    all.extend(of_kind(objects, "neigh").filter_map(neigh_sentence));
    all.extend(of_kind(objects, "nexthop").map(nexthop_sentence));
    all.extend(of_kind(objects, "mdb").filter_map(mdb_sentence));
    for route in of_kind(objects, "mroute") {
        all.push(mroute_sentence(route["family"].as_str().unwrap(), route));
    }
    // `bridge` lists the settings of a VLAN that hold for a whole bridge by another command.
    for vlan in of_kind(objects, "vlan").filter(|it| it.get("global").is_none()) {
        let first = vlan["vlan"].as_u64().unwrap();
        for number in first..=vlan["vlan_end"].as_u64().unwrap_or(first) {
            all.push(vlan_sentence(&vlan["dev"], number, &vlan["flags"]));
        }
    }
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
    "promiscuity",
    "allmulti",
    "inet6_addr_gen_mode",
];
/// Settings and states of devices and ports, by type. `ip` has no name for some others, and some
/// change with time alone, as the ageing time of a bridge with spanning tree does, for which the
/// kernel sends no event (docs/verification.md).
const DATA: &[(&str, &[&str])] = &[
    (
        "bridge",
        &[
            "forward_delay",
            "hello_time",
            "max_age",
            "stp_state",
            "priority",
            "vlan_filtering",
            "vlan_protocol",
            "vlan_default_pvid",
            "vlan_stats_enabled",
            "bridge_id",
            "root_id",
            "root_port",
            "root_path_cost",
            "group_fwd_mask",
            "group_addr",
            "mcast_snooping",
            "mcast_router",
            "mcast_querier",
            "mcast_hash_max",
            "mcast_last_member_cnt",
            "mcast_query_intvl",
            "mcast_stats_enabled",
            "mcast_igmp_version",
            "nf_call_iptables",
        ],
    ),
    (
        "bond",
        &[
            "mode",
            "active_slave",
            "miimon",
            "updelay",
            "downdelay",
            "primary",
            "primary_reselect",
            "fail_over_mac",
            "xmit_hash_policy",
            "resend_igmp",
            "num_peer_notif",
            "all_slaves_active",
            "min_links",
            "ad_lacp_rate",
            "ad_info",
        ],
    ),
    ("vlan", &["protocol", "id", "flags", "egress_qos"]),
    ("vrf", &["table"]),
];
const PORT_DATA: &[(&str, &[&str])] = &[
    (
        "bridge",
        &[
            "state",
            "priority",
            "cost",
            "hairpin",
            "guard",
            "root_block",
            "fastleave",
            "learning",
            "flood",
            "id",
            "no",
            "designated_port",
            "designated_cost",
            "bridge_id",
            "root_id",
            "multicast_router",
            "mcast_flood",
            "bcast_flood",
            "neigh_suppress",
            "group_fwd_mask",
            "isolated",
        ],
    ),
    (
        "bond",
        &[
            "state",
            "mii_status",
            "perm_hwaddr",
            "queue_id",
            "ad_aggregator_id",
            "ad_actor_oper_port_state",
            "ad_partner_oper_port_state",
        ],
    ),
    ("vrf", &["table"]),
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
    "priority", "src", "srclen", "table", "fwmark", "action", "protocol", "iif", "oif",
];
const FDB: &[&str] = &[
    "mac", "master", "vlan", "dst", "vni", "src_vni", "port", "nhid",
];

/// `detached`: the device that a packet comes from, or goes to, does not exist.
fn rule_sentence(family: &str, rule: &Value, detached: [bool; 2]) -> String {
    format!("{family} {} {detached:?}", sentence("rule", rule, RULE))
}

fn link_sentence(link: &Value) -> String {
    let mut text = sentence("link", link, LINK);
    let info = &link["linkinfo"];
    for (kind, data, types) in [
        ("info_kind", "info_data", DATA),
        ("info_slave_kind", "info_slave_data", PORT_DATA),
    ] {
        let fields = types.iter().find(|(name, _)| info[kind] == *name);
        if let Some((name, fields)) = fields {
            text += &format!("; {}", sentence(name, &info[data], fields));
        }
    }
    text
}

/// Lifetimes change with time: of these only whether they end is compared.
fn address_sentence(address: &Value, mut flags: Vec<&str>, dev: &Value) -> String {
    flags.sort_unstable();
    let forever = |field: &str| address[field].as_u64().is_none_or(|it| it == 0xffff_ffff);
    format!(
        "{} {flags:?} {} {} {dev}",
        sentence("address", address, ADDRESS),
        forever("valid_life_time"),
        forever("preferred_life_time"),
    )
}

/// `ip` prints no table of IPv6 routes, and an input device `unresolved` for none.
fn mroute_sentence(family: &str, route: &Value) -> String {
    let outputs = route["multipath"].as_array().into_iter().flatten();
    let mut outputs: Vec<_> = outputs.map(|output| &output["oif"]).collect();
    outputs.sort_by_key(|output| output.to_string());
    let iif = route["iif"].as_str().filter(|iif| *iif != "unresolved");
    let text = sentence("mroute", route, &["src", "dst", "state"]);
    format!("{family} {text} {iif:?} {outputs:?}")
}

fn vlan_sentence(dev: &Value, vlan: u64, flags: &Value) -> String {
    let flags = flags.as_array().map_or(&[][..], Vec::as_slice);
    format!("vlan {dev} {vlan} {flags:?}")
}

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
        // `ip` prints the table of a VRF as a number.
        None => {
            let number = value.as_str().and_then(|text| text.parse::<u64>().ok());
            number.map_or_else(|| value.clone(), Value::from)
        }
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
    let fields = &[
        "gateway", "dev", "prefsrc", "protocol", "flags", "nhid", "tos", "scope",
    ];
    let mut text = sentence("route", route, fields);
    // `ip` prints a list with one object.
    let metrics = match &route["metrics"] {
        Value::Array(list) => list.first().unwrap_or(&Value::Null),
        metrics => metrics,
    };
    text += &sentence(" metrics", metrics, &["mtu", "advmss"]);
    // What a router advertises anew has no event (docs/verification.md).
    if route["protocol"] != "ra" {
        text += &sentence("", metrics, &["hoplimit"]);
        text += &sentence("", route, &["pref"]);
        text += if route.get("expires").is_some() {
            " expires"
        } else {
            ""
        };
    }
    format!("{family} {kind} {dst} table={table} metric={metric} {text} {nexthops:?}")
}

/// A neighbour of a multicast group. A report of IGMP or MLD, which is sent after a random delay, makes
/// one without an event: only the audit finds it (docs/verification.md).
pub(super) fn is_of_a_group(neigh: &Value) -> bool {
    let dst = neigh["dst"].as_str().and_then(|dst| dst.parse().ok());
    dst.is_some_and(|dst: IpAddr| dst.is_multicast())
}

/// Only lasting entries: the kernel resolves and forgets the others by timers.
fn neigh_sentence(neigh: &Value) -> Option<String> {
    let lasting = ["PERMANENT", "NOARP"];
    if is_of_a_group(neigh) {
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
