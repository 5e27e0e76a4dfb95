//! The snapshot against `ip -d -j`: every field that both have must be equal.

use std::time::Duration;

use serde_json::Value;

use crate::namespace::Namespace;

crate::trial::trials! {
    links_agree_with_ip(Namespace, LinkType("veth"), LinkType("bridge"), LinkType("ifb")),
    addresses_agree_with_ip(Namespace, LinkType("veth"), LinkType("bridge"), LinkType("ifb")),
    routes_agree_with_ip(Namespace, LinkType("veth"), LinkType("bridge"), LinkType("ifb")),
    neighbours_agree_with_ip(Namespace, LinkType("veth"), LinkType("bridge"), LinkType("ifb")),
    rules_agree_with_ip(Namespace, LinkType("veth"), LinkType("bridge"), LinkType("ifb")),
}

const SETUP: &str = "
ip link set lo up
ip link add br0 address 02:00:00:00:00:10 type bridge stp_state 1
ip link add veth0 address 02:00:00:00:00:01 numtxqueues 2 type veth peer name veth1 address 02:00:00:00:00:02
ip link add port0 type veth peer name port1
ip link add vx0 type vxlan id 42 remote 192.0.2.9 dstport 4789 dev veth0
ip link add mac0 link veth0 type macvlan mode bridge
ip link add ifb7 type ifb
ip link set port0 master br0
ip link property add dev veth0 altname another
ip link set veth0 alias 'an alias' group 7 txqueuelen 500 mtu 1450
for dev in br0 veth0 veth1 port0 port1 mac0; do ip link set $dev up; done
ip address add 192.0.2.1/24 broadcast + dev veth0 label veth0:x metric 50
ip address add 192.0.2.2/24 dev veth0 valid_lft 5000 preferred_lft 4000
ip address add 198.51.100.1 peer 198.51.100.2/32 dev veth0 scope link
ip address add 2001:db8::1/64 dev veth0 nodad
ip address add 2001:db8::2/64 dev veth0 nodad preferred_lft 0
ip address add 2001:db8:9::1/64 dev port1
ip route add 10.0.0.0/8 via 192.0.2.254 metric 7 mtu 1400 advmss 1300 rtt 100ms rttvar 50ms window 1000 proto static
ip route add 10.1.0.0/16 nexthop via 192.0.2.253 weight 3 nexthop via 192.0.2.252
ip route add 10.2.0.0/16 via inet6 2001:db8::9 dev veth0
ip route add blackhole 10.3.0.0/16 table 100
ip route add prohibit 10.4.0.0/16
ip route add 10.5.0.0/16 dev veth0 src 192.0.2.1 tos 0x10 scope link realms 3/4
ip route add 2001:db8:1::/48 via 2001:db8::9 metric 5 pref high
ip route add 2001:db8:2::/48 nexthop via 2001:db8::9 nexthop via 2001:db8::a weight 2
ip route add unreachable 2001:db8:3::/48
ip route add 2001:db8:4::/48 via 2001:db8::9 expires 1000
ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev veth0 nud permanent
ip neigh add 192.0.2.78 lladdr 02:00:00:00:00:78 dev veth0 nud stale router
ip neigh add 2001:db8::77 lladdr 02:00:00:00:00:79 dev veth0 nud noarp
ip neigh add proxy 192.0.2.99 dev veth0
ip rule add from 10.0.0.0/8 to 192.0.2.0/24 fwmark 1/255 table 100 priority 10
ip rule add not iif veth0 oif veth1 ipproto tcp sport 80 dport 90-99 table 101 priority 11
ip rule add uidrange 0-0 goto 32766 priority 12
ip rule add from all blackhole priority 13
ip rule add from all tos 0x10 table main suppress_prefixlength 0 suppress_ifgroup 7 realms 1/2 priority 14
ip -6 rule add from 2001:db8::/32 unreachable priority 15
# port1 is down: its address stays tentative. The others take up to two seconds.
n=0
while ip -6 -o address show tentative | grep -v port1 >&2; do [ $((n += 1)) -lt 600 ]; sleep 0.1; done";

/// Collects where two values differ, in the fields that both have.
fn differences(path: &str, ip: &Value, object: &Value, found: &mut Vec<String>) {
    match (ip, object) {
        (Value::Object(ip), Value::Object(object)) => {
            for (name, value) in ip {
                if let Some(field) = object.get(name) {
                    differences(&format!("{path}.{name}"), value, field, found);
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{i}]"), a, b, found);
            }
        }
        _ if ip == object => {}
        _ => found.push(format!("{path}: ip prints {ip}, nlstream {object}")),
    }
}

/// Compares flags: fields that `ip` shows without a value, or as true.
fn assert_flags(ip: &Value, object: &Value, names: &[&str]) {
    let flags = object["flags"].as_array().unwrap();
    for name in names {
        let shown = ip.get(*name).is_some_and(|value| *value != false);
        assert_eq!(
            flags.contains(&(*name).into()),
            shown,
            "{name}: {ip} {object}"
        );
    }
}

/// Returns the objects of a kind in the snapshot.
fn present(lines: &[Value], kind: &str) -> Vec<Value> {
    let of_kind = lines
        .iter()
        .filter(|line| line["kind"] == kind && line["op"] == "present");
    of_kind.map(|line| line[kind].clone()).collect()
}

/// Sets up a namespace, and returns it with the lines of its snapshot.
fn setup() -> (Namespace, Vec<Value>) {
    let ns = Namespace::new();
    ns.run(SETUP);
    // The bridge and IPv6 change states and routes for a while: the snapshot is taken after that.
    let mut stream = ns.synced(&[]);
    stream.wait_for_quiet(Duration::from_millis(500));
    stream.interrupt();
    let (lines, _) = ns.synced(&["--with", "details"]).interrupt();
    let unparsed: Vec<_> = lines
        .iter()
        .filter(|line| line.get("unparsed").is_some())
        .collect();
    assert!(unparsed.is_empty(), "{unparsed:#?}");
    (ns, lines)
}

fn links_agree_with_ip() {
    let (ns, lines) = setup();
    let objects = present(&lines, "link");
    let from_ip = ns.json("ip -d -j link");
    assert_eq!(from_ip.len(), objects.len());
    let mut found = Vec::new();
    let mut compared = 0;
    for ip in &from_ip {
        let object = objects
            .iter()
            .find(|link| link["ifindex"] == ip["ifindex"])
            .unwrap();
        let path = ip["ifname"].as_str().unwrap();
        differences(path, ip, object, &mut found);
        compared += ip
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| object.get(key).is_some())
            .count();
        for name in [
            "master", "link", "ifalias", "altnames", "qdisc", "linkinfo", "group", "txqlen",
        ] {
            let shown = ip.get(name).is_some_and(|value| !value.is_null());
            assert_eq!(
                object.get(name).is_some(),
                shown,
                "{path}: {name}: {ip} {object}"
            );
        }
    }
    // Timers run on between the snapshot and `ip`.
    found.retain(|text| !text.contains("_timer"));
    assert!(found.is_empty(), "{found:#?}");
    assert!(compared > 150, "only {compared} fields were compared");
}

fn addresses_agree_with_ip() {
    let (ns, lines) = setup();
    let objects = present(&lines, "address");
    let mut count = 0;
    let mut found = Vec::new();
    for link in ns.json("ip -d -j address") {
        for ip in link["addr_info"].as_array().unwrap() {
            count += 1;
            let object = objects.iter().find(|object| {
                object["ifindex"] == link["ifindex"] && object["local"] == ip["local"]
            });
            let object = object.unwrap_or_else(|| panic!("nlstream lacks {ip}"));
            differences(&ip["local"].to_string(), ip, object, &mut found);
            assert_flags(
                ip,
                object,
                &[
                    "dynamic",
                    "secondary",
                    "deprecated",
                    "nodad",
                    "tentative",
                    "noprefixroute",
                ],
            );
            let rest = ["address", "broadcast", "label", "metric"];
            for name in rest {
                assert_eq!(
                    object.get(name).is_some(),
                    ip.get(name).is_some(),
                    "{name}: {ip} {object}"
                );
            }
        }
    }
    // Lifetimes count down between the snapshot and `ip`.
    found.retain(|text| !text.contains("life_time"));
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(count, objects.len());
}

/// Returns a route of `ip` with the field values of nlstream.
fn translated(ip: &Value, family: &str) -> Value {
    let mut route = ip.clone();
    let full_length = if family == "inet" { 32 } else { 128 };
    for name in ["dst", "from"] {
        if let Some(dst) = ip[name].as_str() {
            route[name] = match dst {
                "default" if family == "inet" => "0.0.0.0/0".into(),
                "default" => "::/0".into(),
                _ if dst.contains('/') => dst.into(),
                _ => format!("{dst}/{full_length}").into(),
            };
        }
    }
    if let Some(metrics) = ip["metrics"].as_array() {
        route["metrics"] = metrics[0].clone();
    }
    route["family"] = family.into();
    if ip.get("type").is_none() {
        route["type"] = "unicast".into();
    }
    if ip.get("table").is_none() {
        route["table"] = "main".into();
    }
    route
}

fn routes_agree_with_ip() {
    let (ns, lines) = setup();
    let objects = present(&lines, "route");
    let mut count = 0;
    for (family, flag) in [("inet", "-4"), ("inet6", "-6")] {
        for ip in ns.json(&format!("ip {flag} -d -j route show table all")) {
            count += 1;
            let ip = translated(&ip, family);
            let same = |object: &&Value| {
                ["family", "type", "dst", "table", "dev"]
                    .iter()
                    .all(|name| ip.get(*name).is_none() || object.get(*name) == ip.get(*name))
            };
            let candidates: Vec<_> = objects.iter().filter(same).collect();
            let agree = |object: &Value| {
                let mut found = Vec::new();
                differences("", &ip, object, &mut found);
                // The expiry counts down between the snapshot and `ip`.
                found.retain(|text| !text.starts_with(".expires"));
                found
            };
            let found: Vec<_> = candidates.iter().map(|object| agree(object)).collect();
            assert!(
                found.iter().any(Vec::is_empty),
                "{ip}: {candidates:#?}: {found:#?}"
            );
            for name in [
                "gateway", "metrics", "nexthops", "prefsrc", "via", "expires",
            ] {
                let shown = ip.get(name).is_some();
                assert!(
                    candidates
                        .iter()
                        .any(|object| object.get(name).is_some() == shown),
                    "{name}: {ip}"
                );
            }
        }
    }
    assert_eq!(count, objects.len(), "{objects:#?}");
    assert!(count > 30, "only {count} routes");
}

fn neighbours_agree_with_ip() {
    let (ns, lines) = setup();
    let mut objects = present(&lines, "neigh");
    let mut from_ip = ns.json("ip -d -j neigh show nud all");
    from_ip.extend(ns.json("ip -d -j neigh show proxy"));
    // Neighbours of multicast groups come and go between the snapshot and `ip`.
    for list in [&mut objects, &mut from_ip] {
        list.retain(|neigh| {
            !["ff02::", "224."]
                .iter()
                .any(|m| neigh["dst"].as_str().unwrap().starts_with(m))
        });
    }
    let mut found = Vec::new();
    for ip in &from_ip {
        let proxy = ip.get("proxy").is_some();
        let object = objects.iter().find(|object| {
            object["dst"] == ip["dst"]
                && object["dev"] == ip["dev"]
                && object.get("proxy").is_some() == proxy
        });
        let object = object.unwrap_or_else(|| panic!("nlstream lacks {ip}: {objects:#?}"));
        let mut ip = ip.clone();
        assert_flags(&ip, object, &["router", "proxy", "extern_learn"]);
        ip.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        differences(&ip["dst"].to_string(), &ip, object, &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(from_ip.len(), objects.len(), "{from_ip:#?} {objects:#?}");
    assert!(from_ip.len() >= 4);
}

fn rules_agree_with_ip() {
    let (ns, lines) = setup();
    let all = present(&lines, "rule");
    let mut found = Vec::new();
    for (family, flag) in [("inet", "-4"), ("inet6", "-6")] {
        let from_ip = ns.json(&format!("ip {flag} -d -j rule"));
        let objects: Vec<_> = all.iter().filter(|rule| rule["family"] == family).collect();
        assert_eq!(from_ip.len(), objects.len());
        for (ip, object) in from_ip.iter().zip(objects) {
            assert_flags(ip, object, &["not", "l3mdev"]);
            differences(
                &format!("{family} {}", ip["priority"]),
                ip,
                object,
                &mut found,
            );
            for (name, value) in ip.as_object().unwrap() {
                let has_field = object.get(name).is_some();
                if !value.is_null() && !has_field {
                    found.push(format!(
                        "{family} {}: nlstream lacks {name}: {value}",
                        ip["priority"]
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
