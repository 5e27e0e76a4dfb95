//! System calls without a wrapper in std or the crates: the only unsafe code of the benches.
#![allow(
    unsafe_code,
    reason = "system calls whose cost is measured, without a wrapper"
)]

use std::ffi::CStr;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// The resources that a process used until its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub user: Duration,
    pub system: Duration,
    /// The largest resident memory, KiB.
    pub memory: u64,
    /// The status of wait(2).
    pub status: i32,
}

/// Waits for a child to end (wait4(2)).
pub(crate) fn wait(pid: u32) -> io::Result<Used> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    let mut status = 0;
    // SAFETY: a plain C structure, for which zero is a valid value.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    loop {
        // SAFETY: both places live, and are written by the kernel only in this call.
        let result = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
        if result == pid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let time = |time: libc::timeval| {
        let micros = u32::try_from(time.tv_usec).unwrap_or(0);
        Duration::new(time.tv_sec.unsigned_abs(), micros * 1000)
    };
    Ok(Used {
        user: time(usage.ru_utime),
        system: time(usage.ru_stime),
        memory: usage.ru_maxrss.unsigned_abs(),
        status,
    })
}

/// Sends a signal to a process (kill(2)).
pub(crate) fn kill(pid: u32, signal: i32) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    // SAFETY: no memory is involved.
    checked(unsafe { libc::kill(pid, signal) })
}

/// Binds this thread, and its later children, to one core (sched_setaffinity(2)).
pub(crate) fn bind_to(cores: &[usize]) -> io::Result<()> {
    // SAFETY: a plain C structure, for which zero is a valid value.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    for core in cores {
        // SAFETY: writes one bit inside of `set`, or none where the number is too large.
        unsafe { libc::CPU_SET(*core, &mut set) };
    }
    // SAFETY: the kernel reads the set, which is that long.
    checked(unsafe { libc::sched_setaffinity(0, mem::size_of_val(&set), &raw const set) })
}

/// Returns the cores that this thread may run on (sched_getaffinity(2)).
pub(crate) fn cores() -> io::Result<Vec<usize>> {
    // SAFETY: a plain C structure, for which zero is a valid value.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the kernel writes the set, which is that long.
    checked(unsafe { libc::sched_getaffinity(0, mem::size_of_val(&set), &raw mut set) })?;
    let count = 8 * mem::size_of_val(&set);
    // SAFETY: reads one bit inside of `set`.
    let may = |core: &usize| unsafe { libc::CPU_ISSET(*core, &set) };
    Ok((0..count).filter(may).collect())
}

/// Returns the effective user id.
pub(crate) fn user() -> u32 {
    // SAFETY: no memory is involved.
    unsafe { libc::geteuid() }
}

/// Moves this process to new namespaces, `CLONE_NEW*` (unshare(2)).
pub(crate) fn unshare(namespaces: i32) -> io::Result<()> {
    // SAFETY: no memory is involved.
    checked(unsafe { libc::unshare(namespaces) })
}

/// Returns the index of a network device (if_nametoindex(3)).
pub(crate) fn device(name: &CStr) -> io::Result<u32> {
    // SAFETY: reads a C string.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// Sets an integer option of a socket.
pub(crate) fn set_option(
    socket: BorrowedFd<'_>,
    level: i32,
    option: i32,
    value: libc::c_int,
) -> io::Result<()> {
    // SAFETY: the kernel reads one int.
    checked(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            mem::size_of_val(&value) as libc::socklen_t,
        )
    })
}

/// Waits until the socket can be read (poll(2)). Interrupted by signals.
pub(crate) fn wait_readable(socket: BorrowedFd<'_>, patience: i32) -> io::Result<bool> {
    let mut poll = libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry, which outlives the call.
    let count = unsafe { libc::poll(&raw mut poll, 1, patience) };
    checked(count.min(0))?;
    Ok(count > 0)
}

const SLOTS: usize = 64;
const ROOM: usize = 16 * 1024;

/// The minimal listener: receives datagrams, many with one call, and counts them.
pub(crate) struct Counter {
    buffer: Vec<[u8; ROOM]>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

impl Counter {
    pub(crate) fn new() -> Self {
        // SAFETY: both are plain C structures, for which zero is a valid value.
        let (vector, header) = unsafe { (mem::zeroed(), mem::zeroed()) };
        Counter {
            buffer: vec![[0; ROOM]; SLOTS],
            vectors: vec![vector; SLOTS],
            headers: vec![header; SLOTS],
        }
    }

    /// Receives without waiting. Returns the number of datagrams.
    pub(crate) fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        for ((slot, vector), header) in self
            .buffer
            .iter_mut()
            .zip(&mut self.vectors)
            .zip(&mut self.headers)
        {
            vector.iov_base = slot.as_mut_ptr().cast();
            vector.iov_len = slot.len();
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
        }
        // SAFETY: every header points to a vector, every vector to a slot, all of which live as
        // long as `self`, and none twice.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                SLOTS as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }
}

fn checked(result: i32) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
