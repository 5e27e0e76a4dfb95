//! An event as one line of JSON: the envelope.

use std::io;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::json::{self, Open};
use super::values::{Time, Word};
use super::{Change, Event, SCHEMA_VERSION};

/// An event, and what its line has beside it.
pub struct Line<'a> {
    /// What [`head`] wrote: it is the same in every line of a run.
    pub head: &'a str,
    /// From 0, one more for every line.
    pub seq: u64,
    /// What [`moment`] wrote of the event's time.
    pub moment: &'a str,
    pub event: &'a Event,
    /// The fields of its object, each with a comma before it, where they are written already.
    pub fields: Option<&'a [u8]>,
    /// Name of the machine, where it was asked for.
    pub host: Option<&'a str>,
    /// The event as a sentence, where it was asked for.
    pub message: Option<&'a str>,
}

/// The fields that begin each line of a run. `run`: 8 hexadecimal digits, random per start.
pub fn head(run: &str) -> String {
    format!(",\"v\":{SCHEMA_VERSION},\"run\":\"{run}\"")
}

/// The field that says when it was.
pub fn moment(time: Time) -> String {
    format!(",\"time\":\"{time}\"")
}

impl Line<'_> {
    /// Appends the line and its newline to `out`.
    ///
    /// # Errors
    /// None: serde's interface has them.
    pub fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let written = json::append(out, |json| self.fields(json.object()));
        out.push(b'\n');
        Ok(written?)
    }

    fn fields(&self, mut line: Open<'_>) -> Result<(), serde_json::Error> {
        let event = self.event;
        let kind = event.payload.kind();
        line.written(self.head.as_bytes());
        line.field("seq", &self.seq)?;
        line.written(self.moment.as_bytes());
        if let Some(host) = self.host {
            line.field("host", host)?;
        }
        line.field("kind", &Word(kind.name()))?;
        line.field("op", &Word(event.op.name()))?;
        if let Some(origin) = &event.origin {
            line.field("origin", origin)?;
        }
        if let Some((ifindex, ifname)) = event.payload.device() {
            line.field("ifindex", &ifindex)?;
            if let Some(ifname) = ifname {
                line.field("ifname", ifname)?;
            }
        }
        if let Some(message) = self.message {
            line.field("message", message)?;
        }
        match self.fields {
            Some(fields) => line.object(kind.name(), fields),
            None => line.field(kind.name(), &event.payload)?,
        }
        if let Some(change) = &event.change {
            line.field("changed", &Changed(change))?;
            line.field("old", &Old(change))?;
        }
        if let Some(nl) = &event.nl {
            line.field("nl", nl)?;
        }
        if !event.unparsed.is_empty() {
            line.field("unparsed", &event.unparsed)?;
        }
        if let Some(raw) = &event.raw {
            line.field("raw", raw)?;
        }
        line.close()
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
