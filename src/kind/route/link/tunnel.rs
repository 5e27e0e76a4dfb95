//! Tunnels.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::values::HexNumber;
use crate::value::{Flags, IfName, Symbol};

/// Settings of a vxlan device (`IFLA_VXLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Vxlan {
    /// VXLAN network id.
    pub id: Option<u32>,
    /// Multicast group of the remote ends, IPv4.
    pub group: Option<Ipv4Addr>,
    /// Multicast group of the remote ends, IPv6.
    pub group6: Option<Ipv6Addr>,
    /// The remote end, IPv4.
    pub remote: Option<Ipv4Addr>,
    /// The remote end, IPv6.
    pub remote6: Option<Ipv6Addr>,
    /// This end, IPv4.
    pub local: Option<Ipv4Addr>,
    /// This end, IPv6.
    pub local6: Option<Ipv6Addr>,
    /// The device underneath.
    pub link: Option<IfName>,
    /// That device's index.
    pub link_index: Option<u32>,
    /// UDP source ports.
    pub port_range: Option<PortRange>,
    /// UDP destination port.
    pub port: Option<u16>,
    /// Addresses are learned.
    pub learning: Option<bool>,
    /// ARP requests are answered.
    pub proxy: Option<bool>,
    /// Route short circuit.
    pub rsc: Option<bool>,
    /// Misses of MAC addresses are told.
    pub l2miss: Option<bool>,
    /// Misses of IP addresses are told.
    pub l3miss: Option<bool>,
    /// Type of service of the outer header, hexadecimal; 0x1 for that of the inner one.
    pub tos: Option<HexNumber>,
    /// Time to live of the outer header; 0 for the default.
    pub ttl: Option<u8>,
    /// Time to live is that of the inner header.
    pub ttl_inherit: Option<bool>,
    /// The outer header's bit against fragmentation: `unset`, `set`, `inherit`.
    pub df: Option<Symbol>,
    /// IPv6 flow label of the outer header, hexadecimal.
    pub label: Option<HexNumber>,
    /// Where the flow label comes from: `fixed`, `inherit`.
    pub label_policy: Option<Symbol>,
    /// How long a learned address is kept, seconds; 0 for ever.
    pub ageing: Option<u32>,
    /// Most learned addresses.
    pub limit: Option<u32>,
    /// UDP checksums over IPv4.
    pub udp_csum: Option<bool>,
    /// No UDP checksum over IPv6, sent.
    pub udp_zero_csum6_tx: Option<bool>,
    /// No UDP checksum over IPv6, received.
    pub udp_zero_csum6_rx: Option<bool>,
    /// Remote checksum offload, sent.
    pub remcsum_tx: Option<bool>,
    /// Remote checksum offload, received.
    pub remcsum_rx: Option<bool>,
    /// Remote checksum offload without partial checksums.
    pub remcsum_nopartial: Option<bool>,
    /// The destination comes with each packet, from a route or a filter.
    pub external: Option<bool>,
    /// Only network ids of its own list are received.
    pub vnifilter: Option<bool>,
    /// Packets to a local address do not go through the network.
    pub localbypass: Option<bool>,
    /// Group policy extension.
    pub gbp: Option<bool>,
    /// Generic protocol extension.
    pub gpe: Option<bool>,
    /// Header bits that received packets may not have set, hexadecimal.
    pub reserved_bits: Option<HexNumber>,
    /// Multicast packets are routed.
    pub mc_route: Option<bool>,
}

/// A range of ports.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PortRange {
    /// The lowest.
    pub low: u16,
    /// The highest; 0 for any.
    pub high: u16,
}

/// Settings of a geneve device (`IFLA_GENEVE_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Geneve {
    /// Virtual network id.
    pub id: Option<u32>,
    /// The remote end, IPv4.
    pub remote: Option<Ipv4Addr>,
    /// The remote end, IPv6.
    pub remote6: Option<Ipv6Addr>,
    /// This end, IPv4.
    pub local: Option<Ipv4Addr>,
    /// This end, IPv6.
    pub local6: Option<Ipv6Addr>,
    /// Time to live of the outer header; 0 for the default.
    pub ttl: Option<u8>,
    /// Time to live is that of the inner header.
    pub ttl_inherit: Option<bool>,
    /// Type of service of the outer header, hexadecimal; 0x1 for that of the inner one.
    pub tos: Option<HexNumber>,
    /// The outer header's bit against fragmentation: `unset`, `set`, `inherit`.
    pub df: Option<Symbol>,
    /// IPv6 flow label of the outer header, hexadecimal.
    pub label: Option<HexNumber>,
    /// UDP destination port.
    pub port: Option<u16>,
    /// UDP source ports.
    pub port_range: Option<PortRange>,
    /// A packet tells the receiver how it may be merged.
    pub gro_hint: Option<bool>,
    /// The destination comes with each packet, from a route or a filter.
    pub external: Option<bool>,
    /// UDP checksums over IPv4.
    pub udp_csum: Option<bool>,
    /// No UDP checksum over IPv6, sent.
    pub udp_zero_csum6_tx: Option<bool>,
    /// No UDP checksum over IPv6, received.
    pub udp_zero_csum6_rx: Option<bool>,
    /// The inner protocol is that of the packet: no Ethernet header.
    pub inner_proto_inherit: Option<bool>,
}

/// Settings of an IP tunnel: gre, gretap, erspan, ip6gre, ip6gretap, ip6erspan, ipip, sit,
/// ip6tnl, vti, vti6 (`IFLA_GRE_*`, `IFLA_IPTUN_*`, `IFLA_VTI_*`, linux/if_tunnel.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Tunnel {
    /// What is inside: `ipip`, `ip6ip`, `mplsip`, `ipip6`, `ip6ip6`, `any`.
    pub proto: Option<Symbol>,
    /// The destination comes with each packet, from a route or a filter.
    pub external: Option<bool>,
    /// The remote end; absent for any.
    pub remote: Option<IpAddr>,
    /// This end; absent for any.
    pub local: Option<IpAddr>,
    /// The device underneath.
    pub link: Option<IfName>,
    /// That device's index.
    pub link_index: Option<u32>,
    /// Time to live or hop limit of the outer header; 0 for that of the inner one.
    pub ttl: Option<u8>,
    /// Type of service of the outer header, hexadecimal; 0x1 for that of the inner one.
    pub tos: Option<HexNumber>,
    /// Path MTU discovery.
    pub pmtudisc: Option<bool>,
    /// Packets that say not to be fragmented are fragmented.
    pub ignore_df: Option<bool>,
    /// Most tunnels in tunnels, IPv6.
    pub encap_limit: Option<u8>,
    /// Traffic class of the outer header, IPv6, hexadecimal.
    pub tclass: Option<String>,
    /// Flow label of the outer header, IPv6, hexadecimal.
    pub flowlabel: Option<String>,
    /// Over IPv6: no limit of tunnels in tunnels.
    pub ip6_tnl_f_ign_encap_limit: Option<bool>,
    /// Over IPv6: traffic class is that of the inner header.
    pub ip6_tnl_f_use_orig_tclass: Option<bool>,
    /// Over IPv6: flow label is that of the inner header.
    pub ip6_tnl_f_use_orig_flowlabel: Option<bool>,
    /// Over IPv6: for mobile IPv6.
    pub ip6_tnl_f_mip6_dev: Option<bool>,
    /// Over IPv6: the DSCP of a received packet is copied to the inner header.
    pub ip6_tnl_f_rcv_dscp_copy: Option<bool>,
    /// Over IPv6: firewall mark is that of the inner packet.
    pub ip6_tnl_f_use_orig_fwmark: Option<bool>,
    /// Over IPv6: the remote end may be an address of this machine.
    pub ip6_tnl_f_allow_local_remote: Option<bool>,
    /// sit: ISATAP.
    pub isatap: Option<bool>,
    /// Other flags. Over IPv6: `cap_xmit`, `cap_rcv` (it can send, receive), `cap_per_packet`
    /// (that depends on the packet).
    pub flags: Option<Flags>,
    /// Key of received packets, written as an IPv4 address.
    pub ikey: Option<Ipv4Addr>,
    /// Key of sent packets, written as an IPv4 address.
    pub okey: Option<Ipv4Addr>,
    /// Received packets must be in sequence.
    pub iseq: Option<bool>,
    /// Sent packets have a sequence number.
    pub oseq: Option<bool>,
    /// Received packets must have a checksum.
    pub icsum: Option<bool>,
    /// Sent packets have a checksum.
    pub ocsum: Option<bool>,
    /// Firewall mark, hexadecimal.
    pub fwmark: Option<HexNumber>,
    /// erspan: index of the mirrored port or VLAN.
    pub erspan_index: Option<u32>,
    /// erspan: version.
    pub erspan_ver: Option<u8>,
    /// erspan: `ingress`, `egress`.
    pub erspan_dir: Option<Symbol>,
    /// erspan: id of the hardware, hexadecimal.
    pub erspan_hwid: Option<HexNumber>,
    /// sit: IPv6 prefix of 6rd.
    pub prefix: Option<Ipv6Addr>,
    /// sit: its length, bits.
    pub prefixlen: Option<u16>,
    /// sit: IPv4 prefix of the 6rd relays.
    pub relay_prefix: Option<Ipv4Addr>,
    /// sit: its length, bits.
    pub relay_prefixlen: Option<u16>,
    /// What the tunnel itself is wrapped in; absent for nothing.
    pub encap: Option<TunnelEncap>,
}

/// UDP around a tunnel.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TunnelEncap {
    /// `fou`, `gue`, `mpls`.
    pub r#type: Option<Symbol>,
    /// UDP source port; 0 for one per flow.
    pub sport: Option<u16>,
    /// UDP destination port.
    pub dport: Option<u16>,
    /// UDP checksums over IPv4.
    pub csum: Option<bool>,
    /// UDP checksums over IPv6.
    pub csum6: Option<bool>,
    /// Remote checksum offload.
    pub remcsum: Option<bool>,
}

/// Settings of an xfrm device (`IFLA_XFRM_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Xfrm {
    /// The device underneath.
    pub link: Option<IfName>,
    /// That device's index.
    pub link_index: Option<u32>,
    /// Id that policies and states refer to, hexadecimal.
    pub if_id: Option<HexNumber>,
    /// The destination comes with each packet, from a route or a filter.
    pub external: Option<bool>,
}
