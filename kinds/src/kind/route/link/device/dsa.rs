//! Ports of a DSA switch.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::value::IfName;

/// Settings of a switch port (`IFLA_DSA_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(names_device(conduit_index, conduit))]
pub struct Dsa {
    /// The conduit: the device that is connected to the switch.
    pub conduit: Option<IfName>,
    /// Index of that device.
    #[nla(IFLA_DSA_CONDUIT = 1, nonzero)]
    pub conduit_index: Option<u32>,
}
