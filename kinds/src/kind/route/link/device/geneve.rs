//! Geneve devices.

use std::net::{Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::udp_tunnel::{DF, PortRange};
use crate::json::JsonSchema;
use crate::kind::route::link::values::HexNumber;
use crate::value::Symbol;

/// Settings of a geneve device (`IFLA_GENEVE_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Geneve {
    /// Virtual network id.
    #[nla(IFLA_GENEVE_ID = 1)]
    pub id: Option<u32>,
    /// Remote address, IPv4.
    #[nla(IFLA_GENEVE_REMOTE = 2)]
    pub remote: Option<Ipv4Addr>,
    /// Remote address, IPv6.
    #[nla(IFLA_GENEVE_REMOTE6 = 7)]
    pub remote6: Option<Ipv6Addr>,
    /// Local address, IPv4.
    #[nla(IFLA_GENEVE_LOCAL = 17)]
    pub local: Option<Ipv4Addr>,
    /// Local address, IPv6.
    #[nla(IFLA_GENEVE_LOCAL6 = 18)]
    pub local6: Option<Ipv6Addr>,
    /// Time to live of the outer header; 0 for the default.
    #[nla(IFLA_GENEVE_TTL = 3)]
    pub ttl: Option<u8>,
    /// Time to live is inherited from the inner header.
    #[nla(IFLA_GENEVE_TTL_INHERIT = 12)]
    pub ttl_inherit: Option<bool>,
    /// Type of service of the outer header, hexadecimal; 0x1: inherited from the inner header.
    #[nla(IFLA_GENEVE_TOS = 4, nonzero, map(u8, HexNumber::new))]
    pub tos: Option<HexNumber>,
    /// Don't fragment bit of the outer header: `unset`, `set`, `inherit`.
    #[nla(IFLA_GENEVE_DF = 13, names(u8, DF))]
    pub df: Option<Symbol>,
    /// IPv6 flow label of the outer header, hexadecimal.
    #[nla(IFLA_GENEVE_LABEL = 11, nonzero, map(be32, HexNumber::new))]
    pub label: Option<HexNumber>,
    /// UDP destination port.
    #[nla(IFLA_GENEVE_PORT = 5, wire = be16)]
    pub port: Option<u16>,
    /// Range of UDP source ports.
    #[nla(IFLA_GENEVE_PORT_RANGE = 15)]
    pub port_range: Option<PortRange>,
    /// Sent packets contain a GRO hint for the receiver.
    #[nla(IFLA_GENEVE_GRO_HINT = 16, present)]
    pub gro_hint: Option<bool>,
    /// The destination is set for each packet by a route or a filter (collect metadata).
    #[nla(IFLA_GENEVE_COLLECT_METADATA = 6, present)]
    pub external: Option<bool>,
    /// UDP checksums over IPv4 are sent.
    #[nla(IFLA_GENEVE_UDP_CSUM = 8)]
    pub udp_csum: Option<bool>,
    /// UDP packets over IPv6 are sent without a checksum.
    #[nla(IFLA_GENEVE_UDP_ZERO_CSUM6_TX = 9)]
    pub udp_zero_csum6_tx: Option<bool>,
    /// UDP packets over IPv6 are accepted without a checksum.
    #[nla(IFLA_GENEVE_UDP_ZERO_CSUM6_RX = 10)]
    pub udp_zero_csum6_rx: Option<bool>,
    /// The inner protocol is inherited from the packet; no inner Ethernet header.
    #[nla(IFLA_GENEVE_INNER_PROTO_INHERIT = 14, present)]
    pub inner_proto_inherit: Option<bool>,
}
