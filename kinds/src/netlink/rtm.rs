//! The wire format of rtnetlink: its message types (`RTM_*`, linux/rtnetlink.h) and the fixed header
//! of each.

use super::family::{Groups, Protocol, RequestHeader, RequestSender};
use super::frame::Message;
use super::groups;
use crate::channel::FamilyId;

/// A message type: its number, its name, and the length in bytes of its fixed header, padding
/// included.
pub type Rtm = (u16, &'static str, usize);

/// `struct ifinfomsg`
const IFINFO: usize = 16;
/// `struct ifaddrmsg`
const IFADDR: usize = 8;
/// `struct rtmsg`
const ROUTE: usize = 12;
/// `struct ndmsg`
const NEIGH: usize = 12;
/// `struct fib_rule_hdr`
const RULE: usize = 12;
/// `struct tcmsg`
const TC: usize = 20;
/// `struct rtgenmsg` and `struct netconfmsg`: an address family, padded. `struct tcamsg`,
/// `struct ndtmsg` and `struct dcbmsg` have the same length.
const FAMILY: usize = 4;
/// `struct prefixmsg`
const PREFIX: usize = 12;
/// `struct nduseroptmsg`
const NDUSEROPT: usize = 16;
/// `struct ifaddrlblmsg`
const ADDRLABEL: usize = 12;
/// `struct br_port_msg`, `struct br_vlan_msg`, `struct nhmsg` and `struct tunnel_msg`
const PORT: usize = 8;
/// `struct if_stats_msg`
const STATS: usize = 12;

/// Declares a constant for each message type, and the table [`TYPES`].
macro_rules! types {
    ($($name:ident = $number:literal, $header:ident;)+) => {
        $(pub const $name: u16 = $number;)+

        /// Every message type of the 6.18 header, by number.
        pub const TYPES: &[Rtm] = &[$(($number, stringify!($name), $header)),+];
    };
}

types! {
    RTM_NEWLINK = 16, IFINFO;
    RTM_DELLINK = 17, IFINFO;
    RTM_GETLINK = 18, IFINFO;
    RTM_SETLINK = 19, IFINFO;
    RTM_NEWADDR = 20, IFADDR;
    RTM_DELADDR = 21, IFADDR;
    RTM_GETADDR = 22, IFADDR;
    RTM_NEWROUTE = 24, ROUTE;
    RTM_DELROUTE = 25, ROUTE;
    RTM_GETROUTE = 26, ROUTE;
    RTM_NEWNEIGH = 28, NEIGH;
    RTM_DELNEIGH = 29, NEIGH;
    RTM_GETNEIGH = 30, NEIGH;
    RTM_NEWRULE = 32, RULE;
    RTM_DELRULE = 33, RULE;
    RTM_GETRULE = 34, RULE;
    RTM_NEWQDISC = 36, TC;
    RTM_DELQDISC = 37, TC;
    RTM_GETQDISC = 38, TC;
    RTM_NEWTCLASS = 40, TC;
    RTM_DELTCLASS = 41, TC;
    RTM_GETTCLASS = 42, TC;
    RTM_NEWTFILTER = 44, TC;
    RTM_DELTFILTER = 45, TC;
    RTM_GETTFILTER = 46, TC;
    RTM_NEWACTION = 48, FAMILY;
    RTM_DELACTION = 49, FAMILY;
    RTM_GETACTION = 50, FAMILY;
    RTM_NEWPREFIX = 52, PREFIX;
    RTM_NEWMULTICAST = 56, IFADDR;
    RTM_DELMULTICAST = 57, IFADDR;
    RTM_GETMULTICAST = 58, IFADDR;
    RTM_NEWANYCAST = 60, IFADDR;
    RTM_DELANYCAST = 61, IFADDR;
    RTM_GETANYCAST = 62, IFADDR;
    RTM_NEWNEIGHTBL = 64, FAMILY;
    RTM_GETNEIGHTBL = 66, FAMILY;
    RTM_SETNEIGHTBL = 67, FAMILY;
    RTM_NEWNDUSEROPT = 68, NDUSEROPT;
    RTM_NEWADDRLABEL = 72, ADDRLABEL;
    RTM_DELADDRLABEL = 73, ADDRLABEL;
    RTM_GETADDRLABEL = 74, ADDRLABEL;
    RTM_GETDCB = 78, FAMILY;
    RTM_SETDCB = 79, FAMILY;
    RTM_NEWNETCONF = 80, FAMILY;
    RTM_DELNETCONF = 81, FAMILY;
    RTM_GETNETCONF = 82, FAMILY;
    RTM_NEWMDB = 84, PORT;
    RTM_DELMDB = 85, PORT;
    RTM_GETMDB = 86, PORT;
    RTM_NEWNSID = 88, FAMILY;
    RTM_DELNSID = 89, FAMILY;
    RTM_GETNSID = 90, FAMILY;
    RTM_NEWSTATS = 92, STATS;
    RTM_GETSTATS = 94, STATS;
    RTM_SETSTATS = 95, STATS;
    RTM_NEWCACHEREPORT = 96, FAMILY;
    RTM_NEWCHAIN = 100, TC;
    RTM_DELCHAIN = 101, TC;
    RTM_GETCHAIN = 102, TC;
    RTM_NEWNEXTHOP = 104, PORT;
    RTM_DELNEXTHOP = 105, PORT;
    RTM_GETNEXTHOP = 106, PORT;
    RTM_NEWLINKPROP = 108, IFINFO;
    RTM_DELLINKPROP = 109, IFINFO;
    RTM_GETLINKPROP = 110, IFINFO;
    RTM_NEWVLAN = 112, PORT;
    RTM_DELVLAN = 113, PORT;
    RTM_GETVLAN = 114, PORT;
    RTM_NEWNEXTHOPBUCKET = 116, PORT;
    RTM_DELNEXTHOPBUCKET = 117, PORT;
    RTM_GETNEXTHOPBUCKET = 118, PORT;
    RTM_NEWTUNNEL = 120, PORT;
    RTM_DELTUNNEL = 121, PORT;
    RTM_GETTUNNEL = 122, PORT;
}

/// The message type with that number.
pub fn rtm(kind: u16) -> Option<Rtm> {
    let at = TYPES.binary_search_by_key(&kind, |(number, ..)| *number);
    Some(TYPES[at.ok()?])
}

/// The rtnetlink family.
#[derive(Clone, Copy, Debug)]
pub struct Rtnetlink;

impl Protocol for Rtnetlink {
    fn id(&self) -> FamilyId {
        FamilyId::ROUTE
    }

    fn name(&self) -> &'static str {
        "route"
    }

    fn groups(&self) -> Groups {
        Groups::All
    }

    fn group_name(&self, group: u32) -> String {
        groups::name(group)
    }

    #[inline]
    fn address_family(&self, message: &Message<'_>) -> Option<u8> {
        message.body.first().copied()
    }

    fn type_name(&self, number: u16) -> Option<&'static str> {
        rtm(number).map(|(_, name, _)| name)
    }

    fn header_length(&self, number: u16) -> Option<usize> {
        rtm(number).map(|(.., length)| length)
    }

    fn request_sender(&self, request: &RequestHeader) -> RequestSender {
        const NLM_F_REQUEST: u16 = libc::NLM_F_REQUEST as u16;
        let is_known = rtm(request.kind).is_some();
        match (request.kind, request.kind % 4) {
            // neigh_app_ns requests user space to resolve a neighbour.
            (RTM_GETNEIGH, _)
                if request.flags == NLM_F_REQUEST && (request.seq, request.portid) == (0, 0) =>
            {
                RequestSender::Kernel
            }
            // nexthop_notify, tfilter_notify, tc_chain_notify and tcf_add_notify repeat the flags of
            // the request.
            (
                RTM_NEWNEXTHOP | RTM_DELNEXTHOP | RTM_NEWTFILTER | RTM_DELTFILTER | RTM_NEWCHAIN
                | RTM_DELCHAIN | RTM_NEWACTION | RTM_DELACTION,
                _,
            ) => RequestSender::Either,
            (kind, _) if KERNEL_ONLY.contains(&kind) => RequestSender::Kernel,
            // A type of a later kernel: its notifications may repeat the flags.
            (_, 0 | 1) if !is_known => RequestSender::Either,
            _ => RequestSender::Program,
        }
    }

    fn is_state(&self, message: &Message<'_>) -> bool {
        !matches!(
            message.kind,
            RTM_GETNEIGH | RTM_NEWPREFIX | RTM_NEWNDUSEROPT | RTM_NEWSTATS | RTM_NEWCACHEREPORT
        )
    }
}

/// Types of which the kernel accepts no requests: no handler is registered for them.
const KERNEL_ONLY: &[u16] = &[
    RTM_NEWPREFIX,
    RTM_NEWMULTICAST,
    RTM_DELMULTICAST,
    RTM_NEWANYCAST,
    RTM_DELANYCAST,
    RTM_NEWNEIGHTBL,
    RTM_NEWNDUSEROPT,
    RTM_NEWNETCONF,
    RTM_DELNETCONF,
    RTM_NEWSTATS,
    RTM_NEWCACHEREPORT,
    RTM_NEWNEXTHOPBUCKET,
    RTM_DELNEXTHOPBUCKET,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sorted_and_named_after_their_action() {
        assert!(TYPES.is_sorted_by(|a, b| a.0 < b.0));
        for (number, name, _) in TYPES {
            let verb = ["NEW", "DEL", "GET", "SET"][usize::from(number % 4)];
            assert!(name.starts_with(&format!("RTM_{verb}")), "{name}");
        }
        assert_eq!(rtm(16), Some((16, "RTM_NEWLINK", 16)));
        assert_eq!(rtm(54), None);
    }
}
