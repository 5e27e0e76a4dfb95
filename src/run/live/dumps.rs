//! The socket of the dumps: the looks at the kernel's own lists.

use std::io;
use std::time::Instant;

use log::warn;

use super::{MAX_BATCHES, MAX_ERRORS, Stream, clock};
use crate::error::Error;
use crate::input::{ControlRecord, Input, InputData, Source};
use crate::netlink::dump::{Outcome, Progress};
use crate::netlink::{DumpSource, EventSource};
use crate::run::resync::Milestone;

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// Goes on with the look that is under way, or begins the one that is due. Returns whether
    /// there may be more to do at once.
    pub(super) fn advance_dumps(&mut self, now: Instant) -> Result<bool, Error> {
        let Some((kind, origin, request)) = self.resync.begin(now) else {
            return self.entries();
        };
        self.control(ControlRecord::BeginReconcile(kind, origin))?;
        self.dumps.request(&request).map_err(Error::Dump)?;
        Ok(true)
    }

    /// Takes some rows of the look that is under way.
    fn entries(&mut self) -> Result<bool, Error> {
        let progress = match self.dumps.receive() {
            Ok(Progress::Wait) => return Ok(false),
            Ok(progress) => progress,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            // Rows are missing: this look proves nothing, and is repeated.
            Err(error) => {
                self.dump_errors += 1;
                if self.dump_errors > MAX_ERRORS {
                    return Err(Error::Dump(error));
                }
                warn!("a list of the kernel breaks off, and is read again: {error}");
                self.dumps.abandon().map_err(Error::Dump)?;
                self.listed(Outcome::Interrupted)?;
                return Ok(true);
            }
        };
        // Whatever the kernel told before it listed these rows is told before them.
        let mut batches = 0;
        while !self.session.is_full() && (self.receive()? || !self.backlog.is_empty()) {
            self.tell()?;
            batches += 1;
            if batches == MAX_BATCHES {
                self.resync.disturb();
                break;
            }
        }
        let now = Instant::now();
        self.resync
            .schedule_stale(self.session.pipeline.take_stale(), now);
        for bytes in self.dumps.entries() {
            let what = InputData::Datagram(Source::Dumps, bytes);
            self.session.feed(&[Input {
                time: clock(),
                what,
            }])?;
        }
        if let Progress::Done(outcome) = progress {
            self.dump_errors = 0;
            self.listed(outcome)?;
        }
        Ok(true)
    }

    /// A dump has ended: asks for the next one of the look, or ends it.
    fn listed(&mut self, outcome: Outcome) -> Result<(), Error> {
        match self.resync.dump_ended(outcome) {
            Ok(request) => self.dumps.request(&request).map_err(Error::Dump)?,
            Err(whole) => {
                self.control(ControlRecord::EndReconcile(whole))?;
                let reconcile_result = self.session.pipeline.reconcile_result();
                match self.resync.over(reconcile_result, Instant::now()) {
                    Milestone::None => {}
                    Milestone::Sync => self.control(ControlRecord::Sync)?,
                    Milestone::Resync => self.control(ControlRecord::Resync)?,
                }
            }
        }
        Ok(())
    }
}
