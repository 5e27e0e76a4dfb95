//! The protocols by number, and what the headers of the kernel say about their messages.

use super::{nfnetlink, xfrm};
use crate::channel::{NETLINK_GENERIC, NETLINK_NETFILTER};

/// Declares a constant for each number, and the table of their names.
macro_rules! numbers {
    ($(#[$meta:meta])* $vis:vis $table:ident { $($name:ident = $number:literal;)+ }) => {
        $(#[$meta])*
        $vis const $table: &[(u16, &str)] = &[$(($number, stringify!($name))),+];
    };
}

/// `NETLINK_*` (linux/netlink.h)
pub const NETLINK_XFRM: u16 = 6;
pub const NETLINK_CONNECTOR: u16 = 11;
pub const NETLINK_KOBJECT_UEVENT: u16 = 15;

/// Every protocol that has a name: `NETLINK_*` in lower case, as `ss --netlink` abbreviates some of
/// them.
pub const PROTOCOLS: &[(u16, &str)] = &[
    (0, "route"),
    (2, "usersock"),
    (3, "firewall"),
    (4, "sock_diag"),
    (5, "nflog"),
    (NETLINK_XFRM, "xfrm"),
    (7, "selinux"),
    (8, "iscsi"),
    (9, "audit"),
    (10, "fib_lookup"),
    (NETLINK_CONNECTOR, "connector"),
    (NETLINK_NETFILTER, "netfilter"),
    (13, "ip6_fw"),
    (14, "dnrtmsg"),
    (NETLINK_KOBJECT_UEVENT, "uevent"),
    (NETLINK_GENERIC, "generic"),
    (18, "scsitransport"),
    (19, "ecryptfs"),
    (20, "rdma"),
    (21, "crypto"),
    (22, "smc"),
];

/// Value of `--family` that means every netlink family.
pub const ALL: &str = "all";

/// The multicast groups of a protocol, by number, with the names of its header in part.
type Groups = &'static [(u32, &'static str)];

/// The protocols that have senders of multicast messages in Linux, and their groups: the kernel has 32
/// for each protocol at least, whether anything is sent to them or not.
const GROUPS: &[(u16, Groups)] = &[
    // enum sknetlink_groups (linux/sock_diag.h)
    (
        4,
        &[
            (1, "INET_TCP_DESTROY"),
            (2, "INET_UDP_DESTROY"),
            (3, "INET6_TCP_DESTROY"),
            (4, "INET6_UDP_DESTROY"),
        ],
    ),
    // enum xfrm_nlgroups (linux/xfrm.h)
    (
        NETLINK_XFRM,
        &[
            (1, "ACQUIRE"),
            (2, "EXPIRE"),
            (3, "SA"),
            (4, "POLICY"),
            (5, "AEVENTS"),
            (6, "REPORT"),
            (7, "MIGRATE"),
            (8, "MAPPING"),
        ],
    ),
    // enum selinux_nlgroups (linux/selinux_netlink.h)
    (7, &[(1, "AVC")]),
    // enum audit_nlgrps (linux/audit.h)
    (9, &[(1, "READLOG")]),
    // CN_IDX_PROC (linux/connector.h)
    (NETLINK_CONNECTOR, &[(1, "PROC")]),
    // enum nfnetlink_groups (linux/netfilter/nfnetlink.h), those of subsystems with kinds left out
    (NETLINK_NETFILTER, &[(8, "ACCT_QUOTA")]),
    // The kernel's own; udev sends to the second.
    (NETLINK_KOBJECT_UEVENT, &[(1, "kernel")]),
    // RDMA_NL_GROUP_NOTIFY (rdma/rdma_netlink.h)
    (20, &[(4, "NOTIFY")]),
];

/// The groups of a protocol to which the kernel sends; `None` if they are not known.
pub fn groups(protocol: u16) -> Option<Groups> {
    let row = GROUPS.iter().find(|(it, _)| *it == protocol);
    row.map(|(_, groups)| *groups)
}

/// The name of a protocol.
pub fn protocol_name(number: u16) -> Option<&'static str> {
    find(PROTOCOLS, number)
}

pub(super) fn find(names: &'static [(u16, &'static str)], number: u16) -> Option<&'static str> {
    names
        .iter()
        .find(|(it, _)| *it == number)
        .map(|(_, name)| *name)
}

/// The subsystem of a netfilter message: the high byte of its type (`NFNL_SUBSYS_ID`). The tables
/// have the low byte (linux/netfilter/nfnetlink.h).
const SUBSYSTEMS: &[(u16, &[(u16, &str)])] = &[
    (0, BATCH),
    (1, nfnetlink::CONNTRACK_MESSAGES),
    (2, nfnetlink::EXPECT_MESSAGES),
    (7, ACCOUNTING),
    (10, nfnetlink::MESSAGES),
];

/// The name of a message type of a protocol other than rtnetlink and generic netlink.
pub fn message_name(protocol: u16, number: u16) -> Option<&'static str> {
    match protocol {
        NETLINK_XFRM => find(xfrm::MESSAGES, number),
        NETLINK_NETFILTER => {
            let subsystem = number >> 8;
            let (_, names) = SUBSYSTEMS.iter().find(|(it, _)| *it == subsystem)?;
            find(names, number & 0xff)
        }
        4 => find(SOCK_DIAG, number),
        _ => None,
    }
}

/// Length in bytes of the fixed header of a message type of such a protocol, padding included;
/// `None` if it is not known, or if the messages have no attributes.
pub fn header_length(protocol: u16, number: u16) -> Option<usize> {
    match protocol {
        NETLINK_XFRM => xfrm::HEADERS
            .iter()
            .find(|(types, _)| types.contains(&number))
            .map(|it| it.1),
        // struct nfgenmsg
        NETLINK_NETFILTER => Some(4),
        _ => None,
    }
}

numbers! {
    /// `NFNL_MSG_BATCH_*` (linux/netfilter/nfnetlink.h): the ends of a transaction that a program sends.
    BATCH {
        NFNL_MSG_BATCH_BEGIN = 16;
        NFNL_MSG_BATCH_END = 17;
    }
}
numbers! {
    /// `NFNL_MSG_ACCT_*` (linux/netfilter/nfnetlink_acct.h)
    ACCOUNTING {
        NFNL_MSG_ACCT_NEW = 0;
        NFNL_MSG_ACCT_GET = 1;
        NFNL_MSG_ACCT_GET_CTRZERO = 2;
        NFNL_MSG_ACCT_DEL = 3;
        NFNL_MSG_ACCT_OVERQUOTA = 4;
    }
}
numbers! {
    /// `SOCK_DIAG_BY_FAMILY` and `SOCK_DESTROY` (linux/sock_diag.h)
    SOCK_DIAG {
        SOCK_DIAG_BY_FAMILY = 20;
        SOCK_DESTROY = 21;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_the_names_of_their_subsystem() {
        assert_eq!(message_name(NETLINK_XFRM, 16), Some("XFRM_MSG_NEWSA"));
        assert_eq!(
            message_name(NETLINK_NETFILTER, 0x0a0f),
            Some("NFT_MSG_NEWGEN")
        );
        assert_eq!(
            message_name(NETLINK_NETFILTER, 0x0100),
            Some("IPCTNL_MSG_CT_NEW")
        );
        assert_eq!(
            message_name(NETLINK_NETFILTER, 0x0200),
            Some("IPCTNL_MSG_EXP_NEW")
        );
        assert_eq!(message_name(NETLINK_NETFILTER, 0x0300), None);
        assert_eq!(
            message_name(NETLINK_NETFILTER, 0x11),
            Some("NFNL_MSG_BATCH_END")
        );
        assert_eq!(message_name(9, 16), None);
    }
}
