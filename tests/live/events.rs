//! What is done shows.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::namespace::Namespace;

/// `line` has at least what `wanted` has.
fn assert_has(line: &Value, wanted: &Value) {
    match wanted {
        Value::Object(fields) => {
            for (name, value) in fields {
                assert_has(&line[name], value);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_object) => {
            let first = line.as_array().into_iter().flatten().zip(items);
            first.for_each(|(line, wanted)| assert_has(line, wanted));
            assert!(
                line.as_array()
                    .is_some_and(|line| line.len() >= items.len()),
                "{line}"
            );
        }
        _ => assert_eq!(line, wanted),
    }
}

#[test]
fn a_veth_pair_shows_as_two_links() {
    let Some(ns) = Namespace::new() else { return };
    let mut stream = ns.synced(&["-k", "link"]);
    ns.run("ip link add veth0 type veth peer name veth1");
    let first = stream.wait("link", "add");
    let second = stream.wait("link", "add");
    assert_has(
        &first,
        &json!({"ifname": "veth1", "link": {"linkinfo": {"info_kind": "veth"}}}),
    );
    assert_has(
        &second,
        &json!({"ifname": "veth0", "link": {"link": "veth1", "mtu": 1500}}),
    );
    ns.run("ip link del veth0");
    let gone = [stream.wait("link", "delete"), stream.wait("link", "delete")];
    let mut names = gone.map(|line| line["ifname"].clone());
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["veth0", "veth1"]);
    // Neither an add nor a delete has a former self.
    let (lines, _) = stream.interrupt();
    let told = |line: &&Value| line["op"] == "add" || line["op"] == "delete";
    assert!(
        lines
            .iter()
            .filter(told)
            .all(|line| line["changed"].is_null())
    );
}

#[test]
fn a_change_says_what_it_changed() {
    let Some(ns) = Namespace::new() else { return };
    ns.run("ip link add veth0 type veth peer name veth1");
    let mut stream = ns.synced(&[]);
    ns.run("ip link set veth0 mtu 1400");
    let line = stream.wait("link", "change");
    assert_has(
        &line,
        &json!({"ifname": "veth0", "link": {"mtu": 1400}, "old": {"mtu": 1500}}),
    );
    assert_eq!(line["changed"], json!(["mtu"]));
    ns.run("ip link set veth0 name eth7");
    let line = stream.wait("link", "change");
    assert_eq!(line["changed"], json!(["ifname"]));
    assert_has(
        &line,
        &json!({"ifname": "eth7", "old": {"ifname": "veth0"}}),
    );
    // The new name holds for what comes after it.
    ns.run("ip address add 192.0.2.1/24 dev eth7");
    let line = stream.wait("address", "add");
    assert_has(
        &line,
        &json!({"ifname": "eth7", "address": {"dev": "eth7", "scope": "global"}}),
    );
}

/// Routes that have all but the destination in common share the names of their devices too.
#[test]
fn a_route_has_the_new_name_of_its_device() {
    let Some(ns) = Namespace::new() else { return };
    ns.run(
        "ip link add veth0 type veth peer name veth1; ip link set veth0 up; ip link set veth1 up
         ip address add 192.0.2.1/24 dev veth0",
    );
    let mut stream = ns.synced(&["-k", "route"]);
    let mut added = |number: u8, hops: &str| {
        let dst = format!("10.7.{number}.0/24");
        ns.run(&format!("ip route add {dst} {hops}"));
        loop {
            let route = stream.wait("route", "add")["route"].clone();
            if route["dst"] == dst.as_str() {
                return route;
            }
        }
    };
    let (one, both) = (
        "via 192.0.2.2",
        "nexthop via 192.0.2.2 nexthop via 192.0.2.3",
    );
    for (number, name) in [(0, "veth0"), (10, "veth0"), (20, "eth7"), (30, "eth7")] {
        if number == 20 {
            ns.run("ip link set veth0 down; ip link set veth0 name eth7; ip link set eth7 up");
        }
        assert_eq!(added(number, one)["dev"], name);
        let route = added(number + 1, both);
        assert_eq!(
            [&route["nexthops"][0]["dev"], &route["nexthops"][1]["dev"]],
            [name, name]
        );
    }
}

#[test]
fn an_address_shows_with_its_routes() {
    let Some(ns) = Namespace::new() else { return };
    ns.run(
        "ip link add veth0 type veth peer name veth1; ip link set veth0 up; ip link set veth1 up",
    );
    let mut stream = ns.synced(&["-k", "address,route"]);
    ns.run("ip address add 192.168.100.101/24 dev veth1");
    let line = stream.wait("address", "add");
    assert_has(
        &line,
        &json!({"ifname": "veth1", "origin": "kernel", "nl": {"type": "RTM_NEWADDR"},
            "address": {"family": "inet", "local": "192.168.100.101", "prefixlen": 24, "scope": "global"}}),
    );
    let routes: Vec<_> = (0..3).map(|_| stream.wait("route", "add")).collect();
    let mut found: Vec<_> = routes.iter().map(|line| &line["route"]).collect();
    found.sort_by_key(|route| route["dst"].to_string());
    let expected = [
        json!({"dst": "192.168.100.0/24", "type": "unicast", "table": "main", "protocol": "kernel"}),
        json!({"dst": "192.168.100.101/32", "type": "local", "table": "local"}),
        json!({"dst": "192.168.100.255/32", "type": "broadcast", "scope": "link"}),
    ];
    for (route, wanted) in found.into_iter().zip(&expected) {
        assert_has(route, wanted);
    }
    ns.run("ip address del 192.168.100.101/24 dev veth1");
    stream.wait("address", "delete");
    stream.wait("route", "delete");
}

#[test]
fn a_ping_shows_its_neighbour() {
    let Some(ns) = Namespace::new() else { return };
    ns.run(
        "ip link add veth0 address 02:00:00:00:00:01 type veth peer name veth1 address 02:00:00:00:00:02
         unshare -n sleep 60 >/dev/null 2>&1 & peer=$!
         sleep 0.3
         ip link set veth1 netns $peer
         ip link set veth0 up
         ip address add 192.0.2.1/24 dev veth0
         nsenter -n -t $peer sh -c 'ip link set veth1 up; ip address add 192.0.2.2/24 dev veth1'",
    );
    let mut stream = ns.synced(&["-k", "neigh"]);
    // Whether or not it is answered: resolving it is the event.
    ns.run("bash -c 'exec 3<>/dev/udp/192.0.2.2/9; echo >&3' || true");
    let line = stream.wait_for("a resolved neighbour", |line| {
        line["neigh"]["dst"] == "192.0.2.2" && line["neigh"]["state"] == json!(["REACHABLE"])
    });
    assert_has(
        &line,
        &json!({"ifname": "veth0", "neigh": {"lladdr": "02:00:00:00:00:02", "family": "inet"}}),
    );
}

#[test]
fn rules_and_forwarding_entries_show() {
    let Some(ns) = Namespace::new() else { return };
    ns.run("ip link add br0 type bridge; ip link add veth0 type veth peer name veth1; ip link set veth0 master br0");
    let mut stream = ns.synced(&[]);
    ns.run(
        "ip rule add from 10.0.0.0/8 fwmark 1/255 ipproto tcp dport 80-90 table 100 priority 50",
    );
    let line = stream.wait("rule", "add");
    assert_has(
        &line["rule"],
        &json!({"family": "inet", "priority": 50, "src": "10.0.0.0", "srclen": 8, "fwmark": "0x1",
            "fwmask": "0xff", "ipproto": "tcp", "dport_start": 80, "dport_end": 90, "table": "100"}),
    );
    ns.run("ip rule del priority 50; bridge fdb add 02:00:00:00:00:09 dev veth0 master static");
    stream.wait("rule", "delete");
    let line = stream.wait_for("an fdb entry", |l| l["fdb"]["mac"] == "02:00:00:00:00:09");
    assert_has(
        &line,
        &json!({"op": "add", "ifname": "veth0", "fdb": {"master": "br0", "state": "static"}}),
    );
    ns.run("ip link set veth0 nomaster");
    let line = stream.wait_for("the port leaves", |l| {
        l["kind"] == "link" && l["old"]["master"] == "br0"
    });
    assert_has(&line, &json!({"op": "change", "ifname": "veth0"}));
    assert!(line["link"]["master"].is_null());
}

#[test]
fn a_name_that_is_not_utf8_loses_nothing() {
    let Some(ns) = Namespace::new() else { return };
    let mut stream = ns.synced(&["-k", "link"]);
    ns.run(
        r#"ip link add $'v\xff"\e' type veth peer name p; ip link set p alias $'two\nlines\xfe'"#,
    );
    let line = stream.wait_for("the odd name", |l| !l["link"]["ifname_hex"].is_null());
    assert_has(
        &line,
        &json!({"ifname": "v\u{fffd}\"\u{1b}", "link": {"ifname_hex": "76ff221b"}}),
    );
    ns.run("ip link set p up");
    let line = stream.wait_for("the odd alias", |l| !l["link"]["ifalias_hex"].is_null());
    assert_has(
        &line,
        &json!({"link": {"ifalias": "two\nlines\u{fffd}", "ifalias_hex": "74776f0a6c696e6573fe"}}),
    );
}

#[test]
fn a_single_event_is_visible_at_once() {
    let Some(ns) = Namespace::new() else { return };
    let mut stream = ns.synced(&["-k", "address"]);
    let begin = Instant::now();
    ns.run("ip address add 192.0.2.7/32 dev lo");
    stream.wait("address", "add");
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
}
