//! The first stage: inputs → what is in them. It depends on nothing that an input before may change,
//! so that any number of them can be taken apart together.

use crate::decode::context::DecodeContext;
use crate::decode::wire::family;
use crate::decode::{Decoded, MessageAction, decode};
use crate::event::unknown::Unknown;
use crate::event::values::{Hex, Time};
use crate::event::{Event, Kind, Nl, NlFlags, NlType, Op, Origin, Unparsed};
use crate::input::{Input, InputData, Source};
use crate::netlink::frame::{Message, Messages};
use crate::state::{Key, State};

/// The first message type that is no control message (`NLMSG_MIN_TYPE`, linux/netlink.h).
const NLMSG_MIN_TYPE: u16 = 0x10;

/// What is in inputs, in their order.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every input has its object"
)]
pub enum DecodedItem<'a> {
    /// An input begins.
    Input(&'a Input<'a>),
    /// An event socket's control message.
    Control,
    /// What a message says of one object.
    Object(DecodedObject<'a>),
    /// Bytes that are no whole message.
    Malformed(Time, &'a [u8]),
}

/// What a message says of one object.
pub struct DecodedObject<'a> {
    pub source: Source,
    pub message: Message<'a>,
    pub action: MessageAction,
    /// Of an event: what it is about, see [`State::key`].
    pub key: Option<Key>,
    /// What it means is not known yet.
    pub event: Event,
    /// The number of the event's line, where it has one.
    pub seq: Option<u64>,
}

/// The optional parts of the lines.
#[derive(Clone, Copy, Debug)]
pub struct OptionalParts {
    pub details: bool,
    pub raw: bool,
}

/// Takes inputs apart: puts what is in them into `items`, which is empty.
pub fn items<'a>(
    inputs: &'a [Input<'a>],
    state: &State,
    optional_parts: OptionalParts,
    items: &mut Vec<DecodedItem<'a>>,
) {
    for input in inputs {
        items.push(DecodedItem::Input(input));
        let InputData::Datagram(source, bytes) = input.what else {
            continue;
        };
        for message in Messages::new(bytes) {
            match message {
                Ok(message) if message.kind < NLMSG_MIN_TYPE => {
                    if source == Source::Events {
                        items.push(DecodedItem::Control);
                    }
                }
                Ok(message) => {
                    let sent = Sent {
                        time: input.time,
                        source,
                        message,
                    };
                    sent.objects(state, optional_parts, items);
                }
                Err(rest) => items.push(DecodedItem::Malformed(input.time, rest)),
            }
        }
    }
    // What is known of one object is fetched from memory while the next is looked for.
    for item in items {
        if let DecodedItem::Object(DecodedObject { event, key, .. }) = item
            && let Some(key) = key
        {
            state.prefetch(event.payload.kind(), *key);
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
    fn objects(
        self,
        state: &State,
        optional_parts: OptionalParts,
        items: &mut Vec<DecodedItem<'a>>,
    ) {
        let mut cx =
            DecodeContext::new(state.names(), optional_parts.details).with_cache(state.templates());
        let before = items.len();
        decode(&mut cx, &self.message, &mut |decoded, unparsed| {
            items.push(self.object(state, optional_parts, decoded, unparsed));
        });
        if items.len() == before && self.source == Source::Events {
            let payload = Unknown::new(&self.message).into();
            let action = MessageAction::Notify;
            items.push(self.object(
                state,
                optional_parts,
                Decoded { action, payload },
                Vec::new(),
            ));
        }
    }

    fn object(
        self,
        state: &State,
        optional_parts: OptionalParts,
        decoded: Decoded,
        unparsed: Vec<Unparsed>,
    ) -> DecodedItem<'a> {
        let key = match self.source {
            Source::Events => state.key(&decoded),
            Source::Dumps => None,
        };
        let nl = Some(self.nl(&decoded));
        let Decoded { action, payload } = decoded;
        DecodedItem::Object(DecodedObject {
            source: self.source,
            message: self.message,
            action,
            key,
            event: Event {
                time: self.time,
                op: Op::Notify,
                origin: Some(Origin::Kernel),
                payload,
                change: None,
                nl,
                unparsed,
                raw: optional_parts.raw.then(|| Hex(self.message.whole.into())),
            },
            seq: None,
        })
    }

    /// The message's header. A row of a dump was asked for by ourselves: that says nothing.
    fn nl(&self, decoded: &Decoded) -> Nl {
        let message = &self.message;
        let about_part = decoded.payload.kind() == Kind::Link
            && matches!(
                decoded.action,
                MessageAction::Partial | MessageAction::LeaveBridge
            );
        let asked = self.source == Source::Events;
        let makes = decoded.action == MessageAction::New;
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
