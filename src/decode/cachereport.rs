//! `RTM_NEWCACHEREPORT` → [`Cachereport`].

use super::context::DecodeContext;
use super::wire::family;
use crate::event::cachereport::Cachereport;
use crate::event::values::{Hex, Symbol};
use crate::netlink::attr::AttrError;

/// What `body`, a `struct rtgenmsg` and its attributes, says: `IPMRA_CREPORT_*` (linux/mroute.h),
/// with the same numbers as `IP6MRA_CREPORT_*` (linux/mroute6.h). `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Cachereport> {
    let (header, attributes) = body.split_first_chunk::<4>()?;
    let types = &[
        (1, "nocache"),
        (2, "wrongvif"),
        (3, "wholepkt"),
        (4, "wrvifwhole"),
    ];
    let mut it = Cachereport {
        family: family(header[0]),
        ..Default::default()
    };
    context.each(attributes, |context, attr| {
        match attr.kind {
            1 => it.r#type = Some(Symbol::of(u32::from(attr.u8()?), types)),
            2 => it.vif = Some(attr.u32()?),
            3 => it.src = Some(attr.ip()?),
            4 => it.dst = Some(attr.ip()?),
            5 => it.packet = Some(Hex(attr.value.into())),
            6 => it.table = Some(context.names.tables.symbol(attr.u32()?)),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    Some(it)
}
