//! What kind of device a link is, and its settings (`IFLA_LINKINFO`).

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
use super::tunnel::{Geneve, Tunnel, Vxlan, Xfrm};
use crate::value::{IfName, Symbol};

/// What kind of device it is.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct LinkInfo {
    /// `bridge`, `veth`, `vxlan` …
    pub info_kind: Option<Symbol>,
    /// Its settings; which fields there are depends on `info_kind`.
    pub info_data: Option<InfoData>,
    /// With `details`: counters of a CAN device.
    pub info_xstats: Option<CanStats>,
    /// What it is a port of: `bridge`, `bond` …
    pub info_slave_kind: Option<Symbol>,
    /// Its settings as a port; which fields there are depends on `info_slave_kind`.
    pub info_slave_data: Option<InfoSlaveData>,
}

/// The settings of one kind of device.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum InfoData {
    Bridge(Box<Bridge>),
    Bond(Box<Bond>),
    Vlan(Box<VlanDevice>),
    Vxlan(Box<Vxlan>),
    Macvlan(Box<Macvlan>),
    Ipvlan(Ipvlan),
    Vrf(Vrf),
    Tun(Box<Tun>),
    Tunnel(Box<Tunnel>),
    Xfrm(Xfrm),
    Geneve(Box<Geneve>),
    Gtp(Box<Gtp>),
    Hsr(Box<Hsr>),
    Macsec(Box<Macsec>),
    Can(Box<Can>),
    Netkit(Box<Netkit>),
    Batadv(Batadv),
    Bareudp(Bareudp),
    Amt(Box<Amt>),
    Rmnet(Rmnet),
    Ipoib(Ipoib),
    Ovpn(Ovpn),
    Dsa(Dsa),
    Wwan(Wwan),
}

/// The settings of a device as a port of one kind of master.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum InfoSlaveData {
    Bridge(Box<BridgePort>),
    Bond(Box<BondPort>),
    Vrf(Vrf),
}

impl LinkInfo {
    /// Takes from `old` what `self` does not say: a message of family bridge tells of the port
    /// only, not of the device's own kind.
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

    /// Takes from `old` what the kernel tells only where CAP_NET_ADMIN asks or changes
    /// (bond_fill_info, drivers/net/bonding/bond_netlink.c).
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

    /// Gives `name` every device index in the settings, with the place for the device's name.
    pub fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        let mut pair = |index: Option<u32>, place: &mut Option<IfName>| {
            if let Some(index) = index {
                name(index, place);
            }
        };
        match &mut self.info_data {
            Some(InfoData::Bridge(d)) => {
                pair(
                    d.mcast_querier_ipv4_port_index,
                    &mut d.mcast_querier_ipv4_port,
                );
                pair(
                    d.mcast_querier_ipv6_port_index,
                    &mut d.mcast_querier_ipv6_port,
                );
            }
            Some(InfoData::Bond(d)) => {
                pair(d.active_slave_index, &mut d.active_slave);
                pair(d.primary_index, &mut d.primary);
            }
            Some(InfoData::Vxlan(d)) => pair(d.link_index, &mut d.link),
            Some(InfoData::Tunnel(d)) => pair(d.link_index, &mut d.link),
            Some(InfoData::Xfrm(d)) => pair(d.link_index, &mut d.link),
            Some(InfoData::Amt(d)) => pair(d.link_index, &mut d.link),
            Some(InfoData::Dsa(d)) => pair(d.conduit_index, &mut d.conduit),
            Some(InfoData::Hsr(d)) => {
                pair(d.slave1_index, &mut d.slave1);
                pair(d.slave2_index, &mut d.slave2);
                pair(d.interlink_index, &mut d.interlink);
            }
            _ => {}
        }
        if let Some(InfoSlaveData::Bridge(d)) = &mut self.info_slave_data {
            pair(d.backup_port_index, &mut d.backup_port);
        }
    }
}
