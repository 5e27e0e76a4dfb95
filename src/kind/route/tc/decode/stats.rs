//! Counters (`TCA_STATS2`, and the older `TCA_STATS`).

use super::options;
use crate::kind::context::DecodeContext;
use crate::kind::route::tc::options::Options;
use crate::kind::route::tc::{Stats, spec};
use crate::kind::wire::u32_array;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::Hex;

// TCA_STATS_* (linux/gen_stats.h)
const TCA_STATS_BASIC: u16 = 1;
const TCA_STATS_RATE_EST: u16 = 2;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_STATS_APP: u16 = 4;
const TCA_STATS_RATE_EST64: u16 = 5;
const TCA_STATS_PAD: u16 = 6;
const TCA_STATS_BASIC_HW: u16 = 7;
const TCA_STATS_PKT64: u16 = 8;

/// `struct gnet_stats_basic`: bytes and packets, with padding or without.
fn basic(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(u64, u64), AttrError> {
    let (bytes, rest) = attr.value.split_first_chunk().ok_or(AttrError::Length)?;
    let [packets] = u32_array(rest)?;
    if !matches!(rest.len(), 4 | 8) {
        context.record_unparsed(Some(attr.kind), AttrError::Length, attr.value);
    }
    Ok((u64::from_ne_bytes(*bytes), u64::from(packets)))
}

/// The nest of `TCA_STATS2` and `TCA_ACT_STATS`.
///
/// `own` gets what the kind counts beside what all do (`TCA_STATS_APP`).
pub fn nest<'a>(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'a>,
    stats: &mut Option<Stats>,
    mut own: impl FnMut(&mut DecodeContext<'_>, &Attr<'a>) -> Result<(), AttrError>,
) -> Result<(), AttrError> {
    let it = stats.get_or_insert_default();
    // The 64 bits come after the 32.
    let mut exact = None;
    context.nested(attr, |context, attr| {
        match attr.kind {
            TCA_STATS_BASIC => {
                let (bytes, packets) = basic(context, &attr)?;
                (it.bytes, it.packets) = (Some(bytes), Some(packets));
            }
            TCA_STATS_BASIC_HW => {
                let (bytes, packets) = basic(context, &attr)?;
                (it.hw_bytes, it.hw_packets) = (Some(bytes), Some(packets));
            }
            TCA_STATS_PKT64 => exact = Some(attr.u64()?),
            TCA_STATS_QUEUE => {
                let [qlen, backlog, drops, requeues, overlimits] = context.u32_array(&attr)?;
                it.qlen = Some(qlen);
                it.backlog = Some(backlog);
                it.drops = Some(drops);
                it.requeues = Some(requeues);
                it.overlimits = Some(overlimits);
            }
            TCA_STATS_RATE_EST => {
                let [rate, pps] = context.u32_array(&attr)?;
                it.rate.get_or_insert(u64::from(rate));
                it.pps.get_or_insert(u64::from(pps));
            }
            TCA_STATS_RATE_EST64 => {
                let (rate, rest) = attr.value.split_first_chunk().ok_or(AttrError::Length)?;
                let pps = rest.first_chunk().ok_or(AttrError::Length)?;
                it.rate = Some(u64::from_ne_bytes(*rate));
                it.pps = Some(u64::from_ne_bytes(*pps));
                context.record_excess(&attr, 16);
            }
            TCA_STATS_APP => own(context, &attr)?,
            TCA_STATS_PAD => {}
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    // It stands behind the counter that it is for, of the hardware or of all.
    if it.hw_packets.is_none() && exact.is_some() {
        it.packets = exact;
    }
    Ok(())
}

/// `struct tc_stats`: 36 bytes, and as many more as its alignment takes.
pub fn old(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Stats, AttrError> {
    let (bytes, rest) = attr.value.split_first_chunk().ok_or(AttrError::Length)?;
    let [packets, drops, overlimits, rate, pps, qlen, backlog] = u32_array(rest)?;
    if !matches!(rest.len(), 28 | 32) {
        context.record_unparsed(Some(attr.kind), AttrError::Length, attr.value);
    }
    // Without an estimator they are 0.
    let estimated = |rate: u32| (rate != 0).then_some(u64::from(rate));
    Ok(Stats {
        bytes: Some(u64::from_ne_bytes(*bytes)),
        packets: Some(u64::from(packets)),
        drops: Some(drops),
        overlimits: Some(overlimits),
        rate: estimated(rate),
        pps: estimated(pps),
        qlen: Some(qlen),
        backlog: Some(backlog),
        ..Stats::default()
    })
}

/// What `new` does not say is taken from `old`, which says the same a second time.
pub fn together(new: Option<Stats>, old: Option<Stats>) -> Option<Stats> {
    let (new, old) = match (new, old) {
        (Some(new), Some(old)) => (new, old),
        (new, old) => return new.or(old),
    };
    Some(Stats {
        bytes: new.bytes.or(old.bytes),
        packets: new.packets.or(old.packets),
        drops: new.drops.or(old.drops),
        overlimits: new.overlimits.or(old.overlimits),
        rate: new.rate.or(old.rate),
        pps: new.pps.or(old.pps),
        qlen: new.qlen.or(old.qlen),
        backlog: new.backlog.or(old.backlog),
        ..new
    })
}

/// What a kind counts beside what all do: by name, or in hexadecimal where no table is for it.
#[derive(Default)]
pub struct Own<'a> {
    pub counters: Options,
    pub hex: Option<Hex>,
    /// Where it came from; often it is sent twice.
    bytes: Option<&'a [u8]>,
}

impl<'a> Own<'a> {
    /// Takes over an attribute of these counters (`TCA_STATS_APP`, `TCA_XSTATS`).
    pub fn read(
        &mut self,
        context: &mut DecodeContext<'_>,
        kind: &str,
        attr: &Attr<'a>,
    ) -> Result<(), AttrError> {
        if self.bytes.is_some_and(|bytes| bytes == attr.value) {
            return Ok(());
        }
        self.bytes.get_or_insert(attr.value);
        match spec::xstats(kind, attr.value) {
            Some(table) => {
                for (name, value) in options::decode(context, table, attr)?.options.0 {
                    if self.counters.get(name).is_none() {
                        self.counters.put(name, value);
                    }
                }
            }
            None if self.hex.is_some() => return Err(AttrError::Value),
            None => self.hex = Some(Hex(attr.value.into())),
        }
        Ok(())
    }
}
