//! The subsystems of nfnetlink with kinds.

use super::Family;
use crate::channel::FamilyId;
use crate::decode::context::DecodeContext;
use crate::decode::{self, Decoded, MessageAction};
use crate::event::Unparsed;
use crate::event::kinds::decoders;
use crate::kind::spec::Decoders;
use crate::netlink::family::Protocol as _;
use crate::netlink::frame::Message;
use crate::netlink::nfnetlink::{
    NFT_MSG_DELCHAIN, NFT_MSG_DELFLOWTABLE, NFT_MSG_DELOBJ, NFT_MSG_DELRULE, NFT_MSG_DELSET,
    NFT_MSG_DELSETELEM, NFT_MSG_DELTABLE, NFT_MSG_NEWGEN, NFT_MSG_TRACE, Subsystem,
};

static NFTABLES: Decoders = decoders(FamilyId::NFTABLES);
static NFT_TRACE: Decoders = decoders(FamilyId::NFT_TRACE);

impl Family for Subsystem {
    fn decode(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let decoders = match self.id() {
            FamilyId::NFT_TRACE => &NFT_TRACE,
            _ => &NFTABLES,
        };
        let action = match self.message_type(message) {
            NFT_MSG_DELTABLE | NFT_MSG_DELCHAIN | NFT_MSG_DELRULE | NFT_MSG_DELSET
            | NFT_MSG_DELSETELEM | NFT_MSG_DELOBJ | NFT_MSG_DELFLOWTABLE => MessageAction::Delete,
            NFT_MSG_NEWGEN | NFT_MSG_TRACE => MessageAction::Notify,
            _ => MessageAction::New,
        };
        decode::decode(self, decoders, action, context, message, each);
    }
}
