//! The socket that reads what exists: one dump (`NLM_F_DUMP`) after the other, without waiting.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;

use log::warn;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use super::frame::Messages;
use super::rtm::rtm;
use super::sys::{Batch, set_receive_buffer};

// linux/netlink.h
const NLM_F_REQUEST: u16 = 0x01;
const NLM_F_DUMP: u16 = 0x300;
const NLM_F_DUMP_INTR: u16 = 0x10;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// Room for one datagram of a dump, bytes. With less the kernel leaves out objects that do not
/// fit, and says that the dump is complete.
const ROOM: usize = 256 * 1024;
/// How often a dump that the kernel calls inconsistent is repeated.
const ATTEMPTS: u32 = 5;

/// What to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `RTM_GET*`
    kind: u16,
    /// The fixed header and attributes.
    body: Vec<u8>,
}

impl Request {
    /// The links, with what `RTEXT_FILTER_*` (linux/rtnetlink.h) adds or leaves out.
    pub fn links(details: bool) -> Self {
        const VF: u32 = 1;
        const SKIP_STATS: u32 = 8;
        let filter = if details { VF } else { VF | SKIP_STATS };
        Self::links_of(0, filter)
    }

    /// The ports of bridges with their VLANs.
    pub fn bridge_links() -> Self {
        const BRVLAN_COMPRESSED: u32 = 4;
        Self::links_of(libc::AF_BRIDGE as u8, BRVLAN_COMPRESSED)
    }

    fn links_of(family: u8, filter: u32) -> Self {
        let mut body = vec![0; 16];
        body[0] = family;
        body.extend(8u16.to_ne_bytes());
        body.extend(libc::IFLA_EXT_MASK.to_ne_bytes());
        body.extend(filter.to_ne_bytes());
        Request {
            kind: libc::RTM_GETLINK,
            body,
        }
    }

    fn plain(kind: u16, length: usize, family: i32) -> Self {
        let mut body = vec![0; length];
        body[0] = family as u8;
        Request { kind, body }
    }

    /// The addresses.
    pub fn addresses() -> Self {
        Self::plain(libc::RTM_GETADDR, 8, libc::AF_UNSPEC)
    }

    /// The neighbours.
    pub fn neighs() -> Self {
        Self::plain(libc::RTM_GETNEIGH, 12, libc::AF_UNSPEC)
    }

    /// The proxy neighbours, which the other dump leaves out.
    pub fn proxy_neighs() -> Self {
        const NTF_PROXY: u8 = 0x08;
        let mut request = Self::neighs();
        request.body[10] = NTF_PROXY;
        request
    }

    /// The forwarding entries.
    pub fn fdb() -> Self {
        Self::plain(libc::RTM_GETNEIGH, 12, libc::AF_BRIDGE)
    }

    /// The rules.
    pub fn rules() -> Self {
        Self::plain(libc::RTM_GETRULE, 12, libc::AF_UNSPEC)
    }

    /// The routes of every family.
    pub fn routes() -> Self {
        Self::plain(libc::RTM_GETROUTE, 12, libc::AF_UNSPEC)
    }

    fn message(&self, seq: u32) -> Vec<u8> {
        let length = 16 + self.body.len() as u32;
        let mut message = Vec::with_capacity(length as usize);
        message.extend(length.to_ne_bytes());
        message.extend(self.kind.to_ne_bytes());
        message.extend((NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
        message.extend(seq.to_ne_bytes());
        message.extend(0u32.to_ne_bytes());
        message.extend(&self.body);
        message
    }
}

/// Dumps that are under way.
pub struct Dumps {
    socket: Socket,
    batch: Batch,
    /// What is still to be asked; the first one is being answered.
    requests: VecDeque<Request>,
    asked: bool,
    seq: u32,
    attempt: u32,
    interrupted: bool,
}

/// What a receive brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Some rows.
    Rows,
    /// Nothing yet.
    Wait,
    /// All dumps are complete.
    Done,
}

impl Dumps {
    /// Opens a socket for these requests.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2).
    pub fn open(requests: impl IntoIterator<Item = Request>) -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.set_non_blocking(true)?;
        set_receive_buffer(socket.as_fd(), 4 * ROOM as u32)?;
        socket.bind(&SocketAddr::new(0, 0))?;
        Ok(Dumps {
            socket,
            batch: Batch::new(1, ROOM),
            requests: requests.into_iter().collect(),
            asked: false,
            seq: 0,
            attempt: 1,
            interrupted: false,
        })
    }

    /// For mio.
    pub fn source(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Goes on without waiting, and gives the next datagram of rows to `rows`.
    ///
    /// # Errors
    /// Those of send(2) and recv(2).
    pub fn advance(&mut self, mut rows: impl FnMut(&[u8])) -> io::Result<Progress> {
        if !self.asked {
            let Some(request) = self.requests.front() else {
                return Ok(Progress::Done);
            };
            self.seq += 1;
            self.interrupted = false;
            self.socket.send(&request.message(self.seq), 0)?;
            self.asked = true;
        }
        match self.batch.receive(self.socket.as_fd()) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Wait),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Progress::Rows),
            Err(error) => return Err(error),
        }
        let (mut ended, mut failure) = (false, 0);
        for datagram in self.batch.datagrams().filter(|d| d.sender == 0).take(1) {
            for message in Messages::new(datagram.bytes).flatten() {
                self.interrupted |= message.flags & NLM_F_DUMP_INTR != 0;
                if matches!(message.kind, NLMSG_DONE | NLMSG_ERROR) {
                    ended = true;
                    failure = message
                        .body
                        .first_chunk()
                        .map_or(0, |b| i32::from_ne_bytes(*b));
                }
            }
            rows(datagram.bytes);
        }
        if ended {
            self.ended(failure);
        }
        Ok(Progress::Rows)
    }

    /// A dump ended: go on to the next, or once more.
    fn ended(&mut self, failure: i32) {
        self.asked = false;
        if self.interrupted && self.attempt < ATTEMPTS {
            self.attempt += 1;
            return;
        }
        let request = self.requests.pop_front();
        let name = request
            .and_then(|request| rtm(request.kind))
            .map_or("", |(_, name, _)| name);
        if self.interrupted {
            warn!(
                "{name}: what exists changed while it was read, {ATTEMPTS} times: some of it may not be known"
            );
        }
        // EOPNOTSUPP: this kernel has no such objects.
        if failure != 0 && failure != -libc::EOPNOTSUPP {
            let error = io::Error::from_raw_os_error(-failure);
            warn!("{name}: the kernel did not say what exists: {error}");
        }
        self.attempt = 1;
    }
}
