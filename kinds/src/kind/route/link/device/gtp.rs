//! GTP devices.

use std::net::{Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::value::Symbol;

/// Settings of a GTP device (`IFLA_GTP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Gtp {
    /// `ggsn`, `sgsn`.
    #[nla(IFLA_GTP_ROLE = 4, names(u32, &[(0, "ggsn"), (1, "sgsn")]))]
    pub role: Option<Symbol>,
    /// Size of the table of contexts.
    #[nla(IFLA_GTP_PDP_HASHSIZE = 3)]
    pub hsize: Option<u32>,
    /// Restart counter.
    #[nla(IFLA_GTP_RESTART_COUNT = 6)]
    pub restart_count: Option<u8>,
    /// Local address, IPv4.
    #[nla(IFLA_GTP_LOCAL = 7)]
    pub local: Option<Ipv4Addr>,
    /// Local address, IPv6.
    #[nla(IFLA_GTP_LOCAL6 = 8)]
    pub local6: Option<Ipv6Addr>,
}
