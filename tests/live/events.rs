//! Single changes and the lines that they give.

use serde_json::{Value, json};

use crate::common::difference::assert_has;
use crate::namespace::Namespace;

crate::trial::trials! {
    veth_pair_gives_two_links(Namespace, LinkType("veth")),
    change_names_changed_fields_and_old_values(Namespace, LinkType("veth")),
    route_has_the_new_name_of_a_renamed_device(Namespace, LinkType("veth")),
    address_comes_with_its_routes(Namespace, LinkType("veth")),
    sending_a_packet_gives_a_neighbour(Namespace, LinkType("veth")),
    rules_and_fdb_entries(Namespace, LinkType("veth"), LinkType("bridge")),
    name_that_is_not_utf8_is_kept_as_hex(Namespace, LinkType("veth")),
    single_event_is_written_without_waiting_for_more(Namespace),
}

fn veth_pair_gives_two_links() {
    let ns = Namespace::new();
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
    let deleted = [stream.wait("link", "delete"), stream.wait("link", "delete")];
    let mut names = deleted.map(|line| line["ifname"].clone());
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["veth0", "veth1"]);
    // Neither an add nor a delete has `changed`.
    let (lines, _) = stream.interrupt();
    let added_or_deleted = |line: &&Value| line["op"] == "add" || line["op"] == "delete";
    assert!(
        lines
            .iter()
            .filter(added_or_deleted)
            .all(|line| line["changed"].is_null())
    );
}

fn change_names_changed_fields_and_old_values() {
    let ns = Namespace::new();
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
    // Later lines have the new name.
    ns.run("ip address add 192.0.2.1/24 dev eth7");
    let line = stream.wait("address", "add");
    assert_has(
        &line,
        &json!({"ifname": "eth7", "address": {"dev": "eth7", "scope": "global"}}),
    );
}

/// Routes that differ in the destination only share their interned attributes, and with them the
/// names of their devices.
fn route_has_the_new_name_of_a_renamed_device() {
    let ns = Namespace::new();
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

fn address_comes_with_its_routes() {
    let ns = Namespace::new();
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

fn sending_a_packet_gives_a_neighbour() {
    let ns = Namespace::new();
    ns.run(
        "ip link add veth0 address 02:00:00:00:00:01 type veth peer name veth1 address 02:00:00:00:00:02
         unshare -n sleep 60 >/dev/null 2>&1 & peer=$!
         until [ $(readlink /proc/$peer/ns/net) != $(readlink /proc/$$/ns/net) ]; do sleep 0.01; done
         ip link set veth1 netns $peer
         ip link set veth0 up
         ip address add 192.0.2.1/24 dev veth0
         nsenter -n -t $peer sh -c 'ip link set veth1 up; ip address add 192.0.2.2/24 dev veth1'",
    );
    let mut stream = ns.synced(&["-k", "neigh"]);
    // Resolving the neighbour is the event, whether or not the datagram is answered.
    ns.run("bash -c 'exec 3<>/dev/udp/192.0.2.2/9; echo >&3' || true");
    let line = stream.wait_for("a resolved neighbour", |line| {
        line["neigh"]["dst"] == "192.0.2.2" && line["neigh"]["state"] == json!(["REACHABLE"])
    });
    assert_has(
        &line,
        &json!({"ifname": "veth0", "neigh": {"lladdr": "02:00:00:00:00:02", "family": "inet"}}),
    );
}

fn rules_and_fdb_entries() {
    let ns = Namespace::new();
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

fn name_that_is_not_utf8_is_kept_as_hex() {
    let ns = Namespace::new();
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

fn single_event_is_written_without_waiting_for_more() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&["-k", "address"]);
    ns.run("ip address add 192.0.2.7/32 dev lo");
    // Nothing else happens that would flush the line.
    stream.wait("address", "add");
}
