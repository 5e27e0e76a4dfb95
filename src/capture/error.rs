//! What can be wrong with a capture.

use std::borrow::Cow;
use std::io;

/// A capture could not be read to its end. What came before the fault was read.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct Error {
    /// The file, as it was named; `stdin` for `-`.
    pub file: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a capture. An `offset` counts the bytes before the faulty block, packet
/// or message.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It could not be opened or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is none of the formats that are read.
    #[error(
        "not a capture: recordings of nlstream, pcapng and pcap captures of an nlmon device and files of rtmon are read"
    )]
    NotACapture,
    /// It ends in the middle of something.
    #[error(
        "truncated at byte {offset} (a {what} of {length} bytes has {have}): the events before it were read"
    )]
    Truncated {
        /// Where that begins.
        offset: u64,
        /// What it is.
        what: &'static str,
        /// How long it is.
        length: usize,
        /// How much of it there is.
        have: usize,
    },
    /// It contradicts its format.
    #[error("malformed at byte {offset} ({what}): the events before it were read")]
    Malformed {
        /// Where that begins.
        offset: u64,
        /// The contradiction.
        what: Cow<'static, str>,
    },
    /// Its packets are not netlink.
    #[error(
        "its packets are of link type {found}{name}, not of {wanted} (netlink): capture on an nlmon device",
        name = link_name(*found), wanted = super::LINKTYPE_NETLINK
    )]
    LinkType {
        /// The link type of its packets.
        found: u32,
    },
    /// Its messages are not in the byte order of this machine.
    #[error(
        "recorded on a machine of the other byte order (byte {offset}): replay it on such a machine"
    )]
    ByteOrder {
        /// Where the first such packet begins.
        offset: u64,
    },
    /// Something in it claims a length that nothing has.
    #[error(
        "malformed at byte {offset} (a {what} of {length} bytes, more than {max}): the events before it were read",
        max = super::LONGEST
    )]
    TooLong {
        /// Where that begins.
        offset: u64,
        /// What it is.
        what: &'static str,
        /// How long it claims to be.
        length: usize,
    },
    /// A recording begins behind the first section: files were concatenated. Each recording has
    /// a snapshot and a run of its own, so they can't be replayed as one.
    #[error(
        "another recording begins at byte {offset}: the events before it were read; replay one recording at a time"
    )]
    SecondHeader {
        /// Where it begins.
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
