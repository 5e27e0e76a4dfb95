//! `kind:"l2tp_tunnel"`: tunnels.

use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{ENCAPS, L2tpStats};
use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::spec::Trigger;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::l2tp::L2TP_CMD_TUNNEL_GET;
use crate::value::Symbol;

/// A tunnel of L2TP.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        L2TP_ATTR_IP_SADDR = 24 => Self::local,
        L2TP_ATTR_IP_DADDR = 25 => Self::peer,
        L2TP_ATTR_IP6_SADDR = 31 => Self::local,
        L2TP_ATTR_IP6_DADDR = 32 => Self::peer,
    ),
    skip(L2TP_ATTR_PAD = 35),
)]
#[state(key(tunnel_id), prefix(local), prefix(peer))]
pub struct L2tpTunnel {
    /// Number of the tunnel on this side.
    #[nla(L2TP_ATTR_CONN_ID = 9)]
    pub tunnel_id: u32,
    /// Its number on the side of the peer.
    #[nla(L2TP_ATTR_PEER_CONN_ID = 10)]
    pub peer_tunnel: Option<u32>,
    /// Version of L2TP: 2 or 3.
    #[nla(L2TP_ATTR_PROTO_VERSION = 7)]
    pub version: Option<u8>,
    /// What carries the packets: `UDP`, `IP`.
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
    /// Packets have a UDP checksum, over IPv4.
    #[nla(L2TP_ATTR_UDP_CSUM = 13)]
    pub checksum: Option<bool>,
    /// True if packets are sent without a UDP checksum, over IPv6.
    #[nla(L2TP_ATTR_UDP_ZERO_CSUM6_TX = 33, present)]
    pub udp_zero_csum6_tx: Option<bool>,
    /// True if packets without a UDP checksum are accepted, over IPv6.
    #[nla(L2TP_ATTR_UDP_ZERO_CSUM6_RX = 34, present)]
    pub udp_zero_csum6_rx: Option<bool>,
    /// Categories of messages for debugging, which the kernel does not use any more.
    #[nla(L2TP_ATTR_DEBUG = 17, nonzero)]
    pub debug: Option<u32>,
    /// Counters.
    #[nla(L2TP_ATTR_STATS = 30, volatile)]
    pub stats: Option<L2tpStats>,
}

impl L2tpTunnel {
    fn local(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.local = Some(attr.ip()?);
        Ok(())
    }

    fn peer(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.peer = Some(attr.ip()?);
        Ok(())
    }
}

kind!(
    L2tpTunnel of L2TP,
    listed by L2TP_CMD_TUNNEL_GET,
    [L2TP_CMD_TUNNEL_GET],
    deleted by [],
    { const STALE_AFTER: &'static [Trigger] = &[Trigger::L2tp]; }
);
