//! Devices that move to another network namespace: the kernel deletes them in one and adds them in
//! the other.

use std::rc::Rc;

use super::Pipeline;
use crate::channel::NetnsId;
use crate::decode::MessageAction;
use crate::event::values::{LlAddr, Time};
use crate::event::{Event, Payload};

/// How long after the deletion the device may be added: the kernel does both under the RTNL
/// (`__dev_change_net_namespace`).
const MAX_WAIT: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);

/// A device that left a namespace.
#[derive(Debug)]
pub(super) struct Move {
    from: NetnsId,
    time: Time,
    /// What it has in its new namespace.
    ifindex: u32,
    address: Option<LlAddr>,
}

impl Pipeline {
    /// Completes the event of a device that moves: says which namespace it leaves, or where it comes
    /// from, as far as the lines of that namespace have a name for it.
    #[cold]
    pub(super) fn note_move(&mut self, action: MessageAction, event: &mut Event) {
        let (netns, time) = (event.netns, event.time);
        let Payload::Link(link) = &mut event.payload else {
            return;
        };
        match action {
            MessageAction::Delete => {
                let Some(ifindex) = link.new_ifindex.or(link.new_netnsid.map(|_| link.ifindex))
                else {
                    return;
                };
                self.moving = Some(Move {
                    from: netns,
                    time,
                    ifindex,
                    address: link.address,
                });
                if netns == NetnsId::OWN_LISTED
                    && let Some(to) = self.named_by(link.new_netnsid)
                {
                    Rc::make_mut(link).moved_to = Some(to);
                }
            }
            MessageAction::New => {
                let is_it = |it: &Move| {
                    (it.ifindex, &it.address) == (link.ifindex, &link.address)
                        && it.from != netns
                        && time.0.duration_since(it.time.0) <= MAX_WAIT
                };
                if self.moving.as_ref().is_some_and(is_it)
                    && let Some(it) = self.moving.take()
                    && let Some(from) = self.listed.get(&it.from)
                {
                    Rc::make_mut(link).moved_from = Some(from.netns.name.clone());
                }
            }
            _ => {}
        }
    }

    /// The name of the namespace that has this number in the program's own.
    fn named_by(&self, nsid: Option<i32>) -> Option<String> {
        let nsid = nsid?;
        let mut listed = self.listed.values();
        let found = listed.find(|it| it.nsid == Some(nsid))?;
        Some(found.netns.name.clone())
    }
}
