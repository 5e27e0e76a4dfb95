//! What is known: the devices' names and the last known object of each tracked kind. It makes
//! a message's meaning whole: `op`, device names, `changed` and `old`.

mod key;
mod links;

use std::collections::HashMap;

use crate::decode::{Decoded, Verb};
use crate::event::values::LlAddr;
use crate::event::{Change, Op, Payload};
use key::{Key, key};
use links::Links;

/// What a message means, given what was known.
#[derive(Debug)]
pub struct Meaning {
    pub op: Op,
    pub payload: Payload,
    pub change: Option<Change>,
}

/// The last known objects of one network namespace.
#[derive(Debug, Default)]
pub struct State {
    links: Links,
    objects: HashMap<Key, Payload>,
    /// What is not known does not exist.
    complete: bool,
}

impl State {
    /// Everything that exists has been told.
    pub fn complete(&mut self) {
        self.complete = true;
    }

    /// Takes a row of a dump for known. Returns its object; `None` for a row that is only a part
    /// of an object that is known already.
    pub fn learn(&mut self, decoded: Decoded) -> Option<Payload> {
        let part = decoded.verb == Verb::Part;
        let meaning = self.apply(decoded, 0);
        (!part).then_some(meaning.payload)
    }

    /// The known device of that index, whole and with the names of the devices around it.
    pub fn link(&mut self, ifindex: u32) -> Option<Payload> {
        let mut payload = Payload::Link(Box::new(self.links.get(ifindex)?.clone()));
        self.name_devices(&mut payload);
        if let Payload::Link(link) = &payload {
            self.links.put(link.clone());
        }
        Some(payload)
    }

    /// What a message means. `flags` are those of its header.
    pub fn apply(&mut self, decoded: Decoded, flags: u16) -> Meaning {
        let Decoded { verb, mut payload } = decoded;
        self.name_devices(&mut payload);
        if verb == Verb::Notify {
            return Meaning {
                op: Op::Notify,
                payload,
                change: None,
            };
        }
        let (op, old) = match &mut payload {
            Payload::Link(link) => {
                let (op, old) = self.links.apply(verb, link, self.complete);
                (op, old.map(Payload::Link))
            }
            _ => match key(&payload) {
                Some(key) => self.remember(verb, key, &payload),
                None => (op_of_request(verb, flags), None),
            },
        };
        if verb == Verb::Part || verb == Verb::Leave {
            // What was inherited may be named otherwise by now.
            self.name_devices(&mut payload);
        }
        let change = old.map(|old| Change::between(&payload, old));
        Meaning {
            op,
            payload,
            change,
        }
    }

    /// Puts or removes an object. Returns the op and the object's former self where it stays.
    fn remember(&mut self, verb: Verb, key: Key, object: &Payload) -> (Op, Option<Payload>) {
        if verb == Verb::Delete {
            self.objects.remove(&key);
            return (Op::Delete, None);
        }
        match self.objects.insert(key, object.clone()) {
            Some(old) => (Op::Change, Some(old)),
            None => (op_of_new(self.complete), None),
        }
    }

    /// Fills in the names of devices, and what depends on the device's type.
    fn name_devices(&self, payload: &mut Payload) {
        payload.devices_mut(&mut |index, name| *name = self.links.name(index));
        if let Payload::Neigh(neigh) = payload
            && self.links.is_tunnel(neigh.ifindex)
        {
            neigh.lladdr = neigh.lladdr.map(LlAddr::of_tunnel);
        }
    }
}

/// An object of which nothing was known is new only where everything else is known.
fn op_of_new(complete: bool) -> Op {
    if complete { Op::Add } else { Op::Present }
}

/// Objects that are not remembered are told apart by what the kernel was asked to do (`NLM_F_*`,
/// linux/netlink.h).
fn op_of_request(verb: Verb, flags: u16) -> Op {
    const REPLACE: u16 = 0x100;
    const MAKE: u16 = 0x400 | 0x800;
    match verb {
        Verb::Delete => Op::Delete,
        _ if flags & REPLACE != 0 => Op::Change,
        _ if flags & MAKE != 0 => Op::Add,
        _ => Op::Change,
    }
}
