//! What was received and not told yet. The socket is emptied before anything is told, so that
//! neither a slow line nor a slow disk costs an event as long as there is room here.

use std::collections::VecDeque;

use crate::event::values::Time;
use crate::input::{Input, Mark, Source, What};

/// Bytes that may wait; then the kernel's own buffer fills up.
const MOST: usize = 64 << 20;
/// Bytes of a piece of it.
const PIECE: usize = 256 << 10;

/// Events, and the marks between them, in order.
#[derive(Debug, Default)]
pub struct Backlog {
    /// Never empty but before the first event.
    pieces: VecDeque<Piece>,
    /// An emptied piece, to be used again.
    spare: Option<Piece>,
    /// Bytes that wait.
    bytes: usize,
}

/// A piece: memory is taken and given back in steps that cost no time.
#[derive(Debug, Default)]
struct Piece {
    bytes: Vec<u8>,
    items: VecDeque<(Time, Item)>,
    /// How many of the bytes were taken.
    taken: usize,
}

#[derive(Debug)]
enum Item {
    /// So many bytes.
    Datagram(Source, usize),
    Mark(Box<Mark>),
}

impl Backlog {
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(|piece| piece.items.is_empty())
    }

    /// Is there no room for more?
    pub fn is_full(&self) -> bool {
        self.bytes >= MOST
    }

    /// Takes a datagram that was received then.
    pub fn push(&mut self, time: Time, source: Source, datagram: &[u8]) {
        let piece = self.piece(datagram.len());
        piece.bytes.extend_from_slice(datagram);
        piece
            .items
            .push_back((time, Item::Datagram(source, datagram.len())));
        self.bytes += datagram.len();
    }

    /// Takes what is to be told behind what was pushed: events are missing there, say.
    pub fn push_mark(&mut self, time: Time, mark: impl Into<Box<Mark>>) {
        let mark = Item::Mark(mark.into());
        self.piece(0).items.push_back((time, mark));
    }

    /// The last piece, with room for so much.
    fn piece(&mut self, length: usize) -> &mut Piece {
        let fits = |piece: &mut Piece| {
            if piece.items.is_empty() {
                piece.clear();
            }
            piece.bytes.len() + length <= piece.bytes.capacity()
        };
        if !self.pieces.back_mut().is_some_and(fits) {
            let mut piece = self.spare.take().unwrap_or_default();
            piece.bytes.reserve(length.max(PIECE));
            self.pieces.push_back(piece);
        }
        let last = self.pieces.len() - 1;
        &mut self.pieces[last]
    }

    /// Takes what comes next: at most so many inputs, and none only where nothing waits.
    pub fn pop(&mut self, most: usize) -> Vec<Input<'_>> {
        self.pass();
        let Some(piece) = self.pieces.front_mut() else {
            return Vec::new();
        };
        let (from, mut to) = (piece.taken, piece.taken);
        let inputs = piece.items.drain(..most.min(piece.items.len()));
        let inputs = inputs.map(|(time, item)| {
            let what = match item {
                Item::Datagram(source, length) => {
                    let start = to;
                    to += length;
                    What::Datagram(source, &piece.bytes[start..to])
                }
                Item::Mark(mark) => What::Mark(mark),
            };
            Input { time, what }
        });
        let inputs = inputs.collect();
        piece.taken = to;
        self.bytes -= to - from;
        inputs
    }

    /// Puts emptied pieces aside, up to the first in which something waits.
    fn pass(&mut self) {
        while self
            .pieces
            .front()
            .is_some_and(|piece| piece.items.is_empty())
        {
            if let [piece] = self.pieces.make_contiguous() {
                piece.clear();
                return;
            }
            if let Some(mut piece) = self.pieces.pop_front()
                && piece.bytes.capacity() <= 2 * PIECE
            {
                piece.clear();
                self.spare = Some(piece);
            }
        }
    }
}

impl Piece {
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
                let bytes = vec![i as u8; 1 + round as usize * 7919 % (PIECE / 3)];
                backlog.push(time(i), Source::Events, &bytes);
                expected.push_back((time(i), Some((Source::Events, bytes))));
            }
            // One that is larger than a piece, and a mark.
            let large = vec![9; 3 * PIECE];
            backlog.push(time(0), Source::Dumps, &large);
            expected.push_back((time(0), Some((Source::Dumps, large))));
            backlog.push_mark(time(1), Mark::Resync);
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
                Some((source, bytes)) => What::Datagram(*source, bytes),
                None => What::Mark(Box::new(Mark::Resync)),
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
