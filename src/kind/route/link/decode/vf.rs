//! `IFLA_VFINFO_LIST`: virtual functions.

use super::settings::{Names, VLAN_PROTOCOLS, bytes, counter, settings, symbol8, u32_at, u64_at};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::vf::{VfInfo, VfPort, VfRate, VfStats, VfVlan};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{Hex, LlAddr, Symbol};

/// The virtual functions of a device of that type.
pub(super) fn list(
    context: &mut DecodeContext,
    attr: &Attr,
    arphrd: u16,
) -> Result<Vec<VfInfo>, AttrError> {
    const IFLA_VF_INFO: u16 = 1;
    // The kernel gives room for 32 bytes, whatever the length of the address.
    let length = match arphrd {
        libc::ARPHRD_INFINIBAND => 20,
        _ => 6,
    };
    let mut list = Vec::new();
    context.nested(attr, |context, attr| {
        if attr.kind != IFLA_VF_INFO {
            return Err(AttrError::Unknown);
        }
        list.push(one(context, &attr, length)?);
        Ok(())
    })?;
    Ok(list)
}

/// `IFLA_VF_*`: structs that begin with the function's number, but for three.
fn one(context: &mut DecodeContext, attr: &Attr, length: usize) -> Result<VfInfo, AttrError> {
    const IFLA_VF_MAC: u16 = 1;
    const IFLA_VF_VLAN: u16 = 2;
    const IFLA_VF_TX_RATE: u16 = 3;
    const IFLA_VF_SPOOFCHK: u16 = 4;
    const IFLA_VF_LINK_STATE: u16 = 5;
    const IFLA_VF_RATE: u16 = 6;
    const IFLA_VF_RSS_QUERY_EN: u16 = 7;
    const IFLA_VF_STATS: u16 = 8;
    const IFLA_VF_TRUST: u16 = 9;
    const IFLA_VF_IB_NODE_GUID: u16 = 10;
    const IFLA_VF_IB_PORT_GUID: u16 = 11;
    const IFLA_VF_VLAN_LIST: u16 = 12;
    const IFLA_VF_BROADCAST: u16 = 13;
    let mut vf = VfInfo::default();
    context.nested(attr, |context, attr| {
        let value = attr.value;
        match attr.kind {
            IFLA_VF_MAC => {
                vf.vf = Some(u32_at(value, 0)?);
                vf.address = Some(lladdr(value.get(4..).ok_or(AttrError::Length)?, length)?);
            }
            IFLA_VF_BROADCAST => vf.broadcast = Some(lladdr(value, length)?),
            // The list says more.
            IFLA_VF_VLAN if vf.vlan_list.is_some() => {}
            IFLA_VF_VLAN => vf.vlan_list = Some(vec![vlan(value)?]),
            IFLA_VF_VLAN_LIST => vf.vlan_list = Some(vlan_list(context, &attr)?),
            IFLA_VF_TX_RATE => vf.tx_rate = Some(u32_at(value, 4)?),
            IFLA_VF_RATE => {
                vf.rate = Some(VfRate {
                    min_tx: u32_at(value, 4)?,
                    max_tx: u32_at(value, 8)?,
                });
            }
            IFLA_VF_SPOOFCHK => vf.spoofchk = setting(value)?,
            IFLA_VF_TRUST => vf.trust = setting(value)?,
            IFLA_VF_RSS_QUERY_EN => vf.query_rss_en = setting(value)?,
            IFLA_VF_LINK_STATE => {
                vf.link_state = Some(Symbol::of(u32_at(value, 4)?, LINK_STATES));
            }
            IFLA_VF_IB_NODE_GUID => vf.node_guid = Some(guid(value)?),
            IFLA_VF_IB_PORT_GUID => vf.port_guid = Some(guid(value)?),
            IFLA_VF_STATS if !context.details => {}
            IFLA_VF_STATS => vf.stats = Some(stats(context, &attr)?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    Ok(vf)
}

/// `IFLA_VF_LINK_STATE_*`
const LINK_STATES: Names = &[(0, "auto"), (1, "enable"), (2, "disable")];

fn lladdr(value: &[u8], length: usize) -> Result<LlAddr, AttrError> {
    let address = value.get(..length).and_then(LlAddr::new);
    address.ok_or(AttrError::Length)
}

/// A setting that may be -1: the driver does not say.
fn setting(value: &[u8]) -> Result<Option<bool>, AttrError> {
    let setting = u32_at(value, 4)?;
    Ok((setting != u32::MAX).then_some(setting != 0))
}

/// `struct ifla_vf_guid`: a 64-bit number, aligned to 8 bytes.
fn guid(value: &[u8]) -> Result<LlAddr, AttrError> {
    LlAddr::new(&u64_at(value, 8)?.to_be_bytes()).ok_or(AttrError::Length)
}

/// `struct ifla_vf_vlan`
fn vlan(value: &[u8]) -> Result<VfVlan, AttrError> {
    Ok(VfVlan {
        vlan: u32_at(value, 4)?,
        qos: u32_at(value, 8)?,
        protocol: None,
    })
}

/// `struct ifla_vf_vlan_info`, an attribute each.
fn vlan_list(context: &mut DecodeContext, attr: &Attr) -> Result<Vec<VfVlan>, AttrError> {
    const IFLA_VF_VLAN_INFO: u16 = 1;
    let mut list = Vec::new();
    context.nested(attr, |_, attr| {
        if attr.kind != IFLA_VF_VLAN_INFO {
            return Err(AttrError::Unknown);
        }
        let protocol = u16::from_be_bytes(bytes(attr.value, 12)?);
        list.push(VfVlan {
            protocol: (protocol != 0).then(|| Symbol::of(protocol.into(), VLAN_PROTOCOLS)),
            ..vlan(attr.value)?
        });
        Ok(())
    })?;
    Ok(list)
}

settings! {
    /// `IFLA_VF_STATS_*`
    fn stats(context, attr, into) -> VfStats {}
    free {
        IFLA_VF_STATS_RX_PACKETS = 0 => { into.rx.packets = Some(counter(attr.u64()?)) }
        IFLA_VF_STATS_TX_PACKETS = 1 => { into.tx.packets = Some(counter(attr.u64()?)) }
        IFLA_VF_STATS_RX_BYTES = 2 => { into.rx.bytes = Some(counter(attr.u64()?)) }
        IFLA_VF_STATS_TX_BYTES = 3 => { into.tx.bytes = Some(counter(attr.u64()?)) }
        IFLA_VF_STATS_BROADCAST = 4 => { into.rx.broadcast = Some(counter(attr.u64()?)) }
        IFLA_VF_STATS_MULTICAST = 5 => { into.rx.multicast = Some(counter(attr.u64()?)) }
        IFLA_VF_STATS_RX_DROPPED = 7 => { into.rx.dropped = Some(counter(attr.u64()?)) }
        IFLA_VF_STATS_TX_DROPPED = 8 => { into.tx.dropped = Some(counter(attr.u64()?)) }
    }
    skip { IFLA_VF_STATS_PAD = 6 }
}

/// `IFLA_VF_PORT`, an attribute each: the virtual functions as ports of a switch.
pub(super) fn ports(context: &mut DecodeContext, attr: &Attr) -> Result<Vec<VfPort>, AttrError> {
    const IFLA_VF_PORT: u16 = 1;
    let mut list = Vec::new();
    context.nested(attr, |context, attr| {
        if attr.kind != IFLA_VF_PORT {
            return Err(AttrError::Unknown);
        }
        list.push(port(context, &attr)?);
        Ok(())
    })?;
    Ok(list)
}

settings! {
    /// `IFLA_PORT_*`
    pub(super) fn port(context, attr, into) -> VfPort {
        IFLA_PORT_VF = 1 => vf: attr.u32()?;
        IFLA_PORT_PROFILE = 2 => profile: attr.str()?.to_owned();
        IFLA_PORT_INSTANCE_UUID = 4 => instance_uuid: Hex(attr.value.into());
        IFLA_PORT_HOST_UUID = 5 => host_uuid: Hex(attr.value.into());
        IFLA_PORT_REQUEST = 6 => request: symbol8(attr, PORT_REQUESTS)?;
        IFLA_PORT_RESPONSE = 7 => response: Symbol::of(attr.u16()?.into(), PORT_RESPONSES);
    }
}

/// `PORT_REQUEST_*`
const PORT_REQUESTS: Names = &[
    (0, "preassociate"),
    (1, "preassociate_rr"),
    (2, "associate"),
    (3, "disassociate"),
];

/// `PORT_VDP_RESPONSE_*`, `PORT_PROFILE_RESPONSE_*`
const PORT_RESPONSES: Names = &[
    (0x000, "success"),
    (0x001, "invalid_format"),
    (0x002, "insufficient_resources"),
    (0x003, "unused_vtid"),
    (0x004, "vtid_violation"),
    (0x005, "vtid_version_violation"),
    (0x006, "out_of_sync"),
    (0x100, "profile_success"),
    (0x101, "profile_inprogress"),
    (0x102, "profile_invalid"),
    (0x103, "profile_badstate"),
    (0x104, "profile_insufficient_resources"),
    (0x105, "profile_error"),
];
