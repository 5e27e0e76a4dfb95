//! Splits datagrams into messages: a bounds-checked cursor over `struct nlmsghdr`.

use super::attr::align;

const HEADER: usize = 16;

/// `struct nlmsghdr` (linux/netlink.h) and what follows it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// `nlmsg_type`
    pub kind: u16,
    /// `nlmsg_flags`
    pub flags: u16,
    /// `nlmsg_seq`
    pub seq: u32,
    /// `nlmsg_pid`: the port id of the socket that requested the change; 0 if the kernel made it
    /// by itself.
    pub portid: u32,
    /// The bytes after the header.
    pub body: &'a [u8],
    /// Header and body.
    pub bytes: &'a [u8],
}

/// `NLMSG_MIN_TYPE` (linux/netlink.h): lower types are of the netlink protocol itself.
const MIN_TYPE: u16 = 0x10;

/// A message of the netlink protocol itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlMessage {
    /// `NLMSG_ERROR` with the error number 0.
    Ack,
    /// `NLMSG_ERROR`
    Error,
    /// `NLMSG_DONE`: the end of a dump.
    Done,
    /// `NLMSG_NOOP`, or a reserved type.
    Noop,
}

impl<'a> Message<'a> {
    /// Returns true for a message of the netlink protocol itself: the end of a dump, an
    /// acknowledgement.
    pub fn is_control(&self) -> bool {
        self.kind < MIN_TYPE
    }

    /// The kind of [control message](Self::is_control); `None` for other messages.
    pub fn control(&self) -> Option<ControlMessage> {
        const NLMSG_ERROR: u16 = libc::NLMSG_ERROR as u16;
        const NLMSG_DONE: u16 = libc::NLMSG_DONE as u16;
        match self.kind {
            NLMSG_ERROR if self.body.first_chunk() == Some(&[0; 4]) => Some(ControlMessage::Ack),
            NLMSG_ERROR => Some(ControlMessage::Error),
            NLMSG_DONE => Some(ControlMessage::Done),
            kind => (kind < MIN_TYPE).then_some(ControlMessage::Noop),
        }
    }

    /// A message of which the end is missing: `bytes` are what is there, header included. `None` if
    /// the header is not complete.
    pub fn incomplete(bytes: &'a [u8]) -> Option<Self> {
        let (h, body) = bytes.split_first_chunk::<HEADER>()?;
        let u32_at = |at: usize| u32::from_ne_bytes([h[at], h[at + 1], h[at + 2], h[at + 3]]);
        Some(Message {
            kind: u16::from_ne_bytes([h[4], h[5]]),
            flags: u16::from_ne_bytes([h[6], h[7]]),
            seq: u32_at(8),
            portid: u32_at(12),
            body,
            bytes,
        })
    }
}

impl<'a> Message<'a> {
    /// A datagram of text, which has no header: of type 0.
    pub fn of_text(bytes: &'a [u8]) -> Self {
        Message {
            kind: 0,
            flags: 0,
            seq: 0,
            portid: 0,
            body: bytes,
            bytes,
        }
    }
}

impl Message<'_> {
    /// Returns true for the beginning of a message that has a length: other bytes are no message.
    pub fn is_cut(&self) -> bool {
        self.stated_length() as usize > self.bytes.len()
    }

    /// The same message with a copy of its bytes, which has the same length.
    pub fn with_bytes<'b>(&self, bytes: &'b [u8]) -> Message<'b> {
        Message {
            kind: self.kind,
            flags: self.flags,
            seq: self.seq,
            portid: self.portid,
            body: &bytes[self.bytes.len() - self.body.len()..],
            bytes,
        }
    }

    /// `nlmsg_len`: of an incomplete message, the length that it had.
    pub fn stated_length(&self) -> u32 {
        let length = self.bytes.first_chunk::<4>();
        length.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
    }
}

/// The type of the message that `bytes` begin with, which is known even if the rest of the header
/// is missing.
pub fn message_type(bytes: &[u8]) -> Option<u16> {
    let kind = bytes.get(4..6)?;
    Some(u16::from_ne_bytes([kind[0], kind[1]]))
}

/// The number of messages in a datagram; bytes that are not a complete message count as one.
pub fn message_count(datagram: &[u8]) -> u64 {
    (Messages::new(datagram).count() as u64).max(1)
}

/// Iterates over the messages of a datagram. Ends with `Err(rest)` if the remaining bytes are not a
/// complete message.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a>(&'a [u8]);

impl<'a> Messages<'a> {
    pub fn new(datagram: &'a [u8]) -> Self {
        Messages(datagram)
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, &'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        if bytes.is_empty() {
            return None;
        }
        self.0 = &[];
        let Some(h) = bytes.first_chunk::<HEADER>() else {
            return Some(Err(bytes));
        };
        let u32_at = |at: usize| u32::from_ne_bytes([h[at], h[at + 1], h[at + 2], h[at + 3]]);
        let length = u32_at(0) as usize;
        let Some(body) = bytes.get(HEADER..length) else {
            return Some(Err(bytes));
        };
        self.0 = bytes.get(align(length)..).unwrap_or(&[]);
        Some(Ok(Message {
            kind: u16::from_ne_bytes([h[4], h[5]]),
            flags: u16::from_ne_bytes([h[6], h[7]]),
            seq: u32_at(8),
            portid: u32_at(12),
            body,
            bytes: &bytes[..length],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_zero_ends_the_iteration() {
        let bytes = [0u8; 40];
        let mut messages = Messages::new(&bytes);
        assert_eq!(messages.next().unwrap().unwrap_err().len(), 40);
        assert!(messages.next().is_none());
    }
}
