//! `RTM_NEWROUTE`, `RTM_DELROUTE` of IPv4, IPv6, MPLS and phonet → [`Route`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use libc::{
    RTA_CACHEINFO, RTA_DST, RTA_FLOW, RTA_GATEWAY, RTA_IIF, RTA_MARK, RTA_METRICS, RTA_MULTIPATH,
    RTA_OIF, RTA_PREFSRC, RTA_PRIORITY, RTA_SRC, RTA_TABLE,
};

use super::{CacheInfo, Destination, FLAGS, Flow, Metrics, NextHop, Route, RouteAttrs, Via};
use crate::kind::Op;
use crate::kind::context::DecodeContext;
use crate::kind::route::encap::decode as encap;
use crate::kind::route::rule::dsfield;
use crate::kind::spec::{Device, Emit, KindSpec, Trigger, Triggers};
use crate::kind::wire::{family, u32_at};
use crate::names::Names;
use crate::netlink::attr::{Attr, AttrError, Attrs, align};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELROUTE, RTM_NEWROUTE};
use crate::value::{FlagNames, Flags, Prefix, Symbol};

// linux/rtnetlink.h
const RTA_VIA: u16 = 18;
const RTA_NEWDST: u16 = 19;
const RTA_PREF: u16 = 20;
const RTA_ENCAP_TYPE: u16 = 21;
const RTA_ENCAP: u16 = 22;
pub(super) const RTA_EXPIRES: u16 = 23;
const RTA_PAD: u16 = 24;
const RTA_UID: u16 = 25;
const RTA_TTL_PROPAGATE: u16 = 26;
const RTA_NH_ID: u16 = 30;
const RTA_DEL_REASON: u16 = 32;

/// `RT_DEL_REASON_*`
const DEL_REASONS: &[(u32, &str)] = &[(1, "expired"), (2, "ra_withdrawn")];

/// `RTN_*`
pub(in crate::kind) const TYPES: &[(u32, &str)] = &[
    (0, "none"),
    (1, "unicast"),
    (2, "local"),
    (3, "broadcast"),
    (4, "anycast"),
    (5, "multicast"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
    (9, "throw"),
    (10, "nat"),
    (11, "xresolve"),
];

impl KindSpec for Route {
    const MESSAGES: &'static [u16] = &[RTM_NEWROUTE, RTM_DELROUTE];
    // The messages of other families have layouts of their own.
    const FAMILIES: &'static [u8] = &[
        libc::AF_INET as u8,
        libc::AF_INET6 as u8,
        libc::AF_MPLS as u8,
        libc::AF_PHONET as u8,
    ];
    const STALE_AFTER: &'static [Trigger] = &[
        Trigger::Device,
        Trigger::Master,
        Trigger::Nexthop,
        Trigger::OldAddress,
    ];
    const VERIFIED_AFTER: &'static [Trigger] = &[Trigger::Metrics];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::routes()]
    }

    fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
        vec![Request::routes_of_device(device.ifindex)]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let route = match context.interner() {
            Some(interner) => interner.decode(context, message.body)?,
            None => decode(context, message.body)?,
        };
        emit.object(context, route)
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        // A router advertisement with a new MTU or hop limit has no event of its own.
        match op != Op::Delete && self.protocol.is("ra") {
            true => Triggers::of(&[Trigger::Metrics]),
            false => Triggers::NONE,
        }
    }
}

/// Decodes `body`, a `struct rtmsg` and its attributes, without the interner. `None` if it is too
/// short.
pub(super) fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Route> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let [af, dst_len, src_len, tos, table, protocol, scope, kind, ..] = *header;
    let names = context.names;
    let mut number = u32::from(table);
    let mut dst = Destination::Prefix(Prefix {
        address: unspecified(af),
        length: dst_len,
    });
    let mut it = RouteAttrs {
        family: family(af),
        r#type: Symbol::of(u32::from(kind), TYPES),
        src: (src_len != 0).then(|| Prefix {
            address: unspecified(af),
            length: src_len,
        }),
        tos: (tos != 0).then(|| dsfield(context, tos)),
        protocol: names.protocols.symbol(u32::from(protocol)),
        scope: names.scopes.symbol(u32::from(scope)),
        flags: Flags::new(u64::from(u32_at(header, 8)), FLAGS),
        ..RouteAttrs::default()
    };
    context.each(attributes, |context, attr| {
        match attr.kind {
            RTA_DST if i32::from(af) == libc::AF_MPLS => dst = labels(&attr)?,
            RTA_DST if i32::from(af) == libc::AF_PHONET => dst = Destination::Phonet(attr.u8()?),
            RTA_DST => {
                dst = Destination::Prefix(Prefix {
                    address: attr.ip()?,
                    length: dst_len,
                });
            }
            RTA_SRC => {
                it.src = Some(Prefix {
                    address: attr.ip()?,
                    length: src_len,
                });
            }
            RTA_IIF => it.iif_index = Some(attr.u32()?),
            RTA_OIF => it.ifindex = Some(attr.u32()?),
            RTA_GATEWAY => it.gateway = Some(attr.ip()?),
            RTA_PRIORITY => it.metric = Some(attr.u32()?),
            RTA_PREFSRC => it.prefsrc = Some(attr.ip()?),
            RTA_METRICS => it.metrics = Some(Box::new(metrics(context, &attr)?)),
            RTA_MULTIPATH => it.nexthops = Some(multipath(context, af, &attr)?),
            RTA_FLOW => it.flow = Some(Box::new(flow(names, attr.u32()?))),
            RTA_CACHEINFO => {
                let [users, age, expires, error, used, ..] = context.u32_array::<8>(&attr)?;
                // In 1/100 s (USER_HZ); the error is a negative errno.
                let expires = expires.cast_signed();
                it.expires = (expires != 0).then_some(i64::from(expires / 100));
                let error = error.cast_signed().unsigned_abs();
                it.error = (error != 0).then_some(error);
                it.cacheinfo = context.details.then_some(CacheInfo { users, age, used });
            }
            // Of stored bodies: the kernel sends it with multicast routes only.
            RTA_EXPIRES => it.expires = Some(i64::from(attr.i32()?)),
            RTA_TABLE => number = attr.u32()?,
            RTA_MARK => it.mark = Some(attr.u32()?),
            RTA_VIA => it.via = Some(Box::new(via(&attr)?)),
            RTA_NEWDST => it.newdst = Some(newdst(af, &attr)?),
            RTA_PREF => {
                let names = &[(0, "medium"), (1, "high"), (3, "low")];
                it.pref = Some(Symbol::of(u32::from(attr.u8()?), names));
            }
            RTA_ENCAP => {
                let encap = it.encap.get_or_insert_default();
                encap::decode(context, encap, encap_type(attributes), &attr)?;
            }
            RTA_ENCAP_TYPE => {
                it.encap.get_or_insert_default().r#type = Some(encap::kind(attr.u16()?));
            }
            RTA_PAD => {}
            RTA_UID => it.uid = Some(attr.u32()?),
            RTA_TTL_PROPAGATE => it.ttl_propagate = Some(attr.bool()?),
            RTA_NH_ID => it.nhid = Some(attr.u32()?),
            RTA_DEL_REASON => {
                let reason = Some(attr.u32()?).filter(|reason| *reason != 0);
                it.del_reason = reason.map(|reason| Symbol::of(reason, DEL_REASONS));
            }
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    it.table = names.tables.symbol(number);
    Some(Route {
        dst,
        common: Rc::new(it.into()),
    })
}

/// An MPLS label stack: a label is the upper 20 bits of its entry (linux/mpls.h).
fn labels(attr: &Attr<'_>) -> Result<Destination, AttrError> {
    let (entries, []) = attr.value.as_chunks::<4>() else {
        return Err(AttrError::Length);
    };
    let labels = entries.iter().map(|entry| u32::from_be_bytes(*entry) >> 12);
    Ok(Destination::Labels(labels.collect()))
}

fn newdst(family: u8, attr: &Attr<'_>) -> Result<Destination, AttrError> {
    match i32::from(family) {
        libc::AF_MPLS => labels(attr),
        _ => attr.ip().map(Destination::Address),
    }
}

pub(super) fn unspecified(family: u8) -> IpAddr {
    match i32::from(family) {
        libc::AF_INET6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

/// The type of an `RTA_ENCAP`: the kernel puts `RTA_ENCAP_TYPE` after it.
fn encap_type(attributes: &[u8]) -> Option<u16> {
    let mut attributes = Attrs::new(attributes).filter_map(Result::ok);
    let attr = attributes.find(|attr| attr.kind == RTA_ENCAP_TYPE)?;
    attr.u16().ok()
}

/// Realms: the upper half is the source's.
fn flow(names: &Names, flow: u32) -> Flow {
    let from = flow >> 16;
    Flow {
        from: (from != 0).then(|| names.realms.symbol(from)),
        to: names.realms.symbol(flow & 0xffff),
    }
}

/// `struct rtvia`: an address family and an address.
fn via(attr: &Attr<'_>) -> Result<Via, AttrError> {
    let (header, address) = attr
        .value
        .split_first_chunk::<2>()
        .ok_or(AttrError::Length)?;
    let af = u16::from_ne_bytes(*header);
    let host = if let Ok(v4) = <[u8; 4]>::try_from(address) {
        Ipv4Addr::from(v4).to_string()
    } else if let Ok(v6) = <[u8; 16]>::try_from(address) {
        Ipv6Addr::from(v6).to_string()
    } else {
        return Err(AttrError::Length);
    };
    Ok(Via {
        family: family(u8::try_from(af).map_err(|_| AttrError::Value)?),
        host,
    })
}

/// A sequence of `struct rtnexthop`, each followed by its attributes.
fn multipath(
    context: &mut DecodeContext<'_>,
    af: u8,
    attr: &Attr<'_>,
) -> Result<Vec<NextHop>, AttrError> {
    let names = context.names;
    context.within(attr.kind, |context| {
        let mut rest = attr.value;
        let mut hops = Vec::new();
        while let Some(header) = rest.first_chunk::<8>() {
            let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
            let Some(attributes) = rest.get(8..length) else {
                break;
            };
            let mut hop = NextHop {
                gateway: None,
                via: None,
                ifindex: u32_at(header, 4),
                dev: None,
                weight: u32::from(header[3]) + 1,
                flags: Flags::new(u64::from(header[2]), FLAGS),
                encap: None,
                newdst: None,
                flow: None,
            };
            context.each(attributes, |context, attr| {
                match attr.kind {
                    RTA_GATEWAY => hop.gateway = Some(attr.ip()?),
                    RTA_VIA => hop.via = Some(Box::new(via(&attr)?)),
                    RTA_NEWDST => hop.newdst = Some(newdst(af, &attr)?),
                    RTA_FLOW => hop.flow = Some(Box::new(flow(names, attr.u32()?))),
                    RTA_ENCAP => {
                        let it = hop.encap.get_or_insert_default();
                        encap::decode(context, it, encap_type(attributes), &attr)?;
                    }
                    RTA_ENCAP_TYPE => {
                        let it = hop.encap.get_or_insert_default();
                        it.r#type = Some(encap::kind(attr.u16()?));
                    }
                    _ => return Err(AttrError::Unknown),
                }
                Ok(())
            });
            hops.push(hop);
            rest = rest.get(align(length)..).unwrap_or(&[]);
        }
        if !rest.is_empty() {
            context.record_unparsed(None, AttrError::Malformed, rest);
        }
        hops
    })
}

/// Names of `RTAX_*`, by number.
const METRICS: [&str; 18] = [
    "unspec",
    "lock",
    "mtu",
    "window",
    "rtt",
    "rttvar",
    "ssthresh",
    "cwnd",
    "advmss",
    "reordering",
    "hoplimit",
    "initcwnd",
    "features",
    "rto_min",
    "initrwnd",
    "quickack",
    "congestion",
    "fastopen_no_cookie",
];

/// Bits of `RTAX_LOCK`: bit n locks metric n.
const LOCKS: &FlagNames = &{
    let mut names = [(0, ""); METRICS.len()];
    let mut i = 0;
    while i < METRICS.len() {
        names[i] = (1 << i, METRICS[i]);
        i += 1;
    }
    names
};

/// `RTAX_FEATURE_*`
const FEATURES: &FlagNames = &[
    (0x01, "ecn"),
    (0x02, "sack"),
    (0x04, "timestamp"),
    (0x08, "allfrag"),
    (0x10, "tcp_usec_ts"),
    (0x8000_0000, "ecn_ca"),
];

fn metrics(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Metrics, AttrError> {
    let mut it = Metrics::default();
    context.nested(attr, |_, attr| {
        let name = METRICS.get(usize::from(attr.kind)).copied();
        if name == Some("congestion") {
            it.congestion = Some(attr.str()?.to_owned());
            return Ok(());
        }
        let value = attr.u32()?;
        match name.ok_or(AttrError::Unknown)? {
            "lock" => it.lock = Some(Flags::new(u64::from(value), LOCKS)),
            "mtu" => it.mtu = Some(value),
            "window" => it.window = Some(value),
            // In units of 1/8 and 1/4 ms (include/net/tcp.h); `ip` shows whole milliseconds.
            "rtt" => it.rtt = Some(value / 8),
            "rttvar" => it.rttvar = Some(value / 4),
            "ssthresh" => it.ssthresh = Some(value),
            "cwnd" => it.cwnd = Some(value),
            "advmss" => it.advmss = Some(value),
            "reordering" => it.reordering = Some(value),
            "hoplimit" => it.hoplimit = Some(value),
            "initcwnd" => it.initcwnd = Some(value),
            "features" => it.features = Some(Flags::new(u64::from(value), FEATURES)),
            "rto_min" => it.rto_min = Some(value),
            "initrwnd" => it.initrwnd = Some(value),
            "quickack" => it.quickack = Some(value),
            "fastopen_no_cookie" => it.fastopen_no_cookie = Some(value),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    Ok(it)
}
