//! `kind:"l2tp_event"`: events of tunnels and sessions, of this network namespace or of another one.

use std::net::IpAddr;

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{ENCAPS, PW_TYPES};
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::l2tp::*;
use crate::value::{IfName, Symbol};

/// An event of a tunnel or session of L2TP, in whichever network namespace it is.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(
    custom(
        L2TP_ATTR_IP_SADDR = 24 => Self::local,
        L2TP_ATTR_IP_DADDR = 25 => Self::peer,
        L2TP_ATTR_IP6_SADDR = 31 => Self::local,
        L2TP_ATTR_IP6_DADDR = 32 => Self::peer,
    ),
    skip(
        L2TP_ATTR_UDP_CSUM = 13,
        L2TP_ATTR_COOKIE = 15,
        L2TP_ATTR_PEER_COOKIE = 16,
        L2TP_ATTR_DEBUG = 17,
        L2TP_ATTR_RECV_SEQ = 18,
        L2TP_ATTR_SEND_SEQ = 19,
        L2TP_ATTR_LNS_MODE = 20,
        L2TP_ATTR_USING_IPSEC = 21,
        L2TP_ATTR_RECV_TIMEOUT = 22,
        L2TP_ATTR_STATS = 30,
        L2TP_ATTR_UDP_ZERO_CSUM6_TX = 33,
        L2TP_ATTR_UDP_ZERO_CSUM6_RX = 34,
        L2TP_ATTR_PAD = 35,
    ),
)]
#[state(prefix(local), prefix(peer))]
pub struct L2tpEvent {
    /// `tunnel_create`, `tunnel_delete`, `tunnel_modify`, `session_create`, `session_delete`, `session_modify`.
    pub event: Symbol,
    /// Number of the tunnel on this side.
    #[nla(L2TP_ATTR_CONN_ID = 9)]
    pub tunnel_id: Option<u32>,
    /// Number of the session on this side.
    #[nla(L2TP_ATTR_SESSION_ID = 11)]
    pub session_id: Option<u32>,
    /// Number of the tunnel on the side of the peer.
    #[nla(L2TP_ATTR_PEER_CONN_ID = 10)]
    pub peer_tunnel_id: Option<u32>,
    /// Number of the session on the side of the peer.
    #[nla(L2TP_ATTR_PEER_SESSION_ID = 12)]
    pub peer_session_id: Option<u32>,
    /// Version of L2TP: 2 or 3.
    #[nla(L2TP_ATTR_PROTO_VERSION = 7)]
    pub version: Option<u8>,
    /// What carries the packets of the tunnel: `UDP`, `IP`.
    #[nla(L2TP_ATTR_ENCAP_TYPE = 2, names(u16, ENCAPS))]
    pub encap: Option<Symbol>,
    /// Local address.
    pub local: Option<IpAddr>,
    /// Address of the peer.
    pub peer: Option<IpAddr>,
    /// Local UDP port.
    #[nla(L2TP_ATTR_UDP_SPORT = 26)]
    pub local_port: Option<u16>,
    /// UDP port of the peer.
    #[nla(L2TP_ATTR_UDP_DPORT = 27)]
    pub peer_port: Option<u16>,
    /// What the session carries: `eth`, `eth_vlan`, `ppp`, `ppp_ac`, `ip`.
    #[nla(L2TP_ATTR_PW_TYPE = 1, names(u16, PW_TYPES))]
    pub pw_type: Option<Symbol>,
    /// The name with which the device of the session was made.
    #[nla(L2TP_ATTR_IFNAME = 8)]
    pub interface: Option<IfName>,
}

impl L2tpEvent {
    fn local(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.local = Some(attr.ip()?);
        Ok(())
    }

    fn peer(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.peer = Some(attr.ip()?);
        Ok(())
    }
}

events!(
    L2tpEvent of L2TP,
    [
        L2TP_CMD_TUNNEL_CREATE = "tunnel_create",
        L2TP_CMD_TUNNEL_DELETE = "tunnel_delete",
        L2TP_CMD_TUNNEL_MODIFY = "tunnel_modify",
        L2TP_CMD_SESSION_CREATE = "session_create",
        L2TP_CMD_SESSION_DELETE = "session_delete",
        L2TP_CMD_SESSION_MODIFY = "session_modify",
    ],
    {
        fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
            Triggers::of(&[Trigger::L2tp])
        }
    }
);
