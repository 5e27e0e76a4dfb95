//! `kind:"stats"`: counters of a device (`RTM_NEWSTATS`). The kernel sends them when hardware starts
//! or stops to count (rtnl_offload_xstats_notify).

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::link::details::Stats64;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction};
use crate::kind::wire::u32_at;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::rtm::RTM_NEWSTATS;
use crate::value::IfName;

/// Counters of a device (`struct if_stats_msg`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(nest(IFLA_STATS_LINK_OFFLOAD_XSTATS = 4))]
#[state(device(ifindex, dev))]
pub struct Stats {
    /// Index of the device.
    pub ifindex: u32,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// Counters of all packets.
    #[nla(IFLA_STATS_LINK_64 = 1)]
    pub link: Option<Stats64>,
    /// Counters of the packets that the hardware did not forward.
    #[nla(IFLA_STATS_LINK_OFFLOAD_XSTATS / IFLA_OFFLOAD_XSTATS_CPU_HIT = 1)]
    pub cpu_hit: Option<Stats64>,
    /// Counters of the routed packets, by the hardware.
    #[nla(
        IFLA_STATS_LINK_OFFLOAD_XSTATS / IFLA_OFFLOAD_XSTATS_L3_STATS = 3,
        with = HwStats::decode
    )]
    pub l3_stats: Option<HwStats>,
    /// Sets of counters that the hardware may keep.
    #[nla(IFLA_STATS_LINK_OFFLOAD_XSTATS / IFLA_OFFLOAD_XSTATS_HW_S_INFO = 2)]
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
    /// Packets not sent because of an error.
    pub tx_errors: u64,
    /// Packets received and dropped.
    pub rx_dropped: u64,
    /// Packets dropped instead of sent.
    pub tx_dropped: u64,
    /// Multicast packets received.
    pub multicast: u64,
}

/// The state of a set of counters of the hardware.
// No `Default`: an entry of the list is read by the `FromAttr` below.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct HwInfo {
    /// Number of the set: 3 is `l3_stats`.
    pub set: u16,
    /// True if the set was requested.
    #[nla(IFLA_OFFLOAD_XSTATS_HW_S_INFO_REQUEST = 1)]
    pub request: bool,
    /// True if the hardware counts.
    #[nla(IFLA_OFFLOAD_XSTATS_HW_S_INFO_USED = 2)]
    pub used: bool,
}

impl KindSpec for Stats {
    const MESSAGES: &'static [u16] = &[RTM_NEWSTATS];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<12>()?;
        let mut stats = Stats {
            ifindex: u32_at(header, 4),
            ..Default::default()
        };
        stats.attributes(context, attributes);
        emit.object_as(context, MessageAction::Notify, stats)
    }
}

/// By hand, since the number of the attribute identifies the set.
impl FromAttr for HwInfo {
    const INNER: &'static [AttrDecl] = Self::ATTRS;

    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let mut info = HwInfo {
            set: attr.kind,
            request: false,
            used: false,
        };
        context.nested(attr, |context, attr| info.attribute(context, &attr))?;
        Ok(info)
    }
}

impl HwStats {
    /// Reads a `struct rtnl_hw_stats64`.
    fn decode(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [
            rx_packets,
            tx_packets,
            rx_bytes,
            tx_bytes,
            rx_errors,
            tx_errors,
            rx_dropped,
            tx_dropped,
            multicast,
        ] = context.counters(attr, 9)?;
        Ok(HwStats {
            rx_packets,
            tx_packets,
            rx_bytes,
            tx_bytes,
            rx_errors,
            tx_errors,
            rx_dropped,
            tx_dropped,
            multicast,
        })
    }
}
