//! The event socket of a family: a member of the family's multicast groups.

use std::io;
use std::os::fd::{AsFd, RawFd};

use netlink_sys::{Socket, SocketAddr};

use super::EventSource;
use super::family::{Groups, Protocol};
use super::sys::{Batch, Datagram, adopt, drops, listen_all_nsid, memberships, set_receive_buffer};

/// Initial size of the buffer for one datagram, bytes; it grows after a truncated one. The longest
/// datagram seen, a link with 496 alternative names, takes a quarter of it. Not a power of two:
/// otherwise all slots would map to the same sets of the processor's caches.
const BUFFER_SIZE: usize = 256 * 1024 + 320;
/// Datagrams received with one system call.
const SLOTS: usize = 32;
/// Upper bound for group numbers; rtnetlink has 39 in Linux 6.18.
const MAX_GROUPS: u32 = 1024;

/// A socket that receives the multicast messages of one family.
pub struct Events {
    protocol: &'static dyn Protocol,
    socket: Socket,
    batch: Batch,
    /// Value of the kernel's drop counter when it was last read.
    drops: u32,
    /// The groups that were joined.
    pub joined: Vec<u32>,
    /// The groups that could not be joined, and why.
    pub refused: Vec<(u32, io::Error)>,
}

impl Events {
    /// Opens a socket of that protocol with a receive buffer of `rcvbuf` bytes, and joins the
    /// protocol's groups.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2). A group that cannot be joined is not an
    /// error: see [`Events::refused`].
    pub fn open(protocol: &'static dyn Protocol, rcvbuf: u32) -> io::Result<Self> {
        let mut socket = Socket::new(protocol.id().protocol() as isize)?;
        socket.set_non_blocking(true)?;
        set_receive_buffer(socket.as_fd(), rcvbuf)?;
        socket.bind(&SocketAddr::new(0, 0))?;
        Self::join(protocol, socket)
    }

    /// The same for the events of all network namespaces that have a number in that of the calling thread
    /// ([`Datagram::nsid`]).
    ///
    /// # Errors
    /// As for [`Events::open`]; EPERM without CAP_NET_BROADCAST.
    pub fn open_all(protocol: &'static dyn Protocol, rcvbuf: u32) -> io::Result<Self> {
        let mut socket = Socket::new(protocol.id().protocol() as isize)?;
        socket.set_non_blocking(true)?;
        set_receive_buffer(socket.as_fd(), rcvbuf)?;
        socket.bind(&SocketAddr::new(0, 0))?;
        listen_all_nsid(socket.as_fd())?;
        let mut events = Self::join(protocol, socket)?;
        events.batch = events.batch.with_nsids();
        Ok(events)
    }

    /// Takes over a socket that a service manager opened. The manager keeps it open while the
    /// program restarts, so events of that time are queued in it. The receive buffer keeps its size.
    ///
    /// # Errors
    /// If it is not a netlink socket of that protocol; otherwise as for [`Events::open`].
    pub fn take_over(protocol: &'static dyn Protocol, fd: RawFd) -> io::Result<Self> {
        let socket = adopt(fd, protocol)?;
        socket.set_non_blocking(true)?;
        Self::join(protocol, socket)
    }

    fn join(protocol: &'static dyn Protocol, mut socket: Socket) -> io::Result<Self> {
        let (joined, refused) = match protocol.groups() {
            Groups::All => join_all(&mut socket),
            Groups::Listed(groups) => join_listed(&mut socket, groups),
        };
        let drops = drops(socket.as_fd())?;
        Ok(Events {
            protocol,
            socket,
            batch: Batch::new(SLOTS, BUFFER_SIZE),
            drops,
            joined,
            refused,
        })
    }

    /// The socket, for registration with mio.
    pub fn source(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// The name of a group, else its number.
    pub fn group_name(&self, group: u32) -> String {
        self.protocol.group_name(group)
    }

    /// Size of the receive buffer as the kernel accounts for it, bytes.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn rcvbuf(&self) -> io::Result<u64> {
        self.socket.get_rx_buf_sz().map(|size| size as u64)
    }
}

type Memberships = (Vec<u32>, Vec<(u32, io::Error)>);

/// Joins every group, up to the first that the kernel does not have.
fn join_all(socket: &mut Socket) -> Memberships {
    let already = memberships(socket.as_fd()).unwrap_or_default();
    let (mut joined, mut refused) = (Vec::new(), Vec::new());
    for group in 1..MAX_GROUPS {
        match socket.add_membership(group) {
            Ok(()) => joined.push(group),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            Err(_) if already.contains(&group) => joined.push(group),
            Err(error) => refused.push((group, error)),
        }
    }
    (joined, refused)
}

fn join_listed(socket: &mut Socket, groups: &[u32]) -> Memberships {
    let (mut joined, mut refused) = (Vec::new(), Vec::new());
    for group in groups {
        match socket.add_membership(*group) {
            Ok(()) => joined.push(*group),
            Err(error) => refused.push((*group, error)),
        }
    }
    (joined, refused)
}

impl EventSource for Events {
    fn receive(&mut self) -> io::Result<()> {
        self.batch.grow();
        self.batch.receive(self.socket.as_fd()).map(drop)
    }

    fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        self.batch.datagrams()
    }

    fn dropped(&mut self) -> io::Result<u32> {
        let now = drops(self.socket.as_fd())?;
        let since = now.wrapping_sub(self.drops);
        self.drops = now;
        Ok(since)
    }
}
