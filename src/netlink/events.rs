//! The socket that the kernel tells its changes on.

use std::io;
use std::os::fd::{AsFd, RawFd};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use super::sys::{Batch, Datagram, adopt, drops, memberships, set_receive_buffer};
use super::{EventSource, groups};

/// Room for one event, bytes; it grows where one is longer. The longest one seen, a link with 496
/// alternative names, takes a quarter of it. No power of two: that would have all of them in the
/// same few places of the processor's caches.
const BUFFER_SIZE: usize = 256 * 1024 + 320;
/// Events that are received with one call.
const SLOTS: usize = 32;
/// More groups than any kernel will have.
const MAX_GROUPS: u32 = 1024;

/// A socket that is a member of every multicast group of rtnetlink.
pub struct Events {
    socket: Socket,
    batch: Batch,
    /// What the drops counter said when it was last read.
    drops: u32,
    /// The groups it is a member of.
    pub joined: Vec<u32>,
    /// The groups that could not be joined, and why.
    pub refused: Vec<(u32, io::Error)>,
}

impl Events {
    /// Opens the socket and joins every group of this kernel. `rcvbuf` is the size of its
    /// receive buffer in bytes.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2); a group that cannot be joined is none.
    pub fn open(rcvbuf: u32) -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.set_non_blocking(true)?;
        set_receive_buffer(socket.as_fd(), rcvbuf)?;
        socket.bind(&SocketAddr::new(0, 0))?;
        Self::join(socket)
    }

    /// Takes over a socket that a service manager opened, and keeps while we are not there: what
    /// happened since is queued in it. Its buffer stays as it is.
    ///
    /// # Errors
    /// Where it is no socket of rtnetlink; else as [`Events::open`].
    pub fn take_over(fd: RawFd) -> io::Result<Self> {
        let socket = adopt(fd)?;
        socket.set_non_blocking(true)?;
        Self::join(socket)
    }

    fn join(socket: Socket) -> io::Result<Self> {
        let already = memberships(socket.as_fd()).unwrap_or_default();
        let (mut joined, mut refused) = (Vec::new(), Vec::new());
        for group in 1..MAX_GROUPS {
            match socket.add_membership(group) {
                Ok(()) => joined.push(group),
                // There are no more.
                Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
                Err(_) if already.contains(&group) => joined.push(group),
                Err(error) => refused.push((group, error)),
            }
        }
        let drops = drops(socket.as_fd())?;
        Ok(Events {
            socket,
            batch: Batch::new(SLOTS, BUFFER_SIZE),
            drops,
            joined,
            refused,
        })
    }

    /// For mio.
    pub fn source(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Names of groups, for people.
    pub fn group_names(groups: &[u32]) -> Vec<String> {
        groups.iter().map(|group| groups::name(*group)).collect()
    }

    /// Size of the receive buffer as the kernel counts it, bytes.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn rcvbuf(&self) -> io::Result<u64> {
        self.socket.get_rx_buf_sz().map(|size| size as u64)
    }
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
