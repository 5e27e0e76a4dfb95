//! `kind:"nft_object"`: named objects of nftables, which rules refer to (`NFT_MSG_NEWOBJ`, `NFT_MSG_DELOBJ`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::expr::ObjectData;
use super::{Header, userdata};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::nfnetlink::{NFT_MSG_DELOBJ, NFT_MSG_GETOBJ, NFT_MSG_NEWOBJ};
use crate::netlink::request::Request;
use crate::value::{Hex, Symbol, Text};

/// A named object (`NFTA_OBJ_*`, linux/netfilter/nf_tables.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    by_caller(NFTA_OBJ_DATA = 4),
    custom(NFTA_OBJ_USERDATA = 8 => Self::userdata),
    skip(NFTA_OBJ_PAD = 7),
)]
#[state(
    key(family, table, name, r#type),
    no_property(family, table, r#type),
    copy_volatile = Self::copy_counters
)]
pub struct NftObject {
    /// Family of packets: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub family: Symbol,
    /// Name of the table.
    #[nla(NFTA_OBJ_TABLE = 1)]
    pub table: Text,
    /// Name of the object.
    #[nla(NFTA_OBJ_NAME = 2)]
    pub name: Text,
    /// `counter`, `quota`, `ct helper`, `limit`, `ct count`, `tunnel`, `ct timeout`, `secmark`, `ct expectation`,
    /// `synproxy`.
    #[nla(NFTA_OBJ_TYPE = 3, names(be32, TYPES))]
    pub r#type: Symbol,
    /// Number of the object.
    #[nla(NFTA_OBJ_HANDLE = 6, wire = be64)]
    pub handle: Option<u64>,
    /// Its settings and counters. The fields depend on `type`.
    pub data: Option<ObjectData>,
    /// With `details`: number of references.
    #[nla(NFTA_OBJ_USE = 5, details, volatile, wire = be32)]
    pub r#use: Option<u32>,
    /// Comment.
    pub comment: Option<String>,
    /// Data of programs, if it is more than a comment.
    pub userdata: Option<Hex>,
    /// Number of the transaction that made the event (`nft_generation`).
    #[state(transient)]
    pub generation: Option<u32>,
}

/// `NFT_OBJECT_*`, by the names of `nft -j`.
pub(super) const TYPES: &[(u32, &str)] = &[
    (1, "counter"),
    (2, "quota"),
    (3, "ct helper"),
    (4, "limit"),
    (5, "ct count"),
    (6, "tunnel"),
    (7, "ct timeout"),
    (8, "secmark"),
    (9, "ct expectation"),
    (10, "synproxy"),
];

impl KindSpec for NftObject {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFTABLES;
    const MESSAGES: &'static [u16] = &[NFT_MSG_NEWOBJ, NFT_MSG_DELOBJ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nftables(NFT_MSG_GETOBJ)]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut object = NftObject {
            family: header.family(),
            generation: header.generation(context),
            ..NftObject::default()
        };
        // The type precedes the data.
        context.each(attributes, |context, attr| match attr.kind {
            Self::NFTA_OBJ_DATA => {
                object.data = Some(ObjectData::read(context, &object.r#type, &attr)?);
                Ok(())
            }
            _ => object.attribute(context, &attr),
        });
        Some(object)
    }
}

impl NftObject {
    fn userdata(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const COMMENT: u8 = 0;
        (self.comment, self.userdata) = userdata::parse(attr.value, COMMENT);
        Ok(())
    }

    fn copy_counters(&mut self, old: &Self) {
        if let (Some(new), Some(old)) = (&mut self.data, &old.data) {
            new.copy_counters(old);
        }
    }
}
