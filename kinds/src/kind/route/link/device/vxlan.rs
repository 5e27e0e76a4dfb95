//! Vxlan devices.

use std::net::{Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::udp_tunnel::{DF, PortRange};
use crate::json::JsonSchema;
use crate::kind::attributes::nonzero;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::values::HexNumber;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{IfName, Symbol};

/// Settings of a vxlan device (`IFLA_VXLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(custom(
    IFLA_VXLAN_GROUP = 2 => Self::remote,
    IFLA_VXLAN_GROUP6 = 16 => Self::remote6,
))]
#[state(names_device(link_index, link))]
pub struct Vxlan {
    /// VXLAN network id.
    #[nla(IFLA_VXLAN_ID = 1)]
    pub id: Option<u32>,
    /// Multicast group of the remote endpoints, IPv4.
    pub group: Option<Ipv4Addr>,
    /// Multicast group of the remote endpoints, IPv6.
    pub group6: Option<Ipv6Addr>,
    /// Remote address, IPv4.
    pub remote: Option<Ipv4Addr>,
    /// Remote address, IPv6.
    pub remote6: Option<Ipv6Addr>,
    /// Local address, IPv4.
    #[nla(IFLA_VXLAN_LOCAL = 4, nonzero)]
    pub local: Option<Ipv4Addr>,
    /// Local address, IPv6.
    #[nla(IFLA_VXLAN_LOCAL6 = 17, nonzero)]
    pub local6: Option<Ipv6Addr>,
    /// The lower device.
    pub link: Option<IfName>,
    /// Index of that device.
    #[nla(IFLA_VXLAN_LINK = 3, nonzero)]
    pub link_index: Option<u32>,
    /// Range of UDP source ports.
    #[nla(IFLA_VXLAN_PORT_RANGE = 10)]
    pub port_range: Option<PortRange>,
    /// UDP destination port.
    #[nla(IFLA_VXLAN_PORT = 15, wire = be16)]
    pub port: Option<u16>,
    /// Addresses are learned.
    #[nla(IFLA_VXLAN_LEARNING = 7)]
    pub learning: Option<bool>,
    /// ARP proxy is enabled.
    #[nla(IFLA_VXLAN_PROXY = 11)]
    pub proxy: Option<bool>,
    /// Route short circuit.
    #[nla(IFLA_VXLAN_RSC = 12)]
    pub rsc: Option<bool>,
    /// Misses of MAC addresses cause events.
    #[nla(IFLA_VXLAN_L2MISS = 13)]
    pub l2miss: Option<bool>,
    /// Misses of IP addresses cause events.
    #[nla(IFLA_VXLAN_L3MISS = 14)]
    pub l3miss: Option<bool>,
    /// Type of service of the outer header, hexadecimal; 0x1: inherited from the inner header.
    #[nla(IFLA_VXLAN_TOS = 6, nonzero, map(u8, HexNumber::new))]
    pub tos: Option<HexNumber>,
    /// Time to live of the outer header; 0 for the default.
    #[nla(IFLA_VXLAN_TTL = 5)]
    pub ttl: Option<u8>,
    /// Time to live is inherited from the inner header.
    #[nla(IFLA_VXLAN_TTL_INHERIT = 28)]
    pub ttl_inherit: Option<bool>,
    /// Don't fragment bit of the outer header: `unset`, `set`, `inherit`.
    #[nla(IFLA_VXLAN_DF = 29, names(u8, DF))]
    pub df: Option<Symbol>,
    /// IPv6 flow label of the outer header, hexadecimal.
    #[nla(IFLA_VXLAN_LABEL = 26, nonzero, map(be32, HexNumber::new))]
    pub label: Option<HexNumber>,
    /// Source of the flow label: `fixed`, `inherit`.
    #[nla(IFLA_VXLAN_LABEL_POLICY = 32, names(u32, &[(0, "fixed"), (1, "inherit")]))]
    pub label_policy: Option<Symbol>,
    /// Lifetime of a learned address, seconds; 0 for no limit.
    #[nla(IFLA_VXLAN_AGEING = 8)]
    pub ageing: Option<u32>,
    /// Maximum number of learned addresses.
    #[nla(IFLA_VXLAN_LIMIT = 9, nonzero)]
    pub limit: Option<u32>,
    /// UDP checksums over IPv4 are sent.
    #[nla(IFLA_VXLAN_UDP_CSUM = 18)]
    pub udp_csum: Option<bool>,
    /// UDP packets over IPv6 are sent without a checksum.
    #[nla(IFLA_VXLAN_UDP_ZERO_CSUM6_TX = 19)]
    pub udp_zero_csum6_tx: Option<bool>,
    /// UDP packets over IPv6 are accepted without a checksum.
    #[nla(IFLA_VXLAN_UDP_ZERO_CSUM6_RX = 20)]
    pub udp_zero_csum6_rx: Option<bool>,
    /// Remote checksum offload of sent packets.
    #[nla(IFLA_VXLAN_REMCSUM_TX = 21)]
    pub remcsum_tx: Option<bool>,
    /// Remote checksum offload of received packets.
    #[nla(IFLA_VXLAN_REMCSUM_RX = 22)]
    pub remcsum_rx: Option<bool>,
    /// Remote checksum offload without partial checksums.
    #[nla(IFLA_VXLAN_REMCSUM_NOPARTIAL = 24, present)]
    pub remcsum_nopartial: Option<bool>,
    /// The destination is set for each packet by a route or a filter (collect metadata).
    #[nla(IFLA_VXLAN_COLLECT_METADATA = 25)]
    pub external: Option<bool>,
    /// Only packets with the network ids of the VNI filter are accepted.
    #[nla(IFLA_VXLAN_VNIFILTER = 30)]
    pub vnifilter: Option<bool>,
    /// Packets to a local address bypass encapsulation.
    #[nla(IFLA_VXLAN_LOCALBYPASS = 31)]
    pub localbypass: Option<bool>,
    /// Group policy extension (GBP) is enabled.
    #[nla(IFLA_VXLAN_GBP = 23, present)]
    pub gbp: Option<bool>,
    /// Generic protocol extension (GPE) is enabled.
    #[nla(IFLA_VXLAN_GPE = 27, present)]
    pub gpe: Option<bool>,
    /// Header bits that must be zero in received packets, hexadecimal.
    #[nla(IFLA_VXLAN_RESERVED_BITS = 33, map(be64, HexNumber::new))]
    pub reserved_bits: Option<HexNumber>,
    /// Multicast packets are routed.
    #[nla(IFLA_VXLAN_MC_ROUTE = 34)]
    pub mc_route: Option<bool>,
}

impl Vxlan {
    /// `IFLA_VXLAN_GROUP`: a multicast group, or the remote end.
    fn remote(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        match attr.ipv4()? {
            ip if ip.is_multicast() => self.group = Some(ip),
            ip => self.remote = nonzero(ip),
        }
        Ok(())
    }

    /// `IFLA_VXLAN_GROUP6`: a multicast group, or the remote end.
    fn remote6(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        match attr.ipv6()? {
            ip if ip.is_multicast() => self.group6 = Some(ip),
            ip => self.remote6 = nonzero(ip),
        }
        Ok(())
    }
}
