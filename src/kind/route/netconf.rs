//! `kind:"netconf"`: switches of IPv4, IPv6 and MPLS on a device (`RTM_NEWNETCONF`,
//! `RTM_DELNETCONF`).

use std::hash::{Hash as _, Hasher};

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{Keyed, fields};
use crate::kind::object::{Object, some};
use crate::value::{IfName, Symbol};

/// Switches of a protocol (`struct netconfmsg`, linux/netconf.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Netconf {
    /// Address family: `inet`, `inet6`, `mpls`.
    pub family: Symbol,
    /// The device's index.
    pub ifindex: Option<u32>,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Instead of a device: `all` of them, or the `default` of new ones.
    pub interface: Option<Symbol>,
    /// Packets are forwarded.
    pub forwarding: Option<bool>,
    /// Reverse path filter: `off`, `strict`, `loose`.
    pub rp_filter: Option<Symbol>,
    /// Multicast packets are forwarded.
    pub mc_forwarding: Option<bool>,
    /// Neighbours behind other devices are answered for.
    pub proxy_neigh: Option<bool>,
    /// Routes through a device without carrier are not used.
    pub ignore_routes_with_linkdown: Option<bool>,
    /// MPLS packets are accepted.
    pub input: Option<bool>,
    /// Directed broadcasts are forwarded.
    pub bc_forwarding: Option<bool>,
}

impl Keyed for Netconf {
    const KEY: &'static [&'static str] = &["family", "ifindex//interface"];

    fn hash_key(&self, hasher: &mut impl Hasher) {
        (&self.family, self.ifindex, &self.interface).hash(hasher);
    }
}

fields!(Netconf {
    family,
    ifindex,
    dev,
    interface,
    forwarding,
    rp_filter,
    mc_forwarding,
    proxy_neigh,
    ignore_routes_with_linkdown,
    input,
    bc_forwarding,
});

impl Object for Netconf {
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        Some((self.ifindex?, self.dev.as_ref()))
    }

    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        some(name, self.ifindex, &mut self.dev);
    }
}
