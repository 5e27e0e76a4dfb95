//! `kind:"devlink_linecard"`: line cards of switches.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::DevlinkNested;
use crate::json::JsonSchema;
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_LINECARD_DEL, DEVLINK_CMD_LINECARD_GET, DEVLINK_CMD_LINECARD_NEW,
};
use crate::value::{Symbol, Text};

/// `DEVLINK_LINECARD_STATE_*`
pub const LINECARD_STATES: &[(u32, &str)] = &[
    (0, "unspec"),
    (1, "unprovisioned"),
    (2, "unprovisioning"),
    (3, "provisioning"),
    (4, "provisioning_failed"),
    (5, "provisioned"),
    (6, "active"),
];

/// A line card of a device of devlink, or the slot for one.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(DEVLINK_ATTR_INDEX = 184))]
#[state(key(bus_name, dev_name, linecard), no_property(r#type))]
pub struct DevlinkLinecard {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Index of the line card.
    #[nla(DEVLINK_ATTR_LINECARD_INDEX = 171)]
    pub linecard: u32,
    /// `unprovisioned`, `unprovisioning`, `provisioning`, `provisioning_failed`, `provisioned`, `active`.
    #[nla(DEVLINK_ATTR_LINECARD_STATE = 172, names(u8, LINECARD_STATES))]
    pub state: Option<Symbol>,
    /// Type for which it is provisioned.
    #[nla(DEVLINK_ATTR_LINECARD_TYPE = 173)]
    pub r#type: Option<Text>,
    /// Types that are possible.
    #[nla(
        DEVLINK_ATTR_LINECARD_SUPPORTED_TYPES = 174,
        entry(DEVLINK_ATTR_LINECARD_TYPE = 173)
    )]
    pub supported_types: Option<Vec<Text>>,
    /// The device of devlink that the line card is.
    #[nla(DEVLINK_ATTR_NESTED_DEVLINK = 175)]
    pub nested_devlink: Option<DevlinkNested>,
}

kind!(
    DevlinkLinecard of DEVLINK,
    listed by DEVLINK_CMD_LINECARD_GET,
    [DEVLINK_CMD_LINECARD_NEW, DEVLINK_CMD_LINECARD_DEL],
    deleted by [DEVLINK_CMD_LINECARD_DEL]
);
