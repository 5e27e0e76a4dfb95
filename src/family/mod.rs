//! The netlink families: what the messages of each mean. Their wire format is
//! [`Protocol`](crate::netlink::family::Protocol).

mod requests;

use std::collections::BTreeMap;

use crate::channel::FamilyId;
use crate::decode::context::DecodeContext;
use crate::decode::{self, Decoded};
use crate::event::kind_set::KindSet;
use crate::event::meta::Settings;
use crate::event::{Kind, Unparsed};

use crate::netlink::family::Protocol;
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::Rtnetlink;

/// A netlink family whose messages become events.
pub trait Family: Protocol {
    /// The kinds of object and message that the family's messages are about.
    fn kinds(&self) -> KindSet;

    /// Decodes one message, and passes each object in it to `each`, with the attributes that could
    /// not be decoded.
    fn decode(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    );

    /// The dumps that list every object of a kind, for the kinds that a run with these settings
    /// tracks.
    fn dumps(&self, settings: &Settings) -> BTreeMap<Kind, Vec<Request>>;
}

/// Every family, rtnetlink first.
pub const FAMILIES: &[&dyn Family] = &[&Rtnetlink];

/// The family of that id.
#[inline]
pub fn family(id: FamilyId) -> Option<&'static dyn Family> {
    FAMILIES.iter().copied().find(|family| family.id() == id)
}

/// The families that a run with these settings subscribes to: rtnetlink, since most objects refer
/// to its devices, and those of the requested kinds.
pub fn subscribed(settings: &Settings) -> impl Iterator<Item = &'static dyn Family> {
    let requested = settings.kinds.as_deref().map(KindSet::of);
    FAMILIES.iter().copied().filter(move |family| {
        let requested = requested.is_some_and(|kinds| !kinds.and(family.kinds()).is_empty());
        family.id() == FamilyId::ROUTE || requested
    })
}

impl Family for Rtnetlink {
    fn kinds(&self) -> KindSet {
        let mut kinds = KindSet::of(Kind::ALL);
        kinds.remove(Kind::Meta);
        kinds
    }

    #[inline]
    fn decode(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        decode::decode(context, message, each);
    }

    fn dumps(&self, settings: &Settings) -> BTreeMap<Kind, Vec<Request>> {
        requests::requests(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::family::PROTOCOLS;

    #[test]
    fn every_protocol_has_a_family_and_every_kind_one() {
        let ids: Vec<_> = FAMILIES.iter().map(|family| family.id()).collect();
        let protocols: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.id()).collect();
        assert_eq!(ids, protocols);
        for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Meta) {
            let families = FAMILIES.iter().filter(|it| it.kinds().contains(*kind));
            assert_eq!(families.count(), 1, "{}", kind.name());
        }
    }

    #[test]
    fn rtnetlink_is_always_subscribed_to() {
        let ids = |kinds| {
            let settings = Settings {
                kinds,
                ..Settings::default()
            };
            subscribed(&settings).map(|it| it.id()).collect::<Vec<_>>()
        };
        assert_eq!(ids(None), [FamilyId::ROUTE]);
        assert_eq!(ids(Some(vec![Kind::Route])), [FamilyId::ROUTE]);
        assert_eq!(ids(Some(vec![])), [FamilyId::ROUTE]);
    }
}
