//! The filters: what they select of recordings and states, and what wrong values are told.

use std::fs::File;
use std::process::Stdio;

use nlstream::capture::Reader;
use serde_json::{Value, json};

use crate::common::filters::CASES;
use crate::common::{NLSTREAM, fixtures, lines, nlstream};

fn captures() -> Vec<String> {
    let captures = fixtures()
        .into_iter()
        .map(|folder| folder.join("capture.pcapng"));
    // A run that was limited to some kinds has the kinds of another filter in its replay, which are more.
    let captures = captures.filter(|path| {
        let Ok(file) = File::open(path) else {
            return false;
        };
        let reader = Reader::new(file, path.display().to_string()).unwrap();
        reader.header().unwrap().start.settings.kinds.is_none()
    });
    captures
        .map(|path| path.to_str().unwrap().to_owned())
        .collect()
}

/// The lines of a replay of every fixture.
fn replay(args: &[&str]) -> Vec<Value> {
    let captures = captures();
    let mut all = vec!["replay", "--run", "00000000"];
    all.extend(args);
    all.extend(captures.iter().map(String::as_str));
    let output = nlstream(&all);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {text}");
    lines(&output.stdout)
}

/// The events without their run, their number, and their time: an event that was withheld for the name
/// of a device is not earlier than the line before it, which a filter may leave out.
fn events(lines: Vec<Value>) -> Vec<Value> {
    let events = lines.into_iter().filter(|line| line["kind"] != "meta");
    let unnumbered = |mut line: Value| {
        for member in ["seq", "run", "time"] {
            line[member] = Value::Null;
        }
        line
    };
    events.map(unnumbered).collect()
}

#[test]
fn every_filter_selects_what_its_judge_does_in_a_replay() {
    let all = events(replay(&[]));
    for (args, judge) in CASES {
        let expected: Vec<_> = all.iter().filter(|line| judge.selects(line)).collect();
        let found = events(replay(args));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(&found, expected, "{args:?}");
        }
        assert_eq!(found.len(), expected.len(), "{args:?}");
        let is_total = args.contains(&"--skip-unchanged=false");
        assert!(!found.is_empty(), "{args:?} selects nothing");
        assert!(
            is_total || found.len() < all.len(),
            "{args:?} rejects nothing"
        );
    }
}

#[test]
fn no_meta_leaves_out_meta_and_no_number() {
    let found = replay(&["--no-meta", "-k", "route"]);
    assert!(found.len() > 50 && found.iter().all(|line| line["kind"] == "route"));
    for pair in found.windows(2) {
        let (before, after) = (pair[0]["seq"].as_u64(), pair[1]["seq"].as_u64().unwrap());
        assert!(
            after == 0 || Some(after - 1) == before,
            "{} {}",
            pair[0],
            pair[1]
        );
    }
    assert!(
        replay(&["--no-meta=false"])
            .iter()
            .any(|line| line["kind"] == "meta")
    );
}

#[test]
fn settings_contain_the_filters_and_the_kinds_that_can_pass() {
    let capture = captures().remove(0);
    let start = |args: &[&str]| {
        let output = nlstream(&[&["replay"], args, &[&*capture]].concat());
        lines(&output.stdout)[0]["meta"]["settings"].clone()
    };
    let settings = start(&["--table", "main,!77", "--op", "add", "--skip-unchanged"]);
    assert_eq!(
        settings["filters"],
        json!({"table": ["main", "!77"], "op": ["add"], "skip-unchanged": ["true"]})
    );
    assert_eq!(
        settings["kinds"],
        json!(["route", "rule", "mroute", "cachereport"])
    );
    let settings = start(&["--table", "!77", "--origin", "kernel"]);
    assert_eq!(settings["kinds"], Value::Null);
    let settings = start(&["-k", "link,route,neigh", "--changed", "mtu,lladdr"]);
    assert_eq!(settings["kinds"], json!(["link", "neigh"]));
    assert_eq!(start(&["--dev", ""])["filters"], Value::Null);
}

/// Lines of a run with these options, in a file whose fold is asked for.
fn state(written: &[Value], args: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let text: String = written.iter().map(|line| format!("{line}\n")).collect();
    let mut command = std::process::Command::new(NLSTREAM);
    command.arg("state").args(args).arg("-");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // A program that rejects its options reads nothing.
        let _ = std::io::Write::write_all(&mut stdin, text.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), lines(&output.stdout), stderr)
}

fn without_envelope(lines: Vec<Value>) -> Vec<Value> {
    let payload = |line: Value| json!([line["kind"], line[line["kind"].as_str().unwrap()]]);
    lines.into_iter().map(payload).collect()
}

/// Recordings with objects of many kinds.
const RECORDINGS: &[&str] = &[
    "address-anycast",
    "bridge-mdb-snapshot",
    "bridge-mst",
    "link-rename",
    "link-tunnels",
    "link-veth-snapshot",
    "link-vrf",
    "nexthop-bucket",
    "prefix-ra",
    "route-encap-mpls",
    "route-v4-silent",
    "rule-l3mdev",
];

/// The lines of a recording.
fn recording(fixture: &str, args: &[&str]) -> Vec<Value> {
    let capture = crate::common::root()
        .join("fixtures")
        .join(fixture)
        .join("capture.pcapng");
    let capture = capture.to_str().unwrap();
    let output = nlstream(&[&["replay", "--run", "00000000"], args, &[capture]].concat());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{fixture} {args:?}: {text}");
    lines(&output.stdout)
}

#[test]
fn state_takes_the_filters_on_objects_and_those_of_the_run() {
    for fixture in RECORDINGS {
        let all = recording(fixture, &[]);
        let (status, whole, text) = state(&all, &["--partial"]);
        assert_eq!(status, Some(0), "{text}");
        assert!(!whole.is_empty(), "{fixture}");
        for (args, judge) in CASES {
            let of_judge = |line: &&Value| judge.selects_state(line);
            if !judge.is_of_objects() {
                continue;
            }
            let expected = without_envelope(whole.iter().filter(of_judge).cloned().collect());
            let (status, found, text) = state(&all, &[&["--partial"], *args].concat());
            assert_eq!(status, Some(0), "{fixture} {args:?}: {text}");
            assert_eq!(
                without_envelope(found),
                expected,
                "{fixture}: state {args:?}"
            );
            // The fold of what a run with the filter wrote is the same, without any option.
            let written = recording(fixture, args);
            let (status, found, text) = state(&written, &["--partial"]);
            assert_eq!(status, Some(0), "{fixture} {args:?}: {text}");
            assert_eq!(without_envelope(found), expected, "{fixture}: run {args:?}");
            assert!(text.contains(args[0]), "{args:?}: {text}");
        }
    }
}

#[test]
fn state_of_lines_that_hide_changes_is_incomplete() {
    let snapshot = "link-veth-snapshot";
    for (args, reason) in [
        (&["--op", "add"][..], "(its options --op)"),
        (
            &["--origin", "!kernel", "--changed", "mtu"],
            "(its options --origin, --changed)",
        ),
        (&["--no-meta"], "--no-meta"),
    ] {
        let written = recording(snapshot, args);
        let (status, _, text) = state(&written, &[]);
        assert_eq!(status, Some(1), "{args:?}: {text}");
        assert!(text.contains(reason), "{args:?}: {text}");
    }
    let (_, expected, _) = state(&recording(snapshot, &[]), &["--partial"]);
    for args in [
        &["--skip-unchanged"][..],
        &["--op", "!notify"],
        &["--op", "add,change,delete,present"],
    ] {
        let written = recording(snapshot, args);
        let (status, found, text) = state(&written, &["--partial"]);
        assert!(
            status == Some(0) && !text.contains("left out"),
            "{args:?}: {text}"
        );
        assert_eq!(found.len(), expected.len(), "{args:?}");
    }
    // A state has objects and no events.
    for option in ["--op", "--origin", "--changed", "--skip-unchanged"] {
        let (status, _, text) = state(&[], &[option, "add"]);
        assert_eq!(status, Some(2), "{option}: {text}");
    }
}

/// Unknown tables of the lines' machine are known; others are not.
#[test]
fn state_knows_the_tables_of_the_lines() {
    let mut written = recording("link-veth-snapshot", &[]);
    for line in &mut written {
        if line["route"]["table"] == "main" {
            line["route"]["table"] = json!("blue");
        }
    }
    let (status, found, text) = state(&written, &["--partial", "--table", "blue"]);
    assert!(status == Some(0) && !found.is_empty(), "{text}");
    let (status, _, text) = state(&written, &["--partial", "--table", "blu"]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("unknown routing table `blu`"), "{text}");
}

/// An event has to be told to a reader that has seen the object, even if it passes no more.
#[test]
fn object_that_leaves_the_selection_has_a_last_line() {
    let capture = fixtures()
        .into_iter()
        .find(|path| path.ends_with("link-rename"))
        .unwrap();
    let capture = capture.join("capture.pcapng");
    let capture = capture.to_str().unwrap();
    let output = nlstream(&["replay", "-k", "link", capture]);
    let all = lines(&output.stdout);
    let renamed = all
        .iter()
        .find(|line| !line["old"]["ifname"].is_null())
        .unwrap();
    for name in [&renamed["old"]["ifname"], &renamed["ifname"]] {
        let output = nlstream(&["replay", "--dev", name.as_str().unwrap(), capture]);
        let found = lines(&output.stdout);
        let is_rename = |line: &&Value| line["old"]["ifname"] == renamed["old"]["ifname"];
        assert_eq!(found.iter().filter(is_rename).count(), 1, "{name}");
    }
}

#[test]
fn wrong_values_are_told_where_they_are_and_what_is_valid() {
    for (args, expected) in [
        (
            &["--op", "added"][..],
            "unknown operation `added`; did you mean `add`? [valid: add, change, delete, present, notify], at character 1 of `added`",
        ),
        (
            &["--op", "add,!remove"],
            "unknown operation `remove`; did you mean `delete`?",
        ),
        (&["--op", "!"], "a value is missing, at character 2 of `!`"),
        (&["--op", "sync"], "unknown operation `sync`"),
        (
            &["--dev", "eth[0"],
            "`[` without the `]` of its set of characters, at character 4 of `eth[0`",
        ),
        (&["--dev", "ok,!br[!"], "at character 4 of `!br[!`"),
        (
            &["--family", "ipv4"],
            "unknown address family `ipv4`; did you mean `inet`?",
        ),
        (&["--family", "!inet5"], "did you mean `inet"),
        (
            &["--family", "99999999999"],
            "`99999999999` is no address family: its number has at most 32 bits",
        ),
        (
            &["--prefix", "10.0.0.0/33"],
            "`33` is no prefix length: 0 to 32 bits, at character 10 of `10.0.0.0/33`",
        ),
        (
            &["--prefix", "2001:db8::/129"],
            "0 to 128 bits, at character 12",
        ),
        (&["--prefix", "10.0.0.0/+8"], "`+8` is no prefix length"),
        (
            &["--prefix", "10/8"],
            "`10` is no complete IPv4 address; did you mean `10.0.0.0`?, at character 1 of `10/8`",
        ),
        (
            &["--prefix", "within:10.1.0.0/8"],
            "the address has bits beyond the prefix length 8; did you mean `10.0.0.0/8`?, at character 8 of `within:10.1.0.0/8`",
        ),
        (
            &["--prefix", "inside:10.0.0.0/8"],
            "unknown relation `inside`",
        ),
        (
            &["--prefix", "!covr:10.0.0.1"],
            "unknown relation `covr`; did you mean `covers`? [valid: within, covers], at character 2 of `!covr:10.0.0.1`",
        ),
        (
            &["--prefix", "covers:"],
            "an address or a prefix is missing",
        ),
        (
            &["--prefix", "gateway"],
            "`gateway` is no IPv4 or IPv6 address, at character 1",
        ),
        (
            &["--prefix", "192.0.2.256"],
            "`192.0.2.256` is no IPv4 or IPv6 address",
        ),
        (
            &["--table", "man"],
            "--table: unknown routing table `man`; did you mean `main`?",
        ),
        (&["--table", "4294967296"], "has at most 32 bits"),
        (
            &["--protocol", "statik"],
            "--protocol: unknown protocol `statik`; did you mean `static`?",
        ),
        (
            &["--type", "vxln"],
            "unknown type `vxln`; did you mean `vxlan`?; with a wildcard any name is accepted",
        ),
        (&["--type", "ethernet"], "did you mean `ether`?"),
        (
            &["--state", "faild"],
            "unknown state `faild`; did you mean `FAILED`?",
        ),
        (
            &["--origin", "kernal"],
            "unknown origin `kernal`; did you mean `kernel`?",
        ),
        (
            &["--changed", "opersate"],
            "unknown field `opersate`; did you mean `operstate`?",
        ),
        (&["--changed", "link.mtu"], "unknown field `link.mtu`"),
        (&["--skip-unchanged=maybe"], "unknown value `maybe`"),
        (&["--no-meta=0"], "unknown value `0`"),
        (
            &["--table", "main", "--changed", "lladdr"],
            "no event can pass",
        ),
        (
            &["-k", "link", "--table", "main"],
            "no kind of --kind has what --table compares",
        ),
        (
            &["-k", "neigh", "--changed", "mtu"],
            "no kind of --kind has what --changed compares",
        ),
    ] {
        let capture = captures().remove(0);
        let output = nlstream(&[&["replay"], args, &[&*capture]].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(expected), "{args:?}: {text}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn filters_of_a_recording_that_are_unknown_or_wrong_are_errors() {
    let file = std::env::temp_dir().join(format!("nlstream-filters-{}.pcapng", std::process::id()));
    let file = file.to_str().unwrap();
    let capture = captures().remove(0);
    let record = |args: &[&str], from: &str| {
        let output = nlstream(&[&["replay", "--force", "--record", file], args, &[from]].concat());
        (output.status.code(), lines(&output.stdout))
    };
    // The recorded filters apply to a replay that has none.
    let (status, recorded) = record(&["--op", "delete,present", "--dev", "!lo"], &capture);
    assert_eq!(status, Some(0));
    let replayed = nlstream(&["replay", file]);
    let replayed = lines(&replayed.stdout);
    assert_eq!(
        replayed[0]["meta"]["settings"],
        recorded[0]["meta"]["settings"]
    );
    assert_eq!(events(replayed), events(recorded));
    // An empty value removes one of them.
    let replayed = lines(&nlstream(&["replay", "--op", "", file]).stdout);
    assert_eq!(
        replayed[0]["meta"]["settings"]["filters"],
        json!({"dev": ["!lo"]})
    );
    std::fs::remove_file(file).unwrap();
}

/// Expressions on which jq is asked, too.
const EXPRESSIONS: &[&str] = &[
    r#".kind == "link" and .link.mtu > 1400"#,
    r#".kind == "route" and (.route.metric // 0) < 100"#,
    r#".route.metric < 100"#,
    r#"(.kind == "neigh" or .kind == "address") and .op != "delete""#,
    r#"select(.ifname | strings | test("^v[0-9]+$"))"#,
    r#".changed and (.changed | length) > 1"#,
    r#"[.. | objects | select(has("ifindex"))] | length > 2"#,
    r#".link.flags // [] | any(. == "UP") and all(. != "LOOPBACK")"#,
    r#".old | (. != null) and (keys | contains(["flags"]))"#,
    r#".nl.type | IN("RTM_NEWROUTE", "RTM_DELROUTE")"#,
    r#"(.ifindex | tostring | length) == 1, false"#,
    r#".route.nexthops | arrays | map(.weight // 1) | add >= 2"#,
    r#"if .kind == "route" then .route.table != "main" else .kind == "rule" end"#,
    r#".address | objects | "\(.local)/\(.prefixlen)" | endswith("/24")"#,
    r#".time[0:4] == "2026""#,
];

#[test]
fn an_expression_selects_what_it_selects_in_jq() {
    if !crate::common::has_optional("jq") {
        return;
    }
    let all = replay(&[]);
    let is_event = |line: &&Value| line["kind"] != "meta";
    let all: Vec<_> = all.iter().filter(is_event).cloned().collect();
    // jq writes large numbers in another way, so it tells the places of the lines.
    let numbered = all.iter().enumerate();
    let input: String = numbered
        .map(|(at, line)| format!("[{at},{line}]\n"))
        .collect();
    let file = std::env::temp_dir().join(format!("nlstream-where-{}.ndjson", std::process::id()));
    std::fs::write(&file, input).unwrap();
    let all = events(all);
    let (mut passed, mut rejected) = (0, 0);
    for expression in EXPRESSIONS {
        let jq = std::process::Command::new("jq")
            .arg("-c")
            .arg(format!(
                ".[0] as $at | .[1] | select([{expression}] | any) | $at"
            ))
            .arg(&file)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&jq.stderr);
        assert!(jq.status.success(), "{expression}: {text}");
        let places = String::from_utf8_lossy(&jq.stdout).into_owned();
        let places = places.lines().map(|at| at.parse::<usize>().unwrap());
        let expected: Vec<_> = places.map(|at| all[at].clone()).collect();
        let found = events(replay(&["--where", expression]));
        assert_eq!(found.len(), expected.len(), "{expression}");
        assert_eq!(found, expected, "{expression}");
        passed += found.len();
        rejected += all.len() - found.len();
    }
    std::fs::remove_file(file).unwrap();
    assert!(passed > 1000 && rejected > 1000, "{passed} {rejected}");
}

/// The table of docs/filters.md has the errors, and this test the expressions of the kinds of faults that
/// are not in it.
#[test]
fn wrong_expressions_are_told_where_they_are_and_what_is_meant() {
    let capture = captures().remove(0);
    let fault = |expression: &str| {
        let output = nlstream(&["replay", "--where", expression, &capture]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{expression}: {text}");
        assert!(output.stdout.is_empty(), "{expression}");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let page = std::fs::read_to_string(crate::common::root().join("docs/filters.md")).unwrap();
    let section = page.split_once("## Wrong expressions").unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| {
        let (expression, error) = line.strip_prefix("| ``")?.split_once("`` | ")?;
        let error = error.strip_suffix(" |")?;
        Some((
            expression.trim().replace("\\|", "|"),
            error.replace("\\|", "|"),
        ))
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 25, "{}", rows.len());
    let mut wrong = Vec::new();
    for (expression, error) in &rows {
        let found = fault(expression);
        if !found.contains(&format!(": {error}, at character"))
            && !found.contains(&format!(": {error}, in `"))
        {
            wrong.push(format!("{expression}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (expression, expected) in [
        (
            ".route.metrc < 3",
            "unknown field `metrc` of `.route`; did you mean `metric`?, at character 8 of `.route.metrc < 3`",
        ),
        (
            ".kind == \"link\" and .op = \"add\"",
            "compare with `==`, at character 25 of",
        ),
        ("é == .kind", "at character 1 of `é == .kind`"),
        (".kind == \"é\" and .mtuu", "unknown kind `é`"),
        ("{mtuu}", "unknown field `mtuu`, at character 2"),
        (
            ".route | {metrc}",
            "unknown field `metrc` of `.route`; did you mean `metric`?, at character 11",
        ),
        (
            ".link.mtu as $mtu | $mtuu > 3",
            "unknown variable `$mtuu`, at character 21",
        ),
        (
            ".route.nexthops[].gatewy",
            "unknown field `gatewy` of `.route.nexthops`; did you mean `gateway`?",
        ),
        (
            ".route.nexthops | any(.gatewy)",
            "unknown field `gatewy` of `.route.nexthops`; did you mean `gateway`?",
        ),
        (".meta.op", "unknown field `meta`"),
        ("", "a value is missing"),
    ] {
        if expression.is_empty() {
            continue;
        }
        let found = fault(expression);
        assert!(found.contains(expected), "{expression}: {found}");
    }
    let found = fault(&"(".repeat(5000));
    assert!(found.contains("expected at most 4096 bytes"), "{found}");
    let twice = nlstream(&["replay", "--where", ".op", "--where", ".op", &capture]);
    assert_eq!(twice.status.code(), Some(2));
}

#[test]
fn a_condition_on_objects_selects_from_a_state() {
    for fixture in ["link-veth-snapshot", "bridge-mdb-snapshot"] {
        let all = recording(fixture, &[]);
        let (_, objects, _) = state(&all, &["--partial"]);
        let expression = r#".op == "present" and .ifindex > 1"#;
        let is_selected = |line: &&Value| line["ifindex"].as_u64() > Some(1);
        let expected: Vec<_> = objects.iter().filter(is_selected).cloned().collect();
        let (status, found, text) = state(&all, &["--partial", "--where", expression]);
        assert_eq!(status, Some(0), "{text}");
        assert!(!found.is_empty() && found.len() < objects.len());
        assert_eq!(found, expected);
    }
    // Whether a line passes says nothing about later lines of the object.
    let written = recording("link-veth-snapshot", &["--where", ".link.mtu == 1500"]);
    let (status, _, text) = state(&written, &[]);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("(its options --where)"), "{text}");
    // Kinds are something else.
    let written = recording("link-veth-snapshot", &["--where", r#".kind == "link""#]);
    let (status, found, text) = state(&written, &["--partial"]);
    assert!(status == Some(0) && !text.contains("left out"), "{text}");
    assert!(!found.is_empty() && found.iter().all(|line| line["kind"] == "link"));
}

#[test]
fn an_expression_that_fails_is_reported_once_and_counted() {
    let capture = captures().remove(0);
    let all = events(lines(&nlstream(&["replay", &capture]).stdout));
    let expression = ".op + 1";
    let output = nlstream(&["replay", "--where", expression, &capture]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(
        text.matches("--where: cannot calculate").count(),
        1,
        "{text}"
    );
    let found = lines(&output.stdout);
    let stop = found.last().unwrap();
    assert_eq!(stop["meta"]["where_failures"], all.len(), "{stop}");
    assert!(found.iter().all(|line| line["kind"] == "meta"));
    // Others count nothing.
    let output = nlstream(&["replay", "--where", ".op", &capture]);
    let found = lines(&output.stdout);
    assert_eq!(found.last().unwrap()["meta"]["where_failures"], Value::Null);
}

#[test]
fn a_kind_in_a_condition_limits_the_kinds_of_the_run() {
    let capture = captures().remove(0);
    let expression = r#"(.kind == "link" or .kind == "route") and .seq >= 0"#;
    let output = nlstream(&["replay", "--where", expression, &capture]);
    let settings = lines(&output.stdout)[0]["meta"]["settings"].clone();
    assert_eq!(settings["kinds"], json!(["link", "route"]));
    assert_eq!(settings["filters"], json!({"where": [expression]}));
    let output = nlstream(&["replay", "-k", "neigh", "--where", expression, &capture]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("no event can pass"), "{text}");
}
