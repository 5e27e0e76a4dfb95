//! `ip mptcp monitor` beside lines of the kind `mptcp_event`.

use std::cell::Cell;

use serde_json::{Value, json};

use super::{Monitor, assert_shown, compare};
use crate::common::root;
use crate::namespace::Namespace;

crate::trial::trials! {
    events_of_connections_are_those_of_the_monitor(Namespace, Mptcp, LinkType("veth"), Program("python3"), Program("ss"), Program("stdbuf")),
}

/// The ports of the connections that make the first and the last event.
const FIRST: u16 = 9998;
const LAST: u16 = 9999;

/// The event with the values that `ip` prints of it, by the names of the fields.
#[derive(Debug)]
struct Event {
    name: String,
    values: Vec<(&'static str, String)>,
}

fn event(line: &str) -> Event {
    let (name, values) = line.strip_prefix('[').unwrap().split_once(']').unwrap();
    let name = match name.trim() {
        "SF_PRIO" => "sub_priority".to_owned(),
        // An older program has no names for them. (linux/mptcp.h)
        "UNKNOWN 15" => "listener_created".to_owned(),
        "UNKNOWN 16" => "listener_closed".to_owned(),
        name => name.to_lowercase().replace("sf_", "sub_"),
    };
    let values = values.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        let field = match name {
            "token" => "token",
            "remid" => "remote_id",
            "locid" => "local_id",
            "saddr4" | "saddr6" => "src",
            "daddr4" | "daddr6" => "dst",
            "sport" => "sport",
            "dport" => "dport",
            "backup" => "backup",
            "ifindex" => "ifindex",
            "error" => "error",
            "flags" => "flags",
            "timeout" => "timeout",
            "reset_reason" => "reset_reason",
            "reset_flags" => "reset_flags",
            other => panic!("{other}: {line}"),
        };
        (field, value.to_owned())
    });
    Event {
        name,
        values: values.collect(),
    }
}

fn equal(event: &Event, line: &Value) -> usize {
    let it = &line["mptcp_event"];
    assert_eq!(event.name, it["event"], "{event:?}: {line}");
    let message = event.name.to_uppercase();
    assert_eq!(line["nl"]["type"], format!("MPTCP_EVENT_{message}"));
    for (field, shown) in &event.values {
        // Names in place of numbers.
        let ours = match *field {
            "backup" => json!(u8::from(it["backup"] == true)),
            "flags" => {
                let flags = it["flags"].as_array().into_iter().flatten();
                let bits = flags.map(|it| match it.as_str() {
                    Some("deny_join_id0") => 1,
                    Some("server_side") => 2,
                    _ => panic!("{it}"),
                });
                json!(format!("{:x}", bits.sum::<u32>()))
            }
            "reset_reason" => {
                const REASONS: [&str; 7] = [
                    "unspecified",
                    "mptcp",
                    "resource",
                    "prohibited",
                    "wq2big",
                    "badperf",
                    "middlebox",
                ];
                json!(REASONS.iter().position(|name| it["reset_reason"] == *name))
            }
            field => it[field].clone(),
        };
        assert_shown(shown, &ours, &(field, event), line);
    }
    2 + event.values.len()
}

/// A script that makes a connection over the loopback device, and closes it.
fn connection(port: u16) -> String {
    format!(
        "python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((\"127.0.0.1\", {port})); s.listen()
c = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
c.connect((\"127.0.0.1\", {port})); a, _ = s.accept()
c.send(b\"x\"); a.recv(1); a.send(b\"x\"); c.recv(1)
s.close(); c.close(); a.close()'"
    )
}

fn events_of_connections_are_those_of_the_monitor() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&["--family", "mptcp_pm"]);
    let connections = Cell::new(0);
    let monitor = Monitor::start(&ns, "ip mptcp monitor", &format!("dport={FIRST}"), || {
        ns.run(&connection(FIRST));
        connections.set(connections.get() + 1);
    });
    // Each end is told.
    for _ in 0..2 * connections.get() {
        stream.wait_for("the end of a first connection", |line| {
            line["mptcp_event"]["event"] == "closed"
        });
    }
    let first_of_ours = stream.seen.len();
    let tokens = |line: &Value| line["mptcp_event"]["token"].as_str().map(str::to_owned);
    let tokens: Vec<_> = stream.seen.iter().filter_map(tokens).collect();
    let folder = root().join("fixtures");
    ns.run(&format!(
        "cd {}; . mptcp/make.sh; export SETTLE=1; setup; events",
        folder.display()
    ));
    ns.run(&connection(LAST));
    let text = monitor.until(&format!("dport={LAST}"));
    let is_last = |line: &Value| line["mptcp_event"]["dport"] == LAST;
    stream.wait_for("the last connection", is_last);
    // The listener of the last connection is told before.
    let text: Vec<_> = text.lines().collect();
    let is_first = |line: &&str| tokens.iter().any(|token| line.contains(&token[..]));
    let begin = text.iter().rposition(is_first).unwrap() + 1;
    let end = text
        .iter()
        .position(|line| line.contains(&format!("dport={LAST}")));
    let events: Vec<_> = text[begin..end.unwrap()]
        .iter()
        .map(|line| event(line))
        .collect();
    let end = stream.seen.iter().position(is_last).unwrap();
    let lines = &stream.seen[first_of_ours..end];
    compare(&monitor, &events, lines, &[], 10, equal);
    stream.interrupt();
}
