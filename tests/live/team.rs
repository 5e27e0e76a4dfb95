//! Team devices, in a guest. Judged by teamnl(8).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::common::wait_until;
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    options_and_ports_are_those_that_teamnl_shows(GuestModule("team"), Program("teamnl")),
    silent_changes_of_team_devices_are_read(GuestModule("team"), Program("teamnl")),
}

/// A team device with a port that has a carrier.
fn namespace() -> Namespace {
    let ns = Namespace::privileged();
    ns.run(
        "ip link add p0 type veth peer name q0; ip link add p1 type veth peer name q1
         ip link add t0 type team; teamnl t0 setoption mode activebackup
         ip link set p0 master t0; ip link set q0 up; ip link set p0 up",
    );
    ns
}

/// The objects of a kind of a team device after the lines so far, by what `name` makes of one.
fn folded(
    stream: &Stream,
    kind: &str,
    team: &str,
    name: fn(&Value) -> String,
) -> BTreeMap<String, Value> {
    let mut objects = BTreeMap::new();
    for line in stream.seen.iter().filter(|line| line["kind"] == kind) {
        let it = &line[kind];
        if it["dev"] != team {
            continue;
        }
        match line["op"].as_str().unwrap() {
            "delete" => drop(objects.remove(&name(it))),
            _ => drop(objects.insert(name(it), it.clone())),
        }
    }
    objects
}

/// As `teamnl options` prints it: `priority (port:p0)`, `lb_tx_hash_to_port_mapping (arridx:3)`.
fn name_of_option(option: &Value) -> String {
    let mut name = option["name"].as_str().unwrap().to_owned();
    if let Some(port) = option["port"].as_str() {
        name += &format!(" (port:{port})");
    }
    if let Some(index) = option["array_index"].as_u64() {
        name += &format!(" (arridx:{index})");
    }
    name
}

/// Bytes as teamnl prints them, from hexadecimal.
fn bytes(hex: &str) -> String {
    let digits: Vec<_> = hex.chars().collect();
    let bytes = digits.chunks(2);
    bytes
        .map(|byte| format!("\\{}{}", byte[0], byte[1]))
        .collect()
}

/// The options of a device, with their values as teamnl prints them.
fn options(stream: &Stream, team: &str) -> BTreeMap<String, String> {
    let options = folded(stream, "team_option", team, name_of_option);
    let value = |it: Value| {
        let value = it["value"].as_str().unwrap_or_default();
        match it["type"] == "binary" {
            true => bytes(value),
            false => value.to_owned(),
        }
    };
    options
        .into_iter()
        .map(|(name, it)| (name, value(it)))
        .collect()
}

/// Those that `teamnl options` prints.
fn shown_options(ns: &Namespace, team: &str) -> BTreeMap<String, String> {
    let text = ns.run(&format!("teamnl {team} options"));
    let lines = text.lines().map(|line| line.strip_prefix(' ').unwrap());
    lines
        .map(|line| match line.rsplit_once(") ") {
            Some((name, value)) => (format!("{name})"), value),
            // A value may be empty.
            None => {
                let (name, value) = line.split_once(' ').unwrap();
                (name.to_owned(), value)
            }
        })
        .map(|(name, value)| (name, value.trim_end().to_owned()))
        .collect()
}

/// As `teamnl ports` prints them: `2: p0: up 10000Mbit FD`.
fn ports(stream: &Stream, team: &str) -> Vec<String> {
    let ports = folded(stream, "team_port", team, |it| {
        it["port_ifindex"].to_string()
    });
    let line = |it: &Value| {
        let state = match it["linkup"] == true {
            true => "up",
            false => "down",
        };
        let duplex = match it["duplex"] == "full" {
            true => "FD",
            false => "HD",
        };
        let port = it["port"].as_str().unwrap();
        format!(
            "{}: {port}: {state} {}Mbit {duplex}",
            it["port_ifindex"], it["speed"]
        )
    };
    let mut lines: Vec<_> = ports.values().map(line).collect();
    lines.sort();
    lines
}

fn shown_ports(ns: &Namespace, team: &str) -> Vec<String> {
    let text = ns.run(&format!("teamnl {team} ports"));
    let mut lines: Vec<_> = text.lines().map(|line| line.trim().to_owned()).collect();
    lines.sort();
    lines
}

/// Waits until options and ports are those of teamnl. Returns their number.
fn agreed(ns: &Namespace, stream: &mut Stream, team: &str) -> usize {
    let mut count = 0;
    wait_until("the options and ports of teamnl", || {
        stream.so_far();
        let (options, ports) = (options(stream, team), ports(stream, team));
        count = options.len() + ports.len();
        options == shown_options(ns, team) && ports == shown_ports(ns, team)
    });
    count
}

fn options_and_ports_are_those_that_teamnl_shows() {
    let ns = namespace();
    let mut stream = ns.synced(&["--family", "team"]);
    // Five of each device, one of the mode, five of the port (more in newer kernels), and the port.
    assert!(agreed(&ns, &mut stream, "t0") >= 12);
    ns.run(
        "ip link set p1 master t0; ip link set q1 up; ip link set p1 up
         teamnl -p p1 t0 setoption priority -- -5; teamnl t0 setoption mcast_rejoin_count 2",
    );
    let line = stream.wait_for("the option", |line| {
        line["op"] == "change" && line["team_option"]["name"] == "mcast_rejoin_count"
    });
    assert_eq!(
        (&line["origin"], &line["changed"], &line["old"]),
        (&json!("kernel"), &json!(["value"]), &json!({"value": "0"}))
    );
    assert!(agreed(&ns, &mut stream, "t0") >= 18);
    let index = ns.run("ip -o link show p1 | cut -d: -f1");
    ns.run(&format!("teamnl t0 setoption activeport {index}"));
    ns.run("ip link set q0 down");
    stream.wait_for("a port without a carrier", |line| {
        line["team_port"]["port"] == "p0" && line["team_port"]["linkup"] == false
    });
    assert!(agreed(&ns, &mut stream, "t0") >= 18);
    ns.run("ip link set p0 nomaster");
    stream.wait("team_port", "delete");
    assert!(agreed(&ns, &mut stream, "t0") >= 12);
    let (lines, _) = stream.interrupt();
    for line in &lines {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
    }
}

/// The kernel announces the options of a new device without its index, and not that they end with it.
fn silent_changes_of_team_devices_are_read() {
    let ns = namespace();
    let mut stream = ns.synced(&["--family", "team"]);
    ns.run("ip link add t1 type team");
    assert!(agreed(&ns, &mut stream, "t1") >= 5);
    // Two arrays of 256, their counters among them, and two further options.
    ns.run("modprobe team_mode_loadbalance; teamnl t1 setoption mode loadbalance");
    stream.wait_for("an option of the mode", |line| {
        line["team_option"]["name"] == "lb_tx_hash_to_port_mapping"
    });
    assert!(agreed(&ns, &mut stream, "t1") > 512);
    ns.run("ip link del t1");
    stream.wait_for("the end of the options", |line| {
        line["op"] == "delete"
            && line["team_option"]["dev"] == "t1"
            && line["team_option"]["name"] == "notify_peers_count"
    });
    wait_until("the end of all options", || {
        stream.so_far();
        options(&stream, "t1").is_empty()
    });
    assert!(agreed(&ns, &mut stream, "t0") >= 12);
    stream.interrupt();
}
