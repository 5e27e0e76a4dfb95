//! The system calls of a run, each with the reason. Standard libraries make more calls than the code
//! shows: those of glibc and musl are listed, on all architectures that have filters. The table in
//! docs/confinement.md is generated from this one.

use std::fmt::Write as _;

use libc::c_long;

use super::Needs;
use crate::netlink::sys::NS_GET_ID;

/// What the process was started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Streaming live events.
    Live,
    /// `nlstream replay`.
    Replay,
    /// `nlstream state`.
    State,
    /// The thread of a live run that visits network namespaces (`--all-netns`).
    Visit,
    /// The process that sends dump requests with CAP_NET_ADMIN.
    Broker,
}

/// A system call that is not refused.
pub struct Call {
    /// The name of its constant in libc.
    constant: &'static str,
    number: Option<c_long>,
    modes: &'static [Mode],
    reason: &'static str,
    limit: Limit,
}

/// Which arguments are allowed.
enum Limit {
    Any,
    /// The description, and the alternatives. None at all: the call is refused.
    Only(&'static str, fn(&Needs) -> Vec<Vec<Condition>>),
    /// The call fails with ENOSYS, so that the C library makes another one.
    Absent,
}

/// A condition of one argument: the bits of the mask have this value.
pub(super) struct Condition {
    pub argument: u8,
    pub mask: u64,
    pub value: u64,
}

/// The condition that the bits of the mask in an argument, an int, have this value.
fn bits(argument: u8, mask: libc::c_int, value: libc::c_int) -> Condition {
    Condition {
        argument,
        mask: mask.cast_unsigned().into(),
        value: value.cast_unsigned().into(),
    }
}

/// The condition that an argument, an int, has this value.
fn is(argument: u8, value: libc::c_int) -> Condition {
    bits(argument, -1, value)
}

/// The condition that an argument is a null pointer.
fn is_null(argument: u8) -> Condition {
    Condition {
        argument,
        mask: u64::MAX,
        value: 0,
    }
}

/// One alternative for each value of an argument.
fn one_of(argument: u8, values: &[libc::c_int]) -> Vec<Vec<Condition>> {
    values
        .iter()
        .map(|value| vec![is(argument, *value)])
        .collect()
}

impl Call {
    /// Returns the name.
    pub fn name(&self) -> &'static str {
        self.constant.strip_prefix("SYS_").unwrap_or(self.constant)
    }

    /// Returns the number, `None` if this architecture has none.
    pub(super) fn number(&self) -> Option<c_long> {
        self.number
    }

    pub(super) fn is_made_by(&self, mode: Mode) -> bool {
        self.modes.contains(&mode)
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self.limit, Limit::Absent)
    }

    pub(super) fn is_limited(&self) -> bool {
        matches!(self.limit, Limit::Only(..))
    }

    /// Returns the alternatives for its arguments, each of which is a list of conditions.
    pub(super) fn alternatives(&self, needs: &Needs) -> Vec<Vec<Condition>> {
        match self.limit {
            Limit::Only(_, alternatives) => alternatives(needs),
            Limit::Any | Limit::Absent => Vec::new(),
        }
    }
}

/// Returns the calls as a table in Markdown.
pub fn table() -> String {
    let mut table = String::from(
        "| call | live | replay | state | visit | broker | only with | reason |\n|---|---|---|---|---|---|---|---|\n",
    );
    for call in CALLS {
        let name = call.name();
        let of = |mode| if call.is_made_by(mode) { "•" } else { "" };
        let (live, replay, state) = (of(Mode::Live), of(Mode::Replay), of(Mode::State));
        let (visit, broker) = (of(Mode::Visit), of(Mode::Broker));
        let limit = match call.limit {
            Limit::Any => "",
            Limit::Only(description, _) => description,
            Limit::Absent => "never: fails with ENOSYS",
        };
        let reason = call.reason;
        let _ = writeln!(
            table,
            "| `{name}` | {live} | {replay} | {state} | {visit} | {broker} | {limit} | {reason} |"
        );
    }
    table
}

const ALL: &[Mode] = &[Mode::Live, Mode::Replay, Mode::State, Mode::Visit];
/// Those, and the process that sends requests.
const EVERY: &[Mode] = &[
    Mode::Live,
    Mode::Replay,
    Mode::State,
    Mode::Visit,
    Mode::Broker,
];
/// The tasks that the command line names.
const TASKS: &[Mode] = &[Mode::Live, Mode::Replay, Mode::State];
/// Runs that write files.
const RUNS: &[Mode] = &[Mode::Live, Mode::Replay];
/// Those, and the thread that logs while one runs.
const WRITERS: &[Mode] = &[Mode::Live, Mode::Replay, Mode::Visit];
const LIVE: &[Mode] = &[Mode::Live];
/// What the thread that visits namespaces has in common with the run.
const NETLINK: &[Mode] = &[Mode::Live, Mode::Visit];
const VISIT: &[Mode] = &[Mode::Visit];
/// What the process that sends requests has in common with both.
const CHANNEL: &[Mode] = &[Mode::Live, Mode::Visit, Mode::Broker];

/// Makes a [`Call`] of every architecture.
macro_rules! call {
    ($number:ident, $modes:expr, $reason:literal) => {
        call!($number, $modes, $reason, Limit::Any)
    };
    ($number:ident, $modes:expr, $reason:literal, $limit:expr) => {
        Call {
            constant: stringify!($number),
            number: Some(libc::$number),
            modes: $modes,
            reason: $reason,
            limit: $limit,
        }
    };
}

/// Makes a [`Call`] that only x86_64 has.
macro_rules! old {
    ($number:ident, $modes:expr, $reason:literal) => {
        old!($number, $modes, $reason, Limit::Any)
    };
    ($number:ident, $modes:expr, $reason:literal, $limit:expr) => {
        Call {
            constant: stringify!($number),
            #[cfg(target_arch = "x86_64")]
            number: Some(libc::$number),
            #[cfg(not(target_arch = "x86_64"))]
            number: None,
            modes: $modes,
            reason: $reason,
            limit: $limit,
        }
    };
}

const NO_CODE: &str = "no PROT_EXEC";
const NO_SETID: &str = "no set-user-ID or set-group-ID bit";
const OPEN: &str = "no set-user-ID or set-group-ID bit; visit: reading";
const SETID: libc::c_int = (libc::S_ISUID | libc::S_ISGID).cast_signed();

/// linux/prctl.h; not in libc.
const PR_GET_AUXV: libc::c_int = 0x4155_5856;

/// Alternatives for open(2) and openat(2), whose flags are this argument: the mode is the next.
fn open_flags(flags: u8, needs: &Needs) -> Vec<Vec<Condition>> {
    if needs.mode == Mode::Visit {
        let writes = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC;
        return vec![vec![bits(flags, writes, libc::O_RDONLY)]];
    }
    // O_TMPFILE contains O_DIRECTORY, which does not create files.
    let creates = libc::O_CREAT | (libc::O_TMPFILE & !libc::O_DIRECTORY);
    vec![
        vec![bits(flags, creates, 0)],
        vec![bits(flags + 1, SETID, 0)],
    ]
}

/// Flags of clone(2) that make a thread in the same namespaces.
fn thread_flags() -> Vec<Vec<Condition>> {
    let namespaces = libc::CLONE_NEWNS
        | libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET;
    let thread = libc::CLONE_THREAD | libc::CLONE_VM;
    vec![vec![bits(0, thread | namespaces, thread)]]
}

/// Sockets of netlink, and of unix datagrams if there is a service manager to notify.
fn sockets(needs: &Needs) -> Vec<Vec<Condition>> {
    const TYPE: libc::c_int = 0xf;
    let netlink = |protocol| vec![is(0, libc::AF_NETLINK), is(2, protocol)];
    let mut sockets = vec![netlink(libc::NETLINK_ROUTE), netlink(libc::NETLINK_GENERIC)];
    // With a broker each has the one that was opened before the confinement.
    if !needs.has_broker {
        let protocols = needs.protocols.iter();
        sockets.extend(protocols.map(|it| netlink(libc::c_int::from(*it))));
    }
    if needs.notify.is_some() {
        sockets.push(vec![
            is(0, libc::AF_UNIX),
            bits(1, TYPE, libc::SOCK_DGRAM),
            is(2, 0),
        ]);
    }
    sockets
}

/// Options of sockets: those of netlink, and the size of the receive buffer.
fn socket_options(_: &Needs) -> Vec<Vec<Condition>> {
    vec![
        vec![is(1, libc::SOL_NETLINK)],
        vec![is(1, libc::SOL_SOCKET), is(2, libc::SO_RCVBUF)],
        vec![is(1, libc::SOL_SOCKET), is(2, libc::SO_RCVBUFFORCE)],
        vec![is(1, libc::SOL_SOCKET), is(2, libc::SO_ATTACH_FILTER)],
    ]
}

/// Requests of ioctl(2).
fn requests_of_ioctl(needs: &Needs) -> Vec<Vec<Condition>> {
    let mut requests = vec![
        libc::TCGETS as libc::c_int,
        libc::FIONBIO as libc::c_int,
        libc::FIOCLEX as libc::c_int,
    ];
    if needs.mode == Mode::Visit {
        requests.push(NS_GET_ID.cast_signed());
    }
    one_of(1, &requests)
}

/// Of the broker its own sockets; otherwise any.
fn own_sockets(needs: &Needs) -> Vec<Vec<Condition>> {
    match needs.mode {
        Mode::Broker => one_of(0, &needs.sockets),
        _ => vec![vec![bits(0, 0, 0)]],
    }
}

/// The process itself, as the first argument.
fn own_process(_: &Needs) -> Vec<Vec<Condition>> {
    let own = std::process::id().cast_signed();
    vec![vec![is(0, own)]]
}

/// The calls. The kernel looks up those without conditions in a bitmap (5.11 and later), so their
/// order costs nothing.
#[rustfmt::skip]
pub static CALLS: &[Call] = &[
    // Reading and writing.
    call!(SYS_read, EVERY, "files, signals, the standard input"),
    call!(SYS_readv, ALL, "vectored reads of the standard library"),
    call!(SYS_pread64, TASKS, "the beginning and the end of the output file"),
    call!(SYS_write, EVERY, "lines, recordings, messages"),
    call!(SYS_writev, ALL, "vectored writes of the standard library, stderr of musl"),
    call!(SYS_pwritev2, WRITERS, "a socket as standard output or standard error, without blocking"),
    call!(SYS_lseek, ALL, "size and position of files"),
    call!(SYS_close, ALL, "files and sockets"),
    call!(SYS_fcntl, ALL, "flags of descriptors, and copies of them", Limit::Only(
        "F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC",
        |_| one_of(1, &[libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_SETFL, libc::F_DUPFD_CLOEXEC]),
    )),
    call!(SYS_ioctl, ALL, "whether a descriptor is a terminal, sockets without blocking, ids of namespaces", Limit::Only(
        "TCGETS, FIONBIO, FIOCLEX; visit: NS_GET_ID", requests_of_ioctl,
    )),
    // Files.
    call!(SYS_openat, ALL, "inputs, outputs, time zones, names of tables, /proc", Limit::Only(OPEN, |needs| open_flags(2, needs))),
    old!(SYS_open, ALL, "the same (musl)", Limit::Only(OPEN, |needs| open_flags(1, needs))),
    call!(SYS_fstat, ALL, "type, size and identity of open files"),
    call!(SYS_newfstatat, ALL, "the same of paths"),
    old!(SYS_stat, ALL, "the same (musl)"),
    old!(SYS_lstat, ALL, "the same (musl)"),
    call!(SYS_statx, ALL, "the same (standard library)"),
    call!(SYS_statfs, TASKS, "whether an output is a pipe"),
    call!(SYS_fstatfs, TASKS, "the same of open files"),
    call!(SYS_faccessat, TASKS, "whether a file may be used (kernels before 5.8)"),
    call!(SYS_faccessat2, TASKS, "whether a file may be used"),
    old!(SYS_access, TASKS, "the same (C library)"),
    call!(SYS_getdents64, ALL, "archived files of a folder"),
    call!(SYS_getcwd, TASKS, "absolute paths"),
    call!(SYS_readlinkat, ALL, "targets of symbolic links"),
    old!(SYS_readlink, ALL, "the same (C library)"),
    call!(SYS_flock, TASKS, "locks of outputs; whether a run writes a file"),
    call!(SYS_ftruncate, RUNS, "removes a torn line"),
    call!(SYS_fsync, RUNS, "--fsync"),
    call!(SYS_fdatasync, RUNS, "--fsync"),
    call!(SYS_renameat, RUNS, "rotation, metrics"),
    call!(SYS_renameat2, RUNS, "the same (riscv64, and without replacing)"),
    old!(SYS_rename, RUNS, "the same (C library)"),
    call!(SYS_linkat, RUNS, "rotation without replacing a file"),
    call!(SYS_unlinkat, RUNS, "--rotate-keep, unfinished files", Limit::Only("no AT_REMOVEDIR", |_| vec![vec![is(2, 0)]])),
    old!(SYS_unlink, RUNS, "the same (C library)"),
    call!(SYS_fchmod, RUNS, "the mode of the output for the file that follows it", Limit::Only(NO_SETID, |_| vec![vec![bits(1, SETID, 0)]])),
    call!(SYS_fchown, RUNS, "its owner and group"),
    call!(SYS_utimensat, RUNS, "the time of a compressed file", Limit::Only("an open file", |_| vec![vec![is_null(1)]])),
    // Sockets.
    call!(SYS_socket, NETLINK, "netlink, and the service manager", Limit::Only(
        "AF_NETLINK with NETLINK_ROUTE or NETLINK_GENERIC, without a broker also with the protocols of watched families that need CAP_NET_ADMIN; AF_UNIX with SOCK_DGRAM if NOTIFY_SOCKET is set",
        sockets,
    )),
    call!(SYS_socketpair, LIVE, "signals that wake the loop", Limit::Only("AF_UNIX", |_| vec![vec![is(0, libc::AF_UNIX)]])),
    call!(SYS_bind, NETLINK, "groups of a netlink socket"),
    call!(SYS_connect, LIVE, "the service manager", Limit::Only("NOTIFY_SOCKET is set", |needs| {
        needs.notify.iter().map(|_| vec![bits(0, 0, 0)]).collect()
    })),
    call!(SYS_getsockname, NETLINK, "port id of a netlink socket"),
    call!(SYS_getsockopt, LIVE, "size of the receive buffer, losses, groups"),
    call!(SYS_setsockopt, NETLINK, "groups and options of netlink, size of the receive buffer, classic BPF filter of an event socket", Limit::Only(
        "SOL_NETLINK; SO_RCVBUF, SO_RCVBUFFORCE and SO_ATTACH_FILTER of SOL_SOCKET", socket_options,
    )),
    call!(SYS_sendto, CHANNEL, "dump requests, notifications, signals", Limit::Only("broker: its sockets", own_sockets)),
    call!(SYS_sendmsg, NETLINK, "the same (standard library)"),
    call!(SYS_recvfrom, CHANNEL, "dumps, signals"),
    call!(SYS_recvmsg, NETLINK, "dumps"),
    call!(SYS_recvmmsg, NETLINK, "events"),
    call!(SYS_setns, VISIT, "enters a network namespace for a moment", Limit::Only("CLONE_NEWNET", |_| {
        vec![vec![is(1, libc::CLONE_NEWNET)]]
    })),
    // Waiting.
    call!(SYS_epoll_create1, LIVE, "the loop"),
    call!(SYS_epoll_ctl, LIVE, "the loop"),
    call!(SYS_epoll_pwait, LIVE, "the loop"),
    old!(SYS_epoll_wait, LIVE, "the loop (C library)"),
    call!(SYS_ppoll, ALL, "a reader that takes nothing"),
    old!(SYS_poll, ALL, "the same (C library)"),
    call!(SYS_clock_nanosleep, TASKS, "a moment for further events, retries"),
    call!(SYS_nanosleep, TASKS, "the same (older C libraries)"),
    call!(SYS_restart_syscall, EVERY, "a wait that a stop interrupted"),
    call!(SYS_sched_yield, ALL, "locks of the standard library"),
    // Time and identity.
    call!(SYS_clock_gettime, ALL, "times of lines, where the vDSO has no clock, and the CPU time of reads"),
    call!(SYS_clock_getres, TASKS, "the same (C library)"),
    call!(SYS_gettimeofday, TASKS, "the same (C library)"),
    call!(SYS_getrandom, ALL, "id of the run, hash tables"),
    call!(SYS_uname, RUNS, "host and kernel of the `start` line"),
    call!(SYS_getpid, ALL, "the id in NOTIFY_SOCKET's protocol, names of files that replace others"),
    call!(SYS_gettid, ALL, "abort"),
    call!(SYS_getuid, TASKS, "owners of files"),
    call!(SYS_geteuid, TASKS, "owners of files"),
    call!(SYS_getgid, TASKS, "owners of files"),
    call!(SYS_getegid, TASKS, "owners of files"),
    call!(SYS_getgroups, RUNS, "owners of files"),
    // Memory.
    call!(SYS_brk, ALL, "allocation"),
    call!(SYS_mmap, ALL, "allocation, stacks", Limit::Only(NO_CODE, |_| vec![vec![bits(2, libc::PROT_EXEC, 0)]])),
    call!(SYS_mremap, ALL, "allocation"),
    call!(SYS_munmap, ALL, "allocation"),
    call!(SYS_madvise, ALL, "allocation, stacks of threads"),
    call!(SYS_mprotect, ALL, "guard pages, allocation", Limit::Only(NO_CODE, |_| vec![vec![bits(2, libc::PROT_EXEC, 0)]])),
    // Threads and signals.
    call!(SYS_clone, RUNS, "the thread that synchronises, compresses and removes files", Limit::Only(
        "CLONE_THREAD, no new namespace", |_| thread_flags(),
    )),
    call!(SYS_clone3, RUNS, "its flags are in memory, where a filter does not see them: the C library calls clone instead", Limit::Absent),
    call!(SYS_set_robust_list, RUNS, "start of a thread (C library)"),
    call!(SYS_rseq, RUNS, "start of a thread (C library)"),
    call!(SYS_sched_getaffinity, ALL, "number of processors, stack of the first thread (C library)"),
    call!(SYS_prlimit64, ALL, "size of stacks (C library)", Limit::Only("reading, of the process itself", |_| vec![vec![is(0, 0), is_null(2)]])),
    old!(SYS_getrlimit, ALL, "the same (musl)"),
    call!(SYS_prctl, ALL, "names of threads and of memory (C library), size of a page", Limit::Only(
        "PR_SET_NAME, PR_SET_VMA, PR_GET_AUXV", |_| one_of(0, &[libc::PR_SET_NAME, libc::PR_SET_VMA, PR_GET_AUXV]),
    )),
    call!(SYS_futex, ALL, "locks, threads"),
    call!(SYS_rt_sigaction, ALL, "handlers of signals"),
    call!(SYS_rt_sigprocmask, ALL, "abort, start of a thread (C library)"),
    call!(SYS_rt_sigreturn, EVERY, "end of a handler"),
    call!(SYS_sigaltstack, ALL, "report of a stack overflow"),
    call!(SYS_tgkill, ALL, "abort, a second SIGINT", Limit::Only("the process itself", own_process)),
    call!(SYS_tkill, ALL, "the same (musl)", Limit::Only("SIGABRT, SIGINT, SIGTERM", |_| {
        one_of(1, &[libc::SIGABRT, libc::SIGINT, libc::SIGTERM])
    })),
    Call {
        constant: "-1",
        number: Some(0xffff_ffff),
        modes: EVERY,
        reason: "no call: fails with ENOSYS; a tracer such as strace replaces calls by it",
        limit: Limit::Any,
    },
    call!(SYS_exit, ALL, "end of a thread"),
    call!(SYS_exit_group, EVERY, "end of the process"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::FAMILIES;
    use crate::netlink::family::Privilege;

    #[test]
    fn each_call_is_listed_once() {
        let mut names: Vec<_> = CALLS.iter().map(Call::name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn sockets_of_every_family_are_allowed() {
        let needs = Needs::state(&crate::run::state::StateQuery {
            files: Vec::new(),
            at: None,
            diff: None,
            kinds: None,
            filters: Default::default(),
            format: crate::encode::Format::Json,
            partial: false,
        });
        let others = sockets(&needs).len();
        let privileged = FAMILIES
            .iter()
            .filter(|it| it.privilege() == Privilege::NetAdmin);
        let mut needs = Needs {
            protocols: privileged.map(|it| it.id().protocol()).collect(),
            ..needs
        };
        needs.protocols.sort_unstable();
        needs.protocols.dedup();
        let allowed = sockets(&needs);
        assert_eq!(allowed.len(), others + needs.protocols.len());
        // Audit has no dumps, for which a socket is opened again.
        let dumped = FAMILIES
            .iter()
            .filter(|it| it.privilege() == Privilege::NetAdmin || !it.privilege().is_restricted());
        for family in dumped.clone() {
            let protocol = u64::from(family.id().protocol());
            let matches = |conditions: &Vec<Condition>| {
                conditions
                    .iter()
                    .any(|it| it.argument == 2 && it.value == protocol)
            };
            assert!(allowed.iter().any(matches), "{protocol}");
        }
        let protocols: std::collections::BTreeSet<_> =
            dumped.map(|it| it.id().protocol()).collect();
        let expected = protocols.len();
        assert_eq!(
            allowed.len(),
            expected,
            "no unix socket without a service manager"
        );
        needs.has_broker = true;
        assert_eq!(sockets(&needs).len(), others, "the broker has sockets");
    }
}
