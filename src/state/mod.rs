//! What is known: the devices' names and the last known object of each tracked kind. It makes
//! a message's meaning whole: `op`, device names, `changed` and `old`.

mod links;

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use crate::decode::{Decoded, Verb};
use crate::event::address::Address;
use crate::event::fdb::Fdb;
use crate::event::neigh::Neigh;
use crate::event::rule::Rule;
use crate::event::values::{Flags, IfName, LlAddr};
use crate::event::{Change, Op, Payload};
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
    addresses: HashMap<AddressKey, Address>,
    neighs: HashMap<NeighKey, Neigh>,
    fdb: HashMap<FdbKey, Fdb>,
    rules: HashMap<Rule, Rule>,
    /// What is not known does not exist.
    complete: bool,
}

type AddressKey = (u32, Option<IpAddr>, Option<IpAddr>, u8);
type NeighKey = (u32, Option<IpAddr>, bool);
type FdbKey = (
    (Option<u32>, Option<u32>),
    Option<LlAddr>,
    Option<u16>,
    (Option<IpAddr>, Option<u16>),
    (Option<u32>, Option<u32>),
    (Option<u32>, Option<u32>),
);

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
        let complete = self.complete;
        let (op, old) = match &mut payload {
            Payload::Link(link) => {
                let (op, old) = self.links.apply(verb, link, complete);
                (op, old.map(Payload::Link))
            }
            Payload::Address(it) => {
                let key = (it.ifindex, it.local, it.address, it.prefixlen);
                known(
                    &mut self.addresses,
                    verb,
                    key,
                    it,
                    complete,
                    Payload::Address,
                )
            }
            Payload::Neigh(it) => {
                let key = (it.ifindex, it.dst, it.proxy.is_some());
                known(&mut self.neighs, verb, key, it, complete, Payload::Neigh)
            }
            Payload::Fdb(it) => known(&mut self.fdb, verb, fdb_key(it), it, complete, Payload::Fdb),
            Payload::Rule(it) => {
                let mut key = Rule::clone(it);
                key.state = Flags::default();
                let boxed = |rule| Payload::Rule(Box::new(rule));
                known(&mut self.rules, verb, key, &mut **it, complete, boxed)
            }
            Payload::Route(_) => (route_op(verb, flags), None),
            Payload::Prefix(_) | Payload::Unknown(_) | Payload::Meta(_) => (Op::Notify, None),
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

    /// Fills in the names of devices, and what depends on the device's type.
    fn name_devices(&self, payload: &mut Payload) {
        payload.devices_mut(|index, name| *name = self.links.name(index));
        if let Payload::Neigh(neigh) = payload
            && self.links.is_tunnel(neigh.ifindex)
        {
            neigh.lladdr = neigh.lladdr.map(LlAddr::of_tunnel);
        }
    }

    /// The name of a device.
    pub fn name(&self, ifindex: u32) -> Option<IfName> {
        self.links.name(ifindex)
    }
}

/// Puts or removes an object. Returns the op and the object's former self where it stays.
fn known<K: Hash + Eq, T: Clone>(
    table: &mut HashMap<K, T>,
    verb: Verb,
    key: K,
    object: &mut T,
    complete: bool,
    payload: impl FnOnce(T) -> Payload,
) -> (Op, Option<Payload>) {
    if verb == Verb::Delete {
        table.remove(&key);
        return (Op::Delete, None);
    }
    match table.insert(key, object.clone()) {
        Some(old) => (Op::Change, Some(payload(old))),
        None => (op_of_new(complete), None),
    }
}

/// An object of which nothing was known is new only where everything else is known.
fn op_of_new(complete: bool) -> Op {
    if complete { Op::Add } else { Op::Present }
}

fn fdb_key(it: &Fdb) -> FdbKey {
    // A bridge has one entry for an address, whatever port it is behind.
    let own = it.master_index.is_none().then_some(it.ifindex);
    (
        (it.master_index, own),
        it.mac,
        it.vlan,
        (it.dst, it.port),
        (it.vni, it.src_vni),
        (it.via_index, it.nhid),
    )
}

/// Routes are told apart by what the kernel was asked to do (`NLM_F_*`, linux/netlink.h).
fn route_op(verb: Verb, flags: u16) -> Op {
    const REPLACE: u16 = 0x100;
    const MAKE: u16 = 0x400 | 0x800;
    match verb {
        Verb::Delete => Op::Delete,
        _ if flags & REPLACE != 0 => Op::Change,
        _ if flags & MAKE != 0 => Op::Add,
        _ => Op::Change,
    }
}
