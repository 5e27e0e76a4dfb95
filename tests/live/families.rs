//! Netlink families other than rtnetlink: their groups are joined, and their messages have lines.

use serde_json::{Value, json};

use crate::common::difference::assert_has;
use crate::common::{NLSTREAM, root};
use crate::namespace::Namespace;

crate::trial::trials! {
    messages_of_a_joined_family_have_lines(Namespace, LinkType("veth")),
    a_family_that_is_not_named_is_not_joined(Namespace, LinkType("veth")),
    all_families_are_joined_and_their_recording_replays(Namespace, LinkType("veth")),
    an_unknown_family_is_refused_with_those_that_are_known(Namespace),
}

fn is_of(family: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["generic"]["family"] == family
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
    let mut stream = ns.stream(&["--family", "ethtool,netdev"]);
    let start = stream.wait("meta", "start");
    let groups = start["meta"]["groups"].as_array().unwrap().clone();
    for group in ["ethtool/monitor", "netdev/mgmt", "nlctrl/notify"] {
        assert!(groups.contains(&json!(group)), "{group}: {groups:?}");
    }
    set_channels(&ns);
    let line = stream.wait_for("a line about a device of netdev", is_of("netdev"));
    assert_has(
        &line,
        &json!({"kind": "generic", "op": "notify", "nl": {"proto": "generic", "family": "netdev"}}),
    );
    let line = stream.wait_for("a line about channels", is_of("ethtool"));
    let named = json!({"dev": "v0", "rx_max": 4, "rx_count": 2, "tx_max": 4, "tx_count": 2});
    let expected = json!({"message": "ETHTOOL_MSG_CHANNELS_NTF", "named": named});
    assert_has(&line["generic"], &expected);
    let (lines, _) = stream.interrupt();
    // The other families give no lines, although rtnetlink is joined.
    let kinds = lines.iter().map(|line| line["kind"].as_str().unwrap());
    assert!(
        kinds
            .clone()
            .all(|kind| kind == "generic" || kind == "meta")
    );
    assert_eq!(kinds.filter(|kind| *kind == "meta").count(), 2);
}

fn a_family_that_is_not_named_is_not_joined() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&[]);
    set_channels(&ns);
    stream.wait("link", "add");
    let (lines, _) = stream.interrupt();
    assert!(lines.iter().all(|line| line["kind"] != "generic"));
    let groups = lines[0]["meta"]["groups"].as_array().unwrap();
    let foreign = groups
        .iter()
        .filter(|it| it.as_str().unwrap().contains('/'));
    assert_eq!(foreign.count(), 0, "{groups:?}");
}

fn all_families_are_joined_and_their_recording_replays() {
    let ns = Namespace::new();
    let file =
        std::env::temp_dir().join(format!("nlstream-{}-families.pcapng", std::process::id()));
    let path = file.to_str().unwrap();
    let mut stream = ns.stream(&["--family", "all", "--record", path]);
    stream.wait("meta", "start");
    set_channels(&ns);
    stream.wait_for("a line of ethtool", is_of("ethtool"));
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
