//! The event socket of a family: a member of the family's multicast groups.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};

use netlink_sys::{Socket, SocketAddr};

use super::EventSource;
use super::family::{Groups, Protocol};
use super::pushdown;
use super::sample::Sample;
use super::sys::{Batch, Datagram, adopt, drops, listen_all_nsid, memberships, set_receive_buffer};
use crate::channel::FamilyId;

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
    /// A classic BPF filter selects what is received.
    is_sampled: bool,
    /// Value of the kernel's drop counter when it was last read.
    drops: u32,
    /// The names of groups, if the controller of generic netlink announced them.
    names: Vec<(u32, String)>,
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
        let socket = socket(protocol, rcvbuf)?;
        Self::of_socket(protocol, socket, protocol.groups(), Vec::new())
    }

    /// The same with these groups alone, by number and name: those of a generic netlink family that the
    /// controller announced, or some of another family. `sample`: only the events of these flows.
    ///
    /// # Errors
    /// As for [`Events::open`].
    pub fn open_groups(
        protocol: &'static dyn Protocol,
        groups: Vec<(u32, String)>,
        rcvbuf: u32,
        sample: Option<&Sample>,
    ) -> io::Result<Self> {
        let socket = socket(protocol, rcvbuf)?;
        Self::of_groups(protocol, socket, groups, sample)
    }

    /// The same for the events of all network namespaces that have a number in that of the calling thread
    /// ([`Datagram::nsid`]).
    ///
    /// # Errors
    /// As for [`Events::open`]; EPERM without CAP_NET_BROADCAST.
    pub fn open_all(protocol: &'static dyn Protocol, rcvbuf: u32) -> io::Result<Self> {
        let socket = socket(protocol, rcvbuf)?;
        listen_all_nsid(socket.as_fd())?;
        let events = Self::of_socket(protocol, socket, protocol.groups(), Vec::new())?;
        Ok(events.with_nsids())
    }

    /// The same with some groups, as [`Events::open_groups`].
    ///
    /// # Errors
    /// As for [`Events::open_all`].
    pub fn open_all_groups(
        protocol: &'static dyn Protocol,
        groups: Vec<(u32, String)>,
        rcvbuf: u32,
        sample: Option<&Sample>,
    ) -> io::Result<Self> {
        let socket = socket(protocol, rcvbuf)?;
        listen_all_nsid(socket.as_fd())?;
        let events = Self::of_groups(protocol, socket, groups, sample)?;
        Ok(events.with_nsids())
    }

    /// The filter comes before the groups: no event of another flow is queued.
    fn of_groups(
        protocol: &'static dyn Protocol,
        socket: Socket,
        groups: Vec<(u32, String)>,
        sample: Option<&Sample>,
    ) -> io::Result<Self> {
        if let Some(sample) = sample {
            sample.attach(socket.as_fd())?;
        }
        let events = Self::of_socket(protocol, socket, Groups::Listed(&[]), groups)?;
        Ok(Events {
            is_sampled: sample.is_some(),
            ..events
        })
    }

    fn with_nsids(self) -> Self {
        Events {
            batch: self.batch.with_nsids(),
            ..self
        }
    }

    /// Takes over a socket that a service manager opened. The manager keeps it open while the
    /// program restarts, so events of that time are queued in it. The receive buffer keeps its size.
    ///
    /// # Errors
    /// If it is not a netlink socket of that protocol; otherwise as for [`Events::open`].
    pub fn take_over(protocol: &'static dyn Protocol, fd: RawFd) -> io::Result<Self> {
        let socket = adopt(fd, protocol)?;
        socket.set_non_blocking(true)?;
        Self::of_socket(protocol, socket, protocol.groups(), Vec::new())
    }

    fn of_socket(
        protocol: &'static dyn Protocol,
        mut socket: Socket,
        groups: Groups,
        names: Vec<(u32, String)>,
    ) -> io::Result<Self> {
        let named: Vec<_> = names.iter().map(|(group, _)| *group).collect();
        let (joined, refused) = match groups {
            Groups::All => join_all(&mut socket),
            Groups::Named(groups) => {
                let groups: Vec<_> = groups.iter().map(|(group, _)| *group).collect();
                join_listed(&mut socket, &groups)
            }
            Groups::Listed(groups) => join_listed(&mut socket, &[groups, &named].concat()),
        };
        let drops = drops(socket.as_fd())?;
        Ok(Events {
            protocol,
            socket,
            batch: Batch::new(SLOTS, BUFFER_SIZE),
            is_sampled: false,
            drops,
            names,
            joined,
            refused,
        })
    }

    /// Drops datagrams in the kernel that begin with a message of another type, unless they have several
    /// messages.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn pass_only(&self, types: &[u16]) -> io::Result<()> {
        pushdown::pass_only(self.socket.as_fd(), types)
    }

    /// Returns true if a classic BPF filter selects what is received: a socket has room for one filter.
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    /// The family of the socket.
    pub fn family(&self) -> FamilyId {
        self.protocol.id()
    }

    /// The socket, for registration with mio.
    pub fn source(&mut self) -> &mut Socket {
        &mut self.socket
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// The name of a group, else its number.
    pub fn group_name(&self, group: u32) -> String {
        let mut names = self.names.iter();
        match names.find(|(number, _)| *number == group) {
            Some((_, name)) => name.clone(),
            None => self.protocol.group_name(group),
        }
    }

    /// Size of the receive buffer as the kernel accounts for it, bytes.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn rcvbuf(&self) -> io::Result<u64> {
        self.socket.get_rx_buf_sz().map(|size| size as u64)
    }
}

/// A socket of that protocol with a receive buffer of `rcvbuf` bytes, in no group.
fn socket(protocol: &dyn Protocol, rcvbuf: u32) -> io::Result<Socket> {
    let mut socket = Socket::new(protocol.id().protocol() as isize)?;
    socket.set_non_blocking(true)?;
    set_receive_buffer(socket.as_fd(), rcvbuf)?;
    socket.bind(&SocketAddr::new(0, 0))?;
    Ok(socket)
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
    fn join(&mut self, groups: &[(u32, String)]) -> io::Result<()> {
        for (group, _) in groups {
            self.socket.add_membership(*group)?;
        }
        Ok(())
    }

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
