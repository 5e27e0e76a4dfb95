//! Traffic control: `qdisc`, `class`, `filter`, `chain` and `action` (`struct tcmsg`,
//! linux/rtnetlink.h; `TCA_*`), in the words of `tc -d -j`.

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

/// Declares the payload of a kind that stands on a device or a shared block.
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
            /// What it was told to do, by the names of `tc -j`; which there are depends on `kind`.
            pub options: Option<Options>,
            /// The options of a `kind` that no decoder knows.
            pub options_hex: Option<Vec<Attribute>>,
            /// What the kernel warned of when it was asked for this.
            pub warning: Option<String>,
            /// With `details`: counters of its kind, by the names of `tc -j`.
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
        /// Its type: `fq_codel`, `htb`, `clsact` …
        kind: Option<String>,
        /// Its number, `1:`.
        handle: String,
        /// It is the device's root.
        root: Option<bool>,
        /// The class that it is the leaf of; `ffff:fff1` of ingress and clsact.
        parent: Option<String>,
        /// Number of the shared block of its incoming side.
        ingress_block: Option<u32>,
        /// Number of the shared block of its outgoing side.
        egress_block: Option<u32>,
        /// The hardware does it.
        offloaded: Option<bool>,
        /// Lists leave it out unless they are asked for it.
        invisible: Option<bool>,
        /// With `details`: references to it.
        refcnt: Option<u32>,
        /// Sizes that it takes packets to have.
        stab: Option<Options>,
    }
    key { ifindex, root, parent, handle }
    devices(_it, _name) {}
    copy_volatile(now, old) { now.refcnt = old.refcnt; }
);

of_tc!(
    /// A class of a queueing discipline.
    Class {
        /// The type of its queueing discipline.
        kind: Option<String>,
        /// Its number, `1:10`.
        handle: String,
        /// It stands right below the root.
        root: Option<bool>,
        /// The class above it.
        parent: Option<String>,
        /// Number of the queueing discipline that is its leaf.
        leaf: Option<String>,
    }
    key { ifindex, handle }
    devices(_it, _name) {}
    copy_volatile(_now, _old) {}
);

of_tc!(
    /// A filter.
    Filter {
        /// Its type: `flower`, `u32`, `matchall` …
        kind: Option<String>,
        /// Number of the shared block.
        block: Option<u32>,
        /// It stands on the root.
        root: Option<bool>,
        /// What it stands on: a class, or `ffff:fff2` (incoming), `ffff:fff3` (outgoing).
        parent: Option<String>,
        /// The protocol that it looks at: `ip`, `all`, `802.1Q`, else its number.
        protocol: Symbol,
        /// Filters are asked in the order of these numbers.
        pref: u32,
        /// Number of its chain.
        chain: Option<u32>,
        /// Its number: `0x1`; of u32 table, bucket and node, `800::800`. Without one a `delete` is
        /// of all filters with that `protocol`, `pref` and `chain`.
        handle: Option<String>,
        /// What is done with a packet that it fits.
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
        /// Type of the filters that its template allows.
        kind: Option<String>,
        /// Number of the shared block.
        block: Option<u32>,
        /// It stands on the root.
        root: Option<bool>,
        /// What it stands on.
        parent: Option<String>,
        /// Its number.
        chain: u32,
    }
    key { ifindex, block, root, parent, chain }
    devices(_it, _name) {}
    copy_volatile(_now, _old) {}
);

/// What is done with a packet (`TCA_ACT_*`, linux/pkt_cls.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Action {
    /// Its type: `gact`, `mirred`, `police` …
    pub kind: Option<String>,
    /// Its number among those of its type.
    pub index: Option<u32>,
    /// What somebody noted on it.
    pub cookie: Option<Hex>,
    /// `no_percpu`, `skip_hw`, `skip_sw`.
    pub flags: Option<Flags>,
    /// How the hardware counts: `immediate`, `delayed`; empty where it does not.
    pub hw_stats: Option<Flags>,
    /// With `details`: how it counts in fact.
    pub used_hw_stats: Option<Flags>,
    /// Number of devices whose hardware does it.
    pub in_hw_count: Option<u32>,
    /// All actions of the type went at once: how many there were.
    pub flushed: Option<u32>,
    /// What the kernel warned of when it was asked for this.
    pub warning: Option<String>,
    /// What it was told to do, by the names of `tc -j`; which there are depends on `kind`.
    pub options: Option<Options>,
    /// The options of a `kind` that no decoder knows.
    pub options_hex: Option<Vec<Attribute>>,
    /// With `details`: counters of its kind, by the names of `tc -j`.
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
    /// Packets that were dropped.
    pub drops: Option<u32>,
    /// Times that a limit was exceeded.
    pub overlimits: Option<u32>,
    /// Packets that were queued again.
    pub requeues: Option<u32>,
    /// Bytes that wait.
    pub backlog: Option<u32>,
    /// Packets that wait.
    pub qlen: Option<u32>,
    /// Estimated rate, bytes a second.
    pub rate: Option<u64>,
    /// Estimated rate, packets a second.
    pub pps: Option<u64>,
    /// Counters of its own kind, as they came.
    pub xstats: Option<Hex>,
}
