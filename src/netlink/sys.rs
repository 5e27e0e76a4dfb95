//! The socket calls that netlink-sys lacks: the only unsafe code of the project.

#![allow(
    unsafe_code,
    reason = "recvmmsg(2), getsockopt(2) and other calls that no crate wraps"
)]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd as _, RawFd};

use netlink_sys::Socket;

/// One datagram of a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    pub bytes: &'a [u8],
    /// Port id of the sender; 0 is the kernel.
    pub sender: u32,
    /// It was longer than its room.
    pub truncated: bool,
}

/// More than any datagram takes, bytes.
const MAX_BUFFER_SIZE: usize = 16 << 20;

/// Room for several datagrams, received with one call (recvmmsg(2)).
pub struct Batch {
    buffer: Vec<u8>,
    /// Room for one datagram, bytes.
    room: usize,
    senders: Vec<libc::sockaddr_nl>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    received: usize,
}

// SAFETY: the pointers in `vectors` and `headers` point into the other fields, and are written
// anew before every use.
unsafe impl Send for Batch {}

impl Batch {
    /// Room for `slots` datagrams of `room` bytes. Memory is used only as datagrams fill it.
    pub fn new(slots: usize, room: usize) -> Self {
        // SAFETY: all three are plain C structures, for which zero is a valid value.
        let (sender, vector, header) = unsafe { (mem::zeroed(), mem::zeroed(), mem::zeroed()) };
        Batch {
            buffer: vec![0; slots * room],
            room,
            senders: vec![sender; slots],
            vectors: vec![vector; slots],
            headers: vec![header; slots],
            received: 0,
        }
    }

    /// Makes twice the room where a datagram of the last receive was longer than it.
    pub fn grow(&mut self) {
        if self.datagrams().any(|datagram| datagram.truncated) {
            *self = Batch::new(self.headers.len(), (2 * self.room).min(MAX_BUFFER_SIZE));
        }
    }

    /// Receives what is queued, without waiting; replaces what was received before.
    ///
    /// # Errors
    /// Those of recvmmsg(2): `WouldBlock` where nothing is queued, ENOBUFS where the kernel lost
    /// something.
    pub fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        self.received = 0;
        let slots = self.buffer.chunks_exact_mut(self.room);
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
        // SAFETY: every header points to a sender and a vector, every vector to a slot, all of
        // which live as long as `self`, and none twice.
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

    /// What was received, in order.
    pub fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        let slots = self.buffer.chunks_exact(self.room);
        let filled = slots.zip(&self.headers).zip(&self.senders);
        filled
            .take(self.received)
            .map(|((slot, header), sender)| Datagram {
                bytes: &slot[..slot.len().min(header.msg_len as usize)],
                sender: sender.nl_pid,
                truncated: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            })
    }
}

/// How many datagrams the kernel dropped at this socket since it was opened (`SK_MEMINFO_DROPS`
/// of `SO_MEMINFO`, linux/sock_diag.h; a counter of 32 bits).
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

/// Asks for a receive buffer of that many bytes. With CAP_NET_ADMIN the system's limit
/// (net.core.rmem_max) does not bind.
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

/// Takes over a descriptor that another program opened and left to us.
///
/// # Errors
/// Where it is no netlink socket of the protocol NETLINK_ROUTE. It stays open then.
pub fn adopt(fd: RawFd) -> io::Result<Socket> {
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
        || option(libc::SO_PROTOCOL)? != libc::NETLINK_ROUTE
    {
        let text = "it is no netlink socket of the protocol route";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    // SAFETY: it is an open socket, and nobody else of this program knows its number.
    Ok(unsafe { Socket::from_raw_fd(fd) })
}

/// The groups that a netlink socket is a member of (`NETLINK_LIST_MEMBERSHIPS`, linux/netlink.h).
///
/// # Errors
/// Those of getsockopt(2).
pub fn memberships(socket: BorrowedFd<'_>) -> io::Result<Vec<u32>> {
    let mut words = [0u32; 32];
    let mut length = mem::size_of_val(&words) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `words`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_NETLINK,
            libc::NETLINK_LIST_MEMBERSHIPS,
            words.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    let groups = 1..=words.len() as u32 * 32;
    let member = |group: &u32| words[(*group as usize - 1) / 32] >> ((group - 1) % 32) & 1 == 1;
    Ok(groups.filter(member).collect())
}
