//! Reads recordings, and captures of other tools.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use super::buffer::Buffer;
use super::direction::{Direction, Sender};
use super::duplicates::Duplicates;
use super::item::Item;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::rtmon::Rtmon;
use super::{Error, Fault, cooked, cut};
use crate::channel::Channel;
use crate::decompress;
use crate::event::meta::{Skipped, add};
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input, InputData};
use crate::netlink::frame::{Message, message_count};
use crate::netlink::other::other;
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
/// kernel, those of unsupported families and further copies of an event are skipped, and counted.
/// Such a capture leaves two things open: whether a message is an event or the reply to a request
/// for one object (it is taken for an event), and for a few types whether a message is a request or
/// the notification that repeats it (it is taken for a notification unless the messages before it
/// tell, and counted: [`Reader::in_doubt`]).
pub struct Reader {
    file: String,
    buffer: Buffer,
    format: Format,
    /// Items that were read and not returned yet.
    found: Vec<Found>,
    /// What follows those items: the end of the stream, or an error.
    end: Option<Result<(), Fault>>,
    direction: Direction,
    duplicates: Duplicates,
    skipped: Skipped,
    in_doubt: u64,
    /// The packet in progress may be a request.
    is_in_doubt: bool,
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
                direction: Direction::default(),
                duplicates: Duplicates::default(),
                skipped: Skipped::default(),
                in_doubt: 0,
                is_in_doubt: false,
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
        if self.found.is_empty() {
            self.buffer.release();
        }
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
        // A packet gives up to three inputs: what exceeds the limit waits for the next call.
        let number = self.found.len().min(limit);
        let inputs = self.found.drain(..number).map(|found| match found {
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

    /// Messages so far that were not returned as an input, by reason.
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// Number of messages so far that may be requests, and were taken for notifications.
    pub fn in_doubt(&self) -> u64 {
        self.in_doubt
    }

    /// Number of datagrams so far from which the capture's snapshot length cut a message off. After
    /// each of them a gap is returned.
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
            Item::NoPacket => {}
            Item::NotNetlink => add(&mut self.skipped.not_netlink, 1),
            Item::OtherChannel { place } => {
                let packet = cooked::open(self.buffer.slice(place));
                let messages = packet.map_or(1, |packet| message_count(packet.messages));
                add(&mut self.skipped.other_family, messages);
            }
            Item::Packet {
                time,
                channel,
                place,
                original,
                offset,
            } => {
                let is_cut = place.end - place.start < original;
                let Some(channel) = self.classify(channel, time, &place, original, offset)? else {
                    return Ok(true);
                };
                if std::mem::take(&mut self.is_in_doubt) {
                    add(&mut self.in_doubt, 1);
                    let record = Box::new(ControlRecord::InDoubt);
                    self.found.push(Found::ControlRecord(channel, time, record));
                }
                let messages = (place.start + cooked::LENGTH as u64).min(place.end)..place.end;
                self.found
                    .push(Found::Datagram(channel, time, messages.clone()));
                if is_cut {
                    self.note_cut(channel, time, messages, original);
                }
            }
        }
        Ok(true)
    }

    /// Appends a gap after a datagram that the snapshot length cut, if a message of it is missing.
    #[cold]
    fn note_cut(&mut self, channel: Channel, time: Time, messages: Range<u64>, original: u64) {
        let length = original.saturating_sub(cooked::LENGTH as u64);
        if let Some(gap) = cut::gap(time, self.buffer.slice(messages), length) {
            add(&mut self.truncated, 1);
            let record = Box::new(ControlRecord::Gap(gap));
            self.found.push(Found::ControlRecord(channel, time, record));
        }
    }

    /// The channel of a packet, which a recording names and a capture of another tool does not.
    /// `None`, and counted, if the packet is not to be read.
    #[inline]
    fn classify(
        &mut self,
        recorded: Option<Channel>,
        time: Time,
        place: &Range<u64>,
        original: u64,
        offset: u64,
    ) -> Result<Option<Channel>, Fault> {
        let packet = self.buffer.slice(place.clone());
        let is_cut = (packet.len() as u64) < original;
        let skipped = &mut self.skipped;
        let Some(packet) = cooked::open(packet) else {
            // The link type says netlink: what is cut off may be an event.
            if is_cut && cooked::may_be_netlink(packet) {
                return Ok(Some(recorded.unwrap_or(Channel::ROUTE_EVENTS)));
            }
            add(&mut skipped.not_netlink, 1);
            return Ok(None);
        };
        let messages = packet.messages;
        let length = (original as usize).saturating_sub(cooked::LENGTH);
        let check_order = || match cooked::foreign_order(messages, length) {
            true => Err(Fault::ByteOrder { offset }),
            false => Ok(()),
        };
        if let Some(channel) = recorded {
            if channel.family.protocol() != packet.protocol {
                add(&mut skipped.other_family, message_count(messages));
                return Ok(None);
            }
            if !other(channel.family).is_text() {
                check_order()?;
            }
            return Ok(Some(channel));
        }
        let Some(protocol) = of_packet(packet.protocol, cooked::first_type(messages)) else {
            add(&mut skipped.other_family, message_count(messages));
            return Ok(None);
        };
        let is_text = other(protocol.id()).is_text();
        if !is_text {
            check_order()?;
        }
        let first = match is_text {
            true => Some(Message::of_text(messages)),
            false => Message::incomplete(messages),
        };
        match self.direction.sender(protocol, &packet, first.as_ref()) {
            Sender::Program => {
                add(&mut skipped.requests, message_count(messages));
                return Ok(None);
            }
            // Of a packet without a whole header the gap tells more.
            sender => self.is_in_doubt = sender == Sender::InDoubt && first.is_some(),
        }
        let channel = cooked::channel(protocol.id(), first.as_ref());
        let duplicates = &mut self.duplicates;
        if duplicates.is_copy(time, channel, protocol, messages, first.as_ref()) {
            add(&mut skipped.duplicates, message_count(messages));
            self.is_in_doubt = false;
            return Ok(None);
        }
        Ok(Some(channel))
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
