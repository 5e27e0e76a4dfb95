//! The JSON of each link as it was written last. A link has some eighty fields, of which an event
//! changes few: those are serialized, and the text between them is copied.
//!
//! ```text
//! text   ,"ifindex":7,"ifname":"a","mtu":1500,"txqlen":1000
//!                    ^            ^          ^             ^
//! ends               12           25         36,36         50
//!
//! An event sets `mtu` to 9000 and `x`, which was absent, to 5:
//!
//! text   ,"ifindex":7,"ifname":"a","mtu":9000,"x":5,"txqlen":1000
//!        └──────── copied ───────┘└───new───┘└new─┘└── copied ──┘
//! ends               12           25         36    42            50 + shift 6 = 56
//! ```
//!
//! A buffer per field that is concatenated for every record needs no offsets, but costs 13,654
//! instead of 12,051 instructions a link (100,000 links): the few long copies make the difference.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Error;

use crate::event::fields::{Fields as _, Mask};
use crate::event::link::Link;
use crate::event::{Event, Op, Payload};
use crate::json;

/// Number of cached links, of about 2 KiB each. Further links are serialized completely.
const MAX_LINKS: usize = 4096;
/// Size of the cached text, bytes: with more, from links that no kernel has, the cache begins again.
const MAX_TEXT: usize = 32 << 20;

/// The fields of links as JSON, by network namespace and interface index.
#[derive(Debug, Default)]
pub(super) struct LinkCache {
    written: HashMap<u64, Rendered>,
    /// Size of the text of all links, bytes.
    size: usize,
    /// Buffer in which the next text is built; swapped with that of the link.
    buffer: Vec<u8>,
}

/// The JSON of a link.
#[derive(Debug)]
struct Rendered {
    /// The link that `text` describes. Holding this `Rc` forces copy-on-write, so the value cannot
    /// change.
    link: Rc<Link>,
    /// The fields, each with a comma before it.
    text: Vec<u8>,
    /// Where each field ends in `text`. An absent field ends where it would begin.
    ends: Vec<usize>,
}

impl LinkCache {
    /// Returns the fields of the event's link, each with a comma before it, or `None` if the caller
    /// has to serialize the link.
    ///
    /// # Errors
    /// Never; `Result` is required by serde.
    pub(super) fn fields(
        &mut self,
        event: &Event,
        link: &Rc<Link>,
    ) -> Result<Option<&[u8]>, Error> {
        let key = u64::from(event.netns.0) << 32 | u64::from(link.ifindex);
        if event.op == Op::Delete {
            if let Some(removed) = self.written.remove(&key) {
                self.size -= removed.text.len();
            }
            return Ok(None);
        }
        if self.size > MAX_TEXT {
            (self.size, self.buffer) = (0, Vec::new());
            self.written.clear();
        }
        if self.written.len() >= MAX_LINKS && !self.written.contains_key(&key) {
            return Ok(None);
        }
        let written = self.written.entry(key).or_insert_with(|| Rendered {
            link: link.clone(),
            text: Vec::new(),
            ends: Vec::new(),
        });
        self.size -= written.text.len();
        match &event.change {
            Some(change) if written.is(change.old()) => {
                written.change(link, change.mask(), &mut self.buffer)?;
            }
            _ => written.serialize_all(link)?,
        }
        self.size += written.text.len();
        written.link = link.clone();
        Ok(Some(&written.text))
    }
}

impl Rendered {
    /// Returns true if `text` describes `payload`.
    fn is(&self, payload: &Payload) -> bool {
        matches!(payload, Payload::Link(link) if Rc::ptr_eq(link, &self.link))
    }

    /// Serializes all fields.
    fn serialize_all(&mut self, link: &Link) -> Result<(), Error> {
        self.text.clear();
        self.ends.clear();
        json::append(&mut self.text, |json| {
            let mut fields = json.record_offsets(&mut self.ends);
            link.serialize_fields(Mask::MAX, &mut fields)
        })
    }

    /// Serializes the fields of `mask` and copies the others. `text` is a buffer to reuse.
    fn change(&mut self, link: &Link, mask: Mask, text: &mut Vec<u8>) -> Result<(), Error> {
        text.clear();
        // The next field, where its text begins in the old text, and how far that moves in the new
        // one. The text may move to the left: `shift` is a two's complement difference, hence the
        // wrapping additions.
        let (mut next, mut from, mut shift) = (0, 0, 0);
        let mut rest = mask;
        while rest != 0 {
            let field = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let unchanged = &mut self.ends[next..field];
            let begin = unchanged.last().map_or(from, |end| *end);
            text.extend_from_slice(&self.text[from..begin]);
            for end in unchanged {
                *end = end.wrapping_add(shift);
            }
            json::append(text, |json| {
                link.serialize_fields(1 << field, &mut json.object())
            })?;
            let end = std::mem::replace(&mut self.ends[field], text.len());
            (next, from, shift) = (field + 1, end, text.len().wrapping_sub(end));
        }
        text.extend_from_slice(&self.text[from..]);
        for end in &mut self.ends[next..] {
            *end = end.wrapping_add(shift);
        }
        std::mem::swap(&mut self.text, text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::values::IfName;

    fn link(ifname: &str, mtu: Option<u32>, txqlen: Option<u32>) -> Rc<Link> {
        Rc::new(Link {
            ifindex: 7,
            ifname: IfName::new(ifname.as_bytes()),
            mtu,
            txqlen,
            ..Link::default()
        })
    }

    #[test]
    fn a_changed_link_equals_a_serialized_one() {
        let states = [
            link("a", Some(1500), None),
            link("b", Some(1500), Some(1000)),
            link("long", None, Some(1)),
            link("long", Some(9), Some(1)),
            link("long", Some(9), Some(1)),
            link("", None, None),
            link("a", Some(1500), None),
        ];
        let mut buffer = Vec::new();
        let mut written = Rendered {
            link: states[0].clone(),
            text: Vec::new(),
            ends: Vec::new(),
        };
        written.serialize_all(&states[0]).unwrap();
        for pair in states.windows(2) {
            let mask = pair[1].diff(&pair[0]);
            written.change(&pair[1], mask, &mut buffer).unwrap();
            let (text, ends) = (written.text.clone(), written.ends.clone());
            written.serialize_all(&pair[1]).unwrap();
            assert_eq!((text, ends), (written.text.clone(), written.ends.clone()));
            let expected = serde_json::to_string(&*pair[1]).unwrap();
            let text = String::from_utf8(written.text.clone()).unwrap();
            assert_eq!(format!("{{{}}}", &text[1..]), expected);
        }
    }
}
