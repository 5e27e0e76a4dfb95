//! The body of a route's message in two parts: what it says of the destination, and the rest, which
//! it shares with many others.

use std::net::IpAddr;
use std::ops::Range;

use libc::{RTA_CACHEINFO, RTA_DST};

use super::unspecified;
use crate::event::values::Prefix;
use crate::netlink::attr::{Attrs, align};

/// `struct rtmsg`, linux/rtnetlink.h.
pub const RTMSG: usize = 12;
/// Its `rtm_dst_len`.
pub const DST_LEN: usize = 1;
/// The longest address, bytes.
const ADDRESS: usize = 16;

/// What a route says of its destination: the length of the prefix, and the address in its first
/// bytes. Zeros where it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedPrefix {
    length: u8,
    address: [u8; ADDRESS],
}

/// What a body says whose destination is that one.
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
    /// Of a body.
    pub fn of(body: &[u8]) -> Self {
        PackedPrefix::at(&packed_dst_range(body), body)
    }

    /// Of a body that has the destination there.
    pub fn at(dst: &Range<usize>, body: &[u8]) -> Self {
        let mut address = [0; ADDRESS];
        match (&body[dst.clone()], &mut address) {
            // Nearly all: no call for four bytes.
            (&[a, b, c, d], [w, x, y, z, ..]) => (*w, *x, *y, *z) = (a, b, c, d),
            (value, address) => address[..value.len()].copy_from_slice(value),
        }
        PackedPrefix {
            length: body.get(DST_LEN).copied().unwrap_or(0),
            address,
        }
    }

    /// As the destination of a route of that family, which says it in so many bytes.
    pub fn prefix(&self, family: u8, bytes: usize) -> Prefix {
        let PackedPrefix { length, address } = *self;
        let address = match (bytes, address) {
            (4, [a, b, c, d, ..]) => IpAddr::from([a, b, c, d]),
            (16, v6) => IpAddr::from(v6),
            _ => unspecified(family),
        };
        Prefix { address, length }
    }

    /// Writes it into a body that has zeros there.
    pub fn fill(&self, body: &mut [u8]) {
        let dst = packed_dst_range(body);
        if let Some(length) = body.get_mut(DST_LEN) {
            *length = self.length;
        }
        let bytes = dst.len();
        body[dst].copy_from_slice(&self.address[..bytes]);
    }
}

/// A body with zeros for its destination, and without its ages (`RTA_CACHEINFO`), which are no part
/// of what is known.
#[derive(Debug, PartialEq, Eq)]
pub struct BodyWithoutDst(Box<[u8]>);

impl BodyWithoutDst {
    pub fn of(body: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(body.len());
        let (header, mut rest) = body.split_at(RTMSG.min(body.len()));
        bytes.extend_from_slice(header);
        while let Some((before, behind)) = split_at_attr(RTA_CACHEINFO, rest) {
            bytes.extend_from_slice(before);
            rest = behind;
        }
        bytes.extend_from_slice(rest);
        let dst = packed_dst_range(&bytes);
        bytes[dst].fill(0);
        if let Some(length) = bytes.get_mut(DST_LEN) {
            *length = 0;
        }
        BodyWithoutDst(bytes.into())
    }

    /// The bytes of the body, with zeros for the destination.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The body of the route to that destination.
    pub fn body(&self, own: PackedPrefix) -> Vec<u8> {
        let mut body = self.0.to_vec();
        own.fill(&mut body);
        body
    }
}

/// What is before and behind the first attribute of that kind, if there is one.
fn split_at_attr(kind: u16, attributes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    for attr in Attrs::new(attributes).flatten() {
        let end = (at + align(attr.whole().len())).min(attributes.len());
        if attr.kind == kind {
            return Some((&attributes[..at], &attributes[end..]));
        }
        at = end;
    }
    None
}

/// Where the destination is that is kept apart from the rest; empty where that is none.
fn packed_dst_range(body: &[u8]) -> Range<usize> {
    let dst = dst_range(body).filter(|dst| dst.len() <= ADDRESS);
    dst.unwrap_or(0..0)
}

/// Where a body says the destination: the last value that it gives one; empty, behind the header,
/// where it gives none. `None` where there is no telling, or it is no address.
pub fn dst_range(body: &[u8]) -> Option<Range<usize>> {
    let attributes = body.get(RTMSG..)?;
    if !matches!(i32::from(body[0]), libc::AF_INET | libc::AF_INET6) {
        return None;
    }
    let mut dst_range = RTMSG..RTMSG;
    let mut at = RTMSG;
    for attr in Attrs::new(attributes) {
        let attr = attr.ok()?;
        let length = attr.whole().len();
        if attr.kind == RTA_DST {
            dst_range = at + length - attr.value.len()..at + length;
        }
        at += align(length);
    }
    Some(dst_range)
}
