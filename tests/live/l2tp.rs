//! Tunnels of L2TP and their sessions, in a guest. Judged by ip-l2tp(8).

use std::collections::BTreeMap;
use std::process::{Child, Command};

use serde_json::{Value, json};

use crate::common::root;
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    tunnels_and_sessions_are_those_that_ip_shows(GuestModule("l2tp_eth"), Program("ip")),
    events_of_another_network_namespace_change_no_object(GuestModule("l2tp_eth"), Program("ip")),
    tunnels_that_end_silently_are_deleted(GuestModule("l2tp_eth"), Program("ip"), Program("python3")),
}

/// A tunnel over UDP with a session, on the loopback device.
const TUNNEL: &str = "ip l2tp add tunnel tunnel_id 1 peer_tunnel_id 2 encap udp \
     local 127.0.0.1 remote 127.0.0.1 udp_sport 6001 udp_dport 6002 && \
     ip l2tp add session name first tunnel_id 1 session_id 10 peer_session_id 20";

fn namespace() -> Namespace {
    let ns = Namespace::privileged();
    ns.run("ip link set lo up; modprobe -a l2tp_netlink l2tp_eth l2tp_ip l2tp_ip6");
    ns
}

/// The objects of a kind after the lines so far, by their key.
fn folded(stream: &Stream, kind: &str, key: &[&str]) -> BTreeMap<Vec<u64>, Value> {
    let mut objects = BTreeMap::new();
    for line in stream.seen.iter().filter(|line| line["kind"] == kind) {
        let it = &line[kind];
        let key = key.iter().map(|name| it[*name].as_u64().unwrap()).collect();
        match line["op"].as_str().unwrap() {
            "delete" => drop(objects.remove(&key)),
            _ => drop(objects.insert(key, it.clone())),
        }
    }
    objects
}

/// Compares the objects with those that `ip -j l2tp show` prints. Returns the number of values, or what differs.
fn compare(ns: &Namespace, stream: &Stream) -> Result<usize, String> {
    let mut compared = 0;
    for (what, kind, key) in [
        ("tunnel", "l2tp_tunnel", &["tunnel_id"][..]),
        ("session", "l2tp_session", &["tunnel_id", "session_id"]),
    ] {
        let ours = folded(stream, kind, key);
        let shown = ns.json(&format!("ip -j l2tp show {what}"));
        if shown.len() != ours.len() {
            return Err(format!("{shown:?} {ours:?}"));
        }
        for it in &shown {
            let key: Vec<_> = key.iter().map(|name| it[*name].as_u64().unwrap()).collect();
            let Some(object) = ours.get(&key) else {
                return Err(format!("{it} is missing: {ours:?}"));
            };
            for (name, value) in it.as_object().unwrap() {
                let ours = match &name[..] {
                    // The kernel says of which checksums there are none.
                    "checksum_tx" => json!(object["udp_zero_csum6_tx"] != true),
                    "checksum_rx" => json!(object["udp_zero_csum6_rx"] != true),
                    // Iproute2 does not clear them: it shows those of the session before.
                    "cookie" | "peer_cookie" if object[name].is_null() => continue,
                    // Shown without a value if they are on.
                    "send_seq" | "recv_seq" if object[name] == true => Value::Null,
                    // Not in the message of a tunnel over IP.
                    "checksum" => json!(object["checksum"] == true),
                    _ => object[name].clone(),
                };
                if ours != *value {
                    return Err(format!("{name}: {value}, not {ours}: {object}"));
                }
                compared += 1;
            }
        }
    }
    Ok(compared)
}

/// Waits until the objects are those of `ip`. Returns the number of values that were compared.
fn agreed(ns: &Namespace, stream: &mut Stream) -> usize {
    let mut result = Ok(0);
    crate::common::wait_until("the objects of ip", || {
        stream.so_far();
        result = compare(ns, stream);
        result.is_ok()
    });
    result.unwrap()
}

fn tunnels_and_sessions_are_those_that_ip_shows() {
    let ns = namespace();
    ns.run(TUNNEL);
    let mut stream = ns.synced(&["--family", "l2tp"]);
    assert!(agreed(&ns, &mut stream) >= 8);
    ns.run(
        "ip l2tp add tunnel tunnel_id 3 peer_tunnel_id 4 encap ip local 127.0.0.1 remote 127.0.0.2
         ip l2tp add tunnel tunnel_id 5 peer_tunnel_id 6 encap udp local ::1 remote ::1 udp_sport 6005 udp_dport 6006 udp6_csum_tx off
         ip l2tp add session name second tunnel_id 3 session_id 30 peer_session_id 40 cookie 0123456789abcdef peer_cookie 89abcdef
         ip l2tp add session name third tunnel_id 5 session_id 50 peer_session_id 60 seq both",
    );
    let line = stream.wait_for("a session", |line| line["l2tp_session"]["session_id"] == 50);
    assert_eq!(
        (&line["op"], &line["l2tp_session"]["pw_type"]),
        (&json!("add"), &json!("eth"))
    );
    assert!(agreed(&ns, &mut stream) >= 35);
    let script = root().join("fixtures/genl.py");
    ns.run(&format!(
        "python3 {} l2tp modify 5 50 send_seq 0 recv_seq 0 reorder_timeout 1500",
        script.display()
    ));
    let line = stream.wait("l2tp_session", "change");
    assert_eq!(
        (&line["changed"], &line["old"]),
        (
            &json!(["recv_seq", "send_seq", "reorder_timeout"]),
            &json!({"recv_seq": true, "send_seq": true})
        )
    );
    assert!(agreed(&ns, &mut stream) >= 35);
    ns.run("ip l2tp del session tunnel_id 3 session_id 30; ip l2tp del tunnel tunnel_id 5");
    stream.wait("l2tp_tunnel", "delete");
    // The session of the deleted tunnel has no event.
    assert!(agreed(&ns, &mut stream) >= 15);
    // Packets are counted, which is no change.
    ns.run("ip link set first up; ip address add 192.0.2.1/30 dev first; ping -c 1 -W 1 192.0.2.2 || true");
    let counters = ns.json("ip -s -j link show first");
    assert_ne!(counters[0]["stats64"]["tx"]["packets"], 0);
    ns.run("ip l2tp add session name last tunnel_id 1 session_id 11 peer_session_id 21");
    stream.wait_for("the last session", |line| {
        line["op"] == "add" && line["l2tp_session"]["session_id"] == 11
    });
    let (lines, _) = stream.interrupt();
    for line in &lines {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
        assert_ne!(line["changed"], json!(["stats"]), "{line}");
    }
}

fn events_of_another_network_namespace_change_no_object() {
    let (ns, other) = (namespace(), namespace());
    ns.run(TUNNEL);
    let mut stream = ns.synced(&["--family", "l2tp"]);
    other.run(TUNNEL);
    let line = stream.wait_for("the event", |line| {
        line["l2tp_event"]["event"] == "session_create"
    });
    assert_eq!(
        (&line["kind"], &line["op"]),
        (&json!("l2tp_event"), &json!("notify"))
    );
    other.run("ip l2tp del tunnel tunnel_id 1");
    stream.wait_for("the event", |line| {
        line["l2tp_event"]["event"] == "tunnel_delete"
    });
    ns.run("ip l2tp add session name second tunnel_id 1 session_id 11 peer_session_id 21");
    stream.wait("l2tp_session", "add");
    assert!(agreed(&ns, &mut stream) >= 13);
    let (lines, _) = stream.interrupt();
    let about = |kind: &str, op: &str| {
        let lines = lines.iter().filter(|it| it["kind"] == kind);
        lines.filter(|it| it["op"] == op).count()
    };
    assert_eq!(about("l2tp_tunnel", "present"), 1);
    assert_eq!(
        about("l2tp_tunnel", "add") + about("l2tp_tunnel", "delete"),
        0
    );
    assert_eq!(
        (
            about("l2tp_session", "add"),
            about("l2tp_session", "delete")
        ),
        (1, 0)
    );
}

/// A process that is ended.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Background {
    fn new(command: &mut Command) -> Self {
        Background(command.spawn().unwrap())
    }
}

/// The tunnel of a program's socket ends with it, without an event.
fn tunnels_that_end_silently_are_deleted() {
    let ns = namespace();
    let mut stream = ns.synced(&["--family", "l2tp"]);
    let script = root().join("fixtures/genl.py");
    let program = Background::new(
        ns.command("python3")
            .arg(script)
            .args(["l2tp", "managed", "7", "8"]),
    );
    let line = stream.wait("l2tp_tunnel", "add");
    assert_eq!(line["l2tp_tunnel"]["tunnel_id"], 7);
    drop(program);
    let line = stream.wait("l2tp_tunnel", "delete");
    assert_eq!(
        (&line["l2tp_tunnel"]["tunnel_id"], &line["origin"]),
        (&json!(7), &json!("inferred"))
    );
    stream.interrupt();
}
