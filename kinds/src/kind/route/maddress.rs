//! `kind:"maddress"` and `kind:"acaddress"`: multicast groups and anycast addresses that a device
//! listens to (`RTM_NEWMULTICAST`, `RTM_NEWANYCAST` and their `DEL`, since Linux 6.14 and 6.15).

use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::address::INET6_FLAGS;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Device, KindSpec, Trigger};
use crate::kind::wire::{family, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::request::Request;
use crate::netlink::rtm::{
    RTM_DELANYCAST, RTM_DELMULTICAST, RTM_GETANYCAST, RTM_GETMULTICAST, RTM_NEWANYCAST,
    RTM_NEWMULTICAST,
};
use crate::value::{Flags, IfName, Symbol};

/// The flags of an address except `IFA_F_PERMANENT`, which all these addresses have.
fn flags(bits: u32) -> Flags {
    const PERMANENT: u32 = 0x80;
    Flags::new(u64::from(bits & !PERMANENT), INET6_FLAGS)
}

/// Declares a payload of `struct ifaddrmsg` (linux/if_addr.h).
macro_rules! address {
    (
        $(#[$doc:meta])*
        $type:ident, $attr_doc:literal, $attr:ident = $number:literal,
        [$($message:ident),+], after [$($trigger:ident),+], verified after [$($verified:ident),+],
        $dumps:expr, $device_dumps:expr
    ) => {
        $(#[$doc])*
        #[skip_serializing_none]
        #[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
        #[nla(custom(IFA_CACHEINFO = 6 => Self::times))]
        #[state(key(ifindex, family, address), device(ifindex, dev), prefix(address))]
        pub struct $type {
            /// The device's index.
            pub ifindex: u32,
            /// The device's name.
            pub dev: Option<IfName>,
            /// Address family: `inet`, `inet6`.
            pub family: Symbol,
            #[doc = $attr_doc]
            #[nla($attr = $number)]
            pub address: Option<IpAddr>,
            /// Length of the prefix in bits.
            pub prefixlen: u8,
            /// `global`, `site`, `link`, `host` or a name from rt_scopes.
            pub scope: Symbol,
            /// The flags of an address.
            #[nla(IFA_FLAGS = 8, map(u32, flags))]
            pub flags: Flags,
            /// With `details`, of a multicast group: number of its users (sockets and the kernel).
            #[nla(IFA_MC_USERS = 12, details, volatile)]
            pub users: Option<u32>,
            /// With `details`: creation time, in hundredths of a second after boot.
            pub created: Option<u32>,
            /// With `details`: time of the last update, in hundredths of a second after boot.
            pub updated: Option<u32>,
        }

        impl KindSpec for $type {
            const MESSAGES: &'static [u16] = &[$($message),+];
            const STALE_AFTER: &'static [Trigger] = &[$(Trigger::$trigger),+];
            const PRECEDES_DEVICE: bool = true;
            const VERIFIED_AFTER: &'static [Trigger] = &[$(Trigger::$verified),+];
            const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

            fn dumps(_details: bool) -> Vec<Request> {
                $dumps
            }

            fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
                let requests: fn(u32) -> Vec<Request> = $device_dumps;
                requests(device.ifindex)
            }

            fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
                let (header, attributes) = body.split_first_chunk::<8>()?;
                let mut address = $type {
                    ifindex: u32_at(header, 4),
                    family: family(header[0]),
                    prefixlen: header[1],
                    flags: flags(u32::from(header[2])),
                    scope: context.names.scopes.symbol(u32::from(header[3])),
                    ..Default::default()
                };
                address.attributes(context, attributes);
                Some(address)
            }
        }

        impl $type {
            /// Reads a `struct ifa_cacheinfo`, whose lifetimes are always infinite.
            fn times(
                &mut self,
                context: &mut DecodeContext<'_>,
                attr: &Attr<'_>,
            ) -> Result<(), AttrError> {
                if context.details {
                    let [_, _, created, updated] = context.u32_array(attr)?;
                    (self.created, self.updated) = (Some(created), Some(updated));
                }
                Ok(())
            }
        }
    };
}

address!(
    /// A multicast group that a device listens to.
    Maddress,
    "The group.",
    IFA_MULTICAST = 7,
    [RTM_NEWMULTICAST, RTM_DELMULTICAST, RTM_GETMULTICAST],
    after [Device, NewDevice, Forwarding],
    // Linux before 6.14 sends no events.
    verified after [NewAddress, OldAddress],
    [libc::AF_INET, libc::AF_INET6].map(Request::maddresses).into(),
    |ifindex| {
        [libc::AF_INET, libc::AF_INET6]
            .map(|family| Request::maddresses_of_device(family, ifindex))
            .into()
    }
);
address!(
    /// An anycast address of a device.
    Acaddress,
    "The address.",
    IFA_ANYCAST = 5,
    [RTM_NEWANYCAST, RTM_DELANYCAST, RTM_GETANYCAST],
    after [Device, Forwarding],
    verified after [NewAddress, OldAddress],
    vec![Request::acaddresses()],
    |ifindex| vec![Request::acaddresses_of_device(ifindex)]
);
