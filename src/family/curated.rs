//! The generic netlink families with kinds of their own ([`Curated`]).

use super::Family;
use super::known::Known;
use crate::channel::FamilyId;
use crate::decode::context::DecodeContext;
use crate::decode::{self, Decoded, MessageAction};
use crate::event::Unparsed;
use crate::event::kinds::decoders;
use crate::kind::spec::Decoders;
use crate::netlink::family::Protocol as _;
use crate::netlink::frame::Message;
use crate::netlink::genl::curated::Curated;
use crate::netlink::other::other;

static ETHTOOL: Decoders = decoders(FamilyId::ETHTOOL);
static NETDEV: Decoders = decoders(FamilyId::NETDEV);
static DEVLINK: Decoders = decoders(FamilyId::DEVLINK);
static MPTCP_PM: Decoders = decoders(FamilyId::MPTCP_PM);

fn decoders_of(family: &Curated) -> &'static Decoders {
    match family.id() {
        FamilyId::ETHTOOL => &ETHTOOL,
        FamilyId::DEVLINK => &DEVLINK,
        FamilyId::MPTCP_PM => &MPTCP_PM,
        _ => &NETDEV,
    }
}

impl Family for Curated {
    /// The kinds decide what a message does to its object. A message of no kind is one of kind `generic`.
    fn decode(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let decoders = decoders_of(self);
        if decoders.contains(self.message_type(message)) {
            return decode::decode(self, decoders, MessageAction::New, context, message, each);
        }
        let known = Known {
            name: self.name().into(),
            header: 0,
        };
        super::other::decode(*other(self.id()), Some(&known), context, message, each);
    }
}
