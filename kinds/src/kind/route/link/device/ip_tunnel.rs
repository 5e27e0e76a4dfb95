//! IP tunnels: gre, gretap, erspan, ip6gre, ip6gretap, ip6erspan, ipip, sit, ip6tnl, vti, vti6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::Settings;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes, nonzero};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::values::HexNumber;
use crate::kind::route::link::wire::Names;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, IfName, Symbol};

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

/// `TUNNEL_ENCAP_*`
const ENCAP_TYPES: Names = &[(1, "fou"), (2, "gue"), (3, "mpls")];

/// `IPPROTO_*`: the protocols that a tunnel over IPv4 carries.
const IP_PROTOCOLS: Names = &[(0, "any"), (4, "ipip"), (41, "ip6ip"), (137, "mplsip")];

/// `GRE_*` (linux/if_tunnel.h)
const GRE_CSUM: u16 = 0x8000;
const GRE_KEY: u16 = 0x2000;
const GRE_SEQ: u16 = 0x1000;
