//! Decoding of link messages ([`Link`]): the parts that the declarations on the fields do not cover.

#[cfg(test)]
mod tests;

use std::rc::Rc;

use super::bridge_af::{Cfm, CfmStatus, EndPoint as _};
use super::details::{Vlan, VlanTunnel, VlanTunnelInfo};
use super::info::LinkInfo;
use super::names::{FLAGS, LL_TYPES, NO_CARRIER};
use super::vf::VfInfo;
use super::{AfBridge, Link};
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr as _, declares};
use crate::kind::context::DecodeContext;
use crate::kind::object::some;
use crate::kind::spec::{Device, Emit, KindSpec, MessageAction, Propagation, Trigger, Triggers};
use crate::kind::wire::{u16_at, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELLINK, RTM_DELLINKPROP, RTM_NEWLINK, RTM_NEWLINKPROP};
use crate::value::{Flags, Hex, IfName, Symbol, Text};

/// The size of `struct ifinfomsg`.
const HEADER: usize = 16;

/// The families of a link message. Of family `AF_UNSPEC` it describes the device itself, of
/// `AF_BRIDGE` a bridge or its port, of `AF_INET6` the IPv6 settings.
const AF_BRIDGE: u8 = libc::AF_BRIDGE as u8;
const AF_INET6: u8 = libc::AF_INET6 as u8;

impl KindSpec for Link {
    const MESSAGES: &'static [u16] = &[RTM_NEWLINK, RTM_DELLINK, RTM_NEWLINKPROP, RTM_DELLINKPROP];
    // An interface of multicast routing receives all multicast packets (`allmulti`).
    const VERIFIED_AFTER: &'static [Trigger] = &[Trigger::AnyLink, Trigger::MulticastInterface];
    const PROPAGATED: Propagation = Propagation::Neighbourhood;
    const ATTRS: &'static [AttrDecl] = <Self as Attributes<()>>::ATTRS;

    fn dumps(details: bool) -> Vec<Request> {
        vec![Request::links(details), Request::bridge_links()]
    }

    fn device_dumps(device: Device, details: bool) -> Vec<Request> {
        let link = Request::link(device.ifindex, details);
        match device.bridged {
            // The kernel lists the bridges' own messages only all together.
            true => vec![link, Request::bridge_links()],
            false => vec![link],
        }
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (link, family) = decode(context, message.body)?;
        let action = match (family, emit.action()) {
            _ if message.kind >= RTM_NEWLINKPROP => MessageAction::Partial,
            (AF_BRIDGE, MessageAction::Delete) => MessageAction::LeaveBridge,
            (AF_INET6 | AF_BRIDGE, _) => MessageAction::Partial,
            // An event of the wireless extensions has little more than the name. A complete link
            // has a queue length (rtnl_fill_ifinfo).
            (_, MessageAction::New) if link.txqlen.is_none() => MessageAction::Partial,
            (_, action) => action,
        };
        emit.object_as(context, action, link)
    }

    fn triggers(&self, op: Op, old: Option<&Self>) -> Triggers {
        let of_type = match op {
            Op::Add | Op::Delete if self.is_of_type("team") => Triggers::of(&[Trigger::Team]),
            Op::Add | Op::Delete if self.is_of_type("openvswitch") => {
                Triggers::of(&[Trigger::OvsDatapath])
            }
            _ => Triggers::NONE,
        };
        let triggers = match (op, old) {
            (Op::Delete, _) => Triggers::of(&[
                Trigger::Device,
                Trigger::OldDevice,
                Trigger::DeviceName,
                Trigger::Master,
                Trigger::AnyLink,
            ]),
            (Op::Add, _) => {
                Triggers::of(&[Trigger::NewDevice, Trigger::DeviceName, Trigger::AnyLink])
            }
            (_, None) => Triggers::of(&[Trigger::AnyLink]),
            (_, Some(old)) => {
                let mut triggers = Triggers::of(&[Trigger::AnyLink]);
                if self.mtu != old.mtu || self.inet6_ra_mtu != old.inet6_ra_mtu {
                    triggers = triggers.or(Triggers::of(&[Trigger::Metrics]));
                }
                if self.is_bridge() && self.linkinfo != old.linkinfo {
                    triggers = triggers.or(Triggers::of(&[Trigger::Bridge]));
                }
                if self.active_port() != old.active_port() {
                    triggers = triggers.or(Triggers::of(&[Trigger::ActivePort]));
                }
                if self.flags != old.flags || self.operstate != old.operstate {
                    triggers = triggers.or(Triggers::of(&[Trigger::Device]));
                }
                if self.qdisc != old.qdisc || self.num_tx_queues != old.num_tx_queues {
                    triggers = triggers.or(Triggers::of(&[Trigger::Qdisc]));
                }
                if self.master_index != old.master_index {
                    triggers = triggers.or(Triggers::of(&[Trigger::Master]));
                }
                if self.ifname != old.ifname {
                    triggers = triggers.or(Triggers::of(&[Trigger::DeviceName]));
                }
                triggers
            }
        };
        triggers.or(of_type)
    }
}

/// Decodes the body of a link message: the device, and the family of the message. Returns `None` if
/// the body is shorter than its fixed header.
fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<(Rc<Link>, u8)> {
    let (header, attributes) = body.split_first_chunk::<HEADER>()?;
    let family = header[0];
    let arphrd = u16_at(header, 2);
    let flags = u32_at(header, 8);
    let mut shared = Rc::new(Link {
        ifindex: u32_at(header, 4),
        flags: link_flags(flags),
        link_type: Symbol::of(arphrd.into(), LL_TYPES),
        ..Link::default()
    });
    let link = Rc::get_mut(&mut shared)?;
    context.each(
        attributes,
        |context, attr| match Attributes::<()>::attribute(link, context, &attr) {
            Err(AttrError::Unknown) => link.by_header(context, &attr, family, arphrd),
            result => result,
        },
    );
    link.complete(arphrd, flags);
    Some((shared, family))
}

/// The flags as printed by `ip`: `NO-CARRIER` instead of `IFF_RUNNING`.
fn link_flags(flags: u32) -> Flags {
    const UP: u32 = libc::IFF_UP as u32;
    const RUNNING: u32 = libc::IFF_RUNNING as u32;
    let mut bits = u64::from(flags & !RUNNING);
    if flags & (UP | RUNNING) == UP {
        bits |= NO_CARRIER;
    }
    Flags::new(bits, FLAGS)
}

impl Link {
    /// Decodes an attribute whose content depends on the fixed header.
    #[inline(never)]
    fn by_header(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        family: u8,
        arphrd: u16,
    ) -> Result<(), AttrError> {
        match (attr.kind, family) {
            (Self::IFLA_PROTINFO, AF_BRIDGE) => {
                self.linkinfo = Some(LinkInfo::bridge_port(context, attr)?);
            }
            (Self::IFLA_PROTINFO, AF_INET6) => self.inet6(context, attr)?,
            (Self::IFLA_AF_SPEC, AF_BRIDGE) => Attributes::<AfBridge>::nest(self, context, attr)?,
            (Self::IFLA_AF_SPEC, _) => self.af_spec(context, attr)?,
            (Self::IFLA_VFINFO_LIST, _) => {
                self.vfinfo_list = Some(VfInfo::list(context, attr, arphrd)?);
            }
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    }

    /// Sets the fields that depend on several attributes or on the fixed header.
    fn complete(&mut self, arphrd: u16, flags: u32) {
        self.ifname_hex = self.ifname.as_ref().and_then(IfName::hex);
        self.ifalias_hex = self.ifalias.as_ref().and_then(Text::hex);
        if let Some(names) = &self.altnames
            && names.iter().any(|name| name.hex().is_some())
        {
            self.altnames_hex = Some(names.iter().map(|name| Hex(name.0.clone())).collect());
        }
        // In messages of family bridge a bridge is its own master (br_fill_ifinfo).
        if self.master_index == Some(self.ifindex) {
            self.master_index = None;
        }
        let addresses = [&mut self.address, &mut self.broadcast, &mut self.permaddr];
        for address in addresses.into_iter().flatten() {
            *address = address.on(arphrd);
        }
        if self.permaddr == self.address {
            self.permaddr = None;
        }
        let has_peer = flags & libc::IFF_POINTOPOINT as u32 != 0 && self.broadcast.is_some();
        self.link_pointtopoint = has_peer.then_some(true);
    }

    /// Calls `name` with the lower device. An index in another namespace cannot be resolved here.
    pub(super) fn name_lower_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        let here = self.link_index.filter(|_| self.link_netnsid.is_none());
        some(name, here, &mut self.link);
    }

    /// Adds the VLAN of an `IFLA_BRIDGE_VLAN_INFO`.
    pub(super) fn vlan(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        Vlan::add(self.vlans.get_or_insert_default(), attr)
    }

    /// Adds the VLAN of an `IFLA_BRIDGE_VLAN_TUNNEL_INFO`.
    pub(super) fn vlan_tunnel(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let tunnels = self.vlan_tunnels.get_or_insert_default();
        VlanTunnel::add(tunnels, &VlanTunnelInfo::from_attr(context, attr)?)
    }

    /// Decodes an `IFLA_BRIDGE_CFM`: several attributes describe one end point.
    pub(super) fn cfm(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        context.nested(attr, |context, attr| {
            if declares(Cfm::ATTRS, attr.kind) {
                Cfm::attribute_of(self.cfm.get_or_insert_default(), context, &attr)
            } else if declares(CfmStatus::ATTRS, attr.kind) {
                CfmStatus::attribute_of(self.cfm_status.get_or_insert_default(), context, &attr)
            } else {
                Err(AttrError::Unknown)
            }
        })
    }
}

/// `IFLA_PROTO_DOWN_REASON_VALUE`: a bit for each reason.
pub(super) fn proto_down_reasons(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Vec<Symbol>, AttrError> {
    let bits = attr.u32()?;
    let set = (0..u32::BITS).filter(|bit| bits >> bit & 1 == 1);
    let names = &context.names.protodown_reasons;
    Ok(set.map(|bit| names.symbol(bit)).collect())
}
