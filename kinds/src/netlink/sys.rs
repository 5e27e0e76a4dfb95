//! The socket calls that netlink-sys lacks. The only file with unsafe code.

#![allow(
    unsafe_code,
    reason = "recvmmsg(2), getsockopt(2) and other calls that no crate wraps"
)]

use std::convert::Infallible;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use netlink_sys::Socket;

use super::family::Protocol;

/// One datagram of a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    pub bytes: &'a [u8],
    /// Port id of the sender; 0 is the kernel.
    pub sender: u32,
    /// The buffer was too small for it (`MSG_TRUNC`).
    pub truncated: bool,
    /// The number of the network namespace that it is about in that of the socket, which listens to all
    /// namespaces ([`listen_all_nsid`]); `None` for the socket's own namespace, unless that has a number.
    pub nsid: Option<i32>,
}

/// Room for one control message with an int.
#[repr(align(8))]
#[derive(Clone, Copy)]
struct ControlBuffer([u8; 64]);

/// Limit for the growth of a slot, bytes; no datagram is longer.
const MAX_BUFFER_SIZE: usize = 16 << 20;

/// Buffers for several datagrams, which one system call receives (recvmmsg(2)).
pub struct Batch {
    buffer: Vec<u8>,
    /// Size of the buffer for one datagram, bytes.
    slot_size: usize,
    senders: Vec<libc::sockaddr_nl>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    /// One for each slot, or none.
    controls: Vec<ControlBuffer>,
    received: usize,
}

// SAFETY: the pointers in `vectors` and `headers` point into the other fields, and are set again
// before every use.
unsafe impl Send for Batch {}

impl Batch {
    /// Buffers for `slots` datagrams of `slot_size` bytes. The kernel maps their pages when
    /// datagrams fill them.
    pub fn new(slots: usize, slot_size: usize) -> Self {
        // SAFETY: all three are plain C structures, for which zero is a valid value.
        let (sender, vector, header) = unsafe { (mem::zeroed(), mem::zeroed(), mem::zeroed()) };
        Batch {
            buffer: vec![0; slots * slot_size],
            slot_size,
            senders: vec![sender; slots],
            vectors: vec![vector; slots],
            headers: vec![header; slots],
            controls: Vec::new(),
            received: 0,
        }
    }

    /// The same, with [`Datagram::nsid`].
    pub fn with_nsids(self) -> Self {
        Batch {
            controls: vec![ControlBuffer([0; 64]); self.headers.len()],
            ..self
        }
    }

    /// Doubles the slots if a datagram of the last receive was truncated.
    pub fn grow(&mut self) {
        if self.datagrams().any(|datagram| datagram.truncated) {
            let slot_size = (2 * self.slot_size).min(MAX_BUFFER_SIZE);
            let larger = Batch::new(self.headers.len(), slot_size);
            *self = match self.controls.is_empty() {
                true => larger,
                false => larger.with_nsids(),
            };
        }
    }

    /// Receives queued datagrams, without waiting, in place of those received before. Returns
    /// their number.
    ///
    /// # Errors
    /// Those of recvmmsg(2): `WouldBlock` if nothing is queued, ENOBUFS if the kernel dropped
    /// datagrams.
    pub fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        self.received = 0;
        let slots = self.buffer.chunks_exact_mut(self.slot_size);
        for (i, slot) in slots.enumerate() {
            self.vectors[i].iov_base = slot.as_mut_ptr().cast();
            self.vectors[i].iov_len = slot.len();
            let header = &mut self.headers[i].msg_hdr;
            header.msg_name = (&raw mut self.senders[i]).cast();
            header.msg_namelen = mem::size_of::<libc::sockaddr_nl>() as libc::socklen_t;
            header.msg_iov = &raw mut self.vectors[i];
            header.msg_iovlen = 1;
            header.msg_flags = 0;
        }
        for (header, control) in self.headers.iter_mut().zip(&mut self.controls) {
            header.msg_hdr.msg_control = control.0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = control.0.len() as _;
        }
        // SAFETY: every header points to a sender and a vector, every vector to a slot, and some headers
        // to a control buffer, all of which live as long as `self`, and none twice.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                self.headers.len() as libc::c_uint,
                // An int with glibc, unsigned with musl.
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        self.received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        Ok(self.received)
    }

    /// The datagrams of the last receive, in order.
    pub fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        let slots = self.buffer.chunks_exact(self.slot_size);
        let filled = slots.zip(&self.headers).zip(&self.senders);
        filled
            .take(self.received)
            .map(|((slot, header), sender)| Datagram {
                bytes: &slot[..slot.len().min(header.msg_len as usize)],
                sender: sender.nl_pid,
                truncated: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
                nsid: match self.controls.is_empty() {
                    true => None,
                    false => nsid(&header.msg_hdr),
                },
            })
    }
}

/// The number in the control message of a socket that listens to all namespaces.
fn nsid(header: &libc::msghdr) -> Option<i32> {
    // SAFETY: `msg_control` points to the control buffer of `header`, which is aligned and of which the
    // kernel has filled `msg_controllen` bytes.
    unsafe {
        let control = libc::CMSG_FIRSTHDR(header).as_ref()?;
        let is_nsid = control.cmsg_level == libc::SOL_NETLINK
            && control.cmsg_type == libc::NETLINK_LISTEN_ALL_NSID
            && control.cmsg_len as usize >= libc::CMSG_LEN(4) as usize;
        is_nsid.then(|| libc::CMSG_DATA(control).cast::<i32>().read_unaligned())
    }
}

/// Makes a netlink socket receive the events of all network namespaces that have a number in its own.
///
/// # Errors
/// Those of setsockopt(2); EPERM without CAP_NET_BROADCAST.
pub fn listen_all_nsid(socket: BorrowedFd<'_>) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the kernel reads one int.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_NETLINK,
            libc::NETLINK_LISTEN_ALL_NSID,
            (&raw const on).cast(),
            mem::size_of_val(&on) as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Number of datagrams that the kernel dropped at this socket since it was opened
/// (`SK_MEMINFO_DROPS` of `SO_MEMINFO`, linux/sock_diag.h; a counter of 32 bits that wraps).
///
/// # Errors
/// Those of getsockopt(2).
pub fn drops(socket: BorrowedFd<'_>) -> io::Result<u32> {
    const SK_MEMINFO_DROPS: usize = 8;
    let mut info = [0u32; 9];
    let mut length = mem::size_of_val(&info) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `info`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    match result {
        0 => Ok(info[SK_MEMINFO_DROPS]),
        _ => Err(io::Error::last_os_error()),
    }
}

/// `_IOR(0xb7, 13, __u64)` (linux/nsfs.h).
pub const NS_GET_ID: u32 = 2 << 30 | 8 << 16 | 0xb7 << 8 | 13;

/// The number of a namespace that no other one has until the next boot ([`NS_GET_ID`]); `None` if the
/// kernel does not tell it, or if this is the file descriptor of something else.
pub fn namespace_id(namespace: BorrowedFd<'_>) -> Option<u64> {
    let mut id = 0u64;
    // SAFETY: the kernel writes at most 64 bits to `id`.
    let result = unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_ID as _, &raw mut id) };
    (result == 0).then_some(id)
}

/// Requests a receive buffer of `bytes` bytes. With CAP_NET_ADMIN it may exceed
/// net.core.rmem_max.
///
/// # Errors
/// Those of setsockopt(2).
pub fn set_receive_buffer(socket: BorrowedFd<'_>, bytes: u32) -> io::Result<()> {
    let bytes = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    let set = |option| {
        // SAFETY: the kernel reads one int.
        let result = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                (&raw const bytes).cast(),
                mem::size_of_val(&bytes) as libc::socklen_t,
            )
        };
        match result {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    set(libc::SO_RCVBUFFORCE).or_else(|_| set(libc::SO_RCVBUF))
}

/// Lets a classic BPF program decide which datagrams are queued at the socket (socket(7),
/// `SO_ATTACH_FILTER`).
///
/// # Errors
/// Those of setsockopt(2). `InvalidInput` if the program is too long.
pub fn attach_classic_filter(
    socket: BorrowedFd<'_>,
    program: &mut [libc::sock_filter],
) -> io::Result<()> {
    let length = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let program = libc::sock_fprog {
        len: length,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: the kernel copies `length` instructions, and keeps no pointer to them.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            mem::size_of_val(&program) as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Takes ownership of a socket that another program opened and passed on.
///
/// # Errors
/// If it is not a netlink socket of that protocol. It stays open then.
pub fn adopt(fd: RawFd, protocol: &dyn Protocol) -> io::Result<Socket> {
    let option = |name| {
        let mut value: libc::c_int = -1;
        let mut length = mem::size_of_val(&value) as libc::socklen_t;
        // SAFETY: the kernel writes at most one int.
        let result = unsafe {
            libc::getsockopt(
                fd,
                libc::SOL_SOCKET,
                name,
                (&raw mut value).cast(),
                &raw mut length,
            )
        };
        match result {
            0 => Ok(value),
            _ => Err(io::Error::last_os_error()),
        }
    };
    if option(libc::SO_DOMAIN)? != libc::AF_NETLINK
        || option(libc::SO_PROTOCOL)? != libc::c_int::from(protocol.id().protocol())
    {
        let name = protocol.name();
        let text = format!("it is no netlink socket of the protocol {name}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    // SAFETY: it is an open socket, and no other part of the program uses its number.
    Ok(unsafe { Socket::from_raw_fd(fd) })
}

/// The groups that a netlink socket is a member of (`NETLINK_LIST_MEMBERSHIPS`, linux/netlink.h).
///
/// # Errors
/// Those of getsockopt(2).
pub fn memberships(socket: BorrowedFd<'_>) -> io::Result<Vec<u32>> {
    let mut bits = [0u32; 32];
    let mut length = mem::size_of_val(&bits) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `bits`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_NETLINK,
            libc::NETLINK_LIST_MEMBERSHIPS,
            bits.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    let groups = 1..=bits.len() as u32 * 32;
    let member = |group: &u32| bits[(*group as usize - 1) / 32] >> ((group - 1) % 32) & 1 == 1;
    Ok(groups.filter(member).collect())
}

/// Calls bpf(2). `attributes` is the part of `union bpf_attr` that the command uses.
fn bpf<T>(command: libc::c_long, attributes: &T) -> io::Result<OwnedFd> {
    // SAFETY: the kernel reads `size` bytes of `attributes`; the memory that pointers in it refer to
    // outlives the call. Both commands that are used return a new file descriptor.
    unsafe {
        let size = mem::size_of::<T>();
        let fd = libc::syscall(libc::SYS_bpf, command, &raw const *attributes, size);
        match RawFd::try_from(fd) {
            Ok(fd) if fd >= 0 => Ok(OwnedFd::from_raw_fd(fd)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Creates a BPF map of a type of linux/bpf.h.
///
/// # Errors
/// Those of bpf(2): EPERM without CAP_BPF.
pub fn create_map(kind: u32, key: u32, value: u32, entries: u32) -> io::Result<OwnedFd> {
    const BPF_MAP_CREATE: libc::c_long = 0;
    // `map_type`, `key_size`, `value_size`, `max_entries` and `map_flags`.
    bpf(BPF_MAP_CREATE, &[kind, key, value, entries, 0])
}

/// Loads a BPF socket filter.
///
/// # Errors
/// Those of bpf(2): EPERM without CAP_BPF and CAP_PERFMON; EINVAL and EACCES if the kernel's verifier
/// refuses the program.
pub fn load_filter(program: &[u64]) -> io::Result<OwnedFd> {
    const BPF_PROG_LOAD: libc::c_long = 5;
    const BPF_PROG_TYPE_SOCKET_FILTER: u32 = 1;
    /// The beginning of the structure for `BPF_PROG_LOAD` in `union bpf_attr`.
    #[repr(C)]
    struct Attributes {
        prog_type: u32,
        insn_cnt: u32,
        insns: u64,
        license: u64,
    }
    // bpf_get_current_task_btf() is for programs with a licence compatible with the GPL.
    let license = c"Dual MIT/GPL";
    let attributes = Attributes {
        prog_type: BPF_PROG_TYPE_SOCKET_FILTER,
        insn_cnt: program.len() as u32,
        insns: program.as_ptr() as u64,
        license: license.as_ptr() as u64,
    };
    bpf(BPF_PROG_LOAD, &attributes)
}

/// Attaches a BPF program to a socket.
///
/// # Errors
/// Those of setsockopt(2).
pub fn attach_filter(socket: BorrowedFd<'_>, program: &OwnedFd) -> io::Result<()> {
    let fd = program.as_raw_fd();
    // SAFETY: the kernel reads one int.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_BPF,
            (&raw const fd).cast(),
            mem::size_of_val(&fd) as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The reader of a BPF ring buffer (Documentation/bpf/ringbuf.rst).
pub struct RingBuffer {
    /// A page with the position of the reader, a page with that of the writer, and the data, twice
    /// in a row, so that no record is divided.
    memory: *mut u8,
    page: usize,
    size: usize,
    read: u64,
}

// SAFETY: the memory is used by this value alone, apart from the kernel.
unsafe impl Send for RingBuffer {}

impl RingBuffer {
    /// Maps a ring buffer of `size` bytes.
    ///
    /// # Errors
    /// Those of mmap(2).
    pub fn map(map: &OwnedFd, size: u32) -> io::Result<Self> {
        let (page, size) = (rustix::param::page_size(), size as usize);
        let protect = [libc::PROT_READ | libc::PROT_WRITE, libc::PROT_READ];
        let fd = map.as_raw_fd();
        // SAFETY: the first mapping reserves addresses, which the two others replace; they are of the
        // same length in sum. On an error they are released.
        unsafe {
            let length = 2 * page + 2 * size;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let null = std::ptr::null_mut();
            let memory = libc::mmap(null, length, libc::PROT_NONE, flags, -1, 0);
            if memory == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            let ring = RingBuffer {
                memory: memory.cast(),
                page,
                size,
                read: 0,
            };
            for (number, protect) in protect.into_iter().enumerate() {
                let at = ring.memory.add(number * page).cast();
                let length = if number == 0 { page } else { length - page };
                let flags = libc::MAP_SHARED | libc::MAP_FIXED;
                let offset = (number * page) as libc::off_t;
                if libc::mmap(at, length, protect, flags, fd, offset) == libc::MAP_FAILED {
                    return Err(io::Error::last_os_error());
                }
            }
            Ok(ring)
        }
    }

    /// Removes every complete record, and passes it to `each`.
    pub fn take(&mut self, mut each: impl FnMut(&[u8])) {
        const BUSY: u32 = 1 << 31;
        const DISCARDED: u32 = 1 << 30;
        const HEADER: usize = 8;
        // SAFETY: both positions are aligned 64-bit integers in mapped pages, and the kernel accesses
        // them atomically. A record begins at each position between them, with a header of 8 bytes of
        // which the first 4 are its length and state. The kernel does not change a record that
        // is not busy until the reader's position is behind it. A record is shorter than the buffer,
        // which is mapped twice, so it is in mapped memory as a whole.
        unsafe {
            let reader = &*self.memory.cast::<AtomicU64>();
            let writer = &*self.memory.add(self.page).cast::<AtomicU64>();
            let data = self.memory.add(2 * self.page);
            while self.read < writer.load(Ordering::Acquire) {
                let record = data.add(self.read as usize & (self.size - 1));
                let header = (*record.cast::<AtomicU32>()).load(Ordering::Acquire);
                if header & BUSY != 0 {
                    return;
                }
                let length = (header & !(BUSY | DISCARDED)) as usize;
                let length = length.min(self.size - HEADER);
                if header & DISCARDED == 0 {
                    each(std::slice::from_raw_parts(record.add(HEADER), length));
                }
                self.read += (HEADER + length).next_multiple_of(8) as u64;
                reader.store(self.read, Ordering::Release);
            }
        }
    }
}

impl Drop for RingBuffer {
    fn drop(&mut self) {
        // SAFETY: the addresses are those of `map`, and nothing refers to them any more.
        unsafe {
            libc::munmap(self.memory.cast(), 2 * self.page + 2 * self.size);
        }
    }
}

static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before Rust's runtime, which opens /dev/null in place of closed standard streams.
extern "C" fn note_closed_stdout() {
    // SAFETY: F_GETFD has no effect on any memory.
    let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
    STDOUT_CLOSED.store(flags == -1, Ordering::Relaxed);
}

// SAFETY: the C library calls each function of this section once, before main; `note_closed_stdout`
// uses nothing that is set up later.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_CLOSED_STDOUT: extern "C" fn() = note_closed_stdout;

/// Returns true if the standard output was closed when the program began.
pub fn was_stdout_closed() -> bool {
    STDOUT_CLOSED.load(Ordering::Relaxed)
}

/// Runs `child` in a new process (fork(2)). Returns in this process only.
///
/// # Errors
/// Those of fork(2). `Other` if this process has several threads, of which the new one would lack all but one.
pub fn fork(child: impl FnOnce() -> Infallible) -> io::Result<()> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        let text = format!("the process has {threads} threads");
        return Err(io::Error::other(text));
    }
    // SAFETY: the process has one thread, so no lock is held that nobody releases in the new process.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // A panic must not return to the caller.
            let _ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
            exit(1)
        }
        _ => Ok(()),
    }
}

/// Ends the process without destructors and handlers: those are of the process that forked it.
pub fn exit(status: i32) -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(status) }
}

/// Ignores the signals that a terminal or a service manager sends to all processes of a run.
pub fn ignore_signals() {
    for signal in [
        libc::SIGINT,
        libc::SIGTERM,
        libc::SIGHUP,
        libc::SIGQUIT,
        libc::SIGUSR1,
        libc::SIGUSR2,
    ] {
        // SAFETY: SIG_IGN is no function that could be called.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Closes every file descriptor of a new process but these. Nothing in it may use the others.
pub fn close_all_but(kept: &[RawFd]) {
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten();
    let names = open.flatten().map(|entry| entry.file_name());
    let open: Vec<RawFd> = names.filter_map(|it| it.to_str()?.parse().ok()).collect();
    for fd in open.into_iter().filter(|fd| !kept.contains(fd)) {
        // SAFETY: the caller uses the kept ones alone. That of the folder is closed already.
        unsafe { libc::close(fd) };
    }
}

/// What happens at a refused call: the function that reports its number, and the exit status.
static ON_REFUSED_CALL: OnceLock<(fn(i32), i32)> = OnceLock::new();

/// The beginning of siginfo_t for SIGSYS (sigaction(2)), of which libc has no definition.
#[repr(C)]
struct SigSys {
    signal: libc::c_int,
    errno: libc::c_int,
    code: libc::c_int,
    address: *mut libc::c_void,
    call: libc::c_int,
}

/// SIGSYS was sent by a seccomp filter (asm-generic/siginfo.h).
const SYS_SECCOMP: libc::c_int = 1;

extern "C" fn end_at_refused_call(
    _signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a siginfo_t, which is larger than SigSys.
    let (code, call) = unsafe { ((*info.cast::<SigSys>()).code, (*info.cast::<SigSys>()).call) };
    let mut status = 128 + libc::SIGSYS;
    if let Some((report, refused)) = ON_REFUSED_CALL.get()
        && code == SYS_SECCOMP
    {
        report(call);
        status = *refused;
    }
    // SAFETY: it does not return, and runs no destructors or handlers.
    unsafe { libc::_exit(status) }
}

/// Makes a system call that a seccomp filter traps end the process with this exit status. `report` is
/// called with its number, by a signal handler: it must be async-signal-safe.
///
/// # Errors
/// Those of sigaction(2).
pub fn on_refused_call(report: fn(i32), status: i32) -> io::Result<()> {
    let _ = ON_REFUSED_CALL.set((report, status));
    // SAFETY: a plain C structure, for which zero is a valid value: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
        end_at_refused_call;
    action.sa_sigaction = handler as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: the handler has the signature that SA_SIGINFO requires, and only calls functions that
    // are async-signal-safe.
    match unsafe { libc::sigaction(libc::SIGSYS, &raw const action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
