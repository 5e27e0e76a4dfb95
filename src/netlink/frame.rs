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

impl Message<'_> {
    /// Returns true for a message of the netlink protocol itself: the end of a dump, an
    /// acknowledgement (`NLMSG_MIN_TYPE`, linux/netlink.h).
    pub fn is_control(&self) -> bool {
        self.kind < 0x10
    }
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
