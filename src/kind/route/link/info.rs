//! Type and type-specific settings of a link (`IFLA_LINKINFO`).

use nlstream_derive::{Attributes, Object};
use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::bond::{Bond, BondPort};
use super::bridge::{Bridge, BridgePort};
use super::can::{Can, CanStats};
use super::kinds::{
    Amt, Bareudp, Batadv, Dsa, Gtp, Hsr, Ipoib, Ipvlan, Macsec, Macvlan, Netkit, Ovpn, Rmnet, Tun,
    VlanDevice, Vrf, Wwan,
};
use super::settings::Settings;
use super::tunnel::{Geneve, Tunnel, Vxlan, Xfrm};
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr as _};
use crate::kind::context::DecodeContext;
use crate::kind::object::Object;
use crate::netlink::attr::{Attr, AttrError, Attrs};
use crate::value::{IfName, Symbol};

/// Type and type-specific settings of a device (`IFLA_LINKINFO`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(by_caller(IFLA_INFO_DATA = 2, IFLA_INFO_XSTATS = 3, IFLA_INFO_SLAVE_DATA = 5))]
pub struct LinkInfo {
    /// Device type: `bridge`, `veth`, `vxlan` …
    #[nla(IFLA_INFO_KIND = 1, map(str, kind_symbol))]
    pub info_kind: Option<Symbol>,
    /// Settings of the device; the fields depend on `info_kind`.
    #[state(names_devices)]
    pub info_data: Option<InfoData>,
    /// With `details`: counters of a CAN device.
    pub info_xstats: Option<CanStats>,
    /// Type of the master device: `bridge`, `bond` …
    #[nla(IFLA_INFO_SLAVE_KIND = 4, map(str, kind_symbol))]
    pub info_slave_kind: Option<Symbol>,
    /// Settings as a port; the fields depend on `info_slave_kind`.
    #[state(names_devices)]
    pub info_slave_data: Option<InfoSlaveData>,
}

/// Declares [`InfoData`]: the settings and the device types (`IFLA_INFO_KIND`) that have them.
macro_rules! info_data {
    ($($variant:ident($settings:ident): $($kind:literal)|+;)+) => {
        /// Settings of one device type.
        #[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
        #[serde(untagged)]
        pub enum InfoData {
            $($variant(Box<$settings>),)+
        }

        impl InfoData {
            /// Calls `each` with the attributes of every device type.
            pub fn declared(each: &mut dyn FnMut(&'static [AttrDecl])) {
                $(<$settings as Settings>::SETS.iter().for_each(|set| each(set));)+
            }

            /// Decodes the `IFLA_INFO_DATA` of a device whose `IFLA_INFO_KIND` is `kind`. Returns
            /// `None` for a type that is not declared.
            fn decode(
                context: &mut DecodeContext<'_>,
                attr: &Attr<'_>,
                kind: &str,
            ) -> Result<Option<Self>, AttrError> {
                Ok(Some(match kind {
                    $($($kind)|+ => {
                        let settings: $settings = Settings::decode(context, attr, kind)?;
                        InfoData::$variant(settings.into())
                    })+
                    _ => return not_declared(context, attr),
                }))
            }
        }

        impl Object for InfoData {
            fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
                match self {
                    $(InfoData::$variant(settings) => settings.for_each_device(name),)+
                }
            }
        }
    };
}

info_data! {
    Bridge(Bridge): "bridge";
    Bond(Bond): "bond";
    Vlan(VlanDevice): "vlan";
    Vxlan(Vxlan): "vxlan";
    Macvlan(Macvlan): "macvlan" | "macvtap";
    Ipvlan(Ipvlan): "ipvlan" | "ipvtap";
    Vrf(Vrf): "vrf";
    Tun(Tun): "tun";
    Tunnel(Tunnel): "gre" | "gretap" | "erspan" | "ip6gre" | "ip6gretap" | "ip6erspan" | "ipip"
        | "sit" | "ip6tnl" | "vti" | "vti6";
    Xfrm(Xfrm): "xfrm";
    Geneve(Geneve): "geneve";
    Gtp(Gtp): "gtp";
    Hsr(Hsr): "hsr";
    Macsec(Macsec): "macsec";
    Can(Can): "can" | "vcan" | "vxcan";
    Netkit(Netkit): "netkit";
    Batadv(Batadv): "batadv";
    Bareudp(Bareudp): "bareudp";
    Amt(Amt): "amt";
    Rmnet(Rmnet): "rmnet";
    Ipoib(Ipoib): "ipoib";
    Ovpn(Ovpn): "ovpn";
    Dsa(Dsa): "dsa";
    Wwan(Wwan): "wwan";
}

/// Settings of a port of one master type.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum InfoSlaveData {
    Bridge(Box<BridgePort>),
    Bond(Box<BondPort>),
    Vrf(Vrf),
}

impl InfoSlaveData {
    /// Decodes the `IFLA_INFO_SLAVE_DATA` of a port whose `IFLA_INFO_SLAVE_KIND` is `kind`. Returns
    /// `None` for a type that is not declared.
    fn decode(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        kind: &str,
    ) -> Result<Option<Self>, AttrError> {
        Ok(Some(match kind {
            "bridge" => InfoSlaveData::Bridge(BridgePort::from_attr(context, attr)?.into()),
            "bond" => InfoSlaveData::Bond(BondPort::from_attr(context, attr)?.into()),
            // `IFLA_VRF_PORT_TABLE` has the number of `IFLA_VRF_TABLE`.
            "vrf" => InfoSlaveData::Vrf(Vrf::from_attr(context, attr)?),
            _ => return not_declared(context, attr),
        }))
    }
}

impl Object for InfoSlaveData {
    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        if let InfoSlaveData::Bridge(port) = self {
            port.for_each_device(name);
        }
    }
}

/// Records every attribute inside `attr` as unknown.
fn not_declared<T>(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Option<T>, AttrError> {
    context.nested(attr, |_, _| Err(AttrError::Unknown))?;
    Ok(None)
}

impl LinkInfo {
    /// Decodes an `IFLA_LINKINFO`.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    #[inline(never)]
    pub fn decode(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        // The types determine the attributes of the settings. The kernel sends the types first
        // (rtnl_link_fill), but its interface does not promise that order.
        let (mut kind, mut slave_kind) = ("", "");
        for attr in Attrs::new(attr.value).flatten() {
            match attr.kind {
                libc::IFLA_INFO_KIND => kind = attr.str().unwrap_or_default(),
                libc::IFLA_INFO_SLAVE_KIND => slave_kind = attr.str().unwrap_or_default(),
                _ => {}
            }
        }
        let mut info = LinkInfo::default();
        context.nested(attr, |context, attr| {
            match attr.kind {
                Self::IFLA_INFO_DATA => info.info_data = InfoData::decode(context, &attr, kind)?,
                Self::IFLA_INFO_SLAVE_DATA => {
                    info.info_slave_data = InfoSlaveData::decode(context, &attr, slave_kind)?;
                }
                Self::IFLA_INFO_XSTATS if !context.details => {}
                Self::IFLA_INFO_XSTATS if kind == "can" => {
                    info.info_xstats = Some(CanStats::from_attr(context, &attr)?);
                }
                _ => return info.attribute(context, &attr),
            }
            Ok(())
        })?;
        Ok(info)
    }

    /// Decodes an `IFLA_PROTINFO` of a message of family bridge: the settings of a bridge port.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    pub fn bridge_port(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<Self, AttrError> {
        Ok(LinkInfo {
            info_slave_kind: Some(Symbol::Known("bridge")),
            info_slave_data: InfoSlaveData::decode(context, attr, "bridge")?,
            ..LinkInfo::default()
        })
    }

    /// Copies fields absent from `self` from `old`: a message of family bridge contains the port
    /// settings but not the settings of the device itself.
    pub fn merge_missing(&mut self, old: &LinkInfo) {
        if self.info_kind.is_none() {
            self.info_kind.clone_from(&old.info_kind);
            self.info_data.clone_from(&old.info_data);
            self.info_xstats.clone_from(&old.info_xstats);
        }
        if self.info_slave_kind.is_none() {
            self.info_slave_kind.clone_from(&old.info_slave_kind);
            self.info_slave_data.clone_from(&old.info_slave_data);
        }
    }

    /// Copies from `old` the LACP settings that the kernel includes only in replies to, or changes
    /// by, a process with CAP_NET_ADMIN (bond_fill_info, drivers/net/bonding/bond_netlink.c).
    pub fn carry_over_omitted(&mut self, old: &LinkInfo) {
        if let (Some(InfoData::Bond(bond)), Some(InfoData::Bond(old))) =
            (&mut self.info_data, &old.info_data)
            && bond.mode == old.mode
        {
            bond.ad_actor_sys_prio = bond.ad_actor_sys_prio.or(old.ad_actor_sys_prio);
            bond.ad_user_port_key = bond.ad_user_port_key.or(old.ad_user_port_key);
            bond.ad_actor_system = bond.ad_actor_system.or(old.ad_actor_system);
        }
    }
}

/// Returns the symbol of a device type.
fn kind_symbol(name: &str) -> Symbol {
    symbol_of(name, KINDS)
}

/// Returns the symbol of a name that the kernel chose, without an allocation if it is one of
/// `names`.
pub(super) fn symbol_of(name: &str, names: &'static [&'static str]) -> Symbol {
    match names.iter().find(|it| **it == name) {
        Some(name) => Symbol::Known(name),
        None => Symbol::Named(name.into()),
    }
}

/// The device types of Linux: their names need no allocation.
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
