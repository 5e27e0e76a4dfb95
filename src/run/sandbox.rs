//! Gives up what a run does not need once its sockets are open. Whoever finds a way in through
//! what the kernel or a file says then gets no further. What the paths of files allow stays as it
//! is: folders that are made or mounted anew must go on to work.

use std::collections::{BTreeMap, HashSet};
use std::env::consts::ARCH;

use caps::{CapSet, Capability};
use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetStatus};
use log::{Level, log};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// Gives it up, for this thread and those that it starts from now on. With `writes` files are
/// written, also those of others that root may write to; what cannot be given up is then said
/// aloud.
pub fn enter(writes: bool) {
    let level = if writes { Level::Warn } else { Level::Debug };
    if let Err(error) = capabilities(writes) {
        log!(level, "the capabilities stay: {error}");
    }
    match landlock() {
        Ok(true) => {}
        Ok(false) => log!(level, "this kernel has no landlock: one wall less"),
        Err(error) => log!(level, "no landlock: {error}"),
    }
    if let Err(error) = system_calls() {
        log!(level, "no filter of system calls: {error}");
    }
}

fn capabilities(writes: bool) -> Result<(), caps::errors::CapsError> {
    // The kernel lists the actor of an LACP bond only to whoever has it (bond_fill_info).
    let mut kept = HashSet::from([Capability::CAP_NET_ADMIN]);
    if writes {
        // As root without it no folder of anybody else could be written to.
        kept.insert(Capability::CAP_DAC_OVERRIDE);
    }
    let has = caps::read(None, CapSet::Permitted)?;
    let left: HashSet<_> = has.intersection(&kept).copied().collect();
    // A service manager may have taken all, and refuse capset(2) itself.
    if left == has && caps::read(None, CapSet::Inheritable)?.is_empty() {
        return Ok(());
    }
    caps::set(None, CapSet::Effective, &left)?;
    caps::set(None, CapSet::Permitted, &left)?;
    caps::clear(None, CapSet::Inheritable)
}

/// No program is started, no device, socket or folder made, nothing said over TCP.
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

/// What no run ever calls: it fails with EPERM.
const REFUSED: &[libc::c_long] = &[
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
    let rules: BTreeMap<i64, _> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(seccompiler::apply_filter_all_threads(&program)?)
}
