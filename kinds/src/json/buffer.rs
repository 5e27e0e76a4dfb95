//! An append buffer for JSON text. Space is reserved ahead, so that most appends are a bounds check
//! and a copy of a length that the compiler knows.

use crate::escape::{is_visible, json_units};

/// A byte vector whose part after `end` is reserved space.
#[derive(Debug)]
pub(super) struct LineBuffer {
    bytes: Vec<u8>,
    end: usize,
}

/// Space that is reserved at least, bytes: enough for most lines.
const RESERVE: usize = 512;

impl LineBuffer {
    /// A buffer that appends to `bytes`.
    pub(super) fn append_to(mut bytes: Vec<u8>) -> Self {
        let end = bytes.len();
        bytes.extend_from_slice(&[0; RESERVE]);
        LineBuffer { bytes, end }
    }

    /// Returns the bytes without the reserved space.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.end);
        self.bytes
    }

    /// Appends `length` bytes and returns them for writing. Inlined: with a constant length the copy
    /// becomes one or two moves.
    #[inline(always)]
    fn next(&mut self, length: usize) -> &mut [u8] {
        let start = self.end;
        if self.bytes.len() - start < length {
            self.grow(length);
        }
        self.end = start + length;
        &mut self.bytes[start..start + length]
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, length: usize) {
        // By a constant and not by a factor: the buffer holds many earlier lines, and clearing a
        // reserve of their size would cost more than it saves.
        let wanted = self.end + length.max(RESERVE);
        // `Vec::resize` is as fast only where it is compiled with optimization, and in the build of the tests it is not.
        while self.bytes.len() < wanted {
            let missing = RESERVE.min(wanted - self.bytes.len());
            self.bytes.extend_from_slice(&[0; RESERVE][..missing]);
        }
    }

    /// Appends bytes whose number is a constant.
    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.next(N).copy_from_slice(bytes);
    }

    /// Appends bytes.
    #[inline]
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.next(bytes.len()).copy_from_slice(bytes);
    }

    /// Appends a comma, a field name and a colon. The name is a Rust identifier, which needs no
    /// escaping.
    #[inline(always)]
    pub(super) fn key(&mut self, key: &'static str) {
        let end = key.len() + 2;
        let space = self.next(end + 2);
        space[..2].copy_from_slice(b",\"");
        space[2..end].copy_from_slice(key.as_bytes());
        space[end..].copy_from_slice(b"\":");
    }

    /// Appends a string that needs no escaping.
    #[inline]
    pub(super) fn quoted(&mut self, text: &[u8]) {
        let length = text.len();
        let space = self.next(length + 2);
        space[0] = b'"';
        space[1..length + 1].copy_from_slice(text);
        space[length + 1] = b'"';
    }

    /// Appends a string, escaped if necessary.
    #[inline]
    pub(super) fn text(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.quoted(text.as_bytes());
        } else {
            self.put(b"\"");
            self.escape(text);
            self.put(b"\"");
        }
    }

    /// Appends a part of a string, without quotes, escaped if necessary.
    #[inline]
    pub(super) fn piece(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.bytes(text.as_bytes());
        } else {
            self.escape(text);
        }
    }

    #[cold]
    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            let byte = match u8::try_from(c) {
                Ok(byte @ ..0x7f) => byte,
                _ if is_visible(c) => {
                    self.bytes(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                _ => {
                    json_units(c).for_each(|unit| self.put(&unit));
                    continue;
                }
            };
            let short = match byte {
                b'"' => b'"',
                b'\\' => b'\\',
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                0x08 => b'b',
                0x0c => b'f',
                0..b' ' => {
                    let digits = b"0123456789abcdef";
                    let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                    self.put(b"\\u00");
                    self.put(&[digits[high], digits[low]]);
                    continue;
                }
                _ => {
                    self.put(&[byte]);
                    continue;
                }
            };
            self.put(&[b'\\', short]);
        }
    }

    /// Appends a number.
    #[inline]
    pub(super) fn integer(&mut self, value: impl itoa::Integer) {
        let mut buffer = itoa::Buffer::new();
        self.bytes(buffer.format(value).as_bytes());
    }

    /// Ends a list or an object that began at `start`. The comma before its first entry becomes the
    /// opening bracket.
    #[inline]
    pub(super) fn close(&mut self, start: usize, [open, close]: [u8; 2]) {
        if start < self.end {
            self.bytes[start] = open;
            self.put(&[close]);
        } else {
            self.put(&[open, close]);
        }
    }

    /// Returns what was written since `start`.
    pub(super) fn since(&self, start: usize) -> &[u8] {
        &self.bytes[start..self.end]
    }

    /// Returns the length of the bytes, reserved space excluded.
    pub(super) fn len(&self) -> usize {
        self.end
    }
}

impl std::io::Write for LineBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns true if the text is ASCII and no byte needs JSON escaping. Tests 8 bytes at a time with SWAR (SIMD within a
/// register), the "has a byte less than n" test of Sean Anderson's Bit Twiddling Hacks.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    const EACH: u64 = u64::MAX / 0xff;
    const HIGH: u64 = EACH * 0x80;
    // The high bit of a byte of the result is set if that byte of `bytes` is below `limit`. The
    // borrow of a lower byte can set it wrongly, but only if the lower byte is below the limit too:
    // whether any bit is set is always right.
    let below = |bytes: u64, limit: u8| bytes.wrapping_sub(EACH * u64::from(limit)) & !bytes;
    let needs_escape = |eight: &[u8; 8]| {
        let bytes = u64::from_ne_bytes(*eight);
        // Bytes that equal the character become 0.
        let quote = bytes ^ (EACH * u64::from(b'"'));
        let backslash = bytes ^ (EACH * u64::from(b'\\'));
        // DEL and what is not ASCII: no byte of UTF-8 is large enough to carry into the next one.
        let not_ascii = bytes.wrapping_add(EACH);
        (below(bytes, b' ') | below(quote, 1) | below(backslash, 1) | not_ascii) & HIGH != 0
    };
    let Some(last) = text.last_chunk() else {
        let needs_escape = |byte: &u8| matches!(byte, ..b' ' | b'"' | b'\\' | 0x7f..);
        return !text.iter().any(needs_escape);
    };
    // The last 8 bytes may overlap the last chunk: so no remainder has to be tested by byte.
    let (eights, _) = text.as_chunks();
    !eights.iter().chain([last]).any(needs_escape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_reserved_when_needed_and_returned() {
        let mut out = LineBuffer::append_to(b"- ".to_vec());
        let long = "x".repeat(3 * RESERVE);
        let start = out.len();
        out.put(b",");
        out.text(&long);
        for number in 0..1000 {
            out.put(b",");
            out.integer(number);
        }
        out.close(start, *b"[]");
        let bytes = out.finish();
        let numbers = (0..1000).map(|n| n.to_string()).collect::<Vec<_>>();
        let expected = format!("- [\"{long}\",{}]", numbers.join(","));
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn is_plain_tests_every_byte_at_every_position() {
        // 0xf4 begins the longest sequence of UTF-8.
        for byte in 0..=0xf4 {
            for (length, at) in (1..20).flat_map(|n| (0..n).map(move |at| (n, at))) {
                for others in [b'a', b' ', b'#', b'~'] {
                    let mut text = vec![others; length];
                    text[at] = byte;
                    let plain = matches!(byte, b' '..0x7f) && byte != b'"' && byte != b'\\';
                    assert_eq!(is_plain(&text), plain, "{text:?}");
                }
            }
        }
    }
}
