//! The queue between the event sockets and the pipeline. Sockets are emptied into it before
//! anything is processed, so that slow processing or a slow disk loses no event until the queue is
//! full.

use std::collections::VecDeque;

use crate::channel::{Channel, NetnsId};
use crate::event::values::Time;
use crate::input::{ControlRecord, Input, InputData};

/// Maximum size of the queued datagrams, bytes; beyond it they stay in the kernel's buffer.
const MAX_SIZE: usize = 64 << 20;
/// Size of a chunk, bytes.
const CHUNK_SIZE: usize = 256 << 10;

/// Datagrams, and the control records between them, in order.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// Empty only before the first event.
    chunks: VecDeque<Chunk>,
    /// An empty chunk for reuse.
    spare: Option<Chunk>,
    /// Size of the queued datagrams, bytes.
    bytes: usize,
}

/// A part of the queue. The queue grows and shrinks by chunks, so that no datagram is moved.
#[derive(Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    items: VecDeque<(Time, Item)>,
    /// Number of bytes that were removed.
    taken: usize,
}

#[derive(Debug)]
enum Item {
    /// A datagram of that length.
    Datagram(Channel, usize),
    Control(Channel, Box<ControlRecord>),
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.iter().all(|chunk| chunk.items.is_empty())
    }

    /// Returns true if a control record of this namespace is queued.
    pub(super) fn has_controls_of(&self, netns: NetnsId) -> bool {
        let mut items = self.chunks.iter().flat_map(|chunk| &chunk.items);
        items.any(|(_, item)| matches!(item, Item::Control(channel, _) if channel.netns == netns))
    }

    /// Returns true if the queue has reached its maximum size.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= MAX_SIZE
    }

    /// Appends a datagram.
    pub(super) fn push(&mut self, time: Time, channel: Channel, datagram: &[u8]) {
        let chunk = self.chunk(datagram.len());
        chunk.bytes.extend_from_slice(datagram);
        chunk
            .items
            .push_back((time, Item::Datagram(channel, datagram.len())));
        self.bytes += datagram.len();
    }

    /// Appends a control record, such as a gap after the datagrams before it.
    pub(super) fn push_control(&mut self, time: Time, channel: Channel, record: ControlRecord) {
        let record = Item::Control(channel, Box::new(record));
        self.chunk(0).items.push_back((time, record));
    }

    /// The last chunk, with at least `length` free bytes.
    fn chunk(&mut self, length: usize) -> &mut Chunk {
        let fits = |chunk: &mut Chunk| {
            if chunk.items.is_empty() {
                chunk.clear();
            }
            chunk.bytes.len() + length <= chunk.bytes.capacity()
        };
        if !self.chunks.back_mut().is_some_and(fits) {
            let mut chunk = self.spare.take().unwrap_or_default();
            chunk.bytes.reserve(length.max(CHUNK_SIZE));
            self.chunks.push_back(chunk);
        }
        let last = self.chunks.len() - 1;
        &mut self.chunks[last]
    }

    /// Removes the next inputs, at most `limit`; none only if the queue is empty.
    pub(super) fn pop(&mut self, limit: usize) -> Vec<Input<'_>> {
        self.recycle();
        let Some(chunk) = self.chunks.front_mut() else {
            return Vec::new();
        };
        let (from, mut to) = (chunk.taken, chunk.taken);
        let inputs = chunk.items.drain(..limit.min(chunk.items.len()));
        let inputs = inputs.map(|(time, item)| {
            let data = match item {
                Item::Datagram(channel, length) => {
                    let start = to;
                    to += length;
                    InputData::Datagram(channel, &chunk.bytes[start..to])
                }
                Item::Control(channel, record) => InputData::Control(channel, record),
            };
            Input { time, data }
        });
        let inputs = inputs.collect();
        chunk.taken = to;
        self.bytes -= to - from;
        inputs
    }

    /// Removes the empty chunks at the front.
    fn recycle(&mut self) {
        while self
            .chunks
            .front()
            .is_some_and(|chunk| chunk.items.is_empty())
        {
            if let [chunk] = self.chunks.make_contiguous() {
                chunk.clear();
                return;
            }
            if let Some(mut chunk) = self.chunks.pop_front()
                && chunk.bytes.capacity() <= 2 * CHUNK_SIZE
            {
                chunk.clear();
                self.spare = Some(chunk);
            }
        }
    }
}

impl Chunk {
    fn clear(&mut self) {
        self.bytes.clear();
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn time(second: i64) -> Time {
        Time(Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn inputs_come_out_in_order() {
        let mut backlog = Backlog::default();
        let mut expected = VecDeque::new();
        for round in 0..50 {
            for i in 0..round % 13 {
                let bytes = vec![i as u8; 1 + round as usize * 7919 % (CHUNK_SIZE / 3)];
                backlog.push(time(i), Channel::ROUTE_EVENTS, &bytes);
                expected.push_back((time(i), Some((Channel::ROUTE_EVENTS, bytes))));
            }
            // A datagram larger than a chunk, and a control record.
            let large = vec![9; 3 * CHUNK_SIZE];
            backlog.push(time(0), Channel::ROUTE_DUMPS, &large);
            expected.push_back((time(0), Some((Channel::ROUTE_DUMPS, large))));
            backlog.push_control(time(1), Channel::ROUTE_EVENTS, ControlRecord::Resync);
            expected.push_back((time(1), None));
            assert!(!backlog.is_empty());
            // In some rounds inputs remain.
            for _ in 0..round % 5 {
                take(&mut backlog, &mut expected, round as usize % 7);
            }
        }
        while !backlog.is_empty() {
            take(&mut backlog, &mut expected, 3);
        }
        assert!(expected.is_empty() && backlog.bytes == 0);
        assert_eq!(backlog.pop(1), []);
    }

    type Pushed = (Time, Option<(Channel, Vec<u8>)>);

    fn take(backlog: &mut Backlog, expected: &mut VecDeque<Pushed>, limit: usize) {
        let expects = !expected.is_empty();
        let inputs = backlog.pop(limit);
        assert!(inputs.len() <= limit && (inputs.is_empty() != (expects && limit > 0)));
        for input in inputs {
            let (time, datagram) = expected.pop_front().unwrap();
            let expected = match &datagram {
                Some((channel, bytes)) => Input {
                    time,
                    data: InputData::Datagram(*channel, bytes),
                },
                None => Input::control(time, ControlRecord::Resync),
            };
            assert_eq!(input, expected);
        }
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut backlog = Backlog::default();
        let datagram = [0; 1000];
        let mut count = 0;
        while !backlog.is_full() {
            backlog.push(time(0), Channel::ROUTE_EVENTS, &datagram);
            count += 1;
        }
        assert_eq!(count, MAX_SIZE.div_ceil(1000));
        while !backlog.is_empty() {
            count -= backlog.pop(100).len();
        }
        assert!(count == 0 && !backlog.is_full());
    }
}
