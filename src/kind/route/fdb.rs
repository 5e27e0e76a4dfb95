//! `kind:"fdb"`: where a bridge or vxlan sends frames for a MAC address (`RTM_NEWNEIGH` and
//! `RTM_DELNEIGH` of family bridge).

use std::hash::{Hash as _, Hasher};
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::neigh::CacheInfo;
use crate::kind::fields::{Keyed, fields};
use crate::kind::object::{Object, some};
use crate::value::{Flags, IfName, LlAddr, Symbol};

/// A forwarding entry (`struct ndmsg`, linux/neighbour.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Fdb {
    /// The MAC address.
    pub mac: Option<LlAddr>,
    /// Index of the device behind which it is.
    pub ifindex: u32,
    /// That device's name.
    pub dev: Option<IfName>,
    /// The bridge that the entry belongs to; absent for an entry of the device itself.
    pub master: Option<IfName>,
    /// That bridge's index.
    pub master_index: Option<u32>,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// vxlan: the remote tunnel end.
    pub dst: Option<IpAddr>,
    /// vxlan: UDP port of the remote.
    pub port: Option<u16>,
    /// vxlan: network identifier towards the remote.
    pub vni: Option<u32>,
    /// vxlan: network identifier of the entry.
    pub src_vni: Option<u32>,
    /// vxlan: the device to reach the remote by.
    pub via: Option<IfName>,
    /// That device's index.
    pub via_index: Option<u32>,
    /// Id of a nexthop (group) that holds the remotes.
    pub nhid: Option<u32>,
    /// vxlan: the network namespace of the device to reach the remote by.
    pub link_netnsid: Option<i32>,
    /// `permanent` (own address), `static`, `reachable` (learned), `stale`, else flags in
    /// hexadecimal.
    pub state: Symbol,
    /// `self`, `master`, `router`, `extern_learn`, `offload`, `sticky`, `locked`, `use`, `managed`.
    pub flags: Flags,
    /// Who added it, a name from rt_protos.
    pub protocol: Option<Symbol>,
    /// Activity notification is on (`FDB_NOTIFY_BIT` of `NFEA_ACTIVITY_NOTIFY`).
    pub activity_notify: Option<bool>,
    /// The entry is inactive (`FDB_NOTIFY_INACTIVE_BIT`).
    pub inactive: Option<bool>,
    /// With `details`: ages of the entry.
    pub cacheinfo: Option<CacheInfo>,
}

impl Keyed for Fdb {
    const KEY: &'static [&'static str] = &[
        "master_index",
        "master_index//ifindex",
        "mac",
        "vlan",
        "dst",
        "port",
        "vni",
        "src_vni",
        "via_index",
        "nhid",
    ];

    fn hash_key(&self, hasher: &mut impl Hasher) {
        // A bridge has one entry for an address, whatever port it is behind.
        let place = self.master_index.unwrap_or(self.ifindex);
        (self.master_index, place, self.mac, self.vlan).hash(hasher);
        (self.dst, self.port, self.vni, self.src_vni).hash(hasher);
        (self.via_index, self.nhid).hash(hasher);
    }
}

fields!(Fdb {
    mac,
    ifindex,
    dev,
    master,
    master_index,
    vlan,
    dst,
    port,
    vni,
    src_vni,
    via,
    via_index,
    nhid,
    link_netnsid,
    state,
    flags,
    protocol,
    activity_notify,
    inactive,
    cacheinfo,
});

impl Object for Fdb {
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        Some((self.ifindex, self.dev.as_ref()))
    }

    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        name(self.ifindex, &mut self.dev);
        some(name, self.master_index, &mut self.master);
        // An index of another namespace names nothing here.
        let here = self.via_index.filter(|_| self.link_netnsid.is_none());
        some(name, here, &mut self.via);
    }

    fn copy_volatile(&mut self, old: &Self) {
        self.cacheinfo.clone_from(&old.cacheinfo);
    }
}
