//! Writes recordings: inputs as pcapng.

use std::io::{self, Write};

use serde::Serialize;

use super::pcapng::{BYTE_ORDER, INTERFACE, PACKET, SECTION_HEADER, STATISTICS};
use super::{LINKTYPE_NETLINK, TOOL, cooked, interface};
use crate::channel::Channel;
use crate::event::meta::GapCause;
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input, InputData};
use crate::netlink::attr::align;

const OPT_END: u16 = 0;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const IF_TSRESOL: u16 = 9;
const ISB_IFDROP: u16 = 5;

/// Maximum length of a comment, bytes: somewhat less than the u16 of an option's length allows,
/// since readers may be inexact at the limit.
const LONGEST_COMMENT: usize = 65_500;

/// Writes a recording, each block with one `write_all`: if the process is killed, at most the last
/// block is incomplete. After an error the recording ends in an incomplete block, and nothing more
/// should be written.
pub struct Writer<W: Write> {
    out: W,
    block: Vec<u8>,
    /// The channels of the interfaces, by number, and for each the messages lost since the beginning
    /// (`isb_ifdrop`).
    interfaces: Vec<(Channel, u64)>,
}

impl<W: Write> Writer<W> {
    /// Writes the header of a recording.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = Writer {
            out,
            block: Vec::new(),
            interfaces: Vec::new(),
        };
        writer.begin(SECTION_HEADER);
        writer.u32(BYTE_ORDER);
        // Version 1.0, and an unspecified section length.
        writer.u16(1);
        writer.u16(0);
        writer.block.extend(u64::MAX.to_ne_bytes());
        writer.comment(header)?;
        let application = format!("{TOOL} {}", env!("CARGO_PKG_VERSION"));
        writer.option(SHB_USERAPPL, application.as_bytes());
        writer.option(OPT_END, &[]);
        writer.end()?;
        for channel in interface::FIRST {
            writer.interface(channel)?;
        }
        Ok(writer)
    }

    /// Writes an input.
    ///
    /// # Errors
    /// Those of the underlying writer.
    pub fn write(&mut self, input: &Input<'_>) -> io::Result<()> {
        match &input.data {
            InputData::Datagram(channel, datagram) => self.datagram(*channel, input.time, datagram),
            InputData::Control(channel, record) => {
                self.control_record(*channel, input.time, record)
            }
        }
    }

    /// Flushes the underlying writer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Number of interfaces that were described so far.
    pub fn interfaces(&self) -> usize {
        self.interfaces.len()
    }

    /// The underlying writer. Between two calls it contains complete blocks.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// The interface of a channel; describes it first if it is new.
    fn interface(&mut self, channel: Channel) -> io::Result<usize> {
        let mut interfaces = self.interfaces.iter();
        if let Some(number) = interfaces.position(|(described, _)| *described == channel) {
            return Ok(number);
        }
        let (name, description) = interface::describe(channel);
        self.begin(INTERFACE);
        self.u16(LINKTYPE_NETLINK as u16);
        self.u16(0);
        // No snapshot length.
        self.u32(0);
        self.option(IF_NAME, name.as_bytes());
        if let Some(description) = description {
            self.option(IF_DESCRIPTION, description.as_bytes());
        }
        self.option(IF_TSRESOL, &[9]);
        self.option(OPT_END, &[]);
        self.end()?;
        self.interfaces.push((channel, 0));
        Ok(self.interfaces.len() - 1)
    }

    fn datagram(&mut self, channel: Channel, time: Time, datagram: &[u8]) -> io::Result<()> {
        let interface = self.interface(channel)?;
        let length = cooked::LENGTH + datagram.len();
        self.begin(PACKET);
        self.u32(interface as u32);
        self.time(time);
        self.u32(length as u32);
        self.u32(length as u32);
        self.block.extend(cooked::header(channel.family));
        self.block.extend_from_slice(datagram);
        self.pad();
        self.end()
    }

    fn control_record(
        &mut self,
        channel: Channel,
        time: Time,
        record: &ControlRecord,
    ) -> io::Result<()> {
        let interface = self.interface(channel)?;
        self.begin(STATISTICS);
        self.u32(interface as u32);
        self.time(time);
        self.comment(record)?;
        if let ControlRecord::Gap(gap) = record
            && let Some(lost) = gap.lost
            && gap.cause != GapCause::Output
        {
            let total = self.interfaces[interface].1.saturating_add(lost);
            self.interfaces[interface].1 = total;
            self.option(ISB_IFDROP, &total.to_ne_bytes());
        }
        self.option(OPT_END, &[]);
        self.end()
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.u32(kind);
        // The length: end() fills it in.
        self.u32(0);
    }

    fn end(&mut self) -> io::Result<()> {
        let length = self.block.len() as u32 + 4;
        self.block[4..8].copy_from_slice(&length.to_ne_bytes());
        self.u32(length);
        self.out.write_all(&self.block)
    }

    fn u16(&mut self, value: u16) {
        self.block.extend(value.to_ne_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.block.extend(value.to_ne_bytes());
    }

    /// Nanoseconds since the epoch. Times before it (the clock is not set) become the epoch.
    fn time(&mut self, time: Time) {
        let (seconds, nanos) = (time.0.as_second(), time.0.subsec_nanosecond());
        let stamp = match (u64::try_from(seconds), u64::try_from(nanos)) {
            (Ok(seconds), Ok(nanos)) => seconds.saturating_mul(1_000_000_000).saturating_add(nanos),
            _ => 0,
        };
        self.u32((stamp >> 32) as u32);
        self.u32(stamp as u32);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.u16(code);
        self.u16(value.len() as u16);
        self.block.extend_from_slice(value);
        self.pad();
    }

    /// Appends a value as JSON, split into as many comments as its length requires.
    fn comment(&mut self, value: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string(value)?;
        let mut rest = json.as_str();
        while !rest.is_empty() {
            let mut length = rest.len().min(LONGEST_COMMENT);
            while !rest.is_char_boundary(length) {
                length -= 1;
            }
            let (comment, more) = rest.split_at(length);
            self.option(OPT_COMMENT, comment.as_bytes());
            rest = more;
        }
        Ok(())
    }

    fn pad(&mut self) {
        self.block.resize(align(self.block.len()), 0);
    }
}
