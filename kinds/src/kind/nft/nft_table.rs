//! `kind:"nft_table"`: tables of nftables (`NFT_MSG_NEWTABLE`, `NFT_MSG_DELTABLE`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{Header, userdata};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::nfnetlink::{NFT_MSG_DELTABLE, NFT_MSG_GETTABLE, NFT_MSG_NEWTABLE};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Hex, Symbol, Text};

/// A table (`NFTA_TABLE_*`, linux/netfilter/nf_tables.h), named as in `nft -j`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(NFTA_TABLE_USERDATA = 6 => Self::userdata),
    skip(NFTA_TABLE_PAD = 5),
)]
#[state(key(family, name), no_property(family))]
pub struct NftTable {
    /// Family of packets: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub family: Symbol,
    /// Name of the table.
    #[nla(NFTA_TABLE_NAME = 1)]
    pub name: Text,
    /// Number of the table.
    #[nla(NFTA_TABLE_HANDLE = 4, wire = be64)]
    pub handle: Option<u64>,
    /// `dormant` (its chains see no packets), `owner` (it belongs to a socket), `persist` (it remains when its
    /// owner ends).
    #[nla(NFTA_TABLE_FLAGS = 2, flags(be32, FLAGS))]
    pub flags: Option<Flags>,
    /// Netlink port id of the owner.
    #[nla(NFTA_TABLE_OWNER = 7, wire = be32)]
    pub owner: Option<u32>,
    /// With `details`: number of chains, sets, objects and flowtables.
    #[nla(NFTA_TABLE_USE = 3, details, volatile, wire = be32)]
    pub r#use: Option<u32>,
    /// Comment.
    pub comment: Option<String>,
    /// Data of programs, if it is more than a comment.
    pub userdata: Option<Hex>,
    /// Number of the transaction that made the event (`nft_generation`).
    #[state(transient)]
    pub generation: Option<u32>,
}

const FLAGS: &FlagNames = &[(1, "dormant"), (2, "owner"), (4, "persist")];

impl KindSpec for NftTable {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFTABLES;
    const MESSAGES: &'static [u16] = &[NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![
            Request::nftables_generation(),
            Request::nftables(NFT_MSG_GETTABLE),
        ]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut table = NftTable {
            family: header.family(),
            generation: header.generation(context),
            ..NftTable::default()
        };
        table.attributes(context, attributes);
        Some(table)
    }
}

impl NftTable {
    fn userdata(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const COMMENT: u8 = 0;
        (self.comment, self.userdata) = userdata::parse(attr.value, COMMENT);
        Ok(())
    }
}
