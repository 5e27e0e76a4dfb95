//! Bonds and their ports.

use super::settings::{Names, lladdr, nonzero, settings, symbol8, symbol32};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::bond::{AdInfo, Bond, BondPort};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags};

settings! {
    /// `IFLA_BOND_*` → the settings of a bond.
    pub(super) fn bond(context, attr, into) -> Bond {
        IFLA_BOND_MODE = 1 => mode: symbol8(attr, MODES)?;
        IFLA_BOND_MIIMON = 3 => miimon: attr.u32()?;
        IFLA_BOND_UPDELAY = 4 => updelay: attr.u32()?;
        IFLA_BOND_DOWNDELAY = 5 => downdelay: attr.u32()?;
        IFLA_BOND_USE_CARRIER = 6 => use_carrier: attr.u8()?;
        IFLA_BOND_ARP_INTERVAL = 7 => arp_interval: attr.u32()?;
        IFLA_BOND_ARP_IP_TARGET = 8 => arp_ip_target: list(context, &attr, |a| a.ipv4())?;
        IFLA_BOND_ARP_VALIDATE = 9 => arp_validate: symbol32(attr, ARP_VALIDATE)?;
        IFLA_BOND_ARP_ALL_TARGETS = 10 => arp_all_targets: symbol32(attr, &[(0, "any"), (1, "all")])?;
        IFLA_BOND_PRIMARY_RESELECT = 12 => primary_reselect: symbol8(attr, PRIMARY_RESELECT)?;
        IFLA_BOND_FAIL_OVER_MAC = 13 => fail_over_mac: symbol8(attr, FAIL_OVER_MAC)?;
        IFLA_BOND_XMIT_HASH_POLICY = 14 => xmit_hash_policy: symbol8(attr, XMIT_HASH_POLICIES)?;
        IFLA_BOND_RESEND_IGMP = 15 => resend_igmp: attr.u32()?;
        IFLA_BOND_NUM_PEER_NOTIF = 16 => num_peer_notif: attr.u8()?;
        IFLA_BOND_ALL_SLAVES_ACTIVE = 17 => all_slaves_active: attr.u8()?;
        IFLA_BOND_MIN_LINKS = 18 => min_links: attr.u32()?;
        IFLA_BOND_LP_INTERVAL = 19 => lp_interval: attr.u32()?;
        IFLA_BOND_PACKETS_PER_SLAVE = 20 => packets_per_slave: attr.u32()?;
        IFLA_BOND_AD_LACP_RATE = 21 => ad_lacp_rate: symbol8(attr, &[(0, "slow"), (1, "fast")])?;
        IFLA_BOND_AD_SELECT = 22 => ad_select: symbol8(attr, AD_SELECT)?;
        IFLA_BOND_AD_INFO = 23 => ad_info: ad_info(context, &attr)?;
        IFLA_BOND_AD_ACTOR_SYS_PRIO = 24 => ad_actor_sys_prio: attr.u16()?;
        IFLA_BOND_AD_USER_PORT_KEY = 25 => ad_user_port_key: attr.u16()?;
        IFLA_BOND_AD_ACTOR_SYSTEM = 26 => ad_actor_system: lladdr(attr)?;
        IFLA_BOND_TLB_DYNAMIC_LB = 27 => tlb_dynamic_lb: attr.u8()?;
        IFLA_BOND_PEER_NOTIF_DELAY = 28 => peer_notify_delay: attr.u32()?;
        IFLA_BOND_AD_LACP_ACTIVE = 29 => ad_lacp_active: symbol8(attr, &[(0, "off"), (1, "on")])?;
        IFLA_BOND_MISSED_MAX = 30 => arp_missed_max: attr.u8()?;
        IFLA_BOND_NS_IP6_TARGET = 31 => ns_ip6_target: list(context, &attr, |a| a.ipv6())?;
        IFLA_BOND_COUPLED_CONTROL = 32 => coupled_control: attr.bool()?;
        IFLA_BOND_BROADCAST_NEIGH = 33 => broadcast_neighbor: attr.bool()?;
        IFLA_BOND_LACP_STRICT = 34 => lacp_strict: attr.bool()?;
    }
    free {
        IFLA_BOND_ACTIVE_SLAVE = 2 => { into.active_slave_index = nonzero(attr.u32()?) }
        IFLA_BOND_PRIMARY = 11 => { into.primary_index = nonzero(attr.u32()?) }
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

/// Addresses, an attribute each, numbered by their place.
fn list<T>(
    context: &mut DecodeContext,
    attr: &Attr,
    read: impl Fn(Attr) -> Result<T, AttrError>,
) -> Result<Vec<T>, AttrError> {
    let mut list = Vec::new();
    context.nested(attr, |_, attr| {
        list.push(read(attr)?);
        Ok(())
    })?;
    Ok(list)
}

settings! {
    /// `IFLA_BOND_AD_INFO_*` → the aggregator in use.
    fn ad_info(context, attr, into) -> AdInfo {
        IFLA_BOND_AD_INFO_AGGREGATOR = 1 => aggregator: attr.u16()?;
        IFLA_BOND_AD_INFO_NUM_PORTS = 2 => num_ports: attr.u16()?;
        IFLA_BOND_AD_INFO_ACTOR_KEY = 3 => actor_key: attr.u16()?;
        IFLA_BOND_AD_INFO_PARTNER_KEY = 4 => partner_key: attr.u16()?;
        IFLA_BOND_AD_INFO_PARTNER_MAC = 5 => partner_mac: lladdr(attr)?;
    }
}

settings! {
    /// `IFLA_BOND_SLAVE_*` → the settings of a bond's port.
    pub(super) fn port(context, attr, into) -> BondPort {
        IFLA_BOND_SLAVE_STATE = 1 => state: symbol8(attr, &[(0, "ACTIVE"), (1, "BACKUP")])?;
        IFLA_BOND_SLAVE_MII_STATUS = 2 => mii_status: symbol8(attr, MII_STATUS)?;
        IFLA_BOND_SLAVE_LINK_FAILURE_COUNT = 3 => link_failure_count: attr.u32()?;
        IFLA_BOND_SLAVE_PERM_HWADDR = 4 => perm_hwaddr: lladdr(attr)?;
        IFLA_BOND_SLAVE_QUEUE_ID = 5 => queue_id: attr.u16()?;
        IFLA_BOND_SLAVE_AD_AGGREGATOR_ID = 6 => ad_aggregator_id: attr.u16()?;
        IFLA_BOND_SLAVE_PRIO = 9 => prio: attr.i32()?;
        IFLA_BOND_SLAVE_ACTOR_PORT_PRIO = 10 => actor_port_prio: attr.u16()?;
        IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE = 11 => churn_actor_state: symbol8(attr, CHURN)?;
        IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE = 12 => churn_partner_state: symbol8(attr, CHURN)?;
    }
    free {
        IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE = 7 => {
            let state = attr.u8()?;
            into.ad_actor_oper_port_state = Some(state);
            into.ad_actor_oper_port_state_str = Some(Flags::new(state.into(), LACP_STATE));
        }
        IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE = 8 => {
            let state = attr.u16()?;
            into.ad_partner_oper_port_state = Some(state);
            into.ad_partner_oper_port_state_str = Some(Flags::new(state.into(), LACP_STATE));
        }
    }
}

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
