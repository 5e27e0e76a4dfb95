//! `RTM_NEWMDB`, `RTM_DELMDB` → [`Mdb`], one or several.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::context::DecodeContext;
use super::wire::{seconds, u16_at, u32_at};
use crate::event::mdb::{Mdb, MdbSource};
use crate::event::values::{FlagNames, Flags, LlAddr, Symbol};
use crate::netlink::attr::{Attr, AttrError};

// linux/if_bridge.h
const MDBA_MDB: u16 = 1;
const MDBA_ROUTER: u16 = 2;
const MDBA_MDB_ENTRY: u16 = 1;
const MDBA_MDB_ENTRY_INFO: u16 = 1;
const MDBA_ROUTER_PORT: u16 = 1;
/// `struct br_mdb_entry`: ifindex (u32), state (u8), flags (u8), VLAN (u16), address (16 bytes),
/// protocol (be16), padding.
const ENTRY: usize = 28;

/// `MDB_FLAGS_*`
const FLAGS: &FlagNames = &[
    (0x01, "offload"),
    (0x02, "fast_leave"),
    (0x04, "added_by_star_ex"),
    (0x08, "blocked"),
    (0x10, "offload_failed"),
];

/// What `body`, a `struct br_port_msg` and its attributes, says: each entry to `each`. `None`
/// where it is too short.
pub fn decode(
    context: &mut DecodeContext<'_>,
    body: &[u8],
    mut each: impl FnMut(&mut DecodeContext<'_>, Mdb),
) -> Option<()> {
    let (header, attributes) = body.split_first_chunk::<8>()?;
    let ifindex = u32_at(header, 4);
    context.each(attributes, |context, attr| match attr.kind {
        MDBA_MDB => context.nested(&attr, |context, attr| match attr.kind {
            MDBA_MDB_ENTRY => context.nested(&attr, |context, attr| match attr.kind {
                MDBA_MDB_ENTRY_INFO => {
                    let it = entry(context, ifindex, &attr)?;
                    each(context, it);
                    Ok(())
                }
                _ => Err(AttrError::Unknown),
            }),
            _ => Err(AttrError::Unknown),
        }),
        MDBA_ROUTER => context.nested(&attr, |context, attr| match attr.kind {
            MDBA_ROUTER_PORT => {
                let it = router(context, ifindex, &attr)?;
                each(context, it);
                Ok(())
            }
            _ => Err(AttrError::Unknown),
        }),
        _ => Err(AttrError::Unknown),
    });
    Some(())
}

fn entry(context: &mut DecodeContext<'_>, ifindex: u32, attr: &Attr<'_>) -> Result<Mdb, AttrError> {
    let (entry, attributes) = attr
        .value
        .split_first_chunk::<ENTRY>()
        .ok_or(AttrError::Length)?;
    let vid = u16_at(entry, 6);
    let port = u32_at(entry, 0);
    let mut it = Mdb {
        ifindex,
        // An entry of a vxlan is the vxlan's own.
        port_index: Some(port),
        grp: Some(group(entry)),
        vid: (vid != 0).then_some(vid),
        state: Some(Symbol::of(
            u32::from(entry[4]),
            &[(0, "temp"), (1, "permanent")],
        )),
        flags: Some(Flags::new(u64::from(entry[5]), FLAGS)),
        ..Default::default()
    };
    context.within(attr.kind, |context| {
        context.each(attributes, |context, attr| {
            attribute(context, &mut it, &attr)
        });
    })?;
    Ok(it)
}

/// `MDBA_MDB_EATTR_*`
fn attribute(
    context: &mut DecodeContext<'_>,
    it: &mut Mdb,
    attr: &Attr<'_>,
) -> Result<(), AttrError> {
    match attr.kind {
        1 if !context.details => {}
        1 => it.timer = Some(seconds(u64::from(attr.u32()?))),
        2 => it.source_list = Some(sources(context, attr)?),
        3 => {
            let modes = &[(0, "exclude"), (1, "include")];
            it.filter_mode = Some(Symbol::of(u32::from(attr.u8()?), modes));
        }
        4 => it.src = Some(attr.ip()?),
        5 => it.protocol = Some(context.names.protocols.symbol(u32::from(attr.u8()?))),
        6 => it.dst = Some(attr.ip()?),
        7 => it.dst_port = Some(attr.u16()?),
        8 => it.vni = Some(attr.u32()?),
        9 => it.via_index = Some(attr.u32()?),
        10 => it.src_vni = Some(attr.u32()?),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// The group, by the protocol that it is of: IPv4, IPv6, else a MAC address.
fn group(entry: &[u8; ENTRY]) -> String {
    let mut address = [0; 16];
    address.copy_from_slice(&entry[8..24]);
    let [a, b, c, d, e, f, ..] = address;
    match u16::from_be_bytes([entry[24], entry[25]]) {
        0x0800 => Ipv4Addr::new(a, b, c, d).to_string(),
        0x86dd => Ipv6Addr::from(address).to_string(),
        _ => LlAddr::new(&[a, b, c, d, e, f]).map_or(String::new(), |mac| mac.to_string()),
    }
}

/// `MDBA_MDB_SRCLIST_ENTRY`, each with `MDBA_MDB_SRCATTR_*`
fn sources(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<MdbSource>, AttrError> {
    let mut all = Vec::new();
    context.nested(attr, |context, attr| {
        let mut source = MdbSource {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            timer: None,
        };
        context.nested(&attr, |context, attr| {
            match attr.kind {
                1 => source.address = attr.ip()?,
                2 if !context.details => {}
                2 => source.timer = Some(seconds(u64::from(attr.u32()?))),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })?;
        all.push(source);
        Ok(())
    })?;
    Ok(all)
}

/// The port's index, and then `MDBA_ROUTER_PATTR_*`.
fn router(
    context: &mut DecodeContext<'_>,
    ifindex: u32,
    attr: &Attr<'_>,
) -> Result<Mdb, AttrError> {
    let (port, attributes) = attr
        .value
        .split_first_chunk::<4>()
        .ok_or(AttrError::Length)?;
    let types = &[
        (0, "disabled"),
        (1, "temp_query"),
        (2, "permanent"),
        (3, "temp"),
    ];
    let mut it = Mdb {
        ifindex,
        port_index: Some(u32::from_ne_bytes(*port)),
        // Before Linux 4.5 the type is not told.
        router: Some(Symbol::Known("temp")),
        ..Default::default()
    };
    context.within(attr.kind, |context| {
        context.each(attributes, |context, attr| {
            match attr.kind {
                1 if !context.details => {}
                1 => it.timer = Some(seconds(u64::from(attr.u32()?))),
                2 => it.router = Some(Symbol::of(u32::from(attr.u8()?), types)),
                // The greater one of these two is the first.
                3 | 4 => {}
                5 => it.vid = Some(attr.u16()?),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        });
    })?;
    Ok(it)
}
