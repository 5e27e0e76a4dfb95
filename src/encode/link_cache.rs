//! Links as they were written last. Of a link's eighty fields few change at once: the others are
//! copied, and not written again.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Error;

use crate::event::fields::{Fields as _, Mask};
use crate::event::link::Link;
use crate::event::{Event, Op, Payload};
use crate::json;

/// Links that are remembered; each takes some 2 KiB. Further ones are written whole.
const MAX_LINKS: usize = 4096;

/// The fields of links, by index.
#[derive(Debug, Default)]
pub struct LinkCache {
    written: HashMap<u32, Rendered>,
    /// Where the next text is built.
    room: Vec<u8>,
}

/// A link, written.
#[derive(Debug)]
struct Rendered {
    /// What was written. Nobody alters it as long as it is held here too.
    link: Rc<Link>,
    /// Its fields, each with a comma before it.
    text: Vec<u8>,
    /// Where each of them ends; one that is absent ends where it would begin.
    ends: Vec<usize>,
}

impl LinkCache {
    /// The fields of the event's link, each with a comma before it; `None` where it is to be written
    /// whole.
    ///
    /// # Errors
    /// None: serde's interface has them.
    pub fn fields(&mut self, event: &Event, link: &Rc<Link>) -> Result<Option<&[u8]>, Error> {
        if event.op == Op::Delete {
            self.written.remove(&link.ifindex);
            return Ok(None);
        }
        if self.written.len() >= MAX_LINKS && !self.written.contains_key(&link.ifindex) {
            return Ok(None);
        }
        let written = self
            .written
            .entry(link.ifindex)
            .or_insert_with(|| Rendered {
                link: link.clone(),
                text: Vec::new(),
                ends: Vec::new(),
            });
        match &event.change {
            Some(change) if written.is(change.old()) => {
                written.change(link, change.mask(), &mut self.room)?;
            }
            _ => written.whole(link)?,
        }
        written.link = link.clone();
        Ok(Some(&written.text))
    }
}

impl Rendered {
    fn is(&self, known: &Payload) -> bool {
        matches!(known, Payload::Link(link) if Rc::ptr_eq(link, &self.link))
    }

    /// Writes all fields.
    fn whole(&mut self, link: &Link) -> Result<(), Error> {
        self.text.clear();
        self.ends.clear();
        json::append(&mut self.text, |json| {
            let mut fields = json.record_offsets(&mut self.ends);
            link.serialize_fields(Mask::MAX, &mut fields)
        })
    }

    /// Writes those of `mask`, and copies the others.
    fn change(&mut self, link: &Link, mask: Mask, text: &mut Vec<u8>) -> Result<(), Error> {
        text.clear();
        // The field that comes next, where what was not copied yet begins, and how much further
        // behind it is now.
        let (mut next, mut from, mut shift) = (0, 0, 0);
        let mut rest = mask;
        while rest != 0 {
            let field = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let same = &mut self.ends[next..field];
            let begin = same.last().map_or(from, |end| *end);
            text.extend_from_slice(&self.text[from..begin]);
            for end in same {
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
    fn a_link_that_changes_is_written_as_if_it_was_new() {
        let former = [
            link("a", Some(1500), None),
            link("b", Some(1500), Some(1000)),
            link("long", None, Some(1)),
            link("long", Some(9), Some(1)),
            link("long", Some(9), Some(1)),
            link("", None, None),
            link("a", Some(1500), None),
        ];
        let mut room = Vec::new();
        let mut written = Rendered {
            link: former[0].clone(),
            text: Vec::new(),
            ends: Vec::new(),
        };
        written.whole(&former[0]).unwrap();
        for pair in former.windows(2) {
            let mask = pair[1].diff(&pair[0]);
            written.change(&pair[1], mask, &mut room).unwrap();
            let (text, ends) = (written.text.clone(), written.ends.clone());
            written.whole(&pair[1]).unwrap();
            assert_eq!((text, ends), (written.text.clone(), written.ends.clone()));
            let whole = serde_json::to_string(&*pair[1]).unwrap();
            let text = String::from_utf8(written.text.clone()).unwrap();
            assert_eq!(format!("{{{}}}", &text[1..]), whole);
        }
    }
}
