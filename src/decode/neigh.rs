//! `RTM_NEWNEIGH`, `RTM_DELNEIGH`, `RTM_GETNEIGH` → [`Neigh`].

use std::rc::Rc;

use libc::{NDA_CACHEINFO, NDA_DST, NDA_LLADDR, NDA_PROBES};

use super::context::DecodeContext;
use super::wire::{family, u16_at, u32_at};
use crate::event::neigh::{CacheInfo, Neigh};
use crate::event::values::{FlagNames, Flags, LlAddr};
use crate::netlink::attr::{Attr, AttrError};

// linux/neighbour.h
pub(super) const NDA_PROTOCOL: u16 = 12;
pub(super) const NDA_FLAGS_EXT: u16 = 15;
const NTF_PROXY: u8 = 0x08;

/// `NTF_*`; the extended ones (`NDA_FLAGS_EXT`) from bit 8 on.
pub(super) const FLAGS: &FlagNames = &[
    (0x02, "self"),
    (0x04, "master"),
    (0x80, "router"),
    (0x08, "proxy"),
    (0x10, "extern_learn"),
    (0x20, "offload"),
    (0x100, "managed"),
    (0x01, "use"),
    (0x40, "sticky"),
    (0x200, "locked"),
    (0x400, "extern_valid"),
];

/// `NUD_*`
const STATES: &FlagNames = &[
    (0x01, "INCOMPLETE"),
    (0x02, "REACHABLE"),
    (0x04, "STALE"),
    (0x08, "DELAY"),
    (0x10, "PROBE"),
    (0x20, "FAILED"),
    (0x40, "NOARP"),
    (0x80, "PERMANENT"),
];

/// What `body`, a `struct ndmsg` and its attributes, says. `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Rc<Neigh>> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let mut extended = 0;
    let mut made = Rc::new(Neigh {
        family: family(header[0]),
        ifindex: u32_at(header, 4),
        state: Flags::new(u64::from(u16_at(header, 8)), STATES),
        flags: Flags::new(0, FLAGS),
        proxy: (header[10] & NTF_PROXY != 0).then_some(true),
        ..Default::default()
    });
    let it = Rc::get_mut(&mut made)?;
    context.each(attributes, |context, attr| {
        match attr.kind {
            NDA_DST => it.dst = Some(attr.ip()?),
            NDA_LLADDR => it.lladdr = Some(LlAddr::new(attr.value).ok_or(AttrError::Length)?),
            NDA_CACHEINFO if !context.details => {}
            NDA_CACHEINFO => it.cacheinfo = Some(cacheinfo(context, &attr)?),
            NDA_PROBES if !context.details => {}
            NDA_PROBES => it.probes = Some(attr.u32()?),
            NDA_PROTOCOL => {
                it.protocol = Some(context.names.protocols.symbol(u32::from(attr.u8()?)))
            }
            NDA_FLAGS_EXT => extended = attr.u32()?,
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    it.flags.bits = flag_bits(header[10], extended);
    Some(made)
}

/// The flags of the header and the extended ones as one word.
pub(super) fn flag_bits(flags: u8, extended: u32) -> u64 {
    u64::from(flags) | u64::from(extended) << 8
}

/// `struct nda_cacheinfo`
pub(super) fn cacheinfo(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<CacheInfo, AttrError> {
    let [confirmed, used, updated, refcnt] = context.u32_array(attr)?;
    Ok(CacheInfo {
        confirmed,
        used,
        updated,
        refcnt,
    })
}
