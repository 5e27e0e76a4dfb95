//! Errors of reading a capture.

use std::borrow::Cow;
use std::io;

/// A capture could not be read to its end. The inputs before the fault were read.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct Error {
    /// The file, as it was named; `stdin` for `-`.
    pub file: String,
    /// The reason.
    pub fault: Fault,
}

/// The reason why a capture cannot be read. An `offset` counts the bytes before the faulty block,
/// packet or message.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The file could not be opened or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The format is not supported.
    #[error(
        "not a capture: recordings of nlstream, pcapng and pcap captures of an nlmon device and files of rtmon are read; `nlstream state` reads lines"
    )]
    NotACapture,
    /// The file ends within a block, packet or message.
    #[error(
        "truncated at byte {offset} (a {what} of {length} bytes has {have}): the events before it were read"
    )]
    Truncated {
        /// Offset of its first byte.
        offset: u64,
        /// Name of the item.
        what: &'static str,
        /// Length of the item, bytes.
        length: usize,
        /// Number of its bytes that are present.
        have: usize,
    },
    /// The content contradicts the format.
    #[error("malformed at byte {offset} ({what}): the events before it were read")]
    Malformed {
        /// Offset of its first byte.
        offset: u64,
        /// The item that contradicts it.
        what: Cow<'static, str>,
    },
    /// The packets are not netlink.
    #[error(
        "its packets are of link type {found}{name}, not of {wanted} (netlink): capture on an nlmon device",
        name = link_name(*found), wanted = super::LINKTYPE_NETLINK
    )]
    LinkType {
        /// The link type of the packets.
        found: u32,
    },
    /// The messages are not in the byte order of this machine.
    #[error(
        "recorded on a machine of the other byte order (byte {offset}): replay it on such a machine"
    )]
    ByteOrder {
        /// Offset of the first such packet.
        offset: u64,
    },
    /// The length of an item is implausible.
    #[error(
        "malformed at byte {offset} (a {what} of {length} bytes, more than {max}): the events before it were read",
        max = super::LONGEST
    )]
    TooLong {
        /// Offset of its first byte.
        offset: u64,
        /// Name of the item.
        what: &'static str,
        /// The length in the file, bytes.
        length: usize,
    },
    /// A recording begins after the first section: files were concatenated. Each recording has a
    /// snapshot and a run of its own, so they cannot be replayed as one.
    #[error(
        "another recording begins at byte {offset}: the events before it were read; replay one recording at a time"
    )]
    SecondHeader {
        /// Offset of the second header.
        offset: u64,
    },
}

impl Fault {
    pub(super) fn malformed(offset: u64, what: impl Into<Cow<'static, str>>) -> Self {
        Fault::Malformed {
            offset,
            what: what.into(),
        }
    }
}

/// The link types that are captured by mistake.
fn link_name(number: u32) -> &'static str {
    match number {
        1 => " (Ethernet)",
        101 => " (raw IP)",
        113 | 276 => " (Linux cooked, as of the device \"any\")",
        239 => " (NFLOG)",
        _ => "",
    }
}
