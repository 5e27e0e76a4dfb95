//! The socket of the dumps: the looks at the kernel's own lists.

use std::io;
use std::time::Instant;

use log::warn;

use super::{MOST_BATCHES, MOST_ERRORS, Stream, clock};
use crate::error::Error;
use crate::input::{Input, Mark, Source, What};
use crate::netlink::dump::{Outcome, Progress};
use crate::netlink::{List, Listen};
use crate::run::looks::Milestone;

impl<E: Listen, D: List> Stream<E, D> {
    /// Goes on with the look that is under way, or begins the one that is due. Returns whether
    /// there may be more to do at once.
    pub(super) fn look(&mut self, now: Instant) -> Result<bool, Error> {
        let Some((kind, origin, request)) = self.looks.begin(now) else {
            return self.rows();
        };
        self.mark(Mark::Look(kind, origin))?;
        self.dumps.ask(&request).map_err(Error::Dump)?;
        Ok(true)
    }

    /// Takes some rows of the look that is under way.
    fn rows(&mut self) -> Result<bool, Error> {
        let progress = match self.dumps.receive() {
            Ok(Progress::Wait) => return Ok(false),
            Ok(progress) => progress,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            // Rows are missing: this look proves nothing, and is repeated.
            Err(error) => {
                self.dump_errors += 1;
                if self.dump_errors > MOST_ERRORS {
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
            if batches == MOST_BATCHES {
                self.looks.disturb();
                break;
            }
        }
        let now = Instant::now();
        self.looks.doubt(self.session.pipeline.take_doubtful(), now);
        for bytes in self.dumps.rows() {
            let what = What::Datagram(Source::Dumps, bytes);
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
        match self.looks.answered(outcome) {
            Ok(request) => self.dumps.ask(&request).map_err(Error::Dump)?,
            Err(whole) => {
                self.mark(Mark::Looked(whole))?;
                let verdict = self.session.pipeline.verdict();
                match self.looks.over(verdict, Instant::now()) {
                    Milestone::None => {}
                    Milestone::Sync => self.mark(Mark::Sync)?,
                    Milestone::Resync => self.mark(Mark::Resync)?,
                }
            }
        }
        Ok(())
    }
}
