//! `kind:"netconf"`: settings of IPv4, IPv6 and MPLS on a device (`RTM_NEWNETCONF`,
//! `RTM_DELNETCONF`).

use std::hash::{Hash as _, Hasher};

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::fields::Keyed;
use crate::kind::spec::{Device, Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::kind::wire::family;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELNETCONF, RTM_NEWNETCONF};
use crate::value::{IfName, Symbol};

/// Settings of a protocol (`struct netconfmsg`, linux/netconf.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(custom(NETCONFA_IFINDEX = 1 => Self::interface))]
#[state(device(ifindex, dev))]
pub struct Netconf {
    /// Address family: `inet`, `inet6`, `mpls`.
    pub family: Symbol,
    /// The device's index.
    pub ifindex: Option<u32>,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Instead of a device: `all` of them, or the `default` of new ones.
    pub interface: Option<Symbol>,
    /// Packets are forwarded.
    #[nla(NETCONFA_FORWARDING = 2, map(i32, |on| on != 0))]
    pub forwarding: Option<bool>,
    /// Reverse path filter: `off`, `strict`, `loose`.
    #[nla(NETCONFA_RP_FILTER = 3, names(u32, &[(0, "off"), (1, "strict"), (2, "loose")]))]
    pub rp_filter: Option<Symbol>,
    /// Multicast packets are forwarded.
    #[nla(NETCONFA_MC_FORWARDING = 4, map(i32, |on| on != 0))]
    pub mc_forwarding: Option<bool>,
    /// Requests for neighbours on other devices are answered (proxy ARP and NDP).
    #[nla(NETCONFA_PROXY_NEIGH = 5, map(i32, |on| on != 0))]
    pub proxy_neigh: Option<bool>,
    /// Routes through a device without carrier are not used.
    #[nla(NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN = 6, map(i32, |on| on != 0))]
    pub ignore_routes_with_linkdown: Option<bool>,
    /// MPLS packets are accepted.
    #[nla(NETCONFA_INPUT = 7, map(i32, |on| on != 0))]
    pub input: Option<bool>,
    /// Directed broadcasts are forwarded.
    #[nla(NETCONFA_BC_FORWARDING = 8, map(i32, |on| on != 0))]
    pub bc_forwarding: Option<bool>,
    /// IPv6 packets are forwarded, whatever the setting for all devices is.
    #[nla(NETCONFA_FORCE_FORWARDING = 9, map(i32, |on| on != 0))]
    pub force_forwarding: Option<bool>,
}

impl Keyed for Netconf {
    const KEY: &'static [&'static str] = &["family", "ifindex//interface"];

    fn hash_key(&self, hasher: &mut impl Hasher) {
        (&self.family, self.ifindex, &self.interface).hash(hasher);
    }
}

impl KindSpec for Netconf {
    const MESSAGES: &'static [u16] = &[RTM_NEWNETCONF, RTM_DELNETCONF];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Device];
    const PRECEDES_DEVICE: bool = true;
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        let families = [libc::AF_INET, libc::AF_INET6, libc::AF_MPLS];
        families.map(Request::netconf).into()
    }

    fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
        [libc::AF_INET, libc::AF_INET6, libc::AF_MPLS]
            .map(|family| Request::netconf_of_device(family, device.ifindex))
            .into()
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<4>()?;
        let mut netconf = Netconf {
            family: family(header[0]),
            ..Default::default()
        };
        netconf.attributes(context, attributes);
        // An event contains only the setting that changed.
        let action = match emit.action() {
            MessageAction::New => MessageAction::Partial,
            action => action,
        };
        emit.object_as(context, action, netconf)
    }

    fn triggers(&self, _op: Op, old: Option<&Self>) -> Triggers {
        let mut triggers = Triggers::NONE;
        if old.is_none_or(|old| old.forwarding != self.forwarding) {
            triggers = triggers.or(Triggers::of(&[Trigger::Forwarding]));
        }
        // The kernel counts the interfaces of a device: an event without a difference is about a
        // further one.
        let counts = |old: &Self| self.mc_forwarding == Some(true) && old == self;
        if old.is_some_and(|old| old.mc_forwarding != self.mc_forwarding || counts(old)) {
            triggers = triggers.or(Triggers::of(&[Trigger::MulticastInterface]));
        }
        triggers
    }
}

impl Netconf {
    /// The device, or the value for all devices (`NETCONFA_IFINDEX_*`). Either identifies the object,
    /// so a further attribute replaces both.
    fn interface(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        (self.ifindex, self.interface) = match attr.i32()? {
            -1 => (None, Some(Symbol::Known("all"))),
            -2 => (None, Some(Symbol::Known("default"))),
            index => (Some(index.cast_unsigned()), None),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use crate::netlink::build::attr;

    /// A forged message may have the attribute several times. The lines identify the object by the device
    /// or by `interface`; with both the stored object would be another one than the folded.
    #[test]
    fn of_several_interfaces_the_last_identifies_the_object() {
        for (indexes, expected) in [
            ([-1, 7], (Some(7), None)),
            ([7, -1], (None, Some("all"))),
            ([-1, -2], (None, Some("default"))),
        ] {
            let attrs = indexes.map(|index: i32| attr(1, &index.to_ne_bytes()));
            let body = [&[libc::AF_INET as u8, 0, 0, 0][..], &attrs.concat()].concat();
            let names = Names::builtin();
            let mut netconf = Netconf::default();
            netconf.attributes(&mut DecodeContext::new(&names, false), &body[4..]);
            let interface = netconf.interface.as_ref().map(ToString::to_string);
            assert_eq!((netconf.ifindex, interface.as_deref()), expected);
        }
    }
}
