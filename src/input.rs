//! The inputs of a run: datagrams from the kernel, and control records between them. A live run
//! makes inputs, a recording stores them, and a replay reads them back: equal inputs give equal
//! lines.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use crate::channel::{Channel, FamilyId, NetnsId, Role};
use crate::event::by::MAX_LOST_BY;
use crate::event::meta::{
    CheckpointReason, Clock, Follows, Gap, Netns, Pulse, Refused, Rotate, Start, Stop,
};
use crate::event::scope::Scope;
use crate::event::values::Time;
use crate::event::{By, Kind, Origin};
use crate::names::{MAX_NAME, Recorded};

/// One input and the time at which it was received or made.
#[derive(Clone, Debug, PartialEq)]
pub struct Input<'a> {
    /// When it was received or made.
    pub time: Time,
    /// The datagram or control record.
    pub data: InputData<'a>,
}

impl Input<'_> {
    /// A control record that concerns the run.
    pub fn control(time: Time, record: ControlRecord) -> Self {
        Self::control_of(Channel::ROUTE_EVENTS, time, record)
    }

    /// A control record that concerns one channel.
    pub fn control_of(channel: Channel, time: Time, record: ControlRecord) -> Self {
        let data = InputData::Control(channel, Box::new(record));
        Input { time, data }
    }

    /// The channel of its datagram, or that its control record concerns.
    pub fn channel(&self) -> Channel {
        match self.data {
            InputData::Datagram(channel, _) | InputData::Control(channel, _) => channel,
        }
    }
}

/// The content of an input.
#[derive(Clone, Debug, PartialEq)]
pub enum InputData<'a> {
    /// The kernel sent a datagram.
    Datagram(Channel, &'a [u8]),
    /// A step of the run itself. Boxed: control records are rare, and larger than a datagram's
    /// reference. The channel matters to [`ControlRecord::BeginReconcile`], [`ControlRecord::BeginQuickAudit`],
    /// [`ControlRecord::EndReconcile`] and [`ControlRecord::Gap`], and its namespace to
    /// [`ControlRecord::Sync`], [`ControlRecord::Resync`], [`ControlRecord::BeginNetns`] and [`ControlRecord::EndNetns`]; for the other records, which concern the run, it is [`Channel::ROUTE_EVENTS`].
    Control(Channel, Box<ControlRecord>),
}

/// The largest number of a [`ControlRecord::Slice`]; a larger one counts as this.
pub const MAX_SLICE: u32 = 4096;

/// A record about the run itself. The serialized names are part of the recording format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlRecord {
    /// The reconciliation of objects of a kind with the kernel's dumps begins, for that reason.
    #[serde(rename = "look")]
    BeginReconcile(
        Kind,
        Origin,
        #[serde(default, skip_serializing_if = "Scope::is_kind")] Scope,
    ),
    /// The same, of every object of the kind, for a quick audit: if it is not clean, it says nothing
    /// about whether the kind is complete.
    BeginQuickAudit(Kind),
    /// The reconciliation ends. `true`: every dump of it was complete.
    #[serde(rename = "looked")]
    EndReconcile(bool),
    /// Every kind was dumped once: objects that were not reported do not exist.
    /// With a namespace that [`ControlRecord::BeginNetns`] added: every kind of it.
    Sync,
    /// Every kind of the namespace that may have missed events was dumped again.
    Resync,
    /// From here on the channel's network namespace is this one, of which no object was reported.
    BeginNetns(Found),
    /// The network namespace of the channel ended.
    EndNetns,
    /// Events or lines were lost here.
    Gap(Gap),
    /// Datagrams from senders other than the kernel were discarded.
    Refused(Refused),
    /// The next datagram may be a request, which another program sent to the kernel: the capture
    /// does not tell.
    InDoubt,
    /// Who caused the events from here on, up to the next such record; `None` if that is unknown, as
    /// it is before the first.
    By(Option<Arc<By>>),
    /// A heartbeat line is due.
    Heartbeat(Pulse),
    /// The system clock was set.
    Clock(Clock),
    /// The output file ends here; [`ControlRecord::File`] begins the next one.
    Rotate(Rotate),
    /// A further output file begins.
    File(Opened),
    /// A checkpoint begins. One that was not complete is abandoned.
    BeginCheckpoint(CheckpointReason),
    /// The work about all stored objects that is done in slices goes on, for this number of them.
    Slice(u32),
    /// The checkpoint ends, with the lines of the objects that no slice has come to: at most [`MAX_SLICE`].
    EndCheckpoint,
    /// The run ended.
    Stop(Stop),
}

impl ControlRecord {
    /// Judges a record of a recording: the lengths of what is repeated in the lines.
    ///
    /// # Errors
    /// What is expected instead.
    pub fn check(&self) -> Result<(), String> {
        match self {
            ControlRecord::By(Some(by)) => by.check(),
            ControlRecord::Gap(Gap { by: Some(by), .. }) if by.len() > MAX_LOST_BY => {
                Err(format!("by: expected at most {MAX_LOST_BY}"))
            }
            ControlRecord::Gap(Gap { by: Some(by), .. }) => {
                by.iter().try_for_each(|it| it.by.check())
            }
            ControlRecord::BeginNetns(found) => found.netns.check(),
            _ => Ok(()),
        }
    }
}

/// A network namespace that was found during the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Its description.
    pub netns: Netns,
    /// Its number in the program's own namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nsid: Option<i32>,
}

impl Found {
    /// A namespace that was requested by name.
    pub fn named(netns: Netns) -> Self {
        Found { netns, nsid: None }
    }
}

/// The state in which an output file was found when it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Bytes of an incomplete last line that were cut off.
    pub tail_repaired: Option<u64>,
    /// Bytes of an incomplete last line that could not be cut off, and was ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail_ended: Option<u64>,
    /// The last complete line in the file.
    pub follows: Option<Follows>,
}

/// The header of a recording: how the run began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Start time of the run. The default is the epoch.
    pub time: Time,
    /// The content of the `start` record.
    pub start: Start,
    /// Names that the machine defines beyond the built-in ones.
    #[serde(default)]
    pub names: Recorded,
    /// Secrets in the datagrams were set to zero before they were recorded: families with secrets were
    /// joined without `--with secrets`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
}

impl Header {
    /// Judges the header of a recording: its settings like those of the command line, and the
    /// lengths of what is repeated in the lines.
    ///
    /// # Errors
    /// What is wrong, and what is expected instead.
    pub fn check(&self) -> Result<(), String> {
        self.start.check()?;
        match self.names.too_long() {
            Some(table) => Err(format!(
                "a name in {table}: expected at most {MAX_NAME} bytes"
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_reconciliation_without_a_scope_concerns_the_whole_kind() {
        let whole = ControlRecord::BeginReconcile(Kind::Link, Origin::Inferred, Scope::Kind);
        let devices = Scope::Devices([3, 5].into());
        let some = ControlRecord::BeginReconcile(Kind::Link, Origin::Inferred, devices);
        for (record, json) in [
            (whole, r#"{"look":["link","inferred"]}"#),
            (some, r#"{"look":["link","inferred",{"devices":[3,5]}]}"#),
        ] {
            assert_eq!(serde_json::to_string(&record).unwrap(), json);
            assert_eq!(serde_json::from_str::<ControlRecord>(json).unwrap(), record);
        }
    }
}
