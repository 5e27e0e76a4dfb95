//! `kind:"ovs_datapath"`: datapaths.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::pids;
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::genl::command;
use crate::netlink::genl::ovs::{OVS_DP_CMD_DEL, OVS_DP_CMD_GET, OVS_DP_CMD_NEW, OVS_DP_CMD_SET};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, IfName};

/// `OVS_DP_F_*`
const FEATURES: &FlagNames = &[
    (1, "unaligned"),
    (2, "vport-pids"),
    (4, "tc-recirc-sharing"),
    (8, "dispatch-upcall-per-cpu"),
];

/// A datapath of Open vSwitch.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(OVS_DP_ATTR_PAD = 6))]
#[state(key(ifindex), device(ifindex, dev))]
pub struct OvsDatapath {
    /// Index of the device that is its local port.
    pub ifindex: u32,
    /// Name of that device.
    #[nla(OVS_DP_ATTR_NAME = 1)]
    pub dev: Option<IfName>,
    /// Features that the switch uses: `unaligned`, `vport-pids`, `tc-recirc-sharing`, `dispatch-upcall-per-cpu`.
    #[nla(OVS_DP_ATTR_USER_FEATURES = 5, flags(u32, FEATURES))]
    pub user_features: Option<Flags>,
    /// Number of entries of the cache of masks.
    #[nla(OVS_DP_ATTR_MASKS_CACHE_SIZE = 7)]
    pub masks_cache_size: Option<u32>,
    /// Port id of the netlink socket that packets without a flow are passed to.
    #[nla(OVS_DP_ATTR_UPCALL_PID = 2)]
    pub upcall_pid: Option<u32>,
    /// The same for each CPU.
    #[nla(OVS_DP_ATTR_PER_CPU_PIDS = 8, with = pids)]
    pub per_cpu_pids: Option<Vec<u32>>,
    /// Counters of packets.
    #[nla(OVS_DP_ATTR_STATS = 3, with = OvsDatapathStats::read, volatile)]
    pub stats: Option<OvsDatapathStats>,
    /// Counters of masks.
    #[nla(OVS_DP_ATTR_MEGAFLOW_STATS = 4, with = OvsMegaflowStats::read, volatile)]
    pub megaflow_stats: Option<OvsMegaflowStats>,
}

/// Counters of the packets of a datapath (`struct ovs_dp_stats`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct OvsDatapathStats {
    /// Packets for which there was a flow.
    pub hit: u64,
    /// Packets for which there was none.
    pub missed: u64,
    /// Packets that could not be passed to the switch.
    pub lost: u64,
    /// Number of flows.
    pub flows: u64,
}

/// Counters of the masks of a datapath (`struct ovs_dp_megaflow_stats`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct OvsMegaflowStats {
    /// Masks that were tried to find flows.
    pub mask_hit: u64,
    /// Number of masks.
    pub masks: u64,
    /// Packets whose mask was in the cache.
    pub cache_hit: u64,
}

impl OvsDatapathStats {
    fn read(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [hit, missed, lost, flows] = context.counters(attr, 4)?;
        Ok(OvsDatapathStats {
            hit,
            missed,
            lost,
            flows,
        })
    }
}

impl OvsMegaflowStats {
    fn read(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        // The number of masks has 32 bits, which are followed by as many of padding.
        let [mask_hit, masks, cache_hit, _] = context.counters(attr, 4)?;
        let [a, b, c, d, ..] = masks.to_ne_bytes();
        Ok(OvsMegaflowStats {
            mask_hit,
            masks: u32::from_ne_bytes([a, b, c, d]).into(),
            cache_hit,
        })
    }
}

impl KindSpec for OvsDatapath {
    const NETLINK_FAMILY: FamilyId = FamilyId::OVS_DATAPATH;
    const MESSAGES: &'static [u16] = &[
        OVS_DP_CMD_NEW,
        OVS_DP_CMD_DEL,
        OVS_DP_CMD_GET,
        OVS_DP_CMD_SET,
    ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    // For `add_stored`.
    const DELETED_BY_KEY: bool = true;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::ovs(OVS_DP_CMD_GET, 0)]
    }

    fn add_stored(&mut self, stored: &Self) {
        super::keep_counters(self, stored);
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (ifindex, attributes) = super::split(message)?;
        let mut datapath = OvsDatapath {
            ifindex,
            ..OvsDatapath::default()
        };
        datapath.attributes(context, attributes);
        let action = match command(message) {
            OVS_DP_CMD_DEL => MessageAction::Delete,
            _ => MessageAction::New,
        };
        emit.object_as(context, action, datapath)
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        match op {
            Op::Add | Op::Delete => Triggers::of(&[Trigger::OvsDatapath]),
            _ => Triggers::NONE,
        }
    }
}
