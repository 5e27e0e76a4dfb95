//! The output contract, one file per kind. These doc comments become the descriptions in the JSON
//! schema.

pub mod address;
pub mod addrlabel;
pub mod cachereport;
pub mod encap;
pub mod fdb;
pub mod fields;
pub mod json;
pub mod kind_set;
pub mod kinds;
pub mod line;
pub mod link;
pub mod maddress;
pub mod mdb;
pub mod meta;
pub mod mroute;
pub mod nduseropt;
pub mod neigh;
pub mod neightbl;
pub mod netconf;
pub mod nexthop;
mod nl;
pub mod nsid;
pub mod object;
pub mod prefix;
pub mod route;
pub mod rule;
pub mod stats;
pub mod tc;
pub mod unknown;
pub mod values;
pub mod vlan;
pub mod vni;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use kinds::{Kind, Payload};
pub use nl::{Nl, NlFlags, NlType};
pub use object::Change;
use values::{Hex, Time};

/// The major version of the schema, `v` of every line.
pub const SCHEMA_VERSION: u8 = 1;

/// Operation on the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// The object was created.
    Add,
    /// The object was updated; `changed` lists the fields that differ.
    Change,
    /// The object was deleted; the payload is the last state reported by the kernel.
    Delete,
    /// The object already existed.
    Present,
    /// A notification that does not describe the state of an object.
    Notify,
    /// `meta`: first record of every run and of every file.
    Start,
    /// `meta`: the snapshot is complete.
    Sync,
    /// `meta`: data was lost at this point.
    Gap,
    /// `meta`: state has been resynchronized after a gap.
    Resync,
    /// `meta`: spoofed datagrams were rejected.
    Refused,
    /// `meta`: periodic status record.
    Heartbeat,
    /// `meta`: the system clock was stepped.
    Clock,
    /// `meta`: last record of a file; the run continues in another file.
    Rotate,
    /// `meta`: last record of a run.
    Stop,
}

impl Op {
    pub const fn name(self) -> &'static str {
        match self {
            Op::Add => "add",
            Op::Change => "change",
            Op::Delete => "delete",
            Op::Present => "present",
            Op::Notify => "notify",
            Op::Start => "start",
            Op::Sync => "sync",
            Op::Gap => "gap",
            Op::Resync => "resync",
            Op::Refused => "refused",
            Op::Heartbeat => "heartbeat",
            Op::Clock => "clock",
            Op::Rotate => "rotate",
            Op::Stop => "stop",
        }
    }
}

/// Where the event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A notification of the kernel.
    Kernel,
    /// A dump entry of the initial snapshot.
    Snapshot,
    /// A difference found by the resync after a gap.
    Resync,
    /// An implicit change: found by dumping, as the kernel sends no notification for it.
    Inferred,
}

/// An attribute that was not decoded.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Unparsed {
    /// Attribute number; absent if the bytes do not form a complete attribute.
    pub attr: Option<u16>,
    /// Numbers of the enclosing attributes, outermost first.
    pub within: Option<Vec<u16>>,
    /// Reason: `unknown` (no decoder), `length`, `value`, `depth` (nested too deep) or `malformed`.
    pub reason: &'static str,
    /// Payload of the attribute.
    pub hex: Hex,
}

/// One event in the pipeline: created by decode, completed by state, written by encode.
#[derive(Clone, Debug)]
pub struct Event {
    /// Time at which the datagram was received.
    pub time: Time,
    pub op: Op,
    /// Absent for `meta`.
    pub origin: Option<Origin>,
    pub payload: Payload,
    /// Difference from the tracked state; `None` if the object was not tracked.
    pub change: Option<Change>,
    pub nl: Option<Nl>,
    pub unparsed: Vec<Unparsed>,
    /// The complete message, if requested with `--with raw`.
    pub raw: Option<Hex>,
}
