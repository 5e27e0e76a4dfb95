//! The network namespace of a bench.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::storm::Kernel;
use crate::common::sys;

/// The user and group id of nobody.
const NOBODY: u32 = 65534;

/// The namespace and the cores of a bench.
pub(crate) struct Place {
    /// True if programs started here have CAP_NET_ADMIN in the initial user namespace.
    pub privileged: bool,
    /// The core of the changes, and the core of the readers.
    pub cores: Option<(usize, usize)>,
}

impl Place {
    /// Moves this process into new namespaces, with a device `v0`, up, and its peer `v1`.
    pub(crate) fn new() -> io::Result<Self> {
        let (user, network) = (libc::CLONE_NEWUSER, libc::CLONE_NEWNET);
        let privileged = sys::user() == 0 && sys::unshare(network).is_ok();
        if !privileged {
            let id = sys::user();
            let group = fs::metadata("/proc/self")?;
            let group = std::os::unix::fs::MetadataExt::gid(&group);
            sys::unshare(user | network)?;
            fs::write("/proc/self/setgroups", "deny")?;
            fs::write("/proc/self/uid_map", format!("0 {id} 1"))?;
            fs::write("/proc/self/gid_map", format!("0 {group} 1"))?;
        }
        // Without this the kernel sends additional events.
        for which in ["all", "default"] {
            let file = format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6");
            if fs::exists(&file)? {
                fs::write(file, "1")?;
            }
        }
        let kernel = Kernel::open()?;
        kernel.make_pair("v0", "v1")?;
        for device in ["lo", "v0", "v1"] {
            kernel.up(device)?;
        }
        kernel.address("v0", [192, 0, 2, 1])?;
        let cores = sys::cores()?;
        let cores = match &cores[..] {
            [first, .., last] => Some((*first, *last)),
            _ => None,
        };
        Ok(Place { privileged, cores })
    }

    /// Returns the core of the readers.
    pub(crate) fn reading(&self) -> Option<usize> {
        self.cores.map(|cores| cores.1)
    }

    /// Runs `storm` on the core of the changes.
    pub(crate) fn changing<T>(&self, storm: impl FnOnce() -> T) -> T {
        let Some((core, _)) = self.cores else {
            return storm();
        };
        let all = sys::cores().expect("sched_getaffinity");
        sys::bind_to(&[core]).expect("sched_setaffinity");
        let result = storm();
        sys::bind_to(&all).expect("sched_setaffinity");
        result
    }
}

/// Makes a command run without any privilege.
pub(crate) fn as_nobody(command: &mut Command) -> &mut Command {
    command.uid(NOBODY).gid(NOBODY)
}
