//! Gives up privileges that a run does not need once its sockets are open, to contain an attacker who
//! exploits a fault in the handling of netlink messages or files. File access by path stays
//! unrestricted: directories that are created or mounted later must work.

use std::collections::{BTreeMap, HashSet};
use std::env::consts::ARCH;

use caps::{CapSet, Capability};
use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetStatus};
use log::{Level, log};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// Drops privileges of this thread and of those that it starts later. `writes`: the run writes
/// files, among them those of other users if it runs as root; failures are then logged as warnings.
pub(super) fn enter(writes: bool) {
    let level = if writes { Level::Warn } else { Level::Debug };
    if let Err(error) = capabilities(writes) {
        log!(level, "cannot drop capabilities: {error}");
    }
    match landlock() {
        Ok(true) => {}
        Ok(false) => log!(
            level,
            "landlock is not supported by this kernel; continuing without it"
        ),
        Err(error) => log!(level, "cannot apply landlock: {error}"),
    }
    if let Err(error) = system_calls() {
        log!(level, "cannot filter system calls: {error}");
    }
}

fn capabilities(writes: bool) -> Result<(), caps::errors::CapsError> {
    // The kernel reports the actor of an LACP bond only with CAP_NET_ADMIN (bond_fill_info).
    let mut kept = HashSet::from([Capability::CAP_NET_ADMIN]);
    if writes {
        // Without it root cannot write to directories of other users.
        kept.insert(Capability::CAP_DAC_OVERRIDE);
        // A file that succeeds another one gets its owner.
        kept.insert(Capability::CAP_CHOWN);
    }
    let has = caps::read(None, CapSet::Permitted)?;
    let left: HashSet<_> = has.intersection(&kept).copied().collect();
    // A service manager may have dropped all, and filter capset(2) as well.
    if left == has && caps::read(None, CapSet::Inheritable)?.is_empty() {
        return Ok(());
    }
    caps::set(None, CapSet::Effective, &left)?;
    caps::set(None, CapSet::Permitted, &left)?;
    caps::clear(None, CapSet::Inheritable)
}

/// Denies execution, TCP, and the creation of devices, sockets and directories.
fn landlock() -> Result<bool, landlock::RulesetError> {
    let files = AccessFs::Execute
        | AccessFs::RemoveDir
        | AccessFs::MakeDir
        | AccessFs::MakeChar
        | AccessFs::MakeBlock
        | AccessFs::MakeSock
        | AccessFs::MakeFifo
        | AccessFs::MakeSym;
    let status = Ruleset::default()
        .handle_access(files)?
        .handle_access(AccessNet::from_all(ABI::V4))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// System calls that fail with EPERM, since no run needs them.
const DENIED: &[libc::c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_io_uring_setup,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_open_by_handle_at,
];

fn system_calls() -> Result<(), Box<dyn std::error::Error>> {
    let rules: BTreeMap<i64, _> = DENIED.iter().map(|call| (*call, Vec::new())).collect();
    let deny = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, deny, ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(seccompiler::apply_filter_all_threads(&program)?)
}
