//! The operation of an event, and its origin.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Operation on the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// `meta`: the snapshot or the checkpoint is complete.
    Sync,
    /// `meta`: a checkpoint begins: `present` lines of all existing objects, up to a `sync`.
    Checkpoint,
    /// `meta`: data was lost at this point.
    Gap,
    /// `meta`: state has been resynchronized after a gap.
    Resync,
    /// `meta`: kinds that were incomplete are complete now.
    Complete,
    /// `meta`: a network namespace is watched from here on, or has ended.
    Netns,
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
            Op::Checkpoint => "checkpoint",
            Op::Gap => "gap",
            Op::Resync => "resync",
            Op::Complete => "complete",
            Op::Netns => "netns",
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
    /// An implicit change, for which the kernel sends no notification: found by dumping, or following
    /// from another event, which renamed a device, divided a range of ids or, in the capture of another
    /// program, took other objects with it.
    Inferred,
    /// No news: the line repeats the tracked state of an object for a checkpoint.
    Checkpoint,
}

impl Origin {
    pub const fn name(self) -> &'static str {
        match self {
            Origin::Kernel => "kernel",
            Origin::Snapshot => "snapshot",
            Origin::Resync => "resync",
            Origin::Inferred => "inferred",
            Origin::Checkpoint => "checkpoint",
        }
    }
}
