//! The dump requests: one message with `NLM_F_DUMP` for each list that the kernel keeps, and those
//! for the objects of one device.
//!
//! The fixed headers are those of netlink-packet-route. Only its header types are used, not its
//! message types: these would link the serialization of every attribute into the program.

use std::os::fd::{AsRawFd as _, BorrowedFd};

use libc::{AF_BRIDGE, AF_INET6, AF_UNSPEC};
use netlink_packet_core::{
    DefaultNla, Emitable, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader,
};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::AddressHeader;
use netlink_packet_route::addrlabel::AddrLabelHeader;
use netlink_packet_route::link::LinkHeader;
use netlink_packet_route::neighbour::{NeighbourFlags, NeighbourHeader};
use netlink_packet_route::neighbour_table::NeighbourTableHeader;
use netlink_packet_route::nsid::NsidHeader;
use netlink_packet_route::route::RouteHeader;
use netlink_packet_route::rule::RuleHeader;
use netlink_packet_route::tc::TcHeader;

use super::{genl, nfnetlink, rtm, xfrm};
use crate::channel::FamilyId;

/// A dump request without its netlink header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `nlmsg_type`: `RTM_GET*`, or the id of a generic netlink family.
    kind: u16,
    /// The fixed header and the attributes.
    body: Vec<u8>,
    /// The answer is one object and not a list.
    single: bool,
    /// The answer is a list, but the request is none for a dump (`NLM_F_DUMP`): the kernel lists the objects of the one
    /// that it names.
    parts: bool,
    /// The kernel restricts the list to the attributes and header fields of the request only with
    /// `NETLINK_GET_STRICT_CHK`.
    pub(super) strict: bool,
    /// Number of the object that the request is about, if the answer does not name it.
    subject: Option<u32>,
}

/// The sequence number of a request is this one and the number of its subject, if it has one. Other requests have small
/// ones, and other programs commonly small ones or the seconds since 1970.
const SUBJECT: u32 = 0xf000_0000;

/// The number of the object that the answer with that sequence number is about.
pub fn subject(seq: u32) -> Option<u32> {
    (seq >= SUBJECT).then_some(seq & !SUBJECT)
}

/// `nlmsg_type` of a request to a generic netlink family before [`Request::addressed`]. `NLMSG_NOOP` and the
/// numbers below it are no families.
const UNADDRESSED: u16 = 0;
/// linux/net_namespace.h
const NETNSA_NSID: u16 = 1;
const NETNSA_FD: u16 = 3;
/// Offset of the device's index in `struct ifaddrmsg`.
const IFA_INDEX: usize = 4;
/// Offset of the device's index in `struct br_vlan_msg` and `struct tunnel_msg`.
const DEVICE_OF_BRIDGE_HEADER: usize = 4;

/// The family as the header types take it. `family` is one of `AF_*` or `RTNL_FAMILY_*`, which are
/// below 256.
fn address_family(family: i32) -> AddressFamily {
    AddressFamily::from(family as u8)
}

fn bytes(part: &impl Emitable) -> Vec<u8> {
    let mut bytes = vec![0; part.buffer_len()];
    part.emit(&mut bytes);
    bytes
}

impl Request {
    /// The links. `details` adds the counters, which the kernel leaves out otherwise.
    pub fn links(details: bool) -> Self {
        // linux/rtnetlink.h: RTEXT_FILTER_*
        const VF: u32 = 1;
        const SKIP_STATS: u32 = 8;
        let filter = if details { VF } else { VF | SKIP_STATS };
        Self::links_of(AF_UNSPEC, filter)
    }

    /// The bridges and their ports, with VLANs, spanning trees, MRP rings and CFM end points.
    pub fn bridge_links() -> Self {
        const BRVLAN_COMPRESSED: u32 = 4;
        const MRP: u32 = 16;
        const CFM_CONFIG: u32 = 32;
        const CFM_STATUS: u32 = 64;
        const MST: u32 = 128;
        let filter = BRVLAN_COMPRESSED | MRP | CFM_CONFIG | CFM_STATUS | MST;
        Self::links_of(AF_BRIDGE, filter)
    }

    /// `filter`: `RTEXT_FILTER_*`
    fn links_of(family: i32, filter: u32) -> Self {
        let header = LinkHeader {
            interface_family: address_family(family),
            ..LinkHeader::default()
        };
        let mut request = Self::new(rtm::RTM_GETLINK, &header);
        request.attribute(libc::IFLA_EXT_MASK, filter);
        request
    }

    fn new(kind: u16, header: &impl Emitable) -> Self {
        Self::of_body(kind, bytes(header))
    }

    fn of_body(kind: u16, body: Vec<u8>) -> Self {
        Request {
            kind,
            body,
            single: false,
            parts: false,
            strict: false,
            subject: None,
        }
    }

    /// The same request for one object, which the kernel acknowledges.
    #[must_use]
    pub fn single(self) -> Self {
        Request {
            single: true,
            ..self
        }
    }

    /// The same request with `NETLINK_GET_STRICT_CHK`.
    #[must_use]
    pub fn strict(self) -> Self {
        Request {
            strict: true,
            ..self
        }
    }

    /// The same request with a device's index, a number of four bytes at `offset` of the header.
    fn of_device(mut self, offset: usize, ifindex: u32) -> Self {
        if let Some(field) = self.body.get_mut(offset..offset + 4) {
            field.copy_from_slice(&ifindex.to_ne_bytes());
        }
        self.strict()
    }

    /// A header that netlink-packet-route has no type for: `family`, then zeros up to `length`.
    fn family_and_zeros(kind: u16, length: usize, family: i32) -> Self {
        let mut body = vec![0; length];
        body[0] = family as u8;
        Self::of_body(kind, body)
    }

    fn attribute(&mut self, kind: u16, value: u32) {
        let attribute = DefaultNla::new(kind, value.to_ne_bytes().into());
        self.body.extend(bytes(&attribute));
    }

    /// `struct ifaddrmsg`, of which the kernel reads the family.
    fn addresses_of(kind: u16, family: i32) -> Self {
        let header = AddressHeader {
            family: address_family(family),
            ..AddressHeader::default()
        };
        Self::new(kind, &header)
    }

    /// The addresses.
    pub fn addresses() -> Self {
        Self::addresses_of(rtm::RTM_GETADDR, AF_UNSPEC)
    }

    fn neighs_of(family: i32, flags: NeighbourFlags) -> Self {
        let header = NeighbourHeader {
            family: address_family(family),
            flags,
            ..NeighbourHeader::default()
        };
        Self::new(rtm::RTM_GETNEIGH, &header)
    }

    /// The neighbours.
    pub fn neighs() -> Self {
        Self::neighs_of(AF_UNSPEC, NeighbourFlags::empty())
    }

    /// The proxy neighbours, which the dump of the neighbours leaves out.
    pub fn proxy_neighs() -> Self {
        Self::neighs_of(AF_UNSPEC, NeighbourFlags::Proxy)
    }

    /// The forwarding entries.
    pub fn fdb() -> Self {
        Self::neighs_of(AF_BRIDGE, NeighbourFlags::empty())
    }

    /// The rules.
    pub fn rules() -> Self {
        Self::new(rtm::RTM_GETRULE, &RuleHeader::default())
    }

    fn routes_of(family: i32) -> Self {
        let header = RouteHeader {
            address_family: address_family(family),
            ..RouteHeader::default()
        };
        Self::new(rtm::RTM_GETROUTE, &header)
    }

    /// The routes of every family at once. Only in that dump does a route that is too long for the
    /// kernel's buffer end the dump with an error; a dump of one family ends as if complete.
    pub fn routes() -> Self {
        Self::routes_of(AF_UNSPEC)
    }

    /// The multicast routes of a family (`RTNL_FAMILY_*`).
    pub fn mroutes(family: i32) -> Self {
        Self::routes_of(family)
    }

    /// The nexthop objects (`struct nhmsg`).
    pub fn nexthops() -> Self {
        Self::family_and_zeros(rtm::RTM_GETNEXTHOP, 8, AF_UNSPEC)
    }

    /// The buckets of resilient nexthop groups (`struct nhmsg`).
    pub fn nexthop_buckets() -> Self {
        Self::family_and_zeros(rtm::RTM_GETNEXTHOPBUCKET, 8, AF_UNSPEC)
    }

    /// The switches of a family (`struct netconfmsg` and its padding).
    pub fn netconf(family: i32) -> Self {
        Self::family_and_zeros(rtm::RTM_GETNETCONF, 4, family)
    }

    /// The numbers of other namespaces.
    pub fn nsids() -> Self {
        Self::new(rtm::RTM_GETNSID, &NsidHeader::default())
    }

    /// The number of the namespace with this file descriptor.
    pub fn nsid_of(namespace: BorrowedFd<'_>) -> Self {
        let mut request = Self::nsids();
        request.attribute(NETNSA_FD, namespace.as_raw_fd().cast_unsigned());
        request.single()
    }

    /// The namespace with this number, which the kernel confirms.
    pub fn nsid(nsid: i32) -> Self {
        let mut request = Self::nsids();
        request.attribute(NETNSA_NSID, nsid.cast_unsigned());
        request.single()
    }

    /// Gives any free number to the namespace with this file descriptor. Not a dump, but a change.
    pub fn new_nsid(namespace: BorrowedFd<'_>) -> Self {
        let mut request = Self::new(rtm::RTM_NEWNSID, &NsidHeader::default());
        request.attribute(NETNSA_NSID, u32::MAX);
        request.attribute(NETNSA_FD, namespace.as_raw_fd().cast_unsigned());
        request.single()
    }

    /// The multicast entries of bridges and vxlans (`struct br_port_msg`).
    pub fn mdb() -> Self {
        Self::family_and_zeros(rtm::RTM_GETMDB, 8, AF_BRIDGE)
    }

    /// The VLANs of bridges and ports (`struct br_vlan_msg`).
    pub fn vlans() -> Self {
        Self::family_and_zeros(rtm::RTM_GETVLAN, 8, AF_BRIDGE)
    }

    /// The options of VLANs that apply to a bridge.
    pub fn global_vlans() -> Self {
        // linux/if_bridge.h
        const BRIDGE_VLANDB_DUMP_FLAGS: u16 = 1;
        const BRIDGE_VLANDB_DUMPF_GLOBAL: u32 = 2;
        let mut request = Self::vlans();
        request.attribute(BRIDGE_VLANDB_DUMP_FLAGS, BRIDGE_VLANDB_DUMPF_GLOBAL);
        request
    }

    /// The network identifiers of vxlans (`struct tunnel_msg`).
    pub fn vnis() -> Self {
        Self::family_and_zeros(rtm::RTM_GETTUNNEL, 8, AF_BRIDGE)
    }

    /// The multicast groups of a family that devices listen to.
    pub fn maddresses(family: i32) -> Self {
        Self::addresses_of(rtm::RTM_GETMULTICAST, family)
    }

    /// The anycast addresses.
    pub fn acaddresses() -> Self {
        Self::addresses_of(rtm::RTM_GETANYCAST, AF_INET6)
    }

    /// The settings of the neighbour tables.
    pub fn neightbl() -> Self {
        Self::new(rtm::RTM_GETNEIGHTBL, &NeighbourTableHeader::default())
    }

    /// The labels of IPv6 prefixes.
    pub fn addrlabels() -> Self {
        let header = AddrLabelHeader {
            family: AddressFamily::Inet6,
            ..AddrLabelHeader::default()
        };
        Self::new(rtm::RTM_GETADDRLABEL, &header)
    }

    /// The queueing disciplines of every device.
    pub fn qdiscs() -> Self {
        Self::new(rtm::RTM_GETQDISC, &TcHeader::default())
    }

    /// The generic netlink families (`struct genlmsghdr`).
    pub fn genl_families() -> Self {
        const VERSION: u8 = 2;
        Self::of_body(
            FamilyId::NLCTRL.generic_id(),
            vec![genl::CTRL_CMD_GETFAMILY as u8, VERSION, 0, 0],
        )
    }

    /// The states of xfrm. The kernel reads no header.
    pub fn xfrm_states() -> Self {
        Self::of_body(xfrm::XFRM_MSG_GETSA, Vec::new())
    }

    /// The policies of xfrm, of every type.
    pub fn xfrm_policies() -> Self {
        Self::of_body(xfrm::XFRM_MSG_GETPOLICY, Vec::new())
    }

    /// The flows that the kernel tracks, of every family (`struct nfgenmsg`).
    pub fn flows() -> Self {
        let header = vec![0; nfnetlink::HEADER];
        Self::of_body(nfnetlink::CT | nfnetlink::IPCTNL_MSG_CT_GET, header)
    }

    /// The flows that the kernel expects.
    pub fn expectations() -> Self {
        let header = vec![0; nfnetlink::HEADER];
        Self::of_body(nfnetlink::EXP | nfnetlink::IPCTNL_MSG_EXP_GET, header)
    }

    /// A dump of a generic netlink family with these attributes. [`Request::addressed`] sets its id.
    pub fn generic(command: u16, attributes: &[u8]) -> Self {
        const VERSION: u8 = 1;
        let mut body = vec![command as u8, VERSION, 0, 0];
        body.extend(attributes);
        Self::of_body(UNADDRESSED, body)
    }

    /// The same about one object, whose number that attribute has.
    fn generic_about(command: u16, attribute: u16, number: u32) -> Self {
        let mut request = Self::generic(command, &[]);
        request.attribute(attribute, number);
        request
    }

    /// A request of nl80211 for what belongs to the interface of that index.
    pub fn nl80211(command: u16, ifindex: u32) -> Self {
        Self::generic_about(command, genl::nl80211::NL80211_ATTR_IFINDEX, ifindex)
    }

    /// A list of the team device of that index.
    pub fn team(command: u16, ifindex: u32) -> Self {
        Request {
            parts: true,
            ..Self::generic_about(command, genl::team::TEAM_ATTR_TEAM_IFINDEX, ifindex)
        }
    }

    /// A request of a family of Open vSwitch about the datapath of that index; 0: about none.
    pub fn ovs(command: u16, dp_ifindex: u32) -> Self {
        Self::generic(command, &dp_ifindex.to_ne_bytes())
    }

    /// The stations of that interface.
    pub fn nl80211_stations(ifindex: u32) -> Self {
        Self::nl80211(genl::nl80211::NL80211_CMD_GET_STATION, ifindex)
    }

    fn thermal(command: u16, zone: u32) -> Self {
        Self::generic_about(command, genl::thermal::THERMAL_GENL_ATTR_TZ_ID, zone).single()
    }

    /// The governor of that thermal zone.
    pub fn thermal_governor(zone: u32) -> Self {
        Self::thermal(genl::thermal::THERMAL_GENL_CMD_TZ_GET_GOV, zone)
    }

    /// The trips of that thermal zone.
    pub fn thermal_trips(zone: u32) -> Self {
        Request {
            subject: Some(zone & !SUBJECT),
            ..Self::thermal(genl::thermal::THERMAL_GENL_CMD_TZ_GET_TRIP, zone)
        }
    }

    /// The sequence number of the request, if that says what it is about.
    pub(super) fn seq(&self) -> Option<u32> {
        Some(SUBJECT | self.subject?)
    }

    /// The same request for one object, or for those of one device.
    #[must_use]
    pub fn for_device(self) -> Self {
        self.single().strict()
    }

    /// The request with the id of its generic netlink family, which differs from boot to boot. Requests of
    /// other families have their number already.
    #[must_use]
    pub fn addressed(self, family: FamilyId) -> Self {
        match self.kind {
            UNADDRESSED => Request {
                kind: family.generic_id(),
                ..self
            },
            _ => self,
        }
    }

    /// A list of objects of nftables, of every family (`struct nfgenmsg`). `get`: `NFT_MSG_GET*`.
    pub fn nftables(get: u16) -> Self {
        Self::nftables_of(get, 0)
    }

    fn nftables_of(get: u16, family: u8) -> Self {
        let header = vec![family, 0, 0, 0];
        Self::of_body(nfnetlink::NFNL_SUBSYS_NFTABLES << 8 | get, header)
    }

    /// The number of the last transaction of nftables.
    pub fn nftables_generation() -> Self {
        Self::nftables(nfnetlink::NFT_MSG_GETGEN).single()
    }

    /// The elements of a set of nftables. `family`: `NFPROTO_*`.
    pub fn nftables_elements(family: u8, table: &[u8], set: &[u8]) -> Self {
        const NFTA_SET_ELEM_LIST_TABLE: u16 = 1;
        const NFTA_SET_ELEM_LIST_SET: u16 = 2;
        let mut request = Self::nftables_of(nfnetlink::NFT_MSG_GETSETELEM, family);
        for (kind, name) in [
            (NFTA_SET_ELEM_LIST_TABLE, table),
            (NFTA_SET_ELEM_LIST_SET, set),
        ] {
            let attribute = DefaultNla::new(kind, [name, b"\0"].concat());
            request.body.extend(bytes(&attribute));
        }
        request
    }

    /// One link.
    pub fn link(ifindex: u32, details: bool) -> Self {
        const IFI_INDEX: usize = 4;
        Self::links(details).of_device(IFI_INDEX, ifindex).single()
    }

    /// The routes of every family with an output device, as one next hop of several or as the only
    /// one.
    pub fn routes_of_device(ifindex: u32) -> Self {
        const RTA_OIF: u16 = 4;
        let mut request = Self::routes();
        request.attribute(RTA_OIF, ifindex);
        request.strict()
    }

    /// The neighbours on a device, and the proxy neighbours.
    pub fn neighs_of_device(ifindex: u32) -> [Self; 2] {
        const NDA_IFINDEX: u16 = 8;
        [Self::neighs(), Self::proxy_neighs()].map(|mut request| {
            request.attribute(NDA_IFINDEX, ifindex);
            request.strict()
        })
    }

    /// The forwarding entries of a device, as a bridge port and as itself.
    pub fn fdb_of_device(ifindex: u32) -> Self {
        const NDM_IFINDEX: usize = 4;
        Self::fdb().of_device(NDM_IFINDEX, ifindex)
    }

    /// The nexthop objects of a device. Groups have none.
    pub fn nexthops_of_device(ifindex: u32) -> Self {
        const NHA_OIF: u16 = 5;
        let mut request = Self::nexthops();
        request.attribute(NHA_OIF, ifindex);
        request.strict()
    }

    /// The switches of a family on a device.
    pub fn netconf_of_device(family: i32, ifindex: u32) -> Self {
        const NETCONFA_IFINDEX: u16 = 1;
        let mut request = Self::netconf(family);
        request.attribute(NETCONFA_IFINDEX, ifindex);
        request.strict().single()
    }

    /// The VLANs of a bridge or port.
    pub fn vlans_of_device(ifindex: u32) -> [Self; 2] {
        [Self::vlans(), Self::global_vlans()]
            .map(|request| request.of_device(DEVICE_OF_BRIDGE_HEADER, ifindex))
    }

    /// The network identifiers of a vxlan.
    pub fn vnis_of_device(ifindex: u32) -> Self {
        Self::vnis().of_device(DEVICE_OF_BRIDGE_HEADER, ifindex)
    }

    /// The multicast groups of a family that a device listens to.
    pub fn maddresses_of_device(family: i32, ifindex: u32) -> Self {
        Self::maddresses(family).of_device(IFA_INDEX, ifindex)
    }

    /// The anycast addresses of a device.
    pub fn acaddresses_of_device(ifindex: u32) -> Self {
        Self::acaddresses().of_device(IFA_INDEX, ifindex)
    }

    /// Returns true if it restricts the list to one device.
    pub fn is_of_device(&self) -> bool {
        self.strict
    }

    /// The complete message, with the sequence number `seq`.
    pub(super) fn message(&self, seq: u32) -> Vec<u8> {
        let mut header = NetlinkHeader::default();
        header.length = (header.buffer_len() + self.body.len()) as u32;
        header.message_type = self.kind;
        header.flags = match self {
            // The end of the list is its own; an acknowledgement would be a second one.
            Request { parts: true, .. } => NLM_F_REQUEST,
            Request { single: true, .. } => NLM_F_REQUEST | NLM_F_ACK,
            _ => NLM_F_REQUEST | NLM_F_DUMP,
        };
        header.sequence_number = seq;
        let mut message = bytes(&header);
        message.extend(&self.body);
        message
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Sizes of the kernel's fixed headers, aligned to four bytes as in a message.
    fn size_of_header(name: &str) -> usize {
        match name {
            "netconfmsg" | "rtgenmsg" | "ndtmsg" => 4,
            "ifaddrmsg" | "nhmsg" | "br_port_msg" | "br_vlan_msg" | "tunnel_msg" => 8,
            "ndmsg" | "fib_rule_hdr" | "rtmsg" | "ifaddrlblmsg" => 12,
            "ifinfomsg" => 16,
            "tcmsg" => 20,
            _ => panic!("no size for {name}"),
        }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn requests_have_these_bytes() {
        #[rustfmt::skip]
        let requests = [
            (Request::links(false), "ifinfomsg", "280000001200010304030201000000000000000000000000000000000000000008001d0009000000"),
            (Request::links(true), "ifinfomsg", "280000001200010304030201000000000000000000000000000000000000000008001d0001000000"),
            (Request::bridge_links(), "ifinfomsg", "280000001200010304030201000000000700000000000000000000000000000008001d00f4000000"),
            (Request::addresses(), "ifaddrmsg", "180000001600010304030201000000000000000000000000"),
            (Request::neighs(), "ndmsg", "1c0000001e0001030403020100000000000000000000000000000000"),
            (Request::proxy_neighs(), "ndmsg", "1c0000001e0001030403020100000000000000000000000000000800"),
            (Request::fdb(), "ndmsg", "1c0000001e0001030403020100000000070000000000000000000000"),
            (Request::rules(), "fib_rule_hdr", "1c000000220001030403020100000000000000000000000000000000"),
            (Request::routes(), "rtmsg", "1c0000001a0001030403020100000000000000000000000000000000"),
            (Request::mroutes(128), "rtmsg", "1c0000001a0001030403020100000000800000000000000000000000"),
            (Request::mroutes(129), "rtmsg", "1c0000001a0001030403020100000000810000000000000000000000"),
            (Request::nexthops(), "nhmsg", "180000006a00010304030201000000000000000000000000"),
            (Request::nexthop_buckets(), "nhmsg", "180000007600010304030201000000000000000000000000"),
            (Request::netconf(libc::AF_INET), "netconfmsg", "1400000052000103040302010000000002000000"),
            (Request::netconf(libc::AF_INET6), "netconfmsg", "140000005200010304030201000000000a000000"),
            (Request::netconf(libc::AF_MPLS), "netconfmsg", "140000005200010304030201000000001c000000"),
            (Request::nsids(), "rtgenmsg", "140000005a000103040302010000000000000000"),
            (Request::nsid(7), "rtgenmsg", "1c0000005a0005000403020100000000000000000800010007000000"),
            (Request::mdb(), "br_port_msg", "180000005600010304030201000000000700000000000000"),
            (Request::vlans(), "br_vlan_msg", "180000007200010304030201000000000700000000000000"),
            (Request::global_vlans(), "br_vlan_msg", "2000000072000103040302010000000007000000000000000800010002000000"),
            (Request::vnis(), "tunnel_msg", "180000007a00010304030201000000000700000000000000"),
            (Request::maddresses(libc::AF_INET), "ifaddrmsg", "180000003a00010304030201000000000200000000000000"),
            (Request::maddresses(libc::AF_INET6), "ifaddrmsg", "180000003a00010304030201000000000a00000000000000"),
            (Request::acaddresses(), "ifaddrmsg", "180000003e00010304030201000000000a00000000000000"),
            (Request::neightbl(), "ndtmsg", "1400000042000103040302010000000000000000"),
            (Request::addrlabels(), "ifaddrlblmsg", "1c0000004a00010304030201000000000a0000000000000000000000"),
            (Request::qdiscs(), "tcmsg", "240000002600010304030201000000000000000000000000000000000000000000000000"),
            (Request::link(0x0a0b, false), "ifinfomsg", "28000000120005000403020100000000000000000b0a0000000000000000000008001d0009000000"),
            (Request::routes_of_device(0x0a0b), "rtmsg", "240000001a0001030403020100000000000000000000000000000000080004000b0a0000"),
            (Request::neighs_of_device(0x0a0b)[1].clone(), "ndmsg", "240000001e0001030403020100000000000000000000000000000800080008000b0a0000"),
            (Request::fdb_of_device(0x0a0b), "ndmsg", "1c0000001e0001030403020100000000070000000b0a000000000000"),
            (Request::nexthops_of_device(0x0a0b), "nhmsg", "200000006a00010304030201000000000000000000000000080005000b0a0000"),
            (Request::netconf_of_device(libc::AF_INET, 0x0a0b), "netconfmsg", "1c00000052000500040302010000000002000000080001000b0a0000"),
            (Request::vlans_of_device(0x0a0b)[0].clone(), "br_vlan_msg", "18000000720001030403020100000000070000000b0a0000"),
            (Request::vnis_of_device(0x0a0b), "tunnel_msg", "180000007a0001030403020100000000070000000b0a0000"),
            (Request::maddresses_of_device(libc::AF_INET6, 0x0a0b), "ifaddrmsg", "180000003a00010304030201000000000a0000000b0a0000"),
            (Request::acaddresses_of_device(0x0a0b), "ifaddrmsg", "180000003e00010304030201000000000a0000000b0a0000"),
        ];
        const ATTRIBUTE: usize = 8;
        for (request, header, expected) in requests {
            let message = request.message(0x0102_0304);
            let hex = message.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            assert_eq!(hex, expected, "{header}");
            let size = 16 + size_of_header(header);
            assert!(
                message.len() == size || message.len() == size + ATTRIBUTE,
                "{header}"
            );
            let name = rtm::rtm(request.kind).unwrap().1;
            assert!(name.starts_with("RTM_GET"), "{name}");
        }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_request_of_generic_netlink_has_a_command() {
        let message = Request::genl_families().message(0x0102_0304);
        let header = [20, 0, 0, 0, 0x10, 0, 1, 3, 4, 3, 2, 1, 0, 0, 0, 0];
        assert_eq!(message[..16], header);
        assert_eq!(message[16..], [3, 2, 0, 0]);
        // A list that is no dump, and has one end.
        let request = Request::team(2, 7).addressed(FamilyId::generic(29).unwrap());
        let message = request.message(0x0102_0304);
        assert_eq!(message[4..8], [29, 0, 1, 0]);
        assert_eq!(message[16..], [2, 1, 0, 0, 8, 0, 1, 0, 7, 0, 0, 0]);
        // Of a family whose id differs from boot to boot.
        let request = Request::generic(15, &[4, 0, 1, 0x80]);
        let addressed = request.addressed(FamilyId::generic(29).unwrap());
        let message = addressed.message(0x0102_0304);
        let header = [24, 0, 0, 0, 29, 0, 1, 3, 4, 3, 2, 1, 0, 0, 0, 0];
        assert_eq!(message[..16], header);
        assert_eq!(message[16..], [15, 1, 0, 0, 4, 0, 1, 0x80]);
        let other = Request::genl_families();
        assert_eq!(other.clone().addressed(FamilyId::ETHTOOL), other);
    }

    #[test]
    fn the_sequence_number_says_whose_trips_an_answer_has() {
        assert_eq!(subject(Request::thermal_trips(7).seq().unwrap()), Some(7));
        assert_eq!(Request::thermal_governor(7).seq(), None);
        for seq in [0, 1, 0x1000, 1_790_000_000] {
            assert_eq!(subject(seq), None);
        }
    }
}
