//! The dump socket: one dump (`NLM_F_DUMP`) after the other, without blocking.

use std::io;
use std::os::fd::AsFd;

use mio::{Interest, Registry, Token};
use netlink_packet_core::{NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR};
use netlink_sys::{Socket, SocketAddr};

use super::DumpSource;
use super::family::Protocol;
use super::frame::Messages;
use super::request::Request;
use super::sys::{Batch, set_receive_buffer};

/// Size of the buffer for one datagram of a dump, in bytes; the buffer grows for a longer datagram.
/// With a smaller buffer the kernel leaves out objects that do not fit, and still ends the dump as
/// complete.
const BUFFER_SIZE: usize = 256 * 1024;

/// Datagrams that are discarded before the loop does other work.
const MAX_DISCARDED: u32 = 256;

/// Sends a request on the socket.
pub type Sender = Box<dyn FnMut(&[u8]) -> io::Result<()> + Send>;

/// A socket with at most one dump request in progress.
pub struct Dumps {
    protocol: &'static dyn Protocol,
    /// `None` between the visits of namespaces.
    socket: Option<Socket>,
    batch: Batch,
    /// Number of requests so far.
    count: u32,
    /// Sequence number of the last one.
    seq: u32,
    /// True while a dump is in progress.
    in_progress: bool,
    /// True if the current dump had `NLM_F_DUMP_INTR` or a truncated datagram.
    interrupted: bool,
    /// Datagrams from senders other than the kernel since the last call of `take_refused`, and the
    /// port id of the last of them.
    refused: (u64, u32),
    /// `NETLINK_GET_STRICT_CHK` of the socket. Off for the dumps of a kind: the kernel leaves out
    /// fewer objects then.
    strict: bool,
    /// A new socket would be in another network namespace: the dump that is abandoned is read to its end.
    only: bool,
    /// The dump of this number was abandoned, and has not ended.
    abandoned: Option<u32>,
    /// The request that follows an abandoned dump.
    next: Option<Vec<u8>>,
    /// Sends the requests in place of this process.
    sender: Option<Sender>,
    /// The request could not be sent, with this error number.
    unsent: Option<i32>,
    /// The poll that the socket is registered with.
    poll: Option<(Registry, Token)>,
}

/// The result of one receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Some dump entries: [`Dumps::entries`].
    Entries,
    /// Nothing is queued.
    Wait,
    /// Possibly some dump entries, and the end of the dump.
    Done(Outcome),
}

/// How a dump ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The kernel reports a complete dump.
    Complete,
    /// The objects changed during the dump (`NLM_F_DUMP_INTR`).
    Interrupted,
    /// The kernel ended the dump with this error number.
    Failed(i32),
}

impl Dumps {
    /// Opens a non-blocking dump socket of that protocol.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2).
    pub fn open(protocol: &'static dyn Protocol) -> io::Result<Self> {
        Ok(Dumps {
            socket: Some(socket(protocol)?),
            ..Dumps::visiting(protocol)
        })
    }

    /// Dumps of one namespace after the other: [`DumpSource::attach`] gives it a socket.
    pub fn visiting(protocol: &'static dyn Protocol) -> Self {
        Dumps {
            protocol,
            socket: None,
            batch: Batch::new(1, BUFFER_SIZE),
            count: 0,
            seq: 0,
            in_progress: false,
            interrupted: false,
            refused: (0, 0),
            strict: false,
            only: false,
            abandoned: None,
            next: None,
            sender: None,
            unsent: None,
            poll: None,
        }
    }

    /// From now on `sender` sends the requests on this socket, which remains the only one: this process
    /// cannot open another that may send them.
    pub fn send_by(&mut self, sender: Sender) {
        (self.sender, self.only) = (Some(sender), true);
    }

    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        match &mut self.sender {
            Some(send) => {
                if let Err(error) = send(request) {
                    // The run goes on without the dump.
                    self.unsent = Some(error.raw_os_error().unwrap_or(libc::EPIPE));
                }
                Ok(())
            }
            None => self.socket()?.send(request, 0).map(drop),
        }
    }

    /// The socket.
    ///
    /// # Errors
    /// If it has none.
    pub fn socket(&self) -> io::Result<&Socket> {
        let error = || io::Error::from(io::ErrorKind::NotConnected);
        self.socket.as_ref().ok_or_else(error)
    }

    /// The same for a namespace that the calling thread will leave: the socket remains the only one.
    ///
    /// # Errors
    /// As for [`Dumps::open`].
    pub fn open_only(protocol: &'static dyn Protocol) -> io::Result<Self> {
        let dumps = Dumps::open(protocol)?;
        Ok(Dumps {
            only: true,
            ..dumps
        })
    }

    /// Receives a datagram of the dump that was abandoned; after the last one the next request is sent.
    /// Returns true if none is queued.
    ///
    /// # Errors
    /// Those of recv(2) and send(2).
    fn discard_abandoned(&mut self, seq: u32) -> io::Result<bool> {
        let Some(socket) = &self.socket else {
            return Ok(true);
        };
        match self.batch.receive(socket.as_fd()) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        }
        let own = self.batch.datagrams().filter(|it| it.sender == 0);
        let mut messages = own.flat_map(|it| Messages::new(it.bytes).flatten());
        let is_end = |kind| matches!(kind, NLMSG_DONE | NLMSG_ERROR);
        let has_ended = messages.any(|it| it.seq == seq && is_end(it.kind));
        drop(messages);
        if has_ended {
            self.abandoned = None;
            if let Some(request) = self.next.take() {
                self.send(&request)?;
            }
        }
        Ok(false)
    }

    /// Registers the socket, so that answers wake up this poll.
    ///
    /// # Errors
    /// Those of epoll_ctl(2).
    pub fn register(&mut self, registry: Registry, token: Token) -> io::Result<()> {
        self.poll = Some((registry, token));
        self.register_socket()
    }

    fn register_socket(&mut self) -> io::Result<()> {
        match (&self.poll, &mut self.socket) {
            (Some((registry, token)), Some(socket)) => {
                registry.register(socket, *token, Interest::READABLE)
            }
            _ => Ok(()),
        }
    }
}

/// Counts those of the datagrams received last that other processes sent.
fn count_refused(batch: &Batch, refused: &mut (u64, u32)) {
    for datagram in batch.datagrams().filter(|d| d.sender != 0) {
        *refused = (refused.0.saturating_add(1), datagram.sender);
    }
}

/// Opens a non-blocking dump socket of that protocol in the thread's network namespace.
///
/// # Errors
/// Those of socket(2), bind(2) and setsockopt(2).
pub fn socket(protocol: &dyn Protocol) -> io::Result<Socket> {
    let mut socket = Socket::new(protocol.id().protocol() as isize)?;
    socket.set_non_blocking(true)?;
    set_receive_buffer(socket.as_fd(), 4 * BUFFER_SIZE as u32)?;
    socket.bind(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

impl DumpSource for Dumps {
    fn request(&mut self, request: &Request) -> io::Result<()> {
        self.count += 1;
        self.seq = request.seq().unwrap_or(self.count);
        self.interrupted = false;
        self.batch.grow();
        if request.strict != self.strict {
            // Linux before 4.20 does not have it, and lists more objects than those requested.
            let _ = self.socket()?.set_netlink_get_strict_chk(request.strict);
            self.strict = request.strict;
        }
        let request = request.message(self.seq);
        match self.abandoned {
            // The kernel refuses a second dump.
            Some(_) => self.next = Some(request),
            None => self.send(&request)?,
        }
        self.in_progress = true;
        Ok(())
    }

    fn abandon(&mut self) -> io::Result<()> {
        if self.only {
            self.abandoned = self.abandoned.or(self.in_progress.then_some(self.seq));
            (self.in_progress, self.next) = (false, None);
            return Ok(());
        }
        // On the old socket the kernel would continue the dump that was requested there.
        self.socket = Some(socket(self.protocol)?);
        (self.in_progress, self.strict) = (false, false);
        self.register_socket()
    }

    fn attach(&mut self, socket: Socket) -> io::Result<()> {
        self.socket = Some(socket);
        (self.in_progress, self.strict) = (false, false);
        self.register_socket()
    }

    fn detach(&mut self) {
        self.socket = None;
        (self.in_progress, self.strict) = (false, false);
    }

    fn receive(&mut self) -> io::Result<Progress> {
        if !self.in_progress {
            return Ok(Progress::Wait);
        }
        if let Some(errno) = self.unsent.take() {
            self.in_progress = false;
            return Ok(Progress::Done(Outcome::Failed(errno)));
        }
        while let Some(seq) = self.abandoned {
            if self.discard_abandoned(seq)? {
                return Ok(Progress::Wait);
            }
        }
        let Some(socket) = &self.socket else {
            return Ok(Progress::Wait);
        };
        match self.batch.receive(socket.as_fd()) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Wait),
            Err(error) => return Err(error),
        }
        let mut ended = None;
        count_refused(&self.batch, &mut self.refused);
        for datagram in self.batch.datagrams().filter(|d| d.sender == 0) {
            if datagram.truncated {
                self.interrupted = true;
            }
            for message in Messages::new(datagram.bytes).flatten() {
                self.interrupted |= message.flags & NLM_F_DUMP_INTR != 0;
                if matches!(message.kind, NLMSG_DONE | NLMSG_ERROR) {
                    let status = message.body.first_chunk();
                    ended = Some(status.map_or(0, |status| i32::from_ne_bytes(*status)));
                }
            }
        }
        Ok(match ended {
            None => Progress::Entries,
            Some(status) => {
                self.in_progress = false;
                Progress::Done(match status {
                    0 if self.interrupted => Outcome::Interrupted,
                    0 => Outcome::Complete,
                    status => Outcome::Failed(-status),
                })
            }
        })
    }

    fn discard(&mut self) -> bool {
        let Some(socket) = &self.socket else {
            return false;
        };
        for _ in 0..MAX_DISCARDED {
            match self.batch.receive(socket.as_fd()) {
                Ok(_) => count_refused(&self.batch, &mut self.refused),
                Err(error) => return error.kind() == io::ErrorKind::Interrupted,
            }
        }
        true
    }

    fn take_refused(&mut self) -> Option<(u64, u32)> {
        let refused = std::mem::take(&mut self.refused);
        (refused.0 > 0).then_some(refused)
    }

    fn entries(&self) -> impl Iterator<Item = &[u8]> {
        let datagrams = self.batch.datagrams().filter(|d| d.sender == 0);
        datagrams.map(|datagram| datagram.bytes)
    }
}
