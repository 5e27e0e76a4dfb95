//! `kind:"neigh"`: who answers for an address on a device (`RTM_NEWNEIGH`, `RTM_DELNEIGH`,
//! `RTM_GETNEIGH`).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::of_device;
use crate::value::{Flags, IfName, LlAddr, Symbol};

/// A neighbour (`struct ndmsg`, linux/neighbour.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Neigh {
    /// Address family: `inet` (ARP), `inet6` (NDP).
    pub family: Symbol,
    /// The neighbour's address.
    pub dst: Option<IpAddr>,
    /// The device's index; 0 for a proxy entry of every device.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Its link-layer address, where known.
    pub lladdr: Option<LlAddr>,
    /// `INCOMPLETE`, `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `NOARP`, `PERMANENT`.
    pub state: Flags,
    /// `router`, `proxy`, `extern_learn`, `offload`, `managed`, `use`, `sticky`, `locked`,
    /// `extern_valid`.
    pub flags: Flags,
    /// True for a proxy entry: we answer for that address.
    pub proxy: Option<bool>,
    /// Who added it, a name from rt_protos.
    pub protocol: Option<Symbol>,
    /// With `details`: probes sent since the last answer.
    pub probes: Option<u32>,
    /// With `details`: ages of the entry.
    pub cacheinfo: Option<CacheInfo>,
}

/// Ages of an entry (`struct nda_cacheinfo`), in hundredths of a second.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NeighCacheInfo")]
pub struct CacheInfo {
    /// Since it was last confirmed.
    pub confirmed: u32,
    /// Since it was last used.
    pub used: u32,
    /// Since it was last updated.
    pub updated: u32,
    /// References to it.
    pub refcnt: u32,
}

key!(Neigh {
    family,
    ifindex,
    dst,
    proxy,
});
fields!(Neigh {
    family,
    dst,
    ifindex,
    dev,
    lladdr,
    state,
    flags,
    proxy,
    protocol,
    probes,
    cacheinfo,
});

of_device!(Neigh, copy_volatile(now, old) {
    now.probes = old.probes;
    now.cacheinfo.clone_from(&old.cacheinfo);
});
