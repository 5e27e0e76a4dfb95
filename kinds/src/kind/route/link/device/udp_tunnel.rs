//! What vxlan and geneve devices have in common.

use serde::Serialize;

use crate::json::JsonSchema;
use crate::kind::attributes::FromAttr;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::wire::{Names, array};
use crate::netlink::attr::{Attr, AttrError};

/// A range of ports.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PortRange {
    /// First port.
    pub low: u16,
    /// Last port; 0 for any.
    pub high: u16,
}

/// `struct ifla_vxlan_port_range`, `struct ifla_geneve_port_range`
impl FromAttr for PortRange {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [l0, l1, h0, h1] = array(attr.value)?;
        Ok(PortRange {
            low: u16::from_be_bytes([l0, l1]),
            high: u16::from_be_bytes([h0, h1]),
        })
    }
}

/// `VXLAN_DF_*`, `GENEVE_DF_*`
pub(super) const DF: Names = &[(0, "unset"), (1, "set"), (2, "inherit")];
