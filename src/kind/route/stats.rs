//! `kind:"stats"`: counters of a device (`RTM_NEWSTATS`). They are told when hardware begins or
//! ceases to count.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::link::details::Stats64;
use crate::kind::object::of_device;
use crate::value::IfName;

/// Counters of a device (`struct if_stats_msg`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Stats {
    /// The device's index.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
    /// All packets.
    pub link: Option<Stats64>,
    /// Packets that the hardware did not forward.
    pub cpu_hit: Option<Stats64>,
    /// Routed packets that the hardware counted.
    pub l3_stats: Option<HwStats>,
    /// Which counters the hardware keeps.
    pub hw_s_info: Option<Vec<HwInfo>>,
}

/// Counters of the hardware (`struct rtnl_hw_stats64`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct HwStats {
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets received with an error.
    pub rx_errors: u64,
    /// Packets not sent for an error.
    pub tx_errors: u64,
    /// Packets received and dropped.
    pub rx_dropped: u64,
    /// Packets dropped instead of sent.
    pub tx_dropped: u64,
    /// Multicast packets received.
    pub multicast: u64,
}

/// Whether the hardware keeps a set of counters (`IFLA_OFFLOAD_XSTATS_HW_S_INFO_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct HwInfo {
    /// The set: 3 is `l3_stats`.
    pub set: u16,
    /// Somebody asked for it.
    pub request: bool,
    /// It counts.
    pub used: bool,
}

of_device!(Stats);
