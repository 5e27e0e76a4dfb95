//! The broker: a process that keeps CAP_NET_ADMIN and sends the dump requests which need it, on sockets that
//! the process which started it reads. The kernel asks for the capability of the task that sends a request
//! and of the one that opened the socket (`netlink_net_capable`), and not of the one that receives.

use std::convert::Infallible;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST};
use netlink_sys::Socket;

use super::frame::Messages;
use super::nfnetlink::{
    CT, EXP, IPCTNL_MSG_CT_GET, IPCTNL_MSG_EXP_GET, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETCHAIN,
    NFT_MSG_GETFLOWTABLE, NFT_MSG_GETGEN, NFT_MSG_GETOBJ, NFT_MSG_GETRULE, NFT_MSG_GETSET,
    NFT_MSG_GETSETELEM, NFT_MSG_GETTABLE,
};
use super::raw::NETLINK_XFRM;
use super::sys;
use super::xfrm::{XFRM_MSG_GETPOLICY, XFRM_MSG_GETSA};
use crate::channel::NETLINK_NETFILTER;

/// The message types that are sent, by protocol: those that list objects, and change nothing.
const REQUESTS: &[(u16, &[u16])] = &[
    (NETLINK_XFRM, &[XFRM_MSG_GETSA, XFRM_MSG_GETPOLICY]),
    (
        NETLINK_NETFILTER,
        &[
            nft(NFT_MSG_GETTABLE),
            nft(NFT_MSG_GETCHAIN),
            nft(NFT_MSG_GETRULE),
            nft(NFT_MSG_GETSET),
            nft(NFT_MSG_GETSETELEM),
            nft(NFT_MSG_GETGEN),
            nft(NFT_MSG_GETOBJ),
            nft(NFT_MSG_GETFLOWTABLE),
            CT | IPCTNL_MSG_CT_GET,
            EXP | IPCTNL_MSG_EXP_GET,
        ],
    ),
];

/// The type of a message of nftables.
const fn nft(message: u16) -> u16 {
    NFNL_SUBSYS_NFTABLES << 8 | message
}

/// Maximum length of a request, bytes.
const MAX_REQUEST: usize = 4096;
/// Number of the socket, and length of the request.
const HEADER: usize = 8;

/// The broker, as the process that started it sees it.
#[derive(Clone, Debug)]
pub struct Broker(Arc<Mutex<UnixStream>>);

impl Broker {
    /// Starts the broker for these sockets, each with its protocol number. It ends with this process.
    /// `confine` is called in the broker, with the file descriptors that it keeps.
    ///
    /// # Errors
    /// Those of socketpair(2) and fork(2); if this process has several threads.
    pub fn start(sockets: &[(&Socket, u16)], confine: impl FnOnce(&[RawFd])) -> io::Result<Self> {
        let (own, broker) = UnixStream::pair()?;
        let mut fds: Vec<_> = sockets.iter().map(|(it, _)| it.as_raw_fd()).collect();
        fds.push(broker.as_raw_fd());
        sys::fork(|| {
            sys::ignore_signals();
            fds.push(libc::STDERR_FILENO);
            sys::close_all_but(&fds);
            fds.pop();
            confine(&fds);
            serve(broker, sockets)
        })?;
        Ok(Broker(Arc::new(Mutex::new(own))))
    }

    /// Lets the broker send a request on the socket with this number in the list.
    ///
    /// # Errors
    /// Those of send(2); EPERM if the broker refuses the request; otherwise the broker has ended.
    pub fn send(&self, socket: usize, request: &[u8]) -> io::Result<()> {
        let mut channel = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut message = Vec::with_capacity(HEADER + request.len());
        message.extend((socket as u32).to_ne_bytes());
        message.extend((request.len() as u32).to_ne_bytes());
        message.extend(request);
        channel.write_all(&message)?;
        let mut errno = [0; 4];
        channel.read_exact(&mut errno)?;
        match i32::from_ne_bytes(errno) {
            0 => Ok(()),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }
}

/// Sends what is asked for, until nobody can ask any more. Allocates nothing.
fn serve(mut channel: UnixStream, sockets: &[(&Socket, u16)]) -> Infallible {
    let mut header = [0; HEADER];
    let mut request = [0; MAX_REQUEST];
    loop {
        if channel.read_exact(&mut header).is_err() {
            sys::exit(0);
        }
        let [a, b, c, d, length @ ..] = header;
        let (socket, length) = (u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes(length));
        // One that is longer leaves the channel without a beginning of the next.
        let Some(request) = request.get_mut(..length as usize) else {
            sys::exit(1);
        };
        if channel.read_exact(request).is_err() {
            sys::exit(0);
        }
        let errno: i32 = match sockets.get(socket as usize) {
            Some((socket, protocol)) if is_allowed(*protocol, request) => {
                match socket.send(request, 0) {
                    Ok(_) => 0,
                    Err(error) => error.raw_os_error().unwrap_or(libc::EIO),
                }
            }
            _ => libc::EPERM,
        };
        if channel.write_all(&errno.to_ne_bytes()).is_err() {
            sys::exit(0);
        }
    }
}

/// Returns true for one message of a type that changes nothing.
fn is_allowed(protocol: u16, request: &[u8]) -> bool {
    let mut messages = Messages::new(request);
    let (Some(Ok(message)), None) = (messages.next(), messages.next()) else {
        return false;
    };
    let mut types = REQUESTS.iter().filter(|(it, _)| *it == protocol);
    // The kernel sees as many messages as fit into the bytes.
    message.bytes.len() == request.len()
        && matches!(message.flags, DUMP | SINGLE)
        && types.any(|(_, types)| types.contains(&message.kind))
}

const DUMP: u16 = NLM_F_REQUEST | NLM_F_DUMP;
const SINGLE: u16 = NLM_F_REQUEST | NLM_F_ACK;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::request::Request;

    #[test]
    fn only_single_requests_that_list_objects_are_allowed() {
        let list = Request::xfrm_states().message(7);
        assert!(is_allowed(NETLINK_XFRM, &list));
        assert!(is_allowed(
            NETLINK_XFRM,
            &Request::xfrm_policies().message(7)
        ));
        assert!(!is_allowed(NETLINK_NETFILTER, &list));
        assert!(!is_allowed(0, &Request::links(false).message(7)));
        let flows = Request::flows().message(7);
        assert!(is_allowed(NETLINK_NETFILTER, &flows));
        assert!(is_allowed(
            NETLINK_NETFILTER,
            &Request::expectations().message(7)
        ));
        // IPCTNL_MSG_CT_GET_CTRZERO and every other message of a flow.
        for kind in (0..=255).filter(|kind| *kind != 1) {
            let mut other = flows.clone();
            other[4] = kind;
            assert!(!is_allowed(NETLINK_NETFILTER, &other), "{kind}");
        }
        let with = |at: usize, byte: u8| {
            let mut bytes = list.clone();
            bytes[at] = byte;
            bytes
        };
        // XFRM_MSG_NEWSA, XFRM_MSG_FLUSHSA and every other type.
        for kind in (0..=255).filter(|kind| ![18, 21].contains(kind)) {
            assert!(!is_allowed(NETLINK_XFRM, &with(4, kind)), "{kind}");
        }
        // NLM_F_REQUEST | NLM_F_ROOT alone, and with NLM_F_ATOMIC.
        assert!(!is_allowed(NETLINK_XFRM, &with(7, 1)));
        assert!(!is_allowed(NETLINK_XFRM, &with(7, 7)));
        let two = [&list[..], &with(4, 28)].concat();
        assert!(!is_allowed(NETLINK_XFRM, &two));
        assert!(!is_allowed(NETLINK_XFRM, &list[..15]));
        assert!(!is_allowed(NETLINK_XFRM, &[&list[..], &[0; 4]].concat()));
        assert!(!is_allowed(NETLINK_XFRM, &[]));
    }
}
