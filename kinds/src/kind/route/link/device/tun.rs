//! Tun and tap devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::value::Symbol;

/// Settings of a tun or tap device (`IFLA_TUN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Tun {
    /// `tun`, `tap`.
    #[nla(IFLA_TUN_TYPE = 3, names(u8, &[(1, "tun"), (2, "tap")]))]
    pub r#type: Option<Symbol>,
    /// Packets have a packet information header.
    #[nla(IFLA_TUN_PI = 4)]
    pub pi: Option<bool>,
    /// Packets have a virtio header.
    #[nla(IFLA_TUN_VNET_HDR = 5)]
    pub vnet_hdr: Option<bool>,
    /// The device can have several queues.
    #[nla(IFLA_TUN_MULTI_QUEUE = 7)]
    pub multi_queue: Option<bool>,
    /// Number of enabled queues.
    #[nla(IFLA_TUN_NUM_QUEUES = 8)]
    pub numqueues: Option<u32>,
    /// Number of disabled queues.
    #[nla(IFLA_TUN_NUM_DISABLED_QUEUES = 9)]
    pub numdisabled: Option<u32>,
    /// The device persists after its program ends.
    #[nla(IFLA_TUN_PERSIST = 6)]
    pub persist: Option<bool>,
    /// User id of the owner.
    #[nla(IFLA_TUN_OWNER = 1, map(u32, Symbol::Number))]
    pub user: Option<Symbol>,
    /// Group id of the owners.
    #[nla(IFLA_TUN_GROUP = 2, map(u32, Symbol::Number))]
    pub group: Option<Symbol>,
}
