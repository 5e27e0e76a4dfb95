//! `kind:"filter"`: filters (`RTM_NEWTFILTER`, `RTM_DELTFILTER`).

use super::Action;
use super::message::{Header, MessageAttrs, payload};
use super::spec;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::object::Object as _;
use crate::kind::spec::KindSpec;
use crate::kind::table::plain::u32_handle;
use crate::netlink::rtm::{RTM_DELTFILTER, RTM_NEWTFILTER};
use crate::value::Symbol;

payload!(
    /// A filter.
    #[state(
        key(ifindex, block, root, parent, protocol, pref, chain, handle),
        copy_volatile = Self::copy_action_counters,
        // The protocol of packets, not the origin of the object.
        no_property(protocol),
    )]
    Filter {
        /// Type: `flower`, `u32`, `matchall` …
        kind: Option<String>,
        /// Number of the shared block.
        block: Option<u32>,
        /// True if attached to the root.
        root: Option<bool>,
        /// Parent: a class, or `ffff:fff2` (ingress), `ffff:fff3` (egress).
        parent: Option<String>,
        /// Protocol of the packets to match: `ip`, `all`, `802.1Q`, or a number.
        protocol: Symbol,
        /// Priority: filters are evaluated in ascending order.
        pref: u32,
        /// Number of the chain.
        chain: Option<u32>,
        /// Handle: `0x1`; for u32 table, bucket and node: `800::800`. A `delete` without a handle
        /// applies to all filters of the same `protocol`, `pref` and `chain`.
        handle: Option<String>,
        /// Actions performed on matching packets.
        #[state(names_devices)]
        actions: Option<Vec<Action>>,
    }
);

impl KindSpec for Filter {
    const MESSAGES: &'static [u16] = &[RTM_NEWTFILTER, RTM_DELTFILTER];
    const LISTED: bool = false;
    const ATTRS: &'static [AttrDecl] = MessageAttrs::ATTRS;

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut message = MessageAttrs::decode(context, attributes, spec::filter);
        let handle = match message.kind.as_deref() {
            Some("u32") => u32_handle(header.handle),
            _ => format!("{:#x}", header.handle),
        };
        let protocol = u16::from_be(header.info as u16);
        Some(Filter {
            block: header.block(),
            protocol: Symbol::of(u32::from(protocol), spec::ETHER_TYPES),
            pref: header.info >> 16,
            chain: message.chain,
            handle: (header.handle != 0).then_some(handle),
            actions: message.out.actions.take(),
            ..Filter::common(&header, message)
        })
    }
}

impl Filter {
    fn copy_action_counters(&mut self, old: &Self) {
        if let (Some(actions), Some(old)) = (&mut self.actions, &old.actions) {
            for (action, old) in actions.iter_mut().zip(old) {
                action.copy_volatile(old);
            }
        }
    }
}
