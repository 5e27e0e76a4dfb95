//! Routes that differ from one that was decoded before in nothing but their destination. Of a full
//! table that is nearly every one: what they have in common is decoded once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;
use std::rc::Rc;

use libc::RTA_DST;

use super::{unspecified, whole};
use crate::decode::cx::Cx;
use crate::event::route::{Common, Destination, Route};
use crate::event::values::Prefix;
use crate::names::Names;
use crate::netlink::attr::{Attrs, align};

/// `struct rtmsg`, linux/rtnetlink.h.
const RTMSG: usize = 12;
/// Its `rtm_dst_len`.
const DST_LEN: usize = 1;

/// Forms that are remembered; each takes some 700 bytes.
const MOST: usize = 1024;

/// The forms of routes, of one run: the names and the wanted parts are always the same.
#[derive(Debug, Default)]
pub struct Forms(RefCell<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The one that was found last: most come many times in a row.
    last: Option<Rc<Form>>,
    /// All of them, by their bytes with zeros for a destination.
    forms: HashMap<Box<[u8]>, Rc<Form>>,
    room: Vec<u8>,
}

/// What the body of a route's message says of all but the destination.
#[derive(Debug)]
struct Form {
    /// A body of this form.
    body: Box<[u8]>,
    /// Where in it the destination is; empty where it says none.
    dst: Range<usize>,
    common: Rc<Common>,
}

impl Forms {
    /// What the body of a known route's message says. Its ages are not in it, nor is, therefore,
    /// anything that a run is asked for apart.
    pub fn of_known(&self, names: &Names, body: &[u8]) -> Option<Route> {
        self.decode(&mut Cx::new(names, false), body)
    }

    /// What a body says; `None` where it is too short.
    pub(super) fn decode(&self, cx: &mut Cx<'_>, body: &[u8]) -> Option<Route> {
        let known = &mut *self.0.borrow_mut();
        if let Some(last) = &known.last
            && last.is_of(body)
        {
            return Some(last.route(body));
        }
        let place = place(body);
        if let Some(place) = &place {
            let room = &mut known.room;
            room.clear();
            room.extend_from_slice(body);
            room[DST_LEN] = 0;
            room[place.clone()].fill(0);
            if let Some(form) = known.forms.get(&room[..]) {
                known.last = Some(form.clone());
                return Some(form.route(body));
            }
        }
        let route = whole(cx, body)?;
        if let Some(dst) = place
            && cx.is_whole()
        {
            let form = Rc::new(Form {
                body: body.into(),
                dst,
                common: route.common.clone(),
            });
            if known.forms.len() >= MOST {
                known.forms.clear();
            }
            known.forms.insert(Box::from(&known.room[..]), form.clone());
            known.last = Some(form);
        }
        Some(route)
    }
}

impl Form {
    /// Does that body differ from this form's in nothing but the destination?
    fn is_of(&self, body: &[u8]) -> bool {
        let Range { start, end } = self.dst;
        let behind = DST_LEN + 1;
        body.len() == self.body.len()
            && body[..DST_LEN] == self.body[..DST_LEN]
            && body[behind..start] == self.body[behind..start]
            && body[end..] == self.body[end..]
    }

    /// The route of a body of this form.
    fn route(&self, body: &[u8]) -> Route {
        let value = &body[self.dst.clone()];
        let address = if let Ok(v4) = <[u8; 4]>::try_from(value) {
            IpAddr::from(v4)
        } else if let Ok(v6) = <[u8; 16]>::try_from(value) {
            IpAddr::from(v6)
        } else {
            unspecified(body[0])
        };
        let length = body[DST_LEN];
        Route {
            dst: Destination::Prefix(Prefix { address, length }),
            dev: None,
            common: self.common.clone(),
        }
    }
}

/// Where a body says the destination: the last value that it gives one; empty, behind the header,
/// where it gives none. `None` where there is no telling, or it is no address.
fn place(body: &[u8]) -> Option<Range<usize>> {
    let attributes = body.get(RTMSG..)?;
    if !matches!(i32::from(body[0]), libc::AF_INET | libc::AF_INET6) {
        return None;
    }
    let mut place = RTMSG..RTMSG;
    let mut at = RTMSG;
    for attr in Attrs::new(attributes) {
        let attr = attr.ok()?;
        let length = attr.whole().len();
        if attr.kind == RTA_DST {
            place = at + length - attr.value.len()..at + length;
        }
        at += align(length);
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(header: [u8; 12], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = header.to_vec();
        for (kind, value) in attributes {
            let length = (4 + value.len()) as u16;
            body.extend_from_slice(&length.to_ne_bytes());
            body.extend_from_slice(&kind.to_ne_bytes());
            body.extend_from_slice(value);
            body.resize(align(body.len()), 0);
        }
        body
    }

    /// Bodies like each other, each of them with every single byte altered, come out of the forms
    /// of those before them as if there had been none.
    #[test]
    fn a_route_is_decoded_as_if_it_was_the_first() {
        const RTA_OIF: u16 = 4;
        const RTA_CACHEINFO: u16 = 12;
        const RTA_TABLE: u16 = 15;
        let of = |family: u8| [family, 24, 0, 0, 254, 4, 253, 1, 0, 0, 0, 0];
        let (table, device) = (254_u32.to_ne_bytes(), 3_u32.to_ne_bytes());
        let (table, device) = ((RTA_TABLE, &table[..]), (RTA_OIF, &device[..]));
        let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let bodies = [
            body(of(2), &[table, (RTA_DST, &[10, 0, 0, 0]), device]),
            body(of(2), &[table, (RTA_DST, &[10, 0, 1, 0]), device]),
            body(of(2), &[table, device]),
            body(
                of(2),
                &[
                    (RTA_DST, &[1, 2, 3, 4]),
                    table,
                    (RTA_DST, &[5, 6, 7, 8]),
                    device,
                ],
            ),
            body(of(2), &[table, (RTA_DST, &[10, 0, 0]), device]),
            body(of(10), &[table, (RTA_DST, &v6), device]),
            body(
                of(10),
                &[table, (RTA_DST, &v6), device, (RTA_CACHEINFO, &[1; 32])],
            ),
            body(of(28), &[(RTA_DST, &[0, 1, 0x41, 0]), device]),
        ];
        let names = Names::builtin();
        let forms = Forms::default();
        let said = |forms: Option<&Forms>, body: &[u8]| {
            let mut cx = Cx::new(&names, true);
            let route = match forms {
                Some(forms) => forms.decode(&mut cx, body),
                None => whole(&mut cx, body),
            };
            (route, cx.take_unparsed())
        };
        let mut shared = 0;
        for original in &bodies {
            for at in 0..original.len() {
                for byte in [0, 1, 5, 28, 0x80, original[at] ^ 1, original[at]] {
                    let mut body = original.clone();
                    body[at] = byte;
                    for body in [&body[..], original, &body[..at]] {
                        let by_form = said(Some(&forms), body);
                        assert_eq!(by_form, said(None, body), "{body:02x?}");
                        let route = by_form.0.as_ref();
                        shared += route.map_or(0, |route| Rc::strong_count(&route.common) - 1);
                    }
                }
            }
        }
        assert!(shared > 1000 && forms.0.borrow().forms.len() <= MOST);
    }
}
