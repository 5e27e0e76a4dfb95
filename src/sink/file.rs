//! A file of lines: opened for appending, and never left with half a line.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// How every line of ours begins.
const OURS: &[u8] = b"{\"v\":";
/// How far back the end of the last whole line is searched, bytes.
const TAIL: u64 = 16 * 1024 * 1024;

/// A file of lines.
pub struct AppendFile {
    file: File,
    path: PathBuf,
}

impl AppendFile {
    /// Opens or makes the file. A half line that a killed run of ours left is cut off; any other
    /// unended line is ended.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let open = || -> io::Result<File> {
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            let file = match options.clone().read(true).open(path) {
                // A file that we may write but not read, or a FIFO's other end.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    return options.open(path);
                }
                file => file?,
            };
            if file.metadata()?.is_file() {
                mend(&file)?;
            }
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(AppendFile {
                file,
                path: path.to_owned(),
            }),
            Err(source) => Err(Error::OpenOutput {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Writes whole lines, or none of the one that does not fit.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), Error> {
        let mut rest = lines;
        let source = loop {
            if rest.is_empty() {
                return Ok(());
            }
            match self.file.write(rest) {
                Ok(0) => break io::ErrorKind::WriteZero.into(),
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break error,
            }
        };
        let written = &lines[..lines.len() - rest.len()];
        let torn = written
            .iter()
            .rev()
            .take_while(|byte| **byte != b'\n')
            .count() as u64;
        if torn > 0 && self.file.metadata().is_ok_and(|data| data.is_file()) {
            let end = self.file.metadata().map_or(0, |data| data.len());
            // Nothing more can be done where this fails too: the error below tells.
            let _ = self.file.set_len(end.saturating_sub(torn));
        }
        Err(Error::Write {
            name: self.path.display().to_string(),
            source,
        })
    }
}

/// Sees to it that the file ends with a whole line.
fn mend(mut file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(length.saturating_sub(1)))?;
    let mut last = Vec::new();
    file.read_to_end(&mut last)?;
    if last.is_empty() || last == b"\n" {
        return Ok(());
    }
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut tail)?;
    let end = tail
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let whole = end > 0 || from == 0;
    if whole && tail[end..].starts_with(OURS) {
        file.set_len(from + end as u64)
    } else {
        file.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(before: &str, line: &str) -> String {
        let name = format!("nlstream-sink-{}-{}", std::process::id(), before.len());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, before).unwrap();
        AppendFile::open(&path)
            .unwrap()
            .write(line.as_bytes())
            .unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        text
    }

    #[test]
    fn a_torn_line_of_ours_is_cut_and_a_foreign_one_is_ended() {
        assert_eq!(after("", "b\n"), "b\n");
        assert_eq!(after("a\n", "b\n"), "a\nb\n");
        assert_eq!(after("a\n{\"v\":1,\"ru", "b\n"), "a\nb\n");
        assert_eq!(after("{\"v\":1", "b\n"), "b\n");
        assert_eq!(after("a\nnotes", "b\n"), "a\nnotes\nb\n");
    }

    #[test]
    fn nothing_to_write_is_no_error() {
        let mut full = AppendFile::open(Path::new("/dev/full")).unwrap();
        full.write(b"").unwrap();
    }

    #[test]
    fn a_full_disk_is_an_error_that_says_so() {
        let mut full = AppendFile::open(Path::new("/dev/full")).unwrap();
        let error = full.write(b"{}\n").unwrap_err();
        assert!(error.to_string().contains("/dev/full"), "{error}");
    }
}
