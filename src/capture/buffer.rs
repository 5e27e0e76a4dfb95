//! A read buffer over a stream: contiguous bytes on request, in bounded memory.

use std::io::{ErrorKind, Read};
use std::ops::Range;

use super::{Fault, LONGEST};

/// Initial size, bytes: large enough that the cost of a read(2) does not matter.
const INITIAL_SIZE: usize = 256 << 10;

/// The bytes that were read and not consumed yet, and those consumed since the last
/// [`release`](Buffer::release).
pub(super) struct Buffer {
    input: Box<dyn Read>,
    bytes: Vec<u8>,
    /// Indices: begin of the bytes that are kept, of those not consumed yet, and of the free space.
    kept: usize,
    start: usize,
    end: usize,
    offset: u64,
}

impl Buffer {
    pub(super) fn new(input: Box<dyn Read>) -> Self {
        Buffer {
            input,
            bytes: vec![0; INITIAL_SIZE],
            kept: 0,
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// Number of bytes of the stream that were consumed.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Allows the buffer to overwrite the consumed bytes.
    pub(super) fn release(&mut self) {
        self.kept = self.start;
        // An item that was longer than others.
        if self.bytes.len() > 4 * INITIAL_SIZE && self.end - self.start < INITIAL_SIZE {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.end, self.start, self.kept) = (self.end - self.start, 0, 0);
            self.bytes.truncate(INITIAL_SIZE);
            self.bytes.shrink_to_fit();
        }
    }

    /// Returns true if the caller should use and release the consumed bytes, since many of them are
    /// kept.
    pub(super) fn should_release(&self) -> bool {
        self.start - self.kept >= INITIAL_SIZE
    }

    /// Bytes by their stream offsets. They must have been read, and not released.
    pub(super) fn slice(&self, place: Range<u64>) -> &[u8] {
        let index = |offset| (offset + self.start as u64 - self.offset) as usize;
        &self.bytes[index(place.start)..index(place.end)]
    }

    /// Waits until `wanted` bytes are available, without waiting for more, and returns all that are
    /// available. There are fewer only at the end of the stream.
    #[inline]
    pub(super) fn fill(&mut self, wanted: usize) -> Result<&[u8], Fault> {
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
                // In steps: a damaged length then takes memory only for bytes that arrive.
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

    /// Returns the next `length` bytes.
    ///
    /// # Errors
    /// If the stream ends before, or if `length` is implausible; `what` names the item in the error.
    #[inline]
    pub(super) fn need(&mut self, length: usize, what: &'static str) -> Result<&[u8], Fault> {
        let offset = self.offset;
        if length > LONGEST {
            return Err(Fault::TooLong {
                offset,
                what,
                length,
            });
        }
        let bytes = self.fill(length)?;
        // `ok_or` would make a fault for every packet, and drop it.
        match bytes.get(..length) {
            Some(bytes) => Ok(bytes),
            None => Err(Fault::Truncated {
                offset,
                what,
                length,
                have: bytes.len(),
            }),
        }
    }

    /// Consumes `length` of the available bytes.
    pub(super) fn consume(&mut self, length: usize) {
        debug_assert!(length <= self.end - self.start);
        self.start += length;
        self.offset += length as u64;
    }
}
