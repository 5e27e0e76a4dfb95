//! The JSON format: one object per event, as `schema/v1.json` describes it.

use std::io;

use super::Framing;
use super::envelope::{Envelope, Line, Rendered};
use super::link_cache::LinkCache;
use super::route_cache::RouteCache;
use super::truncate::truncate;
use crate::channel::NetnsId;
use crate::event::meta::{Netns, Part, Start};
use crate::event::{Event, Payload};
use crate::text;

/// Serializes the events of one run as JSON objects.
#[derive(Debug)]
pub(super) struct JsonSerializer {
    envelope: Envelope,
    /// The machine's name, with `--with host`.
    host: Option<String>,
    /// The network namespaces of the run.
    namespaces: Vec<Option<Netns>>,
    /// Add the sentence of the text format, with `--with message`.
    message: bool,
    /// Add the identity of the object, with `--with id`.
    id: bool,
    /// Records from this length on are truncated (`--max-line`, without what the framing adds),
    /// bytes.
    max_record: Option<usize>,
    link_cache: LinkCache,
    route_cache: RouteCache,
    sentence: String,
}

impl JsonSerializer {
    /// `run`: the id of the run.
    pub(super) fn new(run: &str, start: &Start, framing: Framing) -> Self {
        let settings = &start.settings;
        let max_line = settings.max_line.and_then(|max| usize::try_from(max).ok());
        JsonSerializer {
            envelope: Envelope::new(run, start.namespaces.as_deref().unwrap_or_default()),
            host: start
                .host
                .clone()
                .filter(|_| settings.with.contains(&Part::Host)),
            message: settings.with.contains(&Part::Message),
            id: settings.with.contains(&Part::Id),
            namespaces: start
                .namespaces
                .iter()
                .flatten()
                .cloned()
                .map(Some)
                .collect(),
            max_record: max_line.map(|max| max.saturating_sub(framing.overhead())),
            link_cache: LinkCache::default(),
            route_cache: RouteCache::default(),
            sentence: String::new(),
        }
    }

    /// From now on the network namespace with that number is this one.
    pub(super) fn set_namespace(&mut self, number: NetnsId, netns: &Netns) {
        self.envelope.set_namespace(number, netns);
        number.set_listed(&mut self.namespaces, Some(netns.clone()));
    }

    /// Appends the object to `out`, without a newline.
    ///
    /// # Errors
    /// Never; the interface of serde requires a `Result`.
    pub(super) fn serialize(
        &mut self,
        seq: u64,
        event: &Event,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        if self.message {
            self.sentence.clear();
            text::write_sentence(event, &mut self.sentence);
        }
        let line = Line {
            seq,
            event,
            fields: match &event.payload {
                Payload::Route(route) => Some(self.route_cache.fields(route)?),
                Payload::Link(link) => self.link_cache.fields(event, link)?.map(Rendered::Whole),
                _ => None,
            },
            host: self.host.as_deref(),
            message: self.message.then_some(&*self.sentence),
            id: match self.id {
                true => {
                    let netns = event.netns.listed_at();
                    let netns = netns.and_then(|at| self.namespaces.get(at)?.as_ref());
                    event.payload.id(netns)
                }
                false => None,
            },
        };
        let start = out.len();
        self.envelope.write(&line, out)?;
        // `>=` leaves one byte: the number of a record that waits for its file may grow by a digit,
        // see `RecordReader::insert_first`.
        if let Some(max) = self.max_record
            && out.len() - start >= max
        {
            let kind = event.payload.kind();
            truncate(out, start, max, kind.name(), kind.key());
        }
        Ok(())
    }
}
