//! Landlock: writes are limited to the folders of the outputs, and no path is executed. Reading is not
//! limited: time zones, names of tables and /proc are read, and inputs may be anywhere.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};
use rustix::fs::statfs;

use super::Needs;
use crate::file::{folder_of, target_of};

/// Type of the file system of pipes without a name (linux/magic.h).
const PIPEFS_MAGIC: i64 = 0x5049_5045;

/// Device and inode of each folder in which the process may write; unset if it is not confined.
static FOLDERS: OnceLock<Vec<(u64, u64)>> = OnceLock::new();

/// Returns true if the confinement lets the process create this file.
pub fn is_writable(path: &Path) -> bool {
    let identity = |folder: &Path| fs::metadata(folder).map(|data| (data.dev(), data.ino()));
    FOLDERS.get().is_none_or(|folders| {
        // A folder that does not exist is reported when the file is opened.
        identity(&folder_of(path)).map_or(true, |found| folders.contains(&found))
    })
}

/// Restricts this thread and those that it starts later. Returns false if the kernel has no landlock.
///
/// # Errors
/// If a rule cannot be added.
pub(super) fn restrict(needs: &Needs) -> Result<bool, RulesetError> {
    let abi = ABI::V10;
    let mut scope = Scope::from_all(abi);
    // A socket of the service manager in the abstract namespace.
    let notify = needs.notify.as_ref().map(PathBuf::from);
    if notify
        .as_ref()
        .is_some_and(|path| path.as_os_str().as_encoded_bytes().starts_with(b"@"))
    {
        scope.remove(Scope::AbstractUnixSocket);
    }
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_write(abi) | AccessFs::Execute)?
        .handle_access(AccessNet::from_all(abi))?
        .scope(scope)?
        .create()?;
    let mut folders = Vec::new();
    for output in &needs.outputs {
        let target = target_of(output);
        if is_special(&target) {
            ruleset = add(ruleset, &target, AccessFs::WriteFile.into())?;
            continue;
        }
        for folder in [folder_of(output), folder_of(&target)] {
            let access = AccessFs::WriteFile | AccessFs::Truncate;
            let access = access | AccessFs::MakeReg | AccessFs::RemoveFile;
            ruleset = add(ruleset, &folder, access)?;
            folders.extend(fs::metadata(&folder).map(|data| (data.dev(), data.ino())));
        }
    }
    // It is opened again, to write without blocking.
    let stdout = Path::new("/proc/self/fd/1");
    if is_special(stdout) {
        ruleset = add(ruleset, stdout, AccessFs::WriteFile.into())?;
    }
    if let Some(path) = notify.filter(|path| path.is_absolute()) {
        ruleset = add(ruleset, &path, AccessFs::ResolveUnix.into())?;
    }
    let _ = FOLDERS.set(folders);
    let status = ruleset.restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// Allows the access to a file, or in a folder. One that does not exist cannot be opened anyway.
fn add(
    ruleset: landlock::RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<landlock::RulesetCreated, RulesetError> {
    match PathFd::new(path) {
        Ok(fd) => ruleset.add_rule(PathBeneath::new(fd, access)),
        Err(_) => Ok(ruleset),
    }
}

/// Returns true for a file that is written where it is: a device, or a FIFO with a name. Landlock does
/// not restrict others that are not regular.
fn is_special(path: &Path) -> bool {
    let file_type = fs::metadata(path).map(|data| data.file_type());
    let is_fifo = |path| is_anonymous_pipe(path).is_ok_and(|is_anonymous| !is_anonymous);
    file_type.is_ok_and(|it| it.is_char_device() || (it.is_fifo() && is_fifo(path)))
}

/// Returns true if the file at `path` is in the file system of pipes without a name: the path is one
/// of a descriptor, as /dev/stdout.
///
/// # Errors
/// Those of statfs(2).
fn is_anonymous_pipe(path: &Path) -> std::io::Result<bool> {
    Ok(statfs(path)?.f_type as i64 == PIPEFS_MAGIC)
}
