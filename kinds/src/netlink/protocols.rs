//! The registry of the protocols, whose wire format is [`Protocol`].

use super::family::Protocol;
use super::genl::curated;
use super::nfnetlink;
use super::other::other;
use crate::channel::{FamilyId, NETLINK_GENERIC, NETLINK_NETFILTER};

/// `GENL_MIN_ID` (linux/genetlink.h)
pub const MIN_ID: u16 = 0x10;

/// Every protocol whose messages have kinds, rtnetlink first.
pub static PROTOCOLS: &[&dyn Protocol] = &[
    &super::rtm::Rtnetlink,
    &super::genl::Nlctrl,
    &curated::ETHTOOL,
    &curated::NETDEV,
    &curated::DEVLINK,
    &curated::MPTCP_PM,
    &curated::NL80211,
    &curated::L2TP,
    &curated::TEAM,
    &curated::OVS_DATAPATH,
    &curated::OVS_VPORT,
    &curated::THERMAL,
    &curated::DPLL,
    &nfnetlink::NFTABLES,
    &nfnetlink::NFT_TRACE,
    &super::xfrm::Xfrm,
    &nfnetlink::CONNTRACK,
    &nfnetlink::EXPECT,
    &super::audit::Audit,
];

/// The protocol of that id: one without kinds of its own if it is none of [`PROTOCOLS`].
#[inline]
pub fn protocol(id: FamilyId) -> &'static dyn Protocol {
    let mut known = PROTOCOLS.iter().copied();
    match known.find(|protocol| protocol.id() == id) {
        Some(protocol) => protocol,
        None => other(id),
    }
}

/// The protocol of a packet with that protocol number (`sk_protocol` of an nlmon device). Messages
/// of generic netlink carry their family's id as the type of the first message, those of nfnetlink their
/// subsystem in it. `None` if there is no such protocol.
pub fn of_packet(protocol_number: u16, first_type: Option<u16>) -> Option<&'static dyn Protocol> {
    let id = match protocol_number {
        // Of an acknowledgement, and of bytes that are no message, the family is not known.
        NETLINK_GENERIC => match first_type.and_then(FamilyId::generic) {
            Some(id) if id.generic_id() >= MIN_ID => id,
            _ => FamilyId::GENERIC,
        },
        NETLINK_NETFILTER => nfnetlink::of_type(first_type.unwrap_or_default()),
        number => FamilyId::of_protocol(number)?,
    };
    Some(protocol(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_found_by_id_and_by_packet() {
        for protocol in PROTOCOLS {
            assert_eq!(super::protocol(protocol.id()).name(), protocol.name());
        }
        assert_eq!(of_packet(0, None).unwrap().name(), "route");
        assert_eq!(of_packet(16, Some(16)).unwrap().name(), "nlctrl");
        let id = |protocol, kind| of_packet(protocol, kind).map(|it| it.id());
        assert_eq!(id(16, Some(29)), FamilyId::generic(29));
        for kind in [None, Some(2), Some(1024)] {
            assert_eq!(id(16, kind), Some(FamilyId::GENERIC));
        }
        assert_eq!(of_packet(12, Some(0x0a00)).unwrap().name(), "nftables");
        assert_eq!(of_packet(12, Some(0x0100)).unwrap().name(), "conntrack");
        assert_eq!(of_packet(12, Some(0x0200)).unwrap().name(), "expect");
        assert_eq!(of_packet(12, Some(0x0700)).unwrap().name(), "netfilter");
        assert_eq!(of_packet(6, Some(16)).unwrap().name(), "xfrm");
        assert_eq!(
            of_packet(31, None).unwrap().id(),
            FamilyId::of_protocol(31).unwrap()
        );
        assert!(of_packet(32, Some(16)).is_none());
        assert!(of_packet(0x8000, Some(16)).is_none());
    }
}
