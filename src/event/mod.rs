//! The event: a payload of a [kind](crate::kind) with the operation, the change, and the netlink
//! header of its message.

use crate::channel::NetnsId;
pub use crate::kind::genl::ctrl;
pub use crate::kind::route::{
    address, addrlabel, cachereport, encap, fdb, link, maddress, mdb, mroute, nduseropt, neigh,
    neightbl, netconf, nexthop, nsid, prefix, route, rule, stats, tc, unknown, vlan, vni,
};
pub use crate::kind::{
    Change, Kind, Nl, NlFlags, NlProto, NlType, Op, Origin, Payload, Unparsed, fields, kind_set,
    kinds, meta, object,
};
pub use crate::value as values;
use crate::value::{Hex, Time};

/// The major version of the schema, `v` of every line.
pub const SCHEMA_VERSION: u8 = 1;

/// One event on its way through the stream: decode makes it, state completes it, encode writes it.
#[derive(Clone, Debug)]
pub struct Event {
    /// When the datagram was received.
    pub time: Time,
    /// The network namespace that the event is about.
    pub netns: NetnsId,
    pub op: Op,
    /// Absent for `meta`.
    pub origin: Option<Origin>,
    pub payload: Payload,
    /// What differs from what was known; `None` where nothing was.
    pub change: Option<Change>,
    pub nl: Option<Nl>,
    pub unparsed: Vec<Unparsed>,
    /// The whole message, where it was asked for.
    pub raw: Option<Hex>,
}
