//! Message → event. Decoding cannot fail: what cannot be decoded is kept. The kinds decode
//! themselves ([`KindSpec`]); those that are not declared in `kind` yet do it here.

mod adapters;

pub mod fdb;
pub mod mdb;
pub mod mroute;
pub mod nduseropt;
pub mod neightbl;
pub mod route;
pub mod rule;
pub mod stats;
pub mod unknown;
pub mod vlan;
pub mod vni;

use crate::event::Unparsed;
pub(crate) use crate::kind::route::encap::decode as encap;
use crate::kind::route::{link::decode as link, tc::decode as tc};
use crate::kind::spec::{self, Decoders, Emit};
pub use crate::kind::spec::{Decoded, KindSpec, MessageAction};
pub use crate::kind::{context, wire};
use crate::netlink::family::Protocol;
use crate::netlink::frame::Message;
use context::DecodeContext;

/// Decodes one message of a netlink family, and gives each object in it to `each`, with the
/// attributes that could not be decoded. A message that no kind has, or that is shorter than its
/// type's fixed header, comes out as [`Payload::Unknown`](crate::event::Payload::Unknown); of a
/// list without entries nothing comes out. `action` is the message's by its type.
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
    // Between the entries of a list there may be something else.
    if decoded.is_some() && context.is_fully_decoded() {
        return;
    }
    let unparsed = context.take_unparsed();
    let unknown = Decoded {
        action: MessageAction::Notify,
        payload: unknown::decode(protocol, message).into(),
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
