//! Reader of files of iproute2's `rtmon`: rtnetlink messages, each after a time stamp. The dump at
//! the beginning has one time stamp in total.

use super::buffer::Buffer;
use super::item::{Item, moment};
use super::{Fault, LONGEST, cooked};
use crate::channel::FamilyId;
use crate::event::values::Time;
use crate::netlink::attr::align;
use crate::netlink::frame::Message;

/// `NLMSG_TSTAMP` (iproute2, include/libnetlink.h): two u32, seconds and microseconds.
const STAMP: u16 = 15;
const HEADER: usize = 16;
const STAMP_LENGTH: u32 = 24;

/// Reads a file of `rtmon`.
pub(super) struct Rtmon {
    time: Time,
}

impl Rtmon {
    /// Checks that the stream begins with a time stamp message, the only sign of the format.
    pub(super) fn open(buffer: &mut Buffer) -> Result<Self, Fault> {
        let Some(head) = buffer.fill(HEADER)?.first_chunk::<HEADER>() else {
            return Err(Fault::NotACapture);
        };
        let length = u32::from_ne_bytes([head[0], head[1], head[2], head[3]]);
        let kind = u16::from_ne_bytes([head[4], head[5]]);
        if (length, kind) == (STAMP_LENGTH, STAMP) {
            let time = Time::default();
            Ok(Rtmon { time })
        } else if (length, kind) == (STAMP_LENGTH.swap_bytes(), STAMP.swap_bytes()) {
            Err(Fault::ByteOrder { offset: 0 })
        } else {
            Err(Fault::NotACapture)
        }
    }

    pub(super) fn next(&mut self, buffer: &mut Buffer) -> Result<Option<Item>, Fault> {
        if buffer.fill(1)?.is_empty() {
            return Ok(None);
        }
        let offset = buffer.offset();
        let head = buffer.need(HEADER, "message header")?;
        let length = u32::from_ne_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let kind = u16::from_ne_bytes([head[4], head[5]]);
        if length < HEADER {
            let what = "a message shorter than its header";
            return Err(Fault::malformed(offset, what));
        }
        if length > LONGEST {
            let what = "message";
            return Err(Fault::TooLong {
                offset,
                what,
                length,
            });
        }
        let whole = align(length);
        let message = buffer.need(whole, "message")?;
        if kind != STAMP {
            let first = Message::incomplete(message);
            let channel = cooked::channel(FamilyId::ROUTE, first.as_ref());
            buffer.consume(whole);
            return Ok(Some(Item::Messages {
                time: self.time,
                channel,
                place: offset..offset + length as u64,
            }));
        }
        let Some(s) = message.get(HEADER..).and_then(|b| b.first_chunk::<8>()) else {
            return Err(Fault::malformed(offset, "a time stamp without a time"));
        };
        let seconds = u32::from_ne_bytes([s[0], s[1], s[2], s[3]]);
        let micros = u32::from_ne_bytes([s[4], s[5], s[6], s[7]]);
        self.time = moment(seconds.into(), u64::from(micros) * 1000, offset)?;
        buffer.consume(whole);
        // The caller may release it: a file may have nothing but time stamps.
        Ok(Some(Item::NoPacket))
    }
}
