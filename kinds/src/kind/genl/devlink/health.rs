//! `kind:"devlink_health"`: health reporters of devices and ports.

use jiff::Timestamp;
use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::spec::Trigger;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_HEALTH_REPORTER_GET, DEVLINK_CMD_HEALTH_REPORTER_RECOVER,
};
use crate::value::{Symbol, Text, Time};

/// `enum devlink_health_reporter_state` (net/devlink.h)
pub const HEALTH_STATES: &[(u32, &str)] = &[(0, "healthy"), (1, "error")];

/// A health reporter of a device of devlink. The kernel announces errors and recoveries, and neither new
/// reporters nor settings: these are read.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(DEVLINK_ATTR_HEALTH_REPORTER = 114),
    skip(
        // Of the time since the boot, beside the same as a time.
        DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_DUMP_TS = 119,
        DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_PAD = 61,
        DEVLINK_ATTR_INDEX = 184,
    ),
)]
#[state(key(bus_name, dev_name, port_index, reporter))]
pub struct DevlinkHealth {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Index of the port, of a reporter of a port.
    #[nla(DEVLINK_ATTR_PORT_INDEX = 3)]
    pub port_index: Option<u32>,
    /// Name of the reporter.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_NAME = 115)]
    pub reporter: Text,
    /// `healthy`, `error`.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_STATE = 116, names(u8, HEALTH_STATES))]
    pub state: Option<Symbol>,
    /// Number of errors.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_ERR_COUNT = 117)]
    pub error: Option<u64>,
    /// Number of recoveries.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_RECOVER_COUNT = 118)]
    pub recover: Option<u64>,
    /// When the last dump of an error was stored.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_DUMP_TS_NS = 137, with = time)]
    pub last_dump: Option<Time>,
    /// Least time between two automatic recoveries, milliseconds.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_GRACEFUL_PERIOD = 120)]
    pub grace_period: Option<u64>,
    /// Time after the first recovery in which there may be further ones, milliseconds.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_BURST_PERIOD = 181)]
    pub burst_period: Option<u64>,
    /// It recovers from errors automatically.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_AUTO_RECOVER = 121)]
    pub auto_recover: Option<bool>,
    /// It stores a dump of an error automatically.
    #[nla(DEVLINK_ATTR_HEALTH_REPORTER / DEVLINK_ATTR_HEALTH_REPORTER_AUTO_DUMP = 141)]
    pub auto_dump: Option<bool>,
}

/// Reads nanoseconds since 1970.
fn time(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Time, AttrError> {
    let nanoseconds = i128::from(attr.u64()?);
    let time = Timestamp::from_nanosecond(nanoseconds).map_err(|_| AttrError::Value)?;
    Ok(Time(time))
}

kind!(
    DevlinkHealth of DEVLINK,
    listed by DEVLINK_CMD_HEALTH_REPORTER_GET,
    [
        DEVLINK_CMD_HEALTH_REPORTER_GET,
        DEVLINK_CMD_HEALTH_REPORTER_RECOVER
    ],
    deleted by [],
    { const STALE_AFTER: &'static [Trigger] = &[Trigger::Devlink, Trigger::DevlinkPort]; }
);
