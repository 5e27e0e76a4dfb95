//! What was received and not told yet. The socket is emptied before anything is told, so that
//! neither a slow line nor a slow disk costs an event as long as there is room here.

use std::collections::VecDeque;

use crate::event::values::Time;
use crate::input::{ControlRecord, Input, InputData, Source};

/// Bytes that may wait; then the kernel's own buffer fills up.
const MOST: usize = 64 << 20;
/// Bytes of a piece of it.
const CHUNK: usize = 256 << 10;

/// Events, and the marks between them, in order.
#[derive(Debug, Default)]
pub struct Backlog {
    /// Never empty but before the first event.
    chunks: VecDeque<Chunk>,
    /// An emptied piece, to be used again.
    spare: Option<Chunk>,
    /// Bytes that wait.
    bytes: usize,
}

/// A piece: memory is taken and given back in steps that cost no time.
#[derive(Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    items: VecDeque<(Time, Item)>,
    /// How many of the bytes were taken.
    taken: usize,
}

#[derive(Debug)]
enum Item {
    /// So many bytes.
    Datagram(Source, usize),
    Control(Box<ControlRecord>),
}

impl Backlog {
    pub fn is_empty(&self) -> bool {
        self.chunks.iter().all(|chunk| chunk.items.is_empty())
    }

    /// Is there no room for more?
    pub fn is_full(&self) -> bool {
        self.bytes >= MOST
    }

    /// Takes a datagram that was received then.
    pub fn push(&mut self, time: Time, source: Source, datagram: &[u8]) {
        let chunk = self.chunk(datagram.len());
        chunk.bytes.extend_from_slice(datagram);
        chunk
            .items
            .push_back((time, Item::Datagram(source, datagram.len())));
        self.bytes += datagram.len();
    }

    /// Takes what is to be told behind what was pushed: events are missing there, say.
    pub fn push_control(&mut self, time: Time, mark: impl Into<Box<ControlRecord>>) {
        let mark = Item::Control(mark.into());
        self.chunk(0).items.push_back((time, mark));
    }

    /// The last piece, with room for so much.
    fn chunk(&mut self, length: usize) -> &mut Chunk {
        let fits = |chunk: &mut Chunk| {
            if chunk.items.is_empty() {
                chunk.clear();
            }
            chunk.bytes.len() + length <= chunk.bytes.capacity()
        };
        if !self.chunks.back_mut().is_some_and(fits) {
            let mut chunk = self.spare.take().unwrap_or_default();
            chunk.bytes.reserve(length.max(CHUNK));
            self.chunks.push_back(chunk);
        }
        let last = self.chunks.len() - 1;
        &mut self.chunks[last]
    }

    /// Takes what comes next: at most so many inputs, and none only where nothing waits.
    pub fn pop(&mut self, most: usize) -> Vec<Input<'_>> {
        self.pass();
        let Some(chunk) = self.chunks.front_mut() else {
            return Vec::new();
        };
        let (from, mut to) = (chunk.taken, chunk.taken);
        let inputs = chunk.items.drain(..most.min(chunk.items.len()));
        let inputs = inputs.map(|(time, item)| {
            let what = match item {
                Item::Datagram(source, length) => {
                    let start = to;
                    to += length;
                    InputData::Datagram(source, &chunk.bytes[start..to])
                }
                Item::Control(mark) => InputData::Control(mark),
            };
            Input { time, what }
        });
        let inputs = inputs.collect();
        chunk.taken = to;
        self.bytes -= to - from;
        inputs
    }

    /// Puts emptied pieces aside, up to the first in which something waits.
    fn pass(&mut self) {
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
                && chunk.bytes.capacity() <= 2 * CHUNK
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
    fn what_goes_in_comes_out_in_order() {
        let mut backlog = Backlog::default();
        let mut expected = VecDeque::new();
        for round in 0..50 {
            for i in 0..round % 13 {
                let bytes = vec![i as u8; 1 + round as usize * 7919 % (CHUNK / 3)];
                backlog.push(time(i), Source::Events, &bytes);
                expected.push_back((time(i), Some((Source::Events, bytes))));
            }
            // One that is larger than a piece, and a mark.
            let large = vec![9; 3 * CHUNK];
            backlog.push(time(0), Source::Dumps, &large);
            expected.push_back((time(0), Some((Source::Dumps, large))));
            backlog.push_control(time(1), ControlRecord::Resync);
            expected.push_back((time(1), None));
            assert!(!backlog.is_empty());
            // In some rounds something stays.
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

    type Pushed = (Time, Option<(Source, Vec<u8>)>);

    fn take(backlog: &mut Backlog, expected: &mut VecDeque<Pushed>, most: usize) {
        let waits = !expected.is_empty();
        let inputs = backlog.pop(most);
        assert!(inputs.len() <= most && (inputs.is_empty() != (waits && most > 0)));
        for input in inputs {
            let (time, datagram) = expected.pop_front().unwrap();
            let what = match &datagram {
                Some((source, bytes)) => InputData::Datagram(*source, bytes),
                None => InputData::Control(Box::new(ControlRecord::Resync)),
            };
            assert_eq!(input, Input { time, what });
        }
    }

    #[test]
    fn it_is_bounded() {
        let mut backlog = Backlog::default();
        let datagram = [0; 1000];
        let mut count = 0;
        while !backlog.is_full() {
            backlog.push(time(0), Source::Events, &datagram);
            count += 1;
        }
        assert_eq!(count, MOST.div_ceil(1000));
        while !backlog.is_empty() {
            count -= backlog.pop(100).len();
        }
        assert!(count == 0 && !backlog.is_full());
    }
}
