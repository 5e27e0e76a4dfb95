//! The capabilities that a run keeps.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use caps::Capability::{
    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_SYS_PTRACE,
};
use caps::errors::CapsError;
use caps::{CapSet, Capability};
use log::debug;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use super::{Mode, Needs};
use crate::file::{folder_of, target_of};
use crate::run::capabilities::leave;

/// Gives up all capabilities that the run does not need.
///
/// # Errors
/// If capset(2) or capget(2) fails.
pub(super) fn drop(needs: &Needs) -> Result<(), CapsError> {
    let has = caps::read(None, CapSet::Permitted)?;
    let mut left = HashSet::new();
    // The kernel reports the actor of an LACP bond only with CAP_NET_ADMIN (bond_fill_info).
    if needs.mode == Mode::Live && !needs.has_broker && has.contains(&CAP_NET_ADMIN) {
        left.insert(CAP_NET_ADMIN);
    }
    if left == has {
        return leave(&left);
    }
    caps::set(None, CapSet::Effective, &left)?;
    // Judged without the capabilities: root usually owns its files.
    let (read, write) = (Access::READ_OK, Access::WRITE_OK);
    for input in &needs.inputs {
        keep(CAP_DAC_READ_SEARCH, input, input, read, &has, &mut left)?;
    }
    for output in &needs.outputs {
        let target = target_of(output);
        keep(CAP_DAC_OVERRIDE, output, &target, write, &has, &mut left)?;
        // A file that succeeds it gets its owner.
        if has.contains(&CAP_CHOWN) && is_foreign(&target) && left.insert(CAP_CHOWN) {
            debug!(
                "keeping CAP_CHOWN: {} has another owner or group",
                output.display()
            );
        }
        for path in [folder_of(output), folder_of(&target)] {
            let enter = write | Access::EXEC_OK;
            keep(CAP_DAC_OVERRIDE, output, &path, enter, &has, &mut left)?;
        }
    }
    leave(&left)
}

/// Keeps this capability, and the one for paths through another process (proc(5)), if the file cannot
/// be used without.
fn keep(
    capability: Capability,
    name: &Path,
    path: &Path,
    access: Access,
    has: &HashSet<Capability>,
    left: &mut HashSet<Capability>,
) -> Result<(), CapsError> {
    for capability in [capability, CAP_SYS_PTRACE] {
        let is_denied = accessat(CWD, path, access, AtFlags::EACCESS) == Err(Errno::ACCESS);
        if is_denied && has.contains(&capability) && left.insert(capability) {
            caps::set(None, CapSet::Effective, left)?;
            let name = name.display();
            debug!("keeping {capability}: without it {name} cannot be used");
        }
    }
    Ok(())
}

/// Returns true if the file belongs to another user or group than that of new files.
fn is_foreign(path: &Path) -> bool {
    let own = (geteuid().as_raw(), getegid().as_raw());
    std::fs::metadata(path).is_ok_and(|data| (data.uid(), data.gid()) != own)
}
