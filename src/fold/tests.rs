use super::*;

const LINES: &str = r#"
{"v":1,"run":"00000001","seq":0,"time":"2026-01-01T00:00:00Z","kind":"meta","op":"start","meta":{}}
{"v":1,"run":"00000001","seq":1,"time":"2026-01-01T00:00:01Z","kind":"rule","op":"present","rule":{"priority":1}}
{"v":1,"run":"00000001","seq":2,"time":"2026-01-01T00:00:01Z","kind":"meta","op":"sync","meta":{"objects":1}}
{"v":1,"run":"00000001","seq":3,"time":"2026-01-01T00:00:02Z","kind":"rule","op":"add","rule":{"priority":2}}
{"v":1,"run":"00000001","seq":3,"time":"2026-01-01T00:00:02Z","kind":"rule","op":"add","rule":{"priority":2}}
{"v":1,"run":"00000001","seq":4,"time":"2026-01-01T00:00:03Z","kind":"rule","op":"delete","rule":{"priority":1}}
{"v":1,"run":"00000001","seq":5,"time":"2026-01-01T00:00:06Z","kind":"meta","op":"gap","meta":{"cause":"overflow","from":"2026-01-01T00:00:05Z"}}
{"v":1,"run":"00000001","seq":6,"time":"2026-01-01T00:00:07Z","kind":"meta","op":"resync","meta":{}}
{"v":1,"run":"00000001","seq":9,"time":"2026-01-01T00:00:08Z","kind":"meta","op":"gap","meta":{"cause":"output","lost":2,"from":"2026-01-01T00:00:07.5Z"}}
{"v":1,"run":"00000001","seq":10,"time":"2026-01-01T00:00:09Z","kind":"meta","op":"resync","meta":{}}
{"v":1,"run":"00000001","seq":12,"time":"2026-01-01T00:00:10Z","kind":"rule","op":"delete","rule":{"priority":2}}
{"v":1,"run":"0000"#;

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

fn at(second: i64) -> (Vec<String>, Option<IncompleteReason>) {
    let at = time(second);
    let mut fold = Fold::default();
    let reached = fold.read(LINES.trim_start().as_bytes(), Some(at)).unwrap();
    (objects(&fold), fold.incomplete(Some(at), reached, None))
}

fn objects(fold: &Fold) -> Vec<String> {
    fold.objects().map(|it| it.object().to_owned()).collect()
}

/// Makes the lines of a run: each with the seconds since the epoch of the tests.
struct Lines {
    run: &'static str,
    seq: u64,
    text: String,
}

impl Lines {
    fn new(run: &'static str, seq: u64) -> Self {
        let text = String::new();
        Lines { run, seq, text }
    }

    fn line(mut self, second: i64, kind: &str, op: &str, payload: &str) -> Self {
        let (run, seq, time) = (self.run, self.seq, time(second));
        let origin = match (kind, op) {
            ("meta", _) => "",
            (_, "present") => r#""origin":"checkpoint","#,
            _ => r#""origin":"kernel","#,
        };
        self.text += &format!(
            r#"{{"v":1,"run":"{run}","seq":{seq},"time":"{time}","kind":"{kind}","op":"{op}",{origin}"{kind}":{payload}}}"#
        );
        self.text.push('\n');
        self.seq += 1;
        self
    }

    fn meta(self, second: i64, op: &str, payload: &str) -> Self {
        self.line(second, "meta", op, payload)
    }

    fn rule(self, second: i64, op: &str, priority: u32) -> Self {
        self.line(second, "rule", op, &format!(r#"{{"priority":{priority}}}"#))
    }

    /// `start`, and an empty snapshot.
    fn begun(self) -> Self {
        self.meta(0, "start", r#"{"settings":{"snapshot":true}}"#)
            .meta(0, "sync", r#"{"objects":0}"#)
    }

    fn after_hole(mut self, lines: u64) -> Self {
        self.seq += lines;
        self
    }
}

/// Folds files up to a time. Returns the priorities of the rules, and why others may be missing.
fn fold(files: &[&str], second: Option<i64>) -> (Vec<u64>, Option<IncompleteReason>) {
    let at = second.map(time);
    let mut fold = Fold::default();
    let mut reached = Reached::End;
    for file in files {
        reached = fold.read(file.as_bytes(), at).unwrap();
        if reached == Reached::Time {
            break;
        }
    }
    let rules = objects(&fold).into_iter().map(|object| {
        let object: serde_json::Value = serde_json::from_str(&object).unwrap();
        object["priority"].as_u64().unwrap()
    });
    (rules.collect(), fold.incomplete(at, reached, None))
}

fn fault(text: &[u8]) -> String {
    let mut fold = Fold::default();
    fold.read(text, None).unwrap_err().to_string()
}

#[test]
fn a_torn_line_in_the_middle_is_permitted_where_start_tells_of_it() {
    let start = |extra: &str| {
        format!(
            r#"{{"v":1,"run":"0000002b","seq":0,"time":"2026-11-24T00:00:02Z","kind":"meta","op":"start","meta":{{"tool":"nlstream","version":"0","settings":{{"snapshot":false,"with":[]}}{extra}}}}}"#
        )
    };
    let before = start("").replace("2b", "2a").replace("02Z", "01Z");
    let torn = r#"{"v":1,"run":"0000002a","seq":1,"ti"#;
    let ended = start(r#","tail_ended":36"#);
    for (lines, is_read) in [
        ([&*before, torn, &*ended], true),
        ([&*before, torn, &*start("")], false),
        ([&*before, &*start(""), torn], false),
        ([torn, torn, &*ended], false),
        ([&*before, "notes", &*ended], false),
    ] {
        let text = lines.join("\n") + "\n";
        let read = Fold::default().read(text.as_bytes(), None);
        assert_eq!(read.is_ok(), is_read, "{text} {read:?}");
    }
}

#[test]
fn objects_at_each_time_of_a_run() {
    let (one, two) = (r#"{"priority":1}"#, r#"{"priority":2}"#);
    assert!(matches!(at(-1), (_, Some(IncompleteReason::NoLines(_)))));
    assert!(matches!(
        at(0),
        (_, Some(IncompleteReason::WithoutSnapshot))
    ));
    assert!(matches!(at(1), (objects, None) if objects == [one]));
    assert!(matches!(at(2), (objects, None) if objects == [one, two]));
    assert!(matches!(at(4), (objects, None) if objects == [two]));
    // Between the last event and the line that reports the gap.
    assert!(matches!(at(5), (_, Some(IncompleteReason::Gap(_)))));
    assert!(matches!(at(6), (_, Some(IncompleteReason::Gap(_)))));
    assert!(matches!(at(7), (objects, None) if objects == [two]));
    assert!(matches!(at(8), (_, Some(IncompleteReason::Gap(_)))));
    // A line is missing, and its time is unknown.
    assert!(matches!(
        at(9),
        (_, Some(IncompleteReason::Missing(10, 12, _)))
    ));
    assert!(matches!(
        at(10),
        (_, Some(IncompleteReason::Missing(10, 12, _)))
    ));
    assert!(matches!(at(99), (_, Some(IncompleteReason::TooLate(_)))));
}

#[test]
fn equal_keys_in_two_namespaces_are_two_objects() {
    let line = |seq: u32, netns: &str, op: &str| {
        format!(
            r#"{{"v":1,"run":"00000001","seq":{seq},"time":"2026-01-01T00:00:00Z",{netns}"kind":"rule","op":"{op}","rule":{{"priority":1}}}}"#
        )
    };
    let (red, none) = (r#""netns":{"name":"red","inode":4026532000},"#, "");
    let lines = [
        line(0, none, "present"),
        line(1, red, "present"),
        line(2, none, "delete"),
    ];
    let mut fold = Fold::default();
    fold.read(lines.join("\n").as_bytes(), None).unwrap();
    let left: Vec<_> = fold.objects().collect();
    assert_eq!(left.len(), 1);
    assert!(left[0].line().contains(red));
}

#[test]
fn the_objects_of_a_namespace_are_complete_with_its_own_sync() {
    let line = |seq: u32, netns: &str, op: &str, meta: &str| {
        format!(
            r#"{{"v":1,"run":"00000001","seq":{seq},"time":"2026-01-01T00:00:00Z",{netns}"kind":"meta","op":"{op}","meta":{meta}}}"#
        )
    };
    let red = r#""netns":{"name":"red","inode":7},"#;
    let lines = [
        line(0, "", "start", r#"{"settings":{"snapshot":true}}"#),
        line(1, "", "sync", r#"{"objects":0}"#),
        line(2, red, "netns", r#"{"event":"add"}"#),
        line(3, red, "sync", r#"{"objects":0}"#),
        line(4, red, "netns", r#"{"event":"add"}"#),
        line(5, red, "netns", r#"{"event":"delete"}"#),
    ];
    for (count, is_complete) in [(2, true), (3, false), (4, true), (5, false), (6, true)] {
        let mut fold = Fold::default();
        let reached = fold
            .read(lines[..count].join("\n").as_bytes(), None)
            .unwrap();
        let reason = fold.incomplete(None, reached, None);
        assert_eq!(reason.is_none(), is_complete, "{count}: {reason:?}");
        if let Some(reason) = reason {
            assert!(
                reason.to_string().contains("network namespace red"),
                "{reason}"
            );
        }
    }
}

#[test]
fn an_object_is_printed_as_present_with_the_members_that_describe_it() {
    let text = r#"{"v":1,"run":"00000001","seq":0,"time":"2026-01-01T00:00:00Z","kind":"rule","op":"change","origin":"kernel","rule":{"priority":1},"changed":["x"],"old":{"x":1},"nl":{},"truncated":true}"#;
    let mut fold = Fold::default();
    fold.read(text.as_bytes(), None).unwrap();
    assert_eq!(
        fold.objects().next().unwrap().line(),
        r#"{"v":1,"run":"00000001","seq":0,"time":"2026-01-01T00:00:00Z","kind":"rule","op":"present","origin":"kernel","rule":{"priority":1},"truncated":true}"#
    );
}

#[test]
fn files_of_other_programs_are_named_with_the_remedy() {
    for (text, name) in [
        (&b"what?\n{}\n"[..], "line 1 is not a complete JSON object"),
        (
            b"not json",
            "line 1 is not a complete JSON object: expected ident, at byte 2",
        ),
        (b"{\"hello\":\"world\"}\n", "line 1 has no `v`"),
        (b"{\"hello\":\"world\"}", "line 1 has no `v`"),
        (b"{\"v\":1,\"hello\":\"world\"}\n", "has no `kind`"),
        (b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00", "nlstream replay"),
        (b"\xd4\xc3\xb2\xa1\x02\x00", "nlstream replay"),
        (b"\x14\x00\x00\x00\x0f\x00\x00\x00", "nlstream replay"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x28\xb5\x2f\xfd\x04", "zstd"),
        (b"BZh91AY&SY", "bzip2"),
        (b"[{\"ifindex\":1}]\n", "jq -c '.[]'"),
        (b"{\n  \"v\": 1,\n", "jq -c . "),
        (b"[21:26:54.897] link add v0\n", "format `text`"),
        (b"[1,2]\n", "line 1 is not a complete JSON object"),
    ] {
        let fault = fault(text);
        assert!(fault.contains(name), "{fault}");
    }
}

#[test]
fn empty_inputs_have_no_lines_and_no_time() {
    for text in ["", "\n", "\n \n", "{\"v\":1,\"ru", "\0\0\0"] {
        for at in [None, Some(time(0))] {
            let mut fold = Fold::default();
            let reached = fold.read(text.as_bytes(), at).unwrap();
            let reason = fold.incomplete(at, reached, None).unwrap();
            assert!(matches!(reason, IncompleteReason::Empty), "{reason}");
            assert!(!reason.to_string().contains("9999"), "{reason}");
        }
    }
}

#[test]
fn other_versions_are_refused() {
    let whole = Lines::new("00000001", 0).begun().rule(1, "add", 1).text;
    for (version, name) in [
        (r#""v":2,"#, "version 2 of the schema"),
        (r#""v":"1","#, "version \"1\" of the schema"),
        ("", "no `v`"),
    ] {
        let text = whole.replace(r#""v":1,"#, version);
        let fault = fault(text.as_bytes());
        assert!(fault.contains("line 1") && fault.contains(name), "{fault}");
    }
}

#[test]
fn a_damaged_line_is_an_error_unless_it_is_the_torn_last_one() {
    let whole = Lines::new("00000001", 0).begun().rule(1, "add", 1);
    let next = whole
        .text
        .lines()
        .last()
        .unwrap()
        .replace("\"seq\":2", "\"seq\":3");
    let half = &next[..next.len() / 2];
    for (tail, is_error) in [
        (half.to_owned(), false),
        // The file system has extended the file, but not written the data.
        ("\0\0\0\0".to_owned(), false),
        (format!("{half}\n"), true),
        (format!("{half}{next}\n"), true),
        (format!("{half}\n{next}\n"), true),
        (format!("{next}}}\n"), true),
        (format!("{next}}}"), true),
        ("some other text".to_owned(), true),
    ] {
        let text = format!("{}{tail}", whole.text);
        let mut fold = Fold::default();
        let result = fold.read(text.as_bytes(), None);
        // Whatever follows a whole object makes the text more than a torn line: unless it is at the
        // end, where only the newline is missing.
        match is_error {
            true if !tail.ends_with("}}") => {
                let fault = result.unwrap_err().to_string();
                assert!(fault.contains("line 4 "), "{tail}: {fault}");
            }
            true => {}
            false => assert_eq!(objects(&fold).len(), 1, "{tail}"),
        }
    }
    // The newline alone is missing: the line is whole.
    let text = whole.text.trim_end();
    assert_eq!(fold_one(text), [1]);
}

fn fold_one(text: &str) -> Vec<u64> {
    let (rules, reason) = fold(&[text], None);
    assert!(reason.is_none(), "{reason:?}");
    rules
}

#[test]
fn lines_without_a_part_of_them_are_errors() {
    let begun = Lines::new("00000001", 0).begun().text;
    for (line, name) in [
        (
            r#"{"v":1,"run":"00000001","seq":2,"time":"2026-01-01T00:00:02Z","kind":"link","op":"add"}"#,
            "no `link`",
        ),
        (
            r#"{"v":1,"run":"00000001","seq":2,"time":"2026-01-01T00:00:02Z","kind":"link","op":"delete"}"#,
            "no `link`",
        ),
        (
            r#"{"v":1,"run":"00000001","seq":2,"time":"2026-01-01T00:00:02Z","kind":"link","op":"add","link":7}"#,
            "wrong `link`",
        ),
        (
            r#"{"v":1,"run":"00000001","seq":2,"time":"2026-01-01T00:00:02Z","kind":"link","op":"add","link":{}}"#,
            "without a key",
        ),
        (
            r#"{"v":1,"run":"00000001","seq":2,"time":"2026-01-01T00:00:02Z","kind":"prefix","op":"add"}"#,
            "no `prefix`",
        ),
        (
            r#"{"v":1,"run":"00000001","seq":2,"time":"2026-01-01T00:00:02Z","kind":"meta","op":"gap"}"#,
            "no `meta`",
        ),
        (
            r#"{"v":1,"run":"00000001","seq":2,"time":"yesterday","kind":"rule","op":"add","rule":{"priority":1}}"#,
            "wrong `time`",
        ),
        (
            r#"{"v":1,"run":"00000001","seq":-2,"time":"2026-01-01T00:00:02Z","kind":"rule","op":"add","rule":{"priority":1}}"#,
            "wrong `seq`",
        ),
        (
            r#"{"v":1,"run":"00000001","seq":2,"seq":3,"time":"2026-01-01T00:00:02Z","kind":"rule","op":"add","rule":{"priority":1}}"#,
            "occurs twice",
        ),
        (
            r#"{"v":1,"seq":2,"time":"2026-01-01T00:00:02Z","kind":"rule","op":"add","rule":{"priority":1}}"#,
            "no `run`",
        ),
    ] {
        let fault = fault(format!("{begun}{line}\n").as_bytes());
        assert!(
            fault.starts_with("line 3 ") && fault.contains(name),
            "{fault}"
        );
    }
}

#[test]
fn unknown_kinds_and_ops_are_ignored() {
    let text = Lines::new("00000001", 0)
        .begun()
        .rule(1, "add", 1)
        .line(2, "wormhole", "add", "{}")
        .line(2, "rule", "praise", r#"{"priority":1}"#)
        .meta(3, "horoscope", r#"{"for":"today"}"#)
        .rule(4, "add", 2)
        .text;
    assert_eq!(fold_one(&text), [1, 2]);
}

#[test]
fn strings_may_be_written_with_escapes() {
    let text = Lines::new("00000001", 0)
        .begun()
        .line(
            1,
            "address",
            "add",
            r#"{"ifindex":1,"family":"inet","local":"192.0.2.1","prefixlen":24}"#,
        )
        .line(
            2,
            "address",
            "delete",
            r#"{"ifindex":1,"family":"inet","local":"192.0.2.1","prefixlen":24}"#,
        )
        .text;
    let text = text
        .replace("\"delete\"", r#""\u0064elete""#)
        .replace("\"kind\"", r#""\u006bind""#)
        .replace("\"v\"", r#""\u0076""#)
        .replacen("\"local\":\"192", r#""\u006cocal":"\u0031\u00392"#, 1);
    let mut fold = Fold::default();
    let reached = fold.read(text.as_bytes(), None).unwrap();
    assert!(fold.incomplete(None, reached, None).is_none());
    assert_eq!(objects(&fold), [""; 0]);
}

/// A run whose first lines are lost, with a checkpoint that an event interrupts.
fn with_checkpoint(sync: &str) -> Lines {
    Lines::new("00000001", 90)
        .rule(0, "add", 9)
        .meta(1, "checkpoint", r#"{"objects":3}"#)
        .rule(1, "present", 1)
        .rule(1, "present", 2)
        .rule(1, "delete", 1)
        .rule(1, "add", 4)
        .rule(2, "present", 3)
        .meta(3, "sync", sync)
        .rule(4, "add", 5)
}

#[test]
fn the_fold_begins_at_a_complete_checkpoint() {
    let text = with_checkpoint(r#"{"objects":3,"checkpoint":91}"#).text;
    let (_, reason) = fold(&[&text], Some(2));
    assert!(
        matches!(reason, Some(IncompleteReason::NoBeginning(90))),
        "{reason:?}"
    );
    // The rule 9 was deleted in a line that is lost.
    assert!(matches!(fold(&[&text], Some(3)), (rules, None) if rules == [2, 3, 4]));
    assert_eq!(fold_one(&text), [2, 3, 4, 5]);
    // From every retained file, and with those before.
    let before = Lines::new("00000001", 0).begun().rule(0, "add", 7).text;
    assert!(matches!(fold(&[&before], None), (rules, None) if rules == [7]));
    assert!(matches!(fold(&[&before, &text], Some(3)), (rules, None) if rules == [2, 3, 4]));
    let (_, reason) = fold(&[&before, &text], Some(2));
    assert!(
        matches!(reason, Some(IncompleteReason::Missing(2, 90, _))),
        "{reason:?}"
    );
}

#[test]
fn a_checkpoint_that_is_not_whole_is_none() {
    let sync = r#"{"objects":3,"checkpoint":91}"#;
    let whole = with_checkpoint(sync).text;
    let without = |number: usize| {
        let lines = whole.lines().enumerate();
        let left: Vec<_> = lines
            .filter(|(at, _)| *at != number)
            .map(|(_, line)| line)
            .collect();
        left.join("\n")
    };
    // Without its first line, its last line, or one between.
    for number in 1..=7 {
        let (_, reason) = fold(&[&without(number)], None);
        assert!(
            matches!(
                reason,
                Some(IncompleteReason::NoBeginning(90) | IncompleteReason::Missing(..))
            ),
            "{number}: {reason:?}"
        );
    }
    // A hole before a checkpoint does not matter, one after it does.
    assert!(matches!(fold(&[&without(0)], None), (_, None)));
    let text = with_checkpoint(sync).after_hole(1).rule(5, "add", 6).text;
    assert!(matches!(
        fold(&[&text], None),
        (_, Some(IncompleteReason::Missing(98, 100, _)))
    ));
    // A sync that ends another checkpoint.
    let text = with_checkpoint(r#"{"objects":3,"checkpoint":17}"#).text;
    assert!(fold(&[&text], None).1.is_some());
    // The second begins before the first has ended.
    let text = Lines::new("00000001", 90)
        .meta(1, "checkpoint", "{}")
        .rule(1, "present", 1)
        .meta(1, "checkpoint", "{}")
        .rule(1, "present", 2)
        .meta(3, "sync", r#"{"objects":1,"checkpoint":92}"#)
        .text;
    assert_eq!(fold_one(&text), [2]);
}

#[test]
fn a_gap_within_a_checkpoint_remains_until_the_resync() {
    let gap = format!(r#"{{"cause":"overflow","from":"{}"}}"#, time(1));
    let lines = Lines::new("00000001", 90)
        .meta(0, "gap", &gap)
        .meta(1, "checkpoint", "{}")
        .rule(1, "present", 1)
        .meta(1, "gap", &gap)
        .meta(3, "sync", r#"{"objects":1,"checkpoint":91}"#);
    assert!(matches!(
        fold(&[&lines.text], None),
        (_, Some(IncompleteReason::Gap(_)))
    ));
    assert_eq!(fold_one(&lines.meta(4, "resync", "{}").text), [1]);
    // A gap before the checkpoint: what is not known is in the list of its sync.
    let lines = Lines::new("00000001", 90)
        .meta(0, "gap", &gap)
        .meta(1, "checkpoint", "{}")
        .rule(1, "present", 1)
        .meta(
            3,
            "sync",
            r#"{"objects":1,"checkpoint":91,"incomplete":["route"]}"#,
        );
    let (_, reason) = fold(&[&lines.text], None);
    assert!(
        matches!(&reason, Some(IncompleteReason::Kinds(kinds)) if kinds == &["route"]),
        "{reason:?}"
    );
    assert_eq!(fold_one(&lines.meta(4, "resync", "{}").text), [1]);
}

#[test]
fn the_end_of_a_snapshot_whose_beginning_is_missing_is_no_snapshot() {
    let text = Lines::new("00000001", 5)
        .rule(0, "present", 1)
        .meta(0, "sync", r#"{"objects":9}"#)
        .text;
    let (_, reason) = fold(&[&text], None);
    assert!(
        matches!(reason, Some(IncompleteReason::NoBeginning(5))),
        "{reason:?}"
    );
}

#[test]
fn incomplete_kinds_are_refused_until_they_are_whole() {
    let begun = || {
        Lines::new("00000001", 0)
            .meta(0, "start", r#"{"settings":{"snapshot":true}}"#)
            .rule(0, "present", 1)
            .meta(0, "sync", r#"{"objects":1,"incomplete":["route","rule"]}"#)
    };
    let incomplete = |text: &str, kinds: Option<&[Kind]>| {
        let mut fold = Fold::default();
        let reached = fold.read(text.as_bytes(), None).unwrap();
        fold.incomplete(None, reached, kinds)
    };
    let text = begun().text;
    let reason = incomplete(&text, None).unwrap();
    let message = reason.to_string();
    assert!(
        message.contains("objects of route, rule may be missing"),
        "{message}"
    );
    assert!(message.contains("--kind"), "{message}");
    assert!(reason.concerns(Kind::Rule) && !reason.concerns(Kind::Link));
    assert!(incomplete(&text, Some(&[Kind::Rule])).is_some());
    // Other kinds are whole.
    assert!(incomplete(&text, Some(&[Kind::Link, Kind::Neigh])).is_none());
    let half = begun().meta(1, "complete", r#"{"kinds":["route"]}"#);
    assert!(incomplete(&half.text, Some(&[Kind::Route])).is_none());
    assert!(incomplete(&half.text, None).is_some());
    let whole = half.meta(2, "complete", r#"{"kinds":["rule"]}"#);
    assert!(incomplete(&whole.text, None).is_none());
    // Every resync names the kinds that are incomplete then.
    let text = begun()
        .meta(2, "resync", r#"{"incomplete":["neigh"]}"#)
        .text;
    assert!(incomplete(&text, Some(&[Kind::Route])).is_none());
    assert!(incomplete(&text, Some(&[Kind::Neigh])).is_some());
}

#[test]
fn kinds_that_the_run_did_not_write_or_track_are_refused_if_requested() {
    let settings = r#"{"settings":{"snapshot":true,"kinds":["link","rule"],"no_track":["link"]}}"#;
    let text = Lines::new("00000001", 0)
        .meta(0, "start", settings)
        .meta(0, "sync", r#"{"objects":0}"#)
        .rule(1, "add", 1)
        .text;
    let mut fold = Fold::default();
    let reached = fold.read(text.as_bytes(), None).unwrap();
    let incomplete = |kinds| fold.incomplete(None, reached, kinds);
    assert!(incomplete(None).is_none());
    assert!(incomplete(Some(&[Kind::Rule])).is_none());
    assert!(matches!(
        incomplete(Some(&[Kind::Rule, Kind::Route])),
        Some(IncompleteReason::NotWritten(kinds)) if kinds == ["route"]
    ));
    assert!(matches!(
        incomplete(Some(&[Kind::Link])),
        Some(IncompleteReason::Untracked(_))
    ));
    assert!(fold.is_tracked(Kind::Rule) && !fold.is_tracked(Kind::Link));
    assert!(!fold.is_tracked(Kind::Class));
}

#[test]
fn the_time_between_two_runs_is_not_known() {
    let first = Lines::new("00000001", 0)
        .begun()
        .rule(1, "add", 1)
        .meta(2, "stop", "{}");
    let second = Lines::new("00000002", 0)
        .meta(8, "start", r#"{"settings":{"snapshot":true}}"#)
        .rule(8, "present", 2)
        .meta(9, "sync", r#"{"objects":1}"#);
    let both = format!("{}{}", first.text, second.text);
    assert!(matches!(fold(&[&both], Some(2)), (rules, None) if rules == [1]));
    let (_, reason) = fold(&[&both], Some(5));
    assert!(
        matches!(reason, Some(IncompleteReason::BetweenRuns(..))),
        "{reason:?}"
    );
    assert!(matches!(
        fold(&[&both], Some(8)),
        (_, Some(IncompleteReason::NoSnapshot))
    ));
    assert!(matches!(fold(&[&both], Some(9)), (rules, None) if rules == [2]));
}

#[test]
fn files_that_are_not_in_order_are_refused() {
    let one = Lines::new("00000001", 0).begun().rule(1, "add", 1).text;
    let two = Lines::new("00000001", 3)
        .rule(2, "add", 2)
        .rule(2, "delete", 1)
        .text;
    let other = Lines::new("00000002", 0)
        .meta(8, "start", r#"{"settings":{"snapshot":true}}"#)
        .meta(9, "sync", r#"{"objects":0}"#)
        .text;
    let disorder = |files: &[&str]| {
        let mut fold = Fold::default();
        let fault = files
            .iter()
            .find_map(|file| fold.read(file.as_bytes(), None).err());
        matches!(fault, Some(LinesError::Disorder(..)))
    };
    assert!(disorder(&[&two, &one]));
    assert!(disorder(&[&other, &one]));
    assert!(disorder(&[&one, &other, &two]));
    for files in [
        &[&one[..], &two, &other][..],
        &[&one, &one, &two],
        &[&one, &two, &one, &two, &other],
    ] {
        assert!(!disorder(files));
    }
    assert!(matches!(fold(&[&one, &two, &one], None), (rules, None) if rules == [2]));
    // The clock was set back between two runs that wrote to one file.
    let follows = r#"{"settings":{"snapshot":true},"follows":{"run":"00000001","seq":4}}"#;
    let earlier = Lines::new("00000003", 0).meta(-50, "start", follows).text;
    assert!(!disorder(&[&one, &earlier]));
}

#[test]
fn lines_of_a_dump_have_earlier_times_than_those_before() {
    let text = Lines::new("00000001", 0)
        .begun()
        .rule(3, "add", 1)
        .rule(2, "add", 2)
        .rule(4, "add", 3)
        .text;
    assert!(matches!(fold(&[&text], Some(2)), (rules, None) if rules.is_empty()));
    assert!(matches!(fold(&[&text], Some(3)), (rules, None) if rules == [1, 2]));
}

#[test]
fn any_later_line_of_the_run_tells_that_nothing_happened_before_it() {
    let lines = || Lines::new("00000001", 0).begun().rule(1, "add", 1);
    let is_too_late = |text: &str, second| {
        let (rules, reason) = fold(&[text], Some(second));
        assert_eq!(rules, [1], "{text}");
        match reason {
            None => false,
            Some(IncompleteReason::TooLate(_)) => true,
            Some(reason) => panic!("{reason}: {text}"),
        }
    };
    assert!(is_too_late(&lines().text, 3));
    let gap = r#"{"cause":"overflow","from":"2026-01-01T00:00:04.5Z"}"#;
    let sync = r#"{"checkpoint":3}"#;
    let later: &[&[(&str, &str)]] = &[
        &[("heartbeat", "{}")],
        &[("clock", "{}")],
        &[("refused", "{}")],
        &[("complete", r#"{"kinds":["rule"]}"#)],
        &[("resync", "{}")],
        &[("gap", gap), ("resync", "{}")],
        &[("checkpoint", "{}")],
        &[("checkpoint", "{}"), ("rule", ""), ("sync", sync)],
        &[
            ("checkpoint", "{}"),
            ("rule", ""),
            ("sync", sync),
            ("stop", "{}"),
        ],
        &[("checkpoint", "{}"), ("stop", "{}")],
        &[("rotate", "{}")],
        &[("stop", "{}")],
    ];
    for ops in later {
        let lines = ops.iter().fold(lines(), |lines, (op, payload)| match *op {
            "rule" => lines.rule(5, "present", 1),
            op => lines.meta(5, op, payload),
        });
        for second in [1, 3, 4, 5] {
            let text = &lines.text;
            assert!(!is_too_late(text, second), "{second} {text}");
        }
        assert!(is_too_late(&lines.text, 6), "{}", lines.text);
    }
}

#[test]
fn a_loss_before_the_time_is_not_overlooked_for_a_later_line() {
    let lines = || {
        let lines = Lines::new("00000001", 0).begun().rule(1, "add", 1);
        lines.meta(4, "heartbeat", "{}")
    };
    let overflow = r#"{"cause":"overflow","from":"2026-01-01T00:00:02Z"}"#;
    let gap = lines().meta(5, "gap", overflow).meta(6, "resync", "{}");
    let in_next_file = Lines::new("00000001", 4).meta(5, "gap", overflow);
    for files in [
        &[&*gap.text][..],
        &[&*lines().text, &*in_next_file.text][..],
    ] {
        let (_, reason) = fold(files, Some(3));
        assert!(matches!(reason, Some(IncompleteReason::Gap(_))));
        assert!(fold(files, Some(1)).1.is_none(), "{files:?}");
    }
    let hole = Lines::new("00000001", 0).begun().rule(1, "add", 1);
    let hole = hole.after_hole(2).meta(4, "heartbeat", "{}");
    let (_, reason) = fold(&[&hole.text], Some(3));
    assert!(matches!(reason, Some(IncompleteReason::Missing(2, 5, _))));
}

#[test]
fn the_present_is_known_while_the_run_writes() {
    let text = Lines::new("00000001", 0).begun().rule(1, "add", 1);
    let known = |text: &str, reached| {
        let mut fold = Fold::default();
        fold.read(text.as_bytes(), Some(time(60))).unwrap();
        (
            fold.may_continue(),
            fold.incomplete(Some(time(60)), reached, None),
        )
    };
    assert!(matches!(known(&text.text, Reached::Present), (true, None)));
    let (_, reason) = known(&text.text, Reached::End);
    let message = reason.unwrap().to_string();
    assert!(message.contains("--heartbeat"), "{message}");
    for op in ["stop", "rotate"] {
        let text = Lines::new("00000001", 0).begun().meta(2, op, "{}").text;
        assert!(!known(&text, Reached::End).0);
    }
}

#[test]
fn a_line_without_end_is_not_read_into_memory() {
    /// Yields `{` for ever.
    struct Endless;
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b'{');
            Ok(buffer.len())
        }
    }
    let endless = std::io::BufReader::with_capacity(1 << 20, Endless);
    let fault = Fold::default().read(endless, None).unwrap_err();
    assert!(matches!(fault, LinesError::TooLong(1)), "{fault}");
}

#[test]
fn what_describes_an_event_is_not_in_the_folded_object() {
    let line = |seq: u32, link: &str| {
        format!(
            r#"{{"v":1,"run":"00000001","seq":{seq},"time":"2026-01-01T00:00:00Z","kind":"link","op":"change","link":{link}}}"#
        ) + "\n"
    };
    let lines = line(0, r#"{"ifindex":1,"mtu":5,"event":"NOTIFY PEERS","flags":["UP"],"wireless":"01"}"#)
        // A name that contains that of the field.
        + &line(1, r#"{"ifindex":2,"ifname":"event"}"#);
    let mut fold = Fold::default();
    fold.read(lines.as_bytes(), None).unwrap();
    let left: Vec<_> = fold.objects().map(SnapshotObject::object).collect();
    let expected = [
        r#"{"ifindex":1,"mtu":5,"flags":["UP"]}"#,
        r#"{"ifindex":2,"ifname":"event"}"#,
    ];
    assert_eq!(left, expected);
}

#[test]
fn a_gap_in_one_namespace_remains_when_another_is_resynced() {
    let of = |text: String, name: &str| {
        let netns = format!(r#""netns":{{"name":"{name}","inode":1}},"kind""#);
        text.replace(r#""kind""#, &netns)
    };
    let run = |seq| Lines::new("00000001", seq);
    let gap = r#"{"cause":"overflow","from":"2026-01-01T00:00:02Z"}"#;
    let start = run(0)
        .meta(0, "start", r#"{"settings":{"snapshot":true}}"#)
        .meta(1, "sync", r#"{"objects":0}"#);
    let parts = [
        start.text,
        of(run(2).meta(3, "gap", gap).text, "red"),
        of(run(3).meta(3, "gap", gap).text, "blue"),
        of(run(4).meta(4, "resync", "{}").text, "red"),
    ];
    let (_, reason) = fold(&[&parts.concat()], None);
    assert!(
        matches!(reason, Some(IncompleteReason::Gap(_))),
        "{reason:?}"
    );
    let end = of(run(5).meta(5, "resync", "{}").text, "blue");
    let (_, reason) = fold(&[&parts.concat(), &end], None);
    assert!(reason.is_none(), "{reason:?}");
}

#[test]
fn line_numbers_are_counted_up_to_the_last() {
    let line = |seq: u64| {
        format!(
            r#"{{"v":1,"run":"00000001","seq":{seq},"time":"2026-01-01T00:00:00Z","kind":"rule","op":"add","rule":{{"priority":{}}}}}"#,
            seq % 10
        ) + "\n"
    };
    let lines = line(0) + &line(u64::MAX) + &line(u64::MAX);
    let mut fold = Fold::default();
    fold.read(lines.as_bytes(), None).unwrap();
    assert_eq!(objects(&fold).len(), 2);
    let mut fold = Fold::default();
    let at = Some(time(-1));
    fold.read(lines.as_bytes(), at).unwrap();
    assert_eq!(objects(&fold).len(), 0);
}

/// A search for each of half a million members would take minutes.
#[test]
fn a_line_with_very_many_members_is_indexed() {
    let line = |names: &mut dyn Iterator<Item = u32>| {
        let mut text = String::from(
            r#"{"v":1,"run":"00000001","seq":0,"time":"2026-01-01T00:00:00Z","kind":"rule","op":"add","rule":{"priority":1"#,
        );
        for number in names {
            text += &format!(r#","x{number}":0"#);
        }
        text + "}}\n"
    };
    let mut fold = Fold::default();
    let many = line(&mut (0..500_000));
    fold.read(many.as_bytes(), None).unwrap();
    assert_eq!(objects(&fold).len(), 1);
    for twice in [3, 1000] {
        let repeated = line(&mut (0..2000).chain([twice]));
        let error = Fold::default().read(repeated.as_bytes(), None);
        let text = error.unwrap_err().to_string();
        assert!(text.contains(&format!("`x{twice}` occurs twice")), "{text}");
    }
}
