//! `--with by`: who caused each event.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::{NLSTREAM, nlstream};
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    each_event_names_the_process_that_caused_it(Bpf, LinkType("veth")),
    a_neighbour_that_fails_by_a_timer_blames_no_process(Bpf, LinkType("veth")),
    a_gap_names_who_caused_the_lost_events(Bpf, LinkType("veth")),
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

fn a_neighbour_that_fails_by_a_timer_blames_no_process() {
    let ns = Namespace::privileged();
    ns.run(
        "ip link add veth0 type veth peer name veth1; ip link set veth1 up; ip link set veth0 up
         ip address add 10.0.0.1/16 dev veth0; echo 1 >/proc/sys/net/ipv4/neigh/veth0/app_solicit
         echo 20 >/proc/sys/net/ipv4/neigh/veth0/retrans_time_ms",
    );
    let mut stream = ns.synced(&["--with", "by", "-k", "neigh"]);
    const NEIGHBOURS: usize = 400;
    // The bystanders: a shell that is busy on each processor.
    ns.run(&format!(
        "for cpu in $(seq $(nproc)); do while :; do :; done & done; trap 'kill $(jobs -p)' EXIT
         for ((i = 1; i <= {NEIGHBOURS}; i++)); do echo >/dev/udp/10.0.$((2 + i / 250)).$((i % 250 + 1))/9; done
         until ! ip neigh show | grep -q INCOMPLETE; do sleep 0.1; done; sleep 0.5"
    ));
    stream.so_far();
    let mut failed = 0;
    for line in events(&stream) {
        let state = line["neigh"]["state"].to_string();
        if state.contains("FAILED") {
            failed += 1;
            let by = &line["by"];
            assert!(by.is_null() || *by == json!({"kernel": true}), "{line}");
        }
    }
    assert!(failed >= NEIGHBOURS / 2, "{failed}");
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
        log.contains("CAP_BPF") && log.contains("CAP_PERFMON"),
        "{log}"
    );
    let lines = crate::common::lines(&output.stdout);
    assert!(lines.iter().all(|line| line.get("by").is_none()));
    assert_eq!(lines[1]["kind"], "link");
}
