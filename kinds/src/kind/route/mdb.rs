//! `kind:"mdb"`: the ports of a bridge, or the remotes of a VXLAN device, that receive a multicast
//! group (`RTM_NEWMDB`, `RTM_DELMDB`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, Trigger};
use crate::kind::wire::{seconds, u16_at, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELMDB, RTM_GETMDB, RTM_NEWMDB};
use crate::value::{FlagNames, Flags, IfName, LlAddr, Symbol};

/// A multicast entry, or a port with multicast routers (`struct br_port_msg`, linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[state(
    key(ifindex, port_index, grp, src, vid, src_vni, dst, dst_port, vni, via_index),
    device(ifindex, dev),
    names_device(port_index, port),
    names_device(via_index, via),
    copy_volatile = Self::copy_source_timers,
    prefix(grp),
    prefix(src),
)]
pub struct Mdb {
    /// Index of the bridge or VXLAN device.
    pub ifindex: u32,
    /// Name of the bridge or VXLAN device.
    pub dev: Option<IfName>,
    /// Index of the port; the index of the bridge if the bridge itself receives the group.
    pub port_index: Option<u32>,
    /// Name of the port.
    pub port: Option<IfName>,
    /// Multicast group: an IP address, or a MAC address; absent if `router` is present.
    pub grp: Option<String>,
    /// Source address that the entry is limited to.
    #[nla(MDBA_MDB_EATTR_SOURCE = 4)]
    pub src: Option<IpAddr>,
    /// VLAN id.
    pub vid: Option<u16>,
    /// How the port became a port with multicast routers: `permanent`, `temp`, `temp_query`,
    /// `disabled`.
    pub router: Option<Symbol>,
    /// `permanent`, `temp`.
    pub state: Option<Symbol>,
    /// `offload`, `fast_leave`, `added_by_star_ex`, `blocked`, `offload_failed`.
    pub flags: Option<Flags>,
    /// Mode of `source_list`: `include`, `exclude`.
    #[nla(MDBA_MDB_EATTR_GROUP_MODE = 3, names(u8, &[(0, "exclude"), (1, "include")]))]
    pub filter_mode: Option<Symbol>,
    /// Source addresses.
    #[nla(MDBA_MDB_EATTR_SRC_LIST = 2)]
    pub source_list: Option<Vec<MdbSource>>,
    /// Origin of the entry: a name from rt_protos, else its number.
    #[nla(MDBA_MDB_EATTR_RTPROT = 5, names(u8, table = protocols))]
    pub protocol: Option<Symbol>,
    /// VXLAN: address of the remote tunnel end.
    #[nla(MDBA_MDB_EATTR_DST = 6)]
    pub dst: Option<IpAddr>,
    /// VXLAN: UDP port of the remote tunnel end.
    #[nla(MDBA_MDB_EATTR_DST_PORT = 7)]
    pub dst_port: Option<u16>,
    /// VXLAN: network identifier sent to the remote tunnel end.
    #[nla(MDBA_MDB_EATTR_VNI = 8)]
    pub vni: Option<u32>,
    /// VXLAN: network identifier of the entry.
    #[nla(MDBA_MDB_EATTR_SRC_VNI = 10)]
    pub src_vni: Option<u32>,
    /// VXLAN: index of the device through which the remote tunnel end is reached.
    #[nla(MDBA_MDB_EATTR_IFINDEX = 9)]
    pub via_index: Option<u32>,
    /// VXLAN: name of the device through which the remote tunnel end is reached.
    pub via: Option<IfName>,
    /// With `details`: seconds until the entry expires.
    #[nla(MDBA_MDB_EATTR_TIMER = 1, details, volatile, map(u32, seconds))]
    pub timer: Option<f64>,
}

/// `MDB_TEMPORARY`, `MDB_PERMANENT`
pub(in crate::kind) const STATES: &[(u32, &str)] = &[(0, "temp"), (1, "permanent")];

/// A source of a group.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct MdbSource {
    /// Address of the source.
    #[nla(MDBA_MDB_SRCATTR_ADDRESS = 1)]
    pub address: IpAddr,
    /// With `details`: seconds until the source expires.
    #[nla(MDBA_MDB_SRCATTR_TIMER = 2, details, map(u32, seconds))]
    pub timer: Option<f64>,
}

impl Default for MdbSource {
    fn default() -> Self {
        MdbSource {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            timer: None,
        }
    }
}

/// The attributes of a port with multicast routers.
#[derive(Attributes)]
// The larger one of these two is MDBA_ROUTER_PATTR_TIMER (br_rports_fill_info).
#[nla(skip(MDBA_ROUTER_PATTR_INET_TIMER = 3, MDBA_ROUTER_PATTR_INET6_TIMER = 4))]
pub(super) struct RouterPort {
    #[nla(MDBA_ROUTER_PATTR_TIMER = 1, details, map(u32, seconds))]
    timer: Option<f64>,
    #[nla(MDBA_ROUTER_PATTR_TYPE = 2, names(u8, ROUTER_TYPES))]
    pub(super) router: Symbol,
    #[nla(MDBA_ROUTER_PATTR_VID = 5)]
    vid: Option<u16>,
}

impl RouterPort {
    /// Reads a `MDBA_ROUTER_PORT`: the index of a port, and the attributes that follow it.
    pub(super) fn read(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(u32, Self), AttrError> {
        let (index, attributes) = attr
            .value
            .split_first_chunk::<4>()
            .ok_or(AttrError::Length)?;
        let mut port = RouterPort {
            timer: None,
            // Linux before 4.5 does not send the type.
            router: Symbol::Known("temp"),
            vid: None,
        };
        context.within(attr.kind, |context| port.attributes(context, attributes))?;
        Ok((u32::from_ne_bytes(*index), port))
    }
}

/// `MDB_RTR_TYPE_*`
const ROUTER_TYPES: &[(u32, &str)] = &[
    (0, "disabled"),
    (1, "temp_query"),
    (2, "permanent"),
    (3, "temp"),
];

/// `MDB_FLAGS_*`
const FLAGS: &FlagNames = &[
    (0x01, "offload"),
    (0x02, "fast_leave"),
    (0x04, "added_by_star_ex"),
    (0x08, "blocked"),
    (0x10, "offload_failed"),
];

const MDBA_MDB: u16 = 1;
const MDBA_MDB_ENTRY: u16 = 1;
const MDBA_MDB_ENTRY_INFO: u16 = 1;
const MDBA_ROUTER: u16 = 2;
const MDBA_ROUTER_PORT: u16 = 1;

impl KindSpec for Mdb {
    const MESSAGES: &'static [u16] = &[RTM_NEWMDB, RTM_DELMDB, RTM_GETMDB];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Master, Trigger::Bridge];
    // By hand: one message contains many objects, and a structure precedes the attributes of each.
    const ATTRS: &'static [AttrDecl] = &[
        AttrDecl::new("MDBA_MDB", MDBA_MDB, || {
            const { &[AttrDecl::new("MDBA_MDB_ENTRY", MDBA_MDB_ENTRY, || ENTRY)] }
        }),
        AttrDecl::new("MDBA_ROUTER", MDBA_ROUTER, || ROUTER),
    ];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::mdb()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<8>()?;
        let ifindex = u32_at(header, 4);
        context.each(attributes, |context, attr| match attr.kind {
            MDBA_MDB => context.nested(&attr, |context, attr| match attr.kind {
                MDBA_MDB_ENTRY => context.nested(&attr, |context, attr| match attr.kind {
                    MDBA_MDB_ENTRY_INFO => {
                        let mdb = Mdb::entry(context, ifindex, &attr)?;
                        emit.object(context, mdb);
                        Ok(())
                    }
                    _ => Err(AttrError::Unknown),
                }),
                _ => Err(AttrError::Unknown),
            }),
            MDBA_ROUTER => context.nested(&attr, |context, attr| match attr.kind {
                MDBA_ROUTER_PORT => {
                    let mdb = Mdb::router(context, ifindex, &attr)?;
                    emit.object(context, mdb);
                    Ok(())
                }
                _ => Err(AttrError::Unknown),
            }),
            _ => Err(AttrError::Unknown),
        });
        Some(())
    }
}

const ENTRY: &[AttrDecl] = &[AttrDecl::new(
    "MDBA_MDB_ENTRY_INFO",
    MDBA_MDB_ENTRY_INFO,
    || <Mdb as Attributes>::ATTRS,
)];
const ROUTER: &[AttrDecl] = &[AttrDecl::new("MDBA_ROUTER_PORT", MDBA_ROUTER_PORT, || {
    RouterPort::ATTRS
})];

impl Mdb {
    /// Reads a `struct br_mdb_entry`: ifindex (u32), state (u8), flags (u8), VLAN (u16), address
    /// (16 bytes), protocol (be16), padding; and the attributes that follow it.
    fn entry(
        context: &mut DecodeContext<'_>,
        ifindex: u32,
        attr: &Attr<'_>,
    ) -> Result<Self, AttrError> {
        let (entry, attributes) = attr
            .value
            .split_first_chunk::<28>()
            .ok_or(AttrError::Length)?;
        let vid = u16_at(entry, 6);
        let mut mdb = Mdb {
            ifindex,
            // For an entry of a VXLAN device the port is the device itself.
            port_index: Some(u32_at(entry, 0)),
            grp: Some(group(entry)),
            vid: (vid != 0).then_some(vid),
            state: Some(Symbol::of(u32::from(entry[4]), STATES)),
            flags: Some(Flags::new(u64::from(entry[5]), FLAGS)),
            ..Default::default()
        };
        context.within(attr.kind, |context| mdb.attributes(context, attributes))?;
        Ok(mdb)
    }

    /// Reads the index of a port and the attributes that follow it.
    fn router(
        context: &mut DecodeContext<'_>,
        ifindex: u32,
        attr: &Attr<'_>,
    ) -> Result<Self, AttrError> {
        let (port_index, port) = RouterPort::read(context, attr)?;
        Ok(Mdb {
            ifindex,
            port_index: Some(port_index),
            vid: port.vid,
            router: Some(port.router),
            timer: port.timer,
            ..Default::default()
        })
    }

    /// Copies the timers of those sources that are in both lists.
    fn copy_source_timers(&mut self, old: &Self) {
        for source in self.source_list.iter_mut().flatten() {
            let mut others = old.source_list.iter().flatten();
            if let Some(other) = others.find(|other| other.address == source.address) {
                source.timer = other.timer;
            }
        }
    }
}

/// Returns the group of a `struct br_mdb_entry` by its protocol: IPv4, IPv6, else a MAC address.
fn group(entry: &[u8; 28]) -> String {
    let mut address = [0; 16];
    address.copy_from_slice(&entry[8..24]);
    let [a, b, c, d, e, f, ..] = address;
    match u16::from_be_bytes([entry[24], entry[25]]) {
        0x0800 => Ipv4Addr::new(a, b, c, d).to_string(),
        0x86dd => Ipv6Addr::from(address).to_string(),
        _ => LlAddr::new(&[a, b, c, d, e, f]).map_or(String::new(), |mac| mac.to_string()),
    }
}
