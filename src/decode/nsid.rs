//! `RTM_NEWNSID`, `RTM_DELNSID` → [`Nsid`].

use super::context::DecodeContext;
use crate::event::nsid::Nsid;
use crate::netlink::attr::AttrError;

/// What `body`, a `struct rtgenmsg` and its attributes (`NETNSA_*`), says. `None` where it is too
/// short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Nsid> {
    let (_, attributes) = body.split_first_chunk::<4>()?;
    let mut it = Nsid::default();
    context.each(attributes, |_, attr| {
        match attr.kind {
            1 => it.nsid = attr.i32()?,
            2 => it.pid = Some(attr.u32()?),
            3 => it.fd = Some(attr.u32()?),
            5 => it.current_nsid = Some(attr.i32()?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    Some(it)
}
