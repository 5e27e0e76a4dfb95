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
    IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_EXP_DELETE, NFT_MSG_DELCHAIN, NFT_MSG_DELFLOWTABLE,
    NFT_MSG_DELOBJ, NFT_MSG_DELRULE, NFT_MSG_DELSET, NFT_MSG_DELSETELEM, NFT_MSG_DELTABLE,
    NFT_MSG_NEWGEN, NFT_MSG_TRACE, Subsystem,
};

static NFTABLES: Decoders = decoders(FamilyId::NFTABLES);
static NFT_TRACE: Decoders = decoders(FamilyId::NFT_TRACE);
static CONNTRACK: Decoders = decoders(FamilyId::CONNTRACK);
static EXPECT: Decoders = decoders(FamilyId::EXPECT);

impl Family for Subsystem {
    fn decode(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let decoders = match self.id() {
            FamilyId::NFT_TRACE => &NFT_TRACE,
            FamilyId::CONNTRACK => &CONNTRACK,
            FamilyId::EXPECT => &EXPECT,
            _ => &NFTABLES,
        };
        let action = match (self.id(), self.message_type(message)) {
            (FamilyId::CONNTRACK, IPCTNL_MSG_CT_DELETE)
            | (FamilyId::EXPECT, IPCTNL_MSG_EXP_DELETE) => MessageAction::Delete,
            (FamilyId::CONNTRACK | FamilyId::EXPECT, _) => MessageAction::New,
            (_, message) => action_of_nft(message),
        };
        decode::decode(self, decoders, action, context, message, each);
    }
}

/// What a message of nftables does to its object.
fn action_of_nft(message: u16) -> MessageAction {
    match message {
        NFT_MSG_DELTABLE | NFT_MSG_DELCHAIN | NFT_MSG_DELRULE | NFT_MSG_DELSET
        | NFT_MSG_DELSETELEM | NFT_MSG_DELOBJ | NFT_MSG_DELFLOWTABLE => MessageAction::Delete,
        NFT_MSG_NEWGEN | NFT_MSG_TRACE => MessageAction::Notify,
        _ => MessageAction::New,
    }
}
