//! `kind:"route"`: where packets go (`RTM_NEWROUTE`, `RTM_DELROUTE`).

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash as _, Hasher};
use std::net::IpAddr;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};
use serde_with::skip_serializing_none;

use super::encap::Encap;
use crate::kind::fields::{Fields as _, Keyed, Mask, Present, fields, key};
use crate::kind::interned::Interned;
use crate::kind::object::{Object, some};
use crate::value::{FlagNames, Flags, IfName, Prefix, Symbol, string_schema};

/// A route (`struct rtmsg`, linux/rtnetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, JsonSchema)]
pub struct Route {
    /// Destination, always with its length; `0.0.0.0/0` is the default route. MPLS: the label.
    pub dst: Destination,
    /// All else. A full table has a million routes, most of which differ in nothing but their
    /// destination: it is shared, as the kernel's own `fib_info` is, and copied where one of them is
    /// altered.
    #[schemars(flatten, with = "RouteAttrs")]
    pub common: SharedAttrs,
}

/// Interned attributes: see [`crate::kind::interned`].
pub type SharedAttrs = Rc<Interned<RouteAttrs>>;

/// What a route has in common with those to other destinations.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
pub struct RouteAttrs {
    /// Address family: `inet`, `inet6`, `mpls`.
    pub family: Symbol,
    /// `unicast`, `local`, `broadcast`, `anycast`, `multicast`, `blackhole`, `unreachable`,
    /// `prohibit`, `throw`, `nat`.
    pub r#type: Symbol,
    /// Source, where the route is for one only.
    pub src: Option<Prefix>,
    /// Type of service: a name from rt_dsfield, else hexadecimal.
    pub tos: Option<Symbol>,
    /// Routing table: a name from rt_tables, else its number.
    pub table: Symbol,
    /// Who added it: a name from rt_protos, else its number.
    pub protocol: Symbol,
    /// How far the destination is: a name from rt_scopes, else its number.
    pub scope: Symbol,
    /// Of routes to the same destination the one with the lowest metric is used.
    pub metric: Option<u32>,
    /// What tells it from other routes that have all of the above in common; usually absent.
    /// IPv4: the number of a route that was appended or prepended. IPv6: the device, and the
    /// router, of a route that is no part of a multipath route.
    pub instance: Option<String>,
    /// The next router, of the route's own family.
    pub gateway: Option<IpAddr>,
    /// The next router, of another family.
    pub via: Option<Box<Via>>,
    /// Index of the outgoing device.
    pub ifindex: Option<u32>,
    /// The outgoing device's name.
    pub dev: Option<IfName>,
    /// Index of the incoming device (a cached or multicast route).
    pub iif_index: Option<u32>,
    /// The incoming device's name.
    pub iif: Option<IfName>,
    /// Preferred source address.
    pub prefsrc: Option<IpAddr>,
    /// Id of the nexthop object.
    pub nhid: Option<u32>,
    /// The next routers of a multipath route.
    pub nexthops: Option<Vec<NextHop>>,
    /// What a packet is wrapped in. An object of its own where `ip` mixes its fields with the
    /// route's.
    pub encap: Option<Box<Encap>>,
    /// The destination that packets get instead (`as` of `ip`); labels, outermost first, with `/`
    /// between them.
    pub newdst: Option<Destination>,
    /// Routing realms.
    pub flow: Option<Box<Flow>>,
    /// What is known of the path.
    pub metrics: Option<Box<Metrics>>,
    /// IPv6 router preference: `low`, `medium`, `high`.
    pub pref: Option<Symbol>,
    /// Seconds until it expires; negative where that is past.
    pub expires: Option<i64>,
    /// Error that senders get, a positive errno (an unreachable or cached route).
    pub error: Option<u32>,
    /// Firewall mark (a looked-up route).
    pub mark: Option<u32>,
    /// User id (a looked-up route).
    pub uid: Option<u32>,
    /// MPLS: whether the time to live is carried over.
    pub ttl_propagate: Option<bool>,
    /// `dead`, `pervasive`, `onlink`, `offload`, `linkdown`, `unresolved`, `trap`, `notify`, `cloned`,
    /// `rt_offload`, `rt_trap`, `rt_offload_failed` …
    pub flags: Flags,
    /// With `details`: use of the route (`struct rta_cacheinfo`).
    pub cacheinfo: Option<CacheInfo>,
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

/// Where packets go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    Prefix(Prefix),
    Address(IpAddr),
    /// MPLS labels, outermost first.
    Labels(Box<[u32]>),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Prefix(prefix) => prefix.fmt(f),
            Destination::Address(address) => address.fmt(f),
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

/// A next router of another family than the route's.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Via {
    /// Its address family.
    pub family: Symbol,
    /// Its address.
    pub host: String,
}

/// One way of a multipath route (`struct rtnexthop`).
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NextHop {
    /// The next router, of the route's own family.
    pub gateway: Option<IpAddr>,
    /// The next router, of another family.
    pub via: Option<Box<Via>>,
    /// Index of the outgoing device.
    pub ifindex: u32,
    /// The outgoing device's name.
    pub dev: Option<IfName>,
    /// Its share of the traffic, 1 to 65536.
    pub weight: u32,
    /// `onlink`, `dead`, `linkdown` …, as for the route.
    pub flags: Flags,
    /// What a packet is wrapped in.
    pub encap: Option<Box<Encap>>,
    /// The destination that packets get instead (`as` of `ip`); labels, outermost first, with `/`
    /// between them.
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

/// What is known of the path (`RTAX_*`, linux/rtnetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Metrics {
    /// Names of the metrics that the kernel must not adapt by itself.
    pub lock: Option<Flags>,
    /// Largest packet in bytes.
    pub mtu: Option<u32>,
    /// Largest TCP window that is advertised, bytes.
    pub window: Option<u32>,
    /// Round trip time, milliseconds.
    pub rtt: Option<u32>,
    /// Its variance, milliseconds.
    pub rttvar: Option<u32>,
    /// Slow start threshold, segments.
    pub ssthresh: Option<u32>,
    /// Clamp of the congestion window, segments.
    pub cwnd: Option<u32>,
    /// Maximum segment size that is advertised, bytes.
    pub advmss: Option<u32>,
    /// Largest reordering, segments.
    pub reordering: Option<u32>,
    /// Hop limit of what is sent.
    pub hoplimit: Option<u32>,
    /// Initial congestion window, segments.
    pub initcwnd: Option<u32>,
    /// `ecn`, `sack`, `timestamp`, `allfrag`, `tcp_usec_ts`, `ecn_ca`.
    pub features: Option<Flags>,
    /// Smallest retransmission timeout, milliseconds.
    pub rto_min: Option<u32>,
    /// Initial receive window, segments.
    pub initrwnd: Option<u32>,
    /// Acknowledge at once.
    pub quickack: Option<u32>,
    /// Congestion control algorithm.
    pub congestion: Option<String>,
    /// TCP fast open without a cookie.
    pub fastopen_no_cookie: Option<u32>,
}

/// Use of a route (`struct rta_cacheinfo`, linux/rtnetlink.h).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "RouteCacheInfo")]
pub struct CacheInfo {
    /// References to it.
    pub users: u32,
    /// Clock ticks (1/100 s) since it was last used.
    pub age: u32,
    /// Times it was used.
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
        // Shared attributes are copied only if they name a device.
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
        // A dump may list the next hops of an IPv6 route in another order than the event did.
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
