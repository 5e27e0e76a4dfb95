//! The times at which the lines determine all objects: from a complete snapshot or checkpoint to a gap, a
//! hole or the end of the run. The same rules as those of `nlstream state`, without the objects.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::event::Kind;
use crate::event::values::Time;
use crate::filter::{Selection, Values, Vocabulary};
use crate::lines::{Line, LineFault, LineOp};
use crate::names::Names;

/// Number of spans that are kept.
const MAX: usize = 10_000;

/// What a line means for the objects before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    /// A run begins: with no objects.
    Run,
    /// A checkpoint begins.
    Checkpoint,
    /// It is complete: no other objects than those that lines have named since it began exist.
    Complete,
}

/// A time in which the objects are known.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Span {
    pub from: Time,
    pub to: Time,
    /// Number of the record that the knowledge begins with.
    #[serde(skip)]
    pub begin: u64,
    /// Kinds of which objects may be missing or outdated.
    pub incomplete: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Start {
    settings: Settings,
}

#[derive(Debug, Deserialize)]
struct Settings {
    #[serde(default)]
    filters: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    no_track: Vec<String>,
    #[serde(default)]
    track: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Sync {
    checkpoint: Option<u64>,
    #[serde(default)]
    incomplete: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Incomplete {
    #[serde(default)]
    incomplete: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Complete {
    kinds: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct NetnsChange {
    event: String,
}

#[derive(Debug, Deserialize)]
struct Gap {
    from: Option<Time>,
    lost: Option<u64>,
}

#[derive(Debug, Default)]
struct Run {
    id: String,
    /// It begins with its snapshot.
    has_beginning: bool,
    /// Its filters leave out changes.
    hides: bool,
    /// Number of the line and of the record that the last checkpoint begins with.
    checkpoint: Option<(u64, u64)>,
    begin: u64,
    /// Namespaces with a gap, or of which the snapshot is not complete.
    gaps: Vec<String>,
    no_track: Vec<String>,
    track: Vec<String>,
    /// A snapshot or checkpoint is complete, and no line is missing since.
    is_complete: bool,
    incomplete: Vec<String>,
    /// Number and time of the last line.
    seq: u64,
    last: Option<Time>,
    /// Number of lines that are missing before the last line; the line after it may be a `gap` that tells of
    /// them.
    missing: Option<u64>,
}

/// Follows the lines.
#[derive(Debug, Default)]
pub(super) struct Known {
    run: Run,
    /// The time since which the objects are known.
    since: Option<Time>,
    spans: Vec<Span>,
    /// Filters of a run that leave out changes.
    pub hiding: Option<String>,
}

impl Known {
    /// Takes a line; `number` is that of its record.
    pub(super) fn take(&mut self, line: &Line<'_>, number: u64) -> Result<Mark, LineFault> {
        let mut mark = Mark::None;
        if self.run.id != *line.run {
            self.finish();
            self.run = Run {
                id: line.run.clone().into_owned(),
                has_beginning: line.seq == 0,
                begin: number,
                seq: line.seq,
                ..Run::default()
            };
            mark = Mark::Run;
        }
        self.find_hole(line)?;
        match line.op {
            LineOp::Start => {
                let start: Start = line.meta()?;
                let filters: Values = start.settings.filters;
                self.run.no_track = start.settings.no_track;
                self.run.track = start.settings.track;
                let names = Names::of_machine();
                let written = Selection::of_written(&filters, Vocabulary::open(&names));
                let hiding = written.map(|it| it.hiding_changes()).unwrap_or_default();
                if !hiding.is_empty() {
                    self.run.hides = true;
                    self.hiding = Some(format!("--{}", hiding.join(", --")));
                }
            }
            LineOp::Checkpoint => {
                self.run.checkpoint = Some((line.seq, number));
                if mark == Mark::None {
                    mark = Mark::Checkpoint;
                }
            }
            LineOp::Sync if line.netns.is_none() => {
                let sync: Sync = line.meta()?;
                let checkpoint = self.run.checkpoint.take();
                match sync.checkpoint {
                    None => self.run.is_complete |= self.run.has_beginning,
                    Some(seq) => {
                        let Some((_, begin)) = checkpoint.filter(|(of, _)| *of == seq) else {
                            return Ok(mark);
                        };
                        mark = Mark::Complete;
                        self.close(line.time);
                        (self.run.is_complete, self.run.begin) = (true, begin);
                    }
                }
                self.run.incomplete = sync.incomplete;
                self.open(line.time);
            }
            LineOp::Netns => {
                let change: NetnsChange = line.meta()?;
                let namespace = line.namespace().into_owned();
                self.close(line.time);
                self.run.gaps.retain(|it| *it != namespace);
                if change.event == "add" {
                    self.run.gaps.push(namespace);
                }
                self.open(line.time);
            }
            // Of a namespace that was found during the run.
            LineOp::Sync => {
                let namespace = line.namespace();
                self.run.gaps.retain(|it| *it != *namespace);
                self.open(line.time);
            }
            LineOp::Gap => {
                let gap: Gap = line.meta()?;
                self.close(gap.from.unwrap_or(line.time));
                self.run.gaps.push(line.namespace().into_owned());
            }
            LineOp::Resync => {
                let resync: Incomplete = line.meta()?;
                let namespace = line.namespace();
                self.run.gaps.retain(|it| *it != *namespace);
                self.close(line.time);
                self.run.incomplete = resync.incomplete;
                self.open(line.time);
            }
            LineOp::Complete => {
                let complete: Complete = line.meta()?;
                self.close(line.time);
                self.run
                    .incomplete
                    .retain(|kind| !complete.kinds.contains(kind));
                self.open(line.time);
            }
            _ => {}
        }
        (self.run.seq, self.run.last) = (line.seq, Some(line.time));
        Ok(mark)
    }

    /// Ends what is known at the last line before missing ones, unless a `gap` tells of them.
    fn find_hole(&mut self, line: &Line<'_>) -> Result<(), LineFault> {
        let lost = match line.op {
            LineOp::Gap => line.meta::<Gap>()?.lost,
            _ => None,
        };
        let run = &mut self.run;
        let before = run.missing.take().filter(|missing| lost != Some(*missing));
        let missing = line.seq.saturating_sub(run.seq.saturating_add(1));
        if before.is_some() {
            (run.is_complete, run.checkpoint) = (false, None);
        }
        if missing > 0 {
            run.missing = Some(missing).filter(|missing| lost != Some(*missing));
            if let Some(last) = run.last {
                // Missing lines may have its time.
                let before = last.0.checked_sub(Duration::from_micros(1));
                self.close(before.map_or(last, Time));
            }
        }
        Ok(())
    }

    fn open(&mut self, time: Time) {
        let run = &self.run;
        if run.is_complete
            && run.gaps.is_empty()
            && run.missing.is_none()
            && !run.hides
            && self.since.is_none()
        {
            self.since = Some(time);
        }
    }

    fn close(&mut self, to: Time) {
        let Some(from) = self.since.take().filter(|from| *from <= to) else {
            return;
        };
        if self.spans.len() == MAX {
            self.spans.remove(0);
        }
        self.spans.push(Span {
            from,
            to,
            begin: self.run.begin,
            incomplete: self.run.incomplete.clone(),
        });
    }

    /// Ends with the last line.
    pub(super) fn finish(&mut self) {
        if let Some(last) = self.run.last {
            self.close(last);
        }
    }

    /// Returns true if the run lists the objects of the kind.
    pub(super) fn is_tracked(&self, kind: Kind) -> bool {
        let is_in = |list: &[String]| list.iter().any(|name| name == kind.name());
        kind.is_tracked(is_in(&self.run.track), is_in(&self.run.no_track))
    }

    /// The record that the objects of now begin with, if they are known.
    pub(super) fn complete_since(&self) -> Option<u64> {
        self.since.map(|_| self.run.begin)
    }

    /// The spans of which no record before `first` is needed.
    pub(super) fn spans(&self, first: u64) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(move |span| span.begin >= first)
    }
}
