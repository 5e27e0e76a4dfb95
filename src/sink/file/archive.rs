//! Archived files: `NAME.20261124T040844.602Z`, with `.zst` once they are compressed. Their names sort
//! in the order in which they were written.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use log::{info, warn};
use rustix::fs::{Stat, fstat};

use super::compress::{COMPRESSED, UNFINISHED, compress};
use crate::file::{Folder, Place, is_same, remove_stale};

/// Length of what is appended to the name.
const STAMP: usize = ".20261124T040844.602Z".len();
/// What is appended to the name at most, in a rotation with compression and without.
pub(super) const LONGEST: &str = ".20261124T040844.602Z.zst.part";
pub(super) const LONGEST_PLAIN: &str = ".20261124T040844.602Z";
/// How many names are tried, a millisecond apart, if they are in use.
const ATTEMPTS: u32 = 100;
/// Names later than this after the present are not those of this program: a clock that was wrong by
/// more would leave no room for later names.
const HORIZON: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// An archived file.
struct ArchivedFile {
    name: OsString,
    time: Timestamp,
    ending: Ending,
    stat: Stat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Plain,
    Compressed,
    Unfinished,
}

/// Returns true if a file `name` in the folder of the output file `output` would be taken for one of its
/// archived files.
pub fn is_archive_name(output: &OsStr, name: &OsStr) -> bool {
    parse(output, name).is_some()
}

fn archive_name(output: &OsStr, time: Timestamp) -> OsString {
    let mut name = output.to_owned();
    name.push(time.strftime(".%Y%m%dT%H%M%S.%3fZ").to_string());
    name
}

/// Returns time and ending of an archive name, `None` for any other name: what this program has not
/// written is never removed.
fn parse(output: &OsStr, name: &OsStr) -> Option<(Timestamp, Ending)> {
    let rest = name.as_bytes().strip_prefix(output.as_bytes())?;
    let (stamp, ending) = rest.split_at_checked(STAMP)?;
    let ending = match ending {
        b"" => Ending::Plain,
        ending if ending == COMPRESSED.as_bytes() => Ending::Compressed,
        ending if ending == UNFINISHED.as_bytes() => Ending::Unfinished,
        _ => return None,
    };
    let time: Timestamp = std::str::from_utf8(stamp)
        .ok()?
        .strip_prefix('.')?
        .parse()
        .ok()?;
    let exact = archive_name(output, time);
    (exact.as_bytes() == &name.as_bytes()[..output.len() + STAMP]).then_some((time, ending))
}

/// Renames the file `file` at `place` to an archive name that sorts after all others, even if the clock
/// was set back.
///
/// # Errors
/// If the folder cannot be read, the file cannot be renamed, or `place` has another file.
pub(super) fn archive_current(place: &Place, file: &File) -> io::Result<()> {
    let (folder, name) = (place.folder(), place.name());
    let found = folder.examine(name)?;
    if !found.is_some_and(|found| fstat(file).is_ok_and(|own| is_same(&found, &own))) {
        return Err(io::Error::other("another program replaced it"));
    }
    let now = Timestamp::now();
    let last = list(place, now, |_, _| {})?.pop().map(|old| old.time);
    let next = |time: Timestamp| time.checked_add(Duration::from_millis(1));
    let soonest = last.and_then(|last| next(last).ok());
    let mut time = soonest.map_or(now, |soonest| soonest.max(now));
    for _ in 0..ATTEMPTS {
        match folder.rename(name, &archive_name(name, time), false) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                time = next(time).map_err(io::Error::other)?;
            }
            result => return result,
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Returns all archived files of the output file at `place`, oldest first. `ignored` is called for each
/// entry with such a name that is not a file of this program, and the reason.
fn list(
    place: &Place,
    now: Timestamp,
    mut ignored: impl FnMut(&OsStr, &io::Error),
) -> io::Result<Vec<ArchivedFile>> {
    let folder = place.folder();
    let horizon = now.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
    let mut all = Vec::new();
    for name in folder.names()? {
        let Some((time, ending)) = parse(place.name(), &name) else {
            continue;
        };
        let examine = || {
            if time > horizon {
                return Err(io::Error::other("its time is more than a century ahead"));
            }
            let stat = folder.examine(&name)?;
            let stat = stat.ok_or(io::ErrorKind::NotFound)?;
            folder.check_own(&name, &stat)?;
            Ok(stat)
        };
        match examine() {
            Ok(stat) => all.push(ArchivedFile {
                name,
                time,
                ending,
                stat,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => ignored(&name, &error),
        }
    }
    all.sort_by(|a, b| (a.time, &a.name).cmp(&(b.time, &b.name)));
    Ok(all)
}

/// Removes and compresses archived files. What fails is logged once, and retried after every rotation.
#[derive(Default)]
pub(super) struct Tidier {
    /// Names whose failure was logged.
    logged: HashSet<OsString>,
}

impl Tidier {
    /// Removes all but the newest `keep` files (0 keeps all), and compresses all but the newest, which a
    /// log shipper that lags may still read. Returns how many files that failed for.
    pub(super) fn tidy(&mut self, place: &Place, keep: usize, compress_old: bool) -> u64 {
        let folder = place.folder();
        let ignored = |name: &OsStr, error: &io::Error| {
            if self.logged.insert(name.to_owned()) {
                let path = folder.path_of(name);
                let path = path.display();
                warn!("{path} has the name of an archived file and is ignored: {error}");
            }
        };
        let mut all = match list(place, Timestamp::now(), ignored) {
            Ok(all) => all,
            Err(error) => return self.failed(folder, place.name(), "tidy up after", &error),
        };
        let mut failed = 0;
        // An earlier process ended while it compressed the file.
        for old in all.extract_if(.., |old| old.ending == Ending::Unfinished) {
            let removed = remove_stale(folder, &old.name);
            failed += self.note(folder, &old.name, "remove", removed);
        }
        let mut times: Vec<_> = all.iter().map(|old| old.time).collect();
        times.dedup();
        let surplus = match keep {
            0 => 0,
            keep => times.len().saturating_sub(keep),
        };
        let newest = times.last().copied();
        for old in &all {
            if times[..surplus].contains(&old.time) {
                let removed = folder.remove(&old.name, &old.stat);
                if removed.is_ok() {
                    info!("removed {}", folder.path_of(&old.name).display());
                }
                failed += self.note(folder, &old.name, "remove", removed);
            } else if compress_old && old.ending == Ending::Plain && Some(old.time) != newest {
                let compressed = compress(folder, &old.name);
                failed += self.note(folder, &old.name, "compress", compressed);
            }
        }
        failed
    }

    /// Logs an error, if it is one. Returns the number of errors.
    fn note(&mut self, folder: &Folder, name: &OsStr, what: &str, done: io::Result<()>) -> u64 {
        match done {
            Ok(()) => {
                self.logged.remove(name);
                0
            }
            Err(error) => self.failed(folder, name, what, &error),
        }
    }

    fn failed(&mut self, folder: &Folder, name: &OsStr, what: &str, error: &io::Error) -> u64 {
        if self.logged.insert(name.to_owned()) {
            let path = folder.path_of(name);
            let path = path.display();
            warn!("cannot {what} {path}: {error}; retrying after every rotation");
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_archive_names_are_recognized() {
        let output = OsStr::new("net.ndjson");
        let time: Timestamp = "2026-11-24T04:08:44.602899Z".parse().unwrap();
        assert_eq!(
            archive_name(output, time),
            "net.ndjson.20261124T040844.602Z"
        );
        for own in [
            "net.ndjson.20261124T040844.602Z",
            "net.ndjson.20261124T040844.602Z.zst",
            "net.ndjson.20261124T040844.602Z.zst.part",
            "net.ndjson.99991230T220000.999Z",
        ] {
            assert!(is_archive_name(output, OsStr::new(own)), "{own}");
        }
        for foreign in [
            "net.ndjson",
            "net.ndjson.1",
            "net.ndjson.20261124T040844.602Z.gz",
            "net.ndjson.20261124T040844.602Zx",
            "net.ndjson.2026-11-24T04:08:44.0",
            "net.ndjson.20261324T040844.602Z",
            "net.ndjson.99991231T220000.000Z",
            "net.ndjson.2026112\u{fc}T04084.602Z",
            "other.20261124T040844.602Z",
        ] {
            assert!(!is_archive_name(output, OsStr::new(foreign)), "{foreign}");
        }
        let output = OsStr::from_bytes(b"n\xff");
        let name = OsStr::from_bytes(b"n\xff.20261124T040844.602Z");
        assert!(is_archive_name(output, name));
        assert!(!is_archive_name(
            output,
            OsStr::from_bytes(b"n\xfe.20261124T040844.602Z")
        ));
    }
}
