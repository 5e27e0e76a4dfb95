//! `kind:"team_port"`: ports of team devices.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::netlink::genl::team::TEAM_CMD_PORT_LIST_GET;
use crate::value::{IfName, Symbol};

/// `DUPLEX_*` (linux/ethtool.h)
const DUPLEX: &[(u32, &str)] = &[(0, "half"), (1, "full"), (255, "unknown")];

/// A port of a team device.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    skip(TEAM_ATTR_PORT_CHANGED = 2),
    by_caller(TEAM_ATTR_PORT_REMOVED = 6)
)]
#[state(
    key(ifindex, port_ifindex),
    device(ifindex, dev),
    names_device(port_ifindex, port)
)]
pub struct TeamPort {
    /// Index of the team device.
    pub ifindex: u32,
    /// Name of the team device.
    pub dev: Option<IfName>,
    /// Index of the port.
    #[nla(TEAM_ATTR_PORT_IFINDEX = 1)]
    pub port_ifindex: u32,
    /// Name of the port.
    pub port: Option<IfName>,
    /// The team device takes the port as working: by its carrier, or as a program says (option `user_linkup`).
    #[nla(TEAM_ATTR_PORT_LINKUP = 3, present)]
    pub linkup: Option<bool>,
    /// Speed when the port became working, Mbit/s; 0 if it is not, or is unknown.
    #[nla(TEAM_ATTR_PORT_SPEED = 4)]
    pub speed: Option<u32>,
    /// Duplex mode when the port became working: `half`, `full`, `unknown`; `half` if it is not.
    #[nla(TEAM_ATTR_PORT_DUPLEX = 5, names(u8, DUPLEX))]
    pub duplex: Option<Symbol>,
}

listed!(
    TeamPort in TEAM_ATTR_LIST_PORT = 3 / TEAM_ATTR_ITEM_PORT,
    requested by TEAM_CMD_PORT_LIST_GET,
    removed by TEAM_ATTR_PORT_REMOVED,
    { linkup: Some(false) }
);
