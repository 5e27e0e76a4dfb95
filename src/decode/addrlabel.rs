//! `RTM_NEWADDRLABEL`, `RTM_DELADDRLABEL` → [`Addrlabel`].

use super::context::DecodeContext;
use super::wire::{family, u32_at};
use crate::event::addrlabel::Addrlabel;
use crate::event::values::Prefix;
use crate::netlink::attr::AttrError;

/// What `body`, a `struct ifaddrlblmsg` and its attributes (`IFAL_*`), says. `None` where it is
/// too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Addrlabel> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let length = header[2];
    let mut it = Addrlabel {
        family: family(header[0]),
        ifindex: Some(u32_at(header, 4)).filter(|index| *index != 0),
        ..Default::default()
    };
    context.each(attributes, |_, attr| {
        match attr.kind {
            1 => {
                it.prefix = Some(Prefix {
                    address: attr.ip()?,
                    length,
                });
            }
            2 => it.label = Some(attr.u32()?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    Some(it)
}
