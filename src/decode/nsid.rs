//! `RTM_NEWNSID`, `RTM_DELNSID` → [`Nsid`].

use super::cx::Cx;
use crate::event::nsid::Nsid;
use crate::netlink::attr::Fault;

/// What `body`, a `struct rtgenmsg` and its attributes (`NETNSA_*`), says. `None` where it is too
/// short.
pub fn decode(cx: &mut Cx<'_>, body: &[u8]) -> Option<Nsid> {
    let (_, attributes) = body.split_first_chunk::<4>()?;
    let mut it = Nsid::default();
    cx.each(attributes, |_, attr| {
        match attr.kind {
            1 => it.nsid = attr.i32()?,
            2 => it.pid = Some(attr.u32()?),
            3 => it.fd = Some(attr.u32()?),
            5 => it.current_nsid = Some(attr.i32()?),
            _ => return Err(Fault::Unknown),
        }
        Ok(())
    });
    Some(it)
}
