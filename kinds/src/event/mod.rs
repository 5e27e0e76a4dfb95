//! The event: a payload of a [kind](crate::kind) with the operation, the change, and the netlink
//! header of its message.

use std::rc::Rc;
use std::sync::Arc;

use crate::channel::NetnsId;
// The modules of the kinds: a new one is public without a line here.
pub use crate::kind::genl::*;
pub use crate::kind::nft::*;
pub use crate::kind::route::*;
pub use crate::kind::{
    By, Change, Kind, Nl, NlFlags, NlProto, NlType, Op, Origin, Payload, Unparsed, by, fields,
    kind_set, kinds, meta, object, scope,
};
pub use crate::value as values;
use crate::value::{Hex, Time};

/// The major version of the schema, `v` of every line.
pub const SCHEMA_VERSION: u8 = 1;

/// One event in the pipeline: created by decode, completed by state, written by encode.
#[derive(Clone, Debug)]
pub struct Event {
    /// Time at which the datagram was received.
    pub time: Time,
    /// The network namespace that the event is about.
    pub netns: NetnsId,
    /// What happened to the object.
    pub op: Op,
    /// Absent for `meta`.
    pub origin: Option<Origin>,
    /// The object.
    pub payload: Payload,
    /// Difference from the tracked state; `None` if the object was not tracked.
    pub change: Option<Change>,
    /// The events alone do not say which object was replaced or deleted: it need not be this one.
    pub uncertain: bool,
    /// Who caused the event, if that is known and requested with `--with by`.
    pub by: Option<Arc<By>>,
    /// The netlink header; absent for `meta`, and for events that no message reported.
    pub nl: Option<Nl>,
    /// The attributes that could not be decoded.
    pub unparsed: Vec<Unparsed>,
    /// The complete message, if requested with `--with raw`: shared by all events of the message, of
    /// which the first one that has a line writes it.
    pub raw: Option<Rc<Hex>>,
}
