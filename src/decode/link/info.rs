//! `IFLA_LINKINFO`: what kind of device a link is, and its settings.

use super::{bond, bridge, can, kinds, tunnel};
use crate::decode::cx::Cx;
use crate::event::link::info::{InfoData, InfoSlaveData, LinkInfo};
use crate::event::link::tunnel::Tunnel;
use crate::event::values::Symbol;
use crate::netlink::attr::{Attr, Attrs, Fault};

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
pub(super) fn info(cx: &mut Cx, attr: &Attr) -> Result<LinkInfo, Fault> {
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
    cx.nested(attr, |cx, attr| {
        match attr.kind {
            libc::IFLA_INFO_KIND => info.info_kind = Some(known(attr.str()?, KINDS)),
            libc::IFLA_INFO_SLAVE_KIND => info.info_slave_kind = Some(known(attr.str()?, KINDS)),
            libc::IFLA_INFO_DATA => info.info_data = data(cx, &attr, kind)?,
            libc::IFLA_INFO_SLAVE_DATA => info.info_slave_data = slave_data(cx, &attr, slave_kind)?,
            libc::IFLA_INFO_XSTATS if !cx.details => {}
            libc::IFLA_INFO_XSTATS if kind == "can" => info.info_xstats = Some(can::xstats(&attr)?),
            _ => return Err(Fault::Unknown),
        }
        Ok(())
    })?;
    Ok(info)
}

/// `IFLA_INFO_DATA` of that kind of device.
fn data(cx: &mut Cx, attr: &Attr, kind: &str) -> Result<Option<InfoData>, Fault> {
    Ok(Some(match kind {
        "bridge" => InfoData::Bridge(bridge::bridge(cx, attr)?.into()),
        "bond" => InfoData::Bond(bond::bond(cx, attr)?.into()),
        "vlan" => InfoData::Vlan(kinds::vlan(cx, attr)?.into()),
        "vxlan" => InfoData::Vxlan(tunnel::vxlan(cx, attr)?.into()),
        "macvlan" | "macvtap" => InfoData::Macvlan(kinds::macvlan(cx, attr)?.into()),
        "ipvlan" | "ipvtap" => InfoData::Ipvlan(kinds::ipvlan(cx, attr)?),
        "vrf" => InfoData::Vrf(kinds::vrf(cx, attr)?),
        "tun" => InfoData::Tun(kinds::tun(cx, attr)?.into()),
        "gre" | "gretap" | "erspan" | "ip6gre" | "ip6gretap" | "ip6erspan" => {
            tunnel(tunnel::gre(cx, attr)?)
        }
        "ipip" | "sit" => tunnel(tunnel::iptun(cx, attr)?),
        "ip6tnl" => tunnel(tunnel::ip6tnl(cx, attr)?),
        "vti" | "vti6" => tunnel(tunnel::vti(cx, attr)?),
        "xfrm" => InfoData::Xfrm(tunnel::xfrm(cx, attr)?),
        "geneve" => InfoData::Geneve(tunnel::geneve(cx, attr)?.into()),
        "gtp" => InfoData::Gtp(kinds::gtp(cx, attr)?.into()),
        "hsr" => InfoData::Hsr(kinds::hsr(cx, attr)?.into()),
        "macsec" => InfoData::Macsec(kinds::macsec(cx, attr)?.into()),
        "can" | "vcan" | "vxcan" => InfoData::Can(can::can(cx, attr)?.into()),
        "netkit" => InfoData::Netkit(kinds::netkit(cx, attr)?.into()),
        "batadv" => InfoData::Batadv(kinds::batadv(cx, attr)?),
        "bareudp" => InfoData::Bareudp(kinds::bareudp(cx, attr)?),
        "amt" => InfoData::Amt(kinds::amt(cx, attr)?.into()),
        "rmnet" => InfoData::Rmnet(kinds::rmnet(cx, attr)?),
        "ipoib" => InfoData::Ipoib(kinds::ipoib(cx, attr)?),
        "ovpn" => InfoData::Ovpn(kinds::ovpn(cx, attr)?),
        "dsa" => InfoData::Dsa(kinds::dsa(cx, attr)?),
        "wwan" => InfoData::Wwan(kinds::wwan(cx, attr)?),
        _ => {
            cx.nested(attr, |_, _| Err(Fault::Unknown))?;
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
fn slave_data(cx: &mut Cx, attr: &Attr, kind: &str) -> Result<Option<InfoSlaveData>, Fault> {
    Ok(Some(match kind {
        "bridge" => InfoSlaveData::Bridge(bridge::port(cx, attr)?.into()),
        "bond" => InfoSlaveData::Bond(bond::port(cx, attr)?.into()),
        "vrf" => InfoSlaveData::Vrf(kinds::vrf(cx, attr)?),
        _ => {
            cx.nested(attr, |_, _| Err(Fault::Unknown))?;
            return Ok(None);
        }
    }))
}

/// `IFLA_PROTINFO` of a message of family bridge: the device as a port, and no more.
pub(super) fn bridge_port(cx: &mut Cx, attr: &Attr) -> Result<LinkInfo, Fault> {
    Ok(LinkInfo {
        info_slave_kind: Some(Symbol::Known("bridge")),
        info_slave_data: Some(InfoSlaveData::Bridge(bridge::port(cx, attr)?.into())),
        ..LinkInfo::default()
    })
}
