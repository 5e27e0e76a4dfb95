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

/// What the messages of a subsystem mean.
struct Meaning {
    family: FamilyId,
    decoders: Decoders,
    /// The messages that delete their object.
    deletions: &'static [u16],
    /// The messages that are about no object.
    notifications: &'static [u16],
}

impl Meaning {
    const fn of(
        family: FamilyId,
        deletions: &'static [u16],
        notifications: &'static [u16],
    ) -> Self {
        Meaning {
            family,
            decoders: decoders(family),
            deletions,
            notifications,
        }
    }
}

static MEANINGS: [Meaning; 4] = [
    Meaning::of(FamilyId::CONNTRACK, &[IPCTNL_MSG_CT_DELETE], &[]),
    Meaning::of(FamilyId::EXPECT, &[IPCTNL_MSG_EXP_DELETE], &[]),
    Meaning::of(
        FamilyId::NFTABLES,
        &[
            NFT_MSG_DELTABLE,
            NFT_MSG_DELCHAIN,
            NFT_MSG_DELRULE,
            NFT_MSG_DELSET,
            NFT_MSG_DELSETELEM,
            NFT_MSG_DELOBJ,
            NFT_MSG_DELFLOWTABLE,
        ],
        &[NFT_MSG_NEWGEN],
    ),
    Meaning::of(FamilyId::NFT_TRACE, &[], &[NFT_MSG_TRACE]),
];

impl Family for Subsystem {
    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let Some(meaning) = MEANINGS.iter().find(|it| it.family == self.id()) else {
            return;
        };
        let number = self.message_type(message);
        let action = if meaning.deletions.contains(&number) {
            MessageAction::Delete
        } else if meaning.notifications.contains(&number) {
            MessageAction::Notify
        } else {
            MessageAction::New
        };
        decode::decode(self, &meaning.decoders, action, context, message, each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::nfnetlink::SUBSYSTEMS;

    #[test]
    fn every_subsystem_has_a_meaning() {
        let meanings = MEANINGS.iter().map(|it| it.family);
        let mut meanings: Vec<_> = meanings.collect();
        let mut subsystems: Vec<_> = SUBSYSTEMS.iter().map(|it| it.id()).collect();
        meanings.sort();
        subsystems.sort();
        assert_eq!(meanings, subsystems);
    }
}
