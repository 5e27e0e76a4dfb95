//! `kind:"meta"`: nlstream's own records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::Kind;
use crate::value::Time;

/// nlstream's own record, one type per `op`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Meta {
    Start(Box<Start>),
    Sync(Sync),
    Gap(Gap),
    Resync(Resync),
    Refused(Refused),
    Heartbeat(Heartbeat),
    Clock(Clock),
    Rotate(Rotate),
    Stop(Stop),
}

/// The first record of every run and of every file.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Start {
    /// The program that wrote the lines: `nlstream`.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// Host name of the machine that was watched.
    pub host: Option<String>,
    /// Release of its kernel.
    pub kernel: Option<String>,
    /// Random id of its boot.
    pub boot_id: Option<String>,
    /// The multicast groups that were joined, as `RTNLGRP_*` names without that prefix; a group
    /// newer than this program is its number.
    pub groups: Option<Vec<String>>,
    /// The groups that could not be joined.
    pub refused_groups: Option<Vec<RefusedGroup>>,
    /// Receive buffer of the socket in bytes, as the kernel counts it.
    pub rcvbuf: Option<u64>,
    /// What was asked for.
    pub settings: Settings,
    /// When the run began, where this is not its first record but that of a further file.
    pub since: Option<Time>,
    /// Bytes of a half line that were cut off the end of the file: a run that was killed, or a
    /// machine that lost its power, had left them.
    pub tail_repaired: Option<u64>,
    /// The last line that was in the file before this one.
    pub follows: Option<Follows>,
}

/// A line, by its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Follows {
    /// Its `run`.
    pub run: String,
    /// Its `seq`.
    pub seq: u64,
}

/// A group that could not be joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedGroup {
    /// Its name.
    pub group: String,
    /// The error number.
    pub errno: u32,
    /// The error.
    pub error: String,
}

/// What was asked for, as far as it shapes the lines.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// The kinds to which the lines are limited; absent for all.
    pub kinds: Option<Vec<Kind>>,
    /// The optional parts of a line.
    #[serde(default)]
    pub with: Vec<Part>,
    /// Do the lines begin with the objects that exist?
    #[serde(default)]
    pub snapshot: bool,
    /// Stop after so many lines of events.
    pub count: Option<u64>,
    /// Longer lines are cut, bytes.
    pub max_line: Option<u64>,
    /// The kinds whose objects are not remembered: of them there is no `changed`, and no
    /// correction.
    #[serde(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_track: Vec<Kind>,
}

/// An optional part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Counters, devconf and the like, in the payload.
    Details,
    /// The whole netlink message, as `raw`.
    Raw,
    /// The event as one readable sentence, as `message`.
    Message,
    /// The name of the machine that was watched, as `host`.
    Host,
}

/// The snapshot is complete: what exists has been told.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Sync {
    /// Number of objects that were told.
    pub objects: u64,
    /// The kinds of which objects may be missing: they changed too fast to be read whole, or the
    /// kernel could not list them. They are read again until they are whole.
    pub incomplete: Option<Vec<Kind>>,
}

/// What was lost has been made good: what exists has been read again, and the differences told.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Resync {
    /// Since when it was read again.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// What differed, by kind.
    pub corrections: Vec<Corrections>,
    /// The kinds of which objects may be missing, as in `sync`.
    pub incomplete: Option<Vec<Kind>>,
}

/// How many objects of a kind differed from what was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Corrections {
    /// Their kind.
    pub kind: Kind,
    /// Objects that were new.
    pub added: u64,
    /// Objects that were different.
    pub changed: u64,
    /// Objects that were gone.
    pub deleted: u64,
}

/// Datagrams were refused: their sender was not the kernel. Told once a second at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// How many, since this was last told.
    pub datagrams: u64,
    /// Port id of the last one's sender.
    pub portid: u32,
}

/// A sign of life, with counts since the start.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Heartbeat {
    /// What there is of each kind; those of which there is nothing are left out.
    pub kinds: Vec<Counts>,
    /// Datagrams that were received.
    pub datagrams: u64,
    /// Gaps.
    pub gaps: u64,
    /// Messages of the kernel that were lost; a loss of unknown size counts as one.
    pub lost: u64,
    /// Lines that were dropped because the reader was too slow.
    pub dropped: u64,
    /// Datagrams that were refused because their sender was not the kernel.
    pub refused: u64,
    /// What the kernel changed without a word, or while something was lost, by kind.
    pub corrections: Vec<Corrections>,
    /// How it is with the program.
    #[serde(flatten)]
    pub pulse: Pulse,
}

/// What there is of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// The kind.
    pub kind: Kind,
    /// Lines.
    pub lines: u64,
    /// Known objects.
    pub objects: u64,
}

/// How it is with the program.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pulse {
    /// Lines that wait for the reader, bytes.
    pub queue: u64,
    /// The most that ever waited, bytes.
    pub queue_most: u64,
    /// Resident memory, bytes.
    pub memory: Option<u64>,
    /// When the first input happened that the recording (`--record`) could not take; absent where
    /// all is recorded, or none was asked for.
    pub unrecorded_since: Option<Time>,
}

/// The clock was set: from here on `time` counts from another origin. The order of the lines, and
/// every duration, is that of a clock that cannot be set. Without a setting `time` may differ from
/// that one by no more than 10 ms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    /// By how much it was set forward, in nanoseconds; negative for back.
    pub step: i64,
    /// What it would be now, had it not been set.
    pub unset: Time,
}

/// The last line of a file: the run goes on in another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rotate {
    /// Why.
    pub reason: RotateReason,
    /// Size of the file before this line, bytes.
    pub bytes: u64,
}

/// Why a run goes on in another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RotateReason {
    /// The file was as large as `--rotate-size`.
    Size,
    /// It was as old as `--rotate-every`.
    Time,
    /// SIGHUP.
    Signal,
    /// Someone renamed it.
    Renamed,
}

/// Something was lost between the line before and the line after this one.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// What was lost, and why.
    pub cause: GapCause,
    /// The error number that told of it.
    pub errno: Option<u32>,
    /// How many messages of the kernel (`overflow`, `error`, `truncated`) or lines of ours
    /// (`output`) were lost; absent where that is unknown.
    pub lost: Option<u64>,
    /// Nothing before this moment is missing. Absent where that is not known.
    pub from: Option<Time>,
    /// Nothing after this moment is missing.
    pub to: Option<Time>,
}

/// Why something was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// The receive buffer was full: events came faster than they could be read.
    Overflow,
    /// The socket gave another error.
    Error,
    /// A datagram was longer than the receive buffer's room for one.
    Truncated,
    /// The reader of the lines was too slow, or they could not be written; `errno` says why.
    Output,
}

/// The last record of a run.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stop {
    /// Why it ended.
    pub reason: StopReason,
    /// Events that were written: lines, `meta` apart.
    pub events: u64,
    /// Datagrams that were received.
    pub datagrams: u64,
    /// Messages of the kernel that were lost; a loss of unknown size counts as one.
    pub lost: u64,
    /// Lines that were dropped because the reader was too slow.
    pub dropped: u64,
    /// Datagrams that were refused because their sender was not the kernel.
    pub refused: u64,
    /// Control messages, which are no events.
    pub control: u64,
    /// When the first input happened that the recording (`--record`) could not take; absent where
    /// all is recorded, or none was asked for.
    pub unrecorded_since: Option<Time>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// SIGINT or SIGTERM.
    Signal,
    /// `--count` lines were written.
    Count,
    /// `--for` is over.
    Time,
    /// The recording is at its end.
    #[default]
    End,
}
