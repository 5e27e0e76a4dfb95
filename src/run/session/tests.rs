//! The end of a run.

use std::sync::Arc;

use super::*;
use crate::channel::Channel;
use crate::event::meta::StopReason;
use crate::input::InputData;
use crate::sink::{Next, Queue};

/// `RTM_NEWADDR` of 10.0.x.y on device 1.
fn address(number: u16) -> Vec<u8> {
    let mut message = vec![40, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend([2, 32, 0, 0, 1, 0, 0, 0, 8, 0, 1, 0, 10, 0]);
    message.extend(number.to_be_bytes());
    message.extend([8, 0, 2, 0, 10, 0]);
    message.extend(number.to_be_bytes());
    message
}

/// The records that wait in the queue.
fn take(queue: &Queue) -> String {
    let mut text = String::new();
    while let Next::Chunk(chunk) = queue.take() {
        text += std::str::from_utf8(&chunk).unwrap();
    }
    text
}

/// The state of dropped objects is written in portions: it is not continued after `stop`.
#[test]
fn nothing_follows_the_last_line() {
    const ADDRESSES: u16 = 20_000;
    const LIMIT: usize = 3 << 20;
    let outputs = Outputs {
        queue: LIMIT,
        ..Outputs::default()
    };
    let mut session = Session::new(&outputs, "00000001".to_owned(), &Header::default()).unwrap();
    let queue = Arc::new(Queue::new(usize::MAX).unwrap());
    let mut sink = Sink::Queue(queue.clone());
    for number in 0..ADDRESSES {
        let message = address(number);
        let data = InputData::Datagram(Channel::ROUTE_EVENTS, &message);
        let time = Time::default();
        session.feed(&[Input { time, data }]).unwrap();
        let _alive = session.flush(&mut sink, time).unwrap();
    }
    assert!(session.pipeline.is_output_paused());
    let before = take(&queue);
    let stop = Stop {
        reason: StopReason::Signal,
        ..Stop::default()
    };
    session
        .stop(stop, &mut sink, Time::default(), None, &|| {})
        .unwrap();
    let after = take(&queue);
    let lines: Vec<_> = before.lines().chain(after.lines()).collect();
    assert!(lines.len() < usize::from(ADDRESSES), "{}", lines.len());
    let stops = lines.iter().position(|it| it.contains(r#""op":"stop""#));
    assert_eq!(stops, Some(lines.len() - 1));
}
