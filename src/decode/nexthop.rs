//! `RTM_NEWNEXTHOP`, `RTM_NEWNEXTHOPBUCKET` and their `DEL` → [`Nexthop`], [`NexthopBucket`].

use super::context::DecodeContext;
use super::encap;
use super::route::FLAGS as ROUTE_FLAGS;
use super::wire::{family, seconds, u32_at};
use crate::event::nexthop::{Member, MemberStats, Nexthop, NexthopBucket, Resilient};
use crate::event::values::{FlagNames, Flags, Symbol};
use crate::netlink::attr::{Attr, AttrError, Attrs};

// linux/nexthop.h
const NHA_ID: u16 = 1;
const NHA_GROUP: u16 = 2;
const NHA_GROUP_TYPE: u16 = 3;
const NHA_BLACKHOLE: u16 = 4;
const NHA_OIF: u16 = 5;
const NHA_GATEWAY: u16 = 6;
const NHA_ENCAP_TYPE: u16 = 7;
const NHA_ENCAP: u16 = 8;
const NHA_FDB: u16 = 11;
const NHA_RES_GROUP: u16 = 12;
const NHA_RES_BUCKET: u16 = 13;
const NHA_OP_FLAGS: u16 = 14;
const NHA_GROUP_STATS: u16 = 15;
const NHA_HW_STATS_ENABLE: u16 = 16;
const NHA_HW_STATS_USED: u16 = 17;

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

/// What `body`, a `struct nhmsg` and its attributes, says. `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Nexthop> {
    let (header, attributes) = body.split_first_chunk::<8>()?;
    let mut it = Nexthop {
        family: family(header[0]),
        scope: context.names.scopes.symbol(u32::from(header[1])),
        protocol: context.names.protocols.symbol(u32::from(header[2])),
        flags: Flags::new(u64::from(u32_at(header, 4)), FLAGS),
        ..Default::default()
    };
    context.each(attributes, |context, attr| {
        match attr.kind {
            NHA_ID => it.id = attr.u32()?,
            NHA_GROUP => it.group = Some(group(attr.value)?),
            NHA_GROUP_TYPE => {
                let types = &[(0, "mpath"), (1, "resilient")];
                it.r#type = Some(Symbol::of(u32::from(attr.u16()?), types));
            }
            NHA_BLACKHOLE => it.flags.bits |= BLACKHOLE,
            NHA_OIF => it.ifindex = Some(attr.u32()?),
            NHA_GATEWAY => it.gateway = Some(attr.ip()?),
            NHA_ENCAP_TYPE => {
                it.encap.get_or_insert_default().r#type = Some(encap::kind(attr.u16()?));
            }
            NHA_ENCAP => {
                let it = it.encap.get_or_insert_default();
                encap::decode(context, it, encap_type(attributes), &attr)?;
            }
            NHA_FDB => it.flags.bits |= FDB,
            NHA_RES_GROUP => it.resilient_args = Some(resilient(context, &attr)?),
            // What was asked for.
            NHA_OP_FLAGS => {}
            NHA_GROUP_STATS => it.group_stats = stats(context, &attr)?,
            NHA_HW_STATS_ENABLE => it.hw_stats_enabled = Some(attr.u32()? != 0),
            NHA_HW_STATS_USED if !context.details => {}
            NHA_HW_STATS_USED => it.hw_stats_used = Some(attr.u32()? != 0),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    Some(it)
}

/// The same of a bucket.
pub fn bucket(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<NexthopBucket> {
    let (header, attributes) = body.split_first_chunk::<8>()?;
    let mut it = NexthopBucket {
        flags: Flags::new(u64::from(u32_at(header, 4)), ROUTE_FLAGS),
        ..Default::default()
    };
    context.each(attributes, |context, attr| match attr.kind {
        NHA_ID => {
            it.id = attr.u32()?;
            Ok(())
        }
        // linux/nexthop.h, NHA_RES_BUCKET_*
        NHA_RES_BUCKET => context.nested(&attr, |context, attr| {
            match attr.kind {
                0 => {}
                1 => it.index = attr.u16()?,
                2 if !context.details => {}
                2 => it.idle_time = Some(seconds(attr.u64()?)),
                3 => it.nhid = attr.u32()?,
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        }),
        _ => Err(AttrError::Unknown),
    });
    Some(it)
}

/// The type of an `NHA_ENCAP`, which may stand behind it.
fn encap_type(attributes: &[u8]) -> Option<u16> {
    let mut attributes = Attrs::new(attributes).filter_map(Result::ok);
    let attr = attributes.find(|attr| attr.kind == NHA_ENCAP_TYPE)?;
    attr.u16().ok()
}

/// An array of `struct nexthop_grp`: id (u32), weight - 1 (u8), its upper byte (u8; since Linux
/// 6.12), padding.
fn group(value: &[u8]) -> Result<Vec<Member>, AttrError> {
    let (members, []) = value.as_chunks::<8>() else {
        return Err(AttrError::Length);
    };
    let member = |it: &[u8; 8]| Member {
        id: u32_at(it, 0),
        weight: u32::from(it[4]) + (u32::from(it[5]) << 8) + 1,
    };
    Ok(members.iter().map(member).collect())
}

/// `NHA_RES_GROUP_*`
fn resilient(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Resilient, AttrError> {
    let mut it = Resilient::default();
    context.nested(attr, |context, attr| {
        match attr.kind {
            0 => {}
            1 => it.buckets = Some(attr.u16()?),
            2 => it.idle_timer = Some(seconds(u64::from(attr.u32()?))),
            3 => it.unbalanced_timer = Some(seconds(u64::from(attr.u32()?))),
            4 if !context.details => {}
            4 => it.unbalanced_time = Some(seconds(attr.u64()?)),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    Ok(it)
}

/// `NHA_GROUP_STATS_*`
fn stats(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Option<Vec<MemberStats>>, AttrError> {
    let mut all = Vec::new();
    context.nested(attr, |context, attr| {
        if attr.kind != 1 {
            return Err(AttrError::Unknown);
        }
        let mut it = MemberStats::default();
        context.nested(&attr, |_, attr| {
            match attr.kind {
                1 => it.id = attr.u32()?,
                2 => it.packets = Some(attr.uint()?),
                3 => it.packets_hw = Some(attr.uint()?),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })?;
        all.push(it);
        Ok(())
    })?;
    Ok(context.details.then_some(all))
}
