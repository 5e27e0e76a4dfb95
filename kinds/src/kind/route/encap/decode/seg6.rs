//! Segment routing: seg6, seg6local and rpl.

use std::net::Ipv6Addr;

use crate::kind::context::DecodeContext;
use crate::kind::route::encap::{Bpf, Counters, Encap};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

/// `SEG6_IPTUNNEL_*` (linux/seg6_iptunnel.h)
pub(super) fn seg6(
    context: &mut DecodeContext<'_>,
    it: &mut Encap,
    attr: Attr<'_>,
) -> Result<(), AttrError> {
    match attr.kind {
        // struct seg6_iptunnel_encap: a mode, then the header.
        1 => {
            let (mode, header) = attr.value.split_first_chunk().ok_or(AttrError::Length)?;
            let names = &[
                (0, "inline"),
                (1, "encap"),
                (2, "l2encap"),
                (3, "encap.red"),
                (4, "l2encap.red"),
            ];
            it.mode = Some(Symbol::of(u32::from_ne_bytes(*mode), names));
            let decoded = routing_header(it, header)?;
            context.record_excess(&attr, mode.len() + decoded);
        }
        2 => it.tunsrc = Some(attr.ipv6()?),
        3 => it.table = Some(context.names.tables.symbol(attr.u32()?)),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `SR6_FLAG1_HMAC` and the length of `struct sr6_tlv_hmac` (linux/seg6.h)
const HMAC_FLAG: u8 = 0x08;
const HMAC_LENGTH: usize = 40;

/// `struct ipv6_sr_hdr` (linux/seg6.h): it has the segments in reverse order. Returns the number of
/// decoded bytes.
fn routing_header(it: &mut Encap, header: &[u8]) -> Result<usize, AttrError> {
    let (fixed, rest) = header.split_first_chunk::<8>().ok_or(AttrError::Length)?;
    let [_, length, _, _, first_segment, flags, ..] = *fixed;
    let segments = 16 * (usize::from(first_segment) + 1);
    let segments = rest.get(..segments).ok_or(AttrError::Length)?;
    it.segs = Some(addresses(segments));
    let mut decoded = fixed.len() + segments.len();
    if flags & HMAC_FLAG != 0 {
        let end = 8 * (usize::from(length) + 1);
        let tlv = end.checked_sub(HMAC_LENGTH).and_then(|at| header.get(at..));
        let key = tlv.and_then(|tlv| tlv.get(4..)?.first_chunk());
        it.hmac = Some(u32::from_be_bytes(*key.ok_or(AttrError::Length)?));
        decoded = end;
    }
    Ok(decoded)
}

/// Addresses in reverse order.
fn addresses(bytes: &[u8]) -> Vec<Ipv6Addr> {
    let addresses = bytes.as_chunks::<16>().0.iter().rev();
    addresses.map(|bytes| Ipv6Addr::from(*bytes)).collect()
}

/// `SEG6_LOCAL_ACTION_*` (linux/seg6_local.h), as iproute2 names them.
const ACTIONS: &[(u32, &str)] = &[
    (1, "End"),
    (2, "End.X"),
    (3, "End.T"),
    (4, "End.DX2"),
    (5, "End.DX6"),
    (6, "End.DX4"),
    (7, "End.DT6"),
    (8, "End.DT4"),
    (9, "End.B6"),
    (10, "End.B6.Encaps"),
    (11, "End.BM"),
    (12, "End.S"),
    (13, "End.AS"),
    (14, "End.AM"),
    (15, "End.BPF"),
    (16, "End.DT46"),
];

/// `SEG6_LOCAL_FLV_OP_*`, a bit each.
const FLAVORS: &FlagNames = &[
    (0x02, "psp"),
    (0x04, "usp"),
    (0x08, "usd"),
    (0x10, "next-csid"),
];

/// `SEG6_LOCAL_*` (linux/seg6_local.h)
pub(super) fn local(
    context: &mut DecodeContext<'_>,
    it: &mut Encap,
    attr: Attr<'_>,
) -> Result<(), AttrError> {
    match attr.kind {
        1 => it.action = Some(Symbol::of(attr.u32()?, ACTIONS)),
        2 => {
            let decoded = routing_header(it, attr.value)?;
            context.record_excess(&attr, decoded);
        }
        3 => it.table = Some(context.names.tables.symbol(attr.u32()?)),
        4 => it.nh4 = Some(attr.ipv4()?.into()),
        5 => it.nh6 = Some(attr.ipv6()?.into()),
        6 => it.iif_index = Some(attr.u32()?),
        7 => it.oif_index = Some(attr.u32()?),
        8 => {
            let mut program = Bpf {
                hook: Symbol::Known("action"),
                name: None,
                id: None,
                headroom: None,
            };
            context.nested(&attr, |_, attr| {
                match attr.kind {
                    1 => program.id = Some(attr.u32()?),
                    2 => program.name = Some(attr.str()?.to_owned()),
                    _ => return Err(AttrError::Unknown),
                }
                Ok(())
            })?;
            it.bpf.get_or_insert_default().push(program);
        }
        9 => it.vrftable = Some(context.names.tables.symbol(attr.u32()?)),
        10 => {
            let mut counters = Counters {
                packets: 0,
                bytes: 0,
                errors: 0,
            };
            context.nested(&attr, |_, attr| {
                match attr.kind {
                    1 => {}
                    2 => counters.packets = attr.integer()?,
                    3 => counters.bytes = attr.integer()?,
                    4 => counters.errors = attr.integer()?,
                    _ => return Err(AttrError::Unknown),
                }
                Ok(())
            })?;
            it.counters = Some(counters);
        }
        11 => context.nested(&attr, |_, attr| {
            match attr.kind {
                1 => it.flags = Some(Flags::new(u64::from(attr.u32()?), FLAVORS)),
                2 => it.lblen = Some(attr.u8()?),
                3 => it.nflen = Some(attr.u8()?),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })?,
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `RPL_IPTUNNEL_SRH` (linux/rpl_iptunnel.h): `struct ipv6_rpl_sr_hdr` (linux/rpl.h) without
/// compression.
pub(super) fn rpl(
    context: &mut DecodeContext<'_>,
    it: &mut Encap,
    attr: Attr<'_>,
) -> Result<(), AttrError> {
    if attr.kind != 1 {
        return Err(AttrError::Unknown);
    }
    let (fixed, segments) = attr
        .value
        .split_first_chunk::<8>()
        .ok_or(AttrError::Length)?;
    let [_, _, _, segments_left, compressed, ..] = *fixed;
    let length = 16 * usize::from(segments_left);
    if compressed != 0 {
        return Err(AttrError::Value);
    }
    it.segs = Some(addresses(segments.get(..length).ok_or(AttrError::Length)?));
    context.record_excess(&attr, fixed.len() + length);
    Ok(())
}
