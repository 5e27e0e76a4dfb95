//! The 16 bytes before the messages in `LINKTYPE_NETLINK`, and the properties of a packet that they
//! and the first message determine.
//!
//! All big-endian: packet type (u16), `ARPHRD_NETLINK` (u16), 10 unused bytes, netlink protocol
//! (u16). Packet type and unused bytes are the Linux "cooked" header of libpcap.

use crate::channel::{Channel, FamilyId, NetnsId, Role};
use crate::netlink::family::{Protocol, RequestHeader};

/// Length of the header.
pub(super) const LENGTH: usize = 16;

/// `ARPHRD_NETLINK` (linux/if_arp.h)
const ARPHRD_NETLINK: u16 = 824;

/// `PACKET_USER` and `PACKET_KERNEL` (linux/if_packet.h): the receiver of the packet.
const PACKET_USER: u16 = 6;
const PACKET_KERNEL: u16 = 7;

const NLM_F_REQUEST: u16 = libc::NLM_F_REQUEST as u16;
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
    packet_type: u16,
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

/// Length and header fields of the first message.
fn first(messages: &[u8]) -> Option<(u32, RequestHeader)> {
    let h = messages.first_chunk::<16>()?;
    let half = |at: usize| u16::from_ne_bytes([h[at], h[at + 1]]);
    let u32_at = |at: usize| u32::from_ne_bytes([h[at], h[at + 1], h[at + 2], h[at + 3]]);
    let header = RequestHeader {
        kind: half(4),
        flags: half(6),
        seq: u32_at(8),
        portid: u32_at(12),
    };
    Some((u32_at(0), header))
}

/// The type of the first message.
pub(super) fn first_type(messages: &[u8]) -> Option<u16> {
    first(messages).map(|(_, header)| header.kind)
}

/// Returns true if the messages are in the other byte order: the first length exceeds the packet,
/// and with its bytes swapped it does not.
pub(super) fn foreign_order(messages: &[u8]) -> bool {
    let Some((length, _)) = first(messages) else {
        return false;
    };
    length as usize > messages.len()
        && (16..=messages.len()).contains(&(length.swap_bytes() as usize))
}

/// The channel of messages that another tool captured. Dump entries have `NLM_F_MULTI`; the reply
/// to a request for a single object has not, and is taken for an event.
pub(super) fn channel(family: FamilyId, messages: &[u8]) -> Channel {
    let is_dump = first(messages).is_some_and(|(_, header)| header.flags & NLM_F_MULTI != 0);
    Channel {
        netns: NetnsId::OWN,
        family,
        role: if is_dump { Role::Dumps } else { Role::Events },
    }
}

/// Returns true if the packet was sent to the kernel.
///
/// nlmon sets the packet type accordingly, but a packet socket replaces it by `PACKET_OUTGOING`
/// (`dev_queue_xmit_nit`), so the first message has to decide.
pub(super) fn to_kernel(protocol: &dyn Protocol, packet: &Packet<'_>) -> bool {
    match packet.packet_type {
        PACKET_KERNEL => true,
        PACKET_USER => false,
        _ => first(packet.messages).is_some_and(|(_, header)| {
            header.flags & NLM_F_REQUEST != 0 && !protocol.is_kernel_request(&header)
        }),
    }
}
