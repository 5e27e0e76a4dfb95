//! `kind:"nduseropt"`: options of a router advertisement that concern programs, such as name
//! servers (`RTM_NEWNDUSEROPT`).

use std::net::{IpAddr, Ipv6Addr};

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::object::of_device;
use crate::value::{Flags, Hex, IfName, Prefix, Symbol};

/// Options of a neighbour discovery message (`struct nduseroptmsg`, linux/rtnetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Nduseropt {
    /// Address family: `inet6`.
    pub family: Symbol,
    /// Index of the device that it came by.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Who sent it.
    pub src: Option<IpAddr>,
    /// Type of the ICMPv6 message: 134 is a router advertisement.
    pub icmp_type: u8,
    /// Its code.
    pub icmp_code: u8,
    /// The options, in order.
    pub options: Vec<NdOption>,
}

of_device!(Nduseropt);

/// An option (RFC 4861). Which fields there are depends on `type`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct NdOption {
    /// `rdnss` (RFC 8106: name servers), `dnssl` (search list), `prefix_information`,
    /// `route_information` (RFC 4191), `captive_portal` (RFC 8910), `pref64` (RFC 8781), else
    /// its number.
    pub r#type: Symbol,
    /// Seconds for which it holds; 4294967295 is for ever.
    pub lifetime: Option<u32>,
    /// prefix_information: seconds for which addresses stay preferred.
    pub preferred_lifetime: Option<u32>,
    /// rdnss: the name servers.
    pub servers: Option<Vec<Ipv6Addr>>,
    /// dnssl: the domains.
    pub domains: Option<Vec<String>>,
    /// prefix_information, route_information, pref64: the prefix.
    pub prefix: Option<Prefix>,
    /// route_information: `low`, `medium`, `high`.
    pub pref: Option<Symbol>,
    /// prefix_information: `onlink`, `autoconf`, `router_address`, `pd_preferred`.
    pub flags: Option<Flags>,
    /// captive_portal: where to log in.
    pub uri: Option<String>,
    /// The whole option, where it could not be decoded.
    pub hex: Option<Hex>,
}
