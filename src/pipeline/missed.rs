//! A reader that is too slow misses lines. Which objects they were about is remembered: once it
//! is back it is told how those are by now, and has missed nothing but the way there.

use std::collections::BTreeMap;
use std::io;

use super::{Pipeline, Provenance};
use crate::event::meta::{Gap, GapCause};
use crate::event::values::Time;
use crate::event::{Event, Kind, Op, Origin, Payload};
use crate::input::Mark;
use crate::state::{Key, Meaning};

/// The lines that are missing.
#[derive(Debug)]
pub struct Missed {
    /// How many, and since when.
    lost: u64,
    since: Time,
    objects: BTreeMap<(Kind, Key), Object>,
    /// The reader is back: lines are written again.
    telling: bool,
    /// The error that kept them from being written.
    errno: Option<u32>,
}

/// An object of which a line is missing.
#[derive(Debug)]
struct Object {
    /// The reader knows the object.
    known: bool,
    /// It is gone, and was this.
    gone: Option<Payload>,
}

impl Missed {
    fn new(since: Time) -> Self {
        Missed {
            lost: 0,
            since,
            objects: BTreeMap::new(),
            telling: false,
            errno: None,
        }
    }

    /// Takes an event that cannot be written now.
    fn drop(&mut self, event: &Event) {
        self.lost += 1;
        let kind = event.payload.kind();
        let Some(key) = crate::state::key(&event.payload) else {
            return;
        };
        let object = self.objects.entry((kind, key)).or_insert_with(|| Object {
            known: matches!(event.op, Op::Change | Op::Delete),
            gone: None,
        });
        match event.op {
            // The reader need not know that it ever was.
            Op::Delete if !object.known => {
                self.objects.remove(&(kind, key));
            }
            Op::Delete => object.gone = Some(event.payload.clone()),
            _ => object.gone = None,
        }
    }
}

impl Pipeline {
    /// The reader is too slow, or the lines cannot be written because of `errno`: from now on they
    /// are dropped, until [`Pipeline::listen`].
    pub fn deafen(&mut self, now: Time, errno: Option<u32>) {
        let missed = self.missed.get_or_insert_with(|| Missed::new(now));
        if missed.telling {
            (missed.telling, missed.lost, missed.since) = (false, 0, now);
            missed.errno = None;
        }
        missed.errno = errno.or(missed.errno);
    }

    /// Are lines being dropped?
    pub fn is_deaf(&self) -> bool {
        self.missed.as_ref().is_some_and(|missed| !missed.telling)
    }

    /// Is there anything that the reader has missed, and not been told yet?
    pub fn has_missed(&self) -> bool {
        self.missed.is_some()
    }

    /// Says how many lines are missing so far. Before every line that is written although others
    /// are dropped: so each number that is left out is explained by the line that follows.
    pub(super) fn account(&mut self, now: Time, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(missed) = &mut self.missed else {
            return Ok(());
        };
        if missed.telling || missed.lost == 0 {
            return Ok(());
        }
        let gap = Gap {
            cause: GapCause::Output,
            errno: missed.errno,
            lost: Some(missed.lost),
            from: Some(missed.since),
            to: Some(now),
        };
        (missed.lost, missed.since) = (0, now);
        self.mark(now, &Mark::Gap(gap), out)
    }

    /// Takes an event that cannot be written now.
    pub(super) fn miss(&mut self, event: &Event) {
        if let Some(missed) = &mut self.missed {
            missed.drop(event);
        }
    }

    /// A line about that object is written: of what the reader has missed it need not be told.
    pub(super) fn told(&mut self, object: &Payload) {
        if let Some(missed) = &mut self.missed
            && let Some(key) = crate::state::key(object)
        {
            missed.objects.remove(&(object.kind(), key));
        }
    }

    /// The reader is back. Says how many lines it has missed, and then, up to `room` bytes at a
    /// time, how the objects are that they were about; at last, that this is all.
    ///
    /// # Errors
    /// See [`Encoder::flush`](crate::encode::Encoder::flush).
    pub fn listen(&mut self, now: Time, room: usize, out: &mut Vec<u8>) -> io::Result<()> {
        self.tell_missed(now, room, out)?;
        self.encoder.flush(out)
    }

    fn tell_missed(&mut self, now: Time, room: usize, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(missed) = &mut self.missed else {
            return Ok(());
        };
        if !missed.telling {
            self.account(now, out)?;
            if let Some(missed) = &mut self.missed {
                missed.telling = true;
            }
            self.begin_resync(now);
        }
        while out.len() < room {
            let Some(missed) = &mut self.missed else {
                return Ok(());
            };
            let Some(((kind, key), object)) = missed.objects.pop_first() else {
                self.missed = None;
                return self.end_resync(now, out);
            };
            let (op, payload) = match (self.state.object(kind, key), object.gone) {
                (Some(payload), _) => (Op::Present, payload),
                (None, Some(payload)) => (Op::Delete, payload),
                // Not tracked: nobody knows.
                (None, None) => continue,
            };
            let meaning = Meaning {
                op,
                payload,
                change: None,
            };
            self.correct(now, Origin::Resync, meaning, Provenance::default(), out)?;
        }
        Ok(())
    }
}
