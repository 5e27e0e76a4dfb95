//! Bridges and their ports.

use std::net::{Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::values::{BridgeId, HexNumber};
use crate::kind::route::link::wire::{Names, VLAN_PROTOCOLS, exact_u32s};
use crate::kind::wire::seconds;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{IfName, LlAddr, Symbol};

/// Settings and state of a bridge (`IFLA_BR_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(
    custom(IFLA_BR_MULTI_BOOLOPT = 46 => Self::options),
    nest(IFLA_BR_MCAST_QUERIER_STATE = 47),
    skip(IFLA_BR_PAD = 40, IFLA_BR_MCAST_QUERIER_STATE / BRIDGE_QUERIER_PAD = 4)
)]
#[state(
    names_device(mcast_querier_ipv4_port_index, mcast_querier_ipv4_port),
    names_device(mcast_querier_ipv6_port_index, mcast_querier_ipv6_port)
)]
pub struct Bridge {
    /// Forward delay: time in each of the states listening and learning, 1/100 s.
    #[nla(IFLA_BR_FORWARD_DELAY = 1)]
    pub forward_delay: Option<u32>,
    /// Interval between hello packets, 1/100 s.
    #[nla(IFLA_BR_HELLO_TIME = 2)]
    pub hello_time: Option<u32>,
    /// Maximum age of a hello packet, 1/100 s.
    #[nla(IFLA_BR_MAX_AGE = 3)]
    pub max_age: Option<u32>,
    /// Lifetime of a learned address, 1/100 s.
    #[nla(IFLA_BR_AGEING_TIME = 4)]
    pub ageing_time: Option<u32>,
    /// Spanning tree: 0 off, 1 in the kernel, 2 in user space.
    #[nla(IFLA_BR_STP_STATE = 5)]
    pub stp_state: Option<u32>,
    /// Implementation of the spanning tree when it is enabled: `auto`, `user`, `kernel`.
    #[nla(IFLA_BR_STP_MODE = 50, names(u32, STP_MODES))]
    pub stp_mode: Option<Symbol>,
    /// Priority of the bridge.
    #[nla(IFLA_BR_PRIORITY = 6)]
    pub priority: Option<u16>,
    /// 1: VLAN filtering is enabled.
    #[nla(IFLA_BR_VLAN_FILTERING = 7)]
    pub vlan_filtering: Option<u8>,
    /// `802.1Q`, `802.1ad`.
    #[nla(IFLA_BR_VLAN_PROTOCOL = 8, names(be16, VLAN_PROTOCOLS))]
    pub vlan_protocol: Option<Symbol>,
    /// Id of the bridge.
    #[nla(IFLA_BR_BRIDGE_ID = 11)]
    pub bridge_id: Option<BridgeId>,
    /// Id of the root bridge.
    #[nla(IFLA_BR_ROOT_ID = 10)]
    pub root_id: Option<BridgeId>,
    /// Number of the root port.
    #[nla(IFLA_BR_ROOT_PORT = 12)]
    pub root_port: Option<u16>,
    /// Cost of the path to the root bridge.
    #[nla(IFLA_BR_ROOT_PATH_COST = 13)]
    pub root_path_cost: Option<u32>,
    /// 1: a topology change is in progress.
    #[nla(IFLA_BR_TOPOLOGY_CHANGE = 14)]
    pub topology_change: Option<u8>,
    /// 1: a topology change was detected.
    #[nla(IFLA_BR_TOPOLOGY_CHANGE_DETECTED = 15)]
    pub topology_change_detected: Option<u8>,
    /// With `details`: time until the next hello packet, seconds.
    #[nla(IFLA_BR_HELLO_TIMER = 16, details, map(u64, seconds))]
    pub hello_timer: Option<f64>,
    /// With `details`: time until the next topology change notification, seconds.
    #[nla(IFLA_BR_TCN_TIMER = 17, details, map(u64, seconds))]
    pub tcn_timer: Option<f64>,
    /// With `details`: time until the end of the topology change, seconds.
    #[nla(IFLA_BR_TOPOLOGY_CHANGE_TIMER = 18, details, map(u64, seconds))]
    pub topology_change_timer: Option<f64>,
    /// With `details`: time until expired addresses are removed, seconds.
    #[nla(IFLA_BR_GC_TIMER = 19, details, map(u64, seconds))]
    pub gc_timer: Option<f64>,
    /// With `details`: number of learned addresses.
    #[nla(IFLA_BR_FDB_N_LEARNED = 48, details)]
    pub fdb_n_learned: Option<u32>,
    /// Maximum number of learned addresses; 0 for no limit.
    #[nla(IFLA_BR_FDB_MAX_LEARNED = 49)]
    pub fdb_max_learned: Option<u32>,
    /// Default port VLAN id.
    #[nla(IFLA_BR_VLAN_DEFAULT_PVID = 39)]
    pub vlan_default_pvid: Option<u16>,
    /// 1: packets are counted per VLAN.
    #[nla(IFLA_BR_VLAN_STATS_ENABLED = 41)]
    pub vlan_stats_enabled: Option<u8>,
    /// 1: packets are counted per VLAN and port.
    #[nla(IFLA_BR_VLAN_STATS_PER_PORT = 45)]
    pub vlan_stats_per_port: Option<u8>,
    /// Link-local group addresses that are forwarded, a bit mask, hexadecimal.
    #[nla(IFLA_BR_GROUP_FWD_MASK = 9, map(u16, HexNumber::new))]
    pub group_fwd_mask: Option<HexNumber>,
    /// Destination address of spanning tree packets.
    #[nla(IFLA_BR_GROUP_ADDR = 20)]
    pub group_addr: Option<LlAddr>,
    /// 1: IGMP and MLD snooping is enabled.
    #[nla(IFLA_BR_MCAST_SNOOPING = 23)]
    pub mcast_snooping: Option<u8>,
    /// 1: addresses of link-local packets are not learned.
    pub no_linklocal_learn: Option<u8>,
    /// 1: multicast snooping is per VLAN.
    pub mcast_vlan_snooping: Option<u8>,
    /// 1: multiple spanning trees are enabled.
    pub mst_enabled: Option<u8>,
    /// 1: a failed offload of a multicast entry causes an event.
    pub mdb_offload_fail_notification: Option<u8>,
    /// 1: the forwarding table has local addresses in VLAN 0 only.
    pub fdb_local_vlan_0: Option<u8>,
    /// Multicast router state: 0 disabled, 1 learned, 2 permanent.
    #[nla(IFLA_BR_MCAST_ROUTER = 22)]
    pub mcast_router: Option<u8>,
    /// 1: queries have the address of the bridge as source.
    #[nla(IFLA_BR_MCAST_QUERY_USE_IFADDR = 24)]
    pub mcast_query_use_ifaddr: Option<u8>,
    /// 1: the bridge sends queries.
    #[nla(IFLA_BR_MCAST_QUERIER = 25)]
    pub mcast_querier: Option<u8>,
    /// Maximum chain length of the multicast table; obsolete.
    #[nla(IFLA_BR_MCAST_HASH_ELASTICITY = 26)]
    pub mcast_hash_elasticity: Option<u32>,
    /// Maximum size of the multicast table.
    #[nla(IFLA_BR_MCAST_HASH_MAX = 27)]
    pub mcast_hash_max: Option<u32>,
    /// Number of queries before a group is removed.
    #[nla(IFLA_BR_MCAST_LAST_MEMBER_CNT = 28)]
    pub mcast_last_member_cnt: Option<u32>,
    /// Number of queries at startup.
    #[nla(IFLA_BR_MCAST_STARTUP_QUERY_CNT = 29)]
    pub mcast_startup_query_cnt: Option<u32>,
    /// Interval between queries for a last member, 1/100 s.
    #[nla(IFLA_BR_MCAST_LAST_MEMBER_INTVL = 30)]
    pub mcast_last_member_intvl: Option<u64>,
    /// Lifetime of a membership, 1/100 s.
    #[nla(IFLA_BR_MCAST_MEMBERSHIP_INTVL = 31)]
    pub mcast_membership_intvl: Option<u64>,
    /// Timeout of another querier, 1/100 s.
    #[nla(IFLA_BR_MCAST_QUERIER_INTVL = 32)]
    pub mcast_querier_intvl: Option<u64>,
    /// Interval between queries, 1/100 s.
    #[nla(IFLA_BR_MCAST_QUERY_INTVL = 33)]
    pub mcast_query_intvl: Option<u64>,
    /// Maximum response time to a query, 1/100 s.
    #[nla(IFLA_BR_MCAST_QUERY_RESPONSE_INTVL = 34)]
    pub mcast_query_response_intvl: Option<u64>,
    /// Interval between queries at startup, 1/100 s.
    #[nla(IFLA_BR_MCAST_STARTUP_QUERY_INTVL = 35)]
    pub mcast_startup_query_intvl: Option<u64>,
    /// 1: IGMP and MLD packets are counted.
    #[nla(IFLA_BR_MCAST_STATS_ENABLED = 42)]
    pub mcast_stats_enabled: Option<u8>,
    /// IGMP version of queries.
    #[nla(IFLA_BR_MCAST_IGMP_VERSION = 43)]
    pub mcast_igmp_version: Option<u8>,
    /// MLD version of queries.
    #[nla(IFLA_BR_MCAST_MLD_VERSION = 44)]
    pub mcast_mld_version: Option<u8>,
    /// Address of the active querier, IPv4.
    #[nla(IFLA_BR_MCAST_QUERIER_STATE / BRIDGE_QUERIER_IP_ADDRESS = 1, nonzero)]
    pub mcast_querier_ipv4_addr: Option<Ipv4Addr>,
    /// Port towards that querier.
    pub mcast_querier_ipv4_port: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BR_MCAST_QUERIER_STATE / BRIDGE_QUERIER_IP_PORT = 2, nonzero)]
    pub mcast_querier_ipv4_port_index: Option<u32>,
    /// With `details`: time until that querier times out, seconds.
    #[nla(IFLA_BR_MCAST_QUERIER_STATE / BRIDGE_QUERIER_IP_OTHER_TIMER = 3, details, map(u64, seconds))]
    pub mcast_querier_ipv4_other_timer: Option<f64>,
    /// Address of the active querier, IPv6.
    #[nla(IFLA_BR_MCAST_QUERIER_STATE / BRIDGE_QUERIER_IPV6_ADDRESS = 5, nonzero)]
    pub mcast_querier_ipv6_addr: Option<Ipv6Addr>,
    /// Port towards that querier.
    pub mcast_querier_ipv6_port: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BR_MCAST_QUERIER_STATE / BRIDGE_QUERIER_IPV6_PORT = 6, nonzero)]
    pub mcast_querier_ipv6_port_index: Option<u32>,
    /// With `details`: time until that querier times out, seconds.
    #[nla(IFLA_BR_MCAST_QUERIER_STATE / BRIDGE_QUERIER_IPV6_OTHER_TIMER = 7, details, map(u64, seconds))]
    pub mcast_querier_ipv6_other_timer: Option<f64>,
    /// 1: IPv4 packets are passed to iptables.
    #[nla(IFLA_BR_NF_CALL_IPTABLES = 36)]
    pub nf_call_iptables: Option<u8>,
    /// 1: IPv6 packets are passed to ip6tables.
    #[nla(IFLA_BR_NF_CALL_IP6TABLES = 37)]
    pub nf_call_ip6tables: Option<u8>,
    /// 1: ARP packets are passed to arptables.
    #[nla(IFLA_BR_NF_CALL_ARPTABLES = 38)]
    pub nf_call_arptables: Option<u8>,
}

/// Settings and state of a bridge port (`IFLA_BRPORT_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(skip(IFLA_BRPORT_PAD = 26))]
#[state(names_device(backup_port_index, backup_port))]
pub struct BridgePort {
    /// `disabled`, `listening`, `learning`, `forwarding`, `blocking`.
    #[nla(IFLA_BRPORT_STATE = 1, names(u8, PORT_STATES))]
    pub state: Option<Symbol>,
    /// Priority of the port.
    #[nla(IFLA_BRPORT_PRIORITY = 2)]
    pub priority: Option<u16>,
    /// Cost of the path through the port.
    #[nla(IFLA_BRPORT_COST = 3)]
    pub cost: Option<u32>,
    /// Packets may be sent on the port on which they were received.
    #[nla(IFLA_BRPORT_MODE = 4)]
    pub hairpin: Option<bool>,
    /// BPDU guard: the port is disabled if it receives a spanning tree packet.
    #[nla(IFLA_BRPORT_GUARD = 5)]
    pub guard: Option<bool>,
    /// The port cannot become the root port.
    #[nla(IFLA_BRPORT_PROTECT = 6)]
    pub root_block: Option<bool>,
    /// A leave message removes the port from the group immediately.
    #[nla(IFLA_BRPORT_FAST_LEAVE = 7)]
    pub fastleave: Option<bool>,
    /// Source addresses are learned.
    #[nla(IFLA_BRPORT_LEARNING = 8)]
    pub learning: Option<bool>,
    /// Addresses learned by hardware are added to the forwarding table.
    #[nla(IFLA_BRPORT_LEARNING_SYNC = 11)]
    pub learning_sync: Option<bool>,
    /// Packets to unknown unicast addresses are flooded to the port.
    #[nla(IFLA_BRPORT_UNICAST_FLOOD = 9)]
    pub flood: Option<bool>,
    /// Id of the port, hexadecimal.
    #[nla(IFLA_BRPORT_ID = 17, map(u16, HexNumber::new))]
    pub id: Option<HexNumber>,
    /// Number of the port, hexadecimal.
    #[nla(IFLA_BRPORT_NO = 18, map(u16, HexNumber::new))]
    pub no: Option<HexNumber>,
    /// Id of the designated port.
    #[nla(IFLA_BRPORT_DESIGNATED_PORT = 15)]
    pub designated_port: Option<u16>,
    /// Cost of the designated path.
    #[nla(IFLA_BRPORT_DESIGNATED_COST = 16)]
    pub designated_cost: Option<u16>,
    /// Id of the designated bridge.
    #[nla(IFLA_BRPORT_BRIDGE_ID = 14)]
    pub bridge_id: Option<BridgeId>,
    /// Id of the designated root.
    #[nla(IFLA_BRPORT_ROOT_ID = 13)]
    pub root_id: Option<BridgeId>,
    /// With `details`: time until the next packet may be sent, seconds.
    #[nla(IFLA_BRPORT_HOLD_TIMER = 23, details, map(u64, seconds))]
    pub hold_timer: Option<f64>,
    /// With `details`: time until the received message expires, seconds.
    #[nla(IFLA_BRPORT_MESSAGE_AGE_TIMER = 21, details, map(u64, seconds))]
    pub message_age_timer: Option<f64>,
    /// With `details`: time until the next port state, seconds.
    #[nla(IFLA_BRPORT_FORWARD_DELAY_TIMER = 22, details, map(u64, seconds))]
    pub forward_delay_timer: Option<f64>,
    /// 1: a topology change is acknowledged with the next packet.
    #[nla(IFLA_BRPORT_TOPOLOGY_CHANGE_ACK = 19)]
    pub topology_change_ack: Option<u8>,
    /// 1: a packet waits for the hold timer.
    #[nla(IFLA_BRPORT_CONFIG_PENDING = 20)]
    pub config_pending: Option<u8>,
    /// Proxy ARP is enabled.
    #[nla(IFLA_BRPORT_PROXYARP = 10)]
    pub proxy_arp: Option<bool>,
    /// Proxy ARP for wireless networks is enabled.
    #[nla(IFLA_BRPORT_PROXYARP_WIFI = 12)]
    pub proxy_arp_wifi: Option<bool>,
    /// Multicast router state: 0 disabled, 1 learned, 2 permanent, 3 temporary.
    #[nla(IFLA_BRPORT_MULTICAST_ROUTER = 25)]
    pub multicast_router: Option<u8>,
    /// Packets to unknown multicast groups are flooded to the port.
    #[nla(IFLA_BRPORT_MCAST_FLOOD = 27)]
    pub mcast_flood: Option<bool>,
    /// Broadcast packets are flooded to the port.
    #[nla(IFLA_BRPORT_BCAST_FLOOD = 30)]
    pub bcast_flood: Option<bool>,
    /// Multicast packets are sent as unicast packets.
    #[nla(IFLA_BRPORT_MCAST_TO_UCAST = 28)]
    pub mcast_to_unicast: Option<bool>,
    /// The bridge answers ARP and neighbour discovery if it can.
    #[nla(IFLA_BRPORT_NEIGH_SUPPRESS = 32)]
    pub neigh_suppress: Option<bool>,
    /// Neighbour suppression is configured per VLAN.
    #[nla(IFLA_BRPORT_NEIGH_VLAN_SUPPRESS = 43)]
    pub neigh_vlan_suppress: Option<bool>,
    /// Gratuitous ARP and neighbour messages are forwarded despite neighbour suppression.
    #[nla(IFLA_BRPORT_NEIGH_FORWARD_GRAT = 45)]
    pub neigh_forward_grat: Option<bool>,
    /// Link-local group addresses that are forwarded, a bit mask, hexadecimal.
    #[nla(IFLA_BRPORT_GROUP_FWD_MASK = 31, map(u16, HexNumber::new))]
    pub group_fwd_mask: Option<HexNumber>,
    /// VLANs are mapped to tunnel ids.
    #[nla(IFLA_BRPORT_VLAN_TUNNEL = 29)]
    pub vlan_tunnel: Option<bool>,
    /// Packets are not forwarded to other isolated ports.
    #[nla(IFLA_BRPORT_ISOLATED = 33)]
    pub isolated: Option<bool>,
    /// Packets are accepted from known source addresses only.
    #[nla(IFLA_BRPORT_LOCKED = 39)]
    pub locked: Option<bool>,
    /// MAC authentication bypass: a locked port keeps the source addresses that it rejected.
    #[nla(IFLA_BRPORT_MAB = 40)]
    pub mab: Option<bool>,
    /// The port that is used while this port has no carrier.
    pub backup_port: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BRPORT_BACKUP_PORT = 34, nonzero)]
    pub backup_port_index: Option<u32>,
    /// Id of the nexthop for packets that are sent on the backup port.
    #[nla(IFLA_BRPORT_BACKUP_NHID = 44)]
    pub backup_nhid: Option<u32>,
    /// The media redundancy ring is open.
    #[nla(IFLA_BRPORT_MRP_RING_OPEN = 35)]
    pub mrp_ring_open: Option<bool>,
    /// The media redundancy interconnect is open.
    #[nla(IFLA_BRPORT_MRP_IN_OPEN = 36)]
    pub mrp_in_open: Option<bool>,
    /// Maximum number of tracked hosts.
    #[nla(IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT = 37)]
    pub mcast_eht_hosts_limit: Option<u32>,
    /// With `details`: number of tracked hosts.
    #[nla(IFLA_BRPORT_MCAST_EHT_HOSTS_CNT = 38, details)]
    pub mcast_eht_hosts_cnt: Option<u32>,
    /// With `details`: number of multicast groups of the port.
    #[nla(IFLA_BRPORT_MCAST_N_GROUPS = 41, details)]
    pub mcast_n_groups: Option<u32>,
    /// Maximum number of multicast groups; 0 for no limit.
    #[nla(IFLA_BRPORT_MCAST_MAX_GROUPS = 42)]
    pub mcast_max_groups: Option<u32>,
}

impl Bridge {
    /// `struct br_boolopt_multi`: one bit for each option, and a mask of the options that the
    /// kernel has.
    fn options(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let [values, mut mask] = exact_u32s(attr.value)?;
        let fields = [
            &mut self.no_linklocal_learn,
            &mut self.mcast_vlan_snooping,
            &mut self.mst_enabled,
            &mut self.mdb_offload_fail_notification,
            &mut self.fdb_local_vlan_0,
        ];
        for (bit, field) in fields.into_iter().enumerate() {
            if mask >> bit & 1 == 1 {
                *field = Some((values >> bit & 1) as u8);
                mask &= !(1 << bit);
            }
        }
        if mask != 0 {
            context.record_unparsed(Some(attr.kind), AttrError::Unknown, attr.value);
        }
        Ok(())
    }
}

/// `BR_STP_MODE_*`
const STP_MODES: Names = &[(0, "auto"), (1, "user"), (2, "kernel")];

/// `BR_STATE_*`
pub(in crate::kind::route::link) const PORT_STATES: Names = &[
    (0, "disabled"),
    (1, "listening"),
    (2, "learning"),
    (3, "forwarding"),
    (4, "blocking"),
];
