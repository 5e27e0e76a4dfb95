//! Changes at the full speed of the kernel.

use std::ffi::CString;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use crate::common::sys;

/// The number of changes per system call.
const BATCH: usize = 128;

const REQUEST: u16 = libc::NLM_F_REQUEST as u16;
const CREATE: u16 = REQUEST | libc::NLM_F_CREATE as u16;
const REPLACE: u16 = libc::NLM_F_REPLACE as u16;

/// `IFLA_*` and `IFLA_INFO_*` (linux/if_link.h), `VETH_INFO_PEER` (linux/veth.h)
const IFNAME: u16 = 3;
const MTU: u16 = 4;
const LINKINFO: u16 = 18;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const INFO_PEER: u16 = 1;
/// `IFA_LOCAL` (linux/if_addr.h)
const LOCAL: u16 = 2;
/// `RTA_DST`, `RTA_OIF` (linux/rtnetlink.h)
const DST: u16 = 1;
const OIF: u16 = 4;
/// `NDA_DST`, `NDA_LLADDR` (linux/neighbour.h)
const NEIGH_DST: u16 = 1;
const LLADDR: u16 = 2;
/// `NUD_PERMANENT` (linux/neighbour.h)
const PERMANENT: u16 = 0x80;
const RTPROT_STATIC: u8 = 4;

/// One or more messages to the kernel.
#[derive(Default)]
struct Messages {
    bytes: Vec<u8>,
    /// Offset of the last message.
    last: usize,
}

impl Messages {
    fn begin(&mut self, kind: u16, flags: u16, fixed: &[u8]) {
        self.last = self.bytes.len();
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(flags.to_ne_bytes());
        self.bytes.extend([0; 8]);
        self.bytes.extend(fixed);
        self.close();
    }

    fn attribute(&mut self, kind: u16, payload: &[u8]) {
        let length = payload.len() as u16 + 4;
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(payload);
        let padded = self.bytes.len().next_multiple_of(4);
        self.bytes.resize(padded, 0);
        self.close();
    }

    fn close(&mut self) {
        let length = (self.bytes.len() - self.last) as u32;
        self.bytes[self.last..self.last + 4].copy_from_slice(&length.to_ne_bytes());
    }
}

/// Returns the bytes of an attribute.
fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut messages = Messages::default();
    messages.begin(0, 0, &[]);
    messages.attribute(kind, payload);
    messages.bytes.split_off(16)
}

/// `struct ifinfomsg` (linux/rtnetlink.h)
fn ifinfo(index: u32, flags: u32, change: u32) -> Vec<u8> {
    let words = [0, index, flags, change];
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// A socket for requests to the kernel.
pub(crate) struct Kernel {
    socket: Socket,
}

impl Kernel {
    pub(crate) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind(&SocketAddr::new(0, 0))?;
        socket.set_non_blocking(true)?;
        Ok(Kernel { socket })
    }

    /// Returns the first error of the kernel's answers.
    fn send(&self, messages: &Messages) -> io::Result<()> {
        self.socket
            .send_to(&messages.bytes, &SocketAddr::new(0, 0), 0)?;
        let mut answer = Vec::with_capacity(8192);
        let mut first = Ok(());
        loop {
            answer.clear();
            match self.socket.recv(&mut answer, 0) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return first,
                Err(error) => return Err(error),
                Ok(_) => {}
            }
            // struct nlmsgerr: the kernel sends nothing else to this socket.
            let errno = answer.get(16..20).map(|b| [b[0], b[1], b[2], b[3]]);
            let errno = errno.map_or(0, i32::from_ne_bytes);
            if errno != 0 && first.is_ok() {
                first = Err(io::Error::from_raw_os_error(-errno));
            }
        }
    }

    /// Makes a pair of veth devices.
    pub(crate) fn make_pair(&self, name: &str, peer: &str) -> io::Result<()> {
        let name = format!("{name}\0");
        let mut other = ifinfo(0, 0, 0);
        other.extend(attribute(IFNAME, format!("{peer}\0").as_bytes()));
        let mut info = attribute(INFO_KIND, b"veth");
        info.extend(attribute(INFO_DATA, &attribute(INFO_PEER, &other)));
        let mut messages = Messages::default();
        let exclusive = CREATE | libc::NLM_F_EXCL as u16;
        messages.begin(libc::RTM_NEWLINK, exclusive, &ifinfo(0, 0, 0));
        messages.attribute(IFNAME, name.as_bytes());
        messages.attribute(LINKINFO, &info);
        self.send(&messages)
    }

    /// Brings a device up.
    pub(crate) fn up(&self, device: &str) -> io::Result<()> {
        self.set_up(device, libc::IFF_UP as u32)
    }

    /// Removes the routes and neighbours of a device: sets it down, and up again.
    pub(crate) fn empty(&self, device: &str) -> io::Result<()> {
        self.set_up(device, 0)?;
        self.up(device)
    }

    fn set_up(&self, device: &str, flags: u32) -> io::Result<()> {
        let fixed = ifinfo(index(device)?, flags, libc::IFF_UP as u32);
        let mut messages = Messages::default();
        messages.begin(libc::RTM_NEWLINK, REQUEST, &fixed);
        self.send(&messages)
    }

    /// Adds an address with a /24 subnet to a device.
    pub(crate) fn address(&self, device: &str, address: [u8; 4]) -> io::Result<()> {
        // struct ifaddrmsg (linux/if_addr.h)
        let mut fixed = vec![libc::AF_INET as u8, 24, 0, 0];
        fixed.extend(index(device)?.to_ne_bytes());
        let mut messages = Messages::default();
        messages.begin(libc::RTM_NEWADDR, CREATE, &fixed);
        messages.attribute(LOCAL, &address);
        self.send(&messages)
    }
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Adds route number N in 10.0.0.0/8.
    AddRoute,
    /// Deletes that route.
    DeleteRoute,
    /// Changes the protocol of that route to this number (`RTPROT_*`).
    ReplaceRoute(u8),
    /// Changes the MTU of a device.
    Mtu,
    /// Changes the link-layer address of one of 65,000 neighbours.
    Neighbour,
}

/// The number of MTUs set so far: the next one differs, in whichever storm.
static MTUS: AtomicU32 = AtomicU32::new(0);

/// Makes changes of `v0`.
pub(crate) struct Storm {
    kernel: Kernel,
    device: u32,
    /// The number of changes of any kind: no two neighbours get the same address.
    made: u32,
}

impl Storm {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Storm {
            kernel: Kernel::open()?,
            device: index("v0")?,
            made: 0,
        })
    }

    /// Removes the routes and neighbours of `v0`.
    pub(crate) fn empty(&self) -> io::Result<()> {
        self.kernel.empty("v0")
    }

    /// Makes this number of changes at full speed.
    ///
    /// # Errors
    /// The first error of the kernel's answers.
    pub(crate) fn make(&mut self, change: Change, count: usize) -> io::Result<()> {
        self.make_each(count, |number| (change, number))
    }

    /// The same, with the change of each number returned by `which`.
    ///
    /// # Errors
    /// The first error of the kernel's answers.
    pub(crate) fn make_each(
        &mut self,
        count: usize,
        which: impl Fn(u32) -> (Change, u32),
    ) -> io::Result<()> {
        let mut messages = Messages::default();
        for first in (0..count).step_by(BATCH) {
            messages.bytes.clear();
            for number in first..count.min(first + BATCH) {
                let (change, object) = which(number as u32);
                self.one(&mut messages, change, object);
            }
            self.kernel.send(&messages)?;
        }
        Ok(())
    }

    fn one(&mut self, messages: &mut Messages, change: Change, number: u32) {
        self.made += 1;
        match change {
            Change::AddRoute | Change::DeleteRoute | Change::ReplaceRoute(_) => {
                let protocol = match change {
                    Change::ReplaceRoute(protocol) => protocol,
                    _ => RTPROT_STATIC,
                };
                // struct rtmsg (linux/rtnetlink.h)
                let fixed = [
                    libc::AF_INET as u8,
                    32,
                    0,
                    0,
                    libc::RT_TABLE_MAIN,
                    protocol,
                    libc::RT_SCOPE_LINK,
                    libc::RTN_UNICAST,
                    0,
                    0,
                    0,
                    0,
                ];
                match change {
                    Change::AddRoute => messages.begin(libc::RTM_NEWROUTE, CREATE, &fixed),
                    Change::ReplaceRoute(_) => {
                        messages.begin(libc::RTM_NEWROUTE, CREATE | REPLACE, &fixed);
                    }
                    _ => messages.begin(libc::RTM_DELROUTE, REQUEST, &fixed),
                }
                messages.attribute(DST, &(0x0a00_0000 + number).to_be_bytes());
                messages.attribute(OIF, &self.device.to_ne_bytes());
            }
            Change::Mtu => {
                messages.begin(libc::RTM_NEWLINK, REQUEST, &ifinfo(self.device, 0, 0));
                let mtu = 1400 + (MTUS.fetch_add(1, Ordering::Relaxed) & 1);
                messages.attribute(MTU, &mtu.to_ne_bytes());
            }
            Change::Neighbour => {
                // struct ndmsg (linux/neighbour.h)
                let mut fixed = vec![libc::AF_INET as u8, 0, 0, 0];
                fixed.extend(self.device.to_ne_bytes());
                fixed.extend(PERMANENT.to_ne_bytes());
                fixed.extend([0, 0]);
                messages.begin(libc::RTM_NEWNEIGH, CREATE | REPLACE, &fixed);
                let dst = 0xc0a8_0000 + 2 + number % 65_000;
                messages.attribute(NEIGH_DST, &dst.to_be_bytes());
                let made = self.made.to_be_bytes();
                let address = [2, 0, made[0], made[1], made[2], made[3]];
                messages.attribute(LLADDR, &address);
            }
        }
    }
}

/// Returns the index of a device.
fn index(device: &str) -> io::Result<u32> {
    sys::device(&CString::new(device)?)
}
