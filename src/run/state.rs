//! `nlstream state`: the objects that existed at a given time, folded from lines.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, stdin};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use log::{info, warn};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::files::Files;
use crate::decompress;
use crate::encode::Format;
use crate::error::Error;
use crate::escape;
use crate::event::Kind;
use crate::filter::{Fault, Selection, Values, Vocabulary};
use crate::fold::{Fold, IncompleteReason, LinesError, Reached, SnapshotObject};
use crate::names::Names;
use crate::sink;
use crate::text::write_object;

/// The options of `nlstream state`.
#[derive(Clone, Debug)]
pub struct StateQuery {
    /// The files with the lines, oldest first; `-` is the standard input.
    pub files: Vec<PathBuf>,
    /// The time; `None` for the end of the lines.
    pub at: Option<Timestamp>,
    /// Limits the result to these kinds.
    pub kinds: Option<Vec<Kind>>,
    /// Limits the result to the objects that pass these filters.
    pub filters: Values,
    pub format: Format,
    /// Prints the result even if it is incomplete.
    pub partial: bool,
}

/// Time after which the lines of an event are in the file: a run writes them within two
/// milliseconds, and no later than this on a machine with much other work.
const WRITE_TIME: Duration = Duration::from_millis(100);

/// Prints the objects that existed, as lines with `op:"present"` or as text.
///
/// # Errors
/// If the lines cannot be read, or if the state at that time is incomplete.
pub fn run(request: &StateQuery) -> Result<(), Error> {
    // The lines may be those of another machine, with other names.
    let names = Names::of_machine();
    let vocabulary = Vocabulary {
        names: &names,
        is_open: true,
    };
    let requested = Selection::new(&request.filters, vocabulary)?;
    let mut files = Files::default();
    for path in &request.files {
        files.input(path);
    }
    files.output(None).check()?;
    let mut fold = Fold::default();
    let mut reached = Reached::End;
    for path in &request.files {
        let read = match path == Path::new("-") {
            true => read(&mut fold, stdin().lock(), request.at),
            false => read_file(&mut fold, path, request.at),
        };
        reached = read.map_err(|source| Error::Lines {
            path: path.clone(),
            source,
        })?;
        if reached == Reached::Time {
            break;
        }
    }
    check_names(&request.filters, &names, &fold)?;
    let filters = fold.filters();
    let written = Selection::new(&filters, vocabulary)?;
    if !written.is_empty() {
        let filters = filters
            .iter()
            .map(|(name, values)| format!("--{name} {}", values.join(",")));
        let filters = filters.collect::<Vec<_>>().join(" ");
        info!(
            "the run wrote only what passes its filters, {filters}: the result has no other objects"
        );
    }
    let hiding = written.hiding_changes();
    let hiding = hiding
        .iter()
        .map(|name| format!("--{name}"))
        .collect::<Vec<_>>();
    let reason = match hiding.is_empty() {
        true => fold.incomplete(request.at, reached, request.kinds.as_deref()),
        false => Some(IncompleteReason::Filtered(hiding.join(", "))),
    };
    match reason {
        Some(reason) if !request.partial => return Err(Error::Incomplete(reason)),
        Some(ref reason) => warn!("the result is incomplete: {reason}"),
        None => {}
    }
    print(request, &fold, &[written, requested], reason.as_ref())
}

fn read(fold: &mut Fold, input: impl Read, at: Option<Timestamp>) -> Result<Reached, LinesError> {
    fold.read(BufReader::new(decompress::reader(input)?), at)
}

fn read_file(fold: &mut Fold, path: &Path, at: Option<Timestamp>) -> Result<Reached, LinesError> {
    let file = File::open(path)?;
    let is_live = at.is_some_and(|at| at <= Timestamp::now()) && is_written(&file);
    if let Some(at) = at
        && is_live
    {
        let since = Duration::try_from(Timestamp::now().duration_since(at));
        std::thread::sleep(WRITE_TIME.saturating_sub(since.unwrap_or_default()));
    }
    let reached = read(fold, &file, at)?;
    // The run may have ended, or gone on to another file, while its lines were read.
    let still = || is_written(&file) && is_at(path, &file);
    Ok(match reached {
        Reached::End if is_live && fold.may_continue() && still() => Reached::Present,
        reached => reached,
    })
}

/// Returns true if a run writes to the file: it holds the lock.
fn is_written(file: &File) -> bool {
    let is_regular = file.metadata().is_ok_and(|data| data.is_file());
    match flock(file, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => is_regular,
        Err(_) => false,
        Ok(()) => {
            let _ = flock(file, FlockOperation::Unlock);
            false
        }
    }
}

/// Returns true if the path still names the file.
fn is_at(path: &Path, file: &File) -> bool {
    let identity = |data: io::Result<fs::Metadata>| data.ok().map(|data| (data.dev(), data.ino()));
    identity(fs::metadata(path)) == identity(file.metadata())
}

/// Prints the requested objects. Those that may be outdated for the `reason` are marked.
fn print(
    request: &StateQuery,
    fold: &Fold,
    selections: &[Selection],
    reason: Option<&IncompleteReason>,
) -> Result<(), Error> {
    let is_requested = |kind| match &request.kinds {
        Some(kinds) => kinds.contains(&kind),
        // Objects that are not tracked may be gone. With --partial they are printed, and marked.
        None => request.partial || fold.is_tracked(kind),
    };
    let is_incomplete =
        |kind| reason.is_some_and(|reason| reason.concerns(kind)) || !fold.is_tracked(kind);
    let framing = request.format.framing();
    let mut record = Vec::new();
    sink::print(|out| {
        let passes =
            |object: &&SnapshotObject| is_requested(object.kind) && passes(object, selections);
        for object in fold.objects().filter(passes) {
            record.clear();
            framing.begin_record(&mut record);
            write(
                &request.format,
                object,
                is_incomplete(object.kind),
                &mut record,
            );
            framing.end_record(&mut record);
            out.write_all(&record)?;
        }
        Ok(())
    })
}

/// Checks the names of tables and protocols: the machine has to know each, or an object of the lines
/// has to have it.
///
/// # Errors
/// The first that is unknown.
fn check_names(filters: &Values, names: &Names, fold: &Fold) -> Result<(), Fault> {
    for (option, values) in filters {
        for value in values {
            let value = value.trim_start_matches('!').to_owned();
            let filter = Values::from([(option.clone(), vec![value])]);
            let Err(fault) = Selection::new(&filter, Vocabulary::of(names)) else {
                continue;
            };
            let vocabulary = Vocabulary {
                names,
                is_open: true,
            };
            let selection = [Selection::new(&filter, vocabulary)?];
            if !fold.objects().any(|object| passes(object, &selection)) {
                return Err(fault);
            }
        }
    }
    Ok(())
}

/// Returns true if the object passes the filters.
fn passes(object: &SnapshotObject, selections: &[Selection]) -> bool {
    if selections.iter().all(Selection::is_empty) {
        return true;
    }
    let json = serde_json::from_str(object.object()).unwrap_or_default();
    let mut selections = selections.iter();
    selections.all(|selection| selection.selects_json(object.kind, &json))
}

fn write(format: &Format, object: &SnapshotObject, is_incomplete: bool, record: &mut Vec<u8>) {
    match format {
        Format::Json => {
            // The lines may have been written by another program.
            record.extend_from_slice(escape::json(object.line()).as_bytes());
            if is_incomplete {
                record.pop();
                record.extend_from_slice(b",\"incomplete\":true}");
            }
        }
        Format::Text { zone, colour } => {
            let (time, json) = (object.time, object.object());
            let netns = object.netns();
            write_object(
                time,
                netns.as_deref(),
                object.kind,
                json,
                zone,
                *colour,
                record,
            );
            if is_incomplete {
                record.extend_from_slice(b" (may be incomplete)");
            }
        }
    }
}
