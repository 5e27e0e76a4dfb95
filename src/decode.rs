//! Message → event. Decoding cannot fail: what cannot be decoded is kept. The kinds decode
//! themselves ([`KindSpec`]); routes, which are not declared in `kind` yet, do it here.

use crate::event::Unparsed;
use crate::event::unknown::Unknown;
use crate::kind::spec::{self, Emit};
pub use crate::kind::spec::{Decoded, KindSpec, MessageAction};
pub use crate::kind::{context, wire};
use crate::netlink::frame::Message;
use crate::netlink::rtm::Rtnetlink;
use context::DecodeContext;

/// Decodes one message, and gives each object in it to `each`, with its unparsed attributes. A
/// message that no kind decodes, or that is shorter than the fixed header of its type, becomes a
/// [`Payload::Unknown`](crate::event::Payload::Unknown). A list without entries gives nothing.
pub fn decode(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
) {
    let decoded = spec::decode(context, message, &mut Emit::new(message, each));
    // A list may contain attributes that are no entry.
    if decoded.is_some() && context.is_fully_decoded() {
        return;
    }
    let unparsed = context.take_unparsed();
    let unknown = Decoded {
        action: MessageAction::Notify,
        payload: Unknown::new(&Rtnetlink, message).into(),
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
