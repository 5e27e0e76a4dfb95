//! `kind:"mroute"`: where multicast packets go (`RTM_NEWROUTE`, `RTM_DELROUTE` of the families
//! `RTNL_FAMILY_IPMR` and `RTNL_FAMILY_IP6MR`).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::{Object, some};
use crate::value::{Flags, IfName, Symbol};

/// A multicast route.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Mroute {
    /// Address family: `ipmr` (IPv4), `ip6mr` (IPv6).
    pub family: Symbol,
    /// Routing table: a name from rt_tables, else its number.
    pub table: Symbol,
    /// Source; absent for any.
    pub src: Option<IpAddr>,
    /// Group.
    pub dst: Option<IpAddr>,
    /// Index of the incoming device.
    pub iif_index: Option<u32>,
    /// The incoming device's name.
    pub iif: Option<IfName>,
    /// `resolved`, `unresolved`: it waits for the routing daemon.
    pub state: Symbol,
    /// Who added it: a name from rt_protos, else its number.
    pub protocol: Symbol,
    /// Where packets go.
    pub multipath: Option<Vec<Oif>>,
    /// Those of a route: `offload`.
    pub flags: Flags,
    /// With `details`: packets, bytes, and packets that came from the wrong device.
    pub stats: Option<MrouteStats>,
    /// With `details`: seconds since it was last used.
    pub lastuse: Option<f64>,
}

/// An outgoing device of a multicast route.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Oif {
    /// The device's name.
    pub oif: Option<IfName>,
    /// Its index.
    pub oif_index: u32,
    /// Packets with a smaller time to live stay here.
    pub ttl: u8,
}

/// Use of a multicast route (`struct rta_mfc_stats`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MrouteStats {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// Packets that came from the wrong device.
    pub wrong_if: u64,
}

key!(Mroute {
    family,
    table,
    src,
    dst,
});
fields!(Mroute {
    family,
    table,
    src,
    dst,
    iif_index,
    iif,
    state,
    protocol,
    multipath,
    flags,
    stats,
    lastuse,
});

impl Object for Mroute {
    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        some(name, self.iif_index, &mut self.iif);
        for hop in self.multipath.iter_mut().flatten() {
            name(hop.oif_index, &mut hop.oif);
        }
    }

    fn copy_volatile(&mut self, old: &Self) {
        self.stats.clone_from(&old.stats);
        self.lastuse = old.lastuse;
    }
}
