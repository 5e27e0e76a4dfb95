//! The operation of an event, and its origin.

use serde::{Deserialize, Serialize};

use crate::json::JsonSchema;

/// Declares the operations: those of objects, then those of `meta`.
macro_rules! ops {
    (
        objects { $($(#[$doc:meta])* $op:ident = $name:literal,)+ }
        meta { $($(#[$meta_doc:meta])* $meta:ident = $meta_name:literal,)+ }
    ) => {
        /// Operation on the object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Op {
            $($(#[$doc])* $op,)+
            $($(#[$meta_doc])* $meta,)+
        }

        impl Op {
            /// The operations of `meta` lines, in the order of the help.
            pub const META: &'static [Op] = &[$(Op::$meta,)+];

            pub const fn name(self) -> &'static str {
                match self {
                    $(Op::$op => $name,)+
                    $(Op::$meta => $meta_name,)+
                }
            }
        }
    };
}

ops! {
    objects {
        /// The object was created.
        Add = "add",
        /// The object was updated; `changed` lists the fields that differ.
        Change = "change",
        /// The object was deleted; the payload is the last state reported by the kernel.
        Delete = "delete",
        /// The object already existed.
        Present = "present",
        /// A notification that does not describe the state of an object.
        Notify = "notify",
    }
    meta {
        /// `meta`: first record of every run and of every file.
        Start = "start",
        /// `meta`: the snapshot or the checkpoint is complete.
        Sync = "sync",
        /// `meta`: a checkpoint begins: `present` lines of all existing objects, up to a `sync`.
        Checkpoint = "checkpoint",
        /// `meta`: data was lost at this point.
        Gap = "gap",
        /// `meta`: state has been resynchronized after a gap.
        Resync = "resync",
        /// `meta`: kinds that were incomplete are complete now.
        Complete = "complete",
        /// `meta`: a network namespace is watched from here on, or has ended.
        Netns = "netns",
        /// `meta`: spoofed datagrams were rejected.
        Refused = "refused",
        /// `meta`: periodic status record.
        Heartbeat = "heartbeat",
        /// `meta`: the system clock was stepped.
        Clock = "clock",
        /// `meta`: last record of a file; the run continues in another file.
        Rotate = "rotate",
        /// `meta`: last record of a run.
        Stop = "stop",
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
