//! What flows into the stream: the datagrams of the kernel and the marks between them. A live
//! run makes inputs, a recording holds them, and a replay reads them back: the lines that follow
//! from them are the same.

use serde::{Deserialize, Serialize};

use crate::event::meta::{Clock, Follows, Gap, Pulse, Refused, Rotate, Start, Stop};
use crate::event::values::Time;
use crate::event::{Kind, Origin};
use crate::names::Recorded;

/// Something that happened at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Input<'a> {
    pub time: Time,
    pub what: InputData<'a>,
}

impl Input<'_> {
    pub fn control(time: Time, record: ControlRecord) -> Self {
        let what = InputData::Control(Box::new(record));
        Input { time, what }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum InputData<'a> {
    /// The kernel sent a datagram.
    Datagram(Source, &'a [u8]),
    /// Something else: seldom, and large.
    Control(Box<ControlRecord>),
}

/// Which socket a datagram came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The multicast groups.
    Events,
    /// The dumps that read what exists.
    Dumps,
}

/// What a recording says beside the datagrams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlRecord {
    /// A look at the kernel's list of a kind begins, for that reason.
    #[serde(rename = "look")]
    BeginReconcile(Kind, Origin),
    /// It is over. `true`: the kernel listed everything.
    #[serde(rename = "looked")]
    EndReconcile(bool),
    /// All kinds were looked at: what is not known now does not exist.
    Sync,
    /// All kinds were looked at after a gap.
    Resync,
    /// Something was lost here.
    Gap(Gap),
    /// Datagrams were refused.
    Refused(Refused),
    /// A sign of life is asked for.
    Heartbeat(Pulse),
    /// The clock was set.
    Clock(Clock),
    /// The file of the lines ends here, and a new one begins with [`ControlRecord::File`].
    Rotate(Rotate),
    /// A further file of lines begins.
    File(Opened),
    /// The run ended.
    Stop(Stop),
}

/// How a file of lines was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Bytes of a half line that were cut off its end.
    pub tail_repaired: Option<u64>,
    /// The last line that was in it.
    pub follows: Option<Follows>,
}

/// The head of a recording: how the run began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// When the run began. The default is the epoch.
    pub time: Time,
    /// The content of the `start` record.
    pub start: Start,
    /// The machine's names beyond the built-in ones.
    #[serde(default)]
    pub names: Recorded,
}
