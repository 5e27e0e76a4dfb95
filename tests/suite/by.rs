//! `by`: a recording says who caused its events, and a replay writes it.

use std::path::PathBuf;

use nlstream::capture::{Reader, Writer};
use nlstream::event::By;
use nlstream::event::meta::{Gap, GapCause, LostBy, Part};
use nlstream::event::values::Time;
use nlstream::input::{ControlRecord, Input, InputData};
use serde_json::{Value, json};

use crate::common::{lines, nlstream, root};

fn fixture() -> PathBuf {
    root().join("fixtures/link-veth/capture.pcapng")
}

/// Writes the recording of the fixture with who caused its events: the first half by a process, the
/// third quarter by the kernel, the rest by nobody known. `parts`: the recorded run had these.
fn recording(name: &str, parts: &[Part]) -> String {
    let capture = std::fs::read(fixture()).unwrap();
    let events = |input: &Input<'_>| matches!(&input.data, InputData::Datagram(channel, _) if channel.is_events());
    let reader = || Reader::new(std::io::Cursor::new(capture.clone()), "capture").unwrap();
    let mut number = 0;
    let mut all = reader();
    while let Some(input) = all.next().unwrap() {
        number += usize::from(events(&input));
    }
    assert!(number >= 4, "{number} events");
    let process = By {
        pid: Some(4712),
        tid: Some(4712),
        ppid: Some(4000),
        uid: Some(0),
        comm: Some("ip".to_owned()),
        exe: Some("/usr/sbin/ip".to_owned()),
        cgroup: Some("/system.slice/ssh.service".to_owned()),
        unit: Some("ssh.service".to_owned()),
        ..By::default()
    };
    let kernel = By {
        kernel: Some(true),
        ..By::default()
    };
    let mut reader = reader();
    let mut header = reader.header().unwrap().clone();
    header.start.settings.with = parts.to_vec();
    let mut writer = Writer::new(Vec::new(), &header).unwrap();
    let mut at = 0;
    while let Some(input) = reader.next().unwrap() {
        let by = match at {
            0 => Some(Some(process.clone())),
            _ if at == number / 2 => Some(Some(kernel.clone())),
            _ if at == number * 3 / 4 => Some(None),
            _ => None,
        };
        if events(&input) {
            at += 1;
            if let Some(by) = by {
                let record = ControlRecord::By(by.map(Into::into));
                writer.write(&Input::control(input.time, record)).unwrap();
            }
        }
        writer.write(&input).unwrap();
    }
    let path = std::env::temp_dir().join(format!("nlstream-by-{}-{name}", std::process::id()));
    std::fs::write(&path, writer.get_mut()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn replay(args: &[&str], file: &str) -> Vec<Value> {
    let args = [&["replay", "--run", "00000000"], args, &[file]].concat();
    let output = nlstream(&args);
    assert!(output.status.success(), "{output:?}");
    lines(&output.stdout)
}

#[test]
fn a_replay_says_who_caused_each_event() {
    let file = recording("each.pcapng", &[Part::By]);
    let all = replay(&[], &file);
    let schema = jsonschema::validator_for(&nlstream::schema::closed()).unwrap();
    let mut values = Vec::new();
    for line in &all {
        assert!(schema.is_valid(line), "{line}");
        if line["origin"] == "kernel" {
            values.push(line["by"].clone());
        } else {
            assert!(line.get("by").is_none(), "{line}");
        }
    }
    values.dedup();
    let process = json!({"pid": 4712, "tid": 4712, "ppid": 4000, "uid": 0, "comm": "ip", "exe": "/usr/sbin/ip",
        "cgroup": "/system.slice/ssh.service", "unit": "ssh.service"});
    assert_eq!(values, [process, json!({"kernel": true}), Value::Null]);
    // A recording of the replay has the same.
    let again = file.clone() + ".again";
    replay(&["--record", &again], &file);
    assert_eq!(replay(&[], &again), all);
    let text = nlstream(&["replay", "--format", "text", &file]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(" by ip[4712] (ssh.service)\n"), "{text}");
    assert!(text.contains(" by the kernel\n"), "{text}");
    std::fs::remove_file(again).unwrap();
    std::fs::remove_file(file).unwrap();
}

#[test]
fn who_caused_an_event_is_left_out_unless_requested() {
    let file = recording("off.pcapng", &[]);
    let without = replay(&[], &file);
    assert_eq!(without, replay(&[], fixture().to_str().unwrap()));
    let with = replay(&["--with", "by"], &file);
    assert!(with.iter().any(|line| line["by"]["comm"] == "ip"));
    assert_eq!(with.len(), without.len());
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_long_path_is_cut_with_the_line() {
    let by = By {
        comm: Some("x".to_owned()),
        exe: Some(format!("/{}", "x".repeat(1900))),
        ..By::default()
    };
    let file = of_one_requester("long.pcapng", by);
    let lines = replay(&["--max-line", "4K", "--with", "by,details"], &file);
    let cut: Vec<_> = lines
        .iter()
        .filter(|line| line["truncated"] == true && line["origin"] == "kernel")
        .collect();
    assert!(!cut.is_empty());
    for line in cut {
        assert_eq!(line["by"]["comm"], "x");
        assert!(line.to_string().len() < 4096, "{line}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_longer_path_than_a_run_records_is_refused() {
    let by = By {
        exe: Some(format!("/{}", "x".repeat(2048))),
        ..By::default()
    };
    let file = of_one_requester("longer.pcapng", by);
    let output = nlstream(&["replay", &file]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        message.contains("by: expected at most 2048 bytes"),
        "{message}"
    );
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_gap_says_who_caused_the_lost_events() {
    let lost_by = LostBy {
        lost: 7,
        processes: Some(3),
        by: By {
            uid: Some(0),
            comm: Some("ip".to_owned()),
            ..By::default()
        },
    };
    let file = written("gap.pcapng", &[Part::By], |writer, time| {
        let gap = Gap {
            cause: GapCause::Overflow,
            errno: None,
            lost: Some(9),
            from: None,
            to: None,
            by: Some(vec![lost_by.clone()]),
            family: None,
            kinds: None,
        };
        writer
            .write(&Input::control(time, ControlRecord::Gap(gap)))
            .unwrap();
    });
    let gap = |args| {
        let all = replay(args, &file);
        let gap = all.into_iter().find(|line| line["op"] == "gap").unwrap();
        gap["meta"]["by"].clone()
    };
    assert_eq!(
        gap(&[]),
        json!([{"lost": 7, "processes": 3, "uid": 0, "comm": "ip"}])
    );
    let text = nlstream(&["replay", "--format", "text", &file]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(": 7 by 3 processes ip\n"), "{text}");
    std::fs::remove_file(file).unwrap();
}

/// Writes a recording of the fixture's inputs behind those of `first`.
fn written(name: &str, parts: &[Part], first: impl FnOnce(&mut Writer<Vec<u8>>, Time)) -> String {
    let mut header = nlstream::input::Header::default();
    header.start.settings.with = parts.to_vec();
    let mut writer = Writer::new(Vec::new(), &header).unwrap();
    let capture = std::fs::read(fixture()).unwrap();
    let mut reader = Reader::new(std::io::Cursor::new(capture), "capture").unwrap();
    first(&mut writer, header.time);
    while let Some(input) = reader.next().unwrap() {
        writer.write(&input).unwrap();
    }
    let path = std::env::temp_dir().join(format!("nlstream-by-{}-{name}", std::process::id()));
    std::fs::write(&path, writer.get_mut()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn of_one_requester(name: &str, by: By) -> String {
    written(name, &[Part::By], |writer, time| {
        let record = ControlRecord::By(Some(by.into()));
        writer.write(&Input::control(time, record)).unwrap();
    })
}
