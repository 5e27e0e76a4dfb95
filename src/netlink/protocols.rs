//! The registry of the protocols, whose wire format is [`Protocol`].

use super::family::Protocol;
use crate::channel::{FamilyId, NETLINK_GENERIC};

/// Every protocol, rtnetlink first.
pub const PROTOCOLS: &[&dyn Protocol] = &[&super::rtm::Rtnetlink, &super::genl::Nlctrl];

/// The protocol of that id. `None`: its datagrams are skipped, and counted, wherever they come
/// from.
#[inline]
pub fn protocol(id: FamilyId) -> Option<&'static dyn Protocol> {
    PROTOCOLS
        .iter()
        .copied()
        .find(|protocol| protocol.id() == id)
}

/// The protocol of a packet with that protocol number (`sk_protocol` of an nlmon device). Messages
/// of generic netlink carry their family's id as the type of the first message.
pub fn of_packet(protocol_number: u16, first_type: Option<u16>) -> Option<&'static dyn Protocol> {
    let id = match protocol_number {
        NETLINK_GENERIC => FamilyId::generic(first_type?)?,
        number => FamilyId::of_protocol(number)?,
    };
    protocol(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_found_by_id_and_by_packet() {
        for protocol in PROTOCOLS {
            assert_eq!(
                super::protocol(protocol.id()).unwrap().name(),
                protocol.name()
            );
        }
        assert_eq!(of_packet(0, None).unwrap().name(), "route");
        assert_eq!(of_packet(16, Some(16)).unwrap().name(), "nlctrl");
        // Another generic netlink family.
        assert!(of_packet(16, Some(29)).is_none());
        // NETLINK_XFRM has no decoder.
        assert!(of_packet(6, Some(16)).is_none());
        assert!(of_packet(0x8000, Some(16)).is_none());
        assert!(of_packet(16, None).is_none());
    }
}
