//! `kind:"address"`: an address of a device (`RTM_NEWADDR`, `RTM_DELADDR`).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::of_device;
use crate::value::{Flags, Hex, IfName, Symbol};

/// An address of a device (`struct ifaddrmsg`, linux/if_addr.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Address {
    /// The device's index.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Address family: `inet`, `inet6`.
    pub family: Symbol,
    /// The address itself.
    pub local: Option<IpAddr>,
    /// The other end of a point-to-point link (`peer` on `ip`'s command line).
    pub address: Option<IpAddr>,
    /// Length of the prefix in bits.
    pub prefixlen: u8,
    /// IPv4 broadcast address.
    pub broadcast: Option<IpAddr>,
    /// IPv6 anycast address.
    pub anycast: Option<IpAddr>,
    /// IPv6 multicast address.
    pub multicast: Option<IpAddr>,
    /// `global`, `site`, `link`, `host` or a name from rt_scopes.
    pub scope: Symbol,
    /// `secondary` (IPv4) or `temporary` (IPv6), `nodad`, `optimistic`, `dadfailed`, `home`,
    /// `deprecated`, `tentative`, `mngtmpaddr`, `noprefixroute`, `autojoin`, `stable-privacy`;
    /// `dynamic` where it is not permanent.
    pub flags: Flags,
    /// IPv4 label.
    pub label: Option<IfName>,
    /// The label's bytes, where they are not UTF-8.
    pub label_hex: Option<Hex>,
    /// Metric of the route to the prefix.
    pub metric: Option<u32>,
    /// Who added it: `kernel_lo`, `kernel_ra`, `kernel_ll` or a number (`IFAPROT_*`).
    pub protocol: Option<Symbol>,
    /// Id of the network namespace that the peer lives in.
    pub target_netnsid: Option<i32>,
    /// Seconds for which it stays valid; 4294967295 is forever.
    pub valid_life_time: Option<u32>,
    /// Seconds for which it stays preferred; 4294967295 is forever.
    pub preferred_life_time: Option<u32>,
    /// With `details`: when it was made, in hundredths of a second after boot.
    pub created: Option<u32>,
    /// With `details`: when it was last updated, in hundredths of a second after boot.
    pub updated: Option<u32>,
}

key!(Address {
    ifindex,
    family,
    local,
    address,
    prefixlen,
});
fields!(Address {
    ifindex,
    dev,
    family,
    local,
    address,
    prefixlen,
    broadcast,
    anycast,
    multicast,
    scope,
    flags,
    label,
    label_hex,
    metric,
    protocol,
    target_netnsid,
    valid_life_time,
    preferred_life_time,
    created,
    updated,
});

of_device!(Address, copy_volatile(now, old) {
    for (now, before) in [
        (&mut now.valid_life_time, old.valid_life_time),
        (&mut now.preferred_life_time, old.preferred_life_time),
    ] {
        // The clock neither stops nor starts it.
        let runs = |time: Option<u32>| time.is_some_and(|left| left != 0 && left != u32::MAX);
        if runs(*now) && runs(before) {
            *now = before;
        }
    }
    (now.created, now.updated) = (old.created, old.updated);
});
