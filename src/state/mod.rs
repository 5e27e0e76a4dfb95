//! What is known: the devices and the last known object of each tracked kind. It makes a
//! message's meaning whole (`op`, device names, `changed` and `old`), and tells a look at the
//! kernel's own list from what is known.

mod key;
mod legs;
mod links;
mod look;
mod objects;
mod pile;
mod routes;
mod silent;
mod table;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::decode::route::Forms;
use crate::decode::{Decoded, Verb};
use crate::event::kind_set::KindSet;
use crate::event::kinds::Inline;
use crate::event::{Change, Event, Kind, Op, Payload};
use crate::names::Names;
use crate::netlink::frame::Message;
pub use key::Key;
use links::Links;
use look::Look;
pub use look::Verdict;
use objects::Objects;
use routes::Routes;

/// The key of an object; `None` for a message, which is no state.
pub fn key(payload: &Payload) -> Option<Key> {
    match payload {
        Payload::Link(link) => Some(links::key(link.ifindex)),
        _ => key::key(payload),
    }
}

/// What a message means, given what was known.
#[derive(Debug)]
pub struct Meaning {
    pub op: Op,
    pub payload: Payload,
    pub change: Option<Change>,
}

/// The last known objects of one network namespace.
#[derive(Debug)]
pub struct State {
    names: Names,
    links: Links,
    routes: Routes,
    objects: BTreeMap<Kind, Objects>,
    /// The kinds whose objects are remembered.
    tracked: KindSet,
    /// The kinds of which what is not known does not exist.
    complete: KindSet,
    look: Option<Look>,
    /// The kinds that may have changed without a word.
    doubtful: KindSet,
    /// The kinds of which something was told without the name of a device.
    nameless: KindSet,
}

impl State {
    /// Nothing is known yet. Only objects of the `tracked` kinds will be remembered, and devices,
    /// which the others need.
    pub fn new(names: Names, mut tracked: KindSet) -> Self {
        tracked.insert(Kind::Link);
        State {
            names,
            links: Links::default(),
            routes: Routes::default(),
            objects: BTreeMap::new(),
            tracked,
            complete: KindSet::EMPTY,
            look: None,
            doubtful: KindSet::EMPTY,
            nameless: KindSet::EMPTY,
        }
    }

    /// The names of tables, protocols and the like.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What was decoded of routes.
    pub fn forms(&self) -> &Forms {
        self.routes.forms()
    }

    /// Everything that exists has been told.
    pub fn complete(&mut self) {
        self.complete = KindSet::of(Kind::ALL);
    }

    /// The tracked kinds that may have changed without a word since this was last asked.
    pub fn take_doubtful(&mut self) -> KindSet {
        std::mem::take(&mut self.doubtful).and(self.tracked)
    }

    /// Number of known objects of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Link => self.links.len(),
            Kind::Route => self.routes.len(),
            _ => self.objects.get(&kind).map_or(0, Objects::len),
        }
    }

    /// The known object of that kind and key.
    pub fn object(&self, kind: Kind, key: Key) -> Option<Payload> {
        let mut payload = match kind {
            Kind::Link => Payload::Link(self.links.by_key(key)?.clone()),
            Kind::Route => self.routes.get(key, &self.names)?.into(),
            _ => self.objects.get(&kind)?.get(key)?.payload.clone(),
        };
        self.name_devices(&mut payload);
        Some(payload)
    }

    /// What identifies the object that an event is about, if it is one that is remembered: what
    /// [`State::event`] is to be given. Of the siblings of an IPv4 route it is the first.
    pub fn key(&self, decoded: &Decoded) -> Option<Key> {
        let remembered =
            decoded.verb != Verb::Notify && self.tracked.contains(decoded.payload.kind());
        match &decoded.payload {
            _ if !remembered => None,
            Payload::Route(route) => Some(self.routes.key(route)),
            payload => key(payload),
        }
    }

    /// Brings what is known of an object near.
    pub fn fetch(&self, kind: Kind, key: Key) {
        match kind {
            Kind::Link => {}
            Kind::Route => self.routes.fetch(key),
            _ => {
                if let Some(objects) = self.objects.get(&kind) {
                    objects.fetch(key);
                }
            }
        }
    }

    /// Takes an event, and makes it whole: with what it means, and the names of devices.
    pub fn event(
        &mut self,
        verb: Verb,
        key: Option<Key>,
        message: &Message<'_>,
        event: &mut Event,
    ) {
        let payload = &mut event.payload;
        let kind = payload.kind();
        let Some(key) = key else {
            self.name_devices(payload);
            event.op = op_of_request(verb, message.flags);
            self.doubtful = self.doubtful.or(silent::after(event.op, payload, None));
            return;
        };
        let looking = self.look.as_ref().is_some_and(|look| look.kind == kind);
        let nameless;
        let (op, key, old) = match payload {
            Payload::Link(link) => {
                let (stays, old) = self.links.take(verb, Rc::make_mut(link));
                let old = old.map(Payload::Link);
                nameless = self.name_devices(payload);
                if let Payload::Link(link) = payload
                    && stays
                {
                    self.links.put(link.clone(), looking);
                }
                let op = match verb {
                    Verb::Part | Verb::Leave if old.is_none() => Op::Present,
                    _ => op_of(verb, old.is_some()),
                };
                (op, key, old)
            }
            Payload::Route(route) => {
                // Routes are kept, and compared, without names.
                let route = Inline::make_mut(route);
                let routes = &mut self.routes;
                let told = routes.event(verb, key, route, message, looking, &self.names);
                if told.doubtful {
                    self.doubtful.insert(Kind::Route);
                }
                nameless = self.name_devices(payload);
                (told.op, told.key, told.old.map(Payload::from))
            }
            _ => {
                let objects = self.objects.entry(kind).or_default();
                if verb == Verb::Part
                    && let Some(known) = objects.get(key)
                {
                    payload.inherit(&known.payload);
                }
                nameless = self.links.name_devices(payload);
                let old = match verb {
                    Verb::Delete => {
                        objects.remove(key);
                        None
                    }
                    _ => objects.tell(key, payload, looking),
                };
                (op_of(verb, old.is_some()), key, old)
            }
        };
        if let Some(look) = &mut self.look
            && looking
        {
            look.raced(key);
        }
        if nameless {
            self.note_nameless(kind, key);
        }
        if kind == Kind::Link && op == Op::Add {
            self.device_is_known();
        }
        event.op = match op {
            Op::Add if !self.complete.contains(kind) => Op::Present,
            op => op,
        };
        if let Some(old) = old {
            event.change = Some(self.change(payload, old));
        }
        let change = event.change.as_ref();
        self.doubtful = self.doubtful.or(silent::after(event.op, payload, change));
    }

    /// An object that was told without the name of a device is told again when it has one. A route
    /// is kept without names: that has to be noted.
    fn note_nameless(&mut self, kind: Kind, key: Key) {
        match kind {
            // It names others, which may never be in sight.
            Kind::Link => return,
            Kind::Route => self.routes.note_nameless(key),
            _ => {}
        }
        self.nameless.insert(kind);
    }

    /// A device has become known: objects that lack its name are to be looked at.
    fn device_is_known(&mut self) {
        self.doubtful = self.doubtful.or(std::mem::take(&mut self.nameless));
    }

    /// The difference to the object's former self.
    fn change(&self, payload: &Payload, mut old: Payload) -> Change {
        // A route is kept without names.
        if let Payload::Route(_) = old {
            self.name_devices(&mut old);
        }
        Change::between(payload, old)
    }

    /// Fills in the names of devices, and what depends on the device's type. Returns whether one
    /// of them has no name yet.
    fn name_devices(&self, payload: &mut Payload) -> bool {
        match payload {
            Payload::Route(route) => self
                .routes
                .name_devices(Inline::make_mut(route), &self.links),
            _ => self.links.name_devices(payload),
        }
    }
}

fn op_of(verb: Verb, known: bool) -> Op {
    match (verb, known) {
        (Verb::Delete, _) => Op::Delete,
        (_, true) => Op::Change,
        (_, false) => Op::Add,
    }
}

/// Objects that are not remembered are told apart by what the kernel was asked to do (`NLM_F_*`,
/// linux/netlink.h).
fn op_of_request(verb: Verb, flags: u16) -> Op {
    const REPLACE: u16 = 0x100;
    const MAKE: u16 = 0x400 | 0x800;
    match verb {
        Verb::Notify => Op::Notify,
        Verb::Delete => Op::Delete,
        _ if flags & REPLACE != 0 => Op::Change,
        _ if flags & MAKE != 0 => Op::Add,
        _ => Op::Change,
    }
}
