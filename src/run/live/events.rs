//! The socket of the events: what it gives, what it lost, and what is refused.

use std::io;
use std::time::Instant;

use super::{BATCH, MAX_ERRORS, REFUSED_INTERVAL, Stream, clock};
use crate::error::Error;
use crate::event::meta::{Gap, GapCause, Refused};
use crate::event::values::Time;
use crate::input::{ControlRecord, Input, InputData, Source};
use crate::netlink::{DumpSource, EventSource};

/// Datagrams that were refused and not told yet.
#[derive(Debug, Default)]
pub(super) struct SpoofedDatagrams {
    pub(super) datagrams: u64,
    portid: u32,
    /// Not to be told before.
    not_before: Option<Instant>,
}

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// Empties the socket. Returns whether there may be more at once, for which there is no room.
    pub(super) fn receive(&mut self) -> Result<bool, Error> {
        while !self.backlog.is_full() {
            match self.events.receive() {
                Ok(()) => {
                    self.errors = 0;
                    let time = clock();
                    self.look_at_clock(time);
                    for datagram in self.events.datagrams() {
                        if datagram.sender != 0 {
                            self.refused.datagrams += 1;
                            self.refused.portid = datagram.sender;
                            continue;
                        }
                        self.backlog.push(time, Source::Events, datagram.bytes);
                        if datagram.truncated {
                            let gap = gap(GapCause::Truncated, None, Some(1), self.emptied);
                            self.backlog.push_control(time, ControlRecord::Gap(gap));
                        }
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.note_loss()?;
                    self.emptied = Some(clock());
                    return Ok(false);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What was queued before the loss comes first, then the gap.
                Err(error) => {
                    self.errors += 1;
                    if self.errors > MAX_ERRORS {
                        return Err(Error::Socket(error));
                    }
                    self.fault = Some(error);
                }
            }
        }
        Ok(true)
    }

    /// Notes what was lost behind what has been received.
    pub(super) fn note_loss(&mut self) -> Result<(), Error> {
        let Some(error) = self.fault.take() else {
            return Ok(());
        };
        let lost = self.events.dropped().map_err(Error::Socket)?;
        let cause = match error.raw_os_error() {
            Some(libc::ENOBUFS) => GapCause::Overflow,
            _ => GapCause::Error,
        };
        let errno = error.raw_os_error().map(i32::unsigned_abs);
        let lost = (lost > 0).then_some(u64::from(lost));
        let gap = gap(cause, errno, lost, self.emptied);
        self.backlog.push_control(clock(), ControlRecord::Gap(gap));
        Ok(())
    }

    /// Tells some of what was received. Returns of how many.
    pub(super) fn tell(&mut self) -> Result<usize, Error> {
        if self.session.is_full() {
            return Ok(0);
        }
        let inputs = self.backlog.pop(BATCH);
        let lost = |input: &Input<'_>| matches!(&input.what, InputData::Control(mark) if matches!(**mark, ControlRecord::Gap(_)));
        if inputs.iter().any(lost) {
            self.resync.lost(Instant::now());
        }
        let told = inputs.len();
        self.session.feed(&inputs)?;
        Ok(told)
    }

    pub(super) fn emit_refused(&mut self, now: Instant) -> Result<(), Error> {
        let datagrams = std::mem::take(&mut self.refused.datagrams);
        self.refused.not_before = Some(now + REFUSED_INTERVAL);
        self.control(ControlRecord::Refused(Refused {
            datagrams,
            portid: self.refused.portid,
        }))
    }
}

fn gap(cause: GapCause, errno: Option<u32>, lost: Option<u64>, from: Option<Time>) -> Gap {
    Gap {
        cause,
        errno,
        lost,
        from,
        to: Some(clock()),
    }
}

impl SpoofedDatagrams {
    /// When they are to be told, if there are any.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        (self.datagrams > 0).then(|| self.not_before.unwrap_or(now))
    }
}
