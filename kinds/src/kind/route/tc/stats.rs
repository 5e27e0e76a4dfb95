//! Counters (`TCA_STATS2`, and the older `TCA_STATS`).

use nlstream_derive::Attributes;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::spec;
use crate::json::JsonSchema;
use crate::kind::attributes::Attributes;
use crate::kind::context::DecodeContext;
use crate::kind::table::decode as options;
use crate::kind::table::value::Options;
use crate::kind::wire::u32_array;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::Hex;

/// Counters (`TCA_STATS_*`, linux/gen_stats.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(
    custom(
        TCA_STATS_BASIC = 1 => Self::basic,
        TCA_STATS_RATE_EST = 2 => Self::rate,
        TCA_STATS_QUEUE = 3 => Self::queue,
        TCA_STATS_RATE_EST64 = 5 => Self::rate_64,
        TCA_STATS_BASIC_HW = 7 => Self::basic_hw,
    ),
    by_caller(TCA_STATS_APP = 4, TCA_STATS_PKT64 = 8),
    skip(TCA_STATS_PAD = 6),
)]
#[schemars(rename = "TcStats")]
pub struct Stats {
    /// Bytes.
    pub bytes: Option<u64>,
    /// Packets.
    pub packets: Option<u64>,
    /// Bytes that the hardware counted.
    pub hw_bytes: Option<u64>,
    /// Packets that the hardware counted.
    pub hw_packets: Option<u64>,
    /// Packets dropped.
    pub drops: Option<u32>,
    /// Number of times a limit was exceeded.
    pub overlimits: Option<u32>,
    /// Packets requeued.
    pub requeues: Option<u32>,
    /// Queued bytes.
    pub backlog: Option<u32>,
    /// Queued packets.
    pub qlen: Option<u32>,
    /// Estimated rate, bytes/s.
    pub rate: Option<u64>,
    /// Estimated rate, packets/s.
    pub pps: Option<u64>,
    /// Undecoded kind-specific counters.
    pub xstats: Option<Hex>,
}

impl Stats {
    /// Reads the nest of `TCA_STATS2` and `TCA_ACT_STATS`. `own` reads the counters that depend on
    /// the type (`TCA_STATS_APP`).
    pub(super) fn nest<'a>(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'a>,
        mut own: impl FnMut(&mut DecodeContext<'_>, &Attr<'a>) -> Result<(), AttrError>,
    ) -> Result<(), AttrError> {
        let mut packets_64 = None;
        context.nested(attr, |context, attr| match attr.kind {
            Self::TCA_STATS_PKT64 => {
                packets_64 = Some(attr.integer()?);
                Ok(())
            }
            Self::TCA_STATS_APP => own(context, &attr),
            _ => self.attribute(context, &attr),
        })?;
        // It follows the counter that it extends, which may be the one of the hardware.
        if self.hw_packets.is_none() && packets_64.is_some() {
            self.packets = packets_64;
        }
        Ok(())
    }

    fn basic(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let (bytes, packets) = bytes_and_packets(context, attr)?;
        (self.bytes, self.packets) = (Some(bytes), Some(packets));
        Ok(())
    }

    fn basic_hw(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let (bytes, packets) = bytes_and_packets(context, attr)?;
        (self.hw_bytes, self.hw_packets) = (Some(bytes), Some(packets));
        Ok(())
    }

    /// Reads a `struct gnet_stats_queue`.
    fn queue(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let [qlen, backlog, drops, requeues, overlimits] = context.u32_array(attr)?;
        self.qlen = Some(qlen);
        self.backlog = Some(backlog);
        self.drops = Some(drops);
        self.requeues = Some(requeues);
        self.overlimits = Some(overlimits);
        Ok(())
    }

    /// Reads a `struct gnet_stats_rate_est`.
    fn rate(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let [rate, pps] = context.u32_array(attr)?;
        self.rate.get_or_insert(u64::from(rate));
        self.pps.get_or_insert(u64::from(pps));
        Ok(())
    }

    /// Reads a `struct gnet_stats_rate_est64`.
    fn rate_64(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let [rate, pps] = context.counters(attr, 2)?;
        (self.rate, self.pps) = (Some(rate), Some(pps));
        context.record_excess(attr, 16);
        Ok(())
    }

    /// Reads a `struct tc_stats`: 36 bytes, and 4 bytes of padding on some machines.
    pub(super) fn old(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [bytes] = context.counters(attr, 1)?;
        let rest = &attr.value[8..];
        let [packets, drops, overlimits, rate, pps, qlen, backlog] = u32_array(rest)?;
        if !matches!(rest.len(), 28 | 32) {
            context.record_unparsed(Some(attr.kind), AttrError::Length, attr.value);
        }
        // They are 0 without an estimator.
        let estimated = |rate: u32| (rate != 0).then_some(u64::from(rate));
        Ok(Stats {
            bytes: Some(bytes),
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

    /// Fills in from `old`, which repeats the same counters, those that `new` lacks.
    pub(super) fn merge(new: Option<Self>, old: Option<Self>) -> Option<Self> {
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
}

/// Reads a `struct gnet_stats_basic`: bytes and packets, with padding or without.
fn bytes_and_packets(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<(u64, u64), AttrError> {
    let [bytes] = context.counters(attr, 1)?;
    let rest = &attr.value[8..];
    let [packets] = u32_array(rest)?;
    if !matches!(rest.len(), 4 | 8) {
        context.record_unparsed(Some(attr.kind), AttrError::Length, attr.value);
    }
    Ok((bytes, u64::from(packets)))
}

/// The counters that depend on the type: by name, or in hexadecimal without a table.
#[derive(Default)]
pub(super) struct OwnCounters<'a> {
    pub counters: Options,
    pub hex: Option<Hex>,
    /// The first attribute with these counters, which the kernel often sends twice.
    bytes: Option<&'a [u8]>,
}

impl<'a> OwnCounters<'a> {
    /// Reads an attribute with these counters (`TCA_STATS_APP`, `TCA_XSTATS`).
    pub(super) fn read(
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
