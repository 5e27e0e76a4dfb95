//! Virtual functions of a device (`IFLA_VFINFO_LIST`).

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::value::{Hex, LlAddr, Symbol};

/// A virtual function (`IFLA_VF_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VfInfo {
    /// Its number.
    pub vf: Option<u32>,
    /// Link-layer address.
    pub address: Option<LlAddr>,
    /// Link-layer broadcast address.
    pub broadcast: Option<LlAddr>,
    /// Its VLANs.
    pub vlan_list: Option<Vec<VfVlan>>,
    /// Highest rate of sending, Mbit/s; 0 for no limit.
    pub tx_rate: Option<u32>,
    /// Rates of sending.
    pub rate: Option<VfRate>,
    /// Sent packets must bear its own address.
    pub spoofchk: Option<bool>,
    /// `auto` (that of the device), `enable`, `disable`.
    pub link_state: Option<Symbol>,
    /// It is trusted.
    pub trust: Option<bool>,
    /// It may ask how received packets are spread.
    pub query_rss_en: Option<bool>,
    /// InfiniBand id of its node.
    pub node_guid: Option<LlAddr>,
    /// InfiniBand id of its port.
    pub port_guid: Option<LlAddr>,
    /// With `details`: counters.
    pub stats: Option<VfStats>,
}

/// A VLAN of a virtual function.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VfVlan {
    /// VLAN id; 0 for none.
    pub vlan: u32,
    /// VLAN priority.
    pub qos: u32,
    /// `802.1Q`, `802.1ad`.
    pub protocol: Option<Symbol>,
}

/// Rates of sending of a virtual function.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VfRate {
    /// The highest, Mbit/s; 0 for no limit.
    pub max_tx: u32,
    /// The lowest, Mbit/s.
    pub min_tx: u32,
}

/// Counters of a virtual function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VfStats {
    /// Received.
    pub rx: VfRxStats,
    /// Sent.
    pub tx: VfTxStats,
}

/// Counters of what a virtual function received.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VfRxStats {
    /// Bytes.
    pub bytes: Option<u64>,
    /// Packets.
    pub packets: Option<u64>,
    /// Multicast packets.
    pub multicast: Option<u64>,
    /// Broadcast packets.
    pub broadcast: Option<u64>,
    /// Dropped packets.
    pub dropped: Option<u64>,
}

/// Counters of what a virtual function sent.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VfTxStats {
    /// Bytes.
    pub bytes: Option<u64>,
    /// Packets.
    pub packets: Option<u64>,
    /// Dropped packets.
    pub dropped: Option<u64>,
}

/// A device, or a virtual function of it, as a port of a switch (`IFLA_PORT_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VfPort {
    /// Number of the virtual function; 4294967295 for the device itself.
    pub vf: Option<u32>,
    /// Name of the port's profile.
    pub profile: Option<String>,
    /// UUID of who uses it, hexadecimal.
    pub instance_uuid: Option<Hex>,
    /// UUID of the host, hexadecimal.
    pub host_uuid: Option<Hex>,
    /// `preassociate`, `preassociate_rr`, `associate`, `disassociate`.
    pub request: Option<Symbol>,
    /// What the switch answered: `success`, `profile_success`, `profile_inprogress` …
    pub response: Option<Symbol>,
}
