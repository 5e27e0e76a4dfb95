//! Message → event, one file per kind. Decoding cannot fail: what cannot be decoded is kept.

pub mod address;
pub mod cx;
pub mod encap;
pub mod fdb;
pub mod link;
pub mod neigh;
pub mod prefix;
pub mod route;
pub mod rule;
pub mod unknown;
pub mod words;

use libc::{
    RTM_DELADDR, RTM_DELLINK, RTM_DELNEIGH, RTM_DELROUTE, RTM_DELRULE, RTM_GETNEIGH, RTM_NEWADDR,
    RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWPREFIX, RTM_NEWROUTE, RTM_NEWRULE,
};

use crate::event::Payload;
use crate::netlink::frame::Message;
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

/// Decodes one message. What has no decoder, or is shorter than its type's fixed header, comes
/// out as [`Payload::Unknown`].
pub fn decode(cx: &mut Cx<'_>, message: &Message<'_>) -> Decoded {
    known(cx, message).unwrap_or_else(|| Decoded {
        verb: Verb::Notify,
        payload: Payload::Unknown(unknown::decode(message)),
    })
}

fn known(cx: &mut Cx<'_>, message: &Message<'_>) -> Option<Decoded> {
    let body = message.body;
    let verb = match message.kind % 4 {
        0 => Verb::New,
        _ => Verb::Delete,
    };
    let decoded = |verb, payload| Some(Decoded { verb, payload });
    match message.kind {
        RTM_NEWLINK | RTM_DELLINK => {
            let (link, family) = link::decode(cx, body)?;
            let verb = match (i32::from(family), verb) {
                (libc::AF_BRIDGE, Verb::Delete) => Verb::Leave,
                (libc::AF_INET6, _) | (libc::AF_BRIDGE, _) => Verb::Part,
                // The wireless extensions send little more than a name. Every whole link has a
                // queue length (rtnl_fill_ifinfo).
                (_, Verb::New) if link.txqlen.is_none() => Verb::Part,
                (_, verb) => verb,
            };
            decoded(verb, Payload::Link(Box::new(link)))
        }
        RTM_NEWADDR | RTM_DELADDR => decoded(verb, Payload::Address(address::decode(cx, body)?)),
        RTM_NEWROUTE | RTM_DELROUTE => {
            // The other families have layouts of their own.
            if !matches!(i32::from(*body.first()?), libc::AF_INET | libc::AF_INET6) {
                return None;
            }
            decoded(verb, Payload::Route(Box::new(route::decode(cx, body)?)))
        }
        RTM_NEWNEIGH | RTM_DELNEIGH | RTM_GETNEIGH => {
            let verb = match message.kind {
                RTM_GETNEIGH => Verb::Notify,
                _ => verb,
            };
            let payload = match i32::from(*body.first()?) {
                libc::AF_BRIDGE => Payload::Fdb(fdb::decode(cx, body)?),
                _ => Payload::Neigh(neigh::decode(cx, body)?),
            };
            decoded(verb, payload)
        }
        RTM_NEWRULE | RTM_DELRULE => {
            decoded(verb, Payload::Rule(Box::new(rule::decode(cx, body)?)))
        }
        RTM_NEWPREFIX => decoded(Verb::Notify, Payload::Prefix(prefix::decode(cx, body)?)),
        _ => None,
    }
}
