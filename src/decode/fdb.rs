//! `RTM_NEWNEIGH`, `RTM_DELNEIGH` of family bridge → [`Fdb`].

use libc::{
    NDA_CACHEINFO, NDA_DST, NDA_IFINDEX, NDA_LLADDR, NDA_PORT, NDA_PROBES, NDA_VLAN, NDA_VNI,
};

use super::context::DecodeContext;
use super::wire::{u16_at, u32_at};
use crate::event::fdb::Fdb;
use crate::event::values::{Flags, LlAddr, Symbol};
use crate::kind::route::neigh::{CacheInfo, FLAGS, flag_bits};
use crate::netlink::attr::AttrError;

// linux/neighbour.h
const NDA_PROTOCOL: u16 = 12;
const NDA_FLAGS_EXT: u16 = 15;
const NDA_MASTER: u16 = 9;
const NDA_LINK_NETNSID: u16 = 10;
const NDA_SRC_VNI: u16 = 11;
const NDA_NH_ID: u16 = 13;
const NDA_FDB_EXT_ATTRS: u16 = 14;
const NFEA_ACTIVITY_NOTIFY: u16 = 1;
const FDB_NOTIFY_BIT: u8 = 1;
const FDB_NOTIFY_INACTIVE_BIT: u8 = 2;

/// What `body`, a `struct ndmsg` and its attributes, says. `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Fdb> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let mut extended = 0;
    let mut it = Fdb {
        ifindex: u32_at(header, 4),
        state: state(u16_at(header, 8)),
        flags: Flags::new(0, FLAGS),
        ..Default::default()
    };
    context.each(attributes, |context, attr| {
        match attr.kind {
            NDA_DST => it.dst = Some(attr.ip()?),
            NDA_LLADDR => it.mac = Some(LlAddr::new(attr.value).ok_or(AttrError::Length)?),
            NDA_CACHEINFO if !context.details => {}
            NDA_CACHEINFO => it.cacheinfo = Some(CacheInfo::decode(context, &attr)?),
            // The kernel never counts probes of a forwarding entry.
            NDA_PROBES if attr.u32()? == 0 => {}
            NDA_VLAN => it.vlan = Some(attr.u16()?),
            NDA_PORT => it.port = Some(attr.be16()?),
            NDA_VNI => it.vni = Some(attr.u32()?),
            NDA_IFINDEX => it.via_index = Some(attr.u32()?),
            NDA_MASTER => it.master_index = Some(attr.u32()?),
            NDA_LINK_NETNSID => it.link_netnsid = Some(attr.i32()?),
            NDA_SRC_VNI => it.src_vni = Some(attr.u32()?),
            NDA_PROTOCOL => {
                it.protocol = Some(context.names.protocols.symbol(u32::from(attr.u8()?)))
            }
            NDA_NH_ID => it.nhid = Some(attr.u32()?),
            NDA_FLAGS_EXT => extended = attr.u32()?,
            NDA_FDB_EXT_ATTRS => context.nested(&attr, |_, attr| {
                if attr.kind != NFEA_ACTIVITY_NOTIFY {
                    return Err(AttrError::Unknown);
                }
                let bits = attr.u8()?;
                it.activity_notify = Some(bits & FDB_NOTIFY_BIT != 0);
                it.inactive = Some(bits & FDB_NOTIFY_INACTIVE_BIT != 0);
                Ok(())
            })?,
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    it.flags.bits = flag_bits(header[10], extended);
    Some(it)
}

/// `NUD_*` in the words of `bridge fdb`: the first bit counts.
fn state(state: u16) -> Symbol {
    let names = [
        (0x80, "permanent"),
        (0x40, "static"),
        (0x04, "stale"),
        (0x02, "reachable"),
    ];
    match names.iter().find(|(bit, _)| state & bit != 0) {
        Some((_, name)) => Symbol::Known(name),
        None => Symbol::Named(format!("{state:#x}").into()),
    }
}
