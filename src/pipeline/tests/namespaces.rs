//! Several watched namespaces: `netns` of the lines, and gaps and resyncs of each.

use super::*;
use crate::channel::FamilyId;
use crate::event::meta::{Gap, GapCause, Netns};

const RED: NetnsId = NetnsId(1);
const BLUE: NetnsId = NetnsId(2);

/// A run that watches two namespaces.
fn watching() -> Run {
    let netns = |name: &str, inode| Netns {
        name: name.to_owned(),
        id: None,
        inode,
        container: None,
    };
    let mut header = Header::default();
    header.start.settings.snapshot = true;
    header.start.namespaces = Some(vec![netns("red", 7), netns("blue", 8)]);
    let config = Config::new(Format::Json, "00000000".to_owned(), &header);
    let mut lines = Vec::new();
    let pipeline = Pipeline::new(config, &mut lines).unwrap();
    Run { pipeline, lines }
}

/// Op, origin and name of the namespace of each line since the last call.
fn take_named(run: &mut Run) -> Vec<String> {
    let lines = std::mem::take(&mut run.lines);
    let lines = lines.split(|byte| *byte == b'\n');
    let summary = |line: &[u8]| {
        let line: Value = serde_json::from_slice(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let netns = text(&line["netns"]["name"]);
        format!("{} {} {netns}", text(&line["op"]), text(&line["origin"]))
    };
    lines.filter(|it| !it.is_empty()).map(summary).collect()
}

fn reconcile(run: &mut Run, netns: NetnsId, origin: Origin, addresses: &[u8]) {
    let begin = ControlRecord::BeginReconcile(Kind::Address, origin, Scope::Kind);
    run.control(netns, begin);
    for n in addresses {
        run.address(netns, Role::Dumps, NEW, *n);
    }
    run.control(netns, ControlRecord::EndReconcile(true));
}

fn lose(run: &mut Run, netns: NetnsId) {
    run.control(
        netns,
        ControlRecord::Gap(Gap {
            family: None,
            kinds: None,
            cause: GapCause::Overflow,
            errno: None,
            lost: Some(1),
            from: None,
            to: None,
            by: None,
        }),
    );
}

#[test]
fn each_line_about_a_namespace_has_its_name_and_records_about_the_run_have_none() {
    let mut run = watching();
    assert_eq!(take_named(&mut run), ["start - -"]);
    reconcile(&mut run, RED, Origin::Snapshot, &[1]);
    reconcile(&mut run, BLUE, Origin::Snapshot, &[1]);
    run.control(NetnsId::OWN, ControlRecord::Sync);
    assert_eq!(
        take_named(&mut run),
        ["present snapshot red", "present snapshot blue", "sync - -"]
    );
    run.address(BLUE, Role::Events, DEL, 1);
    run.address(RED, Role::Events, NEW, 2);
    assert_eq!(
        take_named(&mut run),
        ["delete kernel blue", "add kernel red"]
    );
    let reason = crate::event::meta::CheckpointReason::Signal;
    run.control(NetnsId::OWN, ControlRecord::BeginCheckpoint(reason));
    run.control(NetnsId::OWN, ControlRecord::EndCheckpoint);
    assert_eq!(
        take_named(&mut run),
        [
            "checkpoint - -",
            "present checkpoint red",
            "present checkpoint red",
            "sync - -"
        ]
    );
}

#[test]
fn a_loss_in_one_namespace_is_resynced_there_alone() {
    let mut run = watching();
    for netns in [RED, BLUE] {
        reconcile(&mut run, netns, Origin::Snapshot, &[]);
    }
    run.control(NetnsId::OWN, ControlRecord::Sync);
    take_named(&mut run);
    lose(&mut run, RED);
    lose(&mut run, BLUE);
    reconcile(&mut run, RED, Origin::Resync, &[1]);
    run.control(RED, ControlRecord::Resync);
    // The loss in the other namespace is not resynced yet.
    assert_eq!(
        take_named(&mut run),
        ["gap - red", "gap - blue", "add resync red", "resync - red"]
    );
    reconcile(&mut run, BLUE, Origin::Resync, &[1, 2]);
    let before = run.lines.len();
    run.control(BLUE, ControlRecord::Resync);
    let line: Value = serde_json::from_slice(&run.lines[before..]).unwrap();
    // Only the corrections of this namespace are counted.
    assert_eq!(line["meta"]["corrections"][0]["added"], 2);
    assert_eq!(
        take_named(&mut run),
        ["add resync blue", "add resync blue", "resync - blue"]
    );
}

#[test]
fn dropped_lines_of_any_namespace_are_written_again_after_one_gap() {
    let mut run = watching();
    for netns in [RED, BLUE] {
        reconcile(&mut run, netns, Origin::Snapshot, &[]);
    }
    run.control(NetnsId::OWN, ControlRecord::Sync);
    take_named(&mut run);
    run.pipeline.pause_output(Time::default(), None);
    run.address(RED, Role::Events, NEW, 1);
    run.address(BLUE, Role::Events, NEW, 1);
    let resumed = run
        .pipeline
        .resume_output(Time::default(), 1 << 20, &mut run.lines);
    resumed.unwrap();
    run.pipeline.feed(&[], &mut run.lines).unwrap();
    assert_eq!(
        take_named(&mut run),
        [
            "gap - -",
            "present resync red",
            "present resync blue",
            "resync - -"
        ]
    );
}

#[test]
fn an_ended_namespace_gives_delete_lines_in_slices_and_ends_its_gap() {
    let mut run = watching();
    reconcile(&mut run, RED, Origin::Snapshot, &[1, 2, 3]);
    reconcile(&mut run, BLUE, Origin::Snapshot, &[1]);
    run.control(NetnsId::OWN, ControlRecord::Sync);
    lose(&mut run, RED);
    let reason = crate::event::meta::CheckpointReason::Signal;
    run.control(NetnsId::OWN, ControlRecord::BeginCheckpoint(reason));
    take_named(&mut run);
    run.control(RED, ControlRecord::EndNetns);
    assert!(run.pipeline.is_ending());
    assert!(take_named(&mut run).is_empty());
    // A checkpoint that has begun has none of its objects any more.
    run.control(NetnsId::OWN, ControlRecord::Slice(2));
    let lines = take_named(&mut run);
    assert_eq!(
        lines,
        [
            "delete inferred red",
            "delete inferred red",
            "present checkpoint blue"
        ]
    );
    run.control(NetnsId::OWN, ControlRecord::Slice(2));
    assert!(!run.pipeline.is_ending());
    assert_eq!(
        take_named(&mut run),
        ["delete inferred red", "resync - red", "netns - red"]
    );
    run.control(NetnsId::OWN, ControlRecord::EndCheckpoint);
    assert_eq!(take_named(&mut run), ["sync - -"]);
    assert_eq!(run.pipeline.objects(), 1);
}

#[test]
fn the_end_of_the_run_deletes_the_rest_of_an_ended_namespace() {
    let mut run = watching();
    reconcile(&mut run, RED, Origin::Snapshot, &[1, 2]);
    run.control(NetnsId::OWN, ControlRecord::Sync);
    run.control(RED, ControlRecord::EndNetns);
    take_named(&mut run);
    run.control(NetnsId::OWN, ControlRecord::Stop(meta::Stop::default()));
    assert_eq!(
        take_named(&mut run),
        [
            "delete inferred red",
            "delete inferred red",
            "netns - red",
            "stop - -"
        ]
    );
}

fn found(name: &str, inode: u64) -> ControlRecord {
    ControlRecord::BeginNetns(crate::input::Found {
        netns: Netns {
            name: name.to_owned(),
            id: None,
            inode,
            container: None,
        },
        nsid: Some(3),
    })
}

#[test]
fn a_namespace_that_is_found_has_a_snapshot_of_its_own_in_every_run() {
    const NEW_ONE: NetnsId = NetnsId(3);
    let mut run = watching();
    run.pipeline.snapshot = false;
    run.control(NetnsId::OWN, ControlRecord::Sync);
    take_named(&mut run);
    run.control(NEW_ONE, found("green", 9));
    reconcile(&mut run, NEW_ONE, Origin::Snapshot, &[1, 2]);
    // A checkpoint before the end of its snapshot says what may be missing.
    let reason = crate::event::meta::CheckpointReason::Signal;
    run.control(NetnsId::OWN, ControlRecord::BeginCheckpoint(reason));
    run.control(NetnsId::OWN, ControlRecord::EndCheckpoint);
    let text = String::from_utf8(run.lines.clone()).unwrap();
    assert!(text.contains(r#""incomplete":["#), "{text}");
    run.control(NEW_ONE, ControlRecord::Sync);
    run.address(NEW_ONE, Role::Events, NEW, 3);
    let lines = take_named(&mut run);
    assert_eq!(
        lines[..3],
        [
            "netns - green",
            "present snapshot green",
            "present snapshot green"
        ]
    );
    assert_eq!(
        lines[lines.len() - 2..],
        ["sync - green", "add kernel green"]
    );
    // Those of the beginning are not listed by it; this one is in later files.
    run.control(RED, ControlRecord::EndNetns);
    run.control(NetnsId::OWN, ControlRecord::File(Default::default()));
    let text = String::from_utf8(run.lines.clone()).unwrap();
    let start = text
        .lines()
        .find(|line| line.contains(r#""op":"start""#))
        .unwrap();
    assert!(
        start.contains("green") && start.contains("blue") && !start.contains("red"),
        "{start}"
    );
}

#[test]
fn the_lines_of_an_ended_namespace_precede_one_with_its_number_or_description() {
    for (netns, name, inode) in [(RED, "green", 9), (NetnsId(3), "red", 7)] {
        let mut run = watching();
        reconcile(&mut run, RED, Origin::Snapshot, &[1]);
        run.control(NetnsId::OWN, ControlRecord::Sync);
        take_named(&mut run);
        run.control(RED, ControlRecord::EndNetns);
        assert!(run.pipeline.uses_namespace(RED));
        run.control(netns, found(name, inode));
        run.address(netns, Role::Events, NEW, 1);
        assert_eq!(
            take_named(&mut run),
            [
                "delete inferred red",
                "netns - red",
                &format!("netns - {name}"),
                &format!("present kernel {name}"),
            ]
        );
    }
}

#[test]
fn a_loss_of_all_namespaces_is_one_gap_and_one_resync() {
    let mut run = watching();
    for netns in [RED, BLUE] {
        reconcile(&mut run, netns, Origin::Snapshot, &[]);
    }
    run.control(NetnsId::OWN, ControlRecord::Sync);
    take_named(&mut run);
    lose(&mut run, NetnsId::OWN);
    reconcile(&mut run, RED, Origin::Resync, &[1]);
    reconcile(&mut run, BLUE, Origin::Resync, &[1]);
    run.control(NetnsId::OWN, ControlRecord::Resync);
    let text = String::from_utf8(run.lines.clone()).unwrap();
    assert!(text.contains(r#"[{"kind":"address","added":2,"#), "{text}");
    assert_eq!(
        take_named(&mut run),
        ["gap - -", "add resync red", "add resync blue", "resync - -"]
    );
}

/// The gap of a loss on the events of a family, the kinds that are to be read again, and whether a
/// resync follows.
fn lose_in(family: FamilyId) -> (Value, KindSet, bool) {
    let mut run = Run::new();
    let channel = Channel {
        family,
        ..Channel::ROUTE_EVENTS
    };
    let gap = Gap {
        family: None,
        kinds: None,
        cause: GapCause::Overflow,
        errno: None,
        lost: Some(1),
        from: None,
        to: None,
        by: None,
    };
    let record = ControlRecord::Gap(gap);
    run.feed(Input::control_of(channel, Time::default(), record));
    let line: Value = serde_json::from_slice(&run.lines).unwrap();
    let own = run.pipeline.namespaces.get(NetnsId::OWN);
    (line["meta"].clone(), own.lost_kinds, own.lost)
}

#[test]
fn a_loss_in_one_family_concerns_no_other() {
    let (gap, kinds, is_lost) = lose_in(FamilyId::ROUTE);
    assert_eq!(
        (&gap["family"], &gap["kinds"]),
        (&Value::Null, &Value::Null)
    );
    assert!(is_lost && kinds.contains(Kind::Address) && !kinds.contains(Kind::GenlFamily));
    let (gap, kinds, is_lost) = lose_in(FamilyId::NLCTRL);
    assert_eq!(gap["family"], "nlctrl");
    assert_eq!(gap["kinds"], serde_json::json!(["genl_family"]));
    assert!(is_lost && kinds == KindSet::of(&[Kind::GenlFamily]));
    // Families without objects have nothing to read again.
    for (family, name) in [
        (FamilyId::of_protocol(7).unwrap(), "selinux"),
        (FamilyId::generic(29).unwrap(), "29"),
    ] {
        let (gap, kinds, is_lost) = lose_in(family);
        assert_eq!(gap["family"], name);
        assert_eq!(gap["kinds"], serde_json::json!(["generic"]));
        assert!(!is_lost && kinds.is_empty());
    }
}
