//! `kind:"vlan"`: the VLAN database of a bridge and its ports (`RTM_NEWVLAN`, `RTM_DELVLAN`).

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::of_device;
use crate::value::{Flags, IfName, Symbol};

/// A VLAN of a bridge or a port, or the options of a VLAN that hold for the whole bridge
/// (`struct br_vlan_msg`, linux/if_bridge.h). The kernel tells ranges, and deletes parts of them:
/// here each VLAN is an object of its own.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Vlan {
    /// Index of the bridge or port.
    pub ifindex: u32,
    /// Its name.
    pub dev: Option<IfName>,
    /// VLAN id.
    pub vlan: u16,
    /// These are the options for the whole bridge.
    pub global: Option<bool>,
    /// `PVID` (untagged packets belong to it), `Egress Untagged` (its packets leave untagged).
    pub flags: Option<Flags>,
    /// `disabled`, `listening`, `learning`, `forwarding`, `blocking`.
    pub state: Option<Symbol>,
    /// Tunnel id that it is mapped to.
    pub tunid: Option<u32>,
    /// Neighbour discovery and ARP are suppressed.
    pub neigh_suppress: Option<bool>,
    /// Unasked neighbour discovery and ARP are forwarded though they are suppressed.
    pub neigh_forward_grat: Option<bool>,
    /// Multicast router: 0 never, 1 by queries, 2 always.
    pub mcast_router: Option<u8>,
    /// Most multicast groups; 0 for no limit.
    pub mcast_max_groups: Option<u32>,
    /// With `details`: multicast groups.
    pub mcast_n_groups: Option<u32>,
    /// Global: multicast is snooped.
    pub mcast_snooping: Option<bool>,
    /// Global: the bridge queries.
    pub mcast_querier: Option<bool>,
    /// Global: version of IGMP.
    pub mcast_igmp_version: Option<u8>,
    /// Global: version of MLD.
    pub mcast_mld_version: Option<u8>,
    /// Global: queries before a group goes.
    pub mcast_last_member_count: Option<u32>,
    /// Global: queries at the start.
    pub mcast_startup_query_count: Option<u32>,
    /// Global: hundredths of a second between the queries before a group goes.
    pub mcast_last_member_interval: Option<u64>,
    /// Global: hundredths of a second for which a member is believed.
    pub mcast_membership_interval: Option<u64>,
    /// Global: hundredths of a second for which another querier is believed.
    pub mcast_querier_interval: Option<u64>,
    /// Global: hundredths of a second between queries.
    pub mcast_query_interval: Option<u64>,
    /// Global: hundredths of a second for answers.
    pub mcast_query_response_interval: Option<u64>,
    /// Global: hundredths of a second between queries at the start.
    pub mcast_startup_query_interval: Option<u64>,
    /// Global: spanning tree instance.
    pub msti: Option<u16>,
    /// With `details`: traffic.
    pub stats: Option<VlanStats>,
}

/// Traffic of a VLAN (`BRIDGE_VLANDB_STATS_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VlanStats {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
}

key!(Vlan {
    ifindex,
    vlan,
    global,
});
fields!(Vlan {
    ifindex,
    dev,
    vlan,
    global,
    flags,
    state,
    tunid,
    neigh_suppress,
    neigh_forward_grat,
    mcast_router,
    mcast_max_groups,
    mcast_n_groups,
    mcast_snooping,
    mcast_querier,
    mcast_igmp_version,
    mcast_mld_version,
    mcast_last_member_count,
    mcast_startup_query_count,
    mcast_last_member_interval,
    mcast_membership_interval,
    mcast_querier_interval,
    mcast_query_interval,
    mcast_query_response_interval,
    mcast_startup_query_interval,
    msti,
    stats,
});

of_device!(Vlan, copy_volatile(now, old) {
    now.mcast_n_groups = old.mcast_n_groups;
    now.stats.clone_from(&old.stats);
});
