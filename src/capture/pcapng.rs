//! Reader of the newer capture format, pcapng, which recordings have too.

use pcap_parser::{
    OptionCode, PcapNGOption, SimplePacketBlock, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_interfacestatisticsblock_be,
    parse_interfacestatisticsblock_le, parse_sectionheaderblock, parse_simplepacketblock_be,
    parse_simplepacketblock_le,
};
use serde::de::DeserializeOwned;

use super::buffer::Buffer;
use super::drops;
use super::interface;
use super::item::{Item, moment};
use super::{Fault, LINKTYPE_NETLINK, TOOL};
use crate::channel::Channel;
use crate::event::values::Time;
use crate::input::{ControlRecord, Header};

pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(super) const BYTE_ORDER: u32 = 0x1a2b_3c4d;
pub(super) const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
pub(super) const STATISTICS: u32 = 5;
pub(super) const PACKET: u32 = 6;

/// Bytes that contain length and byte order of every block.
const HEAD: usize = 12;
/// Offset of the packet in [`PACKET`] and [`OLD_PACKET`], and in [`SIMPLE_PACKET`].
const DATA: usize = 28;
const SIMPLE_DATA: u64 = 12;
/// Limit for damaged files, whose interfaces would only use up memory: valid ones have a few.
const MAX_INTERFACES: usize = 65_536;
/// The same for a recording: each is a channel, and each network namespace has a state of its own.
const MAX_CHANNELS: usize = 4096;

/// Reads a pcapng capture, block by block.
pub(super) struct Pcapng {
    header: Option<Header>,
    section: Section,
    sections: u64,
    /// Time of the last packet, for simple packets, which have none.
    time: Time,
    /// Offset of the packet block whose `epb_dropcount` was told.
    told: Option<u64>,
    netlink: bool,
    /// The first link type that is not netlink.
    other: Option<u32>,
}

#[derive(Default)]
struct Section {
    big_endian: bool,
    /// The section was written by nlstream.
    is_recording: bool,
    interfaces: Vec<Interface>,
}

struct Interface {
    link: u32,
    /// The channel, in a recording.
    channel: Option<Channel>,
    snaplen: u32,
    /// Units of a time stamp in a second.
    unit: u128,
    /// Seconds to add to a time stamp.
    offset: i64,
    /// Packets that the tool lost so far, by its statistics.
    dropped: u64,
}

/// Parses a block, or returns the error that it is malformed.
macro_rules! parse {
    ($big:expr, $be:ident, $le:ident, $block:expr, $offset:expr) => {{
        let parsed = match $big {
            true => $be($block),
            false => $le($block),
        };
        match parsed {
            Ok((_, block)) => block,
            Err(_) => return Err(Fault::malformed($offset, "a block that contradicts itself")),
        }
    }};
}

impl Pcapng {
    /// Reads the header of the first section.
    pub(super) fn open(buffer: &mut Buffer) -> Result<Self, Fault> {
        let mut pcapng = Pcapng {
            header: None,
            section: Section::default(),
            sections: 0,
            time: Time::default(),
            told: None,
            netlink: false,
            other: None,
        };
        if let Some((_, length)) = pcapng.block(buffer)? {
            pcapng.begin(buffer, length)?;
            buffer.consume(length);
        }
        Ok(pcapng)
    }

    /// The recording's header.
    pub(super) fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    pub(super) fn next(&mut self, buffer: &mut Buffer) -> Result<Option<Item>, Fault> {
        if let Some((kind, length)) = self.block(buffer)? {
            if let Some(gap) = self.loss_before(kind, buffer, length)? {
                return Ok(Some(gap));
            }
            let item = match kind {
                SECTION_HEADER => self.begin(buffer, length).map(|()| Item::NoPacket),
                INTERFACE => self.interface(buffer, length).map(|()| Item::NoPacket),
                PACKET | OLD_PACKET => self.packet(kind, buffer, length),
                SIMPLE_PACKET => self.simple_packet(buffer, length),
                STATISTICS if self.section.is_recording => self.control_record(buffer, length),
                STATISTICS => self.statistics(buffer, length),
                _ => Ok(Item::NoPacket),
            }?;
            buffer.consume(length);
            return Ok(Some(item));
        }
        match self.other {
            Some(found) if !self.netlink => Err(Fault::LinkType { found }),
            _ => Ok(None),
        }
    }

    /// Reads the next block into the buffer. Returns its type and length.
    fn block(&mut self, buffer: &mut Buffer) -> Result<Option<(u32, usize)>, Fault> {
        let offset = buffer.offset();
        if buffer.fill(HEAD)?.is_empty() {
            return Ok(None);
        }
        let head = buffer.need(HEAD, "block header")?;
        // A palindrome: the same in both byte orders.
        if u32_at(head, 0, false) == SECTION_HEADER {
            self.section.big_endian = match u32_at(head, 8, false) {
                BYTE_ORDER => false,
                swapped if swapped.swap_bytes() == BYTE_ORDER => true,
                _ => return Err(Fault::malformed(offset, "a section of no byte order")),
            };
        }
        let big = self.section.big_endian;
        let (kind, length) = (u32_at(head, 0, big), u32_at(head, 4, big) as usize);
        if length < HEAD || !length.is_multiple_of(4) {
            let what = format!("a block of {length} bytes");
            return Err(Fault::malformed(offset, what));
        }
        let block = buffer.need(length, "block")?;
        if u32_at(block, length - 4, big) as usize != length {
            let what = "a block whose two lengths differ";
            return Err(Fault::malformed(offset, what));
        }
        Ok(Some((kind, length)))
    }

    /// Begins a section.
    fn begin(&mut self, buffer: &mut Buffer, length: usize) -> Result<(), Fault> {
        let offset = buffer.offset();
        let big_endian = self.section.big_endian;
        let Ok((_, block)) = parse_sectionheaderblock(buffer.need(length, "block")?) else {
            return Err(Fault::malformed(offset, "a section header"));
        };
        if block.major_version != 1 {
            let what = format!("version {} of pcapng", block.major_version);
            return Err(Fault::malformed(offset, what));
        }
        let application = text(&block.options, OptionCode::ShbUserAppl);
        let comment = text(&block.options, OptionCode::Comment);
        let is_recording = application.starts_with(TOOL.as_bytes()) && !comment.is_empty();
        if is_recording && self.sections > 0 {
            return Err(Fault::SecondHeader { offset });
        }
        if is_recording {
            let header: Header = json(&comment, "the recording's header", offset)?;
            let fault =
                |fault| Fault::malformed(offset, format!("the recording's header: {fault}"));
            header.check().map_err(fault)?;
            self.header = Some(header);
        }
        self.sections += 1;
        self.section = Section {
            big_endian,
            is_recording,
            interfaces: Vec::new(),
        };
        Ok(())
    }

    /// Adds an interface.
    fn interface(&mut self, buffer: &mut Buffer, length: usize) -> Result<(), Fault> {
        let offset = buffer.offset();
        let big = self.section.big_endian;
        let block = parse!(
            big,
            parse_interfacedescriptionblock_be,
            parse_interfacedescriptionblock_le,
            buffer.need(length, "block")?,
            offset
        );
        let limit = match self.section.is_recording {
            true => MAX_CHANNELS,
            false => MAX_INTERFACES,
        };
        if self.section.interfaces.len() == limit {
            return Err(Fault::malformed(offset, "too many interfaces"));
        }
        // By hand: the parser lacks powers of two, and reads if_tsoffset in one byte order only.
        let unit = match text(&block.options, OptionCode::IfTsresol).first() {
            None => Some(1_000_000),
            Some(power @ 0..=0x7f) => 10u128.checked_pow((*power).into()),
            Some(power) => 1u128.checked_shl((power & 0x7f).into()),
        };
        let Some(unit) = unit else {
            return Err(Fault::malformed(offset, "a time resolution out of range"));
        };
        let seconds = match text(&block.options, OptionCode::IfTsoffset).first_chunk() {
            None => 0,
            Some(bytes) if big => i64::from_be_bytes(*bytes),
            Some(bytes) => i64::from_le_bytes(*bytes),
        };
        let link = block.linktype.0 as u32;
        match link {
            LINKTYPE_NETLINK => self.netlink = true,
            _ => self.other = self.other.or(Some(link)),
        }
        let number = self.section.interfaces.len();
        let channel = match self.section.is_recording {
            true => interface::channel(number, &text(&block.options, OptionCode::IfDescription)),
            false => None,
        };
        self.section.interfaces.push(Interface {
            link,
            channel,
            snaplen: block.snaplen,
            unit,
            offset: seconds,
            dropped: 0,
        });
        Ok(())
    }

    /// Reads an enhanced packet block, or the obsolete packet block, whose interface number is
    /// shorter. Without the parser, for speed: most blocks of a recording are packets.
    fn packet(&mut self, kind: u32, buffer: &mut Buffer, length: usize) -> Result<Item, Fault> {
        let offset = buffer.offset();
        let big = self.section.big_endian;
        let block = buffer.need(length, "block")?;
        if length < DATA + 4 {
            return Err(Fault::malformed(offset, "a packet block without a packet"));
        }
        let interface = match (kind, big) {
            (PACKET, _) => u32_at(block, 8, big),
            (_, true) => u16::from_be_bytes([block[8], block[9]]).into(),
            (_, false) => u16::from_le_bytes([block[8], block[9]]).into(),
        };
        let time = (u32_at(block, 12, big), u32_at(block, 16, big));
        let (caplen, origlen) = (u32_at(block, 20, big), u32_at(block, 24, big));
        if caplen as usize > length - DATA - 4 {
            return Err(Fault::malformed(offset, "a packet longer than its block"));
        }
        self.item(interface, time, caplen, origlen, offset)
    }

    fn simple_packet(&mut self, buffer: &mut Buffer, length: usize) -> Result<Item, Fault> {
        let offset = buffer.offset();
        let SimplePacketBlock { origlen, data, .. } = parse!(
            self.section.big_endian,
            parse_simplepacketblock_be,
            parse_simplepacketblock_le,
            buffer.need(length, "block")?,
            offset
        );
        let room = data.len() as u32;
        let data = offset + SIMPLE_DATA;
        let interface = self.described(0, offset)?;
        let snaplen = match interface.snaplen {
            0 => u32::MAX,
            snaplen => snaplen,
        };
        if interface.link != LINKTYPE_NETLINK {
            return Ok(Item::NotNetlink);
        }
        let caplen = origlen.min(snaplen).min(room);
        Ok(Item::Packet {
            time: self.time,
            channel: interface.channel,
            place: data..data + u64::from(caplen),
            original: u64::from(origlen.max(caplen)),
            offset,
        })
    }

    fn item(
        &mut self,
        interface: u32,
        stamp: (u32, u32),
        caplen: u32,
        origlen: u32,
        offset: u64,
    ) -> Result<Item, Fault> {
        let described = self.described(interface, offset)?;
        let channel = described.channel;
        let is_unknown = self.section.is_recording && channel.is_none();
        if described.link != LINKTYPE_NETLINK {
            return Ok(Item::NotNetlink);
        }
        let data = offset + DATA as u64;
        let place = data..data + u64::from(caplen);
        if is_unknown {
            return Ok(Item::OtherChannel { place });
        }
        self.time = described.time(stamp, offset)?;
        Ok(Item::Packet {
            time: self.time,
            channel,
            place,
            original: u64::from(origlen.max(caplen)),
            offset,
        })
    }

    /// Reads a statistics block of a recording, which may contain a control record.
    fn control_record(&mut self, buffer: &mut Buffer, length: usize) -> Result<Item, Fault> {
        let offset = buffer.offset();
        let block = parse!(
            self.section.big_endian,
            parse_interfacestatisticsblock_be,
            parse_interfacestatisticsblock_le,
            buffer.need(length, "block")?,
            offset
        );
        let comment = text(&block.options, OptionCode::Comment);
        if comment.is_empty() {
            return Ok(Item::NoPacket);
        }
        let record: Box<ControlRecord> = json(&comment, "a control record", offset)?;
        let fault = |fault| Fault::malformed(offset, format!("a control record: {fault}"));
        record.check().map_err(fault)?;
        let interface = self.described(block.if_id, offset)?;
        let time = interface.time((block.ts_high, block.ts_low), offset)?;
        let channel = interface.channel.unwrap_or(Channel::ROUTE_EVENTS);
        Ok(Item::ControlRecord(channel, time, record))
    }

    /// The gap before a packet block of another tool that says how many packets were lost; `None` if it
    /// does not, or if the gap was returned already.
    fn loss_before(
        &mut self,
        kind: u32,
        buffer: &mut Buffer,
        length: usize,
    ) -> Result<Option<Item>, Fault> {
        let offset = buffer.offset();
        if kind != PACKET || self.section.is_recording || self.told == Some(offset) {
            return Ok(None);
        }
        let big = self.section.big_endian;
        let block = buffer.need(length, "block")?;
        let Some(caplen) = block.get(20..24).map(|it| u32_at(it, 0, big) as usize) else {
            return Ok(None);
        };
        let end = length - 4;
        let begin = DATA.saturating_add(caplen.next_multiple_of(4));
        let lost = match block.get(begin..end) {
            Some(options) => drops::before_packet(options, big),
            None => 0,
        };
        if lost == 0 {
            return Ok(None);
        }
        let stamp = (u32_at(block, 12, big), u32_at(block, 16, big));
        let interface = self.described(u32_at(block, 8, big), offset)?;
        let to = interface.time(stamp, offset)?;
        let from = (self.time != Time::default()).then_some(self.time);
        self.told = Some(offset);
        let gap = drops::gap(lost, from, to);
        Ok(Some(Item::ControlRecord(Channel::ROUTE_EVENTS, to, gap)))
    }

    /// Reads a statistics block of another tool, which may say that packets were lost.
    fn statistics(&mut self, buffer: &mut Buffer, length: usize) -> Result<Item, Fault> {
        let offset = buffer.offset();
        let big = self.section.big_endian;
        let block = parse!(
            big,
            parse_interfacestatisticsblock_be,
            parse_interfacestatisticsblock_le,
            buffer.need(length, "block")?,
            offset
        );
        let interfaces = &mut self.section.interfaces;
        let Some(interface) = interfaces.get_mut(block.if_id as usize) else {
            return Ok(Item::NoPacket);
        };
        let total = drops::total(&block.options, big);
        let lost = total.saturating_sub(interface.dropped);
        if lost == 0 || interface.link != LINKTYPE_NETLINK {
            return Ok(Item::NoPacket);
        }
        interface.dropped = total;
        let to = interface.time((block.ts_high, block.ts_low), offset)?;
        let gap = drops::gap(lost, None, to);
        Ok(Item::ControlRecord(Channel::ROUTE_EVENTS, to, gap))
    }

    fn described(&self, number: u32, offset: u64) -> Result<&Interface, Fault> {
        let interface = self.section.interfaces.get(number as usize);
        interface.ok_or_else(|| {
            let what = format!("interface {number} without a description");
            Fault::malformed(offset, what)
        })
    }
}

impl Interface {
    fn time(&self, (high, low): (u32, u32), offset: u64) -> Result<Time, Fault> {
        const SECOND: u64 = 1_000_000_000;
        let stamp = u64::from(high) << 32 | u64::from(low);
        let (seconds, nanos) = if self.unit == u128::from(SECOND) {
            (stamp / SECOND, stamp % SECOND)
        } else {
            let stamp = u128::from(stamp);
            // Both casts are exact: the stamp has 64 bits, and the remainder is less than a second.
            let nanos = stamp % self.unit * u128::from(SECOND) / self.unit;
            ((stamp / self.unit) as u64, nanos as u64)
        };
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        moment(seconds.saturating_add(self.offset), nanos, offset)
    }
}

/// The values of all options `code`, concatenated.
fn text(options: &[PcapNGOption<'_>], code: OptionCode) -> Vec<u8> {
    let values = options.iter().filter(|option| option.code == code);
    values
        .filter_map(|option| option.as_bytes().ok())
        .flatten()
        .copied()
        .collect()
}

/// The first JSON value in a comment. Other tools append comments of their own.
fn json<T: DeserializeOwned>(comment: &[u8], name: &str, offset: u64) -> Result<T, Fault> {
    // As text, since lines are read from text: serde's code for a type is compiled again for each source.
    let text = comment.utf8_chunks().next().map_or("", |it| it.valid());
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    match values.next() {
        Some(Ok(value)) => Ok(value),
        Some(Err(e)) => Err(Fault::malformed(offset, format!("{name}: {e}"))),
        None => Err(Fault::malformed(offset, format!("{name}: empty"))),
    }
}

#[inline]
fn u32_at(bytes: &[u8], at: usize, big_endian: bool) -> u32 {
    let four = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    match big_endian {
        true => u32::from_be_bytes(four),
        false => u32::from_le_bytes(four),
    }
}
