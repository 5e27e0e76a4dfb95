//! What becomes of an event: its number, if it has a line, and the line.

use std::io;
use std::rc::Rc;

use super::Pipeline;
use super::decode_batch::{self, DecodedItem, DecodedObject};
use crate::channel::{Channel, NetnsId};
use crate::event::meta::{self, Meta};
use crate::event::unknown::Unknown;
use crate::event::values::{Hex, Time};
use crate::event::{Event, Nl, NlType, Op, Origin, Payload, Unparsed};
use crate::netlink::family::Protocol;
use crate::netlink::frame::{Message, message_type};
use crate::netlink::secrets::redacted;
use crate::state::StateChange;

/// The parts of an event that describe its origin.
#[derive(Debug, Default)]
pub(super) struct Provenance {
    pub nl: Option<Nl>,
    pub unparsed: Vec<Unparsed>,
    pub raw: Option<Rc<Hex>>,
}

impl Pipeline {
    /// Writes the lines of the events that have numbers.
    pub(super) fn write(&mut self, items: &[DecodedItem<'_>], out: &mut Vec<u8>) -> io::Result<()> {
        let mut events = items.iter().filter_map(|item| match item {
            DecodedItem::Object(DecodedObject { event, seq, .. }) => Some((seq.as_ref()?, event)),
            _ => None,
        });
        let Some((seq, event)) = events.next() else {
            return Ok(());
        };
        self.encoder.flush(out)?;
        self.encoder.write(*seq, event, out)?;
        events.try_for_each(|(seq, event)| self.encoder.write(*seq, event, out))
    }

    /// Writes bytes that are not a complete message as `unknown`, so that no input is lost: with the
    /// message's type and its complete attributes, as far as these are there. A control message whose end
    /// is missing is counted as such.
    pub(super) fn emit_malformed(
        &mut self,
        channel: Channel,
        time: Time,
        rest: &[u8],
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let protocol: &dyn Protocol = self.learnt.families.family(channel.family);
        let name = self.learnt.families.get(channel.family);
        let name = name.map(|it| &*it.name);
        let redacted = match self.optional_parts.secrets {
            true => None,
            false => redacted(channel.family, name, rest),
        };
        let rest = redacted.as_deref().unwrap_or(rest);
        let message = Message::incomplete(rest);
        let cut = message.filter(Message::is_cut);
        if let Some(control) = cut.and_then(|message| protocol.control(&message)) {
            self.totals.skip_control(control);
            return Ok(());
        }
        let (unknown, nl) = match message {
            Some(message) => (
                Unknown::new(protocol, &message),
                Some(decode_batch::header(protocol, channel, &message)),
            ),
            None => {
                let number = message_type(rest).unwrap_or_default();
                let unknown = Unknown {
                    r#type: NlType::new(channel.family, number),
                    data: Some(Hex(rest.into())),
                    ..Unknown::default()
                };
                (unknown, None)
            }
        };
        let change = StateChange {
            op: Op::Notify,
            payload: Payload::from(unknown),
            change: None,
        };
        let provenance = Provenance {
            nl,
            raw: self.optional_parts.raw.then(|| Rc::new(Hex(rest.into()))),
            ..Provenance::default()
        };
        let event = Event {
            by: self.by.clone().filter(|_| channel.is_events()),
            ..event(channel.netns, time, Origin::Kernel, change, provenance)
        };
        self.emit(event, out)?;
        if !std::mem::take(&mut self.has_line) {
            meta::add(&mut self.totals.skipped.malformed, 1);
        }
        Ok(())
    }

    /// Writes a record about the run.
    pub(super) fn meta(
        &mut self,
        time: Time,
        op: Op,
        meta: Meta,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.meta_of(NetnsId::OWN, time, op, meta, out)
    }

    /// Writes a record about one namespace.
    pub(super) fn meta_of(
        &mut self,
        netns: NetnsId,
        time: Time,
        op: Op,
        meta: Meta,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.emit_drop_gap(time, out)?;
        self.meta_line(netns, time, op, meta, out)
    }

    pub(super) fn meta_line(
        &mut self,
        netns: NetnsId,
        time: Time,
        op: Op,
        meta: Meta,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let change = StateChange {
            op,
            payload: meta.into(),
            change: None,
        };
        let event = Event {
            origin: None,
            ..event(netns, time, Origin::Kernel, change, Provenance::default())
        };
        match self.filter.next_seq(&event) {
            Some(seq) => self.encoder.put(seq, event, out),
            None => Ok(()),
        }
    }

    /// Writes an event's line.
    pub(super) fn emit(&mut self, event: Event, out: &mut Vec<u8>) -> io::Result<()> {
        match self.number(&event) {
            Some(seq) => self.encoder.put(seq, event, out),
            None => Ok(()),
        }
    }

    /// The same for an event that passes the filters.
    pub(super) fn emit_selected(&mut self, event: Event, out: &mut Vec<u8>) -> io::Result<()> {
        match self.number_selected(&event) {
            Some(seq) => self.encoder.put(seq, event, out),
            None => Ok(()),
        }
    }

    /// Returns the number of the event's line, or `None` if the event has no line: a filter rejects
    /// it, or the output is paused, in which case the dropped line keeps its number.
    pub(super) fn number(&mut self, event: &Event) -> Option<u64> {
        match self.filter.selects(event) {
            true => self.number_selected(event),
            false => None,
        }
    }

    /// The same for an event that passes the filters.
    pub(super) fn number_selected(&mut self, event: &Event) -> Option<u64> {
        self.totals.line(event.payload.kind());
        if let Some(network) = &mut self.network {
            network.note(event);
        }
        self.withheld.pass(event.time);
        if self.is_output_paused() {
            self.record_dropped(event);
            self.filter.skip_seq();
            self.has_line = true;
            return None;
        }
        self.mark_delivered(event);
        let seq = self.filter.next_seq(event);
        self.has_line |= seq.is_some();
        seq
    }
}

pub(super) fn event(
    netns: NetnsId,
    time: Time,
    origin: Origin,
    change: StateChange,
    provenance: Provenance,
) -> Event {
    Event {
        time,
        netns,
        op: change.op,
        origin: Some(origin),
        payload: change.payload,
        change: change.change,
        uncertain: false,
        by: None,
        nl: provenance.nl,
        unparsed: provenance.unparsed,
        raw: provenance.raw,
    }
}
