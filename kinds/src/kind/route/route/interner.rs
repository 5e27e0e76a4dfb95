//! Templates of routes: a message that differs from an earlier one in nothing but its destination
//! is not decoded again. In a full table that is nearly every message.
//!
//! ```text
//! body of a message     rtmsg       RTA_TABLE   RTA_DST      RTA_OIF
//!                       02 18 00 …  fe 00 00 00 0a 00 07 00  03 00 00 00
//! mask                  ff 00 ff …  ff ff ff ff 00 00 00 00  ff ff ff ff
//! hash, comparison      of body & mask
//! template              range of the destination, id and value of all other attributes
//! ```
//!
//! This is the interner of [`RouteAttrs`]: the slot of a template is the id of its attributes.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use hashbrown::HashTable;

use super::decode::decode;
use super::packed::{BodyWithoutDst, DST_LEN, PackedPrefix, dst_range};
use super::{Destination, Route, SharedAttrs};
use crate::kind::context::DecodeContext;
use crate::kind::interned::{Id, Interned, MAX_INTERNED};
use crate::names::Names;

/// Length of the bodies of all templates, bytes. A multipath route takes thirty times the length of its
/// body, with what is derived from it; a thousand common routes have 100 KB.
const MAX_BYTES: usize = 512 << 10;

/// Number of masks that are cached, by the length of the body.
const LENGTHS: usize = 16;

/// The templates of one run; its name tables and optional parts never change.
#[derive(Debug, Default)]
pub struct AttrsInterner(RefCell<Templates>);

#[derive(Debug, Default)]
struct Templates {
    /// Slots of the templates, by the hash of the masked body.
    index: HashTable<usize>,
    /// At most [`MAX_INTERNED`], of some 800 bytes each. `None` for a slot that is free.
    templates: Vec<Option<RouteTemplate>>,
    /// The slots in use, that of the oldest template first.
    order: VecDeque<usize>,
    /// The free slots. The one that was freed last is used first, so that what is derived from an
    /// evicted template ([`Column`](crate::kind::interned::Column)) is replaced soon.
    free: Vec<usize>,
    /// Length of the bodies of all templates, bytes.
    bytes: usize,
    /// The mask of the last template by the length of its body. Direct-mapped: a collision evicts
    /// the older mask.
    masks: [Mask; LENGTHS],
}

/// The bits of a body that are not part of its destination, as the 64-bit words of a body: zeros
/// for the destination, ones for everything else.
type Mask = Box<[u64]>;

/// A body without its destination, and its decoded attributes.
#[derive(Debug)]
struct RouteTemplate {
    family: u8,
    /// Length of the body, bytes.
    length: usize,
    /// The 64-bit words of the masked body, each with its mask.
    words: Box<[(u64, u64)]>,
    hash: u64,
    /// Range of the destination's address; empty if the body has none.
    dst: Range<usize>,
    attrs: SharedAttrs,
}

impl AttrsInterner {
    /// Decodes the body of a stored route; `None` if it is too short. A stored body has no
    /// `RTA_CACHEINFO`, so `details` make no difference.
    pub fn decode_stored(
        &self,
        names: &Names,
        dst: PackedPrefix,
        body: &BodyWithoutDst,
    ) -> Option<Route> {
        {
            let templates = &mut *self.0.borrow_mut();
            if let Some(slot) = templates.find(body.bytes()) {
                return Some(templates.template(slot)?.route(dst));
            }
        }
        self.decode_body(names, &body.body(dst))
    }

    /// Decodes a body outside of a message; `None` if it is too short.
    pub fn decode_body(&self, names: &Names, body: &[u8]) -> Option<Route> {
        self.decode(&mut DecodeContext::new(names, false), body)
    }

    /// Decodes the body of a message; `None` if it is too short.
    pub(super) fn decode(&self, context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Route> {
        let templates = &mut *self.0.borrow_mut();
        if let Some(slot) = templates.find(body) {
            let template = templates.template(slot)?;
            return Some(template.route(PackedPrefix::at(&template.dst, body)));
        }
        let mut route = decode(context, body)?;
        // A body with undecoded attributes gets no template: each of its messages has to report
        // them.
        if let Some(dst) = dst_range(body)
            && context.is_fully_decoded()
        {
            templates.intern(body, dst, &mut route.common);
        }
        Some(route)
    }
}

impl Templates {
    /// The slot of the body's template.
    fn find(&mut self, body: &[u8]) -> Option<usize> {
        match self.find_by_length(body) {
            Some(slot) => Some(slot),
            None => self.find_by_dst_range(body),
        }
    }

    /// Assumes that the destination is where the last body of that length has it, which is nearly
    /// always right.
    fn find_by_length(&self, body: &[u8]) -> Option<usize> {
        let hash = hash(body, &self.masks[mask_index(body)]);
        let matches = |slot: &usize| self.template(*slot).is_some_and(|it| it.matches(body));
        self.index.find(hash, matches).copied()
    }

    #[cold]
    fn find_by_dst_range(&mut self, body: &[u8]) -> Option<usize> {
        self.masks[mask_index(body)] = mask(body.len(), &dst_range(body)?);
        self.find_by_length(body)
    }

    #[inline]
    fn template(&self, slot: usize) -> Option<&RouteTemplate> {
        self.templates.get(slot)?.as_ref()
    }

    /// Adds a template of that body, and gives its attributes their id. Evicts the oldest templates
    /// if all slots are in use, or if the bodies are too long together.
    fn intern(&mut self, body: &[u8], dst: Range<usize>, attrs: &mut SharedAttrs) {
        while self.order.len() == MAX_INTERNED || self.bytes + body.len() > MAX_BYTES {
            if !self.evict() {
                // The body is too long by itself.
                return;
            }
        }
        let slot = self.free.pop().unwrap_or(self.templates.len());
        if slot == self.templates.len() {
            self.templates.push(None);
        }
        if let Some(attrs) = Rc::get_mut(attrs) {
            Interned::set_id(attrs, Id::of_slot(slot));
        }
        let template = RouteTemplate::new(body, dst, attrs.clone());
        let hash = template.hash;
        self.bytes += body.len();
        self.templates[slot] = Some(template);
        self.order.push_back(slot);
        let templates = &self.templates;
        let hash_of = |slot: &usize| templates[*slot].as_ref().map_or(0, |it| it.hash);
        self.index.insert_unique(hash, slot, hash_of);
    }

    /// Evicts the oldest template. Returns false if there is none.
    fn evict(&mut self) -> bool {
        let Some(slot) = self.order.pop_front() else {
            return false;
        };
        self.free.push(slot);
        if let Some(evicted) = self.templates[slot].take() {
            self.bytes -= evicted.length;
            let entry = self.index.find_entry(evicted.hash, |other| *other == slot);
            if let Ok(entry) = entry {
                entry.remove();
            }
        }
        true
    }
}

/// The index of the mask of that body's length.
fn mask_index(body: &[u8]) -> usize {
    body.len() / 4 % LENGTHS
}

/// The 64-bit words of a body, and its last eight bytes, which cover the rest if the length is no
/// multiple of 8.
fn words(body: &[u8]) -> (impl Iterator<Item = u64>, u64) {
    let word = |eight: &[u8; 8]| u64::from_ne_bytes(*eight);
    let (eights, _) = body.as_chunks();
    (eights.iter().map(word), body.last_chunk().map_or(0, word))
}

fn all_words(body: &[u8]) -> Box<[u64]> {
    let (words, last) = words(body);
    words.chain([last]).collect()
}

/// The hash of the masked body.
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

/// The mask of bodies of that length with the destination in that range.
fn mask(length: usize, dst: &Range<usize>) -> Mask {
    let mut mask = vec![!0; length];
    clear_dst(&mut mask, dst);
    all_words(&mask)
}

/// Writes zeros over the destination of a body.
fn clear_dst(body: &mut [u8], dst: &Range<usize>) {
    body[DST_LEN] = 0;
    body[dst.clone()].fill(0);
}

impl RouteTemplate {
    /// The template of a body that has the destination in that range.
    fn new(body: &[u8], dst: Range<usize>, attrs: SharedAttrs) -> Self {
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
            attrs,
        }
    }

    /// Returns true if the body differs from the template's in nothing but the destination.
    fn matches(&self, body: &[u8]) -> bool {
        let Some(((own_last, last_mask), pairs)) = self.words.split_last() else {
            return false;
        };
        let (words, last) = words(body);
        // Without a branch for each word: nearly all bodies with the same hash are equal.
        let differ = |bits, (word, (own, mask)): (u64, &(u64, u64))| bits | word & mask ^ own;
        let bits = words.zip(pairs).fold(last & last_mask ^ own_last, differ);
        body.len() == self.length && bits == 0
    }

    /// The route to that destination.
    fn route(&self, dst: PackedPrefix) -> Route {
        Route {
            dst: Destination::Prefix(dst.prefix(self.family, self.dst.len())),
            common: self.attrs.clone(),
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

    /// Each body is decoded with every single byte modified, next to templates of similar bodies.
    #[test]
    fn decoding_by_template_equals_full_decoding() {
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
        let templates = AttrsInterner::default();
        let decode = |templates: Option<&AttrsInterner>, body: &[u8]| {
            let mut context = DecodeContext::new(&names, true);
            let route = match templates {
                Some(templates) => templates.decode(&mut context, body),
                None => decode(&mut context, body),
            };
            (route, context.take_unparsed())
        };
        // The stored parts decode to the same route, except for `RTA_CACHEINFO`.
        let check_stored = |templates: &AttrsInterner, body: &[u8]| {
            let (dst, stored) = (PackedPrefix::of(body), BodyWithoutDst::of(body));
            let mut plain = DecodeContext::new(&names, false);
            assert_eq!(
                templates.decode_stored(&names, dst, &stored),
                super::decode(&mut plain, &stored.body(dst)),
                "{body:02x?}"
            );
            if stored.bytes().len() == body.len() {
                assert_eq!(stored.body(dst), body);
            }
        };
        let mut shared = 0;
        for original in &bodies {
            for at in 0..original.len() {
                for byte in [0, 1, 5, 28, 0x80, original[at] ^ 1, original[at]] {
                    let mut body = original.clone();
                    body[at] = byte;
                    for body in [&body[..], original, &body[..at]] {
                        let by_template = decode(Some(&templates), body);
                        assert_eq!(by_template, decode(None, body), "{body:02x?}");
                        check_stored(&templates, body);
                        let route = by_template.0.as_ref();
                        shared += route.map_or(0, |route| Rc::strong_count(&route.common) - 1);
                    }
                }
            }
        }
        assert!(shared > 1000);
    }

    /// Twice as many attribute sets as there are slots: each route keeps its own attributes, and the
    /// index holds the templates in the slots only.
    #[test]
    fn oldest_template_is_evicted_when_all_slots_are_in_use() {
        const RTA_PRIORITY: u16 = 6;
        let names = Names::builtin();
        let templates = AttrsInterner::default();
        let route = |metric: u32| {
            let header = [2, 24, 0, 0, 254, 4, 253, 1, 0, 0, 0, 0];
            let metric = metric.to_ne_bytes();
            let body = body(
                header,
                &[(RTA_DST, &[10, 0, 0, 0]), (RTA_PRIORITY, &metric)],
            );
            templates.decode_body(&names, &body).unwrap()
        };
        for metric in 0..2 * MAX_INTERNED as u32 {
            assert_eq!(route(metric).metric, Some(metric));
            assert_eq!(route(metric / 2).metric, Some(metric / 2));
        }
        let last = route(5);
        assert!(Rc::ptr_eq(&last.common, &route(5).common));
        let templates = templates.0.borrow();
        assert_eq!(templates.templates.len(), MAX_INTERNED);
        assert_eq!(templates.index.len(), MAX_INTERNED);
        for slot in 0..MAX_INTERNED {
            let template = templates.template(slot).unwrap();
            assert_eq!(template.attrs.id(), Id::of_slot(slot));
        }
    }

    /// Bodies of all lengths, among them some that are longer than all templates may be together.
    #[test]
    fn templates_are_limited_in_bytes() {
        const RTA_METRICS: u16 = 8;
        let names = Names::builtin();
        let templates = AttrsInterner::default();
        let header = [2, 24, 0, 0, 254, 4, 253, 1, 0, 0, 0, 0];
        for number in 0..5000_u32 {
            let metrics = number
                .to_ne_bytes()
                .repeat(1 + number as usize * 7919 % 4000);
            let metrics = &[&[0xff, 0xff, 0, 0], &metrics[..]].concat()[..];
            let long = vec![(RTA_METRICS, metrics); 1 + number as usize / 100 % 50];
            let body = body(
                header,
                &[&[(RTA_DST, &[10, 0, 0, 0][..])], &long[..]].concat(),
            );
            let mut attrs = SharedAttrs::new(Interned::from(super::super::RouteAttrs::default()));
            let templates = &mut *templates.0.borrow_mut();
            templates.intern(&body, dst_range(&body).unwrap(), &mut attrs);
            let used = templates.templates.iter().flatten();
            assert_eq!(
                used.clone().map(|it| it.length).sum::<usize>(),
                templates.bytes
            );
            assert_eq!(used.count(), templates.index.len());
            assert!(templates.bytes <= MAX_BYTES);
            assert_eq!(templates.find(&body).is_some(), body.len() <= MAX_BYTES);
        }
        assert!(templates.decode_body(&names, &header).is_some());
    }
}
