//! Bonds and their ports.

use std::net::{Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::wire::Names;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, IfName, LlAddr, Symbol};

/// Settings and state of a bond (`IFLA_BOND_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(
    names_device(active_slave_index, active_slave),
    names_device(primary_index, primary)
)]
pub struct Bond {
    /// `balance-rr`, `active-backup`, `balance-xor`, `broadcast`, `802.3ad`, `balance-tlb`,
    /// `balance-alb`.
    #[nla(IFLA_BOND_MODE = 1, names(u8, MODES))]
    pub mode: Option<Symbol>,
    /// The active port.
    pub active_slave: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BOND_ACTIVE_SLAVE = 2, nonzero)]
    pub active_slave_index: Option<u32>,
    /// Interval of MII link monitoring, milliseconds; 0 for none.
    #[nla(IFLA_BOND_MIIMON = 3)]
    pub miimon: Option<u32>,
    /// Delay before a port that came up is enabled, milliseconds.
    #[nla(IFLA_BOND_UPDELAY = 4)]
    pub updelay: Option<u32>,
    /// Delay before a port that went down is disabled, milliseconds.
    #[nla(IFLA_BOND_DOWNDELAY = 5)]
    pub downdelay: Option<u32>,
    /// Interval between notifications of peers, milliseconds.
    #[nla(IFLA_BOND_PEER_NOTIF_DELAY = 28)]
    pub peer_notify_delay: Option<u32>,
    /// 1: link monitoring uses the carrier state of the device.
    #[nla(IFLA_BOND_USE_CARRIER = 6)]
    pub use_carrier: Option<u8>,
    /// Interval of ARP monitoring, milliseconds; 0 for none.
    #[nla(IFLA_BOND_ARP_INTERVAL = 7)]
    pub arp_interval: Option<u32>,
    /// Number of missed probes after which a port is considered down.
    #[nla(IFLA_BOND_MISSED_MAX = 30)]
    pub arp_missed_max: Option<u8>,
    /// Targets of ARP probes.
    #[nla(IFLA_BOND_ARP_IP_TARGET = 8)]
    pub arp_ip_target: Option<Vec<Ipv4Addr>>,
    /// Targets of neighbour solicitations.
    #[nla(IFLA_BOND_NS_IP6_TARGET = 31)]
    pub ns_ip6_target: Option<Vec<Ipv6Addr>>,
    /// Ports on which ARP probes are validated: `none`, `active`, `backup`, `all`, `filter`,
    /// `filter_active`, `filter_backup`.
    #[nla(IFLA_BOND_ARP_VALIDATE = 9, names(u32, ARP_VALIDATE))]
    pub arp_validate: Option<Symbol>,
    /// Number of targets that must answer: `any`, `all`.
    #[nla(IFLA_BOND_ARP_ALL_TARGETS = 10, names(u32, &[(0, "any"), (1, "all")]))]
    pub arp_all_targets: Option<Symbol>,
    /// The preferred port.
    pub primary: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BOND_PRIMARY = 11, nonzero)]
    pub primary_index: Option<u32>,
    /// Condition for a return to the preferred port: `always`, `better`, `failure`.
    #[nla(IFLA_BOND_PRIMARY_RESELECT = 12, names(u8, PRIMARY_RESELECT))]
    pub primary_reselect: Option<Symbol>,
    /// Policy for the MAC address at a failover: `none`, `active`, `follow`.
    #[nla(IFLA_BOND_FAIL_OVER_MAC = 13, names(u8, FAIL_OVER_MAC))]
    pub fail_over_mac: Option<Symbol>,
    /// Transmit hash policy: `layer2`, `layer3+4`, `layer2+3`, `encap2+3`, `encap3+4`,
    /// `vlan+srcmac`.
    #[nla(IFLA_BOND_XMIT_HASH_POLICY = 14, names(u8, XMIT_HASH_POLICIES))]
    pub xmit_hash_policy: Option<Symbol>,
    /// Number of IGMP reports after a failover.
    #[nla(IFLA_BOND_RESEND_IGMP = 15)]
    pub resend_igmp: Option<u32>,
    /// Number of notifications of peers after a failover.
    #[nla(IFLA_BOND_NUM_PEER_NOTIF = 16)]
    pub num_peer_notif: Option<u8>,
    /// 1: packets received by inactive ports are delivered.
    #[nla(IFLA_BOND_ALL_SLAVES_ACTIVE = 17)]
    pub all_slaves_active: Option<u8>,
    /// Minimum number of ports with carrier for the bond to have carrier.
    #[nla(IFLA_BOND_MIN_LINKS = 18)]
    pub min_links: Option<u32>,
    /// Interval between learning packets, seconds.
    #[nla(IFLA_BOND_LP_INTERVAL = 19)]
    pub lp_interval: Option<u32>,
    /// balance-rr: number of consecutive packets for one port.
    #[nla(IFLA_BOND_PACKETS_PER_SLAVE = 20)]
    pub packets_per_slave: Option<u32>,
    /// 802.3ad: LACP packets are sent periodically: `on`, `off`.
    #[nla(IFLA_BOND_AD_LACP_ACTIVE = 29, names(u8, &[(0, "off"), (1, "on")]))]
    pub ad_lacp_active: Option<Symbol>,
    /// 802.3ad: rate at which the partner is asked to send LACP packets: `slow`, `fast`.
    #[nla(IFLA_BOND_AD_LACP_RATE = 21, names(u8, &[(0, "slow"), (1, "fast")]))]
    pub ad_lacp_rate: Option<Symbol>,
    /// 802.3ad: aggregator selection policy: `stable`, `bandwidth`, `count`, `actor_port_prio`.
    #[nla(IFLA_BOND_AD_SELECT = 22, names(u8, AD_SELECT))]
    pub ad_select: Option<Symbol>,
    /// 802.3ad: the active aggregator.
    #[nla(IFLA_BOND_AD_INFO = 23)]
    pub ad_info: Option<AdInfo>,
    /// 802.3ad: priority of the system.
    #[nla(IFLA_BOND_AD_ACTOR_SYS_PRIO = 24)]
    pub ad_actor_sys_prio: Option<u16>,
    /// 802.3ad: user-defined part of the port key.
    #[nla(IFLA_BOND_AD_USER_PORT_KEY = 25)]
    pub ad_user_port_key: Option<u16>,
    /// 802.3ad: MAC address of the system.
    #[nla(IFLA_BOND_AD_ACTOR_SYSTEM = 26)]
    pub ad_actor_system: Option<LlAddr>,
    /// 802.3ad: a port transmits only while it also receives.
    #[nla(IFLA_BOND_COUPLED_CONTROL = 32)]
    pub coupled_control: Option<bool>,
    /// 802.3ad: ARP and neighbour messages are sent on every port.
    #[nla(IFLA_BOND_BROADCAST_NEIGH = 33)]
    pub broadcast_neighbor: Option<bool>,
    /// 802.3ad: a port without a partner is not used.
    #[nla(IFLA_BOND_LACP_STRICT = 34)]
    pub lacp_strict: Option<bool>,
    /// balance-tlb: 1: flows are rebalanced as the load changes.
    #[nla(IFLA_BOND_TLB_DYNAMIC_LB = 27)]
    pub tlb_dynamic_lb: Option<u8>,
}

/// The active aggregator of a bond of mode 802.3ad.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct AdInfo {
    /// Id of the aggregator.
    #[nla(IFLA_BOND_AD_INFO_AGGREGATOR = 1)]
    pub aggregator: Option<u16>,
    /// Number of ports.
    #[nla(IFLA_BOND_AD_INFO_NUM_PORTS = 2)]
    pub num_ports: Option<u16>,
    /// Port key of the actor.
    #[nla(IFLA_BOND_AD_INFO_ACTOR_KEY = 3)]
    pub actor_key: Option<u16>,
    /// Port key of the partner.
    #[nla(IFLA_BOND_AD_INFO_PARTNER_KEY = 4)]
    pub partner_key: Option<u16>,
    /// MAC address of the partner.
    #[nla(IFLA_BOND_AD_INFO_PARTNER_MAC = 5)]
    pub partner_mac: Option<LlAddr>,
}

/// Settings and state of a port of a bond (`IFLA_BOND_SLAVE_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(custom(
    IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE = 7 => Self::actor_state,
    IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE = 8 => Self::partner_state,
))]
pub struct BondPort {
    /// `ACTIVE`, `BACKUP`.
    #[nla(IFLA_BOND_SLAVE_STATE = 1, names(u8, &[(0, "ACTIVE"), (1, "BACKUP")]))]
    pub state: Option<Symbol>,
    /// `UP`, `GOING_DOWN`, `DOWN`, `GOING_BACK`.
    #[nla(IFLA_BOND_SLAVE_MII_STATUS = 2, names(u8, MII_STATUS))]
    pub mii_status: Option<Symbol>,
    /// Number of link failures.
    #[nla(IFLA_BOND_SLAVE_LINK_FAILURE_COUNT = 3)]
    pub link_failure_count: Option<u32>,
    /// Permanent hardware address.
    #[nla(IFLA_BOND_SLAVE_PERM_HWADDR = 4)]
    pub perm_hwaddr: Option<LlAddr>,
    /// Id of the transmit queue.
    #[nla(IFLA_BOND_SLAVE_QUEUE_ID = 5)]
    pub queue_id: Option<u16>,
    /// Failover priority.
    #[nla(IFLA_BOND_SLAVE_PRIO = 9)]
    pub prio: Option<i32>,
    /// 802.3ad: id of the aggregator.
    #[nla(IFLA_BOND_SLAVE_AD_AGGREGATOR_ID = 6)]
    pub ad_aggregator_id: Option<u16>,
    /// 802.3ad: state of the actor, a bit mask.
    pub ad_actor_oper_port_state: Option<u8>,
    /// 802.3ad: names of the bits of that mask: `active`, `short_timeout`, `aggregating`,
    /// `in_sync`, `collecting`, `distributing`, `defaulted`, `expired`.
    pub ad_actor_oper_port_state_str: Option<Flags>,
    /// 802.3ad: state of the partner, a bit mask.
    pub ad_partner_oper_port_state: Option<u16>,
    /// 802.3ad: names of the bits of that mask.
    pub ad_partner_oper_port_state_str: Option<Flags>,
    /// 802.3ad: priority of the port.
    #[nla(IFLA_BOND_SLAVE_ACTOR_PORT_PRIO = 10)]
    pub actor_port_prio: Option<u16>,
    /// 802.3ad: churn state of the actor: `MONITOR`, `CHURN`, `NO_CHURN`.
    #[nla(IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE = 11, names(u8, CHURN))]
    pub churn_actor_state: Option<Symbol>,
    /// 802.3ad: churn state of the partner: `MONITOR`, `CHURN`, `NO_CHURN`.
    #[nla(IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE = 12, names(u8, CHURN))]
    pub churn_partner_state: Option<Symbol>,
}

// The kernel sends the state as a number; `ip` prints the names of its bits too.
impl BondPort {
    fn actor_state(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let state = attr.u8()?;
        self.ad_actor_oper_port_state = Some(state);
        self.ad_actor_oper_port_state_str = Some(Flags::new(state.into(), LACP_STATE));
        Ok(())
    }

    fn partner_state(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let state = attr.u16()?;
        self.ad_partner_oper_port_state = Some(state);
        self.ad_partner_oper_port_state_str = Some(Flags::new(state.into(), LACP_STATE));
        Ok(())
    }
}

/// `BOND_MODE_*` (linux/if_bonding.h, as the following)
const MODES: Names = &[
    (0, "balance-rr"),
    (1, "active-backup"),
    (2, "balance-xor"),
    (3, "broadcast"),
    (4, "802.3ad"),
    (5, "balance-tlb"),
    (6, "balance-alb"),
];
/// `BOND_ARP_VALIDATE_*`, `BOND_ARP_FILTER_*`
const ARP_VALIDATE: Names = &[
    (0, "none"),
    (1, "active"),
    (2, "backup"),
    (3, "all"),
    (4, "filter"),
    (5, "filter_active"),
    (6, "filter_backup"),
];
/// `BOND_PRI_RESELECT_*`
const PRIMARY_RESELECT: Names = &[(0, "always"), (1, "better"), (2, "failure")];
/// `BOND_FOM_*`
const FAIL_OVER_MAC: Names = &[(0, "none"), (1, "active"), (2, "follow")];
/// `BOND_XMIT_POLICY_*`
const XMIT_HASH_POLICIES: Names = &[
    (0, "layer2"),
    (1, "layer3+4"),
    (2, "layer2+3"),
    (3, "encap2+3"),
    (4, "encap3+4"),
    (5, "vlan+srcmac"),
];
/// `BOND_AD_*`
const AD_SELECT: Names = &[
    (0, "stable"),
    (1, "bandwidth"),
    (2, "count"),
    (3, "actor_port_prio"),
];

/// `LACP_STATE_*` of the kernel's bond_3ad.h
const LACP_STATE: &FlagNames = &[
    (0x01, "active"),
    (0x02, "short_timeout"),
    (0x04, "aggregating"),
    (0x08, "in_sync"),
    (0x10, "collecting"),
    (0x20, "distributing"),
    (0x40, "defaulted"),
    (0x80, "expired"),
];

/// `BOND_LINK_*`
const MII_STATUS: Names = &[(0, "UP"), (1, "GOING_DOWN"), (2, "DOWN"), (3, "GOING_BACK")];
/// `churn_state_t` of the kernel's bond_3ad.h
const CHURN: Names = &[(0, "MONITOR"), (1, "CHURN"), (2, "NO_CHURN")];
