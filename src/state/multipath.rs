//! Removal of one next hop from the body of a multipath route's message. The kernel reports it as the
//! deletion of a route with that next hop only.

use crate::event::route::RTMSG;
use crate::event::route::Route;
use crate::netlink::attr::{Attrs, align};

// linux/rtnetlink.h
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
pub(super) const RTA_MULTIPATH: u16 = 9;
/// `struct rtnexthop`: length (u16), flags (u8), hops (u8), ifindex (u32).
const RTNEXTHOP: usize = 8;

/// Returns true if the body of a route's message has several next hops.
pub(super) fn has_nexthops(body: &[u8]) -> bool {
    let attributes = Attrs::new(body.get(RTMSG..).unwrap_or_default());
    attributes.flatten().any(|attr| attr.kind == RTA_MULTIPATH)
}

/// The multipath route `body` without the next hop of the route `deleted`. `None` if `body` has no
/// such next hop, or no other.
pub(super) fn remove_nexthop(body: &[u8], deleted: &Route) -> Option<Vec<u8>> {
    let (header, attributes) = body.split_at_checked(RTMSG)?;
    let attr = Attrs::new(attributes)
        .flatten()
        .find(|attr| attr.kind == RTA_MULTIPATH)?;
    let all = nexthops(attr.value);
    let is_deleted = |nexthop: &&[u8]| {
        let mut attributes = Attrs::new(&nexthop[RTNEXTHOP..]).flatten();
        let gateway = attributes.find(|attr| attr.kind == RTA_GATEWAY);
        deleted.ifindex == Some(ifindex(nexthop))
            && gateway.and_then(|attr| attr.ip().ok()) == deleted.gateway
    };
    let at = all.iter().position(is_deleted)?;
    let mut remaining = all.clone();
    remaining.remove(at);

    let mut out = header.to_vec();
    for (attr, bytes) in Attrs::new(attributes).with_bytes() {
        if attr.kind != RTA_MULTIPATH {
            push(&mut out, bytes);
        }
    }
    match remaining[..] {
        [] => return None,
        // With one next hop remaining, fold it back into the route.
        [nexthop] => {
            let flags: [u8; 4] = [out[8], out[9], out[10], out[11]];
            let flags = u32::from_ne_bytes(flags) | u32::from(nexthop[2]);
            out[8..RTMSG].copy_from_slice(&flags.to_ne_bytes());
            for (_, bytes) in Attrs::new(&nexthop[RTNEXTHOP..]).with_bytes() {
                push(&mut out, bytes);
            }
            push(
                &mut out,
                &attribute(RTA_OIF, &ifindex(nexthop).to_ne_bytes()),
            );
        }
        _ => push(&mut out, &attribute(RTA_MULTIPATH, &remaining.concat())),
    }
    Some(out)
}

/// Each `struct rtnexthop` with its attributes and padding.
pub(super) fn nexthops(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut multipath = Vec::new();
    while let Some([a, b, ..]) = rest.first_chunk::<RTNEXTHOP>() {
        let length = usize::from(u16::from_ne_bytes([*a, *b]));
        if length < RTNEXTHOP || length > rest.len() {
            break;
        }
        let (nexthop, others) = rest.split_at(align(length).min(rest.len()));
        multipath.push(nexthop);
        rest = others;
    }
    multipath
}

fn ifindex(nexthop: &[u8]) -> u32 {
    u32::from_ne_bytes([nexthop[4], nexthop[5], nexthop[6], nexthop[7]])
}

/// Appends an attribute, padded.
fn push(out: &mut Vec<u8>, attribute: &[u8]) {
    out.extend_from_slice(attribute);
    out.resize(out.len() + (align(attribute.len()) - attribute.len()), 0);
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = (4 + value.len()) as u16;
    [&length.to_ne_bytes(), &kind.to_ne_bytes(), value].concat()
}
