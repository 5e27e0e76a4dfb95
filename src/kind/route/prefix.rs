//! `kind:"prefix"`: a router announced an IPv6 prefix (`RTM_NEWPREFIX`).

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::object::of_device;
use crate::value::{self, Flags, IfName, Symbol};

/// An announced prefix (`struct prefixmsg`, linux/rtnetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Prefix {
    /// Address family: `inet6`.
    pub family: Symbol,
    /// The device's index.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
    /// The prefix.
    pub prefix: Option<value::Prefix>,
    /// Number of the neighbour discovery option that it came in: 3, Prefix Information.
    pub r#type: u8,
    /// `onlink`, `autoconf`, `router_address`, `pd_preferred`.
    pub flags: Flags,
    /// Seconds for which addresses made of it stay valid; 4294967295 is forever.
    pub valid_life_time: Option<u32>,
    /// Seconds for which they stay preferred; 4294967295 is forever.
    pub preferred_life_time: Option<u32>,
}

of_device!(Prefix);
