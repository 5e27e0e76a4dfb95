//! A thread for slow work on files: synchronising, compressing and removing. Nothing waits for it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use log::warn;

use super::Rotation;
use super::archive::Tidier;
use crate::file::Place;

enum Job {
    Sync(File),
    Tidy {
        place: Place,
        keep: usize,
        compress: bool,
    },
}

/// Handle of the thread, which is not joined: the end of the program interrupts its work.
pub(super) struct Worker {
    jobs: Sender<Job>,
    failed: Arc<AtomicU64>,
    /// A file is being synchronised.
    syncing: Arc<AtomicBool>,
}

impl Worker {
    /// Starts the thread for the file at `path`.
    pub(super) fn new(path: &Path) -> Self {
        let (jobs, todo) = channel();
        let mut tidier = Tidier::default();
        let failed = Arc::new(AtomicU64::new(0));
        let syncing = Arc::new(AtomicBool::new(false));
        let (count, done) = (failed.clone(), syncing.clone());
        let name = path.display().to_string();
        let work = move || {
            for job in todo {
                match job {
                    Job::Tidy {
                        place,
                        keep,
                        compress,
                    } => {
                        let failed = tidier.tidy(&place, keep, compress);
                        count.fetch_add(failed, Ordering::Relaxed);
                    }
                    Job::Sync(file) => {
                        if let Err(error) = file.sync_data() {
                            count.fetch_add(1, Ordering::Relaxed);
                            warn!(
                                "cannot sync {name}: {error}; recent records may not be on the disk"
                            );
                        }
                        done.store(false, Ordering::Release);
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("files".to_owned());
        if let Err(error) = thread.spawn(work) {
            warn!(
                "cannot start the file thread: {error}; files are not synchronised, compressed or removed"
            );
        }
        Worker {
            jobs,
            failed,
            syncing,
        }
    }

    /// Starts to synchronise the file. Returns false if the previous synchronisation still runs.
    pub(super) fn sync(&self, file: &File) -> bool {
        if self.syncing.swap(true, Ordering::AcqRel) {
            return false;
        }
        let sent = file.try_clone().map(|file| self.jobs.send(Job::Sync(file)));
        if !matches!(sent, Ok(Ok(()))) {
            self.syncing.store(false, Ordering::Release);
        }
        true
    }

    /// Starts to compress and remove the archived files of the file at `place`.
    pub(super) fn tidy(&self, place: &Place, rotation: &Rotation) {
        let _ = self.jobs.send(Job::Tidy {
            place: place.clone(),
            keep: rotation.keep,
            compress: rotation.compress,
        });
    }

    /// Returns how many synchronisations, compressions and removals failed.
    pub(super) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}
