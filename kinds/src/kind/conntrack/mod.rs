//! `kind:"conntrack"` and `kind:"expect"`: flows that the kernel tracks, and those that it expects
//! (nfnetlink, linux/netfilter/nfnetlink_conntrack.h). Both are events only unless `--track` asks for more: the kernel
//! ends a flow that began before anybody listened without a message, so only dumps tell what exists.

mod expect;
mod parts;

use std::net::IpAddr;

use jiff::Timestamp;
use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr as _};
use crate::kind::context::DecodeContext;
use crate::kind::fields::Fields as _;
use crate::kind::spec::KindSpec;
use crate::kind::wire::family;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::nfnetlink::{HEADER, IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_NEW};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Hex, Symbol, Text, Time};
pub use expect::Expect;
use parts::{Counters, ProtocolInfo, Tuple};
pub use parts::{DCCP_STATES, SCTP_STATES, TCP_STATES};

/// A flow that the kernel tracks (`CTA_*`). The kernel's module decides what an event has: counters and
/// times need `net.netfilter.nf_conntrack_acct` and `nf_conntrack_timestamp`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(CTA_HELP = 5, CTA_SECCTX = 19, CTA_TIMESTAMP = 20, CTA_SYNPROXY = 24),
    custom(
        CTA_TUPLE_ORIG = 1 => Self::original,
        CTA_TUPLE_REPLY = 2 => Self::reply,
        CTA_TUPLE_MASTER = 14 => Self::master,
        CTA_PROTOINFO = 4 => Self::protocol_state,
        CTA_COUNTERS_ORIG = 9 => Self::original_counters,
        CTA_COUNTERS_REPLY = 10 => Self::reply_counters,
    ),
    skip(
        CTA_TIMESTAMP / CTA_TIMESTAMP_PAD = 3,
        // Of the helper itself.
        CTA_HELP / CTA_HELP_INFO = 2,
    ),
)]
#[state(
    key(
        family, proto, zone, orig_zone, src, dst, sport, dport, icmp_type, icmp_code, icmp_id,
        srckey, dstkey
    ),
    prefix(src),
    prefix(dst)
)]
pub struct Conntrack {
    /// Address family: `inet`, `inet6`.
    pub family: Symbol,
    /// IP protocol: a name, else its number.
    pub proto: Symbol,
    /// Zone of both directions.
    #[nla(CTA_ZONE = 18, wire = be16)]
    pub zone: Option<u16>,
    /// Zone of the direction of the first packet alone.
    pub orig_zone: Option<u16>,
    /// Source address of the first packet: who began.
    pub src: Option<IpAddr>,
    /// Destination address of the first packet, before any translation.
    pub dst: Option<IpAddr>,
    /// Source port of the first packet.
    pub sport: Option<u16>,
    /// Destination port of the first packet.
    pub dport: Option<u16>,
    /// Type of ICMP.
    pub icmp_type: Option<u8>,
    /// Code of ICMP.
    pub icmp_code: Option<u8>,
    /// Number in ICMP echos.
    pub icmp_id: Option<u16>,
    /// Key of GRE from the source.
    pub srckey: Option<u16>,
    /// Key of GRE from the destination.
    pub dstkey: Option<u16>,
    /// The packets of the other direction, as the kernel expects them. Its `src` and `sport` differ from `dst` and
    /// `dport` of the flow if the destination is translated, its `dst` and `dport` from `src` and `sport` of the flow
    /// if the source is.
    #[state(properties)]
    pub reply: Option<Tuple>,
    /// State of TCP, SCTP or DCCP: `SYN_SENT`, `ESTABLISHED`, `TIME_WAIT` …
    pub state: Option<Symbol>,
    /// `expected`, `seen_reply`, `assured`, `confirmed`, `src_nat`, `dst_nat`, `dying` …
    #[nla(CTA_STATUS = 3, flags(be32, STATUS))]
    pub status: Flags,
    /// Seconds until the kernel forgets the flow, if no packet comes.
    #[nla(CTA_TIMEOUT = 7, wire = be32)]
    #[state(volatile)]
    pub timeout: Option<u32>,
    /// Mark, hexadecimal; absent: 0.
    #[nla(CTA_MARK = 8, optional, map(be32, mark))]
    pub mark: Option<String>,
    /// Number of the flow, which no other one has at that time.
    #[nla(CTA_ID = 12, wire = be32)]
    pub id: Option<u32>,
    /// Bits that rules set, least significant byte first, hexadecimal.
    #[nla(CTA_LABELS = 22)]
    pub labels: Option<Hex>,
    /// Module that follows the protocol: `ftp`, `sip` …
    #[nla(CTA_HELP / CTA_HELP_NAME = 1)]
    pub helper: Option<Text>,
    /// Security label.
    #[nla(CTA_SECCTX / CTA_SECCTX_NAME = 1)]
    pub security: Option<Text>,
    /// The flow that this one belongs to: the control connection of FTP.
    pub master: Option<Tuple>,
    /// Packets from the sender of the first one.
    #[state(volatile, transient)]
    pub orig_packets: Option<u64>,
    /// Bytes from the sender of the first packet.
    #[state(volatile, transient)]
    pub orig_bytes: Option<u64>,
    /// Packets of the other direction.
    #[state(volatile, transient)]
    pub reply_packets: Option<u64>,
    /// Bytes of the other direction.
    #[state(volatile, transient)]
    pub reply_bytes: Option<u64>,
    /// When the flow began. Events have it only when it ends.
    #[nla(CTA_TIMESTAMP / CTA_TIMESTAMP_START = 1, with = time)]
    #[state(volatile)]
    pub start: Option<Time>,
    /// When it ended.
    #[nla(CTA_TIMESTAMP / CTA_TIMESTAMP_STOP = 2, with = time)]
    pub stop: Option<Time>,
    /// When the kernel made this event, Linux 6.14 and later with `nf_conntrack_timestamp`.
    #[nla(CTA_TIMESTAMP_EVENT = 27, with = time)]
    #[state(transient)]
    pub event_time: Option<Time>,
    /// Number of references in the kernel.
    #[nla(CTA_USE = 11, details, wire = be32)]
    #[state(volatile, transient)]
    pub r#use: Option<u32>,
    /// With `details`: scaling of windows and flags of TCP, tags of SCTP.
    #[state(volatile)]
    pub protocol_details: Option<parts::Details>,
    /// Correction of sequence numbers from the sender of the first packet, by a translated payload.
    #[nla(CTA_SEQ_ADJ_ORIG = 15)]
    pub orig_adjustment: Option<parts::Adjustment>,
    /// The same of the other direction.
    #[nla(CTA_SEQ_ADJ_REPLY = 16)]
    pub reply_adjustment: Option<parts::Adjustment>,
    /// First sequence number of a SYN proxy.
    #[nla(CTA_SYNPROXY / CTA_SYNPROXY_ISN = 1, wire = be32)]
    pub synproxy_isn: Option<u32>,
    /// First timestamp of a SYN proxy.
    #[nla(CTA_SYNPROXY / CTA_SYNPROXY_ITS = 2, wire = be32)]
    pub synproxy_its: Option<u32>,
    /// Offset of the timestamps of a SYN proxy.
    #[nla(CTA_SYNPROXY / CTA_SYNPROXY_TSOFF = 3, wire = be32)]
    pub synproxy_tsoff: Option<u32>,
}

/// `IPS_*` (linux/netfilter/nf_conntrack_common.h)
const STATUS: &FlagNames = &[
    (1 << 0, "expected"),
    (1 << 1, "seen_reply"),
    (1 << 2, "assured"),
    (1 << 3, "confirmed"),
    (1 << 4, "src_nat"),
    (1 << 5, "dst_nat"),
    (1 << 6, "seq_adjust"),
    (1 << 7, "src_nat_done"),
    (1 << 8, "dst_nat_done"),
    (1 << 9, "dying"),
    (1 << 10, "fixed_timeout"),
    (1 << 11, "template"),
    (1 << 12, "nat_clash"),
    (1 << 13, "helper"),
    (1 << 14, "offload"),
    (1 << 15, "hw_offload"),
];

/// Dumps leave out 0, of events it depends on what made them.
fn mark(number: u32) -> Option<String> {
    (number != 0).then(|| format!("{number:#x}"))
}

/// Reads nanoseconds since 1970.
fn time(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Time, AttrError> {
    let nanoseconds = i128::from(attr.be64()?);
    let time = Timestamp::from_nanosecond(nanoseconds).map_err(|_| AttrError::Value)?;
    Ok(Time(time))
}

impl KindSpec for Conntrack {
    const NETLINK_FAMILY: FamilyId = FamilyId::CONNTRACK;
    const MESSAGES: &'static [u16] = &[IPCTNL_MSG_CT_NEW, IPCTNL_MSG_CT_DELETE];
    const ON_REQUEST: bool = true;
    // `ctnetlink_dump_table` walks the buckets of the hash table, and reads one again from which an entry was removed.
    const STABLE_DUMPS: bool = true;
    // An update has what has changed, and a deletion less than the flow had.
    const DELETED_BY_KEY: bool = true;
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::flows()]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        read(context, body, |family| Conntrack {
            family,
            status: Flags::new(0, STATUS),
            ..Conntrack::default()
        })
    }

    fn add_stored(&mut self, stored: &Self) {
        // Of another flow between the same ports nothing remains.
        if self.id == stored.id {
            // The kernel leaves out a mark of 0.
            let mark = self.mark.take();
            self.merge_missing(stored);
            self.mark = mark;
        }
    }
}

impl Conntrack {
    fn original(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let (tuple, proto) = Tuple::read(context, attr)?;
        self.proto = proto.unwrap_or_default();
        (self.src, self.dst, self.sport, self.dport) =
            (tuple.src, tuple.dst, tuple.sport, tuple.dport);
        (self.icmp_type, self.icmp_code, self.icmp_id) =
            (tuple.icmp_type, tuple.icmp_code, tuple.icmp_id);
        (self.srckey, self.dstkey, self.orig_zone) = (tuple.srckey, tuple.dstkey, tuple.zone);
        Ok(())
    }

    fn reply(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.reply = Some(Tuple::read(context, attr)?.0);
        Ok(())
    }

    fn master(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.master = Some(Tuple::read(context, attr)?.0);
        Ok(())
    }

    fn protocol_state(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let (state, details) = ProtocolInfo::from_attr(context, attr)?.split();
        self.state = state;
        self.protocol_details = details.filter(|_| context.details);
        Ok(())
    }

    fn original_counters(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let counters = Counters::from_attr(context, attr)?;
        (self.orig_packets, self.orig_bytes) = (counters.packets, counters.bytes);
        Ok(())
    }

    fn reply_counters(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let counters = Counters::from_attr(context, attr)?;
        (self.reply_packets, self.reply_bytes) = (counters.packets, counters.bytes);
        Ok(())
    }
}

/// Reads an object of a message that begins with a `struct nfgenmsg`. `new`: one of that address family.
fn read<T: Attributes>(
    context: &mut DecodeContext<'_>,
    body: &[u8],
    new: impl FnOnce(Symbol) -> T,
) -> Option<T> {
    let (header, attributes) = body.split_first_chunk::<HEADER>()?;
    let mut object = new(family(header[0]));
    object.attributes(context, attributes);
    Some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_keeps_what_the_kernel_left_out() {
        let text = |text: &str| Some(Text(text.as_bytes().into()));
        let stored = Conntrack {
            id: Some(7),
            mark: Some("0x5".to_owned()),
            helper: text("ftp"),
            state: Some(Symbol::Known("SYN_SENT")),
            ..Conntrack::default()
        };
        let update = |id, mark: Option<&str>| {
            let mut flow = Conntrack {
                id: Some(id),
                mark: mark.map(str::to_owned),
                state: Some(Symbol::Known("ESTABLISHED")),
                ..Conntrack::default()
            };
            flow.add_stored(&stored);
            (flow.helper, flow.mark, flow.state)
        };
        let established = Some(Symbol::Known("ESTABLISHED"));
        assert_eq!(update(7, None), (text("ftp"), None, established.clone()));
        let marked = Some("0x6".to_owned());
        assert_eq!(
            update(7, Some("0x6")),
            (text("ftp"), marked, established.clone())
        );
        // Another flow between the same ports.
        assert_eq!(update(8, None), (None, None, established));
    }
}
