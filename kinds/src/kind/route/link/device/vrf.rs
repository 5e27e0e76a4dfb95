//! VRF devices and their ports.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::value::Symbol;

/// Settings of a VRF, or of a port of one (`IFLA_VRF_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Vrf {
    /// Routing table: a name from rt_tables, or its number.
    #[nla(IFLA_VRF_TABLE = 1, names(u32, table = tables))]
    pub table: Option<Symbol>,
}
