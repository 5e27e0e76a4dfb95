//! The text format: one sentence per event, for people.

use jiff::tz::TimeZone;

use crate::channel::NetnsId;
use crate::event::Event;
use crate::event::meta::{Netns, Start};
use crate::text::write_line;

/// Serializes events as sentences. They have no numbers.
#[derive(Debug)]
pub(super) struct TextSerializer {
    /// The time zone of the times.
    zone: TimeZone,
    /// Emphasise with ANSI colours.
    colour: bool,
    /// The names of the network namespaces, by number from 1.
    namespaces: Vec<String>,
}

impl TextSerializer {
    pub(super) fn new(zone: TimeZone, colour: bool, start: &Start) -> Self {
        let namespaces = start.namespaces.iter().flatten();
        TextSerializer {
            zone,
            colour,
            namespaces: namespaces.map(|netns| netns.name.clone()).collect(),
        }
    }

    /// From now on the network namespace with that number is this one.
    pub(super) fn set_namespace(&mut self, number: NetnsId, netns: &Netns) {
        number.set_listed(&mut self.namespaces, netns.name.clone());
    }

    /// Appends the sentence to `out`, without a newline.
    pub(super) fn serialize(&self, event: &Event, out: &mut Vec<u8>) {
        let netns = event
            .netns
            .listed_at()
            .and_then(|at| self.namespaces.get(at));
        write_line(
            event,
            netns.map(String::as_str),
            &self.zone,
            self.colour,
            out,
        );
    }
}
