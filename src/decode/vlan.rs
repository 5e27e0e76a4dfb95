//! `RTM_NEWVLAN`, `RTM_DELVLAN` → [`Vlan`], one for each VLAN of a range.

use super::context::DecodeContext;
use super::wire::{u16_at, u32_at};
use crate::event::values::{FlagNames, Flags, Symbol};
use crate::event::vlan::{Vlan, VlanStats};
use crate::netlink::attr::{Attr, AttrError};

// linux/if_bridge.h
const BRIDGE_VLANDB_ENTRY: u16 = 1;
const BRIDGE_VLANDB_GLOBAL_OPTIONS: u16 = 2;
/// The most VLAN ids.
const MOST: u16 = 4095;

/// `BRIDGE_VLAN_INFO_*`, as `bridge vlan` names them.
const FLAGS: &FlagNames = &[
    (0x02, "PVID"),
    (0x04, "Egress Untagged"),
    (0x01, "master"),
    (0x20, "brentry"),
    (0x40, "only_opts"),
];
/// `BRIDGE_VLAN_INFO_RANGE_BEGIN` and `_END`: told by the range itself.
const RANGE: u16 = 0x08 | 0x10;

/// `BR_STATE_*`
const STATES: &[(u32, &str)] = &[
    (0, "disabled"),
    (1, "listening"),
    (2, "learning"),
    (3, "forwarding"),
    (4, "blocking"),
];

/// What `body`, a `struct br_vlan_msg` and its attributes, says: each VLAN to `each`. `None` where
/// it is too short.
pub fn decode(
    context: &mut DecodeContext<'_>,
    body: &[u8],
    mut each: impl FnMut(&mut DecodeContext<'_>, Vlan),
) -> Option<()> {
    let (header, attributes) = body.split_first_chunk::<8>()?;
    let ifindex = u32_at(header, 4);
    context.each(attributes, |context, attr| {
        let mut it = Vlan {
            ifindex,
            ..Default::default()
        };
        let mut last = None;
        match attr.kind {
            BRIDGE_VLANDB_ENTRY => {
                context.nested(&attr, |context, attr| {
                    entry(context, &mut it, &mut last, &attr)
                })?;
            }
            BRIDGE_VLANDB_GLOBAL_OPTIONS => {
                it.global = Some(true);
                context.nested(&attr, |_, attr| global(&mut it, &mut last, &attr))?;
            }
            _ => return Err(AttrError::Unknown),
        }
        let last = last.unwrap_or(it.vlan).min(MOST);
        for (number, vlan) in (it.vlan..=last.max(it.vlan)).enumerate() {
            let mut one = it.clone();
            one.vlan = vlan;
            one.tunid = it.tunid.map(|first| first.wrapping_add(number as u32));
            each(context, one);
        }
        Ok(())
    });
    Some(())
}

/// `BRIDGE_VLANDB_ENTRY_*`
fn entry(
    context: &mut DecodeContext<'_>,
    it: &mut Vlan,
    last: &mut Option<u16>,
    attr: &Attr<'_>,
) -> Result<(), AttrError> {
    match attr.kind {
        1 => {
            let info = attr.value.first_chunk::<4>().ok_or(AttrError::Length)?;
            context.record_excess(attr, 4);
            it.flags = Some(Flags::new(u64::from(u16_at(info, 0) & !RANGE), FLAGS));
            it.vlan = u16_at(info, 2);
        }
        2 => *last = Some(attr.u16()?),
        3 => it.state = Some(Symbol::of(u32::from(attr.u8()?), STATES)),
        4 => {
            return context.nested(attr, |_, attr| {
                match attr.kind {
                    1 => it.tunid = Some(attr.u32()?),
                    // RTM_SETLINK or RTM_DELLINK: what was asked for.
                    2 => {}
                    _ => return Err(AttrError::Unknown),
                }
                Ok(())
            });
        }
        5 if !context.details => {}
        5 => {
            let mut stats = VlanStats::default();
            context.nested(attr, |_, attr| {
                match attr.kind {
                    1 => stats.rx_bytes = attr.u64()?,
                    2 => stats.rx_packets = attr.u64()?,
                    3 => stats.tx_bytes = attr.u64()?,
                    4 => stats.tx_packets = attr.u64()?,
                    5 => {}
                    _ => return Err(AttrError::Unknown),
                }
                Ok(())
            })?;
            it.stats = Some(stats);
        }
        6 => it.mcast_router = Some(attr.u8()?),
        7 if !context.details => {}
        7 => it.mcast_n_groups = Some(attr.u32()?),
        8 => it.mcast_max_groups = Some(attr.u32()?),
        9 => it.neigh_suppress = Some(attr.bool()?),
        10 => it.neigh_forward_grat = Some(attr.bool()?),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `BRIDGE_VLANDB_GOPTS_*`
fn global(it: &mut Vlan, last: &mut Option<u16>, attr: &Attr<'_>) -> Result<(), AttrError> {
    match attr.kind {
        1 => it.vlan = attr.u16()?,
        2 => *last = Some(attr.u16()?),
        3 => it.mcast_snooping = Some(attr.bool()?),
        4 => it.mcast_igmp_version = Some(attr.u8()?),
        5 => it.mcast_mld_version = Some(attr.u8()?),
        6 => it.mcast_last_member_count = Some(attr.u32()?),
        7 => it.mcast_startup_query_count = Some(attr.u32()?),
        8 => it.mcast_last_member_interval = Some(attr.u64()?),
        9 => {}
        10 => it.mcast_membership_interval = Some(attr.u64()?),
        11 => it.mcast_querier_interval = Some(attr.u64()?),
        12 => it.mcast_query_interval = Some(attr.u64()?),
        13 => it.mcast_query_response_interval = Some(attr.u64()?),
        14 => it.mcast_startup_query_interval = Some(attr.u64()?),
        15 => it.mcast_querier = Some(attr.bool()?),
        18 => it.msti = Some(attr.u16()?),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}
