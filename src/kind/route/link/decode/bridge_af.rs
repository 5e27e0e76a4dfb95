//! Protocols that run on a bridge: MRP, CFM, MST.

use super::names::PORT_STATES;
use super::settings::{Names, lladdr, settings, symbol8, symbol32};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::bridge_af::{Cfm, CfmPeerStatus, CfmStatus, Mrp, Mst};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::Hex;

/// The attributes of the number `kind` inside an attribute, each read by `read`.
fn list<T>(
    context: &mut DecodeContext,
    attr: &Attr,
    kind: u16,
    read: impl Fn(&mut DecodeContext, &Attr) -> Result<T, AttrError>,
) -> Result<Vec<T>, AttrError> {
    let mut list = Vec::new();
    context.nested(attr, |context, attr| {
        if attr.kind != kind {
            return Err(AttrError::Unknown);
        }
        list.push(read(context, &attr)?);
        Ok(())
    })?;
    Ok(list)
}

/// `IFLA_BRIDGE_MST_ENTRY`, an attribute each.
pub(super) fn mst(context: &mut DecodeContext, attr: &Attr) -> Result<Vec<Mst>, AttrError> {
    const IFLA_BRIDGE_MST_ENTRY: u16 = 1;
    list(context, attr, IFLA_BRIDGE_MST_ENTRY, tree)
}

settings! {
    /// `IFLA_BRIDGE_MST_ENTRY_*`
    fn tree(context, attr, into) -> Mst {
        IFLA_BRIDGE_MST_ENTRY_MSTI = 1 => instance: attr.u16()?;
        IFLA_BRIDGE_MST_ENTRY_STATE = 2 => state: symbol8(attr, PORT_STATES)?;
    }
}

/// `IFLA_BRIDGE_MRP_INFO`, an attribute each.
pub(super) fn mrp(context: &mut DecodeContext, attr: &Attr) -> Result<Vec<Mrp>, AttrError> {
    const IFLA_BRIDGE_MRP_INFO: u16 = 7;
    list(context, attr, IFLA_BRIDGE_MRP_INFO, ring)
}

settings! {
    /// `IFLA_BRIDGE_MRP_INFO_*`
    fn ring(context, attr, into) -> Mrp {
        IFLA_BRIDGE_MRP_INFO_RING_ID = 1 => ring_id: attr.u32()?;
        IFLA_BRIDGE_MRP_INFO_P_IFINDEX = 2 => p_port_index: attr.u32()?;
        IFLA_BRIDGE_MRP_INFO_S_IFINDEX = 3 => s_port_index: attr.u32()?;
        IFLA_BRIDGE_MRP_INFO_PRIO = 4 => prio: attr.u16()?;
        IFLA_BRIDGE_MRP_INFO_RING_STATE = 5 => ring_state: symbol32(attr, RING_STATES)?;
        IFLA_BRIDGE_MRP_INFO_RING_ROLE = 6 => ring_role: symbol32(attr, RING_ROLES)?;
        IFLA_BRIDGE_MRP_INFO_TEST_INTERVAL = 7 => test_interval: attr.u32()?;
        IFLA_BRIDGE_MRP_INFO_TEST_MAX_MISS = 8 => test_max_miss: attr.u32()?;
        IFLA_BRIDGE_MRP_INFO_TEST_MONITOR = 9 => test_monitor: attr.u32()?;
        IFLA_BRIDGE_MRP_INFO_I_IFINDEX = 10 => i_port_index: attr.u32()?;
        IFLA_BRIDGE_MRP_INFO_IN_STATE = 11 => in_state: symbol32(attr, RING_STATES)?;
        IFLA_BRIDGE_MRP_INFO_IN_ROLE = 12 => in_role: symbol32(attr, IN_ROLES)?;
        IFLA_BRIDGE_MRP_INFO_IN_TEST_INTERVAL = 13 => in_test_interval: attr.u32()?;
        IFLA_BRIDGE_MRP_INFO_IN_TEST_MAX_MISS = 14 => in_test_max_miss: attr.u32()?;
    }
}

/// `BR_MRP_RING_STATE_*`, `BR_MRP_IN_STATE_*` (linux/mrp_bridge.h, as the following)
const RING_STATES: Names = &[(0, "open"), (1, "closed")];
/// `BR_MRP_RING_ROLE_*`
const RING_ROLES: Names = &[(0, "disabled"), (1, "mrc"), (2, "mrm"), (3, "mra")];
/// `BR_MRP_IN_ROLE_*`
const IN_ROLES: Names = &[(0, "disabled"), (1, "mic"), (2, "mim")];

/// `IFLA_BRIDGE_CFM_*`: several attributes speak of one end point, all of them with its number.
pub(super) fn cfm(
    context: &mut DecodeContext,
    attr: &Attr,
    points: &mut Option<Vec<Cfm>>,
    seen: &mut Option<Vec<CfmStatus>>,
) -> Result<(), AttrError> {
    const IFLA_BRIDGE_CFM_MEP_CREATE_INFO: u16 = 9;
    const IFLA_BRIDGE_CFM_MEP_CONFIG_INFO: u16 = 10;
    const IFLA_BRIDGE_CFM_CC_CONFIG_INFO: u16 = 11;
    const IFLA_BRIDGE_CFM_CC_RDI_INFO: u16 = 12;
    const IFLA_BRIDGE_CFM_CC_CCM_TX_INFO: u16 = 13;
    const IFLA_BRIDGE_CFM_CC_PEER_MEP_INFO: u16 = 14;
    const IFLA_BRIDGE_CFM_MEP_STATUS_INFO: u16 = 15;
    const IFLA_BRIDGE_CFM_CC_PEER_STATUS_INFO: u16 = 16;
    context.nested(attr, |context, attr| match attr.kind {
        IFLA_BRIDGE_CFM_MEP_CREATE_INFO => create(context, &attr, points.get_or_insert_default()),
        IFLA_BRIDGE_CFM_MEP_CONFIG_INFO => config(context, &attr, points.get_or_insert_default()),
        IFLA_BRIDGE_CFM_CC_CONFIG_INFO => check(context, &attr, points.get_or_insert_default()),
        IFLA_BRIDGE_CFM_CC_RDI_INFO => rdi(context, &attr, points.get_or_insert_default()),
        IFLA_BRIDGE_CFM_CC_CCM_TX_INFO => sent(context, &attr, points.get_or_insert_default()),
        IFLA_BRIDGE_CFM_CC_PEER_MEP_INFO => peer(context, &attr, points.get_or_insert_default()),
        IFLA_BRIDGE_CFM_MEP_STATUS_INFO => status(context, &attr, seen.get_or_insert_default()),
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_INFO => {
            peer_status(context, &attr, seen.get_or_insert_default())
        }
        _ => Err(AttrError::Unknown),
    })
}

/// The number of the end point that an attribute speaks of: the first of all these sets.
fn instance(attr: &Attr) -> Result<u32, AttrError> {
    let mut inside = crate::netlink::attr::Attrs::new(attr.value).flatten();
    inside
        .find(|attr| attr.kind == 1)
        .ok_or(AttrError::Value)?
        .u32()
}

/// The end point of that number in `list`, put there if it is the first time.
macro_rules! of_instance {
    ($list:ident, $attr:ident, $type:ident) => {{
        let instance = Some(instance($attr)?);
        let known = $list.iter().position(|point| point.instance == instance);
        let at = known.unwrap_or_else(|| {
            $list.push($type {
                instance,
                ..$type::default()
            });
            $list.len() - 1
        });
        &mut $list[at]
    }};
}

/// Declares how the attributes of one set go into the end point that they speak of.
macro_rules! point {
    (
        $(#[$doc:meta])*
        fn $name:ident($attr:ident, $into:ident: $type:ident)
        $($const:ident = $number:literal => $body:expr;)*
    ) => {
        $(#[$doc])*
        fn $name(context: &mut DecodeContext, $attr: &Attr, list: &mut Vec<$type>) -> Result<(), AttrError> {
            $(const $const: u16 = $number;)*
            let $into = of_instance!(list, $attr, $type);
            context.nested($attr, |_, $attr| {
                match $attr.kind {
                    1 => {}
                    $($const => $body,)*
                    _ => return Err(AttrError::Unknown),
                }
                Ok(())
            })
        }
    };
}

point! {
    /// `IFLA_BRIDGE_CFM_MEP_CREATE_*`
    fn create(attr, it: Cfm)
    IFLA_BRIDGE_CFM_MEP_CREATE_DOMAIN = 2 => it.domain = Some(symbol32(attr, &[(0, "port"), (1, "vlan")])?);
    IFLA_BRIDGE_CFM_MEP_CREATE_DIRECTION = 3 => it.direction = Some(symbol32(attr, &[(0, "down"), (1, "up")])?);
    IFLA_BRIDGE_CFM_MEP_CREATE_IFINDEX = 4 => it.port_index = Some(attr.u32()?);
}
point! {
    /// `IFLA_BRIDGE_CFM_MEP_CONFIG_*`
    fn config(attr, it: Cfm)
    IFLA_BRIDGE_CFM_MEP_CONFIG_UNICAST_MAC = 2 => it.unicast_mac = Some(lladdr(attr)?);
    IFLA_BRIDGE_CFM_MEP_CONFIG_MDLEVEL = 3 => it.mdlevel = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_MEP_CONFIG_MEPID = 4 => it.mepid = Some(attr.u32()?);
}
point! {
    /// `IFLA_BRIDGE_CFM_CC_CONFIG_*`
    fn check(attr, it: Cfm)
    IFLA_BRIDGE_CFM_CC_CONFIG_ENABLE = 2 => it.enable = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_CC_CONFIG_EXP_INTERVAL = 3 => it.exp_interval = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_CC_CONFIG_EXP_MAID = 4 => it.exp_maid = Some(Hex(attr.value.into()));
}
point! {
    /// `IFLA_BRIDGE_CFM_CC_RDI_*`
    fn rdi(attr, it: Cfm)
    IFLA_BRIDGE_CFM_CC_RDI_RDI = 2 => it.rdi = Some(attr.u32()?);
}
point! {
    /// `IFLA_BRIDGE_CFM_CC_CCM_TX_*`
    fn sent(attr, it: Cfm)
    IFLA_BRIDGE_CFM_CC_CCM_TX_DMAC = 2 => it.ccm_tx_dmac = Some(lladdr(attr)?);
    IFLA_BRIDGE_CFM_CC_CCM_TX_SEQ_NO_UPDATE = 3 => it.ccm_tx_seq_no_update = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_CC_CCM_TX_PERIOD = 4 => it.ccm_tx_period = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_CC_CCM_TX_IF_TLV = 5 => it.ccm_tx_if_tlv = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_CC_CCM_TX_IF_TLV_VALUE = 6 => it.ccm_tx_if_tlv_value = Some(attr.u8()?);
    IFLA_BRIDGE_CFM_CC_CCM_TX_PORT_TLV = 7 => it.ccm_tx_port_tlv = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_CC_CCM_TX_PORT_TLV_VALUE = 8 => it.ccm_tx_port_tlv_value = Some(attr.u8()?);
}
point! {
    /// `IFLA_BRIDGE_CFM_CC_PEER_MEP_*`
    fn peer(attr, it: Cfm)
    IFLA_BRIDGE_CFM_CC_PEER_MEPID = 2 => it.peer_mepid.get_or_insert_default().push(attr.u32()?);
}
point! {
    /// `IFLA_BRIDGE_CFM_MEP_STATUS_*`
    fn status(attr, it: CfmStatus)
    IFLA_BRIDGE_CFM_MEP_STATUS_OPCODE_UNEXP_SEEN = 2 => it.opcode_unexp_seen = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_MEP_STATUS_VERSION_UNEXP_SEEN = 3 => it.version_unexp_seen = Some(attr.u32()?);
    IFLA_BRIDGE_CFM_MEP_STATUS_RX_LEVEL_LOW_SEEN = 4 => it.rx_level_low_seen = Some(attr.u32()?);
}

/// `IFLA_BRIDGE_CFM_CC_PEER_STATUS_*`: one for each end point at the other side.
fn peer_status(
    context: &mut DecodeContext,
    attr: &Attr,
    list: &mut Vec<CfmStatus>,
) -> Result<(), AttrError> {
    let it = of_instance!(list, attr, CfmStatus);
    let peer = peer_seen(context, attr)?;
    it.peers.get_or_insert_default().push(peer);
    Ok(())
}

settings! {
    /// `IFLA_BRIDGE_CFM_CC_PEER_STATUS_*`
    fn peer_seen(context, attr, into) -> CfmPeerStatus {
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_PEER_MEPID = 2 => peer_mepid: attr.u32()?;
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_CCM_DEFECT = 3 => ccm_defect: attr.u32()?;
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_RDI = 4 => rdi: attr.u32()?;
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_PORT_TLV_VALUE = 5 => port_tlv_value: attr.u8()?;
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_IF_TLV_VALUE = 6 => if_tlv_value: attr.u8()?;
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_SEEN = 7 => seen: attr.u32()?;
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_TLV_SEEN = 8 => tlv_seen: attr.u32()?;
        IFLA_BRIDGE_CFM_CC_PEER_STATUS_SEQ_UNEXP_SEEN = 9 => seq_unexp_seen: attr.u32()?;
    }
    skip { IFLA_BRIDGE_CFM_CC_PEER_STATUS_INSTANCE = 1 }
}
