//! The words of netlink: messages, attributes, groups, sockets.

pub mod attr;
pub mod dump;
pub mod events;
pub mod frame;
pub mod groups;
pub mod request;
pub mod rtm;
pub mod sys;

use std::io;

use dump::Progress;
use request::Request;
use sys::Datagram;

/// Where the events come from: what the loop asks of a socket, and a test may answer instead.
pub trait EventSource {
    /// Receives some of what is queued, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` where nothing is queued, `Interrupted` where it is to be tried again; any
    /// other error means that something was lost behind what is still queued.
    fn receive(&mut self) -> io::Result<()>;

    /// What was received last.
    fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>>;

    /// How many events the kernel dropped since this was last asked.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    fn dropped(&mut self) -> io::Result<u32>;
}

/// Where the lists of what exists come from.
pub trait DumpSource {
    /// Asks for a dump. The one before must have ended.
    ///
    /// # Errors
    /// Those of send(2).
    fn request(&mut self, request: &Request) -> io::Result<()>;

    /// Receives the next datagram of the answer, without waiting.
    ///
    /// # Errors
    /// Those of recv(2); `Interrupted` where it is to be tried again.
    fn receive(&mut self) -> io::Result<Progress>;

    /// What was received last.
    fn entries(&self) -> impl Iterator<Item = &[u8]>;

    /// Gives up the dump that is being answered.
    ///
    /// # Errors
    /// Where there is no other socket to be had.
    fn abandon(&mut self) -> io::Result<()>;
}
