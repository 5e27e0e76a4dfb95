//! `kind:"mdb"`: which port of a bridge, or which remote of a vxlan, wants a multicast group
//! (`RTM_NEWMDB`, `RTM_DELMDB`).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::{Object, some};
use crate::value::{Flags, IfName, Symbol};

/// A multicast entry, or a port behind which there are routers (`struct br_port_msg`,
/// linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Mdb {
    /// Index of the bridge or vxlan.
    pub ifindex: u32,
    /// Its name.
    pub dev: Option<IfName>,
    /// Index of the port; the bridge's own where it listens itself.
    pub port_index: Option<u32>,
    /// The port's name.
    pub port: Option<IfName>,
    /// The group: an IP address, or a MAC address; absent where `router` is there.
    pub grp: Option<String>,
    /// Only from this source.
    pub src: Option<IpAddr>,
    /// VLAN id.
    pub vid: Option<u16>,
    /// There are multicast routers behind the port: `permanent`, `temp`, `temp_query`,
    /// `disabled`.
    pub router: Option<Symbol>,
    /// `permanent`, `temp`.
    pub state: Option<Symbol>,
    /// `offload`, `fast_leave`, `added_by_star_ex`, `blocked`, `offload_failed`.
    pub flags: Option<Flags>,
    /// Of the sources in `source_list`: `include`, `exclude`.
    pub filter_mode: Option<Symbol>,
    /// Sources.
    pub source_list: Option<Vec<MdbSource>>,
    /// Who added it: a name from rt_protos, else its number.
    pub protocol: Option<Symbol>,
    /// vxlan: the remote tunnel end.
    pub dst: Option<IpAddr>,
    /// vxlan: its UDP port.
    pub dst_port: Option<u16>,
    /// vxlan: network identifier towards the remote.
    pub vni: Option<u32>,
    /// vxlan: network identifier of the entry.
    pub src_vni: Option<u32>,
    /// vxlan: index of the device to reach the remote by.
    pub via_index: Option<u32>,
    /// That device's name.
    pub via: Option<IfName>,
    /// With `details`: seconds until it goes.
    pub timer: Option<f64>,
}

/// A source of a group.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MdbSource {
    /// Its address.
    pub address: IpAddr,
    /// With `details`: seconds until it goes.
    pub timer: Option<f64>,
}

key!(Mdb {
    ifindex,
    port_index,
    grp,
    src,
    vid,
    src_vni,
    dst,
    dst_port,
    vni,
    via_index,
});
fields!(Mdb {
    ifindex,
    dev,
    port_index,
    port,
    grp,
    src,
    vid,
    router,
    state,
    flags,
    filter_mode,
    source_list,
    protocol,
    dst,
    dst_port,
    vni,
    src_vni,
    via_index,
    via,
    timer,
});

impl Object for Mdb {
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        Some((self.ifindex, self.dev.as_ref()))
    }

    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        name(self.ifindex, &mut self.dev);
        some(name, self.port_index, &mut self.port);
        some(name, self.via_index, &mut self.via);
    }

    fn copy_volatile(&mut self, old: &Self) {
        self.timer = old.timer;
        for source in self.source_list.iter_mut().flatten() {
            let mut others = old.source_list.iter().flatten();
            if let Some(other) = others.find(|other| other.address == source.address) {
                source.timer = other.timer;
            }
        }
    }
}
