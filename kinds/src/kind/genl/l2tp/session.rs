//! `kind:"l2tp_session"`: sessions, which are the pseudowires in a tunnel.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{L2tpStats, PW_TYPES};
use crate::json::JsonSchema;
use crate::kind::spec::Trigger;
use crate::netlink::genl::l2tp::L2TP_CMD_SESSION_GET;
use crate::value::{Hex, IfName, Symbol};

/// A session in a tunnel of L2TP.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(L2TP_ATTR_PAD = 35))]
#[state(key(tunnel_id, session_id))]
pub struct L2tpSession {
    /// Number of the tunnel on this side.
    #[nla(L2TP_ATTR_CONN_ID = 9)]
    pub tunnel_id: u32,
    /// Number of the session on this side.
    #[nla(L2TP_ATTR_SESSION_ID = 11)]
    pub session_id: u32,
    /// Number of the tunnel on the side of the peer.
    #[nla(L2TP_ATTR_PEER_CONN_ID = 10)]
    pub peer_tunnel_id: Option<u32>,
    /// Number of the session on the side of the peer.
    #[nla(L2TP_ATTR_PEER_SESSION_ID = 12)]
    pub peer_session_id: Option<u32>,
    /// What it carries: `eth`, `eth_vlan`, `ppp`, `ppp_ac`, `ip`.
    #[nla(L2TP_ATTR_PW_TYPE = 1, names(u16, PW_TYPES))]
    pub pw_type: Option<Symbol>,
    /// The name with which its device was made. The kernel does not follow when the device is renamed.
    #[nla(L2TP_ATTR_IFNAME = 8)]
    pub interface: Option<IfName>,
    /// Cookie that packets of the peer must have, hexadecimal.
    #[nla(L2TP_ATTR_PEER_COOKIE = 16)]
    pub peer_cookie: Option<Hex>,
    /// Cookie of packets to the peer, hexadecimal.
    #[nla(L2TP_ATTR_COOKIE = 15)]
    pub cookie: Option<Hex>,
    /// Packets must have sequence numbers.
    #[nla(L2TP_ATTR_RECV_SEQ = 18)]
    pub recv_seq: Option<bool>,
    /// Packets are sent with sequence numbers.
    #[nla(L2TP_ATTR_SEND_SEQ = 19)]
    pub send_seq: Option<bool>,
    /// This side decides about sequence numbers (L2TP network server).
    #[nla(L2TP_ATTR_LNS_MODE = 20)]
    pub lns_mode: Option<bool>,
    /// The socket of the tunnel has policies of IPsec.
    #[nla(L2TP_ATTR_USING_IPSEC = 21)]
    pub using_ipsec: Option<bool>,
    /// Time for which packets wait for those before them, milliseconds.
    #[nla(L2TP_ATTR_RECV_TIMEOUT = 22)]
    pub reorder_timeout: Option<u64>,
    /// Categories of messages for debugging, which the kernel does not use any more.
    #[nla(L2TP_ATTR_DEBUG = 17, nonzero)]
    pub debug: Option<u32>,
    /// Counters.
    #[nla(L2TP_ATTR_STATS = 30, volatile)]
    pub stats: Option<L2tpStats>,
}

kind!(
    L2tpSession of L2TP,
    listed by L2TP_CMD_SESSION_GET,
    [L2TP_CMD_SESSION_GET],
    deleted by [],
    { const STALE_AFTER: &'static [Trigger] = &[Trigger::L2tp]; }
);
