//! `IFLA_LINKINFO`: what kind of device a link is, and its settings.

use super::{bridge, can, kinds, tunnel};
use crate::kind::attributes::FromAttr as _;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::bond::{Bond, BondPort};
use crate::kind::route::link::info::{InfoData, InfoSlaveData, LinkInfo};
use crate::kind::route::link::tunnel::Tunnel;
use crate::netlink::attr::{Attr, AttrError, Attrs};
use crate::value::Symbol;

/// Every kind of device whose name is worth no allocation.
const KINDS: &[&str] = &[
    "veth",
    "bridge",
    "bond",
    "vlan",
    "vxlan",
    "dummy",
    "macvlan",
    "macvtap",
    "ipvlan",
    "ipvtap",
    "vrf",
    "tun",
    "ifb",
    "gre",
    "gretap",
    "erspan",
    "ip6gre",
    "ip6gretap",
    "ip6erspan",
    "ipip",
    "sit",
    "ip6tnl",
    "vti",
    "vti6",
    "xfrm",
    "geneve",
    "gtp",
    "hsr",
    "macsec",
    "team",
    "can",
    "vcan",
    "vxcan",
    "netkit",
    "batadv",
    "bareudp",
    "amt",
    "rmnet",
    "ipoib",
    "wireguard",
    "nlmon",
    "netdevsim",
    "dsa",
    "wwan",
    "ovpn",
    "virt_wifi",
    "vsockmon",
];

/// A name that the kernel chose, out of `known` without an allocation.
pub(super) fn known(name: &str, known: &'static [&'static str]) -> Symbol {
    match known.iter().find(|k| **k == name) {
        Some(name) => Symbol::Known(name),
        None => Symbol::Named(name.into()),
    }
}

/// `IFLA_INFO_*`
pub(super) fn info(context: &mut DecodeContext, attr: &Attr) -> Result<LinkInfo, AttrError> {
    let mut info = LinkInfo::default();
    // The kinds first: they tell what the data are.
    let (mut kind, mut slave_kind) = ("", "");
    for attr in Attrs::new(attr.value).flatten() {
        match attr.kind {
            libc::IFLA_INFO_KIND => kind = attr.str().unwrap_or_default(),
            libc::IFLA_INFO_SLAVE_KIND => slave_kind = attr.str().unwrap_or_default(),
            _ => {}
        }
    }
    context.nested(attr, |context, attr| {
        match attr.kind {
            libc::IFLA_INFO_KIND => info.info_kind = Some(known(attr.str()?, KINDS)),
            libc::IFLA_INFO_SLAVE_KIND => info.info_slave_kind = Some(known(attr.str()?, KINDS)),
            libc::IFLA_INFO_DATA => info.info_data = data(context, &attr, kind)?,
            libc::IFLA_INFO_SLAVE_DATA => {
                info.info_slave_data = slave_data(context, &attr, slave_kind)?
            }
            libc::IFLA_INFO_XSTATS if !context.details => {}
            libc::IFLA_INFO_XSTATS if kind == "can" => info.info_xstats = Some(can::xstats(&attr)?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    Ok(info)
}

/// `IFLA_INFO_DATA` of that kind of device.
fn data(
    context: &mut DecodeContext,
    attr: &Attr,
    kind: &str,
) -> Result<Option<InfoData>, AttrError> {
    Ok(Some(match kind {
        "bridge" => InfoData::Bridge(bridge::bridge(context, attr)?.into()),
        "bond" => InfoData::Bond(Bond::from_attr(context, attr)?.into()),
        "vlan" => InfoData::Vlan(kinds::vlan(context, attr)?.into()),
        "vxlan" => InfoData::Vxlan(tunnel::vxlan(context, attr)?.into()),
        "macvlan" | "macvtap" => InfoData::Macvlan(kinds::macvlan(context, attr)?.into()),
        "ipvlan" | "ipvtap" => InfoData::Ipvlan(kinds::ipvlan(context, attr)?),
        "vrf" => InfoData::Vrf(kinds::vrf(context, attr)?),
        "tun" => InfoData::Tun(kinds::tun(context, attr)?.into()),
        "gre" | "gretap" | "erspan" | "ip6gre" | "ip6gretap" | "ip6erspan" => {
            tunnel(tunnel::gre(context, attr)?)
        }
        "ipip" | "sit" => tunnel(tunnel::iptun(context, attr)?),
        "ip6tnl" => tunnel(tunnel::ip6tnl(context, attr)?),
        "vti" | "vti6" => tunnel(tunnel::vti(context, attr)?),
        "xfrm" => InfoData::Xfrm(tunnel::xfrm(context, attr)?),
        "geneve" => InfoData::Geneve(tunnel::geneve(context, attr)?.into()),
        "gtp" => InfoData::Gtp(kinds::gtp(context, attr)?.into()),
        "hsr" => InfoData::Hsr(kinds::hsr(context, attr)?.into()),
        "macsec" => InfoData::Macsec(kinds::macsec(context, attr)?.into()),
        "can" | "vcan" | "vxcan" => InfoData::Can(can::can(context, attr)?.into()),
        "netkit" => InfoData::Netkit(kinds::netkit(context, attr)?.into()),
        "batadv" => InfoData::Batadv(kinds::batadv(context, attr)?),
        "bareudp" => InfoData::Bareudp(kinds::bareudp(context, attr)?),
        "amt" => InfoData::Amt(kinds::amt(context, attr)?.into()),
        "rmnet" => InfoData::Rmnet(kinds::rmnet(context, attr)?),
        "ipoib" => InfoData::Ipoib(kinds::ipoib(context, attr)?),
        "ovpn" => InfoData::Ovpn(kinds::ovpn(context, attr)?),
        "dsa" => InfoData::Dsa(kinds::dsa(context, attr)?),
        "wwan" => InfoData::Wwan(kinds::wwan(context, attr)?),
        _ => {
            context.nested(attr, |_, _| Err(AttrError::Unknown))?;
            return Ok(None);
        }
    }))
}

/// The kernel tells the ports of a wrapping also where there is none: these are left out.
fn tunnel(mut settings: Tunnel) -> InfoData {
    settings.encap = settings.encap.filter(|encap| encap.r#type.is_some());
    InfoData::Tunnel(settings.into())
}

/// `IFLA_INFO_SLAVE_DATA` of a port of that kind of master.
fn slave_data(
    context: &mut DecodeContext,
    attr: &Attr,
    kind: &str,
) -> Result<Option<InfoSlaveData>, AttrError> {
    Ok(Some(match kind {
        "bridge" => InfoSlaveData::Bridge(bridge::port(context, attr)?.into()),
        "bond" => InfoSlaveData::Bond(BondPort::from_attr(context, attr)?.into()),
        "vrf" => InfoSlaveData::Vrf(kinds::vrf(context, attr)?),
        _ => {
            context.nested(attr, |_, _| Err(AttrError::Unknown))?;
            return Ok(None);
        }
    }))
}

/// `IFLA_PROTINFO` of a message of family bridge: the device as a port, and no more.
pub(super) fn bridge_port(context: &mut DecodeContext, attr: &Attr) -> Result<LinkInfo, AttrError> {
    Ok(LinkInfo {
        info_slave_kind: Some(Symbol::Known("bridge")),
        info_slave_data: Some(InfoSlaveData::Bridge(bridge::port(context, attr)?.into())),
        ..LinkInfo::default()
    })
}
