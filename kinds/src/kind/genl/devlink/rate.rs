//! `kind:"devlink_rate"`: limits of the rate of functions, and of groups of them.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::FromAttr as _;
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_RATE_DEL, DEVLINK_CMD_RATE_GET, DEVLINK_CMD_RATE_NEW,
};
use crate::value::{Symbol, Text};

/// `DEVLINK_RATE_TYPE_*`
const TYPES: &[(u32, &str)] = &[(0, "leaf"), (1, "node")];

/// A limit of the rate at which a function, or a group of functions, of a device of devlink may send.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(DEVLINK_ATTR_RATE_TC_BWS = 180 => Self::bandwidth),
    skip(DEVLINK_ATTR_PAD = 61, DEVLINK_ATTR_INDEX = 184),
)]
#[state(key(bus_name, dev_name, port_index, node), no_property(r#type))]
pub struct DevlinkRate {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// `leaf`: of the function of a port; `node`: of a group.
    #[nla(DEVLINK_ATTR_RATE_TYPE = 165, names(u16, TYPES))]
    pub r#type: Option<Symbol>,
    /// Of a leaf: index of the port.
    #[nla(DEVLINK_ATTR_PORT_INDEX = 3)]
    pub port_index: Option<u32>,
    /// Of a node: its name.
    #[nla(DEVLINK_ATTR_RATE_NODE_NAME = 168)]
    pub node: Option<Text>,
    /// Least rate that it has a share of, bytes per second; 0: none.
    #[nla(DEVLINK_ATTR_RATE_TX_SHARE = 166)]
    pub tx_share: Option<u64>,
    /// Maximum rate, bytes per second; 0: not limited.
    #[nla(DEVLINK_ATTR_RATE_TX_MAX = 167)]
    pub tx_max: Option<u64>,
    /// Priority among its siblings.
    #[nla(DEVLINK_ATTR_RATE_TX_PRIORITY = 177)]
    pub tx_priority: Option<u32>,
    /// Weight among siblings of its priority.
    #[nla(DEVLINK_ATTR_RATE_TX_WEIGHT = 178)]
    pub tx_weight: Option<u32>,
    /// Name of the node that it is in.
    #[nla(DEVLINK_ATTR_RATE_PARENT_NODE_NAME = 169)]
    pub parent: Option<Text>,
    /// Shares of the traffic classes.
    pub tc_bw: Option<Vec<DevlinkTcBandwidth>>,
}

/// The share of a traffic class (`DEVLINK_RATE_TC_ATTR_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct DevlinkTcBandwidth {
    /// Number of the traffic class.
    #[nla(DEVLINK_RATE_TC_ATTR_INDEX = 1)]
    pub tc: u8,
    /// Its share, percent.
    #[nla(DEVLINK_RATE_TC_ATTR_BW = 2)]
    pub bw: u32,
}

impl DevlinkRate {
    fn bandwidth(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let bandwidth = DevlinkTcBandwidth::from_attr(context, attr)?;
        self.tc_bw.get_or_insert_default().push(bandwidth);
        Ok(())
    }
}

kind!(
    DevlinkRate of DEVLINK,
    listed by DEVLINK_CMD_RATE_GET,
    [DEVLINK_CMD_RATE_NEW, DEVLINK_CMD_RATE_DEL],
    deleted by [DEVLINK_CMD_RATE_DEL]
);
