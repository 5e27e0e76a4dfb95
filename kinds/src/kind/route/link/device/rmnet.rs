//! Rmnet devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::wire::exact_u32s;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags};

/// Settings of an rmnet device (`IFLA_RMNET_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Rmnet {
    /// Id of the multiplexed channel.
    #[nla(IFLA_RMNET_MUX_ID = 1)]
    pub mux_id: Option<u16>,
    /// `INGRESS_DEAGGREGATION`, `INGRESS_MAP_COMMANDS`, `INGRESS_MAP_CKSUMV4`,
    /// `EGRESS_MAP_CKSUMV4`, `INGRESS_MAP_CKSUMV5`, `EGRESS_MAP_CKSUMV5`.
    #[nla(IFLA_RMNET_FLAGS = 2, with = rmnet_flags)]
    pub flags: Option<Flags>,
}

/// `struct ifla_rmnet_flags`: the flags, and a mask that only a request has.
fn rmnet_flags(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Flags, AttrError> {
    let [flags, _mask] = exact_u32s(attr.value)?;
    Ok(Flags::new(flags.into(), RMNET_FLAGS))
}

/// `RMNET_FLAGS_*`
const RMNET_FLAGS: &FlagNames = &[
    (0x01, "INGRESS_DEAGGREGATION"),
    (0x02, "INGRESS_MAP_COMMANDS"),
    (0x04, "INGRESS_MAP_CKSUMV4"),
    (0x08, "EGRESS_MAP_CKSUMV4"),
    (0x10, "INGRESS_MAP_CKSUMV5"),
    (0x20, "EGRESS_MAP_CKSUMV5"),
];
