//! Message → event. Decoding cannot fail: what cannot be decoded is kept. The kinds decode
//! themselves ([`KindSpec`]); those that are not declared in `kind` yet do it here.

mod adapters;

pub mod fdb;
pub mod nduseropt;
pub mod rule;
pub mod unknown;

use crate::event::Unparsed;
use crate::kind::route::tc::decode as tc;
use crate::kind::spec::{self, Emit};
pub use crate::kind::spec::{Decoded, KindSpec, MessageAction};
pub use crate::kind::{context, wire};
use crate::netlink::frame::Message;
use crate::netlink::rtm::Rtnetlink;
use context::DecodeContext;

/// Decodes one message, and gives each object in it to `each`, with the attributes that could not
/// be decoded. A message that no kind has, or that is shorter than its type's fixed header, comes
/// out as [`Payload::Unknown`](crate::event::Payload::Unknown); of a list without entries nothing
/// comes out.
pub fn decode(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
) {
    let decoded = spec::decode(context, message, &mut Emit::new(message, each));
    // Between the entries of a list there may be something else.
    if decoded.is_some() && context.is_fully_decoded() {
        return;
    }
    let unparsed = context.take_unparsed();
    let unknown = Decoded {
        action: MessageAction::Notify,
        payload: unknown::decode(&Rtnetlink, message).into(),
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
