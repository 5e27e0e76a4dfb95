//! `kind:"devlink_trap"`, `"devlink_trap_group"` and `"devlink_trap_policer"`: packets that a device passes to
//! the kernel, for a reason.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_TRAP_DEL, DEVLINK_CMD_TRAP_GET, DEVLINK_CMD_TRAP_GROUP_DEL,
    DEVLINK_CMD_TRAP_GROUP_GET, DEVLINK_CMD_TRAP_GROUP_NEW, DEVLINK_CMD_TRAP_NEW,
    DEVLINK_CMD_TRAP_POLICER_DEL, DEVLINK_CMD_TRAP_POLICER_GET, DEVLINK_CMD_TRAP_POLICER_NEW,
};
use crate::value::{Symbol, Text};

/// `DEVLINK_TRAP_ACTION_*`
const ACTIONS: &[(u32, &str)] = &[(0, "drop"), (1, "trap"), (2, "mirror")];
/// `DEVLINK_TRAP_TYPE_*`
const TYPES: &[(u32, &str)] = &[(0, "drop"), (1, "exception"), (2, "control")];

/// A reason for which a device of devlink passes packets to the kernel.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(DEVLINK_ATTR_TRAP_METADATA = 134, DEVLINK_ATTR_STATS = 129),
    skip(
        DEVLINK_ATTR_STATS / DEVLINK_ATTR_PAD = 61,
        DEVLINK_ATTR_INDEX = 184,
    ),
)]
#[state(key(bus_name, dev_name, name), no_property(r#type))]
pub struct DevlinkTrap {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Name of the trap.
    #[nla(DEVLINK_ATTR_TRAP_NAME = 130)]
    pub name: Text,
    /// Name of its group.
    #[nla(DEVLINK_ATTR_TRAP_GROUP_NAME = 135)]
    pub group: Option<Text>,
    /// `drop` (the packet would be dropped), `exception` (it could not be forwarded), `control` (the control
    /// plane needs it).
    #[nla(DEVLINK_ATTR_TRAP_TYPE = 132, names(u8, TYPES))]
    pub r#type: Option<Symbol>,
    /// Its meaning is the same for every driver.
    #[nla(DEVLINK_ATTR_TRAP_GENERIC = 133, present)]
    pub generic: Option<bool>,
    /// What the device does with the packet: `drop`, `trap` (passes it to the kernel alone), `mirror` (forwards it
    /// as well).
    #[nla(DEVLINK_ATTR_TRAP_ACTION = 131, names(u8, ACTIONS))]
    pub action: Option<Symbol>,
    /// The kernel learns the input port.
    #[nla(DEVLINK_ATTR_TRAP_METADATA / DEVLINK_ATTR_TRAP_METADATA_TYPE_IN_PORT = 0, present)]
    pub input_port: Option<bool>,
    /// The kernel learns the cookie of the flow action.
    #[nla(DEVLINK_ATTR_TRAP_METADATA / DEVLINK_ATTR_TRAP_METADATA_TYPE_FA_COOKIE = 1, present)]
    pub flow_action_cookie: Option<bool>,
    /// With `details`: number of packets.
    #[nla(DEVLINK_ATTR_STATS / DEVLINK_ATTR_STATS_RX_PACKETS = 0, details, volatile)]
    pub rx_packets: Option<u64>,
    /// With `details`: their bytes.
    #[nla(DEVLINK_ATTR_STATS / DEVLINK_ATTR_STATS_RX_BYTES = 1, details, volatile)]
    pub rx_bytes: Option<u64>,
    /// With `details`: packets that the device dropped.
    #[nla(DEVLINK_ATTR_STATS / DEVLINK_ATTR_STATS_RX_DROPPED = 2, details, volatile)]
    pub rx_dropped: Option<u64>,
}

kind!(
    DevlinkTrap of DEVLINK,
    listed by DEVLINK_CMD_TRAP_GET,
    [DEVLINK_CMD_TRAP_NEW, DEVLINK_CMD_TRAP_DEL],
    deleted by [DEVLINK_CMD_TRAP_DEL]
);

/// A group of traps.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(DEVLINK_ATTR_STATS = 129),
    skip(
        DEVLINK_ATTR_STATS / DEVLINK_ATTR_PAD = 61,
        DEVLINK_ATTR_INDEX = 184,
    ),
)]
#[state(key(bus_name, dev_name, name))]
pub struct DevlinkTrapGroup {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Name of the group.
    #[nla(DEVLINK_ATTR_TRAP_GROUP_NAME = 135)]
    pub name: Text,
    /// Its meaning is the same for every driver.
    #[nla(DEVLINK_ATTR_TRAP_GENERIC = 133, present)]
    pub generic: Option<bool>,
    /// Number of the policer that limits its packets.
    #[nla(DEVLINK_ATTR_TRAP_POLICER_ID = 142)]
    pub policer: Option<u32>,
    /// With `details`: number of packets.
    #[nla(DEVLINK_ATTR_STATS / DEVLINK_ATTR_STATS_RX_PACKETS = 0, details, volatile)]
    pub rx_packets: Option<u64>,
    /// With `details`: their bytes.
    #[nla(DEVLINK_ATTR_STATS / DEVLINK_ATTR_STATS_RX_BYTES = 1, details, volatile)]
    pub rx_bytes: Option<u64>,
}

kind!(
    DevlinkTrapGroup of DEVLINK,
    listed by DEVLINK_CMD_TRAP_GROUP_GET,
    [DEVLINK_CMD_TRAP_GROUP_NEW, DEVLINK_CMD_TRAP_GROUP_DEL],
    deleted by [DEVLINK_CMD_TRAP_GROUP_DEL]
);

/// A policer, which limits the packets of groups of traps.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(DEVLINK_ATTR_STATS = 129),
    skip(
        DEVLINK_ATTR_STATS / DEVLINK_ATTR_PAD = 61,
        DEVLINK_ATTR_PAD = 61,
        DEVLINK_ATTR_INDEX = 184,
    ),
)]
#[state(key(bus_name, dev_name, policer))]
pub struct DevlinkTrapPolicer {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Number of the policer.
    #[nla(DEVLINK_ATTR_TRAP_POLICER_ID = 142)]
    pub policer: u32,
    /// Packets per second.
    #[nla(DEVLINK_ATTR_TRAP_POLICER_RATE = 143)]
    pub rate: Option<u64>,
    /// Packets of a burst.
    #[nla(DEVLINK_ATTR_TRAP_POLICER_BURST = 144)]
    pub burst: Option<u64>,
    /// With `details`: packets that it dropped.
    #[nla(DEVLINK_ATTR_STATS / DEVLINK_ATTR_STATS_RX_DROPPED = 2, details, volatile)]
    pub rx_dropped: Option<u64>,
}

kind!(
    DevlinkTrapPolicer of DEVLINK,
    listed by DEVLINK_CMD_TRAP_POLICER_GET,
    [DEVLINK_CMD_TRAP_POLICER_NEW, DEVLINK_CMD_TRAP_POLICER_DEL],
    deleted by [DEVLINK_CMD_TRAP_POLICER_DEL]
);
