//! `kind:"nft_set"`: sets and maps of nftables (`NFT_MSG_NEWSET`, `NFT_MSG_DELSET`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::expr::{self, Expressions};
use super::nft_object::TYPES as OBJECT_TYPES;
use super::{Header, seconds, userdata};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{KindSpec, Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::nfnetlink::{NFT_MSG_DELSET, NFT_MSG_GETSET, NFT_MSG_NEWSET};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Hex, Symbol, Text};

/// A set or map (`NFTA_SET_*`, linux/netfilter/nf_tables.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(NFTA_SET_DESC = 9),
    custom(
        NFTA_SET_EXPR = 17 => Self::expression,
        NFTA_SET_USERDATA = 13 => Self::userdata,
    ),
    skip(NFTA_SET_ID = 10, NFTA_SET_PAD = 14),
)]
#[state(key(family, table, name), no_property(family, table))]
pub struct NftSet {
    /// Family of packets: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub family: Symbol,
    /// Name of the table.
    #[nla(NFTA_SET_TABLE = 1)]
    pub table: Text,
    /// Name of the set.
    #[nla(NFTA_SET_NAME = 2)]
    pub name: Text,
    /// Number of the set.
    #[nla(NFTA_SET_HANDLE = 16, wire = be64)]
    pub handle: Option<u64>,
    /// `anonymous`, `constant`, `interval`, `map`, `timeout`, `dynamic` (packets may add elements), `object`,
    /// `concat`, `expr`.
    #[nla(NFTA_SET_FLAGS = 3, flags(be32, FLAGS))]
    pub flags: Option<Flags>,
    /// Type of the keys, as nft(8) names it: `ipv4_addr . inet_service`; a number if it has no name.
    #[nla(NFTA_SET_KEY_TYPE = 4, map(be32, type_name))]
    pub key_type: Option<String>,
    /// Length of a key, bytes.
    #[nla(NFTA_SET_KEY_LEN = 5, wire = be32)]
    pub key_len: Option<u32>,
    /// Of a map, type of the values.
    #[nla(NFTA_SET_DATA_TYPE = 6, map(be32, type_name))]
    pub data_type: Option<String>,
    /// Of a map, length of a value, bytes.
    #[nla(NFTA_SET_DATA_LEN = 7, wire = be32)]
    pub data_len: Option<u32>,
    /// Of a map of objects, their type.
    #[nla(NFTA_SET_OBJ_TYPE = 15, names(be32, OBJECT_TYPES))]
    pub obj_type: Option<Symbol>,
    /// What the kernel optimizes: `performance`, `memory`.
    #[nla(NFTA_SET_POLICY = 8, names(be32, POLICIES))]
    pub policy: Option<Symbol>,
    /// Maximum number of elements.
    #[nla(NFTA_SET_DESC / NFTA_SET_DESC_SIZE = 1, wire = be32)]
    pub size: Option<u32>,
    /// Lengths of the parts of a key, bytes.
    #[nla(NFTA_SET_DESC / NFTA_SET_DESC_CONCAT = 2, with = lengths)]
    pub concat: Option<Vec<u32>>,
    /// Time after which elements are removed, seconds.
    #[nla(NFTA_SET_TIMEOUT = 11, map(be64, seconds))]
    pub timeout: Option<f64>,
    /// Interval at which removed elements are freed, seconds.
    #[nla(NFTA_SET_GC_INTERVAL = 12, map(be32, |it: u32| seconds(it.into())))]
    pub gc_interval: Option<f64>,
    /// With `details`: number of elements.
    #[nla(NFTA_SET_COUNT = 20, details, volatile, wire = be32)]
    pub count: Option<u32>,
    /// How the kernel stores the set.
    #[nla(NFTA_SET_TYPE = 19, optional, with = backend)]
    pub backend: Option<String>,
    /// Expressions that each new element gets.
    #[nla(NFTA_SET_EXPRESSIONS = 18, with = expr::read)]
    pub expr: Option<Expressions>,
    /// Comment.
    pub comment: Option<String>,
    /// Data of programs, if it is more than a comment.
    pub userdata: Option<Hex>,
    /// Number of the transaction that made the event (`nft_generation`).
    #[state(transient)]
    pub generation: Option<u32>,
}

const DYNAMIC: u64 = 0x20;
const TIMEOUT: u64 = 0x10;
/// `NFT_SET_*`
const FLAGS: &FlagNames = &[
    (0x01, "anonymous"),
    (0x02, "constant"),
    (0x04, "interval"),
    (0x08, "map"),
    (TIMEOUT, "timeout"),
    (DYNAMIC, "dynamic"),
    (0x40, "object"),
    (0x80, "concat"),
    (0x100, "expr"),
];
/// `NFT_SET_POL_*`
const POLICIES: &[(u32, &str)] = &[(0, "performance"), (1, "memory")];

/// The types of nft(8) by number (`enum datatypes`, datatype.h of nftables).
const KEY_TYPES: &[(u32, &str)] = &[
    (1, "verdict"),
    (2, "nf_proto"),
    (3, "bitmask"),
    (4, "integer"),
    (5, "string"),
    (6, "ll_addr"),
    (7, "ipv4_addr"),
    (8, "ipv6_addr"),
    (9, "ether_addr"),
    (10, "ether_type"),
    (11, "arp_op"),
    (12, "inet_proto"),
    (13, "inet_service"),
    (14, "icmp_type"),
    (15, "tcp_flag"),
    (16, "dccp_pkttype"),
    (17, "mh_type"),
    (18, "time"),
    (19, "mark"),
    (20, "iface_index"),
    (21, "iface_type"),
    (22, "realm"),
    (23, "classid"),
    (24, "uid"),
    (25, "gid"),
    (26, "ct_state"),
    (27, "ct_dir"),
    (28, "ct_status"),
    (29, "icmpv6_type"),
    (30, "ct_label"),
    (31, "pkt_type"),
    (32, "icmp_code"),
    (33, "icmpv6_code"),
    (34, "icmpx_code"),
    (35, "devgroup"),
    (36, "dscp"),
    (37, "ecn"),
    (38, "fib_addrtype"),
    (39, "boolean"),
    (40, "ct_event"),
    (41, "ifname"),
    (42, "igmp_type"),
    (43, "time_date"),
    (44, "time_hour"),
    (45, "time_day"),
    (46, "cgroupsv2"),
];

/// The name of a type of keys or values: six bits for each part, of which the last one has the lowest.
fn type_name(number: u32) -> String {
    /// `NFT_DATA_VERDICT`
    const VERDICT: u32 = 0xffff_ff00;
    if number == VERDICT {
        return "verdict".to_owned();
    }
    let shifts = (0..30).step_by(6).rev();
    let parts = shifts.map(|shift| number >> shift & 0x3f);
    let parts = parts.skip_while(|part| *part == 0);
    let names: Option<Vec<_>> = parts
        .map(|part| {
            let mut types = KEY_TYPES.iter();
            types.find(|(it, _)| *it == part).map(|(_, name)| *name)
        })
        .collect();
    match names {
        Some(names) if !names.is_empty() && number >> 30 == 0 => names.join(" . "),
        _ => number.to_string(),
    }
}

/// Reads the name of a structure of the kernel. Without its symbols the kernel has an address there, which no line
/// should have.
fn backend(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Option<String>, AttrError> {
    let name = attr.str()?;
    Ok((!name.starts_with("0x")).then(|| name.to_owned()))
}

/// Reads the lengths of the parts of a key.
fn lengths(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<u32>, AttrError> {
    const NFTA_SET_FIELD_LEN: u16 = 1;
    let mut lengths = Vec::new();
    context.nested(attr, |context, attr| {
        context.nested(&attr, |_, attr| match attr.kind {
            NFTA_SET_FIELD_LEN => {
                lengths.push(attr.be32()?);
                Ok(())
            }
            _ => Err(AttrError::Unknown),
        })
    })?;
    Ok(lengths)
}

impl KindSpec for NftSet {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFTABLES;
    const MESSAGES: &'static [u16] = &[NFT_MSG_NEWSET, NFT_MSG_DELSET];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nftables(NFT_MSG_GETSET)]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut set = NftSet {
            family: header.family(),
            generation: header.generation(context),
            ..NftSet::default()
        };
        set.attributes(context, attributes);
        Some(set)
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        // The elements of a deleted set are deleted without a message; those of some sets come and go so.
        match op == Op::Delete || self.is_silent() {
            true => Triggers::of(&[Trigger::NftSet]),
            false => Triggers::NONE,
        }
    }
}

impl NftSet {
    /// Returns true if elements come and go without a message: packets add them, or they expire.
    pub fn is_silent(&self) -> bool {
        let flags = self.flags.map_or(0, |flags| flags.bits);
        flags & (DYNAMIC | TIMEOUT) != 0
    }

    /// The address family and the names of table and set, for a request of its elements.
    pub fn address(&self) -> (u8, &[u8], &[u8]) {
        let mut families = super::FAMILIES.iter();
        let number = families.find(|(_, name)| self.family.is(name));
        let family = number.and_then(|(number, _)| u8::try_from(*number).ok());
        (family.unwrap_or_default(), &self.table.0, &self.name.0)
    }

    fn expression(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.expr = Some(expr::read_one(context, attr)?);
        Ok(())
    }

    fn userdata(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const COMMENT: u8 = 7;
        (self.comment, self.userdata) = userdata::parse(attr.value, COMMENT);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_several_parts_has_all_their_names() {
        for (number, name) in [
            (7, "ipv4_addr"),
            (7 << 6 | 13, "ipv4_addr . inet_service"),
            (41 << 12 | 8 << 6 | 12, "ifname . ipv6_addr . inet_proto"),
            (0xffff_ff00, "verdict"),
            (63, "63"),
            (0, "0"),
        ] {
            assert_eq!(type_name(number), name);
        }
    }
}
