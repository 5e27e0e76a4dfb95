//! Macvlan and macvtap devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::wire::Names;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{LlAddr, Symbol};

/// Settings of a macvlan or macvtap device (`IFLA_MACVLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(custom(IFLA_MACVLAN_FLAGS = 2 => Self::flags))]
pub struct Macvlan {
    /// `private`, `vepa`, `bridge`, `passthru`, `source`.
    #[nla(IFLA_MACVLAN_MODE = 1, names(u32, MACVLAN_MODES))]
    pub mode: Option<Symbol>,
    /// Mode passthru: promiscuous mode of the lower device is not set.
    pub nopromisc: Option<bool>,
    /// Mode source: packets are not delivered to their destination too.
    pub nodst: Option<bool>,
    /// Requested length of the broadcast queue, packets.
    #[nla(IFLA_MACVLAN_BC_QUEUE_LEN = 7)]
    pub bcqueuelen: Option<u32>,
    /// Length of the broadcast queue, packets: the longest requested on the lower device.
    #[nla(IFLA_MACVLAN_BC_QUEUE_LEN_USED = 8)]
    pub usedbcqueuelen: Option<u32>,
    /// Broadcasts to fewer receivers than this number are not queued.
    #[nla(IFLA_MACVLAN_BC_CUTOFF = 9)]
    pub bclim: Option<i32>,
    /// Mode source: number of source addresses.
    #[nla(IFLA_MACVLAN_MACADDR_COUNT = 6)]
    pub macaddr_count: Option<u32>,
    /// Mode source: source addresses of accepted packets.
    #[nla(IFLA_MACVLAN_MACADDR_DATA = 5, entry(IFLA_MACVLAN_MACADDR = 4))]
    pub macaddr_data: Option<Vec<LlAddr>>,
}

impl Macvlan {
    /// `MACVLAN_FLAG_*`: each has a field of its own.
    fn flags(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let flags = attr.u16()?;
        self.nopromisc = Some(flags & 1 != 0);
        self.nodst = Some(flags & 2 != 0);
        if flags & !3 != 0 {
            context.record_unparsed(Some(attr.kind), AttrError::Unknown, attr.value);
        }
        Ok(())
    }
}

/// `MACVLAN_MODE_*`
const MACVLAN_MODES: Names = &[
    (1, "private"),
    (2, "vepa"),
    (4, "bridge"),
    (8, "passthru"),
    (16, "source"),
];
