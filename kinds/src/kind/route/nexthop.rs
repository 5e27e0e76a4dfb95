//! `kind:"nexthop"` and `kind:"nexthop_bucket"`: next hops that routes refer to (`RTM_NEWNEXTHOP`,
//! `RTM_NEWNEXTHOPBUCKET` and their `DEL`).

use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::encap::{self, Encap};
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::route::route::FLAGS as ROUTE_FLAGS;
use crate::kind::spec::{Device, KindSpec, Trigger, Triggers};
use crate::kind::wire::{family, seconds, u32_at};
use crate::netlink::attr::{Attr, AttrError, Attrs};
use crate::netlink::request::Request;
use crate::netlink::rtm::{
    RTM_DELNEXTHOP, RTM_DELNEXTHOPBUCKET, RTM_NEWNEXTHOP, RTM_NEWNEXTHOPBUCKET,
};
use crate::value::{FlagNames, Flags, IfName, Symbol};

/// `NEXTHOP_GRP_TYPE_*`
pub(in crate::kind) const TYPES: &[(u32, &str)] = &[(0, "mpath"), (1, "resilient")];

/// A next hop, or a group of them (`struct nhmsg`, linux/nexthop.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        NHA_BLACKHOLE = 4 => Self::blackhole,
        NHA_FDB = 11 => Self::fdb,
    ),
    // The type may follow the encapsulation.
    by_caller(NHA_ENCAP_TYPE = 7, NHA_ENCAP = 8),
    // Flags of the request.
    skip(NHA_OP_FLAGS = 14),
)]
#[state(key(id), device(ifindex, dev), copy_volatile = Self::copy_unbalanced_time)]
pub struct Nexthop {
    /// Id of the next hop or group.
    #[nla(NHA_ID = 1)]
    pub id: u32,
    /// Address family: `inet`, `inet6`; `unspec` of a group.
    pub family: Symbol,
    /// The next hops of a group.
    #[nla(NHA_GROUP = 2, with = group)]
    pub group: Option<Vec<Member>>,
    /// Type of a group: `mpath`, `resilient`.
    #[nla(NHA_GROUP_TYPE = 3, names(u16, TYPES))]
    pub r#type: Option<Symbol>,
    /// Settings of a resilient group.
    #[nla(NHA_RES_GROUP = 12)]
    pub resilient_args: Option<Resilient>,
    /// Address of the next router.
    #[nla(NHA_GATEWAY = 6)]
    pub gateway: Option<IpAddr>,
    /// With the flag `fdb`: UDP port of the remote tunnel end.
    #[nla(NHA_DST_PORT = 18, wire = be16)]
    pub dst_port: Option<u16>,
    /// Index of the outgoing device.
    #[nla(NHA_OIF = 5)]
    pub ifindex: Option<u32>,
    /// The outgoing device's name.
    pub dev: Option<IfName>,
    /// Encapsulation of the packets.
    #[state(names_devices)]
    pub encap: Option<Encap>,
    /// Scope of the next hop: a name from rt_scopes, else its number.
    pub scope: Symbol,
    /// Origin of the next hop: a name from rt_protos, else its number.
    pub protocol: Symbol,
    /// `blackhole`, `fdb` (for forwarding entries of a vxlan), and flags of a route: `onlink`,
    /// `dead`, `linkdown`, `offload`, `trap`.
    pub flags: Flags,
    /// True if hardware counters were requested.
    #[nla(NHA_HW_STATS_ENABLE = 16, map(u32, |on| on != 0))]
    pub hw_stats_enabled: Option<bool>,
    /// With `details`: true if the hardware counts packets.
    #[nla(NHA_HW_STATS_USED = 17, details, volatile, map(u32, |on| on != 0))]
    pub hw_stats_used: Option<bool>,
    /// With `details`: packets by next hop of the group.
    // Not `details`: the attribute is decoded in any case, so that a damaged one is recorded.
    #[nla(NHA_GROUP_STATS = 15, entry(NHA_GROUP_STATS_ENTRY = 1), volatile)]
    pub group_stats: Option<Vec<MemberStats>>,
}

/// A next hop of a group (`struct nexthop_grp`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NexthopMember")]
pub struct Member {
    /// Id of the next hop.
    pub id: u32,
    /// Its share of the traffic, 1 to 65536.
    pub weight: u32,
}

/// Settings of a resilient group (`NHA_RES_GROUP_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(NHA_RES_GROUP_PAD = 0))]
pub struct Resilient {
    /// Number of buckets.
    #[nla(NHA_RES_GROUP_BUCKETS = 1)]
    pub buckets: Option<u16>,
    /// Seconds without traffic after which a bucket may move.
    #[nla(NHA_RES_GROUP_IDLE_TIMER = 2, map(u32, seconds))]
    pub idle_timer: Option<f64>,
    /// Seconds after which buckets move although there is traffic; 0 for never.
    #[nla(NHA_RES_GROUP_UNBALANCED_TIMER = 3, map(u32, seconds))]
    pub unbalanced_timer: Option<f64>,
    /// With `details`: seconds for which the group has been out of balance.
    #[nla(NHA_RES_GROUP_UNBALANCED_TIME = 4, details, map(u64, seconds))]
    pub unbalanced_time: Option<f64>,
}

/// Packets that went through a next hop of a group (`NHA_GROUP_STATS_ENTRY_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[schemars(rename = "NexthopMemberStats")]
pub struct MemberStats {
    /// Id of the next hop.
    #[nla(NHA_GROUP_STATS_ENTRY_ID = 1)]
    pub id: u32,
    /// Packets.
    #[nla(NHA_GROUP_STATS_ENTRY_PACKETS = 2, wire = uint)]
    pub packets: Option<u64>,
    /// Packets that the hardware forwarded.
    #[nla(NHA_GROUP_STATS_ENTRY_PACKETS_HW = 3, wire = uint)]
    pub packets_hw: Option<u64>,
}

impl KindSpec for Nexthop {
    const MESSAGES: &'static [u16] = &[RTM_NEWNEXTHOP, RTM_DELNEXTHOP];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Device, Trigger::Nexthop];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nexthops()]
    }

    fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
        vec![Request::nexthops_of_device(device.ifindex)]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = body.split_first_chunk::<8>()?;
        let mut nexthop = Nexthop {
            family: family(header[0]),
            scope: context.names.scopes.symbol(u32::from(header[1])),
            protocol: context.names.protocols.symbol(u32::from(header[2])),
            flags: Flags::new(u64::from(u32_at(header, 4)), FLAGS),
            ..Default::default()
        };
        context.each(attributes, |context, attr| match attr.kind {
            Self::NHA_ENCAP => {
                let encap = nexthop.encap.get_or_insert_default();
                encap::decode::decode(context, encap, encap_type(attributes), &attr)
            }
            Self::NHA_ENCAP_TYPE => {
                let name = encap::decode::kind(attr.u16()?);
                nexthop.encap.get_or_insert_default().r#type = Some(name);
                Ok(())
            }
            _ => nexthop.attribute(context, &attr),
        });
        if !context.details {
            nexthop.group_stats = None;
        }
        Some(nexthop)
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        match op {
            Op::Change | Op::Delete => Triggers::of(&[Trigger::Nexthop]),
            _ => Triggers::NONE,
        }
    }
}

/// Attributes without a value, above the 32 bits of `nh_flags`.
const BLACKHOLE: u64 = 1 << 32;
const FDB: u64 = 1 << 33;
const FLAGS: &FlagNames = &{
    let mut names = [(0, ""); ROUTE_FLAGS.len() + 2];
    (names[0], names[1]) = ((BLACKHOLE, "blackhole"), (FDB, "fdb"));
    let mut i = 0;
    while i < ROUTE_FLAGS.len() {
        names[i + 2] = ROUTE_FLAGS[i];
        i += 1;
    }
    names
};

impl Nexthop {
    /// The group without one of its next hops; `None` if it has no other.
    #[must_use]
    pub fn without(&self, id: u32) -> Option<Nexthop> {
        let mut group = self.group.clone()?;
        group.retain(|member| member.id != id);
        (!group.is_empty()).then(|| Nexthop {
            group: Some(group),
            ..self.clone()
        })
    }

    fn blackhole(&mut self, _: &mut DecodeContext<'_>, _: &Attr<'_>) -> Result<(), AttrError> {
        self.flags.bits |= BLACKHOLE;
        Ok(())
    }

    fn fdb(&mut self, _: &mut DecodeContext<'_>, _: &Attr<'_>) -> Result<(), AttrError> {
        self.flags.bits |= FDB;
        Ok(())
    }

    fn copy_unbalanced_time(&mut self, old: &Self) {
        if let (Some(args), Some(old)) = (&mut self.resilient_args, &old.resilient_args) {
            args.unbalanced_time = old.unbalanced_time;
        }
    }
}

/// The type of an `NHA_ENCAP`, which may follow it.
fn encap_type(attributes: &[u8]) -> Option<u16> {
    let mut attributes = Attrs::new(attributes).filter_map(Result::ok);
    let attr = attributes.find(|attr| attr.kind == Nexthop::NHA_ENCAP_TYPE)?;
    attr.u16().ok()
}

/// Reads an array of `struct nexthop_grp`: id (u32), weight - 1 (u8), its upper byte (u8; since
/// Linux 6.12), padding.
fn group(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<Member>, AttrError> {
    let (members, []) = attr.value.as_chunks::<8>() else {
        return Err(AttrError::Length);
    };
    let member = |it: &[u8; 8]| Member {
        id: u32_at(it, 0),
        weight: u32::from(it[4]) + (u32::from(it[5]) << 8) + 1,
    };
    Ok(members.iter().map(member).collect())
}

/// A bucket of a resilient group.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(nest(NHA_RES_BUCKET = 13), skip(NHA_RES_BUCKET / NHA_RES_BUCKET_PAD = 0))]
#[state(key(id, index))]
pub struct NexthopBucket {
    /// Id of the group.
    #[nla(NHA_ID = 1)]
    pub id: u32,
    /// Number of the bucket.
    #[nla(NHA_RES_BUCKET / NHA_RES_BUCKET_INDEX = 1)]
    pub index: u16,
    /// Id of the next hop of the bucket.
    #[nla(NHA_RES_BUCKET / NHA_RES_BUCKET_NH_ID = 3)]
    pub nhid: u32,
    /// With `details`: seconds since it was last used.
    #[nla(NHA_RES_BUCKET / NHA_RES_BUCKET_IDLE_TIME = 2, details, volatile, map(u64, seconds))]
    pub idle_time: Option<f64>,
    /// Flags of a route: `offload`, `trap`.
    pub flags: Flags,
}

impl KindSpec for NexthopBucket {
    const MESSAGES: &'static [u16] = &[RTM_NEWNEXTHOPBUCKET, RTM_DELNEXTHOPBUCKET];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Nexthop];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nexthop_buckets()]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = body.split_first_chunk::<8>()?;
        let mut bucket = NexthopBucket {
            flags: Flags::new(u64::from(u32_at(header, 4)), ROUTE_FLAGS),
            ..Default::default()
        };
        bucket.attributes(context, attributes);
        Some(bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Unparsed;
    use crate::names::Names;
    use crate::netlink::build::attr;

    /// Decodes a group with these counters.
    fn decode(stats: &[u8], details: bool) -> (Option<Vec<MemberStats>>, Vec<Unparsed>) {
        let body = [&[0; 8][..], &attr(15, stats)].concat();
        let names = Names::builtin();
        let mut context = DecodeContext::new(&names, details);
        let nexthop = Nexthop::from_body(&mut context, &body).unwrap();
        (nexthop.group_stats, context.take_unparsed())
    }

    #[test]
    fn damaged_group_stats_are_recorded_with_and_without_details() {
        let id = attr(1, &7_u32.to_ne_bytes());
        let damaged = attr(2, &[1]);
        let stats = attr(1, &[id, damaged].concat());
        for details in [false, true] {
            let (members, unparsed) = decode(&stats, details);
            assert_eq!(members.is_some(), details);
            let unparsed: Vec<_> = unparsed
                .iter()
                .map(|it| (it.within.as_deref(), it.attr, it.reason))
                .collect();
            assert_eq!(unparsed, [(Some(&[15, 1][..]), Some(2), "length")]);
        }
    }
}
