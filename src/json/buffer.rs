//! The bytes of a line while it is written: into room that was made before, in one step each.

/// Bytes that are written behind others. What lies behind `end` is room.
#[derive(Debug)]
pub struct LineBuffer {
    bytes: Vec<u8>,
    end: usize,
}

/// The least room that is made at once, bytes: most lines need no more.
const ROOM: usize = 512;

impl LineBuffer {
    /// Writes behind what `bytes` holds.
    pub fn behind(mut bytes: Vec<u8>) -> Self {
        let end = bytes.len();
        bytes.resize(end + ROOM, 0);
        LineBuffer { bytes, end }
    }

    /// What was there, and what was written.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.end);
        self.bytes
    }

    /// The next so many bytes, to be written. Inlined, so that a length that is known beforehand
    /// makes the copy a move or two.
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
        // Not more with every step: there may be many lines before this one.
        self.bytes.resize(self.end + length.max(ROOM), 0);
    }

    /// Bytes whose number is known beforehand.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.next(N).copy_from_slice(bytes);
    }

    /// Some bytes.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        copy(self.next(bytes.len()), bytes);
    }

    /// A comma, and a field's name, which is a Rust name.
    #[inline(always)]
    pub fn key(&mut self, key: &'static str) {
        let end = key.len() + 2;
        let room = self.next(end + 2);
        room[..2].copy_from_slice(b",\"");
        room[2..end].copy_from_slice(key.as_bytes());
        room[end..].copy_from_slice(b"\":");
    }

    /// A string in which nothing has to be escaped.
    #[inline]
    pub fn quoted(&mut self, text: &[u8]) {
        let length = text.len();
        let room = self.next(length + 2);
        room[0] = b'"';
        copy(&mut room[1..length + 1], text);
        room[length + 1] = b'"';
    }

    /// A string.
    #[inline]
    pub fn text(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.quoted(text.as_bytes());
        } else {
            self.put(b"\"");
            self.escape(text);
            self.put(b"\"");
        }
    }

    /// A piece of a string.
    #[inline]
    pub fn piece(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.bytes(text.as_bytes());
        } else {
            self.escape(text);
        }
    }

    #[cold]
    fn escape(&mut self, text: &str) {
        for byte in text.bytes() {
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

    #[inline]
    pub fn integer(&mut self, value: impl itoa::Integer) {
        let mut buffer = itoa::Buffer::new();
        self.bytes(buffer.format(value).as_bytes());
    }

    /// Ends a list or an object that began at `start`, in which every entry has a comma before
    /// it.
    #[inline]
    pub fn close(&mut self, start: usize, [open, close]: [u8; 2]) {
        if start < self.end {
            self.bytes[start] = open;
            self.put(&[close]);
        } else {
            self.put(&[open, close]);
        }
    }

    /// What was written since `start`.
    pub fn since(&self, start: usize) -> &[u8] {
        &self.bytes[start..self.end]
    }

    /// How much was written.
    pub fn len(&self) -> usize {
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

/// Copies a slice to one of the same length. Short ones, which most are, in two pieces that may
/// overlap: a call would cost more.
#[inline]
fn copy(to: &mut [u8], from: &[u8]) {
    fn ends<const N: usize>(to: &mut [u8], from: &[u8]) -> bool {
        let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) else {
            return false;
        };
        if let Some(to) = to.first_chunk_mut() {
            *to = *first;
        }
        if let Some(to) = to.last_chunk_mut() {
            *to = *last;
        }
        true
    }
    let copied = match from.len() {
        129.. => {
            to.copy_from_slice(from);
            true
        }
        65.. => ends::<64>(to, from),
        33.. => ends::<32>(to, from),
        17.. => ends::<16>(to, from),
        _ => ends::<8>(to, from) || ends::<4>(to, from) || ends::<2>(to, from),
    };
    if !copied {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
}

/// Is there nothing in that text that JSON wants escaped?
#[inline]
fn is_plain(text: &[u8]) -> bool {
    const EACH: u64 = u64::MAX / 0xff;
    const HIGH: u64 = EACH * 0x80;
    // Eight bytes at once: a byte of the result has its high bit set where `is` is below `limit`,
    // which the borrow of a lower byte may set too where a byte is odd anyway.
    let below = |is: u64, limit: u8| is.wrapping_sub(EACH * u64::from(limit)) & !is;
    let odd = |eight: &[u8; 8]| {
        let is = u64::from_ne_bytes(*eight);
        let quote = is ^ (EACH * u64::from(b'"'));
        let backslash = is ^ (EACH * u64::from(b'\\'));
        (below(is, b' ') | below(quote, 1) | below(backslash, 1)) & HIGH != 0
    };
    let Some(last) = text.last_chunk() else {
        let odd = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
        return !text.iter().any(odd);
    };
    let (eights, _) = text.as_chunks();
    !eights.iter().chain([last]).any(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_length_are_copied() {
        let from: Vec<u8> = (1..=200).collect();
        for length in 0..=from.len() {
            let mut to = vec![0; length];
            copy(&mut to, &from[..length]);
            assert_eq!(to, from[..length]);
        }
    }

    #[test]
    fn room_is_made_as_it_is_needed_and_given_back() {
        let mut out = LineBuffer::behind(b"- ".to_vec());
        let long = "x".repeat(3 * ROOM);
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
    fn every_byte_is_plain_or_not_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for (length, at) in (1..20).flat_map(|n| (0..n).map(move |at| (n, at))) {
                for others in [b'a', b' ', b'#', 0x80, 0xff] {
                    let mut text = vec![others; length];
                    text[at] = byte;
                    let plain = byte >= b' ' && byte != b'"' && byte != b'\\';
                    assert_eq!(is_plain(&text), plain, "{text:?}");
                }
            }
        }
    }
}
