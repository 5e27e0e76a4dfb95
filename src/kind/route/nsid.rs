//! `kind:"nsid"`: the number by which this network namespace knows another one (`RTM_NEWNSID`,
//! `RTM_DELNSID`).

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::Object;

/// The number of another network namespace (`struct rtgenmsg`, linux/net_namespace.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Nsid {
    /// The number, `link_netnsid` of devices; -1 for none.
    pub nsid: i32,
    /// In an answer about another namespace: its number here.
    pub current_nsid: Option<i32>,
    /// Process id by which it was asked for.
    pub pid: Option<u32>,
    /// File descriptor by which it was asked for.
    pub fd: Option<u32>,
}

key!(Nsid { nsid });
fields!(Nsid {
    nsid,
    current_nsid,
    pid,
    fd,
});

impl Object for Nsid {}
