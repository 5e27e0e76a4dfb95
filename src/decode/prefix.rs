//! `RTM_NEWPREFIX` → [`Prefix`].

use std::net::{IpAddr, Ipv6Addr};

use super::context::DecodeContext;
use super::wire::{family, u32_at};
use crate::event::prefix::Prefix;
use crate::event::values::{self, Flags};
use crate::netlink::attr::AttrError;

// linux/rtnetlink.h
const PREFIX_ADDRESS: u16 = 1;
const PREFIX_CACHEINFO: u16 = 2;
/// `IF_PREFIX_*` (include/net/if_inet6.h), and, from Linux 6.7 on, the flags as the router sent
/// them (RFC 4861, RFC 6275, RFC 9762), in which the low bits have no meaning.
pub(super) const FLAGS: &[(u64, &str)] = &[
    (0x01, "onlink"),
    (0x80, "onlink"),
    (0x02, "autoconf"),
    (0x40, "autoconf"),
    (0x20, "router_address"),
    (0x10, "pd_preferred"),
];

/// What `body`, a `struct prefixmsg` and its attributes, says. `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Prefix> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let mut it = Prefix {
        family: family(header[0]),
        ifindex: u32_at(header, 4),
        r#type: header[8],
        flags: Flags::new(u64::from(header[10]), FLAGS),
        ..Default::default()
    };
    context.each(attributes, |context, attr| {
        match attr.kind {
            PREFIX_ADDRESS => {
                // The kernel passes on what the router sent, bits behind the prefix included.
                let address = u128::from(attr.ipv6()?);
                let behind = u32::from(header[9]).min(128);
                let mask = u128::MAX.checked_shl(128 - behind).unwrap_or(0);
                it.prefix = Some(values::Prefix {
                    address: IpAddr::V6(Ipv6Addr::from(address & mask)),
                    length: header[9],
                });
            }
            PREFIX_CACHEINFO => {
                let [preferred, valid] = context.u32_array(&attr)?;
                it.preferred_life_time = Some(preferred);
                it.valid_life_time = Some(valid);
            }
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    Some(it)
}
