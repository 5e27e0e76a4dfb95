//! The operation of an event, and where nlstream has it from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
