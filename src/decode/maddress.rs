//! `RTM_NEWMULTICAST`, `RTM_NEWANYCAST` and their `DEL` → [`Maddress`], [`Acaddress`].

use super::address::INET6_FLAGS as FLAGS;
use super::context::DecodeContext;
use super::wire::{family, u32_at};
use crate::event::maddress::{Acaddress, Maddress};
use crate::event::values::Flags;
use crate::netlink::attr::AttrError;

// linux/if_addr.h
const IFA_ANYCAST: u16 = 5;
const IFA_CACHEINFO: u16 = 6;
const IFA_MULTICAST: u16 = 7;
const IFA_FLAGS: u16 = 8;
/// `IFA_F_PERMANENT`: they all are.
const PERMANENT: u8 = 0x80;

/// Defines a decoder of a `struct ifaddrmsg` and its attributes. `None` where it is too short.
macro_rules! decoder {
    ($name:ident, $type:ident, $address:ident) => {
        #[doc = concat!("What `body`, a `struct ifaddrmsg` with `", stringify!($address), "`, says. `None` where it is too short.")]
        pub fn $name(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<$type> {
            let (header, attributes) = body.split_first_chunk::<8>()?;
            let mut it = $type {
                ifindex: u32_at(header, 4),
                family: family(header[0]),
                prefixlen: header[1],
                flags: Flags::new(u64::from(header[2] & !PERMANENT), FLAGS),
                scope: context.names.scopes.symbol(u32::from(header[3])),
                ..Default::default()
            };
            context.each(attributes, |context, attr| {
                match attr.kind {
                    $address => it.address = Some(attr.ip()?),
                    IFA_FLAGS => it.flags.bits = u64::from(attr.u32()? & !u32::from(PERMANENT)),
                    IFA_CACHEINFO if !context.details => {}
                    // The lifetimes before these two are always for ever.
                    IFA_CACHEINFO => {
                        let [_, _, created, updated] = context.u32_array(&attr)?;
                        (it.created, it.updated) = (Some(created), Some(updated));
                    }
                    _ => return Err(AttrError::Unknown),
                }
                Ok(())
            });
            Some(it)
        }
    };
}

decoder!(multicast, Maddress, IFA_MULTICAST);
decoder!(anycast, Acaddress, IFA_ANYCAST);
