//! `kind:"maddress"` and `kind:"acaddress"`: multicast groups and anycast addresses that a device
//! listens to (`RTM_NEWMULTICAST`, `RTM_NEWANYCAST` and their `DEL`, since Linux 6.14 and 6.15).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::of_device;
use crate::value::{Flags, IfName, Symbol};

/// Declares a payload of `struct ifaddrmsg` (linux/if_addr.h).
macro_rules! address {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[skip_serializing_none]
        #[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
        pub struct $type {
            /// The device's index.
            pub ifindex: u32,
            /// The device's name.
            pub dev: Option<IfName>,
            /// Address family: `inet`, `inet6`.
            pub family: Symbol,
            #[doc = $what]
            pub address: Option<IpAddr>,
            /// Length of the prefix in bits.
            pub prefixlen: u8,
            /// `global`, `site`, `link`, `host` or a name from rt_scopes.
            pub scope: Symbol,
            /// Those of an address.
            pub flags: Flags,
            /// With `details`: when it was made, in hundredths of a second after boot.
            pub created: Option<u32>,
            /// With `details`: when it was last updated, in hundredths of a second after boot.
            pub updated: Option<u32>,
        }

        key!($type {
            ifindex,
            family,
            address,
        });
        fields!($type {
            ifindex,
            dev,
            family,
            address,
            prefixlen,
            scope,
            flags,
            created,
            updated,
        });
        of_device!($type);
    };
}

address!(
    /// A multicast group that a device listens to.
    Maddress,
    "The group."
);
address!(
    /// An anycast address of a device.
    Acaddress,
    "The address."
);
