//! `RTM_NEWSTATS` → [`Stats`].

use super::cx::Cx;
use super::link::stats64;
use super::words::u32_at;
use crate::event::stats::{HwInfo, HwStats, Stats};
use crate::netlink::attr::{Attr, Fault};

// linux/if_link.h
const IFLA_STATS_LINK_64: u16 = 1;
const IFLA_STATS_LINK_OFFLOAD_XSTATS: u16 = 4;

/// What `body`, a `struct if_stats_msg` and its attributes, says. `None` where it is too short.
pub fn decode(cx: &mut Cx<'_>, body: &[u8]) -> Option<Stats> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let mut it = Stats {
        ifindex: u32_at(header, 4),
        ..Default::default()
    };
    cx.each(attributes, |cx, attr| match attr.kind {
        IFLA_STATS_LINK_64 => {
            it.link = Some(stats64(cx, &attr)?);
            Ok(())
        }
        // IFLA_OFFLOAD_XSTATS_*
        IFLA_STATS_LINK_OFFLOAD_XSTATS => cx.nested(&attr, |cx, attr| {
            match attr.kind {
                1 => it.cpu_hit = Some(stats64(cx, &attr)?),
                2 => it.hw_s_info = Some(info(cx, &attr)?),
                3 => it.l3_stats = Some(hardware(&attr)?),
                _ => return Err(Fault::Unknown),
            }
            Ok(())
        }),
        _ => Err(Fault::Unknown),
    });
    Some(it)
}

/// A nest for each set of counters, with `IFLA_OFFLOAD_XSTATS_HW_S_INFO_*`.
fn info(cx: &mut Cx<'_>, attr: &Attr<'_>) -> Result<Vec<HwInfo>, Fault> {
    let mut all = Vec::new();
    cx.nested(attr, |cx, attr| {
        let mut it = HwInfo {
            set: attr.kind,
            ..Default::default()
        };
        cx.nested(&attr, |_, attr| {
            match attr.kind {
                1 => it.request = attr.bool()?,
                2 => it.used = attr.bool()?,
                _ => return Err(Fault::Unknown),
            }
            Ok(())
        })?;
        all.push(it);
        Ok(())
    })?;
    Ok(all)
}

/// `struct rtnl_hw_stats64`
fn hardware(attr: &Attr<'_>) -> Result<HwStats, Fault> {
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
        return Err(Fault::Length);
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
