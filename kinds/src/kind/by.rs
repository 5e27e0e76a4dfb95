//! `by`: who caused an event.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::json;
use crate::json::JsonSchema;

/// Maximum length of a [`By`] in JSON, bytes: many lines may have it.
pub const MAX_LENGTH: usize = 2048;
/// Maximum number of requesters that a gap names.
pub const MAX_LOST_BY: usize = 5;

/// On request: who caused the event. Absent if unknown.
///
/// Process and thread ids are those of the initial PID namespace, `uid` that of the initial user
/// namespace. `exe`, `cgroup`, `container` and `unit` are read after the event: they are absent if
/// the process had already ended and the run has not seen it, or its cgroup, before, and if they are
/// longer than a kilobyte.
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

impl By {
    /// Length in JSON, bytes.
    fn length(&self) -> usize {
        let mut text = Vec::new();
        // Never fails: memory is written, and no key is anything but text.
        let _ = json::append(&mut text, |json| json.object().field("by", self));
        text.len()
    }

    /// Judges what a recording says.
    ///
    /// # Errors
    /// What is expected instead.
    pub fn check(&self) -> Result<(), String> {
        match self.length() > MAX_LENGTH {
            true => Err(format!("by: expected at most {MAX_LENGTH} bytes")),
            false => Ok(()),
        }
    }

    /// Returns the value without the paths that are too long for it.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        if self.length() > MAX_LENGTH {
            self.cgroup = None;
        }
        if self.length() > MAX_LENGTH {
            self.exe = None;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_are_too_long_are_left_out() {
        let by = |exe: usize, cgroup: usize| By {
            comm: Some("x".to_owned()),
            exe: Some("x".repeat(exe)),
            cgroup: Some("x".repeat(cgroup)),
            ..By::default()
        };
        for (exe, cgroup, left) in [
            (900, 900, (true, true)),
            (900, 2000, (true, false)),
            (3000, 10, (false, false)),
        ] {
            let by = by(exe, cgroup);
            assert_eq!(by.check().is_ok(), left == (true, true));
            let by = by.bounded();
            assert!(by.check().is_ok());
            assert_eq!((by.exe.is_some(), by.cgroup.is_some()), left);
        }
        // As long as it is in the line.
        let escaped = By {
            comm: Some("\u{202e}".repeat(400)),
            ..By::default()
        };
        assert!(escaped.check().is_err());
    }
}
