use std::sync::Arc;

use super::super::position::Position;
use super::*;
use crate::lines::Line;

const MS: Duration = Duration::from_millis(1);

/// An event of a link.
fn event(ifindex: u32, seq: u64) -> Event {
    let line = format!(
        r#"{{"v":1,"run":"00000001","seq":{seq},"time":"2026-11-24T10:00:00.000000000Z","kind":"link","op":"change","link":{{"ifindex":{ifindex}}}}}"#
    );
    let line = Line::parse(line.as_bytes()).unwrap();
    let (run, time) = (Arc::from("00000001"), line.time);
    Event::new(&line, Position { run, seq, time }).unwrap()
}

fn next(queue: &mut Queue, now: Instant) -> Option<(u64, u64)> {
    queue.next(now).map(|it| (it.event.position.seq, it.events))
}

#[test]
fn a_burst_is_one_event_after_a_pause_of_its_object() {
    let start = Instant::now();
    let mut queue = Queue::new(Some(100 * MS));
    for (ms, ifindex, seq) in [(0, 1, 0), (60, 1, 1), (70, 2, 2), (120, 1, 3)] {
        queue.push(event(ifindex, seq), start + ms * MS);
    }
    assert_eq!(queue.due(), Some(start + 170 * MS));
    assert_eq!(next(&mut queue, start + 169 * MS), None);
    assert_eq!(next(&mut queue, start + 170 * MS), Some((2, 1)));
    assert_eq!(next(&mut queue, start + 219 * MS), None);
    assert_eq!(next(&mut queue, start + 220 * MS), Some((3, 3)));
    assert!(queue.is_empty() && queue.due().is_none());
}

#[test]
fn a_burst_without_a_pause_ends_after_ten_times_the_debounce() {
    let start = Instant::now();
    let mut queue = Queue::new(Some(100 * MS));
    let mut ran = Vec::new();
    for seq in 0..60_u32 {
        let now = start + seq * 50 * MS;
        queue.push(event(1, seq.into()), now);
        if let Some((seq, _)) = next(&mut queue, now) {
            queue.release(event(1, 0).key);
            ran.push(seq);
        }
    }
    assert_eq!(ran, [20, 41]);
}

#[test]
fn commands_of_one_object_wait_for_each_other() {
    let now = Instant::now();
    let mut queue = Queue::new(None);
    for (ifindex, seq) in [(1, 0), (1, 1), (2, 2), (1, 3)] {
        queue.push(event(ifindex, seq), now);
    }
    assert_eq!(next(&mut queue, now), Some((0, 1)));
    assert_eq!(next(&mut queue, now), Some((2, 1)));
    assert_eq!((next(&mut queue, now), queue.due()), (None, None));
    queue.release(event(1, 0).key);
    let failed = queue.next(now).unwrap();
    assert_eq!(failed.event.position.seq, 1);
    queue.release(failed.event.key);
    // A later event of the object waits for the retry.
    queue.retry(failed, now + 100 * MS);
    assert_eq!(next(&mut queue, now), None);
    assert_eq!(queue.due(), Some(now + 100 * MS));
    assert_eq!(next(&mut queue, now + 100 * MS), Some((1, 1)));
}

#[test]
fn the_rate_limits_starts_within_any_time_of_that_length() {
    let start = Instant::now();
    let mut rate = Rate::new(2, 100 * MS);
    let mut starts = Vec::new();
    for ms in 0..350 {
        let now = start + ms * MS;
        if rate.permits(now) {
            assert_eq!(rate.due(), None);
            rate.started(now);
            starts.push(ms);
        } else {
            assert!(rate.due().unwrap() > now);
        }
    }
    assert_eq!(starts, [0, 1, 100, 101, 200, 201, 300, 301]);
}

#[test]
fn what_waits_is_limited() {
    let now = Instant::now();
    let mut queue = Queue::new(None);
    let mut number = 0;
    while queue.has_room() {
        queue.push(event(1, number), now);
        number += 1;
    }
    assert_eq!(number, MAX_EVENTS as u64);
    let mut queue = Queue::new(None);
    let mut large = event(1, 0);
    large.line = vec![b' '; MAX_BYTES];
    queue.push(large, now);
    assert!(!queue.has_room());
    queue.next(now);
    assert!(queue.has_room());
}
