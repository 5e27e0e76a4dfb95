//! Bonds and their ports.

use std::net::{Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::value::{Flags, IfName, LlAddr, Symbol};

/// Settings and state of a bond (`IFLA_BOND_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Bond {
    /// `balance-rr`, `active-backup`, `balance-xor`, `broadcast`, `802.3ad`, `balance-tlb`,
    /// `balance-alb`.
    pub mode: Option<Symbol>,
    /// The port in use.
    pub active_slave: Option<IfName>,
    /// That port's device index.
    pub active_slave_index: Option<u32>,
    /// Time between looks at the carrier, milliseconds; 0 for none.
    pub miimon: Option<u32>,
    /// Delay before a port that came up is used, milliseconds.
    pub updelay: Option<u32>,
    /// Delay before a port that went down is given up, milliseconds.
    pub downdelay: Option<u32>,
    /// Time between notifications of peers, milliseconds.
    pub peer_notify_delay: Option<u32>,
    /// 1: the carrier is asked of the device itself.
    pub use_carrier: Option<u8>,
    /// Time between ARP probes, milliseconds; 0 for none.
    pub arp_interval: Option<u32>,
    /// Probes that may be missed.
    pub arp_missed_max: Option<u8>,
    /// Whom ARP probes ask.
    pub arp_ip_target: Option<Vec<Ipv4Addr>>,
    /// Whom neighbour solicitations ask.
    pub ns_ip6_target: Option<Vec<Ipv6Addr>>,
    /// Which ports must hear probes: `none`, `active`, `backup`, `all`, `filter`,
    /// `filter_active`, `filter_backup`.
    pub arp_validate: Option<Symbol>,
    /// `any`, `all`: how many targets must answer.
    pub arp_all_targets: Option<Symbol>,
    /// The preferred port.
    pub primary: Option<IfName>,
    /// That port's device index.
    pub primary_index: Option<u32>,
    /// When the preferred port is chosen again: `always`, `better`, `failure`.
    pub primary_reselect: Option<Symbol>,
    /// Whose MAC address is used: `none`, `active`, `follow`.
    pub fail_over_mac: Option<Symbol>,
    /// What chooses the port: `layer2`, `layer3+4`, `layer2+3`, `encap2+3`, `encap3+4`,
    /// `vlan+srcmac`.
    pub xmit_hash_policy: Option<Symbol>,
    /// IGMP reports after a failover.
    pub resend_igmp: Option<u32>,
    /// Notifications of peers after a failover.
    pub num_peer_notif: Option<u8>,
    /// 1: packets that idle ports receive are kept.
    pub all_slaves_active: Option<u8>,
    /// Ports that must be up for the bond to have carrier.
    pub min_links: Option<u32>,
    /// Time between learning packets, seconds.
    pub lp_interval: Option<u32>,
    /// balance-rr: packets for one port in a row.
    pub packets_per_slave: Option<u32>,
    /// 802.3ad: `on`, `off`: LACP packets are sent unasked.
    pub ad_lacp_active: Option<Symbol>,
    /// 802.3ad: `slow`, `fast`: how often the partner is to send.
    pub ad_lacp_rate: Option<Symbol>,
    /// 802.3ad: what chooses the aggregator: `stable`, `bandwidth`, `count`, `actor_port_prio`.
    pub ad_select: Option<Symbol>,
    /// 802.3ad: the aggregator in use.
    pub ad_info: Option<AdInfo>,
    /// 802.3ad: priority of the system.
    pub ad_actor_sys_prio: Option<u16>,
    /// 802.3ad: the user's part of the port key.
    pub ad_user_port_key: Option<u16>,
    /// 802.3ad: MAC address of the system.
    pub ad_actor_system: Option<LlAddr>,
    /// 802.3ad: a port sends only while it also receives.
    pub coupled_control: Option<bool>,
    /// 802.3ad: 1: broadcast ARP and neighbour messages leave by every port.
    pub broadcast_neighbor: Option<bool>,
    /// 802.3ad: 1: a port without a partner is not used.
    pub lacp_strict: Option<bool>,
    /// balance-tlb: 1: flows are moved as the load changes.
    pub tlb_dynamic_lb: Option<u8>,
}

/// The aggregator that a bond of mode 802.3ad uses.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct AdInfo {
    /// Id of the aggregator.
    pub aggregator: Option<u16>,
    /// Its ports.
    pub num_ports: Option<u16>,
    /// Key of this side.
    pub actor_key: Option<u16>,
    /// Key of the partner.
    pub partner_key: Option<u16>,
    /// MAC address of the partner.
    pub partner_mac: Option<LlAddr>,
}

/// Settings and state of a port of a bond (`IFLA_BOND_SLAVE_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct BondPort {
    /// `ACTIVE`, `BACKUP`.
    pub state: Option<Symbol>,
    /// `UP`, `GOING_DOWN`, `DOWN`, `GOING_BACK`.
    pub mii_status: Option<Symbol>,
    /// How often the link failed.
    pub link_failure_count: Option<u32>,
    /// The hardware's own address.
    pub perm_hwaddr: Option<LlAddr>,
    /// Its transmit queue.
    pub queue_id: Option<u16>,
    /// Priority among the ports.
    pub prio: Option<i32>,
    /// 802.3ad: id of its aggregator.
    pub ad_aggregator_id: Option<u16>,
    /// 802.3ad: state of this side, a bit mask.
    pub ad_actor_oper_port_state: Option<u8>,
    /// The same, bit by bit: `active`, `short_timeout`, `aggregating`, `in_sync`, `collecting`,
    /// `distributing`, `defaulted`, `expired`.
    pub ad_actor_oper_port_state_str: Option<Flags>,
    /// 802.3ad: state of the partner, a bit mask.
    pub ad_partner_oper_port_state: Option<u16>,
    /// The same, bit by bit.
    pub ad_partner_oper_port_state_str: Option<Flags>,
    /// 802.3ad: priority of the port.
    pub actor_port_prio: Option<u16>,
    /// 802.3ad: churn of this side: `MONITOR`, `CHURN`, `NO_CHURN`.
    pub churn_actor_state: Option<Symbol>,
    /// 802.3ad: churn of the partner: `MONITOR`, `CHURN`, `NO_CHURN`.
    pub churn_partner_state: Option<Symbol>,
}
