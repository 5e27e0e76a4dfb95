//! The text format: one sentence per event, for people.

use super::Framing;
use crate::channel::NetnsId;
use crate::event::Event;
use crate::event::meta::{Netns, Start};
use crate::text::{Printer, TextStyle};

/// Serializes events as sentences. They have no numbers.
#[derive(Debug)]
pub(super) struct TextSerializer {
    printer: Printer,
    framing: Framing,
    /// The names of the network namespaces, by number from 1.
    namespaces: Vec<String>,
}

impl TextSerializer {
    pub(super) fn new(style: TextStyle, start: &Start, framing: Framing) -> Self {
        let namespaces = start.namespaces.iter().flatten();
        TextSerializer {
            printer: Printer::new(style),
            framing,
            namespaces: namespaces.map(|netns| netns.name.clone()).collect(),
        }
    }

    /// From now on the network namespace with that number is this one.
    pub(super) fn set_namespace(&mut self, number: NetnsId, netns: &Netns) {
        number.set_listed(&mut self.namespaces, netns.name.clone());
    }

    /// Appends the records of the event to `out`: date line, count of repetitions and sentence, as far as
    /// there are any.
    pub(super) fn serialize(&mut self, event: &Event, out: &mut Vec<u8>) {
        let netns = event.netns.listed_at();
        let netns = netns.and_then(|at| self.namespaces.get(at));
        for line in self.printer.event(event, netns.map(String::as_str)) {
            self.write(&line, out);
        }
    }

    /// Returns true if repetitions of the last record were not written.
    pub(super) fn has_repetitions(&self) -> bool {
        self.printer.has_repetitions()
    }

    /// Appends the count of these repetitions.
    pub(super) fn end_repetitions(&mut self, out: &mut Vec<u8>) {
        if let Some(line) = self.printer.repetitions() {
            self.write(&line, out);
        }
    }

    fn write(&self, line: &str, out: &mut Vec<u8>) {
        self.framing.begin_record(out);
        out.extend_from_slice(line.as_bytes());
        self.framing.end_record(out);
    }
}
