//! Changes that follow from an event, of objects for which the kernel sends none: what a device takes
//! with it when it goes, the IPv4 routes and nexthops of one that goes down, and the like. A live run
//! reads such objects again. For a capture of another program, which no dump corrects, the rules of the
//! kernel say what became of them.
//!
//! What an event causes is applied before the next event that is no deletion: so far the kernel may
//! still announce some of it.

mod index;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::net::IpAddr;

use index::{Reference, ReferenceIndex, own_address};

use super::key::Key;
use super::{NLM_F_REPLACE, State, StateChange};
use crate::event::link::Link;
use crate::event::nexthop::Nexthop;
use crate::event::route::{LegFlags, Route};
use crate::event::values::IfName;
use crate::event::{Change, Event, Kind, Op, Payload};
use crate::kind::range::IdRange;
use crate::kind::spec::MessageAction;
use crate::netlink::frame::Message;

/// Offset of `ifi_change` in `struct ifinfomsg`.
const IFI_CHANGE: usize = 12;

/// A change that an event implies.
#[derive(Debug)]
pub struct ImpliedChange {
    pub change: StateChange,
    /// The events do not say what became of the object.
    pub uncertain: bool,
}

/// An event that implies changes.
#[derive(Debug)]
enum Cause {
    Deleted(u32),
    Down(u32),
    /// It is up.
    Up {
        ifindex: u32,
        has_carrier: bool,
    },
    LeftBridge {
        port: u32,
        bridge: u32,
    },
    /// No device has that name any more.
    NameGone(IfName),
    /// A device has that name.
    NameTaken(IfName),
    AddressDeleted {
        ifindex: u32,
        local: IpAddr,
    },
    NexthopDeleted(u32),
    /// A group lost some of its nexthops.
    GroupShrank(u32),
}

impl Cause {
    /// What the objects refer to that it may concern.
    fn references(&self) -> [Option<Reference>; 2] {
        match *self {
            Cause::Deleted(ifindex)
            | Cause::Down(ifindex)
            | Cause::Up { ifindex, .. }
            | Cause::LeftBridge { port: ifindex, .. } => [Some(Reference::Device(ifindex)), None],
            Cause::NameGone(name) | Cause::NameTaken(name) => [Some(Reference::Name(name)), None],
            Cause::AddressDeleted { ifindex, local } => [
                Some(Reference::Device(ifindex)),
                Some(Reference::Address(local)),
            ],
            Cause::NexthopDeleted(id) | Cause::GroupShrank(id) => {
                [Some(Reference::Nexthop(id)), None]
            }
        }
    }
}

/// The causes that are not applied yet, and the objects by what they refer to.
#[derive(Debug, Default)]
pub(super) struct Implications {
    index: ReferenceIndex,
    causes: Vec<Cause>,
    /// The devices that were created by an event: all of their addresses are known.
    created: HashSet<u32>,
}

impl Implications {
    /// Returns true if events of the kind have to be noted: they may be causes, or the objects are
    /// indexed.
    #[inline]
    pub(super) fn concerns(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Link | Kind::Address | Kind::Nexthop) || self.index.exists()
    }

    /// Notes a cause, if an object may refer to what it is about.
    fn note(&mut self, cause: Cause) {
        let has_ranges = matches!(cause, Cause::Deleted(_) | Cause::LeftBridge { .. });
        let mut references = cause.references().into_iter().flatten();
        if has_ranges || references.any(|reference| self.index.may_contain(reference)) {
            self.causes.push(cause);
        }
    }

    fn note_name(&mut self, name: Option<IfName>, cause: fn(IfName) -> Cause) {
        if let Some(name) = name {
            self.note(cause(name));
        }
    }

    fn note_causes(&mut self, event: &Event, is_new: bool) {
        let old = event.change.as_ref().map(Change::old);
        match (&event.payload, old) {
            (Payload::Link(link), _) if event.op == Op::Delete => {
                self.created.remove(&link.ifindex);
                self.note(Cause::Deleted(link.ifindex));
                self.note_name(link.ifname, Cause::NameGone);
            }
            (Payload::Link(link), old) => {
                let old = match old {
                    Some(Payload::Link(old)) => Some(&**old),
                    _ => None,
                };
                if is_new {
                    self.created.insert(link.ifindex);
                }
                self.note_causes_of_link(link, old);
            }
            (Payload::Address(address), _) if event.op == Op::Delete => {
                if let Some(local) = own_address(address) {
                    let ifindex = address.ifindex;
                    self.note(Cause::AddressDeleted { ifindex, local });
                }
            }
            (Payload::Nexthop(nexthop), _) if event.op == Op::Delete => {
                self.note(Cause::NexthopDeleted(nexthop.id));
            }
            (Payload::Nexthop(nexthop), Some(Payload::Nexthop(old))) => {
                let ids = |nexthop: &Nexthop| -> BTreeSet<u32> {
                    let members = nexthop.group.iter().flatten();
                    members.map(|member| member.id).collect()
                };
                if !ids(old).is_subset(&ids(nexthop)) {
                    self.note(Cause::GroupShrank(nexthop.id));
                }
            }
            _ => {}
        }
    }

    fn note_causes_of_link(&mut self, link: &Link, old: Option<&Link>) {
        let ifindex = link.ifindex;
        let is_up = |link: &Link| link.flags.has("UP");
        let has_carrier = |link: &Link| link.flags.has("RUNNING") || link.flags.has("LOWER_UP");
        let state = |link: &Link| (is_up(link), has_carrier(link));
        if old.map(state) != Some(state(link)) {
            self.note(match is_up(link) {
                false => Cause::Down(ifindex),
                true => Cause::Up {
                    ifindex,
                    has_carrier: has_carrier(link),
                },
            });
        }
        let former = old.and_then(|old| old.master_index);
        if let Some(bridge) = former
            && link.master_index != former
        {
            let port = ifindex;
            self.note(Cause::LeftBridge { port, bridge });
        }
        let former = old.and_then(|old| old.ifname);
        if former != link.ifname {
            self.note_name(former, Cause::NameGone);
            self.note_name(link.ifname, Cause::NameTaken);
        }
    }
}

/// What becomes of an object.
enum Fate {
    Stays,
    Deleted,
    /// The objects say no more than that it changed.
    Unknown,
    /// The legs of a route on the device have other flags.
    Legs(u32, LegFlags),
}

/// What becomes of an object when the device is deleted.
fn fate_without_device(payload: &Payload, device: u32) -> Fate {
    match payload {
        Payload::Route(route) => {
            let is_ipv4 = route.family.is("inet");
            match route.output_devices().all(|ifindex| ifindex == device) {
                // An IPv4 route goes with each of its legs (fib_sync_down_dev).
                _ if route.nhid.is_some() => Fate::Stays,
                _ if is_ipv4 && route.output_devices().any(|it| it == device) => Fate::Deleted,
                true => Fate::Deleted,
                false => Fate::Unknown,
            }
        }
        // The entries of multicast routing remain, without the interface.
        Payload::Mroute(_) => Fate::Unknown,
        Payload::Fdb(fdb) if fdb.master_index == Some(device) => Fate::Deleted,
        Payload::Mdb(mdb) if mdb.port_index == Some(device) => Fate::Deleted,
        _ if payload.device().is_some_and(|(it, _)| it == device) => Fate::Deleted,
        _ => Fate::Stays,
    }
}

/// What becomes of a route when the device goes down (fib_sync_down_dev, fib6_ifdown). `all`: the
/// device has no IPv4 address any more, so that the local routes go as well.
fn fate_without_leg(route: &Route, device: u32, all: bool) -> Fate {
    let is_ipv4 = route.family.is("inet");
    let is_ip = is_ipv4 || route.family.is("inet6");
    if !is_ip || route.nhid.is_some() || all && !is_ipv4 || route.scope.is("host") && !all {
        return Fate::Stays;
    }
    let mut legs = route.nexthops.iter().flatten();
    let is_multipath = route.nexthops.is_some();
    let has_other = legs.any(|leg| leg.ifindex != device && !leg.flags.has("dead"));
    match (is_multipath && has_other, is_ipv4) {
        (true, _) => Fate::Legs(device, LegFlags::DEAD_AND_LINKDOWN),
        (false, true) => Fate::Deleted,
        // It is announced.
        (false, false) => Fate::Stays,
    }
}

/// What becomes of a route when the device is up, with or without a carrier.
fn fate_of_leg(route: &Route, device: u32, has_carrier: bool) -> Fate {
    let is_ip = route.family.is("inet") || route.family.is("inet6");
    let is_local = route.scope.is("host") || route.r#type.is("local") || route.r#type.is("anycast");
    if !is_ip || route.nhid.is_some() || is_local {
        return Fate::Stays;
    }
    let flags = match has_carrier {
        true => LegFlags::ALIVE,
        false => LegFlags::LINKDOWN,
    };
    Fate::Legs(device, flags)
}

impl State {
    /// From now on changes that follow from events are collected for [`State::settle`].
    pub fn imply_changes(&mut self) {
        self.implied = Some(Box::default());
    }

    /// Returns true if [`State::settle`] may return changes.
    pub fn is_unsettled(&self) -> bool {
        let implied = self.implied.as_ref();
        implied.is_some_and(|implied| !implied.causes.is_empty())
    }

    /// An object was stored.
    pub(super) fn note_stored(&mut self, key: Key, payload: &Payload) {
        if let Some(implied) = &mut self.implied {
            implied.index.insert(key, payload);
        }
    }

    /// An event was applied.
    #[cold]
    pub(super) fn note_event(
        &mut self,
        key: Key,
        action: MessageAction,
        message: &Message<'_>,
        event: &Event,
    ) {
        let Some(implied) = &mut self.implied else {
            return;
        };
        // rtmsg_ifinfo announces a new device with all bits.
        let change = message.body.get(IFI_CHANGE..IFI_CHANGE + 4);
        let is_new = action == MessageAction::New
            && event.change.is_none()
            && change == Some(&[0xff; 4])
            && message.flags & NLM_F_REPLACE == 0;
        implied.note_causes(event, is_new);
        match event.op {
            Op::Delete => implied.index.remove(key, &event.payload),
            Op::Notify => {}
            _ => implied.index.insert(key, &event.payload),
        }
    }

    /// Applies what events implied so far to all objects but `except`, of which the next event is.
    pub fn settle(&mut self, except: Option<(Kind, Key)>) -> Vec<ImpliedChange> {
        let mut changes = Vec::new();
        let Some(implied) = &mut self.implied else {
            return changes;
        };
        let mut causes = VecDeque::from(std::mem::take(&mut implied.causes));
        while let Some(cause) = causes.pop_front() {
            self.apply_cause(&cause, except, &mut changes);
            if let Some(implied) = &mut self.implied {
                causes.extend(implied.causes.drain(..));
            }
        }
        changes
    }

    fn apply_cause(
        &mut self,
        cause: &Cause,
        except: Option<(Kind, Key)>,
        changes: &mut Vec<ImpliedChange>,
    ) {
        let Some(implied) = &mut self.implied else {
            return;
        };
        implied.index.build(&self.stores, &self.names);
        let references = cause.references().into_iter().flatten();
        let objects: BTreeSet<_> = references
            .flat_map(|reference| implied.index.objects(reference))
            .filter(|object| Some(*object) != except)
            .collect();
        let uncertain = match cause {
            Cause::AddressDeleted { ifindex, .. } => !implied.created.contains(ifindex),
            _ => false,
        };
        let (has_address, is_assigned) = self.remaining_addresses(cause, &objects);
        for (kind, key) in objects {
            let Some(payload) = self.stores.get(kind, key, &self.names) else {
                continue;
            };
            match (cause, &payload) {
                (Cause::Deleted(ifindex), payload) => {
                    let fate = fate_without_device(payload, *ifindex);
                    self.meet(kind, key, &fate, false, changes);
                }
                (Cause::Down(ifindex), Payload::Route(route)) => {
                    let fate = fate_without_leg(route, *ifindex, false);
                    self.meet(kind, key, &fate, false, changes);
                }
                // nh_netdev_event
                (
                    Cause::Down(_)
                    | Cause::Up {
                        has_carrier: false, ..
                    },
                    Payload::Nexthop(_),
                ) => self.meet(kind, key, &Fate::Deleted, false, changes),
                (
                    Cause::Up {
                        ifindex,
                        has_carrier,
                    },
                    Payload::Route(route),
                ) => {
                    let fate = fate_of_leg(route, *ifindex, *has_carrier);
                    self.meet(kind, key, &fate, false, changes);
                }
                (Cause::LeftBridge { bridge, .. }, Payload::Fdb(fdb))
                    if fdb.master_index == Some(*bridge) =>
                {
                    self.meet(kind, key, &Fate::Deleted, false, changes);
                }
                (Cause::LeftBridge { port, bridge }, Payload::Mdb(mdb))
                    if mdb.port_index == Some(*port) && mdb.ifindex == *bridge =>
                {
                    self.meet(kind, key, &Fate::Deleted, false, changes);
                }
                (Cause::NameGone(name), Payload::Rule(rule)) => {
                    let rule = rule.with_device(*name, false);
                    self.replace(kind, key, payload, rule.into(), changes);
                }
                (Cause::NameTaken(name), Payload::Rule(rule)) => {
                    let rule = rule.with_device(*name, true);
                    self.replace(kind, key, payload, rule.into(), changes);
                }
                (Cause::AddressDeleted { ifindex, local }, Payload::Route(route)) => {
                    let is_source = route.prefsrc == Some(*local) && !is_assigned;
                    let fate = match route.family.is("inet") {
                        true if is_source => Fate::Deleted,
                        true if !has_address && route.output_devices().any(|it| it == *ifindex) => {
                            fate_without_leg(route, *ifindex, true)
                        }
                        // The route remains, without the source (fib6_remove_prefsrc).
                        false if is_source => Fate::Unknown,
                        _ => Fate::Stays,
                    };
                    self.meet(kind, key, &fate, uncertain && !is_source, changes);
                }
                // IPv6 routes through it are announced.
                (Cause::NexthopDeleted(_), Payload::Route(route)) if route.family.is("inet") => {
                    self.meet(kind, key, &Fate::Deleted, false, changes);
                }
                (Cause::NexthopDeleted(id), Payload::Nexthop(group)) => match group.without(*id) {
                    Some(remaining) => {
                        self.replace(kind, key, payload.clone(), remaining.into(), changes);
                    }
                    None => self.meet(kind, key, &Fate::Deleted, false, changes),
                },
                (Cause::NexthopDeleted(_), Payload::NexthopBucket(_)) => {
                    self.meet(kind, key, &Fate::Deleted, false, changes);
                }
                (Cause::GroupShrank(_), Payload::Route(_) | Payload::NexthopBucket(_)) => {
                    self.meet(kind, key, &Fate::Unknown, false, changes);
                }
                _ => {}
            }
        }
        if let Cause::Deleted(ifindex) | Cause::LeftBridge { port: ifindex, .. } = *cause {
            self.delete_ranges(ifindex, changes);
        }
    }

    /// Returns true if the device of a deleted IPv4 address has another one; and if another device has
    /// the same address.
    fn remaining_addresses(&self, cause: &Cause, objects: &BTreeSet<(Kind, Key)>) -> (bool, bool) {
        let (mut has_address, mut is_assigned) = (false, false);
        if let Cause::AddressDeleted { ifindex, local } = cause {
            for (_, key) in objects.iter().filter(|(kind, _)| *kind == Kind::Address) {
                if let Some(Payload::Address(address)) =
                    self.stores.get(Kind::Address, *key, &self.names)
                {
                    has_address |= address.ifindex == *ifindex && address.family.is("inet");
                    is_assigned |= own_address(&address) == Some(*local);
                }
            }
        }
        (has_address, is_assigned)
    }

    /// Deletes the VLANs and VNIs of a device, unless they are those of a bridge that is a port itself.
    fn delete_ranges(&mut self, ifindex: u32, changes: &mut Vec<ImpliedChange>) {
        for kind in [Kind::Vlan, Kind::Vni] {
            for global in [false, true] {
                let ids = IdRange {
                    ifindex,
                    global,
                    first: 0,
                    last: u64::MAX,
                };
                for payload in self.stores.remove_ranges(kind, ids) {
                    changes.push(deletion(payload, false));
                }
            }
        }
    }

    /// Does to an object what becomes of it.
    fn meet(
        &mut self,
        kind: Kind,
        key: Key,
        fate: &Fate,
        uncertain: bool,
        changes: &mut Vec<ImpliedChange>,
    ) {
        match fate {
            Fate::Stays => {}
            Fate::Deleted => {
                if let Some(payload) = self.stores.remove(kind, key, &self.names) {
                    if let Some(implied) = &mut self.implied {
                        implied.index.remove(key, &payload);
                        if let Payload::Nexthop(nexthop) = &payload {
                            implied.causes.push(Cause::NexthopDeleted(nexthop.id));
                        }
                    }
                    changes.push(deletion(payload, uncertain));
                }
            }
            Fate::Unknown => {
                if let Some(payload) = self.stores.get(kind, key, &self.names) {
                    let change = Change::between(&payload, payload.clone());
                    changes.push(ImpliedChange {
                        change: StateChange {
                            op: Op::Change,
                            payload,
                            change: Some(change),
                        },
                        uncertain: true,
                    });
                }
            }
            Fate::Legs(device, flags) => {
                let changed = self.stores.set_leg_flags(key, *device, *flags, &self.names);
                if let Some((payload, old)) = changed {
                    let change = Change::between(&payload, old);
                    if !change.is_empty() {
                        changes.push(ImpliedChange {
                            change: StateChange {
                                op: Op::Change,
                                payload,
                                change: Some(change),
                            },
                            uncertain,
                        });
                    }
                }
            }
        }
    }

    /// Stores another state of an object, if it differs.
    fn replace(
        &mut self,
        kind: Kind,
        key: Key,
        old: Payload,
        new: Payload,
        changes: &mut Vec<ImpliedChange>,
    ) {
        let change = Change::between(&new, old);
        if change.is_empty() {
            return;
        }
        self.stores.replace(key, &new);
        if let Some(implied) = &mut self.implied {
            implied.index.remove(key, change.old());
            implied.index.insert(key, &new);
            if kind == Kind::Nexthop
                && let Payload::Nexthop(group) = &new
            {
                implied.causes.push(Cause::GroupShrank(group.id));
            }
        }
        changes.push(ImpliedChange {
            change: StateChange {
                op: Op::Change,
                payload: new,
                change: Some(change),
            },
            uncertain: false,
        });
    }
}

fn deletion(payload: Payload, uncertain: bool) -> ImpliedChange {
    ImpliedChange {
        change: StateChange {
            op: Op::Delete,
            payload,
            change: None,
        },
        uncertain,
    }
}
