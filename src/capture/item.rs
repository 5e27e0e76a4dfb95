//! The items that the reader of each format yields.

use std::ops::Range;

use jiff::Timestamp;

use super::Fault;
use crate::channel::Channel;
use crate::event::values::Time;
use crate::input::ControlRecord;

/// An item of a capture. A `place` is a range of stream offsets.
pub(super) enum Item {
    /// A packet: a cooked header and messages.
    Packet {
        time: Time,
        /// The channel, in a recording of nlstream.
        channel: Option<Channel>,
        place: Range<u64>,
        /// Length of the packet before the capture's snapshot length cut it, bytes.
        original: u64,
        offset: u64,
    },
    /// Messages without a cooked header.
    Messages {
        time: Time,
        channel: Channel,
        place: Range<u64>,
    },
    ControlRecord(Channel, Time, Box<ControlRecord>),
    /// A packet that is not netlink.
    NotNetlink,
    /// A packet of a channel that cannot be read: a cooked header and messages.
    OtherChannel {
        place: Range<u64>,
    },
    /// Something that is no packet.
    NoPacket,
}

/// The time `seconds` and `nanos` after the epoch.
///
/// # Errors
/// If it is out of range; `offset` is the place of the time stamp.
pub(super) fn moment(seconds: i64, nanos: u64, offset: u64) -> Result<Time, Fault> {
    const SECOND: u64 = 1_000_000_000;
    // A valid capture has less than a second of nanoseconds.
    let (carry, nanos) = ((nanos / SECOND) as i64, (nanos % SECOND) as i32);
    let seconds = seconds.saturating_add(carry);
    let time = Timestamp::new(seconds, nanos).ok().and_then(Time::of_file);
    time.ok_or_else(|| Fault::malformed(offset, "a time out of range"))
}
