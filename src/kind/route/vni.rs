//! `kind:"vni"`: a network identifier of a vxlan that filters them (`RTM_NEWTUNNEL`,
//! `RTM_DELTUNNEL`).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::of_device;
use crate::value::IfName;

/// A network identifier of a vxlan (`struct tunnel_msg`, linux/if_link.h). The kernel tells ranges:
/// here each is an object of its own.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Vni {
    /// Index of the vxlan.
    pub ifindex: u32,
    /// Its name.
    pub dev: Option<IfName>,
    /// Network identifier.
    pub vni: u32,
    /// The last one of a range too long to be told one by one.
    pub vni_end: Option<u32>,
    /// Multicast group, or remote tunnel end.
    pub group: Option<IpAddr>,
    /// With `details`: traffic.
    pub stats: Option<VniStats>,
}

/// Traffic of a network identifier (`VNIFILTER_ENTRY_STATS_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VniStats {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_pkts: u64,
    /// Packets received and dropped.
    pub rx_drops: u64,
    /// Packets received with an error.
    pub rx_errors: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_pkts: u64,
    /// Packets dropped instead of sent.
    pub tx_drops: u64,
    /// Packets not sent for an error.
    pub tx_errors: u64,
}

key!(Vni { ifindex, vni });
fields!(Vni {
    ifindex,
    dev,
    vni,
    vni_end,
    group,
    stats,
});

of_device!(Vni, copy_volatile(now, old) {
    now.stats.clone_from(&old.stats);
});
