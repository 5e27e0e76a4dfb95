//! Bridges and their ports.

use std::net::{Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::values::{BridgeId, HexNumber};
use crate::value::{IfName, LlAddr, Symbol};

/// Settings and state of a bridge (`IFLA_BR_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Bridge {
    /// Time in the states listening and learning, 1/100 s.
    pub forward_delay: Option<u32>,
    /// Time between hello packets, 1/100 s.
    pub hello_time: Option<u32>,
    /// Longest age of a hello packet, 1/100 s.
    pub max_age: Option<u32>,
    /// How long a learned address is kept, 1/100 s.
    pub ageing_time: Option<u32>,
    /// Spanning tree: 0 off, 1 by the kernel, 2 by a program.
    pub stp_state: Option<u32>,
    /// Who runs the spanning tree when it is switched on: `auto`, `user`, `kernel`.
    pub stp_mode: Option<Symbol>,
    /// Priority of the bridge.
    pub priority: Option<u16>,
    /// 1: VLANs are told apart.
    pub vlan_filtering: Option<u8>,
    /// `802.1Q`, `802.1ad`.
    pub vlan_protocol: Option<Symbol>,
    /// Id of the bridge.
    pub bridge_id: Option<BridgeId>,
    /// Id of the spanning tree's root.
    pub root_id: Option<BridgeId>,
    /// Number of the port towards the root.
    pub root_port: Option<u16>,
    /// Cost of the path to the root.
    pub root_path_cost: Option<u32>,
    /// 1: the topology is changing.
    pub topology_change: Option<u8>,
    /// 1: a change of topology was detected.
    pub topology_change_detected: Option<u8>,
    /// With `details`: time until the next hello packet, seconds.
    pub hello_timer: Option<f64>,
    /// With `details`: time until the next topology change notification, seconds.
    pub tcn_timer: Option<f64>,
    /// With `details`: time until the end of the topology change, seconds.
    pub topology_change_timer: Option<f64>,
    /// With `details`: time until old addresses are cleared away, seconds.
    pub gc_timer: Option<f64>,
    /// With `details`: how many addresses it has learned.
    pub fdb_n_learned: Option<u32>,
    /// How many addresses it may learn; 0 for no limit.
    pub fdb_max_learned: Option<u32>,
    /// VLAN id of untagged packets.
    pub vlan_default_pvid: Option<u16>,
    /// 1: packets are counted per VLAN.
    pub vlan_stats_enabled: Option<u8>,
    /// 1: packets are counted per VLAN and port.
    pub vlan_stats_per_port: Option<u8>,
    /// Link-local group addresses that are forwarded, a bit mask, hexadecimal.
    pub group_fwd_mask: Option<HexNumber>,
    /// The address that spanning tree packets are sent to.
    pub group_addr: Option<LlAddr>,
    /// 1: IGMP and MLD are listened to.
    pub mcast_snooping: Option<u8>,
    /// 1: addresses of link-local packets are not learned.
    pub no_linklocal_learn: Option<u8>,
    /// 1: multicast snooping per VLAN.
    pub mcast_vlan_snooping: Option<u8>,
    /// 1: multiple spanning trees.
    pub mst_enabled: Option<u8>,
    /// 1: a failed offload of a multicast entry is told.
    pub mdb_offload_fail_notification: Option<u8>,
    /// 1: local addresses stand in the forwarding table under VLAN 0 only.
    pub fdb_local_vlan_0: Option<u8>,
    /// Is the bridge a multicast router: 0 no, 1 as learned, 2 yes.
    pub mcast_router: Option<u8>,
    /// 1: queries bear the bridge's own address.
    pub mcast_query_use_ifaddr: Option<u8>,
    /// 1: it sends queries.
    pub mcast_querier: Option<u8>,
    /// Longest chain of the multicast table; no longer in use.
    pub mcast_hash_elasticity: Option<u32>,
    /// Size of the multicast table.
    pub mcast_hash_max: Option<u32>,
    /// Queries before a group is given up.
    pub mcast_last_member_cnt: Option<u32>,
    /// Queries at the start.
    pub mcast_startup_query_cnt: Option<u32>,
    /// Time between queries for a last member, 1/100 s.
    pub mcast_last_member_intvl: Option<u64>,
    /// How long a membership is kept, 1/100 s.
    pub mcast_membership_intvl: Option<u64>,
    /// How long another querier is trusted, 1/100 s.
    pub mcast_querier_intvl: Option<u64>,
    /// Time between queries, 1/100 s.
    pub mcast_query_intvl: Option<u64>,
    /// How long an answer may take, 1/100 s.
    pub mcast_query_response_intvl: Option<u64>,
    /// Time between queries at the start, 1/100 s.
    pub mcast_startup_query_intvl: Option<u64>,
    /// 1: IGMP and MLD packets are counted.
    pub mcast_stats_enabled: Option<u8>,
    /// IGMP version of queries.
    pub mcast_igmp_version: Option<u8>,
    /// MLD version of queries.
    pub mcast_mld_version: Option<u8>,
    /// Address of the querier at work, IPv4.
    pub mcast_querier_ipv4_addr: Option<Ipv4Addr>,
    /// The port behind which it is.
    pub mcast_querier_ipv4_port: Option<IfName>,
    /// That port's device index.
    pub mcast_querier_ipv4_port_index: Option<u32>,
    /// With `details`: how long it will be trusted yet, seconds.
    pub mcast_querier_ipv4_other_timer: Option<f64>,
    /// Address of the querier at work, IPv6.
    pub mcast_querier_ipv6_addr: Option<Ipv6Addr>,
    /// The port behind which it is.
    pub mcast_querier_ipv6_port: Option<IfName>,
    /// That port's device index.
    pub mcast_querier_ipv6_port_index: Option<u32>,
    /// With `details`: how long it will be trusted yet, seconds.
    pub mcast_querier_ipv6_other_timer: Option<f64>,
    /// 1: IPv4 packets pass iptables.
    pub nf_call_iptables: Option<u8>,
    /// 1: IPv6 packets pass ip6tables.
    pub nf_call_ip6tables: Option<u8>,
    /// 1: ARP packets pass arptables.
    pub nf_call_arptables: Option<u8>,
}

/// Settings and state of a bridge port (`IFLA_BRPORT_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct BridgePort {
    /// `disabled`, `listening`, `learning`, `forwarding`, `blocking`.
    pub state: Option<Symbol>,
    /// Priority of the port.
    pub priority: Option<u16>,
    /// Cost of the path through the port.
    pub cost: Option<u32>,
    /// Packets may leave by the port that they came from.
    pub hairpin: Option<bool>,
    /// Spanning tree packets are dropped.
    pub guard: Option<bool>,
    /// It cannot become the root port.
    pub root_block: Option<bool>,
    /// A group is left at once when a leave message comes.
    pub fastleave: Option<bool>,
    /// Addresses are learned.
    pub learning: Option<bool>,
    /// Addresses that hardware learned are taken over.
    pub learning_sync: Option<bool>,
    /// Packets for unknown addresses are sent here.
    pub flood: Option<bool>,
    /// Id of the port, hexadecimal.
    pub id: Option<HexNumber>,
    /// Number of the port, hexadecimal.
    pub no: Option<HexNumber>,
    /// Id of the designated port.
    pub designated_port: Option<u16>,
    /// Cost of the designated path.
    pub designated_cost: Option<u16>,
    /// Id of the designated bridge.
    pub bridge_id: Option<BridgeId>,
    /// Id of the designated root.
    pub root_id: Option<BridgeId>,
    /// With `details`: time until the next packet may be sent, seconds.
    pub hold_timer: Option<f64>,
    /// With `details`: time until the received message is too old, seconds.
    pub message_age_timer: Option<f64>,
    /// With `details`: time until the next state, seconds.
    pub forward_delay_timer: Option<f64>,
    /// 1: a topology change is acknowledged with the next packet.
    pub topology_change_ack: Option<u8>,
    /// 1: a packet waits for the hold timer.
    pub config_pending: Option<u8>,
    /// ARP requests are answered for others.
    pub proxy_arp: Option<bool>,
    /// The same for wireless networks.
    pub proxy_arp_wifi: Option<bool>,
    /// Is a multicast router behind it: 0 no, 1 as learned, 2 yes, 3 yes for a while.
    pub multicast_router: Option<u8>,
    /// Packets for unknown groups are sent here.
    pub mcast_flood: Option<bool>,
    /// Broadcast packets are sent here.
    pub bcast_flood: Option<bool>,
    /// Multicast packets are sent as unicast ones.
    pub mcast_to_unicast: Option<bool>,
    /// ARP and neighbour discovery are answered by the bridge where it can.
    pub neigh_suppress: Option<bool>,
    /// The same, as set per VLAN.
    pub neigh_vlan_suppress: Option<bool>,
    /// Unasked ARP and neighbour messages are forwarded though neighbours are suppressed.
    pub neigh_forward_grat: Option<bool>,
    /// Link-local group addresses that are forwarded, a bit mask, hexadecimal.
    pub group_fwd_mask: Option<HexNumber>,
    /// VLANs are mapped to tunnel ids.
    pub vlan_tunnel: Option<bool>,
    /// It does not talk to other isolated ports.
    pub isolated: Option<bool>,
    /// Only known addresses may send.
    pub locked: Option<bool>,
    /// Addresses that a locked port refused are kept for authentication.
    pub mab: Option<bool>,
    /// The port that takes over when this one loses carrier.
    pub backup_port: Option<IfName>,
    /// That port's device index.
    pub backup_port_index: Option<u32>,
    /// Id of the nexthop for packets that go through the backup port.
    pub backup_nhid: Option<u32>,
    /// The media redundancy ring is open.
    pub mrp_ring_open: Option<bool>,
    /// The media redundancy interconnect is open.
    pub mrp_in_open: Option<bool>,
    /// How many hosts are tracked at most.
    pub mcast_eht_hosts_limit: Option<u32>,
    /// With `details`: how many hosts are tracked.
    pub mcast_eht_hosts_cnt: Option<u32>,
    /// With `details`: how many groups the port is in.
    pub mcast_n_groups: Option<u32>,
    /// How many groups it may be in; 0 for no limit.
    pub mcast_max_groups: Option<u32>,
}
