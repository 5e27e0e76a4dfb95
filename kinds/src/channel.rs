//! Where a datagram comes from: a network namespace, a netlink family, and one of its two sockets.

use serde::{Deserialize, Serialize};

/// A network namespace that a run watches, by its number within the run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NetnsId(pub u16);

impl NetnsId {
    /// The namespace in which the program was started.
    pub const OWN: NetnsId = NetnsId(0);
    /// The same in a run with `--all-netns`: the first of the list.
    pub const OWN_LISTED: NetnsId = NetnsId(1);

    /// The number of the namespace at this position of the list in `start`.
    pub fn of_listed(at: usize) -> Self {
        NetnsId(u16::try_from(at + 1).unwrap_or(u16::MAX))
    }

    /// The position in the list of namespaces in `start`; `None` for [`NetnsId::OWN`], which is not
    /// listed.
    pub fn listed_at(self) -> Option<usize> {
        usize::from(self.0).checked_sub(1)
    }

    /// Sets what a list by number, in the order of that in `start`, has for this namespace.
    pub fn set_listed<T: Default>(self, list: &mut Vec<T>, value: T) {
        if let Some(at) = self.listed_at() {
            if list.len() <= at {
                list.resize_with(at + 1, T::default);
            }
            list[at] = value;
        }
    }
}

/// A netlink family: a protocol number (`NETLINK_*`, linux/netlink.h) and, for generic netlink,
/// the id that the kernel gave to the family. A generic netlink family with kinds of its own also has
/// a number above those of the kernel, which is the same on every machine
/// ([`Curated`](crate::netlink::genl::curated::Curated)). For nfnetlink, the subsystem. Two bytes, since each
/// event carries one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FamilyId(u16);

const PROTOCOL_BITS: u32 = 5;
/// Protocol number of generic netlink (linux/netlink.h).
pub(crate) const NETLINK_GENERIC: u16 = 16;
/// The largest id that the kernel gives to a generic netlink family (linux/genetlink.h).
const GENL_MAX_ID: u16 = 1023;
/// Protocol number of nfnetlink (linux/netlink.h).
pub(crate) const NETLINK_NETFILTER: u16 = 12;
/// Not a subsystem of the kernel: `NFNL_SUBSYS_NFTABLES`, and a bit above the eight of
/// `NFNL_SUBSYS_ID`.
const TRACE: u16 = 10 | 0x100;

impl FamilyId {
    /// rtnetlink (`NETLINK_ROUTE`).
    pub const ROUTE: FamilyId = FamilyId(0);
    /// The generic netlink controller. Its id is the same on every machine (`GENL_ID_CTRL`,
    /// linux/genetlink.h).
    pub const NLCTRL: FamilyId = FamilyId(0x10 << PROTOCOL_BITS | NETLINK_GENERIC);

    /// xfrm, the protocol of IPsec (`NETLINK_XFRM`).
    pub const XFRM: FamilyId = FamilyId(6);
    /// The audit protocol (`NETLINK_AUDIT`).
    pub const AUDIT: FamilyId = FamilyId(9);
    /// `ethtool`: settings of devices.
    pub const ETHTOOL: FamilyId = FamilyId::curated(0);
    /// `netdev`: queues, NAPI instances, page pools and XDP features of devices.
    pub const NETDEV: FamilyId = FamilyId::curated(1);
    /// `devlink`: devices with ports, parameters, health reporters and more.
    pub const DEVLINK: FamilyId = FamilyId::curated(2);
    /// `mptcp_pm`: connections of Multipath TCP.
    pub const MPTCP_PM: FamilyId = FamilyId::curated(3);
    /// `nl80211`: wireless devices.
    pub const NL80211: FamilyId = FamilyId::curated(4);
    /// `l2tp`: tunnels of L2TP.
    pub const L2TP: FamilyId = FamilyId::curated(5);
    /// `team`: team devices.
    pub const TEAM: FamilyId = FamilyId::curated(6);
    /// `ovs_datapath`: datapaths of Open vSwitch.
    pub const OVS_DATAPATH: FamilyId = FamilyId::curated(7);
    /// `ovs_vport`: ports of these datapaths.
    pub const OVS_VPORT: FamilyId = FamilyId::curated(8);
    /// `thermal`: thermal zones, their trips, and cooling devices.
    pub const THERMAL: FamilyId = FamilyId::curated(9);
    /// `dpll`: digital phase-locked loops and their pins.
    pub const DPLL: FamilyId = FamilyId::curated(10);

    /// A generic netlink family of which the id is not known.
    pub const GENERIC: FamilyId = FamilyId(NETLINK_GENERIC);

    /// Flows that the kernel tracks (`NFNL_SUBSYS_CTNETLINK`, linux/netfilter/nfnetlink.h).
    pub const CONNTRACK: FamilyId = FamilyId::subsystem(1);
    /// Flows that the kernel expects (`NFNL_SUBSYS_CTNETLINK_EXP`).
    pub const EXPECT: FamilyId = FamilyId::subsystem(2);
    /// nftables (`NFNL_SUBSYS_NFTABLES`, linux/netfilter/nfnetlink.h).
    pub const NFTABLES: FamilyId = FamilyId::subsystem(10);
    /// The trace of packets through the rules of nftables: a family of its own, since it may have a
    /// message for each packet and rule.
    pub const NFT_TRACE: FamilyId = FamilyId::subsystem(TRACE);

    /// A subsystem of nfnetlink (`NFNL_SUBSYS_*`), of which the messages have kinds.
    const fn subsystem(number: u16) -> Self {
        FamilyId(number << PROTOCOL_BITS | NETLINK_NETFILTER)
    }

    /// The family of that protocol number; `None` for 32 (`MAX_LINKS`) and above.
    pub const fn of_protocol(protocol: u16) -> Option<Self> {
        match protocol >> PROTOCOL_BITS {
            0 => Some(FamilyId(protocol)),
            _ => None,
        }
    }

    /// The generic netlink family with that id (`nlmsg_type` of its messages); `None` above
    /// `GENL_MAX_ID`.
    pub const fn generic(id: u16) -> Option<Self> {
        match id {
            0..=GENL_MAX_ID => Some(FamilyId(id << PROTOCOL_BITS | NETLINK_GENERIC)),
            _ => None,
        }
    }

    /// The generic netlink family with kinds of its own that has that number, whatever its id is.
    const fn curated(number: u16) -> Self {
        FamilyId((GENL_MAX_ID + 1 + number) << PROTOCOL_BITS | NETLINK_GENERIC)
    }

    /// The protocol number, 0 to 31.
    pub const fn protocol(self) -> u16 {
        self.0 & ((1 << PROTOCOL_BITS) - 1)
    }

    /// Returns true if both are the same family; `==` cannot be used in constants.
    pub const fn is(self, other: FamilyId) -> bool {
        self.0 == other.0
    }

    /// Returns true for a generic netlink family.
    pub const fn is_generic(self) -> bool {
        self.protocol() == NETLINK_GENERIC
    }

    /// The id of a generic netlink family; 0 for every other family.
    pub const fn generic_id(self) -> u16 {
        match self.is_generic() {
            true => self.0 >> PROTOCOL_BITS,
            false => 0,
        }
    }
}

/// Which of a family's two sockets a datagram was received on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The member of the multicast groups.
    Events,
    /// The one that requests dumps.
    Dumps,
}

/// The source of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel {
    /// The network namespace of the socket.
    pub netns: NetnsId,
    /// The family of its messages.
    pub family: FamilyId,
    /// The socket.
    pub role: Role,
}

impl Channel {
    /// The events of rtnetlink in the program's own namespace.
    pub const ROUTE_EVENTS: Channel = Channel {
        netns: NetnsId::OWN,
        family: FamilyId::ROUTE,
        role: Role::Events,
    };
    /// The dumps of rtnetlink in the program's own namespace.
    pub const ROUTE_DUMPS: Channel = Channel {
        role: Role::Dumps,
        ..Channel::ROUTE_EVENTS
    };

    /// The dumps of the controller of generic netlink in the program's own namespace.
    pub const NLCTRL_DUMPS: Channel = Channel {
        family: FamilyId::NLCTRL,
        ..Channel::ROUTE_DUMPS
    };

    /// Returns true if this is the channel of an event socket.
    pub const fn is_events(self) -> bool {
        matches!(self.role, Role::Events)
    }

    /// Returns true if both channels have the same namespace and family.
    pub fn is_beside(self, other: Channel) -> bool {
        (self.netns, self.family) == (other.netns, other.family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_id_keeps_protocol_and_generic_id_apart() {
        assert_eq!(FamilyId::of_protocol(0), Some(FamilyId::ROUTE));
        for protocol in 0..32 {
            let family = FamilyId::of_protocol(protocol).unwrap();
            assert_eq!((family.protocol(), family.generic_id()), (protocol, 0));
        }
        assert_eq!(FamilyId::of_protocol(32), None);
        for id in [0x10, 0x1d, 1023] {
            let family = FamilyId::generic(id).unwrap();
            assert_eq!((family.protocol(), family.generic_id()), (16, id));
        }
        assert_eq!(FamilyId::generic(1024), None);
        assert!(FamilyId::ETHTOOL.is_generic() && FamilyId::ETHTOOL.generic_id() > 1023);
        assert_ne!(FamilyId::ETHTOOL, FamilyId::NETDEV);
        assert_eq!(FamilyId::generic(0x10), Some(FamilyId::NLCTRL));
    }

    #[test]
    fn subsystems_of_nfnetlink_are_families_of_their_own() {
        let netfilter = FamilyId::of_protocol(NETLINK_NETFILTER).unwrap();
        let all = [netfilter, FamilyId::NFTABLES, FamilyId::NFT_TRACE];
        for (at, family) in all.iter().enumerate() {
            assert_eq!((family.protocol(), family.generic_id()), (12, 0));
            assert!(all[..at].iter().all(|other| other != family));
        }
    }
}
