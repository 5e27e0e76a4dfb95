//! The keys of a terminal, from the bytes that it sends.

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    /// With the control key: its letter.
    Control(char),
    Enter,
    Escape,
    Backspace,
    Tab,
    BackTab,
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    /// Another key.
    Other,
}

/// Bytes that are no whole key yet.
#[derive(Debug, Default)]
pub(super) struct Keys {
    rest: Vec<u8>,
}

impl Keys {
    /// Returns the keys of the bytes that were read. A sequence that a read cuts is completed by the next one;
    /// an escape at the end of a read is the key.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.rest.extend_from_slice(bytes);
        let mut keys = Vec::new();
        let mut at = 0;
        while at < self.rest.len() {
            let Some((key, length)) = key(&self.rest[at..]) else {
                break;
            };
            keys.push(key);
            at += length;
        }
        self.rest.drain(..at);
        // No key is as long.
        if self.rest.len() > 32 {
            self.rest.clear();
        }
        keys
    }
}

/// The first key, and its length; `None` if it is not whole.
fn key(bytes: &[u8]) -> Option<(Key, usize)> {
    let key = match *bytes.first()? {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Tab,
        0x7f | 0x08 => Key::Backspace,
        0x1b => return sequence(bytes),
        byte @ 1..=26 => Key::Control(char::from(b'a' + byte - 1)),
        0..=31 => Key::Other,
        byte => {
            let length = match byte {
                ..0x80 => 1,
                0xc0..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0.. => 4,
                _ => return Some((Key::Other, 1)),
            };
            let text = std::str::from_utf8(bytes.get(..length)?);
            return Some(match text.ok().and_then(|text| text.chars().next()) {
                Some(c) => (Key::Char(c), length),
                None => (Key::Other, 1),
            });
        }
    };
    Some((key, 1))
}

fn sequence(bytes: &[u8]) -> Option<(Key, usize)> {
    let Some(kind) = bytes.get(1) else {
        return Some((Key::Escape, 1));
    };
    if !matches!(kind, b'[' | b'O') {
        return Some((Key::Escape, 1));
    }
    let end = bytes[2..]
        .iter()
        .position(|byte| (0x40..0x7f).contains(byte))?;
    let key = match (&bytes[2..2 + end], bytes[2 + end]) {
        (_, b'A') => Key::Up,
        (_, b'B') => Key::Down,
        (_, b'C') => Key::Right,
        (_, b'D') => Key::Left,
        (_, b'H') | (b"1" | b"7", b'~') => Key::Home,
        (_, b'F') | (b"4" | b"8", b'~') => Key::End,
        (_, b'Z') => Key::BackTab,
        (b"5", b'~') => Key::PageUp,
        (b"6", b'~') => Key::PageDown,
        _ => Key::Other,
    };
    Some((key, 3 + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_and_cut_sequences_completed() {
        let mut keys = Keys::default();
        let found = keys.push(b"q\x1b[A\x1bOB\x1b[5~\x1b[Z\r\x7f\x03\t\xc3\xa9");
        let expected = [
            Key::Char('q'),
            Key::Up,
            Key::Down,
            Key::PageUp,
            Key::BackTab,
            Key::Enter,
            Key::Backspace,
            Key::Control('c'),
            Key::Tab,
            Key::Char('é'),
        ];
        assert_eq!(found, expected);
        assert_eq!(keys.push(b"\x1b"), [Key::Escape]);
        assert_eq!(keys.push(b"\x1b["), []);
        assert_eq!(keys.push(b"D\xe2\x82"), [Key::Left]);
        assert_eq!(keys.push(b"\xac\xff\x80"), [Key::Char('€')]);
        // Whatever is sent is no panic, and nothing is kept without end.
        for byte in 0..=u8::MAX {
            for _ in 0..100 {
                keys.push(&[byte, 0x1b, b'[', b'0']);
            }
        }
        assert!(keys.rest.len() <= 32);
    }
}
