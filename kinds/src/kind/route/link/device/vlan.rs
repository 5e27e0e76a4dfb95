//! VLAN devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::FromAttr;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::wire::{VLAN_PROTOCOLS, exact_u32s};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

/// Settings of a VLAN device (`IFLA_VLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct VlanDevice {
    /// `802.1Q`, `802.1ad`.
    #[nla(IFLA_VLAN_PROTOCOL = 5, names(be16, VLAN_PROTOCOLS))]
    pub protocol: Option<Symbol>,
    /// VLAN id.
    #[nla(IFLA_VLAN_ID = 1)]
    pub id: Option<u16>,
    /// `REORDER_HDR`, `GVRP`, `MVRP`, `LOOSE_BINDING`, `BRIDGE_BINDING`.
    #[nla(IFLA_VLAN_FLAGS = 2, with = vlan_flags)]
    pub flags: Option<Flags>,
    /// Mapping of the VLAN priority of received packets to the packet priority.
    #[nla(IFLA_VLAN_INGRESS_QOS = 4, entry(IFLA_VLAN_QOS_MAPPING = 1))]
    pub ingress_qos: Option<Vec<QosMap>>,
    /// Mapping of the packet priority of sent packets to the VLAN priority.
    #[nla(IFLA_VLAN_EGRESS_QOS = 3, entry(IFLA_VLAN_QOS_MAPPING = 1))]
    pub egress_qos: Option<Vec<QosMap>>,
}

/// An entry of a priority mapping.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct QosMap {
    /// The original priority.
    pub from: u32,
    /// The priority that replaces it.
    pub to: u32,
}

/// `struct ifla_vlan_flags`: the flags, and a mask that only a request has.
fn vlan_flags(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Flags, AttrError> {
    let [flags, _mask] = exact_u32s(attr.value)?;
    Ok(Flags::new(flags.into(), VLAN_FLAGS))
}

/// `struct ifla_vlan_qos_mapping`
impl FromAttr for QosMap {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [from, to] = exact_u32s(attr.value)?;
        Ok(QosMap { from, to })
    }
}

/// `VLAN_FLAG_*` (linux/if_vlan.h)
const VLAN_FLAGS: &FlagNames = &[
    (0x01, "REORDER_HDR"),
    (0x02, "GVRP"),
    (0x08, "MVRP"),
    (0x04, "LOOSE_BINDING"),
    (0x10, "BRIDGE_BINDING"),
];
