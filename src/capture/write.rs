//! Records inputs as pcapng.

use std::io::{self, Write};

use serde::Serialize;

use super::pcapng::{BYTE_ORDER, INTERFACE, PACKET, SECTION_HEADER, STATISTICS};
use super::{LINKTYPE_NETLINK, TOOL, cooked};
use crate::event::meta::GapCause;
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input, InputData, Source};
use crate::netlink::attr::align;

const OPT_END: u16 = 0;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const ISB_IFDROP: u16 = 5;

/// An option's length is a u16. Below that, so that no reader is taken to its limit.
const LONGEST_COMMENT: usize = 65_500;

/// The interfaces, by number.
const EVENTS: u32 = 0;
const DUMPS: u32 = 1;

/// Writes a recording, each block with one `write_all`: a run that is killed tears no block but
/// the last. After an error the recording is torn there, and nothing more should be written.
pub struct Writer<W: Write> {
    out: W,
    block: Vec<u8>,
    /// Messages lost since the beginning: what `isb_ifdrop` counts.
    lost: u64,
}

impl<W: Write> Writer<W> {
    /// Begins the recording of a run.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = Writer {
            out,
            block: Vec::new(),
            lost: 0,
        };
        writer.begin(SECTION_HEADER);
        writer.u32(BYTE_ORDER);
        // Version 1.0, and a length that isn't known.
        writer.u16(1);
        writer.u16(0);
        writer.block.extend(u64::MAX.to_ne_bytes());
        writer.comment(header)?;
        let application = format!("{TOOL} {}", env!("CARGO_PKG_VERSION"));
        writer.option(SHB_USERAPPL, application.as_bytes());
        writer.option(OPT_END, &[]);
        writer.end()?;
        for name in ["events", "dumps"] {
            writer.begin(INTERFACE);
            writer.u16(LINKTYPE_NETLINK as u16);
            writer.u16(0);
            // No snapshot length.
            writer.u32(0);
            writer.option(IF_NAME, name.as_bytes());
            writer.option(IF_TSRESOL, &[9]);
            writer.option(OPT_END, &[]);
            writer.end()?;
        }
        Ok(writer)
    }

    /// Records what happened.
    pub fn write(&mut self, input: &Input<'_>) -> io::Result<()> {
        match &input.what {
            InputData::Datagram(source, datagram) => self.datagram(input.time, *source, datagram),
            InputData::Control(mark) => self.mark(input.time, mark),
        }
    }

    /// Flushes what it writes to.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// What it writes to. Between two calls that holds whole blocks.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    fn datagram(&mut self, time: Time, source: Source, datagram: &[u8]) -> io::Result<()> {
        let length = cooked::LENGTH + datagram.len();
        self.begin(PACKET);
        self.u32(match source {
            Source::Events => EVENTS,
            Source::Dumps => DUMPS,
        });
        self.time(time);
        self.u32(length as u32);
        self.u32(length as u32);
        self.block.extend(cooked::HEADER);
        self.block.extend_from_slice(datagram);
        self.pad();
        self.end()
    }

    fn mark(&mut self, time: Time, mark: &ControlRecord) -> io::Result<()> {
        self.begin(STATISTICS);
        self.u32(EVENTS);
        self.time(time);
        self.comment(mark)?;
        if let ControlRecord::Gap(gap) = mark
            && let Some(lost) = gap.lost
            && gap.cause != GapCause::Output
        {
            self.lost = self.lost.saturating_add(lost);
            self.option(ISB_IFDROP, &self.lost.to_ne_bytes());
        }
        self.option(OPT_END, &[]);
        self.end()
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.u32(kind);
        // Its length, once that is known.
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

    /// Nanoseconds since the epoch. What is before it (a clock that isn't set) is the epoch.
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

    /// A value as JSON, in as many comments as it takes.
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
