//! Messages as the kernel sends them, for the tables of tests.

use std::net::IpAddr;

use crate::netlink::attr::align;
use crate::netlink::frame::Message;
use crate::netlink::rtm::{
    RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWNETCONF, RTM_NEWNEXTHOP, RTM_NEWQDISC,
    RTM_NEWROUTE, RTM_NEWRULE, RTM_NEWTCLASS,
};

// linux/if_link.h
pub(super) const IFLA_MTU: u16 = 4;
pub(super) const IFLA_QDISC: u16 = 6;
pub(super) const IFLA_MASTER: u16 = 10;
pub(super) const IFLA_WIRELESS: u16 = 11;
pub(super) const IFLA_OPERSTATE: u16 = 16;
pub(super) const IFLA_NUM_VF: u16 = 21;
// linux/if_addr.h
pub(super) const IFA_CACHEINFO: u16 = 6;
// linux/rtnetlink.h
pub(super) const RTA_PRIORITY: u16 = 6;
pub(super) const RTA_PREFSRC: u16 = 7;
pub(super) const RTA_CACHEINFO: u16 = 12;
pub(super) const RTA_NH_ID: u16 = 30;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_MULTIPATH: u16 = 9;
// linux/nexthop.h
pub(super) const NHA_GATEWAY: u16 = 6;

/// A message with one object.
#[derive(Clone, Debug)]
pub(super) struct Msg {
    pub kind: u16,
    pub flags: u16,
    pub body: Vec<u8>,
}

impl Msg {
    pub(super) fn new(kind: u16, header: &[u8]) -> Self {
        Msg {
            kind,
            flags: 0,
            body: header.to_vec(),
        }
    }

    pub(super) fn message(&self) -> Message<'_> {
        Message {
            kind: self.kind,
            flags: self.flags,
            seq: 0,
            portid: 0,
            body: &self.body,
            bytes: &self.body,
        }
    }

    /// The `RTM_DEL*` message of the same object.
    pub(super) fn delete(mut self) -> Self {
        self.kind += 1;
        self
    }

    /// Sets the flags (`NLM_F_*`) of the request that caused the message.
    pub(super) fn flags(mut self, flags: u16) -> Self {
        self.flags = flags;
        self
    }

    /// Writes bytes of the fixed header.
    pub(super) fn header(mut self, at: usize, bytes: &[u8]) -> Self {
        self.body[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(super) fn attr(mut self, kind: u16, value: &[u8]) -> Self {
        let length = 4 + value.len() as u16;
        self.body.extend_from_slice(&length.to_ne_bytes());
        self.body.extend_from_slice(&kind.to_ne_bytes());
        self.body.extend_from_slice(value);
        self.body.resize(align(self.body.len()), 0);
        self
    }

    pub(super) fn attr_u32(self, kind: u16, value: u32) -> Self {
        self.attr(kind, &value.to_ne_bytes())
    }

    /// Adds `RTA_GATEWAY`.
    pub(super) fn via(self, address: &str) -> Self {
        self.attr(RTA_GATEWAY, &ip(address))
    }

    /// Adds `IFA_ADDRESS`.
    pub(super) fn peer(self, address: &str) -> Self {
        const IFA_ADDRESS: u16 = 1;
        self.attr(IFA_ADDRESS, &ip(address))
    }

    /// Adds `NDA_DST`.
    pub(super) fn remote(self, address: &str) -> Self {
        self.attr(NDA_DST, &ip(address))
    }

    /// Adds `RTA_OIF`.
    pub(super) fn dev(self, ifindex: u32) -> Self {
        self.attr_u32(RTA_OIF, ifindex)
    }

    /// Adds an `RTA_MULTIPATH` of next hops with a device and a gateway each.
    pub(super) fn nexthops(self, hops: &[(u32, &str)]) -> Self {
        let mut value = Vec::new();
        for (ifindex, gateway) in hops {
            let attributes = Msg::new(0, &[]).attr(RTA_GATEWAY, &ip(gateway)).body;
            let length = 8 + attributes.len() as u16;
            value.extend_from_slice(&length.to_ne_bytes());
            value.extend_from_slice(&[0, 0]);
            value.extend_from_slice(&ifindex.to_ne_bytes());
            value.extend_from_slice(&attributes);
        }
        self.attr(RTA_MULTIPATH, &value)
    }
}

fn ip(address: &str) -> Vec<u8> {
    match address.parse().unwrap() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn family(address: &[u8]) -> u8 {
    match address.len() {
        4 => libc::AF_INET as u8,
        _ => libc::AF_INET6 as u8,
    }
}

const ARPHRD_ETHER: u16 = 1;

/// An Ethernet device that is down.
pub(super) fn link(ifindex: u32, name: &str) -> Msg {
    const IFLA_IFNAME: u16 = 3;
    const IFLA_TXQLEN: u16 = 13;
    Msg::new(RTM_NEWLINK, &[0; 16])
        .header(2, &ARPHRD_ETHER.to_ne_bytes())
        .header(4, &ifindex.to_ne_bytes())
        .attr(IFLA_IFNAME, format!("{name}\0").as_bytes())
        .attr_u32(IFLA_TXQLEN, 1000)
}

/// The header of a message about a part of a link, in an address family of its own.
pub(super) fn partial_link(ifindex: u32, family: i32) -> Msg {
    Msg::new(RTM_NEWLINK, &[0; 16])
        .header(0, &[family as u8])
        .header(2, &ARPHRD_ETHER.to_ne_bytes())
        .header(4, &ifindex.to_ne_bytes())
}

pub(super) fn address(ifindex: u32, address: &str, prefixlen: u8) -> Msg {
    const IFA_LOCAL: u16 = 2;
    let local = ip(address);
    Msg::new(RTM_NEWADDR, &[family(&local), prefixlen, 0, 0, 0, 0, 0, 0])
        .header(4, &ifindex.to_ne_bytes())
        .attr(IFA_LOCAL, &local)
}

/// A neighbour in the state `REACHABLE`.
pub(super) fn neigh(ifindex: u32, address: &str, lladdr: [u8; 6]) -> Msg {
    const NDA_LLADDR: u16 = 2;
    const NUD_REACHABLE: u8 = 2;
    let dst = ip(address);
    Msg::new(RTM_NEWNEIGH, &[0; 12])
        .header(0, &[family(&dst)])
        .header(4, &ifindex.to_ne_bytes())
        .header(8, &[NUD_REACHABLE])
        .attr(NDA_DST, &dst)
        .attr(NDA_LLADDR, &lladdr)
}

pub(super) const NDA_DST: u16 = 1;
pub(super) const NDA_PORT: u16 = 6;
pub(super) const NDA_VNI: u16 = 7;
pub(super) const NDA_MASTER: u16 = 9;
pub(super) const NDA_SRC_VNI: u16 = 11;
pub(super) const NDA_NH_ID: u16 = 13;

/// A device of that type (`ip link add type …`).
pub(super) fn link_of_type(ifindex: u32, name: &str, kind: &str) -> Msg {
    const IFLA_LINKINFO: u16 = 18;
    const IFLA_INFO_KIND: u16 = 1;
    let info = Msg::new(0, &[]).attr(IFLA_INFO_KIND, kind.as_bytes());
    link(ifindex, name).attr(IFLA_LINKINFO, &info.body)
}

/// A permanent forwarding entry of a device itself, as `rtnl_fdb_notify` announces it.
pub(super) fn fdb(ifindex: u32, mac: [u8; 6]) -> Msg {
    const NDA_LLADDR: u16 = 2;
    const NUD_PERMANENT: u8 = 0x80;
    const NTF_SELF: u8 = 2;
    Msg::new(RTM_NEWNEIGH, &[0; 12])
        .header(0, &[libc::AF_BRIDGE as u8])
        .header(4, &ifindex.to_ne_bytes())
        .header(8, &[NUD_PERMANENT])
        .header(10, &[NTF_SELF])
        .attr(NDA_LLADDR, &mac)
}

/// A static route of the table `main`.
pub(super) fn route(dst: &str, length: u8) -> Msg {
    const RTA_DST: u16 = 1;
    let dst = ip(dst);
    let header = [family(&dst), length, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0];
    Msg::new(RTM_NEWROUTE, &header).attr(RTA_DST, &dst)
}

/// A rule that looks up a table.
pub(super) fn rule(priority: u32, table: u8) -> Msg {
    const FRA_PRIORITY: u16 = 6;
    Msg::new(RTM_NEWRULE, &[2, 0, 0, 0, table, 0, 0, 1, 0, 0, 0, 0])
        .attr_u32(FRA_PRIORITY, priority)
}

pub(super) fn nexthop(id: u32, ifindex: u32) -> Msg {
    const NHA_ID: u16 = 1;
    const NHA_OIF: u16 = 5;
    Msg::new(RTM_NEWNEXTHOP, &[2, 0, 4, 0, 0, 0, 0, 0])
        .attr_u32(NHA_ID, id)
        .attr_u32(NHA_OIF, ifindex)
}

/// IPv4 settings of a device.
pub(super) fn netconf(ifindex: u32) -> Msg {
    const NETCONFA_IFINDEX: u16 = 1;
    const NETCONFA_FORWARDING: u16 = 2;
    Msg::new(RTM_NEWNETCONF, &[2, 0, 0, 0])
        .attr_u32(NETCONFA_IFINDEX, ifindex)
        .attr_u32(NETCONFA_FORWARDING, 1)
}

/// The root queueing discipline of a device.
pub(super) fn qdisc(ifindex: u32, name: &str) -> Msg {
    tc(RTM_NEWQDISC, ifindex, u32::MAX).attr(1, format!("{name}\0").as_bytes())
}

pub(super) fn class(ifindex: u32) -> Msg {
    tc(RTM_NEWTCLASS, ifindex, 0x1_0000).attr(1, b"htb\0")
}

/// A `struct tcmsg`.
fn tc(kind: u16, ifindex: u32, parent: u32) -> Msg {
    Msg::new(kind, &[0; 20])
        .header(4, &ifindex.to_ne_bytes())
        .header(8, &0x1_0001_u32.to_ne_bytes())
        .header(12, &parent.to_ne_bytes())
}

/// A `struct rta_cacheinfo` of a route that expires.
pub(super) fn expires(seconds: u32) -> Vec<u8> {
    let words = [0, 0, seconds * 100, 0, 0, 0, 0, 0];
    words.into_iter().flat_map(u32::to_ne_bytes).collect()
}

/// A `struct ifa_cacheinfo`.
pub(super) fn lifetimes(preferred: u32, valid: u32) -> Vec<u8> {
    let words = [preferred, valid, 0, 0];
    words.into_iter().flat_map(u32::to_ne_bytes).collect()
}
