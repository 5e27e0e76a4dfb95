//! `kind:"nft_flowtable"`: flowtables of nftables, which forward packets of known flows directly
//! (`NFT_MSG_NEWFLOWTABLE`, `NFT_MSG_DELFLOWTABLE`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{Header, devices, hook, join_devices, other_devices, priority};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{KindSpec, Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::nfnetlink::{NFT_MSG_DELFLOWTABLE, NFT_MSG_GETFLOWTABLE, NFT_MSG_NEWFLOWTABLE};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Symbol, Text};

/// A flowtable (`NFTA_FLOWTABLE_*`, linux/netfilter/nf_tables.h), named as in `nft -j`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(NFTA_FLOWTABLE_HOOK = 3),
    custom(NFTA_FLOWTABLE_HOOK / NFTA_FLOWTABLE_HOOK_NUM = 1 => Self::hook),
    skip(NFTA_FLOWTABLE_PAD = 6),
)]
#[state(key(family, table, name), no_property(family, table))]
pub struct NftFlowtable {
    /// Family of packets: `ip`, `ip6`, `inet`.
    pub family: Symbol,
    /// Name of the table.
    #[nla(NFTA_FLOWTABLE_TABLE = 1)]
    pub table: Text,
    /// Name of the flowtable.
    #[nla(NFTA_FLOWTABLE_NAME = 2)]
    pub name: Text,
    /// Number of the flowtable.
    #[nla(NFTA_FLOWTABLE_HANDLE = 5, wire = be64)]
    pub handle: Option<u64>,
    /// Where it sees packets: `ingress`.
    pub hook: Option<Symbol>,
    /// Order among what is at the hook: the lowest comes first.
    #[nla(NFTA_FLOWTABLE_HOOK / NFTA_FLOWTABLE_HOOK_PRIORITY = 2, with = priority)]
    pub prio: Option<i32>,
    /// Names of its devices, sorted; with an asterisk at the end, of all with that beginning.
    #[nla(NFTA_FLOWTABLE_HOOK / NFTA_FLOWTABLE_HOOK_DEVS = 3, with = devices)]
    pub devices: Option<Vec<Text>>,
    /// `hw_offload`, `counter`.
    #[nla(NFTA_FLOWTABLE_FLAGS = 7, flags(be32, FLAGS))]
    pub flags: Option<Flags>,
    /// With `details`: number of references.
    #[nla(NFTA_FLOWTABLE_USE = 4, details, volatile, wire = be32)]
    pub r#use: Option<u32>,
    /// Number of the transaction that made the event (`nft_generation`).
    #[state(transient)]
    pub generation: Option<u32>,
}

const FLAGS: &FlagNames = &[(1, "hw_offload"), (2, "counter")];

impl KindSpec for NftFlowtable {
    const NETLINK_FAMILY: FamilyId = FamilyId::NFTABLES;
    const MESSAGES: &'static [u16] = &[NFT_MSG_NEWFLOWTABLE, NFT_MSG_DELFLOWTABLE];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;
    // The kernel removes a deleted device from a flowtable.
    const STALE_AFTER: &'static [Trigger] = &[Trigger::OldDevice, Trigger::NftHook];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nftables(NFT_MSG_GETFLOWTABLE)]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut flowtable = NftFlowtable {
            family: header.family(),
            generation: header.generation(context),
            ..NftFlowtable::default()
        };
        flowtable.attributes(context, attributes);
        Some(flowtable)
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

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        // It may have lost its last device and exist without.
        match self.devices.is_some() && op == Op::Delete {
            true => Triggers::of(&[Trigger::NftHook]),
            false => Triggers::NONE,
        }
    }
}

impl NftFlowtable {
    /// Reads the number of the hook: that of a device, whatever the family of the table.
    fn hook(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const NETDEV: u8 = 5;
        self.hook = Some(hook(NETDEV, attr.be32()?));
        Ok(())
    }
}
