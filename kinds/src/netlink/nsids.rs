//! The numbers (nsids) that other network namespaces have in that of the program.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};

use netlink_packet_core::NLMSG_ERROR;
use netlink_sys::Socket;

use super::attr::{Attr, Attrs};
use super::dump;
use super::frame::Messages;
use super::request::Request;
use super::rtm::{RTM_DELNSID, RTM_NEWNSID, Rtnetlink};
use super::sys::Batch;

/// linux/net_namespace.h
const NETNSA_NSID: u16 = 1;
/// Length of `struct rtgenmsg` with its padding.
const HEADER: usize = 4;
/// Size of the buffer for an answer, bytes.
const BUFFER_SIZE: usize = 4096;

/// A socket for requests about nsids.
pub struct Nsids {
    socket: Socket,
    batch: Batch,
    seq: u32,
}

impl Nsids {
    /// Opens the socket in the thread's network namespace.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2).
    pub fn open() -> io::Result<Self> {
        Ok(Nsids {
            socket: dump::socket(&Rtnetlink)?,
            batch: Batch::new(1, BUFFER_SIZE),
            seq: 0,
        })
    }

    /// The number of a namespace; `None` if it has none.
    ///
    /// # Errors
    /// Those of send(2) and recv(2), and of the kernel's answer.
    pub fn of(&mut self, namespace: BorrowedFd<'_>) -> io::Result<Option<i32>> {
        let nsid = self.ask(&Request::nsid_of(namespace))?;
        Ok(nsid.filter(|nsid| *nsid >= 0))
    }

    /// The number of a namespace, which gets one if it has none.
    ///
    /// # Errors
    /// As for [`Nsids::of`]; EPERM without CAP_NET_ADMIN.
    pub fn assign(&mut self, namespace: BorrowedFd<'_>) -> io::Result<i32> {
        if let Some(nsid) = self.of(namespace)? {
            return Ok(nsid);
        }
        match self.ask(&Request::new_nsid(namespace)) {
            // Another program was faster.
            Err(error) if error.raw_os_error() == Some(libc::EEXIST) => {}
            other => drop(other?),
        }
        let missing = || io::Error::from_raw_os_error(libc::ENOENT);
        self.of(namespace)?.ok_or_else(missing)
    }

    /// Returns true if a namespace has this number.
    ///
    /// # Errors
    /// As for [`Nsids::of`].
    pub fn exists(&mut self, nsid: i32) -> io::Result<bool> {
        match self.ask(&Request::nsid(nsid)) {
            Ok(_) => Ok(true),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends a request, and returns the number in the answer, if that has one. The kernel answers before
    /// send(2) returns.
    fn ask(&mut self, request: &Request) -> io::Result<Option<i32>> {
        self.seq = self.seq.wrapping_add(1);
        self.socket.send(&request.message(self.seq), 0)?;
        let mut nsid = None;
        loop {
            self.batch.receive(self.socket.as_fd())?;
            let own = self.batch.datagrams().filter(|it| it.sender == 0);
            for message in own.flat_map(|it| Messages::new(it.bytes).flatten()) {
                if message.seq != self.seq {
                    continue;
                }
                if message.kind != NLMSG_ERROR {
                    nsid = number(message.body);
                    continue;
                }
                let errno = message.body.first_chunk();
                return match errno.map_or(0, |errno| i32::from_ne_bytes(*errno)) {
                    0 => Ok(nsid),
                    errno => Err(io::Error::from_raw_os_error(-errno)),
                };
            }
        }
    }
}

fn number(body: &[u8]) -> Option<i32> {
    let attributes = body.get(HEADER..)?;
    let mut attributes = Attrs::new(attributes);
    let is_nsid = |it: &Attr<'_>| it.kind == NETNSA_NSID;
    let attribute = attributes.find_map(|it| it.ok().filter(is_nsid))?;
    attribute.i32().ok()
}

/// What an event says about the number of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NsidEvent {
    /// A namespace got this number.
    New(i32),
    /// The namespace with this number ended.
    Deleted(i32),
}

/// What a datagram of the program's own namespace says about the number of another one; `None` if it
/// is about something else.
pub fn event(datagram: &[u8]) -> Option<NsidEvent> {
    let message = Messages::new(datagram).next()?.ok()?;
    match message.kind {
        RTM_NEWNSID => number(message.body).map(NsidEvent::New),
        RTM_DELNSID => number(message.body).map(NsidEvent::Deleted),
        _ => None,
    }
}
