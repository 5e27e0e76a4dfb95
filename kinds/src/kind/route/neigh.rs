//! `kind:"neigh"`: neighbours: the link-layer addresses of the addresses on a device
//! (`RTM_NEWNEIGH`, `RTM_DELNEIGH`, `RTM_GETNEIGH`).

use std::net::IpAddr;
use std::rc::Rc;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Device, Emit, KindSpec, MessageAction, Trigger};
use crate::kind::wire::{family, u16_at, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH};
use crate::value::{FlagNames, Flags, IfName, LlAddr, Symbol};

/// A neighbour (`struct ndmsg`, linux/neighbour.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(custom(NDA_FLAGS_EXT = 15 => Self::extended_flags))]
#[state(key(family, ifindex, dst, proxy), device(ifindex, dev), prefix(dst))]
pub struct Neigh {
    /// Address family: `inet` (ARP), `inet6` (NDP).
    pub family: Symbol,
    /// The neighbour's address.
    #[nla(NDA_DST = 1)]
    pub dst: Option<IpAddr>,
    /// The device's index; 0 for a proxy entry of every device.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Link-layer address, if resolved.
    #[nla(NDA_LLADDR = 2)]
    pub lladdr: Option<LlAddr>,
    /// `INCOMPLETE`, `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `NOARP`, `PERMANENT`.
    pub state: Flags,
    /// `router`, `proxy`, `extern_learn`, `offload`, `managed`, `use`, `sticky`, `locked`,
    /// `extern_valid`.
    pub flags: Flags,
    /// True for a proxy entry: this host answers for that address.
    pub proxy: Option<bool>,
    /// Origin of the entry: a name from rt_protos.
    #[nla(NDA_PROTOCOL = 12, names(u8, table = protocols))]
    pub protocol: Option<Symbol>,
    /// VXLAN, in a request to resolve an address (`RTM_GETNEIGH`): the network identifier; 16777216 if
    /// it is that of the device.
    #[nla(NDA_VNI = 7)]
    pub vni: Option<u32>,
    /// With `details`: probes sent since the last answer.
    #[nla(NDA_PROBES = 4, details, volatile)]
    pub probes: Option<u32>,
    /// With `details`: ages of the entry.
    #[nla(NDA_CACHEINFO = 3, details, volatile, with = CacheInfo::decode)]
    pub cacheinfo: Option<CacheInfo>,
}

/// Ages of an entry (`struct nda_cacheinfo`), in hundredths of a second.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NeighCacheInfo")]
pub struct CacheInfo {
    /// Time since the last confirmation.
    pub confirmed: u32,
    /// Time since the last use.
    pub used: u32,
    /// Time since the last update.
    pub updated: u32,
    /// Number of references.
    pub refcnt: u32,
}

impl KindSpec for Neigh {
    const MESSAGES: &'static [u16] = &[RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH];
    const STALE_AFTER: &'static [Trigger] =
        &[Trigger::Device, Trigger::Master, Trigger::NewAddress];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::neighs(), Request::proxy_neighs()]
    }

    fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
        Request::neighs_of_device(device.ifindex).into()
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<12>()?;
        let mut shared = Rc::new(Neigh {
            family: family(header[0]),
            ifindex: u32_at(header, 4),
            state: Flags::new(u64::from(u16_at(header, 8)), STATES),
            flags: Flags::new(u64::from(header[10]), FLAGS),
            proxy: (header[10] & NTF_PROXY != 0).then_some(true),
            ..Default::default()
        });
        Rc::get_mut(&mut shared)?.attributes(context, attributes);
        let action = match message.kind {
            // A request, which does not contain the state.
            RTM_GETNEIGH => MessageAction::Notify,
            _ => emit.action(),
        };
        emit.object_as(context, action, shared)
    }
}

impl Neigh {
    /// The flags beyond the 8 bits of the header.
    fn extended_flags(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.flags.bits = flag_bits(self.flags.bits as u8, attr.u32()?);
        Ok(())
    }
}

impl CacheInfo {
    /// Reads a `struct nda_cacheinfo`.
    pub fn decode(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [confirmed, used, updated, refcnt] = context.u32_array(attr)?;
        Ok(CacheInfo {
            confirmed,
            used,
            updated,
            refcnt,
        })
    }
}

/// Returns the flags of the header and the extended ones as one number.
pub fn flag_bits(flags: u8, extended: u32) -> u64 {
    u64::from(flags) | u64::from(extended) << 8
}

const NTF_PROXY: u8 = 0x08;

/// `NTF_*`; the extended ones (`NDA_FLAGS_EXT`) from bit 8 on.
pub const FLAGS: &FlagNames = &[
    (0x02, "self"),
    (0x04, "master"),
    (0x80, "router"),
    (0x08, "proxy"),
    (0x10, "extern_learn"),
    (0x20, "offload"),
    (0x100, "managed"),
    (0x01, "use"),
    (0x40, "sticky"),
    (0x200, "locked"),
    (0x400, "extern_valid"),
];

/// `NUD_*`
pub(in crate::kind) const STATES: &FlagNames = &[
    (0x01, "INCOMPLETE"),
    (0x02, "REACHABLE"),
    (0x04, "STALE"),
    (0x08, "DELAY"),
    (0x10, "PROBE"),
    (0x20, "FAILED"),
    (0x40, "NOARP"),
    (0x80, "PERMANENT"),
];
