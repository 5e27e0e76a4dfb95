//! Protocols that run on a bridge: media redundancy (MRP), connectivity fault management (CFM),
//! multiple spanning trees (MST).

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::value::{Hex, IfName, LlAddr, Symbol};

/// The state of a bridge port in one spanning tree (`IFLA_BRIDGE_MST_*`, linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Mst {
    /// Number of the tree.
    pub instance: Option<u16>,
    /// `disabled`, `listening`, `learning`, `forwarding`, `blocking`.
    pub state: Option<Symbol>,
}

/// A ring of a bridge (`IFLA_BRIDGE_MRP_INFO_*`, linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Mrp {
    /// Number of the ring.
    pub ring_id: Option<u32>,
    /// The primary port.
    pub p_port: Option<IfName>,
    /// That port's device index.
    pub p_port_index: Option<u32>,
    /// The secondary port.
    pub s_port: Option<IfName>,
    /// That port's device index.
    pub s_port_index: Option<u32>,
    /// The port to another ring.
    pub i_port: Option<IfName>,
    /// That port's device index.
    pub i_port_index: Option<u32>,
    /// Priority of this bridge to become the ring's manager.
    pub prio: Option<u16>,
    /// `open`, `closed`.
    pub ring_state: Option<Symbol>,
    /// `disabled`, `mrc` (client), `mrm` (manager), `mra` (either).
    pub ring_role: Option<Symbol>,
    /// Time between test packets, microseconds.
    pub test_interval: Option<u32>,
    /// Test packets that may be lost before the ring counts as open.
    pub test_max_miss: Option<u32>,
    /// 1: a manager that only watches the test packets of another.
    pub test_monitor: Option<u32>,
    /// `open`, `closed`: the connection to another ring.
    pub in_state: Option<Symbol>,
    /// `disabled`, `mic` (client), `mim` (manager): the role in that connection.
    pub in_role: Option<Symbol>,
    /// Time between test packets of that connection, microseconds.
    pub in_test_interval: Option<u32>,
    /// Test packets of that connection that may be lost.
    pub in_test_max_miss: Option<u32>,
}

/// A maintenance end point of a bridge (`IFLA_BRIDGE_CFM_*`, linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Cfm {
    /// Number of the end point.
    pub instance: Option<u32>,
    /// What it is about: `port`, `vlan`.
    pub domain: Option<Symbol>,
    /// Where its packets go: `down` (out of the port), `up` (into the bridge).
    pub direction: Option<Symbol>,
    /// The port.
    pub port: Option<IfName>,
    /// That port's device index.
    pub port_index: Option<u32>,
    /// Its own link-layer address.
    pub unicast_mac: Option<LlAddr>,
    /// Level of the maintenance domain.
    pub mdlevel: Option<u32>,
    /// Id of the end point.
    pub mepid: Option<u32>,
    /// 1: continuity is checked.
    pub enable: Option<u32>,
    /// Expected time between packets: 1 3.3 ms, 2 10 ms, 3 100 ms, 4 1 s, 5 10 s, 6 1 min,
    /// 7 10 min.
    pub exp_interval: Option<u32>,
    /// Expected id of the association, hexadecimal.
    pub exp_maid: Option<Hex>,
    /// 1: its packets tell of a remote defect.
    pub rdi: Option<u32>,
    /// Where its packets are sent.
    pub ccm_tx_dmac: Option<LlAddr>,
    /// 1: its packets are numbered.
    pub ccm_tx_seq_no_update: Option<u32>,
    /// How long packets are sent, seconds; 0 for not at all.
    pub ccm_tx_period: Option<u32>,
    /// 1: its packets tell the state of the device.
    pub ccm_tx_if_tlv: Option<u32>,
    /// That state.
    pub ccm_tx_if_tlv_value: Option<u8>,
    /// 1: its packets tell the state of the port.
    pub ccm_tx_port_tlv: Option<u32>,
    /// That state.
    pub ccm_tx_port_tlv_value: Option<u8>,
    /// Ids of the end points at the other side.
    pub peer_mepid: Option<Vec<u32>>,
}

/// What a maintenance end point of a bridge has seen (`IFLA_BRIDGE_CFM_MEP_STATUS_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct CfmStatus {
    /// Number of the end point.
    pub instance: Option<u32>,
    /// 1: a packet of an unexpected kind came.
    pub opcode_unexp_seen: Option<u32>,
    /// 1: a packet of an unexpected version came.
    pub version_unexp_seen: Option<u32>,
    /// 1: a packet of a lower level came.
    pub rx_level_low_seen: Option<u32>,
    /// The end points at the other side.
    pub peers: Option<Vec<CfmPeerStatus>>,
}

/// What came from an end point at the other side (`IFLA_BRIDGE_CFM_CC_PEER_STATUS_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct CfmPeerStatus {
    /// Id of the end point.
    pub peer_mepid: Option<u32>,
    /// 1: its packets fail to come.
    pub ccm_defect: Option<u32>,
    /// 1: it tells of a remote defect.
    pub rdi: Option<u32>,
    /// The state of the port that it tells.
    pub port_tlv_value: Option<u8>,
    /// The state of the device that it tells.
    pub if_tlv_value: Option<u8>,
    /// 1: a packet came.
    pub seen: Option<u32>,
    /// 1: a packet with a state came.
    pub tlv_seen: Option<u32>,
    /// 1: a packet out of order came.
    pub seq_unexp_seen: Option<u32>,
}
