//! Why the folded state may be incomplete.

use jiff::Timestamp;
use thiserror::Error;

use super::{Fold, Reached, Run};
use crate::event::Kind;

/// Why the folded state may be incomplete.
#[derive(Debug, Error)]
pub enum IncompleteReason {
    /// There are no lines at all.
    #[error("there are no lines: the input is empty")]
    Empty,
    /// Every line is later than the requested time.
    #[error("the lines begin after the requested time, {0:.9}: add the files before them")]
    NoLines(Timestamp),
    /// The last line, of this time, is earlier than the requested time.
    #[error(
        "the lines end at {0:.9}, before the requested time, and no run is writing the last file; ask for a time up to then, or let the run write a line at least every minute with --heartbeat 1m"
    )]
    TooLate(Timestamp),
    /// The requested time lies between the last line of a run and the first of the next.
    #[error(
        "nlstream did not run at that time: a run ends with a line of {0:.9}, and the next one begins at {1:.9}"
    )]
    BetweenRuns(Timestamp, Timestamp),
    /// The run had not written `sync` by then.
    #[error(
        "the snapshot of the run was not complete at that time: objects from before the run are missing; ask for a later time"
    )]
    NoSnapshot,
    /// The run had found this network namespace, and not written the objects in it.
    #[error(
        "the snapshot of the network namespace {0} was not complete at that time: it was found just before; ask for a later time"
    )]
    NoSnapshotOf(String),
    /// The run writes no snapshot.
    #[error(
        "the run has written neither a snapshot nor a checkpoint by then: objects from before the run are missing; run nlstream with --snapshot"
    )]
    WithoutSnapshot,
    /// The run wrote no `meta` lines.
    #[error(
        "the lines have no `meta` lines (--no-meta), which tell whether they contain all objects; run nlstream without this option"
    )]
    WithoutMeta,
    /// The run left out changes: its options.
    #[error(
        "the run left out changes of the objects in the lines (its options {0}); filters on objects, such as --dev, do not"
    )]
    Filtered(String),
    /// The lines begin after those of the snapshot, and no checkpoint follows.
    #[error(
        "the lines begin in the middle of a run (seq {0}), without its snapshot and without a checkpoint by then: add the files before them, or ask for a later time"
    )]
    NoBeginning(u64),
    /// Events after this time were lost, and the `resync` is later than the requested time.
    #[error("the requested time lies in a gap: events since {0:.9} were lost and not yet resynced")]
    Gap(Timestamp),
    /// Numbers of the lines before and after a hole, and the run.
    #[error("lines are missing: seq {1} follows {0} in the run {2}")]
    Missing(u64, u64, String),
    /// Kinds that `sync` or `resync` named as incomplete, and no `complete` line as whole again.
    #[error(
        "objects of {list} may be missing or outdated at that time, because they changed faster than they could be dumped; ask for a later time, or for other kinds with --kind",
        list = names(.0)
    )]
    Kinds(Vec<String>),
    /// Kinds that the run did not write.
    #[error("the run did not write lines of {list} (its option --kind, or a filter that no such object passes)", list = names(.0))]
    NotWritten(Vec<String>),
    /// Kinds that are not tracked.
    #[error(
        "the objects of {list} are not tracked: not all of their deletions are announced, and there is no snapshot of them",
        list = names(.0)
    )]
    Untracked(Vec<String>),
}

/// The names of kinds, for a message.
fn names(kinds: &[String]) -> String {
    kinds.join(", ")
}

impl IncompleteReason {
    /// Returns true if objects of the kind may be missing or outdated for this reason.
    pub fn concerns(&self, kind: Kind) -> bool {
        match self {
            IncompleteReason::Kinds(kinds)
            | IncompleteReason::NotWritten(kinds)
            | IncompleteReason::Untracked(kinds) => kinds.iter().any(|name| name == kind.name()),
            _ => true,
        }
    }
}

impl Fold {
    /// Why these may not be all objects of these kinds at the time `at`; `None` if they are.
    /// `kinds`: `None` for all kinds that the lines contain. `reached`: the result of the last
    /// [`Fold::read`].
    pub fn incomplete(
        &self,
        at: Option<Timestamp>,
        reached: Reached,
        kinds: Option<&[Kind]>,
    ) -> Option<IncompleteReason> {
        let (Some(last), Some(run)) = (self.last, &self.run) else {
            return Some(match (at, reached) {
                (Some(at), Reached::Time) => IncompleteReason::NoLines(at),
                _ => IncompleteReason::Empty,
            });
        };
        if at.is_some_and(|at| at > last.0) {
            if reached == Reached::End && self.later.is_none() {
                return Some(IncompleteReason::TooLate(last.0));
            }
            if let Some(next) = self.next_run {
                return Some(IncompleteReason::BetweenRuns(last.0, next.0));
            }
        }
        if let Some((from, to)) = run.hole.or(run.unexplained_hole) {
            return Some(IncompleteReason::Missing(from, to, run.id.clone()));
        }
        if let Some(from) = run.gaps.values().min() {
            return Some(IncompleteReason::Gap(from.0));
        }
        if !run.synced {
            return Some(run.no_snapshot());
        }
        if let Some(name) = run.unsynced.values().next() {
            return Some(IncompleteReason::NoSnapshotOf(name.clone()));
        }
        run.incomplete_kinds(kinds)
    }

    /// Returns true if the lines tell when an object of this kind is deleted: its deletions are
    /// announced, and the run tracks it.
    pub fn is_tracked(&self, kind: Kind) -> bool {
        let settings = self.run.as_ref().and_then(|run| run.settings.as_ref());
        settings.map_or(kind.is_tracked(false, false), |it| it.tracks(kind))
    }
}

impl Run {
    fn no_snapshot(&self) -> IncompleteReason {
        match &self.settings {
            _ if self.first > 0 => IncompleteReason::NoBeginning(self.first),
            None => IncompleteReason::WithoutMeta,
            Some(settings) if !settings.snapshot => IncompleteReason::WithoutSnapshot,
            _ => IncompleteReason::NoSnapshot,
        }
    }

    fn incomplete_kinds(&self, kinds: Option<&[Kind]>) -> Option<IncompleteReason> {
        let is_requested =
            |name: &str| kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind.name() == name));
        let incomplete = self.incomplete.iter().filter(|name| is_requested(name));
        let incomplete: Vec<_> = incomplete.cloned().collect();
        if !incomplete.is_empty() {
            return Some(IncompleteReason::Kinds(incomplete));
        }
        let named = |wanted: &dyn Fn(&Kind) -> bool| -> Option<Vec<String>> {
            let found = kinds.unwrap_or_default().iter().filter(|kind| wanted(kind));
            let found: Vec<_> = found.map(|kind| kind.name().to_owned()).collect();
            (!found.is_empty()).then_some(found)
        };
        let settings = self.settings.as_ref()?;
        if let Some(written) = &settings.kinds
            && let Some(kinds) = named(&|kind| !written.iter().any(|it| it == kind.name()))
        {
            return Some(IncompleteReason::NotWritten(kinds));
        }
        named(&|kind| !settings.tracks(*kind)).map(IncompleteReason::Untracked)
    }
}
