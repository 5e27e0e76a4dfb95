//! `--with by`: who caused each event.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::common::{NLSTREAM, nlstream};
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    each_event_names_the_process_that_caused_it(Bpf, LinkType("veth")),
    a_link_flap_by_programs_and_by_the_kernel(Bpf, LinkType("veth"), Program("python3")),
    every_route_of_a_storm_names_its_process(Bpf, LinkType("veth")),
    a_neighbour_that_fails_by_a_timer_blames_no_process(Bpf, LinkType("veth")),
    events_that_follow_each_other_without_a_pause_name_their_process(Bpf, LinkType("veth"), Program("ethtool")),
    a_gap_names_who_caused_the_lost_events(Bpf, LinkType("veth")),
    events_of_named_namespaces_name_their_processes(Bpf, LinkType("veth")),
    without_the_filter_port_ids_name_processes_that_live_on(Namespace, LinkType("veth"), Program("python3")),
    without_the_capabilities_a_warning_says_what_is_missing(Namespace, LinkType("veth")),
}

fn events(stream: &Stream) -> impl Iterator<Item = &Value> {
    stream.seen.iter().filter(|line| line["origin"] == "kernel")
}

fn each_event_names_the_process_that_caused_it() {
    let ns = Namespace::privileged();
    let recording = std::env::temp_dir().join(format!("nlstream-{}-by.pcapng", std::process::id()));
    let record = recording.to_str().unwrap();
    let mut stream = ns.stream(&["--with", "by", "--snapshot", "--record", record]);
    stream.wait("meta", "sync");
    // Another program than `ip`, a copy of it; each has ended before its event is read.
    ns.run(
        "ip link add veth0 type veth peer name veth1; ip link set veth1 up
         copy=$(mktemp -d)/another; cp \"$(command -v ip)\" $copy
         $copy link set veth0 up; $copy link set veth0 mtu 1400; rm $copy
         ip address add 192.0.2.1/24 dev veth0",
    );
    const ROUTES: usize = 300;
    ns.run(&format!(
        "for ((i = 0; i < {ROUTES}; i++)); do ip route add 10.$((i / 250)).$((i % 250)).0/24 via 192.0.2.2; done
         ip route add 203.0.113.0/24 via 192.0.2.2"
    ));
    stream.wait_for("the last route", |line| {
        line["route"]["dst"] == "203.0.113.0/24"
    });
    // A process that lives on has the path of its executable.
    ns.run(
        "coproc ip -batch -; echo link set veth0 mtu 1300 >&${COPROC[1]}
         until ip link show veth0 | grep -q 'mtu 1300'; do :; done; sleep 1",
    );
    let of_batch = stream.wait_for("the last change", |line| line["link"]["mtu"] == 1300);
    let ip = ns.run("readlink -f \"$(command -v ip)\"");
    assert_eq!(of_batch["by"]["exe"], ip.trim(), "{of_batch}");
    let mtu = events(&stream)
        .find(|line| line["link"]["mtu"] == 1400)
        .unwrap();
    assert_eq!(mtu["by"]["comm"], "another", "{mtu}");
    assert_eq!(mtu["by"]["uid"], 0);
    let mut routes = 0;
    for line in events(&stream) {
        // The first socket of a process has its id as port id.
        if let Some(portid) = line["nl"]["portid"].as_u64() {
            assert_eq!(line["by"]["pid"], portid, "{line}");
            routes += usize::from(line["kind"] == "route");
        }
        if line["kind"] == "link" && line["op"] == "add" {
            assert_eq!(line["by"]["comm"], "ip", "{line}");
        }
    }
    assert!(routes > ROUTES, "{routes}");
    stream.signal("INT");
    stream.wait("meta", "stop");
    let run = stream.seen[0]["run"].as_str().unwrap().to_owned();
    let replayed = nlstream(&["replay", "--run", &run, record]);
    assert_eq!(crate::common::lines(&replayed.stdout), stream.seen);
    std::fs::remove_file(&recording).unwrap();
}

/// The kernel names no port for these events, so that only their order tells the records of the filter. The run
/// begins while there is always a record that was just written.
fn events_that_follow_each_other_without_a_pause_name_their_process() {
    let ns = Namespace::privileged();
    ns.run("ip link add veth0 type veth peer name veth1");
    let mut traffic = ns.command("bash");
    traffic.args([
        "-c",
        "while [ -e /proc/$PPID ]; do ethtool -K veth0 tso off; ethtool -K veth0 tso on; done",
    ]);
    let mut traffic = traffic.spawn().unwrap();
    let mut stream = ns.stream(&["--kind", "link,ethtool", "--with", "by", "--snapshot"]);
    stream.wait("meta", "sync");
    let of = |line: &Value, kind: &str| line["kind"] == kind && line["origin"] == "kernel";
    for _ in 0..20 {
        for kind in ["link", "ethtool"] {
            let line = stream.wait_for(kind, |line| of(line, kind));
            let is_lost = stream.seen.iter().any(|line| line["op"] == "gap");
            let by = &line["by"];
            assert!(by["comm"] == "ethtool" || is_lost && by.is_null(), "{line}");
        }
    }
    traffic.kill().unwrap();
    traffic.wait().unwrap();
    stream.interrupt();
}

/// A program that changes links without `ip`: requests of rtnetlink, from the second socket of the process,
/// whose port id is not the process id. Reads a line of flags for the device, or a destination, at a time.
const REQUESTER: &str = r#"
import socket, struct, sys
first, s = (socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) for _ in range(2))
first.bind((0, 0)); s.bind((0, 0))
index = socket.if_nametoindex("veth0")
for line in sys.stdin:
    word = line.strip()
    if "." in word:
        attrs = struct.pack("HH4s", 8, 1, socket.inet_aton(word)) + struct.pack("HHI", 8, 4, index)
        kind, flags, body = 24, 0x605, struct.pack("BBBBBBBBI", 2, 32, 0, 0, 254, 4, 253, 1, 0) + attrs
    else:
        kind, flags, body = 16, 5, struct.pack("BBHiII", 0, 0, 0, index, int(word), 1)
    s.send(struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body)
    error = struct.unpack("i", s.recv(4096)[16:20])[0]
    assert error == 0, error
    print(s.getsockname()[0], flush=True)
"#;

/// A running [`REQUESTER`].
struct Requests {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Requests {
    fn start(ns: &Namespace) -> Self {
        let mut command = ns.command("python3");
        command.args(["-c", REQUESTER]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Requests { child, answers }
    }

    /// Makes a request. Returns the port id of the socket.
    fn make(&mut self, word: &str) -> u64 {
        writeln!(self.child.stdin.as_mut().unwrap(), "{word}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim().parse().unwrap()
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn a_link_flap_by_programs_and_by_the_kernel() {
    let ns = Namespace::privileged();
    ns.run("ip link add veth0 type veth peer name veth1; ip link set veth1 up");
    let mut stream = ns.synced(&["--with", "by", "-k", "link,address,route"]);
    let flags = |line: &Value, flag: &str| {
        let flags = line["link"]["flags"].as_array();
        line["link"]["ifname"] == "veth0" && flags.is_some_and(|all| all.contains(&json!(flag)))
    };
    ns.run("ip link set veth0 up");
    let up = stream.wait_for("veth0 is up", |line| flags(line, "UP"));
    assert_eq!(
        (&up["by"]["comm"], &up["by"]["uid"]),
        (&json!("ip"), &json!(0)),
        "{up}"
    );
    ns.run("ip link set veth0 down");
    stream.wait_for("veth0 is down", |line| {
        line["link"]["ifname"] == "veth0" && !flags(line, "UP") && line["by"]["comm"] == "ip"
    });
    let mut requests = Requests::start(&ns);
    requests.make("1");
    let up = stream.wait_for("veth0 is up again", |line| flags(line, "UP"));
    assert_eq!(up["by"]["pid"], requests.child.id(), "{up}");
    let exe = std::fs::read_link(format!("/proc/{}/exe", requests.child.id())).unwrap();
    assert_eq!(up["by"]["exe"], exe.to_str().unwrap());
    stream.wait_for("veth0 has a carrier", |line| flags(line, "LOWER_UP"));
    // The peer loses its carrier by `ip`, and a kernel thread says so.
    ns.run("ip link set veth1 down");
    let down = stream.wait_for("veth0 has no carrier", |line| {
        line["link"]["ifname"] == "veth0" && !flags(line, "LOWER_UP")
    });
    assert_eq!(down["by"], json!({"kernel": true}), "{down}");
    // A kernel thread adds the address, `ip` deletes it: the events have no port id, and those of other
    // addresses may come from a softirq.
    ns.run(
        "ip address add 2001:db8::1/64 dev veth0 nodad; ip address del 2001:db8::1/64 dev veth0",
    );
    let deleted = stream.wait_for("the address is deleted", |line| {
        line["op"] == "delete" && line["address"]["local"] == "2001:db8::1"
    });
    assert!(deleted["nl"].get("portid").is_none(), "{deleted}");
    assert_eq!(deleted["by"]["comm"], "ip", "{deleted}");
}

/// The number in a variable of the environment.
fn number(variable: &str, default: usize) -> usize {
    let text = std::env::var(variable).ok();
    text.map_or(default, |text| text.parse().expect(variable))
}

/// NLSTREAM_TEST_STORM=100000 is the number of routes.
fn every_route_of_a_storm_names_its_process() {
    let ns = Namespace::privileged();
    let routes = number("NLSTREAM_TEST_STORM", 4000);
    const EACH: usize = 10;
    ns.run("ip link add veth0 type veth peer name veth1; ip link set veth0 up; ip address add 192.0.2.1/24 dev veth0");
    let folder = std::env::temp_dir().join(format!("nlstream-{}-storm", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.display();
    // One process for ten routes: each ends within a millisecond. The kernel's buffer holds all of them.
    let script = format!(
        "cd {path}
         {NLSTREAM} --with by -k route -o lines --rcvbuf 256M --snapshot & pid=$!
         until grep -qs '\"op\":\"sync\"' lines; do kill -0 $pid; sleep 0.01; done
         for ((i = 0; i < {routes}; i += {EACH})); do
           for ((j = i; j < i + {EACH}; j++)); do echo route add 10.$((j >> 16)).$((j >> 8 & 255)).$((j & 255))/32 via 192.0.2.2; done >batch
           ip -batch batch
         done
         ip route add 203.0.113.0/24 via 192.0.2.2
         until grep -q '\"dst\":\"203.0.113.0/24\"' lines; do kill -0 $pid; sleep 0.01; done
         cat /proc/$pid/stat >stat
         kill $pid; wait $pid"
    );
    ns.run(&script);
    let text = std::fs::read_to_string(folder.join("lines")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let (mut named, mut pids) = (0, BTreeSet::new());
    for line in crate::common::lines(text.as_bytes()) {
        assert_ne!(line["op"], "gap", "{line}");
        if line["origin"] == "kernel"
            && line["route"]["dst"]
                .as_str()
                .is_some_and(|dst| dst.ends_with("/32"))
        {
            // The first socket of a process has its id as port id.
            assert_eq!(line["by"]["pid"], line["nl"]["portid"], "{line}");
            assert_eq!(line["by"]["comm"], "ip", "{line}");
            named += 1;
            pids.insert(line["by"]["pid"].as_u64());
        }
    }
    eprintln!(
        "{named} of {routes} routes name their process, {} processes",
        pids.len()
    );
    assert_eq!((named, pids.len()), (routes, routes.div_ceil(EACH)));
}

/// NLSTREAM_TEST_NEIGHBOURS=10000 is the number of entries that fail.
fn a_neighbour_that_fails_by_a_timer_blames_no_process() {
    let ns = Namespace::privileged();
    ns.run(
        "ip link add veth0 type veth peer name veth1; ip link set veth1 up; ip link set veth0 up
         ip address add 10.0.0.1/16 dev veth0; echo 1 >/proc/sys/net/ipv4/neigh/veth0/app_solicit
         echo 20 >/proc/sys/net/ipv4/neigh/veth0/retrans_time_ms",
    );
    let mut stream = ns.synced(&["--with", "by", "-k", "neigh"]);
    let neighbours = number("NLSTREAM_TEST_NEIGHBOURS", 400);
    // The kernel keeps a thousand of them.
    const ROUND: usize = 400;
    // The bystanders: on each processor a shell that is busy, half of the time in the kernel.
    ns.run(&format!(
        "for cpu in $(seq $(nproc)); do while :; do for i in 1 2 3 4 5 6 7 8 9; do :; done; : </dev/null; done & done
         trap 'kill $(jobs -p)' EXIT
         for ((n = 0; n < {neighbours}; n += {ROUND})); do
           for ((i = n; i < n + {ROUND}; i++)); do echo >/dev/udp/10.0.$((2 + i / 250)).$((i % 250 + 1))/9; done
           until ! ip neigh show | grep -q INCOMPLETE; do sleep 0.1; done
           ip neigh flush nud failed dev veth0
         done; sleep 0.5"
    ));
    stream.so_far();
    let (mut failed, mut by_kernel) = (0, 0);
    for line in events(&stream) {
        if line["op"] != "delete"
            && line["neigh"]["state"]
                .to_string()
                .to_lowercase()
                .contains("failed")
        {
            failed += 1;
            let by = &line["by"];
            by_kernel += usize::from(!by.is_null());
            assert!(by.is_null() || *by == json!({"kernel": true}), "{line}");
        }
    }
    eprintln!(
        "{failed} neighbours failed by a timer, {by_kernel} name the kernel and none a process"
    );
    assert!(failed >= neighbours * 9 / 10, "{failed}");
    assert!(by_kernel >= failed * 9 / 10, "{by_kernel}");
}

fn events_of_named_namespaces_name_their_processes() {
    let (own, other) = (Namespace::privileged(), Namespace::privileged());
    let netns = other.netns();
    let netns = netns.to_str().unwrap();
    let mut stream = own.synced(&["--with", "by", "--netns", netns, "-k", "link"]);
    other.run("ip link add veth0 type veth peer name veth1; ip link set veth0 up");
    let up = stream.wait_for("veth0 is up", |line| {
        line["link"]["ifname"] == "veth0" && line["link"]["flags"].to_string().contains("\"UP\"")
    });
    assert_eq!(up["by"]["comm"], "ip", "{up}");
    assert_eq!(up["netns"]["name"], netns);
}

fn without_the_filter_port_ids_name_processes_that_live_on() {
    // Its capabilities are those of a user namespace.
    let ns = Namespace::new();
    ns.run("ip link add veth0 type veth peer name veth1; ip link set veth1 up");
    let mut stream = ns.synced(&["--with", "by", "-k", "link,route"]);
    let mut requests = Requests::start(&ns);
    requests.make("1");
    let up = stream.wait_for("veth0 is up", |line| {
        line["link"]["ifname"] == "veth0" && line["link"]["flags"].to_string().contains("\"UP\"")
    });
    assert!(up.get("by").is_none(), "{up}");
    let portid = requests.make("192.0.2.7");
    let route = stream.wait_for("the route", |line| line["route"]["dst"] == "192.0.2.7/32");
    assert_eq!(route["nl"]["portid"], portid, "{route}");
    let pid = u64::from(requests.child.id());
    assert_ne!(portid, pid);
    let by = &route["by"];
    assert_eq!(by["pid"], pid, "{route}");
    assert!(
        by.get("tid").is_none() && by["comm"].as_str().unwrap().starts_with("python"),
        "{route}"
    );
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    assert_eq!(by["exe"], exe.to_str().unwrap());
}

fn a_gap_names_who_caused_the_lost_events() {
    let ns = Namespace::privileged();
    const ROUTES: u64 = 4000;
    ns.run("ip link add veth0 type veth peer name veth1; ip link set veth0 up; ip address add 192.0.2.1/24 dev veth0");
    let args = [
        "--with",
        "by",
        "--rcvbuf",
        "4K",
        "-k",
        "route",
        "--snapshot",
    ];
    let mut stream = ns.stream(&args);
    stream.wait("meta", "sync");
    stream.signal("STOP");
    // Not more than the smallest ring buffer holds.
    ns.run(
        "for ((i = 0; i < 300; i++)); do echo route add 10.$((i / 250)).$((i % 250)).0/24 via 192.0.2.2; done | ip -batch -",
    );
    stream.signal("CONT");
    let gap = stream.wait("meta", "gap");
    let by = gap["meta"]["by"].as_array().unwrap();
    assert_eq!((by.len(), &by[0]["comm"]), (1, &json!("ip")), "{gap}");
    assert_eq!(by[0]["lost"], gap["meta"]["lost"], "{gap}");
    stream.wait("meta", "resync");
    // More than it holds: what is said is still right.
    stream.signal("STOP");
    ns.run(&format!(
        "for ((i = 0; i < {ROUTES}; i++)); do echo route add 11.$((i / 250)).$((i % 250)).0/24 via 192.0.2.2; done | ip -batch -"
    ));
    stream.signal("CONT");
    stream.wait("meta", "resync");
    ns.run("ip route add 203.0.113.0/24 via 192.0.2.2");
    let last = stream.wait_for("the last route", |line| {
        line["route"]["dst"] == "203.0.113.0/24"
    });
    assert_eq!(last["by"]["pid"], last["nl"]["portid"], "{last}");
    let mut by_pid = BTreeMap::<u64, usize>::new();
    for line in events(&stream) {
        if let (Some(portid), Some(pid)) =
            (line["nl"]["portid"].as_u64(), line["by"]["pid"].as_u64())
        {
            assert_eq!(portid, pid, "{line}");
            *by_pid.entry(pid).or_default() += 1;
        }
    }
    assert!(by_pid.len() >= 3, "{by_pid:?}");
}

fn without_the_capabilities_a_warning_says_what_is_missing() {
    // Its capabilities are those of a user namespace.
    let ns = Namespace::new();
    let script = format!(
        "{NLSTREAM} --with by -k link --count 1 & until ip link add veth0 type veth peer name veth1; do :; done
         while kill -0 $! 2>/dev/null; do ip link set veth0 up; ip link set veth0 down; done; wait $!"
    );
    let output = ns
        .command("bash")
        .args(["-euc", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    assert_eq!(log.matches("--with by").count(), 1, "{log}");
    assert!(
        log.contains("CAP_BPF and CAP_PERFMON are those of a user namespace"),
        "{log}"
    );
    let lines = crate::common::lines(&output.stdout);
    assert!(lines.iter().all(|line| line.get("by").is_none()));
    assert_eq!(lines[1]["kind"], "link");
}
