//! Reader of the older capture format, pcap.

use pcap_parser::{LegacyPcapBlock, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_header};

use super::buffer::Buffer;
use super::item::{Item, moment};
use super::{Fault, LINKTYPE_NETLINK};

const HEADER: usize = 24;
const FRAME: usize = 16;

/// Reads a pcap capture.
pub(super) struct Pcap {
    big_endian: bool,
    /// Nanoseconds per unit of a time stamp's second field.
    unit: u64,
}

impl Pcap {
    pub(super) fn open(buffer: &mut Buffer) -> Result<Self, Fault> {
        let head = buffer.need(HEADER, "header")?;
        let Ok((_, header)) = parse_pcap_header(head) else {
            return Err(Fault::NotACapture);
        };
        // The upper bits describe frame check sequences.
        let found = header.network.0 as u32 & 0x03ff_ffff;
        if found != LINKTYPE_NETLINK {
            return Err(Fault::LinkType { found });
        }
        buffer.consume(HEADER);
        Ok(Pcap {
            big_endian: header.is_bigendian(),
            unit: if header.is_nanosecond_precision() {
                1
            } else {
                1000
            },
        })
    }

    pub(super) fn next(&mut self, buffer: &mut Buffer) -> Result<Option<Item>, Fault> {
        if buffer.fill(1)?.is_empty() {
            return Ok(None);
        }
        let offset = buffer.offset();
        let head = buffer.need(FRAME, "packet header")?;
        let at = [head[8], head[9], head[10], head[11]];
        let length = match self.big_endian {
            true => u32::from_be_bytes(at),
            false => u32::from_le_bytes(at),
        };
        let whole = (length as usize).saturating_add(FRAME);
        let bytes = buffer.need(whole, "packet")?;
        let frame = match self.big_endian {
            true => parse_pcap_frame_be(bytes),
            false => parse_pcap_frame(bytes),
        };
        let Ok((
            _,
            LegacyPcapBlock {
                ts_sec,
                ts_usec,
                caplen,
                origlen,
                ..
            },
        )) = frame
        else {
            return Err(Fault::malformed(offset, "a packet that can't be read"));
        };
        let time = moment(ts_sec.into(), u64::from(ts_usec) * self.unit, offset)?;
        let data = offset + FRAME as u64;
        buffer.consume(whole);
        Ok(Some(Item::Packet {
            time,
            channel: None,
            place: data..data + u64::from(caplen),
            original: u64::from(origlen.max(caplen)),
            offset,
        }))
    }
}
