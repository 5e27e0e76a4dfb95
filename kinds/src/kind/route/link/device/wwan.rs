//! Modem devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;

/// Settings of a modem device (`IFLA_WWAN_*`, linux/wwan.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Wwan {
    /// Id of the channel.
    #[nla(IFLA_WWAN_LINK_ID = 1)]
    pub linkid: Option<u32>,
}
