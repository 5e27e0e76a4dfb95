//! The lock of a file that this program writes.

use std::fs::File;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Locks a file for this process, until it is closed. Returns false if another process holds the lock.
pub fn lock(file: &File) -> bool {
    // File systems without locks return other errors: writing to them is still right.
    flock(file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
}

/// How often a lock is tried that another process holds.
const INTERVAL: Duration = Duration::from_millis(5);

/// As [`lock`], and waits up to `patience` for the other process.
pub fn lock_within(file: &File, patience: Duration) -> bool {
    let end = Instant::now() + patience;
    loop {
        if lock(file) {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_waited_for_and_not_for_ever() {
        let path = std::env::temp_dir().join(format!("nlstream-lock-{}", std::process::id()));
        let open = || File::create(&path).unwrap();
        let holder = open();
        assert!(lock(&holder));
        assert!(!lock_within(&open(), Duration::from_millis(1)));
        // The lock is that of the open file: a copy of the descriptor, as that of a new process, holds it, too.
        let copy = holder.try_clone().unwrap();
        drop(holder);
        let waiting = open();
        assert!(!lock(&waiting));
        let other = std::thread::spawn(move || lock_within(&waiting, Duration::from_secs(60)));
        drop(copy);
        assert!(other.join().unwrap());
        std::fs::remove_file(&path).unwrap();
    }
}
