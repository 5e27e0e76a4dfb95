//! Xfrm devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::route::link::values::HexNumber;
use crate::value::IfName;

/// Settings of an xfrm device (`IFLA_XFRM_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(names_device(link_index, link))]
pub struct Xfrm {
    /// The lower device.
    pub link: Option<IfName>,
    /// Index of that device.
    #[nla(IFLA_XFRM_LINK = 1, nonzero)]
    pub link_index: Option<u32>,
    /// Interface id of xfrm policies and states, hexadecimal.
    #[nla(IFLA_XFRM_IF_ID = 2, nonzero, map(u32, HexNumber::new))]
    pub if_id: Option<HexNumber>,
    /// The destination is set for each packet by a route or a filter (collect metadata).
    #[nla(IFLA_XFRM_COLLECT_METADATA = 3, present)]
    pub external: Option<bool>,
}
