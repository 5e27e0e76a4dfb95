//! The stored links, and the names of devices.

use std::cell::Cell;
use std::collections::{HashMap, hash_map};
use std::rc::Rc;

use super::device_names::{GoneNames, NameChange, NameChanges, NameSlot, copy_names, names_in};
use super::key::Key;
use super::link_merge::{carry_over_omitted, leave_bridge, merge_missing};
use super::store::{Applied, DumpContext, EventContext, Store, op_of};
use super::table::{Entry, SweepOf, Swept, Table};
use crate::decode::MessageAction;
use crate::event::link::Link;
use crate::event::object::Object as _;
use crate::event::values::IfName;
use crate::event::{Op, Payload};
use crate::names::Names;

/// The key of the device of that index: a product has its bits spread like a hash.
pub(super) fn key(ifindex: u32) -> Key {
    u128::from(ifindex).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

/// What stores other than the link store need.
#[derive(Clone, Copy)]
pub(super) struct Env<'a> {
    pub names: &'a Names,
    pub links: &'a LinkStore,
}

/// The stored links.
#[derive(Debug, Default)]
pub(super) struct LinkStore {
    table: Table<Rc<Link>>,
    /// The last name lookup: mostly the next one is for the same device.
    last_lookup: Cell<Option<(u32, Option<IfName>)>>,
    generation: u64,
    /// The devices that were added or renamed since [`LinkStore::take_name_changes`].
    new_names: NameChanges,
    /// The devices whose names [`Store::rename`] replaces.
    renaming: NameChanges,
    gone: GoneNames,
    /// The devices of the current dump, in its order, and their former values: those that the last line
    /// has, of an event since then.
    dump_entries: Vec<(u32, Option<Rc<Link>>)>,
    /// The positions of these devices.
    dumped: HashMap<u32, usize>,
}

impl Store for LinkStore {
    type Object = Rc<Link>;
    type Env<'a> = ();

    fn len(&self) -> usize {
        self.table.len()
    }

    fn key_at(&self, at: usize) -> Option<Key> {
        self.table.key_at(at)
    }

    fn get(&self, key: Key, (): ()) -> Option<Payload> {
        let mut link = Payload::Link(self.table.get(key)?.value.clone());
        self.name_as_reported(&mut link);
        Some(link)
    }

    fn objects(&self, (): ()) -> impl Iterator<Item = Payload> {
        self.table.iter().cloned().map(Payload::Link)
    }

    /// Links are few, and in use all the time.
    fn prefetch(&self, _key: Key) {}

    fn apply_event(&mut self, link: &mut Rc<Link>, event: &EventContext<'_>, (): ()) -> Applied {
        let action = event.action;
        let stored = self.take(action, Rc::make_mut(link));
        let mut unresolved = self.name_link(link);
        let op = match (action, stored) {
            (MessageAction::Delete, stored) => {
                let former = stored.map(Payload::Link);
                let mut deleted = Payload::Link(link.clone());
                self.name_deleted(&mut deleted, unresolved, former);
                if let Payload::Link(deleted) = deleted {
                    *link = deleted;
                }
                unresolved = false;
                (Op::Delete, None)
            }
            // What a part of the messages tells of a device whose creation was lost is stored as
            // well: else no dump would reveal that the device does not exist any more.
            (MessageAction::Partial | MessageAction::LeaveBridge, None) => (Op::Present, None),
            (_, old) => (op_of(action, old.is_some()), old),
        };
        let (op, old) = op;
        if op != Op::Delete {
            self.put(link.clone(), old.as_deref(), event.reconciling);
        }
        if let Some(at) = self.dumped.get(&link.ifindex) {
            let stored = self.table.get(event.key);
            self.dump_entries[*at].1 = stored.map(|entry| entry.value.clone());
        }
        Applied {
            op,
            key: event.key,
            old: old.map(Payload::Link),
            unresolved,
            stale: false,
            uncertain: false,
        }
    }

    fn apply_dump_entry(
        &mut self,
        link: &mut Rc<Link>,
        entry: &DumpContext<'_>,
        (): (),
    ) -> Option<Applied> {
        if entry.touched_by_event.contains(&key(link.ifindex)) {
            return None;
        }
        // An entry of a bridge's own dump: without that of the device it says nothing.
        if entry.action != MessageAction::New && self.by_index(link.ifindex).is_none() {
            return None;
        }
        self.name_link(link);
        let old = self.take(entry.action, Rc::make_mut(link));
        self.put(link.clone(), old.as_deref(), true);
        // A bridge's own dump has further fields of its ports: the device has one line.
        if let hash_map::Entry::Vacant(entry) = self.dumped.entry(link.ifindex) {
            entry.insert(self.dump_entries.len());
            self.dump_entries.push((link.ifindex, old));
        }
        None
    }

    /// After the last dump entry every device has its name, and the fields of its bridge.
    fn take_found(&mut self) -> Vec<(Payload, Option<Payload>)> {
        let mut found = Vec::new();
        self.dumped.clear();
        for (ifindex, old) in std::mem::take(&mut self.dump_entries) {
            let Some(entry) = self.table.get(key(ifindex)) else {
                continue;
            };
            let mut link = entry.value.clone();
            self.name_link(&mut link);
            if let Some(entry) = self.table_mut().get_mut(key(ifindex)) {
                entry.value = link.clone();
            }
            found.push((Payload::Link(link), old.map(Payload::Link)));
        }
        found
    }

    fn finish_resync(&mut self, of: SweepOf<'_>, (): ()) -> Swept<Payload> {
        let membership = |link: &Rc<Link>| of.scope.of_devices(&mut [link.ifindex].into_iter());
        let device = |link: &Rc<Link>, each: &mut dyn FnMut(u32)| each(link.ifindex);
        let swept = self.table_mut().finish_resync(of, membership, device);
        let swept = swept.map(|entry| {
            let mut link = Payload::Link(entry.value);
            self.name_gone(&mut link);
            link
        });
        for link in &swept.deleted {
            self.note_deleted(link.device());
        }
        swept
    }

    fn rename(&mut self, key: Key, (): ()) -> Option<(Payload, Payload)> {
        let stored = &self.table.get(key)?.value;
        // Without a copy: of the devices that are examined after a rename few name the renamed one.
        if !stored.has_further_devices() && !self.has_former_neighbour(stored) {
            return None;
        }
        let old = Payload::Link(stored.clone());
        let mut link = old.clone();
        if !self.has_former_names(&mut link) {
            return None;
        }
        self.replace_former_names(&mut link);
        if let (Payload::Link(link), Some(entry)) = (&link, self.table.get_mut(key)) {
            entry.value = link.clone();
        }
        Some((link, old))
    }
}

impl LinkStore {
    /// The stored device of that index.
    pub(super) fn by_index(&self, ifindex: u32) -> Option<&Link> {
        Some(&self.table.get(key(ifindex))?.value)
    }

    /// Every stored device.
    pub(super) fn links(&self) -> impl Iterator<Item = &Rc<Link>> {
        self.table.iter()
    }

    fn name(&self, ifindex: u32) -> Option<IfName> {
        if let Some((last, name)) = self.last_lookup.get()
            && last == ifindex
        {
            return name;
        }
        let name = self.by_index(ifindex).and_then(|link| link.ifname);
        self.last_lookup.set(Some((ifindex, name)));
        name
    }

    /// The devices that were added or renamed since the last call. From now on [`Store::rename`]
    /// replaces their former names, until [`LinkStore::end_rename`].
    pub(super) fn take_name_changes(&mut self) -> Vec<(u32, NameChange)> {
        let new = std::mem::take(&mut self.new_names);
        let changes = new.iter().collect();
        self.renaming.extend(new);
        changes
    }

    /// Returns true if [`LinkStore::take_name_changes`] would return a device.
    #[inline]
    pub(super) fn has_name_changes(&self) -> bool {
        !self.new_names.is_empty()
    }

    /// Returns true between [`LinkStore::take_name_changes`] and [`LinkStore::end_rename`].
    pub(super) fn is_renaming(&self) -> bool {
        !self.renaming.is_empty()
    }

    pub(super) fn end_rename(&mut self) {
        self.renaming = NameChanges::default();
    }

    /// The name that replaces `reported`, the name of a device in the last line about an object; `None`
    /// if that is right.
    pub(super) fn new_name(&self, index: u32, reported: Option<IfName>) -> Option<IfName> {
        let change = self.renaming.get(index)?;
        let is_former = reported.is_none() || change == NameChange::Renamed;
        self.name(index)
            .filter(|name| is_former && reported != Some(*name))
    }

    /// The name of a device that an object named when its last line was written, by `reported`. If the
    /// device is deleted it keeps that name: another device may have its index by now.
    pub(super) fn last_name(&self, index: u32, reported: Option<IfName>) -> Option<IfName> {
        let renamed = self.new_name(index, reported);
        let name = || self.name(index).or_else(|| self.gone.get(index));
        renamed.or(reported).or_else(name)
    }

    /// The name of a device of a stored object: that of its last line, `reported`, or the one with which
    /// a rename in progress replaces it.
    pub(super) fn present_name(&self, index: u32, reported: Option<IfName>) -> Option<IfName> {
        self.new_name(index, reported).or(reported)
    }

    /// Gives a stored object the names of its last line; see [`LinkStore::present_name`].
    pub(super) fn name_as_reported(&self, payload: &mut Payload) {
        if self.is_renaming() {
            self.replace_former_names(payload);
        } else {
            self.adapt_lladdr(payload);
        }
    }

    /// Fills in the names that an object lacks, of devices that exist.
    pub(super) fn complete_names(&self, payload: &mut Payload) {
        payload.for_each_device(&mut |index, name| *name = name.or_else(|| self.name(index)));
        self.adapt_lladdr(payload);
    }

    /// Brings the names in an object that is deleted up to date; see [`LinkStore::last_name`].
    pub(super) fn name_gone(&self, payload: &mut Payload) {
        payload.for_each_device(&mut |index, name| *name = self.last_name(index, *name));
        self.adapt_lladdr(payload);
    }

    /// Returns true if the object has a name that [`LinkStore::new_name`] replaces.
    pub(super) fn has_former_names(&self, payload: &mut Payload) -> bool {
        let mut found = false;
        payload.for_each_device(&mut |index, name| found |= self.new_name(index, *name).is_some());
        found
    }

    /// The same for the names of the device below a link and of its master.
    fn has_former_neighbour(&self, link: &Link) -> bool {
        let lower = link.link_index.filter(|_| link.link_netnsid.is_none());
        let neighbours = [(lower, link.link), (link.master_index, link.master)];
        let mut named = neighbours.into_iter();
        named.any(|(index, name)| index.is_some_and(|it| self.new_name(it, name).is_some()))
    }

    /// Replaces the names by [`LinkStore::new_name`].
    pub(super) fn replace_former_names(&self, payload: &mut Payload) {
        payload.for_each_device(&mut |index, name| *name = self.present_name(index, *name));
        self.adapt_lladdr(payload);
    }

    /// Completes the names of devices in a message about the deletion of `stored`. `unresolved`: one
    /// of the names is not known.
    pub(super) fn name_deleted(
        &self,
        payload: &mut Payload,
        unresolved: bool,
        stored: Option<Payload>,
    ) {
        match stored {
            Some(mut stored) if unresolved || payload.device() != stored.device() => {
                Self::copy_names(payload, &mut stored);
            }
            None if unresolved => {}
            _ => return,
        }
        self.name_gone(payload);
    }

    /// Copies the names of the devices that `stored` names as well.
    pub(super) fn copy_names(payload: &mut Payload, stored: &mut Payload) {
        let reported = names_in(&mut |name| stored.for_each_device(name));
        copy_names(&reported, &mut |name| payload.for_each_device(name));
    }

    /// The index of a deleted device is in use again.
    pub(super) fn forget_gone(&mut self, ifindex: u32) {
        self.gone.remove(ifindex);
    }

    fn note_deleted(&mut self, device: Option<(u32, Option<&IfName>)>) {
        if let Some((index, Some(name))) = device {
            self.gone.insert(index, *name);
        }
    }

    /// Generation counter: bumped whenever a device may have been renamed.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// The table, to be modified.
    fn table_mut(&mut self) -> &mut Table<Rc<Link>> {
        self.last_lookup.set(None);
        self.generation += 1;
        &mut self.table
    }

    /// Fills in the names of devices, and the fields that depend on the type of a device. Returns
    /// true if one of the names is still unknown.
    pub(super) fn name_devices(&self, payload: &mut Payload) -> bool {
        if let Payload::Link(link) = payload {
            return self.name_link(link);
        }
        // Some messages name a device, and another socket may have them before its link.
        let unresolved = self.name_each(None, true, &mut |name| payload.for_each_device(name));
        self.adapt_lladdr(payload);
        unresolved
    }

    /// On a tunnel the link-layer address of a neighbour is an IP address.
    #[inline]
    fn adapt_lladdr(&self, payload: &mut Payload) {
        if let Payload::Neigh(neigh) = payload
            && let Some(lladdr) = neigh.lladdr
            && lladdr.may_be_ip()
            && self.is_tunnel(neigh.ifindex)
        {
            Rc::make_mut(neigh).lladdr = Some(lladdr.of_tunnel());
        }
    }

    /// Fills in the names of devices in a link. For the device itself it is the name in this message,
    /// which is newer than the stored one.
    fn name_link(&self, link: &mut Rc<Link>) -> bool {
        let own = Some((link.ifindex, link.ifname));
        let link = Rc::make_mut(link);
        self.name_each(own, false, &mut |name| link.for_each_device(name))
    }

    /// Fills in the names of the devices for which `for_each_device` calls back; `own` is the index
    /// and name of one of them. `keeps`: a name that is there remains if the device is not stored. Returns true if one of
    /// the names is still unknown.
    pub(super) fn name_each(
        &self,
        own: Option<(u32, Option<IfName>)>,
        keeps: bool,
        for_each_device: &mut dyn FnMut(NameSlot<'_>),
    ) -> bool {
        let mut unresolved = false;
        for_each_device(&mut |index, name| {
            *name = match own {
                Some((ifindex, ifname)) if ifindex == index => ifname,
                _ => self.name(index).or(name.filter(|_| keeps)),
            };
            unresolved |= index != 0 && name.is_none();
        });
        unresolved
    }

    /// The indexes of the devices whose names the object lacks.
    pub(super) fn unresolved_devices(payload: &mut Payload) -> Vec<u32> {
        let mut unresolved = Vec::new();
        payload.for_each_device(&mut |index, name| {
            if index != 0 && name.is_none() {
                unresolved.push(index);
            }
        });
        unresolved
    }

    /// Returns true if the device is stored, and up.
    pub(super) fn is_up(&self, ifindex: u32) -> bool {
        let link = self.by_index(ifindex);
        link.is_some_and(|link| link.flags.has("UP"))
    }

    /// Returns true if the event, about a forwarding entry, is no state: the device has announced the
    /// entry itself (see [`is_bare`](crate::event::fdb::Fdb::is_bare)). `None` if that depends on the type of a device that is not
    /// stored.
    pub(super) fn is_announced_by_device(&self, payload: &Payload) -> Option<bool> {
        match payload {
            Payload::Fdb(fdb) if fdb.is_bare() => {
                let link = self.by_index(fdb.ifindex)?;
                Some(link.is_bridge() || link.is_of_type("vxlan"))
            }
            _ => Some(false),
        }
    }

    /// Returns true if the link-layer addresses on the device are IP addresses.
    fn is_tunnel(&self, ifindex: u32) -> bool {
        let tunnels = ["ipip", "sit", "gre", "tunnel6", "gre6"];
        self.by_index(ifindex)
            .is_some_and(|link| tunnels.iter().any(|name| link.link_type.is(name)))
    }

    /// Completes `link`, its message, with the stored fields that the message omits; removes a device that
    /// was deleted. Returns the stored device.
    fn take(&mut self, action: MessageAction, link: &mut Link) -> Option<Rc<Link>> {
        let key = key(link.ifindex);
        if action == MessageAction::Delete {
            let stored = self.table_mut().remove(key);
            let stored_name = || stored.as_ref().and_then(|entry| entry.value.ifname);
            let name = link.ifname.or_else(stored_name);
            self.note_deleted(Some((link.ifindex, name.as_ref())));
            return stored.map(|entry| entry.value);
        }
        let stored = self.table.get(key);
        if action == MessageAction::LeaveBridge && stored.is_none() {
            leave_bridge(link);
        }
        let old = stored?.value.clone();
        match action {
            MessageAction::New => carry_over_omitted(link, &old),
            _ => merge_missing(link, &old),
        }
        if action == MessageAction::LeaveBridge {
            leave_bridge(link);
        }
        Some(with_transient(old, link))
    }

    /// Stores a device, whose former value is `old`. `reconciling`: a dump of the devices is being
    /// read.
    fn put(&mut self, mut link: Rc<Link>, old: Option<&Link>, reconciling: bool) {
        match old {
            Some(old) if old.ifname == link.ifname => {}
            Some(_) => self.new_names.insert(link.ifindex, NameChange::Renamed),
            None => {
                self.gone.remove(link.ifindex);
                self.new_names.insert(link.ifindex, NameChange::Learnt);
            }
        }
        if link.has_transient() {
            Rc::make_mut(&mut link).clear_transient();
        }
        let key = key(link.ifindex);
        self.table_mut().put(Entry::new(key, link, reconciling));
    }
}

/// The former link with the transient fields of the new message, so that they are no change.
fn with_transient(mut old: Rc<Link>, link: &Link) -> Rc<Link> {
    if link.has_transient() {
        Rc::make_mut(&mut old).copy_transient(link);
    }
    old
}
