//! An event as one line of JSON: the envelope.

use std::io;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::values::Word;
use super::{Change, Event, SCHEMA_VERSION, json};

/// What the lines of one run share, and what each has beside its event.
pub struct Line<'a> {
    /// 8 hexadecimal digits, random per start.
    pub run: &'a str,
    /// From 0, one more for every line.
    pub seq: u64,
    /// The event's time, written.
    pub time: &'a str,
    pub event: &'a Event,
    /// Name of the machine, where it was asked for.
    pub host: Option<&'a str>,
    /// The event as a sentence, where it was asked for.
    pub message: Option<&'a str>,
}

impl Line<'_> {
    /// Appends the line and its newline to `out`.
    pub fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        json::write(out, self)?;
        out.push(b'\n');
        Ok(())
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let event = self.event;
        let kind = event.payload.kind();
        let mut fields = s.serialize_struct("Line", 16)?;
        fields.serialize_field("v", &SCHEMA_VERSION)?;
        fields.serialize_field("run", self.run)?;
        fields.serialize_field("seq", &self.seq)?;
        fields.serialize_field("time", self.time)?;
        if let Some(host) = self.host {
            fields.serialize_field("host", host)?;
        }
        fields.serialize_field("kind", &Word(kind.name()))?;
        fields.serialize_field("op", &event.op)?;
        if let Some(origin) = &event.origin {
            fields.serialize_field("origin", origin)?;
        }
        if let Some((ifindex, ifname)) = event.payload.device() {
            fields.serialize_field("ifindex", &ifindex)?;
            if let Some(ifname) = ifname {
                fields.serialize_field("ifname", ifname)?;
            }
        }
        if let Some(message) = self.message {
            fields.serialize_field("message", message)?;
        }
        fields.serialize_field(kind.name(), &event.payload)?;
        if let Some(change) = &event.change {
            fields.serialize_field("changed", &Changed(change))?;
            fields.serialize_field("old", &Old(change))?;
        }
        if let Some(nl) = &event.nl {
            fields.serialize_field("nl", nl)?;
        }
        if !event.unparsed.is_empty() {
            fields.serialize_field("unparsed", &event.unparsed)?;
        }
        if let Some(raw) = &event.raw {
            fields.serialize_field("raw", raw)?;
        }
        fields.end()
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
