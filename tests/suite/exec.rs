//! `nlstream exec`: what a command is told, which lines it runs for, its limits, restarts and rotation.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::common::{Folder, NLSTREAM, lines, nlstream, root, wait_until};

/// A line about a link; `more`: its other members, those that are null are removed.
fn line(run: &str, seq: u64, ifindex: u32, more: &Value) -> String {
    let second = seq / 1000;
    let mut line = json!({
        "v": 1, "run": run, "seq": seq,
        "time": format!("2026-11-24T10:{:02}:{:02}.{:03}000000Z", second / 60, second % 60, seq % 1000),
        "kind": "link", "op": "change", "origin": "kernel", "ifindex": ifindex, "ifname": format!("d{ifindex}"),
        "link": { "ifindex": ifindex, "ifname": format!("d{ifindex}"), "mtu": 1500 },
        "changed": ["mtu"], "old": { "mtu": 1400 }
    });
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => line.as_object_mut().unwrap().remove(name),
            value => line
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    line.to_string() + "\n"
}

const RUN: &str = "00000001";

fn plain(seq: u64, ifindex: u32) -> String {
    line(RUN, seq, ifindex, &json!({}))
}

fn exec(args: &[&str]) -> Command {
    let mut command = Command::new(NLSTREAM);
    command.arg("exec").args(args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs `nlstream exec` with this standard input.
fn run(args: &[&str], input: &str) -> Output {
    let mut child = exec(args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // It may end before it has read everything.
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn succeeded(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn failed(output: &Output, status: i32) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    stderr
}

/// A run that goes on.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Running {
    fn new(args: &[&str]) -> Self {
        let mut child = exec(args)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        Running { child, stdin }
    }

    fn write(&mut self, text: &str) {
        self.stdin
            .as_mut()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    /// Ends it in an orderly way.
    fn end(mut self) {
        let status = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(status.success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The numbers that commands have written.
fn numbers(path: &str) -> Vec<u64> {
    let text = read(path);
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| line.parse().unwrap()).collect()
}

fn append(path: &str, text: &str) {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

/// The variables that `env` prints, by name.
fn variables(output: &str) -> BTreeMap<&str, &str> {
    let all = output.lines().filter_map(|line| line.split_once('='));
    all.filter(|(name, _)| name.starts_with("NLSTREAM_"))
        .collect()
}

#[test]
fn a_command_gets_the_line_and_variables() {
    let more = json!({
        "host": "router", "netns": { "name": "red", "inode": 7 }, "changed": ["mtu", "flags"]
    });
    let text = line(RUN, 41, 7, &more);
    assert_eq!(succeeded(&run(&["--", "cat"], &text)), text);
    let of_event = |text: &str| {
        let mut command = exec(&["--", "env"]);
        // Options of the tests.
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|name| name.to_string_lossy().starts_with("NLSTREAM_")) {
            command.env_remove(name);
        }
        // What the environment has from elsewhere does not look like a part of the event.
        command
            .env("NLSTREAM_IFINDEX", "9")
            .env("NLSTREAM_CHANGED", "x");
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        drop(stdin);
        succeeded(&child.wait_with_output().unwrap())
    };
    let expected = [
        ("NLSTREAM_CHANGED", "mtu,flags"),
        ("NLSTREAM_EVENTS", "1"),
        ("NLSTREAM_EXEC", "1"),
        ("NLSTREAM_HOST", "router"),
        ("NLSTREAM_IFINDEX", "7"),
        ("NLSTREAM_IFNAME", "d7"),
        ("NLSTREAM_KIND", "link"),
        ("NLSTREAM_NETNS", "red"),
        ("NLSTREAM_OP", "change"),
        ("NLSTREAM_ORIGIN", "kernel"),
        ("NLSTREAM_RUN", RUN),
        ("NLSTREAM_SEQ", "41"),
        ("NLSTREAM_TIME", "2026-11-24T10:00:00.041000000Z"),
    ];
    assert_eq!(variables(&of_event(&text)), BTreeMap::from(expected));
    let bare = json!({ "changed": null, "old": null, "ifindex": null, "ifname": null, "origin": null, "op": "notify" });
    let expected = [
        ("NLSTREAM_EVENTS", "1"),
        ("NLSTREAM_EXEC", "1"),
        ("NLSTREAM_KIND", "link"),
        ("NLSTREAM_OP", "notify"),
        ("NLSTREAM_RUN", RUN),
        ("NLSTREAM_SEQ", "42"),
        ("NLSTREAM_TIME", "2026-11-24T10:00:00.042000000Z"),
    ];
    let text = line(RUN, 42, 8, &bare);
    assert_eq!(variables(&of_event(&text)), BTreeMap::from(expected));
}

#[test]
fn hostile_names_are_values_and_nothing_else() {
    let folder = Folder::new("exec-hostile");
    let long = "x".repeat(4095) + "é" + &"y".repeat(100_000);
    for (name, expected) in [
        ("$(touch x)`touch x`", "$(touch x)`touch x`"),
        ("a;touch x|b&'\"\\", "a;touch x|b&'\"\\"),
        ("-rf *", "-rf *"),
        ("\u{1b}[31m\u{7}", "\u{1b}[31m\u{7}"),
        ("NUL\u{0}here", "NUL\u{fffd}here"),
        ("two\nNLSTREAM_OP=delete", "two\nNLSTREAM_OP=delete"),
        (&long, &long[..4095]),
    ] {
        let text = line(RUN, 0, 1, &json!({ "ifname": name }));
        let mut command = exec(&[
            "--",
            "sh",
            "-c",
            "printf %s \"$NLSTREAM_IFNAME\"; printf \" $NLSTREAM_OP\"",
        ]);
        let mut child = command.current_dir(&folder.0).spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = succeeded(&child.wait_with_output().unwrap());
        assert_eq!(output, format!("{expected} change"));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn an_nlstream_in_a_command_does_not_take_the_event_for_options() {
    let output = run(&["--", NLSTREAM, "--print-config"], &plain(0, 1));
    let text = succeeded(&output);
    assert!(
        text.contains("# kind =") && text.contains("# op ="),
        "{text}"
    );
}

/// The lines of a capture without what numbers them, and without their times: an event that waits for the
/// name of its device has another one if the filters leave out the message that brings it.
fn content(bytes: &[u8]) -> Vec<Value> {
    let mut all = lines(bytes);
    all.retain(|line| line["kind"] != "meta");
    for line in &mut all {
        for name in ["run", "seq", "time"] {
            line.as_object_mut().unwrap().remove(name);
        }
    }
    all
}

/// The filters on lines select what the filters on events of a replay select.
#[test]
fn filters_on_lines_are_those_on_events() {
    for fixture in [
        "link-veth",
        "route-v4",
        "neigh-v4-lifecycle",
        "link-ifb-qdisc",
    ] {
        let capture = root().join("fixtures").join(fixture).join("capture.pcapng");
        let capture = capture.to_str().unwrap();
        let all = String::from_utf8(nlstream(&["replay", capture]).stdout).unwrap();
        let mut selected = 0;
        for filter in [
            &[][..],
            &["--op", "add,delete"],
            &["--op", "!change"],
            &["--dev", "v*"],
            &["--dev", "!v*"],
            &["--family", "inet"],
            &["--family", "inet6"],
            &["--prefix", "within:10.0.0.0/8,within:192.0.2.0/24"],
            &["--table", "main,local"],
            &["--type", "veth,htb,unicast"],
            &["--state", "UP,REACHABLE,STALE"],
            &["--origin", "inferred"],
            &["--changed", "flags,operstate,state"],
            &["--skip-unchanged"],
            &["--protocol", "kernel"],
            &["-k", "link,address", "--op", "change", "--skip-unchanged"],
        ] {
            let expected = nlstream(&[&["replay"], filter, &[capture]].concat());
            let expected = match expected.status.success() {
                true => content(&expected.stdout),
                // No kind can pass.
                false => Vec::new(),
            };
            let output = run(&[filter, &["--", "cat"]].concat(), &all);
            let found = content(succeeded(&output).as_bytes());
            assert_eq!(found, expected, "{fixture} {filter:?}");
            selected += found.len();
        }
        assert!(selected > 10, "{fixture}: {selected}");
    }
    let error = failed(&run(&["--op", "ad", "--", "cat"], ""), 2);
    assert!(error.contains("did you mean `add`"), "{error}");
}

fn meta(seq: u64, op: &str) -> String {
    line(
        RUN,
        seq,
        1,
        &json!({ "kind": "meta", "op": op, "meta": {} }),
    )
}

#[test]
fn states_are_no_events_and_meta_lines_are_selected_by_op() {
    let of = |seq, origin| line(RUN, seq, 1, &json!({ "op": "present", "origin": origin }));
    let input = [
        meta(0, "start"),
        of(1, "snapshot"),
        meta(2, "gap"),
        of(3, "resync"),
        of(4, "checkpoint"),
        plain(5, 1),
        meta(6, "stop"),
    ]
    .concat();
    for (args, expected) in [
        (&[][..], vec![3, 5]),
        (&["--origin", "snapshot,kernel"], vec![1, 5]),
        (&["--meta", "gap,stop"], vec![2, 3, 5, 6]),
        (&["-k", "route", "--meta", "gap"], vec![2]),
        (&["-k", "meta"], vec![0, 2, 6]),
        (&["-k", "meta,link", "--op", "change"], vec![0, 2, 5, 6]),
    ] {
        let output = succeeded(&run(&[args, &["--", "cat"]].concat(), &input));
        let seqs: Vec<_> = lines(output.as_bytes())
            .iter()
            .map(|it| it["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(seqs, expected, "{args:?}");
    }
    let error = failed(&run(&["--meta", "gaps", "--", "cat"], ""), 2);
    assert!(error.contains("gap, resync"), "{error}");
}

#[test]
fn a_burst_of_an_object_is_one_command() {
    let input: Vec<_> = (0..200).map(|seq| plain(seq, (seq % 2) as u32)).collect();
    let script = "echo $NLSTREAM_SEQ $NLSTREAM_EVENTS";
    let args = ["--debounce", "1h", "--", "sh", "-c", script];
    // The end of the input ends a burst.
    assert_eq!(
        succeeded(&run(&args, &input.concat())),
        "198 100\n199 100\n"
    );

    let folder = Folder::new("exec-debounce");
    let log = folder.path("log");
    let script = format!("echo $NLSTREAM_SEQ >>{log}");
    let mut running = Running::new(&["--debounce", "50ms", "--", "sh", "-c", &script]);
    for seq in [3, 9] {
        running.write(&(seq - 2..=seq).map(|seq| plain(seq, 1)).collect::<String>());
        wait_until("the pause ends the burst", || {
            numbers(&log).last() == Some(&seq)
        });
    }
}

#[test]
fn commands_of_different_objects_run_at_the_same_time_and_those_of_one_in_order() {
    let folder = Folder::new("exec-jobs");
    // Each of the first two commands of different objects waits for the other one.
    let script = "
        set -e
        mkdir running-$NLSTREAM_IFINDEX
        touch begun-$NLSTREAM_SEQ
        [ $NLSTREAM_SEQ != 0 ] || until [ -e begun-2 ]; do sleep 0.01; done
        [ $NLSTREAM_SEQ != 2 ] || until [ -e begun-0 ]; do sleep 0.01; done
        echo $NLSTREAM_SEQ >>log-$NLSTREAM_IFINDEX
        rmdir running-$NLSTREAM_IFINDEX";
    let mut command = exec(&[
        "--jobs",
        "3",
        "--on-failure",
        "stop",
        "--",
        "sh",
        "-c",
        script,
    ]);
    let mut child = command.current_dir(&folder.0).spawn().unwrap();
    let input: String = [(0, 1), (1, 1), (2, 2), (3, 1), (4, 2), (5, 3)]
        .map(|(seq, index)| plain(seq, index))
        .concat();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    succeeded(&child.wait_with_output().unwrap());
    assert_eq!(numbers(&folder.path("log-1")), [0, 1, 3]);
    assert_eq!(numbers(&folder.path("log-2")), [2, 4]);
    assert_eq!(numbers(&folder.path("log-3")), [5]);
}

#[test]
fn the_rate_is_kept() {
    let begin = Instant::now();
    let input: String = (0..5).map(|seq| plain(seq, 1)).collect();
    let output = succeeded(&run(&["--rate", "2/100ms", "--", "cat"], &input));
    assert_eq!(lines(output.as_bytes()).len(), 5);
    assert!(begin.elapsed().as_millis() >= 200, "{:?}", begin.elapsed());
}

#[test]
fn a_command_that_takes_too_long_ends_with_its_process_group() {
    let folder = Folder::new("exec-timeout");
    let pids = folder.path("pids");
    let script = format!("sleep 1000 & echo $$ $! >{pids}; wait");
    let output = run(
        &["--timeout", "300ms", "--", "sh", "-c", &script],
        &plain(7, 1),
    );
    let text = failed(&output, 0);
    assert!(
        text.contains("link change d1 (run 00000001, seq 7) exceeded"),
        "{text}"
    );
    assert!(text.contains("of which failed: 1"), "{text}");
    let is_alive = |pid: &str| {
        let stat = read(&format!("/proc/{pid}/stat"));
        !stat.is_empty() && !stat.contains(") Z ")
    };
    let pids = read(&pids);
    assert_eq!(pids.split_whitespace().count(), 2);
    wait_until("the process group has ended", || {
        !pids.split_whitespace().any(is_alive)
    });
}

#[test]
fn a_failure_is_counted_ends_the_run_or_is_tried_again() {
    let folder = Folder::new("exec-failure");
    let input: String = (0..3).map(|seq| plain(seq, 1)).collect();
    let of = |what: &str| {
        let log = folder.path(what);
        let script = format!("echo $NLSTREAM_SEQ >>{log}; [ $NLSTREAM_SEQ != 1 ] || exit 3");
        let output = run(&["--on-failure", what, "--", "sh", "-c", &script], &input);
        (output, numbers(&log))
    };
    let (output, seqs) = of("continue");
    assert_eq!(seqs, [0, 1, 2]);
    let text = failed(&output, 0);
    assert!(text.contains("seq 1) ended with status 3"), "{text}");
    assert!(
        text.contains("events: 3, commands that ended: 3, of which failed: 1"),
        "{text}"
    );
    let (output, seqs) = of("stop");
    assert_eq!(seqs, [0, 1]);
    assert!(failed(&output, 1).contains("ended with status 3"));
    let (output, seqs) = of("retry=1");
    assert_eq!(seqs, [0, 1, 1, 2]);
    assert!(failed(&output, 0).contains("run again in 1s"));
    let output = run(&["--", "sh", "-c", "kill -9 $$"], &input);
    assert!(failed(&output, 0).contains("signal 9"));
    assert!(failed(&run(&["--on-failure", "retry=0", "--", "true"], ""), 2).contains("retry=N"));
}

#[test]
fn a_command_that_cannot_be_started_is_an_error_at_the_start() {
    let folder = Folder::new("exec-wrong");
    let file = folder.write("file", b"#!/bin/sh\n");
    for program in [
        "no-such-program",
        "./no-such-program",
        &file,
        folder.0.to_str().unwrap(),
    ] {
        // Its input is not read: it need not have any.
        let output = exec(&["--", program]).output().unwrap();
        let text = failed(&output, 1);
        assert!(
            text.contains("cannot run") && text.contains(program),
            "{text}"
        );
    }
    assert!(failed(&run(&["--"], ""), 2).contains("COMMAND"));
    // A program that the kernel refuses: the event is not done.
    fs::write(&file, "no program\n").unwrap();
    Command::new("chmod").args(["+x", &file]).status().unwrap();
    fs::write(&file, [0x7f, b'E', b'L', b'F', 0, 0]).unwrap();
    let position = folder.path("position");
    let output = run(
        &["--position", &position, "--", &file],
        &[plain(0, 1), plain(1, 1)].concat(),
    );
    assert!(failed(&output, 1).contains("cannot run"));
    assert!(!Path::new(&position).exists());
}

#[test]
fn a_command_need_not_read_its_input() {
    let large = line(
        RUN,
        0,
        1,
        &json!({ "link": { "ifindex": 1, "ifalias": "x".repeat(1 << 20) } }),
    );
    for script in [
        "exit 0",
        "exec <&-; sleep 0.1",
        "head -c 10 >/dev/null",
        "sleep 0.1",
    ] {
        let output = run(&["--", "sh", "-c", script], &large);
        assert!(failed(&output, 0).contains("commands that ended: 1, of which failed: 0"));
    }
    assert_eq!(succeeded(&run(&["--", "cat"], &large)), large);
}

#[test]
fn an_input_without_lines_or_closed_is_told() {
    let output = Command::new("sh")
        .args(["-c", &format!("{NLSTREAM} exec -- true <&-")])
        .output()
        .unwrap();
    assert!(failed(&output, 0).contains("events: 0,"));
    for (input, text) in [
        ("not json\n", "line 1 is not"),
        ("{\"v\":2}\n", "version 2 of the schema"),
        ("[12:00:00.000] link add\n", "format `text`"),
    ] {
        let error = failed(&run(&["--", "cat"], input), 1);
        assert!(error.contains(text), "{error}");
    }
    // One damaged line does not end a service.
    let input = [plain(0, 1), "{\"v\":1,\n".to_owned(), plain(1, 1)].concat();
    let output = run(&["--", "cat"], &input);
    assert_eq!(lines(&output.stdout).len(), 2);
    assert!(failed(&output, 0).contains("skipped: line 2"));
}

/// The largest size that the process had in memory, KiB.
fn peak(pid: u32) -> u64 {
    let status = read(&format!("/proc/{pid}/status"));
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn events_at_full_speed_all_have_a_command() {
    let input: String = (0..10_000)
        .map(|seq| plain(seq, (seq % 7) as u32))
        .collect();
    let output = run(&["--jobs", "4", "--", "true"], &input);
    assert!(
        failed(&output, 0)
            .contains("events: 10000, commands that ended: 10000, of which failed: 0")
    );
}

#[test]
fn the_reader_waits_for_commands_and_memory_is_bounded() {
    let folder = Folder::new("exec-pressure");
    let go = folder.path("go");
    let log = folder.path("log");
    let script = format!("until [ -e {go} ]; do sleep 0.02; done; echo $NLSTREAM_SEQ >>{log}");
    let mut running = Running::new(&[
        "--jobs",
        "2",
        "--debounce",
        "1ms",
        "--",
        "sh",
        "-c",
        &script,
    ]);
    let mut stdin = running.stdin.take().unwrap();
    let written = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = written.clone();
    // 100 MiB of lines about 100,000 objects.
    let writer = std::thread::spawn(move || {
        let alias = "x".repeat(1000);
        for seq in 0..100_000 {
            let link = json!({ "link": { "ifindex": seq, "ifalias": alias } });
            if stdin
                .write_all(line(RUN, seq, seq as u32, &link).as_bytes())
                .is_err()
            {
                break;
            }
            count.store(seq, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let mut last = (u64::MAX, Instant::now());
    wait_until("the writer waits", || {
        let now = written.load(std::sync::atomic::Ordering::Relaxed);
        if now != last.0 {
            last = (now, Instant::now());
        }
        now > 0 && last.1.elapsed().as_millis() > 500
    });
    assert!((1000..3000).contains(&last.0), "{}", last.0);
    assert!(
        peak(running.child.id()) < 64 << 10,
        "{} KiB",
        peak(running.child.id())
    );
    fs::write(&go, "").unwrap();
    wait_until("the commands go on", || numbers(&log).len() > 20);
    drop(running);
    writer.join().unwrap();
}

/// Every event once, in any order; those in `twice` may have been done twice.
fn assert_done(seqs: &[u64], expected: std::ops::Range<u64>, twice: usize) {
    let mut all = seqs.to_vec();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!(all, expected.collect::<Vec<_>>());
    assert!(
        count - all.len() <= twice,
        "{} were done twice",
        count - all.len()
    );
}

#[test]
fn a_kill_skips_no_event_and_repeats_only_those_in_flight() {
    let folder = Folder::new("exec-kill");
    let (file, log, position) = (
        folder.path("net"),
        folder.path("log"),
        folder.path("position"),
    );
    append(&file, &plain(0, 1));
    let script = format!("sleep 0.0$(($NLSTREAM_SEQ % 4)); echo $NLSTREAM_SEQ >>{log}");
    let jobs = 3;
    let jobs_text = jobs.to_string();
    let args = [
        "--jobs",
        &jobs_text,
        "--position",
        &position,
        &file,
        "--",
        "sh",
        "-c",
        &script,
    ];
    let mut kills = 0;
    let start = || {
        let running = Running::new(&args);
        wait_until("it has begun", || Path::new(&position).exists());
        running
    };
    let mut running = start();
    append(
        &file,
        &(1..150)
            .map(|seq| plain(seq, (seq % 5) as u32))
            .collect::<String>(),
    );
    for until in [10, 40, 90] {
        wait_until("commands have run", || numbers(&log).len() > until);
        drop(running);
        kills += 1;
        running = start();
    }
    wait_until("all commands have run", || {
        numbers(&log).iter().max() == Some(&149)
    });
    running.end();
    // A command that ran at the time of a kill has ended meanwhile.
    wait_until("every event", || numbers(&log).len() >= 149);
    assert_done(&numbers(&log), 1..150, kills * jobs);
    let saved: Value = serde_json::from_str(&read(&position)).unwrap();
    assert_eq!((&saved["run"], &saved["seq"]), (&json!(RUN), &json!(149)));
    // Nothing is left to be done, and an orderly end repeats nothing.
    let count = numbers(&log).len();
    let running = start();
    append(&file, &plain(150, 1));
    wait_until("the next event", || numbers(&log).last() == Some(&150));
    running.end();
    assert_eq!(numbers(&log).len(), count + 1);
}

#[test]
fn a_file_is_followed_across_rotation_and_from_its_end() {
    let folder = Folder::new("exec-rotation");
    let (file, log, position) = (
        folder.path("net"),
        folder.path("log"),
        folder.path("position"),
    );
    let archive = |minute: u64| folder.path(&format!("net.20261124T10{minute:02}00.000Z"));
    let part =
        |seqs: std::ops::Range<u64>| seqs.map(|seq| plain(seq, seq as u32)).collect::<String>();
    let rotate = |minute| fs::rename(&file, archive(minute)).unwrap();
    append(&file, &part(0..10));
    let script = format!("echo $NLSTREAM_SEQ >>{log}");
    let args = ["--position", &position, &file, "--", "sh", "-c", &script];
    let start = || {
        let running = Running::new(&args);
        wait_until("it has begun", || Path::new(&position).exists());
        running
    };
    let await_seq = |seq| wait_until("the event was done", || numbers(&log).last() == Some(&seq));
    let running = start();
    append(&file, &part(10..12));
    await_seq(11);
    // A line is written in two parts.
    let text = plain(12, 12);
    append(&file, &text[..40]);
    append(&file, &text[40..]);
    await_seq(12);
    // The writer goes on with the renamed file, until it opens the new one.
    rotate(1);
    append(&archive(1), &part(13..15));
    await_seq(14);
    append(&file, &part(15..17));
    await_seq(16);
    // Two rotations at once, the first file of which is compressed.
    rotate(2);
    append(&file, &part(17..19));
    rotate(3);
    let compressed = zstd::encode_all(read(&archive(3)).as_bytes(), 1).unwrap();
    fs::write(archive(3) + ".zst", compressed).unwrap();
    fs::remove_file(archive(3)).unwrap();
    append(&file, &part(19..21));
    await_seq(20);
    // A file that begins again: a copy was made, and the file truncated.
    fs::write(&file, "").unwrap();
    append(&file, &part(21..23));
    await_seq(22);
    running.end();
    // Rotations while nobody looks.
    append(&file, &part(23..25));
    rotate(4);
    append(&file, &part(25..27));
    rotate(5);
    append(&file, &part(27..29));
    let second = "00000002";
    append(
        &file,
        &line(
            second,
            0,
            1,
            &json!({ "time": "2026-11-24T11:00:00.000000000Z" }),
        ),
    );
    let running = start();
    await_seq(0);
    running.end();
    let expected: Vec<_> = (10..29).chain([0]).collect();
    assert_eq!(numbers(&log), expected);
    // A file that does not exist yet.
    let (file, log) = (folder.path("later"), folder.path("log2"));
    let script = format!("echo $NLSTREAM_SEQ >>{log}");
    let messages = folder.path("messages");
    let mut command = exec(&[&file, "--", "sh", "-c", &script]);
    command.stderr(fs::File::create(&messages).unwrap());
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take();
    let running = Running { child, stdin };
    wait_until("it waits for the file", || {
        read(&messages).contains("waiting for")
    });
    append(&file, &part(0..2));
    wait_until("the file appears", || numbers(&log) == [0, 1]);
    running.end();
}

#[test]
fn a_position_of_lines_that_are_gone_continues_by_time() {
    let folder = Folder::new("exec-gone");
    let (file, position) = (folder.path("net"), folder.path("position"));
    let log = folder.path("log");
    let saved = r#"{"run":"00000009","seq":5,"time":"2026-11-24T10:00:00.003000000Z"}"#;
    fs::write(&position, saved).unwrap();
    append(&file, &(0..6).map(|seq| plain(seq, 1)).collect::<String>());
    let script = format!("echo $NLSTREAM_SEQ >>{log}");
    let running = Running::new(&["--position", &position, &file, "--", "sh", "-c", &script]);
    wait_until("the later lines", || numbers(&log) == [4, 5]);
    running.end();
}

#[test]
fn a_file_that_is_no_position_is_not_replaced() {
    let folder = Folder::new("exec-position");
    let file = folder.write("net", plain(0, 1).as_bytes());
    for content in ["", "notes\n", "{\"seq\":1}\n"] {
        let position = folder.write("position", content.as_bytes());
        let output = run(&["--position", &position, "--", "true"], &plain(0, 1));
        assert!(failed(&output, 1).contains("not a position"));
        assert_eq!(read(&position), content);
    }
    let output = run(&["--position", &file, &file, "--", "true"], "");
    assert!(failed(&output, 1).contains("same file"));
    let output = run(&["--position", "/nowhere/position", "--", "true"], "");
    assert!(failed(&output, 1).contains("create its directory"));
    // Two processes do not share one.
    let position = folder.path("shared");
    let mut running = Running::new(&["--position", &position, "--", "true"]);
    running.write(&plain(0, 1));
    wait_until("the position exists", || Path::new(&position).exists());
    let output = run(&["--position", &position, "--", "true"], "");
    assert!(failed(&output, 1).contains("another nlstream exec"));
    // A pipe begins with the events that were not done.
    drop(running);
    let output = run(
        &["--position", &position, "--", "cat"],
        &[plain(0, 1), plain(1, 1)].concat(),
    );
    assert_eq!(lines(&output.stdout).len(), 1);
}
