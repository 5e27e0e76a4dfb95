//! The text format: one sentence per event, for people.

use jiff::tz::TimeZone;

use crate::event::Event;
use crate::text::write_line;

/// Serializes events as sentences. They have no numbers.
#[derive(Debug)]
pub(super) struct TextSerializer {
    /// The time zone of the times.
    pub zone: TimeZone,
    /// Emphasise with ANSI colours.
    pub colour: bool,
}

impl TextSerializer {
    /// Appends the sentence to `out`, without a newline.
    pub(super) fn serialize(&self, event: &Event, out: &mut Vec<u8>) {
        write_line(event, &self.zone, self.colour, out);
    }
}
