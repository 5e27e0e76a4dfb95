//! The socket that reads what exists: one dump (`NLM_F_DUMP`) after the other, without waiting.

use std::io;
use std::os::fd::AsFd;

use mio::{Interest, Registry, Token};
use netlink_sys::{Socket, SocketAddr};

use super::family::Protocol;
use super::frame::Messages;
use super::sys::{Batch, set_receive_buffer};
use super::{DumpSource, rtm};

// linux/netlink.h
const NLM_F_REQUEST: u16 = 0x01;
const NLM_F_DUMP: u16 = 0x300;
const NLM_F_DUMP_INTR: u16 = 0x10;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// Room for one datagram of a dump, bytes; it grows where one is longer. With less the kernel
/// leaves out objects that do not fit, and says that the dump is complete.
const BUFFER_SIZE: usize = 256 * 1024;

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

    /// Bridges and their ports, with their VLANs, spanning trees, rings and end points.
    pub fn bridge_links() -> Self {
        const BRVLAN_COMPRESSED: u32 = 4;
        const MRP: u32 = 16;
        const CFM_CONFIG: u32 = 32;
        const CFM_STATUS: u32 = 64;
        const MST: u32 = 128;
        let filter = BRVLAN_COMPRESSED | MRP | CFM_CONFIG | CFM_STATUS | MST;
        Self::links_of(libc::AF_BRIDGE as u8, filter)
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

    /// The routes of every family at once: only so a route that is too long for the kernel's own
    /// buffer ends the list with an error, and not as if it were complete.
    pub fn routes() -> Self {
        Self::plain(libc::RTM_GETROUTE, 12, libc::AF_UNSPEC)
    }

    /// The multicast routes of a family (`RTNL_FAMILY_*`).
    pub fn mroutes(family: i32) -> Self {
        Self::plain(rtm::RTM_GETROUTE, 12, family)
    }

    /// The nexthop objects.
    pub fn nexthops() -> Self {
        Self::plain(rtm::RTM_GETNEXTHOP, 8, libc::AF_UNSPEC)
    }

    /// The buckets of resilient nexthop groups.
    pub fn nexthop_buckets() -> Self {
        Self::plain(rtm::RTM_GETNEXTHOPBUCKET, 8, libc::AF_UNSPEC)
    }

    /// The switches of a family.
    pub fn netconf(family: i32) -> Self {
        Self::plain(rtm::RTM_GETNETCONF, 4, family)
    }

    /// The numbers of other namespaces.
    pub fn nsids() -> Self {
        Self::plain(rtm::RTM_GETNSID, 4, libc::AF_UNSPEC)
    }

    /// The multicast entries of bridges and vxlans.
    pub fn mdb() -> Self {
        Self::plain(rtm::RTM_GETMDB, 8, libc::AF_BRIDGE)
    }

    /// The VLANs of bridges and ports.
    pub fn vlans() -> Self {
        Self::plain(rtm::RTM_GETVLAN, 8, libc::AF_BRIDGE)
    }

    /// The options of VLANs that hold for a whole bridge.
    pub fn global_vlans() -> Self {
        const BRIDGE_VLANDB_DUMP_FLAGS: u16 = 1;
        const BRIDGE_VLANDB_DUMPF_GLOBAL: u32 = 2;
        let mut request = Self::vlans();
        request.body.extend(8u16.to_ne_bytes());
        request.body.extend(BRIDGE_VLANDB_DUMP_FLAGS.to_ne_bytes());
        request
            .body
            .extend(BRIDGE_VLANDB_DUMPF_GLOBAL.to_ne_bytes());
        request
    }

    /// The network identifiers of vxlans.
    pub fn vnis() -> Self {
        Self::plain(rtm::RTM_GETTUNNEL, 8, libc::AF_BRIDGE)
    }

    /// The multicast groups of a family that devices listen to.
    pub fn maddresses(family: i32) -> Self {
        Self::plain(rtm::RTM_GETMULTICAST, 8, family)
    }

    /// The anycast addresses.
    pub fn acaddresses() -> Self {
        Self::plain(rtm::RTM_GETANYCAST, 8, libc::AF_INET6)
    }

    /// The settings of the neighbour tables.
    pub fn neightbl() -> Self {
        Self::plain(rtm::RTM_GETNEIGHTBL, 4, libc::AF_UNSPEC)
    }

    /// The labels of IPv6 prefixes.
    pub fn addrlabels() -> Self {
        Self::plain(rtm::RTM_GETADDRLABEL, 12, libc::AF_INET6)
    }

    /// The queueing disciplines of every device.
    pub fn qdiscs() -> Self {
        Self::plain(rtm::RTM_GETQDISC, 20, libc::AF_UNSPEC)
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

/// A socket that asks for one dump at a time.
pub struct Dumps {
    protocol: &'static dyn Protocol,
    socket: Socket,
    batch: Batch,
    seq: u32,
    /// A dump is being answered.
    asked: bool,
    interrupted: bool,
    /// Who waits for answers.
    poll: Option<(Registry, Token)>,
}

/// What a receive brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Some rows: [`Dumps::entries`].
    Entries,
    /// Nothing yet.
    Wait,
    /// Some rows, maybe, and the end of the dump.
    Done(Outcome),
}

/// How a dump ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was listed, as far as the kernel knows.
    Complete,
    /// What was listed changed meanwhile (`NLM_F_DUMP_INTR`).
    Interrupted,
    /// The kernel gave up, with that error number.
    Failed(i32),
}

impl Dumps {
    /// Opens a socket of that protocol.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2).
    pub fn open(protocol: &'static dyn Protocol) -> io::Result<Self> {
        Ok(Dumps {
            protocol,
            socket: socket(protocol)?,
            batch: Batch::new(1, BUFFER_SIZE),
            seq: 0,
            asked: false,
            interrupted: false,
            poll: None,
        })
    }

    /// Answers wake up this poll.
    ///
    /// # Errors
    /// Those of epoll_ctl(2).
    pub fn register(&mut self, registry: Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.socket, token, Interest::READABLE)?;
        self.poll = Some((registry, token));
        Ok(())
    }
}

fn socket(protocol: &dyn Protocol) -> io::Result<Socket> {
    let mut socket = Socket::new(protocol.id().protocol() as isize)?;
    socket.set_non_blocking(true)?;
    set_receive_buffer(socket.as_fd(), 4 * BUFFER_SIZE as u32)?;
    socket.bind(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

impl DumpSource for Dumps {
    fn request(&mut self, request: &Request) -> io::Result<()> {
        self.seq += 1;
        self.interrupted = false;
        self.batch.grow();
        self.socket.send(&request.message(self.seq), 0)?;
        self.asked = true;
        Ok(())
    }

    fn abandon(&mut self) -> io::Result<()> {
        // The kernel goes on with the dump that was asked for on the old one.
        self.socket = socket(self.protocol)?;
        self.asked = false;
        match &self.poll {
            Some((registry, token)) => {
                registry.register(&mut self.socket, *token, Interest::READABLE)
            }
            None => Ok(()),
        }
    }

    fn receive(&mut self) -> io::Result<Progress> {
        if !self.asked {
            return Ok(Progress::Wait);
        }
        match self.batch.receive(self.socket.as_fd()) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Wait),
            Err(error) => return Err(error),
        }
        let mut ended = None;
        for datagram in self.batch.datagrams().filter(|d| d.sender == 0).take(1) {
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
                self.asked = false;
                Progress::Done(match status {
                    0 if self.interrupted => Outcome::Interrupted,
                    0 => Outcome::Complete,
                    status => Outcome::Failed(-status),
                })
            }
        })
    }

    fn entries(&self) -> impl Iterator<Item = &[u8]> {
        let datagrams = self.batch.datagrams().filter(|d| d.sender == 0).take(1);
        datagrams.map(|datagram| datagram.bytes)
    }
}
