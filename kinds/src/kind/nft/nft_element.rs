//! `kind:"nft_element"`: elements of sets and maps of nftables (`NFT_MSG_NEWSETELEM`, `NFT_MSG_DELSETELEM`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::expr::{self, Expressions, Verdict};
use super::meaning::text_of_type;
use super::{Header, seconds, userdata};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{DumpsPerObject, Emit, KindSpec, Trigger};
use crate::kind::{Kind, Payload};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::nfnetlink::{NFT_MSG_DELSETELEM, NFT_MSG_NEWSETELEM};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Hex, Symbol, Text};

/// An element of a set or map (`NFTA_SET_ELEM_*`, linux/netfilter/nf_tables.h). An interval of most sets is two
/// elements: its first key, and the key behind its last one with the flag `interval_end`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        NFTA_SET_ELEM_DATA = 2 => Self::data,
        NFTA_SET_ELEM_EXPR = 7 => Self::expression,
        NFTA_SET_ELEM_USERDATA = 6 => Self::userdata,
    ),
    skip(NFTA_SET_ELEM_PAD = 8),
)]
#[state(
    key(family, table, set, key, key_end, flags),
    no_property(family, table),
    copy_volatile = Self::copy_counters
)]
pub struct NftElement {
    /// Family of packets: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub family: Symbol,
    /// Name of the table.
    pub table: Text,
    /// Name of the set.
    pub set: Text,
    /// The key, in the byte order of packets: the parts of a key of several, each padded to four bytes.
    #[nla(NFTA_SET_ELEM_KEY = 1, with = key)]
    pub key: Option<Hex>,
    /// The key as text, of the usual types.
    #[state(volatile)]
    pub text: Option<String>,
    /// Last key of an interval of keys of several parts.
    #[nla(NFTA_SET_ELEM_KEY_END = 10, with = key)]
    pub key_end: Option<Hex>,
    /// That key as text.
    #[state(volatile)]
    pub end_text: Option<String>,
    /// `interval_end` (the key behind an interval), `catchall` (every other key).
    #[nla(NFTA_SET_ELEM_FLAGS = 3, flags(be32, FLAGS))]
    pub flags: Option<Flags>,
    /// Of a map, the value.
    pub data: Option<Hex>,
    /// The value as text, of the usual types.
    #[state(volatile)]
    pub data_text: Option<String>,
    /// Of a map of verdicts, the verdict.
    pub verdict: Option<Verdict>,
    /// Of a map of objects, the name of the object.
    #[nla(NFTA_SET_ELEM_OBJREF = 9)]
    pub object: Option<Text>,
    /// Time after which the element is removed, seconds.
    #[nla(NFTA_SET_ELEM_TIMEOUT = 4, map(be64, seconds))]
    pub timeout: Option<f64>,
    /// Time until it is removed, seconds.
    #[nla(NFTA_SET_ELEM_EXPIRATION = 5, volatile, map(be64, seconds))]
    pub expires: Option<f64>,
    /// Expressions of the element: counters, limits.
    #[nla(NFTA_SET_ELEM_EXPRESSIONS = 11, with = expr::read)]
    pub expr: Option<Expressions>,
    /// Comment.
    pub comment: Option<String>,
    /// Data of programs, if it is more than a comment.
    pub userdata: Option<Hex>,
    /// Number of the transaction that made the event (`nft_generation`).
    #[state(transient)]
    pub generation: Option<u32>,
}

/// `NFT_SET_ELEM_*`
const FLAGS: &FlagNames = &[(1, "interval_end"), (2, "catchall")];

/// Reads a key (`NFTA_DATA_VALUE`).
fn key(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Hex, AttrError> {
    let mut key = None;
    context.nested(attr, |_, attr| match attr.kind {
        expr::NFTA_DATA_VALUE => {
            key = Some(Hex(attr.value.into()));
            Ok(())
        }
        _ => Err(AttrError::Unknown),
    })?;
    key.ok_or(AttrError::Length)
}

/// The list of elements in a message.
#[derive(Default, Attributes)]
#[nla(
    by_caller(NFTA_SET_ELEM_LIST_ELEMENTS = 3),
    skip(NFTA_SET_ELEM_LIST_SET_ID = 4)
)]
struct List {
    #[nla(NFTA_SET_ELEM_LIST_TABLE = 1)]
    table: Text,
    #[nla(NFTA_SET_ELEM_LIST_SET = 2)]
    set: Text,
}

impl KindSpec for NftElement {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFTABLES;
    const MESSAGES: &'static [u16] = &[NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM];
    const ATTRS: &'static [AttrDecl] = List::ATTRS;
    const DELETED_BY_KEY: bool = true;
    const STALE_AFTER: &'static [Trigger] = &[Trigger::NftSet];
    const DUMPS_PER_OBJECT: &'static [DumpsPerObject] = &[DumpsPerObject {
        is_silent: |set| matches!(set, Payload::NftSet(set) if set.is_silent()),
        ..DumpsPerObject::of(
            Kind::NftSet,
            |set| match set {
                Payload::NftSet(set) => {
                    let (family, table, set) = set.address();
                    Some(Request::nftables_elements(family, table, set))
                }
                _ => None,
            },
            libc::ENOENT,
        )
    }];

    // The dumps of the sets are of the generation that this one shows.
    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nftables_generation()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = Header::split(message.body)?;
        let mut list = List::default();
        let mut elements = Vec::new();
        let generation = header.generation(context);
        context.each(attributes, |context, attr| match attr.kind {
            List::NFTA_SET_ELEM_LIST_ELEMENTS => context.nested(&attr, |context, attr| {
                let mut element = NftElement::default();
                element.nest(context, &attr)?;
                let unparsed = context.take_unparsed();
                elements.push((element, unparsed));
                Ok(())
            }),
            _ => list.attribute(context, &attr),
        });
        let types = context.set_types;
        let of = types
            .and_then(|(types, netns)| types.get(netns, header.family, &list.table.0, &list.set.0));
        for (mut element, unparsed) in elements {
            if let Some(of) = of {
                let text = |number, value: &Option<Hex>| text_of_type(number, &value.as_ref()?.0);
                element.text = text(of.key, &element.key);
                element.end_text = text(of.key, &element.key_end);
                element.data_text = text(of.data, &element.data);
            }
            let element = NftElement {
                family: header.family(),
                table: list.table.clone(),
                set: list.set.clone(),
                generation,
                ..element
            };
            context.restore_unparsed(unparsed);
            emit.object(context, element);
        }
        Some(())
    }
}

impl NftElement {
    /// Reads the value of a map (`NFTA_DATA_*`).
    fn data(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        context.nested(attr, |context, attr| {
            match attr.kind {
                expr::NFTA_DATA_VALUE => self.data = Some(Hex(attr.value.into())),
                expr::NFTA_DATA_VERDICT => self.verdict = Some(expr::verdict(context, &attr)?),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })
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
        const COMMENT: u8 = 0;
        (self.comment, self.userdata) = userdata::parse(attr.value, COMMENT);
        Ok(())
    }

    fn copy_counters(&mut self, old: &Self) {
        expr::copy_counters(&mut self.expr, &old.expr);
    }
}
