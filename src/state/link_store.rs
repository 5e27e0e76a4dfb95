//! The known devices.

use std::cell::Cell;
use std::rc::Rc;

use super::key::Key;
use super::table::{Entry, SweepMark, Table};
use crate::decode::MessageAction;
use crate::event::Payload;
use crate::event::fields::Fields;
use crate::event::link::Link;
use crate::event::values::IfName;

/// A known device.
#[derive(Debug)]
struct StoredLink {
    mark: SweepMark,
    link: Rc<Link>,
}

/// The key of the device of that index. Spread over all bits, as a hash is.
pub fn key(ifindex: u32) -> Key {
    u128::from(ifindex).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

/// What takes the index of a device, and the place of its name.
type Name<'a> = &'a mut dyn FnMut(u32, &mut Option<IfName>);

impl Entry for StoredLink {
    fn key(&self) -> Key {
        key(self.link.ifindex)
    }
    fn mark(&self) -> SweepMark {
        self.mark
    }
    fn set_mark(&mut self, mark: SweepMark) {
        self.mark = mark;
    }
}

/// The last known links by index.
#[derive(Debug, Default)]
pub struct LinkStore {
    table: Table<StoredLink>,
    /// The device whose name was asked for last, and the name: mostly it is asked for again.
    asked: Cell<Option<(u32, Option<IfName>)>>,
    /// Grows when a device is altered: what was asked before may be another now.
    age: u64,
    /// The devices that a look has seen, in its order, and their former selves.
    dump_entries: Vec<(u32, Option<Rc<Link>>)>,
}

impl LinkStore {
    pub fn get(&self, ifindex: u32) -> Option<&Rc<Link>> {
        self.by_key(key(ifindex))
    }

    pub fn by_key(&self, key: Key) -> Option<&Rc<Link>> {
        self.table.get(key).map(|device| &device.link)
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Gives a device that is known already its final names.
    pub fn rename(&mut self, link: Rc<Link>) {
        if let Some(device) = self.table_mut().get_mut(key(link.ifindex)) {
            device.link = link;
        }
    }

    pub fn name(&self, ifindex: u32) -> Option<IfName> {
        if let Some((asked, name)) = self.asked.get()
            && asked == ifindex
        {
            return name;
        }
        let name = self.get(ifindex).and_then(|link| link.ifname);
        self.asked.set(Some((ifindex, name)));
        name
    }

    /// As long as it is the same every device has its name.
    pub fn age(&self) -> u64 {
        self.age
    }

    /// The devices, to be altered.
    fn table_mut(&mut self) -> &mut Table<StoredLink> {
        self.asked.set(None);
        self.age += 1;
        &mut self.table
    }

    /// Fills in the names of devices, and what depends on the device's type. Returns whether one
    /// of them has no name yet.
    pub fn name_devices(&self, payload: &mut Payload) -> bool {
        // Of itself a device knows better.
        let own = match payload {
            Payload::Link(link) => Some((link.ifindex, link.ifname)),
            _ => None,
        };
        let unresolved = self.name_each(own, &mut |name| payload.for_each_device(name));
        if let Payload::Neigh(neigh) = payload
            && let Some(lladdr) = neigh.lladdr
            && lladdr.may_be_ip()
            && self.is_tunnel(neigh.ifindex)
        {
            Rc::make_mut(neigh).lladdr = Some(lladdr.of_tunnel());
        }
        unresolved
    }

    /// Fills in the names of the devices that `devices` gives away; `own` is the name of one.
    pub fn name_each(
        &self,
        own: Option<(u32, Option<IfName>)>,
        devices: &mut dyn FnMut(Name<'_>),
    ) -> bool {
        let mut unresolved = false;
        devices(&mut |index, name| {
            *name = match own {
                Some((ifindex, ifname)) if ifindex == index => ifname,
                _ => self.name(index),
            };
            unresolved |= index != 0 && name.is_none();
        });
        unresolved
    }

    /// Does the object name a device whose name was not known when it was told?
    pub fn has_unresolved_names(payload: &mut Payload) -> bool {
        let mut unresolved = false;
        payload.for_each_device(&mut |index, name| unresolved |= index != 0 && name.is_none());
        unresolved
    }

    /// Are the link-layer addresses on the device IP addresses?
    fn is_tunnel(&self, ifindex: u32) -> bool {
        let tunnels = ["ipip", "sit", "gre", "tunnel6", "gre6"];
        self.get(ifindex)
            .is_some_and(|link| tunnels.iter().any(|name| link.link_type.is(name)))
    }

    /// Takes a row of a look.
    pub fn apply_dump_entry(&mut self, action: MessageAction, link: &mut Rc<Link>) {
        let (stays, old) = self.take(action, Rc::make_mut(link));
        if stays {
            self.put(link.clone(), true);
            if action == MessageAction::New {
                self.dump_entries.push((link.ifindex, old));
            }
        }
    }

    /// The devices that rows told of, in their order, and their former selves.
    pub fn take_dump_entries(&mut self) -> Vec<(u32, Option<Rc<Link>>)> {
        std::mem::take(&mut self.dump_entries)
    }

    /// A look is over. Returns the number of devices that are missing but may still be there, and
    /// those that are gone.
    pub fn finish_reconcile(&mut self, clean: bool) -> (usize, Vec<Rc<Link>>) {
        let (missing, gone) = self.table_mut().finish_reconcile(clean);
        (
            missing,
            gone.into_iter().map(|device| device.link).collect(),
        )
    }

    /// Takes a device out, and makes what a message says of it whole. Returns whether the device
    /// stays, as what `link` is now, and its former self where it does.
    pub fn take(&mut self, action: MessageAction, link: &mut Link) -> (bool, Option<Rc<Link>>) {
        let old = self.table_mut().remove(key(link.ifindex));
        let Some(StoredLink { link: old, .. }) = old else {
            // A part of an unknown device is not worth knowing: the whole would seem to differ.
            return (action == MessageAction::New, None);
        };
        match action {
            MessageAction::Delete => return (false, None),
            MessageAction::New => carry_over_omitted(link, &old),
            _ => merge_missing(link, &old),
        }
        if action == MessageAction::LeaveBridge {
            leave(link);
        }
        (true, Some(alike(old, link)))
    }

    /// Puts a device that was taken. `looking`: a look at the devices is under way.
    pub fn put(&mut self, mut link: Rc<Link>, reconciling: bool) {
        // What was sent once, and is no state.
        if link.event.is_some() || link.wireless.is_some() {
            let known = Rc::make_mut(&mut link);
            (known.event, known.wireless) = (None, None);
        }
        let mark = SweepMark::told(reconciling);
        self.table_mut().put(StoredLink { mark, link });
    }
}

/// A message about the whole link still leaves out what only a bridge's own messages, an answer to
/// a question with `IFLA_EXT_MASK`, or one to CAP_NET_ADMIN have.
fn carry_over_omitted(link: &mut Link, old: &Link) {
    if link.master_index == old.master_index {
        if link.vlans.is_none() {
            keep(&mut link.vlans, &old.vlans);
            keep(&mut link.vlan_tunnels, &old.vlan_tunnels);
        }
        keep(&mut link.mst, &old.mst);
        keep(&mut link.hwmode, &old.hwmode);
    }
    if let (Some(info), Some(old)) = (&mut link.linkinfo, &old.linkinfo) {
        info.carry_over_omitted(old);
    }
    if link.num_vf.is_none() {
        link.num_vf = old.num_vf;
        keep(&mut link.vfinfo_list, &old.vfinfo_list);
        keep(&mut link.vf_ports, &old.vf_ports);
        keep(&mut link.port_self, &old.port_self);
    }
    keep(&mut link.mrp, &old.mrp);
    if link.cfm.is_none() {
        keep(&mut link.cfm, &old.cfm);
        keep(&mut link.cfm_status, &old.cfm_status);
    }
}

/// Where nothing is said, what was said before. Mostly nothing was.
#[inline]
fn keep<T: Clone>(now: &mut Option<T>, old: &Option<T>) {
    if now.is_none() && old.is_some() {
        now.clone_from(old);
    }
}

/// Takes from the known link what a part of it does not say.
fn merge_missing(link: &mut Link, old: &Link) {
    if let (Some(info), Some(old)) = (&mut link.linkinfo, &old.linkinfo) {
        info.merge_missing(old);
    }
    if let (Some(spec), Some(old)) = (&mut link.af_spec, &old.af_spec) {
        spec.merge_missing(old);
    }
    link.merge_missing(old);
}

/// The former self, with what was sent once, which is no change.
fn alike(mut old: Rc<Link>, link: &Link) -> Rc<Link> {
    if link.event.is_some() || link.wireless.is_some() {
        let old = Rc::make_mut(&mut old);
        (old.event, old.wireless) = (link.event.clone(), link.wireless.clone());
    }
    old
}

/// What a port loses with its bridge.
fn leave(link: &mut Link) {
    (link.master, link.master_index) = (None, None);
    (link.vlans, link.vlan_tunnels, link.mst) = (None, None, None);
    if let Some(info) = &mut link.linkinfo {
        (info.info_slave_kind, info.info_slave_data) = (None, None);
    }
}
