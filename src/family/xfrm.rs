//! xfrm: the states (security associations) and policies of IPsec.

use super::Family;
use crate::channel::FamilyId;
use crate::decode::context::DecodeContext;
use crate::decode::{self, Decoded, MessageAction};
use crate::event::Unparsed;
use crate::event::kinds::decoders;
use crate::kind::spec::Decoders;
use crate::kind::xfrm::XfrmEvent;
use crate::netlink::frame::Message;
use crate::netlink::xfrm::{
    XFRM_MSG_DELPOLICY, XFRM_MSG_DELSA, XFRM_MSG_FLUSHPOLICY, XFRM_MSG_NEWPOLICY, XFRM_MSG_NEWSA,
    XFRM_MSG_UPDPOLICY, XFRM_MSG_UPDSA, Xfrm,
};

static DECODERS: Decoders = decoders(FamilyId::XFRM);

impl Family for Xfrm {
    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let action = match message.kind {
            XFRM_MSG_NEWSA | XFRM_MSG_UPDSA | XFRM_MSG_NEWPOLICY | XFRM_MSG_UPDPOLICY => {
                MessageAction::New
            }
            XFRM_MSG_DELSA | XFRM_MSG_DELPOLICY => MessageAction::Delete,
            _ => MessageAction::Notify,
        };
        // Without CONFIG_XFRM_SUB_POLICY the kernel sends no more than the header.
        if message.kind == XFRM_MSG_FLUSHPOLICY && message.body.is_empty() {
            let payload = XfrmEvent::flush_of_policies().into();
            return each(Decoded { action, payload }, Vec::new());
        }
        decode::decode(self, &DECODERS, action, context, message, each);
    }
}
