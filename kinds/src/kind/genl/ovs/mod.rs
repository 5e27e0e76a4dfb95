//! `kind:"ovs_datapath"` and `"ovs_vport"`: datapaths of Open vSwitch and their ports (linux/openvswitch.h), named as in
//! the kernel's YNL specs. Flows, of which a switch adds and removes thousands, meters and limits are of kind `generic`.

mod datapath;
#[cfg(test)]
mod tests;
mod vport;

use crate::kind::context::DecodeContext;
use crate::kind::object::Object;
use crate::kind::wire::u32_at;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::genl::attributes;
use crate::netlink::genl::ovs::OVS_HEADER;
pub use datapath::{OvsDatapath, OvsDatapathStats, OvsMegaflowStats};
pub use vport::{OvsUpcallStats, OvsVport, OvsVportStats};

/// The index of the datapath, from `struct ovs_header`, and the attributes. `None` if the message is shorter.
fn split<'a>(message: &Message<'a>) -> Option<(u32, &'a [u8])> {
    let (header, attributes) = attributes(message)?.split_first_chunk::<OVS_HEADER>()?;
    Some((u32_at(header, 0), attributes))
}

/// Counters are no change: an event in which only they differ gets those of the stored object.
fn keep_counters<T: Object + Clone + PartialEq>(event: &mut T, stored: &T) {
    let mut other = event.clone();
    other.copy_volatile(stored);
    if other == *stored {
        *event = other;
    }
}

/// Reads an array of port ids of netlink sockets.
fn pids(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<u32>, AttrError> {
    match attr.value.as_chunks() {
        (pids, []) => Ok(pids.iter().map(|pid| u32::from_ne_bytes(*pid)).collect()),
        _ => Err(AttrError::Length),
    }
}
