//! What flows and expectations have in common: tuples, and states of protocols.

use std::net::IpAddr;

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::{JsonSchema, MAX_INTEGER};
use crate::kind::context::DecodeContext;
use crate::kind::route::rule::IP_PROTOCOLS;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::Symbol;

/// Packets of one direction (`CTA_TUPLE_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, JsonSchema, Object)]
#[schemars(rename = "ConntrackTuple")]
#[state(prefix(src), prefix(dst))]
pub struct Tuple {
    /// Source address.
    pub src: Option<IpAddr>,
    /// Destination address.
    pub dst: Option<IpAddr>,
    /// Source port.
    pub sport: Option<u16>,
    /// Destination port.
    pub dport: Option<u16>,
    /// Key of GRE from the source.
    pub srckey: Option<u16>,
    /// Key of GRE from the destination.
    pub dstkey: Option<u16>,
    /// Type of ICMP.
    pub icmp_type: Option<u8>,
    /// Code of ICMP.
    pub icmp_code: Option<u8>,
    /// Number in ICMP echos.
    pub icmp_id: Option<u16>,
    /// Zone of this direction alone.
    pub zone: Option<u16>,
}

const GRE: u8 = 47;

impl Tuple {
    /// Reads a tuple. Returns it, and the IP protocol.
    pub(super) fn read(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(Self, Option<Symbol>), AttrError> {
        const CTA_TUPLE_IP: u16 = 1;
        const CTA_TUPLE_PROTO: u16 = 2;
        const CTA_TUPLE_ZONE: u16 = 3;
        let (mut tuple, mut number) = (Tuple::default(), None);
        context.nested(attr, |context, attr| match attr.kind {
            CTA_TUPLE_IP => tuple.addresses(context, &attr),
            CTA_TUPLE_PROTO => tuple.protocol(context, &attr, &mut number),
            CTA_TUPLE_ZONE => {
                tuple.zone = Some(attr.be16()?);
                Ok(())
            }
            _ => Err(AttrError::Unknown),
        })?;
        if number == Some(GRE) {
            (tuple.srckey, tuple.dstkey) = (tuple.sport.take(), tuple.dport.take());
        }
        Ok((
            tuple,
            number.map(|number| Symbol::of(number.into(), IP_PROTOCOLS)),
        ))
    }

    fn addresses(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        const CTA_IP_V4_SRC: u16 = 1;
        const CTA_IP_V4_DST: u16 = 2;
        const CTA_IP_V6_SRC: u16 = 3;
        const CTA_IP_V6_DST: u16 = 4;
        context.nested(attr, |_, attr| {
            match attr.kind {
                CTA_IP_V4_SRC => self.src = Some(attr.ipv4()?.into()),
                CTA_IP_V4_DST => self.dst = Some(attr.ipv4()?.into()),
                CTA_IP_V6_SRC => self.src = Some(attr.ipv6()?.into()),
                CTA_IP_V6_DST => self.dst = Some(attr.ipv6()?.into()),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })
    }

    fn protocol(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        number: &mut Option<u8>,
    ) -> Result<(), AttrError> {
        const CTA_PROTO_NUM: u16 = 1;
        const CTA_PROTO_SRC_PORT: u16 = 2;
        const CTA_PROTO_DST_PORT: u16 = 3;
        const CTA_PROTO_ICMP_ID: u16 = 4;
        const CTA_PROTO_ICMP_TYPE: u16 = 5;
        const CTA_PROTO_ICMP_CODE: u16 = 6;
        const CTA_PROTO_ICMPV6_ID: u16 = 7;
        const CTA_PROTO_ICMPV6_TYPE: u16 = 8;
        const CTA_PROTO_ICMPV6_CODE: u16 = 9;
        context.nested(attr, |_, attr| {
            match attr.kind {
                CTA_PROTO_NUM => *number = Some(attr.u8()?),
                CTA_PROTO_SRC_PORT => self.sport = Some(attr.be16()?),
                CTA_PROTO_DST_PORT => self.dport = Some(attr.be16()?),
                CTA_PROTO_ICMP_ID | CTA_PROTO_ICMPV6_ID => self.icmp_id = Some(attr.be16()?),
                CTA_PROTO_ICMP_TYPE | CTA_PROTO_ICMPV6_TYPE => self.icmp_type = Some(attr.u8()?),
                CTA_PROTO_ICMP_CODE | CTA_PROTO_ICMPV6_CODE => self.icmp_code = Some(attr.u8()?),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })
    }
}

/// What a protocol adds to its state (`CTA_PROTOINFO_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "ConntrackDetails")]
pub struct Details {
    /// Scaling of the window from the sender of the first packet, TCP.
    pub orig_wscale: Option<u8>,
    /// Scaling of the window of the other direction, TCP.
    pub reply_wscale: Option<u8>,
    /// Flags of the tracking from the sender of the first packet, TCP (`IP_CT_TCP_FLAG_*`), as a number.
    pub orig_flags: Option<u8>,
    /// Flags of the tracking of the other direction, TCP, as a number.
    pub reply_flags: Option<u8>,
    /// Tag of the first packet, SCTP.
    pub orig_vtag: Option<u32>,
    /// Tag of the other direction, SCTP.
    pub reply_vtag: Option<u32>,
    /// Role of the sender of the first packet, DCCP: 0 client, 1 server.
    pub role: Option<u8>,
    /// Sequence number of the handshake, DCCP, as text.
    pub handshake_seq: Option<String>,
}

/// `TCP_CONNTRACK_*` (linux/netfilter/nf_conntrack_tcp.h)
pub const TCP_STATES: &[(u32, &str)] = &[
    (0, "NONE"),
    (1, "SYN_SENT"),
    (2, "SYN_RECV"),
    (3, "ESTABLISHED"),
    (4, "FIN_WAIT"),
    (5, "CLOSE_WAIT"),
    (6, "LAST_ACK"),
    (7, "TIME_WAIT"),
    (8, "CLOSE"),
    (9, "SYN_SENT2"),
];

/// `CT_DCCP_*` of kernels before 6.17
pub const DCCP_STATES: &[(u32, &str)] = &[
    (0, "NONE"),
    (1, "REQUEST"),
    (2, "RESPOND"),
    (3, "PARTOPEN"),
    (4, "OPEN"),
    (5, "CLOSEREQ"),
    (6, "CLOSING"),
    (7, "TIMEWAIT"),
    (8, "IGNORE"),
    (9, "INVALID"),
];

/// `SCTP_CONNTRACK_*` (linux/netfilter/nf_conntrack_sctp.h)
pub const SCTP_STATES: &[(u32, &str)] = &[
    (0, "NONE"),
    (1, "CLOSED"),
    (2, "COOKIE_WAIT"),
    (3, "COOKIE_ECHOED"),
    (4, "ESTABLISHED"),
    (5, "SHUTDOWN_SENT"),
    (6, "SHUTDOWN_RECD"),
    (7, "SHUTDOWN_ACK_SENT"),
    (8, "HEARTBEAT_SENT"),
    (9, "HEARTBEAT_ACKED"),
];

/// The state of a flow's protocol (`CTA_PROTOINFO_*`): one of them.
#[derive(Default, Attributes)]
pub(super) struct ProtocolInfo {
    #[nla(CTA_PROTOINFO_TCP = 1)]
    tcp: Option<Tcp>,
    #[nla(CTA_PROTOINFO_DCCP = 2)]
    dccp: Option<Dccp>,
    #[nla(CTA_PROTOINFO_SCTP = 3)]
    sctp: Option<Sctp>,
}

#[derive(Default, Attributes)]
struct Tcp {
    #[nla(CTA_PROTOINFO_TCP_STATE = 1, names(u8, TCP_STATES))]
    state: Option<Symbol>,
    #[nla(CTA_PROTOINFO_TCP_WSCALE_ORIGINAL = 2)]
    orig_wscale: Option<u8>,
    #[nla(CTA_PROTOINFO_TCP_WSCALE_REPLY = 3)]
    reply_wscale: Option<u8>,
    #[nla(CTA_PROTOINFO_TCP_FLAGS_ORIGINAL = 4, with = tcp_flags)]
    orig_flags: Option<u8>,
    #[nla(CTA_PROTOINFO_TCP_FLAGS_REPLY = 5, with = tcp_flags)]
    reply_flags: Option<u8>,
}

#[derive(Default, Attributes)]
#[nla(skip(CTA_PROTOINFO_DCCP_PAD = 4))]
struct Dccp {
    #[nla(CTA_PROTOINFO_DCCP_STATE = 1, names(u8, DCCP_STATES))]
    state: Option<Symbol>,
    #[nla(CTA_PROTOINFO_DCCP_ROLE = 2)]
    role: Option<u8>,
    #[nla(CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ = 3, map(be64, |number: u64| number.to_string()))]
    handshake_seq: Option<String>,
}

#[derive(Default, Attributes)]
struct Sctp {
    #[nla(CTA_PROTOINFO_SCTP_STATE = 1, names(u8, SCTP_STATES))]
    state: Option<Symbol>,
    #[nla(CTA_PROTOINFO_SCTP_VTAG_ORIGINAL = 2, wire = be32)]
    orig_vtag: Option<u32>,
    #[nla(CTA_PROTOINFO_SCTP_VTAG_REPLY = 3, wire = be32)]
    reply_vtag: Option<u32>,
}

/// `struct nf_ct_tcp_flags`: flags and their mask. Returns the flags.
fn tcp_flags(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<u8, AttrError> {
    match attr.value {
        [flags, _mask] => Ok(*flags),
        _ => Err(AttrError::Length),
    }
}

impl ProtocolInfo {
    /// The state, and the details.
    pub(super) fn split(self) -> (Option<Symbol>, Option<Details>) {
        let tcp = self.tcp.unwrap_or_default();
        let dccp = self.dccp.unwrap_or_default();
        let sctp = self.sctp.unwrap_or_default();
        let details = Details {
            orig_wscale: tcp.orig_wscale,
            reply_wscale: tcp.reply_wscale,
            orig_flags: tcp.orig_flags,
            reply_flags: tcp.reply_flags,
            orig_vtag: sctp.orig_vtag,
            reply_vtag: sctp.reply_vtag,
            role: dccp.role,
            handshake_seq: dccp.handshake_seq,
        };
        let details = (details != Details::default()).then_some(details);
        (tcp.state.or(dccp.state).or(sctp.state), details)
    }
}

/// Packets and bytes of one direction (`CTA_COUNTERS_*`).
#[derive(Default, Attributes)]
#[nla(skip(CTA_COUNTERS_PAD = 5))]
pub(super) struct Counters {
    #[nla(CTA_COUNTERS_PACKETS = 1, map(be64, |number: u64| number.min(MAX_INTEGER)))]
    pub packets: Option<u64>,
    #[nla(CTA_COUNTERS_BYTES = 2, map(be64, |number: u64| number.min(MAX_INTEGER)))]
    pub bytes: Option<u64>,
}

/// A correction of sequence numbers (`CTA_SEQADJ_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[schemars(rename = "ConntrackAdjustment")]
pub struct Adjustment {
    /// Sequence number of the last packet that was lengthened or shortened.
    #[nla(CTA_SEQADJ_CORRECTION_POS = 1, wire = be32)]
    pub correction_pos: Option<u32>,
    /// Bytes that packets before it are longer.
    #[nla(CTA_SEQADJ_OFFSET_BEFORE = 2, map(be32, u32::cast_signed))]
    pub offset_before: Option<i32>,
    /// Bytes that packets after it are longer.
    #[nla(CTA_SEQADJ_OFFSET_AFTER = 3, map(be32, u32::cast_signed))]
    pub offset_after: Option<i32>,
}
