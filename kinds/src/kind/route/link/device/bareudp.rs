//! Bareudp devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::route::link::wire::Names;
use crate::value::Symbol;

/// Settings of a bareudp device (`IFLA_BAREUDP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Bareudp {
    /// UDP destination port.
    #[nla(IFLA_BAREUDP_PORT = 1, wire = be16)]
    pub dstport: Option<u16>,
    /// Payload protocol: `ip`, `ipv6`, `mpls_uc`, `mpls_mc`, or its number.
    #[nla(IFLA_BAREUDP_ETHERTYPE = 2, names(be16, ETHERTYPES))]
    pub ethertype: Option<Symbol>,
    /// Minimum UDP source port.
    #[nla(IFLA_BAREUDP_SRCPORT_MIN = 3)]
    pub srcportmin: Option<u16>,
    /// Protocols related to `ethertype` are carried too.
    #[nla(IFLA_BAREUDP_MULTIPROTO_MODE = 4, present)]
    pub multiproto: Option<bool>,
}

/// `ETH_P_*` (linux/if_ether.h) that bareudp carries.
const ETHERTYPES: Names = &[
    (0x0800, "ip"),
    (0x86dd, "ipv6"),
    (0x8847, "mpls_uc"),
    (0x8848, "mpls_mc"),
];
