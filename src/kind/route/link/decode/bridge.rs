//! VLANs and protocols of a bridge and its ports (`IFLA_AF_SPEC` of a message of family bridge).

use super::settings::{Names, exactly, u16_at};
use crate::kind::attributes::FromAttr;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::Link;
use crate::kind::route::link::bridge_af::EndPoint;
use crate::kind::route::link::details::{Vlan, VlanTunnel};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

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
            IFLA_BRIDGE_MRP => into.mrp = nonempty(list(context, &attr, 7)?),
            IFLA_BRIDGE_CFM => context.nested(&attr, |context, attr| match attr.kind {
                9..=14 => EndPoint::attribute_of(into.cfm.get_or_insert_default(), context, &attr),
                15 | 16 => {
                    EndPoint::attribute_of(into.cfm_status.get_or_insert_default(), context, &attr)
                }
                _ => Err(AttrError::Unknown),
            })?,
            IFLA_BRIDGE_MST => into.mst = nonempty(list(context, &attr, 1)?),
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

fn list<T: FromAttr>(
    context: &mut DecodeContext,
    attr: &Attr,
    kind: u16,
) -> Result<Vec<T>, AttrError> {
    let mut list = Vec::new();
    context.nested(attr, |context, attr| {
        if attr.kind != kind {
            return Err(AttrError::Unknown);
        }
        list.push(T::from_attr(context, &attr)?);
        Ok(())
    })?;
    Ok(list)
}
