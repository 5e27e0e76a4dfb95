//! `RTM_NEWNEIGHTBL` → [`Neightbl`].

use super::context::DecodeContext;
use super::wire::{family, u16_at, u32_at};
use crate::event::neightbl::{Config, Neightbl, Stats};
use crate::netlink::attr::{Attr, AttrError};

/// What `body`, a `struct ndtmsg` and its attributes (`NDTA_*`), says. `None` where it is too
/// short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Neightbl> {
    let (header, attributes) = body.split_first_chunk::<4>()?;
    let mut it = Neightbl {
        family: family(header[0]),
        ..Default::default()
    };
    context.each(attributes, |context, attr| {
        match attr.kind {
            1 => it.name = Some(attr.str()?.to_owned()),
            2 => it.thresh1 = Some(attr.u32()?),
            3 => it.thresh2 = Some(attr.u32()?),
            4 => it.thresh3 = Some(attr.u32()?),
            5 | 7 if !context.details => {}
            5 => it.config = Some(config(&attr)?),
            6 => return context.nested(&attr, |context, attr| parameter(context, &mut it, &attr)),
            7 => it.stats = Some(stats(&attr)?),
            8 => it.gc_interval = Some(attr.u64()?),
            9 => {}
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    Some(it)
}

/// `NDTPA_*`
fn parameter(
    context: &mut DecodeContext<'_>,
    it: &mut Neightbl,
    attr: &Attr<'_>,
) -> Result<(), AttrError> {
    match attr.kind {
        1 => it.ifindex = Some(attr.u32()?),
        2 if !context.details => {}
        2 => it.refcnt = Some(attr.u32()?),
        3 => it.reachable = Some(attr.u64()?),
        4 => it.base_reachable = Some(attr.u64()?),
        5 => it.retrans = Some(attr.u64()?),
        6 => it.gc_stale = Some(attr.u64()?),
        7 => it.delay_probe = Some(attr.u64()?),
        8 => it.queue = Some(attr.u32()?),
        9 => it.app_probes = Some(attr.u32()?),
        10 => it.ucast_probes = Some(attr.u32()?),
        11 => it.mcast_probes = Some(attr.u32()?),
        12 => it.anycast_delay = Some(attr.u64()?),
        13 => it.proxy_delay = Some(attr.u64()?),
        14 => it.proxy_queue = Some(attr.u32()?),
        15 => it.locktime = Some(attr.u64()?),
        16 => it.queue_bytes = Some(attr.u32()?),
        17 => it.mcast_reprobes = Some(attr.u32()?),
        18 => {}
        19 => it.interval_probe_time = Some(attr.u64()?),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `struct ndt_config`
fn config(attr: &Attr<'_>) -> Result<Config, AttrError> {
    let it = attr.value.first_chunk::<32>().ok_or(AttrError::Length)?;
    Ok(Config {
        key_len: u16_at(it, 0),
        entry_size: u16_at(it, 2),
        entries: u32_at(it, 4),
        last_flush: u32_at(it, 8),
        last_rand: u32_at(it, 12),
        hash_rnd: u32_at(it, 16),
        hash_mask: u32_at(it, 20),
        proxy_qlen: u32_at(it, 28),
    })
}

/// `struct ndt_stats`; the last word came with Linux 4.3.
fn stats(attr: &Attr<'_>) -> Result<Stats, AttrError> {
    let (words, _) = attr.value.as_chunks::<8>();
    let word = |at: usize| words.get(at).copied().map(u64::from_ne_bytes);
    if words.len() < 10 {
        return Err(AttrError::Length);
    }
    let word = |at| word(at).unwrap_or(0);
    Ok(Stats {
        allocs: word(0),
        destroys: word(1),
        hash_grows: word(2),
        res_failed: word(3),
        lookups: word(4),
        hits: word(5),
        rcv_probes_mcast: word(6),
        rcv_probes_ucast: word(7),
        periodic_gc_runs: word(8),
        forced_gc_runs: word(9),
        table_fulls: word(10),
    })
}
