//! When checkpoints begin, by lines, bytes, time and request.

use super::*;
use crate::channel::{Channel, NetnsId, Role};
use crate::encode::Format;
use crate::event::values::Time;
use crate::input::{Header, Input, InputData};
use crate::pipeline::Config;

/// A run with addresses, and its clock.
struct Host {
    pipeline: Pipeline,
    scheduler: CheckpointScheduler,
    now: Instant,
    bytes: u64,
    lines: Vec<u8>,
}

impl Host {
    fn new(when: Checkpoints, snapshot: bool, addresses: u32) -> Self {
        let mut header = Header::default();
        header.start.settings.snapshot = snapshot;
        let config = Config::new(Format::Json, "00000000".to_owned(), &header);
        let mut lines = Vec::new();
        let mut host = Host {
            pipeline: Pipeline::new(config, &mut lines).unwrap(),
            scheduler: CheckpointScheduler::new(when, snapshot),
            now: Instant::now(),
            bytes: 0,
            lines,
        };
        for number in 0..addresses {
            host.address(number);
        }
        assert_eq!(host.next(), None, "not synced");
        host.control(ControlRecord::Sync);
        host
    }

    fn control(&mut self, record: ControlRecord) {
        let input = Input::control(Time::default(), record);
        self.pipeline.feed(&[input], &mut self.lines).unwrap();
    }

    /// RTM_NEWADDR.
    fn address(&mut self, number: u32) {
        let mut message = vec![32, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        message.extend([2, 32, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 10]);
        message.extend(&number.to_be_bytes()[1..]);
        let channel = Channel {
            netns: NetnsId::OWN,
            role: Role::Events,
            ..Channel::ROUTE_EVENTS
        };
        let data = InputData::Datagram(channel, &message);
        let time = Time::default();
        let before = self.lines.len();
        self.pipeline
            .feed(&[Input { time, data }], &mut self.lines)
            .unwrap();
        self.bytes += (self.lines.len() - before) as u64;
    }

    fn file_began(&mut self) -> bool {
        self.file_followed(FileEnd::Rotated)
    }

    fn file_followed(&mut self, last: FileEnd) -> bool {
        let Host {
            pipeline,
            scheduler,
            ..
        } = self;
        scheduler.file_began(last, pipeline, self.bytes, self.now)
    }

    fn next(&mut self) -> Option<ControlRecord> {
        let Host {
            pipeline,
            scheduler,
            ..
        } = self;
        scheduler.next(pipeline, self.bytes, true, self.now)
    }

    /// Writes the checkpoint that is due. Returns its reason.
    fn checkpoint(&mut self) -> Option<CheckpointReason> {
        let mut begun = None;
        let before = self.lines.len();
        while let Some(record) = self.next() {
            self.control(record.clone());
            match record {
                ControlRecord::BeginCheckpoint(reason) => begun = Some(reason),
                ControlRecord::EndCheckpoint => {
                    let size = (self.lines.len() - before) as u64;
                    let lines = self.pipeline.events();
                    self.scheduler.ended(lines, self.bytes, size, self.now);
                    return begun;
                }
                _ => {}
            }
        }
        assert_eq!(begun, None, "a checkpoint that does not end");
        None
    }

    /// How many events it takes until the next checkpoint, which is due by their number.
    fn lines_until_checkpoint(&mut self, objects: u32) -> u32 {
        for line in 0.. {
            if let Some(reason) = self.checkpoint() {
                assert_eq!(reason, CheckpointReason::Lines);
                return line;
            }
            self.address(line % objects);
        }
        unreachable!()
    }
}

#[test]
fn a_run_without_snapshot_begins_with_a_checkpoint_when_all_objects_are_known() {
    for (when, snapshot, expected) in [
        (Checkpoints::Auto, false, Some(CheckpointReason::Start)),
        (
            Checkpoints::Every(DAY),
            false,
            Some(CheckpointReason::Start),
        ),
        (Checkpoints::Auto, true, None),
        (Checkpoints::Off, false, None),
    ] {
        let mut host = Host::new(when, snapshot, 5);
        assert_eq!(host.checkpoint(), expected, "{when:?}");
        assert_eq!(host.checkpoint(), None);
        // A file needs one, whatever it is that the run began with.
        host.file_began();
        let expected = (when != Checkpoints::Off).then_some(CheckpointReason::File);
        assert_eq!(host.checkpoint(), expected, "{when:?}");
        host.scheduler.request();
        assert_eq!(host.checkpoint(), Some(CheckpointReason::Signal));
    }
}

#[test]
fn auto_takes_ten_lines_per_object_and_a_thousand_at_least() {
    let mut few = Host::new(Checkpoints::Auto, false, 10);
    few.checkpoint();
    assert_eq!(few.lines_until_checkpoint(10), MIN_LINES as u32);
    assert_eq!(few.lines_until_checkpoint(10), MIN_LINES as u32);
    let mut many = Host::new(Checkpoints::Auto, false, 3000);
    many.checkpoint();
    for _ in 0..2 {
        assert_eq!(many.lines_until_checkpoint(3000), 30_000);
    }
}

#[test]
fn auto_waits_for_ten_times_the_bytes_of_the_last_checkpoint() {
    let mut host = Host::new(Checkpoints::Auto, false, 10);
    host.checkpoint();
    // As of a few links with long lines.
    let (lines, bytes, now) = (host.pipeline.events(), host.bytes, host.now);
    host.scheduler.ended(lines, bytes, 100_000, now);
    let lines = host.lines_until_checkpoint(10);
    assert!(lines > 2000, "{lines}");
    assert!(host.bytes - bytes >= 1_000_000 && host.bytes - bytes < 1_001_000);
}

#[test]
fn auto_is_due_after_a_day_with_lines() {
    let mut host = Host::new(Checkpoints::Auto, true, 10);
    assert_eq!(host.checkpoint(), None);
    assert_eq!(host.scheduler.wakeup(), Some(host.now + DAY));
    // Nothing happened: the last one still holds.
    host.now += DAY;
    assert_eq!(host.checkpoint(), None);
    host.now += DAY / 2;
    host.address(1);
    assert_eq!(host.checkpoint(), None);
    host.now += DAY / 2;
    assert_eq!(host.checkpoint(), Some(CheckpointReason::Time));
    assert_eq!(host.checkpoint(), None);
}

#[test]
fn an_interval_is_kept_without_lines() {
    let hour = Duration::from_secs(3600);
    let mut host = Host::new(Checkpoints::Every(hour), false, 10);
    host.checkpoint();
    for _ in 0..3 {
        assert_eq!(host.checkpoint(), None);
        host.now += hour;
        assert_eq!(host.checkpoint(), Some(CheckpointReason::Time));
    }
    for number in 0..5000 {
        host.address(number % 10);
    }
    assert_eq!(host.checkpoint(), None);
}

#[test]
fn an_abandoned_checkpoint_begins_again_and_one_is_not_begun_among_dropped_lines() {
    let mut host = Host::new(Checkpoints::Auto, true, 1500);
    host.checkpoint();
    host.scheduler.request();
    for _ in 0..2 {
        let record = host.next().unwrap();
        host.control(record);
    }
    assert_eq!(host.pipeline.checkpoint(), Some(CheckpointProgress::Slices));
    host.pipeline.pause_output(Time::default(), None);
    assert_eq!(host.next(), None);
    host.address(7);
    let resumed = host
        .pipeline
        .resume_output(Time::default(), 0, &mut host.lines);
    resumed.unwrap();
    // The dropped lines are not made up for yet.
    assert_eq!(host.next(), None);
    let resumed = host
        .pipeline
        .resume_output(Time::default(), usize::MAX, &mut host.lines);
    resumed.unwrap();
    assert_eq!(host.checkpoint(), Some(CheckpointReason::Signal));
    // Another file begins within one.
    host.scheduler.request();
    let record = host.next().unwrap();
    host.control(record);
    host.control(ControlRecord::File(Default::default()));
    host.file_began();
    assert_eq!(host.checkpoint(), Some(CheckpointReason::File));
    assert_eq!(host.checkpoint(), None);
}

#[test]
fn slices_wait_for_events_but_not_for_long() {
    let mut host = Host::new(Checkpoints::Auto, false, 5000);
    let next = |host: &mut Host| {
        let Host {
            pipeline,
            scheduler,
            ..
        } = host;
        scheduler.next(pipeline, host.bytes, false, host.now)
    };
    for _ in 0..2 {
        let record = next(&mut host).unwrap();
        host.control(record);
    }
    for _ in 0..3 {
        assert_eq!(next(&mut host), None);
        host.now += BUSY_INTERVAL;
        let record = next(&mut host).unwrap();
        assert!(matches!(record, ControlRecord::Slice(_)));
        host.control(record);
    }
}

/// A burst of events fills one file after another while the checkpoint of each is written.
#[test]
fn files_that_end_for_their_events_are_followed_by_a_checkpoint_all_the_same() {
    let mut host = Host::new(Checkpoints::Auto, true, 1500);
    host.checkpoint();
    for _ in 0..5 {
        assert!(host.file_began());
        for _ in 0..2 {
            let record = host.next().unwrap();
            host.control(record);
        }
        host.control(ControlRecord::File(Default::default()));
    }
    assert!(host.file_began());
    assert_eq!(host.checkpoint(), Some(CheckpointReason::File));
}

#[test]
fn files_without_room_for_a_checkpoint_do_not_make_further_files() {
    let mut host = Host::new(Checkpoints::Auto, true, 1500);
    host.checkpoint();
    for (last, has_checkpoint) in [
        (FileEnd::Rotated, true),
        (FileEnd::Full, true),
        (FileEnd::Full, false),
    ] {
        assert_eq!(host.file_followed(last), has_checkpoint);
        if has_checkpoint {
            for _ in 0..2 {
                let record = host.next().unwrap();
                host.control(record);
            }
            host.control(ControlRecord::File(Default::default()));
        }
    }
    for _ in 0..3 {
        assert_eq!(host.checkpoint(), None);
        // The warning is not repeated.
        assert!(host.file_began());
    }
    assert_eq!(host.lines_until_checkpoint(1500), 15_000);
    // One that was complete is proof of room.
    host.file_began();
    assert_eq!(host.checkpoint(), Some(CheckpointReason::File));
}
