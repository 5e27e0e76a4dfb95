//! `kind:"route"`: a routing table entry (`RTM_NEWROUTE`, `RTM_DELROUTE`).

mod decode;
mod interner;
mod packed;

use std::fmt;
use std::hash::{Hash as _, Hasher};
use std::net::IpAddr;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use serde::Serialize;

use serde::ser::{SerializeStruct as _, Serializer};
use serde_with::skip_serializing_none;

use super::encap::Encap;
use crate::json::JsonSchema;
use crate::kind::fields::{Fields as _, Keyed, Mask, Present, fields, key};
use crate::kind::interned::Interned;
use crate::kind::object::{Object, some};
use crate::kind::property::{Place, Properties, Property, PropertyValue as _, Value};
use crate::value::{FlagNames, Flags, IfName, Prefix, Symbol, string_schema};
pub(in crate::kind) use decode::TYPES;
pub use interner::AttrsInterner;
pub use packed::{BodyWithoutDst, PackedPrefix, RTMSG};

/// A route (`struct rtmsg`, linux/rtnetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, JsonSchema)]
pub struct Route {
    /// Destination, always with a prefix length; `0.0.0.0/0` is the default route. MPLS: the label. Phonet:
    /// the device's address, hexadecimal.
    pub dst: Destination,
    /// All other attributes. Routes that differ only in their destination share one copy, like the
    /// kernel's `fib_info`; it is copied on write. This keeps a full table of a million routes
    /// small.
    #[schemars(flatten, with = "RouteAttrs")]
    pub common: SharedAttrs,
}

/// Interned attributes: see [`crate::kind::interned`].
pub type SharedAttrs = Rc<Interned<RouteAttrs>>;

/// Route attributes other than the destination; shared between routes.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
pub struct RouteAttrs {
    /// Address family: `inet`, `inet6`, `mpls`, `phonet`.
    pub family: Symbol,
    /// `unicast`, `local`, `broadcast`, `anycast`, `multicast`, `blackhole`, `unreachable`,
    /// `prohibit`, `throw`, `nat`.
    pub r#type: Symbol,
    /// Source prefix, if the route is limited to one.
    pub src: Option<Prefix>,
    /// Type of service: a name from rt_dsfield, or hexadecimal.
    pub tos: Option<Symbol>,
    /// Routing table: a name from rt_tables, or a number.
    pub table: Symbol,
    /// Origin of the route (`RTPROT_*`): a name from rt_protos, or a number.
    pub protocol: Symbol,
    /// Scope of the destination (`RT_SCOPE_*`): a name from rt_scopes, or a number.
    pub scope: Symbol,
    /// Priority: among routes to the same destination the one with the lowest metric is used.
    pub metric: Option<u32>,
    /// Number that distinguishes routes with otherwise equal keys: appended or prepended ones, those of
    /// several devices. Absent for the first that this run knew.
    pub instance: Option<String>,
    /// Gateway of the same address family as the route.
    pub gateway: Option<IpAddr>,
    /// Gateway of another address family.
    pub via: Option<Box<Via>>,
    /// Index of the output device.
    pub ifindex: Option<u32>,
    /// Name of the output device.
    pub dev: Option<IfName>,
    /// Index of the input device (cached and multicast routes).
    pub iif_index: Option<u32>,
    /// Name of the input device.
    pub iif: Option<IfName>,
    /// Preferred source address.
    pub prefsrc: Option<IpAddr>,
    /// Id of the nexthop object.
    pub nhid: Option<u32>,
    /// Next hops of a multipath route.
    pub nexthops: Option<Vec<NextHop>>,
    /// Encapsulation (lightweight tunnel). A nested object, where `ip` prints its fields at the top
    /// level of the route.
    pub encap: Option<Box<Encap>>,
    /// New destination (`as` in `ip route`): an address, or MPLS labels separated by `/`, outermost
    /// first.
    pub newdst: Option<Destination>,
    /// Routing realms.
    pub flow: Option<Box<Flow>>,
    /// Path metrics.
    pub metrics: Option<Box<Metrics>>,
    /// IPv6 router preference: `low`, `medium`, `high`.
    pub pref: Option<Symbol>,
    /// Seconds until the route expires; negative if it has expired.
    pub expires: Option<i64>,
    /// Error returned to senders, a positive errno (unreachable and cached routes).
    pub error: Option<u32>,
    /// In a deletion: why the kernel deleted the route: `expired`, `ra_withdrawn` (a router
    /// advertisement), else a number (`RT_DEL_REASON_*`).
    pub del_reason: Option<Symbol>,
    /// Firewall mark (replies to RTM_GETROUTE).
    pub mark: Option<u32>,
    /// User id (replies to RTM_GETROUTE).
    pub uid: Option<u32>,
    /// MPLS: true if the TTL is propagated between the IP and MPLS headers.
    pub ttl_propagate: Option<bool>,
    /// `dead`, `pervasive`, `onlink`, `offload`, `linkdown`, `unresolved`, `trap`, `notify`, `cloned`,
    /// `rt_offload`, `rt_trap`, `rt_offload_failed` …
    pub flags: Flags,
    /// With `details`: usage of the route (`struct rta_cacheinfo`).
    pub cacheinfo: Option<CacheInfo>,
}

/// A change of the flags of a next hop.
#[derive(Clone, Copy, Debug)]
pub struct LegFlags {
    set: u8,
    clear: u8,
}

impl LegFlags {
    // linux/rtnetlink.h
    const DEAD: u8 = 1;
    const NO_CARRIER: u8 = 16;
    /// Its device is down.
    pub const DEAD_AND_LINKDOWN: Self = LegFlags {
        set: Self::DEAD | Self::NO_CARRIER,
        clear: 0,
    };
    /// Its device is up, without a carrier.
    pub const LINKDOWN: Self = LegFlags {
        set: Self::NO_CARRIER,
        clear: Self::DEAD,
    };
    /// Its device is up, with a carrier.
    pub const ALIVE: Self = LegFlags {
        set: 0,
        clear: Self::DEAD | Self::NO_CARRIER,
    };

    /// Of a route whose every leg is without a carrier, or not.
    pub fn of_all(linkdown: bool) -> Self {
        match linkdown {
            true => LegFlags {
                set: Self::NO_CARRIER,
                clear: 0,
            },
            false => LegFlags {
                set: 0,
                clear: Self::NO_CARRIER,
            },
        }
    }

    /// Returns true if the flags say that the device has no carrier.
    pub fn is_linkdown(flags: u8) -> bool {
        flags & Self::NO_CARRIER != 0
    }

    /// These flags after the change.
    pub fn apply(self, flags: u8) -> u8 {
        flags & !self.clear | self.set
    }
}

impl RouteAttrs {
    /// Indices of the output devices.
    pub fn output_devices(&self) -> impl Iterator<Item = u32> {
        let nexthops = self.nexthops.iter().flatten();
        self.ifindex
            .into_iter()
            .chain(nexthops.map(|nexthop| nexthop.ifindex))
    }
}

impl Deref for Route {
    type Target = RouteAttrs;

    fn deref(&self) -> &RouteAttrs {
        &self.common
    }
}

impl DerefMut for Route {
    fn deref_mut(&mut self) -> &mut RouteAttrs {
        Interned::make_mut(&mut self.common)
    }
}

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut fields = s.serialize_struct("Route", Self::names().len())?;
        self.serialize_fields(Mask::MAX, &mut fields)?;
        fields.end()
    }
}

/// Destination of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    Prefix(Prefix),
    Address(IpAddr),
    /// MPLS labels, outermost first.
    Labels(Box<[u32]>),
    /// The address of a phonet device.
    Phonet(u8),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Prefix(prefix) => prefix.fmt(f),
            Destination::Address(address) => address.fmt(f),
            Destination::Phonet(address) => write!(f, "{address:#04x}"),
            Destination::Labels(labels) => {
                for (number, label) in labels.iter().enumerate() {
                    let slash = if number > 0 { "/" } else { "" };
                    write!(f, "{slash}{label}")?;
                }
                Ok(())
            }
        }
    }
}

impl Serialize for Destination {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Destination::Prefix(prefix) => prefix.serialize(s),
            _ => s.collect_str(self),
        }
    }
}

string_schema!(Destination, "Destination",);

impl Present for Destination {}

/// A gateway of another address family than the route.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Via {
    /// Address family.
    pub family: Symbol,
    /// Address.
    pub host: String,
}

/// A next hop of a multipath route (`struct rtnexthop`).
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NextHop {
    /// Gateway of the same address family as the route.
    pub gateway: Option<IpAddr>,
    /// Gateway of another address family.
    pub via: Option<Box<Via>>,
    /// Index of the output device.
    pub ifindex: u32,
    /// Name of the output device.
    pub dev: Option<IfName>,
    /// Relative weight, 1 to 65536.
    pub weight: u32,
    /// Next hop flags: `onlink`, `dead`, `linkdown` …, as for the route.
    pub flags: Flags,
    /// Encapsulation (lightweight tunnel).
    pub encap: Option<Box<Encap>>,
    /// New destination (`as` in `ip route`): an address, or MPLS labels separated by `/`, outermost
    /// first.
    pub newdst: Option<Destination>,
    /// Routing realms.
    pub flow: Option<Box<Flow>>,
}

/// Routing realms.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Flow {
    /// Realm of the source.
    pub from: Option<Symbol>,
    /// Realm of the destination.
    pub to: Symbol,
}

/// Path metrics (`RTAX_*`, linux/rtnetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Metrics {
    /// Names of metrics that the kernel must not update.
    pub lock: Option<Flags>,
    /// Path MTU, bytes.
    pub mtu: Option<u32>,
    /// Maximum advertised TCP window, bytes.
    pub window: Option<u32>,
    /// Round trip time, milliseconds.
    pub rtt: Option<u32>,
    /// Variance of the round trip time, milliseconds.
    pub rttvar: Option<u32>,
    /// Slow start threshold, segments.
    pub ssthresh: Option<u32>,
    /// Clamp of the congestion window, segments.
    pub cwnd: Option<u32>,
    /// Advertised maximum segment size, bytes.
    pub advmss: Option<u32>,
    /// Maximum reordering, segments.
    pub reordering: Option<u32>,
    /// Hop limit of sent packets.
    pub hoplimit: Option<u32>,
    /// Initial congestion window, segments.
    pub initcwnd: Option<u32>,
    /// `ecn`, `sack`, `timestamp`, `allfrag`, `tcp_usec_ts`, `ecn_ca`.
    pub features: Option<Flags>,
    /// Minimum retransmission timeout, milliseconds.
    pub rto_min: Option<u32>,
    /// Initial receive window, segments.
    pub initrwnd: Option<u32>,
    /// Non-zero: acknowledge immediately (quick ACK).
    pub quickack: Option<u32>,
    /// Congestion control algorithm.
    pub congestion: Option<String>,
    /// Non-zero: TCP Fast Open without a cookie.
    pub fastopen_no_cookie: Option<u32>,
}

/// Usage of a route (`struct rta_cacheinfo`, linux/rtnetlink.h).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "RouteCacheInfo")]
pub struct CacheInfo {
    /// Number of references.
    pub users: u32,
    /// Time since last use, clock ticks (1/100 s).
    pub age: u32,
    /// Number of uses.
    pub used: u32,
}

impl Keyed for Route {
    const KEY: &'static [&'static str] =
        &["family", "table", "dst", "src", "tos", "metric", "instance"];

    fn hash_key(&self, hasher: &mut impl Hasher) {
        self.common.hash_key(hasher);
        self.dst.hash(hasher);
    }
}

key!(RouteAttrs {
    family,
    table,
    src,
    tos,
    metric,
    instance,
});
fields!(lent Route {
    family,
    r#type,
    dst,
    src,
    tos,
    table,
    protocol,
    scope,
    metric,
    instance,
    gateway,
    via,
    ifindex,
    dev,
    iif_index,
    iif,
    prefsrc,
    nhid,
    nexthops,
    encap,
    newdst,
    flow,
    metrics,
    pref,
    expires,
    error,
    del_reason,
    mark,
    uid,
    ttl_propagate,
    flags,
    cacheinfo,
});

impl Object for Route {
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        Some((self.ifindex?, self.dev.as_ref()))
    }

    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        let RouteAttrs {
            ifindex,
            iif_index,
            nexthops,
            encap,
            ..
        } = &**self.common;
        // Skip `make_mut` (a copy of shared attributes) if no field refers to a device.
        if ifindex.or(*iif_index).is_none() && nexthops.is_none() && encap.is_none() {
            return;
        }
        let common = Interned::make_mut(&mut self.common);
        some(name, common.ifindex, &mut common.dev);
        some(name, common.iif_index, &mut common.iif);
        for hop in common.nexthops.iter_mut().flatten() {
            name(hop.ifindex, &mut hop.dev);
        }
        let hops = common.nexthops.iter_mut().flatten();
        let encaps = hops.map(|hop| &mut hop.encap).chain([&mut common.encap]);
        for encap in encaps.flatten() {
            encap.for_each_device(name);
        }
    }

    fn copy_volatile(&mut self, old: &Self) {
        if self.expires.is_some() && old.expires.is_some() && self.expires != old.expires {
            self.expires = old.expires;
        }
        if self.cacheinfo != old.cacheinfo {
            self.cacheinfo.clone_from(&old.cacheinfo);
        }
        // The kernel does not report the next hops of an IPv6 route in a stable order; keep the
        // previous one.
        if let Some(old) = &old.nexthops
            && self.nexthops.is_some()
            && self.family.is("inet6")
        {
            let former_position = |hop: &NextHop| {
                let same = |old: &NextHop| (old.ifindex, old.gateway) == (hop.ifindex, hop.gateway);
                old.iter().position(same).unwrap_or(old.len())
            };
            if let Some(hops) = &mut self.nexthops {
                hops.sort_by_key(former_position);
            }
        }
    }
}

/// In the order in which filters probably ask: no part of a route derives it, since its fields are
/// in two structs.
impl Properties for Route {
    const PLACES: &'static [Place] = &[
        field(Property::Dev, "dev"),
        field(Property::Dev, "iif"),
        Place::Inside("nexthops", &[field(Property::Dev, "dev")]),
        field(Property::Family, "family"),
        field(Property::Prefix, "dst"),
        field(Property::Table, "table"),
        field(Property::Protocol, "protocol"),
        field(Property::Type, "type"),
    ];

    fn any_value(&self, property: Property, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match property {
            Property::Dev => {
                let mut hops = self.nexthops.iter().flatten();
                self.dev.any(is_match)
                    || self.iif.any(is_match)
                    || hops.any(|hop| hop.dev.any(is_match))
            }
            Property::Family => self.family.any(is_match),
            Property::Prefix => match &self.dst {
                Destination::Prefix(prefix) => prefix.any(is_match),
                Destination::Address(address) => address.any(is_match),
                Destination::Labels(_) | Destination::Phonet(_) => false,
            },
            Property::Table => self.table.any(is_match),
            Property::Protocol => self.protocol.any(is_match),
            Property::Type => self.r#type.any(is_match),
            Property::State => false,
        }
    }
}

const fn field(property: Property, field: &'static str) -> Place {
    Place::Field {
        property,
        field,
        length: None,
    }
}

/// `RTNH_F_*` and `RTM_F_*`
pub const FLAGS: &FlagNames = &[
    (0x01, "dead"),
    (0x04, "onlink"),
    (0x02, "pervasive"),
    (0x08, "offload"),
    (0x40, "trap"),
    (0x100, "notify"),
    (0x10, "linkdown"),
    (0x20, "unresolved"),
    (0x200, "cloned"),
    (0x400, "equalize"),
    (0x800, "prefix"),
    (0x1000, "lookup_table"),
    (0x2000, "fib_match"),
    (0x4000, "rt_offload"),
    (0x8000, "rt_trap"),
    (0x2000_0000, "rt_offload_failed"),
];
