//! Counters (`TCA_STATS2`, and the older `TCA_STATS`).

use crate::decode::cx::Cx;
use crate::decode::words::{u32_at, words};
use crate::event::tc::Stats;
use crate::event::values::Hex;
use crate::netlink::attr::{Attr, Fault};

// TCA_STATS_* (linux/gen_stats.h)
const TCA_STATS_BASIC: u16 = 1;
const TCA_STATS_RATE_EST: u16 = 2;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_STATS_APP: u16 = 4;
const TCA_STATS_RATE_EST64: u16 = 5;
const TCA_STATS_PAD: u16 = 6;
const TCA_STATS_BASIC_HW: u16 = 7;
const TCA_STATS_PKT64: u16 = 8;

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, Fault> {
    let word = bytes.get(at..).and_then(<[u8]>::first_chunk);
    word.map(|word| u64::from_ne_bytes(*word))
        .ok_or(Fault::Length)
}

/// `struct gnet_stats_basic`: bytes and packets.
fn basic(attr: &Attr<'_>) -> Result<(u64, u64), Fault> {
    let bytes = u64_at(attr.value, 0)?;
    match attr.value.get(8..12) {
        Some(packets) => Ok((bytes, u64::from(u32_at(packets, 0)))),
        None => Err(Fault::Length),
    }
}

/// The nest of `TCA_STATS2` and `TCA_ACT_STATS`.
pub fn nest(cx: &mut Cx<'_>, attr: &Attr<'_>, stats: &mut Option<Stats>) -> Result<(), Fault> {
    let it = stats.get_or_insert_default();
    // The 64 bits come after the 32.
    let mut exact = None;
    cx.nested(attr, |_, attr| {
        match attr.kind {
            TCA_STATS_BASIC => {
                let (bytes, packets) = basic(&attr)?;
                (it.bytes, it.packets) = (Some(bytes), Some(packets));
            }
            TCA_STATS_BASIC_HW => {
                let (bytes, packets) = basic(&attr)?;
                (it.hw_bytes, it.hw_packets) = (Some(bytes), Some(packets));
            }
            TCA_STATS_PKT64 => exact = Some(attr.u64()?),
            TCA_STATS_QUEUE => {
                let [qlen, backlog, drops, requeues, overlimits] = words(attr.value)?;
                it.qlen = Some(qlen);
                it.backlog = Some(backlog);
                it.drops = Some(drops);
                it.requeues = Some(requeues);
                it.overlimits = Some(overlimits);
            }
            TCA_STATS_RATE_EST => {
                let [rate, pps] = words(attr.value)?;
                it.rate.get_or_insert(u64::from(rate));
                it.pps.get_or_insert(u64::from(pps));
            }
            TCA_STATS_RATE_EST64 => {
                it.rate = Some(u64_at(attr.value, 0)?);
                it.pps = Some(u64_at(attr.value, 8)?);
            }
            TCA_STATS_APP => it.xstats = Some(Hex(attr.value.into())),
            TCA_STATS_PAD => {}
            _ => return Err(Fault::Unknown),
        }
        Ok(())
    })?;
    // It stands behind the counter that it is for, of the hardware or of all.
    if it.hw_packets.is_none() && exact.is_some() {
        it.packets = exact;
    }
    Ok(())
}

/// `struct tc_stats`, where there is nothing better.
pub fn old(attr: &Attr<'_>, stats: &mut Option<Stats>) -> Result<(), Fault> {
    if stats.is_some() {
        return Ok(());
    }
    let bytes = u64_at(attr.value, 0)?;
    let rest = attr.value.get(8..).unwrap_or_default();
    let [packets, drops, overlimits, rate, pps, qlen, backlog] = words(rest)?;
    *stats = Some(Stats {
        bytes: Some(bytes),
        packets: Some(u64::from(packets)),
        drops: Some(drops),
        overlimits: Some(overlimits),
        rate: Some(u64::from(rate)),
        pps: Some(u64::from(pps)),
        qlen: Some(qlen),
        backlog: Some(backlog),
        ..Stats::default()
    });
    Ok(())
}
