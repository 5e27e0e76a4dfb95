//! Options together: namespaces, processes, families of netlink and a recording in one run.

use serde_json::Value;

use crate::common::{nlstream, wait_until};
use crate::namespace::{Namespace, Stream};
use crate::netns::{file, name};

crate::trial::trials! {
    all_namespaces_with_families_and_processes(Bpf, Users, LinkType("veth"), Program("nft"), Program("ethtool")),
    a_named_namespace_with_families_and_processes(Bpf, Users, LinkType("veth"), Program("nft"), Program("ethtool")),
}

fn all_namespaces_with_families_and_processes() {
    run(&["--all-netns"]);
}

fn a_named_namespace_with_families_and_processes() {
    run(&["--netns", "red"]);
}

/// The kinds of three families, and the program that changes one of their objects.
const CHANGES: &[(&str, &str, &str)] = &[
    ("link", "ip", "ip -n red link add v0 type veth peer name v1"),
    ("nft_table", "nft", "ip netns exec red nft add table inet t"),
    (
        "ethtool",
        "ethtool",
        "ip netns exec red ethtool -K v0 tso off",
    ),
];

fn run(netns: &[&str]) {
    let ns = Namespace::with_users();
    ns.run("mount -t tmpfs tmpfs /run; ip netns add red; ip -n red link set lo up");
    let recording = file("combined.pcapng");
    let record = recording.to_str().unwrap();
    let kinds = ["--kind", "link,nft_table,ethtool", "--with", "by"];
    let record = ["--record", record];
    let mut stream = ns.synced(&[netns, &kinds, &record].concat());
    for (kind, program, change) in CHANGES {
        ns.run(change);
        let of = |line: &Value| {
            name(line) == "red" && line["kind"] == *kind && line["origin"] == "kernel"
        };
        let line = stream.wait_for(change, |line| of(line) && line["op"] != "delete");
        // Behind a loss only a port id makes it certain. A loss of events of another trial is one of all namespaces.
        let gaps: Vec<_> = stream.seen.iter().filter(|it| it["op"] == "gap").collect();
        let is_uncertain = netns == ["--all-netns"] && !gaps.is_empty() && line["by"].is_null();
        assert!(
            is_uncertain || line["by"]["comm"] == *program,
            "{line} {gaps:?}"
        );
    }
    let gone = |lines: &[Value], kind: &str| {
        let mut deleted = lines.iter().filter(|line| line["op"] == "delete");
        deleted.any(|line| name(line) == "red" && line["kind"] == kind)
    };
    ns.run("ip netns del red");
    wait_until("the end of the namespace", || {
        let lines = stream.so_far();
        CHANGES.iter().all(|(kind, ..)| gone(lines, kind))
    });
    assert_replay_is_the_same(stream, record[1]);
    std::fs::remove_file(&recording).unwrap();
}

/// Ends the run, and compares its lines with those of a replay of its recording.
fn assert_replay_is_the_same(stream: Stream, recording: &str) {
    let (lines, _) = stream.interrupt();
    let run = lines[0]["run"].as_str().unwrap();
    let mut replayed = Vec::new();
    wait_until("the recording", || {
        let output = nlstream(&["replay", "--run", run, recording]);
        replayed = crate::common::lines(&output.stdout);
        replayed.last().is_some_and(|line| line["op"] == "stop")
    });
    assert_eq!(lines, replayed);
}
