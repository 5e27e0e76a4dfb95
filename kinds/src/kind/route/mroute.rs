//! `kind:"mroute"`: multicast routes (`RTM_NEWROUTE` and `RTM_DELROUTE` of the families
//! `RTNL_FAMILY_IPMR` and `RTNL_FAMILY_IP6MR`).

use std::net::IpAddr;

use nlstream_derive::{Attributes, Object, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::route::FLAGS;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{KindSpec, Trigger};
use crate::kind::wire::{family, seconds, u32_at};
use crate::netlink::attr::{Attr, AttrError, align};
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELROUTE, RTM_NEWROUTE};
use crate::value::{Flags, IfName, Symbol};

/// A multicast route.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(RTA_PAD = 24))]
#[state(
    key(family, table, src, dst),
    names_device(iif_index, iif),
    prefix(src),
    prefix(dst)
)]
pub struct Mroute {
    /// Address family: `ipmr` (IPv4), `ip6mr` (IPv6).
    pub family: Symbol,
    /// Routing table: a name from rt_tables, else its number.
    #[nla(RTA_TABLE = 15, names(u32, table = tables))]
    pub table: Symbol,
    // The kernel sends no source, or zeros, if any source matches.
    /// Source address; absent if any source matches.
    #[nla(RTA_SRC = 2, nonzero)]
    pub src: Option<IpAddr>,
    /// Multicast group.
    #[nla(RTA_DST = 1)]
    pub dst: Option<IpAddr>,
    /// Index of the incoming device.
    #[nla(RTA_IIF = 3)]
    pub iif_index: Option<u32>,
    /// Name of the incoming device.
    pub iif: Option<IfName>,
    /// `resolved`, or `unresolved` while the route waits for the multicast routing daemon.
    pub state: Symbol,
    /// Origin of the route: a name from rt_protos, else its number.
    pub protocol: Symbol,
    /// Outgoing devices.
    #[nla(RTA_MULTIPATH = 9, with = Oif::list)]
    #[state(names_devices, properties)]
    pub multipath: Option<Vec<Oif>>,
    /// Flags of a route: `offload`.
    pub flags: Flags,
    /// With `details`: counters.
    #[nla(RTA_MFC_STATS = 17, details, volatile, with = MrouteStats::decode)]
    pub stats: Option<MrouteStats>,
    /// With `details`: seconds since the route was last used.
    #[nla(RTA_EXPIRES = 23, details, volatile, map(u64, seconds))]
    pub lastuse: Option<f64>,
}

/// Whether the multicast routing daemon has answered.
pub(in crate::kind) const STATES: &[&str] = &["resolved", "unresolved"];

/// An outgoing device of a multicast route.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, Object)]
#[state(names_device(oif_index, oif))]
pub struct Oif {
    /// Name of the device.
    pub oif: Option<IfName>,
    /// Index of the device.
    pub oif_index: u32,
    /// Minimum time to live of a forwarded packet.
    pub ttl: u8,
}

/// Counters of a multicast route (`struct rta_mfc_stats`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MrouteStats {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// Packets that arrived on the wrong device.
    pub wrong_if: u64,
}

/// `RTNH_F_UNRESOLVED`
const UNRESOLVED: u32 = 0x20;

impl KindSpec for Mroute {
    const MESSAGES: &'static [u16] = &[RTM_NEWROUTE, RTM_DELROUTE];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::OldDevice, Trigger::MulticastInterface];
    // RTNL_FAMILY_IPMR, RTNL_FAMILY_IP6MR
    const FAMILIES: &'static [u8] = &[128, 129];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        Self::FAMILIES
            .iter()
            .map(|family| Request::mroutes(i32::from(*family)))
            .collect()
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = body.split_first_chunk::<12>()?;
        let flags = u32_at(header, 8);
        let mut mroute = Mroute {
            family: family(header[0]),
            table: context.names.tables.symbol(u32::from(header[4])),
            state: Symbol::Known(STATES[usize::from(flags & UNRESOLVED != 0)]),
            protocol: context.names.protocols.symbol(u32::from(header[5])),
            flags: Flags::new(u64::from(flags & !UNRESOLVED), FLAGS),
            ..Default::default()
        };
        mroute.attributes(context, attributes);
        Some(mroute)
    }
}

impl MrouteStats {
    /// Reads a `struct rta_mfc_stats`.
    fn decode(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [packets, bytes, wrong_if] = context.counters(attr, 3)?;
        context.record_excess(attr, 24);
        Ok(MrouteStats {
            packets,
            bytes,
            wrong_if,
        })
    }
}

impl Oif {
    /// Reads consecutive `struct rtnexthop`, of which `rtnh_hops` is the time to live
    /// (mr_fill_mroute, net/ipv4/ipmr_base.c).
    fn list(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<Self>, AttrError> {
        let mut rest = attr.value;
        let mut hops = Vec::new();
        while let Some(header) = rest.first_chunk::<8>() {
            let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
            if length < header.len() || length > rest.len() {
                break;
            }
            hops.push(Oif {
                oif: None,
                oif_index: u32_at(header, 4),
                ttl: header[3],
            });
            rest = rest.get(align(length)..).unwrap_or(&[]);
        }
        if !rest.is_empty() {
            context.record_unparsed(Some(attr.kind), AttrError::Malformed, rest);
        }
        Ok(hops)
    }
}
