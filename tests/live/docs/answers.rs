//! The answers of the commands of each page.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Answer::{Check, Has, Moments, Nothing, Rows, Sample};
use super::{Answers, words};
use crate::namespace::Namespace;

pub(super) const README: Answers = &[
    ("unshare -rn bash", Sample),
    ("0.0.0.0/0,::/0", Check(changes_of_the_default_route)),
    ("--summary", Check(flaps)),
    ("-k address --at", Check(addresses_then)),
    (".old.mtu, .link.mtu]", Rows(&["veth0 1500 1400"])),
    ("nlstream exec", Check(commands_for_links_that_went_down)),
    ("nlstream report", Moments),
];

pub(super) const GUIDE: Answers = &[
    ("jq 'select(.kind == \"address\"", Check(first_sample)),
    (".old.mtu", Rows(&["[\"veth0\",[\"mtu\"],{\"mtu\":1500}]"])),
    (
        "--dev veth0 -k link,address",
        Has(&["address present 192.0.2.1/24 dev veth0 scope global"]),
    ),
    ("--rotate-compress zstd", Moments),
    (
        "--print-config",
        Has(&["rotate-size = \"200M\" # NLSTREAM_ROTATE_SIZE"]),
    ),
];

pub(super) const FAQ: Answers = &[
    (
        "link,address,route,neigh,rule",
        Has(&["address present 192.0.2.1/24 dev veth0 scope global"]),
    ),
    (
        "sort -u",
        Has(&["0.0.0.0/0", "192.0.2.0/24", "198.51.100.0/24"]),
    ),
    (".changed == []", Rows(&["\"link\""])),
    ("valid_life_time", Rows(&["4294967295"])),
];

pub(super) const COOKBOOK: Answers = &[
    (
        "\"flushed\" else \"deleted\"",
        Has(&[
            "deleted - 203.0.113.2 0x00000102",
            "expired - 203.0.113.2 0x00000106",
            "flush - comp",
            "flushed - 203.0.113.2 0x00000103",
            "flush - any",
            "flushed - 203.0.113.2 0x00000101",
        ]),
    ),
    (
        "== \"acquire\"",
        Has(&["203.0.113.1/32 203.0.113.2/32 udp *"]),
    ),
    (
        "\"is\", .reply.dst",
        Rows(&[
            "add udp 127.0.0.1 6002 127.0.0.1 5002 is 127.0.0.1 6002 127.0.0.5 5003 - -",
            "add udp 127.0.0.1 6007 127.0.0.1 5007 is 127.0.0.9 7000 127.0.0.1 5007 - -",
            "add tcp 127.0.0.1 40001 127.0.0.1 8080 is 127.0.0.1 40001 127.0.0.1 8081 - -",
            "delete udp 127.0.0.1 6002 127.0.0.1 5002 is 127.0.0.1 6002 127.0.0.5 5003 38 0",
            "delete udp 127.0.0.1 6007 127.0.0.1 5007 is 127.0.0.9 7000 127.0.0.1 5007 38 0",
            "delete tcp 127.0.0.1 40001 127.0.0.1 8080 is 127.0.0.1 40001 127.0.0.1 8081 270 164",
        ]),
    ),
    (
        ".conntrack.dport // \"-\"",
        Has(&["1 * tcp 8080", "1 * udp 5002"]),
    ),
    (
        "\"conntrack\" and .nl.portid",
        Has(&[
            "add * 192.0.2.1 192.0.2.3",
            "change * 192.0.2.1 192.0.2.3",
            "delete * 192.0.2.1 192.0.2.3",
        ]),
    ),
    ("if .link.flags | up then \"up\"", Check(ups_and_downs)),
    ("| not)) | .ifname'", Has(&["4 veth0"])),
    ("def seconds", Check(times_down)),
    ("state -k link --format text", Check(links)),
    (".old.mtu, .link.mtu]", Rows(&["veth0 1500 1400"])),
    (
        ".old.address, .link.address",
        Has(&["veth1 * 02:00:00:00:00:11"]),
    ),
    (
        "info_kind",
        Rows(&[
            "add veth0 veth",
            "add veth1 veth",
            "add br0 bridge",
            "add p0 veth",
            "add q0 veth",
            "add p1 veth",
            "add q1 veth",
            "delete br0 bridge",
        ]),
    ),
    (".old.ifname, .ifname", Rows(&["p0 lan0"])),
    (
        "master_index",
        Rows(&["p0 - br0", "p1 - br0", "p0 br0 -", "p1 br0 -"]),
    ),
    (
        "promiscuity",
        Rows(&["veth1 0 1", "p0 0 1", "p1 0 1", "p0 1 0", "p1 1 0"]),
    ),
    ("object: .[.kind]", Check(everything_of_veth0)),
    ("192.0.2.77", Rows(&["add veth0"])),
    ("state -k address net.ndjson | jq -r '[", Check(addresses)),
    ("dadfailed", Rows(&["veth0 2001:db8::1"])),
    ("-k ethtool --dev veth0", Check(active_features)),
    (".ethtool.setting, (", Check(disabled_features)),
    ("state -k qdisc", Check(qdiscs)),
    (
        "--prefix 192.0.2.1 ns.ndjson",
        Rows(&["red v0 192.0.2.1/24", "blue v1 192.0.2.1/24"]),
    ),
    ("moved_from", Rows(&["v1 red blue"])),
    (".netns.name ==", Check(timeline_of_blue)),
    ("--since -1h", Check(timeline)),
    ("todate", Check(expiry)),
    (
        "if .nl.portid then",
        Rows(&[
            "add 192.0.2.254 veth0 main a program",
            "change 192.0.2.253 veth0 main a program",
            "delete 192.0.2.253 veth0 main the kernel",
        ]),
    ),
    (
        ".origin == \"inferred\"",
        Has(&[
            "0.0.0.0/0 veth0 main",
            "192.0.2.0/24 veth0 main",
            "198.51.100.0/24 veth0 77",
        ]),
    ),
    ("nexthops[]?", Rows(&["198.51.100.0/24 77"])),
    (
        "covers:",
        Rows(&["route present default via 192.0.2.253 dev veth0"]),
    ),
    (
        "[.route.protocol, .op]",
        Rows(&["1 bgp add", "1 bgp delete", "2 boot add", "2 boot delete"]),
    ),
    ("'.route.table'", Check(tables)),
    (
        "rule.priority",
        Rows(&["add 500 192.0.2.0/24 77", "delete 500 192.0.2.0/24 77"]),
    ),
    ("FAILED", Rows(&["1 192.0.2.10 veth0"])),
    (
        "$line.neigh.lladdr",
        Rows(&[
            "192.0.2.9 02:00:00:00:00:01 02:00:00:00:00:02",
            "192.0.2.9 02:00:00:00:00:02 02:00:00:00:00:03",
        ]),
    ),
    (".fdb.mac", Rows(&["02:00:00:00:00:aa p0 p1"])),
    ("--diff", Check(new_addresses)),
    ("nlstream log --dev", Check(timeline_of_veth0)),
    ("--summary", Check(flaps)),
    ("nlstream report", Nothing),
    ("reduce", Has(&["br0 delete", "lan0 change ifname"])),
    (
        "[.kind, .op]",
        Has(&[
            "1 link delete",
            "1 rule delete",
            // Ports of a bridge that go down and come up change its entries as well.
            "* fdb change",
            "1 meta stop",
        ]),
    ),
    ("jq -r .link.operstate", Check(states_of_commands)),
    ("NLSTREAM_EVENTS", Check(bursts_of_commands)),
    ("\"gap\"", Nothing),
    ("foreach inputs", Nothing),
    (".unparsed", Nothing),
];

pub(super) const HOOKS: Answers = &[(
    "operstate",
    Has(&["[\"veth1\",\"DOWN\",\"LOWERLAYERDOWN\"]"]),
)];

pub(super) const FILTERS: Answers = &[
    ("--op present", Check(lines_of_veth)),
    ("within:192.0.2.0/24", Check(addresses_within)),
    ("--type veth", Check(links_of_veth)),
    ("--where", Check(selected_by_conditions)),
    ("--dev veth0", Check(objects_of_veth0)),
    (".op == \"delete\"", Check(deleted_routes)),
];

pub(super) const OPERATING: Answers = &[
    ("--rotate-keep 7", Nothing),
    ("--print-config", Has(&["rcvbuf = \"32M\" # default"])),
    (".meta.rcvbuf", Has(&["*"])),
    ("\"gap\"", Nothing),
    (".meta.skipped", Has(&["*"])),
    ("nlstream_lost_total", Rows(&["nlstream_lost_total 0"])),
    ("--partial", Check(names_of_links)),
    ("stat -c", Rows(&["640"])),
    ("\"checkpoint\"", Nothing),
];

pub(super) const WHO: Answers = &[
    ("0.0.0.0/0", Check(requesters_of_the_default_route)),
    (".by.comm, .by.uid", Rows(&["veth0 1500 1400 other 0"])),
    ("--by-comm other", Check(changes_of_other)),
    ("(.old.flags // []", Rows(&["veth0 ip"])),
    ("select(.by) |", Has(&["2 route other *", "1 link other *"])),
    (
        "select(.kind == \"link\" and .by.kernel",
        Check(links_changed_by_the_kernel),
    ),
    (".by.comm and", Check(routes_of_no_daemon)),
];

fn json(output: &str) -> Vec<Value> {
    crate::common::lines(output.as_bytes())
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

/// The addresses of all devices as rows: name and prefix.
fn rows_of_ip(ns: &Namespace, command: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for link in ns.json(command) {
        for address in link["addr_info"].as_array().into_iter().flatten() {
            let name = link["ifname"].as_str().unwrap();
            let local = address["local"].as_str().unwrap();
            rows.push(format!("{name} {local}/{}", address["prefixlen"]));
        }
    }
    sorted(rows)
}

fn addresses(ns: &Namespace, output: &str) {
    let rows = output.lines().map(|line| words(line).join(" ")).collect();
    assert_eq!(sorted(rows), rows_of_ip(ns, "ip -j address"));
}

/// The objects of veth0, except for the link itself, of which veth1 is the peer.
fn lines_of_veth(ns: &Namespace, output: &str) {
    let lines = json(output);
    let objects: Vec<_> = lines.iter().filter(|line| line["kind"] != "meta").collect();
    let is_of_veth0 = |line: &&Value| line["ifname"] == "veth0" && line["kind"] != "link";
    assert!(
        objects.iter().copied().all(|line| is_of_veth0(&line)),
        "{output}"
    );
    assert!(
        objects.iter().all(|line| line["op"] == "present"),
        "{output}"
    );
    let addresses = objects.iter().filter(|line| line["kind"] == "address");
    assert_eq!(
        addresses.count(),
        rows_of_ip(ns, "ip -j address show dev veth0").len()
    );
}

fn objects_of_veth0(ns: &Namespace, output: &str) {
    let lines = json(output);
    let is = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    assert_eq!(
        is("address"),
        rows_of_ip(ns, "ip -j address show dev veth0").len()
    );
    // A peer names the device as well.
    assert_eq!(is("link"), 2, "{output}");
}

/// The script deleted one route, and two went with the device.
fn deleted_routes(_: &Namespace, output: &str) {
    let dst = json(output)
        .iter()
        .map(|line| line["route"]["dst"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        sorted(dst),
        ["0.0.0.0/0", "198.51.100.0/24", "203.0.113.0/24"]
    );
}

fn addresses_within(ns: &Namespace, output: &str) {
    let lines = json(output);
    let rows = lines.iter().map(|line| {
        let address = &line["address"];
        let [name, local] = [&line["ifname"], &address["local"]].map(|it| it.as_str().unwrap());
        format!("{name} {local}/{}", address["prefixlen"])
    });
    let expected = rows_of_ip(ns, "ip -j address show to 192.0.2.0/24");
    assert_eq!(sorted(rows.collect()), expected);
    assert!(!expected.is_empty());
}

/// The links of `ip`, with their MTU.
fn compare_links(ns: &Namespace, output: &str, command: &str) {
    let links = ns.json(command);
    assert!(!links.is_empty());
    assert_eq!(output.lines().count(), links.len(), "{output}");
    for link in links {
        let start = format!(
            " link present {} index {} ",
            link["ifname"].as_str().unwrap(),
            link["ifindex"]
        );
        let line = output.lines().find(|line| line.contains(&start));
        let line = line.unwrap_or_else(|| panic!("no {start}: {output}"));
        assert!(line.contains(&format!(" mtu {} ", link["mtu"])), "{line}");
    }
}

/// The lines of a timeline, without their times and the lines of the run itself.
fn entries(output: &str) -> Vec<&str> {
    let lines = output.lines().map(|line| match line.split_once("] ") {
        Some((_, entry)) if line.starts_with('[') => entry,
        _ => line,
    });
    lines
        .filter(|line| !line.starts_with("-- ") && !line.starts_with("meta "))
        .collect()
}

/// The program `ip` made the first two changes, and the kernel removed the route with the device.
fn changes_of_the_default_route(_: &Namespace, output: &str) {
    assert_eq!(
        entries(output),
        [
            "route add default via 192.0.2.254 dev veth0",
            "route change default via 192.0.2.254 → 192.0.2.253 dev veth0",
            "route delete default via 192.0.2.253 dev veth0 (inferred)",
        ]
    );
}

/// Four times, in an order that the kernel chooses for its peer.
fn commands_for_links_that_went_down(_: &Namespace, output: &str) {
    let of_veth0 = output.lines().filter(|line| *line == "veth0 is down");
    assert_eq!(of_veth0.count(), 4, "{output}");
}

/// Those of veth0 were not removed yet.
fn addresses_then(_: &Namespace, output: &str) {
    let entries = entries(output);
    for address in ["192.0.2.1/24", "192.0.2.77/24"] {
        let start = format!("address present {address} dev veth0 scope global");
        let number = entries.iter().filter(|it| it.starts_with(&start)).count();
        assert_eq!(number, 1, "{address}: {output}");
    }
    assert!(!output.contains("2001:db8::1"), "{output}");
}

fn active_features(ns: &Namespace, output: &str) {
    let features = ns.json("ethtool --json -k veth0");
    // Names of ethtool for several features at once, and for one.
    let is_one = |name: &str| !["tx-checksumming", "tx-vlan-offload"].contains(&name);
    let ours: Vec<_> = output.lines().collect();
    let mut compared = 0;
    for (name, state) in features[0].as_object().unwrap() {
        if name == "ifname" || !is_one(name) || !name.starts_with("tx-") {
            continue;
        }
        compared += 1;
        assert_eq!(
            state["active"] == true,
            ours.contains(&name.as_str()),
            "{name}: {output}"
        );
    }
    assert!(compared > 20, "{compared}");
}

/// `ethtool -K veth1 tx-sctp-segmentation off`
fn disabled_features(_: &Namespace, output: &str) {
    let rows: Vec<_> = output.lines().map(words).collect();
    assert_eq!(rows, [["veth1", "features", "tx-sctp-segmentation"]]);
}

fn qdiscs(ns: &Namespace, output: &str) {
    let qdiscs = ns.json("tc -j qdisc");
    let expected = qdiscs.iter().map(|it| {
        let [dev, kind, handle] = ["dev", "kind", "handle"].map(|name| it[name].as_str().unwrap());
        format!("{dev} {kind} {handle}")
    });
    let expected = sorted(expected.collect());
    assert!(!expected.is_empty());
    let rows = output.lines().map(|line| words(line).join(" ")).collect();
    assert_eq!(sorted(rows), expected);
}

fn timeline_of_blue(_: &Namespace, output: &str) {
    let entries = entries(output);
    let [link, address] = entries[..] else {
        panic!("{output}")
    };
    assert!(link.starts_with("blue: link add v1 "), "{link}");
    assert!(link.ends_with("moved from netns red"), "{link}");
    assert_eq!(
        address,
        "blue: address add 192.0.2.1/24 dev v1 scope global"
    );
}

fn timeline(_: &Namespace, output: &str) {
    for entry in [
        "link change veth0 mtu 1500 → 1400",
        "address add 192.0.2.77/24 dev veth0 scope global",
        "route add 203.0.113.0/24 via 192.0.2.254 dev veth0 proto bgp",
        "link delete br0",
    ] {
        assert!(
            entries(output).iter().any(|it| it.starts_with(entry)),
            "{entry}: {output}"
        );
    }
    // Flaps in quick succession are one entry.
    assert!(output.contains(" changes in "), "{output}");
}

/// Splits a line of text from the process that it ends with.
fn requester(entry: &str) -> (&str, &str) {
    let (entry, by) = entry.rsplit_once(" by ").unwrap_or((entry, ""));
    (entry, by.split('[').next().unwrap())
}

fn requesters_of_the_default_route(_: &Namespace, output: &str) {
    let rows: Vec<_> = entries(output).into_iter().map(requester).collect();
    assert_eq!(
        rows,
        [
            ("route add default via 192.0.2.254 dev veth0", "ip"),
            (
                "route change default via 192.0.2.254 → 192.0.2.253 dev veth0",
                "other"
            ),
            (
                "route delete default via 192.0.2.253 dev veth0 (inferred)",
                ""
            ),
        ]
    );
}

fn changes_of_other(_: &Namespace, output: &str) {
    let rows: Vec<_> = entries(output).into_iter().map(requester).collect();
    assert!(rows.iter().all(|(_, by)| *by == "other"), "{output}");
    for entry in [
        "route change default via 192.0.2.254 → 192.0.2.253 dev veth0",
        "route add 198.51.100.0/24 via 192.0.2.2 dev veth0 proto static",
        "link change veth0 mtu 1500 → 1400",
    ] {
        assert!(rows.contains(&(entry, "other")), "{entry}: {output}");
    }
}

/// veth1 lost its carrier, as if a cable was pulled.
fn links_changed_by_the_kernel(_: &Namespace, output: &str) {
    let rows: Vec<_> = output.lines().map(words).collect();
    assert_eq!(
        rows.last(),
        Some(&vec!["veth1", "flags,operstate"]),
        "{output}"
    );
}

fn routes_of_no_daemon(_: &Namespace, output: &str) {
    let rows = json(output);
    let has = |op: &str, dst: &str, protocol: &str, comm: &str| {
        let is = |row: &&Value| {
            [(1, op), (2, dst), (3, protocol), (4, comm)]
                .iter()
                .all(|(at, text)| row[at] == *text)
        };
        assert!(rows.iter().any(|row| is(&row)), "{op} {dst}: {output}");
    };
    has("add", "0.0.0.0/0", "boot", "ip");
    has("change", "0.0.0.0/0", "boot", "other");
    has("add", "198.51.100.0/24", "static", "other");
    assert!(
        rows.iter().all(|row| row[5].is_u64() && row[6] == 0),
        "{output}"
    );
}

fn links(ns: &Namespace, output: &str) {
    compare_links(ns, output, "ip -j link");
}

/// Three commands: links of a snapshot by their MTU, links of the state that are down, neighbours.
fn selected_by_conditions(ns: &Namespace, output: &str) {
    let lines = json(output);
    let end = lines.iter().position(|line| line["op"] == "sync").unwrap();
    let (snapshot, state) = lines.split_at(end);
    let of = |lines: &[Value], kind: &str, member: &str| {
        let lines = lines.iter().filter(|line| line["kind"] == kind);
        let texts = lines.map(|line| line[kind][member].as_str().unwrap().to_owned());
        sorted(texts.collect())
    };
    let by_ip = |command: &str, member: &str, is_selected: &dyn Fn(&Value) -> bool| {
        let objects = ns.json(command).into_iter();
        let objects = objects.filter(|object| is_selected(object));
        let texts = objects.map(|object| object[member].as_str().unwrap().to_owned());
        sorted(texts.collect())
    };
    let large = by_ip("ip -j link", "ifname", &|it| {
        it["mtu"].as_u64() >= Some(1500)
    });
    assert!(large.len() > 1);
    assert_eq!(of(snapshot, "link", "ifname"), large);
    let down = by_ip("ip -j link", "ifname", &|it| {
        it["operstate"] == "DOWN" && it["ifname"] != "lo"
    });
    assert!(!down.is_empty());
    assert_eq!(of(state, "link", "ifname"), down);
    let known = by_ip("ip -j neigh", "dst", &|it| {
        it["lladdr"]
            .as_str()
            .is_some_and(|it| it.starts_with("02:00:"))
    });
    assert_eq!(of(state, "neigh", "dst"), known);
}

fn links_of_veth(ns: &Namespace, output: &str) {
    compare_links(ns, output, "ip -j link show type veth");
}

fn names_of_links(ns: &Namespace, output: &str) {
    let names = ns.json("ip -j link").into_iter();
    let names = names.map(|link| link["ifname"].as_str().unwrap().to_owned());
    let rows = output.lines().map(str::to_owned).collect();
    assert_eq!(sorted(rows), sorted(names.collect()));
}

/// The script enabled veth0 four times, and disabled it four times.
fn ups_and_downs(_: &Namespace, output: &str) {
    let rows = output.lines().map(words);
    let of_veth0 = rows.filter(|row| row[0] == "veth0").map(|row| row[1]);
    assert_eq!(of_veth0.collect::<Vec<_>>(), ["up", "down"].repeat(4));
}

/// The commands saw that veth0 was enabled and disabled four times.
fn states_of_commands(_: &Namespace, output: &str) {
    let rows = output.lines().map(words);
    let states: Vec<_> = rows
        .filter(|row| row[0] == "veth0")
        .map(|row| row[1])
        .collect();
    let ups = states.iter().filter(|state| **state == "UP").count();
    assert_eq!(ups, 4, "{output}");
    assert_eq!(states.last(), Some(&"DOWN"), "{output}");
}

/// Two changes of the state for each time, at least.
fn bursts_of_commands(_: &Namespace, output: &str) {
    let rows = output.lines().map(words);
    let counts = rows.filter(|row| row[0] == "veth0");
    let counts: Vec<usize> = counts.map(|row| row[2].parse().unwrap()).collect();
    assert!((1..=4).contains(&counts.len()), "{output}");
    assert!(counts.iter().sum::<usize>() >= 8, "{output}");
}

/// It was up again after three of them.
fn times_down(_: &Namespace, output: &str) {
    let rows = output.lines().map(words);
    let of_veth0 = rows.filter(|row| row[0] == "veth0");
    let times: Vec<f64> = of_veth0.map(|row| row[1].parse().unwrap()).collect();
    assert_eq!(times.len(), 3, "{output}");
    assert!(
        times.iter().all(|time| (0.0..60.0).contains(time)),
        "{output}"
    );
}

fn everything_of_veth0(_: &Namespace, output: &str) {
    let happened = json(output);
    let first = [&happened[0]["kind"], &happened[0]["op"]];
    assert_eq!(first, ["link", "add"]);
    let is_added = |it: &&Value| {
        it["op"] == "add" && it["kind"] == "address" && it["object"]["family"] == "inet"
    };
    let added = happened.iter().filter(is_added);
    let added: Vec<_> = added
        .map(|it| it["object"]["local"].as_str().unwrap())
        .collect();
    assert_eq!(added, ["192.0.2.1", "192.0.2.77"]);
    for it in &happened {
        let op = it["op"].as_str().unwrap();
        assert!(["add", "change", "delete", "present"].contains(&op), "{it}");
        assert!(
            op != "change" || it["changed"] != serde_json::json!([]),
            "{it}"
        );
    }
}

/// The time at which the kernel says that the address expires, within the time that a test may take.
fn expiry(ns: &Namespace, output: &str) {
    let [local, time] = output.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{output}");
    };
    assert_eq!(local, "192.0.2.77");
    let time: jiff::Timestamp = time.parse().unwrap();
    let links = ns.json("ip -j address show to 192.0.2.77");
    let left = links
        .iter()
        .flat_map(|link| link["addr_info"].as_array().into_iter().flatten())
        .find_map(|address| address["valid_life_time"].as_i64())
        .unwrap();
    let expected = jiff::Timestamp::now().as_second() + left;
    assert!(
        (time.as_second() - expected).abs() < 5,
        "{output}: {expected}"
    );
}

fn tables(ns: &Namespace, output: &str) {
    let mut tables = BTreeMap::<String, usize>::new();
    for family in ["-4", "-6"] {
        for route in ns.json(&format!("ip -j {family} route show table all")) {
            let table = route
                .get("table")
                .map_or("main", |table| table.as_str().unwrap());
            *tables.entry(table.to_owned()).or_default() += 1;
        }
    }
    let counts = output.lines().map(words);
    let counts = counts.map(|row| (row[1].to_owned(), row[0].parse().unwrap()));
    assert_eq!(counts.collect::<BTreeMap<_, _>>(), tables);
}

/// There were only the addresses of lo at first.
fn new_addresses(ns: &Namespace, output: &str) {
    let lines = json(output);
    let new = lines
        .iter()
        .filter(|line| line["kind"] == "address" && line["op"] == "add");
    let new = new.map(|line| {
        let [name, local] =
            [&line["ifname"], &line["address"]["local"]].map(|it| it.as_str().unwrap());
        format!("{name} {local}/{}", line["address"]["prefixlen"])
    });
    let mut now = rows_of_ip(ns, "ip -j address");
    now.retain(|row| !row.starts_with("lo "));
    assert_eq!(sorted(new.collect()), now);
}

fn timeline_of_veth0(_: &Namespace, output: &str) {
    // Lines about its peer refer to it, too.
    let is_expected =
        |line: &str| line.contains("veth") || line.contains("meta") || line.starts_with("-- ");
    assert!(output.lines().all(is_expected), "{output}");
    for text in [
        "link add veth0",
        "mtu 1500 → 1400",
        "address add 192.0.2.1/24 dev veth0",
    ] {
        assert!(output.contains(text), "{text}: {output}");
    }
}

fn flaps(_: &Namespace, output: &str) {
    let of_veth0 = output
        .lines()
        .find(|line| line.starts_with("veth0 "))
        .unwrap();
    assert!(
        of_veth0.contains("went down 4 times, up 4 times, down at the end"),
        "{output}"
    );
}

/// The sample of the guide has the members of the line, with values of the same types.
fn first_sample(_: &Namespace, output: &str) {
    let text = std::fs::read_to_string(crate::common::root().join("docs/guide.md")).unwrap();
    let (_, sample) = text.split_once("```jsonc\n").unwrap();
    let (sample, _) = sample.split_once("```").unwrap();
    let sample: String = sample
        .lines()
        .map(|line| line.split("//").next().unwrap())
        .collect();
    let sample: Value = serde_json::from_str(&sample).unwrap();
    let line: Value = serde_json::from_str(output).unwrap();
    assert_same_members(&sample, &line);
    for name in ["local", "prefixlen", "scope", "label", "valid_life_time"] {
        assert_eq!(sample["address"][name], line["address"][name]);
    }
}

fn assert_same_members(sample: &Value, line: &Value) {
    match (sample, line) {
        (Value::Object(sample), Value::Object(line)) => {
            let names =
                |it: &serde_json::Map<String, Value>| it.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(sample), names(line));
            for (name, value) in sample {
                assert_same_members(value, &line[name]);
            }
        }
        (sample, line) => {
            let same = std::mem::discriminant(sample) == std::mem::discriminant(line);
            assert!(same, "{sample} {line}");
        }
    }
}

pub(super) const NFTABLES: Answers = &[
    (
        "nlstream replay",
        Check(|_, output| {
            let has = |text: &str| assert!(output.contains(text), "{text}: {output}");
            has("nft_rule add inet fw input");
            has("tcp");
            has("443 accept");
            has("policy accept → drop");
            has("nft_element add inet fw blocked 192.0.2.7");
            has("nft_rule delete inet fw input");
        }),
    ),
    (
        ".table // .name",
        Rows(&[
            "nft add nft_rule inet fw input *",
            "nft change nft_chain inet fw input *",
            "nft add nft_element inet fw blocked 192.0.2.7",
            "nft add nft_element inet fw blocked 192.0.2.8",
            "nft delete nft_element inet fw blocked 192.0.2.8",
            "other delete nft_rule inet fw input *",
            "nft add nft_table inet last_change last_change *",
        ]),
    ),
    (".nft_rule.comment", Rows(&["other input * web"])),
    (".old.policy", Rows(&["nft fw input accept drop"])),
    ("to_entries[]", Has(&["* nft 2", "* other 1"])),
    (
        "state --diff",
        Check(|_, output| assert!(output.contains("last_change"), "{output}")),
    ),
    (
        ".nft_element.set",
        Rows(&[
            "add blocked 192.0.2.7",
            "add blocked 192.0.2.8",
            "delete blocked 192.0.2.8",
        ]),
    ),
];
