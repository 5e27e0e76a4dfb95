//! Netlink families other than rtnetlink: their groups are joined, and their messages have lines.

use serde_json::{Value, json};

use crate::common::difference::assert_has;
use crate::common::{NLSTREAM, root};
use crate::namespace::Namespace;
use crate::netns::host;

crate::trial::trials! {
    messages_of_a_joined_family_have_lines(Namespace, LinkType("veth")),
    a_family_that_is_not_named_is_not_joined(Namespace, LinkType("veth")),
    all_families_are_joined_and_their_recording_replays(Namespace, LinkType("veth")),
    an_unknown_family_is_refused_with_those_that_are_known(Namespace),
    settings_are_those_that_ethtool_shows(Namespace, LinkType("veth"), Program("ethtool")),
    settings_are_folded_to_those_of_the_kernel(Namespace, LinkType("veth")),
    settings_of_each_network_namespace_are_read_there(Mounts, LinkType("veth")),
    settings_that_change_silently_are_read_after_a_change_of_the_carrier(Namespace, LinkType("veth")),
}

fn is_of(family: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["generic"]["family"] == family
}

/// A line about a setting of a device.
fn setting(device: &'static str, name: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["ethtool"]["dev"] == device && line["ethtool"]["setting"] == name
}

fn genl(ns: &Namespace, of: &str) {
    ns.run(&request(of));
}

/// The command that sends a request.
fn request(of: &str) -> String {
    let script = root().join("fixtures/genl.py");
    format!("python3 {} {of}", script.display())
}

fn set_channels(ns: &Namespace) {
    let script = root().join("fixtures/genl.py");
    ns.run("ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1");
    ns.run(&format!(
        "python3 {} ethtool v0 channels 2",
        script.display()
    ));
}

fn messages_of_a_joined_family_have_lines() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&["--family", "ethtool,netdev"]);
    let groups = stream.seen[0]["meta"]["groups"].as_array().unwrap().clone();
    for group in ["ethtool/monitor", "netdev/mgmt", "nlctrl/notify"] {
        assert!(groups.contains(&json!(group)), "{group}: {groups:?}");
    }
    set_channels(&ns);
    let line = stream.wait("netdev", "add");
    assert_has(
        &line,
        &json!({"origin": "kernel", "nl": {"proto": "generic", "family": "netdev"}}),
    );
    // It may have been read before the change as well.
    let line = stream.wait_for("the channels that were set", |line| {
        setting("v0", "channels")(line) && line["ethtool"]["channels"]["rx"] == 2
    });
    let channels = json!({"rx_max": 4, "rx": 2, "tx_max": 4, "tx": 2});
    assert_has(&line["ethtool"]["channels"], &channels);
    let (lines, _) = stream.interrupt();
    // The other families give no lines, although rtnetlink is joined.
    let kinds = lines.iter().map(|line| line["kind"].as_str().unwrap());
    assert!(kinds.clone().all(|kind| matches!(
        kind,
        "netdev" | "netdev_queue" | "netdev_napi" | "ethtool" | "meta"
    )));
    // `start`, `sync` and `stop`
    assert_eq!(kinds.filter(|kind| *kind == "meta").count(), 3);
}

fn a_family_that_is_not_named_is_not_joined() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&[]);
    set_channels(&ns);
    stream.wait("link", "add");
    let (lines, _) = stream.interrupt();
    assert!(lines.iter().all(|line| line["kind"] != "generic"));
    assert_eq!(lines[0]["meta"]["groups"], serde_json::json!([]));
}

fn all_families_are_joined_and_their_recording_replays() {
    let ns = Namespace::new();
    let file =
        std::env::temp_dir().join(format!("nlstream-{}-families.pcapng", std::process::id()));
    let path = file.to_str().unwrap();
    let mut stream = ns.stream(&["--family", "all", "--record", path]);
    stream.wait("meta", "start");
    set_channels(&ns);
    stream.wait_for("a line of ethtool", setting("v0", "channels"));
    let (lines, _) = stream.interrupt();
    let is_of_device = |line: &Value| line["kind"] == "link" && line["ifname"] == "v0";
    assert!(lines.iter().any(is_of_device), "no line about the device");
    assert!(lines.iter().any(is_of("uevent")), "no uevent");
    let stop = &lines.last().unwrap()["meta"];
    assert_eq!(stop["skipped"], Value::Null, "{stop}");
    let run = lines[0]["run"].as_str().unwrap();
    let replayed = crate::common::nlstream(&["replay", "--run", run, path]);
    std::fs::remove_file(&file).unwrap();
    assert!(replayed.status.success());
    assert_eq!(crate::common::lines(&replayed.stdout), lines);
}

fn an_unknown_family_is_refused_with_those_that_are_known() {
    let ns = Namespace::new();
    let output = ns
        .command(NLSTREAM)
        .args(["--family", "ethtol"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    for part in [
        "unknown",
        "ethtol",
        "families of this kernel: nlctrl",
        "of this build: route",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// What `ethtool --json` prints of a device.
fn shown(ns: &Namespace, option: &str, device: &str) -> Value {
    let text = ns.run(&format!("ethtool --json {option} {device}"));
    let mut list: Vec<Value> = serde_json::from_str(&text).unwrap();
    list.remove(0)
}

fn settings_are_those_that_ethtool_shows() {
    let ns = Namespace::new();
    ns.run("ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1");
    let mut stream = ns.synced(&["--family", "ethtool"]);
    ns.run("ethtool -L v0 rx 2 tx 3; ethtool -K v0 tso off gro on; ethtool -K v1 tx-sctp-segmentation off");
    stream.wait_for("the last change", |line| {
        line["op"] == "change" && setting("v1", "features")(line)
    });
    let last = |device: &'static str, name: &'static str| {
        let mut lines = stream.seen.iter().rev();
        let line = lines.find(|line| setting(device, name)(line)).unwrap();
        line["ethtool"][name].clone()
    };
    let mut compared = 0;
    for device in ["v0", "v1"] {
        let features = last(device, "features");
        let has = |list: &str, name: &str| {
            let list = features[list].as_array().unwrap();
            list.iter().any(|it| it == name)
        };
        let mut shown = shown(&ns, "-k", device);
        let shown = shown.as_object_mut().unwrap();
        shown.remove("ifname");
        for (name, state) in shown {
            // Names of ethtool for several features at once.
            let is_one = ["active", "hw", "nochange"]
                .iter()
                .any(|list| has(list, name));
            if state["fixed"] == Value::Null || !is_one {
                continue;
            }
            assert_eq!(state["active"], has("active", name), "{device} {name}");
            let is_fixed = !has("hw", name) || has("nochange", name);
            assert_eq!(state["fixed"], is_fixed, "{device} {name}");
            compared += 1;
        }
    }
    assert!(compared > 40, "{compared} features");
    // Its text has the maxima first.
    let text = ns.run("ethtool -l v0");
    let numbers = |name: &str| -> Vec<u64> {
        let rows = text.lines().filter_map(|row| row.strip_prefix(name));
        rows.map(|row| row.trim().parse().unwrap()).collect()
    };
    let channels = last("v0", "channels");
    for name in ["rx", "tx"] {
        let expected = [&channels[format!("{name}_max")], &channels[name]];
        let expected: Vec<_> = expected.iter().map(|it| it.as_u64().unwrap()).collect();
        assert_eq!(numbers(&format!("{}:", name.to_uppercase())), expected);
    }
    let text = ns.run("ethtool v0");
    let speed = last("v0", "link_modes")["speed"].as_u64().unwrap();
    assert!(text.contains(&format!("Speed: {speed}Mb/s")), "{text}");
}

/// The settings of the lines, folded by key.
fn folded(lines: &[Value]) -> std::collections::BTreeMap<String, Value> {
    let mut objects = std::collections::BTreeMap::new();
    for line in lines.iter().filter(|line| line["kind"] == "ethtool") {
        let it = &line["ethtool"];
        let key = format!("{} {} {}", it["ifindex"], it["setting"], it["index"]);
        match line["op"].as_str().unwrap() {
            "delete" => drop(objects.remove(&key)),
            _ => drop(objects.insert(key, it.clone())),
        }
    }
    objects
}

fn settings_are_folded_to_those_of_the_kernel() {
    let ns = Namespace::new();
    let args = ["--family", "ethtool"];
    let file =
        std::env::temp_dir().join(format!("nlstream-{}-settings.pcapng", std::process::id()));
    let path = file.to_str().unwrap();
    let mut stream = ns.synced(&[&args[..], &["--record", path]].concat());
    set_channels(&ns);
    let added = stream.wait_for("the channels of the new device", setting("v0", "channels"));
    // The kernel says nothing about the settings of a new device.
    ns.run("ip link add v2 type veth peer name v3; ip link set v2 up; ip link set v3 up");
    let line = stream.wait_for("the settings of a new device", setting("v3", "features"));
    assert_has(&line, &json!({"op": "add", "origin": "inferred"}));
    genl(&ns, "ethtool v0 features tx-tcp-segmentation off");
    let line = stream.wait_for("a changed feature", |line| {
        line["op"] == "change" && setting("v0", "features")(line)
    });
    assert_has(&line, &json!({"origin": "kernel", "changed": ["features"]}));
    let has = |line: &Value, name: &str| {
        let list = line["features"]["active"].as_array().unwrap();
        list.iter().any(|it| it == name)
    };
    assert!(has(&line["old"], "tx-tcp-segmentation"));
    assert!(!has(&line["ethtool"], "tx-tcp-segmentation"));
    ns.run("ip link del v0");
    stream.wait_for("the end of a setting of a deleted device", |line| {
        line["op"] == "delete" && line["ethtool"]["ifindex"] == added["ethtool"]["ifindex"]
    });
    stream.wait_for_quiet(std::time::Duration::from_millis(500));
    let (lines, _) = stream.interrupt();
    // A new run has the same objects in its snapshot.
    let fresh = ns.synced(&args).interrupt().0;
    let (old, new) = (folded(&lines), folded(&fresh));
    assert_eq!(old, new);
    assert!(new.len() > 8, "{new:#?}");
    // No bit without a name, and nothing undecoded.
    for line in &lines {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
    }
    let run = lines[0]["run"].as_str().unwrap();
    let replayed = crate::common::nlstream(&["replay", "--run", run, path]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(crate::common::lines(&replayed.stdout), lines);
}

fn settings_of_each_network_namespace_are_read_there() {
    let ns = host(&["n0"]);
    ns.run("ip -n n0 link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1");
    let mut stream = ns.synced(&["--netns", "n0", "--kind", "ethtool"]);
    assert!(stream.seen.iter().any(setting("v0", "channels")));
    ns.run(&format!(
        "ip netns exec n0 {}",
        request("ethtool v0 channels 2")
    ));
    let line = stream.wait_for("a change in the other namespace", |line| {
        line["op"] == "change" && setting("v0", "channels")(line)
    });
    assert!(line["netns"].is_object(), "{line}");
    assert_eq!(line["old"]["channels"]["rx"], 4);
    stream.interrupt();
}

/// The speed of a bridge is that of its fastest port with a carrier, and no message says that it changed.
fn settings_that_change_silently_are_read_after_a_change_of_the_carrier() {
    let ns = Namespace::new();
    ns.run("ip link add br0 type bridge; ip link set br0 up");
    ns.run("ip link add v0 type veth peer name v1; ip link set v0 master br0");
    let mut stream = ns.synced(&["--kind", "ethtool"]);
    ns.run("ip link set v0 up; ip link set v1 up");
    let line = stream.wait_for("the speed of the bridge", |line| {
        setting("br0", "link_modes")(line) && line["op"] == "change"
    });
    assert_has(
        &line,
        &json!({"origin": "inferred", "changed": ["link_modes"]}),
    );
    assert_eq!(line["old"]["link_modes"]["speed"], Value::Null);
    assert_eq!(line["ethtool"]["link_modes"]["speed"], 10000);
    stream.interrupt();
}
