//! `by`: who caused an event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// On request: who caused the event. Absent if unknown.
///
/// Process and thread ids are those of the initial PID namespace, `uid` that of the initial user
/// namespace. `exe`, `cgroup`, `container` and `unit` are read after the event: they are absent if
/// the process had already ended and the run has not seen it, or its cgroup, before.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct By {
    /// Present if the kernel itself caused the event: a timer, a received packet, or a kernel thread.
    /// The other properties are absent then.
    pub kernel: Option<bool>,
    /// Process id.
    pub pid: Option<u32>,
    /// Thread id; equal to `pid` in the first thread of a process.
    pub tid: Option<u32>,
    /// Process id of the parent.
    pub ppid: Option<u32>,
    /// Effective user id.
    pub uid: Option<u32>,
    /// Name of the thread, at most 15 bytes (`/proc/PID/comm`).
    pub comm: Option<String>,
    /// Path of the executable file, in the mount namespace of the process.
    pub exe: Option<String>,
    /// Path of the cgroup, in the hierarchy of version 2 if the process is in one.
    pub cgroup: Option<String>,
    /// Id or name of the container, as the path of the cgroup contains it.
    pub container: Option<String>,
    /// Unit of systemd, as the path of the cgroup contains it.
    pub unit: Option<String>,
}
