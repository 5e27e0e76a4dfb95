//! The contract: what a line says, one file per kind. The doc comments here become the schema's
//! descriptions.

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

use crate::channel::NetnsId;
pub use kinds::{Kind, Payload};
pub use nl::{Nl, NlFlags, NlType};
pub use object::Change;
use values::{Hex, Time};

/// The major version of the schema, `v` of every line.
pub const SCHEMA_VERSION: u8 = 1;

/// What happened to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It is new.
    Add,
    /// It was there and is told again; `changed` says what differs.
    Change,
    /// It is gone; the payload is what the kernel said of it last.
    Delete,
    /// It was there already.
    Present,
    /// A message, not a state.
    Notify,
    /// `meta`: the first record of every run, and of every file.
    Start,
    /// `meta`: the snapshot is complete.
    Sync,
    /// `meta`: something was lost here.
    Gap,
    /// `meta`: what was lost has been made good.
    Resync,
    /// `meta`: datagrams were refused.
    Refused,
    /// `meta`: a sign of life.
    Heartbeat,
    /// `meta`: the clock was set.
    Clock,
    /// `meta`: the last record of a file, where the run goes on in another one.
    Rotate,
    /// `meta`: the last record of a run.
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

/// How nlstream knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The kernel told it.
    Kernel,
    /// Read from the kernel at the start.
    Snapshot,
    /// Found after a gap.
    Resync,
    /// Found later: the kernel changed it without a word.
    Inferred,
}

/// An attribute that was not decoded, whole.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Unparsed {
    /// The attribute's number; absent where the bytes are no whole attribute.
    pub attr: Option<u16>,
    /// The numbers of the attributes around it, outermost first.
    pub within: Option<Vec<u16>>,
    /// Why: `unknown` (no decoder), `length`, `value`, `depth` (nested too deep) or `malformed`.
    pub reason: &'static str,
    /// Its payload.
    pub hex: Hex,
}

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
