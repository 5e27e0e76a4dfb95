//! Message → event. Decoding cannot fail: what cannot be decoded is kept. The kinds decode
//! themselves ([`KindSpec`]).

use crate::event::Unparsed;
use crate::event::unknown::Unknown;
use crate::kind::spec::{self, Decoders, Emit};
pub use crate::kind::spec::{Decoded, KindSpec, MessageAction};
pub use crate::kind::{context, wire};
use crate::netlink::family::Protocol;
use crate::netlink::frame::Message;
use context::DecodeContext;

/// Decodes one message of a netlink family, and gives each object in it to `each`, with its unparsed
/// attributes. `action` is the action of the message by its type. A message that no kind decodes, or
/// that is shorter than the fixed header of its type, becomes a
/// [`Payload::Unknown`](crate::event::Payload::Unknown). A list without entries gives nothing.
#[inline]
pub fn decode(
    protocol: &impl Protocol,
    decoders: &Decoders,
    action: MessageAction,
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
) {
    let emit = &mut Emit::new(action, each);
    let decoded = spec::decode(protocol, decoders, context, message, emit);
    // A list may contain attributes that are no entry.
    if decoded.is_some() && context.is_fully_decoded() {
        return;
    }
    let unparsed = context.take_unparsed();
    let unknown = Decoded {
        action: MessageAction::Notify,
        payload: Unknown::new(protocol, message).into(),
    };
    each(
        unknown,
        if decoded.is_some() {
            Vec::new()
        } else {
            unparsed
        },
    );
}
