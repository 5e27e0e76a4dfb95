//! Routes that differ from one that was decoded before in nothing but their destination. Of a full
//! table that is nearly every one: what they have in common is decoded, and kept, once.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use hashbrown::HashTable;

use super::packed::{BodyWithoutDst, DST_LEN, PackedPrefix, dst_range};
use super::whole;
use crate::decode::context::DecodeContext;
use crate::event::route::{Destination, Route, RouteAttrs};
use crate::names::Names;

/// Forms that are remembered; each takes some 800 bytes.
const MAX_TEMPLATES: usize = 1024;
/// Lengths of bodies whose masks are remembered.
const LENGTHS: usize = 16;

/// The forms of routes, of one run: the names and the wanted parts are always the same.
#[derive(Debug, Default)]
pub struct TemplateCache(RefCell<Known>);

#[derive(Debug, Default)]
struct Known {
    templates: HashTable<Rc<RouteTemplate>>,
    /// The last one of each length. Of two lengths that want the same place the later has it.
    masks: [Mask; LENGTHS],
}

/// Which bits of a body are no part of its destination: the words of a body that has zeros there
/// and ones all else.
type Mask = Box<[u64]>;

/// What the body of a route's message says of all but the destination.
#[derive(Debug)]
struct RouteTemplate {
    family: u8,
    /// Of a body, bytes.
    length: usize,
    /// The words of a body with zeros for its destination, and those of its mask.
    words: Box<[(u64, u64)]>,
    hash: u64,
    /// Where the destination is; empty where it says none.
    dst: Range<usize>,
    common: Rc<RouteAttrs>,
    /// What is kept of the body of a known route.
    rest: Rc<BodyWithoutDst>,
}

impl TemplateCache {
    /// What is kept of the body of a route's message.
    pub fn pack(&self, body: &[u8]) -> (PackedPrefix, Rc<BodyWithoutDst>) {
        match self.0.borrow_mut().find(body) {
            Some(form) => (form.own(body), form.rest.clone()),
            None => (PackedPrefix::of(body), Rc::new(BodyWithoutDst::of(body))),
        }
    }

    /// What the body of a known route's message says. Its ages are not in it, nor is, therefore,
    /// anything that a run is asked for apart.
    pub fn decode_stored(
        &self,
        names: &Names,
        own: PackedPrefix,
        rest: &BodyWithoutDst,
    ) -> Option<Route> {
        if let Some(form) = self.0.borrow_mut().find(rest.bytes()) {
            return Some(form.route(own));
        }
        self.decode(&mut DecodeContext::new(names, false), &rest.body(own))
    }

    /// What a body says; `None` where it is too short.
    pub(super) fn decode(&self, context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Route> {
        let known = &mut *self.0.borrow_mut();
        if let Some(form) = known.find(body) {
            return Some(form.route(form.own(body)));
        }
        let route = whole(context, body)?;
        if let Some(dst) = dst_range(body)
            && context.is_fully_decoded()
        {
            known.remember(RouteTemplate::new(body, dst, route.common.clone()));
        }
        Some(route)
    }
}

impl Known {
    /// The form of a body.
    fn find(&mut self, body: &[u8]) -> Option<Rc<RouteTemplate>> {
        match self.find_by_length(body) {
            Some(form) => Some(form),
            None => self.find_by_dst_range(body),
        }
    }

    /// Nearly always its destination is where it was in the last one of that length.
    fn find_by_length(&self, body: &[u8]) -> Option<Rc<RouteTemplate>> {
        let hash = hash(body, &self.masks[length(body)]);
        self.templates.find(hash, |form| form.is_of(body)).cloned()
    }

    #[cold]
    fn find_by_dst_range(&mut self, body: &[u8]) -> Option<Rc<RouteTemplate>> {
        self.masks[length(body)] = mask(body.len(), &dst_range(body)?);
        self.find_by_length(body)
    }

    fn remember(&mut self, form: RouteTemplate) {
        if self.templates.len() >= MAX_TEMPLATES {
            self.templates.clear();
        }
        let hash = |form: &Rc<RouteTemplate>| form.hash;
        self.templates.insert_unique(form.hash, Rc::new(form), hash);
    }
}

/// Where the mask of bodies of that length is remembered.
fn length(body: &[u8]) -> usize {
    body.len() / 4 % LENGTHS
}

/// The words of a body, and its last eight bytes, which are no whole word.
fn words(body: &[u8]) -> (impl Iterator<Item = u64>, u64) {
    let word = |eight: &[u8; 8]| u64::from_ne_bytes(*eight);
    let (eights, _) = body.as_chunks();
    (eights.iter().map(word), body.last_chunk().map_or(0, word))
}

fn all_words(body: &[u8]) -> Box<[u64]> {
    let (words, last) = words(body);
    words.chain([last]).collect()
}

/// The body without its destination, hashed.
fn hash(body: &[u8], mask: &[u64]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, (word, mask): (u64, &u64)| (hash ^ word & mask).wrapping_mul(ODD);
    let Some((last_mask, masks)) = mask.split_last() else {
        return 0;
    };
    let (words, last) = words(body);
    let hash = words.zip(masks).fold(mix(0, (last, last_mask)), mix);
    hash ^ hash >> 32
}

/// The mask of bodies of that length with that destination.
fn mask(length: usize, dst: &Range<usize>) -> Mask {
    let mut mask = vec![!0; length];
    clear_dst(&mut mask, dst);
    all_words(&mask)
}

/// Zeros for the destination of a body.
fn clear_dst(body: &mut [u8], dst: &Range<usize>) {
    body[DST_LEN] = 0;
    body[dst.clone()].fill(0);
}

impl RouteTemplate {
    /// Of a body that has the destination there.
    fn new(body: &[u8], dst: Range<usize>, common: Rc<RouteAttrs>) -> Self {
        let mask = mask(body.len(), &dst);
        let hash = hash(body, &mask);
        let mut blanked = body.to_vec();
        clear_dst(&mut blanked, &dst);
        RouteTemplate {
            family: body[0],
            length: body.len(),
            words: all_words(&blanked).into_iter().zip(mask).collect(),
            hash,
            dst,
            common,
            rest: Rc::new(BodyWithoutDst::of(body)),
        }
    }

    /// Does that body differ from this form's in nothing but the destination?
    fn is_of(&self, body: &[u8]) -> bool {
        let Some(((own_last, last_mask), pairs)) = self.words.split_last() else {
            return false;
        };
        let (words, last) = words(body);
        // Without a branch for each word: most are the same to the end.
        let odd = |odd, (word, (own, mask)): (u64, &(u64, u64))| odd | word & mask ^ own;
        let odd = words.zip(pairs).fold(last & last_mask ^ own_last, odd);
        body.len() == self.length && odd == 0
    }

    /// What a body of this form has of its own.
    fn own(&self, body: &[u8]) -> PackedPrefix {
        PackedPrefix::at(&self.dst, body)
    }

    /// The route of a body of this form.
    fn route(&self, own: PackedPrefix) -> Route {
        Route {
            dst: Destination::Prefix(own.prefix(self.family, self.dst.len())),
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
        let templates = TemplateCache::default();
        let said = |templates: Option<&TemplateCache>, body: &[u8]| {
            let mut context = DecodeContext::new(&names, true);
            let route = match templates {
                Some(templates) => templates.decode(&mut context, body),
                None => whole(&mut context, body),
            };
            (route, context.take_unparsed())
        };
        // What is kept of it says the same, but for its ages.
        let kept = |templates: &TemplateCache, body: &[u8]| {
            let (own, rest) = templates.pack(body);
            let mut plain = DecodeContext::new(&names, false);
            let without = whole(&mut plain, &rest.body(own));
            assert_eq!(
                templates.decode_stored(&names, own, &rest),
                without,
                "{body:02x?}"
            );
            if rest.bytes().len() == body.len() {
                assert_eq!(rest.body(own), body);
            }
            assert_eq!(
                (own, &*rest),
                (PackedPrefix::of(body), &BodyWithoutDst::of(body))
            );
        };
        let mut shared = 0;
        for original in &bodies {
            for at in 0..original.len() {
                for byte in [0, 1, 5, 28, 0x80, original[at] ^ 1, original[at]] {
                    let mut body = original.clone();
                    body[at] = byte;
                    for body in [&body[..], original, &body[..at]] {
                        let by_form = said(Some(&templates), body);
                        assert_eq!(by_form, said(None, body), "{body:02x?}");
                        kept(&templates, body);
                        let route = by_form.0.as_ref();
                        shared += route.map_or(0, |route| Rc::strong_count(&route.common) - 1);
                    }
                }
            }
        }
        assert!(shared > 1000 && templates.0.borrow().templates.len() <= MAX_TEMPLATES);
    }
}
