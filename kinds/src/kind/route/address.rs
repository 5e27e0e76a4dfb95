//! `kind:"address"`: an address of a device (`RTM_NEWADDR`, `RTM_DELADDR`).

use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, Trigger, Triggers};
use crate::kind::wire::{family, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELADDR, RTM_NEWADDR};
use crate::value::{Flags, Hex, IfName, Symbol};

/// An address of a device (`struct ifaddrmsg`, linux/if_addr.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    // The meaning of each of the first two depends on the presence of the other.
    by_caller(IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_FLAGS = 8),
    custom(IFA_LABEL = 3 => Self::label, IFA_CACHEINFO = 6 => Self::times),
)]
#[state(
    key(ifindex, family, local, prefixlen, instance),
    device(ifindex, dev),
    copy_volatile = Self::copy_times,
    prefix(local, prefixlen),
    prefix(address, prefixlen),
)]
pub struct Address {
    /// The device's index.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Address family: `inet`, `inet6`.
    pub family: Symbol,
    /// The address.
    pub local: Option<IpAddr>,
    /// The other end of a point-to-point link (`peer` on `ip`'s command line).
    pub address: Option<IpAddr>,
    /// IPv4: the other end's address again, which distinguishes addresses with equal `local` and
    /// `prefixlen`. An IPv6 address of a device exists once, whatever its other end.
    pub instance: Option<String>,
    /// Length of the prefix in bits.
    pub prefixlen: u8,
    /// IPv4 broadcast address.
    #[nla(IFA_BROADCAST = 4)]
    pub broadcast: Option<IpAddr>,
    /// IPv6 anycast address.
    #[nla(IFA_ANYCAST = 5)]
    pub anycast: Option<IpAddr>,
    /// IPv6 multicast address.
    #[nla(IFA_MULTICAST = 7)]
    pub multicast: Option<IpAddr>,
    /// `global`, `site`, `link`, `host` or a name from rt_scopes.
    pub scope: Symbol,
    /// `secondary` (IPv4) or `temporary` (IPv6), `nodad`, `optimistic`, `dadfailed`, `home`,
    /// `deprecated`, `tentative`, `mngtmpaddr`, `noprefixroute`, `autojoin`, `stable-privacy`;
    /// `dynamic` if it is not permanent.
    pub flags: Flags,
    /// IPv4 label.
    pub label: Option<IfName>,
    /// Bytes of the label, if they are not UTF-8.
    pub label_hex: Option<Hex>,
    /// Metric of the route to the prefix.
    #[nla(IFA_RT_PRIORITY = 9)]
    pub metric: Option<u32>,
    /// Origin of the address: `kernel_lo`, `kernel_ra`, `kernel_ll` or a number (`IFAPROT_*`).
    #[nla(IFA_PROTO = 11, names(u8, PROTOCOLS))]
    pub protocol: Option<Symbol>,
    /// Id of the network namespace of the peer.
    #[nla(IFA_TARGET_NETNSID = 10)]
    pub target_netnsid: Option<i32>,
    /// Seconds for which the address stays valid; 4294967295 is forever.
    pub valid_life_time: Option<u32>,
    /// Seconds for which the address stays preferred; 4294967295 is forever.
    pub preferred_life_time: Option<u32>,
    /// With `details`: creation time, in hundredths of a second after boot.
    #[state(volatile)]
    pub created: Option<u32>,
    /// With `details`: time of the last update, in hundredths of a second after boot.
    #[state(volatile)]
    pub updated: Option<u32>,
}

impl KindSpec for Address {
    const MESSAGES: &'static [u16] = &[RTM_NEWADDR, RTM_DELADDR];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::addresses()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<8>()?;
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
                Self::IFA_ADDRESS => address = Some(attr.ip()?),
                Self::IFA_LOCAL => local = Some(attr.ip()?),
                Self::IFA_FLAGS => flags = u64::from(attr.u32()?),
                _ => it.attribute(context, &attr)?,
            }
            Ok(())
        });
        // IFA_ADDRESS is the address of the prefix: the other end's, or else the own (if_addr.h).
        it.local = local.or(address);
        it.address = address.filter(|_| address != it.local);
        // find_matching_ifa compares both ends; ipv6_get_ifaddr the own one only, and
        // inet6_addr_modify changes the other one in place.
        let peer = it.address.filter(IpAddr::is_ipv4);
        it.instance = peer.map(|peer| peer.to_string());
        it.flags = address_flags(header[0], flags);
        emit.object(context, it)
    }

    fn triggers(&self, op: Op, old: Option<&Self>) -> Triggers {
        match (op, old) {
            (Op::Delete, _) => Triggers::of(&[Trigger::OldAddress]),
            // The groups of an IPv6 address are joined while it is tentative. One without duplicate address
            // detection is never tentative: a dump may have it before they are joined, and the event comes
            // after that (addrconf_dad_begin).
            (_, Some(old)) if old.flags == self.flags && !self.flags.has("nodad") => Triggers::NONE,
            _ => Triggers::of(&[Trigger::NewAddress]),
        }
    }
}

impl Address {
    fn label(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let label = IfName::new(attr.bytes_z()).ok_or(AttrError::Length)?;
        self.label_hex = label.hex();
        self.label = Some(label);
        Ok(())
    }

    /// Reads a `struct ifa_cacheinfo`.
    fn times(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let [preferred, valid, created, updated] = context.u32_array(attr)?;
        self.valid_life_time = Some(valid);
        self.preferred_life_time = Some(preferred);
        if context.details {
            self.created = Some(created);
            self.updated = Some(updated);
        }
        Ok(())
    }

    fn copy_times(&mut self, old: &Self) {
        for (now, before) in [
            (&mut self.valid_life_time, old.valid_life_time),
            (&mut self.preferred_life_time, old.preferred_life_time),
        ] {
            // Time alone makes a finite lifetime neither zero nor infinite.
            let runs = |time: Option<u32>| time.is_some_and(|left| left != 0 && left != u32::MAX);
            if runs(*now) && runs(before) {
                *now = before;
            }
        }
    }
}

/// `IFAPROT_*` (linux/if_addr.h)
pub(in crate::kind) const PROTOCOLS: &[(u32, &str)] =
    &[(1, "kernel_lo"), (2, "kernel_ra"), (3, "kernel_ll")];

/// `IFA_F_PERMANENT`
const PERMANENT: u64 = 0x80;
/// Not a flag of the kernel: `ip` shows an address that is not permanent as `dynamic`.
const DYNAMIC: u64 = 1 << 32;

/// Declares the flags' names (`IFA_F_*`), of which the first depends on the family.
macro_rules! flag_names {
    ($name:ident, $first:literal) => {
        pub const $name: &[(u64, &str)] = &[
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

fn address_flags(family: u8, flags: u64) -> Flags {
    let names = match i32::from(family) {
        libc::AF_INET6 => INET6_FLAGS,
        _ => INET_FLAGS,
    };
    let dynamic = if flags & PERMANENT == 0 { DYNAMIC } else { 0 };
    Flags::new(flags & !PERMANENT | dynamic, names)
}
