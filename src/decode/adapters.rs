//! The declarations of the kinds whose decoders are still apart from their payloads. A kind that is
//! declared in its own file has none here.

use super::{DecodeContext, Emit, KindSpec, MessageAction};
use super::{fdb, nduseropt, rule, tc};
use crate::event::Op;
use crate::kind::spec::{Trigger, Triggers};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::*;

impl KindSpec for crate::event::fdb::Fdb {
    const MESSAGES: &'static [u16] = &[RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH];
    const FAMILIES: &'static [u8] = &[libc::AF_BRIDGE as u8];
    const STALE_AFTER: &'static [Trigger] = &[
        Trigger::Device,
        Trigger::NewDevice,
        Trigger::Master,
        Trigger::NewAddress,
        Trigger::OldAddress,
    ];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::fdb()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let payload = fdb::decode(context, message.body)?;
        let action = match message.kind {
            RTM_GETNEIGH => MessageAction::Notify,
            _ => emit.action(),
        };
        emit.object_as(context, action, payload)
    }
}

impl KindSpec for crate::event::rule::Rule {
    const MESSAGES: &'static [u16] = &[RTM_NEWRULE, RTM_DELRULE];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::rules()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let payload = rule::decode(context, message.body)?;
        emit.object(context, payload)
    }
}

impl KindSpec for crate::event::tc::Qdisc {
    const MESSAGES: &'static [u16] = &[RTM_NEWQDISC, RTM_DELQDISC];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Device, Trigger::Qdisc];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::qdiscs()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let payload = tc::qdisc(context, message.body)?;
        emit.object(context, payload)
    }

    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        Triggers::of(&[Trigger::Qdisc])
    }
}

impl KindSpec for crate::event::tc::Class {
    const MESSAGES: &'static [u16] = &[RTM_NEWTCLASS, RTM_DELTCLASS];
    const LISTED: bool = false;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let payload = tc::class(context, message.body)?;
        emit.object(context, payload)
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        match op {
            // With its leaf.
            Op::Delete => Triggers::of(&[Trigger::Qdisc]),
            _ => Triggers::NONE,
        }
    }
}

impl KindSpec for crate::event::tc::Filter {
    const MESSAGES: &'static [u16] = &[RTM_NEWTFILTER, RTM_DELTFILTER];
    const LISTED: bool = false;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let payload = tc::filter(context, message.body)?;
        emit.object(context, payload)
    }
}

impl KindSpec for crate::event::tc::Chain {
    const MESSAGES: &'static [u16] = &[RTM_NEWCHAIN, RTM_DELCHAIN];
    const LISTED: bool = false;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let payload = tc::chain(context, message.body)?;
        emit.object(context, payload)
    }
}

impl KindSpec for crate::event::tc::Action {
    const MESSAGES: &'static [u16] = &[RTM_NEWACTION, RTM_DELACTION];
    const LISTED: bool = false;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        tc::action::decode(context, message.body, |context, it| {
            emit.object(context, it);
        })
    }
}

impl KindSpec for crate::event::nduseropt::Nduseropt {
    const MESSAGES: &'static [u16] = &[RTM_NEWNDUSEROPT];

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let payload = nduseropt::decode(context, message.body)?;
        emit.object_as(context, MessageAction::Notify, payload)
    }
}

impl KindSpec for crate::event::unknown::Unknown {
    const MESSAGES: &'static [u16] = &[];

    fn decode(_: &mut DecodeContext<'_>, _: &Message<'_>, _: &mut Emit<'_>) -> Option<()> {
        None
    }
}
