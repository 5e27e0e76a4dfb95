//! The known devices.

use std::collections::HashMap;

use super::op_of_new;
use crate::decode::Verb;
use crate::event::Op;
use crate::event::fields::Fields;
use crate::event::link::Link;
use crate::event::values::IfName;

/// The last known links by index.
#[derive(Debug, Default)]
pub struct Links(HashMap<u32, Box<Link>>);

impl Links {
    pub fn get(&self, ifindex: u32) -> Option<&Link> {
        self.0.get(&ifindex).map(|link| &**link)
    }

    pub fn put(&mut self, link: Box<Link>) {
        self.0.insert(link.ifindex, link);
    }

    pub fn name(&self, ifindex: u32) -> Option<IfName> {
        self.0.get(&ifindex)?.ifname
    }

    /// Are the link-layer addresses on the device IP addresses?
    pub fn is_tunnel(&self, ifindex: u32) -> bool {
        let tunnels = ["ipip", "sit", "gre", "tunnel6", "gre6"];
        self.0
            .get(&ifindex)
            .is_some_and(|link| tunnels.iter().any(|name| link.link_type.is(name)))
    }

    /// Puts or removes a link, and makes a part of one whole. Returns the op and the link's
    /// former self where it stays.
    pub fn apply(
        &mut self,
        verb: Verb,
        link: &mut Box<Link>,
        complete: bool,
    ) -> (Op, Option<Box<Link>>) {
        if verb == Verb::Delete {
            self.0.remove(&link.ifindex);
            return (Op::Delete, None);
        }
        let old = self.0.remove(&link.ifindex);
        match (&old, verb) {
            (Some(old), Verb::New) => keep_untold(link, old),
            (Some(old), _) => {
                inherit(link, old);
                if verb == Verb::Leave {
                    leave(link);
                }
            }
            // A part of an unknown device is not worth knowing: the whole would seem to differ.
            (None, Verb::Part | Verb::Leave) => return (Op::Present, None),
            (None, _) => {}
        }
        let mut known = link.clone();
        // What was sent once, and is no state.
        (known.event, known.wireless) = (None, None);
        self.0.insert(link.ifindex, known);
        match old {
            Some(mut old) => {
                (old.event, old.wireless) = (link.event.clone(), link.wireless.clone());
                (Op::Change, Some(old))
            }
            None => (op_of_new(complete), None),
        }
    }
}

/// A message about the whole link still leaves out what only a bridge's own messages, or an
/// answer to a question with `IFLA_EXT_MASK`, have.
fn keep_untold(link: &mut Link, old: &Link) {
    if link.master_index == old.master_index {
        if link.vlans.is_none() {
            link.vlans.clone_from(&old.vlans);
            link.vlan_tunnels.clone_from(&old.vlan_tunnels);
        }
        if link.hwmode.is_none() {
            link.hwmode.clone_from(&old.hwmode);
        }
    }
    if link.num_vf.is_none() {
        link.num_vf = old.num_vf;
        link.vfinfo_list.clone_from(&old.vfinfo_list);
    }
}

/// Takes from the known link what a part of it does not say.
fn inherit(link: &mut Link, old: &Link) {
    if let (Some(info), Some(old)) = (&mut link.linkinfo, &old.linkinfo) {
        info.inherit(old);
    }
    if let (Some(spec), Some(old)) = (&mut link.af_spec, &old.af_spec) {
        spec.inherit(old);
    }
    link.inherit(old);
}

/// What a port loses with its bridge.
fn leave(link: &mut Link) {
    (link.master, link.master_index) = (None, None);
    (link.vlans, link.vlan_tunnels) = (None, None);
    if let Some(info) = &mut link.linkinfo {
        (info.info_slave_kind, info.info_slave_data) = (None, None);
    }
}
