//! Reads captures: ours, and those of other tools.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;

use super::buffer::Buffer;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::rtmon::Rtmon;
use super::{Error, Fault, cooked};
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input, InputData, Source};

/// Opens the capture `name`; `-` is standard input.
pub fn open(name: &Path) -> Result<Reader, Error> {
    if name == Path::new("-") {
        return Reader::new(std::io::stdin().lock(), "stdin");
    }
    let file = name.display().to_string();
    match File::open(name) {
        Ok(input) => Reader::new(input, file),
        Err(e) => Err(Error {
            file,
            fault: Fault::Io(e),
        }),
    }
}

/// Reads a capture of any known format, in memory that does not grow with it.
///
/// What another tool captured is read as what nlstream would have received: messages to the
/// kernel and those of other families are left out, and counted. Two things such a capture can't
/// tell: whether the answer to a single question was an event (it is taken for one), and whether
/// two equal events are one that two programs listened to (nlmon shows it once for each).
pub struct Reader {
    file: String,
    buffer: Buffer,
    format: Format,
    /// What was read and is to be lent.
    found: Vec<Found>,
    /// What follows what was lent: an end, or a fault.
    end: Option<Result<(), Fault>>,
    skipped: u64,
    truncated: u64,
}

enum Format {
    Pcapng(Box<Pcapng>),
    Pcap(Pcap),
    Rtmon(Rtmon),
}

/// What a format yields. A `place` is one in the stream.
pub(super) enum Item {
    /// A packet: a cooked header and messages.
    Packet {
        time: Time,
        /// Where our own recording says it.
        source: Option<Source>,
        place: Range<u64>,
        /// Is it shorter than what was captured?
        cut: bool,
        offset: u64,
    },
    /// Messages alone.
    Messages {
        time: Time,
        source: Source,
        place: Range<u64>,
    },
    ControlRecord(Time, Box<ControlRecord>),
    /// A packet that isn't netlink.
    Other,
}

/// What a format yields, judged.
enum Found {
    Datagram(Time, Source, Range<u64>),
    ControlRecord(Time, Box<ControlRecord>),
}

impl Reader {
    /// Reads from `input`; `file` is its name in errors. The format is told by the first bytes.
    pub fn new(input: impl Read + 'static, file: impl Into<String>) -> Result<Self, Error> {
        let file = file.into();
        let mut buffer = Buffer::new(Box::new(input));
        match Format::of(&mut buffer) {
            Ok(format) => Ok(Reader {
                file,
                buffer,
                format,
                found: Vec::new(),
                end: None,
                skipped: 0,
                truncated: 0,
            }),
            Err(fault) => Err(Error { file, fault }),
        }
    }

    /// How the recorded run began. Only our own recordings have it.
    pub fn header(&self) -> Option<&Header> {
        match &self.format {
            Format::Pcapng(pcapng) => pcapng.header(),
            Format::Pcap(_) | Format::Rtmon(_) => None,
        }
    }

    /// The next input; `None` at the end, and after an error.
    #[expect(clippy::should_implement_trait, reason = "an iterator can't lend")]
    pub fn next(&mut self) -> Result<Option<Input<'_>>, Error> {
        Ok(self.next_many(1)?.pop())
    }

    /// The next inputs, at most so many; none at the end, and after an error. That comes behind
    /// the inputs that were before it.
    pub fn next_many(&mut self, most: usize) -> Result<Vec<Input<'_>>, Error> {
        self.buffer.release();
        while self.end.is_none() && self.found.len() < most && !self.buffer.keeps_much() {
            match self.find() {
                Ok(Some(found)) => self.found.push(found),
                Ok(None) => self.end = Some(Ok(())),
                Err(fault) => self.end = Some(Err(fault)),
            }
        }
        if self.found.is_empty()
            && let Some(end @ Err(_)) = &mut self.end
            && let Err(fault) = std::mem::replace(end, Ok(()))
        {
            let file = self.file.clone();
            return Err(Error { file, fault });
        }
        let inputs = self.found.drain(..).map(|found| match found {
            Found::ControlRecord(time, mark) => Input {
                time,
                what: InputData::Control(mark),
            },
            Found::Datagram(time, source, place) => Input {
                time,
                what: InputData::Datagram(source, self.buffer.slice(place)),
            },
        });
        Ok(inputs.collect())
    }

    /// How many packets were left out so far, because they aren't from the kernel's rtnetlink.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How many datagrams so far had lost their end to the snapshot length of the capture.
    pub fn truncated(&self) -> u64 {
        self.truncated
    }

    fn find(&mut self) -> Result<Option<Found>, Fault> {
        loop {
            let Some(item) = self.format.next(&mut self.buffer)? else {
                return Ok(None);
            };
            match item {
                Item::ControlRecord(time, mark) => {
                    return Ok(Some(Found::ControlRecord(time, mark)));
                }
                Item::Messages {
                    time,
                    source,
                    place,
                } => return Ok(Some(Found::Datagram(time, source, place))),
                Item::Other => self.skipped += 1,
                Item::Packet {
                    time,
                    source,
                    place,
                    cut,
                    offset,
                } => {
                    let packet = self.buffer.slice(place.clone());
                    let Some((packet_type, messages)) = cooked::open(packet) else {
                        self.skipped += 1;
                        continue;
                    };
                    if cooked::foreign_order(messages) {
                        return Err(Fault::ByteOrder { offset });
                    }
                    if source.is_none() && cooked::to_kernel(packet_type, messages) {
                        self.skipped += 1;
                        continue;
                    }
                    self.truncated += u64::from(cut);
                    let source = source.unwrap_or_else(|| cooked::source(messages));
                    let messages = place.start + cooked::LENGTH as u64..place.end;
                    return Ok(Some(Found::Datagram(time, source, messages)));
                }
            }
        }
    }
}

impl Format {
    fn of(buffer: &mut Buffer) -> Result<Self, Fault> {
        let Some(magic) = buffer.fill(4)?.first_chunk::<4>() else {
            return Err(Fault::NotACapture);
        };
        match magic {
            [0x0a, 0x0d, 0x0d, 0x0a] => {
                let pcapng = Pcapng::open(buffer)?;
                Ok(Format::Pcapng(Box::new(pcapng)))
            }
            [0xa1, 0xb2, 0xc3, 0xd4]
            | [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d]
            | [0x4d, 0x3c, 0xb2, 0xa1] => Pcap::open(buffer).map(Format::Pcap),
            _ => Rtmon::open(buffer).map(Format::Rtmon),
        }
    }

    fn next(&mut self, buffer: &mut Buffer) -> Result<Option<Item>, Fault> {
        match self {
            Format::Pcapng(pcapng) => pcapng.next(buffer),
            Format::Pcap(pcap) => pcap.next(buffer),
            Format::Rtmon(rtmon) => rtmon.next(buffer),
        }
    }
}

/// The moment so many seconds and nanoseconds after the epoch, written at `offset`.
pub(super) fn moment(seconds: i64, nanos: u64, offset: u64) -> Result<Time, Fault> {
    const SECOND: u64 = 1_000_000_000;
    // Less than a second, but for garbage.
    let (carry, nanos) = ((nanos / SECOND) as i64, (nanos % SECOND) as i32);
    let seconds = seconds.saturating_add(carry);
    match Timestamp::new(seconds, nanos) {
        Ok(stamp) => Ok(Time(stamp)),
        Err(_) => Err(Fault::malformed(offset, "a time out of range")),
    }
}
