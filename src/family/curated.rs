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

/// The decoders of each family.
static DECODERS: [(FamilyId, Decoders); 11] = [
    (FamilyId::ETHTOOL, decoders(FamilyId::ETHTOOL)),
    (FamilyId::NETDEV, decoders(FamilyId::NETDEV)),
    (FamilyId::DEVLINK, decoders(FamilyId::DEVLINK)),
    (FamilyId::NL80211, decoders(FamilyId::NL80211)),
    (FamilyId::MPTCP_PM, decoders(FamilyId::MPTCP_PM)),
    (FamilyId::L2TP, decoders(FamilyId::L2TP)),
    (FamilyId::TEAM, decoders(FamilyId::TEAM)),
    (FamilyId::OVS_DATAPATH, decoders(FamilyId::OVS_DATAPATH)),
    (FamilyId::OVS_VPORT, decoders(FamilyId::OVS_VPORT)),
    (FamilyId::THERMAL, decoders(FamilyId::THERMAL)),
    (FamilyId::DPLL, decoders(FamilyId::DPLL)),
];

fn decoders_of(family: &Curated) -> Option<&'static Decoders> {
    let mut all = DECODERS.iter();
    Some(&all.find(|(id, _)| *id == family.id())?.1)
}

impl Family for Curated {
    /// The kinds decide what a message does to its object. A message of no kind is one of kind `generic`.
    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let decoders = decoders_of(self);
        if let Some(decoders) = decoders.filter(|it| it.contains(self.message_type(message))) {
            return decode::decode(self, decoders, MessageAction::New, context, message, each);
        }
        let known = Known {
            name: self.name().into(),
            header: self.own_header(),
        };
        super::other::decode(*other(self.id()), Some(&known), context, message, each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use crate::netlink::build::{attr, message};
    use crate::netlink::frame::Messages;
    use crate::netlink::genl::curated;
    use crate::netlink::genl::nl80211::COMMANDS;

    #[test]
    fn each_family_has_decoders() {
        for family in curated::ALL {
            assert!(decoders_of(family).is_some(), "{}", family.name());
        }
    }

    /// Neither keys nor frames or information elements, in whichever message of a wireless device they are, and also if
    /// nobody has set them to zero before.
    #[test]
    fn no_line_of_a_wireless_device_has_secrets() {
        const SECRETS: &[u16] = &[7, 42, 51, 77, 78, 80, 81, 85, 122, 156, 242, 243, 254, 277];
        let names = Names::builtin();
        // A frame of each type that is read, and one that is none.
        for first in [0x10, 0x30, 0xa0, 0xb0, 0xc0, 0x5a] {
            let secret = [&[first][..], &[0x5a; 61]].concat();
            let attrs: Vec<_> = SECRETS.iter().map(|it| attr(*it, &secret)).collect();
            for (command, name) in COMMANDS {
                let body = [&[*command as u8, 1, 0, 0][..], &attrs.concat()].concat();
                let bytes = message(30, &body);
                let message = Messages::new(&bytes).next().unwrap().unwrap();
                let mut context = DecodeContext::new(&names, true);
                let mut number = 0;
                let mut each = |decoded: Decoded, unparsed: Vec<Unparsed>| {
                    let text = serde_json::to_string(&(decoded.payload, unparsed)).unwrap();
                    assert!(!text.contains("5a5a"), "{name}: {text}");
                    assert!(!text.contains("ZZ"), "{name}: {text}");
                    number += 1;
                };
                curated::NL80211.decode(&mut context, &message, &mut each);
                assert_eq!(number, 1, "{name}");
            }
        }
    }
}
