//! A window onto a stream: as much of it in one piece as is wanted, in bounded memory.

use std::io::{ErrorKind, Read};
use std::ops::Range;

use super::{Fault, LONGEST};

/// Enough that a read costs little beside what is done with the bytes.
const ROOM: usize = 256 << 10;

/// Bytes that were read and not yet consumed, and those that were consumed since
/// [`release`](Buffer::release).
pub(super) struct Buffer {
    input: Box<dyn Read>,
    bytes: Vec<u8>,
    /// Where the bytes begin that are to stay, those that are not consumed yet, and the room.
    kept: usize,
    start: usize,
    end: usize,
    offset: u64,
}

impl Buffer {
    pub fn new(input: Box<dyn Read>) -> Self {
        Buffer {
            input,
            bytes: vec![0; ROOM],
            kept: 0,
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// How many bytes of the stream were consumed.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Lets go of what was consumed.
    pub fn release(&mut self) {
        self.kept = self.start;
    }

    /// Is as much kept as is read at once?
    pub fn keeps_much(&self) -> bool {
        self.start - self.kept >= ROOM
    }

    /// Bytes at their place in the stream, which are there and were not let go of.
    pub fn slice(&self, place: Range<u64>) -> &[u8] {
        let index = |offset| (offset + self.start as u64 - self.offset) as usize;
        &self.bytes[index(place.start)..index(place.end)]
    }

    /// Waits for `wanted` bytes, but not for more. There are fewer only at the end.
    #[inline]
    pub fn fill(&mut self, wanted: usize) -> Result<&[u8], Fault> {
        if self.end - self.start < wanted {
            self.read(wanted)?;
        }
        Ok(&self.bytes[self.start..self.end])
    }

    #[cold]
    #[inline(never)]
    fn read(&mut self, wanted: usize) -> Result<(), Fault> {
        while self.end - self.start < wanted {
            if self.start + wanted > self.bytes.len() && self.kept > 0 {
                self.bytes.copy_within(self.kept..self.end, 0);
                self.end -= self.kept;
                self.start -= self.kept;
                self.kept = 0;
            }
            if self.end == self.bytes.len() {
                // Step by step: a length that is garbage gets memory only for bytes that come.
                let most = self.start + LONGEST.max(wanted);
                let more = self.bytes.len().saturating_mul(2).min(most);
                self.bytes.resize(more, 0);
            }
            match self.input.read(&mut self.bytes[self.end..]) {
                Ok(0) => break,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(Fault::Io(e)),
            }
        }
        Ok(())
    }

    /// The next `length` bytes, which are a `what`.
    #[inline]
    pub fn need(&mut self, length: usize, what: &'static str) -> Result<&[u8], Fault> {
        let offset = self.offset;
        if length > LONGEST {
            return Err(Fault::TooLong {
                offset,
                what,
                length,
            });
        }
        let bytes = self.fill(length)?;
        bytes.get(..length).ok_or(Fault::Truncated {
            offset,
            what,
            length,
            have: bytes.len(),
        })
    }

    /// Moves on by `length` of the bytes that are there.
    pub fn consume(&mut self, length: usize) {
        debug_assert!(length <= self.end - self.start);
        self.start += length;
        self.offset += length as u64;
    }
}
