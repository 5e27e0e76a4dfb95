//! Reads recordings, and captures of other tools.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use super::buffer::Buffer;
use super::item::Item;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::rtmon::Rtmon;
use super::{Error, Fault, cooked};
use crate::channel::Channel;
use crate::decompress;
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input, InputData};
use crate::netlink::protocols::of_packet;

/// Opens the capture `name`, which may be compressed with zstd or gzip; `-` is standard input.
pub fn open(name: &Path) -> Result<Reader, Error> {
    let is_stdin = name == Path::new("-");
    let input = match is_stdin {
        true => decompress::reader(std::io::stdin().lock()),
        false => File::open(name).and_then(decompress::reader),
    };
    let file = match is_stdin {
        true => "stdin".to_owned(),
        false => name.display().to_string(),
    };
    match input {
        Ok(input) => Reader::new(input, file),
        Err(e) => Err(Error {
            file,
            fault: Fault::Io(e),
        }),
    }
}

/// Reads a capture of any supported format, in memory that does not grow with it.
///
/// From a capture of another tool it yields what nlstream would have received: messages to the
/// kernel and those of unsupported families are skipped, and counted. Such a capture leaves two
/// things open: whether a message is an event or the reply to a request for one object (it is taken
/// for an event), and whether two equal events are one that two programs received (nlmon shows it
/// once for each).
pub struct Reader {
    file: String,
    buffer: Buffer,
    format: Format,
    /// Items that were read and not returned yet.
    found: Vec<Found>,
    /// What follows those items: the end of the stream, or an error.
    end: Option<Result<(), Fault>>,
    skipped: u64,
    truncated: u64,
}

enum Format {
    Pcapng(Box<Pcapng>),
    Pcap(Pcap),
    Rtmon(Rtmon),
}

/// An input whose datagram is still in the buffer.
enum Found {
    Datagram(Channel, Time, Range<u64>),
    ControlRecord(Channel, Time, Box<ControlRecord>),
}

impl Reader {
    /// Reads from `input`; `file` is its name in errors. The first bytes determine the format.
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

    /// The recording's header; `None` for captures of other tools.
    pub fn header(&self) -> Option<&Header> {
        match &self.format {
            Format::Pcapng(pcapng) => pcapng.header(),
            Format::Pcap(_) | Format::Rtmon(_) => None,
        }
    }

    /// Returns the next input; `None` at the end, and after an error.
    #[expect(clippy::should_implement_trait, reason = "an iterator can't lend")]
    pub fn next(&mut self) -> Result<Option<Input<'_>>, Error> {
        Ok(self.next_many(1)?.pop())
    }

    /// Returns the next inputs, at most `limit`; none at the end, and after an error. The inputs
    /// before an error are returned first.
    pub fn next_many(&mut self, limit: usize) -> Result<Vec<Input<'_>>, Error> {
        self.buffer.release();
        while self.end.is_none() && self.found.len() < limit {
            if self.buffer.should_release() {
                if !self.found.is_empty() {
                    break;
                }
                // Only skipped packets were read.
                self.buffer.release();
            }
            match self.read_item() {
                Ok(true) => {}
                Ok(false) => self.end = Some(Ok(())),
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
            Found::ControlRecord(channel, time, record) => Input {
                time,
                data: InputData::Control(channel, record),
            },
            Found::Datagram(channel, time, place) => Input {
                time,
                data: InputData::Datagram(channel, self.buffer.slice(place)),
            },
        });
        Ok(inputs.collect())
    }

    /// Number of packets skipped so far: not netlink, sent to the kernel, or of an unsupported family.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Number of datagrams so far that the capture's snapshot length truncated.
    pub fn truncated(&self) -> u64 {
        self.truncated
    }

    /// Reads an item, and appends the input in it, if it has one, to `found`. Returns false at the
    /// end of the stream.
    #[inline]
    fn read_item(&mut self) -> Result<bool, Fault> {
        let Some(item) = self.format.next(&mut self.buffer)? else {
            return Ok(false);
        };
        match item {
            Item::ControlRecord(channel, time, record) => {
                self.found.push(Found::ControlRecord(channel, time, record));
            }
            Item::Messages {
                time,
                channel,
                place,
            } => self.found.push(Found::Datagram(channel, time, place)),
            Item::Other => self.skipped += 1,
            Item::Packet {
                time,
                channel,
                place,
                truncated,
                offset,
            } => match classify(channel, self.buffer.slice(place.clone()), offset)? {
                Some(channel) => {
                    self.truncated += u64::from(truncated);
                    let messages = place.start + cooked::LENGTH as u64..place.end;
                    self.found.push(Found::Datagram(channel, time, messages));
                }
                None => self.skipped += 1,
            },
        }
        Ok(true)
    }
}

/// The channel of a packet, which a recording names and a capture of another tool does not. `None`
/// if there is no decoder for the packet's family, or if the packet was sent to the kernel.
#[inline]
fn classify(
    recorded: Option<Channel>,
    packet: &[u8],
    offset: u64,
) -> Result<Option<Channel>, Fault> {
    let Some(packet) = cooked::open(packet) else {
        return Ok(None);
    };
    let messages = packet.messages;
    let check_order = || match cooked::foreign_order(messages) {
        true => Err(Fault::ByteOrder { offset }),
        false => Ok(()),
    };
    if let Some(channel) = recorded {
        // An interface has a channel only if there is a decoder for its family.
        if channel.family.protocol() != packet.protocol {
            return Ok(None);
        }
        check_order()?;
        return Ok(Some(channel));
    }
    let Some(protocol) = of_packet(packet.protocol, cooked::first_type(messages)) else {
        return Ok(None);
    };
    check_order()?;
    match cooked::to_kernel(protocol, &packet) {
        true => Ok(None),
        false => Ok(Some(cooked::channel(protocol.id(), messages))),
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
