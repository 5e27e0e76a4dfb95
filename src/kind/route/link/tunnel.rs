//! Tunnels.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::settings::Settings;
use super::values::HexNumber;
use super::wire::{Names, array};
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr, nonzero};
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, IfName, Symbol};

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

/// A range of ports.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PortRange {
    /// First port.
    pub low: u16,
    /// Last port; 0 for any.
    pub high: u16,
}

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

/// The attributes of gre, gretap, erspan, ip6gre, ip6gretap and ip6erspan: `IFLA_GRE_*`.
pub struct Gre;
/// The attributes of ipip, sit and ip6tnl: `IFLA_IPTUN_*`.
pub struct IpTun;
/// The attributes of vti and vti6: `IFLA_VTI_*`.
pub struct Vti;

/// Settings of an IP tunnel: gre, gretap, erspan, ip6gre, ip6gretap, ip6erspan, ipip, sit,
/// ip6tnl, vti, vti6 (`IFLA_GRE_*`, `IFLA_IPTUN_*`, `IFLA_VTI_*`, linux/if_tunnel.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(in Gre, custom(
    IFLA_GRE_IFLAGS = 2 => Self::received_flags,
    IFLA_GRE_OFLAGS = 3 => Self::sent_flags,
    IFLA_GRE_IKEY = 4 => Self::received_key,
    IFLA_GRE_OKEY = 5 => Self::sent_key,
    IFLA_GRE_FLOWINFO = 12 => Self::flow_info,
    IFLA_GRE_FLAGS = 13 => Self::ipv6_flags,
))]
#[nla(in IpTun, custom(
    IFLA_IPTUN_FLOWINFO = 7 => Self::flow_info,
    IFLA_IPTUN_FLAGS = 8 => Self::flags,
))]
#[state(names_device(link_index, link))]
pub struct Tunnel {
    /// Inner protocol: `ipip`, `ip6ip`, `mplsip`, `ipip6`, `ip6ip6`, `any`.
    #[nla(in IpTun, IFLA_IPTUN_PROTO = 9, names(u8, IP_PROTOCOLS))]
    pub proto: Option<Symbol>,
    /// The destination is set for each packet by a route or a filter (collect metadata).
    #[nla(in Gre, IFLA_GRE_COLLECT_METADATA = 18, present)]
    #[nla(in IpTun, IFLA_IPTUN_COLLECT_METADATA = 19, present)]
    pub external: Option<bool>,
    /// Remote address; absent for any.
    #[nla(in Gre, IFLA_GRE_REMOTE = 7, nonzero)]
    #[nla(in IpTun, IFLA_IPTUN_REMOTE = 3, nonzero)]
    #[nla(in Vti, IFLA_VTI_REMOTE = 5, nonzero)]
    pub remote: Option<IpAddr>,
    /// Local address; absent for any.
    #[nla(in Gre, IFLA_GRE_LOCAL = 6, nonzero)]
    #[nla(in IpTun, IFLA_IPTUN_LOCAL = 2, nonzero)]
    #[nla(in Vti, IFLA_VTI_LOCAL = 4, nonzero)]
    pub local: Option<IpAddr>,
    /// The lower device.
    pub link: Option<IfName>,
    /// Index of that device.
    #[nla(in Gre, IFLA_GRE_LINK = 1, nonzero)]
    #[nla(in IpTun, IFLA_IPTUN_LINK = 1, nonzero)]
    #[nla(in Vti, IFLA_VTI_LINK = 1, nonzero)]
    pub link_index: Option<u32>,
    /// Time to live or hop limit of the outer header; 0: inherited from the inner header.
    #[nla(in Gre, IFLA_GRE_TTL = 8)]
    #[nla(in IpTun, IFLA_IPTUN_TTL = 4)]
    pub ttl: Option<u8>,
    /// Type of service of the outer header, hexadecimal; 0x1: inherited from the inner header.
    #[nla(in Gre, IFLA_GRE_TOS = 9, nonzero, map(u8, HexNumber::new))]
    #[nla(in IpTun, IFLA_IPTUN_TOS = 5, nonzero, map(u8, HexNumber::new))]
    pub tos: Option<HexNumber>,
    /// Path MTU discovery.
    #[nla(in Gre, IFLA_GRE_PMTUDISC = 10)]
    #[nla(in IpTun, IFLA_IPTUN_PMTUDISC = 10)]
    pub pmtudisc: Option<bool>,
    /// The don't fragment bit of the inner header is ignored.
    #[nla(in Gre, IFLA_GRE_IGNORE_DF = 19)]
    pub ignore_df: Option<bool>,
    /// Maximum number of nested encapsulations, IPv6.
    #[nla(in Gre, IFLA_GRE_ENCAP_LIMIT = 11)]
    #[nla(in IpTun, IFLA_IPTUN_ENCAP_LIMIT = 6)]
    pub encap_limit: Option<u8>,
    /// Traffic class of the outer header, IPv6, hexadecimal.
    pub tclass: Option<String>,
    /// Flow label of the outer header, IPv6, hexadecimal.
    pub flowlabel: Option<String>,
    /// Over IPv6: no limit of nested encapsulations.
    pub ip6_tnl_f_ign_encap_limit: Option<bool>,
    /// Over IPv6: traffic class is inherited from the inner header.
    pub ip6_tnl_f_use_orig_tclass: Option<bool>,
    /// Over IPv6: flow label is inherited from the inner header.
    pub ip6_tnl_f_use_orig_flowlabel: Option<bool>,
    /// Over IPv6: for mobile IPv6.
    pub ip6_tnl_f_mip6_dev: Option<bool>,
    /// Over IPv6: the DSCP of a received packet is copied to the inner header.
    pub ip6_tnl_f_rcv_dscp_copy: Option<bool>,
    /// Over IPv6: firewall mark is inherited from the inner packet.
    pub ip6_tnl_f_use_orig_fwmark: Option<bool>,
    /// Over IPv6: the remote address may be local.
    pub ip6_tnl_f_allow_local_remote: Option<bool>,
    /// sit: ISATAP.
    pub isatap: Option<bool>,
    /// Other flags. Over IPv6: `cap_xmit`, `cap_rcv` (it can send, receive), `cap_per_packet`
    /// (depends on the packet).
    pub flags: Option<Flags>,
    /// Key of received packets, written as an IPv4 address.
    #[nla(in Vti, IFLA_VTI_IKEY = 2, nonzero)]
    pub ikey: Option<Ipv4Addr>,
    /// Key of sent packets, written as an IPv4 address.
    #[nla(in Vti, IFLA_VTI_OKEY = 3, nonzero)]
    pub okey: Option<Ipv4Addr>,
    /// Received packets must have a sequence number and be in sequence.
    pub iseq: Option<bool>,
    /// Sent packets have a sequence number.
    pub oseq: Option<bool>,
    /// Received packets must have a checksum.
    pub icsum: Option<bool>,
    /// Sent packets have a checksum.
    pub ocsum: Option<bool>,
    /// Firewall mark, hexadecimal.
    #[nla(in Gre, IFLA_GRE_FWMARK = 20, nonzero, map(u32, HexNumber::new))]
    #[nla(in IpTun, IFLA_IPTUN_FWMARK = 20, nonzero, map(u32, HexNumber::new))]
    #[nla(in Vti, IFLA_VTI_FWMARK = 6, nonzero, map(u32, HexNumber::new))]
    pub fwmark: Option<HexNumber>,
    /// erspan: index of the mirrored port or VLAN.
    #[nla(in Gre, IFLA_GRE_ERSPAN_INDEX = 21)]
    pub erspan_index: Option<u32>,
    /// erspan: version.
    #[nla(in Gre, IFLA_GRE_ERSPAN_VER = 22)]
    pub erspan_ver: Option<u8>,
    /// erspan: `ingress`, `egress`.
    #[nla(in Gre, IFLA_GRE_ERSPAN_DIR = 23, names(u8, &[(0, "ingress"), (1, "egress")]))]
    pub erspan_dir: Option<Symbol>,
    /// erspan: id of the hardware, hexadecimal.
    #[nla(in Gre, IFLA_GRE_ERSPAN_HWID = 24, map(u16, HexNumber::new))]
    pub erspan_hwid: Option<HexNumber>,
    /// sit: IPv6 prefix of 6rd.
    #[nla(in IpTun, IFLA_IPTUN_6RD_PREFIX = 11, nonzero)]
    pub prefix: Option<Ipv6Addr>,
    /// sit: length of the IPv6 prefix of 6rd, bits.
    #[nla(in IpTun, IFLA_IPTUN_6RD_PREFIXLEN = 13, nonzero)]
    pub prefixlen: Option<u16>,
    /// sit: IPv4 prefix of the 6rd relays.
    #[nla(in IpTun, IFLA_IPTUN_6RD_RELAY_PREFIX = 12, nonzero)]
    pub relay_prefix: Option<Ipv4Addr>,
    /// sit: length of the IPv4 prefix of the 6rd relays, bits.
    #[nla(in IpTun, IFLA_IPTUN_6RD_RELAY_PREFIXLEN = 14, nonzero)]
    pub relay_prefixlen: Option<u16>,
    /// Encapsulation of the tunnel; absent for none.
    #[nla(in Gre, flatten)]
    #[nla(in IpTun, flatten)]
    pub encap: Option<TunnelEncap>,
}

/// Encapsulation of a tunnel.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(in Gre, custom(IFLA_GRE_ENCAP_FLAGS = 15 => Self::flags))]
#[nla(in IpTun, custom(IFLA_IPTUN_ENCAP_FLAGS = 16 => Self::flags))]
pub struct TunnelEncap {
    /// `fou`, `gue`, `mpls`.
    #[nla(in Gre, IFLA_GRE_ENCAP_TYPE = 14, nonzero, names(u16, ENCAP_TYPES))]
    #[nla(in IpTun, IFLA_IPTUN_ENCAP_TYPE = 15, nonzero, names(u16, ENCAP_TYPES))]
    pub r#type: Option<Symbol>,
    /// UDP source port; 0 for one per flow.
    #[nla(in Gre, IFLA_GRE_ENCAP_SPORT = 16, wire = be16)]
    #[nla(in IpTun, IFLA_IPTUN_ENCAP_SPORT = 17, wire = be16)]
    pub sport: Option<u16>,
    /// UDP destination port.
    #[nla(in Gre, IFLA_GRE_ENCAP_DPORT = 17, wire = be16)]
    #[nla(in IpTun, IFLA_IPTUN_ENCAP_DPORT = 18, wire = be16)]
    pub dport: Option<u16>,
    /// UDP checksums over IPv4 are sent.
    pub csum: Option<bool>,
    /// UDP checksums over IPv6 are sent.
    pub csum6: Option<bool>,
    /// Remote checksum offload.
    pub remcsum: Option<bool>,
}

/// Settings of an xfrm device (`IFLA_XFRM_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(names_device(link_index, link))]
pub struct Xfrm {
    /// The lower device.
    pub link: Option<IfName>,
    /// Index of that device.
    #[nla(IFLA_XFRM_LINK = 1, nonzero)]
    pub link_index: Option<u32>,
    /// Interface id of xfrm policies and states, hexadecimal.
    #[nla(IFLA_XFRM_IF_ID = 2, nonzero, map(u32, HexNumber::new))]
    pub if_id: Option<HexNumber>,
    /// The destination is set for each packet by a route or a filter (collect metadata).
    #[nla(IFLA_XFRM_COLLECT_METADATA = 3, present)]
    pub external: Option<bool>,
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

/// `struct ifla_vxlan_port_range`, `struct ifla_geneve_port_range`
impl FromAttr for PortRange {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [l0, l1, h0, h1] = array(attr.value)?;
        Ok(PortRange {
            low: u16::from_be_bytes([l0, l1]),
            high: u16::from_be_bytes([h0, h1]),
        })
    }
}

impl Settings for Tunnel {
    const SETS: &'static [&'static [AttrDecl]] = &[
        <Self as Attributes<Gre>>::ATTRS,
        <Self as Attributes<IpTun>>::ATTRS,
        <Self as Attributes<Vti>>::ATTRS,
    ];

    fn decode(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        kind: &str,
    ) -> Result<Self, AttrError> {
        let mut tunnel = Tunnel::default();
        match kind {
            "ipip" | "sit" | "ip6tnl" => Attributes::<IpTun>::nest(&mut tunnel, context, attr)?,
            "vti" | "vti6" => Attributes::<Vti>::nest(&mut tunnel, context, attr)?,
            _ => Attributes::<Gre>::nest(&mut tunnel, context, attr)?,
        }
        // `ip` names the same protocols in another way where the outer header is IPv6.
        if kind == "ip6tnl" {
            tunnel.proto = tunnel.proto.map(|proto| match proto {
                Symbol::Known("ipip") => Symbol::Known("ipip6"),
                Symbol::Known("ip6ip") => Symbol::Known("ip6ip6"),
                other => other,
            });
        }
        // The kernel sends the ports of an encapsulation of type 0 (none) too.
        tunnel.encap = tunnel.encap.filter(|encap| encap.r#type.is_some());
        Ok(tunnel)
    }
}

impl Tunnel {
    fn received_flags(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let flags = attr.be16()?;
        self.icsum = Some(flags & GRE_CSUM != 0);
        self.iseq = Some(flags & GRE_SEQ != 0);
        if flags & GRE_KEY != 0 {
            self.ikey.get_or_insert(Ipv4Addr::UNSPECIFIED);
        }
        Ok(())
    }

    fn sent_flags(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let flags = attr.be16()?;
        self.ocsum = Some(flags & GRE_CSUM != 0);
        self.oseq = Some(flags & GRE_SEQ != 0);
        if flags & GRE_KEY != 0 {
            self.okey.get_or_insert(Ipv4Addr::UNSPECIFIED);
        }
        Ok(())
    }

    // A key of 0 is sent with and without `GRE_KEY`: only the flags show if there is one.
    fn received_key(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.ikey = nonzero(attr.ipv4()?).or(self.ikey);
        Ok(())
    }

    fn sent_key(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.okey = nonzero(attr.ipv4()?).or(self.okey);
        Ok(())
    }

    /// Traffic class and flow label: the lower 28 bits of an IPv6 header's first word.
    fn flow_info(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let word = attr.be32()?;
        self.tclass = Some(format!("{:#04x}", word >> 20 & 0xff));
        self.flowlabel = Some(format!("{:#07x}", word & 0xf_ffff));
        Ok(())
    }

    /// `SIT_ISATAP` in 16 bits for sit, `IP6_TNL_F_*` in 32 bits for ip6tnl.
    fn flags(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let Ok(flags) = attr.u16() else {
            return self.ipv6_flags(context, attr);
        };
        self.isatap = (flags & 1 != 0).then_some(true);
        self.flags = other_flags((flags & !1).into());
        Ok(())
    }

    /// `IP6_TNL_F_*` (linux/ip6_tunnel.h)
    fn ipv6_flags(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let flags = attr.u32()?;
        let set = |bit: u32| (flags & bit != 0).then_some(true);
        self.ip6_tnl_f_ign_encap_limit = set(0x01);
        self.ip6_tnl_f_use_orig_tclass = set(0x02);
        self.ip6_tnl_f_use_orig_flowlabel = set(0x04);
        self.ip6_tnl_f_mip6_dev = set(0x08);
        self.ip6_tnl_f_rcv_dscp_copy = set(0x10);
        self.ip6_tnl_f_use_orig_fwmark = set(0x20);
        self.ip6_tnl_f_allow_local_remote = set(0x40);
        self.flags = other_flags(flags & !0x7f);
        Ok(())
    }
}

/// The flags without a field of their own: `IP6_TNL_F_CAP_*`, and those of newer kernels.
fn other_flags(flags: u32) -> Option<Flags> {
    let names: &FlagNames = &[
        (0x10000, "cap_xmit"),
        (0x20000, "cap_rcv"),
        (0x40000, "cap_per_packet"),
    ];
    nonzero(flags).map(|flags| Flags::new(flags.into(), names))
}

impl TunnelEncap {
    /// `TUNNEL_ENCAP_FLAG_*`
    fn flags(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let flags = attr.u16()?;
        if flags & !7 != 0 {
            return Err(AttrError::Value);
        }
        self.csum = Some(flags & 1 != 0);
        self.csum6 = Some(flags & 2 != 0);
        self.remcsum = Some(flags & 4 != 0);
        Ok(())
    }
}

/// `VXLAN_DF_*`, `GENEVE_DF_*`
const DF: Names = &[(0, "unset"), (1, "set"), (2, "inherit")];
/// `TUNNEL_ENCAP_*`
const ENCAP_TYPES: Names = &[(1, "fou"), (2, "gue"), (3, "mpls")];
/// `IPPROTO_*`: the protocols that a tunnel over IPv4 carries.
const IP_PROTOCOLS: Names = &[(0, "any"), (4, "ipip"), (41, "ip6ip"), (137, "mplsip")];
/// `GRE_*` (linux/if_tunnel.h)
const GRE_CSUM: u16 = 0x8000;
const GRE_KEY: u16 = 0x2000;
const GRE_SEQ: u16 = 0x1000;
