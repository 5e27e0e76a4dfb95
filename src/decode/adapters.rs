//! The declaration of routes, of which the decoder is not in the file of the payload yet.

use super::route;
use super::{DecodeContext, Emit, KindSpec};
use crate::kind::spec::Trigger;
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::*;

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
