//! `kind:"neightbl"`: settings of the neighbour tables (`RTM_NEWNEIGHTBL`). The kernel lists them,
//! but sends no notification of a change.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{KindSpec, Trigger};
use crate::kind::wire::{family, u16_at, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::request::Request;
use crate::netlink::rtm::RTM_NEWNEIGHTBL;
use crate::value::{IfName, Symbol};

/// A neighbour table, or its settings for a device (`struct ndtmsg`, linux/neighbour.h). Times are
/// milliseconds.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(NDTA_PARMS = 6),
    skip(NDTA_PAD = 9, NDTA_PARMS / NDTPA_PAD = 18)
)]
#[state(key(family, name, ifindex), device(ifindex, dev))]
pub struct Neightbl {
    /// Address family: `inet`, `inet6`.
    pub family: Symbol,
    /// Name of the table: `arp_cache`, `ndisc_cache`.
    #[nla(NDTA_NAME = 1)]
    pub name: Option<String>,
    /// Index of the device that the settings are for; absent for those of the table.
    #[nla(NDTA_PARMS / NDTPA_IFINDEX = 1)]
    pub ifindex: Option<u32>,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// Number of entries below which none is collected.
    #[nla(NDTA_THRESH1 = 2)]
    pub thresh1: Option<u32>,
    /// Number of entries above which unused ones are collected soon.
    #[nla(NDTA_THRESH2 = 3)]
    pub thresh2: Option<u32>,
    /// Maximum number of entries.
    #[nla(NDTA_THRESH3 = 4)]
    pub thresh3: Option<u32>,
    /// Interval at which unused entries are collected.
    #[nla(NDTA_GC_INTERVAL = 8)]
    pub gc_interval: Option<u64>,
    // The kernel changes it at random every few minutes (neigh_rand_reach_time).
    /// Time for which a confirmed neighbour is reachable.
    #[nla(NDTA_PARMS / NDTPA_REACHABLE_TIME = 3, volatile)]
    pub reachable: Option<u64>,
    /// Mean of `reachable`.
    #[nla(NDTA_PARMS / NDTPA_BASE_REACHABLE_TIME = 4)]
    pub base_reachable: Option<u64>,
    /// Time between two solicitations.
    #[nla(NDTA_PARMS / NDTPA_RETRANS_TIME = 5)]
    pub retrans: Option<u64>,
    /// Time after which an unused entry may be collected.
    #[nla(NDTA_PARMS / NDTPA_GC_STALETIME = 6)]
    pub gc_stale: Option<u64>,
    /// Time until a stale neighbour that is used is probed.
    #[nla(NDTA_PARMS / NDTPA_DELAY_PROBE_TIME = 7)]
    pub delay_probe: Option<u64>,
    /// Maximum number of packets that wait for an answer.
    #[nla(NDTA_PARMS / NDTPA_QUEUE_LEN = 8)]
    pub queue: Option<u32>,
    /// Maximum number of bytes that wait for an answer.
    #[nla(NDTA_PARMS / NDTPA_QUEUE_LENBYTES = 16)]
    pub queue_bytes: Option<u32>,
    /// Probes by a user-space daemon.
    #[nla(NDTA_PARMS / NDTPA_APP_PROBES = 9)]
    pub app_probes: Option<u32>,
    /// Unicast probes.
    #[nla(NDTA_PARMS / NDTPA_UCAST_PROBES = 10)]
    pub ucast_probes: Option<u32>,
    /// Multicast probes.
    #[nla(NDTA_PARMS / NDTPA_MCAST_PROBES = 11)]
    pub mcast_probes: Option<u32>,
    /// Multicast probes after the unicast probes.
    #[nla(NDTA_PARMS / NDTPA_MCAST_REPROBES = 17)]
    pub mcast_reprobes: Option<u32>,
    /// Maximum delay of an answer for an anycast address.
    #[nla(NDTA_PARMS / NDTPA_ANYCAST_DELAY = 12)]
    pub anycast_delay: Option<u64>,
    /// Maximum delay of an answer by a proxy.
    #[nla(NDTA_PARMS / NDTPA_PROXY_DELAY = 13)]
    pub proxy_delay: Option<u64>,
    /// Maximum number of solicitations that wait for an answer by a proxy.
    #[nla(NDTA_PARMS / NDTPA_PROXY_QLEN = 14)]
    pub proxy_queue: Option<u32>,
    /// Minimum time between two changes of a link-layer address.
    #[nla(NDTA_PARMS / NDTPA_LOCKTIME = 15)]
    pub locktime: Option<u64>,
    /// Time between two probes of a managed neighbour.
    #[nla(NDTA_PARMS / NDTPA_INTERVAL_PROBE_TIME_MS = 19)]
    pub interval_probe_time: Option<u64>,
    /// With `details`: number of references to the settings.
    #[nla(NDTA_PARMS / NDTPA_REFCNT = 2, details, volatile)]
    pub refcnt: Option<u32>,
    /// With `details`: size of the table.
    #[nla(NDTA_CONFIG = 5, details, volatile, with = Config::decode)]
    pub config: Option<Config>,
    /// With `details`: counters of the table.
    #[nla(NDTA_STATS = 7, details, volatile, with = Stats::decode)]
    pub stats: Option<Stats>,
}

/// Size of a table (`struct ndt_config`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NeightblConfig")]
pub struct Config {
    /// Length of a key, bytes.
    pub key_len: u16,
    /// Length of an entry, bytes.
    pub entry_size: u16,
    /// Number of entries.
    pub entries: u32,
    /// Milliseconds since the last flush.
    pub last_flush: u32,
    /// Milliseconds since the last change of the reachable time.
    pub last_rand: u32,
    /// Random number of the hash.
    pub hash_rnd: u32,
    /// Mask of the hash.
    pub hash_mask: u32,
    /// Number of packets that wait for an answer by a proxy.
    pub proxy_qlen: u32,
}

/// Counters of a table (`struct ndt_stats`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NeightblStats")]
pub struct Stats {
    /// Entries created.
    pub allocs: u64,
    /// Entries destroyed.
    pub destroys: u64,
    /// Times the hash grew.
    pub hash_grows: u64,
    /// Failed resolutions.
    pub res_failed: u64,
    /// Lookups.
    pub lookups: u64,
    /// Lookups that found an entry.
    pub hits: u64,
    /// Multicast probes received.
    pub rcv_probes_mcast: u64,
    /// Unicast probes received.
    pub rcv_probes_ucast: u64,
    /// Periodic collections.
    pub periodic_gc_runs: u64,
    /// Forced collections.
    pub forced_gc_runs: u64,
    /// Times the table was full.
    pub table_fulls: u64,
}

impl KindSpec for Neightbl {
    const MESSAGES: &'static [u16] = &[RTM_NEWNEIGHTBL];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::NewDevice, Trigger::OldDevice];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::neightbl()]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = body.split_first_chunk::<4>()?;
        let mut neightbl = Neightbl {
            family: family(header[0]),
            ..Default::default()
        };
        neightbl.attributes(context, attributes);
        Some(neightbl)
    }
}

impl Config {
    /// Reads a `struct ndt_config`.
    fn decode(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let config = attr.value.first_chunk::<32>().ok_or(AttrError::Length)?;
        Ok(Config {
            key_len: u16_at(config, 0),
            entry_size: u16_at(config, 2),
            entries: u32_at(config, 4),
            last_flush: u32_at(config, 8),
            last_rand: u32_at(config, 12),
            hash_rnd: u32_at(config, 16),
            hash_mask: u32_at(config, 20),
            proxy_qlen: u32_at(config, 28),
        })
    }
}

impl Stats {
    /// Reads a `struct ndt_stats`, to which Linux 4.3 added the last counter.
    fn decode(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let counters = context.counters::<11>(attr, 10)?;
        let counter = |at: usize| counters[at];
        Ok(Stats {
            allocs: counter(0),
            destroys: counter(1),
            hash_grows: counter(2),
            res_failed: counter(3),
            lookups: counter(4),
            hits: counter(5),
            rcv_probes_mcast: counter(6),
            rcv_probes_ucast: counter(7),
            periodic_gc_runs: counter(8),
            forced_gc_runs: counter(9),
            table_fulls: counter(10),
        })
    }
}
