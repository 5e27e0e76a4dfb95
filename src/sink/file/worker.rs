//! Work on files that takes its time, on a thread of its own: nothing waits for it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use log::warn;

use super::Rotation;
use super::archive::Archive;

enum Job {
    Sync(File),
    Tidy,
}

/// The thread. It ends with the program, whatever it does then.
pub struct Worker {
    jobs: Sender<Job>,
    failed: Arc<AtomicU64>,
    /// A file is on its way to the disk.
    syncing: Arc<AtomicBool>,
}

impl Worker {
    pub fn new(path: &Path, rotation: &Rotation) -> Self {
        let (jobs, todo) = channel();
        let archive = Archive::of(path);
        let (keep, compress) = (rotation.keep, rotation.compress);
        let failed = Arc::new(AtomicU64::new(0));
        let syncing = Arc::new(AtomicBool::new(false));
        let (count, done) = (failed.clone(), syncing.clone());
        let name = path.display().to_string();
        let work = move || {
            for job in todo {
                match job {
                    Job::Tidy => archive.tidy(keep, compress),
                    Job::Sync(file) => {
                        if let Err(error) = file.sync_data() {
                            count.fetch_add(1, Ordering::Relaxed);
                            warn!("{name} may not be on the disk: {error}");
                        }
                        done.store(false, Ordering::Release);
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("files".to_owned());
        if let Err(error) = thread.spawn(work) {
            warn!("files are neither synchronised nor tidied: {error}");
        }
        Worker {
            jobs,
            failed,
            syncing,
        }
    }

    /// Brings the file to the disk. `false`: it is still at it.
    pub fn sync(&self, file: &File) -> bool {
        if self.syncing.swap(true, Ordering::AcqRel) {
            return false;
        }
        let sent = file.try_clone().map(|file| self.jobs.send(Job::Sync(file)));
        if !matches!(sent, Ok(Ok(()))) {
            self.syncing.store(false, Ordering::Release);
        }
        true
    }

    /// Sees to the rotated files.
    pub fn tidy(&self) {
        let _ = self.jobs.send(Job::Tidy);
    }

    /// How often a file could not be brought to the disk.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}
