//! `RTM_NEWADDR`, `RTM_DELADDR` → [`Address`].

use libc::{
    IFA_ADDRESS, IFA_ANYCAST, IFA_BROADCAST, IFA_CACHEINFO, IFA_FLAGS, IFA_LABEL, IFA_LOCAL,
    IFA_MULTICAST,
};

use super::context::DecodeContext;
use super::wire::{family, u32_at};
use crate::event::address::Address;
use crate::event::values::{Flags, IfName, Symbol};
use crate::netlink::attr::AttrError;

// linux/if_addr.h
const IFA_RT_PRIORITY: u16 = 9;
const IFA_TARGET_NETNSID: u16 = 10;
const IFA_PROTO: u16 = 11;
/// `IFA_F_PERMANENT`
const PERMANENT: u64 = 0x80;
/// No flag of the kernel's: an address that will expire, as `ip` shows one that is not permanent.
const DYNAMIC: u64 = 1 << 32;

/// Declares the flags' names (`IFA_F_*`), of which the first depends on the family.
macro_rules! flag_names {
    ($name:ident, $first:literal) => {
        pub(super) const $name: &[(u64, &str)] = &[
            (0x01, $first),
            (0x02, "nodad"),
            (0x04, "optimistic"),
            (0x08, "dadfailed"),
            (0x10, "home"),
            (0x20, "deprecated"),
            (0x40, "tentative"),
            (0x100, "mngtmpaddr"),
            (0x200, "noprefixroute"),
            (0x400, "autojoin"),
            (0x800, "stable-privacy"),
            (DYNAMIC, "dynamic"),
        ];
    };
}
flag_names!(INET_FLAGS, "secondary");
flag_names!(INET6_FLAGS, "temporary");

/// What `body`, a `struct ifaddrmsg` and its attributes, says. `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Address> {
    let (header, attributes) = body.split_first_chunk::<8>()?;
    let mut flags = u64::from(header[2]);
    let (mut local, mut address) = (None, None);
    let mut it = Address {
        ifindex: u32_at(header, 4),
        family: family(header[0]),
        prefixlen: header[1],
        scope: context.names.scopes.symbol(u32::from(header[3])),
        ..Default::default()
    };
    context.each(attributes, |context, attr| {
        match attr.kind {
            IFA_ADDRESS => address = Some(attr.ip()?),
            IFA_LOCAL => local = Some(attr.ip()?),
            IFA_LABEL => {
                let label = IfName::new(attr.bytes_z()).ok_or(AttrError::Length)?;
                it.label_hex = label.hex();
                it.label = Some(label);
            }
            IFA_BROADCAST => it.broadcast = Some(attr.ip()?),
            IFA_ANYCAST => it.anycast = Some(attr.ip()?),
            IFA_MULTICAST => it.multicast = Some(attr.ip()?),
            IFA_CACHEINFO => {
                let [preferred, valid, created, updated] = context.u32_array(&attr)?;
                it.valid_life_time = Some(valid);
                it.preferred_life_time = Some(preferred);
                if context.details {
                    it.created = Some(created);
                    it.updated = Some(updated);
                }
            }
            IFA_FLAGS => flags = u64::from(attr.u32()?),
            IFA_RT_PRIORITY => it.metric = Some(attr.u32()?),
            IFA_TARGET_NETNSID => it.target_netnsid = Some(attr.i32()?),
            IFA_PROTO => {
                let names = &[(1, "kernel_lo"), (2, "kernel_ra"), (3, "kernel_ll")];
                it.protocol = Some(Symbol::of(u32::from(attr.u8()?), names));
            }
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    // IFA_ADDRESS is the address of the prefix: the other end's, or else our own (if_addr.h).
    it.local = local.or(address);
    it.address = address.filter(|_| address != it.local);
    it.flags = address_flags(header[0], flags);
    Some(it)
}

fn address_flags(family: u8, flags: u64) -> Flags {
    let names = match i32::from(family) {
        libc::AF_INET6 => INET6_FLAGS,
        _ => INET_FLAGS,
    };
    let dynamic = if flags & PERMANENT == 0 { DYNAMIC } else { 0 };
    Flags::new(flags & !PERMANENT | dynamic, names)
}
