//! nftables: nft(8) judges the objects, their order and the order of events.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::difference::assert_has;
use crate::common::{NLSTREAM, nlstream, root, wait_until};
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    a_fold_of_many_changes_equals_the_ruleset_of_nft(Namespace, LinkType("veth"), Program("nft")),
    events_have_the_order_of_nft_monitor(Namespace, LinkType("veth"), Program("nft")),
    lines_of_two_processes_name_their_own(Namespace, Program("nft")),
    a_large_ruleset_is_loaded_and_flushed_exactly(Namespace, Program("nft")),
    a_loss_is_followed_by_an_exact_state(Namespace, Program("nft")),
    elements_that_packets_add_and_that_expire_are_found(Namespace, Program("nft"), Program("ping")),
    rulesets_of_distributions_leave_nothing_unparsed(Namespace, Program("nft")),
    rules_of_iptables_leave_nothing_unparsed(Namespace, Program("iptables-nft"), Program("nft")),
    without_the_capability_start_says_so_and_the_run_goes_on(Namespace, Program("setpriv"), Program("nft")),
    a_deleted_object_has_what_it_was(Namespace, Program("nft")),
    packets_are_traced_only_by_name(Namespace, Program("nft"), Program("ping")),
}

const LINKS: &str = "ip link add v0 type veth peer name v1; ip link add v2 type veth peer name v3";

fn script(name: &str) -> String {
    let path = root().join("tests/live/nft").join(name);
    path.display().to_string()
}

/// Runs nft in the namespace.
fn nft(ns: &Namespace, input: &str) {
    ns.run(&format!("nft -f - <<'END'\n{input}\nEND"));
}

/// Waits for the end of the transaction that a last change makes.
fn last_change(ns: &Namespace, stream: &mut Stream) {
    ns.run("nft add table inet last_change");
    let is_last = |line: &Value| line["nft_table"]["name"] == "last_change";
    stream.wait_for("the last table", is_last);
}

fn is_nft(line: &Value) -> bool {
    line["kind"].as_str().unwrap().starts_with("nft_")
}

/// The objects that exist after these lines: by kind, the fields that `nft -j` has as well.
#[derive(Debug, Default, PartialEq)]
struct Ruleset {
    /// Everything but rules, as family, table, type and name, with the handle.
    objects: BTreeMap<[String; 4], u64>,
    /// The handles of the rules of each chain, in order.
    rules: BTreeMap<[String; 3], Vec<u64>>,
    /// Number of elements by set.
    elements: BTreeMap<[String; 3], usize>,
}

fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_default().to_owned()
}

impl Ruleset {
    /// Folds lines.
    fn of_lines(lines: &[Value]) -> Self {
        let mut ruleset = Ruleset::default();
        let mut elements = BTreeSet::new();
        for line in lines.iter().filter(|line| is_nft(line)) {
            let kind = line["kind"].as_str().unwrap();
            let object = &line[kind];
            let is_deletion = line["op"] == "delete";
            let place = |last: &str| {
                [
                    text(object, "family"),
                    text(object, "table"),
                    text(object, last),
                ]
            };
            match kind {
                "nft_generation" => {}
                "nft_rule" => {
                    let handle = object["handle"].as_u64().unwrap();
                    let of_table = |chain: &[String; 3]| chain[..2] == place("chain")[..2];
                    // A chain may have been renamed.
                    let others = ruleset
                        .rules
                        .iter_mut()
                        .filter(|(chain, _)| of_table(chain) && **chain != place("chain"));
                    others.for_each(|(_, rules)| rules.retain(|it| *it != handle));
                    let rules = ruleset.rules.entry(place("chain")).or_default();
                    let former = rules.iter().position(|it| *it == handle);
                    rules.retain(|it| *it != handle);
                    if !is_deletion {
                        let before = object["position"].as_u64();
                        let known = before.map(|before| rules.iter().position(|it| *it == before));
                        let at = match (known, former) {
                            (None, _) => 0,
                            (Some(Some(before)), _) => before + 1,
                            (Some(None), Some(former)) => former,
                            (Some(None), None) => panic!("no rule {before:?}: {line}"),
                        };
                        rules.insert(at, handle);
                    }
                }
                "nft_element" => {
                    let key = ["key", "key_end"].map(|field| text(object, field));
                    let element = (place("set"), key, object["flags"].to_string());
                    match is_deletion {
                        true => elements.remove(&element),
                        false => elements.insert(element),
                    };
                }
                _ => {
                    let mut of = match kind {
                        "nft_object" => text(object, "type"),
                        _ => kind["nft_".len()..].to_owned(),
                    };
                    let flags = object["flags"].as_array().cloned().unwrap_or_default();
                    if flags.contains(&json!("anonymous")) {
                        continue;
                    }
                    if flags.contains(&json!("map")) || flags.contains(&json!("object")) {
                        of = "map".to_owned();
                    }
                    let key = [
                        text(object, "family"),
                        text(object, "table"),
                        of,
                        text(object, "name"),
                    ];
                    let handle = object["handle"].as_u64().unwrap();
                    if kind == "nft_chain" {
                        // It may have been renamed.
                        let is_other = |it: &[String; 4], of| (&it[..3], of) != (&key[..3], handle);
                        ruleset.objects.retain(|it, of| is_other(it, *of));
                    }
                    match is_deletion {
                        true => ruleset.objects.remove(&key),
                        false => ruleset.objects.insert(key, handle),
                    };
                }
            }
        }
        ruleset.rules.retain(|_, rules| !rules.is_empty());
        for (set, _, flags) in elements {
            if !flags.contains("interval_end") && !set[2].starts_with("__") {
                *ruleset.elements.entry(set).or_default() += 1;
            }
        }
        ruleset
    }

    /// Reads what `nft -j list ruleset` prints.
    fn of_nft(ns: &Namespace) -> Self {
        let printed: Value = serde_json::from_str(&ns.run("nft -j list ruleset")).unwrap();
        let mut ruleset = Ruleset::default();
        for entry in printed["nftables"].as_array().unwrap() {
            let (kind, object) = entry.as_object().unwrap().iter().next().unwrap();
            let table = text(object, "table");
            match kind.as_str() {
                "metainfo" => {}
                "rule" => {
                    let chain = [text(object, "family"), table, text(object, "chain")];
                    let rules = ruleset.rules.entry(chain).or_default();
                    rules.push(object["handle"].as_u64().unwrap());
                }
                kind => {
                    let name = text(object, "name");
                    if let Some(elements) = object["elem"].as_array() {
                        let set = [text(object, "family"), table.clone(), name.clone()];
                        ruleset.elements.insert(set, elements.len());
                    }
                    let key = [text(object, "family"), table, kind.to_owned(), name];
                    ruleset
                        .objects
                        .insert(key, object["handle"].as_u64().unwrap());
                }
            }
        }
        ruleset
    }
}

fn assert_all_is_decoded(lines: &[Value]) {
    for line in lines {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
        assert_ne!(line["kind"], "unknown", "{line}");
        assert!(!line.to_string().contains("\"unknown\":{"), "{line}");
    }
}

/// The number of generations that the lines of events name is that of the kernel, each once.
fn assert_generations_are_consecutive(lines: &[Value]) {
    let ends = lines.iter().filter(|line| line["kind"] == "nft_generation");
    let ids: Vec<_> = ends
        .map(|line| line["nft_generation"]["id"].as_u64().unwrap())
        .collect();
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{ids:?}");
    let mut begun = None;
    for line in lines
        .iter()
        .filter(|line| is_nft(line) && line["origin"] == "kernel")
    {
        let kind = line["kind"].as_str().unwrap();
        let object = &line[kind];
        match kind {
            "nft_generation" => {
                assert!(
                    begun.take().is_none_or(|begun| begun == object["id"]),
                    "{line}"
                );
            }
            _ => {
                let generation = &object["generation"];
                assert!(generation.is_u64(), "{line}");
                assert!(
                    begun.is_none_or(|begun: Value| begun == *generation),
                    "{line}"
                );
                begun = Some(generation.clone());
            }
        }
    }
}

fn a_fold_of_many_changes_equals_the_ruleset_of_nft() {
    let ns = Namespace::new();
    ns.run(LINKS);
    let file = std::env::temp_dir().join(format!("nlstream-{}-nft.pcapng", std::process::id()));
    let record = file.to_str().unwrap();
    let mut stream = ns.synced(&["--family", "nft", "--record", record]);
    ns.run(&format!(
        ". {}; . {}",
        script("objects.sh"),
        script("changes.sh")
    ));
    last_change(&ns, &mut stream);
    // The elements of a deleted set go without a message.
    let is_read = |line: &Value| line["kind"] == "nft_element" && line["origin"] == "inferred";
    wait_until("deleted elements", || stream.so_far().iter().any(is_read));
    stream.wait_for_quiet(Duration::from_millis(700));
    let expected = Ruleset::of_nft(&ns);
    let (lines, _) = stream.interrupt();
    assert_all_is_decoded(&lines);
    assert_generations_are_consecutive(&lines);
    let events = lines
        .iter()
        .filter(|line| is_nft(line) && line["origin"] == "kernel");
    assert!(events.count() > 200);
    let mut folded = Ruleset::of_lines(&lines);
    // nft joins the pieces of an interval.
    let intervals = |set: &[String; 3]| set[2] == "iv";
    folded.elements.retain(|set, _| !intervals(set));
    let mut expected = expected;
    expected.elements.retain(|set, _| !intervals(set));
    assert_eq!(folded, expected);
    let run = lines[0]["run"].as_str().unwrap();
    let replayed = nlstream(&["replay", "--run", run, record]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(crate::common::lines(&replayed.stdout), lines);
}

/// What nft calls an event, with what identifies its object.
fn monitored(output: &str) -> Vec<[String; 4]> {
    let mut events = Vec::new();
    for line in output.lines() {
        // nft 1.0.6 breaks the line of a table with flags.
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let Some((op, entry)) = event.as_object().and_then(|it| it.iter().next()) else {
            continue;
        };
        let op = match op.as_str() {
            "delete" => "delete",
            "add" | "insert" | "replace" | "create" => "add",
            _ => continue,
        };
        let (kind, object) = entry.as_object().unwrap().iter().next().unwrap();
        let name = match kind.as_str() {
            "rule" => object["handle"].to_string(),
            "table" | "chain" => text(object, "name"),
            _ => continue,
        };
        events.push([op.to_owned(), kind.clone(), text(object, "family"), name]);
    }
    events
}

fn events_have_the_order_of_nft_monitor() {
    let ns = Namespace::new();
    ns.run(LINKS);
    let mut stream = ns.synced(&["--family", "nftables", "--op", "add,change,delete"]);
    let mut monitor = ns.command("nft");
    monitor
        .args(["-j", "monitor"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut monitor = monitor.spawn().unwrap();
    let pid = monitor.id();
    // It is a member of the group of nftables when the kernel lists its socket so.
    wait_until("nft has joined the group", || {
        let sockets = ns.run("cat /proc/thread-self/net/netlink");
        let is_member = |row: &str| {
            let columns: Vec<_> = row.split_whitespace().collect();
            columns[1] == "12" && columns[2] == pid.to_string() && columns[3] != "00000000"
        };
        sockets.lines().skip(1).any(is_member)
    });
    ns.run(&format!(
        ". {}; . {}",
        script("objects.sh"),
        script("changes.sh")
    ));
    last_change(&ns, &mut stream);
    let (lines, _) = stream.interrupt();
    let own = lines
        .iter()
        .filter(|line| line["origin"] == "kernel")
        .filter_map(|line| {
            let kind = line["kind"].as_str().unwrap();
            let object = &line[kind];
            let has_flags = object["flags"].as_array().is_some_and(|it| !it.is_empty());
            let name = match kind {
                "nft_rule" => object["handle"].to_string(),
                // See `monitored`.
                "nft_table" if has_flags => return None,
                "nft_table" | "nft_chain" => text(object, "name"),
                _ => return None,
            };
            let op = if line["op"] == "delete" {
                "delete"
            } else {
                "add"
            };
            let kind = kind["nft_".len()..].to_owned();
            Some([op.to_owned(), kind, text(object, "family"), name])
        });
    let own: Vec<_> = own.collect();
    // Not SIGINT, which a program ignores that a shell has started in the background: this test, and so nft.
    ns.run(&format!("kill {pid}"));
    let mut output = String::new();
    monitor
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    monitor.wait().unwrap();
    let expected = monitored(&output);
    assert!(expected.len() > 150, "{}", expected.len());
    // Signals may cut its last lines.
    assert!(own.len() >= expected.len(), "{own:?} {expected:?}");
    assert_eq!(own[..expected.len()], expected[..]);
}

fn lines_of_two_processes_name_their_own() {
    const RULES: usize = 60;
    let ns = Namespace::new();
    let mut stream = ns.synced(&["--family", "nft", "--with", "by"]);
    nft(
        &ns,
        "add table inet t\nadd chain inet t one\nadd chain inet t two",
    );
    ns.run(&format!(
        "folder=$(mktemp -d); nft=$(command -v nft)
         for name in one two; do cp $nft $folder/$name; done
         for name in one two; do
           (for ((i = 0; i < {RULES}; i++)); do $folder/$name add rule inet t $name tcp dport $i accept || exit 1; done) &
         done
         wait; rm -r $folder"
    ));
    last_change(&ns, &mut stream);
    let (lines, _) = stream.interrupt();
    let mut counted = BTreeMap::new();
    let mut of_generation = BTreeMap::new();
    for line in lines
        .iter()
        .filter(|line| is_nft(line) && line["origin"] == "kernel")
    {
        let by = &line["by"];
        // The first socket of a process has its id as port id.
        assert_eq!(by["pid"], line["nl"]["portid"], "{line}");
        if line["kind"] == "nft_generation" {
            let end = &line["nft_generation"];
            assert_eq!([&end["pid"], &end["comm"]], [&by["pid"], &by["comm"]]);
            of_generation.insert(end["id"].to_string(), by.clone());
        }
        if line["kind"] == "nft_rule" {
            assert_eq!(by["comm"], line["nft_rule"]["chain"], "{line}");
            *counted.entry(text(by, "comm")).or_insert(0) += 1;
        }
    }
    assert_eq!(
        counted,
        BTreeMap::from([("one".to_owned(), RULES), ("two".to_owned(), RULES)])
    );
    let is_rule = |line: &&Value| line["kind"] == "nft_rule";
    for line in lines.iter().filter(is_rule) {
        let generation = line["nft_rule"]["generation"].to_string();
        assert_eq!(of_generation[&generation], line["by"]);
    }
}

/// Loads two thousand elements and a thousand rules, in transactions that a socket of nft can send without the
/// privilege for a large buffer.
fn load_large(ns: &Namespace) {
    nft(
        ns,
        "add table inet large\nadd set inet large s { type ipv4_addr; flags interval; }\nadd chain inet large c",
    );
    for part in 0..10 {
        let numbers = |size: u32| part * size..(part + 1) * size;
        let elements = numbers(200).map(|i| format!("10.{}.{}.0/25", i / 250, i % 250));
        let elements: Vec<_> = elements.collect();
        let rules = numbers(100).map(|i| {
            let (high, low) = (i / 250, i % 250);
            format!("add rule inet large c ip saddr 192.0.{high}.{low} tcp dport {i} accept")
        });
        let rules: Vec<_> = rules.collect();
        let elements = elements.join(", ");
        nft(
            ns,
            &format!(
                "add element inet large s {{ {elements} }}\n{}",
                rules.join("\n")
            ),
        );
    }
}

/// Processor time of a process so far, seconds.
fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<u64> = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|it| it.parse().unwrap())
        .collect();
    fields.iter().sum::<u64>() as f64 / 100.0
}

fn a_large_ruleset_is_loaded_and_flushed_exactly() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&["--family", "nft"]);
    // Of nsenter, which becomes the program.
    let pid = stream.pid();
    let before = cpu(pid);
    load_large(&ns);
    last_change(&ns, &mut stream);
    let loaded = Ruleset::of_lines(&stream.seen);
    assert_eq!(loaded, Ruleset::of_nft(&ns));
    ns.run("nft flush ruleset");
    stream.wait_for("the end", |line| {
        line["kind"] == "nft_table"
            && line["op"] == "delete"
            && line["nft_table"]["name"] == "last_change"
    });
    let is_last = |line: &Value| line["kind"] == "nft_element" && line["origin"] == "inferred";
    let count = |lines: &[Value], kind: &str, op: &str| {
        let of = |line: &&Value| line["kind"] == kind && line["op"] == op;
        lines.iter().filter(of).count()
    };
    while count(&stream.seen, "nft_element", "delete") < count(&stream.seen, "nft_element", "add") {
        stream.wait_for("a deleted element", is_last);
    }
    let used = cpu(pid) - before;
    let (lines, _) = stream.interrupt();
    assert_eq!(Ruleset::of_lines(&lines), Ruleset::default());
    for kind in [
        "nft_rule",
        "nft_element",
        "nft_table",
        "nft_set",
        "nft_chain",
    ] {
        assert_eq!(
            count(&lines, kind, "add"),
            count(&lines, kind, "delete"),
            "{kind}"
        );
    }
    assert_eq!(count(&lines, "nft_rule", "add"), 1000);
    let events = lines.iter().filter(|line| is_nft(line)).count();
    println!(
        "{events} lines, {:.1} µs of CPU each",
        used * 1e6 / events as f64
    );
}

fn a_loss_is_followed_by_an_exact_state() {
    let ns = Namespace::new();
    nft(
        &ns,
        "add table inet t\nadd set inet t s { type ipv4_addr; }\nadd element inet t s { 192.0.2.1, 192.0.2.2 }\nadd chain inet t c\nadd rule inet t c tcp dport 1 accept\nadd rule inet t c tcp dport 2 accept",
    );
    let mut stream = ns.synced(&["--family", "nft", "--rcvbuf", "4K"]);
    stream.signal("STOP");
    load_large(&ns);
    ns.run("nft delete element inet t s { 192.0.2.1 }; nft add rule inet t c tcp dport 3 accept; nft flush chain inet large c");
    stream.signal("CONT");
    let gap = stream.wait("meta", "gap");
    assert_eq!(gap["meta"]["family"], "nftables");
    stream.wait("meta", "resync");
    last_change(&ns, &mut stream);
    let expected = Ruleset::of_nft(&ns);
    let (lines, _) = stream.interrupt();
    let folded = Ruleset::of_lines(&lines);
    assert_eq!(folded.objects, expected.objects);
    assert_eq!(folded.rules, expected.rules);
    assert_eq!(folded.elements, expected.elements);
    // What did not change has no line.
    let resync = lines.iter().filter(|line| line["origin"] == "resync");
    for line in resync {
        assert_ne!(line["op"], "change", "{line}");
    }
}

fn elements_that_packets_add_and_that_expire_are_found() {
    let ns = Namespace::new();
    nft(
        &ns,
        "add table inet t\nadd set inet t d { type ipv4_addr; flags dynamic,timeout; timeout 3s; }\n\
         add chain inet t c { type filter hook output priority 0; }\n\
         add rule inet t c ip daddr 127.0.0.0/8 add @d { ip daddr }",
    );
    let mut stream = ns.synced(&["--family", "nft"]);
    let read_now = |ns: &Namespace| ns.run("ping -c 1 -W 1 127.0.0.9");
    read_now(&ns);
    // It is read every ten seconds, and may have expired by then: packets come until it is found.
    let is_added = |line: &Value| line["op"] == "add" && line["nft_element"]["text"] == "127.0.0.9";
    let mut added = None;
    wait_until("an element that a packet has added", || {
        read_now(&ns);
        added = stream.so_far().iter().find(|line| is_added(line)).cloned();
        added.is_some()
    });
    let added = added.unwrap();
    assert_has(
        &added,
        &json!({"origin": "inferred", "nft_element": {"set": "d", "text": "127.0.0.9"}}),
    );
    // The timeout is that of the set, which kernels before 6.12 repeat in elements that packets add (`nft_dynset_init`; later
    // ones leave it out in `nf_tables_fill_setelem`).
    let timeout = &added["nft_element"]["timeout"];
    assert!(timeout.is_null() || *timeout == 3.0, "{added}");
    // Those of the answers expire as well.
    let is_gone = |line: &Value| {
        line["op"] == "delete" && line["nft_element"]["key"] == added["nft_element"]["key"]
    };
    let gone = stream.wait_for("an element that has expired", is_gone);
    assert_has(&gone, &json!({"origin": "inferred"}));
}

fn rulesets_of_distributions_leave_nothing_unparsed() {
    for name in ["firewalld.nft", "fail2ban.nft", "kube-proxy.nft"] {
        let ns = Namespace::new();
        let mut stream = ns.synced(&["--family", "nft"]);
        ns.run(&format!("nft -f {}", script(name)));
        last_change(&ns, &mut stream);
        let expected = Ruleset::of_nft(&ns);
        let (lines, _) = stream.interrupt();
        assert_all_is_decoded(&lines);
        let folded = Ruleset::of_lines(&lines);
        assert_eq!(
            (folded.objects, folded.rules),
            (expected.objects, expected.rules),
            "{name}"
        );
    }
}

fn rules_of_iptables_leave_nothing_unparsed() {
    for (command, name) in [
        (".", "docker.sh"),
        ("iptables-nft-restore", "docker.rules"),
        ("iptables-nft-restore", "ufw.rules"),
        ("ip6tables-nft-restore", "ufw6.rules"),
    ] {
        let ns = Namespace::new();
        let mut stream = ns.synced(&["--family", "nft", "--with", "by"]);
        ns.run(&format!("{command} {}", script(name)));
        last_change(&ns, &mut stream);
        let (lines, _) = stream.interrupt();
        assert_all_is_decoded(&lines);
        let rules: Vec<_> = lines
            .iter()
            .filter(|line| line["kind"] == "nft_rule")
            .collect();
        assert!(rules.len() > 10, "{name}");
        for rule in rules {
            let comm = rule["by"]["comm"].as_str().unwrap();
            assert!(
                ["iptables-nft", "iptables-nft-re", "ip6tables-nft-r"].contains(&comm),
                "{rule}"
            );
        }
    }
}

fn without_the_capability_start_says_so_and_the_run_goes_on() {
    let ns = Namespace::new();
    ns.run("nft add table inet t");
    let mut command = ns.command("setpriv");
    command.args([
        "--bounding-set",
        "-net_admin",
        "--inh-caps",
        "-net_admin",
        NLSTREAM,
    ]);
    command.args(["--family", "nft", "--kind", "link,nft_table", "--snapshot"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut stream = Stream::of(command.spawn().unwrap());
    let start = stream.seen[0].clone();
    assert_has(
        &start["meta"],
        &json!({"unavailable_families": [{"family": "nftables", "errno": 1}]}),
    );
    stream.wait("meta", "sync");
    let is_loopback = |line: &Value| line["link"]["ifname"] == "lo";
    assert!(
        stream.seen.iter().any(is_loopback)
            || stream.seen.iter().all(|line| line["kind"] == "meta")
    );
    let (_, stderr) = stream.interrupt();
    assert!(stderr.contains("nftables"), "{stderr}");
    assert!(stderr.contains("CAP_NET_ADMIN"), "{stderr}");
}

fn a_deleted_object_has_what_it_was() {
    let ns = Namespace::new();
    nft(
        &ns,
        "add table inet t { comment \"why\"; }\nadd counter inet t n { comment \"count\"; }\n\
         add chain inet t c { type filter hook input priority 5; policy drop; }\n\
         add rule inet t c ip saddr 192.0.2.1 tcp dport 22 accept comment \"admin\"",
    );
    let mut stream = ns.synced(&["--family", "nft"]);
    ns.run("nft delete table inet t");
    let rule = stream.wait("nft_rule", "delete");
    let expr = &rule["nft_rule"]["expr"];
    assert_has(
        &rule["nft_rule"],
        &json!({"family": "inet", "table": "t", "chain": "c", "comment": "admin"}),
    );
    assert_has(&expr[0], &json!({"meta": {"key": "nfproto"}}));
    let texts: Vec<_> = expr
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["cmp"]["text"].as_str())
        .collect();
    assert_eq!(texts, ["ip", "192.0.2.1", "tcp", "22"]);
    assert_eq!(
        expr.as_array().unwrap().last().unwrap(),
        &json!({"accept": true})
    );
    let (lines, _) = {
        stream.wait("nft_table", "delete");
        stream.interrupt()
    };
    let deleted = |kind: &str| {
        let mut lines = lines.iter();
        let line = lines.find(|line| line["kind"] == kind && line["op"] == "delete");
        line.unwrap_or_else(|| panic!("no deletion of {kind}"))[kind].clone()
    };
    assert_has(
        &deleted("nft_chain"),
        &json!({"name": "c", "hook": "input", "prio": 5, "policy": "drop"}),
    );
    assert_has(
        &deleted("nft_object"),
        &json!({"name": "n", "type": "counter", "comment": "count"}),
    );
    assert_has(
        &deleted("nft_table"),
        &json!({"name": "t", "comment": "why"}),
    );
}

fn packets_are_traced_only_by_name() {
    let ns = Namespace::new();
    nft(
        &ns,
        "add table inet t\nadd chain inet t c { type filter hook output priority 0; }\n\
         add rule inet t c ip protocol icmp meta nftrace set 1 accept",
    );
    let mut plain = ns.synced(&["--family", "nft*"]);
    let mut stream = ns.stream(&["--family", "nft_trace"]);
    ns.run("ping -c 1 -W 1 127.0.0.1");
    let line = stream.wait("nft_trace", "notify");
    assert_has(
        &line,
        &json!({"nl": {"type": "NFT_MSG_TRACE", "family": "nft_trace"}, "nft_trace": {"family": "inet", "table": "t", "chain": "c", "type": "rule"}}),
    );
    assert_all_is_decoded(std::slice::from_ref(&line));
    last_change(&ns, &mut plain);
    let (lines, _) = plain.interrupt();
    assert!(lines.iter().all(|line| line["kind"] != "nft_trace"));
    let groups = lines[0]["meta"]["groups"].as_array().unwrap();
    assert!(groups.contains(&json!("netfilter/NFTABLES")));
    assert!(!groups.contains(&json!("netfilter/NFTRACE")));
}
