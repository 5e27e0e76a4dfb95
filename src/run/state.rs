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
use super::render::printer;
use super::state_diff;
use crate::decompress;
use crate::encode::{Format, Framing};
use crate::error::Error;
use crate::escape;
use crate::event::Kind;
use crate::event::values::Time;
use crate::filter::{Fault, FilterOption, Selection, Values, Vocabulary};
use crate::fold::{Fold, IncompleteReason, LinesError, Reached, SnapshotObject};
use crate::names::Names;
use crate::sink;
use crate::text::Printer;

/// The options of `nlstream state`.
#[derive(Clone, Debug)]
pub struct StateQuery {
    /// The files with the lines, oldest first; `-` is the standard input.
    pub files: Vec<PathBuf>,
    /// The time; `None` for the end of the lines.
    pub at: Option<Timestamp>,
    /// Two times that are compared, in place of the objects of one.
    pub diff: Option<(Timestamp, Timestamp)>,
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

/// The objects of a time.
pub(super) struct Loaded {
    pub fold: Fold,
    /// The filters of the run.
    pub written: Selection,
    /// Why these may not be all objects.
    pub reason: Option<IncompleteReason>,
}

/// Prints the objects that existed, as lines with `op:"present"` or as text; or how those of two times
/// differ.
///
/// # Errors
/// If the lines cannot be read, or if the state at that time is incomplete.
pub fn run(request: &StateQuery) -> Result<(), Error> {
    let mut files = Files::default();
    for path in &request.files {
        files.input(path);
    }
    files.output(None).check()?;
    let names = Names::of_machine();
    let requested = Selection::of_objects(&request.filters, Vocabulary::open(&names))?;
    requested.log_warnings();
    if let Some((one, other)) = request.diff {
        return state_diff::run(request, &requested, one, other);
    }
    let loaded = load(request, request.at)?;
    check_names(&request.filters, &[&loaded.fold])?;
    let Loaded {
        fold,
        written,
        reason,
    } = loaded;
    print(request, &fold, &[&written, &requested], reason.as_ref())
}

/// Folds the lines up to that time.
///
/// # Errors
/// If the lines cannot be read, or if the state at that time is incomplete and `--partial` was not given.
pub(super) fn load(request: &StateQuery, at: Option<Timestamp>) -> Result<Loaded, Error> {
    let names = Names::of_machine();
    let vocabulary = Vocabulary::open(&names);
    let mut fold = Fold::default();
    let mut reached = Reached::End;
    for path in &request.files {
        let read = match path == Path::new("-") {
            true => read(&mut fold, stdin().lock(), at),
            false => read_file(&mut fold, path, at),
        };
        reached = read.map_err(|source| Error::Lines {
            path: path.clone(),
            source,
        })?;
        if reached == Reached::Time {
            break;
        }
    }
    let filters = fold.filters();
    let written = Selection::of_written(&filters, vocabulary)?;
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
        true => fold.incomplete(at, reached, request.kinds.as_deref()),
        false => Some(IncompleteReason::Filtered(hiding.join(", "))),
    };
    match reason {
        Some(reason) if !request.partial => return Err(Error::Incomplete(reason)),
        Some(ref reason) => warn!("the result is incomplete: {reason}"),
        None => {}
    }
    Ok(Loaded {
        fold,
        written,
        reason,
    })
}

/// Opens a file of lines; `-` is the standard input.
///
/// # Errors
/// If it cannot be opened or read.
pub(super) fn open(path: &Path) -> io::Result<BufReader<Box<dyn Read>>> {
    let input = match path == Path::new("-") {
        true => decompress::reader(stdin())?,
        false => decompress::reader(File::open(path)?)?,
    };
    Ok(BufReader::new(input))
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
    selections: &[&Selection],
    reason: Option<&IncompleteReason>,
) -> Result<(), Error> {
    let is_requested = |kind| match &request.kinds {
        Some(kinds) => kinds.contains(&kind),
        // Objects that are not tracked may be gone. With --partial they are printed, and marked.
        None => request.partial || fold.is_tracked(kind),
    };
    let is_incomplete =
        |kind| reason.is_some_and(|reason| reason.concerns(kind)) || !fold.is_tracked(kind);
    let mut writer = Writer::new(&request.format, request.at);
    let mut records = Vec::new();
    sink::print(|out| {
        let passes =
            |object: &&SnapshotObject| is_requested(object.kind) && passes(object, selections);
        for object in fold.objects().filter(passes) {
            records.clear();
            writer.write(object, is_incomplete(object.kind), &mut records);
            out.write_all(&records)?;
        }
        Ok(())
    })
}

/// Checks the names of tables and protocols: the machine has to know each, or an object of the lines
/// has to have it.
///
/// # Errors
/// The first that is unknown.
pub(super) fn check_names(filters: &Values, folds: &[&Fold]) -> Result<(), Fault> {
    let names = &Names::of_machine();
    let has_names = |option: &str| FilterOption::find(option).is_some_and(FilterOption::is_list);
    for (option, values) in filters.iter().filter(|(option, _)| has_names(option)) {
        for value in values {
            let value = value.trim_start_matches('!').to_owned();
            let filter = Values::from([(option.clone(), vec![value])]);
            let Err(fault) = Selection::new(&filter, Vocabulary::of(names)) else {
                continue;
            };
            let selection = [&Selection::new(&filter, Vocabulary::open(names))?];
            let mut objects = folds.iter().flat_map(|fold| fold.objects());
            if !objects.any(|object| passes(object, &selection)) {
                return Err(fault);
            }
        }
    }
    Ok(())
}

/// Returns true if the object passes the filters.
pub(super) fn passes(object: &SnapshotObject, selections: &[&Selection]) -> bool {
    if selections.iter().all(|selection| selection.is_empty()) {
        return true;
    }
    let json = serde_json::from_str(object.object()).unwrap_or_default();
    let mut selections = selections.iter();
    selections.all(|selection| {
        selection.selects_json(object.kind, &json) && selection.selects_read_line(object.line())
    })
}

/// Writes objects in a format.
struct Writer {
    framing: Framing,
    /// `None` for JSON.
    printer: Option<Printer>,
}

impl Writer {
    /// `at`: the time of the state, to which relative times refer.
    fn new(format: &Format, at: Option<Timestamp>) -> Self {
        Writer {
            framing: format.framing(),
            printer: printer(format).map(|mut printer| {
                printer.refer_to(Time(at.unwrap_or_else(Timestamp::now)));
                printer
            }),
        }
    }

    fn write(&mut self, object: &SnapshotObject, is_incomplete: bool, records: &mut Vec<u8>) {
        let Some(printer) = &mut self.printer else {
            self.framing.begin_record(records);
            // The lines may have been written by another program.
            records.extend_from_slice(escape::json(object.line()).as_bytes());
            if is_incomplete {
                records.pop();
                records.extend_from_slice(b",\"incomplete\":true}");
            }
            self.framing.end_record(records);
            return;
        };
        let lines = printer.object(object.line()).unwrap_or_default();
        for (number, line) in lines.iter().enumerate() {
            self.framing.begin_record(records);
            records.extend_from_slice(line.as_bytes());
            if is_incomplete && number + 1 == lines.len() {
                records.extend_from_slice(b" (may be incomplete)");
            }
            self.framing.end_record(records);
        }
    }
}
