//! The body of a route's message in two parts: the destination, and the remainder, which is the
//! same for many routes.

use std::net::IpAddr;
use std::ops::Range;

use libc::{RTA_CACHEINFO, RTA_DST, RTA_MULTIPATH, RTA_OIF};

use super::decode::{RTA_EXPIRES, unspecified};
use crate::kind::wire::u32_at;
use crate::netlink::attr::{Attrs, align};
use crate::value::Prefix;

/// Size of `struct rtmsg` (linux/rtnetlink.h), bytes.
pub const RTMSG: usize = 12;
/// Offset of its `rtm_dst_len`.
pub(super) const DST_LEN: usize = 1;
/// Size of the longest address, bytes.
const ADDRESS: usize = 16;

/// The destination in a body: the prefix length, and the address in the first bytes. Zeros where
/// the body has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedPrefix {
    length: u8,
    address: [u8; ADDRESS],
}

/// The destination of a body that was decoded as `dst`.
impl From<&Prefix> for PackedPrefix {
    fn from(dst: &Prefix) -> Self {
        let mut address = [0; ADDRESS];
        match dst.address {
            IpAddr::V4(v4) => address[..4].copy_from_slice(&v4.octets()),
            IpAddr::V6(v6) => address = v6.octets(),
        }
        let length = dst.length;
        PackedPrefix { length, address }
    }
}

impl PackedPrefix {
    /// The destination of a body.
    pub fn of(body: &[u8]) -> Self {
        PackedPrefix::at(&packed_dst_range(body), body)
    }

    /// The destination of a body that has the address in that range.
    pub fn at(dst: &Range<usize>, body: &[u8]) -> Self {
        let mut address = [0; ADDRESS];
        match (&body[dst.clone()], &mut address) {
            // IPv4, the usual case: four moves instead of a call of memcpy.
            (&[a, b, c, d], [w, x, y, z, ..]) => (*w, *x, *y, *z) = (a, b, c, d),
            (value, address) => address[..value.len()].copy_from_slice(value),
        }
        PackedPrefix {
            length: body.get(DST_LEN).copied().unwrap_or(0),
            address,
        }
    }

    /// The prefix of a route of that family, whose body has an address of `bytes` bytes.
    pub fn prefix(&self, family: u8, bytes: usize) -> Prefix {
        let PackedPrefix { length, address } = *self;
        let address = match (bytes, address) {
            (4, [a, b, c, d, ..]) => IpAddr::from([a, b, c, d]),
            (16, v6) => IpAddr::from(v6),
            _ => unspecified(family),
        };
        Prefix { address, length }
    }

    /// Writes the destination into a body that has zeros in its place.
    pub fn fill(&self, body: &mut [u8]) {
        let dst = packed_dst_range(body);
        if let Some(length) = body.get_mut(DST_LEN) {
            *length = self.length;
        }
        let bytes = dst.len();
        body[dst].copy_from_slice(&self.address[..bytes]);
    }
}

/// A body with zeros for the destination, and without `RTA_CACHEINFO`: ages and use counts, which
/// change while the route stays the same. If the route expires, `RTA_EXPIRES` is in their place, the
/// seconds that were left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyWithoutDst(Box<[u8]>);

impl BodyWithoutDst {
    pub fn of(body: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(body.len());
        let (header, mut rest) = body.split_at(RTMSG.min(body.len()));
        bytes.extend_from_slice(header);
        let mut expires = None;
        while let Some((before, ages, after)) = split_at_attr(RTA_CACHEINFO, rest) {
            bytes.extend_from_slice(before);
            expires = expires_of(ages).map(|seconds| (bytes.len(), seconds));
            rest = after;
        }
        bytes.extend_from_slice(rest);
        // Not at the end: what follows the end of a damaged message would become a part of it.
        if let Some((at, seconds)) = expires {
            let [a, b] = 8_u16.to_ne_bytes();
            let [c, d] = RTA_EXPIRES.to_ne_bytes();
            let seconds = seconds.to_ne_bytes();
            bytes.splice(at..at, [a, b, c, d].into_iter().chain(seconds));
        }
        let dst = packed_dst_range(&bytes);
        bytes[dst].fill(0);
        if let Some(length) = bytes.get_mut(DST_LEN) {
            *length = 0;
        }
        BodyWithoutDst(bytes.into())
    }

    /// Indices of the output devices.
    pub fn output_devices(&self) -> Vec<u32> {
        let attributes = self.0.get(RTMSG..).unwrap_or_default();
        let mut devices = Vec::new();
        for attr in Attrs::new(attributes).flatten() {
            match attr.kind {
                RTA_OIF => devices.extend(attr.u32()),
                RTA_MULTIPATH => {
                    let mut rest = attr.value;
                    // struct rtnexthop: length (u16), flags (u8), hops (u8), ifindex (u32)
                    while let Some(header) = rest.first_chunk::<8>() {
                        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
                        devices.push(u32_at(header, 4));
                        rest = rest.get(align(length.max(8))..).unwrap_or_default();
                    }
                }
                _ => {}
            }
        }
        devices
    }

    /// The bytes of the body, with zeros for the destination.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The body of the route to that destination.
    pub fn body(&self, dst: PackedPrefix) -> Vec<u8> {
        let mut body = self.0.to_vec();
        dst.fill(&mut body);
        body
    }
}

/// Seconds until the route expires by the value of its `RTA_CACHEINFO` (`rta_expires`, in 1/100 s);
/// `None` if it does not.
fn expires_of(ages: &[u8]) -> Option<i32> {
    // struct rta_cacheinfo: eight words.
    let ages = ages.first_chunk::<32>()?;
    let expires = u32_at(ages, 8).cast_signed();
    (expires != 0).then_some(expires / 100)
}

/// The bytes before the first attribute of that kind, its value, and the bytes after it; `None` if
/// there is none.
fn split_at_attr(kind: u16, attributes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut at = 0;
    for attr in Attrs::new(attributes).flatten() {
        let end = (at + align(attr.length())).min(attributes.len());
        if attr.kind == kind {
            return Some((&attributes[..at], attr.value, &attributes[end..]));
        }
        at = end;
    }
    None
}

/// The range of the destination that is split off; empty if the body has none.
fn packed_dst_range(body: &[u8]) -> Range<usize> {
    let dst = dst_range(body).filter(|dst| dst.len() <= ADDRESS);
    dst.unwrap_or(0..0)
}

/// The range of the destination's address in a body: the value of the last `RTA_DST`; empty, after
/// the header, where there is no `RTA_DST`. `None` if the body is malformed, or the family's
/// destination is no address.
pub(super) fn dst_range(body: &[u8]) -> Option<Range<usize>> {
    let attributes = body.get(RTMSG..)?;
    if !matches!(i32::from(body[0]), libc::AF_INET | libc::AF_INET6) {
        return None;
    }
    let mut dst_range = RTMSG..RTMSG;
    let mut at = RTMSG;
    for attr in Attrs::new(attributes) {
        let attr = attr.ok()?;
        let length = attr.length();
        if attr.kind == RTA_DST {
            dst_range = at + length - attr.value.len()..at + length;
        }
        at += align(length);
    }
    Some(dst_range)
}
