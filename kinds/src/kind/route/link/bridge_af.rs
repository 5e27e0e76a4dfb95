//! Protocols that run on a bridge: media redundancy (MRP), connectivity fault management (CFM),
//! multiple spanning trees (MST).

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::device::bridge::PORT_STATES;
use super::wire::Names;
use crate::json::JsonSchema;
use crate::kind::attributes::{Attributes, FromAttr as _};
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError, Attrs};
use crate::value::{Hex, IfName, LlAddr, Symbol};

/// The state of a bridge port in one spanning tree (`IFLA_BRIDGE_MST_*`, linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct Mst {
    /// Number of the spanning tree.
    #[nla(IFLA_BRIDGE_MST_ENTRY_MSTI = 1)]
    pub instance: Option<u16>,
    /// `disabled`, `listening`, `learning`, `forwarding`, `blocking`.
    #[nla(IFLA_BRIDGE_MST_ENTRY_STATE = 2, names(u8, PORT_STATES))]
    pub state: Option<Symbol>,
}

/// A ring of a bridge (`IFLA_BRIDGE_MRP_INFO_*`, linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(
    names_device(p_port_index, p_port),
    names_device(s_port_index, s_port),
    names_device(i_port_index, i_port)
)]
pub struct Mrp {
    /// Number of the ring.
    #[nla(IFLA_BRIDGE_MRP_INFO_RING_ID = 1)]
    pub ring_id: Option<u32>,
    /// The primary port.
    pub p_port: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BRIDGE_MRP_INFO_P_IFINDEX = 2)]
    pub p_port_index: Option<u32>,
    /// The secondary port.
    pub s_port: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BRIDGE_MRP_INFO_S_IFINDEX = 3)]
    pub s_port_index: Option<u32>,
    /// The port to another ring.
    pub i_port: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BRIDGE_MRP_INFO_I_IFINDEX = 10)]
    pub i_port_index: Option<u32>,
    /// Priority of this bridge in the election of the ring manager.
    #[nla(IFLA_BRIDGE_MRP_INFO_PRIO = 4)]
    pub prio: Option<u16>,
    /// `open`, `closed`.
    #[nla(IFLA_BRIDGE_MRP_INFO_RING_STATE = 5, names(u32, RING_STATES))]
    pub ring_state: Option<Symbol>,
    /// `disabled`, `mrc` (client), `mrm` (manager), `mra` (either).
    #[nla(IFLA_BRIDGE_MRP_INFO_RING_ROLE = 6, names(u32, RING_ROLES))]
    pub ring_role: Option<Symbol>,
    /// Interval between test packets, microseconds.
    #[nla(IFLA_BRIDGE_MRP_INFO_TEST_INTERVAL = 7)]
    pub test_interval: Option<u32>,
    /// Number of lost test packets after which the ring is open.
    #[nla(IFLA_BRIDGE_MRP_INFO_TEST_MAX_MISS = 8)]
    pub test_max_miss: Option<u32>,
    /// 1: the manager only monitors the test packets of another manager.
    #[nla(IFLA_BRIDGE_MRP_INFO_TEST_MONITOR = 9)]
    pub test_monitor: Option<u32>,
    /// State of the interconnection to another ring: `open`, `closed`.
    #[nla(IFLA_BRIDGE_MRP_INFO_IN_STATE = 11, names(u32, RING_STATES))]
    pub in_state: Option<Symbol>,
    /// Role in the interconnection: `disabled`, `mic` (client), `mim` (manager).
    #[nla(IFLA_BRIDGE_MRP_INFO_IN_ROLE = 12, names(u32, IN_ROLES))]
    pub in_role: Option<Symbol>,
    /// Interval between test packets of the interconnection, microseconds.
    #[nla(IFLA_BRIDGE_MRP_INFO_IN_TEST_INTERVAL = 13)]
    pub in_test_interval: Option<u32>,
    /// Number of lost test packets after which the interconnection is open.
    #[nla(IFLA_BRIDGE_MRP_INFO_IN_TEST_MAX_MISS = 14)]
    pub in_test_max_miss: Option<u32>,
}

/// A maintenance end point of a bridge (`IFLA_BRIDGE_CFM_*`, linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(nest(
    IFLA_BRIDGE_CFM_MEP_CREATE_INFO = 9,
    IFLA_BRIDGE_CFM_MEP_CONFIG_INFO = 10,
    IFLA_BRIDGE_CFM_CC_CONFIG_INFO = 11,
    IFLA_BRIDGE_CFM_CC_RDI_INFO = 12,
    IFLA_BRIDGE_CFM_CC_CCM_TX_INFO = 13,
    IFLA_BRIDGE_CFM_CC_PEER_MEP_INFO = 14,
))]
// The caller reads it.
#[nla(skip(
    IFLA_BRIDGE_CFM_MEP_CREATE_INFO / IFLA_BRIDGE_CFM_MEP_CREATE_INSTANCE = 1,
    IFLA_BRIDGE_CFM_MEP_CONFIG_INFO / IFLA_BRIDGE_CFM_MEP_CONFIG_INSTANCE = 1,
    IFLA_BRIDGE_CFM_CC_CONFIG_INFO / IFLA_BRIDGE_CFM_CC_CONFIG_INSTANCE = 1,
    IFLA_BRIDGE_CFM_CC_RDI_INFO / IFLA_BRIDGE_CFM_CC_RDI_INSTANCE = 1,
    IFLA_BRIDGE_CFM_CC_CCM_TX_INFO / IFLA_BRIDGE_CFM_CC_CCM_TX_INSTANCE = 1,
    IFLA_BRIDGE_CFM_CC_PEER_MEP_INFO / IFLA_BRIDGE_CFM_CC_PEER_MEP_INSTANCE = 1,
))]
#[nla(custom(IFLA_BRIDGE_CFM_CC_PEER_MEP_INFO / IFLA_BRIDGE_CFM_CC_PEER_MEPID = 2 => Self::peer))]
#[state(names_device(port_index, port))]
pub struct Cfm {
    /// Number of the end point.
    pub instance: Option<u32>,
    /// Domain of the end point: `port`, `vlan`.
    #[nla(IFLA_BRIDGE_CFM_MEP_CREATE_INFO / IFLA_BRIDGE_CFM_MEP_CREATE_DOMAIN = 2, names(u32, &[(0, "port"), (1, "vlan")]))]
    pub domain: Option<Symbol>,
    /// Direction of its packets: `down` (out of the port), `up` (into the bridge).
    #[nla(IFLA_BRIDGE_CFM_MEP_CREATE_INFO / IFLA_BRIDGE_CFM_MEP_CREATE_DIRECTION = 3, names(u32, &[(0, "down"), (1, "up")]))]
    pub direction: Option<Symbol>,
    /// The port.
    pub port: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_BRIDGE_CFM_MEP_CREATE_INFO / IFLA_BRIDGE_CFM_MEP_CREATE_IFINDEX = 4)]
    pub port_index: Option<u32>,
    /// Link-layer address.
    #[nla(IFLA_BRIDGE_CFM_MEP_CONFIG_INFO / IFLA_BRIDGE_CFM_MEP_CONFIG_UNICAST_MAC = 2)]
    pub unicast_mac: Option<LlAddr>,
    /// Level of the maintenance domain.
    #[nla(IFLA_BRIDGE_CFM_MEP_CONFIG_INFO / IFLA_BRIDGE_CFM_MEP_CONFIG_MDLEVEL = 3)]
    pub mdlevel: Option<u32>,
    /// Id of the end point.
    #[nla(IFLA_BRIDGE_CFM_MEP_CONFIG_INFO / IFLA_BRIDGE_CFM_MEP_CONFIG_MEPID = 4)]
    pub mepid: Option<u32>,
    /// 1: continuity checks are enabled.
    #[nla(IFLA_BRIDGE_CFM_CC_CONFIG_INFO / IFLA_BRIDGE_CFM_CC_CONFIG_ENABLE = 2)]
    pub enable: Option<u32>,
    /// Expected interval between packets: 1 3.3 ms, 2 10 ms, 3 100 ms, 4 1 s, 5 10 s, 6 1 min,
    /// 7 10 min.
    #[nla(IFLA_BRIDGE_CFM_CC_CONFIG_INFO / IFLA_BRIDGE_CFM_CC_CONFIG_EXP_INTERVAL = 3)]
    pub exp_interval: Option<u32>,
    /// Expected id of the association, hexadecimal.
    #[nla(IFLA_BRIDGE_CFM_CC_CONFIG_INFO / IFLA_BRIDGE_CFM_CC_CONFIG_EXP_MAID = 4)]
    pub exp_maid: Option<Hex>,
    /// 1: sent packets indicate a remote defect.
    #[nla(IFLA_BRIDGE_CFM_CC_RDI_INFO / IFLA_BRIDGE_CFM_CC_RDI_RDI = 2)]
    pub rdi: Option<u32>,
    /// Destination address of sent packets.
    #[nla(IFLA_BRIDGE_CFM_CC_CCM_TX_INFO / IFLA_BRIDGE_CFM_CC_CCM_TX_DMAC = 2)]
    pub ccm_tx_dmac: Option<LlAddr>,
    /// 1: the sequence number of sent packets is updated.
    #[nla(IFLA_BRIDGE_CFM_CC_CCM_TX_INFO / IFLA_BRIDGE_CFM_CC_CCM_TX_SEQ_NO_UPDATE = 3)]
    pub ccm_tx_seq_no_update: Option<u32>,
    /// Time for which packets are sent, seconds; 0 for none.
    #[nla(IFLA_BRIDGE_CFM_CC_CCM_TX_INFO / IFLA_BRIDGE_CFM_CC_CCM_TX_PERIOD = 4)]
    pub ccm_tx_period: Option<u32>,
    /// 1: sent packets contain the interface status.
    #[nla(IFLA_BRIDGE_CFM_CC_CCM_TX_INFO / IFLA_BRIDGE_CFM_CC_CCM_TX_IF_TLV = 5)]
    pub ccm_tx_if_tlv: Option<u32>,
    /// Interface status in sent packets.
    #[nla(IFLA_BRIDGE_CFM_CC_CCM_TX_INFO / IFLA_BRIDGE_CFM_CC_CCM_TX_IF_TLV_VALUE = 6)]
    pub ccm_tx_if_tlv_value: Option<u8>,
    /// 1: sent packets contain the port status.
    #[nla(IFLA_BRIDGE_CFM_CC_CCM_TX_INFO / IFLA_BRIDGE_CFM_CC_CCM_TX_PORT_TLV = 7)]
    pub ccm_tx_port_tlv: Option<u32>,
    /// Port status in sent packets.
    #[nla(IFLA_BRIDGE_CFM_CC_CCM_TX_INFO / IFLA_BRIDGE_CFM_CC_CCM_TX_PORT_TLV_VALUE = 8)]
    pub ccm_tx_port_tlv_value: Option<u8>,
    /// Ids of the peer end points.
    pub peer_mepid: Option<Vec<u32>>,
}

/// Status of a maintenance end point of a bridge (`IFLA_BRIDGE_CFM_MEP_STATUS_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(nest(IFLA_BRIDGE_CFM_MEP_STATUS_INFO = 15))]
// The caller reads it.
#[nla(skip(IFLA_BRIDGE_CFM_MEP_STATUS_INFO / IFLA_BRIDGE_CFM_MEP_STATUS_INSTANCE = 1))]
#[nla(custom(IFLA_BRIDGE_CFM_CC_PEER_STATUS_INFO = 16 => Self::peer))]
pub struct CfmStatus {
    /// Number of the end point.
    pub instance: Option<u32>,
    /// 1: a packet with an unexpected opcode was received.
    #[nla(IFLA_BRIDGE_CFM_MEP_STATUS_INFO / IFLA_BRIDGE_CFM_MEP_STATUS_OPCODE_UNEXP_SEEN = 2)]
    pub opcode_unexp_seen: Option<u32>,
    /// 1: a packet with an unexpected version was received.
    #[nla(IFLA_BRIDGE_CFM_MEP_STATUS_INFO / IFLA_BRIDGE_CFM_MEP_STATUS_VERSION_UNEXP_SEEN = 3)]
    pub version_unexp_seen: Option<u32>,
    /// 1: a packet of a lower level was received.
    #[nla(IFLA_BRIDGE_CFM_MEP_STATUS_INFO / IFLA_BRIDGE_CFM_MEP_STATUS_RX_LEVEL_LOW_SEEN = 4)]
    pub rx_level_low_seen: Option<u32>,
    /// Status of the peer end points.
    pub peers: Option<Vec<CfmPeerStatus>>,
}

/// Status of a peer end point (`IFLA_BRIDGE_CFM_CC_PEER_STATUS_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(IFLA_BRIDGE_CFM_CC_PEER_STATUS_INSTANCE = 1))]
pub struct CfmPeerStatus {
    /// Id of the end point.
    #[nla(IFLA_BRIDGE_CFM_CC_PEER_STATUS_PEER_MEPID = 2)]
    pub peer_mepid: Option<u32>,
    /// 1: the peer is missing: no packets are received.
    #[nla(IFLA_BRIDGE_CFM_CC_PEER_STATUS_CCM_DEFECT = 3)]
    pub ccm_defect: Option<u32>,
    /// 1: received packets indicate a remote defect.
    #[nla(IFLA_BRIDGE_CFM_CC_PEER_STATUS_RDI = 4)]
    pub rdi: Option<u32>,
    /// Port status in received packets.
    #[nla(IFLA_BRIDGE_CFM_CC_PEER_STATUS_PORT_TLV_VALUE = 5)]
    pub port_tlv_value: Option<u8>,
    /// Interface status in received packets.
    #[nla(IFLA_BRIDGE_CFM_CC_PEER_STATUS_IF_TLV_VALUE = 6)]
    pub if_tlv_value: Option<u8>,
    /// 1: a packet was received.
    #[nla(IFLA_BRIDGE_CFM_CC_PEER_STATUS_SEEN = 7)]
    pub seen: Option<u32>,
    /// 1: a packet with a status was received.
    #[nla(IFLA_BRIDGE_CFM_CC_PEER_STATUS_TLV_SEEN = 8)]
    pub tlv_seen: Option<u32>,
    /// 1: a packet out of sequence was received.
    #[nla(IFLA_BRIDGE_CFM_CC_PEER_STATUS_SEQ_UNEXP_SEEN = 9)]
    pub seq_unexp_seen: Option<u32>,
}

/// An end point that several attributes describe, each with the end point's number.
pub(super) trait EndPoint: Attributes + Default {
    fn instance(&mut self) -> &mut Option<u32>;

    /// Takes an attribute of `IFLA_BRIDGE_CFM` into the end point in `list` that it describes. The
    /// first attribute with a number adds the end point.
    ///
    /// # Errors
    /// [`AttrError::Value`] without a number.
    fn attribute_of(
        list: &mut Vec<Self>,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        // `IFLA_BRIDGE_CFM_*_INSTANCE` is the first attribute of every set.
        let mut inside = Attrs::new(attr.value).flatten();
        let number = inside.find(|attr| attr.kind == 1).ok_or(AttrError::Value)?;
        let instance = Some(number.u32()?);
        let found = list
            .iter_mut()
            .position(|point| *point.instance() == instance);
        let at = found.unwrap_or_else(|| {
            let mut point = Self::default();
            *point.instance() = instance;
            list.push(point);
            list.len() - 1
        });
        list[at].attribute(context, attr)
    }
}

impl EndPoint for Cfm {
    fn instance(&mut self) -> &mut Option<u32> {
        &mut self.instance
    }
}

impl EndPoint for CfmStatus {
    fn instance(&mut self) -> &mut Option<u32> {
        &mut self.instance
    }
}

impl Cfm {
    /// Adds an end point at the other side: a set for each.
    fn peer(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let id = attr.u32()?;
        self.peer_mepid.get_or_insert_default().push(id);
        Ok(())
    }
}

impl CfmStatus {
    /// Adds the status of an end point at the other side: a set for each.
    fn peer(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let peer = CfmPeerStatus::from_attr(context, attr)?;
        self.peers.get_or_insert_default().push(peer);
        Ok(())
    }
}

/// `BR_MRP_RING_STATE_*`, `BR_MRP_IN_STATE_*` (linux/mrp_bridge.h, as the following)
const RING_STATES: Names = &[(0, "open"), (1, "closed")];
/// `BR_MRP_RING_ROLE_*`
const RING_ROLES: Names = &[(0, "disabled"), (1, "mrc"), (2, "mrm"), (3, "mra")];
/// `BR_MRP_IN_ROLE_*`
const IN_ROLES: Names = &[(0, "disabled"), (1, "mic"), (2, "mim")];
