//! `kind:"nft_rule"`: rules of nftables (`NFT_MSG_NEWRULE`, `NFT_MSG_DELRULE`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::expr::{self, Expressions};
use super::order::Place;
use super::{Header, userdata};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction, Trigger};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::nfnetlink::{NFT_MSG_DELRULE, NFT_MSG_GETRULE, NFT_MSG_NEWRULE};
use crate::netlink::request::Request;
use crate::value::{Hex, Symbol, Text};

/// A rule (`NFTA_RULE_*`, linux/netfilter/nf_tables.h). A rule that is replaced is deleted, and another one
/// added in its place.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(NFTA_RULE_COMPAT = 5),
    custom(NFTA_RULE_USERDATA = 7 => Self::userdata),
    skip(
        NFTA_RULE_PAD = 8,
        NFTA_RULE_ID = 9,
        NFTA_RULE_POSITION_ID = 10,
        NFTA_RULE_CHAIN_ID = 11,
    ),
)]
#[state(
    key(family, table, handle),
    no_property(family, table),
    copy_volatile = Self::copy_counters
)]
pub struct NftRule {
    /// Family of packets: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub family: Symbol,
    /// Name of the table.
    #[nla(NFTA_RULE_TABLE = 1)]
    pub table: Text,
    /// Name of the chain.
    #[nla(NFTA_RULE_CHAIN = 2)]
    pub chain: Text,
    /// Number of the rule, unique in its table.
    #[nla(NFTA_RULE_HANDLE = 3, wire = be64)]
    pub handle: u64,
    /// Number of the rule before it in its chain, as of the line; absent for the first rule. No line follows when
    /// another rule is put before it.
    #[nla(NFTA_RULE_POSITION = 6, volatile, wire = be64)]
    pub position: Option<u64>,
    /// What the rule does: expressions in order, each an object with its name. `nft -j` joins several of them into
    /// a statement; those that are one statement have its name and fields, others the kernel's names.
    #[nla(NFTA_RULE_EXPRESSIONS = 4, with = expr::read)]
    pub expr: Option<Expressions>,
    /// Protocol that a rule of `iptables-nft` is about, by number.
    #[nla(NFTA_RULE_COMPAT / NFTA_RULE_COMPAT_PROTO = 1, wire = be32)]
    pub compat_proto: Option<u32>,
    /// Flags of that protocol; 2: all others.
    #[nla(NFTA_RULE_COMPAT / NFTA_RULE_COMPAT_FLAGS = 2, wire = be32)]
    pub compat_flags: Option<u32>,
    /// Comment.
    pub comment: Option<String>,
    /// Data of programs, if it is more than a comment.
    pub userdata: Option<Hex>,
    /// Number of the transaction that made the event (`nft_generation`).
    #[state(transient)]
    pub generation: Option<u32>,
}

impl KindSpec for NftRule {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFTABLES;
    const MESSAGES: &'static [u16] = &[NFT_MSG_NEWRULE, NFT_MSG_DELRULE];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;
    // With the last device of a chain kernels before 6.4 remove the chain and its rules, without a message
    // (`__nft_release_basechain`).
    const STALE_AFTER: &'static [Trigger] = &[Trigger::NftChainName, Trigger::NftHook];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nftables(NFT_MSG_GETRULE)]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut rule = NftRule {
            family: header.family(),
            generation: header.generation(context),
            ..NftRule::default()
        };
        rule.attributes(context, attributes);
        Some(rule)
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        const NLM_F_APPEND: u16 = libc::NLM_F_APPEND as u16;
        const NLM_F_REPLACE: u16 = libc::NLM_F_REPLACE as u16;
        let mut rule = Self::from_body(context, message.body)?;
        if let Some((order, netns, is_event)) = context.rule_order
            && let Some((header, _)) = Header::split(message.body)
        {
            let mut order = order.borrow_mut();
            let chain = (header.family, &rule.table.0[..], &rule.chain.0[..]);
            let place = match rule.position {
                Some(before) => Place::After(before),
                // The first one, or the last.
                None if !is_event => Place::First,
                None if message.flags & NLM_F_APPEND != 0 => Place::Last,
                None if message.flags & NLM_F_REPLACE != 0 => Place::Replaced,
                None => Place::First,
            };
            if emit.action() == MessageAction::Delete {
                order.remove(netns, chain, rule.handle);
            } else {
                rule.position = order.insert(netns, chain, rule.handle, place);
            }
        }
        emit.object(context, rule)
    }
}

impl NftRule {
    fn userdata(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const COMMENT: u8 = 0;
        (self.comment, self.userdata) = userdata::parse(attr.value, COMMENT);
        Ok(())
    }

    fn copy_counters(&mut self, old: &Self) {
        expr::copy_counters(&mut self.expr, &old.expr);
    }
}
