//! The line of an event, as far as an expression reads it.

use serde::Serialize;
use serde_json::Error;

use super::wanted::Wanted;
use crate::event::meta::Netns;
use crate::event::{Event, SCHEMA_VERSION};
use crate::json::{self, Compound};

/// What lines have beside their events.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The id of the run.
    pub run: String,
    /// The machine's name, with `--with host`.
    pub host: Option<String>,
    /// The network namespaces of the run.
    pub namespaces: Vec<Option<Netns>>,
    /// Makes the sentence of an event, with `--with message`.
    pub sentence: Option<fn(&Event, &mut String)>,
    /// Lines have the identity of their objects, with `--with id`.
    pub has_id: bool,
}

/// The line of an event.
pub(super) struct Line<'a> {
    pub surroundings: &'a Surroundings,
    /// Its number, if it is written.
    pub seq: u64,
    pub event: &'a Event,
    /// What is read of it.
    pub wanted: &'a Wanted,
}

impl Line<'_> {
    /// The line as JSON text, or only the members that are read.
    pub(super) fn write(&self, text: &mut Vec<u8>) -> Result<(), Error> {
        json::append(text, |json| {
            let mut to = Members(json.object(), self.wanted);
            self.members(&mut to)?;
            to.0.close()
        })
    }

    /// The members that `encode::envelope::Envelope` writes, which has most of them as bytes of former lines, and all of
    /// each. A test compares both for every line of the fixtures.
    fn members(&self, to: &mut Members) -> Result<(), Error> {
        let Line {
            surroundings,
            seq,
            event,
            wanted,
        } = self;
        let kind = event.payload.kind();
        to.put("v", &SCHEMA_VERSION)?;
        to.put("run", &surroundings.run)?;
        to.put("seq", seq)?;
        to.put("time", &event.time)?;
        if let Some(host) = &surroundings.host {
            to.put("host", host)?;
        }
        let netns = event.netns.listed_at();
        let netns = netns.and_then(|at| surroundings.namespaces.get(at)?.as_ref());
        if let Some(netns) = netns {
            to.put("netns", netns)?;
        }
        to.put("kind", kind.name())?;
        to.put("op", event.op.name())?;
        if let Some(origin) = &event.origin {
            to.put("origin", origin)?;
        }
        if let Some((ifindex, ifname)) = event.payload.device() {
            to.put("ifindex", &ifindex)?;
            if let Some(ifname) = ifname {
                to.put("ifname", ifname)?;
            }
        }
        if surroundings.has_id
            && wanted.member("id").is_some()
            && let Some(id) = event.payload.id(netns)
        {
            to.put("id", &id)?;
        }
        if let Some(sentence) = surroundings.sentence
            && wanted.member("message").is_some()
        {
            let mut text = String::new();
            sentence(event, &mut text);
            to.put("message", &text)?;
        }
        if let Some(wanted) = wanted.member(kind.name()) {
            let mask = wanted.mask(kind.fields().unwrap_or_default());
            event
                .payload
                .with_fields(mask)
                .append_to(&mut to.0, kind.name())?;
        }
        if let Some(change) = &event.change {
            to.put("changed", &change.changed())?;
            if let Some(wanted) = wanted.member("old") {
                let mask = wanted.mask(kind.fields().unwrap_or_default());
                change.former_fields(mask).append_to(&mut to.0, "old")?;
            }
        }
        if event.uncertain {
            to.put("uncertain", &true)?;
        }
        if let Some(by) = &event.by {
            to.put("by", &**by)?;
        }
        if let Some(nl) = &event.nl {
            to.put("nl", nl)?;
        }
        if !event.unparsed.is_empty() {
            to.put("unparsed", &event.unparsed)?;
        }
        if let Some(raw) = &event.raw {
            to.put("raw", raw)?;
        }
        Ok(())
    }
}

/// The object that is written, and which of its members are read.
struct Members<'a>(Compound<'a>, &'a Wanted);

impl Members<'_> {
    /// Writes a member if it is read.
    fn put<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        match self.1.member(name) {
            Some(_) => self.0.field(name, value),
            None => Ok(()),
        }
    }
}
