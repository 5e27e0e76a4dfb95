//! IPsec, and the process that keeps CAP_NET_ADMIN: `ip xfrm` judges the lines and what they are folded to.

use serde_json::{Value, json};

use crate::common::{NLSTREAM, lines, wait_until};
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    without_cap_net_admin_a_family_is_unavailable_and_the_run_goes_on(Namespace, Xfrm, Program("setpriv")),
    the_broker_alone_keeps_cap_net_admin(Namespace, Xfrm),
    as_another_user_the_capability_makes_the_difference(Users, Xfrm),
    a_run_goes_on_without_its_broker(Namespace, Xfrm),
    policies_are_those_of_ip(Namespace, Xfrm),
    events_of_policies_are_those_of_ip_monitor(Namespace, Xfrm),
    states_are_those_of_ip(Namespace, GuestEsp),
    keys_are_neither_in_lines_nor_in_recordings(Namespace, GuestEsp),
}

const POLICY: &str = "ip xfrm policy add src 192.0.2.0/24 dst 198.51.100.0/24 dir in \
                      tmpl src 203.0.113.1 dst 203.0.113.2 proto esp mode tunnel";

fn start(stream: &Stream) -> &Value {
    &stream.seen[0]["meta"]
}

fn without_cap_net_admin_a_family_is_unavailable_and_the_run_goes_on() {
    let ns = Namespace::new();
    for options in [
        "--family xfrm",
        "--kind xfrm_policy,xfrm_state",
        "--family all",
    ] {
        let script = format!(
            "setpriv --bounding-set=-net_admin --inh-caps=-net_admin {NLSTREAM} {options} --snapshot --for 300ms"
        );
        let text = ns.run(&format!("{script} 2>/dev/null"));
        let lines = lines(text.as_bytes());
        let unavailable = lines[0]["meta"]["unavailable_families"].as_array().unwrap();
        let expected =
            json!({"family": "xfrm", "errno": 1, "error": "Operation not permitted (os error 1)"});
        assert!(
            unavailable.contains(&expected),
            "{options}: {unavailable:?}"
        );
        let groups = lines[0]["meta"]["refused_groups"].to_string();
        assert!(!groups.contains("xfrm/"), "{options}: {groups}");
        let ops: Vec<_> = lines
            .iter()
            .map(|line| line["op"].as_str().unwrap())
            .collect();
        assert!(
            ops.contains(&"sync") && ops.last() == Some(&"stop"),
            "{options}: {ops:?}"
        );
        let stderr = ns.run(&format!("{script} 2>&1 >/dev/null"));
        let about: Vec<_> = stderr
            .lines()
            .filter(|line| line.contains("xfrm"))
            .collect();
        assert_eq!(about.len(), 1, "{options}: {stderr}");
        assert!(about[0].contains("CAP_NET_ADMIN"), "{stderr}");
    }
}

/// The processes that a process has started.
fn children(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = std::fs::read_to_string(path).unwrap();
    let words = text.split_ascii_whitespace();
    words.map(|word| word.parse().unwrap()).collect()
}

/// A field of proc_pid_status(5).
pub(crate) fn status(pid: u32, field: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    value.unwrap().trim().to_owned()
}

const NET_ADMIN: &str = "0000000000001000";
const NONE: &str = "0000000000000000";

fn the_broker_alone_keeps_cap_net_admin() {
    let ns = Namespace::new();
    ns.run(POLICY);
    // Without such a family there is no broker.
    let stream = ns.synced(&["--family", "inet"]);
    assert!(children(stream.pid()).is_empty());
    stream.interrupt();
    let mut stream = ns.stream(&["--snapshot", "--family", "xfrm", "--audit", "1s"]);
    assert_eq!(start(&stream).get("unavailable_families"), None);
    let line = stream.wait("xfrm_policy", "present");
    assert_eq!(line["xfrm_policy"]["selector"]["src"], "192.0.2.0/24");
    stream.wait("meta", "sync");
    let main = stream.pid();
    let [broker] = children(main)[..] else {
        panic!("{:?}", children(main));
    };
    for (pid, capabilities) in [(main, NONE), (broker, NET_ADMIN)] {
        for set in ["CapPrm", "CapEff"] {
            assert_eq!(status(pid, set), capabilities, "{set} of {pid}");
        }
        assert_eq!(status(pid, "CapInh"), NONE);
        assert_eq!(status(pid, "NoNewPrivs"), "1");
        assert_eq!(status(pid, "Seccomp"), "2");
    }
    assert_eq!(status(broker, "Threads"), "1");
    // The dump socket, the channel, and stderr.
    let fds = std::fs::read_dir(format!("/proc/{broker}/fd"))
        .unwrap()
        .count();
    assert_eq!(fds, 3);
    // Signals of a terminal or a service manager do not end it before the run.
    for signal in ["-INT", "-TERM", "-HUP"] {
        ns.run(&format!("kill {signal} {broker}"));
    }
    // What has no message is found by a dump, which the broker requests.
    ns.run("ip xfrm policy delete src 192.0.2.0/24 dst 198.51.100.0/24 dir in");
    stream.wait("xfrm_policy", "delete");
    assert_eq!(children(main), [broker]);
    stream.interrupt();
    let folder = format!("/proc/{broker}/fd");
    wait_until("the broker has ended", || {
        !std::path::Path::new(&folder).exists()
    });
}

/// As root, as another user with the capability, and as one without.
fn as_another_user_the_capability_makes_the_difference() {
    let ns = Namespace::with_users();
    ns.run(POLICY);
    let user = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    let options = "--snapshot --exit --family xfrm -k xfrm_policy";
    let run = |command: &str| {
        let script = format!(
            "cp {NLSTREAM} /tmp/nlstream-xfrm-$$; chmod 755 /tmp/nlstream-xfrm-$$; trap 'rm /tmp/nlstream-xfrm-$$' EXIT; {command} /tmp/nlstream-xfrm-$$ {options} 2>/dev/null"
        );
        let lines = lines(ns.run(&script).as_bytes());
        let policies = lines.iter().filter(|it| it["kind"] == "xfrm_policy");
        let unavailable = lines[0]["meta"]["unavailable_families"][0]["errno"].clone();
        (policies.count(), unavailable)
    };
    assert_eq!(run(""), (1, Value::Null));
    let capable = format!("{user} --inh-caps=+net_admin --ambient-caps=+net_admin");
    assert_eq!(run(&capable), (1, Value::Null));
    assert_eq!(run(user), (0, json!(1)));
}

fn a_run_goes_on_without_its_broker() {
    let ns = Namespace::new();
    ns.run(POLICY);
    let mut stream = ns.synced(&["--family", "xfrm", "--audit", "1s"]);
    let [broker] = children(stream.pid())[..] else {
        panic!("no broker");
    };
    ns.run(&format!("kill -KILL {broker}"));
    ns.run("ip xfrm policy delete src 192.0.2.0/24 dst 198.51.100.0/24 dir in");
    stream.wait("xfrm_policy", "delete");
    // At least one audit later.
    ns.run("sleep 1.5");
    ns.run(POLICY);
    stream.wait("xfrm_policy", "add");
    let (_, stderr) = stream.interrupt();
    assert!(
        stderr.contains("cannot dump all objects of kind xfrm_policy"),
        "{stderr}"
    );
}

/// A field of an object, empty if it is absent.
fn text(object: &Value, field: &str) -> String {
    match &object[field] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `WORD VALUE `, or nothing.
fn word(name: &str, value: &str) -> String {
    match value {
        "" => String::new(),
        value => format!("{name} {value} "),
    }
}

/// A policy as `ip xfrm policy` writes it, with one blank between words.
fn policy_as_ip(policy: &Value) -> String {
    let selector = &policy["selector"];
    let mut all = format!(
        "src {} dst {} ",
        text(selector, "src"),
        text(selector, "dst")
    );
    for name in ["proto", "sport", "dport"] {
        all += &word(name, &text(selector, name));
    }
    all += &word("dir", &text(policy, "dir"));
    if policy["action"] == "block" {
        all += "action block ";
    }
    all += &word("priority", &text(policy, "priority"));
    all += &word("ptype", &text(policy, "ptype"));
    if let Some(mark) = policy["mark"].as_str() {
        all += &format!("mark {mark}/{} ", text(policy, "mark_mask"));
    }
    for tmpl in policy["tmpl"].as_array().into_iter().flatten() {
        all += &format!("tmpl src {} dst {} ", text(tmpl, "src"), text(tmpl, "dst"));
        for name in ["proto", "spi", "reqid", "mode"] {
            all += &word(name, &text(tmpl, name));
        }
    }
    all.trim_end().to_owned()
}

/// The objects in the output of `ip xfrm`: each begins in the first column.
fn blocks(output: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in output.lines() {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match (line.starts_with('\t'), all.last_mut()) {
            (true, Some(last)) => *last += &format!(" {words}"),
            _ => all.push(words),
        }
    }
    all
}

/// Writes the lines of a run, waits until they are quiet, and returns the objects to which they fold.
fn folded(stream: Stream, kind: &str) -> Vec<Value> {
    let (lines, stderr) = stream.interrupt();
    assert!(
        lines.iter().all(|line| line.get("unparsed").is_none()),
        "{stderr}"
    );
    let mut objects: Vec<(Value, Value)> = Vec::new();
    for line in lines.iter().filter(|line| line["kind"] == kind) {
        let object = &line[kind];
        let key = match kind {
            "xfrm_policy" => object["index"].clone(),
            _ => json!([
                object["src"],
                object["dst"],
                object["proto"],
                object["spi"],
                object["reqid"],
                object["mark"]
            ]),
        };
        objects.retain(|(it, _)| *it != key);
        if line["op"] != "delete" {
            objects.push((key, object.clone()));
        }
    }
    objects.into_iter().map(|(_, object)| object).collect()
}

fn policies_are_those_of_ip() {
    let ns = Namespace::new();
    ns.run(POLICY);
    let mut stream = ns.synced(&["--family", "xfrm"]);
    let policy = |i: u32| {
        format!(
            "src 10.0.{i}.0/24 dst 10.1.0.0/24 proto tcp dport {} dir {}",
            80 + i,
            ["in", "out", "fwd"][i as usize % 3]
        )
    };
    let mut batch = String::new();
    for i in 0..120 {
        let tmpl = format!("tmpl src 203.0.113.1 dst 203.0.113.2 proto ah reqid {i} mode tunnel");
        batch += &format!("xfrm policy add {} priority {i} {tmpl}\n", policy(i));
        match i % 5 {
            0 => {
                batch += &format!(
                    "xfrm policy update {} priority {i} mark {i} mask 0xff {tmpl}\n",
                    policy(i)
                )
            }
            1 => batch += &format!("xfrm policy delete {}\n", policy(i)),
            2 => {
                batch += &format!(
                    "xfrm policy update {} priority {} action block\n",
                    policy(i),
                    i + 1
                )
            }
            _ => {}
        }
        if i == 60 {
            batch += "xfrm policy flush\n";
        }
    }
    batch +=
        "xfrm policy add src 192.0.2.9 dst 192.0.2.10 dir out action block limit time-hard 1\n";
    batch += "xfrm policy add src 192.0.2.11 dst 192.0.2.12 dir out action block\n";
    ns.run(&format!("ip -batch - <<'END'\n{batch}END\n"));
    stream.wait_for("the hard expiry", |line| {
        line["xfrm_policy"]["expired"] == "hard"
    });
    let mut expected = blocks(&ns.run("ip xfrm policy"));
    let mut found: Vec<_> = folded(stream, "xfrm_policy")
        .iter()
        .map(policy_as_ip)
        .collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert!(expected.len() > 40, "{expected:?}");
    assert_eq!(found, expected);
}

fn events_of_policies_are_those_of_ip_monitor() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&["--family", "xfrm"]);
    let output = ns.run(&format!(
        "f=$(mktemp); trap 'rm $f' EXIT; stdbuf -oL ip xfrm monitor policy expire >$f & pid=$!
         i=0; until [ -s $f ]; do ip xfrm policy add src 192.0.2.1 dst 192.0.2.2 dir in action block; ip xfrm policy delete src 192.0.2.1 dst 192.0.2.2 dir in; sleep 0.05; done
         {POLICY}
         ip xfrm policy update src 192.0.2.0/24 dst 198.51.100.0/24 dir in action block
         ip xfrm policy add src 10.0.0.0/8 dst 10.1.0.0/16 dir fwd action block limit time-soft 1 limit time-hard 2
         until grep -q 'Expired src 10.0.0.0/8.*' $f && ! ip xfrm policy | grep -q 10.0.0.0/8; do sleep 0.05; done
         ip xfrm policy delete src 192.0.2.0/24 dst 198.51.100.0/24 dir in
         # The kernel says nothing of a flush that deletes nothing.
         ip xfrm policy add src 192.0.2.1 dst 192.0.2.2 dir in action block
         ip xfrm policy flush
         until grep -q Flushed $f; do sleep 0.05; done
         kill $pid; cat $f"
    ));
    let is_ours = |block: &String| !block.contains("192.0.2.1/32");
    let of_ip = blocks(&output);
    let heads = of_ip.iter().filter(|it| is_ours(it));
    let heads = heads.map(|it| {
        let words: Vec<_> = it.split(' ').collect();
        match words[0] {
            "src" => format!("new {} {}", words[1], words[3]),
            verb @ ("Updated" | "Deleted" | "Expired") => {
                format!("{} {} {}", verb.to_lowercase(), words[2], words[4])
            }
            _ => "flushed".to_owned(),
        }
    });
    let heads: Vec<_> = heads.collect();
    stream.wait_for("the flush", |line| line["xfrm_event"]["event"] == "flush");
    let own = stream.seen.iter().filter(|it| it["origin"] == "kernel");
    let own = own.map(|line| {
        let of = |selector: &Value| format!("{} {}", text(selector, "src"), text(selector, "dst"));
        let policy = &line["xfrm_policy"];
        match (
            line["nl"]["type"].as_str().unwrap(),
            line["op"].as_str().unwrap(),
        ) {
            ("XFRM_MSG_NEWPOLICY", "add") => format!("new {}", of(&policy["selector"])),
            ("XFRM_MSG_UPDPOLICY", "change") => format!("updated {}", of(&policy["selector"])),
            ("XFRM_MSG_DELPOLICY", "delete") => format!("deleted {}", of(&policy["selector"])),
            ("XFRM_MSG_POLEXPIRE", "delete") => format!("expired {}", of(&policy["selector"])),
            ("XFRM_MSG_POLEXPIRE", "notify") => {
                format!("expired {}", of(&line["xfrm_event"]["policy"]["selector"]))
            }
            ("XFRM_MSG_FLUSHPOLICY", "notify") => "flushed".to_owned(),
            other => panic!("{other:?}"),
        }
    });
    let own: Vec<_> = own.filter(|it| !it.contains("192.0.2.1/32")).collect();
    assert_eq!(own, heads);
    assert_eq!(own.len(), 7, "{own:?}");
    stream.interrupt();
}

/// A state as the first lines of `ip xfrm state`.
fn state_as_ip(state: &Value) -> String {
    let mut all = format!("src {} dst {} ", text(state, "src"), text(state, "dst"));
    for name in ["proto", "spi", "reqid", "mode"] {
        all += &word(name, &text(state, name));
    }
    all += &word("replay-window", &text(state, "replay_window"));
    for (name, field) in [
        ("auth-trunc", "auth"),
        ("enc", "enc"),
        ("aead", "aead"),
        ("comp", "comp"),
    ] {
        all += &word(name, &text(&state[field], "name"));
    }
    all.trim_end().to_owned()
}

fn states_are_those_of_ip() {
    let ns = Namespace::new();
    let key = "0x00112233445566778899aabbccddeeff";
    let esp = format!("enc 'cbc(aes)' {key} auth 'hmac(sha1)' {key}01020304");
    let esp = esp.replace('\'', "");
    ns.run("ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto comp spi 9 comp deflate");
    let mut stream = ns.synced(&["--family", "xfrm"]);
    let mut batch = String::new();
    for i in 1..40 {
        let id = format!("src 192.0.2.1 dst 192.0.2.2 proto esp spi {}", 0x100 + i);
        batch += &format!("xfrm state add {id} reqid {i} mode tunnel replay-window 32 {esp}\n");
        match i % 4 {
            0 => {
                batch += &format!(
                    "xfrm state update {id} reqid {i} mode tunnel replay-window 32 {esp} limit byte-soft 1000\n"
                )
            }
            1 => batch += &format!("xfrm state delete {id}\n"),
            _ => {}
        }
        if i == 20 {
            batch += "xfrm state flush proto esp\n";
        }
    }
    batch += &format!(
        "xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x999 mode transport {esp} limit time-hard 1\n"
    );
    ns.run(&format!("ip -batch - <<'END'\n{batch}END\n"));
    stream.wait_for("the hard expiry", |line| {
        line["xfrm_state"]["expired"] == "hard"
    });
    let output = ns.run("ip xfrm state");
    // Without keys, and the lengths after them.
    let of_ip = |block: String| {
        let words: Vec<_> = block.split(' ').collect();
        let mut all = Vec::new();
        for (at, word) in words.iter().enumerate() {
            match *word {
                "src" | "dst" | "proto" | "spi" | "reqid" | "mode" | "replay-window"
                | "auth-trunc" | "enc" | "aead" | "comp"
                    if words[at.saturating_sub(1)] != "proto" =>
                {
                    all.extend([*word, words[at + 1]]);
                }
                "sel" | "anti-replay" => break,
                _ => {}
            }
        }
        all.join(" ")
    };
    let mut expected: Vec<_> = blocks(&output).into_iter().map(of_ip).collect();
    let mut found: Vec<_> = folded(stream, "xfrm_state")
        .iter()
        .map(state_as_ip)
        .collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert!(expected.len() > 10, "{expected:?}");
    assert_eq!(found, expected);
}

fn keys_are_neither_in_lines_nor_in_recordings() {
    let ns = Namespace::new();
    let add = |spi: u32| {
        format!(
            "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi {spi} mode tunnel \
                 enc 'cbc(aes)' 0xd1d2d3d4d5d6d7d8d9dadbdcdddedfd0 auth 'hmac(sha1)' 0xe1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4"
        )
    };
    // One is in a dump, and one in an event.
    ns.run(&add(1));
    let folder = std::env::temp_dir().join(format!("nlstream-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (secrets, is_there) in [("raw", false), ("raw,secrets", true)] {
        let recording = folder.join(secrets);
        let mut stream = ns.synced(&[
            "--family",
            "xfrm",
            "--with",
            secrets,
            "--record",
            recording.to_str().unwrap(),
        ]);
        ns.run(&add(2));
        stream.wait("xfrm_state", "add");
        let (lines, _) = stream.interrupt();
        let text = lines.iter().map(Value::to_string).collect::<String>();
        let bytes = std::fs::read(&recording).unwrap();
        for (hex, part) in [
            ("d1d2d3d4", [0xd1, 0xd2, 0xd3, 0xd4]),
            ("e1e2e3e4", [0xe1, 0xe2, 0xe3, 0xe4]),
        ] {
            assert_eq!(text.contains(hex), is_there, "{secrets}: {hex}");
            let found = bytes.windows(4).filter(|it| *it == part).count();
            assert_eq!(found >= 2, is_there, "{secrets}: {found} times");
        }
        let header = String::from_utf8_lossy(&bytes).contains("\"redacted\":true");
        assert_eq!(header, !is_there);
        ns.run("ip xfrm state delete src 192.0.2.1 dst 192.0.2.2 proto esp spi 2");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
