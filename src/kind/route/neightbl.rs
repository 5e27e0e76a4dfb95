//! `kind:"neightbl"`: settings of the neighbour tables (`RTM_NEWNEIGHTBL`). The kernel lists them
//! and tells no change.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::{Object, some};
use crate::value::{IfName, Symbol};

/// A neighbour table, or its settings for a device (`struct ndtmsg`, linux/neighbour.h). Times are
/// milliseconds.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Neightbl {
    /// Address family: `inet`, `inet6`.
    pub family: Symbol,
    /// Name of the table: `arp_cache`, `ndisc_cache`.
    pub name: Option<String>,
    /// Index of the device that the settings are for; absent for the table's own.
    pub ifindex: Option<u32>,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Entries below which nothing is collected.
    pub thresh1: Option<u32>,
    /// Entries above which unused ones are collected soon.
    pub thresh2: Option<u32>,
    /// Most entries.
    pub thresh3: Option<u32>,
    /// How often unused entries are collected.
    pub gc_interval: Option<u64>,
    /// How long a confirmed neighbour is reachable.
    pub reachable: Option<u64>,
    /// The mean of that.
    pub base_reachable: Option<u64>,
    /// Between two solicitations.
    pub retrans: Option<u64>,
    /// After which an unused entry may go.
    pub gc_stale: Option<u64>,
    /// Before a stale neighbour that is used is probed.
    pub delay_probe: Option<u64>,
    /// Packets that wait for an answer.
    pub queue: Option<u32>,
    /// The same in bytes.
    pub queue_bytes: Option<u32>,
    /// Probes by a program.
    pub app_probes: Option<u32>,
    /// Unicast probes.
    pub ucast_probes: Option<u32>,
    /// Multicast probes.
    pub mcast_probes: Option<u32>,
    /// Multicast probes after the unicast ones.
    pub mcast_reprobes: Option<u32>,
    /// Most before an anycast answer.
    pub anycast_delay: Option<u64>,
    /// Most before a proxy's answer.
    pub proxy_delay: Option<u64>,
    /// Solicitations that wait for a proxy's answer.
    pub proxy_queue: Option<u32>,
    /// Before an address may change again.
    pub locktime: Option<u64>,
    /// Between two probes of a managed neighbour.
    pub interval_probe_time: Option<u64>,
    /// With `details`: references to the settings.
    pub refcnt: Option<u32>,
    /// With `details`: how full the table is.
    pub config: Option<Config>,
    /// With `details`: use of the table.
    pub stats: Option<Stats>,
}

/// How full a table is (`struct ndt_config`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NeightblConfig")]
pub struct Config {
    /// Length of a key, bytes.
    pub key_len: u16,
    /// Length of an entry, bytes.
    pub entry_size: u16,
    /// Entries.
    pub entries: u32,
    /// Milliseconds since the last flush.
    pub last_flush: u32,
    /// Milliseconds since the last change of the reachable time.
    pub last_rand: u32,
    /// Random number of the hash.
    pub hash_rnd: u32,
    /// Mask of the hash.
    pub hash_mask: u32,
    /// Proxies that wait.
    pub proxy_qlen: u32,
}

/// Use of a table (`struct ndt_stats`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NeightblStats")]
pub struct Stats {
    /// Entries that were made.
    pub allocs: u64,
    /// Entries that went.
    pub destroys: u64,
    /// Times the hash grew.
    pub hash_grows: u64,
    /// Resolutions that failed.
    pub res_failed: u64,
    /// Look-ups.
    pub lookups: u64,
    /// Look-ups that found something.
    pub hits: u64,
    /// Multicast probes that were received.
    pub rcv_probes_mcast: u64,
    /// Unicast probes that were received.
    pub rcv_probes_ucast: u64,
    /// Periodic collections.
    pub periodic_gc_runs: u64,
    /// Forced collections.
    pub forced_gc_runs: u64,
    /// Times the table was full.
    pub table_fulls: u64,
}

key!(Neightbl {
    family,
    name,
    ifindex,
});
fields!(Neightbl {
    family,
    name,
    ifindex,
    dev,
    thresh1,
    thresh2,
    thresh3,
    gc_interval,
    reachable,
    base_reachable,
    retrans,
    gc_stale,
    delay_probe,
    queue,
    queue_bytes,
    app_probes,
    ucast_probes,
    mcast_probes,
    mcast_reprobes,
    anycast_delay,
    proxy_delay,
    proxy_queue,
    locktime,
    interval_probe_time,
    refcnt,
    config,
    stats,
});

impl Object for Neightbl {
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        Some((self.ifindex?, self.dev.as_ref()))
    }

    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        some(name, self.ifindex, &mut self.dev);
    }

    fn copy_volatile(&mut self, old: &Self) {
        // It is drawn anew every few minutes.
        self.reachable = old.reachable;
        self.refcnt = old.refcnt;
        self.config.clone_from(&old.config);
        self.stats.clone_from(&old.stats);
    }
}
