//! Routes that differ from one that was decoded before in nothing but their destination. Of a full
//! table that is nearly every one: what they have in common is decoded, and kept, once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::rest::{DST_LEN, Own, Rest, place};
use super::whole;
use crate::decode::cx::Cx;
use crate::event::route::{Common, Destination, Route};
use crate::names::Names;

/// Forms that are remembered; each takes some 800 bytes.
const MOST: usize = 1024;
/// Forms that are tried before all others: most come many times in a row, or in turns.
const RECENT: usize = 8;

/// The forms of routes, of one run: the names and the wanted parts are always the same.
#[derive(Debug, Default)]
pub struct Forms(RefCell<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Those that were found last.
    recent: Vec<Rc<Form>>,
    /// All of them, by their bytes with zeros for a destination.
    forms: HashMap<Box<[u8]>, Rc<Form>>,
    room: Vec<u8>,
}

/// What the body of a route's message says of all but the destination.
#[derive(Debug)]
struct Form {
    /// A body of this form, with zeros for its destination.
    body: Box<[u8]>,
    /// Zeros where the destination is, else ones.
    mask: Box<[u8]>,
    /// Where the destination is; empty where it says none.
    dst: Range<usize>,
    common: Rc<Common>,
    /// What is kept of the body of a known route.
    rest: Rc<Rest>,
}

impl Forms {
    /// What is kept of the body of a route's message.
    pub fn keep(&self, body: &[u8]) -> (Own, Rc<Rest>) {
        match self.0.borrow_mut().find(body) {
            Some(form) => (form.own(body), form.rest.clone()),
            None => (Own::of(body), Rc::new(Rest::of(body))),
        }
    }

    /// What the body of a known route's message says. Its ages are not in it, nor is, therefore,
    /// anything that a run is asked for apart.
    pub fn of_known(&self, names: &Names, own: Own, rest: &Rc<Rest>) -> Option<Route> {
        let is_it = |form: &&Rc<Form>| Rc::ptr_eq(&form.rest, rest) && form.is_ageless();
        if let Some(form) = self.0.borrow().recent.iter().find(is_it) {
            return Some(form.route(own));
        }
        self.decode(&mut Cx::new(names, false), &rest.body(own))
    }

    /// What a body says; `None` where it is too short.
    pub(super) fn decode(&self, cx: &mut Cx<'_>, body: &[u8]) -> Option<Route> {
        let known = &mut *self.0.borrow_mut();
        if let Some(form) = known.find(body) {
            return Some(form.route(form.own(body)));
        }
        let route = whole(cx, body)?;
        if let Some(dst) = place(body)
            && cx.is_whole()
        {
            let (mut blanked, mut mask) = (body.to_vec(), vec![!0; body.len()]);
            blank(&mut blanked, &dst);
            blank(&mut mask, &dst);
            known.remember(Form {
                body: blanked.into(),
                mask: mask.into(),
                dst,
                common: route.common.clone(),
                rest: Rc::new(Rest::of(body)),
            });
        }
        Some(route)
    }
}

impl Known {
    fn find(&mut self, body: &[u8]) -> Option<&Form> {
        if let Some(at) = self.recent.iter().position(|form| form.is_of(body)) {
            self.recent.swap(0, at);
        } else {
            self.room.clear();
            self.room.extend_from_slice(body);
            blank(&mut self.room, &place(body)?);
            let form = self.forms.get(&self.room[..])?.clone();
            self.found(form);
        }
        self.recent.first().map(|form| &**form)
    }

    fn found(&mut self, form: Rc<Form>) {
        self.recent.truncate(RECENT - 1);
        self.recent.push(form);
        let last = self.recent.len() - 1;
        self.recent.swap(0, last);
    }

    fn remember(&mut self, form: Form) {
        if self.forms.len() >= MOST {
            self.forms.clear();
        }
        let form = Rc::new(form);
        self.forms.insert(form.body.clone(), form.clone());
        self.found(form);
    }
}

/// Zeros for the destination of a body.
fn blank(body: &mut [u8], dst: &Range<usize>) {
    body[DST_LEN] = 0;
    body[dst.clone()].fill(0);
}

impl Form {
    /// Does that body differ from this form's in nothing but the destination?
    fn is_of(&self, body: &[u8]) -> bool {
        // Without a branch for each byte: most are the same to the end.
        let same = |(body, (own, mask)): (&u8, (&u8, &u8))| body & mask ^ own;
        let bytes = body.iter().zip(self.body.iter().zip(&*self.mask));
        body.len() == self.body.len() && bytes.map(same).fold(0, |all, it| all | it) == 0
    }

    fn is_ageless(&self) -> bool {
        self.rest.bytes().len() == self.body.len()
    }

    /// What a body of this form has of its own.
    fn own(&self, body: &[u8]) -> Own {
        Own::at(&self.dst, body)
    }

    /// The route of a body of this form.
    fn route(&self, own: Own) -> Route {
        Route {
            dst: Destination::Prefix(own.prefix(self.body[0], self.dst.len())),
            dev: None,
            common: self.common.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use libc::RTA_DST;

    use super::*;
    use crate::netlink::attr::align;

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
        // What is kept of it says the same, but for its ages.
        let kept = |forms: &Forms, body: &[u8]| {
            let (own, rest) = forms.keep(body);
            let mut plain = Cx::new(&names, false);
            let without = whole(&mut plain, &rest.body(own));
            assert_eq!(forms.of_known(&names, own, &rest), without, "{body:02x?}");
            if rest.bytes().len() == body.len() {
                assert_eq!(rest.body(own), body);
            }
            assert_eq!((own, &*rest), (Own::of(body), &Rest::of(body)));
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
                        kept(&forms, body);
                        let route = by_form.0.as_ref();
                        shared += route.map_or(0, |route| Rc::strong_count(&route.common) - 1);
                    }
                }
            }
        }
        assert!(shared > 1000 && forms.0.borrow().forms.len() <= MOST);
    }
}
