//! rtnetlink: network devices, addresses, routes, neighbours, rules, traffic control.

use super::Family;
use crate::channel::FamilyId;
use crate::decode::context::DecodeContext;
use crate::decode::{self, Decoded, MessageAction};
use crate::event::Unparsed;
use crate::event::kinds::decoders;
use crate::kind::spec::Decoders;
use crate::netlink::frame::Message;
use crate::netlink::rtm::Rtnetlink;

static DECODERS: Decoders = decoders(FamilyId::ROUTE);

impl Family for Rtnetlink {
    #[inline]
    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let action = MessageAction::of(message);
        decode::decode(self, &DECODERS, action, context, message, each);
    }
}
