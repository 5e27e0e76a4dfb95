//! `RTM_NEWLINK`, `RTM_DELLINK` → [`Link`].

mod af_spec;

mod bridge;
mod names;
mod parts;
pub mod settings;
mod vf;

#[cfg(test)]
mod tests;

use std::rc::Rc;

use crate::kind::context::DecodeContext;
use crate::kind::route::link::Link;
use crate::kind::route::link::info::{LinkInfo, known};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{Flags, Hex, IfName, LlAddr, Symbol, Text};
use names::{EVENTS, FLAGS, LINK_MODES, LL_TYPES, NO_CARRIER, OPER_STATES, QDISCS};
pub(crate) use parts::stats64;
use settings::{counter, lladdr, nonzero, symbol8};

/// `struct ifinfomsg`
const HEADER: usize = 16;

/// The families of a link message: nearly all of them speak of the device itself, some of it as a
/// bridge port, or of its IPv6 settings.
const AF_BRIDGE: u8 = libc::AF_BRIDGE as u8;
const AF_INET6: u8 = libc::AF_INET6 as u8;

/// `IFLA_*` (linux/if_link.h) that libc lacks.
const IFLA_VF_PORTS: u16 = 24;
const IFLA_PORT_SELF: u16 = 25;
const IFLA_DEVLINK_PORT: u16 = 62;
const IFLA_GSO_IPV4_MAX_SIZE: u16 = 63;
const IFLA_GRO_IPV4_MAX_SIZE: u16 = 64;
const IFLA_DPLL_PIN: u16 = 65;
const IFLA_MAX_PACING_OFFLOAD_HORIZON: u16 = 66;
const IFLA_NETNS_IMMUTABLE: u16 = 67;
const IFLA_HEADROOM: u16 = 68;
const IFLA_TAILROOM: u16 = 69;

/// Decodes what follows the header of a link message: the device, and the family that the message
/// is about. `None` where the bytes are shorter than the fixed part.
pub fn decode(context: &mut DecodeContext, body: &[u8]) -> Option<(Rc<Link>, u8)> {
    let (header, attributes) = body.split_first_chunk::<HEADER>()?;
    let [family, _, t0, t1, i0, i1, i2, i3, f0, f1, f2, f3, ..] = *header;
    let arphrd = u16::from_ne_bytes([t0, t1]);
    let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
    let mut made = Rc::new(Link {
        ifindex: u32::from_ne_bytes([i0, i1, i2, i3]),
        flags: link_flags(flags),
        link_type: Symbol::of(arphrd.into(), LL_TYPES),
        ..Link::default()
    });
    let link = Rc::get_mut(&mut made)?;
    let envelope = Envelope { family, arphrd };
    context.each(attributes, |context, attr| {
        envelope.attribute(context, attr, link)
    });
    let has_peer = flags & libc::IFF_POINTOPOINT as u32 != 0 && link.broadcast.is_some();
    link.link_pointtopoint = has_peer.then_some(true);
    link.permaddr = link
        .permaddr
        .filter(|own| link.address.as_ref() != Some(own));
    Some((made, family))
}

/// The flags as `ip` shows them: not that the device runs, but that it is up and does not.
fn link_flags(flags: u32) -> Flags {
    const UP: u32 = libc::IFF_UP as u32;
    const RUNNING: u32 = libc::IFF_RUNNING as u32;
    let mut bits = u64::from(flags & !RUNNING);
    if flags & (UP | RUNNING) == UP {
        bits |= NO_CARRIER;
    }
    Flags::new(bits, FLAGS)
}

/// What the fixed part says of how to read the attributes.
struct Envelope {
    family: u8,
    arphrd: u16,
}

impl Envelope {
    fn lladdr(&self, attr: Attr) -> Result<Option<LlAddr>, AttrError> {
        Ok(Some(lladdr(attr)?.on(self.arphrd)))
    }

    #[rustfmt::skip] // one line per attribute
    fn attribute(&self, context: &mut DecodeContext, attr: Attr, link: &mut Link) -> Result<(), AttrError> {
        match attr.kind {
            libc::IFLA_ADDRESS => link.address = self.lladdr(attr)?,
            libc::IFLA_BROADCAST => link.broadcast = self.lladdr(attr)?,
            libc::IFLA_IFNAME => {
                let name = IfName::new(attr.bytes_z()).ok_or(AttrError::Length)?;
                link.ifname_hex = name.hex();
                link.ifname = Some(name);
            }
            libc::IFLA_MTU => link.mtu = Some(attr.u32()?),
            libc::IFLA_LINK => link.link_index = nonzero(attr.u32()?),
            libc::IFLA_QDISC => link.qdisc = Some(known(attr.str()?, QDISCS)),
            // IFLA_STATS64 says the same in 64 bits.
            libc::IFLA_STATS | libc::IFLA_PAD => {}
            // A bridge calls itself its own master in messages of family bridge.
            libc::IFLA_MASTER => link.master_index = nonzero(attr.u32()?).filter(|master| *master != link.ifindex),
            libc::IFLA_WIRELESS => link.wireless = Some(Hex(attr.value.into())),
            libc::IFLA_PROTINFO if self.family == AF_BRIDGE => link.linkinfo = Some(LinkInfo::bridge_port(context, &attr)?),
            libc::IFLA_PROTINFO if self.family == AF_INET6 => af_spec::inet6(context, &attr, link)?,
            libc::IFLA_TXQLEN => link.txqlen = Some(attr.u32()?),
            libc::IFLA_OPERSTATE => link.operstate = Some(symbol8(attr, OPER_STATES)?),
            libc::IFLA_LINKMODE => link.linkmode = Some(symbol8(attr, LINK_MODES)?),
            libc::IFLA_LINKINFO => link.linkinfo = Some(LinkInfo::decode(context, &attr)?),
            libc::IFLA_IFALIAS => {
                let alias = Text(attr.bytes_z().into());
                link.ifalias_hex = alias.hex();
                link.ifalias = Some(alias);
            }
            libc::IFLA_NUM_VF => link.num_vf = Some(attr.u32()?),
            libc::IFLA_VFINFO_LIST => link.vfinfo_list = Some(vf::list(context, &attr, self.arphrd)?),
            IFLA_VF_PORTS => link.vf_ports = Some(vf::ports(context, &attr)?),
            IFLA_PORT_SELF => link.port_self = Some(vf::port(context, &attr)?),
            libc::IFLA_AF_SPEC if self.family == AF_BRIDGE => bridge::af_spec(context, &attr, link)?,
            libc::IFLA_AF_SPEC => af_spec::af_spec(context, &attr, link)?,
            libc::IFLA_GROUP => link.group = Some(context.names.groups.symbol(attr.u32()?)),
            libc::IFLA_PROMISCUITY => link.promiscuity = Some(attr.u32()?),
            libc::IFLA_NUM_TX_QUEUES => link.num_tx_queues = Some(attr.u32()?),
            libc::IFLA_NUM_RX_QUEUES => link.num_rx_queues = Some(attr.u32()?),
            libc::IFLA_PHYS_PORT_ID => link.phys_port_id = Some(Hex(attr.value.into())),
            libc::IFLA_PHYS_SWITCH_ID => link.phys_switch_id = Some(Hex(attr.value.into())),
            libc::IFLA_LINK_NETNSID => link.link_netnsid = Some(attr.i32()?),
            libc::IFLA_PHYS_PORT_NAME => link.phys_port_name = Some(attr.str()?.to_owned()),
            libc::IFLA_PROTO_DOWN => link.proto_down = nonzero(attr.bool()?),
            libc::IFLA_GSO_MAX_SEGS => link.gso_max_segs = Some(attr.u32()?),
            libc::IFLA_GSO_MAX_SIZE => link.gso_max_size = Some(attr.u32()?),
            libc::IFLA_XDP => link.xdp = parts::xdp(context, &attr)?,
            libc::IFLA_EVENT => link.event = nonzero(attr.u32()?).map(|event| Symbol::of(event, EVENTS)),
            libc::IFLA_NEW_NETNSID => link.new_netnsid = Some(attr.i32()?),
            libc::IFLA_TARGET_NETNSID => link.target_netnsid = Some(attr.i32()?),
            libc::IFLA_NEW_IFINDEX => link.new_ifindex = Some(attr.u32()?),
            libc::IFLA_MIN_MTU => link.min_mtu = Some(attr.u32()?),
            libc::IFLA_MAX_MTU => link.max_mtu = Some(attr.u32()?),
            libc::IFLA_PROP_LIST => parts::prop_list(context, &attr, link)?,
            libc::IFLA_PERM_ADDRESS => link.permaddr = self.lladdr(attr)?,
            libc::IFLA_PROTO_DOWN_REASON => link.proto_down_reason = parts::proto_down_reason(context, &attr)?,
            libc::IFLA_PARENT_DEV_NAME => link.parentdev = Some(attr.str()?.to_owned()),
            libc::IFLA_PARENT_DEV_BUS_NAME => link.parentbus = Some(attr.str()?.to_owned()),
            libc::IFLA_GRO_MAX_SIZE => link.gro_max_size = Some(attr.u32()?),
            libc::IFLA_TSO_MAX_SIZE => link.tso_max_size = Some(attr.u32()?),
            libc::IFLA_TSO_MAX_SEGS => link.tso_max_segs = Some(attr.u32()?),
            libc::IFLA_ALLMULTI => link.allmulti = Some(attr.u32()?),
            IFLA_DEVLINK_PORT => link.devlink_port = nonzero(parts::devlink_port(context, &attr)?),
            IFLA_GSO_IPV4_MAX_SIZE => link.gso_ipv4_max_size = Some(attr.u32()?),
            IFLA_GRO_IPV4_MAX_SIZE => link.gro_ipv4_max_size = Some(attr.u32()?),
            IFLA_DPLL_PIN => link.dpll_pin = parts::dpll_pin(context, &attr)?,
            IFLA_MAX_PACING_OFFLOAD_HORIZON => link.max_pacing_offload_horizon = Some(counter(attr.uint()?)),
            IFLA_NETNS_IMMUTABLE => link.netns_immutable = nonzero(attr.bool()?),
            IFLA_HEADROOM => link.headroom = Some(attr.u16()?),
            IFLA_TAILROOM => link.tailroom = Some(attr.u16()?),
            _ => return details(context, attr, link),
        }
        Ok(())
    }
}

/// The attributes that change without an event, and are shown only on request.
fn details(context: &mut DecodeContext, attr: Attr, link: &mut Link) -> Result<(), AttrError> {
    match attr.kind {
        libc::IFLA_STATS64
        | libc::IFLA_MAP
        | libc::IFLA_CARRIER
        | libc::IFLA_CARRIER_CHANGES
        | libc::IFLA_CARRIER_UP_COUNT
        | libc::IFLA_CARRIER_DOWN_COUNT
            if !context.details => {}
        libc::IFLA_STATS64 => link.stats64 = Some(parts::stats64(context, &attr)?),
        libc::IFLA_MAP => link.map = Some(parts::map(&attr)?),
        libc::IFLA_CARRIER => link.carrier = Some(attr.bool()?),
        libc::IFLA_CARRIER_CHANGES => link.carrier_changes = Some(attr.u32()?),
        libc::IFLA_CARRIER_UP_COUNT => link.carrier_up_count = Some(attr.u32()?),
        libc::IFLA_CARRIER_DOWN_COUNT => link.carrier_down_count = Some(attr.u32()?),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}
