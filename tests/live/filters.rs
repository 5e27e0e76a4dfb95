//! Each filter in live runs: beside a run without filters, in the same namespace.

use serde_json::Value;

use crate::common::filters::CASES;
use crate::namespace::Namespace;

crate::trial::trials! {
    every_filter_selects_what_its_judge_does(Namespace, LinkType("veth"), LinkType("bridge")),
    object_that_enters_and_leaves_the_selection_is_told_by_its_device(Namespace, LinkType("veth")),
    filter_that_selects_nothing_ends_the_run_before_it_begins(Namespace),
}

/// Events of which each filter accepts and rejects some.
const EVENTS: &str = "
    ip link add br0 type bridge
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up; ip link set veth1 up; ip link set br0 up
    ip link set veth1 master br0
    ip link set veth0 mtu 1400
    ip link set veth0 mtu 1400
    ip address add 192.0.2.7/24 dev veth0
    ip address add 2001:db8::7/64 dev veth0 nodad
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:01 dev veth0
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:02 dev veth0
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:02 dev veth0
    ip route add default via 192.0.2.9
    ip route add 198.51.100.0/24 table 77 via 192.0.2.9 protocol static
    ip route add blackhole 203.0.113.0/24
    ip route add 192.0.2.128/25 dev veth0
    ip rule add from 192.0.2.0/24 table 77 priority 50
    ip rule del priority 50
    bridge fdb add 02:00:00:00:00:09 dev veth1 master static
    ip link set veth1 nomaster
    ip route del 198.51.100.0/24 table 77
    ip link del veth0
    ip link add end type veth peer name end1
";

/// What identifies an event among those of all runs: not what depends on when a run has read an
/// object again.
fn identity(line: &Value) -> String {
    let payload = &line[line["kind"].as_str().unwrap()];
    let members = [
        "ifindex", "family", "dst", "local", "lladdr", "table", "priority", "mac",
    ];
    let members = members.map(|member| payload[member].to_string());
    format!(
        "{} {} {}",
        line["kind"],
        line["nl"]["type"],
        members.join(" ")
    )
}

fn of_kernel(lines: &[Value]) -> impl Iterator<Item = &Value> {
    lines.iter().filter(|line| line["origin"] == "kernel")
}

/// The runs read the same notifications, each with a socket of its own. SIGINT ends a run after what
/// its socket holds.
fn every_filter_selects_what_its_judge_does() {
    let ns = Namespace::new();
    ns.run("ip link set lo up");
    let mut all = ns.synced(&[]);
    let runs: Vec<_> = CASES
        .iter()
        .map(|(args, judge)| (args, judge, ns.synced(args)))
        .collect();
    ns.run(EVENTS);
    all.wait_for("the last event", |line| line["ifname"] == "end");
    let (all, _) = all.interrupt();
    for (args, judge, run) in runs {
        let (lines, _) = run.interrupt();
        for line in lines.iter().filter(|line| line["kind"] != "meta") {
            assert!(judge.selects(line), "{args:?} selects {line}");
        }
        let found: Vec<_> = of_kernel(&lines).map(identity).collect();
        let expected = of_kernel(&all).filter(|line| judge.selects(line) && line["kind"] != "link");
        for line in expected {
            assert!(found.contains(&identity(line)), "{args:?} rejects {line}");
        }
        assert!(
            !found.is_empty() || args[0] == "--origin",
            "{args:?} selects nothing"
        );
        let is_total = args.contains(&"--skip-unchanged=false");
        // Not by the number of lines: how many objects a run infers depends on when it reads them.
        let is_rejected = |line: &Value| line["kind"] != "meta" && !judge.selects(line);
        assert!(
            all.iter().any(is_rejected) || is_total,
            "{args:?} has nothing to reject"
        );
    }
}

fn object_that_enters_and_leaves_the_selection_is_told_by_its_device() {
    let ns = Namespace::new();
    ns.run("ip link add veth0 type veth peer name veth1");
    let mut stream = ns.synced(&["--dev", "lan*", "-k", "link"]);
    let snapshot = stream.seen.iter().filter(|line| line["kind"] == "link");
    assert_eq!(snapshot.count(), 0);
    assert_eq!(stream.seen.last().unwrap()["meta"]["objects"], 0);
    ns.run("ip link set veth0 name lan0; ip link set lan0 mtu 1400; ip link set lan0 name wan0");
    ns.run("ip link set wan0 mtu 1300; ip link set wan0 name lan1; ip link set lan1 alias end");
    let line = stream.wait_for("the end", |line| line["link"]["ifalias"] == "end");
    // The filter does not blind the state: this follows the change that it has hidden.
    assert_eq!(line["link"]["mtu"], 1300);
    let (lines, _) = stream.interrupt();
    // Its peer has lines, too: `link` is the name of the device.
    let about = |it: &&Value| it["ifindex"] == line["ifindex"] && it["changed"] != Value::Null;
    let told: Vec<_> = lines
        .iter()
        .filter(about)
        .map(|line| (line["old"].clone(), line["ifname"].clone()))
        .collect();
    let expected = [
        (serde_json::json!({"ifname": "veth0"}), "lan0"),
        (serde_json::json!({"mtu": 1500}), "lan0"),
        (serde_json::json!({"ifname": "lan0"}), "wan0"),
        (serde_json::json!({"ifname": "wan0"}), "lan1"),
        (serde_json::json!({}), "lan1"),
    ];
    let expected: Vec<_> = expected.map(|(old, name)| (old, Value::from(name))).into();
    assert_eq!(told, expected);
}

fn filter_that_selects_nothing_ends_the_run_before_it_begins() {
    let ns = Namespace::new();
    for (args, expected) in [
        (
            &["--table", "nowhere"][..],
            "unknown routing table `nowhere`",
        ),
        (&["-k", "link", "--table", "main"], "no event can pass"),
        (&["--family", "ipv6"], "did you mean `inet6`?"),
    ] {
        let output = ns
            .command(crate::common::NLSTREAM)
            .args(args)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains(expected), "{args:?}: {text}");
        assert!(output.stdout.is_empty());
    }
}
