//! `RTM_NEWSTATS` → [`Stats`].

use super::context::DecodeContext;
use super::link::stats64;
use super::wire::u32_at;
use crate::event::stats::{HwInfo, HwStats, Stats};
use crate::netlink::attr::{Attr, AttrError};

// linux/if_link.h
const IFLA_STATS_LINK_64: u16 = 1;
const IFLA_STATS_LINK_OFFLOAD_XSTATS: u16 = 4;

/// What `body`, a `struct if_stats_msg` and its attributes, says. `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Stats> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let mut it = Stats {
        ifindex: u32_at(header, 4),
        ..Default::default()
    };
    context.each(attributes, |context, attr| match attr.kind {
        IFLA_STATS_LINK_64 => {
            it.link = Some(stats64(context, &attr)?);
            Ok(())
        }
        // IFLA_OFFLOAD_XSTATS_*
        IFLA_STATS_LINK_OFFLOAD_XSTATS => context.nested(&attr, |context, attr| {
            match attr.kind {
                1 => it.cpu_hit = Some(stats64(context, &attr)?),
                2 => it.hw_s_info = Some(info(context, &attr)?),
                3 => it.l3_stats = Some(hardware(&attr)?),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        }),
        _ => Err(AttrError::Unknown),
    });
    Some(it)
}

/// A nest for each set of counters, with `IFLA_OFFLOAD_XSTATS_HW_S_INFO_*`.
fn info(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<HwInfo>, AttrError> {
    let mut all = Vec::new();
    context.nested(attr, |context, attr| {
        let mut it = HwInfo {
            set: attr.kind,
            ..Default::default()
        };
        context.nested(&attr, |_, attr| {
            match attr.kind {
                1 => it.request = attr.bool()?,
                2 => it.used = attr.bool()?,
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })?;
        all.push(it);
        Ok(())
    })?;
    Ok(all)
}

/// `struct rtnl_hw_stats64`
fn hardware(attr: &Attr<'_>) -> Result<HwStats, AttrError> {
    let (words, _) = attr.value.as_chunks::<8>();
    let words: Vec<_> = words.iter().copied().map(u64::from_ne_bytes).collect();
    let [
        rx_packets,
        tx_packets,
        rx_bytes,
        tx_bytes,
        rx_errors,
        tx_errors,
        rx_dropped,
        tx_dropped,
        multicast,
        ..,
    ] = words[..]
    else {
        return Err(AttrError::Length);
    };
    Ok(HwStats {
        rx_packets,
        tx_packets,
        rx_bytes,
        tx_bytes,
        rx_errors,
        tx_errors,
        rx_dropped,
        tx_dropped,
        multicast,
    })
}
