//! Folds lines into the objects that existed at a given time, and reports why the result may be
//! incomplete.

mod incomplete;
mod object;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use crate::event::Kind;
use crate::event::meta::{Gap, GapCause};
use crate::event::values::Time;

use crate::lines::{self, Line, LineOp, Order};

pub use crate::lines::{LineFault, LinesError};
pub use incomplete::IncompleteReason;
pub use object::SnapshotObject;

/// Identity of an object: its network namespace (empty where the line has none), kind and key.
type Identity = (Arc<str>, Kind, Box<str>);

/// An object that exists.
#[derive(Debug)]
struct Entry {
    object: SnapshotObject,
    /// How many checkpoints had begun when its last line was read.
    checkpoints: u32,
}

/// The checkpoint whose `present` lines are being read.
#[derive(Clone, Debug)]
struct Checkpoint {
    /// Number of its first line.
    seq: u64,
    /// The gaps since then.
    gaps: Gaps,
}

/// The begins of the gaps that are not resynced yet, by network namespace (empty where the line has
/// none).
type Gaps = BTreeMap<String, Time>;

/// The settings of a run that limit what its lines tell.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    kinds: Option<Vec<String>>,
    filters: BTreeMap<String, Vec<String>>,
    no_track: Vec<String>,
    track: Vec<String>,
    snapshot: bool,
}

impl Settings {
    fn tracks(&self, kind: Kind) -> bool {
        let is_in = |list: &[String]| list.iter().any(|name| name == kind.name());
        kind.is_tracked(is_in(&self.track), is_in(&self.no_track))
    }
}

#[derive(Debug, Deserialize)]
struct Start {
    #[serde(default)]
    settings: Settings,
}

#[derive(Debug, Deserialize)]
struct Sync {
    checkpoint: Option<u64>,
    #[serde(default)]
    incomplete: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Resync {
    #[serde(default)]
    incomplete: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct NetnsChange {
    event: String,
}

#[derive(Debug, Deserialize)]
struct Complete {
    kinds: Vec<String>,
}

/// What the lines of one run have reported so far.
#[derive(Debug, Default)]
struct Run {
    id: String,
    /// Numbers of the first and the last line that were read.
    first: u64,
    last: u64,
    /// The settings; `None` if no `start` line was read.
    settings: Option<Settings>,
    /// A snapshot or a checkpoint was read as a whole.
    synced: bool,
    checkpoint: Option<Checkpoint>,
    /// How many checkpoints have begun.
    checkpoints: u32,
    gaps: Gaps,
    /// The network namespaces that were found during the run and of which the snapshot is not complete,
    /// and their names.
    unsynced: BTreeMap<String, String>,
    /// Names of the kinds that are not known as a whole.
    incomplete: BTreeSet<String>,
    /// Numbers before and after missing lines. The `gap` that explains the second may follow.
    hole: Option<(u64, u64)>,
    unexplained_hole: Option<(u64, u64)>,
    /// The last line was `rotate` or `stop`.
    ended: bool,
}

/// The objects that exist after the lines read so far.
#[derive(Debug, Default)]
pub struct Fold {
    objects: BTreeMap<Identity, Entry>,
    namespaces: BTreeSet<Arc<str>>,
    run: Option<Run>,
    /// The lines that were read.
    order: Order,
    /// Time of the last line.
    last: Option<Time>,
    /// Number of the last line after the requested time.
    later: Option<u64>,
    /// Time of the first line of the next run, if the requested time is before it and after the
    /// last line.
    next_run: Option<Time>,
}

impl Fold {
    /// Folds lines up to the time `at`; all of them without one.
    ///
    /// # Errors
    /// If the lines cannot be read or parsed, or were written before lines already read. A last
    /// line without its newline is ignored if it is incomplete.
    pub fn read(
        &mut self,
        lines: impl BufRead,
        at: Option<Timestamp>,
    ) -> Result<Reached, LinesError> {
        let mut order = std::mem::take(&mut self.order);
        let reached = lines::each(lines, &mut order, |line| self.take(line, at));
        self.order = order;
        Ok(reached?.unwrap_or(Reached::End))
    }

    /// Folds a line, if it is not later than `at`. Returns a value if no further line matters.
    fn take(
        &mut self,
        line: &Line<'_>,
        at: Option<Timestamp>,
    ) -> Result<ControlFlow<Reached>, LineFault> {
        // The lines of a dump have the times of its entries, which are not in order.
        let Some(at) = at.filter(|at| line.time.0 > *at || self.later.is_some()) else {
            self.apply(line)?;
            return Ok(ControlFlow::Continue(()));
        };
        // A gap is reported when it is noticed, which may be after `at`.
        Ok(match self.is_settled(line, at)? {
            true => ControlFlow::Break(Reached::Time),
            false => ControlFlow::Continue(()),
        })
    }

    /// Examines a line after the time `at`. Returns true if no later line can report a gap that
    /// began before.
    fn is_settled(&mut self, line: &Line<'_>, at: Timestamp) -> Result<bool, LineFault> {
        let Some(run) = self.run.as_mut().filter(|run| run.id == *line.run) else {
            if self.run.is_some() && self.later.is_none() {
                self.next_run = Some(line.time);
            }
            return Ok(true);
        };
        let first = self.later.is_none();
        let last = self.later.unwrap_or(run.last);
        let hole = line.seq.saturating_sub(last.saturating_add(1));
        self.later = Some(line.seq);
        if line.op == LineOp::Gap {
            let gap: Gap = line.meta()?;
            if gap.from.is_none_or(|from| from.0 <= at) {
                let from = gap.from.unwrap_or(line.time);
                run.gaps.entry(line.namespace().into()).or_insert(from);
                return Ok(true);
            }
            if hole == 0 || (gap.cause == GapCause::Output && gap.lost == Some(hole)) {
                return Ok(true);
            }
        }
        if hole > 0 && first {
            run.hole = Some((last, line.seq));
            return Ok(true);
        }
        // Events and gaps are in the order of their reception.
        Ok(line.of_kernel)
    }

    fn apply(&mut self, line: &Line<'_>) -> Result<(), LineFault> {
        if self.run.as_ref().is_none_or(|run| run.id != *line.run) {
            // Another run begins with a snapshot or a checkpoint of its own.
            self.objects.clear();
            self.run = Some(Run {
                id: line.run.clone().into_owned(),
                first: line.seq,
                last: line.seq,
                ..Run::default()
            });
        }
        self.last = Some(line.time);
        let Some(run) = &mut self.run else {
            return Ok(());
        };
        if line.seq > run.last.saturating_add(1)
            && let Some(hole) = run.hole.replace((run.last, line.seq))
        {
            run.unexplained_hole = Some(hole);
        }
        run.last = line.seq;
        run.ended = line.op == LineOp::End;
        match line.op {
            LineOp::Exists | LineOp::Delete => self.apply_object(line)?,
            LineOp::Sync if line.netns.is_some() => run.sync_namespace(line)?,
            LineOp::Sync => {
                let sync: Sync = line.meta()?;
                if run.sync(&sync) {
                    let checkpoints = run.checkpoints;
                    self.objects
                        .retain(|_, entry| entry.checkpoints == checkpoints);
                }
            }
            _ => run.meta(line)?,
        }
        Ok(())
    }

    fn apply_object(&mut self, line: &Line<'_>) -> Result<(), LineFault> {
        let Some((kind, key)) = line.object()? else {
            return Ok(());
        };
        let object = SnapshotObject::new(kind, line.time, line.members());
        let netns = line.namespace();
        let netns = match self.namespaces.get(&*netns) {
            Some(netns) => netns.clone(),
            None => {
                let netns: Arc<str> = netns.into();
                self.namespaces.insert(netns.clone());
                netns
            }
        };
        let identity = (netns, kind, key);
        match line.op {
            LineOp::Delete => self.objects.remove(&identity),
            _ => {
                let checkpoints = self.run.as_ref().map_or(0, |run| run.checkpoints);
                let entry = Entry {
                    object,
                    checkpoints,
                };
                self.objects.insert(identity, entry)
            }
        };
        Ok(())
    }

    /// The objects that exist, by network namespace, kind and key.
    pub fn objects(&self) -> impl Iterator<Item = &SnapshotObject> {
        self.objects.values().map(|entry| &entry.object)
    }

    /// The objects with what identifies them, in order: network namespace, kind and key.
    pub fn identified(&self) -> impl Iterator<Item = ((&str, Kind, &str), &SnapshotObject)> {
        let entries = self.objects.iter();
        entries.map(|((netns, kind, key), entry)| ((&**netns, *kind, &**key), &entry.object))
    }

    /// The filters of the run that wrote the last line, as in its settings.
    pub fn filters(&self) -> BTreeMap<String, Vec<String>> {
        let settings = self.run.as_ref().and_then(|run| run.settings.as_ref());
        settings
            .map(|settings| settings.filters.clone())
            .unwrap_or_default()
    }

    /// Returns true if the run may write further lines after the last one: it neither stopped nor
    /// continues in another file.
    pub fn may_continue(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.ended)
    }
}

impl Run {
    fn meta(&mut self, line: &Line<'_>) -> Result<(), LineFault> {
        match line.op {
            LineOp::Start => {
                let start: Start = line.meta()?;
                self.settings = Some(start.settings);
            }
            LineOp::Checkpoint => {
                self.checkpoints += 1;
                self.checkpoint = Some(Checkpoint {
                    seq: line.seq,
                    gaps: Gaps::new(),
                });
            }
            LineOp::Gap => {
                let gap: Gap = line.meta()?;
                let explains = |hole: (u64, u64)| gap.lost == Some(hole.1 - hole.0 - 1);
                if gap.cause == GapCause::Output && self.hole.is_some_and(explains) {
                    self.hole = None;
                }
                let from = gap.from.unwrap_or(line.time);
                let checkpoint = self.checkpoint.as_mut();
                for gaps in [&mut self.gaps]
                    .into_iter()
                    .chain(checkpoint.map(|it| &mut it.gaps))
                {
                    gaps.entry(line.namespace().into()).or_insert(from);
                }
            }
            LineOp::Resync => {
                let resync: Resync = line.meta()?;
                self.gaps.remove(&*line.namespace());
                self.incomplete = resync.incomplete.into_iter().collect();
                if let Some(checkpoint) = &mut self.checkpoint {
                    checkpoint.gaps.remove(&*line.namespace());
                }
            }
            LineOp::Complete => {
                let complete: Complete = line.meta()?;
                for kind in &complete.kinds {
                    self.incomplete.remove(kind);
                }
            }
            LineOp::Netns => {
                let change: NetnsChange = line.meta()?;
                let namespace = line.namespace().into_owned();
                match &line.netns {
                    Some(netns) if change.event == "add" => {
                        self.unsynced.insert(namespace, netns.name.clone());
                    }
                    _ => drop(self.unsynced.remove(&namespace)),
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends the snapshot of a network namespace that was found during the run.
    fn sync_namespace(&mut self, line: &Line<'_>) -> Result<(), LineFault> {
        let sync: Sync = line.meta()?;
        self.unsynced.remove(&*line.namespace());
        self.incomplete = sync.incomplete.into_iter().collect();
        Ok(())
    }

    /// Ends a snapshot or a checkpoint. Returns true if only the objects that lines have named since
    /// the checkpoint began exist.
    fn sync(&mut self, sync: &Sync) -> bool {
        let Some(seq) = sync.checkpoint else {
            // Of a snapshot whose beginning is in another file, objects are missing.
            self.synced |= self.first == 0;
            self.incomplete = sync.incomplete.iter().cloned().collect();
            return false;
        };
        let holes = [self.hole, self.unexplained_hole];
        let is_before = |hole: &Option<(u64, u64)>| hole.is_none_or(|hole| hole.1 <= seq);
        let Some(checkpoint) = self.checkpoint.take() else {
            return false;
        };
        if checkpoint.seq != seq || !holes.iter().all(is_before) {
            return false;
        }
        self.synced = true;
        (self.hole, self.unexplained_hole) = (None, None);
        self.gaps = checkpoint.gaps;
        self.incomplete = sync.incomplete.iter().cloned().collect();
        true
    }
}

/// Where a read of lines ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// At a line after the requested time.
    Time,
    /// At the end of the lines.
    End,
    /// At the end of the lines of a run that still writes: nothing happened since its last line.
    Present,
}
