//! The netlink families: what the messages of each mean. Their wire format is
//! [`Protocol`](crate::netlink::family::Protocol).

mod audit;
mod curated;
pub mod generations;
pub mod known;
mod nfnetlink;
mod nlctrl;
pub mod other;
mod requests;
mod rtnetlink;
mod xfrm;

use std::collections::BTreeMap;

use crate::channel::FamilyId;
use crate::decode::Decoded;
use crate::decode::context::DecodeContext;
use crate::event::kind_set::KindSet;
use crate::event::meta::Settings;
use crate::event::{Kind, Op, Unparsed};

use crate::netlink;
use crate::netlink::audit::Audit;
use crate::netlink::family::{Privilege, Protocol};
use crate::netlink::frame::Message;
use crate::netlink::genl::{
    Nlctrl,
    curated::{
        DEVLINK, DPLL, ETHTOOL, L2TP, MPTCP_PM, NETDEV, NL80211, OVS_DATAPATH, OVS_VPORT, TEAM,
        THERMAL,
    },
};
use crate::netlink::nfnetlink::{CONNTRACK, EXPECT, NFT_TRACE, NFTABLES};
use crate::netlink::request::Request;
use crate::netlink::rtm::Rtnetlink;
use crate::netlink::secrets::redacted;
use crate::netlink::xfrm::Xfrm;

/// A netlink family whose messages become events.
pub trait Family: Protocol + std::fmt::Debug {
    /// The kinds of object and message that the family's messages are about.
    fn kinds(&self) -> KindSet {
        let kinds = Kind::ALL.iter().copied();
        let own = kinds.filter(|kind| kind.netlink_family() == Some(self.id()));
        own.fold(KindSet::EMPTY, |set, kind| set.or(KindSet::of(&[kind])))
    }

    /// Decodes one message, and passes each object in it to `each`, with the attributes that could
    /// not be decoded. Its secrets are zero, unless the context has them.
    #[inline]
    fn decode(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        match self.redacted(message, context.secrets) {
            Some(bytes) => self.objects(context, &message.with_bytes(&bytes), each),
            None => self.objects(context, message, each),
        }
    }

    /// The bytes of a message with zeros in place of its secrets; `None` if its family has none, or if lines have them
    /// (`secrets`).
    #[inline]
    fn redacted(&self, message: &Message<'_>, secrets: bool) -> Option<Vec<u8>> {
        match secrets {
            true => None,
            false => redacted(self.id(), self.announced_name().as_deref(), message.bytes),
        }
    }

    /// As [`Family::decode`], of a message whose secrets are zero, or that lines may have: the bytes of an attribute that
    /// no kind knows are written.
    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    );

    /// The dumps that list every object of a kind, for the kinds that a run with these settings
    /// tracks.
    fn dumps(&self, settings: &Settings) -> BTreeMap<Kind, Vec<Request>> {
        requests::requests(self.kinds(), settings)
    }
}

/// Every family whose messages have kinds of their own, rtnetlink first.
pub static FAMILIES: &[&dyn Family] = &[
    &Rtnetlink,
    &Nlctrl,
    &ETHTOOL,
    &NETDEV,
    &DEVLINK,
    &MPTCP_PM,
    &NL80211,
    &L2TP,
    &TEAM,
    &OVS_DATAPATH,
    &OVS_VPORT,
    &THERMAL,
    &DPLL,
    &NFTABLES,
    &NFT_TRACE,
    &Xfrm,
    &CONNTRACK,
    &EXPECT,
    &Audit,
];

/// The types of rtnetlink's messages that a run with these settings needs; `None` if it may need any.
///
/// A run that tracks objects needs messages about others, too, because these change them. One that
/// tracks none of its kinds (`--no-track`) needs those about its kinds, and about devices for their names.
pub fn needed_messages(settings: &Settings) -> Option<Vec<u16>> {
    let kinds = settings.kinds.as_deref()?.iter();
    let mut kinds = kinds.filter(|kind| **kind != Kind::Meta).peekable();
    kinds.peek()?;
    let is_deletion = |name: &String| name.eq_ignore_ascii_case(Op::Delete.name());
    let ops = settings.filters.get("op");
    let only_deletions = ops.is_some_and(|ops| !ops.is_empty() && ops.iter().all(is_deletion));
    let mut needed = Kind::Link.messages().to_vec();
    for kind in kinds {
        let is_untracked = settings.no_track.contains(kind) && *kind != Kind::Link;
        let is_limited =
            kind.netlink_family() == Some(FamilyId::ROUTE) && !kind.messages().is_empty();
        if !is_untracked || !is_limited {
            return None;
        }
        // RTM_DELLINK and those after it: a multiple of four, and one.
        let messages = kind.messages().iter();
        needed.extend(messages.filter(|number| !only_deletions || *number % 4 == 1));
    }
    needed.sort_unstable();
    needed.dedup();
    Some(needed)
}

/// The family of that id, if it has kinds of its own.
pub fn with_kinds(id: FamilyId) -> Option<&'static dyn Family> {
    let mut known = FAMILIES.iter().copied();
    known.find(|family| family.id() == id)
}

/// The family of that id.
pub fn family(id: FamilyId) -> &'static dyn Family {
    with_kinds(id).unwrap_or_else(|| netlink::other::other(id))
}

/// The families with kinds of their own that a run subscribes to: rtnetlink, since most objects refer
/// to its devices, those of which a kind was requested by name or that were requested themselves, and the
/// controller of generic netlink, if its kind or another of its families was requested ([`known::Requested`]). Of
/// those others the kernel tells the ids, so they are subscribed to when it has announced them.
#[derive(Debug)]
pub struct Subscribed(Vec<&'static dyn Family>);

impl Subscribed {
    /// The families of a run with these settings.
    pub fn new(settings: &Settings) -> Self {
        let requested = KindSet::of(settings.kinds.as_deref().unwrap_or_default());
        let named = known::Requested::of(settings);
        let has_kind = |family: &dyn Family| !requested.and(family.kinds()).is_empty();
        let families = FAMILIES.iter().copied().filter(|family| match family.id() {
            FamilyId::ROUTE => true,
            FamilyId::NLCTRL => named.has_generic() || has_kind(*family),
            id if id.is_generic() => false,
            _ => named.names(*family) || has_kind(*family),
        });
        Subscribed(families.collect())
    }

    /// The families that a pattern of `--family` requests besides: a run subscribes to those of which the kernel
    /// has the protocol, since to open the socket of another one can load a module.
    pub fn by_pattern(settings: &Settings) -> Self {
        let certain: Vec<_> = Self::new(settings).iter().map(|it| it.id()).collect();
        let requested = known::Requested::of(settings);
        let families = FAMILIES.iter().copied().filter(|family| {
            let id = family.id();
            !id.is_generic()
                && id != FamilyId::ROUTE
                && !certain.contains(&id)
                && requested.has_pattern_of(*family)
        });
        Subscribed(families.collect())
    }

    /// The protocols of those that a run with these settings may subscribe to, and that need CAP_NET_ADMIN.
    pub fn privileged_protocols(settings: &Settings) -> Vec<u16> {
        let (certain, by_pattern) = (Self::new(settings), Self::by_pattern(settings));
        let families = certain.iter().chain(by_pattern.iter());
        let privileged = families.filter(|family| family.privilege() == Privilege::NetAdmin);
        let mut protocols: Vec<_> = privileged.map(|it| it.id().protocol()).collect();
        protocols.sort_unstable();
        protocols.dedup();
        protocols
    }

    /// The families, rtnetlink first.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Family> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::protocols::PROTOCOLS;

    #[test]
    fn every_protocol_has_a_family_and_every_kind_one() {
        let ids: Vec<_> = FAMILIES.iter().map(|family| family.id()).collect();
        let protocols: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.id()).collect();
        assert_eq!(ids, protocols);
        for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Meta) {
            let families = FAMILIES.iter().filter(|it| it.kinds().contains(*kind));
            let expected = usize::from(*kind != Kind::Generic);
            assert_eq!(families.count(), expected, "{}", kind.name());
        }
    }

    #[test]
    fn only_a_run_that_tracks_nothing_can_do_without_messages() {
        let needed = |kinds: &[Kind], no_track: &[Kind], op: &[&str]| {
            let mut settings = Settings {
                kinds: Some(kinds.to_vec()),
                no_track: no_track.to_vec(),
                ..Settings::default()
            };
            let op = op.iter().map(|op| (*op).to_owned()).collect();
            settings.filters.insert("op".to_owned(), op);
            needed_messages(&settings)
        };
        let rule = [Kind::Rule];
        assert_eq!(needed_messages(&Settings::default()), None);
        assert_eq!(needed(&rule, &[], &[]), None);
        assert_eq!(needed(&[Kind::Rule, Kind::Route], &rule, &[]), None);
        assert_eq!(needed(&[Kind::Link], &[Kind::Link], &[]), None);
        assert_eq!(needed(&[Kind::Unknown], &[Kind::Unknown], &[]), None);
        assert_eq!(needed(&[Kind::Meta], &rule, &[]), None);
        let messages = needed(&[Kind::Rule, Kind::Meta], &rule, &[]).unwrap();
        // RTM_NEWLINK, RTM_DELLINK, RTM_NEWRULE, RTM_DELRULE, RTM_NEWLINKPROP, RTM_DELLINKPROP.
        assert_eq!(messages, [16, 17, 32, 33, 108, 109]);
        let deletions = needed(&rule, &rule, &["Delete"]).unwrap();
        assert_eq!(deletions, [16, 17, 33, 108, 109]);
        assert_eq!(needed(&rule, &rule, &["!delete"]), Some(messages));
    }

    #[test]
    fn rtnetlink_is_always_subscribed_to() {
        let ids = |kinds| {
            let settings = Settings {
                kinds,
                ..Settings::default()
            };
            Subscribed::new(&settings)
                .iter()
                .map(|it| it.id())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(None), [FamilyId::ROUTE]);
        assert_eq!(ids(Some(vec![Kind::Route])), [FamilyId::ROUTE]);
        assert_eq!(
            ids(Some(vec![Kind::GenlFamily])),
            [FamilyId::ROUTE, FamilyId::NLCTRL]
        );
        // Of which the controller tells the id.
        assert_eq!(
            ids(Some(vec![Kind::Ethtool])),
            [FamilyId::ROUTE, FamilyId::NLCTRL]
        );
        assert_eq!(ids(Some(vec![])), [FamilyId::ROUTE]);
        let of_xfrm = [FamilyId::ROUTE, FamilyId::XFRM];
        assert_eq!(ids(Some(vec![Kind::XfrmPolicy])), of_xfrm);
        let mut settings = Settings::default();
        let named = vec!["XFRM".to_owned()];
        settings.filters.insert("family".to_owned(), named);
        let named: Vec<_> = Subscribed::new(&settings)
            .iter()
            .map(|it| it.id())
            .collect();
        assert_eq!(named, of_xfrm);
    }
}
