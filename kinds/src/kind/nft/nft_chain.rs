//! `kind:"nft_chain"`: chains of nftables (`NFT_MSG_NEWCHAIN`, `NFT_MSG_DELCHAIN`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{Header, devices, hook, join_devices, other_devices, priority, userdata};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::nfnetlink::{NFT_MSG_DELCHAIN, NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Hex, Symbol, Text};

/// A chain (`NFTA_CHAIN_*`, linux/netfilter/nf_tables.h), named as in `nft -j`. A chain with a hook is a base chain.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(NFTA_CHAIN_HOOK = 4),
    custom(
        NFTA_CHAIN_HOOK / NFTA_HOOK_HOOKNUM = 1 => Self::hook,
        NFTA_CHAIN_HOOK / NFTA_HOOK_DEV = 3 => Self::device,
        NFTA_CHAIN_USERDATA = 12 => Self::userdata,
    ),
    skip(NFTA_CHAIN_PAD = 9, NFTA_CHAIN_ID = 11),
)]
#[state(key(family, table, handle), no_property(family, table, r#type))]
pub struct NftChain {
    /// Family of packets: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub family: Symbol,
    /// Name of the table.
    #[nla(NFTA_CHAIN_TABLE = 1)]
    pub table: Text,
    /// Name of the chain.
    #[nla(NFTA_CHAIN_NAME = 3)]
    pub name: Text,
    /// Number of the chain, unique in its table. A chain may be renamed.
    #[nla(NFTA_CHAIN_HANDLE = 2, wire = be64)]
    pub handle: u64,
    /// Type of a base chain: `filter`, `nat`, `route`.
    #[nla(NFTA_CHAIN_TYPE = 7)]
    pub r#type: Option<String>,
    /// Where a base chain sees packets: `prerouting`, `input`, `forward`, `output`, `postrouting`, `ingress`,
    /// `egress`.
    pub hook: Option<Symbol>,
    /// Order among the base chains of the hook: the lowest comes first.
    #[nla(NFTA_CHAIN_HOOK / NFTA_HOOK_PRIORITY = 2, with = priority)]
    pub prio: Option<i32>,
    /// What happens to packets that no rule of a base chain decides: `accept`, `drop`.
    #[nla(NFTA_CHAIN_POLICY = 5, names(be32, POLICIES))]
    pub policy: Option<Symbol>,
    /// Names of the devices of the hooks `ingress` and `egress`, sorted; with an asterisk at the end, of all with that
    /// beginning.
    #[nla(NFTA_CHAIN_HOOK / NFTA_HOOK_DEVS = 4, with = devices)]
    pub devices: Option<Vec<Text>>,
    /// `base`, `hw_offload`, `binding` (it belongs to a rule and has no name of its own).
    #[nla(NFTA_CHAIN_FLAGS = 10, flags(be32, FLAGS))]
    pub flags: Option<Flags>,
    /// With `details`: number of references.
    #[nla(NFTA_CHAIN_USE = 6, details, volatile, wire = be32)]
    pub r#use: Option<u32>,
    /// Packets that the policy decided, if the chain counts them.
    #[nla(NFTA_CHAIN_COUNTERS = 8, volatile)]
    pub counters: Option<NftCounters>,
    /// Comment.
    pub comment: Option<String>,
    /// Data of programs, if it is more than a comment.
    pub userdata: Option<Hex>,
    /// Number of the transaction that made the event (`nft_generation`).
    #[state(transient)]
    pub generation: Option<u32>,
}

/// Counters (`NFTA_COUNTER_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(NFTA_COUNTER_PAD = 3))]
pub struct NftCounters {
    /// Packets.
    #[nla(NFTA_COUNTER_PACKETS = 2, wire = be64)]
    pub packets: u64,
    /// Bytes.
    #[nla(NFTA_COUNTER_BYTES = 1, wire = be64)]
    pub bytes: u64,
}

/// `NF_DROP`, `NF_ACCEPT` (linux/netfilter.h)
const POLICIES: &[(u32, &str)] = &[(0, "drop"), (1, "accept")];
const FLAGS: &FlagNames = &[(1, "base"), (2, "hw_offload"), (4, "binding")];

impl KindSpec for NftChain {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFTABLES;
    const MESSAGES: &'static [u16] = &[NFT_MSG_NEWCHAIN, NFT_MSG_DELCHAIN];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;
    // The kernel removes a deleted device from a chain, and a chain whose last device it was.
    const STALE_AFTER: &'static [Trigger] = &[Trigger::OldDevice, Trigger::NftHook];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nftables(NFT_MSG_GETCHAIN)]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut chain = NftChain {
            family: header.family(),
            generation: header.generation(context),
            ..NftChain::default()
        };
        chain.attributes(context, attributes);
        if let Some(Symbol::Number(number)) = chain.hook {
            chain.hook = Some(hook(header.family, number));
        }
        if let Some((order, netns, true)) = context.rule_order {
            let mut order = order.borrow_mut();
            order.name(
                netns,
                header.family,
                &chain.table.0,
                chain.handle,
                &chain.name.0,
            );
        }
        Some(chain)
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let chain = Self::from_body(context, message.body)?;
        if let Some((order, netns, true)) = context.rule_order
            && emit.action() == MessageAction::Delete
            && chain.devices.is_none()
            && let Some((header, _)) = Header::split(message.body)
        {
            let mut order = order.borrow_mut();
            order.remove_chain(
                netns,
                header.family,
                &chain.table.0,
                chain.handle,
                &chain.name.0,
            );
        }
        emit.object(context, chain)
    }

    fn add_stored(&mut self, stored: &Self) {
        join_devices(&mut self.devices, &stored.devices);
    }

    fn remainder(&self, stored: &Self) -> Option<Self> {
        let devices = other_devices(&self.devices, &stored.devices)?;
        Some(Self {
            devices,
            generation: self.generation,
            ..stored.clone()
        })
    }

    fn triggers(&self, op: Op, old: Option<&Self>) -> Triggers {
        match old {
            // No message tells that its rules have another chain.
            Some(old) if old.name != self.name => Triggers::of(&[Trigger::NftChainName]),
            // It may have lost its last device and exist without.
            _ if self.devices.is_some() && op == Op::Delete => Triggers::of(&[Trigger::NftHook]),
            _ => Triggers::NONE,
        }
    }
}

impl NftChain {
    /// Reads the number of the hook, of which the name depends on the family.
    fn hook(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.hook = Some(Symbol::Number(attr.be32()?));
        Ok(())
    }

    /// Reads the only device, which kernels before 5.5 send without a list; later ones send both.
    fn device(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let name = Text(attr.bytes_z().into());
        self.devices.get_or_insert_with(|| vec![name]);
        Ok(())
    }

    fn userdata(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const COMMENT: u8 = 0;
        (self.comment, self.userdata) = userdata::parse(attr.value, COMMENT);
        Ok(())
    }
}
