//! The names of a link's constants, as printed by `ip`.

use super::wire::Names;
use crate::value::{FlagNames, Symbol};

/// A bit above those of the kernel: the device is up, but not running.
pub(super) const NO_CARRIER: u64 = 1 << 32;

/// `IFF_*` (linux/if.h)
pub(super) const FLAGS: &FlagNames = &[
    (NO_CARRIER, "NO-CARRIER"),
    (libc::IFF_LOOPBACK as u64, "LOOPBACK"),
    (libc::IFF_BROADCAST as u64, "BROADCAST"),
    (libc::IFF_POINTOPOINT as u64, "POINTOPOINT"),
    (libc::IFF_MULTICAST as u64, "MULTICAST"),
    (libc::IFF_NOARP as u64, "NOARP"),
    (libc::IFF_ALLMULTI as u64, "ALLMULTI"),
    (libc::IFF_PROMISC as u64, "PROMISC"),
    (libc::IFF_MASTER as u64, "MASTER"),
    (libc::IFF_SLAVE as u64, "SLAVE"),
    (libc::IFF_DEBUG as u64, "DEBUG"),
    (libc::IFF_DYNAMIC as u64, "DYNAMIC"),
    (libc::IFF_AUTOMEDIA as u64, "AUTOMEDIA"),
    (libc::IFF_PORTSEL as u64, "PORTSEL"),
    (libc::IFF_NOTRAILERS as u64, "NOTRAILERS"),
    (libc::IFF_UP as u64, "UP"),
    (libc::IFF_LOWER_UP as u64, "LOWER_UP"),
    (libc::IFF_DORMANT as u64, "DORMANT"),
    (libc::IFF_ECHO as u64, "ECHO"),
];

/// `IF_OPER_*` (linux/if.h)
pub(in crate::kind) const OPER_STATES: Names = &[
    (6, "UP"),
    (2, "DOWN"),
    (0, "UNKNOWN"),
    (1, "NOTPRESENT"),
    (3, "LOWERLAYERDOWN"),
    (4, "TESTING"),
    (5, "DORMANT"),
];

/// `IF_LINK_MODE_*` (linux/if.h)
pub(super) const LINK_MODES: Names = &[(0, "DEFAULT"), (1, "DORMANT"), (2, "TESTING")];

/// `IFLA_EVENT_*` (linux/if_link.h)
pub(super) const EVENTS: Names = &[
    (1, "REBOOT"),
    (2, "FEATURE CHANGE"),
    (3, "BONDING FAILOVER"),
    (4, "NOTIFY PEERS"),
    (5, "RESEND IGMP"),
    (6, "BONDING OPTION"),
];

/// `BRIDGE_FLAGS_*`
pub(super) const BRIDGE_FLAGS: &FlagNames = &[(1, "master"), (2, "self")];

/// `BRIDGE_MODE_*`
pub(super) const HW_MODES: Names = &[(0, "VEB"), (1, "VEPA"), (0xffff, "UNDEF")];

/// Returns the symbol of a name that the kernel chose, without an allocation if it is one of
/// `names`.
pub(super) fn symbol_of(name: &str, names: &'static [&'static str]) -> Symbol {
    match names.iter().find(|it| **it == name) {
        Some(name) => Symbol::Known(name),
        None => Symbol::Named(name.into()),
    }
}

/// Returns the symbol of a queueing discipline.
pub(super) fn qdisc(name: &str) -> Symbol {
    symbol_of(name, QDISCS)
}

/// The queueing disciplines that a device often has at its root: their names need no allocation.
const QDISCS: &[&str] = &[
    "noqueue",
    "noop",
    "fq_codel",
    "mq",
    "fq",
    "pfifo_fast",
    "pfifo",
    "htb",
    "cake",
    "mqprio",
    "prio",
    "netem",
    "tbf",
    "hfsc",
    "sfq",
    "codel",
    "multiq",
    "taprio",
    "qfq",
    "drr",
    "ets",
    "red",
    "cbs",
    "etf",
];

/// `ARPHRD_*` (linux/if_arp.h), the most frequent ones first.
pub(super) const LL_TYPES: Names = &[
    (1, "ether"),
    (772, "loopback"),
    (65534, "none"),
    (768, "ipip"),
    (769, "tunnel6"),
    (776, "sit"),
    (778, "gre"),
    (823, "gre6"),
    (0, "generic"),
    (2, "eether"),
    (3, "ax25"),
    (4, "pronet"),
    (5, "chaos"),
    (6, "ieee802"),
    (7, "arcnet"),
    (8, "atalk"),
    (15, "dlci"),
    (19, "atm"),
    (23, "metricom"),
    (24, "ieee1394"),
    (32, "infiniband"),
    (256, "slip"),
    (257, "cslip"),
    (258, "slip6"),
    (259, "cslip6"),
    (260, "rsrvd"),
    (264, "adapt"),
    (270, "rose"),
    (271, "x25"),
    (272, "hwx25"),
    (280, "can"),
    (512, "ppp"),
    (513, "hdlc"),
    (516, "lapb"),
    (517, "ddcmp"),
    (518, "rawhdlc"),
    (770, "frad"),
    (771, "skip"),
    (773, "ltalk"),
    (774, "fddi"),
    (775, "bif"),
    (777, "ip/ddp"),
    (779, "pimreg"),
    (780, "hippi"),
    (781, "ash"),
    (782, "econet"),
    (783, "irda"),
    (784, "fcpp"),
    (785, "fcal"),
    (786, "fcpl"),
    (787, "fcfb0"),
    (788, "fcfb1"),
    (789, "fcfb2"),
    (790, "fcfb3"),
    (791, "fcfb4"),
    (792, "fcfb5"),
    (793, "fcfb6"),
    (794, "fcfb7"),
    (795, "fcfb8"),
    (796, "fcfb9"),
    (797, "fcfb10"),
    (798, "fcfb11"),
    (799, "fcfb12"),
    (800, "tr"),
    (801, "ieee802.11"),
    (802, "ieee802.11/prism"),
    (803, "ieee802.11/radiotap"),
    (804, "ieee802.15.4"),
    (805, "ieee802.15.4/monitor"),
    (820, "phonet"),
    (821, "phonet_pipe"),
    (822, "caif"),
    (824, "netlink"),
    (825, "6lowpan"),
    (65535, "void"),
];
