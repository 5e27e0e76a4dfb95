//! `RTM_NEWTUNNEL`, `RTM_DELTUNNEL` → [`Vni`], one for each of a range.

use super::context::DecodeContext;
use super::wire::u32_at;
use crate::event::vni::{Vni, VniStats};
use crate::netlink::attr::{Attr, AttrError};

// linux/if_link.h
const VXLAN_VNIFILTER_ENTRY: u16 = 1;
/// A longer range stays one: a forged one must not fill the memory.
const MOST: u32 = 4096;

/// What `body`, a `struct tunnel_msg` and its attributes, says: each identifier to `each`. `None`
/// where it is too short.
pub fn decode(
    context: &mut DecodeContext<'_>,
    body: &[u8],
    mut each: impl FnMut(&mut DecodeContext<'_>, Vni),
) -> Option<()> {
    let (header, attributes) = body.split_first_chunk::<8>()?;
    let ifindex = u32_at(header, 4);
    context.each(attributes, |context, attr| {
        if attr.kind != VXLAN_VNIFILTER_ENTRY {
            return Err(AttrError::Unknown);
        }
        let mut it = Vni {
            ifindex,
            ..Default::default()
        };
        let mut end = None;
        context.nested(&attr, |context, attr| {
            match attr.kind {
                1 => it.vni = attr.u32()?,
                2 => end = Some(attr.u32()?),
                3 | 4 => it.group = Some(attr.ip()?).filter(|group| !group.is_unspecified()),
                5 if !context.details => {}
                5 => it.stats = Some(stats(context, &attr)?),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })?;
        let end = end.unwrap_or(it.vni).max(it.vni);
        if end - it.vni >= MOST {
            it.vni_end = Some(end);
            each(context, it);
            return Ok(());
        }
        for vni in it.vni..=end {
            let mut one = it.clone();
            one.vni = vni;
            each(context, one);
        }
        Ok(())
    });
    Some(())
}

/// `VNIFILTER_ENTRY_STATS_*`
fn stats(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<VniStats, AttrError> {
    let mut it = VniStats::default();
    context.nested(attr, |_, attr| {
        let place = match attr.kind {
            1 => &mut it.rx_bytes,
            2 => &mut it.rx_pkts,
            3 => &mut it.rx_drops,
            4 => &mut it.rx_errors,
            5 => &mut it.tx_bytes,
            6 => &mut it.tx_pkts,
            7 => &mut it.tx_drops,
            8 => &mut it.tx_errors,
            9 => return Ok(()),
            _ => return Err(AttrError::Unknown),
        };
        *place = attr.u64()?;
        Ok(())
    })?;
    Ok(it)
}
