//! What distinguishes a route from its [siblings](super::siblings).

use std::hash::{Hash as _, Hasher as _};

use siphasher::sip::SipHasher13;

use super::multipath::{RTA_MULTIPATH, nexthops};
use crate::event::route::{BodyWithoutDst, RTMSG, Route};
use crate::netlink::attr::Attrs;

/// Offset of `rtm_protocol` in `struct rtmsg`, and of the `rtm_flags` at its end.
const PROTOCOL: usize = 5;
const FLAGS: usize = 8;
/// Offset of `rtnh_flags` in `struct rtnexthop`.
const NEXTHOP_FLAGS: usize = 2;
// linux/rtnetlink.h
const RTPROT_RA: u8 = 9;
const RTA_EXPIRES: u16 = 23;

/// The content of a route, as two hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RouteContent {
    /// Of all attributes, without the flags and ages, which the kernel changes by itself.
    pub whole: u64,
    /// Of where the route leads: device, gateway, nexthop object, type and scope. Of IPv6 routes
    /// that the kernel joins into one multipath route it is [`RouteContent::JOINED`].
    pub path: u64,
}

impl RouteContent {
    /// The path of every IPv6 multipath route, and of every route that another one can be joined
    /// with (`rt6_qualify_for_ecmp`, include/net/ip6_route.h): of a destination and metric there is
    /// at most one.
    const JOINED: u64 = 0;

    /// The content of the route that was decoded from `body`.
    pub(super) fn of(route: &Route, body: &BodyWithoutDst) -> Self {
        RouteContent {
            whole: whole(body.bytes()),
            path: path(route, body.bytes()),
        }
    }

    /// Returns true for an IPv6 route that is joined with others into one multipath route.
    pub(super) fn is_joined(&self) -> bool {
        self.path == Self::JOINED
    }
}

fn whole(body: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(body.get(..FLAGS).unwrap_or(body));
    let attributes = body.get(RTMSG..).unwrap_or_default();
    for (attr, bytes) in Attrs::new(attributes).with_bytes() {
        match attr.kind {
            RTA_EXPIRES => {}
            RTA_MULTIPATH => {
                for nexthop in nexthops(attr.value) {
                    hasher.write(&nexthop[..NEXTHOP_FLAGS]);
                    hasher.write(&nexthop[NEXTHOP_FLAGS + 1..]);
                }
            }
            _ => hasher.write(bytes),
        }
    }
    hasher.finish()
}

fn path(route: &Route, body: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    route.r#type.hash(&mut hasher);
    if let Some(nhid) = route.nhid {
        nhid.hash(&mut hasher);
    } else if route.family.is("inet6") {
        let is_announced = body.get(PROTOCOL) == Some(&RTPROT_RA);
        if route.nexthops.is_some() || route.gateway.is_some() && !is_announced {
            return RouteContent::JOINED;
        }
        (route.ifindex, route.gateway).hash(&mut hasher);
        // rt6_duplicate_nexthop compares the encapsulations as well.
        let encap = route.encap.as_ref().map(|encap| format!("{encap:?}"));
        encap.hash(&mut hasher);
    } else {
        let via = route.via.as_ref().map(|via| &via.host);
        (&route.scope, route.ifindex, route.gateway, via).hash(&mut hasher);
        for hop in route.nexthops.iter().flatten() {
            let via = hop.via.as_ref().map(|via| &via.host);
            (hop.ifindex, hop.gateway, via).hash(&mut hasher);
        }
    }
    // 0 is JOINED.
    hasher.finish().max(1)
}
