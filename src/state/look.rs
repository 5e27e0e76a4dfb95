//! A look at the kernel's own list of one kind's objects, while its events go on: what an event
//! told wins over a row, and an object is gone only when two clean looks in a row missed it.

use std::collections::HashSet;

use super::key::{Key, key};
use super::table::Known as _;
use super::{Links, Meaning, State, op_of, silent};
use crate::decode::{Decoded, Verb};
use crate::event::kinds::Inline;
use crate::event::{Change, Kind, Op, Origin, Payload};
use crate::netlink::frame::Message;

/// A look that is under way.
#[derive(Debug)]
pub struct Look {
    pub kind: Kind,
    pub origin: Origin,
    /// An event told of an object of the kind since it began: rows may be missing.
    touched: bool,
    /// The objects that events told of.
    raced: HashSet<Key>,
}

impl Look {
    /// An event told of that object.
    pub fn raced(&mut self, key: Key) {
        self.touched = true;
        self.raced.insert(key);
    }
}

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The rows were all there was.
    pub clean: bool,
    /// Objects that it missed, and that may still be there.
    pub missing: usize,
}

impl State {
    /// Begins a look at a kind.
    pub fn look(&mut self, kind: Kind, origin: Origin) {
        self.look = Some(Look {
            kind,
            origin,
            touched: false,
            raced: HashSet::new(),
        });
    }

    /// The look that is under way: its kind, and why.
    pub fn looking(&self) -> Option<(Kind, Origin)> {
        self.look.as_ref().map(|look| (look.kind, look.origin))
    }

    /// Why there is a look under way. Without one rows are those of a snapshot.
    pub fn origin(&self) -> Origin {
        self.look
            .as_ref()
            .map_or(Origin::Snapshot, |look| look.origin)
    }

    /// Takes a row of the look. Returns what it says beyond what was known; of devices nothing
    /// yet, see [`State::look_over`].
    pub fn row(&mut self, decoded: Decoded, message: &Message<'_>) -> Option<Meaning> {
        let Decoded { verb, mut payload } = decoded;
        let kind = payload.kind();
        let look = self.look.as_ref();
        // What no decoder knows is told where everything is.
        if verb == Verb::Notify && self.origin() == Origin::Snapshot {
            return Some(Meaning {
                op: Op::Present,
                payload,
                change: None,
            });
        }
        if look.is_some_and(|look| look.kind != kind) || !self.tracked.contains(kind) {
            return None;
        }
        if kind != Kind::Route {
            self.name_devices(&mut payload);
        }
        let raced = |key: Key| look.is_some_and(|look| look.raced.contains(&key));
        let (op, key, old) = match &mut payload {
            Payload::Link(link) => {
                if !raced(super::links::key(link.ifindex)) {
                    self.links.row(verb, link);
                }
                return None;
            }
            Payload::Route(route) => {
                let route = Inline::make_mut(route);
                let told = self.routes.row(route, message.body, raced, &self.names)?;
                (told.op, told.key, told.old.map(Payload::from))
            }
            _ => {
                let key = key(&payload)?;
                if raced(key) || !matches!(verb, Verb::New | Verb::Part) {
                    return None;
                }
                let objects = self.objects.entry(kind).or_default();
                if let Some(known) = objects.get_mut(key) {
                    // A device's other name is the device's change; but its first is news.
                    let nameless = Links::is_nameless(&mut known.payload);
                    if !nameless {
                        self.links.name_devices(&mut known.payload);
                    }
                    payload.settle(&known.payload);
                    let mut mark = known.mark();
                    mark.see();
                    known.set_mark(mark);
                    if payload == known.payload {
                        return None;
                    }
                }
                let old = objects.tell(key, &payload, true);
                (op_of(verb, old.is_some()), key, old)
            }
        };
        if self.name_devices(&mut payload) {
            self.note_nameless(kind, key);
        }
        let change = old.map(|old| self.change(&payload, old));
        let meaning = Meaning {
            op: self.op_of_row(op),
            payload,
            change,
        };
        self.doubt_after_row(kind, self.origin(), &meaning);
        Some(meaning)
    }

    /// What a look found may be the end of something that still goes on: an address joins its
    /// groups when it has been there for a while.
    fn doubt_after_row(&mut self, looked_at: Kind, origin: Origin, meaning: &Meaning) {
        if origin != Origin::Snapshot {
            let change = meaning.change.as_ref();
            let mut kinds = silent::after(meaning.op, &meaning.payload, change);
            // Of that kind the look finds everything itself.
            kinds.remove(looked_at);
            self.doubtful = self.doubtful.or(kinds);
        }
    }

    fn op_of_row(&self, op: Op) -> Op {
        match op {
            Op::Add if self.origin() == Origin::Snapshot => Op::Present,
            op => op,
        }
    }

    /// The look is over; `whole`: the kernel had nothing more to say. Returns what came of it, and
    /// what is to be told: devices, and objects that are gone.
    pub fn look_over(&mut self, whole: bool) -> (Verdict, Vec<Meaning>) {
        let Some(look) = self.look.take() else {
            return (
                Verdict {
                    clean: false,
                    missing: 0,
                },
                Vec::new(),
            );
        };
        let clean = whole && !look.touched;
        let mut told = Vec::new();
        let (missing, gone) = match look.kind {
            Kind::Link => {
                told = self.looked_at_links(look.origin);
                let (missing, gone) = self.links.look_over(clean);
                (
                    missing,
                    gone.into_iter().map(Payload::Link).collect::<Vec<_>>(),
                )
            }
            Kind::Route => {
                let (missing, gone) = self.routes.look_over(clean, &self.names);
                (missing, gone)
            }
            kind => match self.objects.get_mut(&kind) {
                Some(objects) => {
                    let (missing, gone) = objects.look_over(clean);
                    (missing, gone.into_iter().map(|it| it.payload).collect())
                }
                None => (0, Vec::new()),
            },
        };
        for mut payload in gone {
            self.name_devices(&mut payload);
            told.push(Meaning {
                op: Op::Delete,
                payload,
                change: None,
            });
        }
        for meaning in &told {
            self.doubt_after_row(look.kind, look.origin, meaning);
        }
        if clean {
            self.complete.insert(look.kind);
        }
        (Verdict { clean, missing }, told)
    }

    /// What the rows of devices say, now that every device has its name, and its part of a bridge.
    pub fn looked_at_links(&mut self, origin: Origin) -> Vec<Meaning> {
        let mut told = Vec::new();
        for (ifindex, before) in self.links.take_rows() {
            let Some(link) = self.links.get(ifindex) else {
                continue;
            };
            let mut payload = Payload::Link(link.clone());
            self.name_devices(&mut payload);
            if let Payload::Link(named) = &payload {
                self.links.rename(named.clone());
            }
            if before.is_none() {
                self.device_is_known();
            }
            let op = match (&before, origin) {
                (Some(_), _) => Op::Change,
                (None, Origin::Snapshot) => Op::Present,
                (None, _) => Op::Add,
            };
            let change = before.map(|old| Change::between(&payload, Payload::Link(old)));
            if change.as_ref().is_none_or(|change| !change.is_empty()) {
                told.push(Meaning {
                    op,
                    payload,
                    change,
                });
            }
        }
        told
    }
}
