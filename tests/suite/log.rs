//! `nlstream log`: which lines the timeline has, bursts, gaps and counts.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::common::{Folder, lines, nlstream, root};

const RUN: &str = "00000001";

/// A line about a link, at that millisecond after ten o'clock.
fn line(seq: u64, ms: u64, ifindex: u32, more: &Value) -> String {
    let mut line = json!({
        "v": 1, "run": RUN, "seq": seq, "time": time(ms),
        "kind": "link", "op": "change", "origin": "kernel", "ifindex": ifindex, "ifname": format!("d{ifindex}"),
        "link": { "ifindex": ifindex, "ifname": format!("d{ifindex}"), "flags": ["UP"] },
        "changed": ["flags"], "old": { "flags": ["UP", "LOWER_UP"] }
    });
    for (name, value) in more.as_object().unwrap() {
        line[name] = value.clone();
    }
    line.to_string() + "\n"
}

fn time(ms: u64) -> String {
    let second = ms / 1000;
    format!(
        "2026-11-24T10:{:02}:{:02}.{:03}000000Z",
        second / 60,
        second % 60,
        ms % 1000
    )
}

/// A line about a device that went up or down.
fn flap(seq: u64, ms: u64, ifindex: u32, up: bool) -> String {
    let flags = |up: bool| {
        if up {
            json!(["UP", "LOWER_UP"])
        } else {
            json!(["UP"])
        }
    };
    let name = format!("d{ifindex}");
    let more = json!({ "link": { "ifindex": ifindex, "ifname": name, "flags": flags(up) }, "old": { "flags": flags(!up) } });
    line(seq, ms, ifindex, &more)
}

fn meta(seq: u64, ms: u64, op: &str, meta: &Value) -> String {
    line(
        seq,
        ms,
        1,
        &json!({ "kind": "meta", "op": op, "meta": meta }),
    )
}

fn log(args: &[&str], text: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let folder = Folder::new(&format!("log-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    let file = folder.write("net", text.as_bytes());
    let output = nlstream(&[&["log"], args, &[&file]].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The entries about objects, without those about the stream.
fn entries(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains("link")).collect()
}

#[test]
fn changes_of_an_object_in_quick_succession_are_one_entry() {
    let mut text = String::new();
    for seq in 0..14 {
        text += &flap(seq, 1000 + seq * 6, 1, seq % 2 == 1);
    }
    text += &flap(14, 1090, 2, false);
    text += &flap(15, 1095, 2, true);
    let output = log(&[], &text);
    let all = entries(&output);
    assert_eq!(all.len(), 3, "{output}");
    assert!(
        all[0].contains("d1") && all[0].ends_with("(14 changes in 78 ms)"),
        "{output}"
    );
    // Fewer than three are shown as they are.
    assert!(
        all[1..]
            .iter()
            .all(|line| line.contains("d2") && !line.contains("changes in")),
        "{output}"
    );
    assert_eq!(entries(&log(&["--burst", "0"], &text)).len(), 16);
    assert_eq!(entries(&log(&["--burst", "5ms"], &text)).len(), 16);

    // A pause ends a burst, and so does any other operation of the object.
    let mut text: String = (0..3)
        .map(|seq| flap(seq, seq * 10, 1, seq % 2 == 0))
        .collect();
    text += &(3..6)
        .map(|seq| flap(seq, 2000 + seq * 10, 1, seq % 2 == 0))
        .collect::<String>();
    text += &line(6, 2100, 1, &json!({ "op": "delete" }));
    text += &line(7, 2110, 1, &json!({ "op": "add" }));
    let output = log(&[], &text);
    let all = entries(&output);
    assert_eq!(all.len(), 4, "{output}");
    assert!(all[0].ends_with("(3 changes in 20 ms)") && all[1].ends_with("(3 changes in 20 ms)"));
    assert!(all[2].contains("delete") && all[3].contains("add"));
    // A device that changes without end has an entry from time to time.
    let text: String = (0..600)
        .map(|seq| flap(seq, seq * 100, 1, seq % 2 == 0))
        .collect();
    let count = entries(&log(&[], &text)).len();
    assert!((5..8).contains(&count), "{count}");
}

/// The entries of a timeline are in the order of their times, and stand for every line.
#[test]
fn entries_are_in_order_and_nothing_is_left_out() {
    // A generator with a fixed seed: objects, pauses and operations.
    let mut random = 7_u64;
    let mut next = |limit: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    let (mut text, mut ms) = (String::new(), 0);
    for seq in 0..3000 {
        ms += if next(20) == 0 { next(3000) } else { next(200) };
        let ifindex = next(6) as u32 + 1;
        text += &match next(10) {
            0 => line(seq, ms, ifindex, &json!({ "op": "add" })),
            _ => flap(seq, ms, ifindex, next(2) == 0),
        };
    }
    let output = log(&[], &text);
    let mut count = 0;
    let mut last = "";
    for line in entries(&output) {
        let stamp = &line[..14];
        assert!(stamp >= last, "{last} is before {line}");
        last = stamp;
        let number = line
            .rsplit_once(" (")
            .and_then(|(_, rest)| rest.strip_suffix(')'));
        let number = number.and_then(|rest| rest.split_once(" changes in "));
        count += number.map_or(1, |(number, _)| number.parse().unwrap());
    }
    assert_eq!(count, 3000);
}

#[test]
fn the_time_and_the_filters_limit_the_lines() {
    let text: String = (0..10)
        .map(|seq| flap(seq, seq * 1000, (seq % 2) as u32, true))
        .collect();
    let seqs = |args: &[&str]| -> Vec<u64> {
        let output = log(&[&["--format", "json"], args].concat(), &text);
        lines(output.as_bytes())
            .iter()
            .map(|line| line["seq"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(seqs(&[]), (0..10).collect::<Vec<_>>());
    assert_eq!(
        seqs(&["--since", &time(3000), "--until", &time(5000)]),
        [3, 4, 5]
    );
    assert_eq!(seqs(&["--since", "-5m"]), Vec::<u64>::new());
    assert_eq!(seqs(&["--until", "now"]).len(), 10);
    assert_eq!(seqs(&["--dev", "d1"]), [1, 3, 5, 7, 9]);
    assert_eq!(seqs(&["-k", "route"]), Vec::<u64>::new());
    // The lines are as they were.
    assert_eq!(log(&["--format", "json"], &text), text);
    let error = nlstream(&["log", "--since", "soon", "x"]);
    assert_eq!(error.status.code(), Some(2));
    let error = nlstream(&["log", "--summary", "--format", "json", "x"]);
    assert!(String::from_utf8_lossy(&error.stderr).contains("requires --format text"));
}

#[test]
fn gaps_and_missing_lines_are_shown_whatever_the_filters() {
    let gap = |cause: &str, lost: u64| json!({ "cause": cause, "lost": lost });
    let text = [
        meta(
            0,
            0,
            "start",
            &json!({ "tool": "nlstream", "version": "1", "settings": {} }),
        ),
        flap(1, 10, 1, false),
        meta(2, 20, "gap", &gap("overflow", 12)),
        // Lines that a gap explains, and others.
        flap(6, 30, 1, true),
        meta(7, 40, "gap", &gap("output", 3)),
        flap(10, 5000, 1, false),
        flap(11, 5010, 1, true),
        meta(12, 6000, "heartbeat", &json!({})),
    ]
    .concat();
    let output = log(&["-k", "route", "--summary"], &text);
    let stream: Vec<_> = output.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(stream.len(), 5, "{output}");
    assert!(stream[0].starts_with("-- 2026-11-24 "), "{output}");
    assert!(
        stream[1].contains("meta start") && stream[2].contains("gap") && stream[3].contains("gap"),
        "{output}"
    );
    assert_eq!(
        stream[4],
        "-- 2 lines are missing: seq 8 to 9 of run 00000001"
    );
    assert!(
        output.contains("2 gaps, 15 messages lost; lines are missing in 1 place"),
        "{output}"
    );
    assert!(!log(&["--no-meta"], &text).contains("gap"));
    assert!(log(&["--meta", "heartbeat"], &text).contains("heartbeat"));
    // Also before the time, whose first line is a later one.
    assert!(!log(&["--since", &time(5005)], &text).contains("missing"));
}

#[test]
fn the_summary_counts_how_often_devices_went_down_and_up() {
    let mut text = String::new();
    for seq in 0..9 {
        text += &flap(seq, seq * 100, 1, seq % 2 == 1);
    }
    for seq in 9..13 {
        text += &flap(seq, seq * 100, 2, seq % 2 == 0);
    }
    text += &line(
        13,
        2000,
        3,
        &json!({ "changed": ["mtu"], "old": { "mtu": 1500 } }),
    );
    let output = log(&["--summary"], &text);
    let summary: Vec<_> = output.split("\n\n").nth(1).unwrap().lines().collect();
    assert_eq!(
        summary,
        [
            "14 events in this time: link 14",
            "d1  went down 5 times, up 4 times, down at the end; 9 events",
            "d2  went down 2 times, up 2 times, up at the end; 4 events",
        ]
    );
}

#[test]
fn text_is_that_of_a_run() {
    for fixture in ["link-mtu", "route-v4", "neigh-v4-lifecycle", "nexthop"] {
        let capture = root().join("fixtures").join(fixture).join("capture.pcapng");
        let capture = capture.to_str().unwrap();
        let replay = |args: &[&str]| {
            let output = nlstream(&[&["replay"], args, &[capture]].concat()).stdout;
            String::from_utf8(output).unwrap()
        };
        let of_objects = |text: &str| -> Vec<String> {
            let events = text.lines().filter(|line| !line.contains("] meta "));
            events.map(str::to_owned).collect()
        };
        let with_message = replay(&["--with", "message"]);
        let expected = of_objects(&replay(&["--format", "text"]));
        let found = of_objects(&log(
            &[
                "--burst",
                "0",
                "--origin",
                "kernel,snapshot,resync,inferred",
            ],
            &with_message,
        ));
        assert_eq!(found, expected, "{fixture}");
    }
}

#[test]
fn files_are_read_as_by_state() {
    let folder = Folder::new("log-files");
    let part = |seqs: std::ops::Range<u64>| {
        seqs.map(|seq| flap(seq, seq * 10, 1, true))
            .collect::<String>()
    };
    let first = folder.write(
        "1.zst",
        &zstd::encode_all(part(0..5).as_bytes(), 1).unwrap(),
    );
    // Lines that were delivered twice are shown once.
    let second = folder.write("2", part(3..8).as_bytes());
    let output = nlstream(&["log", "--format", "json", &first, &second]);
    assert_eq!(lines(&output.stdout).len(), 8);
    let output = nlstream(&["log", &second, &first]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("oldest first"));
    let output = nlstream(&["log", &folder.path("absent")]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("absent"));
}
