//! What was received and not told yet. The socket is emptied before anything is told, so that
//! neither a slow line nor a slow disk costs an event as long as there is room here.

use std::collections::VecDeque;

use crate::event::values::Time;
use crate::input::Mark;

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
    Datagram(usize),
    /// Seldom: an item is to be small.
    Mark(Box<Mark>),
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub enum Next<'a> {
    Datagram(&'a [u8]),
    Mark(Mark),
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
    pub fn push(&mut self, time: Time, datagram: &[u8]) {
        let piece = self.piece(datagram.len());
        piece.bytes.extend_from_slice(datagram);
        piece
            .items
            .push_back((time, Item::Datagram(datagram.len())));
        self.bytes += datagram.len();
    }

    /// Takes what is to be told behind what was pushed: events are missing there, say.
    pub fn push_mark(&mut self, time: Time, mark: Mark) {
        let mark = Item::Mark(Box::new(mark));
        self.piece(0).items.push_back((time, mark));
    }

    /// The last piece, with room for so much.
    fn piece(&mut self, length: usize) -> &mut Piece {
        let fits = |piece: &Piece| piece.bytes.len() + length <= piece.bytes.capacity();
        if !self.pieces.back().is_some_and(fits) {
            let mut piece = self.spare.take().unwrap_or_default();
            piece.bytes.reserve(length.max(PIECE));
            self.pieces.push_back(piece);
        }
        let last = self.pieces.len() - 1;
        &mut self.pieces[last]
    }

    /// Takes what comes next, and when it was received.
    pub fn pop(&mut self) -> Option<(Time, Next<'_>)> {
        while self.pieces.front()?.items.is_empty() {
            if let [piece] = self.pieces.make_contiguous() {
                piece.clear();
                return None;
            }
            let mut piece = self.pieces.pop_front()?;
            if piece.bytes.capacity() <= 2 * PIECE {
                piece.clear();
                self.spare = Some(piece);
            }
        }
        let piece = self.pieces.front_mut()?;
        let (time, item) = piece.items.pop_front()?;
        let next = match item {
            Item::Datagram(length) => {
                let start = piece.taken;
                piece.taken += length;
                self.bytes -= length;
                Next::Datagram(&piece.bytes[start..piece.taken])
            }
            Item::Mark(mark) => Next::Mark(*mark),
        };
        Some((time, next))
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
        let datagram = |i: usize| vec![i as u8; 1 + i * 7919 % (PIECE / 3)];
        assert_eq!(backlog.pop(), None);
        let (mut pushed, mut popped) = (0, 0);
        for round in 0..50 {
            for _ in 0..round % 13 {
                backlog.push(time(pushed as i64), &datagram(pushed));
                pushed += 1;
            }
            // One that is larger than a piece, and a mark.
            backlog.push(time(0), &vec![9; 3 * PIECE]);
            backlog.push_mark(time(1), Mark::Resync);
            for _ in 0..round % 13 {
                let expected = datagram(popped);
                let next = Next::Datagram(&expected);
                assert_eq!(backlog.pop(), Some((time(popped as i64), next)));
                popped += 1;
            }
            assert!(!backlog.is_empty());
            let large = vec![9; 3 * PIECE];
            assert_eq!(backlog.pop(), Some((time(0), Next::Datagram(&large))));
            assert_eq!(backlog.pop(), Some((time(1), Next::Mark(Mark::Resync))));
            assert_eq!(backlog.pop(), None);
            assert!(backlog.is_empty() && backlog.bytes == 0);
        }
    }

    #[test]
    fn it_is_bounded() {
        let mut backlog = Backlog::default();
        let datagram = [0; 1000];
        let mut count = 0;
        while !backlog.is_full() {
            backlog.push(time(0), &datagram);
            count += 1;
        }
        assert_eq!(count, MOST.div_ceil(1000));
        while backlog.pop().is_some() {
            count -= 1;
        }
        assert!(count == 0 && !backlog.is_full());
    }
}
