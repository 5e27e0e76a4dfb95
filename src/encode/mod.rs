//! Event → record → bytes of the output.
//!
//! | module | responsibility |
//! |---|---|
//! | `json`, `text` | the formats: a serializer writes one event as one record |
//! | `framing` | how a reader of the output finds the end of a record |
//! | `records` | what a sink has to read from or change in records that are already written |
//! | `envelope`, `link_cache`, `route_cache`, `truncate` | parts of the JSON format |
//!
//! A further format adds a variant to [`Format`] and to `Serializer`, and a [`RecordReader`].

mod envelope;
mod framing;
mod json;
mod link_cache;
mod records;
mod route_cache;
mod text;
mod truncate;

use std::io;

use crate::channel::NetnsId;
use crate::event::Event;
use crate::event::meta::{Netns, Start};
pub use framing::Framing;
use json::JsonSerializer;
pub use records::RecordReader;
use records::{JsonRecords, TextRecords};
use text::TextSerializer;

use crate::text::TextStyle;

/// The format of the output.
#[derive(Clone, Debug, Default)]
pub enum Format {
    /// One JSON object per line.
    #[default]
    Json,
    /// One sentence per line, for people.
    Text(TextStyle),
}

impl Format {
    /// Returns how records of this format are delimited.
    pub fn framing(&self) -> Framing {
        match self {
            Format::Json | Format::Text(_) => Framing::Newline,
        }
    }

    /// Returns true if records can have the complete message (`raw`).
    pub fn has_raw(&self) -> bool {
        matches!(self, Format::Json)
    }

    /// Returns the reader of records of this format, for a sink.
    pub fn records(&self) -> &'static dyn RecordReader {
        match self {
            Format::Json => &JsonRecords,
            Format::Text(_) => &TextRecords,
        }
    }
}

/// Encodes the events of one run: a serializer for the records, and a framing around each.
#[derive(Debug)]
pub struct Encoder {
    serializer: Serializer,
    framing: Framing,
    /// Events that are not serialized yet, and the numbers of their records.
    batch: Vec<(u64, Event)>,
}

/// The serializer of each format. An enum and not a trait object: the call is inlined.
#[derive(Debug)]
enum Serializer {
    Json(Box<JsonSerializer>),
    Text(Box<TextSerializer>),
}

/// Events that are serialized together. The code of the serializer stays in the instruction cache,
/// which decoder and state would otherwise displace after every event.
const BATCH_SIZE: usize = 16;

impl Encoder {
    /// An encoder for the run with the id `run` and that `start` record.
    pub fn new(format: Format, run: &str, start: &Start) -> Self {
        let framing = format.framing();
        let serializer = match format {
            Format::Json => {
                let json = JsonSerializer::new(run, start, framing);
                Serializer::Json(Box::new(json))
            }
            Format::Text(style) => {
                Serializer::Text(Box::new(TextSerializer::new(style, start, framing)))
            }
        };
        Encoder {
            serializer,
            framing,
            batch: Vec::with_capacity(BATCH_SIZE),
        }
    }

    /// Takes an event, whose record has the number `seq`. The record is in `out` after the next
    /// [`flush`](Self::flush) at the latest.
    ///
    /// # Errors
    /// See [`flush`](Self::flush).
    pub fn put(&mut self, seq: u64, event: Event, out: &mut Vec<u8>) -> io::Result<()> {
        self.batch.push((seq, event));
        if self.batch.len() < BATCH_SIZE {
            return Ok(());
        }
        self.flush(out)
    }

    /// From now on the network namespace with that number is this one. Requires that no event waits for a
    /// [`flush`](Self::flush).
    pub fn set_namespace(&mut self, number: NetnsId, netns: &Netns) {
        match &mut self.serializer {
            Serializer::Json(json) => json.set_namespace(number, netns),
            Serializer::Text(text) => text.set_namespace(number, netns),
        }
    }

    /// Appends the records of all events that [`put`](Self::put) has taken to `out`.
    ///
    /// # Errors
    /// Never for the formats of today; the interface of serde requires a `Result`.
    pub fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let mut batch = std::mem::take(&mut self.batch);
        let written = batch
            .iter()
            .try_for_each(|(seq, event)| self.write(*seq, event, out));
        batch.clear();
        self.batch = batch;
        written
    }

    /// Appends the record of an event to `out` at once. Requires that no event waits for a
    /// [`flush`](Self::flush), else records are out of order.
    ///
    /// # Errors
    /// See [`flush`](Self::flush).
    pub fn write(&mut self, seq: u64, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.serializer {
            Serializer::Json(json) => {
                self.framing.begin_record(out);
                json.serialize(seq, event, out)?;
                self.framing.end_record(out);
            }
            // Not every event is one record.
            Serializer::Text(text) => text.serialize(event, out),
        }
        Ok(())
    }

    /// Returns true if the text format has not yet written how often its last record was repeated.
    pub fn has_repetitions(&self) -> bool {
        match &self.serializer {
            Serializer::Json(_) => false,
            Serializer::Text(text) => text.has_repetitions(),
        }
    }

    /// Appends a record with their number, if there are any.
    pub fn end_repetitions(&mut self, out: &mut Vec<u8>) {
        if let Serializer::Text(text) = &mut self.serializer {
            text.end_repetitions(out);
        }
    }
}
