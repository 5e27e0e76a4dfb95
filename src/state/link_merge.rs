//! Completes a message about a link with the stored fields that it omits, and clears those of a port that
//! left its bridge.

use crate::event::fields::Fields as _;
use crate::event::link::Link;

/// Copies from the stored link the fields that a complete message omits: fields of a bridge's own
/// messages, of requests with `IFLA_EXT_MASK`, and of requests with CAP_NET_ADMIN.
pub(super) fn carry_over_omitted(link: &mut Link, old: &Link) {
    if link.master_index == old.master_index {
        if link.vlans.is_none() {
            carry_over(&mut link.vlans, &old.vlans);
            carry_over(&mut link.vlan_tunnels, &old.vlan_tunnels);
        }
        carry_over(&mut link.mst, &old.mst);
        carry_over(&mut link.hwmode, &old.hwmode);
    }
    if let (Some(info), Some(old)) = (&mut link.linkinfo, &old.linkinfo) {
        info.carry_over_omitted(old);
    }
    if link.num_vf.is_none() {
        link.num_vf = old.num_vf;
        carry_over(&mut link.vfinfo_list, &old.vfinfo_list);
        carry_over(&mut link.vf_ports, &old.vf_ports);
        carry_over(&mut link.port_self, &old.port_self);
    }
    carry_over(&mut link.mrp, &old.mrp);
    if link.cfm.is_none() {
        carry_over(&mut link.cfm, &old.cfm);
        carry_over(&mut link.cfm_status, &old.cfm_status);
    }
}

/// Copies the stored value if the message has none. Usually neither has a value.
#[inline]
fn carry_over<T: Clone>(new: &mut Option<T>, old: &Option<T>) {
    if new.is_none() && old.is_some() {
        new.clone_from(old);
    }
}

/// Copies from the stored link every field that a partial message omits.
pub(super) fn merge_missing(link: &mut Link, old: &Link) {
    if let (Some(info), Some(old)) = (&mut link.linkinfo, &old.linkinfo) {
        info.merge_missing(old);
    }
    if let (Some(spec), Some(old)) = (&mut link.af_spec, &old.af_spec) {
        spec.merge_missing(old);
    }
    link.merge_missing(old);
}

/// Clears the fields that a port has because of its bridge.
pub(super) fn leave_bridge(link: &mut Link) {
    (link.master, link.master_index) = (None, None);
    (link.vlans, link.vlan_tunnels, link.mst) = (None, None, None);
    if let Some(info) = &mut link.linkinfo {
        (info.info_slave_kind, info.info_slave_data) = (None, None);
    }
}
