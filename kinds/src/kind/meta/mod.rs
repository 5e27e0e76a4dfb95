//! `kind:"meta"`: records that nlstream itself produces.

mod settings;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{By, Kind, Op};
use crate::json::JsonSchema;
use crate::value::Time;

pub use settings::{
    MAX_RUN, MIN_LINE, MIN_RUN, Part, Settings, check_count, check_max_line, check_run,
};

/// A record that nlstream itself produces, one type per `op`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Meta {
    Start(Box<Start>),
    Sync(Sync),
    Checkpoint(Checkpoint),
    Gap(Gap),
    Resync(Resync),
    Complete(Complete),
    Netns(NetnsChange),
    Refused(Refused),
    Heartbeat(Heartbeat),
    Clock(Clock),
    Rotate(Rotate),
    Stop(Stop),
}

impl Meta {
    /// Reads the record of a line with that `op`; `None` if the op is none of a record.
    ///
    /// # Errors
    /// If it lacks a field, or a field has a wrong value.
    pub fn read(op: Op, text: &str) -> serde_json::Result<Option<Self>> {
        fn of<T: serde::de::DeserializeOwned>(text: &str) -> serde_json::Result<T> {
            serde_json::from_str(text)
        }
        Ok(Some(match op {
            Op::Start => Meta::Start(of(text)?),
            Op::Sync => Meta::Sync(of(text)?),
            Op::Checkpoint => Meta::Checkpoint(of(text)?),
            Op::Gap => Meta::Gap(of(text)?),
            Op::Resync => Meta::Resync(of(text)?),
            Op::Complete => Meta::Complete(of(text)?),
            Op::Netns => Meta::Netns(of(text)?),
            Op::Refused => Meta::Refused(of(text)?),
            Op::Heartbeat => Meta::Heartbeat(of(text)?),
            Op::Clock => Meta::Clock(of(text)?),
            Op::Rotate => Meta::Rotate(of(text)?),
            Op::Stop => Meta::Stop(of(text)?),
            Op::Add | Op::Change | Op::Delete | Op::Present | Op::Notify => return Ok(None),
        }))
    }
}

/// First record of every run and of every file.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Start {
    /// Name of the program that wrote the lines: `nlstream`.
    pub tool: String,
    /// Version of the program.
    pub version: String,
    /// Host name of the monitored machine.
    pub host: Option<String>,
    /// Kernel release of the monitored machine.
    pub kernel: Option<String>,
    /// Random id of the current boot (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: Option<String>,
    /// Joined multicast groups, apart from the known ones of rtnetlink, which every run joins: those of
    /// further families as `FAMILY/GROUP`, and the number of a group that this version does not name.
    pub groups: Option<Vec<String>>,
    /// Multicast groups that could not be joined.
    pub refused_groups: Option<Vec<RefusedGroup>>,
    /// Netlink families that were requested and could not be joined.
    pub unavailable_families: Option<Vec<UnavailableFamily>>,
    /// Socket receive buffer in bytes, as reported by the kernel (`SO_RCVBUF`).
    pub rcvbuf: Option<u64>,
    /// The watched network namespaces (`--netns`, `--all-netns`); absent if it is that of the program
    /// alone. Lines with the op `netns` tell of those that are added and end later.
    pub namespaces: Option<Vec<Netns>>,
    /// Effective settings.
    pub settings: Settings,
    /// Start time of the run; present only if the run began in an earlier file.
    pub since: Option<Time>,
    /// Number of bytes of an incomplete line removed from the end of the file. Such a line is left
    /// when a run is killed or the machine loses power.
    pub tail_repaired: Option<u64>,
    /// Number of bytes of the line before this one, if it is incomplete: the file can only grow, so
    /// that the line was not removed. It is no JSON.
    pub tail_ended: Option<u64>,
    /// The last line already in the file when this run opened it.
    pub follows: Option<Follows>,
}

/// A network namespace. Two namespaces of a run differ in `id`, or in `inode` where the kernel gives no
/// `id`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Netns {
    /// Name, path or process id with which it was requested (`--netns`). With `--all-netns` a name of
    /// ip-netns(8), the path of a mount, the beginning of a container's id or a process id, by which it was
    /// found; `self` for that of the program.
    pub name: String,
    /// Number that the kernel gives to no other namespace until the next boot (`NS_GET_ID`, since Linux
    /// 6.18).
    pub id: Option<u64>,
    /// Inode of the namespace. The kernel may give it to another one after this one has ended.
    pub inode: u64,
    /// Id of the container in it, by the control group of one of its processes (`--all-netns`).
    #[serde(default)]
    pub container: Option<String>,
}

impl Netns {
    /// Judges the description of a recording: the lengths of what is repeated in the lines.
    ///
    /// # Errors
    /// What is expected instead.
    pub fn check(&self) -> Result<(), String> {
        match self.texts().any(|text| text.len() > MAX_TEXT) {
            true => Err(format!("netns: expected at most {MAX_TEXT} bytes")),
            false => Ok(()),
        }
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.name).chain(&self.container)
    }

    /// Returns true if both are the same namespace, as far as the lines tell.
    pub fn is(&self, other: &Netns) -> bool {
        (&self.name, self.id, self.inode) == (&other.name, other.id, other.inode)
    }
}

/// A network namespace is watched from here on, or has ended.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetnsChange {
    /// What happened.
    pub event: NetnsEvent,
    /// Number of the namespace in that of the program: `link_netnsid` and `new_netnsid` of links there.
    pub nsid: Option<i32>,
}

/// What happened to a network namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NetnsEvent {
    /// It was found. Its objects follow with `op:"present"` and the origin `snapshot`, then `sync` with
    /// its `netns`.
    Add,
    /// It has ended: its objects had lines with `op:"delete"`, and no line about it follows.
    Delete,
}

/// Maximum length of a text in a [`Start`], bytes. The kernel limits the name of the machine to 64.
pub const MAX_TEXT: usize = 255;
/// Maximum number of multicast groups in a [`Start`]: the netlink families that are read have fewer.
const MAX_GROUPS: usize = 256;

/// Maximum number of network namespaces: in a recording each of them may have two channels of each family.
pub const MAX_NAMESPACES: usize = 1024;

impl Start {
    /// Returns true if the inputs are a capture of another program. The kernel sends it nothing that
    /// could correct the state, and the dumps in it are not those of this run. Every run of this
    /// program lists the groups that it joined, even if there are none.
    pub fn is_foreign(&self) -> bool {
        self.groups.is_none()
    }

    /// Judges what a recording says about the beginning of its run. Every file begins with it.
    ///
    /// # Errors
    /// What is wrong, and what is expected instead.
    pub fn check(&self) -> Result<(), String> {
        self.settings.check()?;
        let groups = self.groups.as_deref().unwrap_or_default();
        let refused = self.refused_groups.as_deref().unwrap_or_default();
        let unavailable = self.unavailable_families.as_deref().unwrap_or_default();
        if [groups.len(), refused.len(), unavailable.len()]
            .iter()
            .any(|it| *it > MAX_GROUPS)
        {
            return Err(format!("groups: expected at most {MAX_GROUPS}"));
        }
        let refused = refused.iter();
        let refused = refused.flat_map(|it| [("group", &it.group), ("error", &it.error)]);
        let groups = groups.iter().map(|group| ("group", group));
        let optional = [
            ("host", &self.host),
            ("kernel", &self.kernel),
            ("boot_id", &self.boot_id),
        ];
        let optional = optional.into_iter();
        let optional = optional.filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let namespaces = self.namespaces.as_deref().unwrap_or_default();
        if namespaces.len() > MAX_NAMESPACES {
            return Err(format!("namespaces: expected at most {MAX_NAMESPACES}"));
        }
        let names = namespaces.iter().flat_map(Netns::texts);
        let names = names.map(|text| ("namespaces", text));
        let plain = [("tool", &self.tool), ("version", &self.version)];
        let follows = self.follows.iter().map(|it| ("follows", &it.run));
        let texts = plain.into_iter().chain(optional).chain(groups).chain(names);
        let unavailable = unavailable.iter();
        let unavailable = unavailable.flat_map(|it| [("family", &it.family), ("error", &it.error)]);
        let mut texts = texts.chain(refused).chain(unavailable).chain(follows);
        match texts.find(|(_, text)| text.len() > MAX_TEXT) {
            Some((name, _)) => Err(format!("{name}: expected at most {MAX_TEXT} bytes")),
            None => Ok(()),
        }
    }
}

/// Reference to a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Follows {
    /// `run` of that line.
    pub run: String,
    /// `seq` of that line.
    pub seq: u64,
}

/// A multicast group that could not be joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedGroup {
    /// Name of the group, without the prefix `RTNLGRP_`.
    pub group: String,
    /// Error number (errno).
    pub errno: u32,
    /// Error message.
    pub error: String,
}

/// A netlink family that could not be joined: its events are missing, the others are not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnavailableFamily {
    /// Name of the family.
    pub family: String,
    /// Error number (errno): 1 (EPERM) without CAP_NET_ADMIN, 93 (EPROTONOSUPPORT) if the kernel does not
    /// have the family.
    pub errno: u32,
    /// Error message.
    pub error: String,
}

/// The snapshot or the checkpoint is complete: all existing objects have been emitted. With `netns`
/// those of a network namespace that was added during the run.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sync {
    /// Number of objects in the snapshot or checkpoint, those that filters leave out not counted.
    pub objects: u64,
    /// `seq` of the `checkpoint` line that this line completes; absent for the snapshot.
    pub checkpoint: Option<u64>,
    /// Kinds of which objects may be missing or outdated: they changed during a dump, the dump
    /// failed, or, in a checkpoint, events were lost and the `resync` follows. They are dumped
    /// again until complete, and a `complete` line names them then.
    pub incomplete: Option<Vec<Kind>>,
}

/// A checkpoint begins: a line with `op:"present"` and `origin:"checkpoint"` for every tracked
/// object, among other lines, up to the `sync` whose `checkpoint` is the `seq` of this line. Folding
/// the lines from here to there, beginning with no objects, gives the complete state. A checkpoint
/// without such a `sync` was abandoned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checkpoint {
    /// Reason for the checkpoint.
    pub reason: CheckpointReason,
    /// Number of tracked objects.
    pub objects: u64,
}

/// Reason for a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointReason {
    /// The run began without a snapshot.
    Start,
    /// A file began.
    File,
    /// Many lines were written since the last checkpoint (`--checkpoint auto`).
    Lines,
    /// The interval of `--checkpoint` passed; a day with `auto`.
    Time,
    /// SIGUSR2 was received.
    Signal,
}

/// State has been resynchronized after a gap: all tracked kinds were dumped again and the
/// differences emitted.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resync {
    /// Start of the resync.
    pub from: Time,
    /// End of the resync.
    pub to: Time,
    /// Number of corrections by kind.
    pub corrections: Vec<Corrections>,
    /// Kinds that may be incomplete, as in `sync`.
    pub incomplete: Option<Vec<Kind>>,
}

/// Kinds that the latest `sync` or `resync` listed as `incomplete` are complete, in every network
/// namespace: from here on folding the lines gives their exact state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Complete {
    /// The kinds.
    pub kinds: Vec<Kind>,
}

/// Number of objects of a kind whose tracked state was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Corrections {
    /// Kind of the objects.
    pub kind: Kind,
    /// Objects that existed but were not tracked.
    pub added: u64,
    /// Objects that differed from the tracked state.
    pub changed: u64,
    /// Tracked objects that no longer existed.
    pub deleted: u64,
}

/// Spoofed datagrams were rejected: their sender was not the kernel. Emitted at most once a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// Number of rejected datagrams since the previous such record.
    pub datagrams: u64,
    /// Netlink port id of the most recent sender.
    pub portid: u32,
}

/// Periodic status record; counters count from the start of the run.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    /// Counts by kind; kinds without lines and objects are omitted.
    pub kinds: Vec<Counts>,
    /// Datagrams received.
    pub datagrams: u64,
    /// Number of gaps.
    pub gaps: u64,
    /// Lost kernel messages; a loss of unknown size counts as one.
    pub lost: u64,
    /// Lines dropped because the output could not accept them.
    pub dropped: u64,
    /// Spoofed datagrams rejected.
    pub refused: u64,
    /// Corrections by kind: changes that were found by dumping, not announced by an event.
    pub corrections: Vec<Corrections>,
    /// Process statistics.
    #[serde(flatten)]
    pub pulse: Pulse,
}

/// Counts of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Kind.
    pub kind: Kind,
    /// Lines written.
    pub lines: u64,
    /// Tracked objects.
    pub objects: u64,
}

/// Process statistics.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pulse {
    /// Queued output, bytes.
    pub queue: u64,
    /// Maximum of `queue` since the start, bytes.
    pub queue_most: u64,
    /// Resident memory, bytes.
    pub memory: Option<u64>,
    /// Time of the first input missing from the recording (`--record`); absent if the recording is
    /// complete or was not requested.
    pub unrecorded_since: Option<Time>,
}

/// The system clock was stepped: from here on `time` has a different offset. The order of lines and
/// all durations follow the monotonic clock; without a step, `time` deviates from it by at most 10
/// ms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    /// Size of the step in nanoseconds; negative if the clock was set back.
    pub step: i64,
    /// The current time according to the clock before the step.
    pub unset: Time,
}

/// Last line of a file; the run continues in another file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rotate {
    /// Reason for the rotation.
    pub reason: RotateReason,
    /// Size of the file without this line, bytes.
    pub bytes: u64,
}

/// Reason for a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RotateReason {
    /// The file reached `--rotate-size`.
    Size,
    /// The file reached the age `--rotate-every`.
    Time,
    /// SIGHUP was received.
    Signal,
    /// The file was renamed or deleted by another program.
    Renamed,
}

/// Data was lost between the preceding and the following line.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// Cause of the loss.
    pub cause: GapCause,
    /// The netlink family whose messages were lost, if it is not rtnetlink.
    pub family: Option<String>,
    /// The kinds of its messages.
    pub kinds: Option<Vec<Kind>>,
    /// Error number that reported the loss.
    pub errno: Option<u32>,
    /// Number of lost kernel messages (`overflow`, `error`, `truncated`) or output lines
    /// (`output`); absent if unknown.
    pub lost: Option<u64>,
    /// Start of the loss: nothing earlier is missing. Absent if unknown.
    pub from: Option<Time>,
    /// End of the loss: nothing later is missing.
    pub to: Option<Time>,
    /// With `--with by`: who caused most of the lost messages, the most first, at most five. The cause
    /// of further lost messages is unknown.
    pub by: Option<Vec<LostBy>>,
}

/// Who caused lost messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LostBy {
    /// Number of lost messages.
    pub lost: u64,
    /// Number of processes, if there are several: of one name, user and cgroup. `pid`, `tid`, `ppid` and
    /// `exe` are absent then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
    /// Who caused them.
    #[serde(flatten)]
    pub by: By,
}

/// Cause of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// The socket receive buffer overflowed: events arrived faster than they were read.
    Overflow,
    /// Another socket error.
    Error,
    /// The numbers of the transactions of nftables are not consecutive.
    Generation,
    /// A datagram exceeded the size of a receive slot, or the snapshot length of a capture of another
    /// program cut it.
    Truncated,
    /// Lines were dropped because the reader was too slow or writing failed; `errno` gives the
    /// write error.
    Output,
}

/// Last record of a run.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stop {
    /// Reason for the end of the run.
    pub reason: StopReason,
    /// Events that were written: lines, `meta` apart.
    pub events: u64,
    /// Datagrams received.
    pub datagrams: u64,
    /// Lost kernel messages; a loss of unknown size counts as one.
    pub lost: u64,
    /// Lines dropped because the output could not accept them.
    pub dropped: u64,
    /// Spoofed datagrams rejected.
    pub refused: u64,
    /// Netlink control messages, which are not events.
    pub control: u64,
    /// Messages that gave no line, by reason; absent if every message gave one. Entries of the
    /// run's own dumps are not counted: they give lines only where they differ from the state.
    #[serde(default, skip_serializing_if = "Skipped::is_empty")]
    pub skipped: Skipped,
    /// Events for which the expression of `--where` failed: they have no line. Absent if none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub where_failures: u64,
    /// Time of the first input missing from the recording (`--record`); absent if the recording is
    /// complete or was not requested.
    pub unrecorded_since: Option<Time>,
}

/// Adds to a counter. A recording may contain any number, so counters saturate.
pub fn add(counter: &mut u64, number: u64) {
    *counter = counter.saturating_add(number);
}

/// Declares [`Skipped`]: a counter for each reason.
macro_rules! skipped {
    ($($(#[doc = $doc:literal])+ $reason:ident),+ $(,)?) => {
        /// Messages that gave no line, by reason. Reasons without messages are omitted. A message is
        /// counted under one reason, and a packet without a readable message as one message.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(default)]
        pub struct Skipped {
            $(
                $(#[doc = $doc])+
                #[serde(skip_serializing_if = "is_zero")]
                pub $reason: u64,
            )+
        }

        impl Skipped {
            /// Every reason and its count, in the order of declaration.
            pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($reason), self.$reason)),+].into_iter()
            }

            /// Adds the counts of `other`.
            pub fn add(&mut self, other: &Skipped) {
                $(add(&mut self.$reason, other.$reason);)+
            }
        }
    };
}

skipped! {
    /// Requests to the kernel, in a capture of another program.
    requests,
    /// Acknowledgements (`NLMSG_ERROR` with the error number 0).
    acks,
    /// Errors in reply to a request (`NLMSG_ERROR`).
    errors,
    /// Ends of dumps (`NLMSG_DONE`).
    done,
    /// `NLMSG_NOOP`, and the message types that netlink reserves.
    noop,
    /// Entries of dumps of another program: they are part of the state, and give lines only with
    /// `--snapshot`.
    dump_entries,
    /// Copies of an event that several programs received: an nlmon device shows one for each.
    duplicates,
    /// Events of kinds that `--kind` leaves out, and those after the `--count` limit.
    filtered,
    /// Messages with a wrong length, if `--kind` leaves out `unknown`.
    malformed,
    /// Packets of protocols that netlink does not have (32 and above), and of interfaces that another
    /// program added to a recording.
    other_family,
    /// Packets that are not netlink.
    not_netlink,
}

impl Skipped {
    /// Number of messages that gave no line.
    pub fn total(&self) -> u64 {
        self.counts()
            .fold(0, |total, (_, count)| total.saturating_add(count))
    }

    /// Returns true if every message gave a line.
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Reason for the end of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// SIGINT or SIGTERM.
    Signal,
    /// The number of lines given by `--count` was written.
    Count,
    /// The snapshot was complete (`--exit`).
    Sync,
    /// The time given by `--for` elapsed.
    Time,
    /// Every watched network namespace has ended (`--netns`).
    Netns,
    /// The end of the recording was reached.
    #[default]
    End,
}
