//! Compression of archived files. A file is removed only after its compressed copy was read back and
//! found equal.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};

use rustix::fs::fstat;

use crate::file::{Attributes, Draft, Folder};

pub(super) const COMPRESSED: &str = ".zst";
pub(super) const UNFINISHED: &str = ".zst.part";
/// The default level of zstd.
const LEVEL: i32 = 3;
/// How much is compared at once, bytes.
const CHUNK: usize = 64 * 1024;

/// How the content of a compressed file compares with that of the plain file.
#[derive(Debug, PartialEq, Eq)]
enum Copy {
    Equal,
    /// It ends early, or is damaged; up to there it is equal.
    Incomplete,
    Different,
}

/// Replaces the file `name` by its compressed copy, which appears only once it is complete.
///
/// # Errors
/// If that fails, or another file has the name of the copy. `name` remains then.
pub(super) fn compress(folder: &Folder, name: &OsStr) -> io::Result<()> {
    let mut target = name.to_owned();
    target.push(COMPRESSED);
    let source = folder.open_own(name)?;
    let copied = match folder.examine(&target)? {
        None => copy(folder, name, &source, &target, false)?,
        // An earlier process may have ended before it removed the plain file.
        Some(_) => match compare(&source, &folder.open_own(&target)?)? {
            (Copy::Equal, length) => length,
            (Copy::Incomplete, _) => copy(folder, name, &source, &target, true)?,
            (Copy::Different, _) => {
                let text = "the compressed file of this name has other content; rename one of them";
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
            }
        },
    };
    let stat = fstat(&source)?;
    if u64::try_from(stat.st_size) != Ok(copied) {
        return Err(io::Error::other("it was written to meanwhile"));
    }
    folder.sync()?;
    folder.remove(name, &stat)
}

/// Writes the compressed copy. Returns the length of the plain content, bytes.
fn copy(
    folder: &Folder,
    name: &OsStr,
    mut source: &File,
    target: &OsStr,
    replace: bool,
) -> io::Result<u64> {
    let mut part = name.to_owned();
    part.push(UNFINISHED);
    let draft = Draft::create(folder, part, Some(&Attributes::of(source)?))?;
    source.rewind()?;
    let mut encoder = zstd::Encoder::new(draft.file(), LEVEL)?;
    encoder.include_checksum(true)?;
    io::copy(&mut source, &mut encoder)?;
    encoder.finish()?;
    let modified = draft.file().set_modified(source.metadata()?.modified()?);
    // The draft belongs to another user if the file does.
    modified.or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => Ok(()),
        _ => Err(error),
    })?;
    draft.file().sync_all()?;
    match compare(source, draft.file())? {
        (Copy::Equal, length) => draft.publish(target, replace).map(|_file| length),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the compressed copy differs from the file",
        )),
    }
}

/// Compares the files. Returns how many bytes of the plain one are equal to the copy as well.
fn compare(mut source: &File, mut copy: &File) -> io::Result<(Copy, u64)> {
    source.rewind()?;
    copy.rewind()?;
    let mut source = BufReader::with_capacity(CHUNK, source);
    let mut copy = zstd::Decoder::new(copy)?;
    let (mut plain, mut decoded) = (vec![0; CHUNK], vec![0; CHUNK]);
    let mut equal = 0;
    loop {
        // An error of the file system looks like damage: then another copy is written.
        let Ok(read) = copy.read(&mut decoded) else {
            return Ok((Copy::Incomplete, equal));
        };
        let expected = read_up_to(&mut source, &mut plain[..read.max(1)])?;
        match read {
            0 if expected == 0 => return Ok((Copy::Equal, equal)),
            0 => return Ok((Copy::Incomplete, equal)),
            _ if plain[..expected] == decoded[..read] => equal += read as u64,
            _ => return Ok((Copy::Different, equal)),
        }
    }
}

/// Reads until the buffer is full or the input ends. Returns the number of bytes.
fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match input.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
