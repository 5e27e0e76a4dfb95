//! The end of a run, and heartbeats.

use std::time::Duration;

use serde_json::Value;

use crate::common::NLSTREAM;
use crate::namespace::Namespace;

crate::trial::trials! {
    a_signal_that_comes_twice_leaves_the_last_lines(Namespace),
    signals_end_the_run_with_a_stop_record(Namespace),
    count_and_for_end_the_run(Namespace),
    closed_stdout_ends_the_run_without_error(Namespace),
    refused_groups_are_named_without_cap_net_admin(Namespace, Program("setpriv")),
    a_smaller_receive_buffer_than_requested_is_a_warning(Namespace, Program("setpriv")),
    heartbeats_come_by_interval_and_on_sigusr1(Namespace),
}

/// Returns the `meta` object of the stop record.
fn stop(lines: &[Value]) -> &Value {
    let stop = lines.last().unwrap();
    assert_eq!(stop["op"], "stop", "{stop}");
    &stop["meta"]
}

/// Fails unless `seq` numbers the lines without a gap.
fn assert_in_order(lines: &[Value]) {
    for (i, line) in lines.iter().enumerate() {
        assert_eq!(line["seq"], i, "{line}");
        assert_eq!(line["run"], lines[0]["run"]);
    }
}

fn signals_end_the_run_with_a_stop_record() {
    let ns = Namespace::new();
    for signal in ["INT", "TERM"] {
        let stream = ns.stream(&[]);
        ns.run("ip address add 192.0.2.9/32 dev lo; ip address del 192.0.2.9/32 dev lo");
        stream.signal(signal);
        let (lines, _) = stream.end();
        assert_in_order(&lines);
        assert_eq!(stop(&lines)["reason"], "signal");
        // Events from before the signal are in the lines.
        assert!(
            lines
                .iter()
                .any(|l| l["kind"] == "address" && l["op"] == "delete")
        );
        assert_eq!(stop(&lines)["events"], lines.len() - 2);
    }
}

/// timeout(1) sends its signal to the program, and to the process group at once.
fn a_signal_that_comes_twice_leaves_the_last_lines() {
    let ns = Namespace::new();
    for gap in [0, 50, 100, 150, 200, 300, 400, 500, 700, 1000] {
        let stream = ns.stream(&[]);
        stream.interrupt_twice(Duration::from_micros(gap));
        let (lines, _) = stream.end();
        assert_eq!(stop(&lines)["reason"], "signal", "{gap} µs");
    }
}

fn count_and_for_end_the_run() {
    let ns = Namespace::new();
    let stream = ns.stream(&["--count", "2", "-k", "address"]);
    ns.run("for i in 1 2 3 4 5; do ip address add 192.0.2.$i/32 dev lo; done");
    let (lines, _) = stream.end();
    assert_eq!(lines.len(), 4);
    assert_eq!(stop(&lines)["reason"], "count");
    let (lines, _) = ns.stream(&["--for", "100ms"]).end();
    assert_eq!(stop(&lines)["reason"], "time");
}

fn closed_stdout_ends_the_run_without_error() {
    let ns = Namespace::new();
    let script = format!(
        "set -o pipefail; timeout 60 {NLSTREAM} --snapshot 2>&1 | head -1; echo status ${{PIPESTATUS[0]}}"
    );
    let text = ns.run(&script);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(lines[1], "status 0", "{text}");
    // Without an event after the reader has closed: the end needs no write.
    let script = format!("timeout 60 {NLSTREAM} | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}");
    assert_eq!(ns.run(&script), "0\n");
}

fn a_smaller_receive_buffer_than_requested_is_a_warning() {
    let ns = Namespace::new();
    let run = |options: &str| {
        let drop = "setpriv --bounding-set=-net_admin --inh-caps=-net_admin";
        ns.run(&format!(
            "{drop} {NLSTREAM} -k link --for 50ms {options} 2>&1 >/dev/null"
        ))
    };
    let text = run("--rcvbuf 512M");
    assert!(
        text.contains("in place of 536870912") && text.contains("net.core.rmem_max=536870912"),
        "{text}"
    );
    // The default is a wish, and a small size is granted.
    assert!(!run("").contains("receive buffer"));
    assert!(!run("--rcvbuf 64K").contains("receive buffer"));
}

fn refused_groups_are_named_without_cap_net_admin() {
    let ns = Namespace::new();
    let run = |options: &str| {
        let text = ns.run(&format!(
            "out=$(mktemp); setpriv --bounding-set=-net_admin --inh-caps=-net_admin {NLSTREAM} {options} --for 50ms 2>&1 >$out; echo; cat $out; rm $out"
        ));
        let (stderr, stdout) = text.split_once("\n{").unwrap();
        let stdout = format!("{{{stdout}");
        (
            stderr.trim_end().to_owned(),
            crate::common::lines(stdout.as_bytes()),
        )
    };
    let (stderr, lines) = run("");
    let refused = &lines[0]["meta"]["refused_groups"];
    assert_eq!(refused[0]["group"], "IPV4_MROUTE_R", "{refused}");
    // The others are joined in every run, and are not repeated in every file.
    assert_eq!(lines[0]["meta"]["groups"], serde_json::json!([]));
    // Nothing is missing that was asked for.
    assert_eq!(stderr, "");
    let (stderr, _) = run("-k link,cachereport");
    assert!(
        stderr.contains("IPV4_MROUTE_R") && stderr.contains("CAP_NET_ADMIN"),
        "{stderr}"
    );
    let (stderr, _) = run("--log-level debug");
    let joined = stderr
        .lines()
        .find_map(|line| line.split_once("joined the multicast groups "));
    let joined: Vec<_> = joined.unwrap().1.split(", ").collect();
    for group in ["LINK", "NEXTHOP", "STATS"] {
        assert!(joined.contains(&group), "{group}: {stderr}");
    }
    assert!(!joined.contains(&"IPV4_MROUTE_R"), "{stderr}");
}

fn heartbeats_come_by_interval_and_on_sigusr1() {
    let ns = Namespace::new();
    let mut stream = ns.stream(&["--heartbeat", "300ms", "--no-track", "route,neigh"]);
    let settings = &stream.seen[0]["meta"]["settings"];
    assert_eq!(settings["no_track"], serde_json::json!(["route", "neigh"]));
    ns.run("ip address add 192.0.2.1/24 dev lo; ip route add 198.51.100.0/24 dev lo");
    stream.wait("route", "add");
    stream.wait("meta", "heartbeat");
    let heartbeat_due = stream.wait("meta", "heartbeat");
    let of = |kind: &str| {
        let kinds = heartbeat_due["meta"]["kinds"].as_array().unwrap();
        kinds.iter().find(|it| it["kind"] == kind).unwrap().clone()
    };
    assert_eq!(of("address")["lines"], 1);
    assert!(of("address")["objects"].as_u64() >= Some(1));
    assert!(of("route")["lines"].as_u64() >= Some(1));
    assert_eq!(of("route")["objects"], 0);
    assert!(heartbeat_due["meta"]["memory"].as_u64() > Some(1 << 20));
    stream.interrupt();

    let mut stream = ns.stream(&[]);
    stream.signal("USR1");
    stream.wait("meta", "heartbeat");
    let (lines, _) = stream.interrupt();
    let beats = lines.iter().filter(|line| line["op"] == "heartbeat");
    assert_eq!(beats.count(), 1);
}
