//! The first stage: inputs → what is in them. It depends on nothing that an input before may change,
//! so that any number of them can be taken apart together.

use crate::decode::cx::Cx;
use crate::decode::words::family;
use crate::decode::{Decoded, Verb, decode, unknown};
use crate::event::values::{Hex, Time};
use crate::event::{Event, Kind, Nl, NlFlags, NlType, Op, Origin, Unparsed};
use crate::input::{Input, Source, What};
use crate::netlink::frame::{Message, Messages};
use crate::state::{Key, State};

/// The first message type that is no control message (`NLMSG_MIN_TYPE`, linux/netlink.h).
const NLMSG_MIN_TYPE: u16 = 0x10;

/// What is in inputs, in their order.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every input has its object"
)]
pub enum Item<'a> {
    /// An input begins.
    Input(&'a Input<'a>),
    /// An event socket's control message.
    Control,
    /// What a message says of one object.
    Object(Object<'a>),
    /// Bytes that are no whole message.
    Malformed(Time, &'a [u8]),
}

/// What a message says of one object.
pub struct Object<'a> {
    pub source: Source,
    pub message: Message<'a>,
    pub verb: Verb,
    /// Of an event: what it is about, see [`State::key`].
    pub key: Option<Key>,
    /// What it means is not known yet.
    pub event: Event,
    /// The number of the event's line, where it has one.
    pub seq: Option<u64>,
}

/// The optional parts of the lines.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    pub details: bool,
    pub raw: bool,
}

/// Takes inputs apart: puts what is in them into `items`, which is empty.
pub fn items<'a>(inputs: &'a [Input<'a>], state: &State, parts: Parts, items: &mut Vec<Item<'a>>) {
    for input in inputs {
        items.push(Item::Input(input));
        let What::Datagram(source, bytes) = input.what else {
            continue;
        };
        for message in Messages::new(bytes) {
            match message {
                Ok(message) if message.kind < NLMSG_MIN_TYPE => {
                    if source == Source::Events {
                        items.push(Item::Control);
                    }
                }
                Ok(message) => {
                    let sent = Sent {
                        time: input.time,
                        source,
                        message,
                    };
                    sent.objects(state, parts, items);
                }
                Err(rest) => items.push(Item::Malformed(input.time, rest)),
            }
        }
    }
    // What is known of one object is fetched from memory while the next is looked for.
    for item in items {
        if let Item::Object(Object { event, key, .. }) = item
            && let Some(key) = key
        {
            state.fetch(event.payload.kind(), *key);
        }
    }
}

/// Where an object comes from.
#[derive(Clone, Copy)]
struct Sent<'a> {
    time: Time,
    source: Source,
    message: Message<'a>,
}

impl<'a> Sent<'a> {
    /// Appends what the message says.
    fn objects(self, state: &State, parts: Parts, items: &mut Vec<Item<'a>>) {
        let mut cx = Cx::new(state.names(), parts.details).with_forms(state.forms());
        let before = items.len();
        decode(&mut cx, &self.message, &mut |decoded, unparsed| {
            items.push(self.object(state, parts, decoded, unparsed));
        });
        if items.len() == before && self.source == Source::Events {
            let payload = unknown::decode(&self.message).into();
            let verb = Verb::Notify;
            items.push(self.object(state, parts, Decoded { verb, payload }, Vec::new()));
        }
    }

    fn object(
        self,
        state: &State,
        parts: Parts,
        decoded: Decoded,
        unparsed: Vec<Unparsed>,
    ) -> Item<'a> {
        let key = match self.source {
            Source::Events => state.key(&decoded),
            Source::Dumps => None,
        };
        let nl = Some(self.nl(&decoded));
        let Decoded { verb, payload } = decoded;
        Item::Object(Object {
            source: self.source,
            message: self.message,
            verb,
            key,
            event: Event {
                time: self.time,
                op: Op::Notify,
                origin: Some(Origin::Kernel),
                payload,
                change: None,
                nl,
                unparsed,
                raw: parts.raw.then(|| Hex(self.message.whole.into())),
            },
            seq: None,
        })
    }

    /// The message's header. A row of a dump was asked for by ourselves: that says nothing.
    fn nl(&self, decoded: &Decoded) -> Nl {
        let message = &self.message;
        let about_part = decoded.payload.kind() == Kind::Link
            && matches!(decoded.verb, Verb::Part | Verb::Leave);
        let asked = self.source == Source::Events;
        let makes = decoded.verb == Verb::New;
        let flags = message.flags & 0xf00;
        Nl {
            r#type: NlType(message.kind),
            family: message
                .body
                .first()
                .filter(|af| about_part && **af != 0)
                .map(|af| Box::new(family(*af))),
            portid: Some(message.portid).filter(|portid| asked && *portid != 0),
            seq: Some(message.seq).filter(|seq| asked && *seq != 0),
            flags: Some(NlFlags(flags)).filter(|_| asked && makes && flags != 0),
        }
    }
}
