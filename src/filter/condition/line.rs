//! The line of an event, as a value that serde serializes: what the envelope writes as text.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::value::Wanted;
use crate::event::meta::Netns;
use crate::event::{Event, SCHEMA_VERSION};

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

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Line {
            surroundings,
            seq,
            event,
            wanted,
        } = self;
        let kind = event.payload.kind();
        let mut to = serializer.serialize_struct("Line", 20)?;
        to.serialize_field("v", &SCHEMA_VERSION)?;
        to.serialize_field("run", &surroundings.run)?;
        to.serialize_field("seq", seq)?;
        to.serialize_field("time", &event.time)?;
        if let Some(host) = &surroundings.host {
            to.serialize_field("host", host)?;
        }
        let netns = event.netns.listed_at();
        let netns = netns.and_then(|at| surroundings.namespaces.get(at)?.as_ref());
        if let Some(netns) = netns {
            to.serialize_field("netns", netns)?;
        }
        to.serialize_field("kind", kind.name())?;
        to.serialize_field("op", event.op.name())?;
        if let Some(origin) = &event.origin {
            to.serialize_field("origin", origin)?;
        }
        if let Some((ifindex, ifname)) = event.payload.device() {
            to.serialize_field("ifindex", &ifindex)?;
            if let Some(ifname) = ifname {
                to.serialize_field("ifname", ifname)?;
            }
        }
        if surroundings.has_id
            && wanted.member("id").is_some()
            && let Some(id) = event.payload.id(netns)
        {
            to.serialize_field("id", &id)?;
        }
        if let Some(sentence) = surroundings.sentence
            && wanted.member("message").is_some()
        {
            let mut text = String::new();
            sentence(event, &mut text);
            to.serialize_field("message", &text)?;
        }
        to.serialize_field(kind.name(), &event.payload)?;
        if let Some(change) = &event.change {
            to.serialize_field("changed", &change.changed())?;
            to.serialize_field("old", &change.former())?;
        }
        if event.uncertain {
            to.serialize_field("uncertain", &true)?;
        }
        if let Some(by) = &event.by {
            to.serialize_field("by", &**by)?;
        }
        if let Some(nl) = &event.nl {
            to.serialize_field("nl", nl)?;
        }
        if !event.unparsed.is_empty() {
            to.serialize_field("unparsed", &event.unparsed)?;
        }
        if let Some(raw) = &event.raw {
            to.serialize_field("raw", raw)?;
        }
        to.end()
    }
}
