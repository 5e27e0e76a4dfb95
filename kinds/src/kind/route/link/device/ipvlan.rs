//! Ipvlan and ipvtap devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::wire::Names;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::Symbol;

/// Settings of an ipvlan or ipvtap device (`IFLA_IPVLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(custom(IFLA_IPVLAN_FLAGS = 2 => Self::flags))]
pub struct Ipvlan {
    /// `l2`, `l3`, `l3s`.
    #[nla(IFLA_IPVLAN_MODE = 1, names(u16, IPVLAN_MODES))]
    pub mode: Option<Symbol>,
    /// True: devices on the same lower device can reach each other.
    pub bridge: Option<bool>,
    /// True: devices on the same lower device cannot reach each other.
    pub private: Option<bool>,
    /// True: devices on the same lower device reach each other through the external switch.
    pub vepa: Option<bool>,
}

impl Ipvlan {
    /// `IPVLAN_F_PRIVATE`, `IPVLAN_F_VEPA`: `ip` shows each of the three values as a field.
    fn flags(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let field = match attr.u16()? {
            0 => &mut self.bridge,
            1 => &mut self.private,
            2 => &mut self.vepa,
            _ => return Err(AttrError::Value),
        };
        *field = Some(true);
        Ok(())
    }
}

/// `IPVLAN_MODE_*`
const IPVLAN_MODES: Names = &[(0, "l2"), (1, "l3"), (2, "l3s")];
