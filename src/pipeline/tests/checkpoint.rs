//! Checkpoints while the objects change: the fold of the lines from `checkpoint` to `sync` is the fold
//! of all lines, wherever the slices fall.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::event::meta::{CheckpointReason, Gap, GapCause, Stop};
use crate::fold::Fold;
use crate::input::{ControlRecord, Role};

/// A run whose kernel has a few links, addresses and routes, all of which change at random.
struct Kernel {
    run: Run,
    random: u64,
    /// Index of the event that comes next, by which each is different.
    step: u32,
    /// All lines so far.
    text: Vec<u8>,
}

const LINKS: u32 = 6;
const OBJECTS: u32 = 24;

impl Kernel {
    fn new(seed: u64) -> Self {
        let mut kernel = Kernel {
            run: Run::new(),
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            step: 0,
            text: Vec::new(),
        };
        for ifindex in 1..LINKS {
            kernel.link(Role::Events, 16, ifindex);
        }
        for number in 0..OBJECTS / 2 {
            kernel
                .run
                .address(NetnsId::OWN, Role::Events, NEW, number as u8);
            kernel.route(24, number);
        }
        kernel.run.control(NetnsId::OWN, ControlRecord::Sync);
        kernel
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 32) as u32 % limit
    }

    fn message(&mut self, role: Role, kind: u8, body: &[u8]) {
        let length = 16 + body.len() as u8;
        let mut message = vec![length, 0, 0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        message.extend(body);
        self.run.feed(Input {
            time: Time::default(),
            data: InputData::Datagram(channel(NetnsId::OWN, role), &message),
        });
    }

    /// RTM_NEWLINK or RTM_DELLINK; the name of a device of odd index changes each time.
    fn link(&mut self, role: Role, kind: u8, ifindex: u32) {
        let mut body = vec![0, 0, 1, 0];
        body.extend(ifindex.to_ne_bytes());
        body.extend([0; 8]);
        let step = if ifindex % 2 == 1 { self.step } else { 0 };
        let name = format!("d{ifindex}n{:04}", step % 1000);
        body.extend([4 + 8, 0, 3, 0]);
        body.extend(&name.as_bytes()[..7]);
        body.push(0);
        // IFLA_TXQLEN: without it the message is not a complete one.
        body.extend([8, 0, 13, 0, 232, 3, 0, 0]);
        self.message(role, kind, &body);
    }

    /// RTM_NEWROUTE or RTM_DELROUTE of 198.51.100.n, by any device.
    fn route(&mut self, kind: u8, number: u32) {
        let oif = 1 + self.below(LINKS);
        let mut body = vec![2, 32, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        body.extend([8, 0, 1, 0, 198, 51, 100, number as u8]);
        body.extend([8, 0, 4, 0]);
        body.extend(oif.to_ne_bytes());
        self.message(Role::Events, kind, &body);
    }

    /// One random change, or a dump of the links that finds none.
    fn step(&mut self) {
        self.step += 1;
        let number = self.below(OBJECTS);
        match self.below(8) {
            0 => self
                .run
                .address(NetnsId::OWN, Role::Events, DEL, number as u8),
            1 | 2 => self
                .run
                .address(NetnsId::OWN, Role::Events, NEW, number as u8),
            3 => self.route(25, number),
            4 | 5 => self.route(24, number),
            6 => {
                let ifindex = 1 + number % LINKS;
                let kind = if number < 6 { 17 } else { 16 };
                self.link(Role::Events, kind, ifindex);
            }
            _ => {
                let begin =
                    ControlRecord::BeginReconcile(Kind::Link, Origin::Inferred, Scope::Kind);
                self.run.control(NetnsId::OWN, begin);
                for ifindex in (2..LINKS).step_by(2) {
                    self.link(Role::Dumps, 16, ifindex);
                }
                // Not complete: the links that it lacks remain.
                self.run
                    .control(NetnsId::OWN, ControlRecord::EndReconcile(false));
            }
        }
    }

    /// The lines since the last call, which are kept.
    fn lines(&mut self) -> Vec<Value> {
        let text = std::mem::take(&mut self.run.lines);
        self.text.extend_from_slice(&text);
        let lines = text
            .split(|byte| *byte == b'\n')
            .filter(|it| !it.is_empty());
        lines
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

/// The objects by kind and key after these lines.
fn fold(lines: &[u8]) -> BTreeMap<String, String> {
    let mut fold = Fold::default();
    fold.read(lines, None).unwrap();
    let objects = fold.objects().map(|object| {
        let payload: Value = serde_json::from_str(object.object()).unwrap();
        let fields = object.kind.key().iter();
        let key: Vec<_> = fields.map(|field| payload.get(*field)).collect();
        // Names of devices are compared as the state has them now: a rename is not repeated for the
        // objects of the device.
        (
            format!("{} {key:?}", object.kind.name()),
            without_names(payload).to_string(),
        )
    });
    objects.collect()
}

fn without_names(mut payload: Value) -> Value {
    if let Some(fields) = payload.as_object_mut()
        && !fields.contains_key("link_type")
    {
        fields.remove("dev");
        fields.remove("ifname");
    }
    payload
}

/// The lines from the last `checkpoint` on.
fn since_checkpoint(text: &[u8]) -> &[u8] {
    let mark = b"\"op\":\"checkpoint\"";
    let at = text.windows(mark.len()).rposition(|it| it == mark).unwrap();
    let begin = text[..at].iter().rposition(|byte| *byte == b'\n');
    &text[begin.map_or(0, |at| at + 1)..]
}

#[test]
fn fold_from_a_checkpoint_is_the_fold_from_the_start() {
    let mut raced = 0;
    for seed in 1..150 {
        let mut kernel = Kernel::new(seed);
        for _ in 0..seed % 40 {
            kernel.step();
        }
        let begin = ControlRecord::BeginCheckpoint(CheckpointReason::Signal);
        kernel.run.control(NetnsId::OWN, begin);
        while kernel.run.pipeline.checkpoint() == Some(CheckpointProgress::Slices) {
            let limit = kernel.below(4);
            kernel
                .run
                .control(NetnsId::OWN, ControlRecord::Slice(limit));
            for _ in 0..kernel.below(3) {
                kernel.step();
                raced += 1;
            }
        }
        kernel
            .run
            .control(NetnsId::OWN, ControlRecord::EndCheckpoint);
        let lines = kernel.lines();
        let sync = lines.last().unwrap();
        let first = lines.iter().rfind(|line| line["op"] == "checkpoint");
        assert_eq!(sync["meta"]["checkpoint"], first.unwrap()["seq"]);
        let from_checkpoint = fold(since_checkpoint(&kernel.text));
        assert_eq!(from_checkpoint, fold(&kernel.text), "seed {seed}");
        assert_eq!(from_checkpoint.len() as u64, kernel.run.pipeline.objects());
        for _ in 0..20 {
            kernel.step();
        }
        kernel.lines();
        let later = fold(since_checkpoint(&kernel.text));
        assert_eq!(later, fold(&kernel.text), "seed {seed}, later");
    }
    assert!(raced > 3000, "{raced} changes between slices");
}

#[test]
fn checkpoint_in_which_lines_are_dropped_has_no_sync() {
    let mut kernel = Kernel::new(7);
    let begin = || ControlRecord::BeginCheckpoint(CheckpointReason::File);
    let end = |kernel: &mut Kernel| {
        for record in [ControlRecord::Slice(1000), ControlRecord::EndCheckpoint] {
            kernel.run.control(NetnsId::OWN, record);
        }
        kernel.lines()
    };
    let ops = |lines: &[Value]| -> Vec<String> {
        let meta = lines.iter().filter(|line| line["kind"] == "meta");
        meta.map(|line| line["op"].as_str().unwrap().to_owned())
            .collect()
    };
    kernel.lines();
    kernel.run.control(NetnsId::OWN, begin());
    kernel.run.control(NetnsId::OWN, ControlRecord::Slice(3));
    kernel.run.pipeline.pause_output(Time::default(), None);
    assert_eq!(kernel.run.pipeline.checkpoint(), None);
    kernel.run.control(NetnsId::OWN, begin());
    assert_eq!(ops(&end(&mut kernel)), ["checkpoint"]);
    let Run { pipeline, lines } = &mut kernel.run;
    pipeline
        .resume_output(Time::default(), usize::MAX, lines)
        .unwrap();
    kernel.lines();
    kernel.run.control(NetnsId::OWN, begin());
    assert_eq!(ops(&end(&mut kernel)), ["checkpoint", "sync"]);
    // A file that begins meanwhile would divide it.
    kernel.run.control(NetnsId::OWN, begin());
    kernel
        .run
        .control(NetnsId::OWN, ControlRecord::File(Default::default()));
    assert_eq!(ops(&end(&mut kernel)), ["checkpoint", "start"]);
}

#[test]
fn sync_of_a_checkpoint_names_the_kinds_that_no_resync_has_dumped() {
    let mut kernel = Kernel::new(9);
    let gap = Gap {
        family: None,
        kinds: None,
        cause: GapCause::Overflow,
        errno: None,
        lost: None,
        from: None,
        to: None,
        by: None,
    };
    let checkpoint = |kernel: &mut Kernel| {
        let begin = ControlRecord::BeginCheckpoint(CheckpointReason::Time);
        kernel.run.control(NetnsId::OWN, begin);
        kernel
            .run
            .control(NetnsId::OWN, ControlRecord::EndCheckpoint);
        let sync = kernel.lines().pop().unwrap();
        assert_eq!(sync["op"], "sync");
        sync["meta"]["incomplete"].clone()
    };
    assert_eq!(checkpoint(&mut kernel), Value::Null);
    kernel.run.control(NetnsId::OWN, ControlRecord::Gap(gap));
    let names = |incomplete: &Value, name: &str| {
        let kinds = incomplete.as_array().unwrap();
        kinds.iter().any(|kind| kind == name)
    };
    let incomplete = checkpoint(&mut kernel);
    assert!(names(&incomplete, "route") && names(&incomplete, "link"));
    let begin = ControlRecord::BeginReconcile(Kind::Address, Origin::Resync, Scope::Kind);
    kernel.run.control(NetnsId::OWN, begin);
    for number in 0..OBJECTS / 2 {
        kernel
            .run
            .address(NetnsId::OWN, Role::Dumps, NEW, number as u8);
    }
    let end = ControlRecord::EndReconcile(true);
    kernel.run.control(NetnsId::OWN, end);
    let incomplete = checkpoint(&mut kernel);
    assert!(names(&incomplete, "route") && !names(&incomplete, "address"));
    kernel.run.control(NetnsId::OWN, ControlRecord::Resync);
    assert_eq!(checkpoint(&mut kernel), Value::Null);
}

#[test]
fn kinds_that_are_not_tracked_are_not_in_a_checkpoint() {
    let mut header = Header::default();
    header.start.settings.no_track = vec![Kind::Route];
    header.start.settings.kinds = Some(vec![Kind::Address, Kind::Route]);
    let config = Config::new(Format::Json, "00000000".to_owned(), &header);
    let mut lines = Vec::new();
    let pipeline = Pipeline::new(config, &mut lines).unwrap();
    let mut kernel = Kernel {
        run: Run { pipeline, lines },
        ..Kernel::new(3)
    };
    for _ in 0..60 {
        kernel.step();
    }
    kernel.lines();
    let begin = ControlRecord::BeginCheckpoint(CheckpointReason::Time);
    kernel.run.control(NetnsId::OWN, begin);
    kernel
        .run
        .control(NetnsId::OWN, ControlRecord::EndCheckpoint);
    let lines = kernel.lines();
    let (objects, meta): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line["kind"] != "meta");
    assert!(!objects.is_empty() && objects.iter().all(|line| line["kind"] == "address"));
    assert!(
        objects
            .iter()
            .all(|line| line["origin"] == "checkpoint" && line["op"] == "present")
    );
    for line in meta {
        assert_eq!(line["meta"]["objects"], objects.len());
    }
}

/// While lines are dropped the sink has lines that wait. A file that begins then must have `start`
/// first, alone: the `gap` of the dropped lines follows those that wait.
#[test]
fn records_made_while_lines_are_dropped_stand_in_order() {
    let mut run = Run::new();
    let record = |run: &mut Run, record| {
        run.pipeline.pause_output(Time::default(), None);
        run.address(NetnsId::OWN, Role::Events, NEW, 1);
        run.control(NetnsId::OWN, record);
        run.take_lines()
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
    let rotate = crate::event::meta::Rotate {
        reason: crate::event::meta::RotateReason::Signal,
        bytes: 0,
    };
    let clock = crate::event::meta::Clock {
        step: 1,
        unset: Time::default(),
    };
    let refused = crate::event::meta::Refused {
        datagrams: 1,
        portid: 1,
    };
    let begin = ControlRecord::BeginReconcile(Kind::Address, Origin::Inferred, Scope::Kind);
    let file = || ControlRecord::File(Default::default());
    for (input, expected) in [
        (file(), &["start"][..]),
        (
            ControlRecord::Heartbeat(Pulse::default()),
            &["gap", "heartbeat"],
        ),
        (ControlRecord::Gap(gap), &["gap", "gap"]),
        (ControlRecord::Rotate(rotate), &["gap", "rotate"]),
        (file(), &["start"]),
        (ControlRecord::Clock(clock), &["gap", "clock"]),
        (ControlRecord::Refused(refused), &["gap", "refused"]),
        (ControlRecord::Sync, &["gap", "sync"]),
        (begin, &[]),
        (ControlRecord::EndReconcile(false), &[]),
        (
            ControlRecord::BeginCheckpoint(CheckpointReason::Signal),
            &[],
        ),
        (ControlRecord::Slice(10), &[]),
        (ControlRecord::EndCheckpoint, &[]),
        (ControlRecord::Stop(Stop::default()), &["gap", "stop"]),
    ] {
        assert_eq!(record(&mut run, input.clone()), expected, "{input:?}");
    }
}
