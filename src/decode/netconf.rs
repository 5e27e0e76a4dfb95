//! `RTM_NEWNETCONF`, `RTM_DELNETCONF` → [`Netconf`].

use super::context::DecodeContext;
use super::wire::family;
use crate::event::netconf::Netconf;
use crate::event::values::Symbol;
use crate::netlink::attr::AttrError;

// linux/netconf.h
const IFINDEX_ALL: i32 = -1;
const IFINDEX_DEFAULT: i32 = -2;

/// What `body`, a `struct netconfmsg` and its attributes, says. `None` where it is too short. A
/// notice holds no more than the switch that was turned.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Netconf> {
    let (header, attributes) = body.split_first_chunk::<4>()?;
    let mut it = Netconf {
        family: family(header[0]),
        ..Default::default()
    };
    context.each(attributes, |_, attr| {
        let on = || attr.i32().map(|value| Some(value != 0));
        match attr.kind {
            1 => match attr.i32()? {
                IFINDEX_ALL => it.interface = Some(Symbol::Known("all")),
                IFINDEX_DEFAULT => it.interface = Some(Symbol::Known("default")),
                index => it.ifindex = Some(index.cast_unsigned()),
            },
            2 => it.forwarding = on()?,
            3 => {
                let modes = &[(0, "off"), (1, "strict"), (2, "loose")];
                it.rp_filter = Some(Symbol::of(attr.u32()?, modes));
            }
            4 => it.mc_forwarding = on()?,
            5 => it.proxy_neigh = on()?,
            6 => it.ignore_routes_with_linkdown = on()?,
            7 => it.input = on()?,
            8 => it.bc_forwarding = on()?,
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    Some(it)
}
