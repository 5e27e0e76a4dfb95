//! Archived files: `NAME.20261124T040844.602Z`, with `.zst` once they are compressed. Their names sort
//! in the order in which they were written.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use log::{info, warn};

const COMPRESSED: &str = ".zst";
const UNFINISHED: &str = ".zst.part";
/// The default level of zstd.
const LEVEL: i32 = 3;

/// The archived files of one output file.
pub(super) struct Archive {
    folder: PathBuf,
    name: OsString,
}

/// An archived file.
struct ArchivedFile {
    path: PathBuf,
    time: Timestamp,
    ending: Ending,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Plain,
    Compressed,
    Unfinished,
}

impl Archive {
    /// The archive of the file at `path`.
    pub(super) fn of(path: &Path) -> Self {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        Archive {
            folder: folder.to_owned(),
            name: path.file_name().unwrap_or_default().to_owned(),
        }
    }

    /// Renames the file at `path` to an archive name that sorts after all others, even if the clock
    /// was set back.
    ///
    /// # Errors
    /// If the folder cannot be read or the file cannot be renamed.
    pub(super) fn archive_current(&self, path: &Path) -> io::Result<()> {
        let last = self.list()?.pop().map(|old| old.time);
        let soonest = last.map(|time| time + Duration::from_millis(1));
        let now = Timestamp::now();
        let time = soonest.map_or(now, |soonest| soonest.max(now));
        fs::rename(path, self.path(time))
    }

    fn path(&self, time: Timestamp) -> PathBuf {
        let mut name = self.name.clone();
        name.push(time.strftime(".%Y%m%dT%H%M%S.%3fZ").to_string());
        self.folder.join(name)
    }

    /// Returns all archived files, oldest first.
    fn list(&self) -> io::Result<Vec<ArchivedFile>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            all.extend(
                self.parse(&entry.file_name())
                    .map(|(time, ending)| ArchivedFile {
                        path: entry.path(),
                        time,
                        ending,
                    }),
            );
        }
        all.sort_by(|a, b| (a.time, &a.path).cmp(&(b.time, &b.path)));
        Ok(all)
    }

    /// Returns time and ending of an archive name, `None` for any other name: what this program has
    /// not written is never removed.
    fn parse(&self, name: &OsStr) -> Option<(Timestamp, Ending)> {
        let rest = name.to_str()?.strip_prefix(self.name.to_str()?)?;
        let rest = rest.strip_prefix('.')?;
        let (stamp, ending) = rest.split_at_checked("20261124T040844.602Z".len())?;
        let ending = match ending {
            "" => Ending::Plain,
            COMPRESSED => Ending::Compressed,
            UNFINISHED => Ending::Unfinished,
            _ => return None,
        };
        let time: Timestamp = stamp.parse().ok()?;
        (self.path(time).file_name()?.to_str()? == &name.to_str()?[..self.name.len() + 21])
            .then_some((time, ending))
    }

    /// Removes all but the newest `keep` files (0 keeps all), and compresses all but the newest,
    /// which a log shipper that lags may still read. What fails is retried after the next rotation.
    pub(super) fn tidy(&self, keep: usize, compress: bool) {
        if let Err(error) = self.try_tidy(keep, compress) {
            let folder = self.folder.display();
            warn!(
                "cannot compress or remove archived files in {folder}: {error}; retrying after the next rotation"
            );
        }
    }

    fn try_tidy(&self, keep: usize, compress: bool) -> io::Result<()> {
        let mut all = self.list()?;
        // An earlier process ended while it compressed the file.
        for old in all.extract_if(.., |old| old.ending == Ending::Unfinished) {
            fs::remove_file(old.path)?;
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
                fs::remove_file(&old.path)?;
                info!("removed {}", old.path.display());
            } else if compress && old.ending == Ending::Plain && Some(old.time) != newest {
                let mut target = old.path.clone().into_os_string();
                target.push(COMPRESSED);
                if !all.iter().any(|other| other.path == *target) {
                    compress_file(&old.path, Path::new(&target))?;
                }
                fs::remove_file(&old.path)?;
            }
        }
        Ok(())
    }
}

/// Compresses `path` into `target`, which appears only once it is complete.
fn compress_file(path: &Path, target: &Path) -> io::Result<()> {
    let part = target.with_extension("zst.part");
    let result = compress_into(path, &part).and_then(|()| fs::rename(&part, target));
    if result.is_err() {
        let _ = fs::remove_file(&part);
    }
    result
}

fn compress_into(path: &Path, part: &Path) -> io::Result<()> {
    let mut from = File::open(path)?;
    let data = from.metadata()?;
    let to = File::create(part)?;
    to.set_permissions(data.permissions())?;
    let mut encoder = zstd::Encoder::new(&to, LEVEL)?;
    encoder.include_checksum(true)?;
    io::copy(&mut from, &mut encoder)?;
    encoder.finish()?;
    to.set_modified(data.modified()?)?;
    to.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_archive_names_are_recognized() {
        let archive = Archive::of(Path::new("/var/log/net.ndjson"));
        let is_archive = |name: &str| archive.parse(OsStr::new(name)).is_some();
        let time: Timestamp = "2026-11-24T04:08:44.602899Z".parse().unwrap();
        let path = archive.path(time);
        assert_eq!(
            path.to_str(),
            Some("/var/log/net.ndjson.20261124T040844.602Z")
        );
        assert!(is_archive("net.ndjson.20261124T040844.602Z"));
        assert!(is_archive("net.ndjson.20261124T040844.602Z.zst"));
        assert!(is_archive("net.ndjson.20261124T040844.602Z.zst.part"));
        for foreign in [
            "net.ndjson",
            "net.ndjson.1",
            "net.ndjson.20261124T040844.602Z.gz",
            "net.ndjson.20261124T040844.602Zx",
            "net.ndjson.2026-11-24T04:08:44.0",
            "net.ndjson.20261324T040844.602Z",
            "other.20261124T040844.602Z",
        ] {
            assert!(!is_archive(foreign), "{foreign}");
        }
    }
}
