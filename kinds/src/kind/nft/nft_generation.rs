//! `kind:"nft_generation"`: the end of a transaction of nftables (`NFT_MSG_NEWGEN`).

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::Header;
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec;
use crate::netlink::nfnetlink::NFT_MSG_NEWGEN;

/// The end of a transaction of nftables: a set of changes that the kernel makes at once
/// (`NFTA_GEN_*`, linux/netfilter/nf_tables.h). The lines of its changes precede it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct NftGeneration {
    /// Number of the transaction. They are consecutive in a network namespace.
    #[nla(NFTA_GEN_ID = 1, wire = be32)]
    pub id: u32,
    /// The process that requested the transaction: its id in the first process id namespace, even if the
    /// process is in a container. Of a program with several threads, that of the thread.
    #[nla(NFTA_GEN_PROC_PID = 2, wire = be32)]
    pub pid: Option<u32>,
    /// Name of the thread.
    #[nla(NFTA_GEN_PROC_NAME = 3)]
    pub comm: Option<String>,
}

impl KindSpec for NftGeneration {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFTABLES;
    const MESSAGES: &'static [u16] = &[NFT_MSG_NEWGEN];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (_, attributes) = Header::split(body)?;
        let mut generation = NftGeneration::default();
        generation.attributes(context, attributes);
        Some(generation)
    }
}
