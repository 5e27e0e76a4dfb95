//! The 16 bytes before the messages in `LINKTYPE_NETLINK`, and what they tell.
//!
//! All big-endian: packet type (u16), `ARPHRD_NETLINK` (u16), 10 unused bytes, netlink protocol
//! (u16). Packet type and unused bytes are the Linux "cooked" header of libpcap.

use crate::input::Source;

/// Length of the header.
pub(super) const LENGTH: usize = 16;

/// The header before a datagram of ours: packet type 0, protocol `NETLINK_ROUTE`.
pub(super) const HEADER: [u8; LENGTH] = [0, 0, 0x03, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// `ARPHRD_NETLINK` (linux/if_arp.h)
const ARPHRD_NETLINK: u16 = 824;

/// `PACKET_USER` and `PACKET_KERNEL` (linux/if_packet.h): who receives it.
const PACKET_USER: u16 = 6;
const PACKET_KERNEL: u16 = 7;

const NLM_F_REQUEST: u16 = libc::NLM_F_REQUEST as u16;
const NLM_F_MULTI: u16 = libc::NLM_F_MULTI as u16;

/// `RTM_NEWCHAIN` and `RTM_DELCHAIN` (linux/rtnetlink.h)
const RTM_NEWCHAIN: u16 = 100;
const RTM_DELCHAIN: u16 = 101;

/// What is behind the header, if that is of the kernel's routing family: packet type and
/// messages.
pub(super) fn open(packet: &[u8]) -> Option<(u16, &[u8])> {
    let (header, messages) = packet.split_first_chunk::<LENGTH>()?;
    let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    (word(2) == ARPHRD_NETLINK && word(14) == libc::NETLINK_ROUTE as u16)
        .then(|| (word(0), messages))
}

/// The header fields of the first message: length, type, flags, seq, port id.
fn first(messages: &[u8]) -> Option<(u32, u16, u16, u32, u32)> {
    let h = messages.first_chunk::<16>()?;
    let half = |at: usize| u16::from_ne_bytes([h[at], h[at + 1]]);
    let word = |at: usize| u32::from_ne_bytes([h[at], h[at + 1], h[at + 2], h[at + 3]]);
    Some((word(0), half(4), half(6), word(8), word(12)))
}

/// Are the messages in the other byte order? Only a length that makes no sense in ours and does
/// in the other says so.
pub(super) fn foreign_order(messages: &[u8]) -> bool {
    let Some((length, ..)) = first(messages) else {
        return false;
    };
    length as usize > messages.len()
        && (16..=messages.len()).contains(&(length.swap_bytes() as usize))
}

/// The source of messages that another tool captured. A dump is told by its flag; the answer to
/// a single question looks like an event.
pub(super) fn source(messages: &[u8]) -> Source {
    match first(messages) {
        Some((_, _, flags, ..)) if flags & NLM_F_MULTI != 0 => Source::Dumps,
        _ => Source::Events,
    }
}

/// Was the packet sent to the kernel?
///
/// nlmon says so in the packet type, but a packet socket sees `PACKET_OUTGOING` instead
/// (`dev_queue_xmit_nit`), so the first message has to tell.
pub(super) fn to_kernel(packet_type: u16, messages: &[u8]) -> bool {
    match packet_type {
        PACKET_KERNEL => true,
        PACKET_USER => false,
        _ => first(messages).is_some_and(|(_, kind, flags, seq, portid)| {
            flags & NLM_F_REQUEST != 0 && !kernel_requests(kind, flags, seq, portid)
        }),
    }
}

/// The kernel's own messages that carry `NLM_F_REQUEST`.
fn kernel_requests(kind: u16, flags: u16, seq: u32, portid: u32) -> bool {
    match kind {
        // neigh_app_ns asks user space to resolve a neighbour.
        libc::RTM_GETNEIGH => flags == NLM_F_REQUEST && seq == 0 && portid == 0,
        // Filters, actions and chains repeat the flags of the request, under the port id of
        // whoever sent it. `tc` sends 0 there.
        libc::RTM_NEWTFILTER
        | libc::RTM_DELTFILTER
        | libc::RTM_NEWACTION
        | libc::RTM_DELACTION
        | RTM_NEWCHAIN
        | RTM_DELCHAIN => portid != 0,
        _ => false,
    }
}
