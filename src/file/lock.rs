//! The lock of a file that this program writes.

use std::fs::File;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Locks a file for this process, until it is closed. Returns false if another process holds the lock.
pub fn lock(file: &File) -> bool {
    // File systems without locks return other errors: writing to them is still right.
    flock(file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
}
