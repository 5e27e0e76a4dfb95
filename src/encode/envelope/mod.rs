//! The envelope: the fields that every JSON record has, around the payload of its kind.

mod caches;

use std::io;

use crate::channel::NetnsId;
use crate::event::meta::Netns;
use crate::event::route::Destination;
use crate::event::values::PrefixText;
use crate::event::{Event, SCHEMA_VERSION};
use crate::json::{self, Compound};
use caches::{ByCache, NlHeaderCache, SubjectCache, TimestampCache};

/// An event and the further content of its record.
pub(super) struct Line<'a> {
    /// Number within the run, from 0.
    pub seq: u64,
    /// The event.
    pub event: &'a Event,
    /// The fields of the payload, if a cache has them as JSON.
    pub fields: Option<Rendered<'a>>,
    /// The machine's name, with `--with host`.
    pub host: Option<&'a str>,
    /// The event as a sentence, with `--with message`.
    pub message: Option<&'a str>,
    /// The identity of the object, with `--with id`.
    pub id: Option<String>,
}

/// The fields of a payload as JSON, each with a comma before it.
pub(super) enum Rendered<'a> {
    /// All fields.
    Whole(&'a [u8]),
    /// A route's destination, and the fields before and after it.
    Split(&'a Destination, [&'a [u8]; 2]),
}

/// The bytes that every record begins with.
pub(super) const RECORD_START: &[u8] = b"{\"v\":";
/// The bytes between the version and the id of the run.
pub(super) const RUN_START: &[u8] = b",\"run\":\"";
/// The bytes between the id of the run and the digits of `seq`.
pub(super) const SEQ_START: &[u8] = b"\",\"seq\":";
/// The bytes between the digits of `seq` and the time.
pub(super) const TIME_START: &[u8] = b",\"time\":\"";

/// Writes the records of one run.
#[derive(Debug)]
pub(super) struct Envelope {
    /// The fields `v` and `run`, which are the same in every record.
    head: Vec<u8>,
    /// The field `netns` of each namespace, by number from 1.
    namespaces: Vec<Vec<u8>>,
    timestamp: TimestampCache,
    subject: SubjectCache,
    by: ByCache,
    nl_header: NlHeaderCache,
}

impl Envelope {
    /// `run`: the id of the run. `namespaces`: those that the run watches.
    pub(super) fn new(run: &str, namespaces: &[Netns]) -> Self {
        Envelope {
            namespaces: namespaces.iter().map(netns_field).collect(),
            head: format!(",\"v\":{SCHEMA_VERSION},\"run\":\"{run}\"").into_bytes(),
            timestamp: TimestampCache::default(),
            subject: SubjectCache::default(),
            by: ByCache::default(),
            nl_header: NlHeaderCache::default(),
        }
    }

    /// From now on the network namespace with that number is this one.
    pub(super) fn set_namespace(&mut self, number: NetnsId, netns: &Netns) {
        number.set_listed(&mut self.namespaces, netns_field(netns));
    }

    /// Appends the object to `out`, without a newline.
    ///
    /// # Errors
    /// Never; `Result` is required by serde.
    pub(super) fn write(&mut self, line: &Line<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        Ok(json::append(out, |json| self.fields(line, json.object()))?)
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
        let netns = event.netns.listed_at();
        if let Some(netns) = netns.and_then(|at| self.namespaces.get(at)) {
            to.written(netns);
        }
        to.written(self.subject.of(event)?);
        if let Some(id) = &line.id {
            to.field("id", id)?;
        }
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
                let mut buffer = PrefixText::default();
                let plain = match dst {
                    Destination::Prefix(prefix) => prefix.ipv4(&mut buffer),
                    _ => None,
                };
                match plain {
                    Some(text) => object.plain("dst", text),
                    None => object.field("dst", dst)?,
                }
                object.written(behind);
                object.close()?;
            }
            None => event.payload.append_to(&mut to, kind.name())?,
        }
        if let Some(change) = &event.change {
            to.field("changed", &change.changed())?;
            change.former().append_to(&mut to, "old")?;
        }
        if event.uncertain {
            to.field("uncertain", &true)?;
        }
        if let Some(by) = &event.by {
            to.written(self.by.of(by)?);
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

/// The field `netns`, with a comma before it.
fn netns_field(netns: &Netns) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = json::append(&mut text, |json| json.object().field("netns", netns));
    text
}
