//! An event as one line of JSON: the envelope.

mod caches;

use std::io;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::event::route::Destination;
use crate::event::values::{PrefixText, Word};
use crate::event::{Change, Event, SCHEMA_VERSION};
use crate::json::{self, Compound};
use caches::{NlHeaderCache, SubjectCache, TimestampCache};

/// An event, and what its line has beside it.
pub struct Line<'a> {
    /// From 0, one more for every line.
    pub seq: u64,
    pub event: &'a Event,
    /// The fields of its object, where they are written already.
    pub fields: Option<Rendered<'a>>,
    /// Name of the machine, where it was asked for.
    pub host: Option<&'a str>,
    /// The event as a sentence, where it was asked for.
    pub message: Option<&'a str>,
}

/// The fields of an object, written, each with a comma before it.
pub enum Rendered<'a> {
    Whole(&'a [u8]),
    /// Before and behind a route's destination.
    Split(&'a Destination, [&'a [u8]; 2]),
}

/// Writes the lines of one run.
#[derive(Debug)]
pub struct Envelope {
    /// What every line begins with.
    head: Vec<u8>,
    timestamp: TimestampCache,
    subject: SubjectCache,
    nl_header: NlHeaderCache,
}

impl Envelope {
    /// `run`: 8 hexadecimal digits, random per start.
    pub fn new(run: &str) -> Self {
        Envelope {
            head: format!(",\"v\":{SCHEMA_VERSION},\"run\":\"{run}\"").into_bytes(),
            timestamp: TimestampCache::default(),
            subject: SubjectCache::default(),
            nl_header: NlHeaderCache::default(),
        }
    }

    /// Appends the line and its newline to `out`.
    ///
    /// # Errors
    /// None: serde's interface has them.
    pub fn write(&mut self, line: &Line<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let written = json::append(out, |json| self.fields(line, json.object()));
        out.push(b'\n');
        Ok(written?)
    }

    fn fields(&mut self, line: &Line<'_>, mut to: Compound<'_>) -> Result<(), serde_json::Error> {
        let event = line.event;
        let kind = event.payload.kind();
        to.written(&self.head);
        to.field("seq", &line.seq)?;
        to.written(self.timestamp.at(event.time));
        if let Some(host) = line.host {
            to.field("host", host)?;
        }
        to.written(self.subject.of(event)?);
        if let Some(message) = line.message {
            to.field("message", message)?;
        }
        match line.fields {
            Some(Rendered::Whole(fields)) => {
                let mut object = to.object(kind.name());
                object.written(fields);
                object.close()?;
            }
            Some(Rendered::Split(dst, [before, behind])) => {
                let mut object = to.object(kind.name());
                object.written(before);
                let mut room = PrefixText::default();
                let plain = match dst {
                    Destination::Prefix(prefix) => prefix.ipv4(&mut room),
                    _ => None,
                };
                match plain {
                    Some(text) => object.plain("dst", text),
                    None => object.field("dst", dst)?,
                }
                object.written(behind);
                object.close()?;
            }
            None => to.field(kind.name(), &event.payload)?,
        }
        if let Some(change) = &event.change {
            to.field("changed", &Changed(change))?;
            to.field("old", &Old(change))?;
        }
        if let Some(nl) = &event.nl {
            let [before, behind] = self.nl_header.by(nl)?;
            to.written(before);
            if let Some(portid) = &nl.portid {
                to.field("portid", portid)?;
            }
            if let Some(seq) = &nl.seq {
                to.field("seq", seq)?;
            }
            to.written(behind);
        }
        if !event.unparsed.is_empty() {
            to.field("unparsed", &event.unparsed)?;
        }
        if let Some(raw) = &event.raw {
            to.field("raw", raw)?;
        }
        to.close()
    }
}

struct Changed<'a>(&'a Change);

impl Serialize for Changed<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.names().map(Word))
    }
}

struct Old<'a>(&'a Change);

impl Serialize for Old<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut fields = s.serialize_struct("Old", self.0.names().count())?;
        self.0.serialize_old(&mut fields)?;
        fields.end()
    }
}
