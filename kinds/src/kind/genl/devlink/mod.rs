//! `kind:"devlink"` and the kinds whose names begin with `devlink_`: devices with settings beyond those of a
//! network device, such as network adapters and switches, their ports, parameters, regions, health reporters,
//! traps, rates and line cards (linux/devlink.h), named as in devlink(8).

mod device;
mod flash;
mod health;
mod linecard;
mod param;
mod port;
mod rate;
mod region;
#[cfg(test)]
mod tests;
mod trap;

use serde::Serialize;
use serde_with::skip_serializing_none;

use nlstream_derive::Attributes;

use crate::json::JsonSchema;
use crate::netlink::attr::Attrs;
use crate::netlink::frame::Message;
use crate::netlink::genl::attributes;
use crate::value::Text;
pub use device::{Devlink, DevlinkInfo};
pub use flash::DevlinkFlash;
pub use health::{DevlinkHealth, HEALTH_STATES};
pub use linecard::{DevlinkLinecard, LINECARD_STATES};
pub use param::DevlinkParam;
pub use port::DevlinkPort;
pub use rate::DevlinkRate;
pub use region::DevlinkRegion;
pub use trap::{DevlinkTrap, DevlinkTrapGroup, DevlinkTrapPolicer};

/// Returns true if a message is about a port, or about an object of one.
fn has_port(message: &Message<'_>) -> bool {
    const DEVLINK_ATTR_PORT_INDEX: u16 = 3;
    let mut all = Attrs::new(attributes(message).unwrap_or_default()).flatten();
    all.any(|it| it.kind == DEVLINK_ATTR_PORT_INDEX)
}

/// Another device of devlink that a device, port or line card contains.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(DEVLINK_ATTR_INDEX = 184))]
pub struct DevlinkNested {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Number of its network namespace, if that is another one; -1 if it has no number.
    #[nla(DEVLINK_ATTR_NETNS_ID = 140)]
    pub netns_id: Option<i32>,
}
