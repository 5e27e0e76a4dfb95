//! The device types (`IFLA_INFO_KIND`): one file for each, and a row of `info_data!`.

pub mod amt;
pub mod bareudp;
pub mod batadv;
pub mod bond;
pub mod bridge;
pub mod can;
pub mod dsa;
pub mod geneve;
pub mod gtp;
pub mod hsr;
pub mod ip_tunnel;
pub mod ipoib;
pub mod ipvlan;
pub mod macsec;
pub mod macvlan;
pub mod netkit;
pub mod ovpn;
pub mod rmnet;
pub mod tun;
pub mod udp_tunnel;
pub mod vlan;
pub mod vrf;
pub mod vxlan;
pub mod wwan;
pub mod xfrm;

use serde::Serialize;

use bond::BondPort;
use bridge::BridgePort;
use vrf::Vrf;

use super::names::symbol_of;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr as _};
use crate::kind::context::DecodeContext;
use crate::kind::object::Object;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{IfName, Symbol};

/// Declares [`InfoData`]: the settings and the device types (`IFLA_INFO_KIND`) that have them.
macro_rules! info_data {
    ($($variant:ident($settings:path): $($kind:literal)|+;)+) => {
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

            /// The device types that have settings.
            const KINDS: &'static [&'static str] = &[$($($kind),+),+];

            /// Decodes the `IFLA_INFO_DATA` of a device whose `IFLA_INFO_KIND` is `kind`. Returns
            /// `None` for a type that is not declared.
            pub(super) fn decode(
                context: &mut DecodeContext<'_>,
                attr: &Attr<'_>,
                kind: &str,
            ) -> Result<Option<Self>, AttrError> {
                Ok(Some(match kind {
                    $($($kind)|+ => {
                        let settings = <$settings as Settings>::decode(context, attr, kind)?;
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
    Bridge(bridge::Bridge): "bridge";
    Bond(bond::Bond): "bond";
    Vlan(vlan::VlanDevice): "vlan";
    Vxlan(vxlan::Vxlan): "vxlan";
    Macvlan(macvlan::Macvlan): "macvlan" | "macvtap";
    Ipvlan(ipvlan::Ipvlan): "ipvlan" | "ipvtap";
    Vrf(vrf::Vrf): "vrf";
    Tun(tun::Tun): "tun";
    Tunnel(ip_tunnel::Tunnel): "gre" | "gretap" | "erspan" | "ip6gre" | "ip6gretap" | "ip6erspan" | "ipip"
        | "sit" | "ip6tnl" | "vti" | "vti6";
    Xfrm(xfrm::Xfrm): "xfrm";
    Geneve(geneve::Geneve): "geneve";
    Gtp(gtp::Gtp): "gtp";
    Hsr(hsr::Hsr): "hsr";
    Macsec(macsec::Macsec): "macsec";
    Can(can::Can): "can" | "vcan" | "vxcan";
    Netkit(netkit::Netkit): "netkit";
    Batadv(batadv::Batadv): "batadv";
    Bareudp(bareudp::Bareudp): "bareudp";
    Amt(amt::Amt): "amt";
    Rmnet(rmnet::Rmnet): "rmnet";
    Ipoib(ipoib::Ipoib): "ipoib";
    Ovpn(ovpn::Ovpn): "ovpn";
    Dsa(dsa::Dsa): "dsa";
    Wwan(wwan::Wwan): "wwan";
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
    pub(super) fn decode(
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

/// The settings of a device type, or of several that share them.
pub(super) trait Settings: Sized {
    /// The attributes, by set.
    const SETS: &'static [&'static [AttrDecl]];

    /// Decodes the `IFLA_INFO_DATA` of a device whose `IFLA_INFO_KIND` is `kind`.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    fn decode(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        kind: &str,
    ) -> Result<Self, AttrError>;
}

impl<T: Attributes + Default> Settings for T {
    const SETS: &'static [&'static [AttrDecl]] = &[T::ATTRS];

    fn decode(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        _kind: &str,
    ) -> Result<Self, AttrError> {
        T::from_attr(context, attr)
    }
}

/// The names of device types.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    InfoData::KINDS
        .iter()
        .chain(KINDS_WITHOUT_SETTINGS)
        .copied()
}

/// Returns the symbol of a device type. Those of Linux need no allocation.
pub(super) fn kind_symbol(name: &str) -> Symbol {
    match symbol_of(name, KINDS_WITHOUT_SETTINGS) {
        Symbol::Named(_) => symbol_of(name, InfoData::KINDS),
        known => known,
    }
}

/// The device types of Linux without an `IFLA_INFO_DATA`, and those whose settings have no
/// declaration yet.
const KINDS_WITHOUT_SETTINGS: &[&str] = &[
    "veth",
    "dummy",
    "ifb",
    "team",
    "wireguard",
    "nlmon",
    "netdevsim",
    "virt_wifi",
    "vsockmon",
];
