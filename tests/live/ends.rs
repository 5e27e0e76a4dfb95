//! How a run ends.

use serde_json::Value;

use crate::common::NLSTREAM;
use crate::common::namespace::Namespace;

/// The last line.
fn stop(lines: &[Value]) -> &Value {
    let stop = lines.last().unwrap();
    assert_eq!(stop["op"], "stop", "{stop}");
    &stop["meta"]
}

/// `seq` counts every line.
fn assert_in_order(lines: &[Value]) {
    for (i, line) in lines.iter().enumerate() {
        assert_eq!(line["seq"], i, "{line}");
        assert_eq!(line["run"], lines[0]["run"]);
    }
}

#[test]
fn signals_end_it_with_a_stop_record() {
    let Some(ns) = Namespace::new() else { return };
    for signal in ["INT", "TERM"] {
        let stream = ns.stream(&[]);
        ns.run("ip address add 192.0.2.9/32 dev lo; ip address del 192.0.2.9/32 dev lo");
        stream.signal(signal);
        let (lines, _) = stream.end();
        assert_in_order(&lines);
        assert_eq!(stop(&lines)["reason"], "signal");
        // What happened before the signal is told.
        assert!(
            lines
                .iter()
                .any(|l| l["kind"] == "address" && l["op"] == "delete")
        );
        assert_eq!(stop(&lines)["events"], lines.len() - 2);
    }
}

#[test]
fn count_and_for_end_it() {
    let Some(ns) = Namespace::new() else { return };
    let stream = ns.stream(&["--count", "2", "-k", "address"]);
    ns.run("for i in 1 2 3 4 5; do ip address add 192.0.2.$i/32 dev lo; done");
    let (lines, _) = stream.end();
    assert_eq!(lines.len(), 4);
    assert_eq!(stop(&lines)["reason"], "count");
    let (lines, _) = ns.stream(&["--for", "100ms"]).end();
    assert_eq!(stop(&lines)["reason"], "time");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let Some(ns) = Namespace::new() else { return };
    let script = format!(
        "set -o pipefail; timeout 20 {NLSTREAM} --snapshot 2>&1 | head -1; echo status ${{PIPESTATUS[0]}}"
    );
    let text = ns.run(&script);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(lines[1], "status 0", "{text}");
    // Without an event after the reader went: nothing has to be written to find out.
    let script = format!("timeout 20 {NLSTREAM} | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}");
    assert_eq!(ns.run(&script), "0\n");
}

#[test]
fn without_privilege_the_refused_groups_are_named() {
    let Some(ns) = Namespace::new() else { return };
    if !crate::common::has("setpriv") {
        return crate::common::cannot_run("there is no setpriv(1)");
    }
    let script = format!(
        "setpriv --bounding-set=-net_admin --inh-caps=-net_admin {NLSTREAM} --for 50ms 2>&1 >/dev/null;
         echo; setpriv --bounding-set=-net_admin --inh-caps=-net_admin {NLSTREAM} --for 50ms 2>/dev/null"
    );
    let text = ns.run(&script);
    let (stderr, stdout) = text.split_once("\n\n").unwrap();
    assert!(
        stderr.contains("IPV4_MROUTE_R") && stderr.contains("CAP_NET_ADMIN"),
        "{stderr}"
    );
    let lines = crate::common::lines(stdout.as_bytes());
    let refused = &lines[0]["meta"]["refused_groups"];
    assert_eq!(refused[0]["group"], "IPV4_MROUTE_R", "{refused}");
    assert!(lines[0]["meta"]["groups"].as_array().unwrap().len() > 25);
}

#[test]
fn signs_of_life_come_by_the_clock_and_when_asked_for() {
    let Some(ns) = Namespace::new() else { return };
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
