//! An event as one line of JSON: the envelope.

use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

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
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("v", &SCHEMA_VERSION)?;
        map.serialize_entry("run", self.run)?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("time", self.time)?;
        if let Some(host) = self.host {
            map.serialize_entry("host", host)?;
        }
        map.serialize_entry("kind", kind.name())?;
        map.serialize_entry("op", &event.op)?;
        if let Some(origin) = &event.origin {
            map.serialize_entry("origin", origin)?;
        }
        if let Some((ifindex, ifname)) = event.payload.device() {
            map.serialize_entry("ifindex", &ifindex)?;
            if let Some(ifname) = ifname {
                map.serialize_entry("ifname", ifname)?;
            }
        }
        if let Some(message) = self.message {
            map.serialize_entry("message", message)?;
        }
        map.serialize_entry(kind.name(), &event.payload)?;
        if let Some(change) = &event.change {
            map.serialize_entry("changed", &Changed(change))?;
            map.serialize_entry("old", &Old(change))?;
        }
        if let Some(nl) = &event.nl {
            map.serialize_entry("nl", nl)?;
        }
        if !event.unparsed.is_empty() {
            map.serialize_entry("unparsed", &event.unparsed)?;
        }
        if let Some(raw) = &event.raw {
            map.serialize_entry("raw", raw)?;
        }
        map.end()
    }
}

struct Changed<'a>(&'a Change);

impl Serialize for Changed<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.names())
    }
}

struct Old<'a>(&'a Change);

impl Serialize for Old<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        self.0.serialize_old(&mut map)?;
        map.end()
    }
}
