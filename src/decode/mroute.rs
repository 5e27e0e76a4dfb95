//! `RTM_NEWROUTE`, `RTM_DELROUTE` of multicast → [`Mroute`].

use super::context::DecodeContext;
use super::wire::{family, seconds, u32_at};
use crate::event::mroute::{Mroute, MrouteStats, Oif};
use crate::event::values::{Flags, Symbol};
use crate::kind::route::route::FLAGS;
use crate::netlink::attr::{Attr, AttrError, align};

/// `RTNL_FAMILY_*`, linux/rtnetlink.h: IPv4 and IPv6.
pub const FAMILIES: [u8; 2] = [128, 129];

const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_IIF: u16 = 3;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_MFC_STATS: u16 = 17;
const RTA_EXPIRES: u16 = 23;
const RTA_PAD: u16 = 24;

/// `RTNH_F_UNRESOLVED`
const UNRESOLVED: u32 = 0x20;

/// What `body`, a `struct rtmsg` and its attributes, says. `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Mroute> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let names = context.names;
    let flags = u32_at(header, 8);
    let mut table = u32::from(header[4]);
    let mut it = Mroute {
        family: family(header[0]),
        state: Symbol::Known(match flags & UNRESOLVED {
            0 => "resolved",
            _ => "unresolved",
        }),
        protocol: names.protocols.symbol(u32::from(header[5])),
        flags: Flags::new(u64::from(flags & !UNRESOLVED), FLAGS),
        ..Default::default()
    };
    context.each(attributes, |context, attr| {
        match attr.kind {
            // Any source is not sent, or as zeros.
            RTA_SRC => it.src = Some(attr.ip()?).filter(|src| !src.is_unspecified()),
            RTA_DST => it.dst = Some(attr.ip()?),
            RTA_IIF => it.iif_index = Some(attr.u32()?),
            RTA_MULTIPATH => it.multipath = Some(multipath(context, &attr)),
            RTA_TABLE => table = attr.u32()?,
            RTA_MFC_STATS | RTA_EXPIRES if !context.details => {}
            RTA_MFC_STATS => it.stats = Some(stats(context, &attr)?),
            RTA_EXPIRES => it.lastuse = Some(seconds(attr.u64()?)),
            RTA_PAD => {}
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    it.table = names.tables.symbol(table);
    Some(it)
}

/// `struct rta_mfc_stats`: packets, bytes, packets from the wrong device (u64 each).
fn stats(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<MrouteStats, AttrError> {
    let (words, _) = attr.value.as_chunks::<8>();
    let [packets, bytes, wrong_if, ..] = words else {
        return Err(AttrError::Length);
    };
    context.record_excess(attr, 24);
    Ok(MrouteStats {
        packets: u64::from_ne_bytes(*packets),
        bytes: u64::from_ne_bytes(*bytes),
        wrong_if: u64::from_ne_bytes(*wrong_if),
    })
}

/// `struct rtnexthop` after `struct rtnexthop`; `rtnh_hops` is a time to live.
fn multipath(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Vec<Oif> {
    let mut rest = attr.value;
    let mut hops = Vec::new();
    while let Some(header) = rest.first_chunk::<8>() {
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        if length < header.len() || length > rest.len() {
            break;
        }
        hops.push(Oif {
            oif: None,
            oif_index: u32_at(header, 4),
            ttl: header[3],
        });
        rest = rest.get(align(length)..).unwrap_or(&[]);
    }
    if !rest.is_empty() {
        context.record_unparsed(Some(attr.kind), AttrError::Malformed, rest);
    }
    hops
}
