//! Tunnels.

use std::net::Ipv4Addr;

use super::settings::{
    Names, bytes, exactly, hex_nonzero, ipv4_nonzero, nonzero, settings, symbol8, symbol32,
};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::tunnel::{Geneve, PortRange, Tunnel, TunnelEncap, Vxlan, Xfrm};
use crate::kind::route::link::values::HexNumber;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

settings! {
    /// `IFLA_VXLAN_*` → the settings of a vxlan device.
    pub(super) fn vxlan(context, attr, into) -> Vxlan {
        IFLA_VXLAN_ID = 1 => id: attr.u32()?;
        IFLA_VXLAN_TTL = 5 => ttl: attr.u8()?;
        IFLA_VXLAN_LEARNING = 7 => learning: attr.bool()?;
        IFLA_VXLAN_AGEING = 8 => ageing: attr.u32()?;
        IFLA_VXLAN_PORT_RANGE = 10 => port_range: port_range(&attr)?;
        IFLA_VXLAN_PROXY = 11 => proxy: attr.bool()?;
        IFLA_VXLAN_RSC = 12 => rsc: attr.bool()?;
        IFLA_VXLAN_L2MISS = 13 => l2miss: attr.bool()?;
        IFLA_VXLAN_L3MISS = 14 => l3miss: attr.bool()?;
        IFLA_VXLAN_PORT = 15 => port: attr.be16()?;
        IFLA_VXLAN_UDP_CSUM = 18 => udp_csum: attr.bool()?;
        IFLA_VXLAN_UDP_ZERO_CSUM6_TX = 19 => udp_zero_csum6_tx: attr.bool()?;
        IFLA_VXLAN_UDP_ZERO_CSUM6_RX = 20 => udp_zero_csum6_rx: attr.bool()?;
        IFLA_VXLAN_REMCSUM_TX = 21 => remcsum_tx: attr.bool()?;
        IFLA_VXLAN_REMCSUM_RX = 22 => remcsum_rx: attr.bool()?;
        IFLA_VXLAN_GBP = 23 => gbp: true;
        IFLA_VXLAN_REMCSUM_NOPARTIAL = 24 => remcsum_nopartial: true;
        IFLA_VXLAN_COLLECT_METADATA = 25 => external: attr.bool()?;
        IFLA_VXLAN_GPE = 27 => gpe: true;
        IFLA_VXLAN_TTL_INHERIT = 28 => ttl_inherit: attr.bool()?;
        IFLA_VXLAN_DF = 29 => df: symbol8(attr, DF)?;
        IFLA_VXLAN_VNIFILTER = 30 => vnifilter: attr.bool()?;
        IFLA_VXLAN_LOCALBYPASS = 31 => localbypass: attr.bool()?;
        IFLA_VXLAN_LABEL_POLICY = 32 => label_policy: symbol32(attr, &[(0, "fixed"), (1, "inherit")])?;
        IFLA_VXLAN_RESERVED_BITS = 33 => reserved_bits: HexNumber(attr.be64()?);
        IFLA_VXLAN_MC_ROUTE = 34 => mc_route: attr.bool()?;
    }
    free {
        IFLA_VXLAN_GROUP = 2 => {
            match ipv4_nonzero(attr)? {
                Some(ip) if ip.is_multicast() => into.group = Some(ip),
                ip => into.remote = ip,
            }
        }
        IFLA_VXLAN_LINK = 3 => { into.link_index = nonzero(attr.u32()?) }
        IFLA_VXLAN_LOCAL = 4 => { into.local = ipv4_nonzero(attr)? }
        IFLA_VXLAN_TOS = 6 => { into.tos = hex_nonzero(attr.u8()?) }
        IFLA_VXLAN_LIMIT = 9 => { into.limit = nonzero(attr.u32()?) }
        IFLA_VXLAN_GROUP6 = 16 => {
            match attr.ipv6()? {
                ip if ip.is_multicast() => into.group6 = Some(ip),
                ip => into.remote6 = (!ip.is_unspecified()).then_some(ip),
            }
        }
        IFLA_VXLAN_LOCAL6 = 17 => {
            let ip = attr.ipv6()?;
            into.local6 = (!ip.is_unspecified()).then_some(ip);
        }
        IFLA_VXLAN_LABEL = 26 => { into.label = hex_nonzero(attr.be32()?) }
    }
}

/// `VXLAN_DF_*`, `GENEVE_DF_*`
const DF: Names = &[(0, "unset"), (1, "set"), (2, "inherit")];

/// `struct ifla_vxlan_port_range`
fn port_range(attr: &Attr) -> Result<PortRange, AttrError> {
    let value = exactly(attr, 4)?;
    Ok(PortRange {
        low: u16::from_be_bytes(bytes(value, 0)?),
        high: u16::from_be_bytes(bytes(value, 2)?),
    })
}

settings! {
    /// `IFLA_GENEVE_*` → the settings of a geneve device.
    pub(super) fn geneve(context, attr, into) -> Geneve {
        IFLA_GENEVE_ID = 1 => id: attr.u32()?;
        IFLA_GENEVE_REMOTE = 2 => remote: attr.ipv4()?;
        IFLA_GENEVE_TTL = 3 => ttl: attr.u8()?;
        IFLA_GENEVE_PORT = 5 => port: attr.be16()?;
        IFLA_GENEVE_COLLECT_METADATA = 6 => external: true;
        IFLA_GENEVE_REMOTE6 = 7 => remote6: attr.ipv6()?;
        IFLA_GENEVE_UDP_CSUM = 8 => udp_csum: attr.bool()?;
        IFLA_GENEVE_UDP_ZERO_CSUM6_TX = 9 => udp_zero_csum6_tx: attr.bool()?;
        IFLA_GENEVE_UDP_ZERO_CSUM6_RX = 10 => udp_zero_csum6_rx: attr.bool()?;
        IFLA_GENEVE_TTL_INHERIT = 12 => ttl_inherit: attr.bool()?;
        IFLA_GENEVE_DF = 13 => df: symbol8(attr, DF)?;
        IFLA_GENEVE_INNER_PROTO_INHERIT = 14 => inner_proto_inherit: true;
        IFLA_GENEVE_PORT_RANGE = 15 => port_range: port_range(&attr)?;
        IFLA_GENEVE_GRO_HINT = 16 => gro_hint: true;
        IFLA_GENEVE_LOCAL = 17 => local: attr.ipv4()?;
        IFLA_GENEVE_LOCAL6 = 18 => local6: attr.ipv6()?;
    }
    free {
        IFLA_GENEVE_TOS = 4 => { into.tos = hex_nonzero(attr.u8()?) }
        IFLA_GENEVE_LABEL = 11 => { into.label = hex_nonzero(attr.be32()?) }
    }
}

settings! {
    /// `IFLA_GRE_*` → the settings of a gre, gretap or erspan device, over IPv4 or IPv6.
    pub(super) fn gre(context, attr, into) -> Tunnel {
        IFLA_GRE_TTL = 8 => ttl: attr.u8()?;
        IFLA_GRE_PMTUDISC = 10 => pmtudisc: attr.bool()?;
        IFLA_GRE_ENCAP_LIMIT = 11 => encap_limit: attr.u8()?;
        IFLA_GRE_COLLECT_METADATA = 18 => external: true;
        IFLA_GRE_IGNORE_DF = 19 => ignore_df: attr.bool()?;
        IFLA_GRE_ERSPAN_INDEX = 21 => erspan_index: attr.u32()?;
        IFLA_GRE_ERSPAN_VER = 22 => erspan_ver: attr.u8()?;
        IFLA_GRE_ERSPAN_DIR = 23 => erspan_dir: symbol8(attr, &[(0, "ingress"), (1, "egress")])?;
        IFLA_GRE_ERSPAN_HWID = 24 => erspan_hwid: HexNumber(attr.u16()?.into());
    }
    free {
        IFLA_GRE_LINK = 1 => { into.link_index = nonzero(attr.u32()?) }
        IFLA_GRE_IFLAGS = 2 => {
            let flags = attr.be16()?;
            (into.icsum, into.iseq) = (Some(flags & GRE_CSUM != 0), Some(flags & GRE_SEQ != 0));
            if flags & GRE_KEY != 0 {
                into.ikey.get_or_insert(Ipv4Addr::UNSPECIFIED);
            }
        }
        IFLA_GRE_OFLAGS = 3 => {
            let flags = attr.be16()?;
            (into.ocsum, into.oseq) = (Some(flags & GRE_CSUM != 0), Some(flags & GRE_SEQ != 0));
            if flags & GRE_KEY != 0 {
                into.okey.get_or_insert(Ipv4Addr::UNSPECIFIED);
            }
        }
        IFLA_GRE_IKEY = 4 => { into.ikey = ipv4_nonzero(attr)?.or(into.ikey) }
        IFLA_GRE_OKEY = 5 => { into.okey = ipv4_nonzero(attr)?.or(into.okey) }
        IFLA_GRE_LOCAL = 6 => { into.local = Some(attr.ip()?).filter(|ip| !ip.is_unspecified()) }
        IFLA_GRE_REMOTE = 7 => { into.remote = Some(attr.ip()?).filter(|ip| !ip.is_unspecified()) }
        IFLA_GRE_TOS = 9 => { into.tos = hex_nonzero(attr.u8()?) }
        IFLA_GRE_FLOWINFO = 12 => { flowinfo(&attr, into)? }
        IFLA_GRE_FLAGS = 13 => { ip6_tnl_flags(attr.u32()?, into) }
        IFLA_GRE_ENCAP_TYPE = 14 => { encap_type(&attr, into)? }
        IFLA_GRE_ENCAP_FLAGS = 15 => { encap_flags(&attr, into)? }
        IFLA_GRE_ENCAP_SPORT = 16 => { encap_sport(&attr, into)? }
        IFLA_GRE_ENCAP_DPORT = 17 => { encap_dport(&attr, into)? }
        IFLA_GRE_FWMARK = 20 => { into.fwmark = hex_nonzero(attr.u32()?) }
    }
}

/// linux/if_tunnel.h
const GRE_CSUM: u16 = 0x8000;
const GRE_KEY: u16 = 0x2000;
const GRE_SEQ: u16 = 0x1000;

/// `IP6_TNL_F_*` (linux/ip6_tunnel.h)
fn ip6_tnl_flags(flags: u32, into: &mut Tunnel) {
    let set = |bit: u32| (flags & bit != 0).then_some(true);
    into.ip6_tnl_f_ign_encap_limit = set(0x01);
    into.ip6_tnl_f_use_orig_tclass = set(0x02);
    into.ip6_tnl_f_use_orig_flowlabel = set(0x04);
    into.ip6_tnl_f_mip6_dev = set(0x08);
    into.ip6_tnl_f_rcv_dscp_copy = set(0x10);
    into.ip6_tnl_f_use_orig_fwmark = set(0x20);
    into.ip6_tnl_f_allow_local_remote = set(0x40);
    into.flags = other_flags(flags & !0x7f);
}

/// `SIT_ISATAP`
fn sit_flags(flags: u16, into: &mut Tunnel) {
    into.isatap = (flags & 1 != 0).then_some(true);
    into.flags = other_flags((flags & !1).into());
}

/// The flags that have no field of their own: `IP6_TNL_F_CAP_*`, and newer ones.
fn other_flags(flags: u32) -> Option<Flags> {
    let names: &FlagNames = &[
        (0x10000, "cap_xmit"),
        (0x20000, "cap_rcv"),
        (0x40000, "cap_per_packet"),
    ];
    nonzero(flags).map(|flags| Flags::new(flags.into(), names))
}

settings! {
    /// `IFLA_IPTUN_*` → the settings of an ipip, sit or ip6tnl device.
    pub(super) fn iptun(context, attr, into) -> Tunnel {
        IFLA_IPTUN_TTL = 4 => ttl: attr.u8()?;
        IFLA_IPTUN_ENCAP_LIMIT = 6 => encap_limit: attr.u8()?;
        IFLA_IPTUN_PMTUDISC = 10 => pmtudisc: attr.bool()?;
        IFLA_IPTUN_COLLECT_METADATA = 19 => external: true;
    }
    free {
        IFLA_IPTUN_LINK = 1 => { into.link_index = nonzero(attr.u32()?) }
        IFLA_IPTUN_LOCAL = 2 => { into.local = Some(attr.ip()?).filter(|ip| !ip.is_unspecified()) }
        IFLA_IPTUN_REMOTE = 3 => { into.remote = Some(attr.ip()?).filter(|ip| !ip.is_unspecified()) }
        IFLA_IPTUN_TOS = 5 => { into.tos = hex_nonzero(attr.u8()?) }
        IFLA_IPTUN_FLOWINFO = 7 => { flowinfo(&attr, into)? }
        IFLA_IPTUN_FLAGS = 8 => {
            // sit has 16 bits of flags, ip6tnl 32.
            match attr.u16() {
                Ok(flags) => sit_flags(flags, into),
                Err(_) => ip6_tnl_flags(attr.u32()?, into),
            }
        }
        IFLA_IPTUN_PROTO = 9 => { into.proto = Some(symbol8(attr, IP_PROTOCOLS)?) }
        IFLA_IPTUN_6RD_PREFIX = 11 => {
            into.prefix = Some(attr.ipv6()?).filter(|ip| !ip.is_unspecified());
        }
        IFLA_IPTUN_6RD_RELAY_PREFIX = 12 => { into.relay_prefix = ipv4_nonzero(attr)? }
        IFLA_IPTUN_6RD_PREFIXLEN = 13 => { into.prefixlen = nonzero(attr.u16()?) }
        IFLA_IPTUN_6RD_RELAY_PREFIXLEN = 14 => { into.relay_prefixlen = nonzero(attr.u16()?) }
        IFLA_IPTUN_ENCAP_TYPE = 15 => { encap_type(&attr, into)? }
        IFLA_IPTUN_ENCAP_FLAGS = 16 => { encap_flags(&attr, into)? }
        IFLA_IPTUN_ENCAP_SPORT = 17 => { encap_sport(&attr, into)? }
        IFLA_IPTUN_ENCAP_DPORT = 18 => { encap_dport(&attr, into)? }
        IFLA_IPTUN_FWMARK = 20 => { into.fwmark = hex_nonzero(attr.u32()?) }
    }
}

/// `IPPROTO_*`: what a tunnel over IPv4 carries.
const IP_PROTOCOLS: Names = &[(0, "any"), (4, "ipip"), (41, "ip6ip"), (137, "mplsip")];

/// The settings of an ip6tnl device: those of [`iptun`], but what it carries has other names.
pub(super) fn ip6tnl(context: &mut DecodeContext, attr: &Attr) -> Result<Tunnel, AttrError> {
    let mut settings = iptun(context, attr)?;
    settings.proto = settings.proto.map(|proto| match proto {
        Symbol::Known("ipip") => Symbol::Known("ipip6"),
        Symbol::Known("ip6ip") => Symbol::Known("ip6ip6"),
        other => other,
    });
    Ok(settings)
}

settings! {
    /// `IFLA_VTI_*` → the settings of a vti or vti6 device.
    pub(super) fn vti(context, attr, into) -> Tunnel {}
    free {
        IFLA_VTI_LINK = 1 => { into.link_index = nonzero(attr.u32()?) }
        IFLA_VTI_IKEY = 2 => { into.ikey = ipv4_nonzero(attr)? }
        IFLA_VTI_OKEY = 3 => { into.okey = ipv4_nonzero(attr)? }
        IFLA_VTI_LOCAL = 4 => { into.local = Some(attr.ip()?).filter(|ip| !ip.is_unspecified()) }
        IFLA_VTI_REMOTE = 5 => { into.remote = Some(attr.ip()?).filter(|ip| !ip.is_unspecified()) }
        IFLA_VTI_FWMARK = 6 => { into.fwmark = hex_nonzero(attr.u32()?) }
    }
}

/// Traffic class and flow label: the lower 28 bits of an IPv6 header's first word.
fn flowinfo(attr: &Attr, into: &mut Tunnel) -> Result<(), AttrError> {
    let word = attr.be32()?;
    into.tclass = Some(format!("{:#04x}", word >> 20 & 0xff));
    into.flowlabel = Some(format!("{:#07x}", word & 0xf_ffff));
    Ok(())
}

/// `TUNNEL_ENCAP_*`
fn encap_type(attr: &Attr, into: &mut Tunnel) -> Result<(), AttrError> {
    if let Some(kind) = nonzero(attr.u16()?) {
        let names: Names = &[(1, "fou"), (2, "gue"), (3, "mpls")];
        encap(into).r#type = Some(Symbol::of(kind.into(), names));
    }
    Ok(())
}

/// `TUNNEL_ENCAP_FLAG_*`
fn encap_flags(attr: &Attr, into: &mut Tunnel) -> Result<(), AttrError> {
    let flags = attr.u16()?;
    if flags & !7 != 0 {
        return Err(AttrError::Value);
    }
    let encap = encap(into);
    encap.csum = Some(flags & 1 != 0);
    encap.csum6 = Some(flags & 2 != 0);
    encap.remcsum = Some(flags & 4 != 0);
    Ok(())
}

fn encap_sport(attr: &Attr, into: &mut Tunnel) -> Result<(), AttrError> {
    encap(into).sport = Some(attr.be16()?);
    Ok(())
}

fn encap_dport(attr: &Attr, into: &mut Tunnel) -> Result<(), AttrError> {
    encap(into).dport = Some(attr.be16()?);
    Ok(())
}

fn encap(into: &mut Tunnel) -> &mut TunnelEncap {
    into.encap.get_or_insert_default()
}

settings! {
    /// `IFLA_XFRM_*` → the settings of an xfrm device.
    pub(super) fn xfrm(context, attr, into) -> Xfrm {
        IFLA_XFRM_COLLECT_METADATA = 3 => external: true;
    }
    free {
        IFLA_XFRM_LINK = 1 => { into.link_index = nonzero(attr.u32()?) }
        IFLA_XFRM_IF_ID = 2 => { into.if_id = hex_nonzero(attr.u32()?) }
    }
}
