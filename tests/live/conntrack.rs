//! Flows: conntrack(8) judges the lines, and the kernel's counter their number.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::{NLSTREAM, lines, root, wait_until};
use crate::namespace::{Namespace, Stream};
use crate::truth::fold::{fold, of_kind};
use crate::xfrm::status;

crate::trial::trials! {
    flows_are_those_of_conntrack_field_by_field(Namespace, Program("conntrack"), Program("nft"), Program("ping"), Program("python3")),
    expected_flows_are_those_of_conntrack(Namespace, Program("conntrack"), Program("nft"), Program("ping"), Program("python3")),
    a_storm_of_flows_is_lines_and_counted_losses(Namespace, Program("conntrack"), Program("nft"), Program("python3")),
    a_share_of_the_flows_is_received_whole(Namespace, Program("conntrack"), Program("nft"), Program("python3")),
    flows_are_sampled_by_protocol_zone_and_mark(Namespace, Program("conntrack")),
    tracked_flows_fold_to_those_of_conntrack_after_losses(Namespace, Program("conntrack"), Program("nft"), Program("python3")),
    events_of_tracked_flows_leave_nothing_to_correct(Namespace, Program("conntrack"), Program("nft"), Program("ping"), Program("python3")),
    only_the_named_events_are_joined(Namespace, Program("conntrack")),
    flows_are_joined_only_by_name(Namespace),
    without_cap_net_admin_flows_are_unavailable_and_the_run_goes_on(Namespace, Program("setpriv")),
    as_another_user_the_capability_gives_flows(Users, Program("conntrack"), Program("setpriv")),
    a_setting_that_prevents_events_is_named(Namespace),
}

fn script(name: &str) -> String {
    let path = root().join("tests/live/conntrack").join(name);
    path.display().to_string()
}

/// Waits until a program has a netlink socket of nfnetlink that joined groups.
fn wait_for_listeners(ns: &Namespace, count: usize) {
    wait_until("listeners to flows", || {
        let text = ns.run("cat /proc/net/netlink");
        let rows = text
            .lines()
            .map(|row| row.split_ascii_whitespace().collect::<Vec<_>>());
        let joined = rows.filter(|row| row.get(1) == Some(&"12") && row[3] != "00000000");
        joined.count() >= count
    });
}

/// What two listeners saw of the scenario of the fixture.
struct Observed {
    lines: Vec<Value>,
    /// The output of conntrack(8).
    text: String,
    /// Whether the flows have counters: the namespace has the setting, and it was on before the first flow. A flow has room for
    /// them if it was on when the flow began (`nf_ct_acct_ext_add` in net/netfilter/nf_conntrack_extend.h).
    are_counted: bool,
}

/// Runs the scenario of the fixture while nlstream and conntrack(8), with these options, listen, until `is_whole` is true of the
/// output of conntrack.
fn observed(conntrack: &str, is_whole: fn(&str) -> bool) -> Observed {
    let ns = Namespace::new();
    let scenario = root().join("fixtures/conntrack/make.sh");
    let part = |name: &str| ns.run(&format!("bash -c '. {}; {name}'", scenario.display()));
    part("setup");
    let setting = "/proc/sys/net/netfilter/nf_conntrack_acct";
    let are_counted = ns.run(&format!("cat {setting} 2>/dev/null || true")) == "1\n";
    let mut stream = ns.stream(&["--family", "conntrack,expect"]);
    let mut listener = ns.command("conntrack");
    listener
        .args(conntrack.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut listener = listener.spawn().unwrap();
    wait_for_listeners(&ns, 3);
    part("events");
    let is_last = |line: &Value| line["conntrack"]["src"] == "192.0.2.99";
    stream.wait_for("the last flow", is_last);
    let mut text = String::new();
    let mut rows = BufReader::new(listener.stdout.take().unwrap());
    while !is_whole(&text) {
        assert_ne!(rows.read_line(&mut text).unwrap(), 0, "{text}");
    }
    listener.kill().unwrap();
    listener.wait().unwrap();
    let (lines, stderr) = stream.interrupt();
    assert!(
        lines.iter().all(|line| line.get("unparsed").is_none()),
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| line["op"] != "gap"), "{stderr}");
    Observed {
        lines,
        text,
        are_counted,
    }
}

/// `0x2a` as 42.
fn number(hex: &Value) -> Value {
    let digits = hex.as_str().and_then(|text| text.strip_prefix("0x"));
    digits.map_or(Value::Null, |it| {
        u64::from_str_radix(it, 16).unwrap().into()
    })
}

/// The lines have no mark of 0, conntrack has it in some events.
fn mark_of(mark: &Value) -> Value {
    match mark.as_u64() {
        Some(0) => Value::Null,
        _ => mark.clone(),
    }
}

/// A line as flows.py writes the flow.
fn as_conntrack(line: &Value) -> Value {
    let flow = &line["conntrack"];
    let direction = |of: &Value, name: &str, zone: &str| {
        json!({
            "src": of["src"], "dst": of["dst"], "sport": of["sport"], "dport": of["dport"],
            "srckey": of["srckey"], "dstkey": of["dstkey"], "zone": of[zone],
            "packets": flow[format!("{name}_packets")], "bytes": flow[format!("{name}_bytes")],
        })
    };
    let has = |name: &str| {
        flow["status"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it == name)
    };
    let time = |name: &str| {
        let time: jiff::Timestamp = flow[name].as_str()?.parse().ok()?;
        Some(time.as_nanosecond())
    };
    let types = [("add", "new"), ("change", "update"), ("delete", "destroy")];
    let kind = types.iter().find(|(op, _)| line["op"] == *op);
    let kind = kind.map(|(_, kind)| kind);
    let family = match flow["family"].as_str() {
        Some("inet") => "ipv4",
        _ => "ipv6",
    };
    let proto = match flow["proto"].as_str() {
        Some("ipv6-icmp") => "icmpv6",
        Some(proto) => proto,
        None => "",
    };
    let delta = time("stop").zip(time("start"));
    json!({
        "type": kind, "family": family, "proto": proto,
        "original": direction(flow, "orig", "orig_zone"),
        "reply": direction(&flow["reply"], "reply", "zone"),
        "state": flow["state"], "timeout": flow["timeout"], "mark": mark_of(&number(&flow["mark"])),
        "zone": flow["zone"], "id": flow["id"],
        "assured": has("assured"), "unreplied": !has("seen_reply"),
        "deltatime": delta.map(|(stop, start)| (stop - start) / 1_000_000_000),
    })
}

/// The flows in the XML of conntrack(8), each as [`as_conntrack`] writes it.
fn flows_of(xml: &str) -> Vec<Value> {
    let mut python = Command::new("python3");
    python
        .arg(script("flows.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut python = python.spawn().unwrap();
    let mut input = python.stdin.take().unwrap();
    // The pipes hold less than some listings.
    let xml = xml.to_owned();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut input, xml.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    lines(&output.stdout)
}

fn flows_are_those_of_conntrack_field_by_field() {
    let seen = observed("-E -o xml,id,timestamp", |xml| xml.contains("192.0.2.99"));
    let mut expected = flows_of(&seen.text);
    let flows: Vec<_> = seen
        .lines
        .iter()
        .filter(|line| line["kind"] == "conntrack")
        .collect();
    let mut found: Vec<_> = flows.iter().map(|line| as_conntrack(line)).collect();
    // conntrack has the names of TCP for the states of SCTP.
    for flow in found.iter_mut().chain(&mut expected) {
        if flow["proto"] == "sctp" {
            flow["state"] = Value::Null;
        }
        flow["mark"] = mark_of(&flow["mark"]);
    }
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "{}", flows[at]);
    }
    assert_eq!(found.len(), expected.len());
    assert!(found.len() > 40, "{}", found.len());
    // What the scenario is to show.
    let of = |field: &str| {
        flows
            .iter()
            .filter(|line| !line["conntrack"][field].is_null())
            .count()
    };
    for field in [
        "mark",
        "zone",
        "orig_zone",
        "srckey",
        "icmp_id",
        "helper",
        "labels",
        "reply",
    ] {
        assert!(of(field) > 0, "{field}");
    }
    let sctp = flows
        .iter()
        .find(|line| line["conntrack"]["proto"] == "sctp")
        .unwrap();
    assert_eq!(sctp["conntrack"]["state"], "ESTABLISHED");
    for line in &flows {
        // A program's request has its port id.
        let is_of_program = line["conntrack"]["src"]
            .as_str()
            .unwrap()
            .starts_with("192.0.2.");
        assert!(!is_of_program || line["nl"]["portid"].is_u64(), "{line}");
    }
    let ended = flows.iter().filter(|line| line["op"] == "delete");
    for line in ended.filter(|_| seen.are_counted) {
        let flow = &line["conntrack"];
        assert!(
            flow["orig_packets"].is_u64() && flow["start"].is_string(),
            "{line}"
        );
    }
}

fn expected_flows_are_those_of_conntrack() {
    const EXPECTATIONS: usize = 2;
    let seen = observed("-E expect", |text| {
        text.matches("DESTROY").count() == EXPECTATIONS
    });
    let text = seen.text;
    let addresses = |of: &Value, prefix: &str| {
        format!(
            "{prefix}src={} {prefix}dst={}",
            of["src"].as_str().unwrap(),
            of["dst"].as_str().unwrap()
        )
    };
    let ports = |of: &Value| format!("sport={} dport={}", of["sport"], of["dport"]);
    let of_line = |line: &Value| {
        let it = &line["expect"];
        let event = match line["op"].as_str() {
            Some("add") => "[NEW]",
            Some("change") => "[UPDATE]",
            _ => "[DESTROY]",
        };
        assert_eq!(it["proto"], "tcp");
        format!(
            "{event} {} proto=6 {} {} {} {} {} {} class={} helper={}",
            it["timeout"],
            addresses(it, ""),
            ports(it),
            addresses(&it["mask"], "mask-"),
            ports(&it["mask"]),
            addresses(&it["master"], "master-"),
            ports(&it["master"]),
            it["class"],
            it["helper"].as_str().unwrap(),
        )
    };
    let found = seen
        .lines
        .iter()
        .filter(|line| line["kind"] == "expect")
        .map(of_line);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected: Vec<_> = text.lines().map(words).collect();
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(expected.len(), 2 * EXPECTATIONS, "{text}");
}

/// Sends a datagram to each of that many ports and addresses.
const STORM: &str = "import socket, sys
it = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[1])):
    while True:
        try:
            it.sendto(b'x', (f'127.1.{number // 50000}.1', number % 50000 + 1))
            break
        except OSError:
            pass
";

fn a_storm_of_flows_is_lines_and_counted_losses() {
    const FLOWS: u64 = 20_000;
    let ns = Namespace::new();
    ns.run(
        "ip link set lo up; nft add table ip t; nft add chain ip t c '{ type filter hook output priority 0; }'
         nft add rule ip t c ct state new counter
         { echo 3600 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout; } 2>/dev/null || true",
    );
    // With a small buffer events are lost, with that of the program most are not.
    for (rcvbuf, may_lose) in [("64K", true), ("128M", false)] {
        ns.run("conntrack -F 2>/dev/null");
        let stream = ns.stream(&["--family", "conntrack=new", "--rcvbuf", rcvbuf]);
        ns.run(&format!("python3 -c \"{STORM}\" {FLOWS}"));
        let count: u64 = ns.run("conntrack -C 2>/dev/null").trim().parse().unwrap();
        let (seen, stderr) = stream.interrupt();
        let flows = seen.iter().filter(|line| line["kind"] == "conntrack");
        let flows: Vec<_> = flows.collect();
        assert!(flows.iter().all(|line| line["op"] == "add"));
        let gaps = seen.iter().filter(|line| line["op"] == "gap");
        let lost: u64 = gaps
            .inspect(|line| assert_eq!(line["meta"]["family"], "conntrack", "{line}"))
            .map(|line| line["meta"]["lost"].as_u64().unwrap())
            .sum();
        assert!(
            count >= FLOWS / 2,
            "{count} flows: the table is too small: {stderr}"
        );
        assert_eq!(
            flows.len() as u64 + lost,
            count,
            "{rcvbuf}: {lost} lost: {stderr}"
        );
        assert!(may_lose || lost < count, "{lost} of {count} lost");
        eprintln!(
            "--rcvbuf {rcvbuf}: {count} flows, {} lines, {lost} lost",
            flows.len()
        );
    }
}

/// The hash of the id by which a share is taken.
fn part(id: u64, parts: u64) -> u64 {
    let hash = (id as u32).wrapping_mul(0x9e37_79b1) >> 8;
    u64::from(hash) % parts
}

/// The ids that conntrack(8) lists judge which flows a share has: each with its beginning and end, and none is lost in a
/// buffer that is too small for all.
fn a_share_of_the_flows_is_received_whole() {
    const FLOWS: u64 = 20_000;
    const PARTS: u64 = 16;
    let ns = Namespace::new();
    ns.run(
        "ip link set lo up; nft add table ip t; nft add chain ip t c '{ type filter hook output priority 0; }'
         nft add rule ip t c ct state new counter
         { echo 3600 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout; } 2>/dev/null || true",
    );
    let sample = format!("1/{PARTS}");
    let mut lost_of_all = 0;
    for options in [&[][..], &["--conntrack-sample", &sample]] {
        ns.run("conntrack -F 2>/dev/null");
        let family = ["--family", "conntrack=new,destroy", "--rcvbuf", "1M"];
        let mut stream = ns.stream(&[&family, options].concat());
        let start = stream.seen[0]["meta"]["settings"].clone();
        assert_eq!(start["conntrack_sample"].as_str(), options.get(1).copied());
        // All of them are more than the buffer holds; how many are read meanwhile depends on the machine.
        let is_stopped = options.is_empty();
        if is_stopped {
            stream.signal("STOP");
        }
        ns.run(&format!("python3 -c \"{STORM}\" {FLOWS}"));
        if is_stopped {
            stream.signal("CONT");
        }
        let listed = ns.run("conntrack -L -o id 2>/dev/null");
        let id = |row: &str| -> u64 { row.rsplit_once(" id=").unwrap().1.trim().parse().unwrap() };
        let all: Vec<_> = listed.lines().map(id).collect();
        let is_received = |id: &&u64| options.is_empty() || part(**id, PARTS) == 0;
        let mut expected: Vec<_> = all.iter().filter(is_received).copied().collect();
        if !options.is_empty() {
            ns.run("conntrack -F 2>/dev/null");
            let mut ended = 0;
            stream.wait_for("the end of each flow", |line| {
                ended += usize::from(line["op"] == "delete");
                ended == expected.len()
            });
        }
        let (seen, stderr) = stream.interrupt();
        let of = |op: &str| {
            let lines = seen
                .iter()
                .filter(|line| line["kind"] == "conntrack" && line["op"] == op);
            let ids = lines.map(|line| line["conntrack"]["id"].as_u64().unwrap());
            let mut ids: Vec<_> = ids.collect();
            ids.sort_unstable();
            ids
        };
        let lost: u64 = seen
            .iter()
            .filter_map(|line| line["meta"]["lost"].as_u64())
            .sum();
        if options.is_empty() {
            lost_of_all = lost;
            continue;
        }
        expected.sort_unstable();
        assert!(expected.len() as u64 > FLOWS / PARTS / 2, "{stderr}");
        assert_eq!(lost, 0, "{stderr}");
        assert!(of("add") == expected && of("delete") == expected);
        let flows = all.len();
        eprintln!(
            "--rcvbuf 1M, {flows} flows: {lost_of_all} lost of all, none of a sixteenth ({})",
            expected.len()
        );
    }
    assert!(lost_of_all > 0, "the buffer is not too small for all");
}

fn flows_are_sampled_by_protocol_zone_and_mark() {
    let ns = Namespace::new();
    let flow = |port: u16, options: &str| {
        format!("{options} -s 192.0.2.1 -d 192.0.2.2 --sport {port} --dport 9 --timeout 50")
    };
    let tcp = "-p tcp --state ESTABLISHED";
    let flows = [
        flow(1, tcp),
        flow(2, "-p udp"),
        flow(3, &format!("{tcp} -w 3")),
        flow(4, "-p udp -w 3 -m 1"),
        flow(5, &format!("{tcp} -m 0x101")),
        flow(6, &format!("{tcp} --orig-zone 3")),
    ];
    let all: &[u16] = &[1, 2, 3, 4, 5, 6];
    for (sample, expected) in [
        ("1/1", all),
        ("proto=tcp", &[1, 3, 5, 6]),
        ("proto=!tcp", &[2, 4]),
        ("zone=3", &[3, 4, 6]),
        ("zone=3,zone=0", all),
        ("proto=udp,zone=3", &[4]),
        ("mark=0x1/0xff", &[4, 5]),
        ("mark=0", &[1, 2, 3, 6]),
        ("mark=1,proto=sctp", &[]),
    ] {
        let options = ["--family", "conntrack,route", "--conntrack-sample", sample];
        let mut stream = ns.stream(&options);
        for flow in &flows {
            ns.run(&format!("conntrack -I {flow} 2>/dev/null"));
        }
        ns.run("conntrack -F 2>/dev/null; ip link add v0 type veth peer name v1");
        stream.wait("link", "add");
        ns.run("ip link delete v0");
        let (seen, stderr) = stream.interrupt();
        for op in ["add", "delete"] {
            let lines = seen
                .iter()
                .filter(|line| line["kind"] == "conntrack" && line["op"] == op);
            let mut ports: Vec<_> = lines
                .map(|line| line["conntrack"]["sport"].as_u64().unwrap() as u16)
                .collect();
            ports.sort_unstable();
            assert_eq!(ports, expected, "{op} with {sample}: {stderr}");
        }
        assert!(seen.iter().all(|line| line["op"] != "gap"), "{stderr}");
    }
    let mut command = ns.command(NLSTREAM);
    let output = command
        .args(["--conntrack-sample", "proto=tpc"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("at character 7"), "{stderr}");
    assert_eq!(output.status.code(), Some(2));
    let mut command = ns.command(NLSTREAM);
    let output = command
        .args(["--conntrack-sample", "1/2", "--for", "100ms"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("--conntrack-sample has no effect without --family conntrack"),
        "{stderr}"
    );
}

/// The flows to which lines fold, and those of `conntrack -L`, without what changes with time alone.
fn folded_and_listed(ns: &Namespace, lines: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let folded = fold(lines);
    let folded =
        of_kind(&folded, "conntrack").map(|flow| as_conntrack(&json!({ "conntrack": flow })));
    let listed = flows_of(&ns.run(
        "conntrack -L -f ipv4 -o xml,id 2>/dev/null; conntrack -L -f ipv6 -o xml,id 2>/dev/null",
    ));
    let stable = |mut flow: Value| {
        if flow["proto"] == "sctp" {
            flow["state"] = Value::Null;
        }
        flow["mark"] = mark_of(&flow["mark"]);
        (flow["timeout"], flow["deltatime"], flow["type"]) =
            (Value::Null, Value::Null, Value::Null);
        for direction in ["original", "reply"] {
            (flow[direction]["packets"], flow[direction]["bytes"]) = (Value::Null, Value::Null);
        }
        flow
    };
    let sorted = |flows: &mut dyn Iterator<Item = Value>| {
        let mut flows: Vec<_> = flows.map(stable).collect();
        flows.sort_by_key(|flow| (flow["id"].as_u64(), flow.to_string()));
        flows
    };
    (sorted(&mut { folded }), sorted(&mut listed.into_iter()))
}

/// A function that runs `conntrack -U`, again if it fails: version 1.4.7 has the second as the number of its requests
/// (`nfct_mnl_nlmsghdr_put`), and when it ends between them, an answer is a protocol error and the other flows stay as they are.
const UPDATE: &str = "update() { for _ in 1 2 3 4 5; do conntrack -U \"$@\" 2>/dev/null && return; done; return 1; }";

/// Flows that are older than the run, that end while events are switched off, and that begin, change and are flushed
/// while events are lost.
fn tracked_flows_fold_to_those_of_conntrack_after_losses() {
    let ns = Namespace::new();
    ns.run(
        "ip link set lo up; nft add table ip t; nft add chain ip t c '{ type filter hook output priority 0; }'
         nft add rule ip t c ct state new counter
         { echo 3600 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout; } 2>/dev/null || true",
    );
    let add = |first: u16, count: u16, options: &str| {
        ns.run(&format!(
            "for ((i = {first}; i < {first} + {count}; i++)); do
                conntrack -I {options} -s 192.0.2.1 -d 192.0.2.2 --sport $i --dport 9 --timeout 900 2>/dev/null
             done"
        ));
    };
    let (tcp, udp) = ("-p tcp --state SYN_SENT", "-p udp");
    add(1, 20, &format!("{tcp} -w 3"));
    add(101, 20, &format!("{udp} -m 5"));
    let options = [
        "--family",
        "conntrack",
        "--track",
        "conntrack",
        "--rcvbuf",
        "8K",
        "--audit",
        "2s",
    ];
    let mut stream = ns.synced(&options);
    let is_flow = |line: &&Value| line["kind"] == "conntrack";
    let existing: Vec<_> = stream.seen.iter().filter(is_flow).collect();
    assert!(
        existing
            .iter()
            .all(|line| (&line["op"], &line["origin"]) == (&json!("present"), &json!("snapshot")))
    );
    assert!(existing.len() >= 40, "{}", existing.len());
    // One that began before the run, and one that the kernel tells of.
    ns.run("conntrack -D -p tcp --orig-port-src 3 2>/dev/null");
    let update = |options: &str| ns.run(&format!("{UPDATE}; update {options}"));
    update("-p udp -s 192.0.2.1 -d 192.0.2.2 --sport 104 --dport 9 -m 6");
    add(201, 3, tcp);
    update(
        "-p tcp -s 192.0.2.1 -d 192.0.2.2 --sport 202 --dport 9 --state ESTABLISHED -u SEEN_REPLY,ASSURED -m 9",
    );
    let port = |line: &Value| line["conntrack"]["sport"].as_u64();
    let changed = stream.wait_for("a changed flow", |line| {
        line["op"] == "change" && port(line) == Some(202)
    });
    assert_eq!(changed["old"]["state"], "SYN_SENT", "{changed}");
    assert!(
        changed["old"].get("mark").is_none() && changed["conntrack"]["mark"] == "0x9",
        "{changed}"
    );
    let mut is_equal = |when: &str| {
        let mut last = Default::default();
        for _ in 0..30 {
            stream.wait_for_quiet(std::time::Duration::from_millis(500));
            last = folded_and_listed(&ns, stream.so_far());
            if last.0 == last.1 {
                return last.0.len();
            }
        }
        panic!("{when}: {:#?}", differing(&last));
    };
    is_equal("flows that a program changed");
    // Events are switched off.
    ns.run("echo 0 >/proc/sys/net/netfilter/nf_conntrack_events");
    add(301, 10, udp);
    ns.run("conntrack -D -p udp --orig-port-src 105 2>/dev/null; conntrack -D -p tcp --orig-port-src 201 2>/dev/null");
    ns.run("echo 2 >/proc/sys/net/netfilter/nf_conntrack_events");
    is_equal("flows without events");
    // More than the buffer holds, twice, with a flush in between.
    ns.run(&format!("python3 -c \"{STORM}\" 3000 & for ((i = 0; i < 20; i++)); do conntrack -F 2>/dev/null; done; wait"));
    let count = is_equal("flows whose events were lost");
    add(401, 10, &format!("{tcp} -m 1"));
    ns.run(&format!("{UPDATE}; python3 -c \"{STORM}\" 2000; update -p tcp -s 192.0.2.1 -m 2; conntrack -F 2>/dev/null"));
    add(501, 10, udp);
    is_equal("flows that were flushed");
    let (seen, stderr) = stream.interrupt();
    let number = |op: &str, origins: &[&str]| {
        let is = |line: &&Value| line["op"] == op && origins.iter().any(|it| line["origin"] == *it);
        seen.iter().filter(is_flow).filter(is).count()
    };
    let gaps = seen.iter().filter(|line| line["op"] == "gap").count();
    let resyncs = seen.iter().filter(|line| line["op"] == "resync").count();
    let silent = ["inferred", "resync"];
    let (added, deleted) = (number("add", &silent), number("delete", &silent));
    eprintln!(
        "{count} flows after the storm, {gaps} gaps, {resyncs} resyncs; found by dumps: {added} added, {deleted} deleted"
    );
    assert!(gaps > 0 && resyncs > 0, "{stderr}");
    assert!(added > 10 && deleted > 2, "{added} {deleted}");
    let old = seen
        .iter()
        .find(|line| line["op"] == "delete" && port(line) == Some(3));
    // The kernel tells of it if a program listened when it began, in any network namespace: another trial may.
    assert!(old.is_some());
}

/// The flows of which the two lists do not have the same.
fn differing((folded, listed): &(Vec<Value>, Vec<Value>)) -> Vec<String> {
    let of = |name: &str, these: &[Value], others: &[Value]| -> Vec<_> {
        let only = these.iter().filter(|it| !others.contains(it));
        only.map(|it| format!("{name}: {it}")).collect()
    };
    [of("folded", folded, listed), of("listed", listed, folded)].concat()
}

/// What events say of a flow is all that a dump would: an audit finds nothing.
fn events_of_tracked_flows_leave_nothing_to_correct() {
    let ns = Namespace::new();
    let scenario = root().join("fixtures/conntrack/make.sh");
    let part = |name: &str| ns.run(&format!("bash -c '. {}; {name}'", scenario.display()));
    part("setup");
    let track = [
        "--track",
        "conntrack,expect",
        "--audit",
        "1s",
        "--heartbeat",
        "1s",
    ];
    let mut stream = ns.synced(&[&["--family", "conntrack,expect"], &track[..]].concat());
    part("events");
    stream.wait_for("the last flow", |line| {
        line["conntrack"]["src"] == "192.0.2.99"
    });
    // Two audits.
    for _ in 0..3 {
        stream.wait("meta", "heartbeat");
    }
    let (folded, listed) = folded_and_listed(&ns, stream.so_far());
    assert_eq!(folded, listed);
    let (seen, stderr) = stream.interrupt();
    let flows = seen
        .iter()
        .filter(|line| line["kind"] == "conntrack" || line["kind"] == "expect");
    let flows: Vec<_> = flows.collect();
    assert!(flows.len() > 40);
    let corrected = flows.iter().filter(|line| line["origin"] == "inferred");
    let corrected: Vec<_> = corrected.collect();
    assert!(corrected.is_empty(), "{corrected:#?}: {stderr}");
    // An update has what was known of the flow, and the end has all of it.
    let ended = flows
        .iter()
        .find(|line| line["op"] == "delete" && line["conntrack"]["mark"] == "0x2a");
    assert!(ended.unwrap()["conntrack"]["reply"].is_object());
}

fn only_the_named_events_are_joined() {
    let ns = Namespace::new();
    let flow = "-p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2";
    for (family, ops) in [
        ("conntrack=new,destroy", &["add", "delete"][..]),
        ("conntrack=update", &["change"]),
        ("conntrack", &["add", "change", "delete"]),
    ] {
        let mut stream = ns.stream(&[
            "--family",
            &format!("{family},route"),
            "-k",
            "conntrack,route,link",
        ]);
        let start = stream.seen[0]["meta"].clone();
        let groups = start["groups"].as_array().unwrap();
        let joined = groups
            .iter()
            .filter(|it| it.as_str().unwrap().starts_with("netfilter/"));
        assert_eq!(joined.count(), ops.len(), "{start}");
        ns.run(&format!(
            "conntrack -I {flow} --timeout 50; conntrack -U {flow} -m 7; conntrack -D {flow}; ip link add name br0 type bridge 2>/dev/null || ip link add v0 type veth peer name v1"
        ));
        stream.wait("link", "add");
        let (seen, _) = stream.interrupt();
        let flows = seen.iter().filter(|line| line["kind"] == "conntrack");
        let found: Vec<_> = flows.map(|line| line["op"].as_str().unwrap()).collect();
        assert_eq!(found, ops, "{family}");
        ns.run("ip link delete br0 2>/dev/null || ip link delete v0");
    }
    for (family, reason) in [
        ("conntrack=old", "unknown event `old`"),
        ("nftables=new", "no events of `nftables` can be chosen"),
        ("new", "unknown"),
    ] {
        let mut command = ns.command(NLSTREAM);
        let output = command
            .args(["--family", family, "--for", "1s"])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && stderr.contains(reason),
            "{family}: {stderr}"
        );
    }
}

/// A listener makes each flow cost more: no pattern, and not the name of the protocol, joins the groups.
fn flows_are_joined_only_by_name() {
    let ns = Namespace::new();
    let joined = |options: &[&str]| {
        let stream: Stream = ns.synced(options);
        let groups = stream.seen[0]["meta"]["groups"].to_string();
        stream.interrupt();
        groups.contains("CONNTRACK")
    };
    for family in ["all", "netfilter", "*", "conn*"] {
        assert!(!joined(&["--family", family]), "{family}");
    }
    assert!(joined(&["--kind", "conntrack"]));
}

fn without_cap_net_admin_flows_are_unavailable_and_the_run_goes_on() {
    let ns = Namespace::new();
    for options in [
        "--family conntrack=new,expect",
        "--kind conntrack,expect,link",
    ] {
        let script = format!(
            "setpriv --bounding-set=-net_admin --inh-caps=-net_admin {NLSTREAM} {options} --for 300ms"
        );
        let lines = lines(ns.run(&format!("{script} 2>/dev/null")).as_bytes());
        let reason = |family| json!({"family": family, "errno": 1, "error": "Operation not permitted (os error 1)"});
        let families = &lines[0]["meta"]["unavailable_families"];
        assert_eq!(families, &json!([reason("conntrack"), reason("expect")]));
        assert_eq!(lines.last().unwrap()["op"], "stop");
        let stderr = ns.run(&format!("{script} 2>&1 >/dev/null"));
        for family in ["conntrack", "expect"] {
            let is_reason = |it: &&str| it.contains(family) && it.contains("CAP_NET_ADMIN");
            assert_eq!(stderr.lines().filter(is_reason).count(), 1, "{stderr}");
        }
    }
}

/// As root, as another user with the capability, and as one without. The process that reads the events has none.
fn as_another_user_the_capability_gives_flows() {
    let ns = Namespace::with_users();
    let user = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    let capable = format!("{user} --inh-caps=+net_admin --ambient-caps=+net_admin");
    let folder = format!("/tmp/nlstream-flows-{}", std::process::id());
    ns.run(&format!(
        "mkdir {folder}; cp {NLSTREAM} {folder}/nlstream; chmod -R 755 {folder}"
    ));
    for (who, errno) in [
        ("", Value::Null),
        (capable.as_str(), Value::Null),
        (user, json!(1)),
    ] {
        let mut command = ns.command("sh");
        let program = format!("{folder}/nlstream --family conntrack=new");
        command.args(["-c", &format!("exec {who} {program}")]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut stream = Stream::of(command.spawn().unwrap());
        let start = stream.seen[0]["meta"].clone();
        assert_eq!(start["unavailable_families"][0]["errno"], errno, "{who}");
        if errno.is_null() {
            for set in ["CapPrm", "CapEff", "CapInh"] {
                assert_eq!(
                    status(stream.pid(), set),
                    "0000000000000000",
                    "{set}: {who}"
                );
            }
            ns.run(
                "conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 --timeout 50 2>/dev/null
                 conntrack -F 2>/dev/null",
            );
            stream.wait("conntrack", "add");
        }
        stream.interrupt();
    }
    ns.run(&format!("rm -r {folder}"));
}

/// The kernel can be set to make no events of flows: a run that waits for some says so.
fn a_setting_that_prevents_events_is_named() {
    let ns = Namespace::new();
    let is_named = |family: &str| {
        let (_, stderr) = ns.synced(&["--family", family]).interrupt();
        stderr.contains("net.netfilter.nf_conntrack_events is 0")
    };
    assert!(!is_named("conntrack"));
    // That began to load the module, which has the setting (`nfnetlink_bind` in net/netfilter/nfnetlink.c does not wait).
    wait_until("the setting", || {
        let found = ns.run("ls /proc/sys/net/netfilter");
        found.contains("nf_conntrack_events")
    });
    ns.run("echo 0 >/proc/sys/net/netfilter/nf_conntrack_events");
    assert!(is_named("conntrack") && is_named("expect") && !is_named("nlctrl"));
    ns.run("echo 2 >/proc/sys/net/netfilter/nf_conntrack_events");
    assert!(!is_named("conntrack"));
}
