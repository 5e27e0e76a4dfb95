//! The 16 bytes before the messages in `LINKTYPE_NETLINK`, and the properties of a packet that they
//! and the first message determine.
//!
//! All big-endian: packet type (u16), `ARPHRD_NETLINK` (u16), 10 unused bytes, netlink protocol
//! (u16). Packet type and unused bytes are the Linux "cooked" header of libpcap.

use crate::channel::{Channel, FamilyId, NetnsId, Role};
use crate::netlink::frame::{Message, message_type};

/// Length of the header.
pub(super) const LENGTH: usize = 16;

/// `ARPHRD_NETLINK` (linux/if_arp.h)
const ARPHRD_NETLINK: u16 = 824;

/// `PACKET_USER` and `PACKET_KERNEL` (linux/if_packet.h): the receiver of the packet.
pub(super) const PACKET_USER: u16 = 6;
pub(super) const PACKET_KERNEL: u16 = 7;

const NLM_F_MULTI: u16 = libc::NLM_F_MULTI as u16;

/// The header that a recording has before a datagram of that family: packet type 0.
pub(super) fn header(family: FamilyId) -> [u8; LENGTH] {
    let mut header = [0; LENGTH];
    header[2..4].copy_from_slice(&ARPHRD_NETLINK.to_be_bytes());
    header[14..].copy_from_slice(&family.protocol().to_be_bytes());
    header
}

/// A netlink packet.
pub(super) struct Packet<'a> {
    /// `sll_pkttype`
    pub packet_type: u16,
    /// Protocol number (`NETLINK_*`).
    pub protocol: u16,
    pub messages: &'a [u8],
}

/// Splits a packet; `None` if it is not netlink.
pub(super) fn open(packet: &[u8]) -> Option<Packet<'_>> {
    let (header, messages) = packet.split_first_chunk::<LENGTH>()?;
    let u16_at = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    (u16_at(2) == ARPHRD_NETLINK).then(|| Packet {
        packet_type: u16_at(0),
        protocol: u16_at(14),
        messages,
    })
}

/// Returns true if the beginning of a packet that was cut within its cooked header does not show
/// that the packet is something else.
pub(super) fn may_be_netlink(packet: &[u8]) -> bool {
    let is_to_kernel = packet.get(..2) == Some(&PACKET_KERNEL.to_be_bytes());
    let other = packet
        .get(2..4)
        .is_some_and(|it| it != ARPHRD_NETLINK.to_be_bytes());
    !is_to_kernel && !other
}

/// The type of the first message.
pub(super) fn first_type(messages: &[u8]) -> Option<u16> {
    message_type(messages)
}

/// Returns true if the messages are in the other byte order: the first length exceeds the packet's
/// `length`, and with its bytes swapped it does not.
pub(super) fn foreign_order(messages: &[u8], length: usize) -> bool {
    let Some(first) = Message::incomplete(messages) else {
        return false;
    };
    let stated = first.stated_length();
    stated as usize > length && (16..=length).contains(&(stated.swap_bytes() as usize))
}

/// The channel of messages that another tool captured. Dump entries have `NLM_F_MULTI`; the reply
/// to a request for a single object has not, and is taken for an event. A notification of several parts
/// has it, too (`team`), but answers no request.
pub(super) fn channel(family: FamilyId, first: Option<&Message<'_>>) -> Channel {
    let is_dump = first.is_some_and(|first| {
        let answers = family == FamilyId::ROUTE || (first.seq, first.portid) != (0, 0);
        first.flags & NLM_F_MULTI != 0 && answers
    });
    Channel {
        netns: NetnsId::OWN,
        family,
        role: if is_dump { Role::Dumps } else { Role::Events },
    }
}
