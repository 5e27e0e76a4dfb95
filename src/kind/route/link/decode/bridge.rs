//! Bridges, their ports and the VLANs of those.

use super::bridge_af;
use super::names::PORT_STATES;
use super::settings::{
    Names, VLAN_PROTOCOLS, bytes, counter, exactly, ipv4_nonzero, lladdr, nonzero, settings,
    symbol8, symbol32, u16_at, u32_at,
};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::Link;
use crate::kind::route::link::bridge::{Bridge, BridgePort};
use crate::kind::route::link::details::{Vlan, VlanTunnel};
use crate::kind::route::link::values::{BridgeId, HexNumber};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, LlAddr, Symbol};

settings! {
    /// `IFLA_BR_*` → the settings of a bridge.
    pub(super) fn bridge(context, attr, into) -> Bridge {
        IFLA_BR_FORWARD_DELAY = 1 => forward_delay: attr.u32()?;
        IFLA_BR_HELLO_TIME = 2 => hello_time: attr.u32()?;
        IFLA_BR_MAX_AGE = 3 => max_age: attr.u32()?;
        IFLA_BR_AGEING_TIME = 4 => ageing_time: attr.u32()?;
        IFLA_BR_STP_STATE = 5 => stp_state: attr.u32()?;
        IFLA_BR_PRIORITY = 6 => priority: attr.u16()?;
        IFLA_BR_VLAN_FILTERING = 7 => vlan_filtering: attr.u8()?;
        IFLA_BR_VLAN_PROTOCOL = 8 => vlan_protocol: Symbol::of(attr.be16()?.into(), VLAN_PROTOCOLS);
        IFLA_BR_GROUP_FWD_MASK = 9 => group_fwd_mask: HexNumber(attr.u16()?.into());
        IFLA_BR_ROOT_ID = 10 => root_id: bridge_id(&attr)?;
        IFLA_BR_BRIDGE_ID = 11 => bridge_id: bridge_id(&attr)?;
        IFLA_BR_ROOT_PORT = 12 => root_port: attr.u16()?;
        IFLA_BR_ROOT_PATH_COST = 13 => root_path_cost: attr.u32()?;
        IFLA_BR_TOPOLOGY_CHANGE = 14 => topology_change: attr.u8()?;
        IFLA_BR_TOPOLOGY_CHANGE_DETECTED = 15 => topology_change_detected: attr.u8()?;
        IFLA_BR_GROUP_ADDR = 20 => group_addr: lladdr(attr)?;
        IFLA_BR_MCAST_ROUTER = 22 => mcast_router: attr.u8()?;
        IFLA_BR_MCAST_SNOOPING = 23 => mcast_snooping: attr.u8()?;
        IFLA_BR_MCAST_QUERY_USE_IFADDR = 24 => mcast_query_use_ifaddr: attr.u8()?;
        IFLA_BR_MCAST_QUERIER = 25 => mcast_querier: attr.u8()?;
        IFLA_BR_MCAST_HASH_ELASTICITY = 26 => mcast_hash_elasticity: attr.u32()?;
        IFLA_BR_MCAST_HASH_MAX = 27 => mcast_hash_max: attr.u32()?;
        IFLA_BR_MCAST_LAST_MEMBER_CNT = 28 => mcast_last_member_cnt: attr.u32()?;
        IFLA_BR_MCAST_STARTUP_QUERY_CNT = 29 => mcast_startup_query_cnt: attr.u32()?;
        IFLA_BR_MCAST_LAST_MEMBER_INTVL = 30 => mcast_last_member_intvl: counter(attr.u64()?);
        IFLA_BR_MCAST_MEMBERSHIP_INTVL = 31 => mcast_membership_intvl: counter(attr.u64()?);
        IFLA_BR_MCAST_QUERIER_INTVL = 32 => mcast_querier_intvl: counter(attr.u64()?);
        IFLA_BR_MCAST_QUERY_INTVL = 33 => mcast_query_intvl: counter(attr.u64()?);
        IFLA_BR_MCAST_QUERY_RESPONSE_INTVL = 34 => mcast_query_response_intvl: counter(attr.u64()?);
        IFLA_BR_MCAST_STARTUP_QUERY_INTVL = 35 => mcast_startup_query_intvl: counter(attr.u64()?);
        IFLA_BR_NF_CALL_IPTABLES = 36 => nf_call_iptables: attr.u8()?;
        IFLA_BR_NF_CALL_IP6TABLES = 37 => nf_call_ip6tables: attr.u8()?;
        IFLA_BR_NF_CALL_ARPTABLES = 38 => nf_call_arptables: attr.u8()?;
        IFLA_BR_VLAN_DEFAULT_PVID = 39 => vlan_default_pvid: attr.u16()?;
        IFLA_BR_VLAN_STATS_ENABLED = 41 => vlan_stats_enabled: attr.u8()?;
        IFLA_BR_MCAST_STATS_ENABLED = 42 => mcast_stats_enabled: attr.u8()?;
        IFLA_BR_MCAST_IGMP_VERSION = 43 => mcast_igmp_version: attr.u8()?;
        IFLA_BR_MCAST_MLD_VERSION = 44 => mcast_mld_version: attr.u8()?;
        IFLA_BR_VLAN_STATS_PER_PORT = 45 => vlan_stats_per_port: attr.u8()?;
        IFLA_BR_FDB_MAX_LEARNED = 49 => fdb_max_learned: attr.u32()?;
        IFLA_BR_STP_MODE = 50 => stp_mode: symbol32(attr, STP_MODES)?;
    }
    details {
        IFLA_BR_HELLO_TIMER = 16 => hello_timer: timer(&attr)?;
        IFLA_BR_TCN_TIMER = 17 => tcn_timer: timer(&attr)?;
        IFLA_BR_TOPOLOGY_CHANGE_TIMER = 18 => topology_change_timer: timer(&attr)?;
        IFLA_BR_GC_TIMER = 19 => gc_timer: timer(&attr)?;
        IFLA_BR_FDB_N_LEARNED = 48 => fdb_n_learned: attr.u32()?;
    }
    free {
        IFLA_BR_MULTI_BOOLOPT = 46 => { options(context, &attr, into)? }
        IFLA_BR_MCAST_QUERIER_STATE = 47 => { querier(context, &attr, into)? }
    }
    skip { IFLA_BR_PAD = 40 }
}

/// `BR_STP_MODE_*`
const STP_MODES: Names = &[(0, "auto"), (1, "user"), (2, "kernel")];

/// `struct br_boolopt_multi`: the options' values, and which of them the kernel has.
fn options(context: &mut DecodeContext, attr: &Attr, into: &mut Bridge) -> Result<(), AttrError> {
    let value = exactly(attr, 8)?;
    let (values, mut mask) = (u32_at(value, 0)?, u32_at(value, 4)?);
    let places = [
        &mut into.no_linklocal_learn,
        &mut into.mcast_vlan_snooping,
        &mut into.mst_enabled,
        &mut into.mdb_offload_fail_notification,
        &mut into.fdb_local_vlan_0,
    ];
    for (bit, place) in places.into_iter().enumerate() {
        if mask >> bit & 1 == 1 {
            *place = Some((values >> bit & 1) as u8);
            mask &= !(1 << bit);
        }
    }
    if mask != 0 {
        context.record_unparsed(Some(attr.kind), AttrError::Unknown, value);
    }
    Ok(())
}

/// `BRIDGE_QUERIER_*`: who sends multicast queries.
fn querier(context: &mut DecodeContext, attr: &Attr, into: &mut Bridge) -> Result<(), AttrError> {
    const BRIDGE_QUERIER_IP_ADDRESS: u16 = 1;
    const BRIDGE_QUERIER_IP_PORT: u16 = 2;
    const BRIDGE_QUERIER_IP_OTHER_TIMER: u16 = 3;
    const BRIDGE_QUERIER_PAD: u16 = 4;
    const BRIDGE_QUERIER_IPV6_ADDRESS: u16 = 5;
    const BRIDGE_QUERIER_IPV6_PORT: u16 = 6;
    const BRIDGE_QUERIER_IPV6_OTHER_TIMER: u16 = 7;
    context.nested(attr, |context, attr| {
        match attr.kind {
            BRIDGE_QUERIER_IP_ADDRESS => into.mcast_querier_ipv4_addr = ipv4_nonzero(attr)?,
            BRIDGE_QUERIER_IP_PORT => into.mcast_querier_ipv4_port_index = nonzero(attr.u32()?),
            BRIDGE_QUERIER_IPV6_ADDRESS => {
                into.mcast_querier_ipv6_addr = Some(attr.ipv6()?).filter(|ip| !ip.is_unspecified())
            }
            BRIDGE_QUERIER_IPV6_PORT => into.mcast_querier_ipv6_port_index = nonzero(attr.u32()?),
            BRIDGE_QUERIER_IP_OTHER_TIMER if context.details => {
                into.mcast_querier_ipv4_other_timer = Some(timer(&attr)?);
            }
            BRIDGE_QUERIER_IPV6_OTHER_TIMER if context.details => {
                into.mcast_querier_ipv6_other_timer = Some(timer(&attr)?);
            }
            BRIDGE_QUERIER_IP_OTHER_TIMER
            | BRIDGE_QUERIER_IPV6_OTHER_TIMER
            | BRIDGE_QUERIER_PAD => {}
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })
}

settings! {
    /// `IFLA_BRPORT_*` → the settings of a bridge port.
    pub(super) fn port(context, attr, into) -> BridgePort {
        IFLA_BRPORT_STATE = 1 => state: symbol8(attr, PORT_STATES)?;
        IFLA_BRPORT_PRIORITY = 2 => priority: attr.u16()?;
        IFLA_BRPORT_COST = 3 => cost: attr.u32()?;
        IFLA_BRPORT_MODE = 4 => hairpin: attr.bool()?;
        IFLA_BRPORT_GUARD = 5 => guard: attr.bool()?;
        IFLA_BRPORT_PROTECT = 6 => root_block: attr.bool()?;
        IFLA_BRPORT_FAST_LEAVE = 7 => fastleave: attr.bool()?;
        IFLA_BRPORT_LEARNING = 8 => learning: attr.bool()?;
        IFLA_BRPORT_UNICAST_FLOOD = 9 => flood: attr.bool()?;
        IFLA_BRPORT_PROXYARP = 10 => proxy_arp: attr.bool()?;
        IFLA_BRPORT_LEARNING_SYNC = 11 => learning_sync: attr.bool()?;
        IFLA_BRPORT_PROXYARP_WIFI = 12 => proxy_arp_wifi: attr.bool()?;
        IFLA_BRPORT_ROOT_ID = 13 => root_id: bridge_id(&attr)?;
        IFLA_BRPORT_BRIDGE_ID = 14 => bridge_id: bridge_id(&attr)?;
        IFLA_BRPORT_DESIGNATED_PORT = 15 => designated_port: attr.u16()?;
        IFLA_BRPORT_DESIGNATED_COST = 16 => designated_cost: attr.u16()?;
        IFLA_BRPORT_ID = 17 => id: HexNumber(attr.u16()?.into());
        IFLA_BRPORT_NO = 18 => no: HexNumber(attr.u16()?.into());
        IFLA_BRPORT_TOPOLOGY_CHANGE_ACK = 19 => topology_change_ack: attr.u8()?;
        IFLA_BRPORT_CONFIG_PENDING = 20 => config_pending: attr.u8()?;
        IFLA_BRPORT_MULTICAST_ROUTER = 25 => multicast_router: attr.u8()?;
        IFLA_BRPORT_MCAST_FLOOD = 27 => mcast_flood: attr.bool()?;
        IFLA_BRPORT_MCAST_TO_UCAST = 28 => mcast_to_unicast: attr.bool()?;
        IFLA_BRPORT_VLAN_TUNNEL = 29 => vlan_tunnel: attr.bool()?;
        IFLA_BRPORT_BCAST_FLOOD = 30 => bcast_flood: attr.bool()?;
        IFLA_BRPORT_GROUP_FWD_MASK = 31 => group_fwd_mask: HexNumber(attr.u16()?.into());
        IFLA_BRPORT_NEIGH_SUPPRESS = 32 => neigh_suppress: attr.bool()?;
        IFLA_BRPORT_ISOLATED = 33 => isolated: attr.bool()?;
        IFLA_BRPORT_MRP_RING_OPEN = 35 => mrp_ring_open: attr.bool()?;
        IFLA_BRPORT_MRP_IN_OPEN = 36 => mrp_in_open: attr.bool()?;
        IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT = 37 => mcast_eht_hosts_limit: attr.u32()?;
        IFLA_BRPORT_LOCKED = 39 => locked: attr.bool()?;
        IFLA_BRPORT_MAB = 40 => mab: attr.bool()?;
        IFLA_BRPORT_MCAST_MAX_GROUPS = 42 => mcast_max_groups: attr.u32()?;
        IFLA_BRPORT_NEIGH_VLAN_SUPPRESS = 43 => neigh_vlan_suppress: attr.bool()?;
        IFLA_BRPORT_BACKUP_NHID = 44 => backup_nhid: attr.u32()?;
        IFLA_BRPORT_NEIGH_FORWARD_GRAT = 45 => neigh_forward_grat: attr.bool()?;
    }
    details {
        IFLA_BRPORT_MESSAGE_AGE_TIMER = 21 => message_age_timer: timer(&attr)?;
        IFLA_BRPORT_FORWARD_DELAY_TIMER = 22 => forward_delay_timer: timer(&attr)?;
        IFLA_BRPORT_HOLD_TIMER = 23 => hold_timer: timer(&attr)?;
        IFLA_BRPORT_MCAST_EHT_HOSTS_CNT = 38 => mcast_eht_hosts_cnt: attr.u32()?;
        IFLA_BRPORT_MCAST_N_GROUPS = 41 => mcast_n_groups: attr.u32()?;
    }
    free {
        IFLA_BRPORT_BACKUP_PORT = 34 => { into.backup_port_index = nonzero(attr.u32()?) }
    }
    skip { IFLA_BRPORT_PAD = 26 }
}

/// `struct ifla_bridge_id`
fn bridge_id(attr: &Attr) -> Result<BridgeId, AttrError> {
    let value = exactly(attr, 8)?;
    Ok(BridgeId {
        priority: u16::from_be_bytes(bytes(value, 0)?),
        address: LlAddr::new(&value[2..]).ok_or(AttrError::Length)?,
    })
}

/// A time in ticks of 1/100 s → seconds.
fn timer(attr: &Attr) -> Result<f64, AttrError> {
    Ok(attr.u64()? as f64 / 100.0)
}

/// `IFLA_BRIDGE_*` in `IFLA_AF_SPEC` of a message of family bridge.
pub(super) fn af_spec(
    context: &mut DecodeContext,
    attr: &Attr,
    into: &mut Link,
) -> Result<(), AttrError> {
    const IFLA_BRIDGE_MODE: u16 = 1;
    const IFLA_BRIDGE_VLAN_INFO: u16 = 2;
    const IFLA_BRIDGE_VLAN_TUNNEL_INFO: u16 = 3;
    const IFLA_BRIDGE_MRP: u16 = 4;
    const IFLA_BRIDGE_CFM: u16 = 5;
    const IFLA_BRIDGE_MST: u16 = 6;
    context.nested(attr, |context, attr| {
        match attr.kind {
            IFLA_BRIDGE_MODE => into.hwmode = Some(Symbol::of(attr.u16()?.into(), HW_MODES)),
            IFLA_BRIDGE_VLAN_INFO => vlan(&attr, into.vlans.get_or_insert_default())?,
            IFLA_BRIDGE_VLAN_TUNNEL_INFO => {
                vlan_tunnel(context, &attr, into.vlan_tunnels.get_or_insert_default())?;
            }
            IFLA_BRIDGE_MRP => into.mrp = nonempty(bridge_af::mrp(context, &attr)?),
            IFLA_BRIDGE_CFM => bridge_af::cfm(context, &attr, &mut into.cfm, &mut into.cfm_status)?,
            IFLA_BRIDGE_MST => into.mst = nonempty(bridge_af::mst(context, &attr)?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })
}

fn nonempty<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// `BRIDGE_MODE_*`
const HW_MODES: Names = &[(0, "VEB"), (1, "VEPA"), (0xffff, "UNDEF")];

/// `BRIDGE_VLAN_INFO_*`
const VLAN_FLAGS: &FlagNames = &[(1 << 1, "PVID"), (1 << 2, "Egress Untagged")];
const RANGE_BEGIN: u16 = 1 << 3;
const RANGE_END: u16 = 1 << 4;

/// `struct bridge_vlan_info`: a VLAN, or one of the two that bound a range.
fn vlan(attr: &Attr, vlans: &mut Vec<Vlan>) -> Result<(), AttrError> {
    let value = exactly(attr, 4)?;
    let (flags, vlan) = (u16_at(value, 0)?, u16_at(value, 2)?);
    if flags & RANGE_END != 0 {
        let first = vlans.last_mut().ok_or(AttrError::Value)?;
        first.vlan_end = Some(vlan);
        return Ok(());
    }
    vlans.push(Vlan {
        vlan,
        vlan_end: None,
        flags: Flags::new((flags & !RANGE_BEGIN).into(), VLAN_FLAGS),
    });
    Ok(())
}

/// `IFLA_BRIDGE_VLAN_TUNNEL_*`: the same for VLANs that are mapped to tunnel ids.
fn vlan_tunnel(
    context: &mut DecodeContext,
    attr: &Attr,
    tunnels: &mut Vec<VlanTunnel>,
) -> Result<(), AttrError> {
    const IFLA_BRIDGE_VLAN_TUNNEL_ID: u16 = 1;
    const IFLA_BRIDGE_VLAN_TUNNEL_VID: u16 = 2;
    const IFLA_BRIDGE_VLAN_TUNNEL_FLAGS: u16 = 3;
    let (mut tunid, mut vlan, mut flags) = (None, None, 0);
    context.nested(attr, |_, attr| {
        match attr.kind {
            IFLA_BRIDGE_VLAN_TUNNEL_ID => tunid = Some(attr.u32()?),
            IFLA_BRIDGE_VLAN_TUNNEL_VID => vlan = Some(attr.u16()?),
            IFLA_BRIDGE_VLAN_TUNNEL_FLAGS => flags = attr.u16()?,
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    let (tunid, vlan) = tunid.zip(vlan).ok_or(AttrError::Value)?;
    if flags & RANGE_END != 0 {
        let first = tunnels.last_mut().ok_or(AttrError::Value)?;
        (first.vlan_end, first.tunid_end) = (Some(vlan), Some(tunid));
        return Ok(());
    }
    tunnels.push(VlanTunnel {
        vlan,
        vlan_end: None,
        tunid,
        tunid_end: None,
    });
    Ok(())
}
