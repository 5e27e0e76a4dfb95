//! `kind:"l2tp_tunnel"`, `"l2tp_session"` and `"l2tp_event"`: tunnels of L2TP and their sessions (linux/l2tp.h), named as
//! in ip-l2tp(8).
//!
//! The kernel sends each event to the listeners of every network namespace (`l2tp_tunnel_notify`), and no event says in
//! which one the tunnel is. It announces neither the sessions that are deleted with a tunnel nor the end of a tunnel whose
//! socket is closed, and an event of a deletion precedes it. Therefore events are messages, and the objects are those that
//! the kernel lists after them.

mod event;
mod session;
#[cfg(test)]
mod tests;
mod tunnel;

use serde::Serialize;
use serde_with::skip_serializing_none;

use nlstream_derive::Attributes;

use crate::json::JsonSchema;
pub use event::L2tpEvent;
pub use session::L2tpSession;
pub use tunnel::L2tpTunnel;

/// `L2TP_ENCAPTYPE_*`, named as in ip-l2tp(8).
const ENCAPS: &[(u32, &str)] = &[(0, "UDP"), (1, "IP")];
/// `L2TP_PWTYPE_*`
const PW_TYPES: &[(u32, &str)] = &[
    (0, "none"),
    (4, "eth_vlan"),
    (5, "eth"),
    (7, "ppp"),
    (8, "ppp_ac"),
    (11, "ip"),
];

/// Counters of a tunnel or session (`L2TP_ATTR_STATS`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(L2TP_ATTR_STATS_PAD = 9))]
pub struct L2tpStats {
    /// Packets sent.
    #[nla(L2TP_ATTR_TX_PACKETS = 1)]
    pub tx_packets: Option<u64>,
    /// Their bytes.
    #[nla(L2TP_ATTR_TX_BYTES = 2)]
    pub tx_bytes: Option<u64>,
    /// Packets that could not be sent.
    #[nla(L2TP_ATTR_TX_ERRORS = 3)]
    pub tx_errors: Option<u64>,
    /// Packets received.
    #[nla(L2TP_ATTR_RX_PACKETS = 4)]
    pub rx_packets: Option<u64>,
    /// Their bytes.
    #[nla(L2TP_ATTR_RX_BYTES = 5)]
    pub rx_bytes: Option<u64>,
    /// Packets discarded because of their sequence number.
    #[nla(L2TP_ATTR_RX_SEQ_DISCARDS = 6)]
    pub rx_seq_discards: Option<u64>,
    /// Packets received out of sequence.
    #[nla(L2TP_ATTR_RX_OOS_PACKETS = 7)]
    pub rx_oos_packets: Option<u64>,
    /// Packets received with an error.
    #[nla(L2TP_ATTR_RX_ERRORS = 8)]
    pub rx_errors: Option<u64>,
    /// Packets discarded because of a wrong cookie.
    #[nla(L2TP_ATTR_RX_COOKIE_DISCARDS = 10)]
    pub rx_cookie_discards: Option<u64>,
    /// Packets discarded because of an invalid header.
    #[nla(L2TP_ATTR_RX_INVALID = 11)]
    pub rx_invalid: Option<u64>,
}
