//! The first stage: inputs → what is in them. It depends on nothing that an input before may change,
//! so that any number of them can be taken apart together.

use crate::decode::cx::Cx;
use crate::decode::words::family;
use crate::decode::{Decoded, Verb, decode, unknown};
use crate::event::values::Time;
use crate::event::{Kind, Nl, NlFlags, NlType, Unparsed};
use crate::input::{Input, Source, What};
use crate::netlink::frame::{Message, Messages};
use crate::state::{Key, State};

/// The first message type that is no control message (`NLMSG_MIN_TYPE`, linux/netlink.h).
const NLMSG_MIN_TYPE: u16 = 0x10;

/// What is in inputs, in their order.
pub enum Item<'a> {
    /// An input begins.
    Input(&'a Input<'a>),
    /// An event socket's control message.
    Control,
    /// What a message says of one object.
    Object(Sent<'a>, Told),
    /// Bytes that are no whole message.
    Malformed(Time, &'a [u8]),
}

/// What a message says of one object.
pub struct Told {
    pub decoded: Decoded,
    pub unparsed: Vec<Unparsed>,
    /// Of an event: what it is about, see [`State::key`].
    pub key: Option<Key>,
}

/// Where an object comes from.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    pub time: Time,
    pub source: Source,
    pub message: Message<'a>,
}

/// Takes inputs apart: puts what is in them into `items`, which is empty.
pub fn items<'a>(inputs: &'a [Input<'a>], state: &State, details: bool, items: &mut Vec<Item<'a>>) {
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
                    sent.objects(state, details, items);
                }
                Err(rest) => items.push(Item::Malformed(input.time, rest)),
            }
        }
    }
    // What is known of one object is fetched from memory while the next is looked for.
    for item in items {
        if let Item::Object(_, told) = item
            && let Some(key) = told.key
        {
            state.fetch(told.decoded.payload.kind(), key);
        }
    }
}

impl<'a> Sent<'a> {
    /// Appends what the message says.
    fn objects(self, state: &State, details: bool, items: &mut Vec<Item<'a>>) {
        let mut cx = Cx::new(state.names(), details).with_forms(state.forms());
        let before = items.len();
        decode(&mut cx, &self.message, &mut |decoded, unparsed| {
            items.push(self.object(state, decoded, unparsed));
        });
        if items.len() == before && self.source == Source::Events {
            let payload = unknown::decode(&self.message).into();
            let verb = Verb::Notify;
            items.push(self.object(state, Decoded { verb, payload }, Vec::new()));
        }
    }

    fn object(self, state: &State, decoded: Decoded, unparsed: Vec<Unparsed>) -> Item<'a> {
        let key = match self.source {
            Source::Events => state.key(&decoded),
            Source::Dumps => None,
        };
        let told = Told {
            decoded,
            unparsed,
            key,
        };
        Item::Object(self, told)
    }

    /// The message's header. A row of a dump was asked for by ourselves: that says nothing.
    pub fn nl(&self, decoded: &Decoded) -> Nl {
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
