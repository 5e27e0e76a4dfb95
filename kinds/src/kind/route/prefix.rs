//! `kind:"prefix"`: a router announced an IPv6 prefix (`RTM_NEWPREFIX`).

use std::net::{IpAddr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::kind::wire::{family, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::rtm::RTM_NEWPREFIX;
use crate::value::{self, Flags, IfName, Symbol};

/// An announced prefix (`struct prefixmsg`, linux/rtnetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(by_caller(PREFIX_ADDRESS = 1), custom(PREFIX_CACHEINFO = 2 => Self::life_times))]
#[state(device(ifindex, dev), prefix(prefix), no_property(type))]
pub struct Prefix {
    /// Address family: `inet6`.
    pub family: Symbol,
    /// The device's index.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
    /// The prefix.
    pub prefix: Option<value::Prefix>,
    /// Number of the neighbour discovery option with the prefix: 3, Prefix Information.
    pub r#type: u8,
    /// `onlink`, `autoconf`, `router_address`, `pd_preferred`.
    pub flags: Flags,
    /// Seconds for which addresses with the prefix stay valid; 4294967295 is forever.
    pub valid_life_time: Option<u32>,
    /// Seconds for which addresses with the prefix stay preferred; 4294967295 is forever.
    pub preferred_life_time: Option<u32>,
}

impl KindSpec for Prefix {
    const MESSAGES: &'static [u16] = &[RTM_NEWPREFIX];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<12>()?;
        let mut prefix = Prefix {
            family: family(header[0]),
            ifindex: u32_at(header, 4),
            r#type: header[8],
            flags: Flags::new(u64::from(header[10]), FLAGS),
            ..Default::default()
        };
        context.each(attributes, |context, attr| match attr.kind {
            Self::PREFIX_ADDRESS => {
                // The kernel copies the address that the router sent, including the bits beyond the
                // prefix.
                let address = u128::from(attr.ipv6()?);
                let length = u32::from(header[9]).min(128);
                let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
                prefix.prefix = Some(value::Prefix {
                    address: IpAddr::V6(Ipv6Addr::from(address & mask)),
                    length: header[9],
                });
                Ok(())
            }
            _ => prefix.attribute(context, &attr),
        });
        emit.object_as(context, MessageAction::Notify, prefix)
    }

    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        // The router may have advertised an MTU or a hop limit as well.
        Triggers::of(&[Trigger::Metrics])
    }
}

impl Prefix {
    /// Reads a `struct prefix_cacheinfo`.
    fn life_times(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let [preferred, valid] = context.u32_array(attr)?;
        self.preferred_life_time = Some(preferred);
        self.valid_life_time = Some(valid);
        Ok(())
    }
}

/// `IF_PREFIX_*` (include/net/if_inet6.h), and, from Linux 6.7 on, the flags as the router sent
/// them (RFC 4861, RFC 6275, RFC 9762), in which the low bits have no meaning.
pub const FLAGS: &[(u64, &str)] = &[
    (0x01, "onlink"),
    (0x80, "onlink"),
    (0x02, "autoconf"),
    (0x40, "autoconf"),
    (0x20, "router_address"),
    (0x10, "pd_preferred"),
];
