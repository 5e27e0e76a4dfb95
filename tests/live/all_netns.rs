//! All network namespaces in one run (`--all-netns`): each event has its own, those that are made and end
//! during the run are followed, and none is kept alive.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{NLSTREAM, nlstream, wait_until};
use crate::namespace::Namespace;
use crate::netns::{assert_equal_state, file, host, is_complete, name, state};

crate::trial::trials! {
    namespaces_that_come_and_go_at_random_are_followed(Mounts, LinkType("veth")),
    a_namespace_with_the_name_and_number_of_an_ended_one_is_another(Mounts),
    a_namespace_without_a_name_is_found_by_its_process(Mounts, LinkType("veth")),
    a_loss_is_one_of_all_namespaces_and_is_resynced_once(Mounts),
    a_reader_that_stalls_keeps_no_namespace_alive(Mounts, LinkType("veth")),
    what_watching_all_namespaces_needs_is_explained(Mounts, Program("setpriv")),
    each_namespace_costs_little_memory_and_time(Mounts) long "a measurement",
}

/// Number of namespaces of the random run; more with this variable.
fn number() -> usize {
    let number = std::env::var("NLSTREAM_TEST_NETNS").ok();
    number.map_or(30, |number| number.parse().unwrap())
}

/// A generator of numbers that are the same in every run (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// The address of a namespace, which no other one has.
fn address(number: usize) -> String {
    format!("10.{}.{}.1", number / 250, number % 250)
}

/// What is done in a namespace, with a veth pair whose other end is in the program's namespace.
fn uses(number: usize, random: &mut Random) -> String {
    let ip = format!("ip -n n{number}");
    let address = address(number);
    let net = address.trim_end_matches(".1");
    let mut script = format!(
        "ip link add p{number} type veth peer name v0 netns n{number}
         {ip} link set v0 up; {ip} address add {address}/24 dev v0\n"
    );
    for _ in 0..random.below(4) {
        script += &match random.below(5) {
            0 => format!("{ip} route replace 192.0.2.0/24 via {net}.2\n"),
            1 => format!("{ip} link set v0 mtu {}\n", 1300 + random.below(100)),
            2 => format!("{ip} rule add from {net}.0/24 table {}\n", 1000 + number),
            3 => format!("{ip} link set lo up\n"),
            _ => format!("ip link set p{number} up\n"),
        };
    }
    script
}

/// The devices of the program's own namespace, by ip(8).
fn own_links(ns: &Namespace) -> BTreeSet<String> {
    let links = ns.json("ip -j link");
    links
        .iter()
        .map(|link| link["ifname"].as_str().unwrap().to_owned())
        .collect()
}

fn namespaces_that_come_and_go_at_random_are_followed() {
    let ns = host(&["n0"]);
    let (capture, output) = (file("all.pcapng"), file("all.ndjson"));
    let (c, o) = (capture.to_str().unwrap(), output.to_str().unwrap());
    let mut child = ns
        .command(NLSTREAM)
        .args(["--snapshot", "--all-netns", "--record", c, "-o", o])
        .args(["--with", "message", "--checkpoint", "1s"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = || std::fs::read_to_string(&output).unwrap_or_default();
    wait_until("the snapshot", || text().contains(r#""op":"sync""#));
    let mut random = Random(7);
    let mut alive = BTreeSet::new();
    for number in 1..=number() {
        let mut script = format!("ip netns add n{number}\n");
        script += &uses(number, &mut random);
        alive.insert(number);
        // Some live for a moment, some for a while, some until the end.
        while random.below(5) < 2 {
            let victim = alive.iter().nth(random.below(alive.len() as u64) as usize);
            let Some(victim) = victim.copied() else { break };
            alive.remove(&victim);
            script += &format!("ip netns del n{victim}\n");
        }
        ns.run(&script);
    }
    // The kernel deletes the other end of a pair when it frees the namespace: an independent witness that
    // nobody keeps it alive.
    let expected: BTreeSet<_> = alive.iter().map(|number| format!("p{number}")).collect();
    wait_until("the end of the deleted namespaces", || {
        let mut links = own_links(&ns);
        links.retain(|name| name.starts_with('p'));
        links == expected
    });
    // A last change in each, which is an event.
    for number in &alive {
        let other = address(*number);
        let other = other.trim_end_matches(".1").to_owned() + ".9";
        ns.run(&format!("ip -n n{number} address add {other}/32 dev lo"));
    }
    let folded = || {
        let parsed: Vec<_> = text()
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .collect();
        parsed
    };
    let all_seen = |lines: &[Value]| {
        let seen: BTreeSet<_> = lines
            .iter()
            .filter_map(|line| line["address"]["local"].as_str())
            .filter(|local| local.ends_with(".9"))
            .map(str::to_owned)
            .collect();
        seen.len() == alive.len()
    };
    wait_until("the last events", || all_seen(&folded()));
    let mut size = 0;
    let mut since = Instant::now();
    wait_until("no more lines, and all kinds are complete", || {
        let now = text()
            .lines()
            .filter(|line| !line.contains(r#""checkpoint""#))
            .count();
        if now != size {
            (size, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_secs(3) && is_complete(&folded())
    });
    let id = child.id().to_string();
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args(["-INT", &id]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let lines = folded();
    assert_whose(&lines);
    assert_lives(&lines, &alive);
    let objects = state(&lines, &[]);
    let names: BTreeSet<_> = objects.iter().map(name).collect();
    let mut expected: BTreeSet<_> = alive.iter().map(|number| format!("n{number}")).collect();
    expected.extend(["n0".to_owned(), "self".to_owned()]);
    assert_eq!(names, expected.iter().map(String::as_str).collect());
    for number in &alive {
        assert_equal_state(&ns, &objects, &format!("n{number}"));
    }
    let live = text();
    let replayed = nlstream(&["replay", "--run", lines[0]["run"].as_str().unwrap(), c]);
    assert!(replayed.status.success());
    let replayed = String::from_utf8(replayed.stdout).unwrap();
    for (live, replayed) in live.lines().zip(replayed.lines()) {
        assert_eq!(live, replayed, "the replay differs");
    }
    assert_eq!(live.len(), replayed.len(), "the replay differs in length");
    std::fs::remove_file(&capture).unwrap();
    std::fs::remove_file(&output).unwrap();
}

/// Each line about an object has a namespace, and the addresses of a namespace are in no other one.
fn assert_whose(lines: &[Value]) {
    let mut whose = BTreeMap::new();
    for line in lines {
        assert!(line["kind"] == "meta" || !name(line).is_empty(), "{line}");
        if let Some(local) = line["address"]["local"].as_str()
            && local.starts_with("10.")
        {
            let net = local.rsplit_once('.').unwrap().0.to_owned();
            whose
                .entry(net)
                .or_insert_with(BTreeSet::new)
                .insert(name(line));
        }
    }
    for (net, names) in &whose {
        assert_eq!(names.len(), 1, "{net}.0 in {names:?}");
        let mut parts = net
            .split('.')
            .skip(1)
            .map(|it| it.parse::<usize>().unwrap());
        let number = parts.next().unwrap() * 250 + parts.next().unwrap();
        assert!(
            names.contains(format!("n{number}").as_str()),
            "{net}.0 in {names:?}"
        );
    }
}

/// Each namespace begins and ends as the lines about it say: between its `netns` lines, with a `sync`.
fn assert_lives(lines: &[Value], alive: &BTreeSet<usize>) {
    #[derive(Default)]
    struct Life {
        added: bool,
        synced: bool,
        ended: bool,
    }
    let mut lives: BTreeMap<String, Life> = BTreeMap::new();
    for line in &lines[1..] {
        let of = name(line);
        if of.is_empty() || of == "self" || of == "n0" {
            continue;
        }
        let life = lives.entry(line["netns"].to_string()).or_default();
        match (line["op"].as_str().unwrap(), &line["meta"]["event"]) {
            ("netns", event) if event == "add" => {
                assert!(!life.added, "added twice: {line}");
                life.added = true;
            }
            ("netns", _) => {
                assert!(life.added && !life.ended, "{line}");
                life.ended = true;
            }
            (op, _) => {
                assert!(life.added && !life.ended, "outside of its life: {line}");
                life.synced |= line["kind"] == "meta" && op == "sync";
            }
        }
    }
    let lasting = lives.iter().filter(|(_, life)| !life.ended);
    let lasting: Vec<_> = lasting.collect();
    assert_eq!(lasting.len(), alive.len());
    for (netns, life) in lasting {
        assert!(life.synced, "no sync of {netns}");
    }
    assert!(
        lives.values().any(|life| life.ended),
        "none was found before it ended"
    );
}

fn a_namespace_with_the_name_and_number_of_an_ended_one_is_another() {
    let ns = host(&["red"]);
    let mut stream = ns.synced(&["--all-netns"]);
    for round in 1..=8 {
        ns.run(&format!(
            "ip netns del red; ip netns add red; ip -n red link set lo mtu {} up",
            1200 + round
        ));
        stream.wait_for("the snapshot of the next one", |line| {
            line["op"] == "sync" && name(line) == "red"
        });
        ns.run(&format!("ip -n red address add 192.0.2.{round}/32 dev lo"));
        let address = format!("192.0.2.{round}");
        stream.wait_for("its address", |line| {
            line["address"]["local"] == address.as_str() && name(line) == "red"
        });
    }
    stream.wait_for_quiet(Duration::from_secs(2));
    let (lines, _) = stream.interrupt();
    let ends = lines
        .iter()
        .filter(|it| it["op"] == "netns" && it["meta"]["event"] == "delete");
    assert_eq!(ends.count(), 8);
    let folded = state(&lines, &[]);
    assert_equal_state(&ns, &folded, "red");
    let of_red = folded
        .iter()
        .filter(|it| name(it) == "red" && it["kind"] == "link");
    assert_eq!(of_red.count(), 1);
}

fn a_namespace_without_a_name_is_found_by_its_process() {
    let ns = host(&[]);
    let mut stream = ns.synced(&["--all-netns"]);
    // Each thread is confined, and none but the one that visits keeps CAP_SYS_ADMIN (bit 21).
    let tasks = std::fs::read_dir(format!("/proc/{}/task", stream.pid())).unwrap();
    let mut privileged = Vec::new();
    for task in tasks {
        let status = std::fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().to_owned()
        };
        assert_eq!(field("Seccomp:"), "2", "{status}");
        if u64::from_str_radix(&field("CapEff:"), 16).unwrap() >> 21 & 1 == 1 {
            privileged.push(field("Name:"));
        }
    }
    assert_eq!(privileged, ["visitor"]);
    ns.run("unshare -n sleep 1000 >/dev/null 2>&1 & echo $! >/run/pid");
    let pid = ns.run("cat /run/pid");
    let pid = pid.trim();
    let own = ns.run("readlink /proc/self/ns/net");
    wait_until("the namespace of the process", || {
        ns.run(&format!("readlink /proc/{pid}/ns/net")) != own
    });
    // As a container manager does: the kernel gives the namespace a number.
    ns.run(&format!(
        "ip link add m0 type veth peer name m1; ip link set m1 netns {pid}"
    ));
    let added = stream.wait_for("the namespace", |line| line["op"] == "netns");
    let inode = ns.run(&format!("stat -Lc %i /proc/{pid}/ns/net"));
    assert_eq!(added["netns"]["inode"].to_string(), inode.trim());
    assert_eq!(name(&added), pid);
    let moved = stream.seen.iter().find(|line| {
        line["op"] == "delete" && line["ifname"] == "m1" && line["link"]["new_netnsid"].is_number()
    });
    let moved = moved.expect("the device leaves the program's namespace");
    assert_eq!(
        moved["link"]["new_netnsid"], added["meta"]["nsid"],
        "{moved}"
    );
    stream.wait_for("the device in it", |line| {
        line["op"] == "present" && line["ifname"] == "m1" && name(line) == pid
    });
    ns.run(&format!("nsenter -n -t {pid} ip link set m1 mtu 1400"));
    stream.wait_for("an event in it", |line| {
        line["link"]["mtu"] == 1400 && line["op"] == "change" && name(line) == pid
    });
    // Both namespaces are watched by now: there and back.
    ns.run(&format!("ip link set m0 netns {pid}"));
    stream.wait_for("the device that leaves", |line| {
        line["op"] == "delete" && line["ifname"] == "m0" && line["link"]["moved_to"] == pid
    });
    let mut lines = stream.seen.iter();
    let own = lines.find(|line| line["ifname"] == "m0").map(name);
    let own = own.expect("lines about m0").to_owned();
    stream.wait_for("the device that comes", |line| {
        line["op"] == "add"
            && line["ifname"] == "m0"
            && name(line) == pid
            && line["link"]["moved_from"] == *own
    });
    let owner = stream.pid();
    ns.run(&format!("nsenter -n -t {pid} ip link set m0 netns {owner}"));
    stream.wait_for("the device that comes back", |line| {
        line["op"] == "add" && line["ifname"] == "m0" && line["link"]["moved_from"] == pid
    });
    ns.run(&format!("kill {pid}"));
    stream.wait_for("the end of the namespace", |line| {
        line["op"] == "netns" && line["meta"]["event"] == "delete" && name(line) == pid
    });
    // Before or after it: the kernel frees the namespace in several steps.
    wait_until("the end of the pair", || {
        let mut seen = stream.so_far().iter();
        seen.any(|line| {
            line["op"] == "delete"
                && line["kind"] == "link"
                && line["ifname"] == "m0"
                && name(line) == "self"
        })
    });
    let (lines, _) = stream.interrupt();
    assert!(state(&lines, &[]).iter().all(|line| name(line) == "self"));
}

fn a_loss_is_one_of_all_namespaces_and_is_resynced_once() {
    let ns = host(&["red", "blue", "green"]);
    let mut stream = ns.synced(&["--all-netns", "--rcvbuf", "4K"]);
    stream.signal("STOP");
    // The numbers change as well: one namespace ends, another one may get its number.
    ns.run(
        "for ((i = 0; i < 600; i++)); do echo route add 10.0.$((i / 250)).$((i % 250)) dev lo; done | ip -n red -batch -
         ip -n blue address add 203.0.113.7/32 dev lo
         ip netns del green; ip netns add grey; ip -n grey link set lo up",
    );
    stream.signal("CONT");
    stream.wait("meta", "resync");
    stream.wait_for_quiet(Duration::from_secs(3));
    let (lines, _) = stream.interrupt();
    let meta = |op: &str| {
        lines
            .iter()
            .filter(|it| it["op"] == op)
            .map(name)
            .collect::<Vec<_>>()
    };
    let gaps = meta("gap");
    assert!(
        !gaps.is_empty() && gaps.iter().all(|it| it.is_empty()),
        "{gaps:?}"
    );
    let resyncs = meta("resync");
    assert!(
        !resyncs.is_empty() && resyncs.len() <= gaps.len(),
        "{resyncs:?}"
    );
    assert!(resyncs.iter().all(|it| it.is_empty()), "{resyncs:?}");
    let folded = state(&lines, &[]);
    for name in ["red", "blue", "grey"] {
        assert_equal_state(&ns, &folded, name);
    }
    assert!(folded.iter().all(|line| name(line) != "green"));
}

fn a_reader_that_stalls_keeps_no_namespace_alive() {
    let ns = host(&["red"]);
    ns.run(
        "ip link add p0 type veth peer name v0 netns red; ip -n red link set v0 up; ip -n red link set lo up
         for ((i = 0; i < 20000; i++)); do echo route add 10.$((i / 250)).$((i % 250)).0/24 dev lo; done | ip -n red -batch -",
    );
    let mut child = ns
        .command(NLSTREAM)
        .args(["--snapshot", "--all-netns", "--queue", "64K"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe is full during the dump of the routes: nothing is read from it.
    wait_until("the program waits", || {
        let stdout = child.stdout.as_ref().unwrap();
        rustix::io::ioctl_fionread(stdout).unwrap() > 50_000
    });
    ns.run("ip netns del red");
    wait_until("the end of the namespace", || {
        !own_links(&ns).contains("p0")
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

fn what_watching_all_namespaces_needs_is_explained() {
    let ns = host(&["red"]);
    let run = |prefix: &str, options: &str| {
        ns.run(&format!(
            "! {prefix} {NLSTREAM} --for 1s {options} 2>&1 >/dev/null"
        ))
    };
    for capability in ["sys_admin", "net_broadcast", "net_admin"] {
        let text = run(
            &format!("setpriv --bounding-set=-{capability}"),
            "--all-netns",
        );
        assert!(
            text.contains("--all-netns: Operation not permitted"),
            "{text}"
        );
        assert!(
            text.contains("CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_BROADCAST"),
            "{text}"
        );
    }
    let text = run("", "--all-netns --netns red");
    assert!(
        text.contains("--all-netns watches every network namespace"),
        "{text}"
    );
    // A file that is no namespace, as `ip netns add` and `ip netns del` leave it for a moment.
    ns.run("touch /run/netns/blue");
    let output = ns.run(&format!("{NLSTREAM} --all-netns --snapshot --exit 2>&1"));
    let lines = crate::common::lines(output.as_bytes());
    let listed = lines[0]["meta"]["namespaces"].as_array().unwrap();
    let names: Vec<_> = listed
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["self", "red"]);
}

fn each_namespace_costs_little_memory_and_time() {
    const NUMBER: usize = 300;
    let ns = host(&[]);
    let measure = || {
        let begun = Instant::now();
        let mut stream = ns.synced(&["--all-netns"]);
        let took = begun.elapsed();
        stream.wait_for_quiet(Duration::from_secs(2));
        let status = std::fs::read_to_string(format!("/proc/{}/status", stream.pid())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        let fds = std::fs::read_dir(format!("/proc/{}/fd", stream.pid())).unwrap();
        (took, kilobytes, fds.count())
    };
    let (took, memory, fds) = measure();
    ns.run(&format!(
        "for i in {{1..{NUMBER}}}; do ip netns add n$i; ip -n n$i link set lo up; done"
    ));
    let (took_all, memory_all, fds_all) = measure();
    assert_eq!(
        fds, fds_all,
        "descriptors must not depend on the number of namespaces"
    );
    let each = (memory_all - memory) as f64 / NUMBER as f64;
    let time = (took_all - took).as_secs_f64() * 1e3 / NUMBER as f64;
    println!(
        "each of {NUMBER} namespaces: {each:.0} KiB, {time:.2} ms of the start; {fds} descriptors"
    );
    assert!(each < 400.0 && time < 100.0, "{each} KiB, {time} ms");
}
