//! Gives up capabilities of the calling thread.

use std::collections::HashSet;

use caps::errors::CapsError;
use caps::{CapSet, Capability};
use log::warn;

/// Gives up all but these capabilities; what cannot be given up is logged. `thread`: its name in that message.
pub(super) fn keep_only(needed: &[Capability], thread: &str) {
    let keep = || {
        let mut left = caps::read(None, CapSet::Permitted)?;
        left.retain(|it| needed.contains(it));
        leave(&left)
    };
    if let Err(error) = keep() {
        warn_kept(thread, &error);
    }
}

/// Gives up all but these capabilities, which the thread has.
///
/// # Errors
/// If capset(2) or capget(2) fails.
pub(super) fn leave(left: &HashSet<Capability>) -> Result<(), CapsError> {
    let has = |set| caps::read(None, set);
    // A service manager may have left no others, and filter capset(2) as well.
    if has(CapSet::Permitted)? == *left
        && has(CapSet::Effective)? == *left
        && has(CapSet::Inheritable)?.is_empty()
    {
        return Ok(());
    }
    caps::set(None, CapSet::Effective, left)?;
    caps::set(None, CapSet::Permitted, left)?;
    caps::clear(None, CapSet::Inheritable)
}

/// Warns that a thread keeps its capabilities: a filter of a service manager or container refuses to give them up.
pub(super) fn warn_kept(thread: &str, error: &CapsError) {
    warn!(
        "cannot give up capabilities of {thread}: {error}; allow the system call capset (in a systemd unit: SystemCallFilter=capset)"
    );
}
