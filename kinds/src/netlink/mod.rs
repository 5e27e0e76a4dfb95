//! netlink on the wire: families, messages, attributes, multicast groups and sockets.

/// Declares a constant for each number of a message, and a table of all with their names, sorted by number.
macro_rules! numbers {
    ($table:ident: $($name:ident = $number:literal;)+) => {
        $(pub const $name: u16 = $number;)+

        /// Every message type, by number, with its name in the kernel's header.
        pub const $table: &[(u16, &str)] = &[$(($number, stringify!($name))),+];
    };
}
pub(crate) use numbers;

pub mod attr;
pub mod audit;
pub mod broker;
pub mod build;
pub mod dump;
pub mod events;
pub mod family;
pub mod frame;
pub mod genl;
pub mod groups;
pub mod nfnetlink;
pub mod nsids;
pub mod other;
pub mod protocols;
mod pushdown;
pub mod raw;
pub mod request;
pub mod requester;
pub mod rtm;
pub mod sample;
pub mod secrets;
pub mod sys;
pub mod xfrm;

use std::io;

use dump::Progress;
use netlink_sys::Socket;
use request::Request;
use sys::Datagram;

/// A source of events: the socket of a live run, or a test's replacement for it.
pub trait EventSource {
    /// Receives some of the queued datagrams, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is queued, `Interrupted` if the call has to be repeated. Any other
    /// error means that datagrams were lost after those that are still queued.
    fn receive(&mut self) -> io::Result<()>;

    /// The datagrams of the last receive.
    fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>>;

    /// Number of datagrams that the kernel dropped since the last call.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    fn dropped(&mut self) -> io::Result<u32>;

    /// Joins multicast groups, by number and name.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    fn join(&mut self, _groups: &[(u32, String)]) -> io::Result<()> {
        Ok(())
    }
}

/// A source of dumps.
pub trait DumpSource {
    /// Requests a dump. The previous one must have ended.
    ///
    /// # Errors
    /// Those of send(2).
    fn request(&mut self, request: &Request) -> io::Result<()>;

    /// Receives the next datagram of the dump, without waiting.
    ///
    /// # Errors
    /// Those of recv(2); `Interrupted` if the call has to be repeated.
    fn receive(&mut self) -> io::Result<Progress>;

    /// Number of datagrams from senders other than the kernel since the last call, which were
    /// discarded, and the port id of the last sender; `None` if there were none.
    fn take_refused(&mut self) -> Option<(u64, u32)> {
        None
    }

    /// Discards some of the queued datagrams while no dump is in progress: the kernel sends none
    /// then. Returns true if more may be queued.
    fn discard(&mut self) -> bool {
        false
    }

    /// The datagrams of the last receive.
    fn entries(&self) -> impl Iterator<Item = &[u8]>;

    /// Cancels the dump in progress.
    ///
    /// # Errors
    /// Those of socket(2) and bind(2): the kernel cannot cancel a dump, so a new socket is opened, unless
    /// that would be in another network namespace.
    fn abandon(&mut self) -> io::Result<()>;

    /// Uses this socket, which was opened in the namespace to dump, until [`DumpSource::detach`].
    ///
    /// # Errors
    /// Those of epoll_ctl(2).
    fn attach(&mut self, _socket: Socket) -> io::Result<()> {
        Ok(())
    }

    /// Closes the socket, with the dump that is in progress.
    fn detach(&mut self) {}
}
