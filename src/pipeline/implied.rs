//! Lines about what an event did to other objects, in the replay of a capture of another program:
//! nothing but the rules of the kernel tells of it ([`State::settle`]).

use std::io;

use super::decode_batch::DecodedItem;
use super::{Pipeline, Provenance, event};
use crate::decode::MessageAction;
use crate::event::values::Time;
use crate::event::{Event, Origin};
use crate::input::InputData;
#[cfg(doc)]
use crate::state::State;

/// How long the kernel may take to announce what it changes with an event.
const MAX_WAIT: jiff::SignedDuration = jiff::SignedDuration::from_millis(100);

impl Pipeline {
    /// Returns true if the changes that events implied have their lines before this item: it is no
    /// deletion, or later than the kernel would announce any of them.
    #[inline]
    pub(super) fn settles_before(&self, item: &DecodedItem<'_>) -> bool {
        self.unsettled
            .is_some_and(|since| is_after_announcements(since, item))
    }

    /// Writes the lines of the changes that events implied, but for the object of the item.
    pub(super) fn settle(&mut self, item: &DecodedItem<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(since) = self.unsettled.take() else {
            return Ok(());
        };
        let (now, next) = match item {
            DecodedItem::Object(object) => {
                let kind = object.event.payload.kind();
                let next = object.key.filter(|_| object.channel.is_events());
                (object.event.time, next.map(|key| (kind, key)))
            }
            DecodedItem::Input(input) => (input.time, None),
            _ => (since, None),
        };
        for netns in self.namespaces.ids() {
            let changes = self.namespaces.get_mut(netns).state.settle(next);
            if !changes.is_empty() {
                self.release_withheld(true, out)?;
            }
            for implied in changes {
                self.totals
                    .corrected(implied.change.payload.kind(), implied.change.op);
                let (change, provenance) = (implied.change, Provenance::default());
                let event = Event {
                    uncertain: implied.uncertain,
                    ..event(netns, now, Origin::Inferred, change, provenance)
                };
                self.emit_apart(event, out)?;
            }
        }
        Ok(())
    }
}

fn is_after_announcements(since: Time, item: &DecodedItem<'_>) -> bool {
    match item {
        DecodedItem::Object(object) => {
            let is_deletion =
                matches!(object.action, MessageAction::Delete | MessageAction::Notify);
            !is_deletion || !object.channel.is_events()
        }
        DecodedItem::Input(input) => match &input.data {
            InputData::Datagram(..) => input.time.0.duration_since(since.0) >= MAX_WAIT,
            InputData::Control(..) => true,
        },
        _ => false,
    }
}
