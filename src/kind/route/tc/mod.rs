//! Traffic control: `qdisc`, `class`, `filter`, `chain` and `action` (`struct tcmsg`,
//! linux/rtnetlink.h; `TCA_*`), named as in `tc -d -j`.

pub mod decode;
pub mod options;
pub mod schema;
pub mod spec;
pub mod table;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::{Object, some};
use crate::kind::route::unknown::Attribute;
use crate::value::{Flags, Hex, IfName, Symbol};
use options::Options;

/// Declares the payload of a kind that is attached to a device or a shared block.
macro_rules! of_tc {
    (
        $(#[$doc:meta])* $type:ident { $($(#[$field_doc:meta])* $field:ident: $field_type:ty,)+ }
        key { $($key:ident),+ }
        devices($it:ident, $name:ident) $devices:block
        copy_volatile($now:ident, $old:ident) $copy_volatile:block
    ) => {
        $(#[$doc])*
        #[skip_serializing_none]
        #[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
        pub struct $type {
            /// The device's index; absent on a shared block.
            pub ifindex: Option<u32>,
            /// The device's name.
            pub dev: Option<IfName>,
            $($(#[$field_doc])* pub $field: $field_type,)+
            /// Options, named as in `tc -j`; the fields depend on `kind`.
            pub options: Option<Options>,
            /// Undecoded options of a `kind` without a decoder.
            pub options_hex: Option<Vec<Attribute>>,
            /// Warning that the kernel attached to the request.
            pub warning: Option<String>,
            /// With `details`: kind-specific counters, named as in `tc -j`.
            pub counters: Option<Options>,
            /// With `details`: counters.
            pub stats: Option<Stats>,
        }

        key!($type { $($key),+ });
        fields!($type { ifindex, dev, $($field,)+ options, options_hex, warning, counters, stats });

        impl Object for $type {
            fn device(&self) -> Option<(u32, Option<&IfName>)> {
                Some((self.ifindex?, self.dev.as_ref()))
            }

            fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
                some(name, self.ifindex, &mut self.dev);
                if let Some(options) = &mut self.options {
                    options.for_each_device(name);
                }
                let ($it, $name) = (self, name);
                $devices
            }

            fn copy_volatile(&mut self, old: &Self) {
                self.warning.clone_from(&old.warning);
                self.counters.clone_from(&old.counters);
                self.stats.clone_from(&old.stats);
                let ($now, $old) = (self, old);
                $copy_volatile
            }
        }
    };
}

of_tc!(
    /// A queueing discipline.
    Qdisc {
        /// Type: `fq_codel`, `htb`, `clsact` …
        kind: Option<String>,
        /// Handle, such as `1:`.
        handle: String,
        /// True for the root queueing discipline of the device.
        root: Option<bool>,
        /// Parent class; `ffff:fff1` for ingress and clsact.
        parent: Option<String>,
        /// Number of the shared ingress block.
        ingress_block: Option<u32>,
        /// Number of the shared egress block.
        egress_block: Option<u32>,
        /// Offloaded to hardware.
        offloaded: Option<bool>,
        /// Hidden: omitted from dumps unless requested (`TCA_DUMP_INVISIBLE`).
        invisible: Option<bool>,
        /// With `details`: number of references.
        refcnt: Option<u32>,
        /// Size table.
        stab: Option<Options>,
    }
    key { ifindex, root, parent, handle }
    devices(_it, _name) {}
    copy_volatile(now, old) { now.refcnt = old.refcnt; }
);

of_tc!(
    /// A class of a queueing discipline.
    Class {
        /// Type of the queueing discipline.
        kind: Option<String>,
        /// Handle, such as `1:10`.
        handle: String,
        /// True if the parent is the root.
        root: Option<bool>,
        /// Parent class.
        parent: Option<String>,
        /// Handle of the leaf queueing discipline.
        leaf: Option<String>,
    }
    key { ifindex, handle }
    devices(_it, _name) {}
    copy_volatile(_now, _old) {}
);

of_tc!(
    /// A filter.
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
        actions: Option<Vec<Action>>,
    }
    key { ifindex, block, root, parent, protocol, pref, chain, handle }
    devices(it, name) {
        for action in it.actions.iter_mut().flatten() {
            action.for_each_device(name);
        }
    }
    copy_volatile(now, old) {
        if let (Some(actions), Some(old)) = (&mut now.actions, &old.actions) {
            for (action, old) in actions.iter_mut().zip(old) {
                action.copy_volatile(old);
            }
        }
    }
);

of_tc!(
    /// A chain of filters.
    Chain {
        /// Filter type of the chain's template.
        kind: Option<String>,
        /// Number of the shared block.
        block: Option<u32>,
        /// True if attached to the root.
        root: Option<bool>,
        /// Parent.
        parent: Option<String>,
        /// Number of the chain.
        chain: u32,
    }
    key { ifindex, block, root, parent, chain }
    devices(_it, _name) {}
    copy_volatile(_now, _old) {}
);

/// A traffic control action (`TCA_ACT_*`, linux/pkt_cls.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Action {
    /// Type: `gact`, `mirred`, `police` …
    pub kind: Option<String>,
    /// Index among the actions of its type.
    pub index: Option<u32>,
    /// User-defined cookie (TCA_ACT_COOKIE).
    pub cookie: Option<Hex>,
    /// `no_percpu`, `skip_hw`, `skip_sw`.
    pub flags: Option<Flags>,
    /// Requested hardware counters: `immediate`, `delayed`; empty if disabled.
    pub hw_stats: Option<Flags>,
    /// With `details`: hardware counters actually in use.
    pub used_hw_stats: Option<Flags>,
    /// Number of devices that offload the action to hardware.
    pub in_hw_count: Option<u32>,
    /// Number of deleted actions when all actions of a type are flushed.
    pub flushed: Option<u32>,
    /// Warning that the kernel attached to the request.
    pub warning: Option<String>,
    /// Options, named as in `tc -j`; the fields depend on `kind`.
    pub options: Option<Options>,
    /// Undecoded options of a `kind` without a decoder.
    pub options_hex: Option<Vec<Attribute>>,
    /// With `details`: kind-specific counters, named as in `tc -j`.
    pub counters: Option<Options>,
    /// With `details`: counters.
    pub stats: Option<Stats>,
}

key!(Action { kind, index });
fields!(Action {
    kind,
    index,
    cookie,
    flags,
    hw_stats,
    used_hw_stats,
    in_hw_count,
    flushed,
    warning,
    options,
    options_hex,
    counters,
    stats,
});

impl Object for Action {
    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        if let Some(options) = &mut self.options {
            options.for_each_device(name);
        }
    }

    fn copy_volatile(&mut self, old: &Self) {
        self.used_hw_stats = old.used_hw_stats;
        self.warning.clone_from(&old.warning);
        self.counters.clone_from(&old.counters);
        self.stats.clone_from(&old.stats);
    }
}

/// Counters (`TCA_STATS_*`, linux/gen_stats.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "TcStats")]
pub struct Stats {
    /// Bytes.
    pub bytes: Option<u64>,
    /// Packets.
    pub packets: Option<u64>,
    /// Bytes that the hardware counted.
    pub hw_bytes: Option<u64>,
    /// Packets that the hardware counted.
    pub hw_packets: Option<u64>,
    /// Packets dropped.
    pub drops: Option<u32>,
    /// Number of times a limit was exceeded.
    pub overlimits: Option<u32>,
    /// Packets requeued.
    pub requeues: Option<u32>,
    /// Queued bytes.
    pub backlog: Option<u32>,
    /// Queued packets.
    pub qlen: Option<u32>,
    /// Estimated rate, bytes/s.
    pub rate: Option<u64>,
    /// Estimated rate, packets/s.
    pub pps: Option<u64>,
    /// Undecoded kind-specific counters.
    pub xstats: Option<Hex>,
}
