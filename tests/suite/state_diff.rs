//! `nlstream state --diff`, compared with the states of the two times.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{Folder, lines, nlstream, root};

fn output(args: &[&str]) -> Vec<u8> {
    let output = nlstream(args);
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

type Objects = BTreeMap<String, Value>;

/// The objects of a state, by kind and key.
fn objects(bytes: &[u8]) -> Objects {
    let of_line = |line: Value| {
        let kind = line["kind"].as_str().unwrap().to_owned();
        let kinds = nlstream::event::Kind::ALL.iter();
        let key = kinds.clone().find(|it| it.name() == kind).unwrap().key();
        let object = line[&kind].clone();
        let value = |name: &&str| {
            name.split("//")
                .map(|name| object[name].clone())
                .find(|it| !it.is_null())
        };
        let key: Vec<_> = key.iter().map(value).collect();
        (format!("{kind} {key:?}"), object)
    };
    lines(bytes).into_iter().map(of_line).collect()
}

/// Applying the differences to the first state gives the second one, and each has the values of both.
#[test]
fn differences_lead_from_one_state_to_the_other() {
    let folder = Folder::new("diff");
    let mut differences = BTreeMap::<String, usize>::new();
    for fixture in [
        "link-veth-snapshot",
        "link-netns-move",
        "bridge-mdb-snapshot",
    ] {
        let capture = root().join("fixtures").join(fixture).join("capture.pcapng");
        let text = output(&["replay", "--snapshot", capture.to_str().unwrap()]);
        let all = lines(&text);
        let Some(sync) = all.iter().position(|line| line["op"] == "sync") else {
            panic!("{fixture} has no snapshot");
        };
        let file = folder.write("net", &text);
        let times: Vec<_> = all[sync..]
            .iter()
            .map(|line| line["time"].as_str().unwrap())
            .collect();
        let middle = times[times.len() / 2];
        for (one, other) in [
            (times[0], *times.last().unwrap()),
            (times[0], middle),
            (middle, times[0]),
        ] {
            let state = |at: &str| objects(&output(&["state", "--at", at, &file]));
            let (mut state_one, state_other) = (state(one), state(other));
            let found = output(&["state", "--diff", one, other, &file]);
            for line in lines(&found) {
                let (kind, op) = (line["kind"].as_str().unwrap(), line["op"].as_str().unwrap());
                *differences.entry(op.to_owned()).or_default() += 1;
                let key = objects(&(line.to_string() + "\n").into_bytes())
                    .into_keys()
                    .next()
                    .unwrap();
                match op {
                    "add" => assert!(state_one.insert(key, line[kind].clone()).is_none()),
                    "delete" => assert_eq!(state_one.remove(&key).as_ref(), Some(&line[kind])),
                    "change" => {
                        let old = state_one.insert(key, line[kind].clone()).unwrap();
                        let changed = line["changed"].as_array().unwrap();
                        assert!(!changed.is_empty());
                        for name in changed {
                            let name = name.as_str().unwrap();
                            assert_eq!(line["old"].get(name), old.get(name), "{line}");
                            assert_ne!(line[kind].get(name), old.get(name), "{line}");
                        }
                    }
                    op => panic!("{op}"),
                }
            }
            assert_eq!(state_one, state_other, "{fixture} {one} {other}");
            assert!(output(&["state", "--diff", one, one, &file]).is_empty());
            // Restricted to a kind, and as text.
            let links = lines(&output(&[
                "state", "--diff", one, other, "-k", "link", &file,
            ]));
            let expected = lines(&found)
                .into_iter()
                .filter(|line| line["kind"] == "link");
            assert_eq!(links, expected.collect::<Vec<_>>());
            let text = output(&["state", "--diff", one, other, "--format", "text", &file]);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text.lines().count(), lines(&found).len(), "{text}");
            assert_eq!(
                text.contains(" → "),
                lines(&found).iter().any(|line| line["op"] == "change")
            );
        }
    }
    for op in ["add", "delete", "change"] {
        assert!(differences.contains_key(op), "{differences:?}");
    }
}

#[test]
fn ages_are_no_difference_and_infinite_lifetimes_are_one() {
    let line = |seq: u64, second: u64, kind: &str, op: &str, payload: &str| {
        format!(
            r#"{{"v":1,"run":"00000001","seq":{seq},"time":"2026-11-24T10:00:0{second}.000000000Z","kind":"{kind}","op":"{op}","origin":"kernel","{kind}":{payload}}}"#
        ) + "\n"
    };
    let neigh = |ms: u32| {
        format!(
            r#"{{"family":"inet","ifindex":1,"dst":"10.0.0.1","proxy":false,"cacheinfo":{{"used":{ms}}}}}"#
        )
    };
    let address = |life: u32| {
        format!(
            r#"{{"ifindex":1,"family":"inet","local":"10.0.0.1","prefixlen":24,"valid_life_time":{life}}}"#
        )
    };
    let start = r#"{"tool":"nlstream","version":"1","settings":{"snapshot":true}}"#;
    let file = |life: u32| {
        [
            line(0, 0, "meta", "start", start),
            line(1, 0, "neigh", "present", &neigh(1)),
            line(2, 0, "address", "present", &address(3600)),
            line(3, 1, "meta", "sync", r#"{"objects":2}"#),
            line(4, 3, "neigh", "change", &neigh(7)),
            line(5, 3, "address", "change", &address(life)),
            line(6, 5, "meta", "heartbeat", "{}"),
        ]
        .concat()
    };
    let folder = Folder::new("diff-ages");
    let times = ["2026-11-24T10:00:02Z", "2026-11-24T10:00:05Z"];
    let diff = |life: u32| {
        let file = folder.write("net", file(life).as_bytes());
        lines(&output(&["state", "--diff", times[0], times[1], &file]))
    };
    assert_eq!(diff(3500), Vec::<Value>::new());
    let changed = diff(u32::MAX);
    assert_eq!(
        (changed.len(), &changed[0]["old"]),
        (1, &serde_json::json!({ "valid_life_time": 3600 }))
    );
}

#[test]
fn a_difference_needs_two_known_states() {
    let folder = Folder::new("diff-errors");
    let capture = root().join("fixtures/link-veth-snapshot/capture.pcapng");
    let text = output(&["replay", "--snapshot", capture.to_str().unwrap()]);
    let file = folder.write("net", &text);
    for (args, status, message) in [
        (
            &["--diff", "2020-01-01", "2020-01-02", &file][..],
            1,
            "begin after",
        ),
        (&["--diff", "-5m", "now", &file], 1, "--heartbeat"),
        (&["--diff", "now", "now", "-"], 1, "name files"),
        (&["--diff", "now", &file], 2, "expected a time"),
        (
            &["--diff", "now", "now", "--at", "now", &file],
            2,
            "cannot be used with",
        ),
    ] {
        let output = nlstream(&[&["state"], args].concat());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{args:?} {text}");
        assert!(text.contains(message), "{text}");
    }
}
