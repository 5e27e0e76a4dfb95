//! Message → event, one file per kind. Decoding cannot fail: what cannot be decoded is kept.

pub mod address;
pub mod addrlabel;
pub mod cachereport;
pub mod cx;
pub mod encap;
pub mod fdb;
pub mod link;
pub mod maddress;
pub mod mdb;
pub mod mroute;
pub mod nduseropt;
pub mod neigh;
pub mod neightbl;
pub mod netconf;
pub mod nexthop;
pub mod nsid;
pub mod prefix;
pub mod route;
pub mod rule;
pub mod stats;
pub mod tc;
pub mod unknown;
pub mod vlan;
pub mod vni;
pub mod words;

use crate::event::{Payload, Unparsed};
use crate::netlink::frame::Message;
use crate::netlink::rtm::*;
use cx::Cx;

/// What a message does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// This is the object now.
    New,
    /// This is a part of the object; of the rest it says nothing.
    Part,
    /// The device is no bridge port any more.
    Leave,
    /// The object is gone.
    Delete,
    /// It is no object's state, but a message.
    Notify,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    pub verb: Verb,
    pub payload: Payload,
}

/// Decodes one message, and gives what it says to `each`, with the attributes that could not be
/// decoded. What has no decoder, or is shorter than its type's fixed header, comes out as
/// [`Payload::Unknown`]. Of a list without entries nothing comes out.
pub fn decode(
    cx: &mut Cx<'_>,
    message: &Message<'_>,
    each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
) {
    let unknown = || Decoded {
        verb: Verb::Notify,
        payload: unknown::decode(message).into(),
    };
    match listed(cx, message, each) {
        Some(Some(())) => {
            // Between the entries there was something else.
            if !cx.take_unparsed().is_empty() {
                each(unknown(), Vec::new());
            }
        }
        Some(None) => each(unknown(), Vec::new()),
        None => {
            let decoded = single(cx, message).unwrap_or_else(unknown);
            each(decoded, cx.take_unparsed());
        }
    }
}

fn verb(message: &Message<'_>) -> Verb {
    match message.kind % 4 {
        0 => Verb::New,
        // The kernel calls the rows of these dumps what it was asked.
        _ if matches!(message.kind, RTM_GETMULTICAST | RTM_GETANYCAST | RTM_GETMDB) => Verb::New,
        _ => Verb::Delete,
    }
}

/// Messages that list any number of objects. `None` for other messages, `Some(None)` for one that
/// is too short.
fn listed(
    cx: &mut Cx<'_>,
    message: &Message<'_>,
    each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
) -> Option<Option<()>> {
    let verb = verb(message);
    let body = message.body;
    let mut one = |cx: &mut Cx<'_>, payload: Payload| {
        each(Decoded { verb, payload }, cx.take_unparsed());
    };
    Some(match message.kind {
        RTM_NEWMDB | RTM_DELMDB | RTM_GETMDB => mdb::decode(cx, body, |cx, it| one(cx, it.into())),
        RTM_NEWVLAN | RTM_DELVLAN => vlan::decode(cx, body, |cx, it| one(cx, it.into())),
        RTM_NEWACTION | RTM_DELACTION => tc::action::decode(cx, body, |cx, it| one(cx, it.into())),
        RTM_NEWTUNNEL | RTM_DELTUNNEL => vni::decode(cx, body, |cx, it| one(cx, it.into())),
        _ => return None,
    })
}

fn decoded(verb: Verb, payload: impl Into<Payload>) -> Option<Decoded> {
    let payload = payload.into();
    Some(Decoded { verb, payload })
}

fn single(cx: &mut Cx<'_>, message: &Message<'_>) -> Option<Decoded> {
    let body = message.body;
    let family = *body.first()?;
    let verb = verb(message);
    match message.kind {
        RTM_NEWLINK | RTM_DELLINK | RTM_NEWLINKPROP | RTM_DELLINKPROP => {
            let (link, family) = link::decode(cx, body)?;
            let verb = match (i32::from(family), verb) {
                _ if message.kind >= RTM_NEWLINKPROP => Verb::Part,
                (libc::AF_BRIDGE, Verb::Delete) => Verb::Leave,
                (libc::AF_INET6, _) | (libc::AF_BRIDGE, _) => Verb::Part,
                // The wireless extensions send little more than a name. Every whole link has a
                // queue length (rtnl_fill_ifinfo).
                (_, Verb::New) if link.txqlen.is_none() => Verb::Part,
                (_, verb) => verb,
            };
            decoded(verb, link)
        }
        RTM_NEWADDR | RTM_DELADDR => decoded(verb, address::decode(cx, body)?),
        RTM_NEWROUTE | RTM_DELROUTE if mroute::FAMILIES.contains(&family) => {
            decoded(verb, mroute::decode(cx, body)?)
        }
        RTM_NEWROUTE | RTM_DELROUTE => {
            // Others have layouts of their own.
            let known = [libc::AF_INET, libc::AF_INET6, libc::AF_MPLS];
            if !known.contains(&i32::from(family)) {
                return None;
            }
            decoded(verb, route::decode(cx, body)?)
        }
        RTM_NEWNEIGH | RTM_DELNEIGH | RTM_GETNEIGH => {
            let verb = match message.kind {
                RTM_GETNEIGH => Verb::Notify,
                _ => verb,
            };
            match i32::from(family) {
                libc::AF_BRIDGE => decoded(verb, fdb::decode(cx, body)?),
                _ => decoded(verb, neigh::decode(cx, body)?),
            }
        }
        RTM_NEWRULE | RTM_DELRULE => decoded(verb, rule::decode(cx, body)?),
        RTM_NEWQDISC | RTM_DELQDISC => decoded(verb, tc::qdisc(cx, body)?),
        RTM_NEWTCLASS | RTM_DELTCLASS => decoded(verb, tc::class(cx, body)?),
        RTM_NEWTFILTER | RTM_DELTFILTER => decoded(verb, tc::filter(cx, body)?),
        RTM_NEWCHAIN | RTM_DELCHAIN => decoded(verb, tc::chain(cx, body)?),
        RTM_NEWPREFIX => decoded(Verb::Notify, prefix::decode(cx, body)?),
        RTM_NEWMULTICAST | RTM_DELMULTICAST | RTM_GETMULTICAST => {
            decoded(verb, maddress::multicast(cx, body)?)
        }
        RTM_NEWANYCAST | RTM_DELANYCAST | RTM_GETANYCAST => {
            decoded(verb, maddress::anycast(cx, body)?)
        }
        RTM_NEWNEIGHTBL => decoded(verb, neightbl::decode(cx, body)?),
        RTM_NEWNDUSEROPT => decoded(Verb::Notify, nduseropt::decode(cx, body)?),
        RTM_NEWADDRLABEL | RTM_DELADDRLABEL => decoded(verb, addrlabel::decode(cx, body)?),
        RTM_NEWNETCONF | RTM_DELNETCONF => {
            let verb = match verb {
                Verb::New => Verb::Part,
                verb => verb,
            };
            decoded(verb, netconf::decode(cx, body)?)
        }
        RTM_NEWNSID | RTM_DELNSID => decoded(verb, nsid::decode(cx, body)?),
        RTM_NEWSTATS => decoded(Verb::Notify, stats::decode(cx, body)?),
        RTM_NEWCACHEREPORT => decoded(Verb::Notify, cachereport::decode(cx, body)?),
        RTM_NEWNEXTHOP | RTM_DELNEXTHOP => decoded(verb, nexthop::decode(cx, body)?),
        RTM_NEWNEXTHOPBUCKET | RTM_DELNEXTHOPBUCKET => decoded(verb, nexthop::bucket(cx, body)?),
        _ => None,
    }
}
