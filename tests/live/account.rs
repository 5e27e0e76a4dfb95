//! Every notification of the kernel is in the replay of a capture, whatever the capture says about
//! its direction.

use std::collections::BTreeMap;

use nlstream::capture::Reader;
use nlstream::channel::Role;
use nlstream::input::InputData;
use serde_json::Value;

use crate::common::{lines, nlstream};
use crate::namespace::Namespace;

crate::trial::trials! {
    notifications_that_repeat_a_request_are_in_the_replay(Namespace, LinkType("veth")),
    datagrams_to_the_dump_socket_are_refused_and_counted(Namespace, LinkType("ifb")),
}

/// A pcap file of the events in a recording, as tcpdump writes it of an nlmon device: of each packet
/// the type is `PACKET_OUTGOING`. Returns the number of events as well.
fn capture_of(recording: &std::path::Path) -> (Vec<u8>, u64) {
    let words = |words: [u32; 4]| words.map(u32::to_ne_bytes).concat();
    let mut bytes = 0xa1b2_c3d4_u32.to_ne_bytes().to_vec();
    bytes.extend(words([0x0004_0002, 0, 0, 262_144]));
    bytes.extend(253u32.to_ne_bytes());
    let mut reader = Reader::new(std::fs::File::open(recording).unwrap(), "recording").unwrap();
    let mut events = 0;
    while let Some(input) = reader.next().unwrap() {
        let InputData::Datagram(channel, messages) = input.data else {
            continue;
        };
        if channel.role == Role::Events {
            let packet = [
                &[0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                messages,
            ]
            .concat();
            let length = packet.len() as u32;
            bytes.extend(words([events as u32, 0, length, length]));
            bytes.extend(packet);
            events += 1;
        }
    }
    (bytes, events)
}

/// How many lines each kind and type has.
fn count(lines: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in lines.iter().filter(|line| line["origin"] == "kernel") {
        let key = format!("{} {}", line["kind"], line["nl"]["type"]);
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn notifications_that_repeat_a_request_are_in_the_replay() {
    let ns = Namespace::new();
    let name = |end| std::env::temp_dir().join(format!("nlstream-{}-{end}", std::process::id()));
    let (recording, capture) = (name("account.pcapng"), name("account.pcap"));
    let _ = std::fs::remove_file(&recording);
    let mut stream = ns.stream(&["--record", recording.to_str().unwrap()]);
    ns.run(
        "ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up; ip address add 192.0.2.1/24 dev d0
         ip nexthop add id 5 via 192.0.2.2 dev d0; ip nexthop replace id 5 via 192.0.2.3 dev d0
         ip nexthop add id 6 group 5; ip nexthop del id 6; ip nexthop del id 5
         tc qdisc add dev d0 clsact
         tc filter add dev d0 ingress protocol ip pref 5 u32 match u32 0 0 classid 1:1
         tc filter del dev d0 ingress pref 5
         tc chain add dev d0 ingress chain 7; tc chain del dev d0 ingress chain 7",
    );
    stream.wait_for("the deletion of chain 7", |line| {
        line["op"] == "delete" && line["chain"]["chain"] == 7
    });
    let (live, _) = stream.interrupt();
    let (bytes, events) = capture_of(&recording);
    std::fs::write(&capture, bytes).unwrap();
    let output = nlstream(&["replay", capture.to_str().unwrap()]);
    std::fs::remove_file(&recording).unwrap();
    std::fs::remove_file(&capture).unwrap();
    let replayed = lines(&output.stdout);
    let (expected, found) = (count(&live), count(&replayed));
    assert!(
        expected.keys().any(|key| key.contains("RTM_NEWNEXTHOP")),
        "{expected:?}"
    );
    assert_eq!(found, expected);
    let stop = &replayed.last().unwrap()["meta"];
    assert_eq!(
        (&stop["datagrams"], stop.get("skipped")),
        (&events.into(), None)
    );
    // Without the requests it is not certain that these are notifications.
    let uncertain = |line: &&Value| line["uncertain"] == true;
    let kinds: std::collections::BTreeSet<_> = replayed
        .iter()
        .filter(uncertain)
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert!(
        kinds.contains("nexthop") && !kinds.contains("route"),
        "{kinds:?}"
    );
}

/// Port ids of the sockets of rtnetlink that belong to a process and are in no multicast group.
fn dump_ports(ns: &Namespace, pid: &str) -> Vec<u32> {
    let script = format!(
        "for fd in /proc/{pid}/fd/*; do readlink $fd; done | sed -n 's/socket:.\\([0-9]*\\)./\\1/p' >/tmp/inodes.$$
         awk 'NR == FNR {{ own[$1]; next }} ($10 in own) && $2 == 0 && $4 == \"00000000\" {{ print $3 }}' /tmp/inodes.$$ /proc/net/netlink
         rm /tmp/inodes.$$"
    );
    let text = ns.run(&script);
    text.lines()
        .map(|line| line.trim().parse().unwrap())
        .collect()
}

fn datagrams_to_the_dump_socket_are_refused_and_counted() {
    // During dumps, and while none is in progress.
    for audit in ["200ms", "0"] {
        forge_to_the_dump_socket(audit);
    }
}

fn forge_to_the_dump_socket(audit: &str) {
    const FORGED: u64 = 50;
    let ns = Namespace::new();
    let mut stream = ns.stream(&["--snapshot", "--audit", audit]);
    stream.wait("meta", "sync");
    let pid = stream.pid().to_string();
    let ports = dump_ports(&ns, &pid);
    assert!(!ports.is_empty(), "no dump socket found");
    let own = std::env::current_exe().unwrap();
    let mut command = ns.command(own.to_str().unwrap());
    let ports: Vec<_> = ports.iter().map(u32::to_string).collect();
    command.env(crate::loss::PORTS, ports.join(","));
    command.env(crate::loss::COUNT, FORGED.to_string());
    let spoofer = command.env(crate::loss::ROLE, "1").output().unwrap();
    assert!(spoofer.status.success(), "{spoofer:?}");
    stream.wait_for("a refused line", |line| line["op"] == "refused");
    // The dumps that follow are complete: an object that is added by them is reported.
    ns.run("ip link add d0 type ifb");
    stream.wait("link", "add");
    let (lines, _) = stream.interrupt();
    assert!(
        lines
            .iter()
            .all(|line| line["kind"] != "address" || line["address"]["local"] != "192.0.2.66")
    );
    let refused = lines.last().unwrap()["meta"]["refused"].as_u64().unwrap();
    let sent = FORGED * ports.len() as u64;
    match audit {
        "0" => assert_eq!(refused, sent),
        _ => assert!(refused > 0 && refused <= sent, "{refused} of {sent}"),
    }
}
