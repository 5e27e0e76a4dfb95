//! The declarations of those kinds of which the decoder is not in the file of the payload yet.

use super::{DecodeContext, Emit, KindSpec, MessageAction};
use super::{link, route};
use crate::event::Op;
use crate::kind::spec::{Trigger, Triggers};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::*;

impl KindSpec for crate::event::link::Link {
    const MESSAGES: &'static [u16] = &[RTM_NEWLINK, RTM_DELLINK, RTM_NEWLINKPROP, RTM_DELLINKPROP];

    fn dumps(details: bool) -> Vec<Request> {
        vec![Request::links(details), Request::bridge_links()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (link, family) = link::decode(context, message.body)?;
        let action = match (i32::from(family), emit.action()) {
            _ if message.kind >= RTM_NEWLINKPROP => MessageAction::Partial,
            (libc::AF_BRIDGE, MessageAction::Delete) => MessageAction::LeaveBridge,
            (libc::AF_INET6, _) | (libc::AF_BRIDGE, _) => MessageAction::Partial,
            // The wireless extensions send little more than a name. Every whole link has a
            // queue length (rtnl_fill_ifinfo).
            (_, MessageAction::New) if link.txqlen.is_none() => MessageAction::Partial,
            (_, action) => action,
        };
        emit.object_as(context, action, link)
    }

    fn triggers(&self, op: Op, old: Option<&Self>) -> Triggers {
        match (op, old) {
            (Op::Delete, _) => Triggers::of(&[Trigger::Device, Trigger::Master]),
            (Op::Add, _) => Triggers::of(&[Trigger::NewDevice]),
            (_, None) => Triggers::NONE,
            (_, Some(old)) => {
                let mut triggers = Triggers::NONE;
                if self.flags != old.flags || self.operstate != old.operstate {
                    triggers = triggers.or(Triggers::of(&[Trigger::Device]));
                }
                if self.qdisc != old.qdisc || self.num_tx_queues != old.num_tx_queues {
                    triggers = triggers.or(Triggers::of(&[Trigger::Qdisc]));
                }
                if self.master_index != old.master_index {
                    triggers = triggers.or(Triggers::of(&[Trigger::Master]));
                }
                triggers
            }
        }
    }
}

impl KindSpec for crate::event::route::Route {
    const MESSAGES: &'static [u16] = &[RTM_NEWROUTE, RTM_DELROUTE];
    // Others have layouts of their own.
    const FAMILIES: &'static [u8] = &[
        libc::AF_INET as u8,
        libc::AF_INET6 as u8,
        libc::AF_MPLS as u8,
    ];
    const STALE_AFTER: &'static [Trigger] = &[
        Trigger::Device,
        Trigger::Master,
        Trigger::Nexthop,
        Trigger::OldAddress,
    ];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::routes()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let payload = route::decode(context, message.body)?;
        emit.object(context, payload)
    }
}
