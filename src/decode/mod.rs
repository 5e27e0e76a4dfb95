//! Message → event, one file per kind. Decoding cannot fail: what cannot be decoded is kept.

pub mod address;
pub mod addrlabel;
pub mod cachereport;
pub mod context;
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
pub mod wire;

use crate::event::{Payload, Unparsed};
use crate::netlink::frame::Message;
use crate::netlink::rtm::*;
use context::DecodeContext;

/// What a message does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageAction {
    /// This is the object now.
    New,
    /// This is a part of the object; of the rest it says nothing.
    Partial,
    /// The device is no bridge port any more.
    LeaveBridge,
    /// The object is gone.
    Delete,
    /// It is no object's state, but a message.
    Notify,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    pub action: MessageAction,
    pub payload: Payload,
}

/// Decodes one message, and gives what it says to `each`, with the attributes that could not be
/// decoded. What has no decoder, or is shorter than its type's fixed header, comes out as
/// [`Payload::Unknown`]. Of a list without entries nothing comes out.
pub fn decode(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
) {
    let unknown = || Decoded {
        action: MessageAction::Notify,
        payload: unknown::decode(&Rtnetlink, message).into(),
    };
    match listed(context, message, each) {
        Some(Some(())) => {
            // Between the entries there was something else.
            if !context.take_unparsed().is_empty() {
                each(unknown(), Vec::new());
            }
        }
        Some(None) => each(unknown(), Vec::new()),
        None => {
            let decoded = single(context, message).unwrap_or_else(unknown);
            each(decoded, context.take_unparsed());
        }
    }
}

fn action(message: &Message<'_>) -> MessageAction {
    match message.kind % 4 {
        0 => MessageAction::New,
        // The kernel calls the rows of these dumps what it was asked.
        _ if matches!(message.kind, RTM_GETMULTICAST | RTM_GETANYCAST | RTM_GETMDB) => {
            MessageAction::New
        }
        _ => MessageAction::Delete,
    }
}

/// Messages that list any number of objects. `None` for other messages, `Some(None)` for one that
/// is too short.
fn listed(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
) -> Option<Option<()>> {
    let action = action(message);
    let body = message.body;
    let mut one = |context: &mut DecodeContext<'_>, payload: Payload| {
        each(Decoded { action, payload }, context.take_unparsed());
    };
    Some(match message.kind {
        RTM_NEWMDB | RTM_DELMDB | RTM_GETMDB => {
            mdb::decode(context, body, |context, it| one(context, it.into()))
        }
        RTM_NEWVLAN | RTM_DELVLAN => {
            vlan::decode(context, body, |context, it| one(context, it.into()))
        }
        RTM_NEWACTION | RTM_DELACTION => {
            tc::action::decode(context, body, |context, it| one(context, it.into()))
        }
        RTM_NEWTUNNEL | RTM_DELTUNNEL => {
            vni::decode(context, body, |context, it| one(context, it.into()))
        }
        _ => return None,
    })
}

fn decoded(action: MessageAction, payload: impl Into<Payload>) -> Option<Decoded> {
    let payload = payload.into();
    Some(Decoded { action, payload })
}

fn single(context: &mut DecodeContext<'_>, message: &Message<'_>) -> Option<Decoded> {
    let body = message.body;
    let family = *body.first()?;
    let action = action(message);
    match message.kind {
        RTM_NEWLINK | RTM_DELLINK | RTM_NEWLINKPROP | RTM_DELLINKPROP => {
            let (link, family) = link::decode(context, body)?;
            let action = match (i32::from(family), action) {
                _ if message.kind >= RTM_NEWLINKPROP => MessageAction::Partial,
                (libc::AF_BRIDGE, MessageAction::Delete) => MessageAction::LeaveBridge,
                (libc::AF_INET6, _) | (libc::AF_BRIDGE, _) => MessageAction::Partial,
                // The wireless extensions send little more than a name. Every whole link has a
                // queue length (rtnl_fill_ifinfo).
                (_, MessageAction::New) if link.txqlen.is_none() => MessageAction::Partial,
                (_, action) => action,
            };
            decoded(action, link)
        }
        RTM_NEWADDR | RTM_DELADDR => decoded(action, address::decode(context, body)?),
        RTM_NEWROUTE | RTM_DELROUTE if mroute::FAMILIES.contains(&family) => {
            decoded(action, mroute::decode(context, body)?)
        }
        RTM_NEWROUTE | RTM_DELROUTE => {
            // Others have layouts of their own.
            let known = [libc::AF_INET, libc::AF_INET6, libc::AF_MPLS];
            if !known.contains(&i32::from(family)) {
                return None;
            }
            decoded(action, route::decode(context, body)?)
        }
        RTM_NEWNEIGH | RTM_DELNEIGH | RTM_GETNEIGH => {
            let action = match message.kind {
                RTM_GETNEIGH => MessageAction::Notify,
                _ => action,
            };
            match i32::from(family) {
                libc::AF_BRIDGE => decoded(action, fdb::decode(context, body)?),
                _ => decoded(action, neigh::decode(context, body)?),
            }
        }
        RTM_NEWRULE | RTM_DELRULE => decoded(action, rule::decode(context, body)?),
        RTM_NEWQDISC | RTM_DELQDISC => decoded(action, tc::qdisc(context, body)?),
        RTM_NEWTCLASS | RTM_DELTCLASS => decoded(action, tc::class(context, body)?),
        RTM_NEWTFILTER | RTM_DELTFILTER => decoded(action, tc::filter(context, body)?),
        RTM_NEWCHAIN | RTM_DELCHAIN => decoded(action, tc::chain(context, body)?),
        RTM_NEWPREFIX => decoded(MessageAction::Notify, prefix::decode(context, body)?),
        RTM_NEWMULTICAST | RTM_DELMULTICAST | RTM_GETMULTICAST => {
            decoded(action, maddress::multicast(context, body)?)
        }
        RTM_NEWANYCAST | RTM_DELANYCAST | RTM_GETANYCAST => {
            decoded(action, maddress::anycast(context, body)?)
        }
        RTM_NEWNEIGHTBL => decoded(action, neightbl::decode(context, body)?),
        RTM_NEWNDUSEROPT => decoded(MessageAction::Notify, nduseropt::decode(context, body)?),
        RTM_NEWADDRLABEL | RTM_DELADDRLABEL => decoded(action, addrlabel::decode(context, body)?),
        RTM_NEWNETCONF | RTM_DELNETCONF => {
            let action = match action {
                MessageAction::New => MessageAction::Partial,
                action => action,
            };
            decoded(action, netconf::decode(context, body)?)
        }
        RTM_NEWNSID | RTM_DELNSID => decoded(action, nsid::decode(context, body)?),
        RTM_NEWSTATS => decoded(MessageAction::Notify, stats::decode(context, body)?),
        RTM_NEWCACHEREPORT => decoded(MessageAction::Notify, cachereport::decode(context, body)?),
        RTM_NEWNEXTHOP | RTM_DELNEXTHOP => decoded(action, nexthop::decode(context, body)?),
        RTM_NEWNEXTHOPBUCKET | RTM_DELNEXTHOPBUCKET => {
            decoded(action, nexthop::bucket(context, body)?)
        }
        _ => None,
    }
}
