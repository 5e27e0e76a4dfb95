//! `kind:"nft_trace"`: the way of a packet through the rules of nftables (`NFT_MSG_TRACE`).

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::expr::{self, Verdict};
use super::{FAMILIES, Header};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec;
use crate::netlink::nfnetlink::NFT_MSG_TRACE;
use crate::value::{Hex, IfName, Symbol, Text};

/// A rule, or the policy of a chain, that saw a packet (`NFTA_TRACE_*`, linux/netfilter/nf_tables.h). Rules
/// with `meta nftrace set 1` switch it on for a packet.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(skip(NFTA_TRACE_PAD = 17))]
#[state(
    no_property(family, table, r#type),
    names_device(iif, iifname),
    names_device(oif, oifname)
)]
pub struct NftTrace {
    /// Family of the table: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub family: Symbol,
    /// Number that all lines about the packet have.
    #[nla(NFTA_TRACE_ID = 6, wire = be32)]
    pub id: u32,
    /// `rule`, `return` (the end of a chain), `policy`.
    #[nla(NFTA_TRACE_TYPE = 4, names(be32, TYPES))]
    pub r#type: Option<Symbol>,
    /// Name of the table.
    #[nla(NFTA_TRACE_TABLE = 1)]
    pub table: Option<Text>,
    /// Name of the chain.
    #[nla(NFTA_TRACE_CHAIN = 2)]
    pub chain: Option<Text>,
    /// Number of the rule.
    #[nla(NFTA_TRACE_RULE_HANDLE = 3, wire = be64)]
    pub rule_handle: Option<u64>,
    /// What the rule decided.
    #[nla(NFTA_TRACE_VERDICT = 5, with = expr::verdict)]
    pub verdict: Option<Verdict>,
    /// What the policy decided: `accept`, `drop`.
    #[nla(NFTA_TRACE_POLICY = 16, names(be32, POLICIES))]
    pub policy: Option<Symbol>,
    /// Family of the packet.
    #[nla(NFTA_TRACE_NFPROTO = 15, names(be32, FAMILIES))]
    pub nfproto: Option<Symbol>,
    /// Index of the input device.
    #[nla(NFTA_TRACE_IIF = 10, wire = be32)]
    pub iif: Option<u32>,
    /// Name of the input device.
    pub iifname: Option<IfName>,
    /// Type of the input device (`ARPHRD_*`).
    #[nla(NFTA_TRACE_IIFTYPE = 11, wire = be16)]
    pub iiftype: Option<u16>,
    /// Index of the output device.
    #[nla(NFTA_TRACE_OIF = 12, wire = be32)]
    pub oif: Option<u32>,
    /// Name of the output device.
    pub oifname: Option<IfName>,
    /// Type of the output device (`ARPHRD_*`).
    #[nla(NFTA_TRACE_OIFTYPE = 13, wire = be16)]
    pub oiftype: Option<u16>,
    /// Mark of the packet.
    #[nla(NFTA_TRACE_MARK = 14, wire = be32)]
    pub mark: Option<u32>,
    /// First bytes of the link-layer header.
    #[nla(NFTA_TRACE_LL_HEADER = 7)]
    pub ll_header: Option<Hex>,
    /// First bytes of the network header.
    #[nla(NFTA_TRACE_NETWORK_HEADER = 8)]
    pub network_header: Option<Hex>,
    /// First bytes of the transport header.
    #[nla(NFTA_TRACE_TRANSPORT_HEADER = 9)]
    pub transport_header: Option<Hex>,
    /// Number of the connection.
    #[nla(NFTA_TRACE_CT_ID = 18, wire = be32)]
    pub ct_id: Option<u32>,
    /// Direction of the packet in its connection: `original`, `reply`.
    #[nla(NFTA_TRACE_CT_DIRECTION = 19, names(u8, expr::DIRECTIONS))]
    pub ct_direction: Option<Symbol>,
    /// Status bits of the connection (`IPS_*`).
    #[nla(NFTA_TRACE_CT_STATUS = 20, wire = be32)]
    pub ct_status: Option<u32>,
    /// State of the connection, by number (`NF_CT_STATE_BIT`).
    #[nla(NFTA_TRACE_CT_STATE = 21, wire = be32)]
    pub ct_state: Option<u32>,
}

/// `NFT_TRACETYPE_*`
const TYPES: &[(u32, &str)] = &[(1, "policy"), (2, "return"), (3, "rule")];
const POLICIES: &[(u32, &str)] = &[(0, "drop"), (1, "accept")];

impl KindSpec for NftTrace {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFT_TRACE;
    const MESSAGES: &'static [u16] = &[NFT_MSG_TRACE];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut trace = NftTrace {
            family: header.family(),
            ..NftTrace::default()
        };
        trace.attributes(context, attributes);
        Some(trace)
    }
}
