//! `kind:"fdb"`: the forwarding entries of bridges, VXLAN devices and device filters (`RTM_NEWNEIGH`,
//! `RTM_DELNEIGH` and `RTM_GETNEIGH` of family bridge).

use std::hash::{Hash as _, Hasher};
use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::neigh::{CacheInfo, FLAGS, flag_bits};
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::fields::Keyed;
use crate::kind::object::some;
use crate::kind::spec::{Device, Emit, KindSpec, MessageAction, Propagation, Trigger, Triggers};
use crate::kind::wire::{u16_at, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH};
use crate::value::{FlagNames, Flags, IfName, LlAddr, Symbol};

/// A forwarding entry (`struct ndmsg`, linux/neighbour.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(NDA_FDB_EXT_ATTRS = 14),
    custom(
        NDA_PROBES = 4 => Self::probes,
        NDA_FLAGS_EXT = 15 => Self::extended_flags,
        NDA_FDB_EXT_ATTRS / NFEA_ACTIVITY_NOTIFY = 1 => Self::activity,
    ),
)]
#[state(
    device(ifindex, dev),
    names_device(master_index, master),
    names_devices = Self::name_via,
)]
pub struct Fdb {
    /// MAC address.
    #[nla(NDA_LLADDR = 2)]
    pub mac: Option<LlAddr>,
    /// Index of the device that frames for the address are sent to.
    pub ifindex: u32,
    /// Name of that device.
    pub dev: Option<IfName>,
    /// Name of the bridge that the entry belongs to; absent for an entry of the device itself.
    pub master: Option<IfName>,
    /// Index of that bridge.
    #[nla(NDA_MASTER = 9)]
    pub master_index: Option<u32>,
    /// VLAN id.
    #[nla(NDA_VLAN = 5)]
    pub vlan: Option<u16>,
    /// VXLAN: address of the remote tunnel end.
    #[nla(NDA_DST = 1)]
    pub dst: Option<IpAddr>,
    /// VXLAN: UDP port of the remote tunnel end.
    #[nla(NDA_PORT = 6, wire = be16)]
    pub port: Option<u16>,
    /// VXLAN: network identifier sent to the remote tunnel end.
    #[nla(NDA_VNI = 7)]
    pub vni: Option<u32>,
    /// VXLAN: network identifier of the entry.
    #[nla(NDA_SRC_VNI = 11)]
    pub src_vni: Option<u32>,
    /// VXLAN, all-zeros or multicast `mac`: the remote tunnel end, which distinguishes the entries of
    /// such an address. Any other address has one entry, which changes its remote tunnel end.
    pub instance: Option<String>,
    /// VXLAN: name of the device through which the remote tunnel end is reached.
    pub via: Option<IfName>,
    /// VXLAN: index of that device.
    #[nla(NDA_IFINDEX = 8)]
    pub via_index: Option<u32>,
    /// Id of the nexthop or nexthop group with the remote tunnel ends.
    #[nla(NDA_NH_ID = 13)]
    pub nhid: Option<u32>,
    /// VXLAN: network namespace of the device `via_index`.
    #[nla(NDA_LINK_NETNSID = 10)]
    pub link_netnsid: Option<i32>,
    /// `permanent` (own address), `static`, `reachable` (learned), `stale`, else flags in
    /// hexadecimal.
    pub state: Symbol,
    /// `self`, `master`, `router`, `extern_learn`, `offload`, `sticky`, `locked`, `use`, `managed`.
    pub flags: Flags,
    /// Origin of the entry: a name from rt_protos, else its number.
    #[nla(NDA_PROTOCOL = 12, names(u8, table = protocols))]
    pub protocol: Option<Symbol>,
    /// Notification of activity is on (`FDB_NOTIFY_BIT` of `NFEA_ACTIVITY_NOTIFY`).
    pub activity_notify: Option<bool>,
    /// The entry is inactive (`FDB_NOTIFY_INACTIVE_BIT`).
    pub inactive: Option<bool>,
    /// With `details`: ages of the entry.
    #[nla(NDA_CACHEINFO = 3, details, volatile, with = CacheInfo::decode)]
    pub cacheinfo: Option<CacheInfo>,
}

impl Keyed for Fdb {
    const KEY: &'static [&'static str] = &[
        "master_index",
        "master_index//ifindex",
        "mac",
        "vlan",
        "src_vni",
        "instance",
    ];

    fn hash_key(&self, hasher: &mut impl Hasher) {
        // A bridge has one entry per address, whatever its port.
        let place = self.master_index.unwrap_or(self.ifindex);
        (self.master_index, place, self.mac, self.vlan).hash(hasher);
        (self.src_vni, &self.instance).hash(hasher);
    }
}

impl KindSpec for Fdb {
    const MESSAGES: &'static [u16] = &[RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH];
    const FAMILIES: &'static [u8] = &[libc::AF_BRIDGE as u8];
    const STALE_AFTER: &'static [Trigger] = &[
        Trigger::Device,
        Trigger::NewDevice,
        Trigger::Master,
        Trigger::NewAddress,
        Trigger::OldAddress,
        Trigger::Forwarding,
        Trigger::ActivePort,
    ];
    const VERIFIED_AFTER: &'static [Trigger] = &[Trigger::NexthopEntry];
    const PRECEDES_DEVICE: bool = true;
    const PROPAGATED: Propagation = Propagation::Down;
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::fdb()]
    }

    fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
        vec![Request::fdb_of_device(device.ifindex)]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<12>()?;
        let mut fdb = Fdb {
            ifindex: u32_at(header, 4),
            state: state(u16_at(header, 8)),
            flags: Flags::new(u64::from(header[10]), FLAGS),
            ..Default::default()
        };
        fdb.attributes(context, attributes);
        fdb.instance = fdb.remote_of_group();
        let action = match message.kind {
            // A request for an unknown address (vxlan_fdb_miss), which does not contain the state.
            RTM_GETNEIGH => MessageAction::Notify,
            _ => emit.action(),
        };
        emit.object_as(context, action, fdb)
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        match op == Op::Delete && self.nhid.is_some() {
            true => Triggers::of(&[Trigger::NexthopEntry]),
            false => Triggers::NONE,
        }
    }
}

impl Fdb {
    /// The remote tunnel end of an entry that may be one of several with its MAC address:
    /// `vxlan_fdb_append` adds a remote to the entry of an all-zeros or multicast address, and
    /// `vxlan_fdb_replace` replaces that of any other address. `None` for an entry without one.
    fn remote_of_group(&self) -> Option<String> {
        let mac = self.mac?;
        let mac = mac.as_bytes();
        let is_group = mac.first().is_some_and(|byte| byte & 1 != 0);
        let (true, Some(dst)) = (is_group || mac.iter().all(|byte| *byte == 0), self.dst) else {
            return None;
        };
        let further = [
            ("port", self.port.map(u32::from)),
            ("vni", self.vni),
            ("via", self.via_index),
        ];
        let further = further
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        Some(further.fold(dst.to_string(), |text, (name, value)| {
            format!("{text} {name} {value}")
        }))
    }

    /// Returns true if the message says no more than that an address was added to a device, or
    /// deleted from it. Kernels before 6.13 send it (`rtnl_fdb_notify`) for every such request: on
    /// most devices it is the only message about an entry of the device's filter, but a vxlan device
    /// or a bridge has announced the entry itself, in full.
    pub fn is_bare(&self) -> bool {
        let Fdb { dst, nhid, .. } = self;
        self.master_index.is_none() && dst.is_none() && nhid.is_none() && self.flags.has("self")
    }

    /// Accepts only zero: the kernel never counts probes of a forwarding entry.
    fn probes(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        match attr.u32()? {
            0 => Ok(()),
            _ => Err(AttrError::Unknown),
        }
    }

    /// Reads the flags beyond the 8 bits of the header.
    fn extended_flags(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.flags.bits = flag_bits(self.flags.bits as u8, attr.u32()?);
        Ok(())
    }

    /// Reads the two bits of `NFEA_ACTIVITY_NOTIFY`.
    fn activity(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const FDB_NOTIFY_BIT: u8 = 1;
        const FDB_NOTIFY_INACTIVE_BIT: u8 = 2;
        let bits = attr.u8()?;
        self.activity_notify = Some(bits & FDB_NOTIFY_BIT != 0);
        self.inactive = Some(bits & FDB_NOTIFY_INACTIVE_BIT != 0);
        Ok(())
    }

    /// Names the device to the remote tunnel end, unless its index is that of another namespace.
    fn name_via(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        let index = self.via_index.filter(|_| self.link_netnsid.is_none());
        some(name, index, &mut self.via);
    }
}

/// `NUD_*`
pub(in crate::kind) const STATES: &FlagNames = &[
    (0x80, "permanent"),
    (0x40, "static"),
    (0x04, "stale"),
    (0x02, "reachable"),
];

/// Returns the state (`NUD_*`) by the names of `bridge fdb`: the first bit that is set counts.
fn state(state: u16) -> Symbol {
    let state = u64::from(state);
    match STATES.iter().find(|(bit, _)| state & bit != 0) {
        Some((_, name)) => Symbol::Known(name),
        None => Symbol::Named(format!("{state:#x}").into()),
    }
}
