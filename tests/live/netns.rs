//! Several network namespaces in one run (`--netns`): whose the lines are, what a loss in one of them
//! concerns, and what remains of one that ends.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::common::{NLSTREAM, nlstream, wait_until};
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    every_line_has_its_namespace_and_each_fold_equals_ip(Mounts, LinkType("veth")),
    a_loss_in_one_namespace_is_resynced_there_alone(Mounts),
    an_ended_namespace_is_deleted_and_not_kept_alive(Mounts, LinkType("veth")),
    namespaces_of_processes_and_paths_end_with_them(Mounts),
    a_recording_of_two_namespaces_replays_to_the_same_bytes(Mounts, LinkType("veth")),
    namespaces_that_cannot_be_watched_are_explained(Mounts, Program("setpriv")),
    a_namespace_that_ends_while_it_is_opened_is_no_error(Mounts),
    many_namespaces_leave_no_socket_behind(Mounts),
}

/// A user, mount and network namespace in which these names of network namespaces exist.
pub(crate) fn host(names: &[&str]) -> Namespace {
    let ns = Namespace::with_mounts();
    ns.run("mount -t tmpfs tmpfs /run");
    for name in names {
        ns.run(&format!("ip netns add {name}; ip -n {name} link set lo up"));
    }
    ns
}

pub(crate) fn name(line: &Value) -> &str {
    line["netns"]["name"].as_str().unwrap_or("")
}

/// A change in each of two namespaces, which differ, with a veth pair between them.
const CHANGES: &str = "
    ip -n red link add veth0 type veth peer name veth0 netns blue
    ip -n red link set veth0 up; ip -n blue link set veth0 mtu 1400 up
    ip -n red address add 192.0.2.1/24 dev veth0; ip -n blue address add 192.0.2.2/24 dev veth0
    ip -n red route add 198.51.100.0/24 via 192.0.2.2
    ip -n blue route add 198.51.100.0/24 via 192.0.2.1 metric 7
    ip -n blue rule add from 192.0.2.0/24 table 7
    ip -n red address add 192.0.2.9/24 dev veth0; ip -n red address del 192.0.2.9/24 dev veth0";

/// A path that no other call returns: trials run at the same time.
pub(crate) fn file(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let id = std::process::id();
    std::env::temp_dir().join(format!("nlstream-netns-{id}-{number}-{name}"))
}

/// What `nlstream state` prints of these lines.
pub(crate) fn state(lines: &[Value], options: &[&str]) -> Vec<Value> {
    let output = run_state(lines, options);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    crate::common::lines(&output.stdout)
}

/// Returns true if `nlstream state` knows what exists after these lines. It does not while they say that a kind is
/// incomplete.
pub(crate) fn is_complete(lines: &[Value]) -> bool {
    run_state(lines, &[]).status.success()
}

fn run_state(lines: &[Value], options: &[&str]) -> std::process::Output {
    let path = file("state.ndjson");
    let text: Vec<_> = lines.iter().map(Value::to_string).collect();
    std::fs::write(&path, text.join("\n") + "\n").unwrap();
    let output = nlstream(&[&["state", path.to_str().unwrap()], options].concat());
    std::fs::remove_file(&path).unwrap();
    output
}

/// Identifying values of the objects of a namespace, from the folded lines and from ip(8).
pub(crate) fn assert_equal_state(ns: &Namespace, folded: &[Value], netns: &str) {
    let of = |kind: &str, fields: &[&str]| -> BTreeSet<String> {
        let objects = folded.iter().filter(|line| name(line) == netns);
        let objects = objects.filter(|line| line["kind"] == kind);
        let values = objects.map(|line| fields.iter().map(|field| line[kind][*field].to_string()));
        values
            .map(|values| values.collect::<Vec<_>>().join(" "))
            .collect()
    };
    let ip = |command: &str| ns.json(&format!("ip -n {netns} -j {command}"));
    let join = |object: &Value, fields: &[&str]| -> String {
        let values = fields.iter().map(|field| object[*field].to_string());
        values.collect::<Vec<_>>().join(" ")
    };
    let links = ip("link");
    let fields = ["ifindex", "ifname", "mtu"];
    let expected: BTreeSet<_> = links.iter().map(|link| join(link, &fields)).collect();
    assert_eq!(of("link", &fields), expected, "links of {netns}");
    let addresses = ip("address");
    let addresses = addresses.iter().flat_map(|link| {
        let addresses = link["addr_info"].as_array().unwrap().clone();
        addresses
            .into_iter()
            .map(|address| address["local"].to_string())
    });
    assert_eq!(
        of("address", &["local"]),
        addresses.collect(),
        "addresses of {netns}"
    );
    let rules = ip("rule");
    let priorities = rules.iter().map(|rule| rule["priority"].to_string());
    let mut found = of("rule", &["priority"]);
    // The kernel leaves out the priority 0, and lists the rules of IPv6 separately.
    found.remove("null");
    let expected: BTreeSet<_> = priorities.filter(|it| it != "0").collect();
    found.retain(|priority| priority != "0");
    assert_eq!(found, expected, "rules of {netns}");
    let routes = ip("route show table all type unicast");
    let routes: BTreeSet<_> = routes
        .iter()
        .filter_map(|route| route["dst"].as_str())
        .filter(|dst| !dst.contains(':'))
        // A host route is printed without its length.
        .map(|dst| match dst.contains('/') {
            true => format!("\"{dst}\""),
            false => format!("\"{dst}/32\""),
        })
        .collect();
    let unicast = folded.iter().filter(|line| {
        name(line) == netns
            && line["route"]["type"] == "unicast"
            && line["route"]["family"] == "inet"
    });
    let unicast: BTreeSet<_> = unicast
        .map(|line| line["route"]["dst"].to_string())
        .collect();
    assert_eq!(unicast, routes, "routes of {netns}");
}

fn every_line_has_its_namespace_and_each_fold_equals_ip() {
    let ns = host(&["red", "blue"]);
    ns.run("ip -n blue address add 203.0.113.1/32 dev lo");
    let mut stream = ns.synced(&["--netns", "red", "--netns", "blue"]);
    let inode = |name: &str| ns.run(&format!("stat -Lc %i /run/netns/{name}"));
    let start = stream.seen[0].clone();
    for (at, name) in ["red", "blue"].into_iter().enumerate() {
        let listed = &start["meta"]["namespaces"][at];
        assert_eq!(listed["name"], name);
        assert_eq!(listed["inode"].to_string(), inode(name).trim());
    }
    ns.run(CHANGES);
    // Not watched.
    ns.run("ip link add name other0 type veth peer name other1");
    stream.wait_for("the rule of blue", |line| {
        line["kind"] == "rule" && line["op"] == "add" && name(line) == "blue"
    });
    stream.wait_for_quiet(std::time::Duration::from_secs(2));
    let (lines, _) = stream.interrupt();
    for line in &lines {
        let expected: &[&str] = match line["kind"] == "meta" {
            true => &[""],
            false => &["red", "blue"],
        };
        assert!(expected.contains(&name(line)), "{line}");
        assert_ne!(line["ifname"], "other0", "{line}");
    }
    let added = |address: &str| {
        let mut lines = lines.iter();
        let line = lines.find(|line| line["address"]["local"] == address);
        name(line.unwrap_or_else(|| panic!("no address {address}"))).to_owned()
    };
    assert_eq!(added("192.0.2.1"), "red");
    assert_eq!(added("192.0.2.2"), "blue");
    assert_eq!(added("203.0.113.1"), "blue");
    let folded = state(&lines, &[]);
    assert_equal_state(&ns, &folded, "red");
    assert_equal_state(&ns, &folded, "blue");
    let path = file("text.ndjson");
    let text: Vec<_> = lines.iter().map(Value::to_string).collect();
    std::fs::write(&path, text.join("\n")).unwrap();
    let output = nlstream(&[
        "state",
        "--format",
        "text",
        "-k",
        "link",
        path.to_str().unwrap(),
    ]);
    std::fs::remove_file(&path).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("] blue: link present "), "{text}");
}

fn a_loss_in_one_namespace_is_resynced_there_alone() {
    let ns = host(&["red", "blue"]);
    // Only lo: the kernel changes nothing by itself that a small receive buffer would lose.
    let mut stream = ns.synced(&["--netns", "red,blue", "--rcvbuf", "4K"]);
    stream.signal("STOP");
    ns.run(
        "for ((i = 0; i < 600; i++)); do echo route add 10.0.$((i / 250)).$((i % 250)) dev lo; done | ip -n red -batch -
         ip -n blue address add 203.0.113.7/32 dev lo",
    );
    stream.signal("CONT");
    let resync = stream.wait("meta", "resync");
    assert_eq!(name(&resync), "red");
    let (lines, _) = stream.interrupt();
    let mut addresses = lines
        .iter()
        .filter(|it| it["address"]["local"] == "203.0.113.7");
    assert_eq!(addresses.next().map(name), Some("blue"));
    let gaps = lines.iter().filter(|line| line["op"] == "gap");
    let gaps: BTreeSet<_> = gaps.map(name).collect();
    assert_eq!(gaps, BTreeSet::from(["red"]));
    let corrected = lines.iter().filter(|line| line["origin"] == "resync");
    let corrected: BTreeSet<_> = corrected.map(name).collect();
    assert_eq!(corrected, BTreeSet::from(["red"]));
    let resyncs = lines.iter().filter(|line| line["op"] == "resync");
    assert!(resyncs.map(name).all(|it| it == "red"));
    let folded = state(&lines, &[]);
    assert_equal_state(&ns, &folded, "red");
    assert_equal_state(&ns, &folded, "blue");
}

/// Number of netlink sockets of the program: all but the pair that passes signals.
fn sockets(stream: &Stream) -> usize {
    let fds = std::fs::read_dir(format!("/proc/{}/fd", stream.pid())).unwrap();
    let targets = fds.filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok());
    let sockets = targets.filter(|it| it.to_string_lossy().starts_with("socket:"));
    sockets.count() - 2
}

fn an_ended_namespace_is_deleted_and_not_kept_alive() {
    let ns = host(&["red", "blue"]);
    ns.run(CHANGES);
    let mut stream = ns.synced(&["--netns", "red", "--netns", "blue"]);
    assert_eq!(sockets(&stream), 4);
    ns.run("ip netns del blue");
    // The kernel deletes the other end of the pair when it frees the namespace.
    stream.wait_for("the end of the pair", |line| {
        line["op"] == "delete" && line["ifname"] == "veth0" && name(line) == "red"
    });
    assert_eq!(sockets(&stream), 2);
    ns.run("ip -n red link set lo mtu 1300");
    stream.wait_for("a change in red", |line| {
        line["link"]["mtu"] == 1300 && name(line) == "red"
    });
    stream.wait_for_quiet(std::time::Duration::from_secs(2));
    let (lines, stderr) = stream.interrupt();
    assert!(
        stderr.contains("the network namespace blue has ended"),
        "{stderr}"
    );
    let folded = state(&lines, &[]);
    assert!(folded.iter().all(|line| name(line) == "red"), "{folded:#?}");
    assert_equal_state(&ns, &folded, "red");
    let deleted = lines
        .iter()
        .filter(|it| it["op"] == "delete" && name(it) == "blue");
    let kinds: BTreeSet<_> = deleted.map(|it| it["kind"].as_str().unwrap()).collect();
    for kind in ["link", "address", "route", "rule"] {
        assert!(kinds.contains(kind), "no {kind} was deleted: {kinds:?}");
    }
}

fn namespaces_of_processes_and_paths_end_with_them() {
    let ns = host(&["red"]);
    ns.run(
        "unshare -n sleep 1000 >/dev/null 2>&1 & echo $! >/run/pid; mkdir /run/other; touch /run/other/path
            unshare -n sh -c 'mount --bind /proc/self/ns/net /run/other/path'",
    );
    let pid = ns.run("cat /run/pid");
    let pid = pid.trim();
    // The process has its namespace only after a while.
    let own = ns.run("readlink /proc/self/ns/net");
    wait_until("the namespace of the process", || {
        ns.run(&format!("readlink /proc/{pid}/ns/net")) != own
    });
    let mut stream = ns.synced(&["--netns", pid, "--netns", "/run/other/path"]);
    ns.run(&format!("nsenter -n -t {pid} ip link set lo up"));
    stream.wait_for("an event of the process", |line| {
        line["kind"] == "address" && name(line) == pid
    });
    ns.run(&format!("kill {pid}"));
    stream.wait_for("the end of its namespace", |line| {
        line["op"] == "delete" && line["kind"] == "link" && name(line) == pid
    });
    ns.run("umount /run/other/path");
    stream.wait_for("the end of that of the path", |line| {
        line["op"] == "delete" && line["kind"] == "link" && name(line) == "/run/other/path"
    });
    // Nothing is left to watch.
    let (lines, _) = stream.end();
    assert_eq!(lines.last().unwrap()["meta"]["reason"], "netns");
    assert!(state(&lines, &[]).is_empty());
}

fn a_recording_of_two_namespaces_replays_to_the_same_bytes() {
    let ns = host(&["red", "blue"]);
    let (capture, output) = (file("two.pcapng"), file("two.ndjson"));
    let (c, o) = (capture.to_str().unwrap(), output.to_str().unwrap());
    let mut child = ns
        .command(NLSTREAM)
        .args(["--snapshot", "--netns", "red,blue", "--record", c, "-o", o])
        .args(["--with", "message", "--checkpoint", "1s"])
        .spawn()
        .unwrap();
    let contains =
        |wanted: &str| std::fs::read_to_string(&output).is_ok_and(|it| it.contains(wanted));
    wait_until("the snapshot", || contains(r#""op":"sync""#));
    ns.run(CHANGES);
    wait_until("the rule", || contains(r#""table":"7""#));
    ns.run("ip netns del blue");
    let line = r#""ifindex":1,"ifname":"lo","#;
    wait_until("the end of blue", || {
        let text = std::fs::read_to_string(&output).unwrap_or_default();
        let mut lines = text.lines();
        lines.any(|it| {
            it.contains(r#""kind":"link","op":"delete""#)
                && it.contains(line)
                && it.contains(r#""name":"blue""#)
        })
    });
    let pid = child.id().to_string();
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args(["-INT", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let live = std::fs::read_to_string(&output).unwrap();
    let start: Value = serde_json::from_str(live.lines().next().unwrap()).unwrap();
    let replayed = nlstream(&["replay", "--run", start["run"].as_str().unwrap(), c]);
    assert!(replayed.status.success());
    assert!(live.contains(r#""netns":{"name":"red""#));
    assert_eq!(String::from_utf8(replayed.stdout).unwrap(), live);
    std::fs::remove_file(&capture).unwrap();
    std::fs::remove_file(&output).unwrap();
}

fn namespaces_that_cannot_be_watched_are_explained() {
    let ns = host(&["blue", "green"]);
    let run = |prefix: &str, options: &str| {
        let script = format!("! {prefix} {NLSTREAM} --for 1s {options} 2>&1 >/dev/null");
        ns.run(&script)
    };
    for (options, expected) in [
        (
            "--netns gren",
            "--netns gren: there is no such name in /run/netns; the nearest is `green`",
        ),
        ("--netns blue --netns ''", "--netns : there is no such name"),
        (
            "--netns 999999999",
            "--netns 999999999: there is no process with this id, and no name",
        ),
        (
            "--netns /run/nothing",
            "--netns /run/nothing: No such file or directory",
        ),
        (
            "--netns /run",
            "--netns /run: it is not a network namespace",
        ),
        (
            "--netns /proc/self/ns/mnt",
            "--netns /proc/self/ns/mnt: it is not a network namespace",
        ),
    ] {
        let text = run("", options);
        assert!(text.contains(expected), "{options}: {text}");
    }
    let text = run("setpriv --bounding-set=-sys_admin", "--netns blue");
    assert!(
        text.contains("--netns blue: Operation not permitted"),
        "{text}"
    );
    assert!(text.contains("CAP_SYS_ADMIN"), "{text}");
    let text = ns.run(&format!(
        "{NLSTREAM} --netns blue --netns /run/netns/blue --snapshot --exit 2>&1 >/run/lines"
    ));
    assert!(
        text.contains("the same network namespace as blue"),
        "{text}"
    );
    let lines = ns.run("cat /run/lines");
    let lines = crate::common::lines(lines.as_bytes());
    assert_eq!(lines[0]["meta"]["namespaces"].as_array().unwrap().len(), 1);
    let lo = lines.iter().filter(|line| line["link"]["ifname"] == "lo");
    assert_eq!(lo.count(), 1);
    ns.run("rmdir /run/netns 2>/dev/null || umount -l /run/netns; mount -t tmpfs tmpfs /run");
    let text = run("", "--netns blue");
    assert!(text.contains("there is no name in /run/netns"), "{text}");
}

fn a_namespace_that_ends_while_it_is_opened_is_no_error() {
    let ns = host(&["red"]);
    // As `ip netns del` leaves it for a moment: the file, without the namespace.
    ns.run("touch /run/netns/blue");
    let mut stream = ns.synced(&["--netns", "blue", "--netns", "red"]);
    ns.run("ip -n red link set lo mtu 1300");
    stream.wait_for("an event", |line| {
        line["link"]["mtu"] == 1300 && name(line) == "red"
    });
    let (lines, stderr) = stream.interrupt();
    assert!(
        stderr.contains("--netns blue: the network namespace ended while it was opened"),
        "{stderr}"
    );
    assert_eq!(lines[0]["meta"]["namespaces"].as_array().unwrap().len(), 1);
    // Without any other the run ends at once.
    let stream = ns.stream(&["--netns", "blue"]);
    let (lines, _) = stream.end();
    assert_eq!(lines.last().unwrap()["meta"]["reason"], "netns");
}

fn many_namespaces_leave_no_socket_behind() {
    const NUMBER: usize = 60;
    let ns = host(&[]);
    ns.run(&format!(
        "for i in {{1..{NUMBER}}}; do ip netns add n$i; ip -n n$i link set lo up; done"
    ));
    let names: Vec<_> = (1..=NUMBER).map(|i| format!("n{i}")).collect();
    // With fewer descriptors than that many sockets need: the limit is raised.
    let command = format!(
        "ulimit -Sn 100; exec {NLSTREAM} --snapshot --netns {}",
        names.join(",")
    );
    let mut child = ns.command("bash");
    child.args(["-c", &command]);
    child
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut stream = Stream::of(child.spawn().unwrap());
    stream.wait("meta", "sync");
    assert_eq!(sockets(&stream), 2 * NUMBER);
    // Those with even numbers end, in two steps, with events in the others between them.
    ns.run(
        "for i in {2..30..2}; do ip netns del n$i; done; ip -n n1 link set lo mtu 1300
            for i in {32..60..2}; do ip netns del n$i; done; ip -n n59 link set lo mtu 1300",
    );
    let ended = |stream: &mut Stream| {
        let lines = stream.so_far().iter();
        let links = lines.filter(|it| it["op"] == "delete" && it["kind"] == "link");
        links.map(|it| name(it).to_owned()).collect::<BTreeSet<_>>()
    };
    wait_until("half of them have ended", || {
        ended(&mut stream).len() == NUMBER / 2
    });
    assert_eq!(sockets(&stream), NUMBER);
    let (lines, _) = stream.interrupt();
    let folded = state(&lines, &[]);
    for i in 1..=NUMBER {
        let name_of = format!("n{i}");
        match i % 2 {
            0 => assert!(
                folded.iter().all(|it| name(it) != name_of),
                "{name_of} is left"
            ),
            _ => assert_equal_state(&ns, &folded, &name_of),
        }
    }
}
